from __future__ import annotations

import random
from bisect import bisect_left
from math import floor

import pytest

from bot.domain.turn import Urgency
from bot.queue import pace

SEED = 20261121


@pytest.mark.parametrize(
    ("per_second", "share", "interval_s"),
    [
        (10, 0.5, 0.2),  # Alibaba Cloud by default: 5 a second
        (20, 0.5, 0.1),  # Tencent by default: 10 a second
        (10, 0.9, 1 / 9),
        (0.5, 0.5, 4.0),
    ],
)
@pytest.mark.parametrize("urgency", Urgency)
def test_slots_lie_evenly_at_the_share_of_the_documented_rate(
    per_second: float, share: float, interval_s: float, urgency: Urgency
):
    terms = pace.terms(per_second, share, urgency)

    assert terms.interval_s == pytest.approx(interval_s)
    assert terms.slowest_s == pytest.approx(16 * interval_s)


def test_a_beat_takes_what_is_due_and_a_person_reserves_ahead():
    beat, person = (pace.terms(10, 0.5, urgency) for urgency in (Urgency.BEAT, Urgency.PERSON))

    assert beat.horizon_s == 0.025
    assert person.horizon_s == 5.0


@pytest.mark.parametrize(
    ("per_second", "share"), [(0, 0.5), (-1, 0.5), (10, 0), (10, -0.1), (10, 0.91), (10, float("nan"))]
)
def test_a_share_that_is_none_is_refused(per_second: float, share: float):
    with pytest.raises(ValueError, match=r"a (rate|share) of"):
        pace.terms(per_second, share, Urgency.BEAT)


@pytest.mark.parametrize(("asked_s", "pause_s"), [(0.0, 1.0), (0.5, 1.0), (7.0, 7.0), (121.0, 120.0), (9e9, 120.0)])
def test_a_pause_is_at_least_a_second_and_at_most_two_minutes(asked_s: float, pause_s: float):
    assert pace.pause_s(asked_s) == pause_s


def test_people_owe_two_and_a_half_slots_for_each():
    """2 x (1 + 2.5 s / 10 s): the depth counts into the window, too."""
    assert pytest.approx(2.5) == pace.PEOPLE_COST


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_no_second_at_the_receiver_sees_more_than_the_documented_rate(share: float):
    """Slots that are used one after the other, each on its way for up to 200 ms, in random order of arrival."""
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    for per_second in range(1, 51):
        interval_s = pace.terms(per_second, share, Urgency.BEAT).interval_s
        arrivals = sorted(number * interval_s + chance.uniform(0, 0.2) for number in range(2_000))

        most = max(bisect_left(arrivals, start + 1.0) - place for place, start in enumerate(arrivals))

        assert most <= per_second, (per_second, most)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_not_even_the_worst_second_sees_more_than_the_documented_rate(share: float):
    """⌊1.2 s / interval⌋ + 1 slots are sent within one second and the 200 ms by which their ways differ."""
    for per_second in range(1, 1_000):
        interval_s = pace.terms(per_second, share, Urgency.BEAT).interval_s

        assert floor(1.2 / interval_s) + 1 <= per_second


@pytest.mark.parametrize("interval_s", [0.05, 0.1, 0.2, 0.5, 0.8])
def test_greedy_people_get_no_more_than_half_of_any_ten_seconds(interval_s: float):
    """The row's arithmetic, with people who take every slot that they may, at random phases."""
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    cost = pace.PEOPLE_COST * interval_s
    slot = people_tat = 0.0
    taken: list[float] = []
    for _ in range(20_000):
        slot += interval_s * (1 if chance.random() < 0.9 else chance.uniform(1, 60))
        if people_tat <= slot + max(0.0, pace.PEOPLE_DEPTH_S - cost):
            people_tat = max(people_tat, slot) + cost
            taken.append(slot)

    most = max(bisect_left(taken, start + pace.PEOPLE_WINDOW_S) - place for place, start in enumerate(taken))

    assert most <= pace.PEOPLE_WINDOW_S / interval_s / 2
