"""
From news to incidents: at most one is open for each task, group of tasks or blind account. Pure.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

REOPEN_WITHIN: Final = timedelta(minutes=10)


class Course(StrEnum):
    """What happens to the incident of a task, a group or a blind account."""

    OPEN = "open"
    KEEP = "keep"  # another bad news of the same bad time
    REOPEN = "reopen"  # it came back so soon that it is the same one
    CLOSE = "close"


def course(
    *, at: datetime, is_bad: bool, closes: bool, is_open: bool, closed_at: datetime | None = None
) -> Course | None:
    """
    Say what a news does to the newest incident of its subject; None: nothing.

    Args:
        at: When it happened (aware UTC).
        is_bad: `News.is_bad`; of a group, that a task joins it; of an account, that it cannot be seen.
        closes: `News.closes`; of a group, that none of its tasks is bad any more; of an account, that it is seen again.
        is_open: Is the newest incident open?
        closed_at: If not, when it was closed; None when there never was one.
    """
    if is_bad:
        if is_open:
            return Course.KEEP
        return Course.REOPEN if closed_at is not None and at - closed_at <= REOPEN_WITHIN else Course.OPEN
    return Course.CLOSE if closes and is_open else None
