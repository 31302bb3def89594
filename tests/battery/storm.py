"""
A storm: everything that is followed stops within one second. How soon the channels are told, how much they have to
read, how often somebody is called, and whether the board and every card are right in the end.
"""

from __future__ import annotations

import asyncio
import math
import re
import signal
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import clock
from bot.domain.cadence import PAGE, SWEEP
from bot.domain.crowd import HOLD
from bot.domain.rota import Level, Rota, Target, TargetKind
from bot.sandbox.aliyun import PER_SECOND
from bot.sandbox.stage import open_stage
from tests.battery.fast import Fast
from tests.battery.following import WHO, open_rooms, open_wide, prepare, running
from tests.battery.hearing import CALLS, listen
from tests.battery.points import LIST
from tests.battery.process import Bot
from tests.battery.trial import PLACE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage

SHARE: Final = 0.8
IN_A_ROOM: Final = 200  # tasks that a channel follows one by one
SLICES: Final = 10  # of the second in which they stop
MINUTE_S: Final = 60.0
LOOK_S: Final = 0.1
SOON_S: Final = 0.01
LOOK_CLOSELY_S: Final = 0.5  # to read a thousand cards takes a while itself
PATIENCE_S: Final = 900.0
MOST: Final = 3  # messages that a channel may have to read in the first minute
ON_CALL: Final = "ann"  # as people call `WHO`
NEXT: Final = Level(after=timedelta(hours=20), target=Target(kind=TargetKind.USER, id="U0BOB"))  # after the storm
ROTA: Final = Rota(base=Target(kind=TargetKind.USER, id=WHO), levels=(NEXT,), told=Target(kind=TargetKind.USER, id=WHO))


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """
    What came of it; seconds are of the story.

    Args:
        first_s: from the first stop to the first word of it.
        bound_s: that may take: one sweep with its walk, and ten seconds to see whether it is many.
        most: messages in one channel in the first minute; calls are counted apart.
        all: messages in all channels in the first minute.
        right_s: from the first stop until the board and every card were right; None: they never were.
        moved: how many messages all channels had to read until then.
        pages: how often each channel called whoever is on call.
        directs: how often they were called in person, for all channels together.
    """

    tasks: int
    rooms: int
    first_s: float
    bound_s: float
    most: int
    all: int
    right_s: float | None
    moved: int
    pages: tuple[int, ...]
    directs: int

    @property
    def is_one_page(self) -> bool:
        """Say whether each channel called once, and whoever is on call in all of them got one message for each."""
        return set(self.pages) == {1} and self.directs == self.rooms

    @property
    def is_good(self) -> bool:
        is_soon = self.first_s <= self.bound_s and self.most <= MOST
        return is_soon and self.is_one_page and self.right_s is not None


async def play(
    tasks: int, folder: Path, *, speed: float = 1.0, haste: float = 20.0, between_sweeps: bool = False
) -> Storm:
    """
    Let a storm come over so many tasks; one channel follows all of them, others two hundred each, one by one.

    Args:
        speed: of the story's calendar; clouds are asked at their own pace, which does not run with it.
        haste: so much faster than Slack allows are cards edited, of which there are many.
        between_sweeps: no sweep sees a part of it; else it comes at any moment.
    """
    names = [f"feed-{number:04}" for number in range(tasks)]
    calendar, url = Fast(clock.now, began=clock.now(), speed=speed), f"sqlite:///{folder / 'relaybot.db'}"
    async with open_stage(calendar=calendar, aliyun=map(running, names), tencent=()) as stage:
        open_wide(stage.slack.api)
        rooms = open_rooms(stage.slack.workspace, math.ceil(tasks / IN_A_ROOM))
        followed = [(rooms[number // IN_A_ROOM], name) for number, name in enumerate(names)]
        await prepare(url, stage, [(PLACE, None), *followed], now=calendar(), rota=ROTA)
        told = {"RELAYBOT_PACE_SHARE": str(SHARE), "ALIYUN_REGIONS": "cn-shanghai"}
        bot = Bot(stage, calendar, folder, url, haste=haste, environment=told)
        await bot.start()
        try:
            storm = asyncio.create_task(_storm(stage, calendar, followed, rooms, between_sweeps=between_sweeps))
            died = asyncio.create_task(bot.gone(within_s=None))
            await asyncio.wait({storm, died}, return_when=asyncio.FIRST_COMPLETED)
            died.cancel()
            if not storm.done():
                storm.cancel()
                raise bot.broken(f"died by itself with {bot.returncode}")
            return await storm
        finally:
            bot.send(signal.SIGKILL)
            await bot.gone()


async def _storm(
    stage: Stage, calendar: Fast, followed: list[tuple[str, str]], rooms: list[str], *, between_sweeps: bool
) -> Storm:
    def shows(state: str) -> bool:
        heard = listen(stage.slack)
        board = next(iter(_boards(stage)), "")
        cards = all(where in heard and heard[where].shows(state) for where in followed)
        return cards and re.search(rf"\b{len(followed)} {state}", board) is not None

    if not await _until(lambda: shows("RUNNING")):
        raise TimeoutError("not every card came to stand")
    before = {message.key for message in _read(stage)}

    def new() -> list[Message]:
        return [message for message in _read(stage) if message.key not in before]

    if between_sweeps:
        sweeps = len(stage.aliyun.door.ledger.of(LIST))
        await _until(lambda: len(stage.aliyun.door.ledger.of(LIST)) > sweeps, every_s=SOON_S)
    began, first = calendar(), None
    for part in range(SLICES):
        for _, name in followed[part::SLICES]:
            stage.aliyun.story.override(name, "3", "PullStreamFailed", now=calendar())
        await asyncio.sleep(1 / SLICES / calendar.speed)
    while calendar() - began < timedelta(seconds=MINUTE_S):
        if first is None and new():
            first = calendar()
        await asyncio.sleep(LOOK_S / calendar.speed)
    in_a_minute = [message.channel for message in new()]
    is_right = await _until(lambda: shows("STOPPED"))
    pages = math.ceil(len(followed) / PAGE)
    return Storm(
        tasks=len(followed),
        rooms=len(rooms) + 1,
        first_s=round(((first or calendar()) - began).total_seconds(), 1),
        bound_s=round((SWEEP + HOLD).total_seconds() + pages / PER_SECOND / SHARE, 1),
        most=max(map(in_a_minute.count, in_a_minute), default=0),
        all=len(in_a_minute),
        right_s=round((calendar() - began).total_seconds(), 1) if is_right else None,
        moved=len(new()),
        pages=tuple(_calls(stage, room) for room in (PLACE, *rooms)),
        directs=_calls(stage, f"@{ON_CALL}"),
    )


def _read(stage: Stage) -> list[Message]:
    """Return what people see in their channels: what stands there, and replies shown there too; no calls."""
    here = [each for each in stage.slack.heard() if each.channel.startswith("C") and not CALLS.match(each.words)]
    return [each for each in here if not each.ephemeral_to and (not each.thread_ts or each.is_broadcast)]


def _calls(stage: Stage, where: str) -> int:
    """Count the calls there; of the first level, for nobody acks this."""
    called = (CALLS.match(message.words) for message in stage.slack.heard(where) if not message.ephemeral_to)
    return sum(found is not None and found[1] == WHO for found in called)


def _boards(stage: Stage) -> Iterator[str]:
    return (message.words for message in stage.slack.heard(PLACE) if message.text.startswith("All tasks of"))


async def _until(is_true: Callable[[], bool], *, every_s: float = LOOK_CLOSELY_S) -> bool:
    for _ in range(int(PATIENCE_S / every_s)):
        if is_true():
            return True
        await asyncio.sleep(every_s)
    return False
