"""
Refresh: a card's button reads its task anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Deed, Refusal, refusal_said
from bot.domain.rates import TooOften
from bot.domain.turn import Urgency
from bot.flows.find import compose, unheard_of

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.flows.desk import Asker, Desk


async def refresh(
    ref: TaskRef, asker: Asker, desk: Desk, *, now: datetime, deed: Deed = Deed.ASK, fresh: bool = True
) -> message.Answer | message.Declined:
    """
    Look at one task again; never an answer that was there before the button was pressed.

    The rights are checked as if the person had typed the command: a button may have been made for somebody else, in
    another channel, before the configuration changed.
    """
    verb = "refresh" if deed is Deed.ASK else deed
    refusal = await desk.gate.refusal(deed, asker.person, asker.channel, verb=verb, subject=ref.task_id, now=now)
    if refusal is not None:
        return message.Declined(said=refusal_said(refusal, bot=f"<@{desk.about.bot}>"))
    account = desk.accounts.get(ref.account)
    if account is None or not account.is_open_to(asker.channel.channel):
        return message.Declined(said=refusal_said(Refusal.STALE))
    if not account.shows(ref.task_id):
        return compose(ref.task_id, {ref: unheard_of(ref, now)}, accounts=desk.accounts, looks=desk.looks, now=now)
    try:
        seen = await desk.looker.look(
            [ref], urgency=Urgency.PERSON, fresh=fresh, admit=desk.gate.counter(asker.person, asker.channel, now)
        )
    except TooOften as error:
        why = Refusal.TOO_OFTEN
        await desk.gate.trace(
            asker.person, asker.channel, verb=verb, subject=ref.task_id, outcome="refused", why=why, now=now
        )
        return message.Declined(said=refusal_said(why, seconds=max(1, round(error.wait.total_seconds()))))
    return compose(ref.task_id, seen, accounts=desk.accounts, looks=desk.looks, now=now)
