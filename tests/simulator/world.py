"""
World: a history played against a number of simulated processes, from the first command to the last quiet minute.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
import sqlite3
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from adapters.contract import AccountName, TaskId, TaskRef
from bot.domain import message as said
from bot.domain.speech import Refused
from bot.domain.subscription import Place, Wish
from bot.domain.task import Known
from bot.store.database import Database
from bot.store.errors import DatabaseTrouble
from bot.store.memory import Memory
from tests.simulator import cloud
from tests.simulator.disk import Disk
from tests.simulator.history import (
    ALIYUN,
    CALM_S,
    Crash,
    Follow,
    History,
    Leave,
    Mute,
    Nobody,
    Suspend,
    Trouble,
    Unfollow,
    Unmute,
)
from tests.simulator.life import Life
from tests.simulator.loop import LIFE, Loop, nobodys
from tests.simulator.process import TEAM, Process
from tests.simulator.slack import Slack
from tests.simulator.watchman import Watchman

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.domain.notice import Body, Wake
    from bot.flows.deliver import Speech
    from tests.simulator.history import Act
    from tests.simulator.process import Build
    from tests.simulator.slack import Message

BEGAN: Final = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
HEARTBEAT_S: Final = 10.0  # the engine gives a dead process's job to another after so long
PATIENCE: Final = 100  # so often somebody types the same again
BURIALS: Final = 20  # a task may have several things to end, one after the other
LONGEST_CALM_S: Final = 1_200.0
STORE_TROUBLE: Final[Mapping[str, str]] = {
    "locked": "database is locked",
    "full": "database or disk is full",
    "gone": "unable to open database file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of a history."""

    seed: int
    wrong: tuple[str, ...]
    digest: str  # of everything that happened, in its order
    virtual_s: float
    watched_s: float  # of these somebody was there to watch
    steps: int
    commits: int
    posts: int
    edits: int
    calls: int
    changes: int
    checks: int
    crashes: int  # that hit
    freezes: int
    ambiguous: int
    latest_s: float  # the longest between a news put down and its message, nothing being wrong


class Honest:
    """The bot as it is."""

    def memory(self, database: Database, _speech: Speech, **more: Any) -> Memory:
        return Memory(database, **more)

    def speech(self, honest: Speech) -> Speech:
        return honest


class World:
    """Everything there is while a history is played."""

    def __init__(self, history: History, build: Build, file: Path, loop: Loop) -> None:
        self.history = history
        self.build = build
        self.loop = loop
        self.chance = random.Random(history.seed ^ 0x5EED)  # noqa: S311
        self.hash = hashlib.sha256()
        self.troubles = [act for act in history.acts if isinstance(act, Trouble)]
        self.crashes = [act for act in history.acts if isinstance(act, Crash)]
        self.is_calm = self.is_over = False
        self.disk = Disk(
            file,
            now=lambda: BEGAN.timestamp() + loop.time(),
            door=self.door,
            trouble=self._of_the_store,
            wrote=self._wrote,
        )
        self.sky = cloud.Sky(
            {relay.id: relay for relay in history.relays},
            chance=random.Random(history.seed ^ 1),  # noqa: S311
            now=self.now,
            time=loop.time,
            trouble=self.trouble,
            called=self._called,
        )
        self.slack = Slack(
            chance=random.Random(history.seed ^ 2),  # noqa: S311
            time=loop.time,
            door=self.door,
            trouble=lambda: self.trouble("slack"),
            posted=self._posted,
            edited=self._edited,
            reads_back=history.reads_back,
        )
        self.watchman = Watchman(history, self.slack, began=BEGAN, file=file)
        self.processes: dict[int, Process] = {}
        self.started = 0
        self.asleep_until = 0.0
        self.watched_s = self.watched_from = 0.0
        self.commits = self.hits = self.freezes = 0
        self.passed: dict[tuple[str, Crash], int] = {}
        self.tidying: set[Wake] = set()
        self.buried: list[Life] = []

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.loop.time())

    def note(self, *what: object) -> None:
        """Let the history's hash know what happened."""
        self.hash.update(f"{self.loop.time():.6f} {what}\n".encode())

    # What goes wrong.

    def trouble(self, where: str) -> Trouble | None:
        """Draw what a call runs into just now."""
        at = self.loop.time()
        if self.is_calm:
            return None
        for each in self.troubles:
            if each.where == where and each.at <= at < each.at + each.lasts and self.chance.random() < each.share:
                self.watchman.was_disturbed(at)
                return each
        return None

    def _of_the_store(self) -> sqlite3.Error | None:
        trouble = self.trouble("store")
        return None if trouble is None else sqlite3.OperationalError(STORE_TROUBLE[trouble.kind])

    async def door(self, name: str, written: frozenset[str] = frozenset()) -> None:
        """Pass one: take a moment, and perhaps more than that."""
        if name in {"begin", "commit", "committed"}:
            await asyncio.sleep(self.chance.uniform(0.0, 0.003))
        life = LIFE.get()
        if life is None or self.is_calm or self.is_over:
            return
        names = {name, *(f"{what} {name}" for what in written)}
        for crash in self.crashes:
            process = self.processes.get(crash.process)
            if crash.at > self.loop.time() or crash.door not in names or process is None or process.life is not life:
                continue
            if crash.freezes and self.disk.holds(life):
                continue
            key = (life.name, crash)
            self.passed[key] = self.passed.get(key, 0) + 1
            if self.passed[key] < crash.nth:
                continue
            self.crashes.remove(crash)
            self.note("crash", crash)
            self.watchman.was_disturbed(self.loop.time() + crash.lasts + HEARTBEAT_S)
            if crash.freezes:
                self.freezes += 1
                self._freeze(process, crash.lasts)
                await asyncio.sleep(0)
            else:
                self.hits += 1
                self._kill(crash.process, again_in=crash.lasts)
                await asyncio.get_running_loop().create_future()
            return

    # Processes.

    def start(self, number: int) -> None:
        """Start a process, unless it runs; while nobody is to run, later."""
        if self.loop.time() < self.asleep_until:
            self.loop.call_at(self.asleep_until, self.start, number)
            return
        if number in self.processes:
            return
        self.started += 1
        self.note("start", number)
        life = Life(f"p{number}.{self.started}")
        if not self.processes:
            self.watched_from = self.loop.time()
        self.processes[number] = Process(
            life=life,
            database=self.disk.open(),
            sky=self.sky,
            speech=self.slack.speech,
            wakes=self,
            build=self.build,
            now=self.now,
            chance=random.Random(self.history.seed * 1_000 + self.started),  # noqa: S311
        )

    def _kill(self, number: int, *, again_in: float | None) -> None:
        process = self.processes.pop(number, None)
        if process is None:
            return
        process.life.is_dead = True
        self.disk.lose(process.life)
        self._ended(process)
        if again_in is not None:
            self._later(again_in, self.start, number)

    async def _leave(self, number: int, *, again_in: float) -> None:
        process = self.processes.get(number)
        if process is None or process.stop.is_set():
            return
        self.note("leave", number)
        self.watchman.was_disturbed(self.loop.time() + again_in + HEARTBEAT_S)
        await asyncio.wait({process.begin(process.leave())}, timeout=60.0)
        if self.processes.get(number) is process:
            self._kill(number, again_in=again_in)  # it has left, or is stopped where nothing reaches it

    def _ended(self, process: Process) -> None:
        self.buried.append(process.life)
        if not self.processes:
            self.watched_s += self.loop.time() - self.watched_from

    def _freeze(self, process: Process, lasts: float) -> None:
        process.life.is_frozen = True
        self._later(lasts, self._thaw, process)

    def _thaw(self, process: Process) -> None:
        if process.life.is_frozen and not process.life.is_dead:
            self.loop.thaw(process.life.thawed())

    def _later(self, after_s: float, do: Callable[..., None], *given: object) -> None:
        nobodys().run(self.loop.call_later, after_s, do, *given)

    # The engine: any process does a job, and jobs may be lost.

    async def put(self, wakes: Iterable[Wake]) -> None:
        for wake in sorted(wakes):
            if self.trouble("jobs") is None:
                self._later(self.chance.uniform(0.001, 0.05), self._dispatch, wake, False)

    async def put_missing(self, wakes: Iterable[Wake]) -> None:
        for wake in sorted(wakes):
            if wake not in self.tidying and self.trouble("jobs") is None:
                self.tidying.add(wake)
                self._later(self.chance.uniform(0.001, 0.05), self._dispatch, wake, True)

    def _dispatch(self, wake: Wake, is_tidying: bool) -> None:  # noqa: FBT001 - a timer's argument
        there = [each for _, each in sorted(self.processes.items()) if not each.stop.is_set()]
        if not there:
            self.tidying.discard(wake)
            return
        process = self.chance.choice(there)
        job = process.handle(wake)

        def over(job: asyncio.Task[None]) -> None:
            if is_tidying:
                self.tidying.discard(wake)
            error = None if job.cancelled() else job.exception()
            if error is not None and not isinstance(error, DatabaseTrouble):
                self.watchman.is_wrong("broken", f"a delivery broke: {error!r}")

        def look() -> None:
            if job.done():
                return
            if process.life.is_dead or process.life.is_frozen:
                self._dispatch(wake, is_tidying)
            else:
                self._later(HEARTBEAT_S, look)

        job.add_done_callback(over, context=nobodys())
        self._later(HEARTBEAT_S, look)

    # What happened.

    def _wrote(self, _written: frozenset[str], tables: frozenset[str]) -> None:
        self.commits += 1
        self.note("commit", sorted(tables))
        self.watchman.committed(tables, self.loop.time())

    def _called(self, account: str, api: str) -> None:
        if self.is_over:
            return
        self.note("call", account, api)
        self.watchman.called(account, api, self.loop.time())

    def _posted(self, message: Message) -> None:
        if self.is_over:
            return
        self.note("post", message.channel, message.ts, message.key, message.thread_ts)
        self.watchman.posted(message)

    def _edited(self, message: Message, body: Body) -> None:
        if self.is_over:
            return
        self.note("edit", message.channel, message.ts)
        self.watchman.edited(message, body, self.loop.time())

    # The history.

    async def play(self) -> None:
        """Play it to its end, and wait until all has been told."""
        await self._begin()
        for number in range(self.history.processes):
            self.start(number)
        acts = [act for act in self.history.acts if not (isinstance(act, Follow) and act.at == 0.0)]
        people = [asyncio.create_task(self._act(act)) for act in acts if not isinstance(act, Trouble | Crash)]
        await asyncio.sleep(self.history.lasts)
        self.is_calm = True
        self.watchman.was_disturbed(self.loop.time() + HEARTBEAT_S)
        await asyncio.gather(*people)
        until = self.loop.time() + LONGEST_CALM_S
        await asyncio.sleep(CALM_S)
        while self.watchman.open_rows() and self.loop.time() < until:  # noqa: ASYNC110 - a look, as a person would
            await asyncio.sleep(10.0)
        self.watchman.finish(self.loop.time())
        self.watched_s += self.loop.time() - self.watched_from
        for process in self.processes.values():
            for beat in process.beats:
                if beat.done():
                    self.watchman.is_wrong("broken", f"a beat of {process.life.name} ended: {beat.exception()!r}")

    async def _begin(self) -> None:
        """Subscribe as the command does, all at once."""
        database = self.disk.open()
        memory = Memory(database, wake=_nobody)
        accounts = cloud.accounts()
        async with memory.transaction() as tx:
            for act in self.history.acts:
                if not isinstance(act, Follow) or act.at > 0.0:
                    continue
                relay = self.sky.relays.get(act.relay)
                name = AccountName(relay.account if relay is not None else ALIYUN)
                region = accounts[name].regions[0]
                task = TaskId(relay.id) if relay is not None else None
                wish = Wish(account=name, task=task, region=region if task else None, only=act.only)
                await tx.subscriptions.put(
                    Place(team=TEAM, channel=_channel(act.channel)), wish, by="U1", now=self.now()
                )
                if task is not None:
                    ref = TaskRef(account=name, region=region, task_id=task)
                    await tx.tasks.follow(ref, provider=name, known=Known(), due_at=self.now())
                await tx.sweeps.ensure(name, region, due_at=self.now())
        await database.close()

    async def _act(self, act: Act) -> None:
        await asyncio.sleep(act.at)
        match act:
            case Leave():
                await self._leave(act.process, again_in=act.lasts)
            case Nobody():
                self.watchman.was_disturbed(self.loop.time() + act.lasts + HEARTBEAT_S)
                self.note("nobody", act)
                self.asleep_until = max(self.asleep_until, self.loop.time() + act.lasts)
                for number in range(self.history.processes):
                    if act.kills:
                        self._kill(number, again_in=act.lasts)
                    else:
                        await self._leave(number, again_in=act.lasts)
            case Suspend():
                self.watchman.was_disturbed(self.loop.time() + act.lasts + HEARTBEAT_S)
                self.note("suspend", act)
                self.asleep_until = max(self.asleep_until, self.loop.time() + act.lasts)
                for process in self.processes.values():
                    self._freeze(process, act.lasts)
            case Follow() | Unfollow() | Mute() | Unmute():
                await self._type(act)
            case _:
                pass

    async def _type(self, act: Follow | Unfollow | Mute | Unmute) -> None:
        """Let somebody type a command until the bot says that it is done."""
        relay = self.sky.relays.get(act.relay)
        what = f"{relay.account} {relay.id}" if relay is not None else f"{ALIYUN} all"
        text = {Follow: "subscribe", Unfollow: "unsubscribe", Mute: "mute", Unmute: "unmute"}[type(act)] + f" {what}"
        if isinstance(act, Mute):
            text += f" for={act.minutes}m"
        attempt = 0
        while attempt < PATIENCE:
            there = [each for _, each in sorted(self.processes.items()) if not each.stop.is_set()]
            if there:
                attempt += 1
                process = self.chance.choice(there)
                self.note("typed", text)
                task = process.begin(process.hear(_channel(act.channel), text, f"{act}:{attempt}"))
                await asyncio.wait({task}, timeout=20.0)
                if task.done() and not task.cancelled() and self._is_done(task, act):
                    return
            await asyncio.sleep(self.chance.uniform(5.0, 15.0))
        self.watchman.is_wrong("people", f"“{text}” was never answered")

    def _is_done(self, task: asyncio.Task[object], act: Act) -> bool:
        error = task.exception()
        if error is not None:
            if not isinstance(error, DatabaseTrouble | Refused):
                self.watchman.is_wrong("broken", f"a command broke: {error!r}")
            return False
        answer = task.result()
        if not isinstance(answer, said.Done):
            return isinstance(answer, said.Mistyped)
        if isinstance(act, Follow):
            if answer.answer is None or answer.answer.looks:
                self.watchman.confirmed(_channel(act.channel), act.relay)
                return True
            return not answer.answer.troubles  # nobody knows such a task
        return True


def _channel(number: int) -> str:
    return f"C{number}"


async def _nobody(_wakes: object) -> None: ...


def play(history: History, build: Build | None = None) -> Played:
    """Play a history from beginning to end."""
    with _folder() as folder:
        loop = Loop()
        world = World(history, build or Honest(), Path(shutil.copy(_migrated(), folder)), loop)
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(world.play())
            at, steps = loop.time(), loop.steps
            loop.run_until_complete(_bury(world))
        finally:
            asyncio.set_event_loop(None)
            world.watchman.close()
            loop.close()
    wrong = [*world.watchman.wrong]
    return Played(
        seed=history.seed,
        wrong=tuple(wrong),
        digest=world.hash.hexdigest()[:16],
        virtual_s=at,
        watched_s=world.watched_s,
        steps=steps,
        commits=world.commits,
        posts=len(world.slack.messages),
        edits=sum(message.edits for message in world.slack.messages.values()),
        calls=world.watchman.calls,
        changes=world.watchman.changes,
        checks=world.watchman.checks,
        crashes=world.hits,
        freezes=world.freezes,
        ambiguous=world.slack.ambiguous,
        latest_s=world.watchman.latest_s,
    )


async def _bury(world: World) -> None:
    """End everything that is left, the dead too: their last words reach nobody."""
    world.is_over = True
    lives = [*world.buried, *(process.life for process in world.processes.values())]
    world.disk.close()
    for life in lives:
        life.is_dead = False
        world.loop.thaw(life.thawed())
    for _ in range(BURIALS):
        for task in [task for life in lives for task in life.tasks if not task.done()]:
            task.cancel()
        await asyncio.sleep(1.0)
    left = [task for life in lives for task in life.tasks if not task.done()]
    if left:
        raise RuntimeError(f"they do not lie still: {left}")


@contextmanager
def _folder() -> Iterator[Path]:
    shared = Path("/dev/shm")  # noqa: S108 - memory, where there is such a place
    with tempfile.TemporaryDirectory(prefix="relaybot-", dir=shared if shared.is_dir() else None) as folder:
        yield Path(folder)


_TEMPLATE: list[Path] = []


def _migrated() -> Path:
    """Make this release's tables once."""
    if not _TEMPLATE or not _TEMPLATE[0].exists():
        path = Path(tempfile.mkdtemp(prefix="relaybot-")) / "relaybot.db"
        asyncio.run(_upgrade(path))
        _TEMPLATE[:] = [path]
    return _TEMPLATE[0]


async def _upgrade(path: Path) -> None:
    database = Database.open(f"sqlite:///{path}")
    await database.upgrade()
    await database.close()
