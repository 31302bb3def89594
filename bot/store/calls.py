"""
Calls: which of those that wait for one pager outside Slack comes next. Pure.

Oldest first, and in order for each response: an ack never overtakes its call. What cannot be sent now holds up what
follows for its own response, and nobody else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.store.line import may_go

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.store.line import Waiting


def choose_call(line: Iterable[Waiting], *, fence: int, now: datetime) -> Waiting | None:
    """
    Choose the call that is to be sent now; None when there is none yet.

    Args:
        line: all rows of the pager about which something is to be done, oldest first.
        fence: the drainer's own.
    """
    held_up: set[int] = set()
    for row in line:
        if row.response in held_up:
            continue
        if may_go(row, fence, now):
            return row
        if row.response is not None:
            held_up.add(row.response)
    return None
