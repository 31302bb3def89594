"""
Drills: the rehearsed outages that are under way, one for each channel at most. One that is over leaves no row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, delete, or_, select, update

from bot.domain.drill import Drill, Sent, steps_from_json, steps_to_json
from bot.domain.notice import Kind, Step
from bot.domain.subscription import Place
from bot.store.line import State
from bot.store.outbox import WITHDRAWN
from bot.store.tables import DrillRow, NoticeRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

_OVER = frozenset({State.DONE.value, State.PARKED.value, State.DROPPED.value})
_BEGUN = frozenset({State.SENDING.value, State.UNSURE.value})


class Drills:
    """The drills of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def begin(self, drill: Drill) -> int | None:
        """Keep a drill that begins; returns its number, None where one is under way already."""
        begun = upsert(self._connection, DrillRow).values(
            team_id=drill.place.team,
            channel_id=drill.place.channel,
            user_id=drill.by,
            began_at=drill.began_at,
            steps=steps_to_json(drill.steps),
        )
        made = begun.on_conflict_do_nothing().returning(DrillRow.id)
        number: int | None = (await self._connection.execute(made)).scalar_one_or_none()
        return number

    async def of_place(self, place: Place) -> Drill | None:
        """Find the drill that is under way in a channel."""
        is_there = (DrillRow.team_id == place.team) & (DrillRow.channel_id == place.channel)
        row = (await self._connection.execute(select(DrillRow).where(is_there))).one_or_none()
        return None if row is None else _drill(row)

    async def under_way(self, *, limit: int = 100) -> list[Drill]:
        """Find the drills that are under way, oldest first; not those that a newer release began."""
        rows = await self._connection.execute(
            select(DrillRow).where(DrillRow.id > 0).order_by(DrillRow.id).limit(limit)
        )
        return [drill for row in rows if (drill := _readable(row)) is not None]

    async def end(self, drill: Drill) -> bool:
        """Forget a drill that is over; False when somebody else has."""
        return (await self._connection.execute(delete(DrillRow).where(DrillRow.id == drill.id))).rowcount == 1

    async def sent(self, drill: Drill) -> dict[str, Sent]:
        """Say what has become of each of its notices, by their causes."""
        rows = await self._connection.execute(
            select(NoticeRow.cause, NoticeRow.state, NoticeRow.settled_at, NoticeRow.code).where(_is_of(drill))
        )
        return {row.cause: _sent(row) for row in rows}

    async def withdraw(self, drill: Drill, *, now: datetime, begun: bool) -> None:
        """
        Take back what was not delivered: a call that comes after the end would wake somebody for nothing.

        What may stand in the channel already as its message is left, to become the table. What is on its way to a pager
        is not sent again: what ends it goes after it.

        Args:
            begun: also what somebody was sending; only where that was so long ago that nobody does any more.
        """
        states = [State.UNSURE.value, State.SENDING.value] if begun else [State.UNSURE.value]
        is_untold = NoticeRow.state.in_([State.PENDING.value, State.PARKED.value])
        is_leaving = and_(NoticeRow.kind == Kind.CALL.value, NoticeRow.state == State.SENDING.value)
        code = case((NoticeRow.state == State.PARKED.value, NoticeRow.code), else_=WITHDRAWN)
        await self._connection.execute(
            update(NoticeRow)
            .where(_is_of(drill), or_(is_untold, is_leaving, and_(NoticeRow.card == "", NoticeRow.state.in_(states))))
            .values(state=State.DROPPED.value, settled_at=now, code=code)
        )


def _is_of(drill: Drill) -> ColumnElement[bool]:
    """Mean a drill's notices: its card by where that stands, all others by their causes, each by an index."""
    causes = [drill.cause(step) for step in drill.steps if step.step is not Step.CARD]
    cards = [drill.cause(step) for step in drill.steps if step.step is Step.CARD]
    is_card = and_(
        NoticeRow.team_id == drill.place.team,
        NoticeRow.channel_id == drill.place.channel,
        NoticeRow.created_at >= drill.began_at,
        NoticeRow.cause.in_(cards),
    )
    return or_(and_(NoticeRow.cause.in_(causes), NoticeRow.card == ""), is_card)


def _sent(row: Any) -> Sent:
    if row.state == State.DONE.value:
        return Sent(at=row.settled_at)
    return Sent(code=row.code or row.state if row.state in _OVER else "", is_begun=row.state in _BEGUN)


def _readable(row: Any) -> Drill | None:
    try:
        return _drill(row)
    except ValueError:
        return None


def _drill(row: Any) -> Drill:
    return Drill(
        id=row.id,
        place=Place(team=row.team_id, channel=row.channel_id),
        by=row.user_id,
        began_at=row.began_at,
        steps=steps_from_json(row.steps),
    )
