"""
Single faults of the store, the clock and the engine: the tests of them, whole.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from report import Report

if TYPE_CHECKING:
    import argparse

ROOT = Path(__file__).parents[1]
TESTS = ("store", "clock", "engine")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", choices=TESTS, nargs="*", default=TESTS)


def play(wanted: argparse.Namespace) -> list[Report]:
    files = [f"tests/battery/test_{what}.py" for what in wanted.only]
    told = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-rA", "--show-capture=no", "--tb=short", *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = told.stdout.splitlines()
    rows = [
        {"fault": line.split("::", 1)[1], "came out": line.split()[0].lower()}
        for line in lines
        if line.startswith(("PASSED", "FAILED", "ERROR"))
    ]
    return [
        Report(
            title="single faults",
            rows=rows,
            wrong=[] if told.returncode == 0 else ["\n".join(lines[-40:])],
            notes=[line for line in lines if line.startswith("SKIPPED")],
        )
    ]
