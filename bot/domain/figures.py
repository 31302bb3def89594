"""
Figures: what a lane has done since the start, for `/relay debug` and `/metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

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
