from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from adapters.aliyun import PROVIDER, wire
from adapters.contract import Region, TaskId, TaskState
from adapters.errors import Unreadable, WrongRegion
from tests.adapters import recorded

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.aliyun import Aliyun
    from adapters.contract import Reply, Request

SHANGHAI = Region("cn-shanghai")


def parameters(request: Request) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(request.url).query, keep_blank_values=True, strict_parsing=True))


def page(total: int, *ids: str) -> Reply:
    return recorded.answer({"Total": total, "TaskList": [{"TaskId": task, "TaskStatus": 1} for task in ids]})


def test_one_task_is_one_request(account: Callable[..., Aliyun]):
    request = next(account().status(SHANGHAI, TaskId("t-1")))

    assert request.api == "DescribeLivePullToPush"
    assert parameters(request) == {"Region": "cn-shanghai", "TaskId": "t-1"}
    assert dict(request.headers) == {
        "accept": "application/json",
        "x-acs-action": "DescribeLivePullToPush",
        "x-acs-version": "2016-11-01",
    }


def test_a_list_is_walked_a_hundred_at_a_time(account: Callable[..., Aliyun]):
    first, second, third = (list(map(str, range(n, min(n + 100, 250)))) for n in (0, 100, 200))
    replies = [page(250, *first), page(250, *second), page(250, *third)]

    asked = recorded.requests(account(), SHANGHAI, replies, is_listing=True)
    listing = recorded.play(account(), SHANGHAI, replies, is_listing=True)

    assert [parameters(request) for request in asked] == [
        {"Region": "cn-shanghai", "PageNumber": number, "PageSize": "100"} for number in ("1", "2", "3")
    ]
    assert {request.api for request in asked} == {"DescribeLivePullToPushList"}
    assert (len(listing.tasks), listing.total, listing.requests) == (250, 250, 3)


def test_a_text_asks_for_names_like_it(account: Callable[..., Aliyun]):
    request = next(account().listing(SHANGHAI, "main en"))

    assert parameters(request) == {"Region": "cn-shanghai", "PageNumber": "1", "PageSize": "100", "TaskName": "main en"}


def test_a_list_can_be_asked_for_ids_like_one():
    request = wire.list_tasks("https://live.aliyuncs.com", region=SHANGHAI, page=1, task="fd24")

    assert parameters(request)["TaskId"] == "fd24"
    assert "TaskName" not in parameters(request)


def test_a_list_without_end_is_left_after_two_hundred_pages(account: Callable[..., Aliyun]):
    replies = [page(10**6, f"t-{number}") for number in range(wire.PAGES + 50)]

    listing = recorded.play(account(), SHANGHAI, replies, is_listing=True)

    assert (len(listing.tasks), listing.total, listing.requests) == (200, 10**6, 200)


@pytest.mark.parametrize("region", ["", "x", "cn shanghai", "cn-shanghai\r\nx-acs-action: Delete", "上海"])
def test_what_is_no_region_is_not_sent(account: Callable[..., Aliyun], region: str):
    for conversation in (account().status(Region(region), TaskId("t-1")), account().listing(Region(region))):
        with pytest.raises(WrongRegion):
            next(conversation)


def test_an_error_that_the_lane_did_not_ask_about_is_no_answer():
    """`refusal` names it first; whoever forgets to ask is not told that the task is gone."""
    for status, body in ((400, {"Code": "Throttling"}), (200, {"RetCode": 7, "TaskStatus": 1})):
        with pytest.raises(Unreadable):
            wire.read_status(recorded.answer(body, status), TaskId("t-1"))


def test_the_id_that_was_asked_for_is_the_one_that_is_answered(account: Callable[..., Aliyun]):
    reply = recorded.answer({"RetCode": 0, "TaskId": "t-9", "TaskStatus": 1, "TaskInfo": {"TaskId": "t-8"}})

    snapshot = recorded.play(account(), SHANGHAI, [reply])

    assert (snapshot.task_id, snapshot.state) == ("t-1", TaskState.RUNNING)


@pytest.mark.parametrize(
    ("text", "could_be"),
    [
        ("fd245384-4067-4f91-9d75-9666a6bc0001", True),
        ("861009", True),
        ("A_b-9", True),
        ("x" * 55, True),
        # One too many for this cloud.
        ("x" * 56, False),
        # Signs that only the other cloud's ids have.
        ("a.b", False),
        ("a+b", False),
        ("", False),
        ("a b", False),
        ("a\n", False),
        ("任务", False),
    ],
)
def test_an_id_is_known_by_its_shape(text: str, could_be: bool):  # noqa: FBT001
    assert PROVIDER.has_id(text) is could_be


def test_both_apis_have_a_pace_with_a_source(account: Callable[..., Aliyun]):
    paces = account().paces

    assert {api: pace.per_second for api, pace in paces.items()} == {
        "DescribeLivePullToPush": 10,
        "DescribeLivePullToPushList": 10,
    }
    assert all(pace.source.startswith("https://www.alibabacloud.com/help/") for pace in paces.values())
    assert all(pace.source.endswith(api.lower()) for api, pace in paces.items())


def test_the_policy_allows_what_is_asked_and_no_more(account: Callable[..., Aliyun]):
    (statement,) = json.loads(PROVIDER.policy)["Statement"]

    assert statement["Effect"] == "Allow"
    assert statement["Action"] == [f"live:{api}" for api in account().paces]
