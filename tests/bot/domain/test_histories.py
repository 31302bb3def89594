"""
Random histories of one task: what is true, what a cloud that is wrong now and then says of it, and what we tell.
"""

from __future__ import annotations

import random
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Final

import pytest

from adapters.contract import Snapshot, TaskId, TaskState
from adapters.errors import ProviderError, Unreachable
from bot.domain.change import judge
from bot.domain.task import Known, News, Why
from tests.bot.domain.watching import ABSENT, RAW, SECOND, at, plan

SEEDS: Final = range(30)
READS: Final = 300
SWEEP_S: Final = 5.0
QUIET_S: Final = 1200.0  # more than flapping, a recovery's hold and every grace need
MISREADS: Final = 0.01
ERRORS: Final = 0.05

STATES: Final = {
    "aliyun": (TaskState.RUNNING, TaskState.RETRYING, TaskState.STOPPED, TaskState.NOT_STARTED, TaskState.UNKNOWN),
    "tencent": (TaskState.RUNNING, TaskState.NOT_FOUND, TaskState.UNKNOWN),
}
OURS: Final = {Why.UNSEEN, Why.SEEN_AGAIN}


@dataclass(slots=True)
class Tale:
    """What was read of one task, and what was said of it then."""

    provider: str
    known: Known = field(default_factory=Known)
    second: float = 0.0
    reads: list[tuple[float, TaskState | None]] = field(default_factory=list)  # None: it failed
    said: list[tuple[float, News]] = field(default_factory=list)

    def hear(self, seen: TaskState | None) -> float:
        """Judge one read; returns when the next one is made: in the usual turn, or sooner where that is asked for."""
        now = at(self.second)
        verdict = judge(self.known, self._read(seen), now, provider=self.provider)
        self.known = verdict.known
        self.reads.append((self.second, seen))
        self.said += [(self.second, news) for news in verdict.news]
        wait = SWEEP_S if verdict.look_again_at is None else (verdict.look_again_at - now) / SECOND
        return min(SWEEP_S, wait)

    @property
    def of_the_task(self) -> list[tuple[float, News]]:
        return [(second, news) for second, news in self.said if news.why not in OURS]

    def _read(self, seen: TaskState | None) -> Snapshot | ProviderError:
        if seen is None:
            return Unreachable("HTTP 502")
        raw = ABSENT[self.provider] if seen is TaskState.NOT_FOUND else RAW[self.provider][seen]
        return Snapshot(task_id=TaskId("t-42"), state=seen, taken_at=at(self.second), raw=raw, plan=plan())


@cache
def tale(seed: int, provider: str) -> tuple[Tale, TaskState]:
    """Live through a random history that ends in quiet; returns it with the state that the task is in at its end."""
    chance = random.Random(f"{provider} {seed}")  # noqa: S311 - chance, not secrecy
    told, truth = Tale(provider=provider), TaskState.RUNNING
    stays = chance.choice((3.0, 20.0, 90.0, 400.0))
    moves_at = 60.0
    for _ in range(READS):
        if told.second >= moves_at:
            truth = chance.choice(STATES[provider])
            moves_at = told.second + chance.expovariate(1 / stays)
        seen = None if chance.random() < ERRORS else truth
        if seen is not None and chance.random() < MISREADS:
            seen = chance.choice(STATES[provider])
        told.second += told.hear(seen) + chance.random()
    until = told.second + QUIET_S
    while told.second < until:
        told.second += told.hear(truth)
    return told, truth


def continued(told: Tale) -> Tale:
    """Go on from the end of a history, which others still look at."""
    after = copy(told)
    after.reads, after.said = [], []
    return after


def agreeing(told: Tale, second: float, state: TaskState) -> int:
    """Count the reads up to a moment that say in a row what was told then; those that failed say nothing."""
    wanted = {state, TaskState.NOT_FOUND} if state is TaskState.ENDED else {state}
    count = 0
    for when, seen in reversed(told.reads):
        if when > second or seen is None:
            continue
        if seen not in wanted:
            break
        count += 1
    return count


both = pytest.mark.parametrize("provider", ["aliyun", "tencent"])
seeded = pytest.mark.parametrize("seed", SEEDS)


@both
@seeded
def test_nothing_is_told_of_a_task_after_a_single_read(seed: int, provider: str):
    told, _ = tale(seed, provider)

    for second, news in told.of_the_task:
        assert agreeing(told, second, news.new) >= 2, (seed, second, news)


@both
@seeded
def test_the_same_change_is_never_told_twice_in_a_row(seed: int, provider: str):
    """I3: changes follow one upon the other, each from where the one before it came to."""
    told, _ = tale(seed, provider)
    changes = [news for _, news in told.said if news.is_change]

    for before, after in pairwise(changes):
        assert after.old is before.new, (seed, before, after)
        assert after.new is not before.new, (seed, before, after)
        assert after.at >= before.at, (seed, before, after)
    heard = [(news.why, news.at) for _, news in told.said if news.is_told]
    assert len(heard) == len(set(heard)), seed


@both
@seeded
def test_the_last_word_is_the_state_that_the_task_came_to(seed: int, provider: str):
    """I4, and the last told news names it; a task that was never in any other state needs no word."""
    told, truth = tale(seed, provider)
    expected = TaskState.ENDED if truth is TaskState.NOT_FOUND else truth

    assert told.known.state is expected, seed
    assert told.known.doubt is None, seed
    assert not told.known.is_flapping, seed
    last = next((news for _, news in reversed(told.of_the_task) if news.is_told), None)
    assert (last.new if last is not None else TaskState.RUNNING) is expected, (seed, last)


@both
@seeded
def test_bad_times_begin_once_and_end_once(seed: int, provider: str):
    """I6: what closes, closes something; what is open at the end is so because the task is bad."""
    told, _ = tale(seed, provider)
    is_open = False
    for second, news in told.said:
        assert not (news.is_bad and news.closes), (seed, second, news)
        assert is_open or not news.closes, (seed, second, news)
        is_open = (is_open or news.is_bad) and not news.closes

    assert is_open is (told.known.bad_since is not None), seed


@both
@seeded
def test_a_task_that_runs_is_never_called_bad_for_a_cloud_that_misreads_or_fails(seed: int, provider: str):
    """I11: 1 % misreads, and for as long as it pleases no answer at all."""
    chance = random.Random(seed)  # noqa: S311
    told = Tale(provider=provider)
    told.second += told.hear(TaskState.RUNNING)
    wrong = False
    for _ in range(READS):
        wrong = not wrong and chance.random() < MISREADS  # two in a row would be a confirmation, not a misread
        seen = None if chance.random() < 0.5 else chance.choice(STATES[provider]) if wrong else TaskState.RUNNING
        told.second += told.hear(seen)

    assert [news.why for _, news in told.of_the_task] == [], seed


@both
@seeded
def test_errors_alone_say_nothing_of_a_task(seed: int, provider: str):
    told = continued(tale(seed, provider)[0])
    before = told.known
    for _ in range(100):
        told.second += told.hear(None)

    assert {news.why for _, news in told.said} <= {Why.UNSEEN}, seed
    assert (told.known.state, told.known.doubt, told.known.bad_since, told.known.last) == (
        before.state, before.doubt, before.bad_since, before.last,
    ), seed  # fmt: skip


@both
@seeded
def test_a_look_is_never_asked_for_in_the_past_nor_without_end(seed: int, provider: str):
    """A thousand looks in a row, each when the last one asked for it: they spread over the quiet that they find."""
    before, truth = tale(seed, provider)
    told = continued(before)
    begun, looks = told.second, 0
    while told.second < begun + 3600 and looks < 1000:
        wait = told.hear(truth)
        assert wait > 0, seed
        told.second += wait
        looks += 1

    assert looks <= 3600 / SWEEP_S + 10, seed
