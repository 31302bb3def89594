"""
One trial: a scripted history and a real process that ends at one moment after another of it, each time followed by
another that takes over; then the sandbox Slack's own ledger is held against the history.

What must come out of it: every change is told (I1), once (I2), in order for each task (I3), under one card that is
right in the end (I4).
"""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bot import clock
from bot.domain.words import say
from bot.sandbox.faults import Strike
from bot.sandbox.slack.workspace import READ_BACK_SCOPES
from bot.sandbox.stage import open_stage
from tests.battery.fast import Fast
from tests.battery.following import open_rooms, open_wide, prepare, running
from tests.battery.hearing import listen
from tests.battery.history import Found, History
from tests.battery.points import (
    LATE,
    MIGRATION,
    POINTS,
    AtAnyMoment,
    AtCommit,
    AtDoor,
    AtLeaving,
    AtMigration,
    AtMute,
    Point,
)
from tests.battery.process import Bot

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from bot.sandbox.slack import Message, Slack
    from bot.sandbox.stage import Stage

Follows: TypeAlias = "Sequence[tuple[str, str]]"

PLACE: Final = "relays"
REGION: Final = "cn-shanghai"
SPEED: Final = 60.0  # seconds of the story in one of ours
# Where many channels wait, slower: looking around sixty times as often leaves a busy machine no time for what is found.
CROWDED: Final = 10  # channels
CROWDED_SPEED: Final = 20.0
PATIENCE_S: Final = 120.0  # for the bot to say what is so; on a busy machine fifty channels take a minute
SHORT_S: Final = 6.0  # where a wrong build is to be found
GRACE_S: Final = 1.0  # at that speed; then it may still say something twice
WITHOUT_S: Final = 4.0  # and where it cannot look, it says it again when what it claimed runs out
MOMENT_S: Final = 0.6
LOOK_S: Final = 0.02

MUTED: Final = say("card.muted", when="").split()[0]  # what cards say

MOVING: Final = ("feed-a", "feed-b")
QUIET: Final = "feed-c"  # is followed, and moves never
CROWD: Final = "feed-r"  # is followed in every room, and moves with each step
STOPS, RECOVERS, ENDS = ("3", "TriggerByUser", "STOPPED"), ("1", "", "RUNNING"), ("-1", "TriggerByUser", "ENDED")
# Step by step what the cloud says from then on, and the state that is to be told of it.
STEPS: Final = (STOPS, RECOVERS, STOPS, RECOVERS, ENDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    Under which a trial runs.

    Args:
        by: the signal that ends a process. SIGKILL breaks what it has under way; after SIGTERM it is still answered.
        rooms: so many channels more have something to hear when it ends.
        reads_back: Slack lets the bot read what it has posted; without, a crash may repeat one message in a channel.
        is_late: one task moves, and the process ends at the transaction that is about the reply.
    """

    by: signal.Signals = signal.SIGKILL
    rooms: int = 0
    reads_back: bool = True
    mutant: str = ""
    is_late: bool = False
    patience_s: float = PATIENCE_S

    @property
    def speed(self) -> float:
        return SPEED if self.rooms < CROWDED else CROWDED_SPEED

    @property
    def grace_s(self) -> float:
        return (GRACE_S if self.reads_back else WITHOUT_S) * SPEED / self.speed

    @property
    def moment_s(self) -> float:
        """Within so many seconds of ours most of what is to be said is said."""
        return MOMENT_S * SPEED / self.speed

    @property
    def ends(self) -> frozenset[int]:
        """The exit statuses of a process that ended so; SIGTERM lets it leave by itself."""
        return frozenset({-self.by, 0} if self.by is signal.SIGTERM else {-self.by})


@dataclass(slots=True, kw_only=True)
class Round(Found):
    """What came of one end."""

    point: str
    hits: int = 0  # how often the process ended where it should
    waiting: int = 0  # how much was still to be said when it was gone


class Trial:
    """
    One history, with an end at each of its steps.

    Args:
        chance: draws which tasks move together, and at which of its transactions the process ends.
    """

    def __init__(self, chance: random.Random, stage: Stage, bot: Bot, terms: Terms, follows: Follows) -> None:
        self._chance = chance
        self._stage = stage
        self._bot = bot
        self._terms = terms
        self._history = History(stage.slack, follows)
        self._round = Round(point="")

    async def run(self, points: Sequence[str], *, upgrade: Sequence[str]) -> list[Round]:
        """
        Play one step of the history for each point, with an end at it, and compare after each.

        Args:
            upgrade: the command that makes the tables.
        """
        rounds = []
        if points[0] == MIGRATION:
            rounds.append(await self._migrate(upgrade))
            points = points[1:]
            await self._bot.start()
            await self._subscribe()
        else:
            await self._bot.start()
        # What happens before the bot has looked for the first time is no change.
        await self._until(self._history.is_shown)
        for point, (word, reason, state) in zip(points, STEPS, strict=False):
            self._round = Round(point=point)
            await self._prepare(POINTS[point])
            for task in self._moving(state):
                self._stage.aliyun.story.override(task, word, reason, now=self._stage.slack.workspace.now)
                self._history.add(task, state)
            await self._meanwhile(POINTS[point])
            await self._until(self._history.is_told)
            await self._until(lambda: False, within_s=self._terms.grace_s)
            if self._bot.is_ending:  # all is told, and it is still on its way out
                await self._bot.gone()
                await self._until(lambda: False, within_s=self._terms.grace_s)
            self._history.compare(self._round)
            rounds.append(self._round)
            if not self._round.is_right:
                break  # what comes after it would be judged by what went wrong here
        return rounds

    async def _migrate(self, upgrade: Sequence[str]) -> Round:
        found = Round(point=MIGRATION)
        await self._bot.run(*upgrade, death=self._death(kind="migration", when="at", nth=self._chance.randint(1, 12)))
        found.hits += self._bot.returncode in self._terms.ends
        if upgrade != ("serve",):
            await self._bot.run(*upgrade)
        return found

    async def _subscribe(self) -> None:
        """Follow by commands; whoever dies next must not die of the lines that tell of them."""
        for task in (*MOVING, QUIET):
            await self._stage.slack.say("ann", PLACE, f"/relay subscribe aliyun {task} region={REGION}")
        await self._until(lambda: len(_public(self._stage.slack)) == 2 * len((*MOVING, QUIET)))

    def _moving(self, state: str) -> list[str]:
        """Draw the tasks that move together; one that is not stopped has nothing to recover from."""
        able = [task for task in MOVING if (self._history.state(task) == "STOPPED") == (state == "RUNNING")]
        if state == "ENDED":
            able = list(MOVING)
        crowd = [CROWD] if self._terms.rooms else []
        return crowd + (
            able[:1] if self._terms.is_late else self._chance.sample(able, self._chance.randint(1, len(able)))
        )

    async def _prepare(self, point: Point) -> None:
        """Have a process stand that will end at the point."""
        match point:
            case AtCommit(kind=kind, when=when) if self._terms.is_late:
                self._bot.arm(self._death(when=when, **LATE[kind]))
            case AtCommit(kind=kind, when=when, among=among):
                self._bot.arm(self._death(kind=kind, when=when, nth=self._chance.randint(1, among)))
            case AtMute(when=when):
                self._bot.arm(self._death(kind="mute", when=when))
            case AtDoor(server=server, api=api, done=done):
                door = self._stage.slack.door if server == "slack" else self._stage.aliyun.door
                door.faults.clear()
                answers = self._terms.by is not signal.SIGKILL
                door.faults.plan(Strike(self._end, done=done, answers=answers), on=api)
            case AtLeaving() | AtMigration() | AtAnyMoment():
                pass

    def _death(self, **where: object) -> dict[str, object]:
        return {"seed": self._chance.getrandbits(32), "by": self._terms.by, **where}

    def _end(self) -> None:
        self._bot.end(self._terms.by)

    async def _meanwhile(self, point: Point) -> None:
        """Do what belongs to the point while the news is under way."""
        match point:
            case AtAnyMoment():
                await asyncio.sleep(self._chance.uniform(0.0, self._terms.moment_s))
                self._end()
            case AtLeaving():
                await asyncio.sleep(self._chance.uniform(0.0, self._terms.moment_s))
                self._bot.end(signal.SIGTERM)
                await asyncio.sleep(self._chance.uniform(0.0, 0.2))
                self._end()  # a second SIGTERM means: now
                await self._bot.gone()
                self._round.hits += self._bot.returncode == -self._terms.by
                await self._anew()
            case AtMute(when=when):
                await self._mute(is_written=when == "after")
            case _:
                pass

    async def _mute(self, *, is_written: bool) -> None:
        """Mute a task that does not move; where that was not written down for certain, ask again."""
        typed = f"/relay mute aliyun {QUIET} for=1h"
        await self._stage.slack.say("ann", PLACE, typed)
        await self._until(lambda: self._round.hits > 0)
        if not is_written:
            await self._stage.slack.say("ann", PLACE, typed)
        if not await self._until(self._is_muted):
            told = [message.text for message in self._stage.slack.heard(PLACE) if message.ephemeral_to]
            self._round.wrong.append(f"{QUIET} is not muted; ann was told {told}")
        await self._stage.slack.say("ann", PLACE, f"/relay unmute aliyun {QUIET}")
        if not await self._until(lambda: not self._is_muted()):
            self._round.wrong.append(f"{QUIET} is still muted")

    async def _until(self, is_true: Callable[[], bool], *, within_s: float | None = None) -> bool:
        """Wait; whenever the process is found dead, start it again."""
        loop = asyncio.get_running_loop()
        within_s = self._terms.patience_s if within_s is None else within_s
        end = loop.time() + within_s
        while not is_true():
            if loop.time() > end:
                return False
            if not self._bot.is_alive:
                if self._bot.returncode not in self._terms.ends:
                    raise self._bot.broken("died by itself")
                self._round.hits += 1
                await self._anew()
                end = loop.time() + within_s
            await asyncio.sleep(LOOK_S)
        return True

    async def _anew(self) -> None:
        """Start it again."""
        await self._bot.gone()
        self._round.waiting += self._history.waiting()
        self._round.may_repeat += not self._terms.reads_back
        await self._bot.start()

    def _is_muted(self) -> bool:
        return any(MUTED in card.words for card in listen(self._stage.slack)[PLACE, QUIET].cards)


def _public(slack: Slack) -> list[Message]:
    return [message for message in slack.heard(PLACE) if not message.ephemeral_to]


async def run(
    points: Sequence[str], seed: int, folder: Path, terms: Terms = Terms(), database: str = ""
) -> list[Round]:
    """
    Run one trial in an empty folder: at most five points, one for each step of the history.

    "in a migration" stands first: it is about the very first start, when nothing can be waiting.

    Args:
        database: the URL of an empty one; by default a SQLite file.
    """
    calendar = Fast(clock.now, began=clock.now(), speed=terms.speed)
    scripts = [running(task) for task in (*MOVING, QUIET, CROWD, "other-d")]
    async with open_stage(calendar=calendar, aliyun=scripts) as stage:
        open_wide(stage.slack.api)
        if not terms.reads_back:
            stage.slack.workspace.scopes -= READ_BACK_SCOPES
        rooms = open_rooms(stage.slack.workspace, terms.rooms)
        follows = [(PLACE, task) for task in (*MOVING, QUIET)] + [(room, CROWD) for room in rooms]
        url = database or f"sqlite:///{folder / 'relaybot.db'}"
        if points[0] != MIGRATION:
            await prepare(url, stage, follows, now=calendar())
        bot = Bot(stage, calendar, folder, url, mutant=terms.mutant)
        trial = Trial(random.Random(seed), stage, bot, terms, follows)  # noqa: S311
        try:
            return await trial.run(points, upgrade=("db", "upgrade") if database else ("serve",))
        finally:
            bot.send(signal.SIGKILL)
            await bot.gone()


async def try_out(mutant: str, point: str, seed: int, folder: Path, database: str = "") -> Round:
    """Run one round of a bot that is wrong; see `mutants`."""
    terms = Terms(mutant=mutant, is_late=True, patience_s=SHORT_S)
    (found,) = await run([point], seed, folder, terms, database)
    return found
