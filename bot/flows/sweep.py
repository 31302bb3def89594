"""
Sweep: one account's region as a whole. A cloud that lists tells all its tasks; of others the single reads are added up.

Everything is written under the sweep's fence: whoever has lost it in the meantime writes nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import Listing, TaskRef
from adapters.errors import ProviderError
from bot.domain import blind, cadence
from bot.domain.blind import About, Sight
from bot.domain.change import judge
from bot.domain.evidence import Mislaid
from bot.domain.response import Badness
from bot.domain.rollcall import call, is_over, newcomers
from bot.domain.successor import is_awaited
from bot.domain.turn import Urgency
from bot.flows import respond
from bot.flows.hold import Hold
from bot.flows.remember import Judged, put_boards, remember
from bot.flows.respond import Heard
from bot.flows.succession import move_on, succeeded
from bot.flows.turns import must_be_asked_for
from bot.queue.flight import Withdrawn
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Snapshot
    from bot.domain.account import Account
    from bot.domain.rollcall import Newcomer, RollCall
    from bot.domain.subscription import Subscription
    from bot.domain.task import Followed
    from bot.flows.turns import Turns
    from bot.queue.lanes import Lanes
    from bot.store.memory import Memory, Tx
    from bot.store.sweeps import Sweep

KEEP_EVERY_S: Final = 5.0  # a third of the shortest lease
TICK: Final = timedelta(seconds=15)  # how often single reads are summed up
NOT_OURS: Final = timedelta(minutes=5)  # an account that is not configured here may be again after the next start
SEEN_AGAIN: Final = "seen_again"  # why a blind account's incident ends


class Sweeper:
    """
    Does the sweeps that were claimed.

    Args:
        turns: reads single tasks.
        due: is told when something falls due.
        keep_every_s: so often the claim of a list that takes its time is renewed.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        lanes: Lanes,
        per_second: Mapping[AccountName, float],
        turns: Turns,
        now: Callable[[], datetime],
        due: Callable[[datetime], None],
        keep_every_s: float = KEEP_EVERY_S,
    ) -> None:
        self._memory = memory
        self._lanes = lanes
        self._per_second = per_second
        self._turns = turns
        self._now = now
        self._due = due
        self._keep_every_s = keep_every_s

    async def sweep(self, sweep: Sweep, account: Account | None) -> None:
        """Do one sweep; `account` is None where it is not configured any more."""
        if account is None or sweep.region not in account.regions:
            async with self._memory.transaction() as tx:
                await _put_off(tx, sweep, self._now() + NOT_OURS)
        elif account.lists:
            await self._walk(sweep, account)
        else:
            await self._sum_up(sweep, account)

    async def _walk(self, sweep: Sweep, account: Account) -> None:
        """Walk the list, judge what it tells, and have what it lacks read by itself."""
        begun_at = self._now()
        listed = await self._list(sweep, account)
        if listed is None:
            return
        async with self._memory.reading() as tx:
            followed = await tx.tasks.of_region(sweep.account, sweep.region)
            broad = await tx.subscriptions.all_of(sweep.account, sweep.region)
            roll = call(followed, listed)
            if isinstance(roll.error, Mislaid):
                gone_since = await tx.incidents.really_gone(sweep.account, sweep.region)
                roll = call(followed, listed, gone_since=gone_since)
        now = self._now()
        self._turns.list_lacks(roll.missing, of=followed)
        judged = [
            self._judged(account, task, seen, begun_at=begun_at, now=now)
            for task, seen in roll.told
            if not self._turns.is_reading(task)
        ]
        period = _period(roll, judged, now, is_wanted=bool(broad) or any(is_awaited(task, now) for task in followed))
        judged = self._paced(account, judged, period)
        if isinstance(listed, Listing) and roll.error is None:
            told = {task.id for task, _ in roll.told}
            over = [task for task in followed if is_over(task) and task.id not in told]
            judged = succeeded(judged, over, account, _by_ref(sweep, listed))
        due_at = max(begun_at + period, now) if period is not None else now
        sight = blind.look(Sight(failing_since=sweep.failing_since, misses=sweep.misses), roll.error, begun_at)
        async with self._memory.transaction() as tx:
            if not await tx.sweeps.done(
                sweep,
                due_at=due_at,
                total=listed.total if isinstance(listed, Listing) else sweep.last_total,
                failing_since=sight.failing_since,
                misses=sight.misses,
                now=now if roll.error is None else None,
            ):
                return
            if period is None:
                await tx.sweeps.remove(sweep.account, sweep.region)
            await tell_sight(tx, account, sweep, sight, roll.error, followed=len(roll.live), now=now)
            if isinstance(listed, Listing):
                found = newcomers(sweep.region, listed, followed=followed, broad=broad, swept_at=sweep.done_at)
                judged += await self._pick_up(tx, account, found, now)
            # What somebody else wrote meanwhile, and what many at once are held for, the next sweep judges again.
            stale = await remember(tx, account, sweep.region, judged, now=now, followed=followed)
            await move_on(tx, account, judged, stale, now)
            await self._check(tx, account, roll.missing, period or cadence.SWEEP, now)
            fresh = [each for each in broad if sweep.done_at is None or each.created_at > sweep.done_at]
            await put_boards(tx, account, fresh, None, now=now)
        if period is not None:
            self._due(due_at)

    def _judged(
        self, account: Account, task: Followed, seen: Snapshot | ProviderError, *, begun_at: datetime, now: datetime
    ) -> Judged:
        verdict = judge(task.known, seen, now, provider=account.provider)
        looks = [verdict.look_again_at] if must_be_asked_for(verdict) else []
        if task.due_at is not None and task.due_at > begun_at:
            looks.append(task.due_at)  # a look that was wished for after this list had begun
        due_at = min((at for at in looks if at is not None), default=None)
        return Judged(task=task, verdict=verdict, due_at=due_at)

    async def _pick_up(self, tx: Tx, account: Account, found: Iterable[Newcomer], now: datetime) -> list[Judged]:
        """Begin to follow what `all` subscriptions find."""
        judged: list[Judged] = []
        for each in found:
            if account.shows(each.ref.task_id):
                task = await tx.tasks.follow(each.ref, provider=account.provider, known=each.known, due_at=None)
                judged.append(self._judged(account, task, each.seen, begun_at=now, now=now))
        return judged

    async def _check(
        self, tx: Tx, account: Account, missing: Iterable[Followed], period: timedelta, now: datetime
    ) -> None:
        """Have the tasks that a list lacks read by themselves, no more than fit between two sweeps."""
        for task in [task for task in missing if task.due_at is None][: self._most(account, period)]:
            await tx.tasks.hasten(task.id, at=now)

    def _paced(self, account: Account, judged: Sequence[Judged], period: timedelta | None) -> list[Judged]:
        """Let no more be confirmed one by one than fit between two sweeps; many are confirmed by the next sweep."""
        left = self._most(account, period or cadence.SWEEP)
        paced: list[Judged] = []
        for one in judged:
            is_new = one.due_at is not None and one.due_at != one.task.due_at
            left -= is_new
            paced.append(replace(one, due_at=one.task.due_at) if is_new and left < 0 else one)
        return paced

    def _most(self, account: Account, period: timedelta) -> int:
        return max(1, int(self._per_second[account.name] * period.total_seconds()))

    async def _sum_up(self, sweep: Sweep, account: Account) -> None:
        """Take from the single reads since the last time whether the region can be seen at all."""
        now = self._now()
        evidence = self._turns.evidence(account, sweep.region)
        sight = Sight(failing_since=sweep.failing_since, misses=sweep.misses)
        if evidence.has_seen or evidence.error is not None:
            sight = blind.look(sight, None if evidence.has_seen else evidence.error, now)
        error = None if evidence.has_seen else evidence.error
        async with self._memory.transaction() as tx:
            has_tasks = await tx.tasks.has_due(sweep.account, sweep.region)
            if not await tx.sweeps.done(
                sweep,
                due_at=now + TICK,
                total=sweep.last_total,
                failing_since=sight.failing_since,
                misses=sight.misses,
                now=now if evidence.has_seen else None,
            ):
                return
            if not has_tasks:
                await tx.sweeps.remove(sweep.account, sweep.region)
            if self._turns.must_count(account, sweep.region, now):
                tasks = await tx.tasks.count_due(sweep.account, sweep.region)
                self._turns.counted(account, sweep.region, tasks, now)
            if evidence.has_seen or error is not None:
                tasks = self._turns.count_of(account, sweep.region) if has_tasks else 0
                await tell_sight(tx, account, sweep, sight, error, followed=tasks, now=now)
        if has_tasks:
            self._due(now + TICK)

    async def _list(self, sweep: Sweep, account: Account) -> Listing | ProviderError | None:
        """Walk the list and keep the claim meanwhile, however long a silent cloud lets us wait; None: it was lost."""
        pages = -(-(sweep.last_total or 0) // cadence.PAGE)
        lease = cadence.lease(cadence.SWEEP, requests=pages, per_second=self._per_second[account.name])
        hold = Hold(self._memory, sweep, lease=lease, now=self._now)
        walking = asyncio.create_task(
            self._lanes.list(sweep.account, sweep.region, urgency=Urgency.BEAT, fresh=True, may_go_on=hold.stands)
        )
        try:
            while not (await asyncio.wait({walking}, timeout=self._keep_every_s))[0]:
                if not await hold.renew():
                    return None
            return await walking
        except Withdrawn:
            return None
        except ProviderError as error:
            return error
        finally:
            walking.cancel()


async def tell_sight(
    tx: Tx,
    account: Account,
    sweep: Sweep,
    sight: Sight,
    error: ProviderError | None,
    *,
    followed: int,
    now: datetime,
) -> None:
    """Say once that a region cannot be seen, and once that it is seen again."""
    incident = next(iter(await tx.incidents.of_account(sweep.account, sweep.region, Scope.ACCOUNT)), None)
    begins = incident is None and error is not None and followed > 0 and sight.is_blind(now)
    ends = incident is not None and (error is None or not followed)
    if not begins and not ends:
        return
    subscriptions = [
        each for each in await tx.subscriptions.of_account(sweep.account) if each.wish.region in {None, sweep.region}
    ]
    about = About(
        account=sweep.account,
        region=sweep.region,
        title=account.title,
        followed=followed,
        places=frozenset(each.place for each in subscriptions),
    )
    if error is not None and begins:
        since = sight.failing_since or now
        number = await tx.incidents.open(
            scope=Scope.ACCOUNT, account=sweep.account, region=sweep.region, opened_at=since, why=type(error).__name__
        )
        await tx.blind.begin(sweep.account, sweep.region, None, since)
        told = blind.begun(number, about, error=error, since=since) if number is not None else ()
        if number is not None:
            await _respond(tx, account, number, subscriptions, call_at=blind.call_at(error, since), now=now)
    elif incident is not None:
        await tx.incidents.close(incident.id, now, SEEN_AGAIN)
        await respond.close(tx, [incident.id], SEEN_AGAIN, accounts={account.name: account}, now=now)
        await tx.blind.end(sweep.account, sweep.region, None, now)
        told = blind.over(incident.id, about, since=incident.opened_at, now=now)
    for notice in told:
        await tx.outbox.put(notice, now=now)
    await put_boards(tx, account, subscriptions, None, now=now, unseen_since=sight.failing_since)


async def _respond(
    tx: Tx,
    account: Account,
    number: int,
    subscriptions: Sequence[Subscription],
    *,
    call_at: datetime,
    now: datetime,
) -> None:
    """Open a response in each place that hears of a blind account; a mute lets its calls wait."""
    incident = await tx.incidents.get(number)
    if incident is None:
        return
    heard = Heard(
        incident=incident,
        badness=Badness(rank=0, reason=incident.why),
        places=frozenset(each.place for each in subscriptions),
        paging=frozenset(each.place for each in subscriptions if each.wish.page),
    )
    await respond.hear(tx, [heard], accounts={account.name: account}, call_at=max(call_at, now), now=now)


def _period(roll: RollCall, judged: Sequence[Judged], now: datetime, *, is_wanted: bool) -> timedelta | None:
    """
    Say how soon to sweep again; None: nothing is left to look for.

    Args:
        is_wanted: something may appear in the list that nobody follows yet.
    """
    after = {one.task.id: one.now_known for one in judged}
    tasks = [after.get(task.id, task) for task in roll.live]
    period = cadence.sweep_period((task for task in tasks if not is_over(task)), now)
    if roll.error is not None:
        return cadence.SWEEP if roll.live or is_wanted else None
    return period or (cadence.SWEEP if is_wanted else None)


def _by_ref(sweep: Sweep, listed: Listing) -> dict[TaskRef, Snapshot]:
    return {
        TaskRef(account=sweep.account, region=sweep.region, task_id=task_id): seen
        for task_id, seen in listed.tasks.items()
    }


async def _put_off(tx: Tx, sweep: Sweep, until: datetime) -> None:
    await tx.sweeps.done(
        sweep, due_at=until, total=sweep.last_total, failing_since=sweep.failing_since, misses=sweep.misses
    )
