from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.page import pager
from bot.domain.pager import Pager, name_of, of_channel, unheard
from bot.domain.response import Badness, Due, Policy, Response
from bot.domain.rota import Level, Target, TargetKind
from bot.domain.subscription import Place

PAGERS = (
    Pager(name="night", channels=("C0RELAYS1", "G0*")),
    Pager(name="desk"),
    Pager(name="none", channels=("C0OTHER*",)),
)


@pytest.mark.parametrize(
    ("channel", "names"),
    [
        ("C0RELAYS1", ("desk", "night")),
        ("G0PRIVATE", ("desk", "night")),
        ("C0RELAYS", ("desk",)),
        ("C0OTHER12", ("desk", "none")),
        ("D0DIRECT1", ("desk",)),
    ],
)
def test_a_channels_calls_go_to_the_pagers_that_name_it(channel: str, names: tuple[str, ...]):
    assert of_channel(PAGERS, Place(team="T1", channel=channel)) == names


def test_a_pagers_place_is_told_from_a_channel():
    assert name_of(pager("T1", "night")) == "night"
    assert name_of(Place(team="T1", channel="C0RELAYS1")) is None


NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
NEXT = Level(after=timedelta(minutes=5), target=Target(kind=TargetKind.USER, id="U0BOB00001"))
CALLED = Response(
    id=3,
    incident=7,
    place=Place(team="T1", channel="C0RELAYS1"),
    opened_at=NOW,
    pages=True,
    policy=Policy(levels=(NEXT,)),
    badness=Badness(rank=2),
    step=0,
    due=Due.CALL,
    due_at=NOW + timedelta(minutes=5),
)


def test_a_level_whose_pager_takes_no_call_gives_way_to_the_next_at_once():
    assert unheard(CALLED, 0, NOW) == replace(CALLED, due_at=NOW)


@pytest.mark.parametrize(
    "other",
    [
        {"step": 1},  # the next one was called already
        {"policy": Policy()},  # there is none
        {"acked_by": "U0ANN00001", "ack_until": NOW + timedelta(minutes=30), "due": Due.REMIND},
        {"closed_at": NOW, "due": None, "due_at": None},
        {"leader": 2},  # another one calls for it
        {"due": Due.HELD},  # a mute lets it wait
        {"due_at": NOW},  # it is its turn as it is
    ],
)
def test_otherwise_the_response_goes_on_as_it_was(other: dict[str, Any]):
    response = replace(CALLED, **other)

    assert unheard(response, 0, NOW) == response
