"""
Groups: many tasks that turned bad at once, told as one message that is edited. Pure.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from bot.domain.notice import GroupBody, Kind, Notice
from bot.domain.text import short_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from adapters.contract import AccountName, Region
    from bot.domain.subscription import Place
    from bot.domain.task import Followed, Why

NAMED: Final = 10


def group(
    incident: int,
    members: Sequence[Followed],
    *,
    account: AccountName,
    region: Region,
    title: str,
    why: Why,
    opened_at: datetime,
    places: Iterable[Place],
    now: datetime,
) -> tuple[Notice, ...]:
    """
    Say how a group stands, to each place that follows any of it.

    Args:
        members: all that ever belonged to it, as they are now.
        title: the cloud as people call it.
        why: what happened to most of them.
    """
    bad = [member for member in members if member.known.bad_since is not None]
    body = GroupBody(
        account=account,
        region=region,
        title=title,
        total=len(members),
        still_bad=len(bad),
        names=tuple(_called(member) for member in (bad or members)[:NAMED]),
        why=why,
        at=opened_at,
        is_over=not bad,
        lasted=None if bad else now - opened_at,
    )
    cause = f"group:{incident}:{int(now.timestamp() * 1000)}"
    return tuple(
        Notice(place=place, kind=Kind.GROUP, cause=cause, body=body, incident=incident) for place in sorted(set(places))
    )


def commonest(whys: Iterable[Why]) -> Why:
    """Return what happened to most; of several that happened to as many, the first."""
    return Counter(whys).most_common(1)[0][0]


def _called(task: Followed) -> str:
    return (task.known.last.name if task.known.last is not None else "") or short_id(task.ref.task_id)
