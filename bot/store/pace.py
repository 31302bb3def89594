"""
The pace row: who may send when, agreed between all processes that share a database.

A slot is reserved by one UPDATE … RETURNING: slots lie evenly, an interval apart, on the database's own clock, so
neither a burst nor clocks that differ between machines can break a vendor's limit. The statements are in `gcra`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.domain.pace import Later, Slot
from bot.domain.turn import Urgency
from bot.store.gcra import Statements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, Executable
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.pace import LaneName, Terms, Turn
    from bot.store.database import Database

PaceClock: TypeAlias = "ColumnElement[float]"  # seconds since 1970, as a SQL expression


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSeen:
    """What a pace row says now."""

    interval_s: float  # between two slots
    throttled_for_s: float  # how long nothing will be granted


class Paces:
    """
    The pace rows of a database that has been upgraded.

    Args:
        clock: what to read the time from, by default the database's own clock; tests move it.

    Every method raises `DatabaseUnavailable` where the database does not answer.
    """

    def __init__(self, database: Database, *, clock: PaceClock | None = None) -> None:
        self._database = database
        statements = Statements(postgres=database.is_postgres, clock=clock)
        self._reserve = {urgency: statements.reserve(urgency) for urgency in Urgency}
        self._wait = {urgency: statements.wait(urgency) for urgency in Urgency}
        self._charge = statements.charge()
        self._throttle = statements.throttle()
        self._look = statements.look()
        self._create = statements.create()
        self._is_ahead = statements.is_ahead()
        self._set_back = statements.set_back()

    async def reserve(self, lane: LaneName, terms: Terms) -> Turn:
        """Reserve the next slot if it lies within the horizon of `terms`, or say how long that takes."""
        given = _given(lane, terms)
        async with self._database.writing() as connection:
            wait_s = await _value(connection, self._reserve[terms.urgency], given)
            if wait_s is None and await self._was_put_right(connection, given):
                wait_s = await _value(connection, self._reserve[terms.urgency], given)
            if wait_s is None:
                return await self._later(connection, given, terms.urgency)
            return Slot(wait_s=max(wait_s, 0.0))

    async def charge(self, lane: LaneName, terms: Terms) -> Turn:
        """
        Charge people's half for a slot that was reserved for the beat and is to go to a person.

        Args:
            terms: a person's.

        Returns:
            `Slot`, due now, when it is charged; `Later` when people have had their half: the beat keeps its slot.
        """
        given = _given(lane, terms)
        async with self._database.writing() as connection:
            if await _value(connection, self._charge, given) is None:
                return await self._later(connection, given, terms.urgency)
            return Slot(wait_s=0.0)

    async def throttle(self, lane: LaneName, terms: Terms, pause_s: float) -> None:
        """
        Halve the rate for every process, and grant nothing for `pause_s`, at most `terms.longest_pause_s`.

        A throttle during such a pause only prolongs it: the requests that were under way together are one event.
        """
        given = _given(lane, terms) | {"pause_s": pause_s}
        async with self._database.writing() as connection:
            await connection.execute(self._create, given)
            await connection.execute(self._throttle, given)

    async def look(self, lane: LaneName) -> PaceSeen | None:
        """Read a row; None when nobody has asked for a slot yet."""
        async with self._database.reading() as connection:
            row = (await connection.execute(self._look, _key(lane))).one_or_none()
        if row is None:
            return None
        interval_s, throttled_for_s = row
        return PaceSeen(interval_s=interval_s, throttled_for_s=max(throttled_for_s, 0.0))

    async def _was_put_right(self, connection: AsyncConnection, given: Mapping[str, Any]) -> bool:
        """Make the row where there is none, set it back where it lies in the future; say whether it was either."""
        is_ahead = await _value(connection, self._is_ahead, given)
        if is_ahead is None:
            await connection.execute(self._create, given)
        elif is_ahead:
            await connection.execute(self._set_back, given)
        return is_ahead is None or is_ahead

    async def _later(self, connection: AsyncConnection, given: Mapping[str, Any], urgency: Urgency) -> Later:
        return Later(wait_s=max(await _value(connection, self._wait[urgency], given) or 0.0, 0.0))


async def _value(connection: AsyncConnection, statement: Executable, given: Mapping[str, Any]) -> Any | None:
    return (await connection.execute(statement, given)).scalar_one_or_none()


def _key(lane: LaneName) -> dict[str, Any]:
    return {"key_provider": lane.provider, "key_budget": lane.budget, "key_api": lane.api}


def _given(lane: LaneName, terms: Terms) -> dict[str, Any]:
    return _key(lane) | {
        "set_interval_s": terms.interval_s,
        "slowest_s": terms.slowest_s,
        "longest_pause_s": terms.longest_pause_s,
        "growth": terms.growth,
        "horizon_s": terms.horizon_s,
        "people_cost": terms.people_cost,
        "people_depth_s": terms.people_depth_s,
    }
