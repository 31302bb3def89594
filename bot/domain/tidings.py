"""
How a judgement becomes news.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.task import News

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot
    from bot.domain.outcome import Outcome
    from bot.domain.task import Known


def tidings(known: Known, seen: Snapshot, found: Outcome, at: datetime) -> News:
    return News(
        why=found.why,
        at=at,
        old=known.state,
        new=seen.state,
        tone=found.tone,
        reason=seen.reason,
        is_bad=found.is_bad,
    )


def lasted(began: datetime | None, at: datetime) -> timedelta | None:
    return None if began is None else max(at - began, timedelta())
