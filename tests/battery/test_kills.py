"""
kill -9 of the real process, a handful of times; `make battery` does it some hundreds of times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.battery.trial import MIGRATION, POINTS, run, try_out

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261121
AT_DOORS = ("before the poll is answered", "post taken, reply unheard", "edit taken, reply unheard")
AT_COMMITS = (MIGRATION, "after the commit, before anybody is woken", "in the commit of a mute")


@pytest.mark.parametrize("points", [AT_DOORS, AT_COMMITS], ids=["doors", "commits"])
async def test_a_killed_bot_loses_nothing_and_says_nothing_twice(tmp_path: Path, points: tuple[str, ...]):
    print(f"seed {SEED}")  # noqa: T201
    rounds = await run(points, SEED, tmp_path)

    assert [each.point for each in rounds] == list(points)
    assert [each for each in rounds if not each.is_right] == []
    assert all(each.hits for each in rounds), "it was not killed where it should: the test shows nothing"


@pytest.mark.parametrize(
    ("mutant", "point", "shows"),
    [
        # Marked as said when it is taken up: whoever dies before saying it has lost it.
        ("mark before send", "after the claim, before the send", "lost"),
        # Said before it is written down: whoever dies before the commit says it again.
        ("send before commit", "after the poll, before the commit", "doubled"),
    ],
)
async def test_the_battery_finds_a_bot_that_is_wrong(tmp_path: Path, mutant: str, point: str, shows: str):
    print(f"seed {SEED}")  # noqa: T201
    found = await try_out(mutant, point, SEED, tmp_path)

    assert found.hits
    assert getattr(found, shows)


def test_every_point_stands_in_the_table_once():
    assert len(POINTS) == 18
    assert len(set(POINTS.values())) == len(POINTS)
