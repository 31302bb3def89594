"""
The statements of the pace row (GCRA with reservation), each built once and the same on both databases.

    now       the database's clock, seconds since 1970
    slot      when the next slot is free: max(now, tat, throttled_until)
    interval  between two slots: the one in force, a little shorter with each grant, never under the set one
    cost      how far a slot moves people's own arrival time: people_cost × interval
    slack     how far that time may be ahead of the slot that a person takes: people_depth - cost, never negative
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Double, bindparam, case, cast, extract, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.turn import Urgency
from bot.store.tables import PaceRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Insert, Select, Update

STEP_BACK_S: Final = 1.0  # a clock that is further behind the last grant than this has stepped back
STRETCH: Final = 2.0  # what a throttle multiplies the interval by

UNIX_EPOCH_JD: Final = 2_440_587.5  # as a Julian day: SQLite before 3.42 tells fractions of a second in no other way
DAY_S: Final = 86_400.0


def _given(name: str) -> ColumnElement[float]:
    return bindparam(name, type_=Double())


class Statements:
    """
    The statements for one database.

    Args:
        postgres: PostgreSQL, or else SQLite.
        clock: what to read the time from, by default the database's own clock.
    """

    def __init__(self, *, postgres: bool, clock: ColumnElement[float] | None = None) -> None:
        self._greatest = func.greatest if postgres else func.max
        self._least = func.least if postgres else func.min
        self._insert = postgresql.insert if postgres else sqlite.insert
        self._now = clock if clock is not None else _clock(postgres=postgres)
        self._is_ahead = PaceRow.granted_at > self._now + STEP_BACK_S
        self._slot = self._greatest(self._now, PaceRow.tat, PaceRow.throttled_until)
        self._interval = self._greatest(_given("set_interval_s"), PaceRow.interval_s * _given("growth"))
        self._cost = _given("people_cost") * self._interval
        self._slack = self._greatest(literal(0.0), _given("people_depth_s") - self._cost)

    def reserve(self, urgency: Urgency) -> Update:
        """Take the next slot if it is near enough; returns how far ahead it is, or no row."""
        taken: dict[Any, Any] = {
            PaceRow.tat: self._slot + self._interval,
            PaceRow.interval_s: self._interval,
            PaceRow.granted_at: self._now,
        }
        fits = ~self._is_ahead & (self._slot <= self._now + _given("horizon_s"))
        if urgency is Urgency.PERSON:
            taken[PaceRow.people_tat] = self._greatest(PaceRow.people_tat, self._slot) + self._cost
            fits &= PaceRow.people_tat <= self._slot + self._slack
        ahead = PaceRow.tat - PaceRow.interval_s - self._now  # RETURNING sees the row as it has become
        return update(PaceRow).where(_is_named(), fits).values(taken).returning(ahead)

    def wait(self, urgency: Urgency) -> Select[float]:
        """Say how long it takes until a reservation may succeed."""
        near = self._slot - _given("horizon_s")
        soonest = self._greatest(near, PaceRow.people_tat - self._slack) if urgency is Urgency.PERSON else near
        return select(soonest - self._now).where(_is_named())

    def is_ahead(self) -> Select[bool]:
        """Say whether the row lies in the future."""
        return select(self._is_ahead).where(_is_named())

    def set_back(self) -> Update:
        """
        Move a row that lies in the future to now: the clock has stepped back, and all its instants move along.

        Without it nothing would be granted for as long as the step; started afresh, the row would grant slots between
        those that were reserved before the step and are still to come.
        """
        back = PaceRow.granted_at - self._now
        return (
            update(PaceRow)
            .where(_is_named(), self._is_ahead)
            .values(
                tat=PaceRow.tat - back,
                people_tat=PaceRow.people_tat - back,
                throttled_until=PaceRow.throttled_until - back,
                granted_at=self._now,
            )
        )

    def charge(self) -> Update:
        """Charge people for a slot that is due now; returns no row when they have had their half."""
        return (
            update(PaceRow)
            .where(_is_named(), PaceRow.people_tat <= self._now + self._slack)
            .values(people_tat=self._greatest(PaceRow.people_tat, self._now) + self._cost)
            .returning(PaceRow.people_tat)
        )

    def throttle(self) -> Update:
        """Stretch the interval, unless a pause is under way already, and pause."""
        in_force = self._greatest(_given("set_interval_s"), PaceRow.interval_s)
        stretched = self._least(in_force * STRETCH, _given("slowest_s"))
        until = self._greatest(PaceRow.throttled_until, self._now + _given("pause_s"))
        return (
            update(PaceRow)
            .where(_is_named())
            .values(
                interval_s=case((PaceRow.throttled_until > self._now, PaceRow.interval_s), else_=stretched),
                throttled_until=self._least(until, self._now + _given("longest_pause_s")),
            )
        )

    def look(self) -> Select[float, float]:
        """Read the interval in force, and for how long nothing is granted."""
        return select(PaceRow.interval_s, PaceRow.throttled_until - self._now).where(_is_named())

    def create(self) -> Insert:
        """Make a row whose next slot is free at once, where there is none."""
        fresh = {"tat": 0.0, "people_tat": 0.0, "throttled_until": 0.0, "granted_at": 0.0}
        named: dict[str, Any] = {name: bindparam(f"key_{name}") for name in _KEY}
        return (
            self._insert(PaceRow)
            .values({**named, **fresh, "interval_s": _given("set_interval_s")})
            .on_conflict_do_nothing()
        )


_KEY: Final = ("provider", "budget", "api")


def _is_named() -> ColumnElement[bool]:
    provider, budget, api = (getattr(PaceRow, name) == bindparam(f"key_{name}") for name in _KEY)
    is_named: ColumnElement[bool] = provider & budget & api
    return is_named


def _clock(*, postgres: bool) -> ColumnElement[float]:
    if postgres:
        # clock_timestamp() and not now(): the transaction may have waited for the row since it began.
        return cast(extract("epoch", func.clock_timestamp()), Double())
    return (func.julianday("now", type_=Double()) - UNIX_EPOCH_JD) * DAY_S
