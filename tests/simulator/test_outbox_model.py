"""
Two workers, two messages: every order of their steps, with a crash or a lost answer anywhere; `make battery` lets more
of that happen on one way.
"""

from __future__ import annotations

import pytest

from tests.simulator.outbox_model import Limits, explore


@pytest.mark.parametrize(
    "limits",
    [
        # One of them dies, at any moment.
        Limits(crashes=1, losses=0, stalls=0),
        # Slack takes something and does not say so, or does not take it and does not say that either.
        Limits(crashes=0, losses=1, stalls=0),
        # One of them stands still for longer than its claim lasts, and then goes on.
        Limits(crashes=0, losses=0, stalls=1),
    ],
    ids=["crash", "lost answer", "stall"],
)
def test_on_every_way_both_are_said_once_and_in_order(limits: Limits):
    found = explore(limits)
    print(found)  # noqa: T201

    assert not found.wrong, found.example
    assert found.left == 0, "not every way was gone"
    assert found.ends
    assert found.worst == 1


def test_without_a_look_back_a_lost_answer_says_a_message_twice_at_most():
    found = explore(Limits(crashes=0, losses=1, stalls=0, looks_back=False))

    assert found.left == 0
    assert found.worst == 2
    assert not [wrong for wrong in found.wrong if "lost" in wrong]


def test_without_the_last_look_at_the_clock_a_worker_that_stood_still_says_it_again():
    """The model finds what is wrong: nothing but that look keeps a late one from speaking."""
    found = explore(Limits(crashes=0, losses=0, stalls=1, is_punctual=False))

    assert found.worst == 2
    assert "stall" in " ".join(found.example)
