"""
Memory: what belongs together is written in one transaction, and whom it wakes hears of it only after the commit.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.store import copies, replays
from bot.store.audit import Audits
from bot.store.blind import Blind
from bot.store.bursts import Bursts
from bot.store.calendars import Calendars
from bot.store.cards import Cards
from bot.store.changes import Changes
from bot.store.channels import Channels
from bot.store.claimant import NOBODY
from bot.store.drills import Drills
from bot.store.forget import Forget
from bot.store.holders import Holders
from bot.store.incidents import Incidents
from bot.store.kept import Kept
from bot.store.move import Move
from bot.store.mutes import Mutes
from bot.store.names import Names
from bot.store.outbox import Outbox
from bot.store.pages import Pages
from bot.store.replays import Replays
from bot.store.responses import Responses
from bot.store.rotas import Rotas
from bot.store.seals import Seals
from bot.store.stillness import Stillness
from bot.store.subscriptions import Subscriptions
from bot.store.sweeps import Sweeps
from bot.store.tasks import Tasks
from bot.store.vitals import VitalSigns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.notice import Wake
    from bot.store.claimant import Claimant
    from bot.store.database import Database


def new_key() -> str:
    """Draw 128 random bits, as 32 hexadecimal digits."""
    return secrets.token_hex(16)


class Tx:
    """One transaction: one attribute for each noun that is remembered, and the wakes that it has caused so far."""

    def __init__(self, connection: AsyncConnection, *, new_key: Callable[[], str], claimant: Claimant) -> None:
        self.wakes: set[Wake] = set()
        self.subscriptions = Subscriptions(connection)
        self.tasks = Tasks(connection)
        self.names = Names(connection)
        self.sweeps = Sweeps(connection, claimant=claimant)
        self.blind = Blind(connection)
        self.changes = Changes(connection)
        self.incidents = Incidents(connection)
        self.outbox = Outbox(connection, wakes=self.wakes, new_key=new_key, claimant=claimant)
        self.holders = Holders(connection, claimant=claimant)
        self.vitals = VitalSigns(connection, holders=self.holders)
        self.bursts = Bursts(connection)
        self.cards = Cards(connection)
        self.channels = Channels(connection)
        self.mutes = Mutes(connection)
        self.rotas = Rotas(connection)
        self.calendars = Calendars(connection)
        self.responses = Responses(connection)
        self.pages = Pages(connection)
        self.drills = Drills(connection)
        self.replays = Replays(connection)
        self.audit = Audits(connection)
        self.seals = Seals(connection)
        self.forget = Forget(connection)
        self.move = Move(connection)
        self.stillness = Stillness(connection)


class Memory:
    """
    Everything that is remembered, but for the pace.

    Args:
        wake: is told what a committed transaction has caused. It must not raise: what is written stays written, and
            `tidy` finds what was not heard.
        new_key: gives each notice its 128 random bits.
        claimant: in whose name, and by which clock, channels and sweeps are claimed.
        kept: for how long what is over is remembered.

    Every method raises `DatabaseUnavailable` where the database does not answer.
    """

    def __init__(
        self,
        database: Database,
        *,
        wake: Callable[[frozenset[Wake]], Awaitable[None]],
        new_key: Callable[[], str] = new_key,
        claimant: Claimant = NOBODY,
        kept: Kept = Kept(),  # noqa: B008 - frozen
    ) -> None:
        self._database = database
        self._wake = wake
        self._new_key = new_key
        self._claimant = claimant
        self._kept = kept

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """Commit at the end and wake whom it concerns, or roll back when anything is raised, and wake nobody."""
        async with self._database.writing() as connection:
            tx = Tx(connection, new_key=self._new_key, claimant=self._claimant)
            yield tx
        if tx.wakes:
            await self._wake(frozenset(tx.wakes))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Tx]:
        """Look without standing in the writers' line. Nothing may be written."""
        async with self._database.reading() as connection:
            yield Tx(connection, new_key=self._new_key, claimant=self._claimant)

    async def trim(self, now: datetime) -> None:
        """
        Forget what has been kept long enough (DESIGN.md 13), in several short transactions; once an hour is fine.

        Raises:
            OSError: an old copy of the SQLite file cannot be deleted.
        """
        async with self.transaction() as tx:
            await tx.replays.trim(now - replays.KEPT)
        async with self.transaction() as tx:
            await tx.outbox.trim(now - self._kept.notices)
        async with self.transaction() as tx:
            await tx.changes.trim(now - self._kept.history)
            await tx.responses.trim(now - self._kept.history)
            await tx.incidents.trim(now - self._kept.history)
            await tx.blind.trim(now - self._kept.history)
        async with self.transaction() as tx:
            await tx.audit.trim(now - self._kept.audit)
        async with self.transaction() as tx:
            await tx.tasks.trim(now)
        async with self.transaction() as tx:
            await tx.forget.expired(now=now)
        await asyncio.to_thread(copies.trim, self._database.place, now)
