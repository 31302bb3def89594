"""
One trial: a scripted history and a real process that is killed at one moment after another of it, each time followed by
another that takes over; then the sandbox Slack's own ledger is held against the history.

What must come out of it: every change is told (I1), once (I2), in order for each task (I3), under one card that is
right in the end (I4).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from bot import clock
from bot.domain.words import say
from bot.sandbox.faults import Strike
from bot.sandbox.stage import open_stage
from bot.sandbox.story import Phase, Script
from tests.battery.fast import Fast

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage

ROOT: Final = Path(__file__).parents[2]
PLACE: Final = "#relays"
REGION: Final = "cn-shanghai"
SPEED: Final = 60.0  # seconds of the story in one of ours
START_S: Final = 30.0
PATIENCE_S: Final = 30.0  # for the bot to say what is so
GRACE_S: Final = 0.5  # then it may still say something twice
LOOK_S: Final = 0.02

MUTED: Final = say("card.muted", when="").split()[0]  # what cards say
UNSEEN: Final = say("card.doubt.first")

LIST: Final = "DescribeLivePullToPushList"


@dataclass(frozen=True, slots=True, kw_only=True)
class AtDoor:
    """It dies while its request is held: before the work was done or after it, its answer unheard."""

    server: str
    api: str
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtCommit:
    """
    It dies at a commit; see `victim.KINDS`.

    A task that moves causes at least so many commits of the kind: its card is edited while in doubt and when that is
    over, and one reply is posted; the news of it is written in two transactions.
    """

    kind: str
    when: str
    among: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AtLeaving:
    """It is asked to leave while it has things to say, and killed before it is done with that, or not at all."""

    is_killed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AtMute:
    """It dies while it writes down that somebody mutes a task; the person asks again."""

    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtStart:
    """It dies at its first start, at one of the statements that make the tables."""


MIGRATION: Final = "in a migration"
Point: TypeAlias = AtDoor | AtCommit | AtLeaving | AtMute | AtStart

POINTS: Final[Mapping[str, Point]] = {
    "before the poll is answered": AtDoor(server="aliyun", api=LIST, done=False),
    "after the poll, before the commit": AtCommit(kind="news", when="before", among=2),
    "in the commit of the news": AtCommit(kind="news", when="during", among=2),
    "after the commit, before anybody is woken": AtCommit(kind="news", when="after", among=2),
    "after the claim, before the send": AtCommit(kind="begin", when="after", among=3),
    "post sent, not taken": AtDoor(server="slack", api="chat.postMessage", done=False),
    "post taken, reply unheard": AtDoor(server="slack", api="chat.postMessage", done=True),
    "after the reply, before the mark": AtCommit(kind="mark", when="before", among=3),
    "in the commit of the mark": AtCommit(kind="mark", when="during", among=3),
    "between the card and its thread": AtCommit(kind="mark", when="after", among=3),
    "edit sent, not taken": AtDoor(server="slack", api="chat.update", done=False),
    "edit taken, reply unheard": AtDoor(server="slack", api="chat.update", done=True),
    "before the commit of a mute": AtMute(when="before"),
    "in the commit of a mute": AtMute(when="during"),
    "after the commit of a mute": AtMute(when="after"),
    MIGRATION: AtStart(),
    "asked to leave, then killed": AtLeaving(is_killed=True),
    "asked to leave": AtLeaving(is_killed=False),
}


# The transaction of a kind that is about a reply: behind the one that puts it down, the card is begun first.
LATE: Final[Mapping[str, Mapping[str, object]]] = {
    "news": {"kind": "told"},
    "begin": {"kind": "begin", "since": "told", "nth": 2},
}


@dataclass(slots=True, kw_only=True)
class Round:
    """What came of one death. Everything but the first two must be empty."""

    point: str
    hits: int = 0  # how often the process died where it should
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # cards

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.doubled or self.disordered or self.wrong)


class Bot:
    """
    The real process: started, killed, and started again by whoever watches it.

    Args:
        mutant: a way of being wrong that the trial must find; see `victim`.
    """

    def __init__(self, stage: Stage, calendar: Fast, database: Path, *, mutant: str = "") -> None:
        self._stage = stage
        self._told = {
            "began": calendar.began.isoformat(),
            "speed": calendar.speed,
            "mutant": mutant,
            "death": str(database.parent / "death.json"),
        }
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ},
            **stage.environment(slack="http"),
            "PYTHONPATH": str(ROOT),
            "PORT": "0",
            "RELAYBOT_BIND": "127.0.0.1",
            "DATABASE_URL": f"sqlite:///{database}",
        }
        self._folder = database.parent
        self._deaths = database.parent / "death.json"
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self.log: list[str] = []

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def was_killed(self) -> bool:
        return self._process is not None and self._process.returncode == -signal.SIGKILL

    async def start(self, *, death: Mapping[str, object] | None = None) -> None:
        """Start it, and wait until it listens or is dead; with `death` it is armed from its first statement on."""
        told = {**self._told, "armed": death is not None}
        self._deaths.write_text(json.dumps(death))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.battery.victim"),
            cwd=self._folder,
            env={**self._environment, "BATTERY": json.dumps(told)},
            stderr=asyncio.subprocess.PIPE,
        )
        listens = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._process, listens))
        async with asyncio.timeout(START_S):
            await listens.wait()
        if not self.is_alive and death is None and not self.was_killed:
            raise RuntimeError(f"it did not start:\n{''.join(self.log[-30:])}")

    def arm(self, death: Mapping[str, object]) -> None:
        """Have it die so, from now on."""
        self._deaths.write_text(json.dumps(death))
        self.send(signal.SIGUSR1)

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self.is_alive:
            self._process.send_signal(number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)

    async def gone(self) -> None:
        """Wait until it is dead, and its last words are read."""
        if self._process is not None and self._reading is not None:
            await self._process.wait()
            await self._reading

    async def _read(self, process: asyncio.subprocess.Process, listens: asyncio.Event) -> None:
        assert process.stderr is not None
        while line := (await process.stderr.readline()).decode():
            self.log.append(line)
            if found := re.search(r"listens on port (\d+)", line):
                self._stage.slack.people.door = f"http://127.0.0.1:{found[1]}/slack/events"
                listens.set()
        listens.set()


MOVING: Final = ("feed-a", "feed-b")
QUIET: Final = "feed-c"  # is followed, and moves never
STOPS, RECOVERS, ENDS = ("3", "TriggerByUser", "STOPPED"), ("1", "", "RUNNING"), ("-1", "TriggerByUser", "ENDED")
# Step by step what the cloud says from then on, and the state that is to be told of it.
STEPS: Final = (STOPS, RECOVERS, STOPS, RECOVERS, ENDS)


class Trial:
    """
    One history, with a death at each of its steps.

    Args:
        chance: draws which tasks move together, and at which of its transactions the process dies.
        is_late: one task moves, and the process dies at the transaction that is about the reply.
    """

    def __init__(self, chance: random.Random, stage: Stage, bot: Bot, *, is_late: bool, patience_s: float) -> None:
        self._chance = chance
        self._stage = stage
        self._bot = bot
        self._is_late = is_late
        self._patience_s = patience_s
        # the states that are to be told of each task, in order
        self._history: dict[str, list[str]] = {task: [] for task in (*MOVING, QUIET)}
        self._round = Round(point="")

    async def run(self, points: Sequence[str]) -> list[Round]:
        """Play one step of the history for each point, with a death at it, and compare after each."""
        rounds = []
        if points[0] == MIGRATION:
            self._round = Round(point=MIGRATION)
            await self._bot.start(death={"kind": "migration", "when": "at", "nth": self._chance.randint(1, 12)})
            await self._bot.gone()
            self._round.hits += self._bot.was_killed
            rounds.append(self._round)
            points = points[1:]
        await self._bot.start()
        for task in self._history:
            await self._stage.slack.say("ann", PLACE, f"/relay subscribe aliyun {task} region={REGION}")
            await self._until(lambda task=task: bool(self._cards(task)))
        # What happens before the bot has looked for the first time is no change.
        await self._until(lambda: all(UNSEEN not in self._cards(task)[0].words for task in self._history))
        for point, (word, reason, state) in zip(points, STEPS, strict=False):
            self._round = Round(point=point)
            await self._prepare(POINTS[point])
            for task in self._moving(state):
                self._stage.aliyun.story.override(task, word, reason, now=self._stage.slack.workspace.now)
                self._history[task].append(state)
            await self._meanwhile(POINTS[point])
            await self._until(self._is_told)
            await self._until(lambda: False, within_s=GRACE_S)
            self._compare()
            rounds.append(self._round)
            if not self._round.is_right:
                break  # what comes after it would be judged by what went wrong here
        return rounds

    def _moving(self, state: str) -> list[str]:
        """Draw the tasks that move together; one that is not stopped has nothing to recover from."""
        able = [task for task in MOVING if (self._history[task][-1:] == ["STOPPED"]) == (state == "RUNNING")]
        if state == "ENDED":
            able = list(MOVING)
        return able[:1] if self._is_late else self._chance.sample(able, self._chance.randint(1, len(able)))

    async def _prepare(self, point: Point) -> None:
        """Have a process stand that will die at the point."""
        match point:
            case AtCommit(kind=kind, when=when) if self._is_late:
                self._arm(when=when, **LATE[kind])
            case AtCommit(kind=kind, when=when, among=among):
                self._arm(kind=kind, when=when, nth=self._chance.randint(1, among))
            case AtMute(when=when):
                self._arm(kind="mute", when=when)
            case AtDoor(server=server, api=api, done=done):
                door = self._stage.slack.door if server == "slack" else self._stage.aliyun.door
                door.faults.clear()
                door.faults.plan(Strike(self._bot.kill, done=done), on=api)
            case AtLeaving() | AtStart():
                pass

    def _arm(self, **death: object) -> None:
        self._bot.arm({"seed": self._chance.getrandbits(32), **death})

    async def _meanwhile(self, point: Point) -> None:
        """Do what belongs to the point while the news is under way."""
        match point:
            case AtLeaving(is_killed=is_killed):
                await asyncio.sleep(self._chance.uniform(0.0, 0.6))
                self._bot.send(signal.SIGTERM)
                if is_killed:
                    await asyncio.sleep(self._chance.uniform(0.0, 0.2))
                    self._bot.kill()
                await self._bot.gone()
                self._round.hits += 1
                await self._bot.start()
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
            self._round.wrong.append(f"{QUIET} is not muted")
        await self._stage.slack.say("ann", PLACE, f"/relay unmute aliyun {QUIET}")
        if not await self._until(lambda: not self._is_muted()):
            self._round.wrong.append(f"{QUIET} is still muted")

    def _is_muted(self) -> bool:
        return any(MUTED in card.words for card in self._cards(QUIET))

    async def _until(self, is_true: Callable[[], bool], *, within_s: float | None = None) -> bool:
        """Wait; whenever it is found dead, start it again."""
        loop = asyncio.get_running_loop()
        within_s = self._patience_s if within_s is None else within_s
        end = loop.time() + within_s
        while not is_true():
            if loop.time() > end:
                return False
            if not self._bot.is_alive:
                if not self._bot.was_killed:
                    raise RuntimeError(f"it died by itself:\n{''.join(self._bot.log[-30:])}")
                self._round.hits += self._bot.was_killed
                await self._bot.gone()
                await self._bot.start()
                end = loop.time() + within_s
            await asyncio.sleep(LOOK_S)
        return True

    def _cards(self, task: str) -> list[Message]:
        return [
            message
            for message in self._stage.slack.heard(PLACE)
            if not message.thread_ts and not message.ephemeral_to and _named(message, task)
        ]

    def _thread(self, task: str) -> list[str]:
        """Return the states that were told under a task's cards."""
        found = [reply for card in self._cards(task) for reply in self._stage.slack.heard(PLACE, thread=card.ts)]
        return [reply.text.partition(" ")[0] for reply in found if _named(reply, task)]

    def _is_right(self, task: str) -> bool:
        state = self._history[task][-1] if self._history[task] else "RUNNING"
        return any(card.text.startswith(state) for card in self._cards(task))

    def _is_told(self) -> bool:
        return all(
            self._is_right(task) and len(self._thread(task)) >= len(self._history[task]) for task in self._history
        )

    def _compare(self) -> None:
        for task in self._history:
            wanted, heard = self._history[task], self._thread(task)
            if len(self._cards(task)) > 1:
                self._round.doubled.append(f"{task}: {len(self._cards(task))} cards")
            if len(heard) > len(wanted):
                self._round.doubled.append(f"{task}: {heard}, not {wanted}")
            elif len(heard) < len(wanted):
                self._round.lost.append(f"{task}: {heard}, not {wanted}")
            elif heard != wanted:
                self._round.disordered.append(f"{task}: {heard}, not {wanted}")
            if not self._is_right(task):
                self._round.wrong.append(f"{task}: {[card.text for card in self._cards(task)]}, not {wanted[-1:]}")


def _named(message: Message, task: str) -> bool:
    return bool(re.match(rf"[A-Z_]+ {re.escape(task)}(?!\w)", message.text))


async def run(points: Sequence[str], seed: int, folder: Path) -> list[Round]:
    """
    Run one trial in an empty folder: at most five points, one for each step of the history.

    "in a migration" stands first: it is about the very first start.
    """
    return await _run(points, seed, folder, is_late=False, patience_s=PATIENCE_S)


async def try_out(mutant: str, point: str, seed: int, folder: Path) -> Round:
    """Run one round of a bot that is wrong; see `mutants`."""
    (found,) = await _run([point], seed, folder, mutant=mutant, is_late=True, patience_s=PATIENCE_S / 5)
    return found


async def _run(
    points: Sequence[str], seed: int, folder: Path, *, mutant: str = "", is_late: bool, patience_s: float
) -> list[Round]:
    calendar = Fast(clock.now, began=clock.now(), speed=SPEED)
    async with open_stage(calendar=calendar, aliyun=[_script(task) for task in (*MOVING, QUIET, "other-d")]) as stage:
        stage.slack.api.per_second.most = 1_000  # paces are another test's
        for window in stage.slack.api.per_minute.values():
            window.most = 10_000
        bot = Bot(stage, calendar, folder / "relaybot.db", mutant=mutant)
        chance = random.Random(seed)  # noqa: S311
        try:
            return await Trial(chance, stage, bot, is_late=is_late, patience_s=patience_s).run(points)
        finally:
            bot.kill()
            await bot.gone()


def _script(task: str) -> Script:
    day = timedelta(days=1)
    return Script(task_id=task, name=task, start=-day, end=2 * day, phases=(Phase(-day, "1"),))
