"""
Pages: what goes out when a response calls somebody, and what follows a call. Pure.

Each page is a notice of its own place: the channel, each person called, each outside pager. None waits for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.notice import Kind, Notice, PageBody
from bot.domain.response import Act, Because
from bot.domain.subscription import Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from adapters.contract import AccountName, Region, TaskId, TaskState
    from bot.domain.response import Call, Response

PAGER: Final = "pager:"  # what the places outside Slack are called


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an incident is about, as it is now."""

    account: AccountName
    region: Region
    title: str  # the cloud as people call it
    opened_at: datetime
    why: str  # a `Why`; of a blind account the error's name
    task: int | None = None  # the store's id; None for a group or a blind account
    group: int | None = None  # the incident whose message the channel has; None for a task or a blind account
    task_id: TaskId | None = None
    name: str = ""
    state: TaskState | None = None
    reason: str = ""
    count: int = 1  # tasks


def pager(team: str, name: str) -> Place:
    """Name the place of an outside pager."""
    return Place(team=team, channel=f"{PAGER}{name}")


def dedup_key(incident: int, step: int) -> str:
    """Name what an outside pager holds open: whoever sends it a second time changes nothing."""
    return f"relaybot:{incident}:{step}"


def pages(
    call: Call, response: Response, about: About, *, pagers: Iterable[Place], with_: int = 0, now: datetime
) -> tuple[Notice, ...]:
    """
    Compose what a call puts into the outbox.

    Args:
        response: as it is saved, on top of the version that it carries.
        pagers: of a trigger those of the place; of what follows one, those that were triggered.
        with_: how many other tasks it calls for.
    """
    body = PageBody(
        act=call.act.value,
        incident=response.incident,
        response=response.id,
        version=response.version + 1,
        step=call.step,
        attempt=call.attempt,
        dedup_key=dedup_key(response.known_by or response.incident, call.step),
        mentions=call.found.mentions,
        channel=response.place.channel,
        account=about.account,
        region=about.region,
        title=about.title,
        name=about.name,
        task_id=about.task_id,
        state=about.state,
        why=about.why,
        reason=about.reason,
        because=call.because.value,
        opened_at=about.opened_at,
        at=now,
        late=call.late,
        count=about.count + with_,
        skipped=call.skipped,
        by=call.by,
    )
    return tuple(
        Notice(
            place=place,
            kind=kind,
            cause=_cause(call, response),
            body=body,
            task=about.task,
            incident=about.group,
            response=response.id,
            user=user,
        )
        for kind, place, user in _places(call, response, pagers)
    )


def _places(call: Call, response: Response, pagers: Iterable[Place]) -> Iterable[tuple[Kind, Place, str]]:
    team = response.place.team
    people = [(Kind.DIRECT, Place(team=team, channel=user), user) for user in dict.fromkeys(call.found.people)]
    if call.because is Because.ASSIGNED:  # the channel hears who gave it to whom, in a line
        return people
    outside = [(Kind.CALL, place, "") for place in sorted(set(pagers))]
    if call.act is Act.TRIGGER:
        return [(Kind.PAGE, response.place, ""), *people, *outside]
    return [(Kind.PAGE, response.place, ""), *people] if call.act is Act.REMIND else outside


def _cause(call: Call, response: Response) -> str:
    """Name it also by the version that it makes: a level may be called anew, by other levels than before."""
    if call.act is Act.TRIGGER and call.because is not Because.ASSIGNED:
        return f"page:{response.id}:{call.step}.{call.attempt}:{response.version + 1}"
    what = call.because if call.because is Because.ASSIGNED else call.act
    return f"page:{response.id}:{what}:{call.step}:{response.version + 1}"
