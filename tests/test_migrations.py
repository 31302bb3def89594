from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, insert, inspect, select, text
from sqlalchemy import Table as RealTable

import migrations
from bot.queue.work import install, is_installed
from bot.store import schema
from bot.store.database import Database
from bot.store.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Column, Connection

PARAGRAPH = "Each migration works with the previous release's code"


def fill(connection: Connection) -> None:
    """Put a row into every table that there is."""
    for table in Table.metadata.sorted_tables:
        connection.execute(insert(table).values({column.name: sample(column) for column in table.c}))


SAMPLES: Final = {str: "x", int: 1, float: 1.5, bool: True}


def sample(column: Column[Any]) -> object:
    return SAMPLES.get(column.type.python_type, datetime(2026, 11, 21, 8, tzinfo=UTC))


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.py"))


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": schema.is_ours})
    return list(compare_metadata(context, Table.metadata))


async def test_the_tables_are_what_the_migrations_make(database: Database):
    async with database.reading() as connection:
        found = await connection.run_sync(differences)

    assert found == []


async def test_the_engines_tables_are_neither_drafted_nor_dropped(fresh_postgres: Callable[[bool], str]):
    url = await asyncio.to_thread(fresh_postgres, True)  # in a thread: the fixture runs a loop of its own
    await install(url)
    database = Database.open(url)

    async with database.reading() as connection:
        found = await connection.run_sync(differences)
        everything = await connection.run_sync(tables)
    async with database.writing() as connection:
        await connection.run_sync(schema.downgrade)
        left = await connection.run_sync(tables)
    await database.close()

    assert found == []
    assert left == everything - set(Table.metadata.tables) != set()
    assert all(name.startswith("pgqueuer") for name in left)
    assert await is_installed(url)


async def test_a_database_with_rows_goes_down_and_up_again(database: Database):
    async with database.writing() as connection:
        await connection.run_sync(fill)
        await connection.run_sync(schema.downgrade)
        at_the_bottom = await connection.run_sync(tables)

    await database.upgrade()
    async with database.reading() as connection:
        at_the_top = await connection.run_sync(tables)

    assert at_the_bottom == set()
    assert at_the_top == set(Table.metadata.tables)


async def test_every_step_goes_up_down_and_up_on_a_database_with_rows(empty_url: str):
    database = Database.open(empty_url)
    steps = [script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions()][::-1]
    seen = []

    for step in steps:
        async with database.writing() as connection:
            await connection.run_sync(schema.upgrade, step)
            await connection.run_sync(schema.downgrade, "-1")
            await connection.run_sync(schema.upgrade, step)
        seen.append(await database.revision())
    async with database.writing() as connection:
        await connection.run_sync(fill)
    await database.close()

    assert seen == steps


async def test_each_migration_runs_on_a_database_with_data_and_keeps_it(empty_url: str):
    """What the migration before has made is filled, then comes the next: no row is lost, none keeps it from running."""
    database = Database.open(empty_url)
    steps = [script.revision for script in ScriptDirectory.from_config(schema.config()).walk_revisions()][::-1]
    filled: set[str] = set()

    def count(connection: Connection) -> dict[str, int]:
        return {
            name: len(connection.execute(select(Table.metadata.tables[name].c[0])).all()) for name in sorted(filled)
        }

    def fill_new(connection: Connection) -> None:
        for name in sorted(tables(connection) - filled):
            made = RealTable(name, MetaData(), autoload_with=connection)
            typed = Table.metadata.tables[name].c
            connection.execute(insert(made).values({column.name: sample(typed[column.name]) for column in made.c}))
            filled.add(name)

    for step in steps:
        async with database.writing() as connection:
            await connection.run_sync(schema.upgrade, step)
            kept = await connection.run_sync(count)
            await connection.run_sync(fill_new)
        assert set(kept.values()) <= {1}
    async with database.reading() as connection:
        at_the_top = await connection.run_sync(count)
    await database.close()

    assert at_the_top == dict.fromkeys(sorted(Table.metadata.tables), 1)


async def test_a_failed_upgrade_leaves_nothing_behind(empty_url: str):
    database = Database.open(empty_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE audits (id INTEGER PRIMARY KEY)"))

    failed = False
    try:
        await database.upgrade()
    except Exception as error:  # noqa: BLE001 - the two drivers name it differently
        failed = "audits" in str(error)
    async with database.reading() as connection:
        left = await connection.run_sync(tables)
    await database.close()

    assert failed
    assert left == {"audits"}  # the pace table of the step before was rolled back with it


def test_migrations_are_named_by_date_and_say_that_they_fit_the_previous_release():
    written = files(Path(migrations.__file__).parent / "versions")

    assert len(written) == len(list(ScriptDirectory.from_config(schema.config()).walk_revisions()))
    for file in written:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d-[a-z0-9_]+\.py", file.name), file.name
        assert PARAGRAPH in file.read_text(encoding="utf-8")


async def test_a_drafted_migration_is_named_by_date_and_carries_the_paragraph(database: Database, tmp_path: Path):
    """What `python -m migrations "…"` does, into another folder."""
    from alembic import command

    def draft(connection: Connection) -> None:
        config = schema.config(connection)
        config.set_main_option("version_locations", f"{Path(migrations.__file__).parent / 'versions'} {tmp_path}")
        config.set_main_option("path_separator", "space")
        command.revision(config, "Remember cards", version_path=str(tmp_path), autogenerate=True)

    async with database.reading() as connection:
        await connection.run_sync(draft)
    (drafted,) = files(tmp_path)

    assert re.fullmatch(r"\d{4}-\d\d-\d\d-remember_cards\.py", drafted.name)
    assert PARAGRAPH in drafted.read_text(encoding="utf-8")
    compile(drafted.read_text(encoding="utf-8"), str(drafted), "exec")


def test_alembic_by_itself_is_told_which_command_to_use():
    from alembic import command

    with pytest.raises(SystemExit, match="relaybot db upgrade"):
        command.upgrade(schema.config(), "head")


def test_drafting_without_a_name_shows_how():
    run = subprocess.run([sys.executable, "-m", "migrations"], capture_output=True, text=True, check=False)

    assert run.returncode == 1
    assert run.stderr == 'usage: python -m migrations "remember cards"\n'
