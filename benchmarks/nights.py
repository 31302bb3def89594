"""
Crash points × signals, in nights in which somebody is called: while they ack, mute or hand over, while a timer fires,
between Slack and the outside pagers. By one process on both stores, or by two on one PostgreSQL.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from kills import BY, STORES, WRONGS
from report import Report

from tests.battery.night import TASKS, Round, Terms, run, try_out
from tests.battery.points import NIGHT
from tests.postgres import create, open_server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

PAIR = "two on postgres"
KINDS = (*STORES, PAIR)
MUTANTS = {
    "call before commit": "a timer fires: before its commit",
    "fire without saving": "a timer fires: after its commit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    kind: str
    terms: Terms
    points: Sequence[str]
    seed: int

    @property
    def again(self) -> str:
        """The command that plays it again."""
        named = " ".join(f'"{point}"' for point in self.points)
        by = self.terms.by.name
        return f'benchmarks/battery.py night --on "{self.kind}" --by {by} --seed {self.seed} --points {named}'


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=4, help="in each cell")
    parser.add_argument("--on", choices=KINDS, nargs="*", default=KINDS)
    parser.add_argument("--by", choices=BY, nargs="*", default=BY)
    parser.add_argument("--points", choices=tuple(NIGHT), nargs="*", help="one history of these, night by night")


def play(wanted: argparse.Namespace) -> list[Report]:
    with open_server() as url:
        numbers = itertools.count(1)
        return asyncio.run(_play(wanted, lambda: create(url, f"battery_{next(numbers)}")))


async def _play(wanted: argparse.Namespace, fresh: Callable[[], str]) -> list[Report]:
    chance, seeds = random.Random(wanted.seed), itertools.count(wanted.seed)
    trials = []
    for kind, by in itertools.product(wanted.on, wanted.by):
        terms = Terms(by=signal.Signals[by], replicas=2 if kind == PAIR else 1)
        points = wanted.points or chance.sample([*NIGHT] * wanted.rounds, len(NIGHT) * wanted.rounds)
        dealt = [points[begin : begin + len(TASKS)] for begin in range(0, len(points), len(TASKS))]
        trials += [Trial(kind=kind, terms=terms, points=each, seed=next(seeds)) for each in dealt]
    print(f"  {len(trials)} histories, {sum(len(each.points) for each in trials)} nights", file=sys.stderr)
    turns, done = asyncio.Semaphore(wanted.at_once), itertools.count(1)

    async def one(trial: Trial) -> list[Round]:
        async with turns:
            database = "" if trial.kind == "sqlite" else await asyncio.to_thread(fresh)
            with TemporaryDirectory(prefix="relaybot-") as folder:
                rounds = await run(trial.points, trial.seed, Path(folder), trial.terms, database)
        bad = [each for each in rounds if not each.is_right]
        print(
            f"  history {next(done)} of {len(trials)}{f', wrong: {bad}: {trial.again}' if bad else ''}", file=sys.stderr
        )
        return rounds

    found = await asyncio.gather(*map(one, trials))
    played = [(trial, each) for trial, rounds in zip(trials, found, strict=True) for each in rounds]
    mutants = [] if wanted.points else [await _find(name, wanted.seed) for name in MUTANTS]
    rows = [_row(point, played, wanted) for point in NIGHT if any(each.point == point for _, each in played)]
    every = [(trial, replace(each, point="all")) for trial, each in played]
    return [
        Report(
            title="nights in which somebody is called: hits/runs of each cell",
            rows=[*rows, _row("all", every, wanted)],
            wrong=[f"{each}: {trial.again}" for trial, each in played if not each.is_right],
        )
    ] + [
        Report(
            title="bots that call wrongly",
            rows=mutants,
            wrong=[str(row) for row in mutants if not row["found in round"]],
        )
    ] * bool(mutants)


async def _find(mutant: str, seed: int) -> dict[str, object]:
    """Say how many rounds it took to find a bot that is wrong; 0 when five did not."""
    for number in range(5):
        with TemporaryDirectory(prefix="relaybot-") as folder:
            found = await try_out(mutant, MUTANTS[mutant], seed + number, Path(folder))
        if not found.is_right:
            return {"mutant": mutant, "found in round": number + 1}
    return {"mutant": mutant, "found in round": 0}


def _row(point: str, played: Sequence[tuple[Trial, Round]], wanted: argparse.Namespace) -> dict[str, object]:
    row: dict[str, object] = {"ended": point}
    found = [(trial, each) for trial, each in played if each.point == point]
    for kind, by in itertools.product(wanted.on, wanted.by):
        cell = [each for trial, each in found if (trial.kind, trial.terms.by.name) == (kind, by)]
        row[f"{kind} {by}"] = f"{sum(each.hits > 0 for each in cell)}/{len(cell)}" if cell else "–"
    return row | {what: sum(len(getattr(each, what)) for _, each in found) for what in WRONGS}
