"""
What is remembered. A migration makes each table; a test holds the two against each other.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, DateTime, Double, Index, Integer, MetaData, Text, UniqueConstraint, false, text
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


_ID: Final = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only where it reads INTEGER

# Ids are never given twice, also where the newest row was erased: causes of notices are made of them.
_NUMBERED: Final[dict[str, Any]] = {"sqlite_autoincrement": True}


def _only_where(condition: str) -> dict[str, Any]:
    """
    Say which rows an index holds.

    An index over an instant that most rows lack must leave those out: SQLite would look up "has none" in it, and walk
    nearly the whole table, where another index finds the one row.
    """
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class SubscriptionRow(Table):
    """A channel follows one task, or (`task` empty) all tasks of an account whose name holds `matching`."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint(
            *("team_id", "channel_id", "account", "region", "task", "matching"), name="uq_subscriptions_wish"
        ),
        Index(None, "account", "task"),
        Index(None, "team_id", "user_id"),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    account: Mapped[str]
    region: Mapped[str]  # empty: every configured one
    task: Mapped[str]  # the vendor's id
    matching: Mapped[str]
    only_states: Mapped[str]  # joined by commas; empty: everything
    until_at: Mapped[datetime | None]
    thread_ts: Mapped[str]
    page: Mapped[bool] = mapped_column(server_default=false())  # whoever is on call is woken
    user_id: Mapped[str]  # who made it; empty when that person was forgotten
    created_at: Mapped[datetime]


class TaskRow(Table):
    """A task that somebody follows, or followed not long ago, and what is known of it."""

    __tablename__ = "tasks"
    __table_args__ = (
        UniqueConstraint("account", "task_id", "region"),
        Index(None, "account", "region", "due_at"),
        Index(None, "name"),
        Index(None, "destination_hash", "account"),
        Index(None, "due_at"),
        Index(None, "unfollowed_at", **_only_where("unfollowed_at IS NOT NULL")),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    account: Mapped[str]
    region: Mapped[str]
    task_id: Mapped[str]
    provider: Mapped[str]
    name: Mapped[str]  # as the cloud last called it
    destination_hash: Mapped[str]  # tells whether two tasks push to one place; empty where that is not known
    plan_start: Mapped[datetime | None]  # the newest plan that was seen: a task that is gone tells none
    plan_end: Mapped[datetime | None]
    known: Mapped[str]  # JSON
    version: Mapped[int]  # grows with each write of `known`; who writes on top of an older one is refused
    due_at: Mapped[datetime | None]  # to be read by itself; moved forward while somebody does
    unfollowed_at: Mapped[datetime | None]  # nobody follows it since
    looked_at: Mapped[datetime | None]  # when a person last asked for it


class NameRow(Table):
    """The short name that people of a team gave to a task."""

    __tablename__ = "names"
    __table_args__ = (Index(None, "task"),)

    team_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    task: Mapped[int] = mapped_column(_ID)


class SweepRow(Table):
    """The beat of one account in one region."""

    __tablename__ = "sweeps"
    __table_args__ = (Index(None, "due_at"),)

    account: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    claim_until: Mapped[datetime | None]
    fence: Mapped[int]  # grows with each claim
    holder: Mapped[str | None]  # whose claim it is or was, for people to read
    claimed_at: Mapped[datetime | None]
    last_total: Mapped[int | None]  # how many tasks the whole list had
    failing_since: Mapped[datetime | None]
    misses: Mapped[int]
    done_at: Mapped[datetime | None]


class BlindSpanRow(Table):
    """When we could not see an account's region, or one task of it. `task` is the vendor's id, empty for all."""

    __tablename__ = "blind_spans"
    __table_args__ = (
        Index("uq_blind_spans_open", "account", "region", "task", unique=True, **_only_where("ended_at IS NULL")),
        Index(None, "ended_at", **_only_where("ended_at IS NOT NULL")),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    account: Mapped[str]
    region: Mapped[str]
    task: Mapped[str]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ChangeRow(Table):
    """One thing that happened to one task. Append-only."""

    __tablename__ = "changes"
    __table_args__ = (Index(None, "task", "at"), Index(None, "at"), _NUMBERED)

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    task: Mapped[int] = mapped_column(_ID)
    at: Mapped[datetime]
    news: Mapped[str]  # JSON


class IncidentRow(Table):
    """A task, a group of tasks or a blind account in a bad state, from its first bad change to its end."""

    __tablename__ = "incidents"
    __table_args__ = (
        Index("uq_incidents_open_task", "task", unique=True, **_only_where("closed_at IS NULL AND scope = 'task'")),
        Index(
            "uq_incidents_open_account",
            "account",
            "region",
            unique=True,
            **_only_where("closed_at IS NULL AND scope = 'account'"),
        ),
        Index("ix_incidents_open", "account", "region", **_only_where("closed_at IS NULL")),
        Index(None, "task", "id"),
        Index(None, "part_of"),
        Index(None, "closed_at", **_only_where("closed_at IS NOT NULL")),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    scope: Mapped[str]  # task, account, group
    account: Mapped[str]
    region: Mapped[str]
    task: Mapped[int | None] = mapped_column(_ID)
    part_of: Mapped[int | None] = mapped_column(_ID)  # the group incident that it belongs to
    change: Mapped[int | None] = mapped_column(_ID)  # that opened it
    why: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str]
    reopened_at: Mapped[datetime | None]
    reopenings: Mapped[int]


class NoticeRow(Table):
    """
    The outbox: what we want to say in Slack, until Slack has it.

    `settled_at` is empty for as long as something is to be done about the row.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("key"),
        # One of a kind for each cause and destination. A card's edits have no such limit: repeating one is harmless.
        Index(
            "uq_notices_cause",
            *("cause", "team_id", "channel_id", "kind", "user_id"),
            unique=True,
            **_only_where("card = ''"),
        ),
        Index(
            "uq_notices_waiting_card",
            *("team_id", "channel_id", "card"),
            unique=True,
            **_only_where("card <> '' AND state = 'pending'"),
        ),
        Index(None, "team_id", "channel_id", "settled_at"),
        Index(None, "team_id", "channel_id", "created_at"),
        Index(None, "settled_at"),
        Index(None, "response", **_only_where("response IS NOT NULL")),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    key: Mapped[str]  # 128 random bits; in the message's metadata, so that it is found again
    team_id: Mapped[str]
    channel_id: Mapped[str]
    user_id: Mapped[str]  # of a direct message
    kind: Mapped[str]
    cause: Mapped[str]
    body: Mapped[str]  # JSON
    task: Mapped[int | None] = mapped_column(_ID)
    subscription: Mapped[int | None] = mapped_column(_ID)
    incident: Mapped[int | None] = mapped_column(_ID)
    response: Mapped[int | None] = mapped_column(_ID)  # that it is a page of
    card: Mapped[str]  # the card that it is, or is an edit of
    thread: Mapped[str]  # the card that it goes under
    state: Mapped[str]
    created_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    fence: Mapped[int]  # of the claim that last began to send it
    attempts: Mapped[int]
    started_at: Mapped[datetime | None]  # when the attempt began that may have reached Slack
    settled_at: Mapped[datetime | None]
    ts: Mapped[str]
    code: Mapped[str]  # why it was parked


class CardRow(Table):
    """A message of ours that is edited, and under which others go."""

    __tablename__ = "cards"
    __table_args__ = (Index(None, "subject"),)

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)  # `task:12`, `subscription:4` or `incident:7`
    ts: Mapped[str]
    thread_ts: Mapped[str]  # updates go under this message instead


class ChannelRow(Table):
    """
    A Slack conversation: what was set for it, why nothing is said there, and who drains its outbox just now.

    The row with an empty channel stands for the team.
    """

    __tablename__ = "channels"

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    threads: Mapped[bool]
    in_channel: Mapped[bool]
    digest: Mapped[bool]
    allows_shared: Mapped[bool]
    user_id: Mapped[str]  # who changed the settings last
    changed_at: Mapped[datetime | None]
    paused_why: Mapped[str]
    paused_at: Mapped[datetime | None]
    fence: Mapped[int]
    claim_until: Mapped[datetime | None]
    is_dirty: Mapped[bool]  # something came while it was claimed: look once more
    holder: Mapped[str | None]  # whose claim it is or was, for people to read
    claimed_at: Mapped[datetime | None]


class MuteRow(Table):
    """Silence in one channel for one task, or (`task` empty) for all of an account."""

    __tablename__ = "mutes"
    __table_args__ = (
        UniqueConstraint("team_id", "channel_id", "account", "task"),
        Index(None, "account"),
        Index(None, "ends_at"),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    account: Mapped[str]
    task: Mapped[str]  # the vendor's id
    user_id: Mapped[str]  # whose it is
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    until_recovery: Mapped[bool]
    created_at: Mapped[datetime]


class RotaRow(Table):
    """Who is on call in a channel, and who is called after that."""

    __tablename__ = "rotas"
    __table_args__ = (Index(None, "due_at", **_only_where("due_at IS NOT NULL")),)

    team_id: Mapped[str] = mapped_column(primary_key=True)
    channel_id: Mapped[str] = mapped_column(primary_key=True)
    rota: Mapped[str]  # JSON
    version: Mapped[int]  # grows with each save; who saves on top of an older one is refused
    user_id: Mapped[str]  # who changed it last; empty when that person was forgotten
    changed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]  # the next change of shift, or the next look for gaps


class CalendarRow(Table):
    """The last good copy of a calendar that the configuration names."""

    __tablename__ = "calendars"

    name: Mapped[str] = mapped_column(primary_key=True)
    calendar: Mapped[str]  # JSON


class ResponseRow(Table):
    """What one channel does about an incident. The row is the timer: at most one thing of it is due."""

    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("incident", "team_id", "channel_id"),
        Index(None, "due_at", **_only_where("due_at IS NOT NULL")),
        Index("ix_responses_open", "team_id", "channel_id", **_only_where("closed_at IS NULL")),
        _NUMBERED,
    )

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    incident: Mapped[int] = mapped_column(_ID)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    opened_at: Mapped[datetime]
    pages: Mapped[bool]
    policy: Mapped[str]  # JSON
    rank: Mapped[int]
    reason: Mapped[str]
    version: Mapped[int]  # grows with each save; who saves on top of an older one is refused
    step: Mapped[int]
    attempt: Mapped[int]
    due_at: Mapped[datetime | None]
    due: Mapped[str]  # empty: nothing
    leader: Mapped[int | None] = mapped_column(_ID)  # the response that calls for this one too
    acked_by: Mapped[str]  # people's ids here and below are empty for nobody
    acked_at: Mapped[datetime | None]
    ack_until: Mapped[datetime | None]
    snoozed_by: Mapped[str]
    assigned_to: Mapped[str]
    worsened: Mapped[int]  # the version with which it last got worse in kind
    called: Mapped[str]  # people and groups of the last call, joined by commas
    calls: Mapped[str]  # steps, joined by commas
    known_by: Mapped[int | None] = mapped_column(_ID)  # the incident in outside pagers' keys, where it is another one
    closed_at: Mapped[datetime | None]
    closed_why: Mapped[str]


class DrillRow(Table):
    """A rehearsed outage that is under way; one for each channel at most, and none once it is over."""

    __tablename__ = "drills"
    __table_args__ = (UniqueConstraint("team_id", "channel_id"), _NUMBERED)

    id: Mapped[int] = mapped_column(_ID, primary_key=True)
    team_id: Mapped[str]
    channel_id: Mapped[str]
    user_id: Mapped[str]  # who began it
    began_at: Mapped[datetime]
    steps: Mapped[str]  # JSON


class ReplayRow(Table):
    """What was heard already: a hash of Slack's own id of it."""

    __tablename__ = "replays"
    __table_args__ = (Index(None, "at"),)

    digest: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class SealRow(Table):
    """Random numbers of our own that only serve to compare things without keeping them."""

    __tablename__ = "seals"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class FittingRow(Table):
    """A revision whose code works with these tables, though they are newer: that of the release before."""

    __tablename__ = "fitting"

    revision: Mapped[str] = mapped_column(primary_key=True)
