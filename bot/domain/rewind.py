"""
What is remembered when the clock has stepped back: nothing may lie in the future, or graces would wait for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.domain.task import Known


def rewound(known: Known, now: datetime) -> Known:
    """Return what is known with every instant that has not come yet moved to now."""
    if not any(at is not None and at > now for at in _instants(known)):
        return known

    def past(at: datetime | None) -> datetime | None:
        return at and min(at, now)

    return replace(
        known,
        since=past(known.since),
        doubt=known.doubt and replace(known.doubt, since=min(known.doubt.since, now)),
        ran_until=past(known.ran_until),
        bad_since=past(known.bad_since),
        retrying_since=past(known.retrying_since),
        unseen_since=past(known.unseen_since),
        movement=known.movement and replace(known.movement, moved_at=min(known.movement.moved_at, now)),
        flips=tuple(min(flip, now) for flip in known.flips),
        ended_at=past(known.ended_at),
    )


def _instants(known: Known) -> Iterator[datetime | None]:
    yield from (known.since, known.ran_until, known.bad_since, known.retrying_since, known.unseen_since, known.ended_at)
    yield from known.flips
    if known.doubt is not None:
        yield known.doubt.since
    if known.movement is not None:
        yield known.movement.moved_at
