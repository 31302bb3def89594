"""
About: what an incident is about, as it is now.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.mute import RANK
from bot.domain.page import About
from bot.domain.response import Badness
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.task import Followed
    from bot.store.incidents import Incident
    from bot.store.memory import Tx


async def tasks_of(tx: Tx, incident: Incident) -> list[Followed]:
    """Return the tasks that an incident is about, as they are now; none for a blind account."""
    if incident.scope is Scope.GROUP:
        parts = [part.task for part in await tx.incidents.of_group(incident.id) if part.task is not None]
        return await tx.tasks.by_ids(parts)
    found = None if incident.task is None else await tx.tasks.by_id(incident.task)
    return [] if found is None else [found]


async def about(tx: Tx, incident: Incident, accounts: Mapping[AccountName, Account]) -> About:
    """Say what an incident is about, as it is now."""
    account = accounts.get(incident.account)
    said = About(
        account=incident.account,
        region=incident.region,
        title=incident.account if account is None else account.title,
        opened_at=incident.reopened_at or incident.opened_at,
        why=incident.why,
    )
    if incident.scope is Scope.ACCOUNT:
        return said
    members = await tasks_of(tx, incident)
    bad = [member for member in members if member.known.bad_since is not None]
    if incident.scope is Scope.GROUP:
        return replace(said, group=incident.id, count=len(bad))
    if not members:
        return said
    (task,) = members
    return replace(
        said,
        task=task.id,
        task_id=task.ref.task_id,
        name=name_of(task),
        state=task.known.state,
        why=incident.why if task.known.bad_why is None else task.known.bad_why.value,
        reason=badness(members).reason.split("\n")[0],
    )


def badness(tasks: Iterable[Followed]) -> Badness:
    """Say how bad some tasks are together: the worst of them, and what is said of those."""
    worst = Badness(rank=0)
    for task in tasks:
        known = task.known
        if known.bad_since is not None and known.state is not None:
            reason = known.last.reason if known.last is not None and known.last.state is known.state else ""
            worst = worst.with_(Badness(rank=RANK.get(known.state, 0), reason=reason))
    return worst


def name_of(task: Followed) -> str:
    """Return what the cloud calls a task; empty where it has no name."""
    return "" if task.known.last is None else task.known.last.name
