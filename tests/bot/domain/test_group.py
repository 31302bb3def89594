from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.group import commonest, group
from bot.domain.notice import GroupBody, Kind
from bot.domain.subscription import Place
from bot.domain.task import Followed, Known, Why

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SHOW, OPS = Place(team="T", channel="C-show"), Place(team="T", channel="C-ops")


def task(number: int, *, is_bad: bool = True, name: str | None = None) -> Followed:
    ref = TaskRef(account=AccountName("ali"), region=Region("r"), task_id=TaskId(f"t-{number}"))
    called = f"live-{number}" if name is None else name
    last = Snapshot(task_id=ref.task_id, state=TaskState.STOPPED, raw="3", taken_at=NOW, name=called)
    known = Known(state=TaskState.STOPPED, last=last, bad_since=NOW if is_bad else None)
    return Followed(id=number, ref=ref, provider="aliyun", known=known)


def told(*members: Followed, **changes: Any) -> GroupBody:
    notice, *_ = group(
        7,
        members,
        account=AccountName("ali"),
        region=Region("r"),
        title="Alibaba Cloud",
        why=Why.STOPPED,
        opened_at=NOW,
        places=[SHOW, OPS],
        now=NOW + timedelta(minutes=3),
        **changes,
    )
    assert isinstance(notice.body, GroupBody)
    return notice.body


def test_a_group_counts_its_members_and_names_ten_that_are_still_bad():
    body = told(*(task(number, is_bad=number > 2) for number in range(15)))

    assert (body.total, body.still_bad, body.is_over, body.lasted) == (15, 12, False, None)
    assert body.names == tuple(f"live-{number}" for number in range(3, 13))


def test_when_none_is_bad_any_more_it_says_how_long_it_took_and_who_they_were():
    body = told(task(1, is_bad=False), task(2, is_bad=False, name=""))

    assert (body.still_bad, body.is_over, body.lasted) == (0, True, timedelta(minutes=3))
    assert body.names == ("live-1", "t-2")


def test_each_place_is_told_once_in_one_message_of_the_incident():
    notices = group(
        7,
        [task(1)],
        account=AccountName("ali"),
        region=Region("r"),
        title="Alibaba Cloud",
        why=Why.STOPPED,
        opened_at=NOW,
        places=[SHOW, OPS, SHOW],
        now=NOW,
    )

    assert [(each.place, each.kind, each.incident) for each in notices] == [(OPS, Kind.GROUP, 7), (SHOW, Kind.GROUP, 7)]


def test_what_happened_to_most_is_what_happened():
    assert commonest([Why.STOPPED, Why.RETRYING, Why.RETRYING]) is Why.RETRYING
    assert commonest([Why.STOPPED, Why.RETRYING]) is Why.STOPPED
