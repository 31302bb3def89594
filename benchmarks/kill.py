"""
kill -9 of the real bot, some hundreds of times, at every moment of the protocol that has a name; what Slack's ledger
then says of the clouds' scripted history: how much was lost, said twice, said in the wrong order, or is wrong on cards.

    .venv/bin/python benchmarks/kill.py [--rounds 200] [--seed 20261121] [--at-once 2] [--json]

Ends with 1 when anything was, or when a mutant was not found.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.battery.trial import MIGRATION, POINTS, STEPS, Round, run, try_out

if TYPE_CHECKING:
    from collections.abc import Sequence

SEED = 20261121
MUTANTS = {
    "mark before send": "after the claim, before the send",
    "send before commit": "after the poll, before the commit",
}


def trials(rounds: int, chance: random.Random) -> list[list[str]]:
    """Deal the points out, each equally often, into histories of five steps; a migration is a history's very first."""
    points = list(POINTS) * -(-rounds // len(POINTS))
    chance.shuffle(points)
    steps = [point for point in points if point != MIGRATION]
    dealt = [steps[begin : begin + len(STEPS)] for begin in range(0, len(steps), len(STEPS))]
    first = points.count(MIGRATION)
    return [[MIGRATION, *trial] if number < first else trial for number, trial in enumerate(dealt)]


async def play(dealt: Sequence[Sequence[str]], seed: int, at_once: int) -> list[tuple[int, Round]]:
    """Play every history; return each round with its trial's seed."""
    turns = asyncio.Semaphore(at_once)

    async def one(number: int, points: Sequence[str]) -> list[tuple[int, Round]]:
        async with turns:
            with TemporaryDirectory(prefix="relaybot-") as folder:
                rounds = await run(points, seed + number, Path(folder))
        bad = [each for each in rounds if not each.is_right]
        print(
            f"  history {number + 1} of {len(dealt)}: {len(rounds)} rounds{f', wrong: {bad}' if bad else ''}",
            file=sys.stderr,
        )
        return [(seed + number, each) for each in rounds]

    played = await asyncio.gather(*(one(number, points) for number, points in enumerate(dealt)))
    return [each for rounds in played for each in rounds]


async def find(mutant: str, point: str, seed: int) -> int:
    """Return how many rounds it took to find a mutant; 0 when ten did not."""
    for number in range(10):
        with TemporaryDirectory(prefix="relaybot-") as folder:
            found = await try_out(mutant, point, seed + number, Path(folder))
        if not found.is_right:
            return number + 1
    return 0


def table(rounds: Sequence[Round]) -> list[dict[str, object]]:
    """Sum up by point."""
    by_point: defaultdict[str, list[Round]] = defaultdict(list)
    for each in rounds:
        by_point[each.point].append(each)
    return [
        {
            "point": point,
            "runs": len(found),
            "hits": sum(each.hits for each in found),
            **{
                what: sum(len(getattr(each, what)) for each in found)
                for what in ("lost", "doubled", "disordered", "wrong")
            },
        }
        for point in POINTS
        if (found := by_point[point])
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}", file=sys.stderr)

    dealt = trials(wanted.rounds, random.Random(wanted.seed))
    played = asyncio.run(play(dealt, wanted.seed, wanted.at_once))
    found = {name: asyncio.run(find(name, point, wanted.seed)) for name, point in MUTANTS.items()}

    rows = table([each for _, each in played])
    wrong = [(seed, asdict(each)) for seed, each in played if not each.is_right]
    if wanted.json:
        print(json.dumps({"seed": wanted.seed, "points": rows, "wrong": wrong, "mutants": found}))
    else:
        columns = ("runs", "hits", "lost", "doubled", "disordered", "wrong")
        print(f"{'killed':<44}" + "".join(f"{column:>12}" for column in columns))
        for row in rows:
            print(f"{row['point']:<44}" + "".join(f"{row[column]:>12}" for column in columns))
        sums = {column: sum(int(str(row[column])) for row in rows) for column in columns}
        print(f"{'all':<44}" + "".join(f"{sums[column]:>12}" for column in columns))
        for name, rounds in found.items():
            print(f"mutant “{name}”: {f'found in round {rounds}' if rounds else 'NOT FOUND'}")
        for seed, each in wrong:
            print(f"wrong, seed {seed}: {each}")
    return 1 if wrong or not all(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
