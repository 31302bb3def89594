"""
What it costs to sweep very many tasks: CPU seconds for a million of them, with one, two and four processes.

    .venv/bin/python benchmarks/million.py [--tasks 100000] [--processes 1,2,4] [--seconds 15] [--profile] [--json]

Accounts of a thousand tasks each, all followed and running, in a real PostgreSQL (from a wheel, without waiting for the
disk). Each process is the bot's real watch over real lanes, pace rows and judgement; its clouds answer at once, and the
vendor's pace is not kept, so that nothing but work takes time. Every account is due all the time. Figures are of the
seconds after a first round, and scaled to a million; `--tasks 1000000` makes the whole, a thousand accounts. Ends with
1 when some process had more than a tenth more, or less, than its share.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import asyncpg
import instant
import stock
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

from bot import clock
from bot.domain.cadence import KEEP
from bot.domain.fingerprint import fingerprint
from bot.flows.watch import Watch
from bot.store.claimant import Claimant
from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.pace import Paces
from bot.store.seals import FINGERPRINT
from bot.store.tables import SweepRow, TaskRow
from tests.postgres import create, open_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from datetime import datetime
    from multiprocessing.connection import Connection

MILLION = 1_000_000
EACH = 1_000  # tasks of an account
PAGES = 10
FAIR = 0.1
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Job:
    """What there is to sweep, as it has run since it `began`."""

    url: str
    tasks: int
    began: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """What one process did."""

    sweeps: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Swept:
    processes: int
    tasks: int
    seconds: float
    shares: tuple[Share, ...]
    postgres_cpu_s: float

    @property
    def sweeps(self) -> float:
        return sum(share.sweeps for share in self.shares)

    @property
    def millions(self) -> float:
        return self.sweeps * EACH / MILLION

    @property
    def unevenness(self) -> float:
        """How far the share of some process is from an equal one."""
        return max(abs(share.sweeps * self.processes / self.sweeps - 1) for share in self.shares)


def names(tasks: int) -> list[str]:
    return [f"account-{number:04}" for number in range(max(1, tasks // EACH))]


def task_names() -> list[str]:
    return [f"task-{number:04}" for number in range(EACH)]


@asynccontextmanager
async def opened(url: str, name: str) -> AsyncIterator[tuple[Database, Memory]]:
    async def wake(_: object) -> None: ...

    database = Database.open(url)
    try:
        yield database, Memory(database, wake=wake, claimant=Claimant(name=name, now=clock.now))
    finally:
        await database.close()


async def fill(job: Job) -> None:
    async with opened(job.url, "filler") as (database, memory):
        await database.upgrade()
        async with memory.transaction() as tx:
            seal = await tx.seals.get(FINGERPRINT)
        listed = instant.pages(map(instant.script, task_names()), job.began)
        seen = instant.read(listed, job.began, partial(fingerprint, seal))
        for number, name in enumerate(names(job.tasks)):
            # A read that changed nothing is written down twice a minute: not of all accounts at the same moment.
            taken_at = job.began - number / len(names(job.tasks)) * KEEP
            lasts = (replace(snapshot, taken_at=taken_at) for snapshot in seen.values())
            rows = (stock.task_row(name, instant.SHANGHAI, last, provider="aliyun", due_at=None) for last in lasts)
            await stock.store(database, TaskRow, rows)
        await stock.store(
            database, SweepRow, (stock.sweep_row(name, instant.SHANGHAI, due_at=job.began) for name in names(job.tasks))
        )


def work(pipe: Connection, job: Job, profile: str) -> None:
    """Be one process: watch until told to stop, and say at each word from the pipe what was done so far."""
    asyncio.run(_work(pipe, job, profile))


async def _work(pipe: Connection, job: Job, profile: str) -> None:
    accounts = instant.accounts(names(job.tasks))
    clouds = instant.Clouds(instant.pages(map(instant.script, task_names()), job.began), clock.now)
    profiler = cProfile.Profile()
    async with opened(job.url, f"worker {os.getpid()}") as (database, memory):
        async with memory.transaction() as tx:
            seal = await tx.seals.get(FINGERPRINT)
        lanes = instant.lanes(
            accounts,
            clouds,
            fingerprint=partial(fingerprint, seal),
            now=clock.now,
            reserve=Paces(database).reserve,
        )
        watch = Watch(
            memory=memory,
            lanes=lanes,
            accounts=accounts,
            per_second=dict.fromkeys(accounts, instant.PER_SECOND),
            now=clock.now,
        )
        stop = asyncio.Event()
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        watching = asyncio.create_task(watch.run(stop))
        while await asyncio.to_thread(pipe.recv) == "report":
            pipe.send((clouds.asked.total() / PAGES, time.process_time()))
            if profile:
                profiler.enable()
        if profile:
            profiler.disable()
            profiler.dump_stats(profile)
        stop.set()
        await watching
        await lanes.close()


async def sweep(job: Job, processes: int, seconds: float, profile: str) -> Swept:
    context = get_context("spawn")
    pipes, workers = [], []
    for number in range(processes):
        ours, theirs = context.Pipe()
        workers.append(context.Process(target=work, args=(theirs, job, "" if number else profile)))
        workers[-1].start()
        pipes.append(ours)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send("begin")
    await until_round(job)
    before, database_before = report(pipes), await postgres_cpu_s(job.url)
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    after, database_after = report(pipes), await postgres_cpu_s(job.url)
    took = time.perf_counter() - started
    for pipe in pipes:
        pipe.send("stop")
    for worker in workers:
        worker.join()
    shares = tuple(Share(b[0] - a[0], b[1] - a[1]) for a, b in zip(before, after, strict=True))
    return Swept(processes, job.tasks, took, shares, database_after - database_before)


def report(pipes: Sequence[Connection]) -> list[tuple[float, float]]:
    for pipe in pipes:
        pipe.send("report")
    return [pipe.recv() for pipe in pipes]


async def until_round(job: Job) -> None:
    """Wait until every account was swept once more: by then each process has connected and compiled what it needs."""
    connection = await asyncpg.connect(job.url)
    since, done = await connection.fetchval("SELECT now()"), 0
    while done < len(names(job.tasks)):
        await asyncio.sleep(0.2)
        done = await connection.fetchval("SELECT count(*) FROM sweeps WHERE done_at > $1", since)
    await connection.close()


async def postgres_cpu_s(url: str) -> float:
    """Add up what the server and all that it serves have used so far; those that have left are in its own figure."""
    connection = await asyncpg.connect(url)
    mine = await connection.fetchval("SELECT pg_backend_pid()")
    server = int(stat(mine)[1])
    used = sum(ticks(fields) for pid in processes() if (fields := stat(pid)) and int(fields[1]) == server)
    whole = stat(server)
    await connection.close()
    return (used + ticks(whole) + sum(map(int, whole[13:15]))) / TICKS


def processes() -> list[int]:
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


def stat(pid: int) -> list[str]:
    """What Linux says of a process, from its state on; empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []


def ticks(fields: Sequence[str]) -> int:
    return sum(map(int, fields[11:13]))


def show(swept: Sequence[Swept]) -> None:
    table = Table(
        "processes", "sweeps/s", "tasks/s", "CPU s per 10^6 tasks", "PostgreSQL's", "share of each", "CPU s of each"
    )
    for each in swept:
        table.add_row(
            str(each.processes),
            f"{each.sweeps / each.seconds:.1f}",
            f"{each.sweeps * EACH / each.seconds:,.0f}",
            f"{sum(share.cpu_s for share in each.shares) / each.millions:.1f}",
            f"{each.postgres_cpu_s / each.millions:.1f}",
            " ".join(f"{share.sweeps / each.sweeps:.1%}" for share in each.shares),
            " ".join(f"{share.cpu_s:.1f}" for share in each.shares),
        )
    Console(width=140).print(table)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=100_000)
    parser.add_argument("--processes", default="1,2,4")
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--profile", action="store_true", help="show where the first process's time goes")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    swept = []
    with open_server() as url, TemporaryDirectory() as folder:
        for count in map(int, wanted.processes.split(",")):
            print(f"{count} of {wanted.processes} processes …", file=sys.stderr)
            job = Job(create(url, f"million_{count}"), wanted.tasks, clock.now() - timedelta(seconds=1))
            asyncio.run(fill(job))
            profile = Path(folder) / f"{count}.prof"
            swept.append(asyncio.run(sweep(job, count, wanted.seconds, str(profile) if wanted.profile else "")))
            print(f"  {swept[-1]}", file=sys.stderr)
            if wanted.profile:
                pstats.Stats(str(profile)).sort_stats("tottime").print_stats(40)
    if wanted.json:
        print(json.dumps([asdict(each) for each in swept]))
    else:
        print(f"{wanted.tasks:,} tasks of {len(names(wanted.tasks)):,} accounts on {os.cpu_count()} cores")
        show(swept)
    return 0 if all(each.unevenness <= FAIR for each in swept) else 1


if __name__ == "__main__":
    sys.exit(main())
