from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from adapters.contract import Region, TaskId, TaskState
from adapters.errors import Unreadable, WrongRegion
from adapters.tencent import PROVIDER, Tencent, TencentSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from adapters.contract import Reply, Request, Snapshot

SINGAPORE = Region("ap-singapore")
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


def answer(conversation: Generator[Request, Reply, Snapshot], reply: Reply) -> Snapshot:
    next(conversation)
    with pytest.raises(StopIteration) as told:
        conversation.send(reply)
    snapshot: Snapshot = told.value.value
    return snapshot


def test_one_request_tells_one_task(account: Callable[..., Tencent], reply: Callable[..., Reply]):
    conversation = account().status(SINGAPORE, TaskId("t-1"))

    snapshot = answer(conversation, reply({"Response": {"Status": "InProgress", "RequestId": "r-1"}}))

    assert (snapshot.task_id, snapshot.state, snapshot.raw) == ("t-1", TaskState.RUNNING, "InProgress")


def test_not_found_is_a_snapshot_and_never_an_end(account: Callable[..., Tencent], reply: Callable[..., Reply]):
    conversation = account().status(SINGAPORE, TaskId("t-1"))

    snapshot = answer(conversation, reply({"Response": {"Status": "NotExist", "RequestId": "r-1"}}))

    assert (snapshot.state, snapshot.raw, snapshot.ended_at) == (TaskState.NOT_FOUND, "NotExist", None)


def test_a_reply_that_makes_no_sense_is_unreadable(account: Callable[..., Tencent], reply: Callable[..., Reply]):
    conversation = account().status(SINGAPORE, TaskId("t-1"))
    next(conversation)

    with pytest.raises(Unreadable):
        conversation.send(reply(b"<html>"))


# People type regions; what is no region's name would not fit into a header.
@pytest.mark.parametrize(
    "region", ["", "singapore", "AP-SINGAPORE", "ap-singapore\n", "ap-singapore\r\nHost: x", "新加坡"]
)
def test_what_is_no_region_is_never_asked(account: Callable[..., Tencent], region: str):
    with pytest.raises(WrongRegion):
        next(account().status(Region(region), TaskId("t-1")))


def test_the_cloud_has_no_list(account: Callable[..., Tencent]):
    listing = account().listing(SINGAPORE)  # type: ignore[func-returns-value]  # that it returns None is the point

    assert listing is None


def test_the_documented_rate_comes_with_its_source(account: Callable[..., Tencent]):
    ((api, pace),) = account().paces.items()

    assert (api, pace.per_second) == ("DescribeStreamIngest", 20)
    assert pace.source.startswith("https://www.tencentcloud.com/")


def test_a_refusal_is_told_by_the_provider(account: Callable[..., Tencent], reply: Callable[..., Reply]):
    refused = account().refusal(reply({"Response": {"Error": {"Code": "UnsupportedRegion"}, "RequestId": "r-1"}}))

    assert isinstance(refused, WrongRegion)


def sent(tencent: Tencent, now: datetime = NOW) -> Request:
    return tencent.sign(next(tencent.status(SINGAPORE, TaskId("t-1"))), now=now, nonce="n-1")


def test_a_signature_carries_the_time_of_sending(account: Callable[..., Tencent]):
    tencent = account()

    first, later = sent(tencent), sent(tencent, NOW + timedelta(seconds=10))

    assert first.headers["X-TC-Timestamp"] == "1795163400"
    assert later.headers["X-TC-Timestamp"] == "1795163410"
    assert first.headers["Authorization"] != later.headers["Authorization"]


def test_a_clock_in_another_zone_signs_the_same(account: Callable[..., Tencent]):
    tencent = account()

    assert sent(tencent, NOW.astimezone(timezone(timedelta(hours=8)))) == sent(tencent)


def test_a_request_can_be_signed_again(account: Callable[..., Tencent]):
    tencent = account()
    first = sent(tencent)

    again = tencent.sign(first, now=NOW + timedelta(seconds=10), nonce="n-2")

    assert again == sent(tencent, NOW + timedelta(seconds=10))


def test_the_token_travels_beside_the_signature(account: Callable[..., Tencent], secrets: dict[str, str]):
    with_token, without = sent(account()), sent(account(token=None))

    assert with_token.headers["X-TC-Token"] == secrets["token"]
    assert "X-TC-Token" not in without.headers
    assert with_token.headers["Authorization"] == without.headers["Authorization"]


# The port is named where it is not the scheme's own.
@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        (None, "trtc.tencentcloudapi.com"),
        ("https://trtc.example.com:443", "trtc.example.com"),
        ("https://trtc.example.com:80", "trtc.example.com:80"),
        ("https://trtc.example.com:8443", "trtc.example.com:8443"),
        ("http://localhost:80", "localhost"),
        ("http://127.0.0.1:9123", "127.0.0.1:9123"),
        ("http://[::1]:9123", "[::1]:9123"),
    ],
)
def test_the_signed_host_is_the_host_header(account: Callable[..., Tencent], endpoint: str | None, host: str):
    assert sent(account(endpoint=endpoint)).headers["Host"] == host


def test_no_secret_shows_in_a_repr(account: Callable[..., Tencent]):
    tencent = account()

    assert "anary" not in f"{tencent!r} {sent(tencent)!r} {sent(tencent)}"


def test_the_word_leads_to_the_provider():
    assert (PROVIDER.word, PROVIDER.title) == ("tencent", "Tencent Cloud")
    assert PROVIDER.settings is TencentSettings
    assert PROVIDER.hear is not None


@pytest.mark.parametrize(
    ("text", "could_be"),
    [
        ("1234", True),
        ("HMLm5HWNuUAXSb0gTEOx0z1x+nLMZNjXrY3keyUSvu7uu8mF9O656uNtbUtvaWLkpMY134jTN2Ix4vuqgOJ68nQ8tho3ri", True),
        ("任务-测试", True),
        ("x" * 256, True),
        ("x" * 257, False),
        ("", False),
        ("two words", False),
        ("tab\t", False),
        ("wide\u3000space", False),
        ("zero\u200bwidth", False),
        ("\x00", False),
    ],
)
def test_an_id_is_known_by_its_shape(text: str, could_be: bool):  # noqa: FBT001 - a table's last column
    assert PROVIDER.has_id(text) is could_be


def test_the_policy_allows_one_action_and_can_be_pasted():
    (statement,) = json.loads(PROVIDER.policy)["statement"]

    assert statement["effect"] == "allow"
    assert statement["action"] == ["name/trtc:DescribeStreamIngest"]
    assert statement["resource"] == ["qcs::trtc::uin/<MAIN_UIN>:sdkappid/<SDKAPPID>"]
