"""
Histories of reads, written as people would: `0 RUNNING; 5 STOPPED:PullStreamFailed; 6 error`.

Each entry is a second and what was read then: a state, with its reason behind a colon; `GONE` is a task that the cloud
does not have, `error` a read that failed. What was told comes back as `6 stopped bad`: the second, why, and marks.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters.contract import Plan, Snapshot, TaskId, TaskState
from adapters.errors import Unreachable
from bot.domain.change import judge
from bot.domain.task import Known, News, Verdict

if TYPE_CHECKING:
    from adapters.errors import ProviderError

BEGIN = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RAW = {
    "aliyun": {"RUNNING": "1", "RETRYING": "2", "STOPPED": "3", "NOT_STARTED": "0", "ENDED": "-1", "UNKNOWN": "7"},
    "tencent": {"RUNNING": "InProgress", "UNKNOWN": "Paused"},
}
ABSENT = {"aliyun": "CodeTaskNotExist", "tencent": "NotExist"}


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def plan(*, start: float | None = None, end: float | None = None) -> Plan:
    return Plan(start=None if start is None else at(start), end=None if end is None else at(end))


def read(seconds: float, words: str, provider: str = "aliyun", **more: Any) -> Snapshot | ProviderError:
    """Make what one entry of a history says."""
    state, _, reason = words.partition(":")
    if state == "error":
        return Unreachable("HTTP 502")
    gone = state == "GONE"
    return Snapshot(
        task_id=TaskId("t-42"),
        state=TaskState.NOT_FOUND if gone else TaskState[state],
        taken_at=at(seconds),
        raw=ABSENT[provider] if gone else RAW[provider][state],
        **{"reason": reason, **({} if gone else more)},
    )


def history(reads: str, known: Known | None = None, provider: str = "aliyun", **more: Any) -> list[Verdict]:
    """Judge one read after the other."""
    verdicts: list[Verdict] = []
    known = known or Known()
    for entry in reads.split(";"):
        seconds, words = entry.split()
        verdict = judge(known, read(float(seconds), words, provider, **more), at(float(seconds)), provider=provider)
        verdicts.append(verdict)
        known = verdict.known
    return verdicts


def told(reads: str, known: Known | None = None, provider: str = "aliyun", **more: Any) -> str:
    """Write down what was said, at the second of the read that brought it."""
    verdicts = history(reads, known, provider, **more)
    seconds = [entry.split()[0] for entry in reads.split(";")]
    return "; ".join(
        f"{second} {said(news)}" for second, verdict in zip(seconds, verdicts, strict=True) for news in verdict.news
    )


def said(news: News) -> str:
    marks = [("bad", news.is_bad), ("closes", news.closes), ("unsaid", not news.is_told)]
    return " ".join([news.why.value, *(mark for mark, holds in marks if holds)])
