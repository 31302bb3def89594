from __future__ import annotations

from datetime import UTC, datetime

from adapters.contract import AccountName, Region, TaskId, TaskRef, TaskState
from bot.domain.spoken import all_of, followed_called, options, several, task_called
from bot.domain.subscription import Wish
from bot.domain.task import Followed, Known

REF = TaskRef(account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("main-en"))


def test_a_task_is_called_by_its_name_or_by_its_id():
    assert task_called("Main stage", "1f") == "Main stage"
    assert task_called("\u202e ", "1f") == "1f"
    assert task_called("x" * 100, "1f") == "x" * 79 + "…"
    assert followed_called(Followed(id=1, ref=REF, provider="aliyun", known=Known())) == "main-en"


def test_all_of_an_account_is_said_with_what_narrows_it():
    assert all_of("aliyun") == "all tasks of aliyun"
    assert all_of("aliyun", "main", "cn-shanghai") == "all tasks of aliyun in cn-shanghai with “main” in their name"


def test_options_are_said_in_the_readers_own_time():
    wish = Wish(account=AccountName("aliyun"))
    chosen = Wish(
        account=AccountName("aliyun"),
        only=frozenset({TaskState.STOPPED, TaskState.RETRYING}),
        until=datetime(2026, 11, 21, 20, tzinfo=UTC),
        thread_ts="1.2",
        page=True,
    )

    assert options(wish, "UTC") == "everything"
    assert options(chosen, "Asia/Shanghai") == (
        "only RETRYING, STOPPED · until 2026-11-22 04:00 Asia/Shanghai · told in a thread · calls whoever is on call"
    )


def test_a_few_are_named_and_the_rest_is_counted():
    assert several(["a", "b"]) == "a, b"
    assert several(list("abcdefg")) == "a, b, c, d, e and 2 more"
