"""What a field makes of values that the vendor's page does not promise."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from adapters.aliyun.fields import Described, Task, TaskInfo, whole, word


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        (-1, -1),
        ("60", 60),
        (" 60 ", 60),
        ("+1", 1),
        ("-1", -1),
        (1.0, 1),
        # Not whole, or no number at all.
        (1.5, None),
        ("1.5", None),
        ("1e3", None),
        ("", None),
        ("٣", None),
        (True, None),
        (None, None),
        ([1], None),
        (math.nan, None),
        (math.inf, None),
        # Twelve digits are enough for anybody, also for times that follow from them.
        (999_999_999_999, 999_999_999_999),
        (10**12, None),
        ("9" * 13, None),
        (1e300, None),
    ],
)
def test_a_whole_number_is_read_from_what_came(value: object, number: int | None):
    assert whole(value) == number


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("PullStreamFailed", "PullStreamFailed"),
        ("a_b-c.d", "a_b-c.d"),
        ("fb0d4ac7****", "fb0d4ac7****"),
        ("运行中", "运行中"),
        # A sentence can hold anything.
        ("pull failed", ""),
        ("rtmp://a/b?key=c", ""),
        ("x" * 129, ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_word_is_a_word_and_no_sentence(value: object, said: str):
    assert word(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1, "1"),
        ("1", "1"),
        (" 1 ", "1"),
        ("01", "1"),
        (1.0, "1"),
        (-1, "-1"),
        ("-1", "-1"),
        # New ones are kept as they came.
        (99, "99"),
        (1.5, "1.5"),
        (math.nan, "nan"),
        ("Recovering", "Recovering"),
        ("Not started", "Not started"),
        # Missing.
        (None, None),
    ],
)
def test_a_state_keeps_the_vendors_word(value: object, said: str | None):
    assert Task.model_validate({"TaskStatus": value}).task_status == said


@pytest.mark.parametrize("value", [True, [], {}, "", " ", "rtmp://a/b?key=c", "x" * 65, 10**300, "失败:原因"])
def test_what_is_no_state_is_not_guessed(value: object):
    with pytest.raises(ValidationError) as refused:
        Task.model_validate({"TaskStatus": value})

    assert repr(value) not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("2024-08-26T10:30:00Z", datetime(2024, 8, 26, 10, 30, tzinfo=UTC)),
        ("2024-08-26T18:30:00+08:00", datetime(2024, 8, 26, 10, 30, tzinfo=UTC)),
        # Without a zone: the vendor's times are UTC.
        ("2024-08-26 10:30:00", datetime(2024, 8, 26, 10, 30, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        (1726354625, None),
        (None, None),
        # Beyond what a calendar holds, once it is UTC.
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_a_plans_time_is_utc_or_absent(value: object, instant: datetime | None):
    assert TaskInfo.model_validate({"StartTime": value}).start_time == instant


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        (1726354625, datetime(2024, 9, 14, 22, 57, 5, tzinfo=UTC)),
        ("1726354625", datetime(2024, 9, 14, 22, 57, 5, tzinfo=UTC)),
        # Nothing, and what must have been milliseconds.
        (0, None),
        (-1, None),
        (None, None),
        (1726354625000, None),
    ],
)
def test_an_exit_time_is_seconds_or_absent(value: object, instant: datetime | None):
    assert Task.model_validate({"TaskExitTime": value}).task_exit_time == instant


def test_urls_are_cut_and_callback_keys_dropped_before_anything_holds_them():
    info = TaskInfo.model_validate(
        {
            "SourceUrls": ["https://u:p@pull.example.com/live/k.flv?sign=s", 7, "0a1b2c"],
            "DstUrl": "rtmp://push.example.com/live/k?auth_key=s",
            "CallbackURL": "https://hooks.example.com/t0ken",
            "AuthKey": "s",
            "ReqAuth": "s",
        }
    )

    assert info.source_urls == ("https://pull.example.com/live/…", "", "…")
    assert info.dst_url == "rtmp://push.example.com/live/…"
    assert info.callback_url == "https://hooks.example.com/…"
    assert not {"auth_key", "req_auth"} & info.model_dump().keys()


def test_all_other_fields_of_the_vendors_model_are_known():
    """By the models of alibabacloud-live20161101 3.0.2, which the tests have installed."""
    from alibabacloud_live20161101 import models

    def theirs(model: type) -> set[str]:
        return {name.replace("_", "") for name in vars(model()) if not name.startswith("_")}

    def ours(model: type[Task | TaskInfo]) -> set[str]:
        return {name.replace("_", "") for name in model.model_fields}

    assert theirs(models.DescribeLivePullToPushResponseBodyTaskInfo) - ours(TaskInfo) == {"authkey", "reqauth"}
    assert theirs(models.DescribeLivePullToPushListResponseBodyTaskListTaskInfo) - ours(TaskInfo) == {
        "authkey",
        "reqauth",
    }
    assert theirs(models.DescribeLivePullToPushListResponseBodyTaskList) - ours(Task) == set()
    # The request id is read beside them, because errors have one, too; the description is free text.
    assert theirs(models.DescribeLivePullToPushResponseBody) - ours(Described) == {"requestid", "description"}
