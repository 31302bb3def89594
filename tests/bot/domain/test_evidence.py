from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.contract import Snapshot, TaskId, TaskState
from adapters.errors import Unreadable
from bot.domain.evidence import believed, is_mislaid, mislaid

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)


def read(state: TaskState = TaskState.NOT_FOUND, raw: str = "CodeTaskNotExist") -> Snapshot:
    return Snapshot(task_id=TaskId("t"), state=state, raw=raw, taken_at=NOW, request_id="R-1")


@pytest.mark.parametrize(
    ("seen", "is_unlisted", "is_believed"),
    [
        # The cloud's own word for it is enough.
        (read(), False, True),
        # Any other may come of other trouble, unless a whole list lacks the task, too.
        (read(raw="InvalidParameter"), False, False),
        (read(raw="InvalidParameter"), True, True),
        (read(raw=""), False, False),
        (read(raw=""), True, True),
        # What is there is there, whatever the list said.
        (read(TaskState.RUNNING, "1"), True, True),
        (read(TaskState.ENDED, "-1"), False, True),
    ],
)
def test_a_task_is_gone_only_on_strong_evidence(seen: Snapshot, *, is_unlisted: bool, is_believed: bool):
    answer = believed(seen, is_unlisted=is_unlisted)

    assert answer is seen if is_believed else isinstance(answer, Unreadable)


def test_what_is_not_believed_keeps_what_its_support_needs():
    answer = believed(read(raw="InvalidParameter"), is_unlisted=False)

    assert isinstance(answer, Unreadable)
    assert (answer.code, answer.request_id) == ("InvalidParameter", "R-1")


@pytest.mark.parametrize(
    ("missing", "followed", "is_it"),
    [
        (0, 0, False),
        # Few tasks may really be gone all at once.
        (1, 1, False),
        (4, 4, False),
        (5, 5, True),
        # More than half.
        (5, 10, False),
        (6, 10, True),
        (500, 1000, False),
        (501, 1000, True),
    ],
)
def test_a_list_that_lacks_more_than_half_has_mislaid_them(missing: int, followed: int, *, is_it: bool):
    assert is_mislaid(missing=missing, followed=followed) is is_it


def test_what_a_broken_list_is_called_says_why():
    assert "more than half" in str(mislaid())
