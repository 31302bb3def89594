from __future__ import annotations

import random

from bot.sandbox.ledger import Entry, Ledger
from bot.sandbox.limit import SlidingWindow


def test_the_next_request_within_a_second_is_refused():
    window = SlidingWindow(10)
    early = [window.admit("main", 5.0 + place / 100) for place in range(10)]

    assert early == [0.0] * 10
    assert window.admit("main", 5.5) == 0.5  # the first one was at 5.0, so 6.0 is the earliest
    assert window.admit("main", 5.999) > 0
    assert window.admit("main", 6.0) == 0.0
    assert window.admit("main", 6.005) > 0  # the second one was at 5.01


def test_refused_requests_do_not_count():
    window = SlidingWindow(1)
    window.admit("main", 1.0)
    for place in range(100):
        window.admit("main", 1.0 + place / 101)

    assert window.admit("main", 2.0) == 0.0


def test_keys_are_counted_apart():
    window = SlidingWindow(1)

    assert window.admit("one", 1.0) == 0.0
    assert window.admit("other", 1.0) == 0.0
    assert window.admit("one", 1.5) == 0.5


def test_one_that_comes_late_counts_from_when_it_is_answered():
    window = SlidingWindow(2)
    window.admit("main", 5.0)
    window.admit("main", 4.0)

    assert window.admit("main", 5.5) == 0.5
    assert window.admit("main", 6.0) == 0.0


def test_no_window_of_a_second_ever_holds_more_than_the_limit():
    seed = 20261121
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy
    window, ledger, tick = SlidingWindow(7), Ledger(), 0.0
    for _ in range(5000):
        tick += chance.expovariate(20)
        if not window.admit("main", tick):
            ledger.open(Entry(at=None, tick=tick, api="x"))

    assert ledger.busiest() == 7  # reached and never passed: it arrives three times too often


def test_the_ledger_counts_the_busiest_window():
    ledger = Ledger()
    for tick in (0.0, 0.5, 0.9, 1.0, 1.4, 3.0):
        ledger.open(Entry(at=None, tick=tick, api="x"))
    ledger.open(Entry(at=None, tick=3.0, api="y"))

    assert ledger.busiest("x") == 4  # 0.5, 0.9, 1.0 and 1.4; 0.0 and 1.0 are a whole second apart
    assert ledger.busiest() == 4
    assert ledger.busiest("y") == 1
    assert ledger.busiest("x", window_s=10.0) == 6
    assert Ledger().busiest() == 0
