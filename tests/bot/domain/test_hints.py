from __future__ import annotations

from datetime import UTC, datetime, timedelta

from adapters.contract import AccountName, TaskId
from bot.domain.hints import Hints

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
ACCOUNT = AccountName("trtc")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def look(hints: Hints, seconds: float, task: str = "t") -> float | None:
    when = hints.look_at(ACCOUNT, TaskId(task), at(seconds))
    return None if when is None else (when - NOW).total_seconds()


def test_a_task_is_looked_at_once_in_two_seconds_and_the_last_callback_counts():
    hints = Hints(10)

    asked = [look(hints, seconds) for seconds in (0, 0.5, 1, 1.9, 2, 4.5)]

    # The second one is put off, those after it are answered by the same look.
    assert asked == [0, 2, 2, 2, 4, 6]


def test_callbacks_spend_a_tenth_of_the_pace():
    """10 a second are 100 in ten seconds: ten of them."""
    hints = Hints(10)

    first = [look(hints, 0, f"t-{n}") for n in range(15)]
    later = [look(hints, 10, f"t-{n}") for n in range(15)]

    assert first == [0] * 10 + [None] * 5
    assert later == [10] * 10 + [None] * 5


def test_a_slow_account_still_hears_one():
    hints = Hints(0.5)

    assert [look(hints, 0, "a"), look(hints, 0, "b"), look(hints, 10, "b")] == [0, None, 10]


def test_a_clock_that_was_set_back_shuts_nobody_out():
    hints = Hints(0.5)
    look(hints, 3600)

    assert look(hints, 0, "another") == 0


def test_it_remembers_no_more_tasks_than_it_needs():
    """At 1 a second one task in ten seconds is looked at; ten of them are remembered."""
    hints = Hints(1)

    for number in range(100):
        look(hints, 10 * number, f"t-{number}")

    assert len(hints._looked) == 10
