"""
Retry: what to do with a request that a cloud did not answer. Pure.

    Throttled    wait as long as the cloud asks, or back off; four attempts
    Unreachable  back off; three attempts
    ClockSkew    learn the cloud's time and sign once more, at once
    all else     no: nothing changes by asking again
"""

from __future__ import annotations

from typing import Final

from adapters.errors import ClockSkew, ProviderError, Throttled, Unreachable
from bot.domain.turn import Urgency
from bot.queue import pace

ATTEMPTS_THROTTLED: Final = 4
ATTEMPTS_UNREACHABLE: Final = 3
ATTEMPTS_SKEWED: Final = 2

FIRST_BACKOFF_S: Final = 0.5  # doubled with each attempt
LONGEST_BACKOFF_S: Final = 8.0

# How long one request is tried for, waiting for its turns included. A person has turned to something else by then; a
# beat may have a thousand others before it.
PATIENCE_S: Final = {Urgency.PERSON: 60.0, Urgency.BEAT: 600.0}


def wait_s(trouble: ProviderError, attempt: int, jitter: float) -> float | None:
    """
    Say how long to wait before the request is sent again; None: not again.

    Args:
        trouble: what the attempt came to.
        attempt: how many have been made, this one included.
        jitter: 0 ≤ jitter < 1. Spreads those who failed together.
    """
    match trouble:
        case Throttled() if attempt < ATTEMPTS_THROTTLED:
            return throttled_for_s(trouble, attempt, jitter)
        case Unreachable() if attempt < ATTEMPTS_UNREACHABLE:
            return _backoff_s(attempt, jitter)
        case ClockSkew() if attempt < ATTEMPTS_SKEWED and trouble.server_at is not None:
            return 0.0
        case _:
            return None


def throttled_for_s(trouble: Throttled, attempt: int, jitter: float) -> float:
    """Say how long a throttle stops the lane: never less than the cloud asks, up to a tenth more."""
    if trouble.retry_after is None:
        return pace.pause_s(_backoff_s(attempt, jitter))
    return pace.pause_s(trouble.retry_after.total_seconds() * (1 + jitter / 10))


def _backoff_s(attempt: int, jitter: float) -> float:
    backoff_s: float = min(FIRST_BACKOFF_S * 2 ** (attempt - 1), LONGEST_BACKOFF_S)
    return backoff_s * (0.5 + jitter / 2)
