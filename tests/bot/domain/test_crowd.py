from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.contract import AccountName, Region, TaskId, TaskRef, TaskState
from bot.domain.change import judge
from bot.domain.crowd import Course, Crowd, judge_crowd
from bot.domain.task import Followed, Known, Verdict
from tests.bot.domain.watching import BEGIN, HOUR, at, history, plan, read

RUNS = history("-5 RUNNING", Known(state=TaskState.RUNNING, since=BEGIN - HOUR, was_running=True))[-1].known


def region(tasks: int, *, known: Known = RUNS) -> list[Followed]:
    return [
        Followed(
            id=number,
            ref=TaskRef(account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId(f"t-{number}")),
            provider="aliyun",
            known=known,
        )
        for number in range(tasks)
    ]


def sweep(tasks: list[Followed], *reads: str) -> tuple[list[Followed], dict[int, Verdict], float]:
    """Judge `2 STOPPED 5`: at second 2 the first five read so, the others RUNNING. The last sweep is not saved."""
    verdicts: dict[int, Verdict] = {}
    second = 0.0
    for entry in reads:
        tasks = [replace(task, known=verdicts[task.id].known if task.id in verdicts else task.known) for task in tasks]
        seconds, words, first = entry.split()
        second = float(seconds)
        verdicts = {
            task.id: judge(
                task.known, read(second, words if task.id < int(first) else "RUNNING"), at(second), provider="aliyun"
            )
            for task in tasks
        }
    return tasks, verdicts, second


def crowd(tasks: list[Followed], *reads: str, opened_at: float | None = None) -> Crowd:
    before, verdicts, second = sweep(tasks, *reads)
    return judge_crowd(before, verdicts, now=at(second), opened_at=None if opened_at is None else at(opened_at))


@pytest.mark.parametrize(
    ("why", "tasks", "reads", "course", "turned"),
    [
        ("nothing happens", 20, ["0 RUNNING 0"], Course.SINGLY, 0),
        ("one fails", 20, ["0 STOPPED:X 1", "1 STOPPED:X 1"], Course.SINGLY, 1),
        ("a first read says nothing yet", 20, ["0 STOPPED:X 20"], Course.SINGLY, 0),
        ("all of four: too few", 4, ["0 STOPPED:X 4", "1 STOPPED:X 4"], Course.SINGLY, 4),
        ("all of five: many", 5, ["0 STOPPED:X 5", "1 STOPPED:X 5"], Course.TOGETHER, 5),
        ("five of 25 are a fifth, not more", 25, ["0 STOPPED:X 5", "1 STOPPED:X 5"], Course.SINGLY, 5),
        ("five of 24 are more", 24, ["0 STOPPED:X 5", "1 STOPPED:X 5"], Course.TOGETHER, 5),
        ("ten vanish", 20, ["0 GONE 10", "1 GONE 10"], Course.TOGETHER, 10),
        ("ten are stopped by somebody: not bad", 20, ["0 STOPPED:TriggerByUser 10", "1 STOPPED:TriggerByUser 10"],
         Course.SINGLY, 0),
        ("ten retry: a warning each", 20, ["0 RETRYING 10", "1 RETRYING 10"], Course.SINGLY, 0),
        ("half a minute later it is bad", 20,
         ["0 RETRYING 10", "1 RETRYING 10", "30 RETRYING 10"], Course.TOGETHER, 10),
    ],
)  # fmt: skip
def test_more_than_a_fifth_and_at_least_five_are_one_thing(
    why: str, tasks: int, reads: list[str], course: Course, turned: int
):
    judged = crowd(region(tasks), *reads)

    assert (judged.course, len(judged.turned)) == (course, turned), why


def test_planned_ends_never_count():
    before = region(10, known=replace(RUNS, until=BEGIN))

    assert crowd(before, "0 GONE 10", "1 GONE 10") == Crowd(course=Course.SINGLY)


def test_the_first_ones_wait_for_the_second_read_of_the_others():
    """Ten are in doubt since 0 s; one is confirmed by a read of its own at 1 s: it waits for the others until 10 s."""
    tasks, verdicts, _ = sweep(region(20), "0 STOPPED:X 10", "1 STOPPED:X 1")
    first = {0: verdicts[0]}

    assert judge_crowd(tasks, first, now=at(1)) == Crowd(course=Course.HELD, turned=frozenset({0}), held_until=at(10))
    assert judge_crowd(tasks, first, now=at(10)) == Crowd(course=Course.SINGLY, turned=frozenset({0}))


def test_nobody_waits_for_misreads():
    tasks, verdicts, _ = sweep(region(20), "0 STOPPED:X 3", "1 STOPPED:X 1")

    assert judge_crowd(tasks, {0: verdicts[0]}, now=at(1)).course is Course.SINGLY


@pytest.mark.parametrize(
    ("why", "opened_at", "course"),
    [
        ("a minute after the group began: it belongs to it", -59, Course.TOGETHER),
        ("later it is another matter", -61, Course.SINGLY),
        ("no group is open", None, Course.SINGLY),
    ],
)
def test_who_turns_bad_within_a_minute_joins(why: str, opened_at: float | None, course: Course):
    judged = crowd(region(100), "0 STOPPED:X 1", "1 STOPPED:X 1", opened_at=opened_at)

    assert (judged.course, judged.turned) == (course, frozenset({0})), why


@pytest.mark.parametrize(
    ("why", "others", "course"),
    [
        ("four have just turned bad", "0 STOPPED:X; 1 STOPPED:X", Course.TOGETHER),
        ("their grace is just over", "-28 RETRYING; -27 RETRYING; 2 RETRYING", Course.TOGETHER),
        ("their two minutes are", "-118 UNKNOWN; -117 UNKNOWN; 2 UNKNOWN", Course.TOGETHER),
        ("they are bad for long", "-60 STOPPED:X; -59 STOPPED:X", Course.SINGLY),
        ("their grace was over long ago", "-90 RETRYING; -89 RETRYING; -60 RETRYING", Course.SINGLY),
    ],
)
def test_single_reads_come_one_after_the_other_and_are_added_up(why: str, others: str, course: Course):
    before = history("-900 RUNNING", Known(state=TaskState.RUNNING, since=BEGIN - HOUR))[-1].known
    bad = history(others, before)[-1].known
    failing = history("-5 RUNNING; 4 STOPPED:X", before)[-1].known
    tasks = [*region(4, known=bad), replace(region(5)[4], known=failing)]
    verdict = judge(failing, read(5, "STOPPED:X"), at(5), provider="aliyun")

    assert judge_crowd(tasks, {4: verdict}, now=at(5)).course is course, why


def test_starts_that_were_missed_together_are_one_thing():
    waits = history("-9 NOT_STARTED; 5 NOT_STARTED", Known(state=TaskState.NOT_STARTED), plan=plan(start=0))[-1].known
    tasks = region(5, known=waits)
    late = {
        task.id: judge(
            waits, read(60 + task.id, "NOT_STARTED", plan=plan(start=0)), at(60 + task.id), provider="aliyun"
        )
        for task in tasks
    }
    told = [replace(task, known=late[task.id].known) if task.id < 4 else task for task in tasks]

    assert judge_crowd(told, {4: late[4]}, now=at(64)).course is Course.TOGETHER


def test_what_is_over_is_not_counted_among_the_followed():
    ended = history("-60 GONE; -59 GONE", replace(RUNS, until=BEGIN - HOUR))[-1].known
    over = [replace(task, id=task.id + 10, known=ended) for task in region(90)]
    before, verdicts, _ = sweep(region(10), "0 STOPPED:X 5", "1 STOPPED:X 5")

    assert judge_crowd([*before, *over], verdicts, now=at(1)).course is Course.TOGETHER


def test_a_task_that_was_never_read_is_no_part_of_a_crowd():
    tasks = [*region(5), replace(region(6)[5], known=Known(state=TaskState.RUNNING, bad_since=BEGIN))]
    before, verdicts, _ = sweep(tasks[:5], "0 STOPPED:X 4", "1 STOPPED:X 4")

    assert judge_crowd([*before, tasks[5]], verdicts, now=at(1)).course is Course.SINGLY
