"""
Hours of relays, faults and crashes, played in seconds against the real flows; `make battery` plays some hundreds more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulator.history import Crash, draw
from tests.simulator.mutants import MUTANTS
from tests.simulator.shrink import shrink, written
from tests.simulator.world import play

SEEDS = range(1, 7)
MOST = 50  # seeds that a mutant may live through
FINDS = {"sends before it commits": 1, "marks before it sends": 1, "never looks back": 4}
ROOT = Path(__file__).parents[2]
DIGEST = (
    "from tests.simulator.world import play; from tests.simulator.history import draw; print(play(draw({seed})).digest)"
)


def test_whatever_goes_wrong_everything_is_told_once_in_order_and_is_so():
    played = [play(draw(seed)) for seed in SEEDS]
    for each in played:
        print(each)  # noqa: T201

    assert [(each.seed, each.wrong) for each in played if each.wrong] == []
    assert sum(each.crashes for each in played), "nobody died: this shows nothing"
    assert sum(each.freezes for each in played), "nobody froze: this shows nothing"
    assert sum(each.ambiguous for each in played), "no answer was lost: this shows nothing"
    assert sum(each.changes for each in played) > 5 * len(played)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_build_that_is_wrong_is_found_within_fifty_seeds(mutant: str):
    """`FINDS` only says where to look first: the code that changes from day to day changes what a seed comes to."""
    seeds = [FINDS[mutant], *(seed for seed in range(1, MOST) if seed != FINDS[mutant])]
    found = next((seed for seed in seeds if play(draw(seed), MUTANTS[mutant]()).wrong), None)
    print(f"“{mutant}” is found by seed {found}")  # noqa: T201

    assert found is not None


def test_one_seed_is_one_history_in_every_process():
    """Also where Python hashes strings otherwise: a seed that was printed elsewhere can be played here."""
    seed = SEEDS[2]
    elsewhere = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", DIGEST.format(seed=seed)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert play(draw(seed)).digest == elsewhere.stdout.strip()


def test_a_history_shrinks_to_what_it_takes_to_fail():
    crash = Crash(at=70.0, process=0, door="post", nth=1, lasts=1.0)
    history = draw(SEEDS[0])
    history = replace(history, acts=(*history.acts, crash))

    smallest = shrink(history, lambda shorter: crash in shorter.acts)

    assert smallest.acts == (crash,)
    assert all(len(relay.phases) == 1 for relay in smallest.relays)
    assert "Crash(at=70.000, process=0, door='post', nth=1, lasts=1.000)" in written(smallest)


def test_a_history_can_lose_any_part():
    history = draw(SEEDS[0])
    parts = history.parts()

    for number in range(len(parts)):
        assert history.without(frozenset({number})).parts() == [*parts[:number], *parts[number + 1 :]]
