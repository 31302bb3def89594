"""
A real PgBouncer in transaction mode between the bot and its PostgreSQL, with the way past it for LISTEN.

`.ci/run` installs one from the system's packages.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot import clock
from bot.domain.task import Known
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Shell

    from bot.domain.notice import Wake
    from bot.sandbox.stage import Stage

SESSIONS = 2  # that all connections of the bot share
TASK = "backup-en"

pytestmark = pytest.mark.skipif(
    shutil.which("pgbouncer") is None, reason="needs PgBouncer: apt-get install pgbouncer, as .ci/run does"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """To one database: through the pooler, and past it."""

    pooled: str
    direct: str


@pytest.fixture
def ways(fresh_postgres: Callable[[bool], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    direct = fresh_postgres(False)
    folder = Path(parse_qs(urlsplit(direct).query)["host"][0])
    name = urlsplit(direct).path[1:]
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    told = tmp_path_factory.mktemp("pooler") / "pgbouncer.ini"
    told.write_text(
        f"[databases]\n{name} = host={folder} dbname={name} user=postgres\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n"
        f"pool_mode = transaction\ndefault_pool_size = {SESSIONS}\n"
    )
    # It refuses to be root, and has to reach the server's socket: it runs as who the server does.
    owner = pwd.getpwuid(folder.stat().st_uid).pw_name
    with subprocess.Popen(  # noqa: S603 - the one that apt installed
        ["pgbouncer", *(["-u", owner] if os.geteuid() == 0 else []), told.name],  # noqa: S607
        cwd=told.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as pooler:
        try:
            yield Ways(pooled=f"postgresql://postgres@127.0.0.1:{port}/{name}", direct=direct)
        finally:
            pooler.kill()


async def nobody(_: frozenset[Wake]) -> None: ...


async def test_the_store_works_on_sessions_that_change_with_each_transaction(ways: Ways) -> None:
    database = Database.open(ways.pooled, direct=ways.direct)
    await until_it_answers(database)
    await database.upgrade()
    memory, sessions = Memory(database, wake=nobody), set()

    async def use(number: int) -> None:
        for task in range(10):
            ref = TaskRef(account=AccountName("a"), region=Region("r"), task_id=TaskId(f"{number} {task}"))
            async with memory.transaction() as tx:
                await tx.tasks.follow(ref, provider="aliyun", known=Known(), due_at=None)
            async with database.reading() as connection:
                sessions.add((number, (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()))

    await asyncio.gather(*(use(number) for number in range(8)))
    async with memory.reading() as tx:
        followed = await tx.tasks.of_region(AccountName("a"), Region("r"))
    await database.close()

    assert len(followed) == 80
    assert len({session for _, session in sessions}) == SESSIONS  # all of them shared
    assert len(sessions) > 8  # and not always the same one


async def test_a_bot_behind_a_pooler_is_upgraded_hears_and_tells(shell: Shell, stage: Stage, ways: Ways) -> None:
    told = {"DATABASE_URL": ways.pooled, "DATABASE_DIRECT_URL": ways.direct}
    upgraded = await shell.run("db", "upgrade", **told)
    async with shell.serving(**told) as (_, url, said):
        stage.slack.people.door = f"{url}/slack/events"
        await stage.slack.say("ann", "#relays", f"/relay subscribe aliyun {TASK}")
        await stage.slack.until(lambda: any(not each.ephemeral_to for each in stage.slack.heard("#relays")))
        stage.aliyun.story.override(TASK, "3", "RetryTimesOffline", now=clock.now())
        await stage.slack.until(lambda: any(each.thread_ts for each in stage.slack.heard("#relays")), within_s=30)
    examined = await shell.run("doctor", **told)

    assert upgraded.status == 0, upgraded.err
    assert not [line for line in said if " INFO " not in line]
    assert [each.text.split()[0] for each in stage.slack.heard("#relays") if each.thread_ts] == ["STOPPED"]
    assert "✓ database: PostgreSQL 127.0.0.1" in examined.out


async def until_it_answers(database: Database) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await database.revision()
            except Exception:  # noqa: BLE001 - whatever a port that is not open yet gives
                await asyncio.sleep(0.05)
            else:
                return
