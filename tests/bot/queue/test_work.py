"""
The same handlers on both engines: embedded, and on PostgreSQL.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from bot.domain.notice import Wake
from bot.queue.work import Work, install, is_installed, open_work

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HEARTBEAT = timedelta(seconds=2)


@pytest.fixture
def url(fresh_postgres: Callable[[bool], str]) -> str:
    made = fresh_postgres(False)
    asyncio.run(install(made))
    asyncio.run(install(made))  # again changes nothing
    return made


@pytest.fixture(params=["memory", "postgres"])
def dsn(request: pytest.FixtureRequest) -> str | None:
    made: str | None = None if request.param == "memory" else request.getfixturevalue("url")
    return made


def test_it_says_whether_its_tables_are_there(fresh_postgres: Callable[[bool], str]) -> None:
    url = fresh_postgres(False)

    before = asyncio.run(is_installed(url))
    asyncio.run(install(url))

    assert (before, asyncio.run(is_installed(url))) == (False, True)


@asynccontextmanager
async def open_with(dsn: str | None, handler: Callable[[str], Awaitable[None]]) -> AsyncIterator[Work]:
    async with open_work(dsn=dsn) as work:
        work.start({"deliver": handler})
        yield work


class Heard:
    """Writes down what it is called with, and rings."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self._rang = asyncio.Condition()

    async def __call__(self, key: str) -> None:
        async with self._rang:
            self.keys.append(key)
            self._rang.notify_all()

    async def count(self, number: int) -> None:
        async with asyncio.timeout(30), self._rang:
            await self._rang.wait_for(lambda: len(self.keys) >= number)


def wake(key: str) -> Wake:
    return Wake(what="deliver", key=key)


async def test_a_wake_is_heard_with_its_key(dsn: str | None) -> None:
    heard = Heard()
    async with open_with(dsn, heard) as work:
        await work.put([wake("T1 C1"), wake("T1 C2")])
        await heard.count(2)

    assert sorted(heard.keys) == ["T1 C1", "T1 C2"]


async def test_a_handler_that_breaks_stops_nothing(dsn: str | None, caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()

    async def breaks(key: str) -> None:
        await heard(key)
        if key == "bad":
            raise ZeroDivisionError

    async with open_with(dsn, breaks) as work:
        await work.put([wake("bad")])
        await heard.count(1)
        await work.put([wake("good")])
        await heard.count(2)

    assert heard.keys == ["bad", "good"]
    assert "the work deliver bad broke" in caplog.text


async def test_a_wake_while_its_job_runs_is_heard_again_and_what_tidy_finds_is_not(dsn: str | None) -> None:
    heard, may_end = Heard(), asyncio.Event()

    async def slow(key: str) -> None:
        await heard(key)
        await may_end.wait()

    async with open_with(dsn, slow) as work:
        await work.put_missing([wake("T1 C1")])
        await heard.count(1)
        await work.put_missing([wake("T1 C1")])
        await work.put([wake("T1 C1")])
        await heard.count(2)
        may_end.set()

    assert heard.keys == ["T1 C1", "T1 C1"]


async def test_what_runs_may_finish_when_it_stops(dsn: str | None) -> None:
    heard, ended = Heard(), []

    async def slow(key: str) -> None:
        await heard(key)
        await asyncio.sleep(0.1)
        ended.append(key)

    async with open_with(dsn, slow) as work:
        await work.put([wake("T1 C1")])
        await heard.count(1)

    assert ended == ["T1 C1"]


async def test_the_engines_own_log_is_trimmed(dsn: str | None) -> None:
    heard = Heard()
    async with open_with(dsn, heard) as work:
        await work.put([wake(str(number)) for number in range(50)])
        await heard.count(50)
        await work.trim()


async def test_on_postgresql_what_is_older_than_a_day_goes_held_jobs_too(url: str) -> None:
    """Only a newer engine's doings leave a job held: our handlers never raise."""
    async with open_work(dsn=url) as work, connected(url) as other:
        await work.put([wake(key) for key in ("held", "held for long", "queued for long")])
        await other.execute("UPDATE pgqueuer SET status = 'failed' WHERE payload LIKE 'held%'")
        await other.execute("UPDATE pgqueuer SET updated = now() - interval '25 hours' WHERE payload LIKE '%long'")
        await other.execute("UPDATE pgqueuer_log SET created = now() - interval '25 hours' WHERE job_id % 2 = 0")
        logged = await other.fetchval("SELECT count(*) FROM pgqueuer_log WHERE job_id % 2 = 1")
        await work.trim()
        left = [row["payload"].decode() for row in await other.fetch("SELECT payload FROM pgqueuer ORDER BY id")]
        kept = await other.fetchval("SELECT count(*) FROM pgqueuer_log")

    assert left == ["held", "queued for long"]
    assert kept == logged


async def test_the_work_of_a_killed_process_is_anothers_within_the_heartbeat(url: str) -> None:
    """A process that is gone beats no more: its job lies there, picked."""
    heard = Heard()
    async with open_work(dsn=url, heartbeat=HEARTBEAT) as work, connected(url) as other:
        await work.put([wake("T1 C1")])
        await other.execute(
            "UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(), slot = 0,"
            " heartbeat = now() + interval '1 hour'"
        )
        work.start({"deliver": heard})
        await work.put([wake("begun")])
        await heard.count(1)  # to begin takes a busy machine longer than to take over
        began = asyncio.get_running_loop().time()
        await other.execute("UPDATE pgqueuer SET heartbeat = now() WHERE heartbeat > now()")
        await heard.count(2)
        took_s = asyncio.get_running_loop().time() - began

    assert heard.keys == ["begun", "T1 C1"]
    assert HEARTBEAT.total_seconds() <= took_s <= HEARTBEAT.total_seconds() * 2


async def test_what_is_put_before_it_starts_is_heard(dsn: str | None) -> None:
    heard = Heard()
    async with open_work(dsn=dsn) as work:
        await work.put([wake("T1 C1")])
        work.start({"deliver": heard})
        await heard.count(1)

    assert heard.keys == ["T1 C1"]


async def test_two_processes_share_what_there_is(url: str) -> None:
    heard = Heard()
    async with open_with(url, heard) as one, open_with(url, heard):
        await one.put([wake(str(number)) for number in range(100)])
        await heard.count(100)

    assert sorted(heard.keys, key=int) == [str(number) for number in range(100)]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def test_a_lost_connection_is_made_again(url: str) -> None:
    heard = Heard()
    async with open_with(url, heard) as work, connected(url) as other:
        await work.put([wake("before")])
        await heard.count(1)
        await other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        async with asyncio.timeout(30):
            while heard.keys[-1] != "after":  # as tidy does, every few seconds
                await work.put_missing([wake("after")])
                await asyncio.sleep(0.2)

    assert set(heard.keys) == {"before", "after"}
