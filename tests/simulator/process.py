"""
Process: `wiring.serve` without doors: the real flows over the simulated store, clouds and Slack.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.domain.looks import Looks
from bot.domain.permit import Channel, Person, Standing
from bot.domain.rates import Rates
from bot.domain.subscription import Place
from bot.flows.admit import Gate
from bot.flows.answer import answer
from bot.flows.deliver import Office, deliver
from bot.flows.desk import About, Asker, Desk
from bot.flows.heed import Heed
from bot.flows.look import Looker
from bot.flows.tidy import Tidier
from bot.flows.watch import WAKE, Watch
from bot.queue.lanes import Lanes
from bot.queue.tempo import Tempo
from bot.store.audit import Audit
from bot.store.pace import Paces
from tests.simulator import cloud
from tests.simulator.disk import CLOCK
from tests.simulator.loop import LIFE

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Iterable
    from datetime import datetime

    from bot.domain.message import Form, Message
    from bot.domain.notice import Wake
    from bot.flows.deliver import Speech
    from bot.store.database import Database
    from bot.store.memory import Memory
    from tests.simulator.life import Life

TEAM: Final = "T1"
NAP_S: Final = 3.0  # a beat looks, and tidy tidies, this often: hours have to pass quickly
STOP_S: Final = 10.0


class Build(Protocol):
    """What a mutant makes otherwise."""

    def memory(self, database: Database, speech: Speech, **more: Any) -> Memory: ...

    def speech(self, honest: Speech) -> Speech: ...


class Wakes(Protocol):
    """Where a process puts wakes."""

    async def put(self, wakes: Iterable[Wake]) -> None: ...

    async def put_missing(self, wakes: Iterable[Wake]) -> None: ...


@dataclass
class Process:
    """One process, from its start to its end."""

    life: Life
    database: Database
    sky: cloud.Sky
    speech: Speech
    wakes: Wakes
    build: Build
    now: Callable[[], datetime]
    chance: random.Random
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    jobs: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context = contextvars.copy_context()
        self.context.run(LIFE.set, self.life)
        keys = itertools.count(1)
        accounts = cloud.accounts()
        paces = Paces(self.database, clock=CLOCK)
        self.memory = self.build.memory(
            self.database, self.speech, wake=self.wakes.put, new_key=lambda: f"{self.life.name}:{next(keys):06}"
        )
        per_second = {name: cloud.SHARE * cloud.PER_SECOND[name] for name in accounts}
        self.lanes = Lanes(
            providers={name: cloud.Scripted(name, self.sky) for name in accounts},
            accounts=accounts,
            reserve=paces.reserve,
            charge=paces.charge,
            throttle=paces.throttle,
            send=self.sky.send,
            now=self.now,
            monotonic=asyncio.get_running_loop().time,
            sleep=asyncio.sleep,
            jitter=self.chance.random,
            nonce=lambda: "",
        )
        self.watch = Watch(
            memory=self.memory,
            lanes=self.lanes,
            accounts=accounts,
            per_second=per_second,
            now=self.now,
            longest_nap_s=NAP_S,
        )
        self.tidier = Tidier(
            memory=self.memory,
            accounts=accounts,
            put_missing=self.wakes.put_missing,
            trim_engine=_nothing,
            now=self.now,
            every_s=NAP_S,
        )
        self.office = Office(
            memory=self.memory,
            speech=self.build.speech(self.speech),
            tempo=Tempo(paces.reserve, sleep=asyncio.sleep),
            titles={name: name.title() for name in accounts},
            now=self.now,
            monotonic=asyncio.get_running_loop().time,
            is_leaving=self.stop.is_set,
        )
        heed = Heed(memory=self.memory, now=self.now)
        self.desk = Desk(
            accounts=accounts,
            paces={},
            looker=Looker(lanes=self.lanes, accounts=accounts, looked_at=heed.looked_at),
            looks=Looks(),
            gate=Gate(record=Audit(self.database).record, rates=Rates()),
            about=About(version="", bot="U0", transport="", scopes=(), store=""),
            memory=self.memory,
            about_channel=_channel,
            channels_of=_no_channels,
            person=_member,
            members_of=_no_members,
            figures=self.lanes.figures,
        )
        self.beats = [self.begin(beat.run(self.stop)) for beat in (self.watch, self.tidier, heed)]

    def begin(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let the process do something."""
        loop = asyncio.get_running_loop()
        return self.context.run(lambda: loop.create_task(coroutine, context=self.context))

    def handle(self, wake: Wake) -> asyncio.Task[None]:
        """Let it do a job of the engine's."""
        if wake == WAKE:
            self.watch.hurry()
            return self.begin(_nothing())
        team, channel = wake.key.split(" ")
        job = self.begin(deliver(Place(team=team, channel=channel), self.office))
        self.jobs.add(job)
        job.add_done_callback(self.jobs.discard)
        return job

    async def hear(self, channel: str, text: str, act: str) -> Message | Form:
        """Answer somebody who types a command."""
        person = Person(team=TEAM, user="U1", standing=Standing.ADMIN, zone="UTC")
        asker = Asker(person=person, channel=await _channel(channel, "U1"), team=TEAM, act=act)
        return await answer(text, asker, self.desk, now=self.now(), tell=_silence)

    async def leave(self) -> None:
        """Do what SIGTERM asks for, as wiring and the engine do it."""
        self.stop.set()
        await asyncio.gather(*self.beats, return_exceptions=True)
        if self.jobs:
            await asyncio.wait(self.jobs, timeout=STOP_S)
        left = [*self.jobs]
        for job in left:
            job.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.lanes.close()
        await self.database.close()


async def _channel(channel: str, _user: str) -> Channel:
    return Channel(channel=channel, is_member=True)


async def _no_channels(_user: str) -> frozenset[str]:
    return frozenset()


async def _silence(_said: Message) -> None: ...


async def _nothing() -> None: ...


async def _member(user: str) -> Person:
    return Person(team="T1", user=user, standing=Standing.MEMBER)


async def _no_members(_team: str, _group: str) -> tuple[str, ...] | None:
    return ()
