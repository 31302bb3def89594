from __future__ import annotations

import pytest

from adapters.contract import AccountName, Region, TaskId
from bot.domain.account import Account
from bot.domain.pace import LaneName


def account(*, channels: str = "", tasks: str = "") -> Account:
    return Account(
        name=AccountName("show"),
        provider="aliyun",
        title="Alibaba Cloud",
        regions=(Region("cn-shanghai"),),
        budget="main",
        share=0.5,
        has_id=bool,
        lists=True,
        channels=frozenset(channels.split()),
        tasks=tuple(tasks.split()),
    )


@pytest.mark.parametrize(
    ("channels", "channel", "is_open"),
    [
        ("", "C0RELAYS", True),
        ("C0RELAYS C0OPS", "C0OPS", True),
        ("C0RELAYS", "C0OPS", False),
        ("C0RELAYS", "c0relays", False),
        ("C0RELAYS", "", False),
    ],
)
def test_an_account_is_open_to_the_channels_it_names_or_to_all(channels: str, channel: str, is_open: bool):  # noqa: FBT001
    assert account(channels=channels).is_open_to(channel) is is_open


@pytest.mark.parametrize(
    ("tasks", "task", "is_shown"),
    [
        ("", "anything", True),
        ("live-*", "live-7", True),
        ("live-*", "LIVE-7", False),
        ("live-*", "my-live-7", False),
        ("live-* main-?n", "main-en", True),
        ("main-[ez]n", "main-xn", False),
    ],
)
def test_an_account_shows_the_tasks_its_globs_name_or_all(tasks: str, task: str, is_shown: bool):  # noqa: FBT001
    assert account(tasks=tasks).shows(TaskId(task)) is is_shown


def test_a_lane_is_named_by_what_the_vendor_counts_apart():
    assert str(LaneName(provider="aliyun", budget="main", api="DescribeX")) == "aliyun/main/DescribeX"
