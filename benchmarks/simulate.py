"""
Hours of relays, faults, crashes and frozen processes, played in seconds against the real flows; and every way in which
two workers can deliver two messages. Ends with 1 when anything was lost, said twice, out of order or wrong, or when a
build that is wrong was not found.

    .venv/bin/python benchmarks/simulate.py [--seeds 300] [--first 1] [--long] [--at-once 2] [--json]
    .venv/bin/python benchmarks/simulate.py --seed 42 [--long]      one history again, and the smallest that still fails
    .venv/bin/python benchmarks/simulate.py --model                 only the two workers
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.simulator.history import LONG, SHORT, draw
from tests.simulator.mutants import MUTANTS
from tests.simulator.outbox_model import Limits, explore
from tests.simulator.shrink import shrink, written
from tests.simulator.world import Played, play

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.simulator.history import History
    from tests.simulator.outbox_model import Found

FOUND_WITHIN = 50  # seeds, for a build that is wrong
SUMS = ("virtual_s", "watched_s", "steps", "commits", "calls", "posts", "edits", "changes", "checks")
FAULTS = ("crashes", "freezes", "ambiguous")

# How much may go wrong on one way of the two workers, and how often a message may then stand there.
WAYS = {
    "two die": (Limits(crashes=2, losses=0, stalls=0), 1),
    "an answer is lost": (Limits(crashes=0, losses=1, stalls=0), 1),
    "one stands still": (Limits(crashes=0, losses=0, stalls=1), 1),
    "one dies, and an answer is lost": (Limits(crashes=1, losses=1, stalls=0), 1),
    "an answer is lost, and nobody looks back": (Limits(crashes=0, losses=1, stalls=0, looks_back=False), 2),
}


def one(seed: int, *, long: bool) -> tuple[Played, float]:
    """Play the history of a seed; returns what came of it, and what it took of a core."""
    logging.disable(logging.CRITICAL)  # what goes wrong on purpose is not news
    begun = time.process_time()
    return play(draw(seed, LONG if long else SHORT)), time.process_time() - begun


def again(seed: int, *, long: bool) -> int:
    """Play one seed, and show the smallest history that fails as it does."""
    logging.disable(logging.CRITICAL)
    history = draw(seed, LONG if long else SHORT)
    played = play(history)
    print(played)
    if not played.wrong:
        return 0
    kinds = {wrong.partition(":")[0] for wrong in played.wrong}

    def fails(shorter: History) -> bool:
        return bool(kinds & {wrong.partition(":")[0] for wrong in play(shorter).wrong})

    smallest = shrink(history, fails)
    print(*play(smallest).wrong, sep="\n")
    print(written(smallest))
    return 1


def find(mutant: str, first: int) -> int:
    """Return how many seeds it took to find a build that is wrong; 0 when fifty did not."""
    logging.disable(logging.CRITICAL)
    for number in range(FOUND_WITHIN):
        if play(draw(first + number), MUTANTS[mutant]()).wrong:
            return number + 1
    return 0


def go(name: str) -> Found:
    """Go every way of the two workers."""
    return explore(WAYS[name][0])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=300)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    if wanted.seed is not None:
        return again(wanted.seed, long=wanted.long)
    seeds = range(0) if wanted.model else range(wanted.first, wanted.first + wanted.seeds)
    print(f"seeds {seeds.start} to {seeds.stop - 1}" if seeds else "no seeds", file=sys.stderr)
    played: list[Played] = []
    took_s = 0.0
    with ProcessPoolExecutor(wanted.at_once) as pool:
        ways = dict(zip(WAYS, pool.map(go, WAYS), strict=True)) if wanted.model or wanted.seeds >= FOUND_WITHIN else {}
        for each, spent_s in pool.map(partial(one, long=wanted.long), seeds):
            played.append(each)
            took_s += spent_s
            if each.wrong:
                print(f"wrong, seed {each.seed}: {each.wrong}", file=sys.stderr)
        found = dict(zip(MUTANTS, pool.map(partial(find, first=wanted.first), MUTANTS), strict=True)) if seeds else {}
    sums = {name: sum(getattr(each, name) for each in played) for name in (*SUMS, *FAULTS)}
    wrong = [asdict(each) for each in played if each.wrong]
    told = {name: asdict(each) | {"wrong": dict(each.wrong)} for name, each in ways.items()}
    if wanted.json:
        figures = {"first": wanted.first, "seeds": len(played), "core_s": took_s, **sums}
        print(json.dumps({**figures, "wrong": wrong, "mutants": found, "ways": told}))
    else:
        show(played, sums, took_s, found, ways)
    is_right = not wrong and all(found.values()) and all(_holds(name, each) for name, each in ways.items())
    return 0 if is_right else 1


def show(
    played: Sequence[Played], sums: dict[str, float], took_s: float, found: dict[str, int], ways: dict[str, Found]
) -> None:
    """Print it for people."""
    if played:
        hours, watched = sums["virtual_s"] / 3_600, sums["watched_s"] / 3_600
        print(f"{len(played)} histories, {hours:.0f} hours ({watched:.1f} of them watched), {took_s:.0f} s of a core")
        print(", ".join(f"{sums[name]:,.0f} {name}" for name in SUMS[2:]))
        print(", ".join(f"{sums[name]:,.0f} {name}" for name in FAULTS))
        latest_s = max(each.latest_s for each in played)
        print(f"the latest message came {latest_s:.1f} s after it was put down, where nothing was wrong")
        print(f"wrong: {len([each for each in played if each.wrong])}")
    for name, seeds in found.items():
        print(f"a build that {name}: {f'found by seed {seeds} of fifty' if seeds else 'NOT FOUND'}")
    for name, each in ways.items():
        verdict = "right" if _holds(name, each) else f"WRONG {dict(each.wrong)} {each.example}"
        print(f"{name}: {each.states:,} states, {each.steps:,} steps, at most {each.worst} of a message: {verdict}")


def _holds(name: str, found: Found) -> bool:
    """Say whether nothing was lost or out of order, and nothing repeated more often than it may be."""
    repeats = WAYS[name][1] - 1
    graver = [wrong for wrong in found.wrong if not (repeats and "stands there" in wrong)]
    return not graver and not found.left and found.worst <= 1 + repeats


if __name__ == "__main__":
    sys.exit(main())
