"""
iCal feeds as rota programs export them, for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

PIECES = (
    "BEGIN:VEVENT", "END:VEVENT", "BEGIN:VCALENDAR", "END:VCALENDAR", "DTSTART:20261122T090000Z", "DTSTART:", "DTEND:0",
    "DTEND;VALUE=DATE:20261123", "DURATION:-PT8H", "DURATION:P9999999D", "SUMMARY:U0BOB00001", "RRULE:FREQ=WEEKLY",
    "RRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2", "RRULE:FREQ=DAILY;UNTIL=x", "EXDATE:20261122T090000Z", "RDATE:1",
    "RECURRENCE-ID:20261122T090000Z", 'ATTENDEE;CN="a', "TZID", ":", ";;;", "X-WR-TIMEZONE:../../etc/passwd",
    "DTSTART;TZID=/etc/passwd:20261122T090000", "DTSTART:99991231T235959Z", "DTSTART:00010101T000000Z",
    "SEQUENCE:99999999999999999999", "\x00", "\u202e", " folded", "STATUS:CANCELLED", "UID:1", "BEGIN:VTIMEZONE",
)  # fmt: skip


def event(summary: str, begins: str, ends: str, *more: str) -> str:
    """One event; `begins` and `ends` are what follows the property's name, the colon or semicolon first."""
    lines = (f"SUMMARY:{summary}", f"DTSTART{begins}", f"DTEND{ends}", *more)
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{abs(hash((summary, begins)))}", *lines, "END:VEVENT"))


def feed(*events: str, head: Iterable[str] = ()) -> str:
    """A whole calendar."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a rota", *head, *events, "END:VCALENDAR", ""))


def spoilt(text: str, dice: random.Random) -> str:
    """The same with up to three places spoilt: lines that go, and others that come."""
    lines = text.split("\r\n")
    for _ in range(dice.randint(1, 3)):
        at = dice.randrange(len(lines))
        lines[at : at + dice.randint(0, 2)] = dice.choices(PIECES, k=dice.randint(0, 2))
    return "\r\n".join(lines)
