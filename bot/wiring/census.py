"""
Census: what a look from outside tells of the work that is shared: who holds what, what waits, what the engine has.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot import clock
from bot.domain.figures import Calling
from bot.store.claimant import Claimant
from bot.store.memory import Memory
from bot.wiring.database import dsn_of, has_no_file, nobody, opened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from bot import settings
    from bot.store.holders import Held


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What was found. `behind`: for how long something waits that nobody takes; `jobs`: empty without an engine's."""

    held: Sequence[Held] = ()
    behind: timedelta | None = None
    parked: int = 0
    calling: Calling = field(default_factory=Calling)
    jobs: Mapping[str, int] = field(default_factory=dict)


async def take_census(told: settings.Settings) -> Census:
    """
    Look; changes nothing, creates nothing. The database is one that `examine_database` found good.

    Raises:
        DatabaseTrouble: with the mend.
    """
    database, now = opened(told), clock.now()
    try:
        if has_no_file(database):
            return Census()
        claimant = Claimant(now=clock.now if database.is_postgres else None)
        async with Memory(database, wake=nobody, claimant=claimant).reading() as tx:
            census = Census(
                held=await tx.holders.held(now),
                behind=await tx.holders.behind(now),
                parked=await tx.holders.parked(),
                calling=await tx.vitals.calling(now),
            )
        if (dsn := dsn_of(database)) is None:
            return census
        from bot.queue import work  # the engine is slow to import, and files have none

        return replace(census, jobs=await work.census(dsn) if await work.is_installed(dsn) else {})
    finally:
        await database.close()
