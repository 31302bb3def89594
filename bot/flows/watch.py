"""
Watch: the beat. Claims what is due, reads the clouds, judges, and remembers; posts nothing.

A cloud that lists is swept region by region; single tasks are read in turns: all of a cloud without a list, and of the
others those that must be confirmed, that a list lacks, or that a callback names. No transaction is open while a cloud
is asked. What is claimed by a process that dies falls due again.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain import cadence
from bot.domain.notice import Wake
from bot.flows import respond
from bot.flows.sweep import KEEP_EVERY_S, Sweeper
from bot.flows.turns import Turns
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from adapters.contract import AccountName, Region
    from bot.domain.account import Account
    from bot.domain.task import Followed
    from bot.queue.lanes import Lanes
    from bot.store.memory import Memory, Tx
    from bot.store.sweeps import Sweep

# Claimed at once. As few as these: the busier a process is, the longer it takes to come back for more, so that it takes
# on no more than it can do, and processes share the work by what they have done.
REGIONS: Final = 2
TASKS: Final = 200
TURN_LEASE: Final = timedelta(seconds=30)
LONGEST_NAP_S: Final = 1.0
STEP_BACK: Final = timedelta(seconds=5)  # by less a clock is only put right
WAKE: Final = Wake(what="watch", key="")  # something fell due that no process that watches knows of

log = logging.getLogger(__name__)


class Watch:
    """
    Looks after everything that is followed.

    Args:
        accounts: all that are configured; what is followed of others is left alone.
        per_second: how much of its documented rate each account may spend on one API.
        now: the wall clock.
        keep_every_s: so often the claim of a sweep that takes its time is renewed.
        longest_nap_s: after so long the tables are asked again, whatever this process knows.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        lanes: Lanes,
        accounts: Mapping[AccountName, Account],
        per_second: Mapping[AccountName, float],
        now: Callable[[], datetime],
        longest_nap_s: float = LONGEST_NAP_S,
        keep_every_s: float = KEEP_EVERY_S,
    ) -> None:
        self._memory = memory
        self._accounts = accounts
        self._now = now
        self._longest_nap_s = longest_nap_s
        turns = Turns(memory=memory, lanes=lanes, per_second=per_second, now=now, due=self._expect)
        self._turns = turns
        self._sweeper = Sweeper(
            memory=memory,
            lanes=lanes,
            per_second=per_second,
            turns=turns,
            now=now,
            due=self._expect,
            keep_every_s=keep_every_s,
        )
        self._began_at: datetime | None = None  # the last beat
        self._expected: list[datetime] = []  # when something falls due, as far as this process knows
        self._sweeping: dict[tuple[AccountName, Region], Sweep] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._hurried = asyncio.Event()

    async def beat(self) -> None:
        """Do everything that is due now, and wait until it is done."""
        jobs: list[asyncio.Task[None]] = []
        is_more = True
        while is_more:
            begun, is_more = await self._begin()
            jobs += begun
        await asyncio.gather(*jobs)

    async def run(self, stop: asyncio.Event) -> None:
        """Beat until `stop` is set; no error ends it. What is under way then is given up and given back, for others."""
        leaving = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                try:
                    begun, is_more = await self._begin()
                    for job in begun:
                        job.add_done_callback(_say_why_it_ended)
                    if is_more:
                        self._hurried.set()
                except Exception:
                    log.exception("the watch's beat failed; it goes on")
                await self._nap(leaving)
        finally:
            leaving.cancel()
            sweeps, tasks = [*self._sweeping.values()], self._turns.reading()
            for job in self._under_way:
                job.cancel()
            await asyncio.gather(leaving, *self._under_way, return_exceptions=True)
            await self._give_back(sweeps, tasks)

    def hurry(self) -> None:
        """Say that something is due before this process thinks so."""
        self._hurried.set()

    async def _begin(self) -> tuple[list[asyncio.Task[None]], bool]:
        """
        Claim what is due and set off; a region's next sweep never begins before its last one ended.

        Returns:
            What was begun, and whether more may be due.
        """
        now = self._now()
        while self._expected and self._expected[0] <= now:
            heapq.heappop(self._expected)
        async with self._memory.transaction() as tx:
            if self._began_at is not None and now < self._began_at - STEP_BACK:
                await _rewind(tx, now, self._began_at - now)
            self._began_at = now
            sweeps = await tx.sweeps.claim(now, lease=cadence.SHORTEST_LEASE, limit=REGIONS, but=self._sweeping)
            due = await tx.tasks.due(now, lease=TURN_LEASE, limit=TASKS)
        jobs = [self._start(self._sweep(sweep)) for sweep in sweeps]
        by_region: defaultdict[tuple[AccountName, Region], list[Followed]] = defaultdict(list)
        for task in due:
            by_region[task.ref.account, task.ref.region].append(task)
        for (name, region), tasks in by_region.items():
            if name in self._accounts:
                jobs.append(self._start(self._turns.take(self._accounts[name], region, tasks)))
        return jobs, len(sweeps) == REGIONS or len(due) == TASKS

    async def _give_back(self, sweeps: Sequence[Sweep], tasks: Sequence[Followed]) -> None:
        """Let others have at once what was claimed; what was done in the meantime stays done."""
        if not sweeps and not tasks:
            return
        try:
            async with self._memory.transaction() as tx:
                for sweep in sweeps:
                    await tx.sweeps.give_back(sweep)
                await tx.tasks.give_back(tasks, now=self._now())
                tx.wakes.add(WAKE)
        except DatabaseTrouble as trouble:
            log.warning("what is under way is not given back, its claims run out: %s", trouble)

    async def _sweep(self, sweep: Sweep) -> None:
        where = (sweep.account, sweep.region)
        self._sweeping[where] = sweep
        try:
            await self._sweeper.sweep(sweep, self._accounts.get(sweep.account))
        finally:
            del self._sweeping[where]

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        job = asyncio.create_task(work)
        self._under_way.add(job)
        job.add_done_callback(self._under_way.discard)
        job.add_done_callback(lambda _job: self._hurried.set())  # what comes next may be due at once
        return job

    async def _nap(self, leaving: asyncio.Task[bool]) -> None:
        """Sleep until something is due, is hurried, or a second has passed."""
        soonest_s = min(
            (self._expected[0] - self._now()).total_seconds() if self._expected else self._longest_nap_s,
            self._longest_nap_s,
        )
        hurried = asyncio.create_task(self._hurried.wait())
        await asyncio.wait({leaving, hurried}, timeout=max(soonest_s, 0.0), return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        self._hurried.clear()

    def _expect(self, at: datetime) -> None:
        heapq.heappush(self._expected, at)


async def _rewind(tx: Tx, now: datetime, by: timedelta) -> None:
    """Bring to now what was put down by a clock that was ahead: else nobody looks before it comes there again."""
    log.warning("the clock has stepped back by %s; what is due later than now is due now", by)
    await tx.sweeps.rewind(now)
    await tx.tasks.rewind(now)
    await tx.outbox.rewind(now)
    await respond.rewind(tx, now)


def _say_why_it_ended(job: asyncio.Task[None]) -> None:
    if not job.cancelled() and (error := job.exception()) is not None:
        log.error("a read of the watch failed; it falls due again", exc_info=error)
