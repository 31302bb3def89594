from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot.flows.drain import LEASE
from bot.store import schema
from bot.store.database import Database
from bot.store.errors import AlreadyServed, DatabaseUnavailable, OtherRevision

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

OLDER = "7c1e0a4b9d52"  # the first migration
HOLD_THE_LOCK = """
import sys
from bot.store.database import Database
with Database.open(sys.argv[1]).lock_for_serving():
    print("held", flush=True)
    sys.stdin.read()
"""
UPGRADE = """
import asyncio, sys
from bot.store.database import Database
asyncio.run(Database.open(sys.argv[1]).upgrade())
"""


@pytest.fixture
def loose_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def files(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(folder.glob(pattern))


async def migrated(url: str | None, to: str = "head") -> Database:
    database = Database.open(url)
    async with database.writing() as connection:
        await connection.run_sync(schema.upgrade, to)
    return database


async def test_an_upgrade_brings_a_new_database_to_the_head_and_again_changes_nothing(empty_url: str):
    database = Database.open(empty_url)
    before = await database.revision()

    await database.upgrade()
    await database.upgrade()
    after = await database.revision()
    await database.close()

    assert (before, after) == (None, database.head)


async def test_in_memory_it_is_migrated_the_same_way_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    database = Database.open(None)

    await database.upgrade()
    with database.lock_for_serving():
        await database.check_revision()
    await database.close()

    assert files(tmp_path) == []


async def test_users_of_the_memory_database_do_not_break_each_others_transactions():
    database = await migrated(None)

    async def add(number: int) -> None:
        async with database.writing() as connection:
            await connection.execute(text("CREATE TEMP TABLE IF NOT EXISTS seen (number INTEGER)"))
            await asyncio.sleep(0)
            await connection.execute(text("INSERT INTO seen VALUES (:number)"), {"number": number})

    await asyncio.gather(*(add(number) for number in range(20)))
    async with database.reading() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM seen"))
    await database.close()

    assert count == 20


async def test_the_migrations_are_found_from_any_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    database = Database.open("sqlite:///here.db")

    monkeypatch.chdir("/")
    await database.upgrade()
    await database.close()

    assert (tmp_path / "here.db").exists()  # a change of directory does not change which file is meant


@pytest.mark.usefixtures("loose_umask")
async def test_only_the_owner_may_read_the_file_and_what_sqlite_and_we_put_beside_it(tmp_path: Path):
    path = tmp_path / "relaybot.db"
    path.touch(0o666)
    database = await migrated(f"sqlite:///{path}", to=OLDER)

    with database.lock_for_serving():
        await database.upgrade()
        modes = {file.name: mode(file) for file in files(tmp_path)}
    await database.close()

    assert {"relaybot.db", "relaybot.db-wal", "relaybot.db-shm", "relaybot.db.lock"} < modes.keys()
    assert len(modes) == 5  # and the copy
    assert set(modes.values()) == {0o600}


async def test_an_older_file_is_copied_beside_itself_before_it_is_upgraded(tmp_path: Path):
    path = tmp_path / "relaybot.db"
    database = await migrated(f"sqlite:///{path}", to=OLDER)
    async with database.writing() as connection:
        await connection.execute(text("INSERT INTO paces VALUES ('aliyun', 'b', 'Describe', 1, 2, 3, 4, 5)"))

    await database.upgrade()
    await database.close()
    (copy,) = files(tmp_path, "*.before-*")
    with closing(sqlite3.connect(copy)) as copied:
        rows = copied.execute("SELECT provider, granted_at FROM paces").fetchall()
        revision = copied.execute("SELECT version_num FROM alembic_version").fetchone()

    assert rows == [("aliyun", 5.0)]
    assert revision == (OLDER,)


async def test_a_new_file_leaves_no_copy(tmp_path: Path):
    database = Database.open(f"sqlite:///{tmp_path / 'relaybot.db'}")

    await database.upgrade()
    await database.close()

    assert files(tmp_path, "*.before-*") == []


async def test_two_upgrades_at_once_are_one(empty_url: str):
    upgrades = [await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, empty_url) for _ in range(3)]

    codes = [await upgrade.wait() for upgrade in upgrades]
    database = Database.open(empty_url)
    await database.check_revision()
    await database.close()

    assert codes == [0, 0, 0]


async def test_who_is_stopped_in_a_transaction_holds_nobody_up_for_longer_than_its_claims(
    fresh_postgres: Callable[[bool], str],
):
    """A process that stands still keeps its locks; the server takes them back, and it hears of that when it goes on."""
    url = await asyncio.to_thread(fresh_postgres, True)
    stopped, other = Database.open(url), Database.open(url)
    lock = text("LOCK TABLE sweeps IN ACCESS EXCLUSIVE MODE")

    async def stand_still() -> None:
        async with stopped.writing() as connection:
            await connection.execute(lock)
            await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = '200ms'"))
            async with other.writing() as another:
                await another.execute(lock)
            await connection.execute(text("SELECT 1"))

    async with stopped.reading() as connection:
        allowed = await connection.scalar(text("SHOW idle_in_transaction_session_timeout"))
    with pytest.raises(DatabaseUnavailable):
        await stand_still()
    async with stopped.writing() as connection:
        works = await connection.scalar(text("SELECT count(*) FROM sweeps"))
    await stopped.close()
    await other.close()

    assert allowed == f"{int(LEASE.total_seconds())}s"
    assert works == 0


async def test_an_upgrade_is_in_nobodys_way_for_long(fresh_postgres: Callable[[bool], str]):
    """Whoever comes after a waiting upgrade waits behind it: it gives up after five seconds, and is run again."""
    url = await asyncio.to_thread(fresh_postgres, False)  # in a thread: the fixture runs a loop of its own
    database, other = await migrated(url, to=schema.BEFORE), Database.open(url)

    async with other.reading() as reader:
        await reader.execute(text("SELECT count(*) FROM tasks"))  # and the transaction stays open
        began = asyncio.get_running_loop().time()
        with pytest.raises(DatabaseUnavailable, match=r"for longer than an upgrade waits.*Run it again"):
            await database.upgrade()
        took_s = asyncio.get_running_loop().time() - began
    left = await database.revision()
    await database.upgrade()
    await database.check_revision()
    await database.close()
    await other.close()

    assert left == schema.BEFORE
    assert 4 <= took_s < 20


async def test_tables_of_an_older_release_are_refused_with_the_command_to_run(empty_url: str):
    database = await migrated(empty_url, to=OLDER)

    with pytest.raises(OtherRevision) as refused:
        await database.check_revision()
    await database.close()

    assert f"is at revision {OLDER}, and this release needs {database.head}" in refused.value.message
    assert refused.value.mend == "Run `relaybot db upgrade`."


async def test_an_empty_database_is_refused_with_the_command_to_run(empty_url: str):
    database = Database.open(empty_url)

    with pytest.raises(OtherRevision, match=r"at revision none.*relaybot db upgrade"):
        await database.check_revision()
    await database.close()


async def test_tables_of_a_newer_release_are_left_alone(database: Database):
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'fromthefuture'"))
        await connection.execute(text("DELETE FROM fitting"))  # it puts down what it works with itself
        await connection.execute(text("INSERT INTO fitting VALUES ('fromthefuture')"))

    for refuse in (database.upgrade, database.check_revision):
        with pytest.raises(OtherRevision, match="a newer release made it"):
            await refuse()
    async with database.writing() as connection:
        await connection.execute(text("DROP TABLE fitting"))
    with pytest.raises(OtherRevision, match="a newer release made it"):
        await database.check_revision()

    assert await database.revision() == "fromthefuture"


async def test_tables_of_the_next_release_are_worked_with_and_left_as_they_are(database: Database):
    """A deploy under way, or one that is rolled back."""
    async with database.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'fromtheweek'"))
        await connection.execute(text("DELETE FROM fitting"))
        await connection.execute(text("INSERT INTO fitting VALUES ('fromtheweek'), (:ours)"), {"ours": database.head})

    await database.check_revision()
    await database.upgrade()

    assert await database.revision() == "fromtheweek"


async def test_an_upgrade_puts_down_that_the_code_of_the_release_before_may_go_on(database: Database):
    async with database.reading() as connection:
        fitting = set(await connection.scalars(text("SELECT revision FROM fitting")))

    assert {schema.BEFORE, database.head} <= fitting


async def test_what_was_written_before_an_error_is_rolled_back(database: Database):
    row = "INSERT INTO paces VALUES ('aliyun', 'b', 'Describe', 1, 2, 3, 4, 5)"

    async def write_it_twice() -> None:
        async with database.writing() as connection:
            await connection.execute(text(row))
            await connection.execute(text(row))

    with pytest.raises(IntegrityError) as refused:
        await write_it_twice()
    async with database.reading() as connection:
        count = await connection.scalar(text("SELECT count(*) FROM paces"))

    assert count == 0
    assert refused.value.hide_parameters


async def test_a_writer_does_not_wait_for_a_reader(database: Database):
    async with database.reading() as reader:
        before = await reader.scalar(text("SELECT count(*) FROM paces"))
        async with database.writing() as writer:
            await writer.execute(text("INSERT INTO paces VALUES ('aliyun', 'b', 'Describe', 1, 2, 3, 4, 5)"))

    async with database.reading() as reader:
        after = await reader.scalar(text("SELECT count(*) FROM paces"))

    assert (before, after) == (0, 1)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all/relaybot.db",
        "sqlite:////dev/null/relaybot.db",
        "postgres://u:canary-Pa55word@127.0.0.1:1/relay",  # nobody listens on port 1
        "postgres://u:canary-Pa55word@127.0.0.1:1/relay?sslmode=sometimes",
    ],
)
async def test_a_database_that_cannot_be_opened_says_what_to_look_at(url: str):
    database = Database.open(url)

    with pytest.raises(DatabaseUnavailable) as refused:
        await database.upgrade()
    await database.close()

    assert "cannot be used" in refused.value.message
    assert refused.value.mend.startswith("Check that ")
    assert "canary" not in f"{refused.value}{refused.value!r}"


async def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be mistaken for the header of one" * 20)
    database = Database.open(f"sqlite:///{path}")

    with pytest.raises(DatabaseUnavailable, match=r"notes\.txt cannot be used \(file is not a database\)"):
        await database.upgrade()
    await database.close()


async def test_a_second_process_may_not_serve_from_the_same_file(tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'relaybot.db'}"  # new: serving takes the lock before there are tables
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD_THE_LOCK, url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert first.stdout is not None
    assert await first.stdout.readline() == b"held\n"

    with pytest.raises(AlreadyServed) as refused, Database.open(url).lock_for_serving():
        pytest.fail("two processes serve")
    first.kill()
    await first.communicate()
    with Database.open(url).lock_for_serving():
        held_after_the_kill = True

    assert f"already served by process {first.pid}" in refused.value.message
    assert "PostgreSQL" in refused.value.mend
    assert held_after_the_kill
