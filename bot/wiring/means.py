"""
What every part of a serving bot is built from: memory, engine, clouds, and a voice in Slack.
"""

from __future__ import annotations

import secrets
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from bot.domain.fingerprint import fingerprint
from bot.flows.lifecycle import installed
from bot.pager.door import Door
from bot.queue.work import open_work
from bot.slack.voice import Voice
from bot.slack.workspace import identify, open_client, warn_of_repeats
from bot.store.claimant import Claimant
from bot.store.kept import Kept
from bot.store.memory import Memory
from bot.store.seals import FINGERPRINT
from bot.wiring.clouds import open_clouds
from bot.wiring.database import dsn_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from bot import settings
    from bot.queue.work import Work
    from bot.slack.identity import Identity
    from bot.slack.workspace import Client
    from bot.store.database import Database
    from bot.store.pace import PaceClock
    from bot.wiring.clouds import Clouds
    from bot.wiring.told import Slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """All of it, opened; `slack` is how the bot gets into Slack, `identity` who it is there."""

    told: settings.Settings
    slack: Slack
    database: Database
    memory: Memory
    work: Work
    clouds: Clouds
    client: Client
    identity: Identity
    voice: Voice
    way_out: Door  # to everything but Slack and the clouds
    now: Callable[[], datetime]
    pace_clock: PaceClock | None


@asynccontextmanager
async def open_means(
    told: settings.Settings,
    slack: Slack,
    database: Database,
    *,
    name: str,
    now: Callable[[], datetime],
    haste: float,
    pace_clock: PaceClock | None,
) -> AsyncIterator[Means]:
    """
    Open what is needed to serve from a database whose tables are this release's.

    Args:
        name: what this process is called where people ask who holds what.

    Raises:
        SlackUnusable: Slack does not know the token.
    """
    heartbeat = timedelta(seconds=told.bot.heartbeat_s)
    async with AsyncExitStack() as stack:
        work = await stack.enter_async_context(open_work(dsn=dsn_of(database), heartbeat=heartbeat))
        claimant = Claimant(name=name, now=now if database.is_postgres else None, haste=haste)
        memory = Memory(database, wake=work.put, claimant=claimant, kept=_kept(told.bot))
        async with memory.transaction() as tx:
            seal = await tx.seals.get(FINGERPRINT)
        clouds = await stack.enter_async_context(
            open_clouds(told, database, now=now, fingerprint=partial(fingerprint, seal), pace_clock=pace_clock)
        )
        way_out = await stack.enter_async_context(Door())
        client = await stack.enter_async_context(open_client(slack.token, api_url=told.bot.slack_api_url))
        identity = await identify(client, slack.token)
        await installed(identity.team, memory, now=now())
        warn_of_repeats(identity)
        yield Means(
            told=told,
            slack=slack,
            database=database,
            memory=memory,
            work=work,
            clouds=clouds,
            client=client,
            identity=identity,
            voice=Voice(client, key=lambda: secrets.token_hex(16)),
            way_out=way_out,
            now=now,
            pace_clock=pace_clock,
        )


def _kept(told: settings.BotSettings) -> Kept:
    return Kept(
        history=timedelta(days=told.keep_history_days),
        audit=timedelta(days=told.keep_audit_days),
        notices=timedelta(days=told.keep_notices_days),
    )
