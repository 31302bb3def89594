"""
A calendar kept elsewhere that says who is on call: what was last read of it, and how old that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter

STALE_AFTER: Final = timedelta(hours=24)
FETCH_EVERY: Final = timedelta(minutes=15)
FETCH_AGAIN: Final = timedelta(minutes=2)  # while there is no good copy, or the last try failed


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Booking:
    """One person's time in a calendar, from `begins_at` up to but not including `ends_at`."""

    begins_at: datetime
    ends_at: datetime
    user: str  # Slack's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """
    The last good copy of a calendar.

    A read that failed, or came back empty, never wipes it: the copy stays, and gets older.
    """

    name: str  # as configured
    bookings: tuple[Booking, ...]
    fetched_at: datetime | None  # of the last good copy; None: there never was one
    tried_at: datetime | None = None
    code: str = ""  # why the last try failed

    def age(self, at: datetime) -> timedelta | None:
        """Return how old the last good copy is; None where there never was one."""
        return None if self.fetched_at is None else max(at - self.fetched_at, timedelta())

    def is_due(self, at: datetime) -> bool:
        """Say whether it is to be fetched; a clock that was set back puts nothing off."""
        if self.tried_at is None or self.tried_at > at:
            return True
        return at - self.tried_at >= (FETCH_AGAIN if self.code or self.fetched_at is None else FETCH_EVERY)

    def is_stale(self, at: datetime) -> bool:
        """Say whether it is too old to be trusted without a word about it."""
        age = self.age(at)
        return age is None or age > STALE_AFTER


class Unread(Exception):
    """A calendar could not be read, or holds nobody's time: `code` says why. The last good copy stays."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


_CALENDARS: Final = TypeAdapter(Calendar)


def to_json(calendar: Calendar) -> str:
    """Write a calendar for the store."""
    return _CALENDARS.dump_json(calendar).decode()


def from_json(text: str) -> Calendar:
    """Read a calendar back, this release's or the previous one's."""
    return _CALENDARS.validate_json(text)
