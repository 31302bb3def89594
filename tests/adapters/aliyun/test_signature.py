from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from adapters.aliyun import signature
from adapters.contract import Api, Region, Request, TaskId

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.aliyun import Aliyun

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NONCE = "00112233445566778899aabbccddeeff"


def by_name(vectors: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(vector for vector in vectors if vector["name"] == name)


def test_every_vector_of_the_vendors_signer_is_met(vectors: list[dict[str, Any]]):
    for vector in vectors:
        headers = {name.lower(): text for name, text in vector["headers"].items()}
        names = sorted(name for name in headers if name != "authorization")

        query = signature.canonical_query(vector["query"])
        signed = signature.signature(
            secret=vector["frozen"]["access_key_secret"],
            method=vector["method"],
            path=vector["path"],
            query=query,
            headers=headers,
            signed_headers=names,
            payload_hash=signature.payload_hash(vector["body"].encode()),
        )

        assert query == vector["query_canonical"]
        assert headers["authorization"] == signature.authorization(
            access_key_id=vector["frozen"]["access_key_id"], signed_headers=names, signature=signed
        )
    assert len(vectors) == 4


def test_the_vendors_published_example_is_among_the_vectors(vectors: list[dict[str, Any]]):
    published = by_name(vectors, "official_doc_published_RunInstances")

    assert published["headers"]["Authorization"].endswith(
        "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


@pytest.mark.parametrize("name", ["min_describe_ak", "min_describe_sts", "min_list_ak_encoding"])
def test_an_account_signs_as_the_vectors_do(account: Callable[..., Aliyun], vectors: list[dict[str, Any]], name: str):
    vector = by_name(vectors, name)
    token = vector["frozen"]["security_token"]
    aliyun = account(**({"security_token": token} if token else {}))
    request = Request(
        api=Api(vector["headers"]["x-acs-action"]),
        method="GET",
        url=f"https://live.aliyuncs.com/?{vector['query_canonical']}",
        headers={name: vector["headers"][name] for name in ("x-acs-action", "x-acs-version")},
    )

    signed = aliyun.sign(request, now=NOW, nonce=vector["frozen"]["x_acs_signature_nonce"])

    assert dict(signed.headers) == {name.lower(): text for name, text in vector["headers"].items()}


def test_a_question_travels_with_its_query_in_the_form_that_is_signed(account: Callable[..., Aliyun]):
    request = next(account().status(Region("cn-shanghai"), TaskId("a b+*~/&=%任务")))

    assert request.url == (
        "https://live.aliyuncs.com/?Region=cn-shanghai&TaskId=a%20b%2B%2A~%2F%26%3D%25%E4%BB%BB%E5%8A%A1"
    )
    assert request.method == "GET"
    assert request.body == b""


def test_only_the_host_and_the_vendors_headers_are_signed(account: Callable[..., Aliyun]):
    """A proxy may then rewrite what it likes."""
    request = next(account().status(Region("cn-shanghai"), TaskId("t-1")))

    signed = account().sign(request, now=NOW, nonce=NONCE)
    touched = account().sign(
        replace(request, headers={**request.headers, "accept": "*/*", "user-agent": "proxy"}), now=NOW, nonce=NONCE
    )

    assert signed.headers["accept"] == "application/json"
    assert "accept" not in signed.headers["authorization"]
    assert touched.headers["authorization"] == signed.headers["authorization"]


def test_each_sending_has_its_own_signature(account: Callable[..., Aliyun]):
    request = next(account().status(Region("cn-shanghai"), TaskId("t-1")))

    first = account().sign(request, now=NOW, nonce="0" * 32)
    again = account().sign(request, now=NOW, nonce="1" * 32)
    later = account().sign(first, now=NOW + timedelta(seconds=1), nonce="0" * 32)

    assert len({sent.headers["authorization"] for sent in (first, again, later)}) == 3
    assert "authorization" not in request.headers


def test_the_date_is_utc_whatever_zone_now_is_in(account: Callable[..., Aliyun]):
    request = next(account().status(Region("cn-shanghai"), TaskId("t-1")))

    signed = account().sign(request, now=NOW.astimezone(timezone(timedelta(hours=8))), nonce=NONCE)

    assert signed.headers["x-acs-date"] == "2026-11-21T02:00:00Z"


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://live.aliyuncs.com", "live.aliyuncs.com"),
        ("https://live.ap-southeast-1.aliyuncs.com", "live.ap-southeast-1.aliyuncs.com"),
        # The scheme's own port is not on the wire, so it is not signed.
        ("https://live.aliyuncs.com:443", "live.aliyuncs.com"),
        ("http://localhost:80", "localhost"),
        ("https://live.aliyuncs.com:80", "live.aliyuncs.com:80"),
        ("http://127.0.0.1:18080", "127.0.0.1:18080"),
        ("http://[::1]:18080", "[::1]:18080"),
    ],
)
def test_the_signed_host_is_the_one_on_the_wire(account: Callable[..., Aliyun], endpoint: str, host: str):
    aliyun = account(endpoint=endpoint)

    signed = aliyun.sign(next(aliyun.status(Region("cn-shanghai"), TaskId("t-1"))), now=NOW, nonce=NONCE)

    assert signed.headers["host"] == host


@pytest.mark.parametrize(
    ("parameters", "query"),
    [
        # Nothing is nothing.
        ({}, ""),
        # An empty value keeps its sign of equality.
        ({"TaskId": ""}, "TaskId="),
        # Names sort by code point: capitals first.
        ({"b": "1", "a": "2", "B": "3"}, "B=3&a=2&b=1"),
        # A space is no plus, an asterisk is not spared, a tilde is.
        ({"q": " *~+/"}, "q=%20%2A~%2B%2F"),
        # Beyond ASCII: UTF-8, in capitals.
        ({"q": "é演🎥"}, "q=%C3%A9%E6%BC%94%F0%9F%8E%A5"),
        # Half a character cannot be written; it becomes a question mark and not a crash.
        ({"q": "\ud83d"}, "q=%3F"),
    ],
)
def test_a_query_has_one_canonical_form(parameters: dict[str, str], query: str):
    assert signature.canonical_query(parameters) == query
