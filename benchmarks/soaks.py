"""
Hours of the story under the real process: memory, open files and the database, first third against last.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from report import Report

from tests.battery.soak import SPEED
from tests.battery.soak import play as soak

if TYPE_CHECKING:
    import argparse

MOST_GROWTH = {"memory": 1.05, "files": 1.25}  # last third to first
MOST_A_MESSAGE = 32.0  # KiB of database: what is said is kept for days, so within hours it cannot but grow


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=6.0, help=f"of the story, {SPEED:g} times as fast as ours")


def play(wanted: argparse.Namespace) -> list[Report]:
    with TemporaryDirectory(prefix="relaybot-") as folder:
        found = asyncio.run(soak(wanted.hours, wanted.seed, Path(folder)))
    rows, wrong = [], [] if found.found.is_right else [str(found.found)]
    for what, unit in (("memory", "KiB"), ("files", ""), ("database", "KiB")):
        first, last = found.thirds(what)
        rows.append(
            {"what": what, "unit": unit, "first third": first, "last third": last, "ratio": f"{last / first:.3f}"}
        )
        if last > MOST_GROWTH.get(what, float("inf")) * first:
            wrong.append(f"{what} grew from {first} to {last}")
    said = found.samples[-1].said - found.samples[0].said
    a_message = (found.samples[-1].database - found.samples[0].database) / max(said, 1)
    if a_message > MOST_A_MESSAGE:
        wrong.append(f"the database grew by {a_message:.1f} KiB with each message")
    return [
        Report(
            title=f"a soak of {found.hours:g} hours: {found.changes} changes, {found.faults} spoilt answers",
            rows=rows,
            wrong=wrong,
            notes=[f"{said} messages were said, and the database grew by {a_message:.1f} KiB with each"],
        )
    ]
