"""
The one way out: what is asked of pagers, calendars and the watcher of the watchman goes through here.

Only https, no redirect, no proxy, no cookie. A name is looked up once, every address it has must be one that may be
called, and the connection goes to an address that was checked: nobody can answer the check with one address and the
connection with another. The certificate must still be the name's. No address, header or body reaches a log, an
exception or a repr: feeds and hooks have their keys in them.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Self

import httpx

from bot.domain.speech import Obstacle, Refused, Unsure
from bot.pager.public import is_allowed, is_loopback
from bot.queue import punctual

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from types import TracebackType

    Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

TOTAL: Final = timedelta(seconds=5)
CONNECT_S: Final = 2.0  # for one of a name's addresses; then the next is tried
ADDRESSES: Final = 4
BODY_LIMIT: Final = 1024 * 1024  # bytes

# A compressed answer could be a bomb; what we ask for is small.
_OURS: Final = {"User-Agent": "relaybot", "Accept-Encoding": "identity", "Connection": "close"}
_CHATTY: Final = ("httpx", "httpcore.connection", "httpcore.http11")  # they log addresses and headers
_LEAVES: Final = "http11.send_request_headers.started"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, whatever its status. Header names are lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Door:
    """
    Carry one request out and its answer back.

    Args:
        resolve: says which addresses a name has; raises `OSError` when it has none.
        total: how long all of it may take, from the look-up to the last byte.
        body_limit: bytes; a longer answer is not read to its end.
        trust: whose certificates are believed, by default what `SSL_CERT_FILE` or the certifi package holds.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        total: timedelta = TOTAL,
        body_limit: int = BODY_LIMIT,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).addFilter(_is_grave)
        self._resolve = resolve or _looked_up
        self._total = total
        self._body_limit = body_limit
        self._client = httpx.AsyncClient(
            verify=trust or httpx.create_ssl_context(),
            trust_env=False,  # behind a proxy nobody could check which address is called
            # A kept connection is found again by its address alone, and two names may share one.
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Break what is under way."""
        await self._client.aclose()

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        allow_private: bool = False,
    ) -> Answer:
        """
        Send a request once and read the whole answer, whatever its status.

        Args:
            allow_private: addresses of this machine and of private networks will do, and this machine without TLS.

        Raises:
            Refused: it has not left. Time heals it (`WAIT`), or the operator (`INSTALL`: an address that must not be
                called).
            Unsure: it may have left, and no whole answer came.
            Late: whoever sends it may not do so any more (`queue.punctual`). It has not left.
        """
        journey = _Journey(method=method, url=url, headers=headers or {}, body=body)
        try:
            async with asyncio.timeout(self._total.total_seconds()):
                return await self._by_some_address(journey, allow_private=allow_private)
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
            failure = journey.meaning(error)
        # Raised out here because httpx's errors hold the request, and a traceback shows what an error was raised from.
        raise failure

    async def _by_some_address(self, journey: _Journey, *, allow_private: bool) -> Answer:
        *others, last = await self._checked(httpx.URL(journey.url), allow_private=allow_private)
        for address in others:
            try:
                return await self._exchange(journey, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue  # nothing has left
        return await self._exchange(journey, last)

    async def _checked(self, target: httpx.URL, *, allow_private: bool) -> Sequence[str]:
        """Look the name up and return its addresses, each one that may be called."""
        host = target.raw_host.decode("ascii")
        if target.scheme not in {"https", "http"} or not host:
            raise Refused("no_https_address", obstacle=Obstacle.INSTALL)
        port = target.port or (443 if target.scheme == "https" else 80)
        try:
            addresses = list(dict.fromkeys(await self._resolve(host, port)))[:ADDRESSES]
        except OSError:
            addresses = []
        if not addresses:
            raise Refused("name_not_found", obstacle=Obstacle.WAIT)
        if not all(is_allowed(address, allow_private=allow_private) for address in addresses):
            raise Refused("private_address", obstacle=Obstacle.INSTALL)
        if target.scheme == "http" and not (allow_private and all(map(is_loopback, addresses))):
            raise Refused("no_https_address", obstacle=Obstacle.INSTALL)
        return addresses

    async def _exchange(self, journey: _Journey, address: str) -> Answer:
        outgoing = journey.request(address)
        response = await self._client.send(outgoing, stream=True, follow_redirects=False)
        try:
            whole = bytearray()
            async for part in response.aiter_raw():
                whole += part
                if len(whole) > self._body_limit:
                    raise Unsure("answer too long")
        finally:
            await response.aclose()
        return Answer(
            status=response.status_code,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=bytes(whole),
        )


class _Journey:
    """One request on its way: what is to leave, and how far it has come."""

    def __init__(self, *, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.url = url
        self._method = method
        self._headers = headers
        self._body = body
        self._has_left = False

    def request(self, address: str) -> httpx.Request:
        """Write it down for one address; the name stays in the header and on the certificate."""
        target = httpx.URL(self.url)
        return httpx.Request(
            self._method,
            target.copy_with(host=address),
            headers={**_OURS, "Host": target.netloc.decode("ascii"), **self._headers},
            content=self._body,
            extensions={
                "sni_hostname": target.raw_host.decode("ascii"),
                "trace": self.note,
                "timeout": {"connect": CONNECT_S},
            },
        )

    async def note(self, event: str, _: Mapping[str, Any]) -> None:
        """Hear from the connection what it is about to do."""
        if event == _LEAVES:
            punctual.check()
            self._has_left = True

    def meaning(self, error: Exception) -> Refused | Unsure:
        """Say what a failure means for what was sent."""
        if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | httpx.LocalProtocolError | UnicodeError):
            return Refused("no_https_address", obstacle=Obstacle.INSTALL)
        if self._has_left:
            return Unsure("no answer in time" if isinstance(error, TimeoutError) else "connection broken off")
        return Refused(_why_no_connection(error), obstacle=Obstacle.WAIT)


def _why_no_connection(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return "certificate_not_trusted"
        if isinstance(error, ssl.SSLError):
            return "no_secure_connection"
        if isinstance(error, ConnectionRefusedError):
            return "connection_refused"
        error = error.__cause__ or error.__context__
    return "no_connection"


async def _looked_up(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def _is_grave(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING
