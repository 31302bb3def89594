"""
The promise, held to real processes: nothing lost, nothing said twice.

    .venv/bin/python benchmarks/battery.py kill       [--rounds 4] [--store sqlite] [--by SIGKILL] [--pending 0 1 50]
    .venv/bin/python benchmarks/battery.py kill --without-history --pending 0
    .venv/bin/python benchmarks/battery.py replicas   [--rounds 60] [--way SIGSTOP] [--speed 10] [--without-history]
    .venv/bin/python benchmarks/battery.py night      [--rounds 4] [--on sqlite] [--by SIGKILL]
    .venv/bin/python benchmarks/battery.py storm      [--tasks 1000]
    .venv/bin/python benchmarks/battery.py soak       [--hours 6]
    .venv/bin/python benchmarks/battery.py faults     [--only store clock engine]
    .venv/bin/python benchmarks/battery.py            all parts, one after another

Each takes --seed, --at-once and --json. Writes nothing but what it prints; ends with 1 when anything may not stand.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import faults
import kills
import nights
import replicas
import soaks
import storms
from report import show

SEED = 20261121
PARTS = {"kill": kills, "replicas": replicas, "night": nights, "storm": storms, "soak": soaks, "faults": faults}
LINES = (
    ["kill"],
    ["kill", "--without-history", "--pending", "0"],
    ["replicas"],
    ["replicas", "--without-history"],
    ["night"],
    ["storm"],
    ["soak"],
    ["faults"],
)


def read(line: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--seed", type=int, default=SEED)
    shared.add_argument("--at-once", type=int, default=2)
    shared.add_argument("--json", action="store_true")
    parts = parser.add_subparsers(dest="part", required=True)
    for name, part in PARTS.items():
        part.add(parts.add_parser(name, help=(part.__doc__ or "").strip(), parents=[shared]))
    return parser.parse_args(line)


def main(typed: list[str]) -> int:
    lines = [typed] if typed and typed[0] in {*PARTS, "-h", "--help"} else [[*line, *typed] for line in LINES]
    reports = []
    for line in lines:
        wanted = read(line)
        print(f"{' '.join(line)}: seed {wanted.seed}", file=sys.stderr)
        reports += PARTS[wanted.part].play(wanted)
    return show(reports, as_json=wanted.json)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
