from __future__ import annotations

from typing import Any

import pytest

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.successor import AWAITED, Living, is_awaited, likeliest, successors
from bot.domain.task import Followed, Known, Successor, Why
from tests.bot.domain.watching import BEGIN, history


def ref(task: str, account: str = "aliyun") -> TaskRef:
    return TaskRef(account=AccountName(account), region=Region("cn-shanghai"), task_id=TaskId(task))


def seen(task: str, state: TaskState = TaskState.RUNNING, **more: Any) -> Snapshot:
    return Snapshot(task_id=TaskId(task), state=state, taken_at=BEGIN, raw="1", **more)


def old(state: TaskState = TaskState.STOPPED, **more: Any) -> Followed:
    known = Known(state=state, last=seen("old", state, **{"name": "main-en", "destination_hash": "d1", **more}))
    return Followed(id=1, ref=ref("old"), provider="aliyun", known=known)


@pytest.mark.parametrize(
    ("why", "more", "offered"),
    [
        ("the same name", {"name": "main-en"}, True),
        ("the same destination", {"destination_hash": "d1"}, True),
        ("neither", {"name": "main-de", "destination_hash": "d2"}, False),
        ("names are compared as they are", {"name": "Main-EN"}, False),
        ("two without a name are not of the same name", {}, False),
        ("it waits for its start", {"name": "main-en", "state": TaskState.NOT_STARTED}, True),
        ("it is down itself", {"name": "main-en", "state": TaskState.STOPPED}, False),
    ],
)
def test_one_that_is_up_under_the_same_name_or_destination_is_offered(why: str, more: dict[str, Any], offered: bool):  # noqa: FBT001
    found = successors(old(), [(ref("new"), seen("new", **more))])

    assert found == ((ref("new"),) if offered else ()), why


def test_nothing_is_in_common_with_a_task_without_name_and_destination():
    assert successors(old(name="", destination_hash=""), [(ref("new"), seen("new"))]) == ()


@pytest.mark.parametrize("state", [TaskState.RUNNING, TaskState.RETRYING, TaskState.NOT_STARTED, None])
def test_a_task_that_is_not_down_needs_no_successor(state: TaskState | None):
    task = Followed(id=1, ref=ref("old"), provider="aliyun", known=Known(state=state, last=seen("old", name="main-en")))

    assert successors(task, [(ref("new"), seen("new", name="main-en"))]) == ()


def test_a_task_that_was_never_read_has_no_successor():
    task = Followed(id=1, ref=ref("old"), provider="aliyun", known=Known(state=TaskState.ENDED))

    assert successors(task, [(ref("new"), seen("new", name="main-en"))]) == ()


def test_the_likeliest_comes_first_and_neither_itself_nor_another_account_at_all():
    """The same destination counts more than the same name; among equals, one that runs more than one that waits."""
    others = [
        (ref("named"), seen("named", name="main-en")),
        (ref("waits"), seen("waits", TaskState.NOT_STARTED, destination_hash="d1")),
        (ref("pushes"), seen("pushes", destination_hash="d1")),
        (ref("old"), seen("old", name="main-en", destination_hash="d1")),
        (ref("other", "aliyun-eu"), seen("other", name="main-en")),
    ]

    assert successors(old(), others) == (ref("pushes"), ref("waits"), ref("named"))


def test_a_task_that_is_gone_is_still_compared_by_what_it_was():
    known = history("-5 RUNNING; 0 GONE; 1 GONE", Known(state=TaskState.RUNNING), name="main-en")[-1].known
    task = Followed(id=1, ref=ref("old"), provider="aliyun", known=known)

    assert successors(task, [(ref("new"), seen("new", name="main-en"))]) == (ref("new"),)


@pytest.mark.parametrize(
    ("why", "others", "is_sure"),
    [
        ("the same name, and where it pushes to is not known", {"new": {"name": "main-en"}}, True),
        ("the same name and destination", {"new": {"name": "main-en", "destination_hash": "d1"}}, True),
        ("the same name, but it pushes elsewhere", {"new": {"name": "main-en", "destination_hash": "d2"}}, False),
        ("another name: it may be a backup", {"new": {"name": "backup", "destination_hash": "d1"}}, False),
        ("one of two", {"new": {"name": "main-en"}, "other": {"name": "main-en"}}, False),
    ],
)
def test_only_the_one_of_the_same_name_is_surely_the_same_relay(
    why: str,
    others: dict[str, dict[str, Any]],
    is_sure: bool,  # noqa: FBT001
):
    found = likeliest(old(), [(ref(task), seen(task, **more)) for task, more in others.items()])

    assert found == Successor(ref=ref("new"), name=others["new"]["name"], is_sure=is_sure), why


def test_only_what_is_up_and_alike_is_looked_at():
    """A thousand that are down at once would otherwise look at a thousand each."""
    listed = {
        "the same name": {"name": "main-en"},
        "the same destination": {"destination_hash": "d1"},
        "both": {"name": "main-en", "destination_hash": "d1"},
        "down": {"name": "main-en", "destination_hash": "d1", "state": TaskState.STOPPED},
        "neither": {"name": "main-de", "destination_hash": "d2"},
        "nameless": {},
    }
    up = Living([(ref(task), seen(task, **more)) for task, more in listed.items()])

    assert {each.task_id for each in up.like(old())} == {"the same name", "the same destination", "both"}
    assert {each.task_id for each in up.like(old(destination_hash=""))} == {"the same name", "both"}
    assert up.like(old(name="", destination_hash="")) == {}


def test_where_nothing_fits_nothing_is_offered():
    assert likeliest(old(), [(ref("new"), seen("new", name="main-de"))]) is None
    assert likeliest(old(TaskState.RUNNING), [(ref("new"), seen("new", name="main-en"))]) is None


@pytest.mark.parametrize(
    ("why", "more", "awaited"),
    [
        ("it ended badly", {}, True),
        ("it ended as it should", {"bad_since": None}, False),
        ("it has not ended", {"ended_at": None}, False),
        ("one was found", {"successor": Successor(ref=ref("new"), name="")}, False),
        ("it is too long ago", {"ended_at": BEGIN - AWAITED}, False),
    ],
)
def test_a_region_is_listed_a_while_longer_for_what_ended_badly(why: str, more: dict[str, Any], awaited: bool):  # noqa: FBT001
    known = Known(
        **{"state": TaskState.ENDED, "ended_at": BEGIN, "bad_since": BEGIN, "bad_why": Why.ENDED_EARLY, **more}
    )

    assert is_awaited(Followed(id=1, ref=ref("old"), provider="aliyun", known=known), BEGIN) is awaited, why
