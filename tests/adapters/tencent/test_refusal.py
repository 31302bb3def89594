from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkew,
    ProviderError,
    Rejected,
    Throttled,
    Unreachable,
    WrongRegion,
)
from adapters.tencent import refusal, wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.contract import Reply

REQUEST_ID = "ed93f3cb-f35e-473f-b9f3-0d451b8b79c6"
REPLIES = Path(__file__).with_name("replies")


def error(code: str, message: str = "canary uin 100000000001") -> dict[str, object]:
    return {"Response": {"Error": {"Code": code, "Message": message}, "RequestId": REQUEST_ID}}


def test_every_code_that_has_a_meaning_has_a_recorded_reply():
    records = [json.loads(path.read_text(encoding="utf-8"))["body"] for path in REPLIES.glob("*.json")]
    responses = [body["Response"] for body in records if isinstance(body, dict) and "Response" in body]
    recorded = [response["Error"]["Code"] for response in responses if "Error" in response]
    print(f"{len(recorded)} recorded error bodies, {len(set(recorded))} codes")  # noqa: T201 - the count is told

    assert {*refusal._MEANINGS, *wire.GONE} <= set(recorded)


# A code that nobody has told us about is judged by its first word: (code, who must act)
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("RequestLimitExceeded.Tomorrow", Throttled),
        ("InternalError.Tomorrow", Unreachable),
        ("ServiceUnavailable.Tomorrow", Unreachable),
        ("AuthFailure.Tomorrow", BadCredentials),
        ("UnauthorizedOperation.Tomorrow", AccessDenied),
        ("UnsupportedRegion.Tomorrow", WrongRegion),
        ("MissingParameter.Tomorrow", Rejected),
        # The first word alone says nothing here.
        ("FailedOperation.Tomorrow", Rejected),
        ("LimitExceeded.Tomorrow", Rejected),
        ("Tomorrow", Rejected),
        # A dot more changes nothing.
        ("InternalError.DBError.Tomorrow", Unreachable),
    ],
)
def test_a_new_code_is_judged_by_its_first_word(reply: Callable[..., Reply], code: str, kind: type[ProviderError]):
    refused = refusal.refusal(reply(error(code)))

    assert type(refused) is kind
    assert (refused.code, refused.request_id) == (code, REQUEST_ID)


# An exact code wins over its first word.
@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("AuthFailure.SignatureExpire", ClockSkew),
        ("AuthFailure.UnauthorizedOperation", AccessDenied),
        ("FailedOperation.RestrictedFrequency", Throttled),
        ("MissingParameter.Region", WrongRegion),
    ],
)
def test_an_exact_code_wins(reply: Callable[..., Reply], code: str, kind: type[ProviderError]):
    assert type(refusal.refusal(reply(error(code)))) is kind


@pytest.mark.parametrize("code", [*refusal._MEANINGS, "Tomorrow"])
def test_the_vendors_text_is_never_passed_on(reply: Callable[..., Reply], code: str):
    refused = refusal.refusal(reply(error(code)))

    assert refused is not None
    assert "canary" not in f"{refused} {refused!r} {vars(refused)}"


# Only the text tells a wrong region from another mistake.
@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("InvalidParameterValue", "A value specified in `X-TC-Region` is not valid.", WrongRegion),
        ("InvalidParameterValue", "A value specified in `SdkAppId` is not valid.", Rejected),
        ("MissingParameter", "The request is missing a required parameter `Region`.", WrongRegion),
        ("MissingParameter", "The request is missing a required parameter `TaskId`.", Rejected),
        ("InternalError", "`Region` X-TC-Region", Unreachable),
    ],
)
def test_a_region_is_known_by_the_text(reply: Callable[..., Reply], code: str, message: str, kind: type[ProviderError]):
    assert type(refusal.refusal(reply(error(code, message)))) is kind


@pytest.mark.parametrize(
    ("code", "action"),
    [
        ("UnauthorizedOperation", "trtc:DescribeStreamIngest"),
        ("AuthFailure.UnauthorizedOperation", "trtc:DescribeStreamIngest"),
        # A right does not help against these.
        ("IpNotInWhitelist", ""),
        ("FailedOperation.SdkAppIdNotUnderAppId", ""),
    ],
)
def test_a_missing_right_is_named(reply: Callable[..., Reply], code: str, action: str):
    refused = refusal.refusal(reply(error(code)))

    assert isinstance(refused, AccessDenied)
    assert refused.action == action
    assert bool(refused.detail) is not bool(action)


@pytest.mark.parametrize(
    ("date", "server_at"),
    [
        ("Fri, 20 Nov 2026 08:39:30 GMT", datetime(2026, 11, 20, 8, 39, 30, tzinfo=UTC)),
        ("Fri, 20 Nov 2026 08:39:30 +0800", None),
        ("20 Nov 2026", None),
        ("Fri, 31 Feb 2026 08:39:30 GMT", None),
        ("", None),
    ],
)
def test_the_clouds_clock_is_read_from_its_date(reply: Callable[..., Reply], date: str, server_at: datetime | None):
    refused = refusal.refusal(reply(error("AuthFailure.SignatureExpire"), date=date))

    assert isinstance(refused, ClockSkew)
    assert refused.server_at == server_at


# Without an error in the body the status decides.
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, BadCredentials),
        (403, AccessDenied),
        (404, Rejected),
        (407, Rejected),
        (408, Unreachable),
        (429, Throttled),
        (500, Unreachable),
        (599, Unreachable),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>canary</html>", {"Response": {"Status": "InProgress"}}, [], b"\xff"])
def test_a_status_decides_where_no_error_is_told(
    reply: Callable[..., Reply], status: int, kind: type[ProviderError], body: object
):
    refused = refusal.refusal(reply(body, status=status))

    assert type(refused) is kind
    assert (refused.code, refused.request_id, refused.detail) == (f"HTTP {status}", "", "")


@pytest.mark.parametrize("status", [200, 204, 301, 302])
@pytest.mark.parametrize(
    "body", [b"", b"<html>", {"Response": {"Status": "InProgress"}}, {"Response": {"Error": None}}]
)
def test_the_conversation_reads_what_refuses_nothing(reply: Callable[..., Reply], status: int, body: object):
    assert refusal.refusal(reply(body, status=status)) is None


@pytest.mark.parametrize("code", sorted(wire.GONE))
def test_a_task_that_is_gone_is_no_refusal(reply: Callable[..., Reply], code: str):
    assert refusal.refusal(reply(error(code), status=400)) is None
