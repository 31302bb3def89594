"""
Whatever happens to our memory, each change is told once and the card ends up right: a full disk, a file that cannot be
written, one that somebody else holds, a disk that takes its time. Each strikes when the task has stopped, and again
when it has recovered.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager
from typing import TYPE_CHECKING, Any

import aiosqlite
import pytest
from sqlalchemy import Engine, Pool, event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import await_only

from tests.battery.lab import Lab, open_lab

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

SLOW_S = 2.0  # that the disk takes to keep a commit
SLOW = 3  # so many commits


class Connections:
    """The bot's own connections to its file: SQLite's limits belong to a connection, and not to a file."""

    def __init__(self) -> None:
        self._open: list[Any] = []
        self._pragmas: tuple[str, ...] = ()

    @contextmanager
    def noticed(self) -> Iterator[None]:
        heard = ((Engine, "connect", self._opened), (Pool, "close", self._closed))
        for about, what, hear in heard:
            event.listen(about, what, hear)
        try:
            yield
        finally:
            for about, what, hear in heard:
                event.remove(about, what, hear)

    async def put_under(self, *pragmas: str) -> None:
        """Put all that are open under these, and all that will be."""
        self._pragmas = pragmas
        for connection in self._open:
            for pragma in pragmas:
                await connection.execute(f"PRAGMA {pragma}")

    def _opened(self, connection: Any, _record: object) -> None:
        self._open.append(connection.driver_connection)
        for pragma in self._pragmas:
            connection.cursor().execute(f"PRAGMA {pragma}")

    def _closed(self, connection: Any, _record: object) -> None:
        self._open.remove(connection.driver_connection)


@pytest.fixture
def connections() -> Iterator[Connections]:
    noticed = Connections()
    with noticed.noticed():
        yield noticed


async def tell(lab: Lab, fault: Callable[[], AbstractAsyncContextManager[None]], is_hit: Callable[[], bool]) -> None:
    """Let the task stop and recover, each time with the fault lasting until it has been met."""
    for state in ("STOPPED", "RUNNING"):
        async with fault():
            lab.moves(state)
            await lab.until(is_hit)
        assert await lab.is_right(), lab.found


def complains(caplog: pytest.LogCaptureFixture, words: str) -> Callable[[], bool]:
    """Return what says whether the bot has complained of it since that was so the last time."""
    heard = 0

    def is_hit() -> bool:
        nonlocal heard
        before, heard = heard, caplog.text.count(words)
        return heard > before

    return is_hit


async def test_a_full_disk(tmp_path: Path, connections: Connections, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "relaybot.db"

    @asynccontextmanager
    async def full() -> AsyncIterator[None]:
        """Leave no room but what the pages of our tables have left."""
        with closing(sqlite3.connect(file, timeout=30)) as other:
            (pages,) = other.execute("PRAGMA page_count").fetchone()
        await connections.put_under(f"max_page_count = {pages}")
        yield
        await connections.put_under(f"max_page_count = {pages + 10_000}")

    async with open_lab(tmp_path) as lab:
        await tell(lab, full, complains(caplog, "database or disk is full"))


async def test_a_file_that_cannot_be_written(
    tmp_path: Path, connections: Connections, caplog: pytest.LogCaptureFixture
) -> None:
    @asynccontextmanager
    async def read_only() -> AsyncIterator[None]:
        await connections.put_under("query_only = 1")
        yield
        await connections.put_under("query_only = 0")

    async with open_lab(tmp_path) as lab:
        await tell(lab, read_only, complains(caplog, "attempt to write a readonly database"))


async def test_a_file_that_somebody_else_holds(
    tmp_path: Path, connections: Connections, caplog: pytest.LogCaptureFixture
) -> None:
    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        await connections.put_under("busy_timeout = 100")
        async with aiosqlite.connect(tmp_path / "relaybot.db", timeout=30, isolation_level=None) as other:
            await other.execute("BEGIN IMMEDIATE")
            yield
            await other.execute("ROLLBACK")
        await connections.put_under("busy_timeout = 5000")

    async with open_lab(tmp_path) as lab:
        await tell(lab, locked, complains(caplog, "database is locked"))


async def test_a_disk_that_takes_its_time(tmp_path: Path) -> None:
    slow = waits = 0
    commit = DefaultDialect.do_commit

    def wait_and_commit(dialect: DefaultDialect, connection: Any) -> None:
        nonlocal slow, waits
        if slow:
            slow, waits = slow - 1, waits + 1
            await_only(asyncio.sleep(SLOW_S))
        commit(dialect, connection)

    @asynccontextmanager
    async def slowly() -> AsyncIterator[None]:
        nonlocal slow
        slow = SLOW
        yield

    DefaultDialect.do_commit = wait_and_commit  # type: ignore[method-assign]  # no event runs in the commit itself
    try:
        async with open_lab(tmp_path) as lab:
            await tell(lab, slowly, lambda: slow == 0)
    finally:
        DefaultDialect.do_commit = commit  # type: ignore[method-assign]  # as it was

    assert waits == 2 * SLOW
