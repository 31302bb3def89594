"""
Somebody is called while processes are ended, a handful of times; `make battery` does it some hundreds of times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.battery.night import Terms, run, try_out
from tests.battery.points import NIGHT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20261121
TIMER = "a timer fires: in its commit"
OTHERS = ("after the commit of an ack, before its reply", "between Slack and the forward")


@pytest.fixture
def database(fresh_postgres: Callable[[bool], str]) -> str:
    return fresh_postgres(False)


async def test_whoever_is_to_be_called_is_called_once_however_often_the_bot_is_killed(tmp_path: Path):
    print(f"seed {SEED}")  # noqa: T201
    rounds = await run(OTHERS, SEED, tmp_path)

    assert [each for each in rounds if not each.is_right] == []
    assert [each.point for each in rounds if each.hits] == [*OTHERS], "it was not ended where it should"


async def test_of_two_processes_one_fires_a_timer_whichever_dies(tmp_path: Path, database: str):
    print(f"seed {SEED}")  # noqa: T201
    (found,) = await run([TIMER], SEED, tmp_path, Terms(replicas=2), database)

    assert found.is_right, found
    assert found.hits, "none was ended where it should: the test shows nothing"


async def test_the_battery_finds_a_bot_that_calls_before_it_saves_the_timer(tmp_path: Path):
    print(f"seed {SEED}")  # noqa: T201
    found = await try_out("call before commit", "a timer fires: before its commit", SEED, tmp_path)

    assert found.hits
    assert any("stands 2 times" in each or "twice" in each for each in found.doubled), found


def test_every_point_of_a_night_stands_in_the_table_once():
    assert len(NIGHT) == 17
    assert len(set(NIGHT.values())) == len(NIGHT)
