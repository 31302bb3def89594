"""
Judgement: what a read of a followed task comes to, given what is remembered of it.

A state is *known* once it is confirmed; until then there is doubt, which the card alone shows. A read that failed is no
read: it neither confirms nor denies.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.contract import Snapshot, TaskState
from bot.domain import appointment, flap, outcome, progress, spell, unseen
from bot.domain.gone import remembered
from bot.domain.outlook import Tone
from bot.domain.rewind import rewound
from bot.domain.task import Doubt, Known, News, Verdict, Why
from bot.domain.tidings import lasted, tidings

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.errors import ProviderError

_DOWN_FOR_GOOD = frozenset({TaskState.STOPPED, TaskState.ENDED})


def judge(known: Known, seen: Snapshot | ProviderError, now: datetime, *, provider: str) -> Verdict:
    """
    Judge one read of one task. Pure and total.

    Args:
        known: What is remembered. `Known()` for a task that is seen for the first time, `Known(state=NOT_STARTED)` for
            one that has just appeared in a list that is followed whole.
        seen: A read, or why there is none. Not found is a read, so ask `evidence.believed` before.
        now: aware UTC. Of a read the instant that counts is its own, `taken_at`.
        provider: The registry's word; it tells how long a confirmation takes and whether an end is final.

    Returns:
        What is remembered next, what is said, and when to look again at the latest besides the task's usual turn. While
        `known.doubt` is set, that look must be a read of its own: asked after this one was judged, never out of memory.
    """
    if not isinstance(seen, Snapshot):
        return _verdict(*unseen.missed(rewound(known, now), now), now, provider)
    if known.last is not None and seen.taken_at <= known.last.taken_at <= now:  # overtaken by a newer one
        return _verdict(known, (), known.last.taken_at, provider)
    at = seen.taken_at
    known = rewound(known, max(at, now))
    seen = remembered(known, seen)
    was_unseen = known.unseen_since is not None
    known, news = unseen.seen_again(known, at)
    if known.state is None:
        known, more = _first_sight(known, seen, provider)
    elif seen.state is known.state:
        known, more = spell.stands(known, seen, was_unseen=was_unseen)
    else:
        known, more = _moves(known, seen, provider)
    return _verdict(known, (*news, *more), at, provider)


def expect(known: Known, now: datetime) -> Verdict:
    """
    Judge that somebody said (*Expected*, *Planned*) that the bad end or stop which a task is in was meant.

    It holds for as long as the task stays so.
    """
    if known.bad_since is None or known.state not in _DOWN_FOR_GOOD:
        return Verdict(known=known)
    news = News(
        why=Why.EXPECTED,
        at=now,
        old=known.state,
        new=known.state,
        tone=Tone.INFO,
        bad_for=lasted(known.bad_since, now),
        closes=True,
    )
    return Verdict(known=replace(known, expected=True, bad_since=None, bad_why=None, is_flapping=False), news=(news,))


def _verdict(known: Known, news: tuple[News, ...], at: datetime, provider: str) -> Verdict:
    return Verdict(
        known=known,
        news=news,
        look_again_at=appointment.look_again_at(known, at, provider),
        is_over=appointment.is_over(known, at, provider),
    )


def _first_sight(known: Known, seen: Snapshot, provider: str) -> tuple[Known, tuple[News, ...]]:
    """Take a state in as it is found, no change; what is bad, or not found, only when a second read agrees."""
    began, found = seen.taken_at, outcome.at_first_sight(known, seen)
    if found.is_bad or seen.state is TaskState.NOT_FOUND:
        doubt = _doubted(known, seen, provider)
        known, began = _in_doubt(known, seen, doubt), doubt.since
        if not _is_confirmed(known, doubt, seen.taken_at, provider):
            return known, ()
    known = replace(_entered(known, seen, began, bad_why=found.why if found.is_bad else None), began_unseen=True)
    if not found.is_bad:
        return known, ()
    news = News(
        why=Why.FIRST_SIGHT_BAD,
        at=began,
        old=None,
        new=seen.state,
        tone=found.tone,
        reason=seen.reason,
        is_bad=True,
    )
    return known, (news,)


def _moves(known: Known, seen: Snapshot, provider: str) -> tuple[Known, tuple[News, ...]]:
    """Doubt a state that is new, and believe it when it is confirmed."""
    doubt = _doubted(known, seen, provider)
    known = _in_doubt(known, seen, doubt)
    if not _is_confirmed(known, doubt, seen.taken_at, provider):
        return known, ()
    return _change(known, replace(seen, reason=doubt.reason), doubt.since)


def _doubted(known: Known, seen: Snapshot, provider: str) -> Doubt:
    at, doubt = seen.taken_at, known.doubt
    if doubt is None or doubt.state is not seen.state:
        return Doubt(state=seen.state, raw=seen.raw, reason=seen.reason, since=at, reads=1)
    if at - doubt.since < appointment.confirm_after(provider):
        return doubt
    return replace(doubt, raw=seen.raw, reason=seen.reason or doubt.reason, reads=doubt.reads + 1)


def _in_doubt(known: Known, seen: Snapshot, doubt: Doubt) -> Known:
    retrying_since = known.retrying_since
    if seen.state is TaskState.RETRYING and retrying_since is None:
        retrying_since = seen.taken_at  # also unconfirmed: a stop that follows is then explained
    return replace(known, doubt=doubt, last=seen, retrying_since=retrying_since)


def _is_confirmed(known: Known, doubt: Doubt, at: datetime, provider: str) -> bool:
    # A hold is never shorter than the way from a first read to a second one.
    return at - doubt.since >= appointment.hold(known, doubt, provider)


def _change(known: Known, seen: Snapshot, began: datetime) -> tuple[Known, tuple[News, ...]]:
    """Make a confirmed move: one change, and flapping if it is one too many."""
    old, found = known, outcome.outcome(known, seen, began)
    flips = flap.counted(known.flips, seen.taken_at)
    settles = seen.state in _DOWN_FOR_GOOD and not found.is_bad  # over, as it was meant to be
    is_flapping = not settles and seen.state is not TaskState.ENDED and (known.is_flapping or flap.is_flapping(flips))
    is_bad = found.is_bad or is_flapping
    bad_why = (Why.FLAPPING if is_flapping else found.why) if is_bad else None
    known = replace(
        _entered(known, seen, began, bad_why=bad_why),
        flips=flips,
        is_flapping=is_flapping,
        told=_still_held(known, seen),
    )
    breaks_silence = seen.state in _DOWN_FOR_GOOD or old.state in _DOWN_FOR_GOOD
    news = tidings(old, seen, found, began)
    change = replace(
        news,
        is_change=True,
        is_told=not is_flapping or breaks_silence,
        closes=old.bad_since is not None and not is_bad,
        lasted=lasted(old.since, began),
        lasted_longer=old.began_unseen,
        bad_for=lasted(old.bad_since, began) if not is_bad else None,
    )
    if is_flapping and not old.is_flapping:
        return known, (change, replace(news, why=Why.FLAPPING, tone=Tone.BAD, is_bad=True))
    return known, (change,)


def _entered(known: Known, seen: Snapshot, began: datetime, *, bad_why: Why | None) -> Known:
    """Remember a confirmed state and forget what belonged to the one before."""
    runs = seen.state is TaskState.RUNNING
    retries = seen.state is TaskState.RETRYING
    bad_since = known.bad_since or _trouble_began(known, seen, began)
    return replace(
        known,
        state=seen.state,
        since=began,
        began_unseen=False,
        last=seen,
        doubt=None,
        was_running=known.was_running or runs,
        ran_until=seen.taken_at if runs else known.ran_until,
        expected=False,
        bad_since=bad_since if bad_why is not None else None,
        bad_why=bad_why,
        retrying_since=known.retrying_since or began if retries else None,
        movement=progress.followed(None, seen, was_unseen=False) if runs else None,
        is_stalled=False,
        told=frozenset(),
        ended_at=began if seen.state is TaskState.ENDED else None if runs else known.ended_at,
        remark=None,
        successor=None,
    )


def _trouble_began(known: Known, seen: Snapshot, began: datetime) -> datetime:
    if seen.state is TaskState.NOT_STARTED:
        return seen.plan.start or began
    return known.retrying_since or began


def _still_held(known: Known, seen: Snapshot) -> frozenset[Why]:
    return known.told & {Why.OVER_RUN} if seen.state in {TaskState.RUNNING, TaskState.RETRYING} else frozenset()
