"""
Two processes on one PostgreSQL, one of which is killed, asked to leave, or stopped for longer than its claims hold and
then woken; how soon the other takes over, and what Slack's ledger says of it.
"""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import clock
from bot.flows.drain import LEASE
from bot.queue.work import HEARTBEAT
from bot.sandbox.faults import Delay
from bot.sandbox.slack.workspace import READ_BACK_SCOPES
from bot.sandbox.stage import open_stage
from tests.battery.fast import Fast
from tests.battery.following import open_rooms, open_wide, prepare, running
from tests.battery.history import Found, History
from tests.battery.points import POINTS, AtCommit
from tests.battery.process import Bot
from tests.battery.trial import PLACE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.stage import Stage

TASKS: Final = tuple(f"feed-{number}" for number in range(1, 6))  # one of them stops with each step
OTHERS: Final = tuple(f"other-{number}" for number in range(1, 21))  # many at once would be another tale
SPEED: Final = 10.0
ROOMS: Final = 4
LATENCY_S: Final = 0.2  # that Slack takes to answer a post, of ours
SOON_S: Final = 2.0  # within so many seconds of ours a change is told when nobody fails
PATIENCE_S: Final = 60.0
GRACE_S: Final = 1.5  # after the longest claim has run out
LOOK_S: Final = 0.02
ASLEEP: Final = (1.1, 1.6)  # times the longest claim

NOBODY: Final = "nobody"
WAYS: Final = ("SIGKILL", "SIGTERM", "SIGSTOP")  # how a process fails
ANY_MOMENT: Final = "at any moment"
MOMENTS: Final = (ANY_MOMENT, *(name for name, point in POINTS.items() if isinstance(point, AtCommit)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """How one of the two fails, and when."""

    way: str
    moment: str = ANY_MOMENT
    reads_back: bool = field(default=True, compare=False)


@dataclass(slots=True, kw_only=True)
class Failover(Found):
    """
    What came of it. `took`: from the blow to the last word of what was to be said, on the story's calendar; where
    nobody fails, from the change on.
    """

    failure: Failure
    hits: int = 0  # 1: it was struck while something was still to be said
    took: timedelta = timedelta(0)


class Duo:
    """
    One history told by two processes, with a failure at each of its steps.

    Args:
        chance: draws who fails, and when.
    """

    def __init__(
        self, chance: random.Random, stage: Stage, calendar: Fast, bots: tuple[Bot, Bot], history: History
    ) -> None:
        self._chance = chance
        self._stage = stage
        self._calendar = calendar
        self._bots = bots
        self._history = history

    async def run(self, failures: Sequence[Failure]) -> list[Failover]:
        """Play one step of the history for each failure."""
        for bot in self._bots:
            await bot.start()
        await self._until(self._history.is_shown)
        played = []
        for failure, task in zip(failures, TASKS, strict=False):
            self._arm(failure)
            self._stage.aliyun.story.override(task, "3", "TriggerByUser", now=self._calendar())
            self._history.add(task, "STOPPED")
            found = await self._fail(failure)
            self._history.compare(found)
            played.append(found)
            if not found.is_right:
                break  # what comes after it would be judged by what went wrong here
        return played

    def _arm(self, failure: Failure) -> None:
        """Have whoever comes to the moment first fail there."""
        point = POINTS[failure.moment]
        if failure.way == NOBODY or not isinstance(point, AtCommit):
            return
        by, nth = signal.Signals[failure.way], self._chance.randint(1, point.among)
        once = f"once-{self._chance.getrandbits(32)}"
        for bot in self._bots:
            bot.arm({"kind": point.kind, "when": point.when, "nth": nth, "by": by, "once": once})

    async def _fail(self, failure: Failure) -> Failover:
        found = Failover(failure=failure)
        began, struck = self._calendar(), await self._strike(failure)
        if struck is not None:
            began = self._calendar()
            found.hits = int(self._history.waiting() > 0)
        said = asyncio.create_task(self._said())
        if struck is not None and failure.way == "SIGSTOP":
            await self._sleep(self._chance.uniform(*ASLEEP) * LEASE)
            struck.wake()
        found.took = await said - began
        for bot in self._bots:
            bot.disarm()
        await self._sleep(LEASE)
        await asyncio.sleep(GRACE_S)
        ended = [bot for bot in self._bots if bot.is_ending]  # for some their moment comes only when all is told
        for bot in ended:
            if failure.way == "SIGSTOP":
                bot.wake()
            else:
                await bot.gone()
                await bot.start()
        found.may_repeat = int(not failure.reads_back and (struck is not None or bool(ended)))
        return found

    async def _strike(self, failure: Failure) -> Bot | None:
        """Return who was struck; None when the moment did not come."""
        if failure.way == NOBODY:
            return None
        if isinstance(POINTS[failure.moment], AtCommit):
            await self._until(lambda: any(bot.is_ending for bot in self._bots) or self._history.is_told())
            return next((bot for bot in self._bots if bot.is_ending), None)
        await asyncio.sleep(self._chance.uniform(0.0, SOON_S))
        struck = self._chance.choice(self._bots)
        struck.end(signal.Signals[failure.way])
        return struck

    async def _said(self) -> datetime:
        await self._until(self._history.is_told)
        return self._calendar()

    async def _until(self, is_true: Callable[[], bool]) -> None:
        """Wait; in vain, when it has not come to it long after it should."""
        for _ in range(int(PATIENCE_S / LOOK_S)):
            if is_true():
                return
            await asyncio.sleep(LOOK_S)

    async def _sleep(self, story: timedelta) -> None:
        await asyncio.sleep(story / timedelta(seconds=self._calendar.speed))


async def run(
    failures: Sequence[Failure], seed: int, folder: Path, database: str, *, speed: float = SPEED
) -> list[Failover]:
    """
    Let two processes fail at most five times, in an empty folder.

    Args:
        database: the URL of an empty PostgreSQL.
        speed: how fast the story's calendar runs; claims, sweeps and the engine's heartbeat run with it.
    """
    calendar = Fast(clock.now, began=clock.now(), speed=speed)
    async with open_stage(calendar=calendar, aliyun=map(running, (*TASKS, *OTHERS))) as stage:
        open_wide(stage.slack.api)
        if not failures[0].reads_back:
            stage.slack.workspace.scopes -= READ_BACK_SCOPES
        places = [PLACE, *open_rooms(stage.slack.workspace, ROOMS)]
        follows = [(place, task) for task in TASKS for place in places]
        await prepare(database, stage, follows, now=calendar())
        stage.slack.faults.plan(Delay(by=timedelta(seconds=LATENCY_S)), on="chat.postMessage", times=None)
        heart = {"RELAYBOT_HEARTBEAT_S": str(HEARTBEAT.total_seconds() / speed)}
        one, other = (Bot(stage, calendar, folder, database, name=name, environment=heart) for name in ("one", "other"))
        duo = Duo(random.Random(seed), stage, calendar, (one, other), History(stage.slack, follows))  # noqa: S311
        try:
            return await duo.run(failures)
        finally:
            for bot in (one, other):
                bot.send(signal.SIGKILL)
                await bot.gone()
