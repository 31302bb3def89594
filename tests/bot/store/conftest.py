"""A memory on both databases, and who was woken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.store.memory import Memory

if TYPE_CHECKING:
    from bot.domain.notice import Wake
    from bot.store.database import Database


@pytest.fixture
def woken() -> list[frozenset[Wake]]:
    return []


@pytest.fixture
def memory(database: Database, woken: list[frozenset[Wake]]) -> Memory:
    async def wake(wakes: frozenset[Wake]) -> None:
        woken.append(wakes)

    return Memory(database, wake=wake)
