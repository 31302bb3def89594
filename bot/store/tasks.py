"""
Tasks: what is followed, what is known of it, and when it is read by itself.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, delete, func, or_, select, tuple_, update

from adapters.contract import Plan, TaskRef
from bot.domain.task import Followed, Known
from bot.store import codec
from bot.store.batches import batches, gulps
from bot.store.cards import of_task
from bot.store.subscriptions import Subscriptions
from bot.store.tables import CardRow, ChangeRow, IncidentRow, NameRow, ResponseRow, TaskRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from adapters.contract import AccountName, Region, TaskId
    from bot.domain.subscription import Place

KEPT: Final = timedelta(days=30)  # a task that nobody follows any more
SHORTEST_FRAGMENT: Final = 4  # signs of an id that tell a channel's task

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What is to be remembered of a task from now on, and when it is read by itself (None: a list sweep brings it)."""

    task: Followed
    known: Known
    due_at: datetime | None


class Tasks:
    """The tasks of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def follow(self, ref: TaskRef, *, provider: str, known: Known, due_at: datetime | None) -> Followed:
        """
        Make the row of a task, or return the one that is there.

        A task that nobody followed for a while starts afresh with `known`: what was known of it then is no measure.
        """
        begun = upsert(self._connection, TaskRow).values({**_fresh(ref, provider, known), "due_at": due_at})
        anew = {
            name: begun.excluded[name] for name in ("provider", "name", "plan_start", "plan_end", "known", "due_at")
        }
        made = await self._connection.execute(
            begun.on_conflict_do_update(
                index_elements=[TaskRow.account, TaskRow.task_id, TaskRow.region],
                set_={**anew, "version": TaskRow.version + 1, "unfollowed_at": None},
                where=TaskRow.unfollowed_at.is_not(None),
            ).returning(TaskRow)
        )
        row = made.one_or_none()
        return _followed(row) if row is not None else await self._one(_is(ref))

    async def note(self, ref: TaskRef, *, provider: str, known: Known, now: datetime) -> Followed:
        """Make the row of a task that nobody follows (somebody gives it a name), or return the one that is there."""
        await self._connection.execute(
            upsert(self._connection, TaskRow)
            .values({**_fresh(ref, provider, known), "unfollowed_at": now})
            .on_conflict_do_nothing()
        )
        return await self._one(_is(ref))

    async def get(self, ref: TaskRef) -> Followed | None:
        """Find a task that is remembered, followed or not."""
        return next(iter(await self._all(_is(ref))), None)

    async def by_id(self, task: int) -> Followed | None:
        """Find a task by the store's own id."""
        return next(iter(await self._all(TaskRow.id == task)), None)

    async def by_ids(self, tasks: Sequence[int]) -> list[Followed]:
        """Find tasks by the store's own ids; those that are gone are left out."""
        return [task for batch in batches(tasks) for task in await self._all(TaskRow.id.in_(batch))]

    async def of_region(self, account: AccountName, region: Region) -> list[Followed]:
        """Find all followed tasks that one sweep sees."""
        return await self._all(
            (TaskRow.account == account) & (TaskRow.region == region) & TaskRow.unfollowed_at.is_(None)
        )

    async def of_id(self, account: AccountName, task_id: TaskId) -> list[Followed]:
        """Find the followed tasks with a vendor's id in whatever region: what a callback names."""
        return await self._all(
            (TaskRow.account == account) & (TaskRow.task_id == task_id) & TaskRow.unfollowed_at.is_(None)
        )

    async def called(self, name: str) -> list[Followed]:
        """Find the followed tasks that a cloud calls exactly so."""
        return await self._all((TaskRow.name == name) & TaskRow.unfollowed_at.is_(None))

    async def alike(self, account: AccountName, destinations: Iterable[str]) -> dict[str, list[Followed]]:
        """Find the followed tasks of an account that push where another does, by the hash of each such destination."""
        found: dict[str, list[Followed]] = {}
        for batch in batches(sorted({*destinations} - {""})):
            which = TaskRow.destination_hash.in_(batch) & (TaskRow.account == account) & TaskRow.unfollowed_at.is_(None)
            shared = select(TaskRow.destination_hash).where(which).group_by(TaskRow.destination_hash)
            for row in await self._rows(which & TaskRow.destination_hash.in_(shared.having(func.count() > 1))):
                found.setdefault(row.destination_hash, []).append(_followed(row))
        return found

    async def of_place(self, place: Place) -> list[Followed]:
        """Find all followed tasks that a channel's subscriptions cover."""
        wishes = [subscription.wish for subscription in await Subscriptions(self._connection).of_place(place)]
        reach = [
            (TaskRow.account == wish.account)
            & (or_(TaskRow.task_id == wish.task) if wish.task is not None else TaskRow.task_id.is_not(None))
            for wish in wishes
        ]
        if not reach:
            return []
        rows = await self._rows(or_(*reach) & TaskRow.unfollowed_at.is_(None))
        return [_followed(row) for row in rows if any(wish.covers(_ref(row), row.name) for wish in wishes)]

    async def find(self, place: Place, fragment: str) -> list[Followed]:
        """Find the channel's tasks whose id holds the fragment; none for fewer than four signs."""
        if len(fragment) < SHORTEST_FRAGMENT:
            return []
        return [task for task in await self.of_place(place) if fragment in task.ref.task_id]

    async def due(self, now: datetime, *, lease: timedelta, limit: int) -> list[Followed]:
        """
        Claim tasks that are to be read by themselves, longest due first.

        The claim is that `due_at` moves forward by the lease, in the same statement; nobody else gets them until then.
        """
        ripe = (
            select(TaskRow.id)
            .where(TaskRow.due_at <= now)
            .order_by(TaskRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("ripe")  # its own step: as a plain subquery PostgreSQL may run it, and lock rows, more than once
        )
        claimed = await self._connection.execute(
            update(TaskRow).where(TaskRow.id.in_(select(ripe.c.id))).values(due_at=now + lease).returning(TaskRow)
        )
        return [_followed(row) for row in claimed]

    async def rewind(self, now: datetime) -> None:
        """Let none be due later than now: the clock has stepped back, and they would wait for it to come again."""
        await self._connection.execute(update(TaskRow).where(TaskRow.due_at > now).values(due_at=now))

    async def give_back(self, tasks: Sequence[Followed], *, now: datetime) -> None:
        """Give up claims before their end: the tasks are due again, but for those that somebody wrote meanwhile."""
        for task in sorted(tasks, key=lambda task: task.id):  # whoever locks the same rows does it in the same order
            await self._connection.execute(
                update(TaskRow)
                .where(TaskRow.id == task.id, TaskRow.version == task.version, TaskRow.due_at == task.due_at)
                .values(due_at=now)
            )

    async def has_due(self, account: AccountName, region: Region) -> bool:
        """Say whether any of a region's tasks is read by itself, now or some time."""
        found = await self._connection.scalar(select(TaskRow.id).where(_is_due_in(account, region)).limit(1))
        return found is not None

    async def count_due(self, account: AccountName, region: Region) -> int:
        """Count them; takes as long as there are many: for rare questions only."""
        counted = select(func.count()).select_from(TaskRow).where(_is_due_in(account, region))
        return await self._connection.scalar(counted) or 0

    async def hasten(self, task: int, *, at: datetime) -> None:
        """
        Make a followed task due: something hints that it changed.

        A read that is under way may be older than the hint: what it says will not be saved.
        """
        await self._connection.execute(
            update(TaskRow)
            .where(TaskRow.id == task, TaskRow.unfollowed_at.is_(None))
            .where(or_(TaskRow.due_at.is_(None), TaskRow.due_at > at))
            .values(due_at=at, version=TaskRow.version + 1)
        )

    async def looked_at(self, refs: Collection[TaskRef], at: datetime) -> None:
        """Remember when people last asked for tasks; of those that are not remembered nothing is written."""
        for batch in batches([(ref.account, ref.region, ref.task_id) for ref in refs]):
            found = (
                select(TaskRow.id)
                .where(tuple_(TaskRow.account, TaskRow.region, TaskRow.task_id).in_(batch))
                .order_by(TaskRow.id)  # whoever locks the same rows does it in the same order
                .with_for_update()
            )
            tasks = (await self._connection.scalars(found)).all()
            await self._connection.execute(update(TaskRow).where(TaskRow.id.in_(tasks)).values(looked_at=at))

    async def save(self, task: Followed, known: Known, *, due_at: datetime | None) -> bool:
        """Remember what a read came to; False when somebody wrote meanwhile: read it again before judging."""
        return not await self.save_all([Next(task=task, known=known, due_at=due_at)])

    async def save_all(self, reads: Sequence[Next]) -> frozenset[int]:
        """
        Remember what many reads came to.

        Returns:
            The ids of those that were not saved, because somebody else wrote them since they were read: nothing may be
            said of these.
        """
        stale: set[int] = set()
        for batch in batches(reads):
            stale |= await self._save(batch)
        return frozenset(stale)

    async def drop(self, task: int) -> None:
        """Forget a task with its history; what is in the outbox of it is still said."""
        await self.drop_all([task])

    async def drop_all(self, tasks: Sequence[int]) -> Counter[str]:
        """Forget many tasks with their history; says how many rows of which table that were."""
        erased: Counter[str] = Counter()
        for batch in batches(tasks):
            subjects = [of_task(task) for task in batch]
            for column, values in (
                (TaskRow.id, batch),
                (ChangeRow.task, batch),
                (ResponseRow.incident, select(IncidentRow.id).where(IncidentRow.task.in_(batch))),
                (IncidentRow.task, batch),
                (NameRow.task, batch),
                (CardRow.subject, subjects),
            ):
                done = await self._connection.execute(delete(column.class_).where(column.in_(values)))
                erased[column.class_.__tablename__] += done.rowcount
        return +erased

    async def unfollowed(self, before: datetime) -> list[int]:
        """Name the tasks that nobody has followed since then; one with a short name stays while it may still run."""
        which = TaskRow.unfollowed_at < before
        found = await self._connection.execute(select(TaskRow.id, TaskRow.task_id, TaskRow.known).where(which))
        rows = found.all()
        named = {
            task
            for batch in batches([row.id for row in rows])
            for task in await self._connection.scalars(select(NameRow.task).where(NameRow.task.in_(batch)))
        }
        return [row.id for row in rows if row.id not in named or _known(row).ended_at is not None]

    async def trim(self, now: datetime) -> None:
        """Forget what nobody has followed for 30 days."""
        await self.drop_all(await self.unfollowed(now - KEPT))

    async def _save(self, reads: Sequence[Next]) -> set[int]:
        wanted = {read.task.id: read for read in reads}
        current = await self._connection.execute(
            select(TaskRow.id, TaskRow.version)
            .where(TaskRow.id.in_(wanted), TaskRow.unfollowed_at.is_(None))
            .order_by(TaskRow.id)  # whoever locks the same rows does it in the same order
            .with_for_update()
        )
        fresh = {row.id for row in current if row.version == wanted[row.id].task.version}
        for rows in gulps(_values(wanted[task]) for task in sorted(fresh)):
            await self._connection.execute(_SAVE, rows)
        return wanted.keys() - fresh

    async def _one(self, which: ColumnElement[bool]) -> Followed:
        return _followed((await self._connection.execute(select(TaskRow).where(which))).one())

    async def _all(self, which: ColumnElement[bool]) -> list[Followed]:
        return [_followed(row) for row in await self._rows(which)]

    async def _rows(self, which: ColumnElement[bool]) -> Sequence[Any]:
        return (await self._connection.execute(select(TaskRow).where(which).order_by(TaskRow.id))).all()


def _or_kept(name: str, kept: Any) -> ColumnElement[str]:
    """A task that is gone has neither name nor destination; what it had is worth keeping."""
    return func.coalesce(func.nullif(bindparam(name), ""), kept)


_ANEW: Final = ("provider", "name", "destination_hash", "plan_start", "plan_end", "known", "due_at")

_SAVE: Final = (
    update(TaskRow.__table__)  # type: ignore[arg-type] # a declarative class's table is typed as any FROM clause
    .where(TaskRow.id == bindparam("row"))
    .values(
        known=bindparam("new_known"),
        due_at=bindparam("new_due_at"),
        name=_or_kept("new_name", TaskRow.name),
        destination_hash=_or_kept("new_destination_hash", TaskRow.destination_hash),
        plan_start=bindparam("new_plan_start"),
        plan_end=bindparam("new_plan_end"),
        version=TaskRow.version + 1,
    )
)


def _values(read: Next) -> dict[str, Any]:
    last = read.known.last
    plan = last.plan if last is not None and last.plan != Plan() else read.task.plan
    return {
        "row": read.task.id,
        "new_known": codec.write_known(read.known),
        "new_due_at": read.due_at,
        "new_name": _name(read.known),
        "new_destination_hash": "" if last is None else last.destination_hash,
        "new_plan_start": plan.start,
        "new_plan_end": plan.end,
    }


def _name(known: Known) -> str:
    """PostgreSQL keeps no NUL in a text, and one task's odd name must not keep its whole region from being saved."""
    return "" if known.last is None else known.last.name.replace("\0", "")


def _fresh(ref: TaskRef, provider: str, known: Known) -> dict[str, Any]:
    plan = known.last.plan if known.last is not None else Plan()
    return {
        "account": ref.account,
        "region": ref.region,
        "task_id": ref.task_id,
        "provider": provider,
        "name": _name(known),
        "destination_hash": "" if known.last is None else known.last.destination_hash,
        "plan_start": plan.start,
        "plan_end": plan.end,
        "known": codec.write_known(known),
        "version": 1,
        "due_at": None,
        "unfollowed_at": None,
    }


def _is_due_in(account: AccountName, region: Region) -> ColumnElement[bool]:
    is_due: ColumnElement[bool] = (
        (TaskRow.account == account) & (TaskRow.region == region) & TaskRow.due_at.is_not(None)
    )
    return is_due


def _is(ref: TaskRef) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = (
        (TaskRow.account == ref.account) & (TaskRow.region == ref.region) & (TaskRow.task_id == ref.task_id)
    )
    return is_it


def _ref(row: Any) -> TaskRef:
    return TaskRef(account=row.account, region=row.region, task_id=row.task_id)


def _known(row: Any) -> Known:
    """One row that cannot be read costs only itself: its task is looked at as if for the first time."""
    try:
        return codec.read_known(row.known)
    except ValueError:
        _complain(row.task_id, row.known)
        return Known()


@lru_cache(maxsize=1024)
def _complain(task: TaskId, _known: str) -> None:
    """Say it once for as long as it stands there; what it says may hold anything, so that is not written down."""
    log.error("what is known of task %s cannot be read; it is looked at as if for the first time", task)


def _followed(row: Any) -> Followed:
    return Followed(
        id=row.id,
        ref=_ref(row),
        provider=row.provider,
        known=_known(row),
        plan=Plan(start=row.plan_start, end=row.plan_end),
        due_at=row.due_at,
        looked_at=row.looked_at,
        version=row.version,
    )
