from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import struct
import traceback
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters.contract import Api, Reply, Request
from adapters.errors import ProviderError, Rejected, Unreachable, Unreadable
from adapters.transport import Transport, _meaning
from tests.certificates import write_certificate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Say = Callable[[asyncio.StreamWriter], Awaitable[None]]

NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
SHORT = timedelta(milliseconds=150)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Server:
    """A server that says exactly the bytes it was told to say, and keeps what it heard."""

    say: Say
    heard: list[bytes] = field(default_factory=list)
    visits: list[asyncio.Task[Any] | None] = field(default_factory=list)
    url: str = ""
    greeting: bytes = b""

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits.append(asyncio.current_task())
        writer.write(self.greeting)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                self.heard.append(head + await reader.readexactly(sum(int(line[15:]) for line in lengths)))
                await self.say(writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the visitor has gone, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def serving(say: bytes | Say, certificate: Path | None = None) -> AsyncIterator[Server]:
    async def plainly(writer: asyncio.StreamWriter) -> None:
        assert isinstance(say, bytes)
        writer.write(say)

    server = Server(plainly if isinstance(say, bytes) else say)
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate)
    listening = await asyncio.start_server(server.visit, "127.0.0.1", 0, ssl=tls)
    server.url = f"{'https' if tls else 'http'}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()
        visits = [visit for visit in server.visits if visit is not None]
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)
        await listening.wait_closed()


def opened(**told: Any) -> Transport:
    return Transport(now=lambda: NOW, **told)


def asking(url: str, *, method: str = "POST", body: bytes = b'{"canary": 1}', **headers: str) -> Request:
    return Request(
        api=Api("Describe"),
        method=method,
        url=url,
        headers={"Authorization": "canary-signature", **headers},
        body=body,
    )


async def failure(transport: Transport, request: Request) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        await transport.send(request)
    return caught.value


async def test_what_was_signed_goes_out_as_it_is():
    async with serving(OK) as server, opened() as transport:
        host = server.url.removeprefix("http://")
        await transport.send(asking(f"{server.url}/", Host=host, **{"X-TC-Region": "ap-singapore", "x-lower": "y"}))

    head, _, body = server.heard[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    assert line == "POST / HTTP/1.1"
    assert sorted(headers) == sorted(
        [
            "Authorization: canary-signature",
            f"Host: {host}",
            "X-TC-Region: ap-singapore",
            "x-lower: y",
            "User-Agent: relaybot",
            "Accept-Encoding: identity",
            "Content-Length: 13",
        ]
    )
    assert body == b'{"canary": 1}'


async def test_a_request_without_a_body_has_none():
    async with serving(OK) as server, opened() as transport:
        await transport.send(asking(f"{server.url}/?a=b", method="GET", body=b"", **{"user-agent": "somebody"}))

    (heard,) = server.heard
    assert heard.startswith(b"GET /?a=b HTTP/1.1\r\n")
    assert heard.endswith(b"\r\n\r\n")
    assert b"content-length" not in heard.lower()
    assert heard.lower().count(b"user-agent") == 1


# A query is part of a signature: what a canonical form may hold must not be touched.
@pytest.mark.parametrize(
    "query",
    [
        "Action=DescribeLivePullToPush&TaskId=a%2Bb..&Z=",
        "".join(f"%{byte:02X}" for byte in range(256)),
        "".join(f"%{byte:02x}" for byte in range(256)),
        "ABCXYZabcxyz0189-._~",
        "a=!$&'()*+,;=:@/?",
        "%E4%BB%BB%E5%8A%A1=%F0%9F%8E%A5&&=&a&b==%25%2541",
    ],
)
async def test_a_query_goes_out_byte_for_byte(query: str):
    async with serving(OK) as server, opened() as transport:
        await transport.send(asking(f"{server.url}/?{query}"))

    assert server.heard[0].split(b"\r\n")[0] == f"POST /?{query} HTTP/1.1".encode()


async def test_a_reply_is_told_whole():
    said = b"HTTP/1.1 403 Forbidden\r\nX-Acs-Retry-After: 250\r\nDate: now\r\nContent-Length: 5\r\n\r\n\x00\xff{}\n"
    async with serving(said) as server, opened() as transport:
        reply = await transport.send(asking(server.url))

    assert reply == Reply(
        status=403,
        headers={"x-acs-retry-after": "250", "date": "now", "content-length": "5"},
        body=b"\x00\xff{}\n",
        received_at=NOW,
    )


# No status is an error here: what it means is the provider's to say.
@pytest.mark.parametrize("status", [200, 204, 400, 404, 429, 500, 503])
async def test_every_status_is_a_reply(status: int):
    async with serving(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as server, opened() as transport:
        assert (await transport.send(asking(server.url))).status == status


async def test_headers_of_any_bytes_are_read():
    said = b"HTTP/1.1 200 OK\r\nX-Odd: \xff\xfe caf\xc3\xa9\r\nVia: a\r\nVia: b\r\nContent-Length: 0\r\n\r\n"
    async with serving(said) as server, opened() as transport:
        reply = await transport.send(asking(server.url))

    assert reply.headers["via"] == "a, b"
    assert reply.headers["x-odd"].startswith("ÿþ caf")


async def test_a_redirect_is_a_reply_and_not_an_order():
    async with serving(OK) as elsewhere:
        moved = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.url}/\r\nContent-Length: 0\r\n\r\n".encode()
        async with serving(moved) as server, opened() as transport:
            reply = await transport.send(asking(server.url))

    assert (reply.status, len(server.heard), len(elsewhere.heard)) == (307, 1, 0)


async def test_connections_are_kept_and_cookies_are_not():
    said = b"HTTP/1.1 200 OK\r\nSet-Cookie: canary=1\r\nContent-Length: 0\r\n\r\n"
    async with serving(said) as server, opened() as transport:
        for _ in range(5):
            await transport.send(asking(server.url))

    assert (len(server.heard), len(server.visits)) == (5, 1)
    assert not any(b"cookie" in heard.lower() for heard in server.heard)


async def test_no_more_connections_than_allowed_are_opened():
    async with serving(OK) as server, opened(connections=3) as transport:
        await asyncio.gather(*(transport.send(asking(server.url)) for _ in range(30)))

    assert len(server.heard) == 30
    assert len(server.visits) <= 3


async def test_a_compressed_reply_is_not_unpacked():
    said = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"
    async with serving(said) as server, opened() as transport:
        assert (await transport.send(asking(server.url))).body == b"\x1f\x8b\x08"


async def never(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drop_by_drop(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(SHORT.total_seconds() / 5)


async def reset(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{")
    await writer.drain()
    open_socket = writer.get_extra_info("socket")
    open_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


BROKEN: list[tuple[str, bytes | Say, str]] = [
    ("the server says nothing", never, "no answer in time"),
    ("the server never ends", drop_by_drop, "no answer in time"),
    ("the connection is reset within the reply", reset, "connection broken off"),
    ("the server hangs up", hang_up, "connection broken off"),
    ("the server speaks no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "connection broken off"),
    (
        "the redirect leads nowhere",
        b"HTTP/1.1 302 X\r\nLocation: http://canary:port\r\nContent-Length: 0\r\n\r\n",
        "connection broken off",
    ),
]


@pytest.mark.parametrize(("say", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
async def test_what_gives_no_reply_is_unreachable(say: bytes | Say, words: str):
    async with serving(say) as server, opened(total=SHORT) as transport:
        broken = await failure(transport, asking(server.url))

    assert (type(broken), broken.code) == (Unreachable, words)


async def test_a_closed_door_is_unreachable():
    async with serving(OK) as server:
        pass  # and it is gone again
    async with opened() as transport:
        broken = await failure(transport, asking(server.url))

    assert (type(broken), broken.code) == (Unreachable, "connection refused")


async def test_a_door_that_nobody_opens_is_unreachable():
    # The system keeps one caller waiting and lets all others knock.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as door, socket.create_connection(door.getsockname()):
        async with opened(connect=SHORT) as transport:
            broken = await failure(transport, asking(f"http://127.0.0.1:{door.getsockname()[1]}"))

    assert (type(broken), broken.code) == (Unreachable, "no connection in time")


async def test_a_server_without_tls_is_unreachable_over_https():
    async with serving(OK) as server, opened() as transport:
        server.greeting = b"220 canary ready\r\n"
        broken = await failure(transport, asking(server.url.replace("http:", "https:")))

    assert (type(broken), broken.code) == (Unreachable, "no secure connection")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine that vouches for itself, with its key, as a company's proxy would have it."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "certificate.pem")


async def test_a_certificate_that_nobody_vouches_for_is_unreachable(certificate: Path):
    async with serving(OK, certificate) as server, opened() as transport:
        broken = await failure(transport, asking(server.url))

    assert (type(broken), broken.code) == (Unreachable, "certificate not trusted")


async def test_the_environment_may_vouch_for_a_certificate(certificate: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with serving(OK, certificate) as server, opened() as transport:
        assert (await transport.send(asking(server.url))).status == 200


def caused(error: Exception, *causes: BaseException) -> Exception:
    for inner in causes:
        error.__cause__ = inner
    return error


# What this machine cannot be made to do within a test: (what was raised, what it is called)
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (caused(httpx.ConnectError("x"), socket.gaierror(-2, "canary")), "host name not found"),
        # Every address was tried and each failed.
        (
            caused(httpx.ConnectError("x"), ExceptionGroup("x", [OSError("canary"), ConnectionRefusedError()])),
            "connection refused",
        ),
        (caused(httpx.ConnectError("x"), OSError(113, "canary")), "no connection"),
        (httpx.ConnectError("canary"), "no connection"),
        (httpx.WriteError("canary"), "connection broken off"),
    ],
)
def test_the_cause_is_named_in_words(error: Exception, words: str):
    assert str(_meaning(error)) == f"Unreachable: {words}"


# A request that no server would understand is never sent.
@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://canary:port", {}),
        ("ftp://127.0.0.1/canary", {}),
        ("/canary", {}),
        ("http://127.0.0.1:1/" + "c" * 70_000, {}),
        ("{server}", {"X-TC-Region": "canary-新加坡"}),
        ("{server}", {"X-TC-Region": "canary\r\nX-More: 1"}),
        ("{server}", {"X-Canary\n": "1"}),
    ],
)
async def test_what_is_no_http_request_is_rejected(url: str, headers: dict[str, str]):
    async with serving(OK) as server, opened() as transport:
        rejected = await failure(transport, asking(url.replace("{server}", server.url), **headers))

    assert (type(rejected), rejected.code) == (Rejected, "no valid HTTP request")
    assert "canary" not in whole_story(rejected)
    assert server.heard == []


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"400\r\n" + b"x" * 1024 + b"\r\n")
        await writer.drain()


@pytest.mark.parametrize("say", [endless, b"HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\n" + b"x" * 10_001])
async def test_a_reply_that_is_too_long_is_unreadable(say: bytes | Say):
    async with serving(say) as server, opened(body_limit=10_000) as transport:
        broken = await failure(transport, asking(server.url))

    assert (type(broken), broken.code, broken.detail) == (Unreadable, "HTTP 200", "longer than 10000 bytes")


async def test_a_reply_of_just_the_length_is_read():
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + b"x" * 10_000
    async with serving(said) as server, opened(body_limit=10_000) as transport:
        assert len((await transport.send(asking(server.url))).body) == 10_000


async def test_after_a_failure_and_a_change_of_mind_the_next_request_goes_well():
    heard = asyncio.Event()

    async def recovering(writer: asyncio.StreamWriter) -> None:
        heard.set()
        await (never(writer) if len(server.heard) <= 2 else writer.drain())
        writer.write(OK)

    async with serving(recovering) as server, opened(total=SHORT, connections=1) as transport:
        await failure(transport, asking(server.url))
        heard.clear()
        changed = asyncio.create_task(transport.send(asking(server.url)))
        await heard.wait()
        changed.cancel()
        with pytest.raises(asyncio.CancelledError):
            await changed

        assert (await transport.send(asking(server.url))).status == 200


def whole_story(error: BaseException) -> str:
    """Everything that a log could show of an error, with what it was raised from and the locals of our frames."""
    shown = traceback.TracebackException.from_exception(error)
    shown.__suppress_context__ = False  # a logger may look behind `from None`
    return "".join(shown.format()) + repr(error) + repr(error.__cause__) + repr(error.__context__)


@pytest.mark.parametrize("say", [never, reset, hang_up, b"canary\r\n\r\n"])
async def test_an_error_shows_nothing_of_the_exchange(say: bytes | Say):
    async with serving(say) as server, opened(total=SHORT) as transport:
        broken = await failure(transport, asking(f"{server.url}/canary?canary=canary"))

    assert "canary" not in whole_story(broken)
    assert server.url not in whole_story(broken)


async def test_no_log_shows_anything_of_the_exchange(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger=name)
    said = b"HTTP/1.1 302 OK\r\nLocation: /canary\r\nX-Canary: canary\r\nContent-Length: 6\r\n\r\ncanary"

    async with serving(said) as server, opened() as transport:
        await transport.send(asking(f"{server.url}/canary?canary=canary"))
    logging.getLogger("httpx").warning("a warning is let through")

    assert "a warning is let through" in caplog.text
    assert "canary" not in caplog.text
    assert server.url not in caplog.text


async def test_proxies_come_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    async with serving(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        async with opened() as transport:
            broken = await failure(transport, asking("https://trtc.tencentcloudapi.com/canary"))

    assert (type(broken), broken.code) == (Unreachable, "refused by the proxy")
    assert proxy.heard[0].startswith(b"CONNECT trtc.tencentcloudapi.com:443 HTTP/1.1\r\n")
    assert b"canary" not in proxy.heard[0]


async def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch):
    async with serving(OK) as server, serving(OK) as proxy:
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with opened() as transport:
            await transport.send(asking(server.url))
            await transport.send(asking(server.url.replace("127.0.0.1", "localhost")))

    assert (len(server.heard), len(proxy.heard)) == (2, 0)


def test_a_request_shows_neither_its_address_nor_its_headers():
    assert "canary" not in repr(asking("https://trtc.example.com/?canary", Token="canary"))
