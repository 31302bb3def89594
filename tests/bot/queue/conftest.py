from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Double, bindparam

from bot.queue.lanes import Lanes
from bot.store.database import Database
from bot.store.pace import Paces
from tests.bot.queue.stage import Cloud, Stage, VirtualTime, account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.domain.account import Account


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
async def raise_stage(tmp_path: Path, time: VirtualTime) -> AsyncIterator[Callable[..., Awaitable[Stage]]]:
    """Raise a stage: with `on_disk`, the pace row is in a file, else in memory."""
    raised: list[tuple[Stage, Database]] = []

    async def make(
        *accounts: Account, on_disk: bool = False, reserve: Callable[..., Awaitable[Any]] | None = None, **cloud: Any
    ) -> Stage:
        database = Database.open(f"sqlite:///{tmp_path / 'relaybot.db'}" if on_disk else None)
        await database.upgrade()
        paces = Paces(database, clock=bindparam("clock", type_=Double(), callable_=time.monotonic))
        made = Cloud(time, **cloud)
        known = {each.name: each for each in accounts or (account("cloud"),)}
        nonces, jitters = itertools.count(), itertools.cycle([0.0, 0.5, 0.999])
        lanes = Lanes(
            providers=dict.fromkeys(known, made),
            accounts=known,
            reserve=time.outside(reserve or paces.reserve),
            charge=time.outside(paces.charge),
            throttle=time.outside(paces.throttle),
            send=made.send,
            now=time.now,
            monotonic=time.monotonic,
            sleep=time.sleep,
            jitter=lambda: next(jitters),
            nonce=lambda: f"nonce-{next(nonces)}",
        )
        stage = Stage(time, made, lanes, paces, next(iter(known)))
        raised.append((stage, database))
        return stage

    yield make
    for stage, database in raised:
        await stage.lanes.close()
        await database.close()


@pytest.fixture
async def stage(raise_stage: Callable[..., Awaitable[Stage]]) -> Stage:
    return await raise_stage()
