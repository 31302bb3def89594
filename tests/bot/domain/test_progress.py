from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.contract import Progress, TaskState
from adapters.errors import Unreachable
from bot.domain.change import judge
from bot.domain.task import Known
from tests.bot.domain.watching import BEGIN, HOUR, at, read, said

RUNS = Known(state=TaskState.RUNNING, since=BEGIN - HOUR, was_running=True)


def told(reads: str, *, files: int | None = None) -> str:
    """Each entry is a second and an offset in seconds, behind its file and a slash: `0 10; 60 1/70`; `-0` is none."""
    known, heard = RUNS, []
    for entry in reads.split(";"):
        second, words = entry.split()
        now = at(float(second))
        seen = Unreachable() if words == "error" else _read(float(second), words, files)
        verdict = judge(known, seen, now, provider="aliyun")
        known = verdict.known
        heard += [f"{second} {said(news)}" for news in verdict.news if news.is_told]
    return "; ".join(heard)


def _read(second: float, words: str, files: int | None):
    if words.isupper():
        return read(second, words)
    file, _, offset = words.rpartition("/")
    progress = Progress(offset=timedelta(seconds=int(offset)), file=int(file) if file else None, files=files)
    return read(second, "RUNNING", progress=None if words == "-0" else progress)


@pytest.mark.parametrize(
    ("why", "reads", "said"),
    [
        ("it moves", "0 0; 60 60; 120 120; 180 180; 300 300", ""),
        ("it stands still for more than 120 s after two moves",
         "0 0; 10 10; 20 20; 140 20; 141 20; 300 20", "141 stalled"),
        ("it moves again", "0 0; 10 10; 20 20; 141 20; 150 21; 160 22", "141 stalled; 150 moving_again"),
        ("it has moved once: perhaps the cloud never says more", "0 0; 10 10; 500 10", ""),
        ("it has never moved", "0 0; 500 0", ""),
        ("the cloud tells every 100 s: 3 × 100 s are allowed",
         "0 0; 100 100; 200 200; 300 300; 599 300; 600 300; 601 300",
         "601 stalled"),
        ("a loop starts from the top: it moves", "0 500; 10 510; 20 520; 100 0; 200 100", ""),
        ("what was not seen did not stand still", "0 0; 10 10; 20 20; 30 error; 400 20; 500 20; 521 20", "521 stalled"),
        ("blindness teaches no interval: 3 × 10 s, not 3 × 400 s",
         "0 0; 10 10; 20 20; 30 error; 420 420; 430 430; 551 430",
         "551 stalled"),
        ("when the first move began nobody knows: 3 × 10 s, not 3 × 400 s",
         "0 0; 400 10; 410 20; 531 20", "531 stalled"),
        ("a live source has no offset", "0 -0; 10 -0; 500 -0", ""),
        ("it had one and has none any more: whatever that is, it is no stall", "0 0; 10 10; 20 20; 141 20; 150 -0",
         "141 stalled; 150 moving_again"),
        ("it failed in between: what counted before does not",
         "0 0; 10 10; 20 20; 30 RETRYING; 31 RETRYING; 40 20; 70 20; 191 20",
         "31 retrying; 70 recovered"),
    ],
)  # fmt: skip
def test_a_file_that_stands_still_while_its_task_runs_is_a_warning(why: str, reads: str, said: str):
    assert told(reads) == said, why


@pytest.mark.parametrize(
    ("why", "reads", "files", "said"),
    [
        ("the first of two files", "0 0/0; 10 0/10; 20 0/20; 141 0/20", 2, "141 stalled"),
        ("the last one may be at its end", "0 1/0; 10 1/10; 20 1/20; 500 1/20", 2, ""),
        ("how many there are is not known", "0 1/0; 10 1/10; 20 1/20; 141 1/20", None, "141 stalled"),
        ("the next file is a move", "0 0/0; 10 0/10; 20 0/20; 100 1/20; 200 1/90; 220 1/99", 3, ""),
    ],
)  # fmt: skip
def test_the_last_file_is_not_judged(why: str, reads: str, files: int | None, said: str):
    assert told(reads, files=files) == said, why
