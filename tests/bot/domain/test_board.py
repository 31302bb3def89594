from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.board import board
from bot.domain.notice import BoardBody, Kind
from bot.domain.subscription import Place, Subscription, Wish
from bot.domain.task import Followed, Known, Why

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SUBSCRIPTION = Subscription(
    id=4,
    place=Place(team="T", channel="C"),
    wish=Wish(account=AccountName("ali"), match="live"),
    created_by="U",
    created_at=NOW,
)


def task(number: int, state: TaskState | None, **known: Any) -> Followed:
    ref = TaskRef(account=AccountName("ali"), region=Region("r"), task_id=TaskId(f"t-{number}"))
    last = Snapshot(
        task_id=ref.task_id, state=state or TaskState.RUNNING, raw="", taken_at=NOW, name=f"live-{number}", reason="why"
    )
    return Followed(id=number, ref=ref, provider="aliyun", known=Known(state=state, **{"last": last} | known))


def bad(number: int, minutes: int) -> Followed:
    return task(number, TaskState.STOPPED, bad_since=NOW - timedelta(minutes=minutes), bad_why=Why.STOPPED)


def composed(*tasks: Followed, **told: Any) -> BoardBody:
    notice = board(SUBSCRIPTION, tasks, title="Alibaba Cloud", now=NOW, **told)
    assert isinstance(notice.body, BoardBody)
    return notice.body


def test_a_board_counts_in_the_order_of_states_and_names_the_bad_ones_newest_first():
    body = composed(task(1, TaskState.RUNNING), bad(2, 9), task(3, TaskState.RUNNING), bad(4, 2))

    assert body.counts == ((TaskState.RUNNING, 2), (TaskState.STOPPED, 2))
    assert [(line.name, line.news.why, line.news.reason) for line in body.bad] == [
        ("live-4", Why.STOPPED, "why"),
        ("live-2", Why.STOPPED, "why"),
    ]
    assert (body.match, body.title, body.bad_total) == ("live", "Alibaba Cloud", 2)


def test_what_has_ended_well_is_not_on_it_and_what_ended_badly_is():
    ended = {"ended_at": NOW}
    early = ended | {"bad_since": NOW, "bad_why": Why.ENDED_EARLY}

    body = composed(task(1, TaskState.ENDED, **ended), task(2, TaskState.ENDED, **early))

    assert body.counts == ((TaskState.ENDED, 1),)
    assert [line.ref.task_id for line in body.bad] == ["t-2"]


def test_before_anything_is_confirmed_the_last_read_counts():
    body = composed(task(1, None), task(2, None, last=None))

    assert body.counts == ((TaskState.RUNNING, 1), (TaskState.UNKNOWN, 1))


def test_ten_are_named_and_all_are_counted():
    body = composed(*(bad(number, number) for number in range(1, 31)))

    assert [line.ref.task_id for line in body.bad] == [f"t-{number}" for number in range(1, 11)]
    assert body.bad_total == 30


def test_the_board_is_one_message_of_its_subscription():
    notice = board(SUBSCRIPTION, [], title="Alibaba Cloud", now=NOW, unseen_since=NOW)

    assert (notice.kind, notice.place, notice.subscription) == (Kind.BOARD, SUBSCRIPTION.place, 4)
    assert isinstance(notice.body, BoardBody)
    assert (notice.body.counts, notice.body.unseen_since) == ((), NOW)
