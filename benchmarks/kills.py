"""
Crash points × signals × what waits: the real process is ended at every moment of the protocol that has a name; then
Slack's ledger is held against the clouds' scripted history.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from report import Report

from tests.battery.points import MIGRATION, POINTS
from tests.battery.trial import STEPS, Round, Terms, run, try_out
from tests.postgres import create, open_server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

BY = ("SIGKILL", "SIGTERM")
PENDING = (0, 1, 50)
STORES = ("sqlite", "postgres")
WRONGS = ("lost", "doubled", "disordered", "wrong")
MUTANTS = {
    "mark before send": "after the claim, before the send",
    "send before commit": "after the poll, before the commit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    store: str
    terms: Terms
    points: Sequence[str]
    seed: int

    @property
    def again(self) -> str:
        """The command that plays it again."""
        history = "" if self.terms.reads_back else " --without-history"
        named = " ".join(f'"{point}"' for point in self.points)
        return (
            f"benchmarks/battery.py kill --store {self.store} --by {self.terms.by.name} --pending {self.terms.rooms}"
            f"{history} --seed {self.seed} --points {named}"
        )


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=4, help="in each cell")
    parser.add_argument("--store", choices=STORES, nargs="*", default=STORES)
    parser.add_argument("--by", choices=BY, nargs="*", default=BY)
    parser.add_argument("--pending", type=int, nargs="*", default=PENDING)
    parser.add_argument("--points", choices=tuple(POINTS), nargs="*", help="one history of these, step by step")
    parser.add_argument("--without-history", action="store_true", help="without the history scopes, and only so")


def play(wanted: argparse.Namespace) -> list[Report]:
    with open_server() as url:
        numbers = itertools.count(1)
        return asyncio.run(_play(wanted, lambda: create(url, f"battery_{next(numbers)}")))


async def _play(wanted: argparse.Namespace, fresh: Callable[[], str]) -> list[Report]:
    chance, seeds = random.Random(wanted.seed), itertools.count(wanted.seed)
    trials = []
    for store, by, pending in itertools.product(wanted.store, wanted.by, wanted.pending):
        terms = Terms(by=signal.Signals[by], rooms=pending, reads_back=not wanted.without_history)
        named = [wanted.points] if wanted.points else _deal(wanted.rounds, terms, chance)
        trials += [Trial(store=store, terms=terms, points=points, seed=next(seeds)) for points in named]
    chance.shuffle(trials)
    print(f"  {len(trials)} histories, {sum(len(each.points) for each in trials)} rounds", file=sys.stderr)
    turns, done = asyncio.Semaphore(wanted.at_once), itertools.count(1)

    async def one(trial: Trial) -> list[Round]:
        async with turns:
            database = await asyncio.to_thread(fresh) if trial.store == "postgres" else ""
            with TemporaryDirectory(prefix="relaybot-") as folder:
                rounds = await run(trial.points, trial.seed, Path(folder), trial.terms, database)
        bad = [each for each in rounds if not each.is_right]
        print(
            f"  history {next(done)} of {len(trials)}{f', wrong: {bad}: {trial.again}' if bad else ''}", file=sys.stderr
        )
        return rounds

    played = list(zip(trials, await asyncio.gather(*map(one, trials)), strict=True))
    mutants = [] if wanted.points or wanted.without_history else [await _find(name, wanted.seed) for name in MUTANTS]
    return [_report(store, played, wanted) for store in wanted.store] + [
        Report(
            title="bots that are wrong", rows=mutants, wrong=[str(row) for row in mutants if not row["found in round"]]
        )
    ] * bool(mutants)


def _deal(rounds: int, terms: Terms, chance: random.Random) -> Iterator[list[str]]:
    """Deal the points out, each equally often, into histories of five steps; a migration is a history's very first."""
    points = [point for point in POINTS if point != MIGRATION] * rounds
    chance.shuffle(points)
    first = 0 if terms.rooms else rounds
    for number, begin in enumerate(range(0, len(points), len(STEPS))):
        yield [MIGRATION] * (number < first) + points[begin : begin + len(STEPS)]


async def _find(mutant: str, seed: int) -> dict[str, object]:
    """Say how many rounds it took to find a bot that is wrong; 0 when ten did not."""
    for number in range(10):
        with TemporaryDirectory(prefix="relaybot-") as folder:
            found = await try_out(mutant, MUTANTS[mutant], seed + number, Path(folder))
        if not found.is_right:
            return {"mutant": mutant, "found in round": number + 1}
    return {"mutant": mutant, "found in round": 0}


def _report(store: str, played: Sequence[tuple[Trial, list[Round]]], wanted: argparse.Namespace) -> Report:
    here = [(trial, each) for trial, rounds in played if trial.store == store for each in rounds]
    cells = list(itertools.product(wanted.by, wanted.pending))
    rows = [_row(point, here, cells) for point in POINTS if any(each.point == point for _, each in here)]
    waited: Counter[int] = Counter()
    for trial, each in here:
        waited[trial.terms.rooms] += each.waiting
    means = ", ".join(
        f"{waited[rooms] / max(sum(trial.terms.rooms == rooms for trial, _ in here), 1):.1f} (of {rooms} + 1 or 2)"
        for rooms in wanted.pending
    )
    return Report(
        title=f"{store}, {'without' if wanted.without_history else 'with'} the history scopes: hits/runs of each cell",
        rows=[*rows, _row("all", [(trial, replace(each, point="all")) for trial, each in here], cells)],
        wrong=[f"{each}: {trial.again}" for trial, each in here if not each.is_right],
        notes=[f"still to be said at the end, on average: {means}"],
    )


def _row(point: str, here: Sequence[tuple[Trial, Round]], cells: Sequence[tuple[str, int]]) -> dict[str, object]:
    row: dict[str, object] = {"ended": point}
    found = [(trial.terms, each) for trial, each in here if each.point == point]
    for by, pending in cells:
        cell = [each for terms, each in found if (terms.by.name, terms.rooms) == (by, pending)]
        row[f"{by} {pending}"] = f"{sum(each.hits > 0 for each in cell)}/{len(cell)}" if cell else "–"
    return row | {what: sum(len(getattr(each, what)) for _, each in found) for what in WRONGS}
