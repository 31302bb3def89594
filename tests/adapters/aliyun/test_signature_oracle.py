"""The vendor's own signer recomputes what our adapter puts on the wire."""

from __future__ import annotations

import random
import string
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
from aiohttp import web
from alibabacloud_tea_openapi.utils import Utils

from adapters.aliyun import signature, wire
from adapters.contract import Region, TaskId
from adapters.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from adapters.aliyun import Aliyun
    from adapters.contract import Request

REQUESTS = 200

SIGNS = [*"abcXYZ019+-._~=/*&%?#!'()@: ;,", "演示", "任务", "🎥", '"', "\\", "é", "\u2028", "%2B", "%", "\n", "\t"]
REGIONS = ["cn-shanghai", "ap-southeast-1", "preregion", "eu-central-1"]
ENDPOINTS = [
    "https://live.aliyuncs.com",
    "https://live.ap-southeast-1.aliyuncs.com",
    "https://live.aliyuncs.com:8443",
    "https://live.aliyuncs.com:443",
    "http://127.0.0.1:9123",
    "http://localhost:80",
    "http://[::1]:8080",
]


def official_authorization(
    aliyun: Aliyun, *, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
) -> str:
    """Let the official signer build the Authorization header from what was sent."""
    sent = SimpleNamespace(
        method=method,
        pathname=urlsplit(target).path,
        query=dict(parse_qsl(urlsplit(target).query, keep_blank_values=True, strict_parsing=True)),
        headers={name: text for name, text in headers.items() if name == "host" or name.startswith("x-acs-")},
    )
    return Utils.get_authorization(
        sent,
        "ACS3-HMAC-SHA256",
        Utils.hex_encode(Utils.hash(body, "ACS3-HMAC-SHA256")),
        aliyun.settings.access_key_id.get_secret_value(),
        aliyun.settings.access_key_secret.get_secret_value(),
    )


@pytest.fixture
def chance() -> random.Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    return random.Random(seed)  # noqa: S311


def any_account(chance: random.Random, account: Callable[..., Aliyun], endpoint: str) -> Aliyun:
    printable = string.ascii_letters + string.digits + string.punctuation
    return account(
        access_key_id="LTAI" + "".join(chance.choices(string.ascii_letters, k=20)),
        access_key_secret="".join(chance.choices(printable, k=30)),
        security_token=chance.choice([None, "CAIS" + "".join(chance.choices(printable, k=200))]),
        endpoint=endpoint,
    )


def any_request(chance: random.Random, aliyun: Aliyun) -> Request:
    text = "".join(chance.choices(SIGNS, k=chance.randrange(1, 60)))
    region = Region(chance.choice(REGIONS))
    if chance.random() < 0.5:
        return next(aliyun.status(region, TaskId(text)))
    return wire.list_tasks(
        aliyun.settings.endpoint, region=region, page=chance.randrange(1, 9), name=text, task=chance.choice(["", text])
    )


def test_the_official_signer_agrees_with_200_requests(account: Callable[..., Aliyun], chance: random.Random):
    agreed = {True: 0, False: 0}

    for number in range(REQUESTS):
        aliyun = any_account(chance, account, ENDPOINTS[number % len(ENDPOINTS)])
        now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10 * 366 * 86400))
        sent = aliyun.sign(any_request(chance, aliyun), now=now, nonce=f"{chance.getrandbits(128):032x}")
        theirs = official_authorization(aliyun, method=sent.method, target=sent.url, headers=sent.headers)
        assert sent.headers["authorization"] == theirs
        agreed[aliyun.settings.security_token is not None] += 1

    assert sum(agreed.values()) == REQUESTS
    assert min(agreed.values()) > 0, "both kinds of key were tried"


async def test_the_official_signer_agrees_with_what_a_server_receives(
    account: Callable[..., Aliyun], chance: random.Random
):
    received = []

    async def hear(request: web.Request) -> web.Response:
        headers = {name.lower(): text for name, text in request.headers.items()}
        received.append((request.method, request.raw_path, headers, await request.read()))
        return web.json_response({"RetCode": 0, "TaskStatus": 1})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    accounts = [any_account(chance, account, f"http://{host}:{port}") for _ in range(40)]
    now = datetime(2026, 11, 21, tzinfo=UTC)

    sent = []
    async with Transport(now=lambda: now) as transport:
        for aliyun in accounts:
            sent.append(aliyun.sign(any_request(chance, aliyun), now=now, nonce=f"{chance.getrandbits(128):032x}"))
            await transport.send(sent[-1])
    await runner.cleanup()

    assert len(received) == len(accounts)
    for aliyun, request, (method, target, headers, body) in zip(accounts, sent, received, strict=True):
        theirs = official_authorization(aliyun, method=method, target=target, headers=headers, body=body)
        assert request.url.endswith(target), "the query is sent byte for byte"
        assert headers["host"] == f"{host}:{port}"
        assert headers["accept"] == "application/json"
        assert headers["authorization"] == theirs


def test_a_request_of_the_vendors_sdk_can_be_verified_whatever_it_signs(chance: random.Random):
    """The SDK signs headers of its own; whoever receives its requests recomputes with the names that it lists."""
    headers = {
        "host": "127.0.0.1:18080",
        "accept": "application/json",
        "user-agent": " AlibabaCloud (Linux; x86_64) Python/3.11 Core/1.0 TeaDSL/1 ",
        "x-acs-credentials-provider": "static_ak",
        "x-acs-content-sha256": signature.payload_hash(b'{"a":1}'),
        "x-acs-signature-nonce": f"{chance.getrandbits(128):032x}",
    }
    query = {"Region": "cn-shanghai", "TaskName": "a b*~/演示", "TaskId": ""}
    secret = f"{chance.getrandbits(128):032x}"
    sent = SimpleNamespace(method="POST", pathname="/", query=query, headers=headers)

    theirs = Utils.get_authorization(sent, "ACS3-HMAC-SHA256", headers["x-acs-content-sha256"], "id", secret)
    ours = signature.authorization(
        access_key_id="id",
        signed_headers=sorted(headers),
        signature=signature.signature(
            secret=secret,
            method="POST",
            query=signature.canonical_query(query),
            headers=headers,
            signed_headers=sorted(headers),
            payload_hash=headers["x-acs-content-sha256"],
        ),
    )

    assert ours == theirs
