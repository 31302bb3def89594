"""
A rolling deploy, with the code of the release before this one: it serves on while the tables are brought to this
release, this release's process comes, and the old one goes.

The release before is the newest tag `v…`; for as long as there is none, the code before the newest migrations that the
schema names (`bot.store.schema.BEFORE`).
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tarfile
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import clock
from bot.sandbox.stage import open_stage
from bot.store import schema

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Callable, Mapping

    from bot.sandbox.stage import Stage

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "adapters", "migrations")
TASK = "backup-en"


def git(*arguments: str) -> bytes:
    return subprocess.run(  # noqa: S603 - what it is given stands in this file
        ["git", *arguments],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout


def before() -> str:
    """Name the commit of the release before this one; skips where the clone does not have it."""
    try:
        tag = git("tag", "--list", "v*", "--sort=-version:refname", "--no-contains", "HEAD").decode().split()
        if tag:
            return tag[0]
        newer = git("log", "--format=%H", "--diff-filter=A", f'-Sdown_revision = "{schema.BEFORE}"', "--", "migrations")
        if commits := newer.decode().split():
            return git("rev-parse", "--verify", f"{commits[-1]}^").decode().strip()
    except (OSError, subprocess.CalledProcessError):
        pass
    pytest.skip("the release before is not in this clone: no git, no repository, or a shallow one")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the old code lies."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=BytesIO(git("archive", before(), *PACKAGES))) as archive:
        archive.extractall(folder, filter="data")
    return folder


@asynccontextmanager
async def running(code: Path, folder: Path, told: Mapping[str, str], *command: str) -> AsyncIterator[Process]:
    """A command of one of the two codes."""
    own = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *command),
        cwd=folder,
        env=own | {"PYTHONPATH": str(code), "TZ": "UTC"} | told,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def upgraded(code: Path, folder: Path, told: Mapping[str, str]) -> None:
    async with running(code, folder, told, "db", "upgrade") as process:
        _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


async def address(process: Process) -> str:
    assert process.stderr is not None
    said = b""
    async with asyncio.timeout(60):
        while not (found := re.search(rb"listens on port (\d+)", said)):
            line = await process.stderr.readline()
            assert line, said.decode()
            said += line
    return f"http://127.0.0.1:{found[1].decode()}"


def told_by(stage: Stage) -> list[str]:
    return [each.text.split(maxsplit=1)[0] for each in stage.slack.heard("#relays") if each.thread_ts]


async def changes(stage: Stage, word: str, reason: str, *, to: str) -> None:
    """A relay changes, and its thread tells it."""
    before = len(told_by(stage))
    stage.aliyun.story.override(TASK, word, reason, now=clock.now())
    await stage.slack.until(lambda: len(told_by(stage)) > before, within_s=90)
    assert told_by(stage)[-1] == to


async def test_the_release_before_serves_on_this_ones_tables_until_it_is_relieved(
    old: Path, fresh_postgres: Callable[[bool], str], tmp_path: Path
) -> None:
    url = await asyncio.to_thread(fresh_postgres, False)  # in a thread: the fixture runs a loop of its own
    async with open_stage(calendar=clock.now) as stage:
        told = stage.environment(slack="http") | {"PORT": "0", "RELAYBOT_BIND": "127.0.0.1", "DATABASE_URL": url}
        await upgraded(old, tmp_path, told)
        async with running(old, tmp_path, told, "serve") as leaving:
            stage.slack.people.door = f"{await address(leaving)}/slack/events"
            await stage.slack.say("ann", "#relays", f"/relay subscribe aliyun {TASK}")
            await stage.slack.until(lambda: any(not each.ephemeral_to for each in stage.slack.heard("#relays")))

            await upgraded(ROOT, tmp_path, told)
            await changes(stage, "3", "RetryTimesOffline", to="STOPPED")
            async with running(ROOT, tmp_path, told, "serve") as coming:
                stage.slack.people.door = f"{await address(coming)}/slack/events"
                leaving.send_signal(signal.SIGTERM)
                await changes(stage, "1", "", to="RUNNING")

    assert told_by(stage) == ["STOPPED", "RUNNING"]
    assert leaving.returncode == 0
