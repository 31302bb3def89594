"""
What a state comes to once it is confirmed: the sentence, the tone, and whether it is bad.

Here is also said when a state that is not bad yet becomes so; `domain.change` watches the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import TaskState
from bot.domain import plan
from bot.domain.outlook import BY_A_PERSON, START_GRACE, Tone
from bot.domain.task import Why

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot
    from bot.domain.task import Known

RETRYING_GRACE: Final = timedelta(seconds=30)
UNKNOWN_GRACE: Final = timedelta(minutes=2)
AT_ITS_END: Final = "OverEndTime"  # Alibaba Cloud's exit reason for an end as planned

_DOWN: Final = frozenset({TaskState.RETRYING, TaskState.STOPPED, TaskState.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a confirmed state is told."""

    why: Why
    tone: Tone
    is_bad: bool = False


def outcome(known: Known, seen: Snapshot, at: datetime) -> Outcome:
    """
    Judge a state that begins.

    Args:
        known: What was before it.
        seen: The read that confirms it.
        at: When it was seen first (aware UTC).
    """
    is_bad = known.bad_since is not None
    match seen.state:
        case TaskState.RUNNING:
            return Outcome(why=_back(known), tone=Tone.GOOD)
        case TaskState.RETRYING:
            is_bad = is_bad or (retrying_grace(seen) == timedelta() and not is_history(known, seen, at))
            return Outcome(why=Why.RETRYING, tone=Tone.BAD if is_bad else Tone.WARNING, is_bad=is_bad)
        case TaskState.STOPPED:
            return _stop(known, seen, at)
        case TaskState.ENDED:
            return _end(known, seen, seen.ended_at or at)
        case TaskState.NOT_STARTED:
            return Outcome(why=Why.SCHEDULED, tone=Tone.INFO)
        case _:
            tone = Tone.BAD if is_bad else Tone.WARNING if known.state is TaskState.RUNNING else Tone.INFO
            return Outcome(why=Why.UNKNOWN_WORD, tone=tone, is_bad=is_bad)


def at_first_sight(known: Known, seen: Snapshot) -> Outcome:
    """Judge a state that a task is found in: an end long ago is history, and a grace begins with the first look."""
    at = seen.taken_at
    found = outcome(known, seen, at)
    match seen.state:
        case TaskState.ENDED:
            planned = plan.end(known, seen)
            is_bad = found.is_bad and planned is not None and planned > at
            return Outcome(why=found.why, tone=Tone.BAD if is_bad else Tone.INFO, is_bad=is_bad)
        case TaskState.NOT_STARTED if plan.is_start_missed(seen, at) and not is_history(known, seen, at):
            return Outcome(why=Why.START_MISSED, tone=Tone.BAD, is_bad=True)
        case _:
            return found


def at_rest(known: Known, seen: Snapshot) -> Outcome:
    """Judge the state that flapping came to, in which the task has now been for minutes."""
    match seen.state:
        case TaskState.RETRYING:
            return Outcome(why=Why.STILL_RETRYING, tone=Tone.BAD, is_bad=True)
        case TaskState.UNKNOWN:
            return Outcome(why=Why.STILL_UNKNOWN, tone=Tone.BAD, is_bad=True)
        case _:
            return outcome(known, seen, known.since or seen.taken_at)


def is_recovery(known: Known, state: TaskState) -> bool:
    """Say whether that is a way back to health, which is told only when it has held."""
    return state is TaskState.RUNNING and (known.state in _DOWN or known.bad_since is not None)


def retrying_grace(seen: Snapshot) -> timedelta:
    """Return how long RETRYING may last: half of what the cloud itself will try, at most 30 s; 0 if it will not try."""
    if seen.retry is None:
        return RETRYING_GRACE
    return min(RETRYING_GRACE, max(timedelta(), seen.retry.count * seen.retry.interval / 2))


def retries_left(known: Known, at: datetime) -> timedelta | None:
    """Say how long the cloud will go on to try by itself; None where it does not, or does not say."""
    seen, since = known.last, known.retrying_since
    if seen is None or since is None or seen.retry is None or seen.state is not TaskState.RETRYING:
        return None
    return max(timedelta(), seen.retry.count * seen.retry.interval - (at - since))


def bad_at(known: Known) -> tuple[Why, datetime] | None:
    """Say when, and why, the state that a task is in becomes bad if it stays so; None if it does not or already is."""
    seen = known.last
    if seen is None or known.bad_since is not None or is_history(known, seen, seen.taken_at):
        return None
    if known.state is TaskState.RETRYING and known.retrying_since is not None:
        return Why.STILL_RETRYING, known.retrying_since + retrying_grace(seen)
    if known.state is TaskState.UNKNOWN and known.since is not None:
        return Why.STILL_UNKNOWN, known.since + UNKNOWN_GRACE
    if known.state is TaskState.NOT_STARTED and seen.plan.start is not None:
        return Why.START_MISSED, seen.plan.start + START_GRACE
    return None


def turned_bad_at(known: Known) -> datetime | None:
    """Say when a task that is bad became so, which may be a grace after its trouble began."""
    began = known.bad_since
    if began is None or known.last is None:
        return None
    match known.bad_why:
        case Why.STILL_RETRYING:
            return began + retrying_grace(known.last)
        case Why.STILL_UNKNOWN:
            return began + UNKNOWN_GRACE
        case Why.START_MISSED:
            return began + START_GRACE
        case _:
            return known.since


def is_history(known: Known, seen: Snapshot, at: datetime) -> bool:
    """Say whether the task is past what it was there for: nobody waits for it to run."""
    return known.ended_at is not None or (plan.end(known, seen) is not None and not plan.is_early(known, seen, at))


def _back(known: Known) -> Why:
    if known.state is TaskState.ENDED:
        return Why.REOPENED
    return Why.RECOVERED if is_recovery(known, TaskState.RUNNING) else Why.STARTED


def _stop(known: Known, seen: Snapshot, at: datetime) -> Outcome:
    has_retried = known.retrying_since is not None or known.state is TaskState.RETRYING
    if seen.reason == BY_A_PERSON:
        why = Why.STOPPED_BY_A_PERSON
    else:
        why = Why.STOPPED if seen.reason or has_retried else Why.STOPPED_UNEXPLAINED
    if is_history(known, seen, at):
        return Outcome(why=why, tone=Tone.INFO)
    is_meant = why is Why.STOPPED_BY_A_PERSON
    return Outcome(why=why, tone=Tone.WARNING if is_meant else Tone.BAD, is_bad=not is_meant)


def _end(known: Known, seen: Snapshot, at: datetime) -> Outcome:
    # What somebody stopped on purpose is only tidied up when it goes.
    was_stopped_on_purpose = known.state is TaskState.STOPPED and known.bad_since is None
    if plan.is_early(known, seen, at):
        why = Why.ENDED_EARLY
    else:
        has_plan = plan.end(known, seen) is not None or seen.reason == AT_ITS_END
        why = Why.ENDED if has_plan or was_stopped_on_purpose else Why.ENDED_WITHOUT_PLAN
    is_bad = why is not Why.ENDED and not was_stopped_on_purpose
    return Outcome(why=why, tone=Tone.BAD if is_bad else Tone.INFO, is_bad=is_bad)
