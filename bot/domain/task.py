"""
A followed task as the bot remembers it, and what may be said of it. Values only: judgement is `domain.change`'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.contract import Plan, Progress, Remark, Snapshot, TaskRef, TaskState
from bot.domain.outlook import Tone


class Why(StrEnum):
    """Why something is said of a task: the stored word, and the key of the sentence."""

    # moves from one state to another
    STARTED = "started"
    RECOVERED = "recovered"  # RUNNING has held after it was bad
    RETRYING = "retrying"
    STOPPED = "stopped"
    STOPPED_BY_A_PERSON = "stopped_by_a_person"  # TriggerByUser before its end: a warning, no page
    STOPPED_UNEXPLAINED = "stopped_unexplained"  # no reason and no RETRYING before it: probably by someone
    ENDED = "ended"  # as planned
    ENDED_EARLY = "ended_early"
    ENDED_WITHOUT_PLAN = "ended_without_plan"  # bad, with a button *Expected*
    SCHEDULED = "scheduled"  # back to NOT_STARTED: its plan was moved
    UNKNOWN_WORD = "unknown_word"
    REOPENED = "reopened"  # an end that was none
    # conditions within a state
    STILL_RETRYING = "still_retrying"  # past its grace, or half of the retry budget is spent: bad from now on
    STILL_UNKNOWN = "still_unknown"
    START_MISSED = "start_missed"
    OVER_RUN = "over_run"  # card only
    STALLED = "stalled"  # its progress stands still
    MOVING_AGAIN = "moving_again"
    FLAPPING = "flapping"
    SETTLED = "settled"
    EXPECTED = "expected"  # somebody said that the bad end or stop was meant
    # ours
    UNSEEN = "unseen"  # card only: "not seen since …"
    SEEN_AGAIN = "seen_again"  # card only
    FIRST_SIGHT_BAD = "first_sight_bad"  # bad when first looked at: opens an incident, is no change


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A state that was read and is not confirmed yet."""

    state: TaskState
    raw: str
    reason: str
    since: datetime  # the first read that said so
    reads: int  # agreeing ones, each a read of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """How a file source's progress has moved while it ran."""

    progress: Progress
    moved_at: datetime
    moves: int = 0
    interval: timedelta | None = None  # learned between moves; None before the second


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """
    Another task that may have taken a relay over: people mend one that cannot be restarted under a new id.

    `is_sure`: there is no other, and it has the name, so that whoever means the relay by a name can be moved.
    """

    ref: TaskRef
    name: str
    is_sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """
    What is remembered of a task. `state` is what is confirmed and was told; the card shows `last`.

    A new subscription begins with `Known(state=None)`: the first sight is no change.
    """

    state: TaskState | None = None
    since: datetime | None = None  # the confirmed state began, as far as we saw
    began_unseen: bool = False  # it was so when we first looked, so for longer than since
    last: Snapshot | None = None  # the newest read, also while in doubt
    doubt: Doubt | None = None
    was_running: bool = False  # it was seen to run at least once: NOT_FOUND is then an end
    ran_until: datetime | None = None  # the last read that saw it run
    until: datetime | None = None  # a person's plan, `until=16:00`
    expected: bool = False  # somebody pressed *Expected* or *Planned* for the bad end or stop it is in
    bad_since: datetime | None = None  # it has been bad since then and that was said
    bad_why: Why | None = None
    retrying_since: datetime | None = None
    unseen_since: datetime | None = None  # the first of the reads in a row that failed
    misses: int = 0
    is_unseen: bool = False  # the card says so
    movement: Movement | None = None
    is_stalled: bool = False
    flips: tuple[datetime, ...] = ()  # confirmed changes of late
    is_flapping: bool = False
    told: frozenset[Why] = frozenset()  # conditions that were said and are not over
    ended_at: datetime | None = None  # confirmed; Tencent is looked at for 30 minutes more
    remark: Remark | None = None  # what a callback said by the way, until the next change
    successor: Successor | None = None  # while it is down


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """
    One thing to say of a task.

    `is_change`: a confirmed move, kept as history. `is_told`: goes to the thread (else the card alone shows it).
    `is_bad`: opens or keeps an incident; `closes`: ends it.
    """

    why: Why
    at: datetime
    old: TaskState | None
    new: TaskState
    tone: Tone
    lasted: timedelta | None = None  # how long the previous state was so
    lasted_longer: bool = False  # nobody saw it begin
    bad_for: timedelta | None = None  # a recovery says how long it was bad
    left: timedelta | None = None  # until the cloud gives up what it still tries; None where it does not say
    reason: str = ""  # the vendor's word
    is_change: bool = False
    is_told: bool = True
    is_bad: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a read comes to: what is remembered next, what is said, and when to look again (None: in its usual turn)."""

    known: Known
    news: tuple[News, ...] = ()
    look_again_at: datetime | None = None
    is_over: bool = False  # nothing will ever be read of this id again: stop looking


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A task that somebody follows, and what is remembered of it."""

    id: int  # the store's own
    ref: TaskRef
    provider: str
    known: Known
    plan: Plan = field(default_factory=Plan)
    due_at: datetime | None = None  # to be read by itself; None where a list sweep brings it
    looked_at: datetime | None = field(default=None, compare=False)  # when a person last asked for it
    version: int = field(default=0, compare=False)  # of `known`: what was written meanwhile is never overwritten
