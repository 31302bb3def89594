from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from tencentcloud.common.abstract_client import AbstractClient

from adapters.tencent import signature

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.tencent import Tencent

VECTOR_NAMES = (
    "trtc_describe_post_no_token",
    "trtc_describe_intl_with_token_real_taskid",
    "trtc_describe_regional_chinese_taskid_eod",
    "trtc_describe_raw_utf8_body_token",
)


def sign(**told: Any) -> str:
    plausible = {
        "secret_key": "testonlySECRET",
        "timestamp": 1700000000,
        "service": "trtc",
        "method": "POST",
        "headers": {"content-type": "application/json", "host": "trtc.tencentcloudapi.com"},
        "signed_headers": ("content-type", "host"),
        "body": b"{}",
    }
    return signature.signature(**(plausible | told))


def test_every_vector_has_a_test(vectors: dict[str, Any]):
    assert tuple(vector["name"] for vector in vectors["vectors"]) == VECTOR_NAMES


@pytest.mark.parametrize("name", VECTOR_NAMES)
def test_the_vendors_vectors_are_signed_alike(vectors: dict[str, Any], name: str):
    vector = next(vector for vector in vectors["vectors"] if vector["name"] == name)
    frozen = vector["frozen"]

    signed = signature.signature(
        secret_key=frozen["secret_key"],
        timestamp=frozen["timestamp"],
        service=frozen["service"],
        method=vector["method"],
        path=vector["path"],
        query=vector["query"],
        headers={key.lower(): value for key, value in vector["headers"].items()},
        signed_headers=("content-type", "host"),
        body=vector["body"].encode(),
    )
    header = signature.authorization(
        secret_id=frozen["secret_id"],
        timestamp=frozen["timestamp"],
        service=frozen["service"],
        signed_headers=("content-type", "host"),
        signature=signed,
    )

    assert signed == vector["signature"]
    assert header == vector["authorization"]


VOLUNTARY = {"X-TC-TraceId", "X-TC-RequestClient"}  # the official client's own marks


# The vectors that the official client spelled its own way; the other one is raw UTF-8 and asks for Chinese.
@pytest.mark.parametrize(
    ("name", "endpoint"),
    [
        ("trtc_describe_post_no_token", None),
        ("trtc_describe_intl_with_token_real_taskid", None),
        ("trtc_describe_regional_chinese_taskid_eod", "https://trtc.ap-singapore.tencentcloudapi.com"),
    ],
)
def test_the_adapter_puts_the_official_clients_bytes_on_the_wire(
    vectors: dict[str, Any], account: Callable[..., Tencent], name: str, endpoint: str | None
):
    vector = next(vector for vector in vectors["vectors"] if vector["name"] == name)
    frozen = vector["frozen"]
    tencent = account(
        secret_id=frozen["secret_id"],
        secret_key=frozen["secret_key"],
        token=frozen["token"],
        sdk_app_id=frozen["params"]["SdkAppId"],
        site="intl" if ".intl." in vector["host"] else "cn",
        endpoint=endpoint,
    )

    unsigned = next(tencent.status(frozen["region"], frozen["params"]["TaskId"]))
    sent = tencent.sign(unsigned, now=datetime.fromtimestamp(frozen["timestamp"], UTC), nonce="")

    theirs = {key: value for key, value in vector["headers"].items() if key not in VOLUNTARY}
    assert sent.body == vector["body"].encode()
    assert sent.url == f"https://{vector['host']}/"
    assert sent.headers == theirs


def test_a_day_is_utc():
    assert signature.scope(1709251199, "trtc") == "2024-02-29/trtc/tc3_request"
    assert signature.scope(1709251200, "live") == "2024-03-01/live/tc3_request"


def test_whoever_signs_more_headers_is_verified_too():
    headers = {"content-type": "application/json", "host": "h", "x-tc-action": "DescribeStreamIngest"}
    shouted = headers | {"content-type": " Application/JSON "}
    names = ("content-type", "host", "x-tc-action")

    plain = sign(headers=headers, signed_headers=names)

    assert plain == sign(headers=shouted, signed_headers=names)
    assert plain != sign(headers=headers)
    assert plain != sign(headers=headers | {"x-tc-action": "StopStreamIngest"}, signed_headers=names)


def test_a_signed_header_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="x-tc-action"):
        sign(signed_headers=("content-type", "host", "x-tc-action"))


# What a forger might change; each change makes another signature.
@pytest.mark.parametrize(
    "change",
    [
        {"secret_key": "testonlySECRET2"},
        {"timestamp": 1700000001},
        {"service": "live"},
        {"method": "GET"},
        {"path": "/other"},
        {"query": "TaskId=1"},
        {"headers": {"content-type": "application/json", "host": "trtc.tencentcloudapi.com:8443"}},
        {"body": b"{} "},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_changes_the_signature(change: dict[str, Any]):
    assert sign(**change) != sign()


UNSIGNED = {"X-TC-Content-SHA256": "UNSIGNED-PAYLOAD"}


# The forms that our adapter does not use and a verifier meets.
@pytest.mark.parametrize(("method", "more"), [("GET", {}), ("GET", UNSIGNED), ("POST", UNSIGNED)])
def test_the_official_clients_other_forms_are_signed_alike(method: str, more: dict[str, str]):
    query = "SdkAppId=1400000123&TaskId=a%2Bb.."
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Host": "trtc.tencentcloudapi.com"}
    headers |= {"X-TC-Timestamp": "1700000000"} | more
    official = SimpleNamespace(uri="/", method=method, header=headers, data=query if method == "GET" else b"{}")

    theirs = AbstractClient._get_tc3_signature(None, None, official, "2023-11-14", "trtc", "testonlySECRET")
    ours = sign(
        method=method,
        query=query if method == "GET" else "",
        headers={key.lower(): value for key, value in headers.items()},
        body=b"" if method == "GET" else b"{}",
    )

    assert ours == theirs
