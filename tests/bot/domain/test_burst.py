from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import Plan, TaskState
from bot.domain.burst import gather, is_burst
from bot.domain.notice import ReplyBody
from tests.bot.domain.hearing import NOW, REF, SECOND, recovered, stopped

if TYPE_CHECKING:
    from bot.domain.task import News


@pytest.mark.parametrize(
    ("why", "seconds", "is_too_much"),
    [
        ("nothing at all", [], False),
        ("five in ten seconds are told one by one", [0, 1, 2, 3, 9], False),
        ("six in ten seconds are too many", [0, 1, 2, 3, 4, 9], True),
        ("six in eleven seconds are not", [0, 2, 4, 6, 8, 10], False),
        ("ten in a minute are told one by one", [0, 6, 12, 18, 24, 30, 36, 42, 48, 59], False),
        ("eleven in a minute are too many", [0, 6, 12, 18, 24, 30, 36, 42, 48, 54, 59], True),
        ("a burst that is over does not swallow what comes after it", [0, 0, 0, 0, 0, 0, 30], False),
    ],
)
def test_too_many_changes_in_a_short_time_are_a_burst(*, why: str, seconds: list[int], is_too_much: bool):
    assert is_burst([NOW + timedelta(seconds=second) for second in seconds]) is is_too_much, why


def told(news: News, name: str = "main-en") -> ReplyBody:
    return ReplyBody(ref=REF, provider="aliyun", title="Alibaba Cloud", name=name, plan=Plan(), news=news)


def test_what_is_held_back_is_counted_and_the_bad_ones_are_named_newest_first():
    body = gather(None, [told(stopped(), "one"), told(stopped(NOW + SECOND), ""), told(recovered(NOW + 2 * SECOND))])

    assert (body.total, body.names) == (3, ("t-42", "one"))
    assert dict(body.counts) == {TaskState.STOPPED: 2, TaskState.RUNNING: 1}
    assert (body.since, body.until) == (NOW, NOW + 2 * SECOND)


def test_more_of_them_are_added():
    first = gather(None, [told(stopped(), f"task-{number}") for number in range(12)])

    body = gather(first, [told(stopped(NOW + SECOND), "task-0"), told(stopped(NOW + SECOND), "new")])

    assert (body.total, len(body.names), body.names[:3]) == (14, 10, ("new", "task-0", "task-11"))
    assert (body.since, body.until) == (NOW, NOW + SECOND)
