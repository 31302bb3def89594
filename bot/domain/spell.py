"""
A state that lasts: what may be said of it is that time has passed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.contract import TaskState
from bot.domain import flap, outcome, plan, progress
from bot.domain.outcome import Outcome
from bot.domain.outlook import Tone
from bot.domain.task import News, Why
from bot.domain.tidings import lasted, tidings

if TYPE_CHECKING:
    from adapters.contract import Snapshot
    from bot.domain.task import Known


def stands(known: Known, seen: Snapshot, *, was_unseen: bool) -> tuple[Known, tuple[News, ...]]:
    """Take in a read that agrees with what is known: what may be said is that time has passed."""
    before, runs = known, seen.state is TaskState.RUNNING
    known = replace(
        known,
        last=seen,
        doubt=None,
        ran_until=seen.taken_at if runs else known.ran_until,
        retrying_since=known.retrying_since if seen.state is TaskState.RETRYING else None,
    )
    known, news = _settled(known, seen)
    if not known.is_flapping:
        known, more = _worse(before, known, seen)
        news += more
    known, more = _plan_moved(known, seen)
    news += more
    if runs:
        known, more = _progressed(known, seen, was_unseen=was_unseen)
        news += more
    return known, news


def _worse(before: Known, known: Known, seen: Snapshot) -> tuple[Known, tuple[News, ...]]:
    """Say that a state has lasted too long, if the read before this one agreed."""
    due, at = outcome.bad_at(known), seen.taken_at
    if due is None or at < due[1] or before.doubt is not None or before.last is None:
        return known, ()
    why = due[0]
    if why is Why.START_MISSED and seen.plan.start is not None and before.last.taken_at < seen.plan.start:
        return known, ()
    since = seen.plan.start if why is Why.START_MISSED else known.retrying_since or known.since
    known = replace(known, bad_since=since or at, bad_why=why, told=known.told | {why})
    news = tidings(known, seen, Outcome(why=why, tone=Tone.BAD, is_bad=True), at)
    return known, (replace(news, lasted=lasted(since, at), left=outcome.retries_left(known, at)),)


def _plan_moved(known: Known, seen: Snapshot) -> tuple[Known, tuple[News, ...]]:
    """Follow the newest plan: a start that was missed and is to come again, an end that has passed."""
    at = seen.taken_at
    if known.bad_why is Why.START_MISSED and seen.plan.start is not None and seen.plan.start > at:
        closing = tidings(known, seen, Outcome(why=Why.SCHEDULED, tone=Tone.INFO), at)
        closing = replace(closing, closes=True, bad_for=lasted(known.bad_since, at))
        return replace(known, bad_since=None, bad_why=None, told=known.told - {Why.START_MISSED}), (closing,)
    if seen.state not in {TaskState.RUNNING, TaskState.RETRYING}:
        return known, ()
    is_over_run = plan.is_over_run(known, seen, at)
    if not is_over_run or Why.OVER_RUN in known.told:
        is_said = Why.OVER_RUN in known.told
        return replace(known, told=known.told - {Why.OVER_RUN}) if is_said and not is_over_run else known, ()
    news = tidings(known, seen, Outcome(why=Why.OVER_RUN, tone=Tone.WARNING), at)
    return replace(known, told=known.told | {Why.OVER_RUN}), (replace(news, is_told=False),)


def _progressed(known: Known, seen: Snapshot, *, was_unseen: bool) -> tuple[Known, tuple[News, ...]]:
    """Say that a file source stands still while its task runs, and that it moves again."""
    at, movement = seen.taken_at, progress.followed(known.movement, seen, was_unseen=was_unseen)
    is_stalled = movement is not None and (
        progress.is_stalled(movement, seen) or (known.is_stalled and movement.moved_at < at)
    )
    if movement is None and known.movement is None and not known.is_stalled:
        return known, ()
    before, known = known, replace(known, movement=movement, is_stalled=is_stalled)
    if is_stalled is before.is_stalled:
        return known, ()
    why, tone = (Why.STALLED, Tone.WARNING) if is_stalled else (Why.MOVING_AGAIN, Tone.INFO)
    stood = lasted(before.movement.moved_at, at) if before.movement is not None else None
    return known, (replace(tidings(known, seen, Outcome(why=why, tone=tone), at), lasted=stood),)


def _settled(known: Known, seen: Snapshot) -> tuple[Known, tuple[News, ...]]:
    """End flapping when it has been still; the last word is the state that it came to."""
    at = seen.taken_at
    if not known.is_flapping or at < flap.still_at(known.flips):
        return known, ()
    found = outcome.at_rest(known, seen)
    news = tidings(known, seen, replace(found, why=Why.SETTLED), at)
    closing = replace(
        news,
        lasted=lasted(known.since, at),
        closes=not found.is_bad,
        bad_for=None if found.is_bad else lasted(known.bad_since, at),
    )
    known = replace(
        known,
        is_flapping=False,
        flips=(),
        bad_since=known.bad_since if found.is_bad else None,
        bad_why=found.why if found.is_bad else None,
    )
    return known, (closing,)
