from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.store.pace import Paces
from bot.wiring.calling import _turn

if TYPE_CHECKING:
    from bot.store.database import Database


async def test_of_all_processes_one_tells_the_switch_and_once_a_minute(database: Database):
    turns = await asyncio.gather(*(_turn(Paces(database), 1.0) for _ in range(4)))
    later = await _turn(Paces(database), 1.0)

    assert sorted(turns) == [False, False, False, True]
    assert not later
