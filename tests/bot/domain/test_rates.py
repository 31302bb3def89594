from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.rates import LONGEST, Rates, TooOften

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def ask(rates: Rates, *, at: timedelta = timedelta(), user: str = "ann", channel: str = "relays") -> timedelta | None:
    """Ask once; None when it was let through, else how long to wait."""
    try:
        rates.admit(user=user, channel=channel, now=NOW + at)
    except TooOften as refused:
        return refused.wait
    return None


def test_five_questions_in_ten_seconds_are_one_persons():
    rates = Rates()

    waits = [ask(rates, at=SECOND * second) for second in range(6)]

    assert waits == [None] * 5 + [5 * SECOND]  # the first of five was at 0, so its window ends at 10; 10 - 5 = 5


def test_what_was_refused_is_not_counted():
    rates = Rates()
    for second in range(5):
        ask(rates, at=SECOND * second)
    for _ in range(100):
        ask(rates, at=9 * SECOND)

    assert ask(rates, at=10 * SECOND) is None


def test_thirty_questions_a_minute_are_one_persons():
    rates = Rates()
    waits = [ask(rates, at=2 * SECOND * number) for number in range(31)]

    assert waits[:30] == [None] * 30
    assert waits[30] is None  # at 60 the first, at 0, has left the window
    assert ask(rates, at=61 * SECOND) == SECOND  # the second, at 2, leaves at 62


def test_sixty_questions_a_minute_are_one_channels():
    rates = Rates()
    for number in range(60):
        assert ask(rates, user=f"user {number}", at=SECOND / 2 * number) is None

    assert ask(rates, user="the 61st", at=30 * SECOND) == 30 * SECOND
    assert ask(rates, user="the 61st", channel="another", at=30 * SECOND) is None


def test_a_person_is_counted_across_channels_and_no_user_is_a_channel():
    rates = Rates()
    waits = [ask(rates, channel=f"channel {number}") for number in range(6)]

    assert waits == [None] * 5 + [10 * SECOND]
    assert ask(rates, user="channel 0", channel="ann") is None


def test_the_longer_wait_counts():
    rates = Rates()
    for number in range(60):
        ask(rates, user=f"user {number}")
    for _ in range(5):
        ask(rates, channel="another")

    assert ask(rates) == MINUTE


@pytest.mark.parametrize("back", [SECOND, timedelta(hours=1), timedelta(days=365)])
def test_a_clock_that_steps_back_shuts_nobody_out(back: timedelta):
    rates = Rates()
    for _ in range(5):
        ask(rates)

    waits = [ask(rates, at=-back) for _ in range(6)]

    assert waits == [None] * 5 + [10 * SECOND]


def test_who_has_been_quiet_for_the_longest_window_is_forgotten():
    rates = Rates()
    for number in range(1000):
        ask(rates, user=f"user {number}", channel=f"channel {number}")
    for _ in range(4):
        ask(rates, user="late", channel="late", at=LONGEST - SECOND)

    ask(rates, user="later", channel="later", at=LONGEST)

    assert set(rates._asked) == {"user late", "channel late", "user later", "channel later"}


def test_one_person_leaves_no_more_behind_than_the_longest_window_holds():
    rates = Rates()
    for number in range(1000):
        assert ask(rates, at=3 * SECOND * number) is None

    assert sum(map(len, rates._asked.values())) == 2 * (LONGEST // (3 * SECOND))
