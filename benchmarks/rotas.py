"""
Ten thousand random rotas over twenty years each, minute by minute against an oracle that only looks at the clock.

Every minute has exactly one answer per layer, a person, a group or "nobody", and it is the oracle's. Prints what was
compared; exits with 1 at the first rota that is judged otherwise, and prints its seed.

    python benchmarks/rotas.py [rotas, default 10000] [first seed, default 0]
"""

from __future__ import annotations

import sys
import time
from datetime import date
from random import Random

from bot.domain.rota import shifts
from tests.bot.domain.rotas import MINUTE, NIGHTS, Walk, as_changes, changes, midnight, random_rota, random_turns

YEARS = 20
FIRST_YEAR = {
    "America/Sao_Paulo": 2005,
    "Asia/Shanghai": 1980,
    "Pacific/Apia": 2000,
    "America/St_Johns": 1995,
    "Asia/Tehran": 2010,
}


def main(many: int, first: int) -> int:
    zones = [*dict.fromkeys(zone for zone, _ in NIGHTS)]
    compared = 0
    print(f"{'zone':20} {'rotas':>6} {'shifts':>10} {'gaps':>8} {'minutes compared':>18} {'s':>7}")
    for place, zone in enumerate(zones):
        begun, year = time.monotonic(), FIRST_YEAR.get(zone, 2020)
        walk = Walk(zone, midnight(date(year, 1, 1)), midnight(date(year + YEARS, 1, 1)))
        seeds = range(first + place, first + many, len(zones))
        counted = gaps = 0
        for seed in seeds:
            random = Random(seed)
            rota, calendars = random_rota(random, random_turns(random, walk, within=1000), walk)
            said = shifts(rota, walk.since, walk.until, calendars)
            if as_changes(said) != changes(rota, walk, calendars):
                print(f"seed {seed} in {zone} is judged otherwise by the oracle: {rota}")
                return 1
            if [shift.ends_at for shift in said] != [*(shift.begins_at for shift in said[1:]), walk.until]:
                print(f"seed {seed} in {zone}: shifts overlap or leave a hole: {rota}")
                return 1
            counted += len(said)
            gaps += sum(shift.who is None for shift in said)
        minutes = len(seeds) * ((walk.until - walk.since) // MINUTE)
        compared += minutes
        took = time.monotonic() - begun
        print(f"{zone:20} {len(seeds):6} {counted:10} {gaps:8} {minutes:18,} {took:7.1f}", flush=True)
    print(f"{many} rotas over {YEARS} years: {compared:,} minutes, each with the oracle's one answer")
    return 0


if __name__ == "__main__":
    told = [int(each) for each in sys.argv[1:3]]
    sys.exit(main(*told, *(10_000, 0)[len(told) :]))
