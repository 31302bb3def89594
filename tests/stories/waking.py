"""
A channel whose people are woken, while time flies: who is called, who takes it in hand, what everybody reads.

The loop does not wait (`impatient`), and the calendar is moved along with it: in short steps where something is to
happen, in one where nothing is.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from bot import clock
from bot.sandbox.pager import CONFIGURATION
from bot.sandbox.story import Phase, Script
from bot.slack.cards import press
from tests.stories.invariants import hold_calls

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    import pytest
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BREATH_S = 2.1  # of the loop in each step of the calendar: the slowest beat comes around
NEAR = 2 * SECOND
ROTA = ("set @ann", "escalate after=5m to=@bob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that arrived: at whom, from which level, and when."""

    at: datetime
    where: str  # a channel's or a user's id, or `pager:<name>`
    step: int
    attempt: int
    mentions: tuple[str, ...]
    because: str
    response: int
    skipped: tuple[str, ...]  # why who before was passed over


@dataclass(slots=True, kw_only=True)
class Night:
    """
    One channel at night, and whoever is called for it; names are the sandbox's.

    `quiet` are the times in which nobody may be called, and where (empty: nowhere): from when somebody took it in hand,
    or silenced it, until that is over.
    """

    house: House
    frozen: FrozenDateTimeFactory
    logged: pytest.LogCaptureFixture
    channel: str = "#relays"
    quiet: list[tuple[datetime, datetime, str]] = field(default_factory=list)

    # Time.

    async def passes(self, span: timedelta, *, stride: timedelta = 10 * SECOND) -> None:
        """Let time pass while everything runs."""
        end = clock.now() + span
        while (left := end - clock.now()) > timedelta(0):
            self.frozen.tick(min(stride, left))
            await asyncio.sleep(BREATH_S)

    async def leaps(self, span: timedelta) -> None:
        """Let a long time pass in which nothing happens: all but its last seconds in one step."""
        if span > 2 * NEAR:
            await self.passes(span - NEAR, stride=span)
        await self.passes(min(span, NEAR), stride=SECOND)

    async def until(self, is_true: Callable[[], Any], *, within: timedelta = MINUTE, step: timedelta = SECOND) -> None:
        """Let time pass until something is so."""
        end = clock.now() + within
        while not is_true():
            assert clock.now() < end, [message.text for message in self.house.slack.heard()][-12:]
            self.frozen.tick(step)
            await asyncio.sleep(BREATH_S)

    # What is done.

    async def watches(self, *tasks: str, rota: tuple[str, ...] = ROTA, options: str = "") -> None:
        """Put tasks into the cloud that run, have the channel follow them and call for them; wait for their cards."""
        await self._has(rota)
        for task in tasks:
            self.house.stage.aliyun.story.add(_running(task))
            line = f"/relay subscribe aliyun {task} page=yes {options}"
            answer = await self.house.ask(line.strip(), channel=self.channel)
            assert "calls whoever is on call" in answer.words, answer.words
        await self.until(lambda: len(self.cards()) == len(tasks) and not self.waiting(), step=3 * SECOND)

    async def watches_all(self, tasks: Sequence[str], *, rota: tuple[str, ...] = ROTA) -> None:
        """Have the channel follow these tasks, which run and are all that the cloud has, as all of the account's."""
        story = self.house.stage.aliyun.story
        for script in story.scripts:
            story.remove(script.task_id)
        for task in tasks:
            story.add(_running(task))
        await self._has(rota)
        await self.house.ask("/relay subscribe aliyun all page=yes", channel=self.channel)
        await self.until(lambda: any(f"{len(tasks)} RUNNING" in line for line in self.lines()), step=3 * SECOND)

    async def _has(self, rota: tuple[str, ...]) -> None:
        for line in rota:
            await self.house.ask(f"/relay oncall {line}", user="olga", channel=self.channel)

    def says(self, task: str, word: str, reason: str = "") -> None:
        """From now on the cloud says this of it."""
        self.house.stage.aliyun.story.override(task, word, reason, now=clock.now())

    async def breaks(self, *tasks: str, reason: str = "PullStreamFailed") -> None:
        """Have tasks go down, and wait until somebody was called for each."""
        before = len(self.calls("C0RELAYS"))
        for task in tasks:
            self.says(task, "3", reason)
        await self.until(lambda: len(self.calls("C0RELAYS")) > before, step=2 * SECOND)

    async def recovers(self, *tasks: str) -> None:
        """Have tasks run again, and wait until that is told."""
        for task in tasks:
            self.says(task, "1")
        await self.until(lambda: not self.open_responses() and not self.waiting(), step=8 * SECOND, within=2 * MINUTE)

    @contextmanager
    def silence(self, of: str = "") -> Iterator[None]:
        """Hold that nobody is called while this lasts; by default nowhere, else in one place."""
        began = clock.now()
        yield
        self.quiet.append((began, clock.now(), of))

    async def acks(self, user: str, *, of: str = "", page: Message | None = None) -> str:
        """Press Ack on the newest call, in the channel or `of` a person's own; return what the presser is told."""
        return await self.presses(user, page or self.page(of))

    async def presses(self, user: str, page: Message, action: str = press.ACK) -> str:
        before = len(self.answers(user))
        await self.house.slack.press(page, action, user)
        await self.house.slack.until(lambda: len(self.answers(user)) > before)
        return self.answers(user)[before].words

    def answers(self, user: str) -> list[Message]:
        """What one person alone was told, wherever."""
        person = self.house.slack.workspace.person(user).id
        return [message for message in self.house.slack.heard() if message.ephemeral_to == person]

    # What was told.

    def heard(self, user: str = "") -> list[Message]:
        """What everybody reads in the channel, or one person in their conversation with the bot; oldest first."""
        where = f"@{user}" if user else self.channel
        return [each for each in self.house.slack.heard(where) if not each.ephemeral_to]

    def cards(self) -> list[Message]:
        return [each for each in self.heard() if not each.thread_ts and "card.refresh" in each.buttons]

    def lines(self) -> list[str]:
        """What stands in the channel itself and is no card."""
        return [each.words for each in self.heard() if not each.thread_ts and "card.refresh" not in each.buttons]

    def handed_over(self) -> list[Message]:
        """The lines that say who came."""
        return [each for each in self.heard() if "is on call here now" in each.words]

    def thread(self) -> list[Message]:
        return [each for each in self.heard() if each.thread_ts]

    def page(self, user: str = "") -> Message:
        """The newest call in the channel, or of one person."""
        return [each for each in self.heard(user) if press.ACK in each.buttons][-1]

    def calls(self, where: str = "") -> list[Call]:
        """The calls that arrived, oldest first; in one place or everywhere."""
        found = self.rows(
            "SELECT channel_id, response, body, settled_at FROM notices WHERE state = 'done' AND card = ''"
            " AND response IS NOT NULL AND kind IN ('page', 'direct', 'call') ORDER BY settled_at, id"
        )
        calls = [_call(*row) for row in found if json.loads(row[2])["act"] == "trigger"]
        return [call for call in calls if where in {"", call.where}]

    def who(self) -> list[tuple[str, int]]:
        """Who was called in person, and as which level."""
        return [(call.where, call.step) for call in self.calls() if call.where.startswith("U")]

    def waiting(self) -> list[tuple[Any, ...]]:
        """What lies in the outbox and is not said yet."""
        return self.rows("SELECT kind, cause, state, code, attempts FROM notices WHERE settled_at IS NULL ORDER BY id")

    def open_responses(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT id FROM responses WHERE closed_at IS NULL")

    def rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.house.folder / "relaybot.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()


def _running(task: str) -> Script:
    return Script(task_id=task, name=task, start=-HOUR, end=30 * HOUR, phases=(Phase(-HOUR, "1"),))


def _call(where: str, response: int, body: str, settled_at: str) -> Call:
    said = json.loads(body)
    return Call(
        at=datetime.fromisoformat(settled_at).replace(tzinfo=UTC),
        where=where,
        step=said["step"],
        attempt=said["attempt"],
        mentions=tuple(said["mentions"]),
        because=said["because"],
        response=response,
        skipped=tuple(skip["why"] for skip in said["skipped"]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """Builds a house in whose channel people are woken; when the story is over, what must hold is held."""

    build: Build
    frozen: FrozenDateTimeFactory
    logged: pytest.LogCaptureFixture

    @asynccontextmanager
    async def __call__(self, *, pagers: bool = False, at: datetime | None = None) -> AsyncIterator[Night]:
        for ours in ("bot", "adapters", "migrations"):  # as `cli.logs.set_up` does: libraries speak from WARNING on
            self.logged.set_level(logging.DEBUG, logger=ours)
        if at is not None:
            self.frozen.move_to(at)

        def more(stage: Stage) -> dict[str, str]:
            return {"ALIYUN_REGIONS": "cn-shanghai", **(stage.pager.environment() if pagers else {})}

        async with self.build(more, accounts=CONFIGURATION if pagers else "") as house:
            night = Night(house=house, frozen=self.frozen, logged=self.logged)
            yield night
            await night.until(lambda: not night.waiting(), step=3 * SECOND)
            hold_calls(night)
