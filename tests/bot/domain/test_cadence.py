from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import AccountName, Plan, Progress, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.cadence import Load, bound, cold, is_worth_writing, lease, sweep_period, turn
from bot.domain.task import Doubt, Followed, Known, Movement

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=2)
FAR = Plan(start=LONG_AGO, end=NOW + timedelta(hours=2))
DOUBT = Doubt(state=TaskState.STOPPED, raw="3", reason="", since=NOW, reads=1)
LIGHT = Load(tasks=40, hot=1, per_second=10)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def task(state: TaskState | None = TaskState.RUNNING, *, plan: Plan = FAR, **known: Any) -> Followed:
    ref = TaskRef(account=AccountName("a"), region=Region("r"), task_id=TaskId("t"))
    last = Snapshot(task_id=ref.task_id, state=state or TaskState.RUNNING, taken_at=NOW, raw="1", plan=plan)
    told = {"state": state, "since": LONG_AGO, "last": last} | known
    return Followed(id=1, ref=ref, provider="p", known=Known(**told))


@pytest.mark.parametrize(
    ("followed", "seconds"),
    [
        # Nothing is followed: nothing is asked.
        ([], None),
        ([task()], 5),
        ([task()] * 3, 5),
        # One that does not run makes the sweep quick, and the others profit.
        ([task(), task(TaskState.RETRYING)], 2),
        ([task(TaskState.STOPPED)], 2),
        ([task(TaskState.UNKNOWN)], 2),
        # Never seen yet.
        ([task(None)], 2),
        # Running, and the last read says otherwise.
        ([task(doubt=DOUBT)], 2),
        # Five minutes around the edges of a plan.
        ([task(plan=Plan(end=NOW + minutes(4.9)))], 2),
        ([task(plan=Plan(end=NOW + minutes(5.1)))], 5),
        ([task(plan=Plan(start=NOW - minutes(4.9)))], 2),
        ([task(plan=Plan(end=NOW - minutes(5.1)))], 5),
        # A person's plan is one, too.
        ([task(until=NOW + minutes(2))], 2),
        # Tomorrow's task is quiet until it is nearly due; without a time, or past it, it is not.
        ([task(TaskState.NOT_STARTED, plan=Plan(start=NOW + minutes(600)))], 5),
        ([task(TaskState.NOT_STARTED, plan=Plan(start=NOW + minutes(4)))], 2),
        ([task(TaskState.NOT_STARTED, plan=Plan(start=LONG_AGO))], 2),
        ([task(TaskState.NOT_STARTED, plan=Plan())], 2),
        ([task(TaskState.NOT_STARTED, plan=Plan(start=NOW + minutes(600)), doubt=DOUBT)], 2),
    ],
)
def test_a_sweep_is_as_quick_as_the_most_restless_task_needs(followed: list[Followed], seconds: int | None):
    assert sweep_period(followed, NOW) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("period_s", "requests", "per_second", "lease_s"),
    [
        (2, 1, 5, 15),
        (5, 1, 5, 15),
        (8, 1, 5, 24),
        # 60 pages at 5 a second take 12 s: three times that.
        (2, 60, 5, 36),
    ],
)
def test_a_claim_outlives_the_walk(period_s: int, requests: int, per_second: float, lease_s: int):
    held = lease(timedelta(seconds=period_s), requests=requests, per_second=per_second)

    assert held == timedelta(seconds=lease_s)


@pytest.mark.parametrize(
    ("tasks", "lists", "per_second", "seconds"),
    [
        # 1,240 tasks are 13 pages, at 5 a second 2.6 s.
        (1240, True, 5, 2.6),
        (1, True, 5, 2),
        (100_000, True, 5, 200),
        # In turns: a minute, or one after another.
        (40, False, 10, 60),
        (600, False, 10, 60),
        (1200, False, 10, 120),
    ],
)
def test_the_bound_can_be_shown(tasks: int, lists: bool, per_second: float, seconds: float):  # noqa: FBT001 - a table's column
    assert bound(tasks=tasks, lists=lists, per_second=per_second) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("followed", "load", "seconds"),
    [
        # Cold.
        (task(), LIGHT, 60),
        # Just changed, in doubt, near an edge.
        (task(since=NOW - minutes(1.9)), LIGHT, 5),
        (task(since=NOW - minutes(2.1)), LIGHT, 60),
        (task(doubt=DOUBT), LIGHT, 5),
        (task(plan=Plan(), until=NOW + minutes(3)), LIGHT, 5),
        (task(plan=Plan(end=NOW - minutes(3))), LIGHT, 5),
        # The square root: three changes of late are looked at twice as often as none, eight three times.
        (task(flips=(LONG_AGO,) * 3), LIGHT, 30),
        (task(flips=(LONG_AGO,) * 8), LIGHT, 20),
        # A read that failed is repeated soon enough to know within the minute.
        (task(unseen_since=NOW), LIGHT, 15),
        # 300 tasks a minute are 5 a second; the other 5 a second are the hot ones': 25 of them are still in time …
        (task(since=NOW), Load(tasks=300, hot=25, per_second=10), 5),
        # … 100 are read every 20 s.
        (task(since=NOW), Load(tasks=300, hot=100, per_second=10), 20),
        (task(since=NOW), Load(tasks=300, hot=400, per_second=10), 60),
        # When all of the pace goes into the bound, nobody gets more than another.
        (task(since=NOW), Load(tasks=600, hot=1, per_second=10), 60),
        (task(since=NOW), Load(tasks=1200, hot=1, per_second=10), 120),
        (task(flips=(LONG_AGO,) * 8), Load(tasks=1200, hot=0, per_second=10), 120),
    ],
)
def test_a_turn_comes_as_often_as_the_task_moves_and_the_pace_allows(followed: Followed, load: Load, seconds: float):
    assert turn(followed, NOW, load) == timedelta(seconds=seconds)


def test_what_a_person_looks_at_is_hot_for_two_minutes():
    assert turn(replace(task(), looked_at=NOW - minutes(1.9)), NOW, LIGHT) == timedelta(seconds=5)
    assert turn(replace(task(), looked_at=NOW - minutes(2.1)), NOW, LIGHT) == timedelta(seconds=60)


def test_a_plan_remembered_before_the_first_read_counts():
    unread = replace(task(), known=Known(), plan=Plan(end=NOW + minutes(1)))

    assert turn(unread, NOW, LIGHT) == timedelta(seconds=5)


def test_all_turns_together_keep_within_the_pace():
    """40 hot and 200 others of 10 a second: 200/60 + 40/5 would be 11.3; the hot ones get what is left."""
    load = Load(tasks=240, hot=40, per_second=10)
    hot, others = turn(task(since=NOW), NOW, load), turn(task(), NOW, load)

    asked = load.hot / hot.total_seconds() + (load.tasks - load.hot) / others.total_seconds()

    assert asked <= load.per_second
    assert others == cold(load)


def test_a_read_that_changed_nothing_is_written_every_half_minute():
    before = task().known
    assert before.last is not None

    def read(after_s: float, **changes: Any) -> Known:
        last = replace(before.last, taken_at=NOW + timedelta(seconds=after_s), request_id="another")
        return replace(before, last=last, ran_until=last.taken_at, **changes)

    assert not is_worth_writing(before, before)
    assert not is_worth_writing(before, read(29))
    assert is_worth_writing(before, read(30))
    # Whatever else is different is written at once.
    assert is_worth_writing(before, read(2, doubt=DOUBT))
    assert is_worth_writing(before, read(2, misses=1))
    assert is_worth_writing(before, read(2, unseen_since=NOW))
    assert is_worth_writing(Known(), before)


def test_how_far_a_file_has_come_can_wait_that_it_moves_cannot():
    one = Movement(progress=Progress(offset=timedelta(seconds=1)), moved_at=NOW, moves=3)
    further = replace(one, progress=Progress(offset=timedelta(seconds=9)), moved_at=NOW + timedelta(seconds=8))

    assert not is_worth_writing(task(movement=one).known, task(movement=further).known)
    assert not is_worth_writing(task(movement=one).known, task(movement=replace(further, moves=4)).known)
    assert is_worth_writing(task(movement=replace(one, moves=1)).known, task(movement=replace(one, moves=2)).known)
