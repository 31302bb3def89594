"""
The real process is ended at a moment of the protocol, a handful of times; `make battery` does it some thousands of
times.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.battery.points import MIGRATION, POINTS
from tests.battery.trial import Terms, run, try_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20261121
AT_DOORS = ("before the poll is answered", "post taken, reply unheard", "edit taken, reply unheard")
AT_COMMITS = (MIGRATION, "after the commit, before anybody is woken", "in the commit of a mute")


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; nothing stands for a file of its own."""
    if request.param == "sqlite":
        return ""
    fresh: Callable[[bool], str] = request.getfixturevalue("fresh_postgres")
    return fresh(False)


@pytest.mark.parametrize(
    ("database", "points", "terms"),
    [
        pytest.param("sqlite", AT_DOORS, Terms(), id="killed at doors"),
        pytest.param("sqlite", AT_COMMITS, Terms(mutant="lose every wake"), id="killed at commits, its engine forgets"),
        pytest.param("postgres", (MIGRATION, *AT_DOORS[1:2]), Terms(), id="killed on PostgreSQL"),
        pytest.param(
            "sqlite",
            AT_DOORS[1:],
            Terms(by=signal.SIGTERM, mutant="run every job twice"),
            id="asked to leave, its engine repeats",
        ),
    ],
    indirect=["database"],
)
async def test_a_bot_that_is_ended_loses_nothing_and_says_nothing_twice(
    tmp_path: Path, database: str, points: tuple[str, ...], terms: Terms
):
    print(f"seed {SEED}")  # noqa: T201
    rounds = await run(points, SEED, tmp_path, terms, database)

    assert [each.point for each in rounds] == list(points)
    assert [each for each in rounds if not each.is_right] == []
    assert all(each.hits for each in rounds), "it was not ended where it should: the test shows nothing"


async def test_without_the_history_scopes_a_crash_repeats_one_message_at_most(tmp_path: Path):
    print(f"seed {SEED}")  # noqa: T201
    (found,) = await run(["post taken, reply unheard"], SEED, tmp_path, Terms(reads_back=False))

    assert found.is_right
    assert (found.hits, len(found.doubled)) == (1, 1)  # and this is the crash that does


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
