"""
A cloud's list suddenly lacks more than half of what is followed: whether that is right is for a person to say.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import clock
from bot.sandbox.story import GONE, Phase, Script
from bot.slack.cards import press

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message

HASTE = 50.0
HOUR = timedelta(hours=1)
TASKS = [f"tour-{number}" for number in range(6)]
BUTTON = "They are really gone"


class Night:
    """One channel that follows six tasks, which are all missing from the list at once."""

    def __init__(self, house: House, frozen: FrozenDateTimeFactory) -> None:
        self.house = house
        self._frozen = frozen

    async def begins(self) -> None:
        story = self.house.stage.aliyun.story
        for task in TASKS:
            story.add(Script(task_id=task, name=task, start=-HOUR, end=9 * HOUR, phases=(Phase(-HOUR, "1"),)))
        await self.house.ask("/relay subscribe aliyun all match=tour")
        await self.until(lambda: len(self.rows("SELECT id FROM tasks WHERE known LIKE '%RUNNING%'")) == len(TASKS))
        for task in TASKS:
            story.override(task, GONE, now=clock.now())
        await self.until(lambda: self.notices() != [])

    async def until(self, is_true: Callable[[], bool]) -> None:
        """Let time pass until something is so."""
        for _ in range(600):
            if is_true():
                return
            self._frozen.tick(timedelta(seconds=0.5))
            await asyncio.sleep(0.03)
        raise AssertionError([message.text for message in self.house.slack.heard("#relays")])

    def notices(self) -> list[Message]:
        return [message for message in self.house.slack.heard("#relays") if press.REALLY_GONE in message.buttons]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.house.folder / "relaybot.db") as database:
            return database.execute(query).fetchall()

    async def press(self, user: str, *, channel: str = "#relays", value: str | None = None) -> str:
        """Press the button and return what the person alone then reads."""
        before = len(self.house.told(user, channel))
        await self.house.slack.press(self.notices()[0], press.REALLY_GONE, user, value=value)
        await self.until(lambda: len(self.house.told(user, channel)) > before)
        return self.house.told(user, channel)[-1].words

    def audit(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT user_id, outcome, why FROM audits WHERE verb = 'really_gone' ORDER BY id")

    def changes(self) -> set[str]:
        told = [json.loads(news) for (news,) in self.rows("SELECT news FROM changes")]
        return {news["why"] for news in told if news.get("is_change")}

    def states(self) -> set[str]:
        return {json.loads(known)["state"] for (known,) in self.rows("SELECT known FROM tasks")}


@pytest.fixture
async def night(build: Build, frozen: FrozenDateTimeFactory) -> AsyncIterator[Night]:
    async with build({"ALIYUN_REGIONS": "cn-shanghai"}, haste=HASTE) as house:
        night = Night(house, frozen)
        await night.begins()
        yield night


async def test_an_admin_says_it_and_the_tasks_are_told_as_ended_early(night: Night) -> None:
    before = night.states()
    told = await night.press("adam")
    await night.until(lambda: night.states() == {"ENDED"})
    again = await night.press("adam")

    lines = [message.words for message in night.house.slack.heard("#relays") if "are really gone" in message.words]
    (notice,) = night.notices()
    assert before == {"RUNNING"}
    assert notice.buttons[press.REALLY_GONE] == BUTTON
    assert "its list suddenly lacks more than half" in notice.words
    assert told == "So the tasks of aliyun that are missing are looked at one by one, and told as gone."
    assert again == "Nothing is missing of aliyun now. Nothing was changed."
    assert "<@U0ADAM> said that the tasks of aliyun in cn-shanghai that cannot be seen are really gone." in lines
    assert night.audit() == [("U0ADAM", "done", "")]
    assert night.changes() == {"ended_early"}


async def test_who_subscribed_it_may_say_it_others_not_and_no_forged_button(night: Night) -> None:
    member = await night.press("bob")
    forged = await night.press("adam", value='{"v":1,"i":999}')
    old = await night.press("adam", value='{"v":0,"i":1}')
    between = night.rows("SELECT closed_why FROM incidents WHERE scope = 'account'")
    owner = await night.press("ann")

    assert member.startswith("That is for admins, and for whoever subscribed it.")
    assert forged == "This button belongs to another channel. Nothing was changed."
    assert old.startswith("This button was pressed already, or it is too old.")
    assert between == [("",)]
    assert owner.startswith("So the tasks of aliyun that are missing")
    assert [why for _, _, why in night.audit()] == ["not_yours", "other_channel", ""]


async def test_a_list_that_comes_back_heals_it_and_the_button_is_late(night: Night) -> None:
    for task in TASKS:
        night.house.stage.aliyun.story.resume(task)
    await night.until(lambda: any("I see account aliyun again" in each.words for each in night.house.slack.heard()))
    late = await night.press("adam")

    assert late == "Nothing is missing of aliyun now. Nothing was changed."
    assert night.states() == {"RUNNING"}
    assert night.changes() == set()
