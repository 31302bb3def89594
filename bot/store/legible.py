"""
Rows of which some cannot be read back (spoilt, or of a newer release): those cost only themselves.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, TypeVar

from bot.domain.notice import from_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.notice import Body

log = logging.getLogger(__name__)

T = TypeVar("T")


async def first(
    connection: AsyncConnection, which: Select[Any], read: Callable[[Any], T | None], *, limit: int
) -> list[T]:
    """
    Read the first rows that can be read: those that cannot take nobody's place, however many they are.

    Args:
        which: the rows in their order.
        read: returns None for a row that cannot be read, and has said so.
    """
    found: list[T] = []
    passed = 0
    while True:
        rows = (await connection.execute(which.offset(passed).limit(limit))).all()
        found += [each for row in rows if (each := read(row)) is not None]
        passed += len(rows)
        if len(found) >= limit or len(rows) < limit:
            return found[:limit]


def body(text: str) -> Body | None:
    """Read what a notice says; None where that cannot be read."""
    try:
        return from_json(text)
    except ValueError:
        return None


def body_of(row: Any) -> Body | None:
    """Read what a row of the outbox says; None, and a line in the log, where that cannot be read."""
    read = body(row.body)
    if read is None:
        complain(row)
    return read


def complain(row: Any) -> None:
    """Say which row of the outbox cannot be read; what it says may hold anything, so that is not written down."""
    log.error("notice %d in %s cannot be read: it is passed over", row.id, row.channel_id)
