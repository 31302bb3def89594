"""
Handling: as much of a response as a message shows: who has it in hand, until when, and what can be pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads notices by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """A response as a message shows it; its buttons carry `response` and `version`."""

    response: int
    version: int
    by: str = ""  # who has it in hand: they acked, or snoozed; empty for nobody
    until: datetime | None = None  # the ack's or the snooze's end
    is_snoozed: bool = False
    assigned_to: str = ""  # and has not acked yet
    over_at: datetime | None = None  # nothing is to be done any more

    @property
    def is_free(self) -> bool:
        """Say whether somebody is to take it in hand."""
        return not self.by and self.over_at is None
