"""`relaybot doctor` on the work that processes share."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import asyncpg
import pytest

from adapters.contract import AccountName, Region
from bot import clock
from bot.domain.notice import Kind, LineBody, Notice, Wake
from bot.domain.response import Badness, Due, Policy, Response
from bot.domain.subscription import Place
from bot.queue.work import install, open_work
from bot.store.claimant import Claimant
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran, Shell

MINUTE = timedelta(minutes=1)


@pytest.fixture
def url(fresh_postgres: Callable[[bool], str]) -> str:
    made = fresh_postgres(True)
    asyncio.run(install(made))
    return made


async def nobody(_: frozenset[Wake]) -> None: ...


def of(ran: Ran, about: str) -> list[tuple[str, str, str]]:
    return [(each["verdict"], each["found"], each["mend"]) for each in ran.objects if each["about"] == about]


def line(channel: str) -> Notice:
    body = LineBody(key="oncall_clear", user="U1")
    return Notice(place=Place(team="T1", channel=channel), kind=Kind.LINE, cause="line:1", body=body)


async def test_a_quiet_postgresql_has_an_engine_and_nothing_else_to_tell(shell: Shell, url: str):
    ran = await shell.run("doctor", "--json", DATABASE_URL=url)

    assert ran.status == 0, ran.out
    assert of(ran, "work") == []
    assert of(ran, "engine") == [("ok", "jobs: 0 queued, 0 at work, 0 held; 0 lines of log", "")]


async def test_claims_have_names_and_ages_and_what_nobody_takes_or_broke_is_a_warning(shell: Shell, url: str):
    database = Database.open(url)
    memory = Memory(database, wake=nobody, claimant=Claimant(name="worker of dyno.1, process 7", now=clock.now))
    async with memory.transaction() as tx:
        await tx.outbox.claim_place(Place(team="T1", channel="C1"), now=clock.now(), lease=5 * MINUTE)
        await tx.sweeps.ensure(AccountName("aliyun"), Region("cn-shanghai"), due_at=clock.now())
        await tx.sweeps.claim(clock.now(), lease=5 * MINUTE, limit=1)
        await tx.outbox.put(line("C2"), now=clock.now() - 7 * MINUTE)
        await tx.outbox.put(line("C3"), now=clock.now())
        await tx.outbox.park_place(Place(team="T1", channel="C3"), "is_archived", now=clock.now())
    await database.close()
    async with open_work(dsn=url) as work:
        await work.put([Wake(what="deliver", key="T1 C1"), Wake(what="deliver", key="T1 C2")])
    engine = await asyncpg.connect(url)
    await engine.execute("UPDATE pgqueuer SET status = 'failed' WHERE payload = 'T1 C1'")
    await engine.close()

    ran = await shell.run("doctor", "--json", DATABASE_URL=url)

    channel, sweep, *warnings = of(ran, "work")
    assert channel[1].startswith("channel C1 is held by worker of dyno.1, process 7 for ")
    assert sweep[1].startswith("sweep aliyun cn-shanghai is held by worker of dyno.1, process 7 for ")
    behind, *refused = warnings
    assert (behind[0], behind[2]) == ("warning", "See that `relaybot serve` runs; with --role, that a worker does.")
    assert re.fullmatch(r"something has been waiting for 7 min( \d+ s)?, and nobody takes it", behind[1])
    assert refused == [
        (
            "warning",
            "messages that Slack refused for good, and that are kept: 1",
            "/relay debug says why, channel by channel.",
        ),
    ]
    assert of(ran, "engine") == [
        (
            "warning",
            "jobs: 1 queued, 0 at work, 1 held; 2 lines of log",
            "Held jobs broke; what they were for is found by others, and they go after a day.",
        )
    ]
    assert ran.status == 1


async def test_a_call_that_nobody_makes_and_a_page_that_does_not_arrive_are_warnings(shell: Shell, tmp_path: Path):
    url = f"sqlite:///{tmp_path / 'relaybot.db'}"
    database = Database.open(url)
    await database.upgrade()
    place, since = Place(team="T1", channel="C1"), clock.now() - 3 * MINUTE
    async with Memory(database, wake=nobody).transaction() as tx:
        for incident, due_at in ((1, since), (2, None)):
            await tx.responses.open(
                Response(
                    id=0,
                    incident=incident,
                    place=place,
                    opened_at=since,
                    pages=True,
                    policy=Policy(),
                    badness=Badness(rank=2),
                    due=due_at and Due.CALL,
                    due_at=due_at,
                    ack_until=None if due_at else clock.now() + MINUTE,
                )
            )
        await tx.outbox.put(replace(line("U1"), kind=Kind.DIRECT, response=1), now=since)
    await database.close()

    ran = await shell.run("doctor", "--json", DATABASE_URL=url)

    told, page, call = of(ran, "calls")
    assert told == ("ok", "responses: 2 open, 1 of them in hand; pages that wait: 1", "")
    assert (page[0], page[1][:29]) == ("warning", "a page has been waiting for 3")
    assert (call[0], call[1][:25]) == ("warning", "a call has been due for 3")
    assert ran.status == 1
