"""
Claimant: in whose name a claim is made, and by which clock it runs out.

Clocks of machines differ. What one claims for 30 s would be over at once for another that is 90 s ahead, and both would
send. So where processes share a database, claims run by the database's clock. A file has one process, and there an
instant counts as it is handed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import Interval, func, literal, type_coerce

from bot.store.tables import Instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import ColumnElement


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimant:
    """
    One process that claims.

    `name` is for people to read. `now` is its own clock, against which instants are told to the database's; None: they
    are compared as they are. `haste` is how many times faster its clock runs.
    """

    name: str = ""
    now: Callable[[], datetime] | None = None
    haste: float = 1.0

    def at(self, instant: datetime) -> ColumnElement[datetime]:
        """Say an instant of ours by the clock that claims run by."""
        if self.now is None:
            return literal(instant, Instant())
        ahead = literal((instant - self.now()) / self.haste, Interval())
        return type_coerce(func.clock_timestamp() + ahead, Instant())


NOBODY: Final = Claimant()
