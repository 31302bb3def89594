"""
A channel follows tasks through an evening: what happens to them, and what it then reads.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot import clock
from bot.domain.words import say
from bot.sandbox.faults import html
from bot.sandbox.story import GONE, Phase, Script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message

HASTE = 50.0
STEP = timedelta(seconds=0.5)  # of the story
BREATH_S = 0.03  # of ours
STEPS = 120  # a long time passes in so many
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)


class Evening:
    """One channel's evening: tasks by their names, time in our hands."""

    def __init__(self, house: House, frozen: FrozenDateTimeFactory) -> None:
        self.house = house
        self._frozen = frozen

    def has(self, task: str, *, end: timedelta = 9 * HOUR, phases: tuple[Phase, ...] = ()) -> None:
        """Put a task into the cloud that has run for an hour."""
        script = Script(task_id=task, name=task, start=-HOUR, end=end, phases=(Phase(-HOUR, "1"), *phases))
        self.house.stage.aliyun.story.add(script)

    async def follows(self, task: str) -> None:
        """Have the channel follow a task, and let the bot look at it once."""
        await self.house.ask(f"/relay subscribe aliyun {task}")
        await self.until(lambda: bool(self.cards(task)) and say("card.doubt.first") not in self.card(task).words)

    def says(self, task: str, word: str, reason: str = "") -> None:
        """From now on the cloud says this of it."""
        self.house.stage.aliyun.story.override(task, word, reason, now=clock.now())

    async def passes(self, span: timedelta) -> None:
        """Let time pass."""
        end = clock.now() + span
        while clock.now() < end:
            self._frozen.tick(max(STEP, span / STEPS))
            await asyncio.sleep(BREATH_S)

    async def until(self, is_true: Callable[[], bool], *, within: timedelta = 5 * MINUTE) -> None:
        """Let time pass until something is so; no longer than that."""
        end = clock.now() + within
        while not is_true():
            assert clock.now() < end, [message.text for message in self.house.slack.heard("#relays")]
            self._frozen.tick(STEP)
            await asyncio.sleep(BREATH_S)

    def cards(self, task: str) -> list[Message]:
        return [message for message in self.channel() if message.text.split(" · ")[0].split(" ", 1)[1:] == [task]]

    def card(self, task: str) -> Message:
        (card,) = self.cards(task)
        return card

    def thread(self, task: str) -> list[str]:
        """What is told under a task's card: state and story of each reply."""
        replies = self.house.slack.heard("#relays", thread=self.card(task).ts)
        return [" · ".join((each.text.split(" ")[0], *each.text.split(" · ")[1:-1])) for each in replies]

    def broadcasts(self, task: str) -> list[str]:
        """Those of them that were shown in the channel too."""
        replies = self.house.slack.heard("#relays", thread=self.card(task).ts)
        return [each.text.split(" ")[0] for each in replies if each.is_broadcast]

    def channel(self) -> list[Message]:
        """What stands in the channel itself for everybody: cards, lines, notices."""
        return [each for each in self.house.slack.heard("#relays") if not each.thread_ts and not each.ephemeral_to]


@pytest.fixture
async def evening(build: Build, frozen: FrozenDateTimeFactory) -> AsyncIterator[Evening]:
    async with build({"ALIYUN_REGIONS": "cn-shanghai"}, haste=HASTE) as house:
        house.slack.api.per_second.most = 1_000  # Slack's clock is ours, the story's runs faster
        for window in house.slack.api.per_minute.values():
            window.most = 10_000
        evening = Evening(house, frozen)
        evening.has("show")
        yield evening


async def test_it_retries_and_recovers(evening: Evening):
    await evening.follows("show")
    evening.says("show", "2", "PullStreamFailed")
    await evening.until(lambda: len(evening.thread("show")) == 2)
    evening.says("show", "1")
    await evening.until(lambda: len(evening.thread("show")) == 3)

    fails, still_fails, recovers = evening.thread("show")
    assert fails.startswith("RETRYING · the source cannot be pulled · was RUNNING for ")
    assert still_fails.startswith("RETRYING · it does not recover by itself · the cloud gives up in 2 min ")
    assert recovers.startswith("RUNNING · it runs again · was bad for ")
    assert evening.broadcasts("show") == ["RETRYING", "RUNNING"]  # what is bad from then on, and its end
    assert evening.card("show").text.startswith("RUNNING show")


async def test_a_failure_that_heals_by_itself_stays_in_the_thread(evening: Evening):
    await evening.follows("show")
    evening.says("show", "2", "PullStreamFailed")
    await evening.until(lambda: len(evening.thread("show")) == 1)
    evening.says("show", "1")
    await evening.until(lambda: len(evening.thread("show")) == 2)

    assert [told.split(" ")[0] for told in evening.thread("show")] == ["RETRYING", "RUNNING"]
    assert evening.broadcasts("show") == []


async def test_it_stops_for_good(evening: Evening):
    await evening.follows("show")
    evening.says("show", "3", "RetryTimesOffline")
    await evening.until(lambda: len(evening.thread("show")) == 1)
    await evening.passes(2 * MINUTE)

    (stops,) = evening.thread("show")
    assert stops.startswith("STOPPED")
    assert evening.broadcasts("show") == ["STOPPED"]
    assert evening.card("show").text.startswith("STOPPED show")


async def test_it_ends_as_planned(evening: Evening):
    evening.has("short", end=3 * MINUTE, phases=(Phase(3 * MINUTE, "-1", "OverEndTime"),))
    await evening.follows("short")
    await evening.until(lambda: len(evening.thread("short")) == 1)

    (ends,) = evening.thread("short")
    assert ends.startswith("ENDED · as planned")
    assert evening.broadcasts("short") == []
    assert evening.card("short").text.startswith("ENDED short")


async def test_it_ends_early(evening: Evening):
    await evening.follows("show")
    evening.says("show", "-1", "TriggerByUser")
    await evening.until(lambda: len(evening.thread("show")) == 1)

    (ends,) = evening.thread("show")
    assert ends.startswith("ENDED · before its time")
    assert evening.broadcasts("show") == ["ENDED"]


async def test_it_vanishes(evening: Evening):
    for other in ("b", "c", "d"):
        evening.has(other)
        await evening.follows(other)
    await evening.follows("show")
    evening.says("show", GONE)
    await evening.until(lambda: len(evening.thread("show")) == 1)

    (ends,) = evening.thread("show")
    assert ends.startswith("ENDED · before its time")
    assert evening.card("show").text.startswith("ENDED show")


async def test_an_archived_channel_is_told_no_more_and_whoever_subscribed_it_hears_why(evening: Evening):
    await evening.follows("show")
    evening.house.slack.workspace.channel("#relays").is_archived = True
    evening.says("show", "3", "RetryTimesOffline")
    await evening.until(lambda: evening.house.slack.heard("@ann") != [])

    (told,) = evening.house.slack.heard("@ann")
    assert "<#C0RELAYS>" in told.words
    assert evening.thread("show") == []


async def test_a_bot_that_was_removed_says_how_to_bring_it_back(evening: Evening):
    await evening.follows("show")
    place = evening.house.slack.workspace.channel("#relays")
    place.members.discard(evening.house.slack.workspace.bot_id)
    evening.says("show", "3", "RetryTimesOffline")
    await evening.until(lambda: evening.house.slack.heard("@ann") != [])

    (told,) = evening.house.slack.heard("@ann")
    assert "Invite me there again" in told.words


async def test_muted_until_recovery_the_recovery_is_what_is_told_next(evening: Evening):
    await evening.follows("show")
    evening.says("show", "3", "RetryTimesOffline")
    await evening.until(lambda: len(evening.thread("show")) == 1)
    await evening.house.ask("/relay mute aliyun show until=recovery")
    await evening.passes(10 * MINUTE)
    silent = evening.thread("show")
    evening.says("show", "1")
    await evening.until(lambda: len(evening.thread("show")) == 2)

    assert len(silent) == 1
    assert evening.thread("show")[1].startswith("RUNNING · it runs again")
    await evening.until(lambda: "uted here until" not in evening.card("show").words)


async def test_a_mute_over_which_it_came_back_to_where_it_was_is_silence(evening: Evening):
    await evening.follows("show")
    await evening.house.ask("/relay mute aliyun show for=10m")
    evening.says("show", "3", "TriggerByUser")
    await evening.passes(2 * MINUTE)
    edited = evening.card("show").text
    evening.says("show", "1")
    await evening.until(lambda: evening.card("show").text.startswith("RUNNING"))
    await evening.passes(MINUTE)  # it holds, and that is confirmed well before the mute ends
    await evening.passes(12 * MINUTE)

    assert edited.startswith("STOPPED")  # the card is right all the time
    assert evening.card("show").text.startswith("RUNNING")
    assert evening.thread("show") == []


async def test_ten_minutes_without_the_cloud_are_one_notice_and_none_about_a_task(evening: Evening):
    for number in range(50):
        evening.has(f"t-{number}")
    await evening.house.ask("/relay subscribe aliyun all match=t-")
    await evening.follows("show")
    await evening.passes(MINUTE)
    before = [message.ts for message in evening.house.slack.heard("#relays")]
    evening.house.stage.aliyun.faults.plan(html(200), times=None)  # a proxy that says it is well
    await evening.until(lambda: len(evening.house.slack.heard("#relays")) > len(before), within=10 * MINUTE)
    await evening.passes(7 * MINUTE)
    during = [message for message in evening.house.slack.heard("#relays") if message.ts not in before]
    evening.house.stage.aliyun.faults.clear()
    await evening.until(lambda: len(evening.house.slack.heard("#relays")) > len(before) + len(during))
    await evening.passes(MINUTE)
    after = [message for message in evening.house.slack.heard("#relays") if message.ts not in before][len(during) :]

    assert [message.text for message in during] == ["I cannot see account aliyun"]
    assert [message.text for message in after] == ["I see account aliyun again"]
    assert evening.thread("show") == []
