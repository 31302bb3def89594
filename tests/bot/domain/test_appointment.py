from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.contract import TaskState
from bot.domain.change import judge
from bot.domain.task import Known
from tests.bot.domain.watching import BEGIN, HOUR, at, history, plan, read

RUNS = Known(state=TaskState.RUNNING, since=BEGIN - HOUR, was_running=True)
WAITS = Known(state=TaskState.NOT_STARTED, since=BEGIN - HOUR)


@pytest.mark.parametrize(
    ("why", "reads", "known", "provider", "more", "again"),
    [
        ("a task that runs has its usual turn", "0 RUNNING", RUNS, "aliyun", {}, None),
        ("a doubt is settled a second later", "0 STOPPED", RUNS, "aliyun", {}, 1),
        ("or three", "0 GONE", RUNS, "tencent", {}, 3),
        ("a cloud of another package is given as long", "0 RUNNING; 1 STOPPED", RUNS, "other", {}, 4),
        ("an error does not make it later than the next read can be", "0 STOPPED; 1 error", RUNS, "aliyun", {}, 2),
        ("a recovery is looked at when it may have held", "0 STOPPED; 1 STOPPED; 5 RUNNING; 6 RUNNING", RUNS, "aliyun",
         {}, 35),
        ("a grace that will run out", "0 RETRYING; 1 RETRYING", RUNS, "aliyun", {}, 30),
        ("an unknown word's", "0 UNKNOWN; 1 UNKNOWN", RUNS, "aliyun", {}, 120),
        ("the start", "-90 NOT_STARTED", WAITS, "aliyun", {"plan": plan(start=0)}, 0),
        ("five seconds after it", "0 NOT_STARTED", WAITS, "aliyun", {"plan": plan(start=0)}, 5),
        ("fifteen", "5 NOT_STARTED", WAITS, "aliyun", {"plan": plan(start=0)}, 15),
        ("thirty", "15 NOT_STARTED", WAITS, "aliyun", {"plan": plan(start=0)}, 30),
        ("a minute: then it was missed", "30 NOT_STARTED", WAITS, "aliyun", {"plan": plan(start=0)}, 60),
        ("the end", "30 RUNNING", RUNS, "aliyun", {"plan": plan(start=-99, end=60)}, 60),
        ("five minutes past it: then it runs over", "90 RUNNING", RUNS, "aliyun", {"plan": plan(end=60)}, 360),
        ("what a person said", "0 RUNNING", replace(RUNS, until=at(60)), "tencent", {}, 60),
        ("a minute without a look is to be said", "0 error", RUNS, "aliyun", {}, 60),
        ("a second error does not move that", "0 error; 20 error", RUNS, "aliyun", {}, 60),
        ("once said, the usual turn will do", "0 error; 60 error", RUNS, "aliyun", {}, None),
        ("Alibaba Cloud's end is final", "0 ENDED; 1 ENDED", RUNS, "aliyun", {}, None),
        ("Tencent's is looked at once a minute", "0 GONE; 3 GONE", RUNS, "tencent", {}, 63),
        ("for half an hour", "0 GONE; 3 GONE; 1799 GONE", RUNS, "tencent", {}, 1859),
        ("and no more", "0 GONE; 3 GONE; 1800 GONE", RUNS, "tencent", {}, None),
        ("unless it is there again", "0 GONE; 3 GONE; 1799 RUNNING", RUNS, "tencent", {}, 1802),
        ("a late read of an older state changes no appointment", "0 STOPPED; -3 RUNNING", RUNS, "aliyun", {}, 1),
    ],
)  # fmt: skip
def test_known_instants_are_appointments(  # noqa: PLR0917 - a table's columns
    why: str, reads: str, known: Known, provider: str, more: dict[str, Any], again: float | None
):
    raws = "aliyun" if provider == "other" else provider
    verdicts = []
    for entry in reads.split(";"):
        seconds, words = entry.split()
        now = max(at(float(seconds)), known.last.taken_at if known.last else BEGIN - HOUR)
        verdicts.append(judge(known, read(float(seconds), words, raws, **more), now, provider=provider))
        known = verdicts[-1].known

    assert verdicts[-1].look_again_at == (None if again is None else at(again)), why


@pytest.mark.parametrize(
    ("why", "reads", "provider", "is_over"),
    [
        ("it runs", "0 RUNNING", "aliyun", False),
        ("an end that is not confirmed", "0 ENDED", "aliyun", False),
        ("Alibaba Cloud's end", "0 ENDED; 1 ENDED", "aliyun", True),
        ("Tencent's, at first", "0 GONE; 3 GONE", "tencent", False),
        ("Tencent's, half an hour later", "0 GONE; 3 GONE; 1800 GONE", "tencent", True),
        ("Tencent's, and the last look failed", "0 GONE; 3 GONE; 1800 error", "tencent", False),
        ("Tencent's, seen once more", "0 GONE; 3 GONE; 1800 error; 1860 GONE", "tencent", True),
        ("a task that is there again", "0 GONE; 3 GONE; 1800 RUNNING", "tencent", False),
        ("a task that never was", "0 GONE; 3 GONE; 9999 GONE", "tencent", False),
    ],
)  # fmt: skip
def test_nobody_looks_for_ever_at_what_is_over(why: str, reads: str, provider: str, is_over: bool):  # noqa: FBT001
    known = Known() if "never" in why else RUNS

    assert history(reads, known, provider)[-1].is_over is is_over, why
