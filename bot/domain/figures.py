"""
Figures: what a lane has done since the start, for `/relay debug` and `/metrics`; and the vital signs of what is shared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from bot.domain.pace import LaneName


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFigures:
    """
    One lane's figures at one moment; they hold no secret.

    `joined` are questions that were under way already, `reused` those whose answer was a few seconds old: neither cost
    a request. `retried` are requests that were sent again.
    """

    name: LaneName
    waiting: int
    sent: int
    retried: int
    throttled: int
    joined: int
    reused: int
    last_error: str = ""  # kind and vendor's code: "Throttled: Throttling.User"
    last_request_id: str = ""
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """How one account's region is watched. `age_s`: since the last time that all of it was seen; None before that."""

    account: str
    region: str
    age_s: float | None
    is_failing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Calling:
    """
    Whether somebody is woken. Times are None where nothing waits.

    `responses` are open, `in_hand` of them acked or snoozed; `pages` are not delivered yet, the oldest for `oldest`;
    `late` is how long the longest overdue of what responses do next has been due.
    """

    responses: int = 0
    in_hand: int = 0
    pages: int = 0
    oldest: timedelta | None = None
    late: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """
    What all processes that share a database have in common, at one moment.

    `waiting` notices are not said yet, the oldest of them for `oldest_s` seconds, put off or not; `parked` ones
    Slack refused for good. `incidents` that are open, by scope: task, group, account (which cannot be seen).
    """

    waiting: int
    oldest_s: float
    parked: int
    incidents: Mapping[str, int]
    beats: tuple[Beat, ...]
    calling: Calling = Calling()
