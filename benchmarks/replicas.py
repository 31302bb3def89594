"""
Two processes on one PostgreSQL, of which one fails: killed, asked to leave, or stopped for longer than its claims hold.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import statistics
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from report import Report

from bot.domain.cadence import SWEEP
from bot.flows.drain import LEASE
from bot.queue.work import HEARTBEAT
from tests.battery.duo import MOMENTS, NOBODY, SPEED, TASKS, WAYS, Failover, Failure, run
from tests.postgres import create, open_server

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

WRONGS = ("lost", "doubled", "disordered", "wrong")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=60, help="of each way, and as many in which nobody fails")
    parser.add_argument("--way", choices=WAYS, nargs="*", default=WAYS)
    parser.add_argument("--speed", type=float, default=SPEED, help="seconds of the story in one of ours")
    parser.add_argument("--without-history", action="store_true", help="without the history scopes")


def play(wanted: argparse.Namespace) -> list[Report]:
    with open_server() as url:
        numbers = itertools.count(1)
        return asyncio.run(_play(wanted, lambda: create(url, f"battery_{next(numbers)}")))


async def _play(wanted: argparse.Namespace, fresh: Callable[[], str]) -> list[Report]:
    chance, turns, done = random.Random(wanted.seed), asyncio.Semaphore(wanted.at_once), itertools.count(1)
    moments = itertools.cycle(chance.sample(MOMENTS, len(MOMENTS)))
    failures = [
        Failure(way=way, moment=next(moments), reads_back=not wanted.without_history)
        for way in (NOBODY, *wanted.way)
        for _ in range(wanted.rounds)
    ]
    chance.shuffle(failures)
    dealt = [
        (number, failures[begin : begin + len(TASKS)])
        for number, begin in enumerate(range(0, len(failures), len(TASKS)))
    ]

    async def one(number: int, here: Sequence[Failure]) -> list[Failover]:
        async with turns:
            database = await asyncio.to_thread(fresh)
            with TemporaryDirectory(prefix="relaybot-") as folder:
                found = await run(here, wanted.seed + number, Path(folder), database, speed=wanted.speed)
        bad = [f"seed {wanted.seed + number}: {each}" for each in found if not each.is_right]
        print(f"  history {next(done)} of {len(dealt)}{f', wrong: {bad}' if bad else ''}", file=sys.stderr)
        return found

    played = [each for found in await asyncio.gather(*(one(*each) for each in dealt)) for each in found]
    usual = max((each.took for each in played if each.failure.way == NOBODY), default=timedelta(0))
    bound = max(HEARTBEAT, LEASE) + SWEEP + usual
    late = [each for each in played if each.took > bound]
    return [
        Report(
            title=f"two processes, {'without' if wanted.without_history else 'with'} the history scopes",
            rows=[_row(way, [each for each in played if each.failure.way == way]) for way in (NOBODY, *wanted.way)],
            wrong=[str(each) for each in played if not each.is_right] + [f"late: {each}" for each in late],
            notes=[
                "took: seconds of the story from the failure to the last word; where nobody fails, from the change on",
                f"bound: max(heartbeat, claim) + one sweep + what it takes when nobody fails = {_s(bound)} s",
            ],
        )
    ]


def _row(way: str, found: Sequence[Failover]) -> dict[str, object]:
    took = sorted(each.took for each in found if each.hits or way == NOBODY)
    return {
        "fails": way,
        "runs": len(found),
        "hits": sum(each.hits for each in found),
        **{what: sum(len(getattr(each, what)) for each in found) for what in WRONGS},
        "took median": _s(statistics.median(took)) if took else "–",
        "took at most": _s(took[-1]) if took else "–",
    }


def _s(length: timedelta) -> str:
    return f"{length.total_seconds():.1f}"
