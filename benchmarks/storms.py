"""
Everything that is followed stops within one second, under the real process.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from report import Report

from tests.battery.storm import MOST
from tests.battery.storm import play as storm

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tasks", type=int, default=1_000)
    parser.add_argument("--speed", type=float, default=1.0, help="of the story's calendar")
    parser.add_argument("--haste", type=float, default=20.0, help="how much faster cards are edited than Slack allows")


def play(wanted: argparse.Namespace) -> list[Report]:
    with TemporaryDirectory(prefix="relaybot-") as folder:
        found = asyncio.run(storm(wanted.tasks, Path(folder), speed=wanted.speed, haste=wanted.haste))
    return [
        Report(
            title=f"a storm: {found.tasks} tasks in {found.rooms} channels stop within one second",
            rows=[asdict(found)],
            wrong=[] if found.is_good else [str(found)],
            notes=[
                f"bounds: the first word within one sweep + 10 s, and {MOST} messages a channel in the first minute",
                "one page: each channel calls once; whoever is on call in all of them gets a message for each",
                f"cards are edited {wanted.haste:g} times as fast as Slack allows",
            ],
        )
    ]
