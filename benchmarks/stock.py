"""
What a database holds that many follow for long: tasks that run as they did, and who follows them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from adapters.contract import Snapshot, TaskState
from bot.domain.task import Known
from bot.store.codec import write_known

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapters.contract import TaskId
    from bot.store.database import Database
    from bot.store.tables import SubscriptionRow, SweepRow, TaskRow

AT_ONCE: Final = 5_000  # rows in a statement


def ingest(task: TaskId, now: datetime) -> Snapshot:
    """What Tencent says of a task that runs."""
    return Snapshot(task_id=task, state=TaskState.RUNNING, taken_at=now, raw="InProgress")


def task_row(account: str, region: str, last: Snapshot, *, provider: str, due_at: datetime | None) -> dict[str, Any]:
    """A task that has run for an hour, as its row."""
    known = Known(state=TaskState.RUNNING, since=last.taken_at - timedelta(hours=1), last=last, was_running=True)
    return {
        "account": account,
        "region": region,
        "task_id": last.task_id,
        "provider": provider,
        "name": last.name,
        "destination_hash": last.destination_hash,
        "plan_start": last.plan.start,
        "plan_end": last.plan.end,
        "known": write_known(known),
        "version": 1,
        "due_at": due_at,
    }


def subscription_row(team: str, channel: str, account: str, task: str, *, now: datetime) -> dict[str, Any]:
    """A channel that follows one task."""
    return {
        "team_id": team,
        "channel_id": channel,
        "account": account,
        "region": "",
        "task": task,
        "matching": "",
        "only_states": "",
        "until_at": None,
        "thread_ts": "",
        "user_id": "U0ANN",
        "created_at": now,
    }


def sweep_row(account: str, region: str, *, due_at: datetime) -> dict[str, Any]:
    """A region's beat, after one that saw everything."""
    return {"account": account, "region": region, "due_at": due_at, "fence": 0, "misses": 0, "done_at": due_at}


async def store(
    database: Database, table: type[TaskRow | SubscriptionRow | SweepRow], rows: Iterable[dict[str, Any]]
) -> None:
    """Write many rows."""
    rows = list(rows)
    async with database.writing() as connection:
        for start in range(0, len(rows), AT_ONCE):
            await connection.execute(insert(table), rows[start : start + AT_ONCE])
