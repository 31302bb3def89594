"""The command line and the database: `db upgrade`, and the pace that status shares with a running bot."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Shell

HEAD = Database.open(None).head


def slots(file: Path) -> int:
    """How many pace rows the file has; each lane has one."""
    with closing(sqlite3.connect(file)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM paces").fetchone()
        return int(count)


async def test_a_new_file_is_made_and_an_upgraded_one_is_left_alone(bare: Shell):
    first = await bare.run("db", "upgrade")
    again = await bare.run("db", "upgrade")

    place = f"SQLite {bare.folder}/relaybot.db"
    assert (first.status, first.out, first.err) == (0, f"{place} went from revision none to {HEAD}.\n", "")
    assert (again.status, again.out) == (0, f"{place} is at revision {HEAD}.\n")
    assert (bare.folder / "relaybot.db").stat().st_mode & 0o777 == 0o600


async def test_postgresql_is_upgraded_too(bare: Shell, fresh_postgres: Callable[[bool], str]):
    # in a thread: the fixture runs a loop of its own
    url = await asyncio.to_thread(fresh_postgres, False)

    first = await bare.run("db", "upgrade", DATABASE_URL=url)
    again = await bare.run("db", "upgrade", DATABASE_URL=url)

    assert first.status == again.status == 0
    assert first.out.startswith("PostgreSQL ")
    assert first.out.endswith(f" went from revision none to {HEAD}.\n")
    assert again.out.endswith(f" is at revision {HEAD}.\n")


@pytest.mark.parametrize(
    ("url", "message", "mend"),
    [
        (
            "postgresql://bot:canary@127.0.0.1:9/bot",
            "PostgreSQL 127.0.0.1/bot cannot be used (ConnectionRefusedError: ",
            "Check that the server runs and that host, user, password and database in DATABASE_URL are right.",
        ),
        (
            "sqlite:////nowhere/at/all/relaybot.db",
            "SQLite /nowhere/at/all/relaybot.db cannot be used (",
            "Check that the folder exists, can be written to and has room.",
        ),
    ],
)
async def test_a_database_that_cannot_be_opened_is_said_with_the_mend(bare: Shell, url: str, message: str, mend: str):
    ran = await bare.run("db", "upgrade", DATABASE_URL=url)

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"relaybot: {message}")
    assert ran.err.endswith(f"\n  {mend}\n")
    assert "canary" not in ran.err
    assert "Traceback" not in ran.err


def make_foreign(connection: sqlite3.Connection) -> None:
    """Make the tables those of a release so much newer that this one's code does not work with them."""
    connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.execute("DELETE FROM fitting")
    connection.commit()


async def test_tables_of_a_newer_release_are_left_alone(bare: Shell):
    await bare.run("db", "upgrade")
    with closing(sqlite3.connect(bare.folder / "relaybot.db")) as connection:
        make_foreign(connection)

    ran = await bare.run("db", "upgrade")

    assert (ran.status, ran.err) == (
        2,
        (
            f"relaybot: SQLite {bare.folder}/relaybot.db is at revision from_the_future, which this release does not "
            "know: a newer release made it.\n  Run that release, or restore the copy that its upgrade left.\n"
        ),
    )


async def test_status_spends_the_pace_of_the_file_that_is_there(shell: Shell):
    await shell.run("db", "upgrade")
    before = slots(shell.folder / "relaybot.db")

    ran = await shell.run("status", "aliyun", "main-en")

    assert (ran.status, ran.err) == (0, "")
    assert (before, slots(shell.folder / "relaybot.db")) == (0, 1)


async def test_status_answers_without_the_database_and_says_so(shell: Shell):
    unreachable = await shell.run(
        "status", "aliyun", "main-en", "--json", DATABASE_URL="postgresql://bot:canary@127.0.0.1:9/bot"
    )
    await shell.run("db", "upgrade")
    with closing(sqlite3.connect(shell.folder / "relaybot.db")) as connection:
        make_foreign(connection)
    newer = await shell.run("status", "aliyun", "main-en", "--json")

    for ran, place in ((unreachable, "PostgreSQL 127.0.0.1/bot cannot be used"), (newer, "from_the_future")):
        assert (ran.status, ran.object["state"]) == (0, "RUNNING")
        assert "WARNING bot.wiring.database: " in ran.err
        assert place in ran.err
        assert ran.err.endswith("What other processes ask of the clouds is not counted now.\n")
        assert ran.err.count("\n") == 1
        assert "canary" not in ran.err


async def test_status_does_not_wait_for_a_database_that_says_nothing(shell: Shell):
    async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silence, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        ran = await shell.run("status", "aliyun", "main-en", DATABASE_URL=f"postgresql://bot@127.0.0.1:{port}/bot")

    assert ran.status == 0
    assert "PostgreSQL 127.0.0.1/bot does not answer. What other processes ask" in ran.err
