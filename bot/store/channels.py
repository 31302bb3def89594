"""
Channels: what was set for a Slack conversation, and why nothing is said there for now.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import literal, select, update

from bot.domain.subscription import ChannelSettings, Place
from bot.store.tables import ChannelRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection
    from sqlalchemy.orm import InstrumentedAttribute

UNINSTALLED: Final = "app_uninstalled"  # why a whole team is paused
ARCHIVED: Final = "is_archived"  # why a channel is paused that may come back

UNINSTALLED_KEPT: Final = timedelta(days=7)
ARCHIVED_KEPT: Final = timedelta(days=30)

FRESH: Final[dict[str, Any]] = {
    "threads": ChannelSettings().threads,
    "in_channel": ChannelSettings().in_channel,
    "digest": ChannelSettings().digest,
    "allows_shared": ChannelSettings().allows_shared,
    "user_id": "",
    "paused_why": "",
    "fence": 0,
    "is_dirty": False,
}


class Channels:
    """The channels of one transaction. A pause of a team, `Place(team, "")`, holds for all of its channels."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def settings(self, place: Place) -> ChannelSettings:
        """Read what was set; the defaults where nothing was."""
        row = (await self._connection.execute(select(ChannelRow).where(is_place(place)))).one_or_none()
        return ChannelSettings() if row is None else _settings(row)

    async def settings_of(self, team: str) -> dict[Place, ChannelSettings]:
        """Read the same for all channels of a team where anything is known; the others have the defaults."""
        rows = await self._connection.execute(select(ChannelRow).where(ChannelRow.team_id == team))
        return {Place(team=row.team_id, channel=row.channel_id): _settings(row) for row in rows if row.channel_id}

    async def set(self, place: Place, settings: ChannelSettings, *, by: str, now: datetime) -> None:
        """Set all of it."""
        await self._put(
            place,
            threads=settings.threads,
            in_channel=settings.in_channel,
            digest=settings.digest,
            allows_shared=settings.allows_shared,
            user_id=by,
            changed_at=now,
        )

    async def pause(self, place: Place, why: str, *, now: datetime) -> bool:
        """Say nothing there until `resume`; False when it was paused already, for whatever reason."""
        if await self._own_pause(place):
            return False
        await self._put(place, paused_why=why, paused_at=now)
        return True

    async def resume(self, place: Place) -> str | None:
        """End a pause; returns why it was paused, None when it was not."""
        why = await self._own_pause(place)
        if why:
            await self._connection.execute(
                update(ChannelRow).where(is_place(place)).values(paused_why="", paused_at=None)
            )
        return why or None

    async def paused(self, place: Place) -> str | None:
        """Say why nothing is said in a channel; None when it is not paused."""
        found = await self._connection.scalars(
            select(ChannelRow.paused_why)
            .where(ChannelRow.team_id == place.team, ChannelRow.channel_id.in_(["", place.channel]))
            .where(ChannelRow.paused_why != "")
            .order_by(ChannelRow.channel_id)
        )
        return found.first()

    async def expired(self, now: datetime) -> list[Place]:
        """Name what was paused so long that it is to be forgotten; a team has no channel."""
        rows = await self._connection.execute(
            select(ChannelRow.team_id, ChannelRow.channel_id)
            .where(
                ((ChannelRow.paused_why == ARCHIVED) & (ChannelRow.paused_at < now - ARCHIVED_KEPT))
                | ((ChannelRow.paused_why == UNINSTALLED) & (ChannelRow.paused_at < now - UNINSTALLED_KEPT))
            )
            .order_by(ChannelRow.team_id, ChannelRow.channel_id)
        )
        return [Place(team=row.team_id, channel=row.channel_id) for row in rows]

    async def _own_pause(self, place: Place) -> str:
        why = await self._connection.scalar(select(ChannelRow.paused_why).where(is_place(place)).with_for_update())
        return why or ""

    async def _put(self, place: Place, **values: Any) -> None:
        await self._connection.execute(
            upsert(self._connection, ChannelRow)
            .values({**FRESH, **values, "team_id": place.team, "channel_id": place.channel})
            .on_conflict_do_update(index_elements=[ChannelRow.team_id, ChannelRow.channel_id], set_=values)
        )


def is_place(place: Place) -> ColumnElement[bool]:
    """Tell a channel's row."""
    is_it: ColumnElement[bool] = (ChannelRow.team_id == place.team) & (ChannelRow.channel_id == place.channel)
    return is_it


def is_uninstalled(team: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say whether a row's team has taken the app out; the row with an empty channel stands for the team."""
    return (
        select(literal(1))
        .where(ChannelRow.team_id == team, ChannelRow.channel_id == "", ChannelRow.paused_why != "")
        .exists()
    )


def _settings(row: Any) -> ChannelSettings:
    return ChannelSettings(
        threads=row.threads, in_channel=row.in_channel, digest=row.digest, allows_shared=row.allows_shared
    )
