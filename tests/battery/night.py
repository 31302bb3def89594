"""
One night: a channel whose people are called, by processes that end at one moment after another of it, each time
followed by another that takes over; then the ledgers of Slack and of the outside pagers are held against what was to be
called.

What must come out of it, besides I1 to I4 (see `trial`): nobody is called while it is acked or muted (I5), there is one
incident and one response (I6), whoever is called was on call (I10), and a timer never fires twice (I12).
"""

from __future__ import annotations

import random
import signal
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import clock
from bot.domain.rota import Level, Rota, Target, TargetKind
from bot.domain.words import say
from bot.queue.work import HEARTBEAT
from bot.sandbox.faults import Strike
from bot.sandbox.pager import CONFIGURATION
from bot.sandbox.stage import open_stage
from bot.slack.cards import press
from tests.battery.calls import Calls
from tests.battery.crew import Crew
from tests.battery.fast import Fast
from tests.battery.following import open_wide, prepare, running
from tests.battery.hearing import listen
from tests.battery.history import Found, History
from tests.battery.points import NIGHT, AtAck, AtAnswer, AtDoor, AtHandover, AtMute, AtTimer
from tests.battery.process import Bot
from tests.battery.trial import GRACE_S, MUTED, PATIENCE_S, PLACE, SPEED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from bot.sandbox.door import Door
    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage
    from tests.battery.points import NightPoint

TASKS: Final = tuple(f"feed-{number}" for number in range(1, 6))  # each goes down in a night of its own
OTHERS: Final = tuple(f"other-{number}" for number in range(1, 6))
ANN, BOB, ADAM = "U0ANN", "U0BOB", "U0ADAM"
LEVELS: Final = {ANN: 0, ADAM: 0, BOB: 1}  # adam stands in for ann
FIRST: Final = timedelta(minutes=5)
NEVER: Final = timedelta(hours=20)  # a night is shorter
ACKED: Final = timedelta(minutes=30)
SHIFT: Final = timedelta(minutes=10)
A_MOMENT: Final = timedelta(minutes=1)  # of ours a second: so close to an edge nobody can tell
SLOWEST: Final = timedelta(seconds=1)  # a heartbeat of ours
POSTS: Final = 4  # of the news, of the call in the channel and of those to people


def _person(user: str) -> Target:
    return Target(kind=TargetKind.USER, id=user)


ROTA: Final = Rota(
    base=_person(ANN),
    levels=(Level(after=FIRST, target=_person(BOB)), Level(after=NEVER, target=_person("U0OLGA"))),
    told=_person(ANN),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which nights are played; `replicas`: so many processes, two of them on one PostgreSQL."""

    by: signal.Signals = signal.SIGKILL
    replicas: int = 1
    mutant: str = ""
    patience_s: float = PATIENCE_S


@dataclass(slots=True, kw_only=True)
class Round(Found):
    """
    What came of one end.

    `quiet` are the times in which nobody was to be called; `doubt` those in which a call may be taken back on its way.
    """

    point: str
    hits: int = 0  # how often a process ended where it should
    quiet: list[tuple[datetime, datetime]] = field(default_factory=list)
    doubt: list[tuple[datetime, datetime]] = field(default_factory=list)


class Night:
    """
    One history, with an end in each of its nights.

    Args:
        chance: draws at which of several like moments the process ends.
    """

    def __init__(self, chance: random.Random, stage: Stage, calendar: Fast, crew: Crew, terms: Terms) -> None:
        self._chance = chance
        self._stage = stage
        self._now = calendar
        self._crew = crew
        self._terms = terms
        self._history = History(stage.slack, [(PLACE, task) for task in TASKS])
        self._round = Round(point="")
        self._task = ""

    async def run(self, points: Sequence[str]) -> list[Round]:
        """Let one task go down for each point, and compare when it runs again."""
        await self._crew.start()
        await self._until(self._history.is_shown)
        rounds = []
        for point, self._task in zip(points, TASKS, strict=False):
            self._round, self._crew.hits = Round(point=point), 0
            await self._play(NIGHT[point])
            self._says("1", "RUNNING")
            await self._until(self._history.is_told)
            await self._must(self._calls.are_over, "it is over")
            await self._crew.until(lambda: False, within_s=GRACE_S)
            await self._crew.settle()
            await self._crew.until(lambda: False, within_s=GRACE_S)
            self._stage.slack.door.faults.clear()
            self._stage.pager.door.faults.clear()
            self._round.hits = self._crew.hits
            self._history.compare(self._round)
            self._calls.compare(self._round, quiet=self._round.quiet, doubt=self._round.doubt)
            rounds.append(self._round)
            if not self._round.is_right:
                break  # what comes after it would be judged by what went wrong here
        return rounds

    async def _play(self, point: NightPoint) -> None:
        match point:
            case AtTimer(when=when):
                self._arm("fire", when, nth=self._chance.randint(1, 2))
                await self._is_called(2)
            case AtDoor():
                self._plan(point)
                await self._is_called(2)
            case AtAck(when=when):
                await self._is_called(1)
                self._arm("ack", when)
                await self._is_quiet(self._ack, self._is_acked, is_done=when == "after", lasts=ACKED)
                await self._must(self._calls.are_acked, "it is acked")
            case AtAnswer():
                await self._is_called(1)
                self._strike(self._stage.slack.door, "response_url", done=True)
                await self._is_quiet(self._ack, self._is_acked, is_done=True, lasts=ACKED)
                await self._must(self._calls.are_acked, "it is acked")
            case AtMute(when=when):
                await self._is_called(1)
                self._arm("mute", when)
                await self._is_quiet(self._mute, self._is_muted, is_done=when == "after", lasts=NEVER)
                await self._unmute()
            case AtHandover(when=when):
                await self._hand_over(when)

    async def _is_called(self, wanted: int) -> None:
        """Let the task go down, and wait until so many levels were called."""
        if self._history.state(self._task) == "RUNNING":
            self._says("3", "STOPPED")
        await self._must(lambda: self._calls.are(wanted), f"call {wanted}")

    async def _is_quiet(
        self, do: Callable[[], Awaitable[object]], is_seen: Callable[[], bool], *, is_done: bool, lasts: timedelta
    ) -> None:
        """
        Do what silences it, and wait until the next call would have come.

        Args:
            is_done: what the process has written when it ends is to be enough; else it is done once more.
            lasts: so long is it silent.
        """
        began = self._now()
        await do()
        await self._until(lambda: self._crew.hits > 0)
        if is_done:
            quiet = self._now()
        else:
            await do()
        if not await self._until(is_seen):
            told = [each.text for each in self._stage.slack.heard(PLACE) if each.ephemeral_to]
            self._round.wrong.append(f"{self._task} is not silent; people were told {told[-3:]}")
        if not is_done:
            quiet = self._now()
        self._round.doubt.append((began, quiet))
        rest = self._calls.in_channel()[0].at + FIRST + A_MOMENT
        await self._until(lambda: self._now() > rest)
        self._round.quiet.append((quiet, min(self._now(), began + lasts)))

    async def _ack(self) -> None:
        page = self._page()
        if press.ACK in page.buttons:  # whoever was asked to leave may have done it all the same
            await self._stage.slack.press(page, press.ACK, "ann")

    def _is_acked(self) -> bool:
        return press.ACK not in self._page().buttons

    def _page(self) -> Message:
        return self._calls.in_channel()[0].message

    async def _mute(self) -> None:
        await self._stage.slack.say("ann", PLACE, f"/relay mute aliyun {self._task} for=2h")

    def _is_muted(self) -> bool:
        return any(MUTED in card.words for card in listen(self._stage.slack)[PLACE, self._task].cards)

    async def _unmute(self) -> None:
        """Let it call again; what a mute has let wait is called then."""
        before = len(self._calls.in_channel())
        await self._stage.slack.say("ann", PLACE, f"/relay unmute aliyun {self._task}")
        if before == 1:
            await self._must(lambda: self._calls.are(2), "what the mute had let wait")

    async def _hand_over(self, when: str) -> None:
        """Let adam stand in for ann for a while, in which it goes down, and look at who was told what."""
        before = len(self._handed_over())
        await self._stage.slack.say("olga", PLACE, f"/relay oncall override @adam for={SHIFT // A_MOMENT}m")
        begins = self._now()
        self._arm("handover", when)
        await self._is_called(1)
        await self._until(lambda: self._now() > begins + SHIFT and len(self._handed_over()) > before)
        await self._until(lambda: self._crew.hits > 0)
        await self._is_called(2)
        lines = self._handed_over()[before:]
        expected = say("line.handover", who=f"<@{ANN}>", before_who=f"<@{ADAM}>", more="")
        self._round.doubled += lines[1:]
        if not lines or not lines[0].startswith(expected):
            self._round.lost.append(f"hand-over: {lines}")
        first = self._calls.in_channel()[0]
        if first.at < begins + SHIFT - A_MOMENT and first.user != ADAM:
            self._round.wrong.append(f"{first.user} was called at {first.at}, when {ADAM} was on call")

    def _handed_over(self) -> list[str]:
        here = self._stage.slack.heard(PLACE)
        return [each.words for each in here if "is on call here now, after" in each.words and not each.ephemeral_to]

    def _says(self, word: str, state: str) -> None:
        """From now on the cloud says this, and it is to be told."""
        reason = "PullStreamFailed" if state == "STOPPED" else ""
        self._stage.aliyun.story.override(self._task, word, reason, now=self._now())
        self._history.add(self._task, state)

    @property
    def _calls(self) -> Calls:
        return Calls(stage=self._stage, task=self._task, levels=LEVELS)

    def _arm(self, kind: str, when: str, nth: int = 1) -> None:
        once = f"once-{self._chance.getrandbits(32)}"
        self._crew.arm(kind=kind, when=when, nth=nth, seed=self._chance.getrandbits(32), once=once)

    def _plan(self, point: AtDoor) -> None:
        is_slack = point.server == "slack"
        door = self._stage.slack.door if is_slack else self._stage.pager.door
        self._strike(door, point.api, done=point.done, nth=self._chance.randint(1, POSTS if is_slack else 2))

    def _strike(self, door: Door, api: str, *, done: bool, nth: int = 1) -> None:
        """End whoever sends the nth request; of two processes one of them, whichever sent it."""
        seen = 0

        def is_it() -> bool:
            nonlocal seen
            seen += 1
            return seen == nth

        bot = self._chance.choice(self._crew.bots)
        answers = self._terms.by is not signal.SIGKILL
        door.faults.plan(Strike(lambda: bot.end(self._terms.by), done=done, answers=answers), on=api, when=is_it)

    async def _must(self, is_true: Callable[[], bool], what: str) -> None:
        """Wait for what everybody who is called is to hear; in vain, it is lost."""
        if not await self._until(is_true):
            self._round.lost.append(f"{self._task}: {what}: {self._calls.everywhere()}")

    async def _until(self, is_true: Callable[[], bool]) -> bool:
        return await self._crew.until(is_true, within_s=self._terms.patience_s)


async def run(
    points: Sequence[str], seed: int, folder: Path, terms: Terms = Terms(), database: str = ""
) -> list[Round]:
    """
    Play at most five nights in an empty folder.

    Args:
        database: the URL of an empty one; by default a SQLite file.
    """
    calendar = Fast(clock.now, began=clock.now(), speed=SPEED)
    chance = random.Random(seed)  # noqa: S311
    async with open_stage(calendar=calendar, aliyun=map(running, (*TASKS, *OTHERS)), tencent=()) as stage:
        open_wide(stage.slack.api)
        url = database or f"sqlite:///{folder / 'relaybot.db'}"
        await prepare(url, stage, [(PLACE, task) for task in TASKS], now=calendar(), rota=ROTA)
        environment = _environment(stage, folder)
        names = [f"bot-{number}" for number in range(1, terms.replicas + 1)]
        bots = [
            Bot(stage, calendar, folder, url, name=name, mutant=terms.mutant, environment=environment) for name in names
        ]
        try:
            return await Night(chance, stage, calendar, Crew(bots, terms.by), terms).run(points)
        finally:
            for bot in bots:
                bot.send(signal.SIGKILL)
                await bot.gone()


def _environment(stage: Stage, folder: Path) -> Mapping[str, str]:
    file = folder / "relaybot.toml"
    file.write_text(CONFIGURATION, encoding="utf-8")
    return {
        **stage.pager.environment(),
        "RELAYBOT_CONFIG": str(file),
        "RELAYBOT_HEARTBEAT_S": str(max(HEARTBEAT / SPEED, SLOWEST).total_seconds()),
        "ALIYUN_REGIONS": "cn-shanghai",
    }


async def try_out(mutant: str, point: str, seed: int, folder: Path) -> Round:
    """Play one night of a bot that is wrong; see `mutants`."""
    (found,) = await run([point], seed, folder, Terms(mutant=mutant, patience_s=15.0))
    return found
