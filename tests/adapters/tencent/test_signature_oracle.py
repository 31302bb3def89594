"""The vendor's own signer recomputes what our adapter puts on the wire."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web
from tencentcloud.common.abstract_client import AbstractClient

from adapters.transport import Transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from adapters.tencent import Tencent, TencentSettings

REQUESTS = 200

SIGNS = [*"abcXYZ019+-._=/", "..", "任务", "测试", "🎥", '"', "\\", "é", "\u2028", "%2B", " "]
ENDPOINTS = [
    None,
    "https://trtc.ap-singapore.tencentcloudapi.com",
    "https://trtc.tencentcloudapi.com:8443",
    "https://trtc.tencentcloudapi.com:443",
    "http://127.0.0.1:9123",
    "http://localhost:80",
    "http://[::1]:8080",
]


def official_authorization(settings: TencentSettings, *, method: str, headers: Mapping[str, str], body: bytes) -> str:
    """Let the official signer build the Authorization header from the bytes that were sent."""
    timestamp = int(headers["X-TC-Timestamp"])
    date = f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d}"
    sent = SimpleNamespace(method=method, uri="/", header=headers, data=body)
    signature = AbstractClient._get_tc3_signature(
        None, None, sent, date, "trtc", settings.secret_key.get_secret_value()
    )
    return (
        f"TC3-HMAC-SHA256 Credential={settings.secret_id.get_secret_value()}/{date}/trtc/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={signature}"
    )


@pytest.fixture
def chance() -> random.Random:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    return random.Random(seed)  # noqa: S311 - no secret is made of it


def any_account(chance: random.Random, account: Callable[..., Tencent], endpoint: str | None) -> Tencent:
    return account(
        secret_id="AKID" + "".join(chance.choices("ABCabc0189", k=32)),
        secret_key="".join(chance.choices("ABCabc0189!~#'\"\\", k=32)),
        token=chance.choice([None, "".join(chance.choices("ABCabc0189+/=-_", k=200))]),
        sdk_app_id=chance.randrange(1, 2**32),
        site=chance.choice(["cn", "intl"]),
        endpoint=endpoint,
    )


def test_the_official_signer_agrees_with_200_requests(account: Callable[..., Tencent], chance: random.Random):
    agreed = 0
    for number in range(REQUESTS):
        tencent = any_account(chance, account, ENDPOINTS[number % len(ENDPOINTS)])
        task = "".join(chance.choices(SIGNS, k=chance.randrange(1, 120)))
        now = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(10 * 366 * 86400))

        unsigned = next(tencent.status(chance.choice(["ap-singapore", "ap-mumbai", "eu-frankfurt"]), task))
        sent = tencent.sign(unsigned, now=now, nonce="")

        theirs = official_authorization(
            tencent.settings, method=sent.method, headers=dict(sent.headers), body=sent.body
        )
        assert sent.headers["Authorization"] == theirs
        agreed += 1

    assert agreed == REQUESTS


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[str, list[tuple[web.Request, bytes]]]]:
    """A cloud that answers everybody alike; yields its `host:port` and what it received."""
    received: list[tuple[web.Request, bytes]] = []

    async def hear(request: web.Request) -> web.Response:
        received.append((request, await request.read()))
        return web.json_response({"Response": {"Status": "InProgress", "RequestId": "r-1"}})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"{host}:{port}", received
    await runner.cleanup()


async def test_the_official_signer_agrees_with_what_a_server_receives(
    account: Callable[..., Tencent], chance: random.Random, server: tuple[str, list[tuple[web.Request, bytes]]]
):
    now = datetime(2026, 11, 20, tzinfo=UTC)
    address, received = server
    accounts = [any_account(chance, account, f"http://{address}") for _ in range(20)]

    async with Transport(now=lambda: now) as transport:
        for tencent in accounts:
            unsigned = next(tencent.status("ap-singapore", "".join(chance.choices(SIGNS, k=100))))
            await transport.send(tencent.sign(unsigned, now=now, nonce=""))

    assert len(received) == len(accounts)
    for tencent, (request, body) in zip(accounts, received, strict=True):
        theirs = official_authorization(tencent.settings, method=request.method, headers=request.headers, body=body)
        assert request.raw_path == "/"
        assert request.headers["Host"] == address
        assert request.headers["Authorization"] == theirs
