"""
Succeed: a channel follows the task that took a relay over, in the place of the one that is down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Refusal
from bot.domain.spoken import followed_called, options, task_called
from bot.domain.target import Target
from bot.domain.text import short_id
from bot.domain.words import say
from bot.flows.admit import Refused
from bot.flows.change import changing
from bot.flows.follow import begin, may_follow
from bot.flows.seek import seek
from bot.flows.succession import let_go, rename, singles
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.flows.desk import Asker, Desk


async def succeed(ref: TaskRef, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Follow the new one with the options of the old one, and close the old one here; a second press changes nothing.

    Raises:
        Refused: not here, not they, too many questions, or this channel may not see the task.
    """
    asker = await may_follow(asker, desk)
    place, account = place_of(asker), open_here(asker, desk).get(ref.account)
    async with desk.memory.reading() as tx:
        old = await tx.tasks.get(ref)
        here = await tx.subscriptions.of_place(place)
    if old is None or account is None or not account.shows(ref.task_id):
        raise Refused(Refusal.OTHER_CHANNEL, subject=ref.task_id)
    before = followed_called(old)
    if not singles(here, old, place):
        return message.Done(said=(say("succeed.same", before=before),))
    new = old.known.successor
    if new is None:
        return message.Done(said=(say("succeed.over", before=before),))
    what = Target(account=new.ref.account, task=new.ref.task_id, region=new.ref.region)
    found = await seek(what, asker, desk, verb="subscribe", now=now)
    if not isinstance(found, message.Answer):
        return found
    if len(found.looks) != 1:
        return message.Done(said=(say("follow.nothing"),), answer=found)
    (look,) = found.looks
    async with changing(desk, asker, now=now) as change:
        leaving = singles(await change.tx.subscriptions.of_place(place), old, place)
        leaving = await let_go(change.tx, old, leaving, desk.accounts, now)
        if not leaving:
            return message.Done(said=(say("succeed.same", before=before),))
        kept, _ = await begin(look, leaving[0].wish, change)
        task = await change.tx.tasks.get(look.ref)
        if task is not None:
            await rename(change.tx, asker.team, old, task)
        name = task_called(look.snapshot.name, look.ref.task_id)
        await change.tell("succeeded", name=name, id=short_id(look.ref.task_id), before=before)
        await change.trace("succeed", ref.task_id)
    said = say("succeed.done", name=name, before=before, options=options(kept.wish, asker.person.zone))
    return message.Done(said=(said,), answer=found)
