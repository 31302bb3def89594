"""
Expect: somebody says that the end or the stop of a task, told as bad, was meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.change import expect as judge_expected
from bot.domain.permit import Deed, Refusal
from bot.domain.spoken import followed_called
from bot.domain.words import say
from bot.flows.admit import Refused, require
from bot.flows.change import changing
from bot.flows.remember import Judged, remember
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.flows.desk import Asker, Desk


async def expect(ref: TaskRef, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Close a bad end or stop as meant, in every channel that hears of the task.

    Raises:
        Refused: this channel does not follow the task, or may not see it.
    """
    require(Deed.EXPECT, asker.person, asker.channel, subject=ref.task_id)
    account = open_here(asker, desk).get(ref.account)
    async with changing(desk, asker, now=now) as change:
        here = await change.tx.tasks.of_place(place_of(asker))
        task = next((each for each in here if each.ref == ref), None)
        if task is None or account is None or not account.shows(ref.task_id):
            raise Refused(Refusal.OTHER_CHANNEL, subject=ref.task_id)
        verdict = judge_expected(task.known, now)
        if not verdict.news:
            return message.Done(said=(say("expect.over", name=followed_called(task)),))
        judged = Judged(task=task, verdict=verdict, due_at=task.due_at)
        if await remember(change.tx, account, ref.region, [judged], now=now):
            return message.Done(said=(say("expect.again", name=followed_called(task)),))  # a read came between
        await change.tell("expected", name=followed_called(task))
        await change.trace("expect", ref.task_id)
    return message.Done(said=(say("expect.done", name=followed_called(task)),))
