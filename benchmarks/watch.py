"""
What watching costs, and how soon a change is on its card.

    .venv/bin/python benchmarks/watch.py [--tasks 1000] [--changes 12] [--runs 3] [--json]

One beat is counted over databases of growing size with the same number due, some times each: the medians are shown.
Then the real bot watches the sandbox's Alibaba Cloud on loopback at a share of 0.8 of its pace, and tasks are changed
one after another. Ends with 1 when a beat's cost grew with what is stored, when a sweep of 1,000 tasks took more than
11 list requests or began before the last one had ended, or when the median change took more than 3 s to be on its card.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import event, insert

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskRef, TaskState
from bot import clock, wiring
from bot.domain.subscription import Place, Wish
from bot.domain.task import Known
from bot.flows.watch import Watch
from bot.sandbox.stage import open_stage
from bot.sandbox.story import Phase, Script
from bot.sandbox.tencent import SDK_APP_ID
from bot.store.codec import write_known
from bot.store.database import Database
from bot.store.memory import Memory
from bot.store.tables import TaskRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from bot.sandbox.ledger import Entry
    from bot.sandbox.slack.workspace import Message
    from bot.sandbox.stage import Stage

SEED = 20261121
SHARE = 0.8
LIST, INGEST = "DescribeLivePullToPushList", "DescribeStreamIngest"
ALI, TRTC = AccountName("aliyun"), AccountName("tencent")
SHANGHAI, SINGAPORE = Region("cn-shanghai"), Region("ap-singapore")
FAR = {"start": timedelta(hours=-2), "end": timedelta(hours=6)}
APART_S = 6.0  # Slack edits 45 messages a minute
DUE = 50
AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)  # when the beat is: which cards are shown anew depends on the minute
SIZES = (1_000, 10_000, 100_000)
MOST_LISTS, SLOWEST_S, MOST_GROWTH = 11, 3.0, 1.05


@dataclass(frozen=True, slots=True)
class Watched:
    tasks: int
    sweeps: int
    most_lists: int  # in one sweep
    overlaps: int  # sweeps that began before the last one had ended
    most_in_a_second: int
    changes: int
    median_s: float
    worst_s: float

    @property
    def is_good(self) -> bool:
        pages = -(-self.tasks // 100)
        return self.most_lists <= pages + 1 <= MOST_LISTS and not self.overlaps and self.median_s <= SLOWEST_S


@dataclass(frozen=True, slots=True)
class Beat:
    stored: int
    due: int
    statements: int
    steps: int  # of SQLite's virtual machine: what rows read, and all other work of the database, come to
    seconds: float


async def watch(tasks: int, changes: int) -> Watched:
    names = [f"task-{number:04}" for number in range(tasks)]
    scripts = [Script(task_id=name, name=name, phases=(Phase(timedelta(0), "1"),), **FAR) for name in names]
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'relaybot.db'}"
        async with open_stage(calendar=clock.now, aliyun=scripts, tencent=()) as stage:
            shown = random.Random(SEED).sample(names, changes + 1)
            await follow(url, stage, shown)
            told = stage.environment() | {
                "DATABASE_URL": url,
                "PORT": "0",
                "RELAYBOT_BIND": "127.0.0.1",
                "RELAYBOT_PACE_SHARE": str(SHARE),
                "ALIYUN_REGIONS": SHANGHAI,
            }
            async with wiring.serve(wiring.read_settings(told)):
                await stage.slack.until(lambda: all(card(stage, name) for name in shown), within_s=120 + 2 * changes)
                change(stage, shown[0])  # from now on one is bad, and the sweep is quick
                await shows(stage, shown[0])
                stage.aliyun.ledger.clear()
                took = [await timed(stage, name) for name in shown[1:]]
            sweeps = list(walks(stage))
            cut_short = [walk for walk in sweeps[:-1] if not has_ended(walk, -(-tasks // 100))]
            for walk in cut_short:
                print("overlapping:", [(page_of(entry), entry.verdict) for entry in walk], file=sys.stderr)
    return Watched(
        tasks,
        len(sweeps),
        max(map(len, sweeps)),
        len(cut_short),
        stage.aliyun.ledger.busiest(LIST),
        len(took),
        round(statistics.median(took), 2),
        round(max(took), 2),
    )


async def follow(url: str, stage: Stage, shown: list[str]) -> None:
    """Follow everything as one board, and some tasks by themselves, as the commands would."""
    team, now = stage.slack.workspace.team, clock.now()
    place = Place(team=team, channel=stage.slack.workspace.channel("relays").id)
    async with open_memory(url) as (_, memory), memory.transaction() as tx:
        await tx.subscriptions.put(place, Wish(account=ALI), by="U0ANN", now=now)
        for name in shown:
            ref = TaskRef(account=ALI, region=SHANGHAI, task_id=TaskId(name))
            wish = Wish(account=ALI, region=SHANGHAI, task=ref.task_id)
            await tx.subscriptions.put(place, wish, by="U0ANN", now=now)
            await tx.tasks.follow(ref, provider="aliyun", known=Known(), due_at=now)
        await tx.sweeps.ensure(ALI, SHANGHAI, due_at=now)


def card(stage: Stage, name: str) -> Message | None:
    """Find a task's card: of what names it, the only message that is no reply and no board."""
    found = [message for message in stage.slack.heard("#relays") if name in message.text and message.buttons]
    return found[0] if found else None


def change(stage: Stage, name: str) -> None:
    stage.aliyun.story.override(name, "3", "PullStreamFailed", now=clock.now())


async def shows(stage: Stage, name: str) -> None:
    await stage.slack.until(lambda: "STOPPED" in getattr(card(stage, name), "text", ""), within_s=30)


async def timed(stage: Stage, name: str) -> float:
    await asyncio.sleep(APART_S * random.uniform(0.8, 1.2))
    change(stage, name)
    began = perf_counter()
    await shows(stage, name)
    return perf_counter() - began


def walks(stage: Stage) -> Iterator[list[Entry]]:
    """Cut the list requests into walks: each begins with page 1, unless that had to be asked for again."""
    walk: list[Entry] = []
    # The ledger was cleared at any moment: what had begun before is nobody's walk.
    for entry in dropwhile(lambda entry: page_of(entry) != 1, stage.aliyun.ledger.of(LIST)):
        if page_of(entry) == 1 and any(each.verdict == "ok" for each in walk):
            yield walk
            walk = []
        walk.append(entry)
    yield walk


def has_ended(walk: Sequence[Entry], pages: int) -> bool:
    """Say whether all pages, and nobody else's between them, were answered before the next walk began."""
    return [page_of(entry) for entry in walk if entry.verdict == "ok"] == list(range(1, pages + 1))


def page_of(entry: Entry) -> int:
    return int(entry.params["PageNumber"])


@asynccontextmanager
async def open_memory(url: str | None) -> AsyncIterator[tuple[Database, Memory]]:
    async def wake(_: object) -> None: ...

    database = Database.open(url)
    try:
        await database.upgrade()
        yield database, Memory(database, wake=wake)
    finally:
        await database.close()


async def beat(stored: int) -> Beat:
    """Count what one beat costs in which 50 of so many tasks are due."""
    due = [f"due-{number:02}" for number in range(DUE)]
    scripts = [
        Script(task_id=name, phases=(Phase(timedelta(0), "InProgress"),), region=SINGAPORE, sdk_app_id=SDK_APP_ID)
        for name in due
    ]
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(calendar=lambda: AT, aliyun=(), tencent=scripts))
        stage.tencent.window.most = 1_000_000
        folder = stack.enter_context(TemporaryDirectory())
        database, memory = await stack.enter_async_context(open_memory(f"sqlite:///{Path(folder) / 'relaybot.db'}"))
        await store(database, stored, due)
        paces, _ = await stack.enter_async_context(open_memory(None))  # the pace row's statements are not the beat's
        told = wiring.read_settings(stage.environment(slack="none") | {"RELAYBOT_PACE_SHARE": "0.9"})
        clouds = await stack.enter_async_context(wiring.open_clouds(told, paces, now=lambda: AT))
        watch = Watch(
            memory=memory, lanes=clouds.lanes, accounts=clouds.accounts, per_second=clouds.per_second, now=lambda: AT
        )
        counted = Count()
        counted.watch(database)
        began = perf_counter()
        await watch.beat()
        await asyncio.sleep(0)
        return Beat(stored, DUE, counted.statements, counted.steps, round(perf_counter() - began, 2))


async def store(database: Database, stored: int, due: list[str]) -> None:
    rows = [row(name, due_at=AT) for name in due]
    rows += [row(f"cold-{number:06}", due_at=AT + timedelta(hours=1)) for number in range(stored - len(due))]
    async with database.writing() as connection:
        for start in range(0, len(rows), 5_000):
            await connection.execute(insert(TaskRow), rows[start : start + 5_000])


def row(name: str, *, due_at: datetime) -> dict[str, Any]:
    last = Snapshot(task_id=TaskId(name), state=TaskState.RUNNING, taken_at=AT - timedelta(minutes=1), raw="InProgress")
    known = Known(state=TaskState.RUNNING, since=AT - timedelta(hours=1), last=last, was_running=True)
    return {
        "account": TRTC,
        "region": SINGAPORE,
        "task_id": name,
        "provider": "tencent",
        "name": "",
        "destination_hash": "",
        "known": write_known(known),
        "version": 1,
        "due_at": due_at,
    }


class Count:
    """Statements, and steps of SQLite's virtual machine, of one database."""

    EVERY = 10

    def __init__(self) -> None:
        self.statements = 0
        self._tens = 0

    @property
    def steps(self) -> int:
        return self._tens * self.EVERY

    def watch(self, database: Database) -> None:
        engine = database._engine.sync_engine  # noqa: SLF001 - what the store does is counted from outside
        event.listen(engine, "before_cursor_execute", self._statement)
        event.listen(engine, "checkout", self._connection)

    def _statement(self, *_: object) -> None:
        self.statements += 1

    def _connection(self, connection: Any, *_: object) -> None:
        raw = connection.driver_connection._conn  # noqa: SLF001 - sqlite3's own, behind aiosqlite's thread
        raw.set_progress_handler(self._step, self.EVERY)

    def _step(self) -> int:
        self._tens += 1
        return 0


async def beats(runs: int) -> list[Beat]:
    return [medians([await beat(stored) for _ in range(runs)]) for stored in SIZES]


def medians(runs: Sequence[Beat]) -> Beat:
    """A read that comes back together with another one saves a transaction: no run is quite like another."""
    return replace(
        runs[0],
        statements=statistics.median_low(run.statements for run in runs),
        steps=statistics.median_low(run.steps for run in runs),
        seconds=statistics.median_low(run.seconds for run in runs),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--changes", type=int, default=12)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    counted = asyncio.run(beats(wanted.runs))
    watched = asyncio.run(watch(wanted.tasks, wanted.changes))
    is_even = all(
        max(figures) <= MOST_GROWTH * min(figures)
        for figures in ([each.statements for each in counted], [each.steps for each in counted])
    )
    if wanted.json:
        print(json.dumps({"watch": asdict(watched), "beats": [asdict(each) for each in counted]}))
    else:
        table = Table("stored", "due", "statements", "database steps", "seconds, at the cloud's pace")
        for each in counted:
            table.add_row(*(f"{value:,}" for value in asdict(each).values()))
        Console().print(table)
        print(
            f"{watched.tasks} tasks, {watched.sweeps} sweeps, at most {watched.most_lists} list requests each, "
            f"{watched.overlaps} overlapping, at most {watched.most_in_a_second} a second; "
            f"{watched.changes} changes on their cards after {watched.median_s} s (median), {watched.worst_s} s (worst)"
        )
    return 0 if is_even and watched.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
