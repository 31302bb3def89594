"""
Disk: the real store on a real SQLite file, driven without a thread.

SQLAlchemy is handed a connection that does what aiosqlite's does, on the spot. So the transactions, the unique indexes
and the fences are the real ones, and what waits is only what we let wait: the writers' line, and each begin and commit
for a moment. Those moments are where a simulated process can die.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import Double, event, func

from bot.store.database import Database
from tests.simulator.loop import LIFE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from sqlalchemy import ColumnElement

    from tests.simulator.life import Life

WRITE: Final = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")
WRITTEN: Final[Mapping[str, Callable[[str, str, Any], bool]]] = {
    "news": lambda verb, table, _given: (verb, table) == ("INSERT INTO", "notices"),
    "begun": lambda verb, table, given: (verb, table) == ("UPDATE", "notices") and "sending" in given,
    "mark": lambda verb, table, given: (verb, table) == ("UPDATE", "notices") and "done" in given,
}

CLOCK: Final[ColumnElement[float]] = func.simulated_now(type_=Double())


class Line:
    """Who may write: one at a time, in the order in which they came; the dead stand in no line."""

    def __init__(self) -> None:
        self.holder: Connection | None = None
        self._waiting: deque[tuple[Connection, asyncio.Future[None]]] = deque()

    async def enter(self, connection: Connection) -> None:
        if self.holder is not None:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append((connection, turn))
            try:
                await turn
            except asyncio.CancelledError:
                self.leave(connection)
                raise
        self.holder = connection

    def leave(self, connection: Connection) -> None:
        if self.holder is not connection:
            return
        self.holder = None
        while self._waiting:
            self.holder, turn = self._waiting.popleft()
            if not turn.cancelled() and not self.holder.is_lost:
                turn.set_result(None)
                return
            self.holder = None


@dataclass
class Disk:
    """
    One file for all processes.

    Args:
        now: seconds since 1970, the database's own clock.
        door: is passed at each begin, before and after each commit of a writer; waits for a moment, may kill.
        trouble: what a begin or a commit runs into just now; None: nothing.
        wrote: is told of each commit of a writer: what it has written by the protocol's names, and which tables.
    """

    path: Path | None  # None: in memory, one connection for all
    now: Callable[[], float]
    door: Callable[[str, frozenset[str]], Awaitable[None]]
    trouble: Callable[[], sqlite3.Error | None]
    wrote: Callable[[frozenset[str], frozenset[str]], None]
    line: Line = field(default_factory=Line)
    connections: list[Connection] = field(default_factory=list)
    is_closed: bool = False

    def open(self) -> Database:
        """Open the store as it is, but for the driver. What SQLAlchemy has compiled once is shared by all."""
        database = Database.open(None if self.path is None else f"sqlite:///{self.path}")
        _DISKS[self._name] = self
        event.listen(database._engine.sync_engine, "do_connect", _on_the_spot)
        for engine in (database._engine.sync_engine, database._writer.sync_engine):
            if not _COMPILED:
                _COMPILED.append((engine.dialect, {}))
            engine.dialect, engine._compiled_cache = _COMPILED[0]
        return database

    def close(self) -> None:
        """Let the file go; whoever comes to it from now on is over."""
        self.is_closed = True
        for connection in [*self.connections]:
            connection.lose()
        _DISKS.pop(self._name, None)

    @property
    def _name(self) -> str:
        return ":memory:" if self.path is None else str(self.path)

    def lose(self, life: Life) -> None:
        """Take a killed process's connections from it: what it had not committed is rolled back."""
        for connection in [each for each in self.connections if each.life is life]:
            connection.lose()

    async def connect(self, *_args: object, **_given: object) -> Connection:
        """Connect the process whose step this is."""
        if self.is_closed:
            raise asyncio.CancelledError
        connection = Connection(self, LIFE.get())
        self.connections.append(connection)
        return connection

    def holds(self, life: Life) -> bool:
        """Say whether a process is in the middle of writing."""
        return self.line.holder is not None and self.line.holder.life is life


_DISKS: Final[dict[str, Disk]] = {}
_COMPILED: Final[list[tuple[Any, dict[Any, Any]]]] = []


def _on_the_spot(_dialect: object, _record: object, args: list[str], given: dict[str, Any]) -> None:
    if (disk := _DISKS.get(args[0])) is None:
        raise asyncio.CancelledError
    given["async_creator_fn"] = disk.connect


class Connection:
    """As much of an aiosqlite connection as SQLAlchemy touches."""

    def __init__(self, disk: Disk, life: Life | None) -> None:
        self.life = life
        self.is_lost = False
        self._disk = disk
        self._conn = self._connection = sqlite3.connect(
            disk._name, isolation_level=None, check_same_thread=False, cached_statements=500
        )
        self._conn.create_function("simulated_now", 0, disk.now)
        self._conn.execute("PRAGMA synchronous = OFF")
        self._written: set[str] = set()
        self._tables: set[str] = set()
        self._tx = self  # where SQLAlchemy puts what aiosqlite's thread is to do

    @property
    def isolation_level(self) -> str | None:
        return self._conn.isolation_level

    def put_nowait(self, job: tuple[asyncio.Future[None], Callable[[], None]]) -> None:
        future, do = job
        do()
        future.set_result(None)

    def cursor(self) -> Cursor:
        self._check()
        return Cursor(self, self._conn)

    async def execute(self, cursor: sqlite3.Cursor, sql: str, given: Any) -> None:
        self._check()
        if sql == "BEGIN IMMEDIATE":
            self._raise_trouble()
            await self._disk.line.enter(self)
            self._written.clear()
            self._tables.clear()
            await self._disk.door("begin", frozenset())
        cursor.execute(sql, given)
        if self._disk.line.holder is self and (found := WRITE.search(sql)) is not None:
            self._tables.add(found[2])
            if found[2] == "channels" and "is_dirty" not in sql:
                self._written.add("renew")
            self._written |= {what for what, is_it in WRITTEN.items() if is_it(found[1], found[2], given)}

    async def commit(self) -> None:
        self._check()
        if self._disk.line.holder is not self:
            self._conn.commit()
            return
        written, tables = frozenset(self._written), frozenset(self._tables)
        if len(tables) > 1:
            written -= {"renew"}  # it comes along with every row that is begun
        await self._disk.door("commit", written)
        self._raise_trouble()
        self._conn.commit()
        self._disk.wrote(written, tables)
        self._disk.line.leave(self)
        await self._disk.door("committed", written)

    async def rollback(self) -> None:
        self._check()
        self._conn.rollback()
        self._disk.line.leave(self)

    async def create_function(self, *args: Any, **more: Any) -> None:
        self._conn.create_function(*args, **more)

    async def close(self) -> None:
        self.lose()

    def stop(self) -> None:
        self.lose()

    def lose(self) -> None:
        """Roll back what is not committed, and be gone."""
        if not self.is_lost:
            self.is_lost = True
            self._conn.rollback()
            self._conn.close()
            self._disk.connections.remove(self)
            self._disk.line.leave(self)

    def _check(self) -> None:
        if self._disk.is_closed:
            raise asyncio.CancelledError
        if self.is_lost:
            raise sqlite3.OperationalError("connection closed")

    def _raise_trouble(self) -> None:
        if (trouble := self._disk.trouble()) is not None:
            raise trouble


class Cursor:
    """As much of an aiosqlite cursor."""

    def __init__(self, connection: Connection, real: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = real.cursor()
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, sql: str, given: Any = ()) -> Self:
        await self._connection.execute(self._cursor, sql, given)
        return self

    async def executemany(self, sql: str, given: Any) -> Self:
        self._cursor.executemany(sql, given)
        return self

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()
