"""
Figures: what a lane has done since the start, for `/relay debug` and `/metrics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.errors import ProviderError
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


@dataclass(slots=True)
class Tally:
    """The figures while they grow."""

    sent: int = 0
    retried: int = 0
    throttled: int = 0
    joined: int = 0
    reused: int = 0
    last_error: str = ""
    last_request_id: str = ""
    last_error_at: datetime | None = None

    def note(self, error: ProviderError, at: datetime) -> None:
        """Remember the last error, without what it says in detail."""
        kind = type(error).__name__
        self.last_error = f"{kind}: {error.code}" if error.code else kind
        self.last_request_id = error.request_id
        self.last_error_at = at

    def figures(self, name: LaneName, waiting: int) -> LaneFigures:
        """Tell them."""
        return LaneFigures(
            name=name,
            waiting=waiting,
            sent=self.sent,
            retried=self.retried,
            throttled=self.throttled,
            joined=self.joined,
            reused=self.reused,
            last_error=self.last_error,
            last_request_id=self.last_request_id,
            last_error_at=self.last_error_at,
        )
