"""
Tally: a lane's figures while they grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.figures import LaneFigures

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.errors import ProviderError
    from bot.domain.pace import LaneName


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
