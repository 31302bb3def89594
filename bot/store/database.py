"""
Database: our memory, opened; the only place that knows which of the two databases it is, but for the pace's clock.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.store import address, private, schema
from bot.store.engine import WRITE, open_engine, unavailable
from bot.store.errors import DatabaseUnavailable, OtherRevision

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

LOCK_NOT_AVAILABLE: Final = "55P03"  # PostgreSQL's word; only upgrades set a time-out for locks


class Database:
    """
    Our memory: a SQLite file, SQLite in memory, or PostgreSQL.

    Nothing is opened before it is needed. Every method that talks to it raises `DatabaseUnavailable` where it cannot.
    """

    def __init__(self, place: address.Address) -> None:
        self.place: Final = place
        self.head: Final = schema.head()
        self._engine = open_engine(place)
        self._writer = self._engine.execution_options(begin=WRITE)
        # SQLite has one writer at a time; to stand in line here is fair, and cheaper than spinning on its busy handler.
        self._line: AbstractAsyncContextManager[None] = nullcontext() if self.is_postgres else asyncio.Lock()

    @classmethod
    def open(cls, url: str | None, *, direct: str | None = None) -> Self:
        """
        Open the database at a URL; without one, in memory, leaving nothing behind.

        Args:
            direct: the way past a pooler that the URL goes through.

        Raises:
            MalformedUrl: with the way to write it; never shows a password.
        """
        return cls(address.read(url, direct))

    @property
    def is_postgres(self) -> bool:
        """Say whether several processes may serve from it."""
        return isinstance(self.place, address.Server)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection whose reads all see the same moment (SQLite) or each the newest commit (PostgreSQL)."""
        with self._trouble_named():
            async with self._engine.begin() as connection:
                yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """
        Lend a connection for one transaction: committed at the end, rolled back when anything is raised.

        On SQLite it is the writer from its first statement on: a reader that turns writer half-way can only fail.
        """
        with self._trouble_named():
            async with self._line, self._writer.begin() as connection:
                yield connection

    async def revision(self) -> str | None:
        """Read which revision the tables are at; None before the first migration."""
        async with self.reading() as connection:
            return await connection.run_sync(schema.revision)

    async def upgrade(self) -> None:
        """
        Bring the tables to this release's revision; an older SQLite file is first copied beside itself.

        Several processes may do so at once: one works, the others find it done. Tables of the release after this one
        are left as they are.

        Raises:
            OtherRevision: the tables are newer still.
        """
        found = await self.revision()
        if found == self.head:
            return
        if found is not None:
            if await self._is_newer(found):
                return
            if isinstance(self.place, address.File):
                with self._trouble_named():
                    await asyncio.to_thread(private.copy, self.place.path, self._copy_path(self.place.path, found))
        async with self.writing() as connection:
            await connection.run_sync(schema.upgrade)

    async def check_revision(self) -> None:
        """
        Refuse tables that are neither this release's nor the next one's, which its code works with: a process of this
        release goes on while the next is rolled out, and may be started again when it is rolled back.

        `serve` asks on PostgreSQL, where an upgrade is the operator's.

        Raises:
            OtherRevision: with the command to run.
        """
        found = await self.revision()
        if found == self.head or (found is not None and await self._is_newer(found)):
            return
        raise OtherRevision(
            f"{self.place} is at revision {found or 'none'}, and this release needs {self.head}.",
            mend="Run `relaybot db upgrade`.",
        )

    def lock_for_serving(self) -> AbstractContextManager[None]:
        """
        Make this process the only one that serves from the SQLite file; elsewhere nothing has to be locked.

        Raises:
            AlreadyServed: on entering, when another process is that one.
        """
        if isinstance(self.place, address.File):
            return self._locked(self.place.path)
        return nullcontext()

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    async def _is_newer(self, found: str) -> bool:
        """Say whether the tables are newer, and refuse those that this release's code does not work with."""
        if schema.is_known(found):
            return False
        async with self.reading() as connection:
            fits = await connection.run_sync(schema.fits)
        if not fits:
            raise OtherRevision(
                f"{self.place} is at revision {found}, which this release does not know: a newer release made it.",
                mend="Run that release, or restore the copy that its upgrade left.",
            )
        return True

    def _copy_path(self, path: Path, found: str) -> Path:
        return path.with_name(f"{path.name}.before-{self.head}-was-{found}")

    @contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        with ExitStack() as held:
            with self._trouble_named():  # what goes wrong while it is held is somebody else's trouble
                held.enter_context(private.lock(path))
            yield

    @contextmanager
    def _trouble_named(self) -> Iterator[None]:
        try:
            yield
        except (IntegrityError, ProgrammingError):
            raise  # our own mistake, not the database's state
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise DatabaseUnavailable(
                    f"{self.place}: somebody has used a table for longer than an upgrade waits. Nothing was changed.",
                    mend="Run it again; pg_stat_activity shows who that is.",
                ) from error
            raise unavailable(self.place, str(error.orig)) from error
        except (PoolTimeout, sqlite3.Error, OSError) as error:
            raise unavailable(self.place, f"{type(error).__name__}: {error}") from error
