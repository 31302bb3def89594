"""
How long a person waits behind a thousand queued beats, in turns: 1 is the very next request.

    .venv/bin/python benchmarks/people.py [--tries 100] [--json]

The pace row is on disk, the requests go over loopback, the tries come at random moments but so far apart that people's
half is not spent. Ends with 1 when p99 is above 1.5 turns.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from dataclasses import asdict, dataclass
from math import ceil

from loopback import SEED, open_lanes, receiver, ref

from bot.domain.turn import Urgency

RATE, SHARE = 20.0, 0.5  # ten slots a second; people may have four of them for as long as they like
BEATS = 1_000
APART_S = (0.25, 0.45)
MOST_TURNS = 1.5


@dataclass(frozen=True, slots=True)
class Waited:
    tries: int
    beats_queued: int
    turns_p50: float
    turns_p99: float
    turns_most: float
    ms_p50: float
    ms_p99: float


def percentile(values: list[float], part: float) -> float:
    """The smallest value that so many are not above (nearest rank)."""
    return sorted(values)[ceil(part * len(values)) - 1]


async def measure(url: str, tries: int) -> Waited:
    chance = random.Random(SEED)
    loop = asyncio.get_running_loop()
    turns: list[float] = []
    ms: list[float] = []
    queued: list[int] = []
    async with open_lanes(url, rate=RATE, share=SHARE) as opened:
        lanes, sent = opened.lanes, opened.sent
        beats = 0
        asked = []
        for number in range(tries):
            while beats < BEATS + 10 or lanes.figures()[0].waiting < BEATS + 10:
                asked.append(asyncio.create_task(lanes.ask(ref(f"beat-{beats}"), urgency=Urgency.BEAT)))
                beats += 1
                await asyncio.sleep(0)
            await asyncio.sleep(chance.uniform(*APART_S))
            queued.append(lanes.figures()[0].waiting)
            before, began = len(sent), loop.time()
            await lanes.ask(ref(f"person-{number}"), urgency=Urgency.PERSON)
            turns.append(sent.index(f"person-{number}", before) - before + 1)
            ms.append((loop.time() - began) * 1_000)
        await lanes.close()
        await asyncio.gather(*asked, return_exceptions=True)
    return Waited(
        tries=tries,
        beats_queued=min(queued),
        turns_p50=percentile(turns, 0.50),
        turns_p99=percentile(turns, 0.99),
        turns_most=max(turns),
        ms_p50=round(percentile(ms, 0.50), 1),
        ms_p99=round(percentile(ms, 0.99), 1),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    with receiver() as server:
        waited = asyncio.run(measure(server.url, wanted.tries))

    if wanted.json:
        print(json.dumps(asdict(waited)))
    else:
        print(
            f"{waited.tries} people, each behind {waited.beats_queued} beats or more:"
            f" p50 {waited.turns_p50:g}, p99 {waited.turns_p99:g}, most {waited.turns_most} turns"
            f" ({waited.ms_p50} ms, {waited.ms_p99} ms; a slot every {1_000 / (RATE * SHARE):g} ms)"
        )
    return 0 if waited.turns_p99 <= MOST_TURNS else 1


if __name__ == "__main__":
    sys.exit(main())
