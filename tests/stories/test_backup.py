"""
A machine is lost, and the bot goes on elsewhere from a copy that was made while it ran, as docs/OPERATIONS.md says.
"""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from bot import clock, wiring
from bot.queue.work import install
from bot.sandbox.stage import open_stage
from tests.postgres import binary
from tests.stories.conftest import House
from tests.stories.following import Following
from tests.stories.impatient import pace_clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.stage import Stage


@asynccontextmanager
async def serving(stage: Stage, url: str, folder: Path) -> AsyncIterator[House]:
    environment = {**stage.environment(), "PORT": "0", "RELAYBOT_BIND": "127.0.0.1", "DATABASE_URL": url}
    clock_of_pace = pace_clock(asyncio.get_running_loop()) if url.startswith("sqlite") else None
    async with wiring.serve(wiring.read_settings(environment), pace_clock=clock_of_pace) as door:
        house = House(stage=stage, door=door, folder=folder)
        stage.slack.people.door = f"{house.url}/slack/events"
        yield house


async def test_a_copy_of_the_file_goes_on_where_it_was_made(
    frozen: FrozenDateTimeFactory, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    lost, found = tmp_path / "lost", tmp_path / "found"
    lost.mkdir()
    found.mkdir()
    async with open_stage(calendar=clock.now) as stage:
        async with serving(stage, f"sqlite:///{lost / 'relaybot.db'}", lost) as house:
            before = Following(house=house, frozen=frozen, logged=caplog)
            await before.begin()
            await before.breaks()
            await before.right()
            with (  # what the `.backup` of sqlite3 does
                closing(sqlite3.connect(lost / "relaybot.db")) as source,
                closing(sqlite3.connect(found / "relaybot.db")) as copy,
            ):
                source.backup(copy)
            await before.runs()
            await before.right()
        async with serving(stage, f"sqlite:///{found / 'relaybot.db'}", found) as house:
            # What was told after the copy was made is news to it.
            after = replace(before, house=house, history=[*before.history, "RUNNING"])
            await after.right()

    assert after.story() == ["STOPPED", "RUNNING", "RUNNING"]
    assert len(after.cards()) == 1
    assert after.shows("RUNNING")


@pytest.fixture
def databases(fresh_postgres: Callable[[bool], str]) -> tuple[str, str]:
    """One to lose, with this release's tables, and an empty one."""
    lost, found = fresh_postgres(True), fresh_postgres(False)
    asyncio.run(install(lost))
    return lost, found


async def test_a_dump_of_the_server_is_one_to_go_on_with(tmp_path: Path, databases: tuple[str, str]):
    (lost, found), dump = databases, tmp_path / "relaybot.dump"
    async with open_stage(calendar=clock.now) as stage:
        async with serving(stage, lost, tmp_path) as house:
            await house.ask("/relay subscribe aliyun backup-en")
            listed = await house.ask("/relay list")
            await run("pg_dump", "--format=custom", f"--file={dump}", lost)
        await run("pg_restore", "--clean", "--if-exists", "--no-owner", f"--dbname={found}", str(dump))
        async with serving(stage, found, tmp_path) as house:
            again = await house.ask("/relay list")

    assert "Backup, English" in listed.words
    assert again.words == listed.words


async def run(program: str, *arguments: str) -> None:
    await asyncio.to_thread(subprocess.run, [binary(program), *arguments], check=True)
