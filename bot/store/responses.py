"""
Responses: what each channel does about an incident. Each row is a timer; who saves on top of what was read, fires it.

One that cannot be read (spoilt, or of a newer release) is passed over wherever it is asked for: it stops no other.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from bot.domain.response import Badness, Due, Response, policy_from_json, policy_to_json, without
from bot.domain.subscription import Place
from bot.store import legible
from bot.store.batches import batches
from bot.store.channels import is_uninstalled
from bot.store.tables import IncidentRow, ResponseRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.response import Policy

log = logging.getLogger(__name__)


class Responses:
    """The responses of one transaction; lists are oldest first."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def open(self, response: Response) -> int | None:
        """
        Keep a new response; its `id` is not looked at.

        Returns:
            Its id; None when the place has one to this incident already, open or closed.
        """
        opened = await self._connection.execute(
            upsert(self._connection, ResponseRow)
            .values(**_key(response), **_values(response), version=response.version)
            .on_conflict_do_nothing()
            .returning(ResponseRow.id)
        )
        number: int | None = opened.scalar_one_or_none()
        return number

    async def get(self, response: int) -> Response | None:
        """Find a response by its id."""
        return next(iter(await self._all(ResponseRow.id == response)), None)

    async def hold(self, response: int) -> Response | None:
        """Find a response by its id, and let nobody else save it until the transaction ends."""
        rows = await self._connection.execute(select(ResponseRow).where(ResponseRow.id == response).with_for_update())
        return next(map(_response, rows), None)

    async def of_incident(self, incident: int) -> list[Response]:
        """Find all responses to an incident, open or closed."""
        return await self._all(ResponseRow.incident == incident)

    async def of_incidents(self, incidents: Iterable[int]) -> list[Response]:
        """Find all responses to several incidents, open or closed."""
        return [
            response
            for batch in batches(sorted(set(incidents)))
            for response in await self._all(ResponseRow.incident.in_(batch))
        ]

    async def open_of_place(self, place: Place) -> list[Response]:
        """Find what a channel is at."""
        return await self._all(is_of(place) & ResponseRow.closed_at.is_(None))

    async def open_to(self, place: Place, *, task: int) -> Response | None:
        """Find what a channel is at about a task."""
        its = select(IncidentRow.id).where(IncidentRow.task == task, IncidentRow.closed_at.is_(None))
        is_open = is_of(place) & ResponseRow.closed_at.is_(None) & ResponseRow.incident.in_(its)
        return next(iter(await self._all(is_open)), None)

    async def of_place(self, place: Place, *, incident: int) -> Response | None:
        """Find a channel's response to an incident, open or closed."""
        return next(iter(await self._all(is_of(place) & (ResponseRow.incident == incident))), None)

    async def due(self, now: datetime, *, limit: int = 100) -> list[Response]:
        """Find the responses of which something is due, longest due first; none of a team that took the app out."""
        due = (
            select(ResponseRow)
            .where(ResponseRow.due_at <= now, ~is_uninstalled(ResponseRow.team_id))
            .order_by(ResponseRow.due_at, ResponseRow.id)
        )
        return await legible.first(self._connection, due, _read, limit=limit)

    async def due_later(self, now: datetime) -> list[Response]:
        """Find the responses of which something is due after an instant."""
        return await self._all(ResponseRow.due_at > now)

    async def save(self, response: Response) -> bool:
        """
        Keep a response on top of the version that was read; what is kept has the next one.

        Returns:
            False when somebody else has saved it since: read it again, and judge anew.
        """
        saved = await self._connection.execute(
            update(ResponseRow)
            .where(ResponseRow.id == response.id, ResponseRow.version == response.version)
            .values(**_values(response), version=response.version + 1)
        )
        return saved.rowcount == 1

    async def move(self, response: Response, incident: int) -> bool:
        """
        Let what was begun about one incident go on about another, to which the place has no response yet.

        Outside pagers go on knowing it by the one that they were called for.
        """
        moved = await self._connection.execute(
            update(ResponseRow)
            .where(ResponseRow.id == response.id, ResponseRow.version == response.version)
            .values(incident=incident, known_by=response.known_by or response.incident, version=response.version + 1)
        )
        return moved.rowcount == 1

    async def leave(self, team: str, user: str, *, now: datetime) -> list[Response]:
        """Take a person out of all of a team's responses; returns those that named them, as they were."""
        named = (ResponseRow.acked_by, ResponseRow.snoozed_by, ResponseRow.assigned_to)
        held = (ResponseRow.policy.contains(f'"{user}"', autoescape=True), ResponseRow.called.contains(user))
        is_in = or_(*(column == user for column in named), *held)
        rows = await self._connection.execute(
            select(ResponseRow).where(ResponseRow.team_id == team, is_in).order_by(ResponseRow.id).with_for_update()
        )
        found = [response for row in rows if (response := _read(row)) is not None]
        left = [response for response in found if without(response, user, now) != response]
        for response in left:
            await self.save(without(response, user, now))
        return left

    async def trim(self, before: datetime) -> None:
        """Forget the responses to incidents that ended earlier; those are to be forgotten after them."""
        ended = select(IncidentRow.id).where(IncidentRow.closed_at < before)
        await self._connection.execute(delete(ResponseRow).where(ResponseRow.incident.in_(ended)))

    async def _all(self, which: ColumnElement[bool]) -> list[Response]:
        rows = await self._connection.execute(select(ResponseRow).where(which).order_by(ResponseRow.id))
        return [response for row in rows if (response := _read(row)) is not None]


def is_of(place: Place) -> ColumnElement[bool]:
    """Tell a channel's rows."""
    is_it: ColumnElement[bool] = (ResponseRow.team_id == place.team) & (ResponseRow.channel_id == place.channel)
    return is_it


def _key(response: Response) -> dict[str, Any]:
    return {
        "incident": response.incident,
        "team_id": response.place.team,
        "channel_id": response.place.channel,
    }


def _values(response: Response) -> dict[str, Any]:
    return {
        "opened_at": response.opened_at,
        "pages": response.pages,
        "policy": policy_to_json(response.policy),
        "rank": response.badness.rank,
        "reason": response.badness.reason,
        "step": response.step,
        "attempt": response.attempt,
        "due_at": response.due_at,
        "due": "" if response.due is None else response.due.value,
        "leader": response.leader,
        "acked_by": response.acked_by,
        "acked_at": response.acked_at,
        "ack_until": response.ack_until,
        "snoozed_by": response.snoozed_by,
        "assigned_to": response.assigned_to,
        "worsened": response.worsened,
        "called": ",".join(response.called),
        "calls": ",".join(map(str, response.calls)),
        "known_by": response.known_by,
        "closed_at": response.closed_at,
        "closed_why": response.closed_why,
    }


@lru_cache(maxsize=256)
def _policy(text: str) -> Policy:
    """A channel's responses mostly have the same."""
    return policy_from_json(text)


def _read(row: Any) -> Response | None:
    try:
        return _response(row)
    except ValueError:
        _complain(row.id, row.channel_id)
        return None


def _complain(response: int, channel: str) -> None:
    """What it says may hold anything, so that is not written down."""
    log.error("response %d in %s cannot be read: nobody is called for it", response, channel)


def _response(row: Any) -> Response:
    return Response(
        id=row.id,
        incident=row.incident,
        place=Place(team=row.team_id, channel=row.channel_id),
        opened_at=row.opened_at,
        pages=row.pages,
        policy=_policy(row.policy),
        badness=Badness(rank=row.rank, reason=row.reason),
        version=row.version,
        step=row.step,
        attempt=row.attempt,
        due_at=row.due_at,
        due=Due(row.due) if row.due else None,
        leader=row.leader,
        acked_by=row.acked_by,
        acked_at=row.acked_at,
        ack_until=row.ack_until,
        snoozed_by=row.snoozed_by,
        assigned_to=row.assigned_to,
        worsened=row.worsened,
        called=tuple(row.called.split(",")) if row.called else (),
        calls=tuple(int(step) for step in row.calls.split(",")) if row.calls else (),
        known_by=row.known_by,
        closed_at=row.closed_at,
        closed_why=row.closed_why,
    )
