"""
A front of TLS before a door of the sandbox, such as Slack and the clouds have; its handshakes can be made to fail.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.sandbox.door import LOOPBACK

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.sandbox.door import Door


class Handshake(Enum):
    """How one goes."""

    WELL = auto()
    UNTRUSTED = auto()  # with a certificate that nobody vouches for
    CUT = auto()  # the connection breaks in the midst of it


@dataclass(slots=True, kw_only=True)
class Front:
    """One server. `hits` counts the handshakes that failed."""

    contexts: dict[Handshake, ssl.SSLContext]
    port: int = 0
    handshake: Handshake = Handshake.WELL
    hits: int = 0
    _behind: int = 0
    _visits: set[asyncio.Task[None]] = field(default_factory=set)

    def stand_before(self, door: Door) -> str:
        """Let everybody through to a door from now on; return where they come in."""
        self._behind = urlsplit(door.url).port or 0
        return f"https://{LOOPBACK}:{self.port}"

    async def turn(self, handshake: Handshake) -> None:
        """From now on each handshake goes like this; whoever is connected must come again."""
        self.handshake = handshake
        visits = [*self._visits]
        for visit in visits:
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    def visit(self, reader: StreamReader, writer: StreamWriter) -> None:
        visit = asyncio.get_running_loop().create_task(self._visit(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _visit(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            await self._shake_hands(reader, writer)
        except OSError:  # of which TLS' own errors are some
            self.hits += 1
            writer.transport.abort()
            return
        inside, within = await asyncio.open_connection(LOOPBACK, self._behind)
        try:
            with suppress(OSError):
                await asyncio.gather(_carry(reader, within), _carry(inside, writer))
        finally:
            within.transport.abort()
            writer.transport.abort()

    async def _shake_hands(self, reader: StreamReader, writer: StreamWriter) -> None:
        """
        Raises:
            OSError: it failed.
        """
        if self.handshake is Handshake.CUT:
            await reader.read(1)
            raise ConnectionAbortedError
        await writer.start_tls(self.contexts[self.handshake])


async def _carry(source: StreamReader, to: StreamWriter) -> None:
    """
    Carry what is said to the other side.

    Raises:
        ConnectionError: this side has gone.
    """
    while said := await source.read(1 << 16):
        to.write(said)
        await to.drain()
    raise ConnectionAbortedError


@asynccontextmanager
async def open_front(*, trusted: Path, untrusted: Path) -> AsyncIterator[Front]:
    """Open a front that has two certificates, with their keys."""
    contexts = {}
    for handshake, certificate in ((Handshake.WELL, trusted), (Handshake.UNTRUSTED, untrusted)):
        contexts[handshake] = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        contexts[handshake].load_cert_chain(certificate)
    front = Front(contexts=contexts)
    server = await asyncio.start_server(front.visit, LOOPBACK, 0)
    front.port = server.sockets[0].getsockname()[1]
    try:
        yield front
    finally:
        server.close()
        await front.turn(Handshake.CUT)
        await server.wait_closed()
