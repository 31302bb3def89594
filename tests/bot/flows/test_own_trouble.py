"""
What is wrong with ourselves is said of no task.
"""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.contract import TaskState
from bot.store.errors import DatabaseTrouble, DatabaseUnavailable
from bot.store.memory import Memory
from tests.bot.flows.world import open_world, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.store.database import Database
    from bot.store.memory import Tx


class Away(Memory):
    """A memory whose database gives no connection for a while."""

    refused = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        if self.refused < 90:
            self.refused += 1
            raise DatabaseUnavailable("The database does not answer.", mend="Wait.")
        async with super().transaction() as tx:
            yield tx


async def nobody(_wakes: frozenset[Wake]) -> None: ...


async def test_a_database_that_is_away_for_minutes_makes_no_task_bad_and_no_account_blind(database: Database) -> None:
    async with open_world(database, script("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        told = await world.said()
        away = Away(database, wake=nobody)
        world.watch = replace(world, memory=away).new_watch()
        for _ in range(180):
            world.clock.move(timedelta(seconds=1))
            with suppress(DatabaseTrouble):
                await world.watch.beat()

        known = await world.known("t-1")
        assert away.refused == 90
        assert (known.state, known.doubt, known.bad_since) == (TaskState.RUNNING, None, None)
        assert await world.said() == told
        assert (await world.changes(), await world.incidents(), await world.spans()) == ([], [], [])
