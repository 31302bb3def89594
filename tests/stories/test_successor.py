"""
A relay that cannot be restarted goes on under a new id: what the channel is offered, and what moves by itself.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.words import say
from bot.sandbox.story import GONE, Phase, Script
from bot.slack.cards import press

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message

HOUR = timedelta(hours=1)
OLD, NEW = "tour-0001", "tour-0002"
THERE = "rtmp://push.example.com/live/tour"
ELSEWHERE = "rtmp://push.example.com/live/other"
PATIENCE = 200  # seconds of the calendar
OFFER = "Another task may have taken over: "


def relay(task: str, name: str, destination: str = THERE) -> Script:
    phases = (Phase(-HOUR, "1"),)
    return Script(task_id=task, name=name, destination=destination, start=-HOUR, end=6 * HOUR, phases=phases)


@dataclass(slots=True, kw_only=True)
class Tour:
    """A channel, a relay that may stop, and time that can be moved."""

    house: House
    frozen: FrozenDateTimeFactory

    async def until(self, is_true: Callable[[], Any]) -> None:
        """Let time pass, four seconds of the calendar in a real one, until something is so."""
        for _ in range(PATIENCE):
            if is_true():
                return
            self.frozen.tick(timedelta(seconds=1))
            await asyncio.sleep(0.25)
        raise AssertionError(f"not so: {[message.words for message in self.house.slack.heard('#relays')]}")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.house.folder / "relaybot.db", timeout=30)) as database:
            return database.execute(query).fetchall()

    def add(self, *scripts: Script) -> None:
        for script in scripts:
            self.house.stage.aliyun.story.add(script)

    def stops(self, task: str = OLD) -> None:
        now = self.house.slack.workspace.now
        self.house.stage.aliyun.story.override(task, "3", "RetryTimesOffline", now=now)

    def roots(self) -> list[Message]:
        """What stands in the channel for all, oldest first."""
        heard = self.house.slack.heard("#relays")
        return [message for message in heard if not message.ephemeral_to and not message.thread_ts]

    def card(self, name: str) -> Message | None:
        """The newest card of a task that is called so, if any."""
        found = [each for each in self.roots() if each.words.split("\n")[0].endswith(f" · {name}")]
        return found[-1] if found else None

    def shows(self, name: str, text: str) -> bool:
        card = self.card(name)
        return card is not None and text in card.words

    def is_offered(self, name: str) -> bool:
        """Say whether the newest card of a task has the button."""
        return say("button.succeed") in repr(self.card(name))

    def lines(self, text: str) -> list[str]:
        """What was said in the channel with these words in it."""
        return [message.words for message in self.roots() if text in message.words and OFFER not in message.words]

    async def press(self, card: Message, *, user: str = "ann") -> Message:
        """Press the button, and return what that person alone is told."""
        before = len(self.house.told(user, "#relays"))
        await self.house.slack.press(card, press.SUCCEED, user)
        await self.house.slack.until(lambda: len(self.house.told(user, "#relays")) > before)
        return self.house.told(user, "#relays")[before]

    def follows(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT task, matching, only_states FROM subscriptions ORDER BY id")

    def incidents(self) -> list[tuple[Any, ...]]:
        """Of tasks: why they began and why they ended."""
        return self.rows("SELECT why, closed_why FROM incidents WHERE scope = 'task' ORDER BY id")


@pytest.fixture
def tour(house: House, frozen: FrozenDateTimeFactory) -> Tour:
    made = Tour(house=house, frozen=frozen)
    made.add(relay(OLD, "Tour"))
    return made


async def test_one_press_follows_the_new_task_and_closes_the_old_one(tour: Tour) -> None:
    await tour.house.ask(f"/relay subscribe aliyun {OLD} only=stopped,ended")
    await tour.until(lambda: tour.shows("Tour", "RUNNING") and not tour.shows("Tour", say("card.doubt.first")))
    tour.stops()
    tour.add(relay(NEW, "Tour, again"))
    await tour.until(lambda: tour.is_offered("Tour"))
    card = tour.card("Tour")
    assert card is not None

    first = await tour.press(card)
    second = await tour.press(card, user="bob")
    await tour.until(lambda: tour.card("Tour, again") is not None and tour.lines("in the place of"))

    assert f"{OFFER}Tour, again, id {NEW}." in card.words
    assert first.words.startswith("This channel follows Tour, again in the place of Tour: only ENDED, STOPPED.")
    assert second.words == "This channel does not follow Tour by itself any more. Nothing was changed."
    assert tour.follows() == [(NEW, "", "ENDED,STOPPED")]
    assert tour.incidents() == [("stopped", "replaced")]
    assert tour.lines("in the place of") == [
        f"<@U0ANN> has this channel follow Tour, again, id {NEW}, in the place of Tour."
    ]
    assert tour.rows("SELECT user_id, verb, subject FROM audits ORDER BY id")[1:] == [
        ("U0ANN", "subscribe", NEW),
        ("U0ANN", "succeed", OLD),
    ]


async def test_a_relay_with_a_short_name_moves_by_itself(tour: Tour) -> None:
    await tour.house.ask(f"/relay subscribe aliyun {OLD}")
    await tour.house.ask(f"/relay name {OLD} stage")
    await tour.until(lambda: tour.shows("Tour", "RUNNING") and not tour.shows("Tour", say("card.doubt.first")))
    tour.stops()
    tour.add(relay(NEW, "Tour"))
    await tour.until(lambda: tour.lines("goes on as") and tour.shows("Tour", "RUNNING"))

    answer = await tour.house.ask("/relay status stage")

    assert tour.lines("goes on as") == [f"Tour goes on as Tour, id {NEW}: what was meant by “stage” is that one now."]
    assert NEW in repr(answer)
    assert tour.follows() == [(NEW, "", "")]
    assert tour.incidents() == [("stopped", "replaced")]


async def test_what_follows_all_that_match_goes_on_with_the_new_task_and_is_offered_nothing(tour: Tour) -> None:
    await tour.house.ask("/relay subscribe aliyun all region=cn-shanghai match=tour")
    await tour.until(lambda: tour.rows("SELECT 1 FROM tasks WHERE task_id = 'tour-0001'"))
    await tour.until(lambda: '"RUNNING"' in str(tour.rows("SELECT known FROM tasks")))
    tour.stops()
    tour.add(relay(NEW, "Tour"))
    await tour.until(lambda: tour.lines("goes on as") and tour.shows("Tour", OFFER))

    assert tour.lines("goes on as") == [f"Tour goes on as Tour, id {NEW}. This channel follows it with the others."]
    assert not tour.is_offered("Tour")
    assert tour.follows() == [("", "tour", "")]


async def test_one_that_is_gone_is_taken_over_by_what_appears_later(tour: Tour) -> None:
    await tour.house.ask(f"/relay subscribe aliyun {OLD}")
    await tour.until(lambda: '"state":"RUNNING","since"' in str(tour.rows("SELECT known FROM tasks")))
    tour.house.stage.aliyun.story.override(OLD, GONE, now=tour.house.slack.workspace.now)
    await tour.until(tour.incidents)
    tour.add(relay(NEW, "Tour, again"))

    await tour.until(lambda: tour.is_offered("Tour"))

    assert tour.shows("Tour", f"{OFFER}Tour, again, id {NEW}.")


async def test_two_that_push_to_one_place_are_pointed_out(tour: Tour) -> None:
    tour.add(relay(NEW, "Tour, again"), relay("tour-0003", "Elsewhere", ELSEWHERE))
    for task in (OLD, NEW, "tour-0003"):
        await tour.house.ask(f"/relay subscribe aliyun {task}")

    await tour.until(lambda: tour.shows("Tour, again", "Pushes to the same place: Tour."))
    await tour.until(lambda: tour.shows("Elsewhere", "RUNNING"))

    assert not tour.shows("Elsewhere", "Pushes to the same place")
