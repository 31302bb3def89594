"""
The one shell around the clouds: a signed request goes out, a reply or `Unreachable` comes back.

Nothing is added that could change what was signed, nothing is sent twice, no redirect is followed and no cookie is
sent back: turns, signatures and patience are the lane's. No URL, header or body reaches a log, an exception or a repr.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import httpx

from adapters.contract import Reply
from adapters.errors import ProviderError, Rejected, Unreachable, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from types import TracebackType

    from adapters.contract import Request

MIB = 1024 * 1024

# A compressed reply could be a bomb; what the clouds send is small.
_OURS = {"User-Agent": "relaybot", "Accept-Encoding": "identity"}
_CHATTY = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")  # they log URLs and headers
_THIS_MACHINE = ("all://localhost", "all://127.0.0.1", "all://[::1]")

_WHY_NO_CONNECTION = (
    (socket.gaierror, "host name not found"),
    (ssl.SSLCertVerificationError, "certificate not trusted"),
    (ssl.SSLError, "no secure connection"),
    (ConnectionRefusedError, "connection refused"),
)


class Transport:
    """
    Carry requests to every cloud over one pool of kept connections.

    Proxies and certificates are taken from the environment as curl does (`HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`);
    this machine is never reached through a proxy.

    Args:
        now: The wall clock, for `Reply.received_at`.
        connect: How long a connection may take to come about.
        total: How long an exchange may take from the first byte to the last, waiting for a connection included.
        connections: How many may be open at once, to all clouds together.
        body_limit: Bytes; a longer reply is not read to its end.
    """

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        connect: timedelta = timedelta(seconds=3),
        total: timedelta = timedelta(seconds=10),
        connections: int = 40,
        body_limit: int = 4 * MIB,
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).addFilter(_is_grave)
        self._now = now
        self._total = total
        self._body_limit = body_limit
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(None, connect=connect.total_seconds()),
            # Longer than a beat, or each beat would shake hands again.
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=30.0
            ),
            mounts=dict.fromkeys(_THIS_MACHINE),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; what is under way breaks off."""
        await self._client.aclose()

    async def send(self, request: Request) -> Reply:
        """
        Send a request once, as it is, and read the whole reply, whatever its status.

        Raises:
            Unreachable: no connection, no whole reply in time, or the connection broke; `code` says which in words.
            Unreadable: the reply is longer than `body_limit`.
            Rejected: the request cannot be written down as HTTP; nothing was sent.
        """
        try:
            async with asyncio.timeout(self._total.total_seconds()):
                return await self._exchange(request)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            failure = _meaning(error)
        # Raised out here because httpx's errors hold the request, and a traceback shows what an error was raised from.
        raise failure

    async def _exchange(self, request: Request) -> Reply:
        headers = {name.lower(): (name, value) for name, value in (_OURS | dict(request.headers)).items()}
        outgoing = httpx.Request(
            request.method,
            request.url,
            headers=[(name.encode("ascii"), value.encode("ascii")) for name, value in headers.values()],
            content=request.body,
        )
        response = await self._client.send(outgoing, stream=True)
        try:
            body = bytearray()
            async for part in response.aiter_raw():
                body += part
                if len(body) > self._body_limit:
                    raise Unreadable(f"HTTP {response.status_code}", detail=f"longer than {self._body_limit} bytes")
        finally:
            await response.aclose()
        return Reply(
            status=response.status_code,
            headers=dict(response.headers),
            body=bytes(body),
            received_at=self._now(),
        )


def _is_grave(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _meaning(error: Exception) -> ProviderError:
    match error:
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | UnicodeError():
            return Rejected("no valid HTTP request")
        case httpx.ConnectTimeout():
            return Unreachable("no connection in time")
        case httpx.ConnectError():
            return Unreachable(_why_no_connection(error))
        case httpx.ProxyError():
            return Unreachable("refused by the proxy")
        case TimeoutError():
            return Unreachable("no answer in time")
        case _:
            return Unreachable("connection broken off")


def _why_no_connection(error: Exception) -> str:
    for cause in _causes(error):
        for kind, words in _WHY_NO_CONNECTION:
            if isinstance(cause, kind):
                return words
    return "no connection"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):  # one error for each address that was tried
            yield from error.exceptions
        error = error.__cause__ or error.__context__
