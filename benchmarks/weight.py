"""
What many subscriptions weigh: memory, start-up, one beat and the file, beside those of an empty database.

    .venv/bin/python benchmarks/weight.py [--tasks 10000] [--runs 3] [--seconds 20] [--json]

The tasks run, half of them at each cloud, and ten channels follow each. The real `relaybot serve` starts on a copy of
the SQLite file, beside the sandbox's clouds and Slack; its resident memory is read when `/readyz` first says yes, and
after so many seconds of watching. Then one beat is counted, in this process, with clouds that answer at once: a sweep
of all the listed tasks, and fifty single reads. Medians (and the extremes) of some runs. Ends with 1 when the many cost
more than 2 s or 100 MB more than none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING

import httpx
import instant
import stock
from rich.console import Console
from rich.table import Table
from watch import TRTC, Count

from adapters.contract import TaskId
from bot import clock
from bot.domain.fingerprint import fingerprint
from bot.flows.watch import Watch
from bot.sandbox.slack import cast
from bot.sandbox.slack.workspace import Channel, Workspace
from bot.sandbox.stage import open_stage
from bot.sandbox.story import Phase, Script
from bot.sandbox.tencent import SDK_APP_ID
from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.seals import FINGERPRINT
from bot.store.tables import SubscriptionRow, SweepRow, TaskRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence
    from datetime import datetime
    from typing import Any

    from adapters.contract import Fingerprint
    from bot.sandbox.stage import Stage

TEAM = "T0SANDBOX"
DUE = 50
PER_TASK = 10  # channels that follow it
PER_CHANNEL = 200  # subscriptions of single tasks that a channel may have
MOST_S, MOST_MB = 2.0, 100.0
PATIENCE_S = 60.0
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Start:
    seconds: float  # until /readyz says yes
    ready_mb: float  # resident then
    later_mb: float  # and after some watching
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Beat:
    what: str
    reads: int
    requests: int
    statements: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Weighed:
    subscriptions: int
    tasks: int
    file_mb: float
    starts: tuple[Start, ...]

    def of(self, figure: str) -> list[float]:
        return sorted(getattr(start, figure) for start in self.starts)

    def median(self, figure: str) -> float:
        return statistics.median(self.of(figure))

    def shown(self, figure: str) -> str:
        values = self.of(figure)
        return f"{statistics.median(values):.1f} ({values[0]:.1f} to {values[-1]:.1f})"


def names(tasks: int) -> tuple[list[str], list[str]]:
    """Those at Alibaba Cloud, and those at Tencent."""
    return [f"ali-{number:05}" for number in range(tasks // 2)], [f"trtc-{number:05}" for number in range(tasks // 2)]


def channels(tasks: int) -> list[str]:
    return [f"C{number:06}" for number in range(max(PER_TASK, -(-PER_TASK * tasks // PER_CHANNEL)))]


@asynccontextmanager
async def stage_of(tasks: int) -> AsyncIterator[Stage]:
    """Clouds that have the tasks, and a Slack with the channels."""
    ali, trtc = names(tasks)
    workspace = Workspace(
        clock.now,
        people=cast.people(),
        channels=[
            *cast.channels(),
            *(Channel(id=name, name=name.lower(), members={cast.BOT}) for name in channels(tasks)),
        ],
        bot_id=cast.BOT,
    )
    ingests = [
        Script(task_id=name, phases=(Phase(timedelta(0), "InProgress"),), region="ap-singapore", sdk_app_id=SDK_APP_ID)
        for name in trtc
    ]
    async with open_stage(
        calendar=clock.now, aliyun=map(instant.script, ali), tencent=ingests, workspace=workspace
    ) as stage:
        yield stage


async def fill(path: Path, tasks: int, began: datetime) -> None:
    """Make a database in which ten channels follow each task; all run, as they have since the stage began."""
    async with opened(path) as (database, memory):
        await database.upgrade()
        async with memory.transaction() as tx:
            seal = await tx.seals.get(FINGERPRINT)
        if tasks:
            await stock.store(database, TaskRow, task_rows(tasks, began, partial(fingerprint, seal)))
            await stock.store(database, SubscriptionRow, subscription_rows(tasks, began))
            await stock.store(
                database,
                SweepRow,
                [
                    stock.sweep_row("aliyun", instant.SHANGHAI, due_at=began),
                    stock.sweep_row("tencent", instant.SINGAPORE, due_at=began),
                ],
            )


def task_rows(tasks: int, began: datetime, fingerprint: Fingerprint) -> Iterator[dict[str, Any]]:
    ali, trtc = names(tasks)
    listed = instant.pages(map(instant.script, ali), began)
    for snapshot in instant.read(listed, began, fingerprint).values():
        yield stock.task_row("aliyun", instant.SHANGHAI, snapshot, provider="aliyun", due_at=None)
    for number, name in enumerate(trtc):
        snapshot = stock.ingest(TaskId(name), began)
        due_at = began + timedelta(seconds=number / instant.PER_SECOND)  # in turns
        yield stock.task_row("tencent", instant.SINGAPORE, snapshot, provider="tencent", due_at=due_at)


def subscription_rows(tasks: int, now: datetime) -> Iterator[dict[str, Any]]:
    ali, trtc = names(tasks)
    wishes = [("aliyun", name) for name in ali] + [("tencent", name) for name in trtc]
    places = channels(tasks)
    for number in range(PER_TASK * len(wishes)):
        place = places[number % len(places)]
        yield stock.subscription_row(TEAM, place, *wishes[number // PER_TASK], now=now)


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[tuple[Database, Memory]]:
    async def wake(_: object) -> None: ...

    database = Database.open(f"sqlite:///{path}")
    try:
        yield database, Memory(database, wake=wake)
    finally:
        await database.close()


async def start(path: Path, stage: Stage, seconds: float) -> Start:
    """Serve from a copy of the file, and watch how heavy that gets."""
    with TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        url = f"sqlite:///{shutil.copy(path, folder)}"
        told = stage.environment() | {"DATABASE_URL": url, "PORT": str(port), "RELAYBOT_BIND": "127.0.0.1"}
        told |= {"ALIYUN_REGIONS": instant.SHANGHAI, "RELAYBOT_LOG_LEVEL": "ERROR"}
        began = perf_counter()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "serve", env=os.environ | told, cwd=Path(__file__).parents[1]
        )
        try:
            await readyz(f"http://127.0.0.1:{port}/readyz", process)
            took, ready = perf_counter() - began, resident(process.pid)
            await asyncio.sleep(seconds)
            later = resident(process.pid)
        finally:
            process.terminate()
            await process.wait()
    return Start(took, ready["VmRSS"], later["VmRSS"], later["VmHWM"])


async def readyz(url: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient(trust_env=False) as client, asyncio.timeout(PATIENCE_S):
        while True:
            assert process.returncode is None, "the bot does not start"
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.01)


def resident(pid: int) -> dict[str, float]:
    """Read what Linux says of a process's memory, in MB."""
    lines = (line.split(":") for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(value.split()[0]) * 1024 / MIB for name, value in lines if name in {"VmRSS", "VmHWM"}}


async def beats(path: Path, tasks: int, began: datetime) -> list[Beat]:
    """Count one sweep of the listed tasks, then fifty single reads."""
    ali, trtc = names(tasks)
    now = began + timedelta(seconds=5)  # the time between two sweeps
    with TemporaryDirectory() as folder:
        async with opened(Path(shutil.copy(path, folder))) as (database, memory):
            async with memory.transaction() as tx:
                seal = await tx.seals.get(FINGERPRINT)
            clouds = instant.Clouds(instant.pages(map(instant.script, ali), began), lambda: now)
            accounts = instant.accounts(["aliyun", "tencent"])
            lanes = instant.lanes(accounts, clouds, fingerprint=partial(fingerprint, seal), now=lambda: now)
            watch = Watch(
                memory=memory,
                lanes=lanes,
                accounts=accounts,
                per_second=dict.fromkeys(accounts, instant.PER_SECOND),
                now=lambda: now,
            )
            counted = Count()
            counted.watch(database)
            async with memory.transaction() as tx:  # nothing is read by itself yet
                await tx.tasks.due(now + timedelta(days=1), lease=timedelta(hours=1), limit=tasks)
            sweep = await one("a sweep", len(ali), watch, counted, clouds)
            async with memory.transaction() as tx:
                for name in trtc[:DUE]:
                    for task in await tx.tasks.of_id(TRTC, TaskId(name)):
                        await tx.tasks.hasten(task.id, at=now)
            singles = await one("single reads", DUE, watch, counted, clouds)
            await lanes.close()
    return [sweep, singles]


async def one(what: str, reads: int, watch: Watch, counted: Count, clouds: instant.Clouds) -> Beat:
    statements, asked, began = counted.statements, clouds.asked.total(), perf_counter()
    await watch.beat()
    return Beat(
        what, reads, clouds.asked.total() - asked, counted.statements - statements, round(perf_counter() - began, 3)
    )


async def weigh(tasks: int, runs: int, seconds: float) -> tuple[Weighed, list[Beat]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "filled.db"
        async with stage_of(tasks) as stage:
            began = stage.aliyun.story.begun_at
            await fill(path, tasks, began)
            starts = [await start(path, stage, seconds) for _ in range(runs)]
        weighed = Weighed(PER_TASK * tasks, tasks, round(path.stat().st_size / MIB, 1), tuple(starts))
        return weighed, await beats(path, tasks, began) if tasks else []


def show(weighed: Sequence[Weighed], counted: Sequence[Beat], seconds: float) -> None:
    table = Table("subscriptions", "tasks", "file MB", "s to ready", "MB then", f"MB after {seconds:g} s", "peak MB")
    for each in weighed:
        figures = [each.shown(figure) for figure in ("seconds", "ready_mb", "later_mb", "peak_mb")]
        table.add_row(f"{each.subscriptions:,}", f"{each.tasks:,}", f"{each.file_mb}", *figures)
    Console(width=130).print(table)
    for beat in counted:
        print(
            f"{beat.what} of {beat.reads:,}: {beat.requests} requests, {beat.statements} statements, {beat.seconds} s"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()

    none, _ = asyncio.run(weigh(0, wanted.runs, wanted.seconds))
    many, counted = asyncio.run(weigh(wanted.tasks, wanted.runs, wanted.seconds))
    if wanted.json:
        print(json.dumps({"weighed": [asdict(none), asdict(many)], "beats": [asdict(beat) for beat in counted]}))
    else:
        show([none, many], counted, wanted.seconds)
    is_light = (
        many.median("seconds") - none.median("seconds") <= MOST_S
        and many.median("later_mb") - none.median("later_mb") <= MOST_MB
    )
    return 0 if is_light else 1


if __name__ == "__main__":
    sys.exit(main())
