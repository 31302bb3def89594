"""
How much of its share a lane uses, and how many requests the cloud sees in any sliding second.

    .venv/bin/python benchmarks/pace.py [--seconds 30] [--json]

Each case has a receiving server, a sender and a pace row of its own; all run at once. Ends with 1 when a lane used less
than 0.95 of its share, or put more requests into a second than documented at a share up to 0.8.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from multiprocessing import get_context

from loopback import most_in_a_second, open_lanes, receiver, ref
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from bot.domain.turn import Urgency

CASES = [(rate, share) for rate in (10.0, 20.0) for share in (0.5, 0.8, 0.9)]
LEAST_USED = 0.95
LARGEST_SAFE_SHARE = 0.8
STEP_S = 3_600.0  # the clock goes back an hour
LONGEST_GAP_S = 5.0


@dataclass(frozen=True, slots=True)
class Paced:
    rate: float
    share: float
    requests: int
    used: float  # of the set share
    most_in_a_second: int

    @property
    def is_good(self) -> bool:
        return self.used >= LEAST_USED and (self.share > LARGEST_SAFE_SHARE or self.most_in_a_second <= self.rate)


@dataclass(frozen=True, slots=True)
class Stepped:
    requests_before: int
    requests_after: int
    longest_gap_s: float

    @property
    def is_good(self) -> bool:
        return self.requests_after > 0 and self.longest_gap_s <= LONGEST_GAP_S


async def saturate(url: str, rate: float, share: float, seconds: float, step_at: float | None = None) -> None:
    async with open_lanes(url, rate=rate, share=share) as opened:
        asked = [
            asyncio.create_task(opened.lanes.ask(ref(str(number)), urgency=Urgency.BEAT))
            for number in range(int(rate * share * seconds * 1.5) + 10)
        ]
        if step_at is not None:
            await asyncio.sleep(step_at)
            async with opened.database.writing() as connection:  # a clock that goes back leaves the row in the future
                await connection.execute(
                    text("UPDATE paces SET granted_at = granted_at + :s, tat = tat + :s, people_tat = people_tat + :s"),
                    {"s": STEP_S},
                )
            seconds -= step_at
        await asyncio.sleep(seconds)
        await opened.lanes.close()
        await asyncio.gather(*asked, return_exceptions=True)


def pace(rate: float, share: float, seconds: float) -> Paced:
    with receiver() as server:
        asyncio.run(saturate(server.url, rate, share, seconds))
        arrivals = sorted(server.arrivals())
    achieved = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0])
    return Paced(rate, share, len(arrivals), round(achieved / (rate * share), 3), most_in_a_second(arrivals))


def step(seconds: float) -> Stepped:
    with receiver() as server:
        asyncio.run(saturate(server.url, 10.0, 0.5, seconds, step_at=seconds / 2))
        arrivals = sorted(server.arrivals())
    before = sum(arrival < arrivals[0] + seconds / 2 for arrival in arrivals)
    gap = max(later - earlier for earlier, later in pairwise(arrivals))
    return Stepped(before, len(arrivals) - before, round(gap, 3))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with ProcessPoolExecutor(len(CASES), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(pace, rate, share, wanted.seconds) for rate, share in CASES]
        paced = [case.result() for case in running]
        stepped = pool.submit(step, 10.0).result()

    if wanted.json:
        print(json.dumps({"pace": [asdict(case) for case in paced], "step": asdict(stepped)}))
    else:
        table = Table("documented", "share", "requests", "used of the share", "most in a sliding second")
        for case in paced:
            table.add_row(
                f"{case.rate:g}/s", f"{case.share}", f"{case.requests}", f"{case.used:.3f}", f"{case.most_in_a_second}"
            )
        Console().print(table)
        print(
            f"the clock steps back an hour: {stepped.requests_before} requests before, {stepped.requests_after} after,"
            f" longest gap {stepped.longest_gap_s} s"
        )
    return 0 if stepped.is_good and all(case.is_good for case in paced) else 1


if __name__ == "__main__":
    sys.exit(main())
