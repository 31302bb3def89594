"""
Share: what one person was told becomes something the channel reads.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Deed
from bot.flows.refresh import refresh

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import TaskRef
    from bot.flows.desk import Asker, Desk


async def share(ref: TaskRef, asker: Asker, desk: Desk, *, now: datetime) -> message.Answer | message.Declined:
    """
    Return the card to post, signed with who shows it; an answer a few seconds old will do.

    The post is written down before it is made: what others read is a change, and a change leaves a trace.
    """
    answer = await refresh(ref, asker, desk, now=now, deed=Deed.SHARE, fresh=False)
    if isinstance(answer, message.Declined):
        return answer
    await desk.gate.trace(
        asker.person, asker.channel, verb=Deed.SHARE, subject=ref.task_id, outcome="done", why="", now=now
    )
    return replace(answer, looks=tuple(replace(look, shared_by=asker.person.user) for look in answer.looks))
