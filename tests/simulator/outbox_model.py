"""
Every way in which two workers can deliver two messages, with a crash anywhere: the real `flows.deliver` over the real
tables, one step at a time.

A step is one transaction, or the moment at which Slack takes a call. Before each of them either worker may go on, die,
or stand still until its claim has run out; Slack may take a call and not say so, or not take it. Whoever looks for what
is due comes again for as long as anything is open. A state that was seen before is not looked at twice.

Assumed, for Slack can check no fence: what has left a worker arrives before that worker's claim runs out, or never.

    python -m tests.simulator.outbox_model [--crashes 2] [--losses 1] [--stalls 2] [--blind] [--loose]

`--blind` never looks back, and `--loose` drops the assumption: then it is shown how often a message is repeated.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import logging
import re
import sqlite3
import sys
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from adapters.contract import AccountName, Plan, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.message import Look
from bot.domain.notice import CardBody, Kind, Notice, ReplyBody
from bot.domain.outlook import Tone, judge_look
from bot.domain.speech import Unsure
from bot.domain.subscription import Place
from bot.domain.task import Known, News, Why
from bot.flows.deliver import Office, Speech, deliver
from bot.flows.drain import LEASE
from bot.queue import punctual
from bot.store.memory import Memory
from tests.simulator.disk import Disk
from tests.simulator.loop import Loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Body
    from bot.domain.speech import Saying
    from bot.store.memory import Tx

PLACE: Final = Place(team="T1", channel="C1")
BEGAN: Final = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
REF: Final = TaskRef(account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("t-1"))
FENCE: Final = re.compile(r"fence=(\d+)")

Action: TypeAlias = tuple[str, int, str]  # what happens, to which worker, with which outcome
OUTCOMES: Final = {"taken": ("taken", "unheard", "lost")}  # of a call that reaches Slack; anywhere else there is one


@dataclass
class Gate:
    """Where a worker waits to be let on."""

    name: str
    opened: asyncio.Future[str]


async def gate(name: str) -> str:
    """Wait there; returns with which outcome it is let on."""
    task = asyncio.current_task()
    assert isinstance(task, Work)
    task.gate = Gate(name, asyncio.get_running_loop().create_future())
    outcome = await task.gate.opened
    task.gate = None
    return outcome


class Work(asyncio.Task[None]):
    """What a worker does; `gate` is where it stands."""

    gate: Gate | None = None


class Gated(Memory):
    """
    A memory before whose transactions there is a gate.

    Behind those that only renew the claim there is one as well: who stands still there must see that it is late.
    Elsewhere nothing but our own steps lies between a commit, or Slack's answer, and the next gate.
    """

    last: frozenset[str] = frozenset()  # what the last transaction wrote

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        await gate("transaction")
        async with super().transaction() as tx:
            yield tx
        if self.last == {"renew"}:
            await gate("renewed")


@dataclass
class Channel:
    """Slack's side. `posts` are the keys in their order, each with the message that it went under."""

    looks_back: bool
    is_punctual: bool
    posts: list[tuple[str, str]] = field(default_factory=list)

    async def post(self, saying: Saying) -> str:
        await self._call(lambda: self.posts.append((saying.key, saying.thread_ts)))
        return f"ts-{len(self.posts)}"

    async def edit(self, _channel: str, _ts: str, _body: Body) -> None:
        await self._call(lambda: None)

    async def find(self, saying: Saying, _since: datetime) -> str | None:
        found: list[str] = []
        keys = [key for key, _ in self.posts] if self.looks_back else []
        await self._call(lambda: found.extend(f"ts-{n}" for n, key in enumerate(keys, 1) if key == saying.key))
        await gate("looked")
        return found[0] if found else None

    async def direct(self, user: str) -> str:
        return user

    async def _call(self, effect: Any) -> None:
        if self.is_punctual:
            punctual.check()  # as the door to Slack does, with the headers in its hand
        outcome = await gate("taken")
        if outcome != "lost":
            effect()
        if outcome != "taken":
            raise Unsure


class Tempo:
    """Nobody has to wait for a turn here."""

    async def post(self, _place: Place) -> None: ...

    async def edit(self, _place: Place) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may go wrong on one way."""

    crashes: int
    losses: int
    stalls: int
    looks_back: bool = True
    is_punctual: bool = True  # the door to Slack lets nothing leave late
    is_strict: bool = True  # what has left arrives before the claim runs out


def stands(work: Work | None) -> list[object]:
    """Say where a worker is and what it holds, by the frames of `flows.deliver` that it is in: all that it knows."""
    if work is None or work.gate is None:
        return []
    found: list[object] = [work.gate.name]
    inner: Any = work.get_coro()
    while inner is not None and (frame := getattr(inner, "cr_frame", None)) is not None:
        if frame.f_code.co_filename.endswith("deliver.py"):
            held = {name: repr(value) for name, value in frame.f_locals.items() if name not in {"office", "tx"}}
            found.append((frame.f_code.co_name, frame.f_lineno, sorted(held.items())))
        inner = inner.cr_await
    return found


@dataclass
class Found:
    """What was seen. `worst`: most copies of one message on any way; `left`: ways that were not gone any more."""

    states: int = 0
    steps: int = 0
    ways: int = 0
    ends: int = 0
    left: int = 0
    worst: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    example: list[str] = field(default_factory=list)

    def judge(self, model: Model, *, is_end: bool) -> None:
        """Take in where the model is."""
        self.worst = max([self.worst, *Counter(key for key, _ in model.channel.posts).values()])
        if wrong := model.wrong(is_end=is_end):
            self.wrong.update(wrong)
            self.example = self.example or [*model.path, *wrong]


class Model:
    """The world of the model, and where it is now."""

    def __init__(self, limits: Limits, loop: Loop) -> None:
        self.limits = limits
        self.loop = loop
        self.now = BEGAN
        self.left = {"crash": limits.crashes, "loss": limits.losses, "stall": limits.stalls}
        self.workers: list[Work | None] = [None, None]
        self.dead: list[Work] = []  # kept, so that nothing of them is cleaned up
        self.channel = Channel(limits.looks_back, limits.is_punctual)
        self.path: list[str] = []
        self._template = sqlite3.connect(":memory:")
        keys = iter(("card", "reply"))
        disk = Disk(
            None,
            now=lambda: self.now.timestamp(),  # noqa: PLW0108 - it moves
            door=_open,
            trouble=lambda: None,
            wrote=self._wrote,
        )
        self.database = disk.open()
        self.memory = Gated(self.database, wake=_nobody, new_key=keys.__next__)
        speech = Speech(
            post=self.channel.post, edit=self.channel.edit, find=self.channel.find, direct=self.channel.direct
        )
        self.office = Office(
            memory=self.memory,
            speech=speech,
            tempo=Tempo(),  # type: ignore[arg-type]  # as much of one as delivering needs
            titles={"aliyun": "Alibaba Cloud"},
            now=lambda: self.now,
            monotonic=lambda: self.now.timestamp(),  # noqa: PLW0108 - it moves
        )
        self.disk = disk

    def _wrote(self, written: frozenset[str], _tables: frozenset[str]) -> None:
        self.memory.last = written

    async def begin(self) -> None:
        """Put two messages down: a card, and a news that goes under it."""
        await self.database.upgrade()
        self.memory.last = frozenset()
        async with Memory(self.database, wake=_nobody, new_key=self.memory._new_key).transaction() as tx:
            read = Snapshot(task_id=REF.task_id, state=TaskState.STOPPED, taken_at=self.now, raw="3")
            known = Known(state=TaskState.STOPPED, since=self.now, last=read)
            task = (await tx.tasks.follow(REF, provider="aliyun", known=known, due_at=None)).id
            said = {"ref": REF, "provider": "aliyun", "title": "Alibaba Cloud"}
            look = Look(**said, snapshot=read, outlook=judge_look(read, self.now), asked_at=self.now)
            card = CardBody(look=look, confirmed=TaskState.STOPPED, since=self.now)
            news = News(
                why=Why.STOPPED, at=self.now, old=TaskState.RUNNING, new=TaskState.STOPPED, tone=Tone.BAD, is_bad=True
            )
            reply = ReplyBody(**said, name="main", plan=Plan(), news=news)
            for kind, cause, body in ((Kind.CARD, "card", card), (Kind.REPLY, "news", reply)):
                await tx.outbox.put(Notice(place=PLACE, kind=kind, cause=cause, body=body, task=task), now=self.now)
        self.disk.connections[0]._conn.backup(self._template)

    # What can happen next.

    def actions(self) -> list[Action]:
        """Name everything that can happen now."""
        found: list[Action] = []
        gates = [work.gate.name if work is not None and work.gate is not None else "" for work in self.workers]
        for number, name in enumerate(gates):
            if not name:
                if self.is_open():
                    found.append(("start", number, ""))
                continue
            outcomes = OUTCOMES.get(name, ("",))
            found += [("step", number, each) for each in outcomes if each in {"", "taken"} or self.left["loss"]]
            if self.left["crash"]:
                found.append(("crash", number, ""))
        if self.left["stall"] and any(gates) and not ("taken" in gates and self.limits.is_strict):
            found.append(("stall", 0, ""))
        return found

    def act(self, what: str, number: int, outcome: str) -> None:
        """Let it happen."""
        work = self.workers[number]
        where = work.gate.name if work is not None and work.gate is not None else ""
        self.path.append(f"{what} {'AB'[number]} {where} {outcome}".strip())
        match what:
            case "start":
                if not any(self.workers):  # nobody is at work: time passes until there is something to do
                    self.now += LEASE + timedelta(minutes=1)
                work = self.workers[number] = Work(deliver(PLACE, self.office), loop=self.loop)
                self.loop.run_until_complete(self._settle())
                assert work.gate is not None
                work.gate.opened.set_result("")  # who has begun nothing yet need not wait, and cannot die
            case "step" if work is not None and work.gate is not None:
                self.left["loss"] -= outcome in {"unheard", "lost"}
                work.gate.opened.set_result(outcome)
            case "crash" if work is not None:
                self.left["crash"] -= 1
                self.dead.append(work)
                self.workers[number] = None
            case _:
                self.left["stall"] -= 1
                self.now += LEASE + timedelta(seconds=1)
        self.loop.run_until_complete(self._settle())
        for each, one in enumerate(self.workers):
            if one is not None and one.done():
                one.result()
                self.workers[each] = None

    async def _settle(self) -> None:
        """Let everybody come to the next gate."""
        while self.loop.is_busy:  # noqa: ASYNC110 - until nothing is ready
            await asyncio.sleep(0)

    # What is so.

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read, past every gate."""
        return self.disk.connections[0]._conn.execute(sql).fetchall()

    def is_open(self) -> bool:
        """Say whether anything is still to be said."""
        return bool(self.rows("SELECT 1 FROM notices WHERE settled_at IS NULL"))

    def state(self) -> bytes:
        """Return a mark of everything that tells what can happen from now on."""
        tables = [
            self.rows(
                "SELECT id, state, 'fence=' || fence, attempts, not_before, started_at, ts FROM notices ORDER BY id"
            ),
            self.rows("SELECT 'fence=' || fence, claim_until, is_dirty FROM channels"),
            self.rows("SELECT subject, ts FROM cards"),
        ]
        workers = sorted(repr(stands(work)) for work in self.workers)  # which is which tells nothing
        told = repr((tables, workers, self.channel.posts, self.now, sorted(self.left.items())))
        ranks = {each: rank for rank, each in enumerate(sorted({int(each) for each in FENCE.findall(told)}))}
        told = FENCE.sub(lambda found: f"fence={ranks[int(found[1])]}", told)  # which one is higher is all that counts
        return hashlib.blake2b(told.encode(), digest_size=12).digest()

    def wrong(self, *, is_end: bool) -> list[str]:
        """Say what must not be so."""
        copies = Counter(key for key, _ in self.channel.posts)
        found = [f"{key} stands there {times} times" for key, times in copies.items() if times > 1]
        if "reply" in copies and self.channel.posts[0][0] != "card":
            found.append("the reply came before its card")
        if is_end:
            found += [f"{key} was lost" for key in ("card", "reply") if not copies[key]]
            found += [
                f"{ts} is written down for {key}" for key, ts in self.rows("SELECT key, ts FROM notices") if not ts
            ]
        return found

    async def again(self) -> None:
        """Go back to the beginning."""
        for work in [*self.workers, *self.dead]:
            if work is not None:
                work.cancel()
        await self._settle()
        self._template.backup(self.disk.connections[0]._conn)
        self.workers, self.dead = [None, None], []
        self.channel.posts.clear()
        self.path.clear()
        self.now = BEGAN
        self.left = {"crash": self.limits.crashes, "loss": self.limits.losses, "stall": self.limits.stalls}


def explore(limits: Limits, *, most: int | None = None) -> Found:
    """
    Go every way there is within the limits, the next one from the last place where ways parted.

    Args:
        most: look at so many states at most.
    """
    loop = Loop()
    asyncio.set_event_loop(loop)
    model = Model(limits, loop)
    found, seen = Found(), set[bytes]()
    ways: list[tuple[Action, ...]] = [()]
    try:
        loop.run_until_complete(model.begin())
        while ways and (most is None or len(seen) < most):
            way = ways.pop()
            loop.run_until_complete(model.again())
            for action in way:
                model.act(*action)
            found.steps += bool(way)
            found.ways += 1
            while (mark := model.state()) not in seen:
                seen.add(mark)
                actions = model.actions() if model.is_open() or any(model.workers) else []
                found.judge(model, is_end=not actions)
                if not actions:
                    found.ends += 1
                    break
                ways += [(*way, action) for action in actions[:-1]]
                way = (*way, actions[-1])
                found.steps += 1
                model.act(*actions[-1])
        loop.run_until_complete(model.again())
    finally:
        asyncio.set_event_loop(None)
        model.disk.close()
        loop.close()
    found.states, found.left = len(seen), len(ways)
    return found


async def _open(_name: str, _written: frozenset[str]) -> None: ...


async def _nobody(_wakes: object) -> None: ...


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crashes", type=int, default=2)
    parser.add_argument("--losses", type=int, default=1)
    parser.add_argument("--stalls", type=int, default=2)
    parser.add_argument("--most", type=int)
    parser.add_argument("--blind", action="store_true")
    parser.add_argument("--loose", action="store_true")
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)  # what goes wrong on purpose is not news
    limits = Limits(
        crashes=wanted.crashes,
        losses=wanted.losses,
        stalls=wanted.stalls,
        looks_back=not wanted.blind,
        is_strict=not wanted.loose,
    )
    found = explore(limits, most=wanted.most)
    told = {name: getattr(found, name) for name in ("states", "steps", "ways", "ends", "left", "worst", "example")}
    sys.stdout.write(json.dumps({**told, "wrong": dict(found.wrong)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
