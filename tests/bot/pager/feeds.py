"""
iCal feeds as rota programs export them, for tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def event(summary: str, begins: str, ends: str, *more: str) -> str:
    """One event; `begins` and `ends` are what follows the property's name, the colon or semicolon first."""
    lines = (f"SUMMARY:{summary}", f"DTSTART{begins}", f"DTEND{ends}", *more)
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{abs(hash((summary, begins)))}", *lines, "END:VEVENT"))


def feed(*events: str, head: Iterable[str] = ()) -> str:
    """A whole calendar."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//a rota", *head, *events, "END:VCALENDAR", ""))
