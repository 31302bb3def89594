"""
Calendars kept elsewhere: fetched through the door, read in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.calendar import Booking, Unread
from bot.domain.speech import Refused, Unsure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.pager.door import Door

BACK: Final = timedelta(days=1)
AHEAD: Final = timedelta(days=60)
READING_S: Final = 20.0  # all of it, Python's own start too


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """
    One calendar, as configured.

    `people` are Slack's ids by what the feed calls somebody; `zone` is that of times that say none.
    """

    url: str = field(repr=False)  # whoever has it may read the calendar
    people: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    allow_private: bool = False


async def fetch(feed: Feed, door: Door, *, now: datetime) -> tuple[Booking, ...]:
    """
    Fetch who is on call from yesterday until in 60 days; never an empty result.

    Raises:
        Unread: why there is none: what `ical.read` says, `HTTP 404`, `private_address`, `connection_refused` …
    """
    try:
        answer = await door.send("GET", feed.url, allow_private=feed.allow_private)
    except Refused as refused:
        raise Unread(refused.code) from None
    except Unsure as unsure:
        raise Unread(str(unsure)) from None
    if answer.status != 200:
        raise Unread(f"HTTP {answer.status}")
    try:
        text = answer.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unread("no_calendar") from None
    return await read_apart(text, people=feed.people, zone=feed.zone, since=now - BACK, until=now + AHEAD)


async def read_apart(
    text: str, *, people: Mapping[str, str], zone: str, since: datetime, until: datetime
) -> tuple[Booking, ...]:
    """
    Read a feed as `ical.read` does, in a process that knows nothing of ours and is ended when it takes too long.

    Raises:
        Unread: likewise; `unreadable` when the process died of it, or there was none.
    """
    told = {"text": text, "people": dict(people), "zone": zone, "since": since.isoformat(), "until": until.isoformat()}
    said = await asyncio.to_thread(_asked, json.dumps(told).encode())
    if said is None:
        raise Unread("unreadable")
    answer = json.loads(said)
    if "code" in answer:
        raise Unread(answer["code"])
    return tuple(
        Booking(begins_at=datetime.fromisoformat(begins), ends_at=datetime.fromisoformat(ends), user=user)
        for begins, ends, user in answer["bookings"]
    )


def _asked(question: bytes) -> bytes | None:
    """Ask a process that knows no key of ours; None when it died of the question, had to be ended or never began."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "bot.pager.ical"],
            input=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            timeout=READING_S,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):  # OSError: this machine has no room for another process
        return None
    return child.stdout if child.returncode == 0 else None
