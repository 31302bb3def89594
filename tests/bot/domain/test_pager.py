from __future__ import annotations

import pytest

from bot.domain.page import pager
from bot.domain.pager import Pager, name_of, of_channel
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
