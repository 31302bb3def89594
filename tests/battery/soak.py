"""
A soak: hours of the story with a calendar that runs faster, tasks that stop and recover, and faults by chance; what
the process holds meanwhile.
"""

from __future__ import annotations

import asyncio
import random
import signal
import statistics
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot import clock
from bot.sandbox.faults import Drop, Fail
from bot.sandbox.stage import open_stage
from tests.battery.fast import Fast
from tests.battery.following import open_rooms, open_wide, prepare, running
from tests.battery.history import Found, History
from tests.battery.process import Bot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.stage import Stage

SPEED: Final = 60.0
ROOMS: Final = 4
TASKS: Final = 40  # a quarter of them in each room
EVERY: Final = timedelta(minutes=4)  # one of them stops, or runs again; each about every two and a half hours
ONE_IN: Final = 0.01  # of Slack's and the cloud's answers are faults
SAMPLE_S: Final = 1.0
PATIENCE_S: Final = 60.0
LOOK_S: Final = 0.1
WORDS: Final = {"STOPPED": ("3", "TriggerByUser"), "RUNNING": ("1", "")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What the process holds: memory and its database in KiB, open files, and how many messages it has said by then."""

    memory: int
    files: int
    database: int
    said: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """What came of it; `faults` is how many answers were spoilt."""

    hours: float
    changes: int
    faults: int
    samples: Sequence[Sample]
    found: Found

    def thirds(self, what: str) -> tuple[float, float]:
        """Return the medians of the first third and of the last."""
        values = [getattr(sample, what) for sample in self.samples]
        third = max(len(values) // 3, 1)
        return statistics.median(values[:third]), statistics.median(values[-third:])


async def play(hours: float, seed: int, folder: Path) -> Soak:
    """Soak a real process for so many hours of the story."""
    chance, names = random.Random(seed), [f"feed-{number:02}" for number in range(TASKS)]  # noqa: S311
    calendar, url = Fast(clock.now, began=clock.now(), speed=SPEED), f"sqlite:///{folder / 'relaybot.db'}"
    async with open_stage(calendar=calendar, aliyun=map(running, names), tencent=()) as stage:
        open_wide(stage.slack.api)
        rooms = open_rooms(stage.slack.workspace, ROOMS)
        follows = [(rooms[number % ROOMS], name) for number, name in enumerate(names)]
        await prepare(url, stage, follows, now=calendar())
        told = {"RELAYBOT_PACE_SHARE": "0.9", "ALIYUN_REGIONS": "cn-shanghai"}
        bot, history = Bot(stage, calendar, folder, url, environment=told), History(stage.slack, follows)
        await bot.start()
        try:
            await _told(history)
            return await _soak(
                hours=hours,
                chance=chance,
                stage=stage,
                calendar=calendar,
                bot=bot,
                history=history,
                names=names,
                folder=folder,
            )
        finally:
            bot.send(signal.SIGKILL)
            await bot.gone()


async def _soak(
    *,
    hours: float,
    chance: random.Random,
    stage: Stage,
    calendar: Fast,
    bot: Bot,
    history: History,
    names: Sequence[str],
    folder: Path,
) -> Soak:
    spoilt = 0

    def by_chance() -> bool:
        nonlocal spoilt
        is_spoilt = chance.random() < ONE_IN
        spoilt += is_spoilt
        return is_spoilt

    for door in (stage.slack.door, stage.aliyun.door):
        door.faults.plan(chance.choice([Drop(), Fail("internal_error")]), times=None, when=by_chance)
    samples: list[Sample] = []
    began, changes = calendar(), 0
    while calendar() - began < timedelta(hours=hours):
        if calendar() - began >= changes * EVERY:
            task = names[changes * 7 % len(names)]  # never the same twice in a row: flapping is told otherwise
            state = "RUNNING" if history.state(task) == "STOPPED" else "STOPPED"
            stage.aliyun.story.override(task, *WORDS[state], now=calendar())
            history.add(task, state)
            changes += 1
        samples.append(_sample(bot.pid, folder, said=len(stage.slack.heard())))
        await asyncio.sleep(SAMPLE_S)
    for door in (stage.slack.door, stage.aliyun.door):
        door.faults.clear()
    await _told(history)
    found = Found()
    history.compare(found)
    return Soak(hours=hours, changes=changes, faults=spoilt, samples=samples, found=found)


def _sample(pid: int, folder: Path, *, said: int) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text()
    memory = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    database = sum(file.stat().st_size for file in folder.glob("relaybot.db*")) // 1024
    return Sample(memory=int(memory), files=files, database=database, said=said)


async def _told(history: History) -> None:
    """Wait until all is told; in vain, when it has not come to it long after it should."""
    for _ in range(int(PATIENCE_S / LOOK_S)):
        if history.is_told():
            return
        await asyncio.sleep(LOOK_S)
