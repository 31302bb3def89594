"""
The clouds: every account opened, and the lanes to them.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from adapters.contract import no_fingerprint
from adapters.transport import Transport
from bot import clock
from bot.domain.account import Account
from bot.flows.look import Looker
from bot.queue.lanes import Lanes
from bot.store.pace import Paces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from datetime import datetime

    from adapters.contract import AccountName, Fingerprint, Provider, Reply, Request
    from bot import settings
    from bot.store.database import Database
    from bot.store.pace import PaceClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Clouds:
    """The accounts, opened, and the lanes to them."""

    accounts: Mapping[AccountName, Account]
    providers: Mapping[AccountName, Provider]
    lanes: Lanes
    looker: Looker
    per_second: Mapping[AccountName, float]  # how much of its documented rate each may spend on one API


@asynccontextmanager
async def open_clouds(
    told: settings.Settings,
    database: Database,
    *,
    now: Callable[[], datetime] = clock.now,
    heard: Callable[[Reply], None] | None = None,
    fingerprint: Fingerprint = no_fingerprint,
    pace_clock: PaceClock | None = None,
) -> AsyncIterator[Clouds]:
    """
    Open every account and the lanes to them; nothing is asked before somebody wants to know.

    Args:
        heard: is shown every reply as it came; for a look at the clouds' clocks.
        fingerprint: makes destinations comparable for whoever remembers them.
        pace_clock: by which the pace rows go; by default the database's own.
    """
    providers = {name: account.type.open(account.settings, fingerprint) for name, account in told.accounts.items()}
    accounts = {name: _account(account, providers[name]) for name, account in told.accounts.items()}
    paces = Paces(database, clock=pace_clock)
    async with Transport(now=now) as transport:

        async def send(request: Request) -> Reply:
            reply = await transport.send(request)
            if heard is not None:
                heard(reply)
            return reply

        lanes = Lanes(
            providers=providers,
            accounts=accounts,
            reserve=paces.reserve,
            charge=paces.charge,
            throttle=paces.throttle,
            send=send,
            now=now,
            monotonic=asyncio.get_running_loop().time,
            sleep=asyncio.sleep,
            jitter=random.random,
            nonce=lambda: secrets.token_hex(16),
        )
        try:
            yield Clouds(
                accounts=accounts,
                providers=providers,
                lanes=lanes,
                looker=Looker(lanes=lanes, accounts=accounts),
                per_second={
                    name: accounts[name].share * min(pace.per_second for pace in provider.paces.values())
                    for name, provider in providers.items()
                },
            )
        finally:
            await lanes.close()


def _account(account: settings.AccountSettings, provider: Provider) -> Account:
    return Account(
        name=account.name,
        provider=account.type.word,
        title=account.type.title,
        regions=account.settings.regions,
        budget=account.budget,
        share=account.share,
        has_id=account.type.has_id,
        lists=provider.listing(account.settings.regions[0]) is not None,
        channels=account.channels,
        tasks=account.tasks,
    )
