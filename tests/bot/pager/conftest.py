from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from tests.certificates import write_certificate

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """A server on this machine that says what it is told to, and remembers what it heard."""

    def __init__(self, says: bytes, *, hangs: bool = False) -> None:
        self.says = says
        self.hangs = hangs
        self.heard: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._let_go = asyncio.Event()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.heard.append(await reader.readuntil(b"\r\n\r\n"))
            if self.hangs:
                await self._let_go.wait()
            writer.write(self.says)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def release(self) -> None:
        self._let_go.set()


@asynccontextmanager
async def listening(server: Server, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    served = await asyncio.start_server(server.handle, "127.0.0.1", 0, ssl=tls)
    server.port = served.sockets[0].getsockname()[1]
    async with served:
        yield server
        server.release()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_certificate(tmp_path_factory.mktemp("tls") / "this-machine.pem")


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    """What the server shows: it is this machine, and `pager.test`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trust(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate))
