"""
The real command as a process of its own, while the sandbox answers it from the test's loop.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bot import clock
from bot.sandbox.stage import Stage, open_stage

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncIterator, Mapping

ROOT = Path(__file__).parents[3]
LONGEST_S = 60.0  # of one command; most take one second, nearly all of it imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command left: exit status, stdout and stderr."""

    status: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def object(self) -> dict[str, Any]:
        (found,) = self.objects
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """
    A folder, and an environment that holds what the test gives and nothing else of ours.

    `more` given to a method is for that command alone; an empty value unsets.
    """

    folder: Path
    told: Mapping[str, str] = field(default_factory=dict)

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        own = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
        return own | {"PYTHONPATH": str(ROOT), "TZ": "UTC"} | self.told | more

    async def run(self, *arguments: str, stdin: str = "", **more: str) -> Ran:
        """Run a command to its end."""
        async with self.start(*arguments, **more) as process, asyncio.timeout(LONGEST_S):
            out, err = await process.communicate(stdin.encode())
        assert process.returncode is not None
        return Ran(status=process.returncode, out=out.decode(), err=err.decode())

    @asynccontextmanager
    async def start(self, *arguments: str, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """Start a command, and see that it is gone in the end."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bot", *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self.environment(more),
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()

    @asynccontextmanager
    async def serving(self, *arguments: str, **more: str) -> AsyncIterator[tuple[Process, str, list[str]]]:
        """A bot over HTTP that is ready: its process, its address, and what it has said on stderr so far."""
        told = {"RELAYBOT_BIND": "127.0.0.1", "PORT": "0", "SLACK_APP_TOKEN": ""} | more
        async with self.start("serve", *arguments, **told) as process:
            said: list[str] = []
            assert process.stderr is not None
            async with asyncio.timeout(30):
                while not (found := re.search(r"listens on port (\d+)", said[-1] if said else "")):
                    line = await process.stderr.readline()
                    assert line, said
                    said.append(line.decode())
            yield process, f"http://127.0.0.1:{found[1]}", said

    async def on_terminal(
        self, *arguments: str, columns: int = 100, typed: Mapping[str, str] | None = None, **more: str
    ) -> Ran:
        """Run a command on a terminal of so many columns; `typed` says what to type once a text has appeared."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        process = await asyncio.create_subprocess_exec(
            # a session's first process that opens a terminal has it for its own: Ctrl-C will reach it
            *("/bin/sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(theirs)),
            *(sys.executable, "-m", "bot", *arguments),
            cwd=self.folder,
            env=self.environment({"TERM": "xterm-256color"} | more),
            start_new_session=True,
        )
        shown = b""
        to_type = dict(typed or {})
        try:
            async with asyncio.timeout(LONGEST_S):
                while chunk := await asyncio.to_thread(_read, ours):
                    if not shown:
                        os.close(theirs)  # now, and not before: with nobody on the other side there is nothing to read
                    shown += chunk
                    for text in [text for text in to_type if text.encode() in shown]:
                        os.write(ours, to_type.pop(text).encode())
                await process.wait()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if not shown:
                os.close(theirs)
            os.close(ours)
        assert process.returncode is not None
        return Ran(status=process.returncode, out=shown.decode(), err="")


def _read(terminal: int) -> bytes:
    """Read what is there; empty when the other side has hung up, which Linux calls an I/O error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with open_stage(calendar=clock.now) as stage:
        yield stage


@pytest.fixture
def shell(stage: Stage, tmp_path: Path) -> Shell:
    """A shell that knows the sandbox's clouds and its Slack, over HTTP and sockets."""
    return Shell(folder=tmp_path, told=stage.environment(slack="both"))


@pytest.fixture
def bare(tmp_path: Path) -> Shell:
    """A shell in which nothing is set."""
    return Shell(folder=tmp_path)
