"""
Healthy: whether the whole loop goes round: looking, judging, saying, waking. Pure.

Only then is the dead-man's switch elsewhere told that all is well. Silence is not health: what matters is not that this
process lives, but that somebody would be woken now.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.figures import Beat

SEEN_WITHIN: Final = timedelta(seconds=90)  # a sweep comes every five seconds
READ_WITHIN: Final = timedelta(minutes=3)  # after its turn: of clouds that are read task by task
CALLED_WITHIN: Final = timedelta(minutes=2)
MOVING_WITHIN: Final = timedelta(minutes=2)
TIMERS_WITHIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """
    What all processes that share a database have in common, at one moment. A time is None where there is no such thing.

    `read_late`: how long the longest overdue task waits to be read; `call`: the oldest call that was not delivered;
    `unsaid`: anything else that is due to be said; `said`: since anything last was; `timer`: the longest overdue of
    what responses do next.
    """

    beats: Sequence[Beat]
    read_late: timedelta | None = None
    call: timedelta | None = None
    unsaid: timedelta | None = None
    said: timedelta | None = None
    timer: timedelta | None = None


def ails(signs: Signs) -> tuple[str, ...]:
    """
    Name what keeps somebody from being woken now; nothing when all is well.

    A region that cannot be seen is an incident, and is told; but when none is seen the trouble may be ours, and nobody
    else may be able to say so.
    """
    seen = [beat for beat in signs.beats if _is_seen(beat)]
    wrong = [
        f"{beat.account} {beat.region} is not looked at"
        for beat in signs.beats
        if not _is_seen(beat) and not beat.is_failing
    ]
    if signs.beats and not seen:
        wrong.append("no cloud is seen")
    if _is_over(signs.read_late, READ_WITHIN):
        wrong.append("tasks are not read")
    if _is_over(signs.call, CALLED_WITHIN):
        wrong.append("a call is not delivered")
    if _is_over(signs.unsaid, MOVING_WITHIN) and (signs.said is None or signs.said > MOVING_WITHIN):
        wrong.append("nothing that waits is said")
    if _is_over(signs.timer, TIMERS_WITHIN):
        wrong.append("a timer is late")
    return tuple(wrong)


def _is_seen(beat: Beat) -> bool:
    return not beat.is_failing and beat.age_s is not None and beat.age_s <= SEEN_WITHIN.total_seconds()


def _is_over(waits: timedelta | None, limit: timedelta) -> bool:
    return waits is not None and waits > limit
