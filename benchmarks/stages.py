"""
Where the time of a sweep goes that is the bot's own: CPU milliseconds of each step for a thousand tasks, no database.

    .venv/bin/python benchmarks/stages.py [--runs 9] [--json]

The least of some runs: what else this machine does disturbs it little.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar

import instant
import stock

from adapters.contract import Listing
from bot import clock
from bot.domain.change import judge
from bot.domain.fingerprint import fingerprint
from bot.domain.rollcall import call
from bot.domain.task import Followed
from bot.flows.remember import Judged
from bot.store.codec import read_known, write_known

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
TASKS = 1_000


def measure(runs: int) -> dict[str, float]:
    took: dict[str, float] = {}

    def step(name: str, work: Callable[[], T]) -> T:
        best = float("inf")
        for _ in range(runs):
            began = time.process_time()
            result = work()
            best = min(best, time.process_time() - began)
        took[name] = round(best * 1_000, 1)
        return result

    began = clock.now()
    now = began + timedelta(seconds=5)
    mark = partial(fingerprint, b"seal" * 8)
    pages = instant.pages(map(instant.script, (f"task-{number:04}" for number in range(TASKS))), began)
    before = instant.read(pages, began, mark)
    rows = [
        SimpleNamespace(**stock.task_row("a", instant.SHANGHAI, seen, provider="aliyun", due_at=None))
        for seen in before.values()
    ]
    seen = step("read ten pages of the list", lambda: instant.read(pages, now, mark))
    known = step("read what is known of each", lambda: [read_known(row.known) for row in rows])
    followed = [
        Followed(id=number, ref=instant.ref("a", row.task_id), provider="aliyun", known=each)
        for number, (row, each) in enumerate(zip(rows, known, strict=True))
    ]
    listed = Listing(tasks=seen, total=TASKS, requests=len(pages))
    roll = step("call the roll", lambda: call(followed, listed))
    verdicts = step("judge each", lambda: [judge(task.known, read, now, provider="aliyun") for task, read in roll.told])
    judged = [
        Judged(task=task, verdict=verdict, due_at=None) for (task, _), verdict in zip(roll.told, verdicts, strict=True)
    ]
    step("see that nothing shows", lambda: [one.is_worth_writing for one in judged])
    step("write each down, twice a minute", lambda: [write_known(one.verdict.known) for one in judged])
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    took = measure(wanted.runs)
    if wanted.json:
        print(json.dumps(took))
    else:
        for name, ms in took.items():
            print(f"{name:<34}{ms:>8.1f} ms for {TASKS:,} tasks")
    return 0


if __name__ == "__main__":
    sys.exit(main())
