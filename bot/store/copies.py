"""
Copies: what an upgrade leaves beside a SQLite file. The newest stays for two weeks, for a way back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from bot.store.address import File

if TYPE_CHECKING:
    from bot.store.address import Address

KEPT: Final = timedelta(days=14)


def trim(place: Address, now: datetime) -> None:
    """
    Delete all copies but the newest, and that one too when it is older than 14 days.

    Raises:
        OSError: the folder cannot be read, or a copy not be deleted.
    """
    if not isinstance(place, File):
        return
    found = place.path.parent.glob(f"{place.path.name}.before-*-was-*")
    made = sorted((datetime.fromtimestamp(copy.stat().st_mtime, UTC), copy) for copy in found)
    for at, copy in made:
        if (at, copy) != made[-1] or at < now - KEPT:
            copy.unlink(missing_ok=True)
