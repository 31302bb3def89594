"""
Chronicle: what happened to a task is written down: changes, incidents, and when it could not be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.incident import Course, course
from bot.domain.task import Why

if TYPE_CHECKING:
    from bot.domain.task import Followed, News, Verdict
    from bot.store.incidents import Incident
    from bot.store.memory import Tx


async def write_down(tx: Tx, task: Followed, verdict: Verdict, *, group: int | None) -> Incident | None:
    """
    Write down all news of a verdict.

    Args:
        group: the incident of many that this task's incident is a part of.

    Returns:
        The task's newest incident as it is then, open or closed; None where there is none, or nothing is new.
    """
    newest = await tx.incidents.latest(task.id) if verdict.news else None
    for news in verdict.news:
        change = await tx.changes.add(task.id, news)
        await _sight(tx, task, verdict, news)
        newest = await _incident(tx, task, news, newest, change=change, group=group)
    return newest


async def _sight(tx: Tx, task: Followed, verdict: Verdict, news: News) -> None:
    ref = task.ref
    if news.why is Why.UNSEEN:
        await tx.blind.begin(ref.account, ref.region, ref.task_id, verdict.known.unseen_since or news.at)
    elif news.why is Why.SEEN_AGAIN:
        await tx.blind.end(ref.account, ref.region, ref.task_id, news.at)


async def _incident(
    tx: Tx, task: Followed, news: News, newest: Incident | None, *, change: int, group: int | None
) -> Incident | None:
    """Let a news do to the task's newest incident what it does; returns the newest as it is then."""
    number = None if newest is None else newest.id
    what = course(
        at=news.at,
        is_bad=news.is_bad,
        closes=news.closes,
        is_open=newest is not None and newest.closed_at is None,
        closed_at=None if newest is None else newest.closed_at,
    )
    if what is None:
        return newest
    if what is Course.OPEN or number is None:
        number = await tx.incidents.open(
            account=task.ref.account,
            region=task.ref.region,
            task=task.id,
            opened_at=news.at,
            why=news.why,
            change=change,
            part_of=group,
        )
    elif what is Course.CLOSE:
        await tx.incidents.close(number, news.at, news.why)
    elif what is Course.REOPEN:
        await tx.incidents.reopen(number, news.at, part_of=group)
    elif group is not None:
        await tx.incidents.join(number, group)
    return None if number is None else await tx.incidents.get(number)
