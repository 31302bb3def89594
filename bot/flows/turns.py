"""
Turns: single tasks, each read by itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from adapters.errors import ProviderError
from bot.domain import cadence
from bot.domain.appointment import confirm_after
from bot.domain.blind import hides
from bot.domain.cadence import Load
from bot.domain.change import judge
from bot.domain.evidence import believed
from bot.domain.turn import Urgency
from bot.flows.remember import Judged, remember

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Region, Snapshot
    from bot.domain.account import Account
    from bot.domain.task import Followed, Verdict
    from bot.queue.lanes import Lanes
    from bot.store.memory import Memory

COUNT_EVERY: Final = timedelta(minutes=10)  # counting reads all of them

Budget: TypeAlias = tuple[str, str]


@dataclass(slots=True)
class Evidence:
    """How the single reads of a region went since somebody last asked."""

    has_seen: bool = False
    error: ProviderError | None = None


class Turns:
    """
    Reads single tasks, and remembers what only this process needs to know of them.

    Args:
        due: is told when something falls due.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        lanes: Lanes,
        per_second: Mapping[AccountName, float],
        now: Callable[[], datetime],
        due: Callable[[datetime], None],
    ) -> None:
        self._memory = memory
        self._lanes = lanes
        self._per_second = per_second
        self._now = now
        self._due = due
        self._reading: dict[int, Followed] = {}
        self._unlisted: set[int] = set()
        self._hot: dict[Budget, dict[int, datetime]] = {}
        self._counts: dict[Budget, dict[tuple[AccountName, Region], int]] = {}
        self._counted_at: dict[tuple[AccountName, Region], datetime] = {}
        self._evidence: dict[tuple[AccountName, Region], Evidence] = {}

    def is_reading(self, task: Followed) -> bool:
        """Say whether a read of the task is under way, which knows better than a list that was walked before."""
        return task.id in self._reading

    def reading(self) -> list[Followed]:
        """Name the tasks whose reads are under way."""
        return [*self._reading.values()]

    def list_lacks(self, tasks: Iterable[Followed], *, of: Iterable[Followed]) -> None:
        """Take from a whole list, just walked, which of its region's followed tasks it lacks."""
        self._unlisted -= {task.id for task in of}
        self._unlisted |= {task.id for task in tasks}

    def must_count(self, account: Account, region: Region, now: datetime) -> bool:
        """Say whether it is time to count again how many tasks of a region are read in turns."""
        counted_at = self._counted_at.get((account.name, region))
        return counted_at is None or not timedelta(0) <= now - counted_at < COUNT_EVERY

    def counted(self, account: Account, region: Region, tasks: int, now: datetime) -> None:
        """Take how many they are; those that share a budget share its pace."""
        budget = (account.provider, account.budget)
        counts = self._counts.setdefault(budget, {})
        counts[account.name, region] = tasks
        self._counted_at[account.name, region] = now
        slowest = cadence.cold(Load(tasks=sum(counts.values()), hot=0, per_second=self._per_second[account.name]))
        hot = self._hot.get(budget, {})
        self._hot[budget] = {task: at for task, at in hot.items() if now - at <= 2 * slowest}  # not the unfollowed

    def count_of(self, account: Account, region: Region) -> int:
        """Return how many they were when they were last counted."""
        return self._counts.get((account.provider, account.budget), {}).get((account.name, region), 0)

    def evidence(self, account: Account, region: Region) -> Evidence:
        """Hand over how the reads of a region went since the last time."""
        return self._evidence.pop((account.name, region), Evidence())

    async def take(self, account: Account, region: Region, tasks: Sequence[Followed]) -> None:
        """Read these tasks, all at once as far as the lane lets them, and remember each as its answer comes."""
        mine = [task for task in tasks if task.id not in self._reading]
        self._reading |= {task.id: task for task in mine}
        looks = {asyncio.create_task(self._look(task)): task for task in mine}
        try:
            while looks:
                done, _ = await asyncio.wait(looks, return_when=asyncio.FIRST_COMPLETED)
                await self._remember(account, region, [(looks.pop(look), look.result()) for look in done])
        finally:
            for look in looks:
                look.cancel()
            for task in mine:
                del self._reading[task.id]

    async def _look(self, task: Followed) -> Snapshot | ProviderError:
        try:
            return await self._lanes.ask(task.ref, urgency=Urgency.BEAT, fresh=True)
        except ProviderError as error:
            return error

    async def _remember(
        self, account: Account, region: Region, reads: Iterable[tuple[Followed, Snapshot | ProviderError]]
    ) -> None:
        now = self._now()
        judged = [self._judged(account, task, seen, now) for task, seen in reads]
        async with self._memory.transaction() as tx:
            for task in await remember(tx, account, region, judged, now=now):
                await tx.tasks.hasten(task, at=now + confirm_after(account.provider))
        for one in judged:
            if one.due_at is not None:
                self._due(one.due_at)

    def _judged(self, account: Account, task: Followed, seen: Snapshot | ProviderError, now: datetime) -> Judged:
        evidence = self._evidence.setdefault((account.name, task.ref.region), Evidence())
        if isinstance(seen, ProviderError):
            evidence.error = seen if hides(seen) else evidence.error
        else:
            evidence.has_seen = True
            if account.lists and task.known.state is not None:
                seen = believed(seen, is_unlisted=task.id in self._unlisted)
        verdict = judge(task.known, seen, now, provider=account.provider)
        return Judged(task=task, verdict=verdict, due_at=self._next(account, task, verdict, now))

    def _next(self, account: Account, task: Followed, verdict: Verdict, now: datetime) -> datetime | None:
        again = verdict.look_again_at
        if verdict.is_over:
            return None
        if account.lists:
            return again if must_be_asked_for(verdict) else None
        if again is not None and verdict.known.ended_at is not None:
            return again  # it is over, but for a doubt: the doubt's own pace
        turn = now + self._turn(account, replace(task, known=verdict.known), now)
        return turn if again is None else min(again, turn)

    def _turn(self, account: Account, task: Followed, now: datetime) -> timedelta:
        budget = (account.provider, account.budget)
        hot = self._hot.setdefault(budget, {})
        if cadence.is_hot(task, now):
            hot[task.id] = now
        else:
            hot.pop(task.id, None)
        load = Load(
            tasks=max(1, len(hot), sum(self._counts.get(budget, {}).values())),
            hot=len(hot),
            per_second=self._per_second[account.name],
        )
        return cadence.turn(task, now, load)


def must_be_asked_for(verdict: Verdict) -> bool:
    """Say whether a task of a cloud that lists needs a read of its own: for the rest the next sweep is soon enough."""
    return verdict.known.doubt is not None
