"""
The real process: started, ended, and started again by whoever watches it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.stage import Stage
    from tests.battery.fast import Fast

ROOT: Final = Path(__file__).parents[2]
START_S: Final = 60.0  # of a machine that is busy
END_S: Final = 120.0
ENDS: Final = "battery: it ends here\n"


class Bot:
    """
    One process of the bot; see `victim`.

    Args:
        folder: where it runs, and where its death is written down.
        database: its URL.
        name: tells it from others in the same folder.
        mutant: a way of being wrong that the battery must find.
        haste: how much faster it speaks and looks around; by default as the calendar runs.
        environment: what it is told besides where everything stands.
    """

    def __init__(
        self,
        stage: Stage,
        calendar: Fast,
        folder: Path,
        database: str,
        *,
        name: str = "bot",
        mutant: str = "",
        haste: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._stage = stage
        self._folder = folder
        self._deaths = folder / f"{name}.json"
        self._told = {
            "began": calendar.began.isoformat(),
            "speed": calendar.speed,
            "mutant": mutant,
            "death": str(self._deaths),
            "haste": calendar.speed if haste is None else haste,
        }
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ},
            **stage.environment(slack="http"),
            "PYTHONPATH": str(ROOT),
            "PORT": "0",
            "RELAYBOT_BIND": "127.0.0.1",
            "DATABASE_URL": database,
            **(environment or {}),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._door = ""
        self.is_ending = False  # it got its signal
        self.log: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """How it ended: 0 when it left by itself, minus the signal that ended it."""
        return None if self._process is None else self._process.returncode

    async def run(self, *command: str, death: Mapping[str, object] | None = None) -> None:
        """Run another command than `serve`, to its end."""
        await self._start(command, death)
        await self.gone()

    async def start(self) -> None:
        """
        Serve: wait until it listens, which people in Slack then talk to, or is dead.

        Raises:
            RuntimeError: it did not start, with its last words.
        """
        listens = await self._start(("serve",), None)
        async with asyncio.timeout(START_S):
            await listens.wait()
        if not self._door:
            raise self.broken("did not start")
        self.hear()

    def hear(self) -> None:
        """From now on people talk to this one."""
        self._stage.slack.people.door = self._door

    def arm(self, death: Mapping[str, object]) -> None:
        """Have it end so, from now on."""
        self._arm(death)

    def disarm(self) -> None:
        """Let it live, unless it is ending already."""
        self._arm(None)

    def _arm(self, death: Mapping[str, object] | None) -> None:
        self._deaths.write_text(json.dumps(death))
        self.send(signal.SIGUSR1)

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self.is_alive:
            self._process.send_signal(number)

    def end(self, by: signal.Signals) -> None:
        """Have it end now."""
        self.is_ending = self.is_alive
        self.send(by)

    def wake(self) -> None:
        """Let it go on after SIGSTOP."""
        self.is_ending = False
        self.send(signal.SIGCONT)

    async def gone(self, *, within_s: float | None = END_S) -> None:
        """
        Wait until it is dead, and its last words are read.

        Raises:
            RuntimeError: it lives on, with its last words.
        """
        if self._process is None or self._reading is None:
            return
        try:
            async with asyncio.timeout(within_s):
                await self._process.wait()
                await self._reading
        except TimeoutError:
            raise self.broken("did not end") from None

    def broken(self, what: str) -> RuntimeError:
        """Say with its last words what it should not have done."""
        return RuntimeError(f"{self.name} {what}:\n{''.join(self.log[-30:])}")

    async def _start(self, command: tuple[str, ...], death: Mapping[str, object] | None) -> asyncio.Event:
        told = {**self._told, "armed": death is not None}
        self._deaths.write_text(json.dumps(death))
        self._door, self.is_ending = "", False
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.battery.victim", *command),
            cwd=self._folder,
            env={**self._environment, "BATTERY": json.dumps(told)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        listens = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self._process, listens))
        return listens

    async def _read(self, process: asyncio.subprocess.Process, listens: asyncio.Event) -> None:
        assert process.stderr is not None
        while line := (await process.stderr.readline()).decode():
            self.log.append(line)
            self.is_ending |= line == ENDS
            if found := re.search(r"listens on port (\d+)", line):
                self._door = f"http://127.0.0.1:{found[1]}/slack/events"
                listens.set()
        listens.set()
