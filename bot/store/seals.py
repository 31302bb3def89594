"""
Seals: random keys of our own, made once for all processes. They open nothing; they only compare what is not kept.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from bot.store.tables import SealRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

FINGERPRINT: Final = "fingerprint"  # of destinations (`domain.fingerprint`)

_BYTES: Final = 32


class Seals:
    """The seals of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, name: str) -> bytes:
        """Read a seal, 32 random bytes; the first who asks makes it."""
        await self._connection.execute(
            upsert(self._connection, SealRow)
            .values(name=name, value=secrets.token_hex(_BYTES))
            .on_conflict_do_nothing()
        )
        value = await self._connection.scalar(select(SealRow.value).where(SealRow.name == name))
        assert value is not None  # noqa: S101 - it was made just now, if it was not there
        return bytes.fromhex(value)
