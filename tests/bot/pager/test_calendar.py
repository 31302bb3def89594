"""
A calendar over a real socket, read in a real process of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.calendar import Booking, Unread
from bot.pager import ical
from bot.pager.calendar import Feed, fetch, read_apart
from bot.pager.door import Door
from tests.bot.pager.conftest import Server, listening
from tests.bot.pager.feeds import event, feed

if TYPE_CHECKING:
    from collections.abc import Mapping

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
DAY = (":20261122T090000Z", ":20261122T170000Z")


def says(text: str | bytes, status: str = "200 OK") -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def fetched(answer: bytes, people: Mapping[str, str] | None = None) -> tuple[Booking, ...]:
    async with listening(Server(answer)) as server, Door() as door:
        url = f"http://127.0.0.1:{server.port}/feed.ics?key=canary"
        return await fetch(Feed(url=url, people=people or {}, allow_private=True), door, now=NOW)


async def test_a_feed_is_fetched_and_read():
    bookings = await fetched(says("\ufeff" + feed(event("On call: Bjørn", *DAY))), {"Bjørn": "U0BJORN001"})

    assert bookings == (
        Booking(
            user="U0BJORN001",
            begins_at=datetime(2026, 11, 22, 9, tzinfo=UTC),
            ends_at=datetime(2026, 11, 22, 17, tzinfo=UTC),
        ),
    )


# What the server answers, and why nothing is taken from it.
NOTHING = [
    (says(feed()), "empty"),
    (says("<html>sign in</html>"), "no_calendar"),
    (says(b"\xff\xfe\x00"), "no_calendar"),
    (says("gone", "404 Not Found"), "HTTP 404"),
    (says("", "302 Found"), "HTTP 302"),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nBEG", "connection broken off"),
]


@pytest.mark.parametrize(("answer", "code"), NOTHING)
async def test_what_is_no_calendar_says_why(answer: bytes, code: str):
    with pytest.raises(Unread) as unread:
        await fetched(answer)

    assert unread.value.code == code


async def test_a_feed_inside_is_not_fetched_unless_that_is_allowed():
    async with listening(Server(says(feed(event("U0BOB00001", *DAY))))) as server, Door() as door:
        with pytest.raises(Unread, match="private_address"):
            await fetch(Feed(url=f"https://127.0.0.1:{server.port}/"), door, now=NOW)

    assert server.connections == 0


async def test_a_rule_that_takes_for_ever_ends_with_its_process(monkeypatch: pytest.MonkeyPatch):
    """There is no 31st of February, and every second is tried until the year 9999."""
    monkeypatch.setattr("bot.pager.calendar.READING_S", 1.5)
    for_ever = feed(event("U0BOB00001", *DAY, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=31"))

    with pytest.raises(Unread) as unread:
        await read_apart(for_ever, people={}, zone="", since=NOW, until=NOW + timedelta(days=60))

    assert unread.value.code == "unreadable"


async def test_where_no_process_can_begin_nothing_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.executable", "/nowhere/python")

    with pytest.raises(Unread, match="unreadable"):
        await read_apart(feed(event("U0BOB00001", *DAY)), people={}, zone="", since=NOW, until=NOW + timedelta(days=60))


async def test_the_process_knows_no_key_of_ours(monkeypatch: pytest.MonkeyPatch):
    assert ical.CPU_S < 60
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-canary")
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")

    bookings = await fetched(says(feed(event("U0BOB00001", *DAY))))

    assert len(bookings) == 1


def test_a_feeds_address_shows_nowhere():
    assert "canary" not in repr(Feed(url="https://calendar.test/canary.ics"))
