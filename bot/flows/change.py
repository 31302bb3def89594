"""
Change: what every change that somebody asks for has in common: one transaction that knows a replay, leaves a trace and
tells the channel who did it.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.permit import Refusal
from bot.domain.telling import line
from bot.flows.admit import Refused
from bot.flows.where import is_direct, place_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from bot.domain.subscription import Place
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change under way."""

    tx: Tx
    asker: Asker
    now: datetime

    async def trace(self, verb: str, subject: str, *, outcome: str = "done", why: str = "") -> None:
        """Write down who did what: ids only, nothing that was typed."""
        await self.tx.audit.record(
            at=self.now,
            team_id=self.asker.team,
            user_id=self.asker.person.user,
            channel_id=self.asker.channel.channel,
            verb=verb,
            subject=subject,
            outcome=outcome,
            why=why,
        )

    async def tell(self, key: str, *, about: str = "", **values: str) -> None:
        """
        Put one line into the channel: the sentence `line.<key>`, and who did it.

        Args:
            about: tells several lines of one act apart.
        """
        await self.tell_at(place_of(self.asker), key, about=about, thread_ts=self.asker.thread_ts, **values)

    async def tell_at(self, place: Place, key: str, *, about: str = "", thread_ts: str = "", **values: str) -> None:
        """
        Do the same in another place, or under a message of it.

        A direct conversation has nobody who would have to be told.
        """
        if is_direct(place):
            return
        await self.tx.outbox.put(
            line(
                place,
                key,
                user=self.asker.person.user,
                cause=f"line:{self.asker.act}:{about}",
                thread_ts=thread_ts,
                **values,
            ),
            now=self.now,
        )


@asynccontextmanager
async def changing(desk: Desk, asker: Asker, *, now: datetime) -> AsyncIterator[Change]:
    """
    Make a change: committed at the end, before anybody confirms it.

    Raises:
        Refused: the same act was done already, in whatever process.
    """
    async with desk.memory.transaction() as tx:
        if not await tx.replays.is_new(asker.act, now):
            raise Refused(Refusal.REPLAYED)
        yield Change(tx=tx, asker=asker, now=now)
