from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain import looks
from bot.domain.looks import Looks

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
RUNNING, RETRYING, UNKNOWN = TaskState.RUNNING, TaskState.RETRYING, TaskState.UNKNOWN


def ref(task: str = "main-en", region: str = "cn-shanghai") -> TaskRef:
    return TaskRef(account=AccountName("aliyun"), region=Region(region), task_id=TaskId(task))


def note(looks: Looks, state: TaskState, second: int, *, raw: str = "", of: TaskRef | None = None) -> int | None:
    """Note a look at that second; since which second the task has been so."""
    taken_at = NOW + timedelta(seconds=second)
    since = looks.note(of or ref(), Snapshot(task_id=TaskId("x"), state=state, taken_at=taken_at, raw=raw))
    return None if since is None else int((since - NOW).total_seconds())


@pytest.mark.parametrize(
    ("why", "seen", "since"),
    [
        ("the first look knows no before", [(RUNNING, 0)], [None]),
        ("the second knows the first", [(RUNNING, 0), (RUNNING, 9)], [None, 0]),
        ("and so do all after it", [(RUNNING, 0), (RUNNING, 5), (RUNNING, 9)], [None, 0, 0]),
        ("another state begins anew", [(RUNNING, 0), (RETRYING, 5), (RETRYING, 9)], [None, None, 5]),
        ("coming back begins anew too", [(RUNNING, 0), (RETRYING, 5), (RUNNING, 9)], [None, None, None]),
        ("the same read given twice is still the first", [(RUNNING, 0), (RUNNING, 0)], [None, None]),
        ("an older read of another state is nothing", [(RUNNING, 5), (RETRYING, 1), (RUNNING, 9)], [None, None, 5]),
        ("also between the first and the last",
         [(RUNNING, 0), (RUNNING, 9), (RETRYING, 5), (RETRYING, 12), (RETRYING, 15)], [None, 0, None, None, 12]),
        ("an older read of the same state knows its own time only", [(RUNNING, 5), (RUNNING, 1), (RUNNING, 9)],
         [None, None, 5]),
    ],
)  # fmt: skip
def test_a_state_is_as_old_as_the_first_look_in_a_row_that_saw_it(
    why: str, seen: list[tuple[TaskState, int]], since: list[int | None]
):
    seer = Looks()

    assert [note(seer, state, second) for state, second in seen] == since, why


def test_two_unknown_words_are_two_states():
    seer = Looks()

    assert [note(seer, UNKNOWN, 0, raw="7"), note(seer, UNKNOWN, 5, raw="8"), note(seer, UNKNOWN, 9, raw="8")] == [
        None, None, 5
    ]  # fmt: skip


def test_tasks_are_told_apart_by_place():
    seer = Looks()
    note(seer, RUNNING, 0)

    assert note(seer, RUNNING, 9, of=ref(region="cn-beijing")) is None
    assert note(seer, RUNNING, 9) == 0


def test_the_least_recently_seen_is_forgotten_first():
    seer = Looks()
    note(seer, RUNNING, 0, of=ref("kept"))
    for number in range(looks.MOST):
        note(seer, RUNNING, 1, of=ref(f"task {number}"))
        note(seer, RUNNING, 1, of=ref("kept"))

    assert len(seer._rows) == looks.MOST
    assert note(seer, RUNNING, 9, of=ref("kept")) == 0
    assert note(seer, RUNNING, 9, of=ref("task 0")) is None
