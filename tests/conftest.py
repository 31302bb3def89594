"""
Real databases for tests: a SQLite file, and a PostgreSQL server of our own that starts when a test first asks for it.
"""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

import pytest

from bot.store.database import Database
from tests.length import IS_WHOLE, WHY_NOT
from tests.postgres import create, drop, open_server, quick

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items if not IS_WHOLE else ():
        if item.get_closest_marker("long") is not None:
            item.add_marker(pytest.mark.skip(WHY_NOT))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], str]]:
    """
    Give the URL of a database by its name; `migrated` has this release's tables, to be copied.

    Each worker process of the tests has a server of its own.
    """
    with open_server(quick()) as url:
        asyncio.run(_upgrade(create(url, "migrated")))
        yield url


@pytest.fixture
def fresh_postgres(postgres: Callable[[str], str]) -> Iterator[Callable[[bool], str]]:
    """Make a database, empty or with this release's tables, and give its URL; it is dropped when the test is over."""
    made: list[str] = []

    def fresh(migrated: bool) -> str:  # noqa: FBT001
        made.append(f"test_{len(made)}")
        return create(postgres, made[-1], template="migrated" if migrated else "template0")

    yield fresh
    drop(postgres, made)


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
