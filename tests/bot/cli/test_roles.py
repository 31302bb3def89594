"""`relaybot serve --role …` as processes: one hears, another works, and what one causes the other does."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest

from bot import clock
from bot.queue.work import install

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from conftest import Shell

    from bot.sandbox.stage import Stage

TASK = "backup-en"
KEY = "0123456789abcdef"
DESCRIBE = "DescribeLivePullToPush"


@pytest.fixture
def url(fresh_postgres: Callable[[bool], str]) -> str:
    made = fresh_postgres(True)
    asyncio.run(install(made))
    return made


@asynccontextmanager
async def both(shell: Shell, stage: Stage, url: str) -> AsyncIterator[tuple[str, str]]:
    """A web process, which Slack talks to, and a worker: their addresses."""
    told = {"DATABASE_URL": url, "ALIYUN_CALLBACK_KEY": KEY}
    async with (
        shell.serving("--role", "web", **told) as (_, web, _),
        shell.serving("--role", "worker", **told | {"SLACK_SIGNING_SECRET": ""}) as (_, worker, _),
    ):
        stage.slack.people.door = f"{web}/slack/events"
        yield web, worker


def threads(stage: Stage) -> list[str]:
    return [message.text.split(maxsplit=1)[0] for message in stage.slack.heard("#relays") if message.thread_ts]


async def test_one_hears_and_the_other_watches_and_tells(shell: Shell, stage: Stage, url: str):
    async with both(shell, stage, url):
        await stage.slack.say("ann", "#relays", f"/relay subscribe aliyun {TASK}")
        await stage.slack.until(lambda: any(not each.ephemeral_to for each in stage.slack.heard("#relays")))
        stage.aliyun.story.override(TASK, "3", "RetryTimesOffline", now=clock.now())
        await stage.slack.until(lambda: threads(stage) != [], within_s=30)

    assert threads(stage) == ["STOPPED"]


async def test_what_calls_back_at_one_is_looked_at_by_the_other(shell: Shell, stage: Stage, url: str):
    async with both(shell, stage, url) as (web, worker), httpx.AsyncClient() as http:
        await stage.slack.say("ann", "#relays", f"/relay subscribe aliyun {TASK}")
        ledger = stage.aliyun.door.ledger
        await ledger.until(2, DESCRIBE)  # for the person, and the watch's first
        before = len(ledger.of(DESCRIBE))
        answer = await http.post(f"{web}/callbacks/aliyun/{KEY}", json={"Event": "x", "TaskId": TASK})
        await ledger.until(before + 1, DESCRIBE)
        deaf = await http.post(f"{worker}/callbacks/aliyun/{KEY}", json={"Event": "x", "TaskId": TASK})

    assert (answer.status_code, deaf.status_code) == (200, 404)


async def test_each_has_health_and_a_worker_hears_nobody(shell: Shell, stage: Stage, url: str):
    async with both(shell, stage, url) as addresses, httpx.AsyncClient() as http:
        health = [(await http.get(f"{address}/healthz")).status_code for address in addresses]
        ready = [(await http.get(f"{address}/readyz")).json() for address in addresses]
        events = [(await http.post(f"{address}/slack/events")).status_code for address in addresses]

    assert health == [200, 200]
    assert ready == [{"ready": True, "wrong": {}}] * 2
    assert events == [401, 404]


@pytest.mark.parametrize("role", ["web", "worker"])
async def test_a_file_is_one_process_and_no_half_of_it(shell: Shell, role: str):
    ran = await shell.run("serve", "--role", role)

    assert (ran.status, ran.err) == (
        2,
        (
            f"relaybot: SQLite {shell.folder}/relaybot.db is one process's, and --role {role} means several.\n"
            "  Leave --role out, or set DATABASE_URL to a PostgreSQL, which many processes can share.\n"
        ),
    )
    assert not (shell.folder / "relaybot.db").exists()


async def test_a_role_that_there_is_not_is_named(shell: Shell):
    ran = await shell.run("serve", "--role", "boss")

    assert ran.status == 2
    assert "boss" in ran.err
    assert "web" in ran.err
