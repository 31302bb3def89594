"""
A channel that follows tasks while time flies: what is done to them, what the channel was told, what is kept.

The loop does not wait (`impatient`), and the calendar is moved along with it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot import clock
from bot.sandbox.programme import ONLINE_ID
from tests.stories.invariants import hold

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import pytest
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.aliyun import AliyunCloud
    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage
    from bot.sandbox.tencent import TencentCloud

TASKS = {"aliyun": ("backup-en", "Backup, English"), "tencent": (ONLINE_ID, ONLINE_ID[:8])}
BREAKS = {"aliyun": ("3", "RetryTimesOffline"), "tencent": ("NotExist", "")}  # what a cloud says of a task that is down
RUNS = {"aliyun": ("1", ""), "tencent": ("InProgress", "")}
STATES = {
    "0": "NOT STARTED",
    "1": "RUNNING",
    "2": "RETRYING",
    "3": "STOPPED",
    "-1": "ENDED",
    "InProgress": "RUNNING",
    "NotExist": "ENDED",
}
BEGUN = "RUNNING"  # every task is, when it is begun to be followed
SHOWN = ("RETRYING", "STOPPED", "RUNNING", "ENDED", "UNKNOWN", "NOT FOUND")

SOON = 60.0  # seconds of the calendar after a fault's end, by which the channel is right again
HELD = {"aliyun": 35.0, "tencent": 95.0}  # what is good again is held for 30 s; after an end is looked once a minute
AT_FIRST, CLOSELY, BY_AND_BY = 12.0, 1.0, 4.0  # seconds: for so long time passes in short steps, then in longer ones
STRIDE = 50.0
ONE_IN_FIFTY = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Builds a house whose channel follows a task; when the story is over, what must hold is held."""

    build: Build
    frozen: FrozenDateTimeFactory
    logged: pytest.LogCaptureFixture

    @asynccontextmanager
    async def __call__(
        self, account: str = "aliyun", more: Mapping[str, str] | Callable[[Stage], Mapping[str, str]] | None = None
    ) -> AsyncIterator[Following]:
        for ours in ("bot", "adapters", "migrations"):  # as `cli.logs.set_up` does: libraries speak from WARNING on
            self.logged.set_level(logging.DEBUG, logger=ours)
        async with self.build(more) as house:
            one = Following(house=house, frozen=self.frozen, logged=self.logged, account=account)
            yield one
            hold(one)


@dataclass(slots=True, kw_only=True)
class Following:
    """
    One channel, one task. `happened` are the states that the task was put into, oldest first, and `history` are those
    of them that the channel is to be told: all, but for what a mute silences.

    `spells` is how often the account was so long unseen that it is said, `anew` how many cards had to be posted anew,
    `mutes` how often somebody muted it.
    `most` is for how many seconds the loop lives in one step of the calendar: all its patience is in its own seconds.
    """

    house: House
    frozen: FrozenDateTimeFactory
    logged: pytest.LogCaptureFixture
    account: str = "aliyun"
    task: str = ""
    name: str = ""
    channel: str = "#relays"
    happened: list[str] = field(default_factory=list)
    history: list[str] = field(default_factory=list)
    others: list[Following] = field(default_factory=list)  # those that the channel follows, too
    spells: int = 0
    anew: int = 0
    mutes: int = 0
    is_muted: bool = False
    most: float = 1.0

    def __post_init__(self) -> None:
        if not self.task:
            self.task, self.name = TASKS[self.account]

    def also(self, task: str, name: str) -> Following:
        """Let the channel have one more task of the account to follow, which runs."""
        script = self.cloud.story.script(self.task)
        self.cloud.story.add(
            replace(script, task_id=task, name=name, destination=f"rtmp://push.example.com/live/{task}")
        )
        shown = name if self.account == "aliyun" else task  # Tencent knows no names
        other = replace(self, task=task, name=shown, happened=[], history=[], others=[])
        self.others.append(other)
        return other

    @property
    def cloud(self) -> AliyunCloud | TencentCloud:
        return self.house.stage.aliyun if self.account == "aliyun" else self.house.stage.tencent

    # Time.

    async def live(self, seconds: float, *, step: float = CLOSELY) -> None:
        """Let time pass while everything runs."""
        passed = 0.0
        while passed < seconds:
            await self._tick(step)
            passed += step

    async def until(self, is_true: Callable[[], Any], *, within: float = SOON) -> float:
        """
        Let time pass until something is so; return how many seconds of the calendar that took.

        It passes in long strides while all that is to be said was put off for long.
        """
        began = clock.now()
        while not is_true():
            took = (clock.now() - began).total_seconds()
            assert took < within, f"not so after {took:.0f} s: {self.story()}; waiting {self.waiting()}"
            await self._tick(STRIDE if self._rests() else CLOSELY if took < AT_FIRST else BY_AND_BY)
        return (clock.now() - began).total_seconds()

    async def right(self, *, after: float = 0.0) -> None:
        """Let time pass until the channel is right, which it is soon `after` so many seconds."""
        held = HELD[self.account] if self.happened[-1:] == ["RUNNING"] else 0.0
        await self.until(self.is_right, within=after + held + SOON)

    async def _tick(self, step: float) -> None:
        await asyncio.sleep(min(step, self.most))
        self.frozen.tick(timedelta(seconds=step))

    def _rests(self) -> bool:
        """Say whether nothing is to be said within the next stride."""
        ((soonest, later, rest),) = self.rows(
            "SELECT min(not_before), sum(not_before IS NOT NULL AND state <> 'sending'),"
            " sum(not_before IS NULL AND state <> 'pending') FROM notices WHERE settled_at IS NULL"
        )
        if not later or rest:
            return False
        return datetime.fromisoformat(soonest).replace(tzinfo=UTC) - clock.now() > timedelta(seconds=STRIDE + 10)

    # What is done.

    async def subscribe(self) -> None:
        """Follow the task, without waiting for what the channel is told."""
        answer = await self.house.ask(f"/relay subscribe {self.account} {self.task}", channel=self.channel)
        assert answer.words.startswith("This channel follows "), answer.words

    async def begin(self) -> None:
        """Follow the task, and wait until its card stands."""
        await self.subscribe()
        await self.right()

    async def breaks(self) -> None:
        """From now on the task is down."""
        self.says(*BREAKS[self.account])

    async def runs(self) -> None:
        """From now on it runs again."""
        self.says(*RUNS[self.account])

    def says(self, word: str, reason: str = "") -> None:
        """From now on the cloud says that of the task, and the channel is to be told."""
        self.cloud.story.override(self.task, word, reason, now=clock.now())
        self.happened.append(STATES.get(word, "UNKNOWN"))
        if not self.is_muted:
            self.history.append(self.state)

    async def mute(self, length: str) -> None:
        """Have nothing said of it for so long."""
        answer = await self.house.ask(f"/relay mute {self.account} {self.task} for={length}", channel=self.channel)
        assert answer.words.startswith("Muted here until "), answer.words
        self.mutes += 1
        self.is_muted = True
        await self.until(lambda: not self.waiting())  # the channel hears who did it

    def unmuted(self) -> None:
        """The mute is over: the channel is to be told the last word, unless it is the one that it heard before."""
        self.is_muted = False
        if self.state != (self.history[-1] if self.history else BEGUN):
            self.history.append(self.state)

    # What was told.

    def cards(self) -> list[Message]:
        """The task's cards as they stand now."""
        return [
            message
            for message in self.house.slack.heard(self.channel)
            if not message.ephemeral_to and not message.thread_ts and _is_card(message.words.split("\n")[0], self.name)
        ]

    def replies(self) -> list[Message]:
        """What was said in the threads of its cards, oldest first."""
        cards = {card.ts for card in self.cards()}
        return [message for message in self.house.slack.heard(self.channel) if message.thread_ts in cards]

    def story(self) -> list[str]:
        """The states that the thread tells, oldest first."""
        return [_state(message.words) for message in self.replies()]

    def shows(self, state: str) -> bool:
        """Say whether the newest card shows this state, and no doubt about it."""
        words = self.cards()[-1].words if self.cards() else ""
        return _state(words) == state and "making sure" not in words and "Not seen since" not in words

    def is_right(self) -> bool:
        """Say whether the thread tells the history, the card shows the last of it, and nothing is to be said yet."""
        blind = "SELECT 1 FROM incidents WHERE scope = 'account' AND closed_at IS NULL"
        is_told = self.story() == self.history and self.shows(self.state)
        return is_told and not self.waiting() and not self.rows(blind)

    @property
    def state(self) -> str:
        """What the task is in now; it ran when it was begun to be followed."""
        return self.happened[-1] if self.happened else BEGUN

    def waiting(self) -> list[tuple[Any, ...]]:
        """What lies in the outbox and is not said yet."""
        return self.rows("SELECT kind, cause, state, code, attempts FROM notices WHERE settled_at IS NULL ORDER BY id")

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.house.folder / "relaybot.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()


def once_in_fifty(*, within: int) -> Callable[[], bool]:
    """Return what says yes to one question in fifty, by chance, and to one of the first `within` at least."""
    seed = secrets.randbelow(1 << 32)
    while min(_rolls(seed, within)) >= ONE_IN_FIFTY:
        seed += 1
    print(f"seed {seed}")  # noqa: T201 - to tell the story again
    dice = random.Random(seed)  # noqa: S311 - no secret
    return lambda: dice.random() < ONE_IN_FIFTY


def _rolls(seed: int, count: int) -> list[float]:
    dice = random.Random(seed)  # noqa: S311 - no secret
    return [dice.random() for _ in range(count)]


def _is_card(first_line: str, name: str) -> bool:
    return name in first_line and any(state in first_line for state in SHOWN)


def _state(words: str) -> str:
    """Return the state that a message names first."""
    first = words.split("\n", maxsplit=1)[0]
    return min((state for state in SHOWN if state in first), key=first.index, default=first)
