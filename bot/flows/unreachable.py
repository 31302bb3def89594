"""
Unreachable: somebody who was called takes no message; the response hears of it, and the channel is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.domain import response as judge
from bot.domain.response import Due
from bot.domain.telling import line

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.response import Response
    from bot.store.memory import Tx
    from bot.store.outbox import OutboxRow

log = logging.getLogger(__name__)


async def pass_over(tx: Tx, row: OutboxRow, code: str, *, now: datetime) -> None:
    """
    Go on to the next level at once, if that person was the only one who was called.

    Args:
        row: the call that was refused.
        code: Slack's word for it.
    """
    log.warning("%s cannot be called: %s", row.user, code)
    response = None if row.response is None else await _without(tx, row.response, row.user, now)
    if response is None or not response.is_open:
        return
    is_next = response.due is Due.CALL and response.due_at == now
    key = "unreachable_next" if is_next else "unreachable"
    said = line(response.place, key, user=row.user, cause=f"unreachable:{row.id}", code=code)
    await tx.outbox.put(said, now=now)


async def _without(tx: Tx, number: int, user: str, now: datetime) -> Response | None:
    while (response := await tx.responses.get(number)) is not None:
        after = judge.unreachable(response, user, now)
        if after == response or await tx.responses.save(after):
            return after
    return None
