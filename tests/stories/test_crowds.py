"""
Many tasks go bad at once, and a channel reads few messages: what is told, how fast, and that all is right at the end.

The calendar goes with the loop, which does not wait: a minute of the story is one for the bot, for its paces and for
the windows in which the sandbox's Slack counts.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot import clock
from bot.domain import burst
from bot.domain.subscription import Place, Wish
from bot.sandbox.slack import Message
from bot.sandbox.story import Phase, Script
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.ledger import Entry

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
TICK_S = 0.5
MANY = 200
FEW = 3  # messages that a channel may have to read in a minute, whatever happens
BURST = dict(burst.MOST)[10 * SECOND] + 1  # one by one until it is too much, then in numbers
EDITS = 50  # a minute, for the whole workspace
SOON_S = 30.0  # two sweeps, each of which takes four seconds here, and ten seconds to see whether it is many
HELD_S = 30.0  # so long it must run until that is told
GROUP, OVER = "200 tasks of aliyun at once: it is down", "200 tasks of aliyun: over"
ALI, SHANGHAI = AccountName("aliyun"), Region("cn-shanghai")


@dataclass
class Crowd:
    """Two hundred tasks, and what the channel reads of them."""

    house: House
    names: list[str] = field(default_factory=lambda: [f"show-{number:03}" for number in range(MANY)])

    def __post_init__(self) -> None:
        story = self.house.stage.aliyun.story
        for script in story.scripts:
            story.remove(script.task_id)
        for name in self.names:
            story.add(Script(task_id=name, name=name, start=-HOUR, end=9 * HOUR, phases=(Phase(-HOUR, "1"),)))

    async def follows(self, options: str, channel: str = "#relays") -> None:
        """Have a channel follow them all, and wait for its board."""
        answer = await self.house.ask(f"/relay subscribe aliyun {options}", channel=channel)
        assert "200 tasks now, 0 of them bad" in answer.words
        await self.until(lambda: "200 RUNNING" in self.board(channel))

    async def follows_each(self) -> None:
        """Have the channel follow them one by one, as if it had done so for days: each card stands."""
        workspace, place = self.house.slack.workspace, Place(team=self.house.slack.workspace.team, channel="C0RELAYS")

        async def nobody(_: object) -> None: ...

        database = Database.open(f"sqlite:///{self.house.folder / 'relaybot.db'}")
        async with Memory(database, wake=nobody).transaction() as tx:
            for name in self.names:
                ref = TaskRef(account=ALI, region=SHANGHAI, task_id=TaskId(name))
                wish = Wish(account=ALI, region=SHANGHAI, task=ref.task_id)
                task = await tx.tasks.get(ref)
                assert task is not None
                await tx.subscriptions.put(place, wish, by="U0ANN", now=clock.now())
                said = Message(channel=place.channel, ts=workspace.tick(), by=workspace.bot_id, text=f"RUNNING {name}")
                await tx.cards.put(place, task=task.id, ts=workspace.post(said).ts)
        await database.close()

    def says(self, names: Iterable[str], word: str, reason: str = "") -> None:
        """From now on the cloud says this of them."""
        for name in names:
            self.house.stage.aliyun.story.override(name, word, reason, now=clock.now())

    async def passes(self, span: timedelta) -> None:
        """Let time pass."""
        await asyncio.sleep(span.total_seconds())

    async def until(self, is_true: Callable[[], bool], *, within: timedelta = 10 * MINUTE) -> float:
        """Wait until something is so; return how many seconds that took."""
        began = clock.now()
        while not is_true():
            assert clock.now() - began < within, [message.text for message in self.read()][-10:]
            await asyncio.sleep(TICK_S)
        return (clock.now() - began).total_seconds()

    def read(self, channel: str = "#relays") -> list[Message]:
        """What people see in the channel: what stands there, and replies that are shown there too."""
        heard = self.house.slack.heard(channel)
        return [each for each in heard if not each.ephemeral_to and (not each.thread_ts or each.is_broadcast)]

    def said(self) -> list[str]:
        """What people read in the channel, in one line each."""
        return [message.text for message in self.read()]

    def told_of(self, state: str) -> int:
        """How many changes to a state were told: one by one in threads, or in numbers."""
        heard = self.house.slack.heard("#relays")
        single = sum(bool(each.thread_ts) and each.text.startswith(state) for each in heard)
        return single + sum(
            int(count) for each in heard for count in re.findall(rf"changes at once · .*?(\d+) {state}", each.text)
        )

    def board(self, channel: str = "#relays") -> str:
        """What the board says; empty before there is one."""
        return next(
            (each.words for each in self.read(channel) if each.text.startswith(("All tasks of", "Tasks of"))), ""
        )

    def cards(self, state: str) -> list[str]:
        """The tasks whose card shows a state, in the order of the cards."""
        return [each.text.split(" ")[1] for each in self.read() if each.text.startswith(f"{state} show-")]

    def messages(self, channel: str = "C0RELAYS") -> list[Entry]:
        """The posts that Slack took and showed in the channel."""
        return [
            entry
            for entry in self.house.slack.ledger.of("chat.postMessage")
            if entry.verdict == "ok"
            and entry.params["channel"] == channel
            and ("thread_ts" not in entry.params or entry.params.get("reply_broadcast"))
        ]

    def most_in_a_minute(self, channel: str = "C0RELAYS") -> int:
        """The most messages that the channel had to read within any minute since the ledger was cleared."""
        ticks = [entry.tick for entry in self.messages(channel)]
        return max((sum(0 <= other - tick < 60 for other in ticks) for tick in ticks), default=0)

    def keeps_the_pace(self) -> bool:
        """Say whether Slack never had to refuse an edit, and never got more than it takes."""
        ledger = self.house.slack.ledger
        is_refused = "ratelimited" in ledger.verdicts("chat.update")
        return not is_refused and ledger.busiest("chat.update", window_s=60) <= EDITS


@pytest.fixture
async def crowd(build: Build, frozen: FrozenDateTimeFactory) -> AsyncIterator[Crowd]:
    loop = asyncio.get_running_loop()

    async def goes_on() -> None:
        before = loop.time()
        while True:
            await asyncio.sleep(TICK_S)
            now = loop.time()
            frozen.tick(timedelta(seconds=now - before))
            before = now

    # A small share: a sweep takes four seconds, and the story fewer of ours.
    async with build({"ALIYUN_REGIONS": "cn-shanghai", "RELAYBOT_PACE_SHARE": "0.05"}, patience_s=60.0) as house:
        calendar = asyncio.create_task(goes_on())
        yield Crowd(house)
        calendar.cancel()


@pytest.mark.parametrize("options", ["all", "all match=show"])
async def test_two_hundred_that_die_at_once_and_recover_are_a_group_and_a_board(crowd: Crowd, options: str) -> None:
    await crowd.follows(options)
    crowd.house.slack.ledger.clear()
    crowd.says(crowd.names, "3", "PullStreamFailed")
    told = await crowd.until(lambda: "Bad now: 200" in crowd.board() and GROUP in crowd.said())
    await crowd.passes(MINUTE)
    crowd.says(crowd.names, "1")
    over = await crowd.until(lambda: "All is well" in crowd.board() and OVER in crowd.said())

    assert told < SOON_S
    assert over < HELD_S + 2 * SOON_S
    assert crowd.most_in_a_minute() <= FEW
    assert "200 RUNNING" in crowd.board()
    assert crowd.cards("STOPPED") == crowd.cards("RUNNING") == []
    assert crowd.keeps_the_pace()


@pytest.mark.long
@pytest.mark.parametrize("after", [5 * MINUTE, MINUTE], ids=["when all is told", "before all is told"])
async def test_two_hundred_single_subscriptions_have_each_card_right_in_the_end(crowd: Crowd, after: timedelta) -> None:
    """The second time the edits of the stop are overtaken by those of the recovery: only a card's newest is sent."""
    await crowd.follows("all", channel="#ops-private")
    await crowd.follows_each()
    crowd.house.slack.ledger.clear()
    began = clock.now()
    crowd.says(crowd.names, "3", "PullStreamFailed")
    told = await crowd.until(lambda: GROUP in crowd.said())
    if after > MINUTE:
        await crowd.until(lambda: len(crowd.cards("STOPPED")) == MANY)
        bad = crowd.cards("STOPPED")
    else:
        bad = crowd.names
    await crowd.passes(began + after - clock.now())
    crowd.says(crowd.names, "1")
    await crowd.until(lambda: len(crowd.cards("RUNNING")) == MANY and OVER in crowd.said())

    assert told < SOON_S
    assert crowd.most_in_a_minute() <= FEW
    assert sorted(bad) == sorted(crowd.cards("RUNNING")) == crowd.names
    assert crowd.keeps_the_pace()


@pytest.mark.long
async def test_forty_of_two_hundred_are_no_group_and_told_in_numbers(crowd: Crowd) -> None:
    dead = crowd.names[:40]
    await crowd.follows("all")
    crowd.house.slack.ledger.clear()
    crowd.says(dead, "3", "PullStreamFailed")
    await crowd.until(lambda: "Bad now: 40" in crowd.board())
    await crowd.passes(MINUTE)
    told, read = crowd.told_of("STOPPED"), crowd.most_in_a_minute()
    crowd.house.slack.ledger.clear()
    crowd.says(dead, "1")
    await crowd.until(lambda: "All is well" in crowd.board())
    await crowd.until(lambda: crowd.told_of("RUNNING") == 40)

    assert told == 40
    assert read <= FEW
    assert crowd.most_in_a_minute() <= BURST  # nobody waits for those that come back: the first are seen one by one
    assert crowd.cards("STOPPED") == []
    assert not any(GROUP in text for text in crowd.said())


async def test_two_hundred_that_die_within_half_a_minute_are_few_messages_too(crowd: Crowd) -> None:
    """Those of the first seconds are too few for a group: they are told in numbers, the rest as a group."""
    await crowd.follows("all")
    crowd.house.slack.ledger.clear()
    for number in range(0, MANY, 10):
        crowd.says(crowd.names[number : number + 10], "3", "PullStreamFailed")
        await crowd.passes(1.5 * SECOND)
    await crowd.until(lambda: "Bad now: 200" in crowd.board())
    await crowd.passes(MINUTE)

    assert crowd.most_in_a_minute() <= FEW
    assert any("tasks of aliyun at once: it is down" in text for text in crowd.said())
    assert len(crowd.cards("STOPPED")) < FEW
