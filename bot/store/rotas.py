"""
Rotas: who is on call in each channel, and when the next change of shift is due.

One that cannot be read (spoilt, or of a newer release) names nobody where it is asked for, until somebody sets it anew;
where several are looked through it is passed over.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from bot.domain.rota import Rota, from_json, to_json, without
from bot.domain.subscription import Place
from bot.store import legible
from bot.store.channels import is_uninstalled
from bot.store.tables import RotaRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRota:
    """A channel's rota as it is kept."""

    place: Place
    rota: Rota
    version: int  # grows with each save
    changed_by: str  # empty when that person was forgotten
    due_at: datetime | None  # the next change of shift, or look for gaps


class Rotas:
    """The rotas of one transaction; one for each channel that has any."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, place: Place) -> KeptRota | None:
        """Find a channel's rota; one that cannot be read names nobody, and can be set anew."""
        row = (await self._connection.execute(select(RotaRow).where(_is_of(place)))).one_or_none()
        return None if row is None else _kept(row, _rota(row) or Rota())

    async def save(
        self, place: Place, rota: Rota, *, due_at: datetime | None, by: str, now: datetime, version: int
    ) -> bool:
        """
        Keep a rota on top of the version that was read, 0 where there was none.

        Returns:
            False when somebody else has saved or cleared it since: read it again.
        """
        values = {"rota": to_json(rota), "due_at": due_at, "user_id": by, "changed_at": now, "version": version + 1}
        if version:
            return await self._write(_is_of(place) & (RotaRow.version == version), **values)
        begun = upsert(self._connection, RotaRow).values(team_id=place.team, channel_id=place.channel, **values)
        return (await self._connection.execute(begun.on_conflict_do_nothing())).rowcount == 1

    async def put_off(self, kept: KeptRota, due_at: datetime | None) -> bool:
        """
        Say when a rota is next to be looked at; nobody has changed it.

        Returns:
            False when somebody has, or has looked at it already: whoever that was says what is due.
        """
        is_it = _is_of(kept.place) & (RotaRow.version == kept.version) & (RotaRow.due_at == kept.due_at)
        return await self._write(is_it, due_at=due_at)

    async def clear(self, place: Place) -> KeptRota | None:
        """Forget a channel's rota; returns what it was, as `get` does, None when there is none (any more)."""
        gone = await self._connection.execute(delete(RotaRow).where(_is_of(place)).returning(RotaRow))
        row = gone.one_or_none()
        return None if row is None else _kept(row, _rota(row) or Rota())

    async def due(self, now: datetime, *, limit: int = 100) -> list[KeptRota]:
        """Find the rotas whose shift changes or that are to be looked through for gaps, longest due first."""
        due = (
            select(RotaRow)
            .where(RotaRow.due_at <= now, ~is_uninstalled(RotaRow.team_id))
            .order_by(RotaRow.due_at, RotaRow.team_id, RotaRow.channel_id)
        )
        return await legible.first(self._connection, due, _read, limit=limit)

    async def of_user(self, team: str, user: str) -> list[KeptRota]:
        """Find a team's rotas that name a person anywhere; each of the team's is looked through."""
        is_in = RotaRow.rota.contains(f'"{user}"', autoescape=True)
        return await self._all((RotaRow.team_id == team) & is_in)

    async def leave(self, team: str, user: str, *, now: datetime) -> list[KeptRota]:
        """
        Take a person out of all of a team's rotas, which are then due at once: somebody else may be on call.

        Returns:
            The rotas as they were.
        """
        is_in = (RotaRow.team_id == team) & RotaRow.rota.contains(f'"{user}"', autoescape=True)
        rows = (await self._connection.execute(select(RotaRow).where(is_in).with_for_update())).all()
        left = [kept for row in rows if (kept := _read(row)) is not None]
        for kept in left:
            await self._write(
                _is_of(kept.place), rota=to_json(without(kept.rota, user)), due_at=now, version=kept.version + 1
            )
        return left

    async def _write(self, which: ColumnElement[bool], **values: Any) -> bool:
        return (await self._connection.execute(update(RotaRow).where(which).values(**values))).rowcount == 1

    async def _all(self, which: ColumnElement[bool]) -> list[KeptRota]:
        rows = await self._connection.execute(
            select(RotaRow).where(which).order_by(RotaRow.team_id, RotaRow.channel_id)
        )
        return [kept for row in rows if (kept := _read(row)) is not None]


def _is_of(place: Place) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = (RotaRow.team_id == place.team) & (RotaRow.channel_id == place.channel)
    return is_it


def _rota(row: Any) -> Rota | None:
    try:
        return from_json(row.rota)
    except ValueError:
        _complain(row.channel_id)
        return None


def _complain(channel: str) -> None:
    """What it says may hold anything, so that is not written down."""
    log.error("the rota of %s cannot be read: nobody is on call there", channel)


def _read(row: Any) -> KeptRota | None:
    rota = _rota(row)
    return None if rota is None else _kept(row, rota)


def _kept(row: Any, rota: Rota) -> KeptRota:
    return KeptRota(
        place=Place(team=row.team_id, channel=row.channel_id),
        rota=rota,
        version=row.version,
        changed_by=row.user_id,
        due_at=row.due_at,
    )
