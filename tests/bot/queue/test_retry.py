from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkew,
    ProviderError,
    Rejected,
    Throttled,
    Unreachable,
    Unreadable,
    WrongRegion,
)
from bot.queue.retry import throttled_for_s, wait_s

SKEWED = ClockSkew(server_at=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.mark.parametrize(
    ("trouble", "failures", "jitter", "expected"),
    [
        # The first back-off is between a quarter and half a second, and doubles.
        (Unreachable(), 1, 0.0, 0.25),
        (Unreachable(), 1, 0.5, 0.375),
        (Unreachable(), 2, 0.0, 0.5),
        # Three attempts are enough for somebody who waits.
        (Unreachable(), 3, 0.0, None),
        # A throttle without a word about how long: at least a second, for vendors count by the second.
        (Throttled(), 1, 0.0, 1.0),
        (Throttled(), 3, 0.5, 1.5),
        (Throttled(), 4, 0.0, None),
        # With one: as long as it says, up to a tenth more, never less than a second nor more than two minutes.
        (Throttled(retry_after=timedelta(seconds=10)), 1, 0.0, 10.0),
        (Throttled(retry_after=timedelta(seconds=10)), 1, 0.5, 10.5),
        (Throttled(retry_after=timedelta(milliseconds=80)), 1, 0.0, 1.0),
        (Throttled(retry_after=timedelta(hours=1)), 1, 0.9, 120.0),
        # A clock that the cloud has set right is tried at once, and once.
        (SKEWED, 1, 0.9, 0.0),
        (SKEWED, 2, 0.0, None),
        # Without its time there is nothing to set it by.
        (ClockSkew(), 1, 0.0, None),
        # What somebody has to change, or nobody understands, is not asked again.
        (BadCredentials(), 1, 0.0, None),
        (AccessDenied(), 1, 0.0, None),
        (WrongRegion(), 1, 0.0, None),
        (Rejected(), 1, 0.0, None),
        (Unreadable(), 1, 0.0, None),
    ],
)
def test_how_long_to_wait_before_asking_again(
    trouble: ProviderError, failures: int, jitter: float, expected: float | None
):
    assert wait_s(trouble, failures, jitter) == (None if expected is None else pytest.approx(expected))


def test_the_back_off_of_a_throttle_ends_at_eight_seconds():
    assert throttled_for_s(Throttled(), 20, 0.999) == pytest.approx(8.0, abs=0.01)
