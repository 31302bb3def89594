"""
From an iCal feed to who is on call when. Pure, but for `main`: a process of its own, with little memory and time.

Whoever may write in a calendar may write a rule that takes a year to work out; the bot goes on meanwhile.

Source: RFC 5545, https://icalendar.readthedocs.io, https://github.com/niccokunzmann/python-recurring-ical-events (read
2026-11-21).
"""

from __future__ import annotations

import json
import re
import resource
import sys
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import icalendar
import recurring_ical_events

from bot.domain.calendar import Booking, Unread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COMPONENTS: Final = 5_000  # events and zones of a feed; more is no rota
BOOKINGS: Final = 5_000  # in the time that is asked for
CPU_S: Final = 10
MEMORY: Final = 512 * 1024 * 1024  # bytes

# A digit in it, or WEDNESDAY would be somebody; a short one begins with a nought, or W2026 would be.
MEMBER: Final = re.compile(r"\b[UW](?:(?=[A-Z0-9]*[0-9])[A-Z0-9]{7,}|0[A-Z0-9]{3,})\b")

# Not as a part of somebody else's: Ann Lee is not in Ann Lee-Smith, nor ann@example.com in jo.ann@example.com.
_ALONE: Final = r"(?<!\w)(?<!\w[.+'\u2019-]){}(?!\w|[.-]\w)"


def read(text: str, *, people: Mapping[str, str], zone: str, since: datetime, until: datetime) -> tuple[Booking, ...]:
    """
    Read who is on call between two instants; events that name nobody are nobody's.

    Args:
        people: what a feed calls somebody (a name, an address), to that person's Slack id.
        zone: of times that say none, where the feed names none.

    Raises:
        Unread: `no_calendar`, `too_long`, `unknown_zone`, or nobody is on call at all: `empty` (there is no event),
            `nobody_known` (no event names a person that we know). Never an empty result.
    """
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except ValueError:
        raise Unread("no_calendar") from None
    if len(calendar.subcomponents) > COMPONENTS:
        raise Unread("too_long")
    # The library gives up all of a feed for one event that is not whole.
    calendar.subcomponents = [part for part in calendar.subcomponents if part.name != "VEVENT" or _is_whole(part)]
    local = _zone(str(calendar.get("X-WR-TIMEZONE", "")).strip() or zone or "UTC")
    called = sorted(people, key=len, reverse=True)
    names = [(re.compile(_ALONE.format(re.escape(name)), re.IGNORECASE), people[name]) for name in called]
    if any(_is_elsewhere(event) and _who(event, names) for event in calendar.walk("VEVENT")):
        raise Unread("unknown_zone")  # a guess could wake the wrong person
    found: set[Booking] = set()
    events = recurring_ical_events.of(calendar, skip_bad_series=True).between(since, until)
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        user = _who(event, names)
        begins_at = max(_instant(event, "DTSTART", local), since)
        ends_at = min(_instant(event, "DTEND", local), until)
        if user and begins_at < ends_at:
            found.add(Booking(user=user, begins_at=begins_at, ends_at=ends_at))
    if not found:
        raise Unread("nobody_known" if events else "empty")
    if len(found) > BOOKINGS:
        raise Unread("too_long")
    return tuple(sorted(found))


def _who(event: Any, names: list[tuple[re.Pattern[str], str]]) -> str:
    """Name the person of an event: whom its summary names first, else an attendee, else its description."""
    for text in _texts(event):
        if (member := MEMBER.search(text)) is not None:
            return member[0]
        there = [(at.start(), number) for number, (name, _) in enumerate(names) if (at := name.search(text))]
        if there:  # of two at one place the longer name
            return names[min(there)[1]][1]
    return ""


def _texts(event: Any) -> Iterator[str]:
    yield str(event.get("SUMMARY", ""))
    attendees = event.get("ATTENDEE", [])
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        yield f"{attendee.params.get('CN', '')} {attendee}"
    yield str(event.get("DESCRIPTION", ""))


def _is_whole(event: Any) -> bool:
    """Say whether it has one beginning and at most one end, both of one kind: days, or times with or without a zone."""
    times = [event[key] for key in ("DTSTART", "DTEND") if key in event]
    if "DTSTART" not in event or isinstance(event.get("UID"), list):
        return False
    return all(isinstance(each, icalendar.vDDDTypes) for each in times) and len({_kind(each.dt) for each in times}) == 1


def _kind(told: Any) -> tuple[type, bool]:
    return type(told), isinstance(told, datetime) and told.tzinfo is not None


def _is_elsewhere(event: Any) -> bool:
    """Say whether it names a zone that nobody knows; what recurs of it does not tell any more."""
    return any(
        event[key].params.get("TZID") and isinstance(event[key].dt, datetime) and event[key].dt.tzinfo is None
        for key in ("DTSTART", "DTEND")
        if key in event
    )


def _instant(event: Any, key: str, local: ZoneInfo) -> datetime:
    told: date = event[key].dt
    if not isinstance(told, datetime):
        return datetime.combine(told, time(), tzinfo=local).astimezone(UTC)
    return (told if told.tzinfo else told.replace(tzinfo=local)).astimezone(UTC)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unread("unknown_zone") from None


def main() -> None:
    """Read one question as JSON from the standard input, answer it as JSON, or die: of it, or of a limit."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    if sys.platform == "linux":  # macOS refuses it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    told = json.load(sys.stdin)
    since, until = (datetime.fromisoformat(told[key]) for key in ("since", "until"))
    try:
        bookings = read(told["text"], people=told["people"], zone=told["zone"], since=since, until=until)
    except Unread as unread:
        answer: dict[str, Any] = {"code": unread.code}
    else:
        answer = {"bookings": [[each.begins_at.isoformat(), each.ends_at.isoformat(), each.user] for each in bookings]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
