"""
Engine: one SQLAlchemy engine for each kind of place, quiet about values and strict about transactions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from bot.store import address, private
from bot.store.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection
    from sqlalchemy.ext.asyncio import AsyncEngine

CONNECT_TIMEOUT_S: Final = 10.0
BUSY_TIMEOUT_MS: Final = 5_000  # how long SQLite waits for another process's transaction
# Who is stopped in the midst of a transaction holds its locks, and may never go on: after as long as its claims hold
# PostgreSQL lets go of both. No transaction of ours waits for anything but the server.
STANDSTILL_S = 30.0

WRITE: Final = "BEGIN IMMEDIATE"  # the execution option `begin` of a transaction that will write to SQLite

_PRAGMAS: Final = (
    f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}",  # first: the next one needs the file for a moment
    "PRAGMA journal_mode = WAL",  # readers and the writer do not wait for one another
    # FULL and not NORMAL: a committed notice has to survive a power cut (DESIGN.md 7). It costs one fsync a commit,
    # and the busiest writer, the pace, commits some twenty times a second.
    "PRAGMA synchronous = FULL",
)


def open_engine(place: address.Address) -> AsyncEngine:
    """
    Make the engine for a place; it connects when it is first used.

    No statement is echoed and no parameter appears in an error: they are what the bot remembers about people.
    """
    match place:
        case address.Memory():
            # One connection that is lent to one user at a time: it *is* the database.
            return _sqlite("sqlite+aiosqlite://", pool_size=1, max_overflow=0)
        case address.File():
            engine = _sqlite(f"sqlite+aiosqlite:///{place.path}")
            _keep_private(engine, place.path)
            return engine
        case address.Server():
            return _postgres(place)


def _sqlite(url: str, **pool: Any) -> AsyncEngine:
    engine = create_async_engine(url, poolclass=AsyncAdaptedQueuePool, echo=False, hide_parameters=True, **pool)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # or the driver would begin, and commit before DDL, as it sees fit
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "invalidate")
    def roll_back(connection: Any, _record: object, _error: object) -> None:
        # Whoever was cancelled leaves a cursor behind, and SQLite closes nothing that has one: without this, the lock
        # of a writer would stay until the garbage is collected.
        connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _keep_private(engine: AsyncEngine, path: Path) -> None:
    @event.listens_for(engine.sync_engine, "do_connect")
    def make_database(*_arguments: object) -> None:
        private.make_database(path)


def _postgres(place: address.Server) -> AsyncEngine:
    import asyncpg  # a bot with a SQLite file never needs it

    async def connect() -> Any:
        try:
            return await asyncpg.connect(
                place.dsn,
                timeout=CONNECT_TIMEOUT_S,
                **(_POOLED if place.direct else {"server_settings": _NAMED | _impatient()}),
            )
        except ValueError as error:  # a parameter of the URL; what it says may hold a part of the URL
            raise unavailable(place, type(error).__name__) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise unavailable(place, f"{type(error).__name__}: {error}") from error

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        connect_args=_UNNAMED if place.direct else {},
        pool_pre_ping=True,
        echo=False,
        hide_parameters=True,
    )


_NAMED: Final = {"application_name": "relaybot"}

# Behind a pooler each transaction may have another session: a statement that was prepared in one is not in the next, or
# is another's of the same name. So none is kept, and none has a name: asyncpg's own, then SQLAlchemy's. And a pooler
# takes no settings along with a connection, but for the name.
_POOLED: Final[dict[str, Any]] = {"statement_cache_size": 0, "server_settings": _NAMED}
_UNNAMED: Final[dict[str, Any]] = {"prepared_statement_cache_size": 0, "prepared_statement_name_func": lambda: ""}


def _impatient() -> dict[str, str]:
    return {"idle_in_transaction_session_timeout": f"{STANDSTILL_S * 1000:.0f}ms"}


def unavailable(place: address.Address, said: str) -> DatabaseUnavailable:
    """Put into words that a place cannot be used, and what to look at."""
    mend = (
        "Check that the server runs and that host, user, password and database in DATABASE_URL are right."
        if isinstance(place, address.Server)
        else "Check that the folder exists, can be written to and has room."
    )
    return DatabaseUnavailable(f"{place} cannot be used ({said}).", mend=mend)
