"""
The database as commands and `serve` need it: opened, upgraded, checked, examined.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from bot.store.address import File, Server
from bot.store.database import Database
from bot.store.errors import DatabaseTrouble, DatabaseUnavailable, OtherRevision
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot import settings
    from bot.domain.notice import Wake

HURRY_S: Final = 3.0  # how long whoever only asks waits for a database that does not answer

log = logging.getLogger(__name__)


@asynccontextmanager
async def open_database(told: settings.Settings, *, leaves_nothing: bool) -> AsyncIterator[Database]:
    """
    Open our memory.

    Args:
        leaves_nothing: for a command line that only asks: spend the pace of the database that is there, and where there
            is none, or none that can be used, keep the pace in memory and create nothing. Somebody on call needs the
            answer more than a database.
    """
    database = opened(told)
    try:
        if leaves_nothing and not await _is_there(database):
            await database.close()
            database = Database.open(None)
            await database.upgrade()
        yield database
    finally:
        await database.close()


def opened(told: settings.Settings) -> Database:
    """
    Open the database that the settings name.

    Raises:
        MalformedUrl: with the way to write it.
    """
    direct = told.bot.database_direct_url
    return Database.open(
        told.bot.database_url.get_secret_value(), direct=direct.get_secret_value() if direct is not None else None
    )


async def _is_there(database: Database) -> bool:
    """Say whether there is a database to share the pace with; warns when there is one, and it cannot be used."""
    if has_no_file(database):
        return False
    try:
        async with asyncio.timeout(HURRY_S):
            await database.check_revision()
    except DatabaseTrouble as trouble:
        log.warning("%s What other processes ask of the clouds is not counted now.", trouble.message)
        return False
    except TimeoutError:
        log.warning("%s does not answer. What other processes ask of the clouds is not counted now.", database.place)
        return False
    return True


def has_no_file(database: Database) -> bool:
    """Say whether it is a file that nothing has been written to yet."""
    return isinstance(database.place, File) and not database.place.path.exists()


@asynccontextmanager
async def open_memory(told: settings.Settings) -> AsyncIterator[Memory]:
    """
    Lend what the bot remembers, to change it beside a running bot, which finds what was changed by itself.

    Raises:
        DatabaseTrouble: there is none, or not this release's; nothing is made.
    """
    database = opened(told)
    try:
        if has_no_file(database):
            raise DatabaseUnavailable(
                f"{database.place} does not exist.", mend="Set DATABASE_URL to the one that serve uses."
            )
        await database.check_revision()
        yield Memory(database, wake=nobody)
    finally:
        await database.close()


async def nobody(_: frozenset[Wake]) -> None:
    """Wake nobody: this process delivers nothing."""


async def upgrade(database: Database) -> None:
    """
    Bring the tables to this release: ours, then those of the engine, which Alembic leaves alone.

    Raises:
        DatabaseTrouble: with the mend.
    """
    await database.upgrade()
    if (dsn := dsn_of(database)) is not None:
        from bot.queue import work  # the engine is slow to import, and files have none

        await work.install(dsn)


async def check_tables(database: Database) -> None:
    """
    Refuse a PostgreSQL that `upgrade` has not seen; a file is upgraded by whoever serves from it.

    Raises:
        DatabaseTrouble: with the command to run.
    """
    if (dsn := dsn_of(database)) is None:
        await database.upgrade()
        return
    await database.check_revision()
    from bot.queue import work  # as above

    if not await work.is_installed(dsn):
        raise OtherRevision(f"{database.place} lacks the engine's tables.", mend="Run `relaybot db upgrade`.")


async def is_usable(database: Database) -> bool:
    """Say whether the tables answer and are this release's, or fit it; creates no file."""
    if has_no_file(database):
        return False
    try:
        await database.check_revision()
    except DatabaseTrouble:
        return False
    return True


async def examine_database(told: settings.Settings) -> tuple[str, str]:
    """
    Say what our memory is and that it works; changes nothing, creates nothing.

    Returns:
        What was found, and what an operator should be warned of: empty when nothing.

    Raises:
        DatabaseTrouble: with the mend.
    """
    database = opened(told)
    try:
        if has_no_file(database):
            return f"{database.place}: no file yet, serve makes it at its first start", passing(told, database)
        await database.check_revision()
        return f"{database.place}, revision {database.head}", passing(told, database)
    finally:
        await database.close()


def passing(told: settings.Settings, database: Database) -> str:
    """Say what would be lost at the next restart; empty when nothing."""
    if not told.bot.dyno or database.is_postgres:
        return ""
    return f"DYNO is set: files do not last here, and the memory is {database.place}. Set DATABASE_URL to a PostgreSQL."


def dsn_of(database: Database) -> str | None:
    """Tell the engine where a PostgreSQL is, past any pooler; None: it stays in memory."""
    return database.place.session if isinstance(database.place, Server) else None
