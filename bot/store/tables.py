"""
What is remembered. A migration makes each table; a test holds the two against each other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, DateTime, Double, Integer, MetaData, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect


class Instant(TypeDecorator[datetime]):
    """An aware instant; SQLite keeps no zone, so all are kept in UTC there."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs its zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Table(DeclarativeBase):
    # Named constraints, or a later migration could not drop them by name on both databases.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, str: Text, float: Double}  # noqa: RUF012 - SQLAlchemy reads it off the class


class PaceRow(Table):
    """
    The pace of one API of one budget. Instants are seconds since 1970 on the *database's* clock.
    """

    __tablename__ = "paces"

    provider: Mapped[str] = mapped_column(primary_key=True)
    budget: Mapped[str] = mapped_column(primary_key=True)
    api: Mapped[str] = mapped_column(primary_key=True)
    tat: Mapped[float]  # theoretical arrival time: when the next slot is free
    people_tat: Mapped[float]  # the same for people's half
    interval_s: Mapped[float]  # between two slots now; longer than the set one after a throttle
    throttled_until: Mapped[float]
    granted_at: Mapped[float]  # when a slot was last reserved; in the future, the clock has stepped back


class AuditRow(Table):
    """Who did, or was refused, what. Ids only; nothing that somebody typed. Append-only."""

    __tablename__ = "audits"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    team_id: Mapped[str]
    user_id: Mapped[str]
    channel_id: Mapped[str]
    verb: Mapped[str]
    subject: Mapped[str]
    outcome: Mapped[str]
    why: Mapped[str]
