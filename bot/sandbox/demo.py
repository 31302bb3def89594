"""
The demo: clouds, Slack and the bot on this machine; one conversation as a person would see it, then the person is you.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

from bot import clock, wiring
from bot.sandbox.programme import ALIYUN, ONLINE_ID, TENCENT
from bot.sandbox.screen import Screen
from bot.sandbox.stage import open_stage
from bot.slack.cards import press

if TYPE_CHECKING:
    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage

PLACE: Final = "#relays"
YOU: Final = "ann"

PLAYED: Final = (
    ("The picture of the Chinese main stage is black. Ann asks.", "/relay status aliyun main-zh"),
    ("Cloud and region left out: every place that could hold the task is asked.", "/relay status main-sg"),
    ("A task of Tencent Cloud; such ids are long, and this one ends in dots.", f"/relay status {ONLINE_ID}"),
    ("It should have begun half an hour ago.", "/relay status missed"),
    ("A slip of the finger.", "/relay staus aliyun main-en"),
    ("Where can be asked?", "/relay accounts"),
)

BUTTONS: Final = {"refresh": press.REFRESH, "share": press.SHARE, "id": press.ID}

HELP: Final = """\
Now you are ann. Type /relay … as in Slack; “@relaybot …” mentions the bot; “press refresh”, “press share”, “press id”
press a button of the last card; “tasks” lists what there is to ask about; “quit” or Ctrl-D leaves."""


async def play(*, is_quiet: bool = False, is_once: bool = False) -> int:
    """Play the conversation, then take lines from whoever sits there; return the exit status."""
    async with open_stage(calendar=clock.now) as stage:
        environment = stage.environment(slack="http") | {
            "PORT": "0",
            "RELAYBOT_BIND": "127.0.0.1",
            "DATABASE_URL": "sqlite://",
        }
        async with wiring.serve(wiring.read_settings(environment)) as door:
            stage.slack.people.door = f"http://127.0.0.1:{door.port}/slack/events"
            theatre = Theatre(stage)
            if not is_quiet:
                await theatre.conversation()
            if not is_once:
                await theatre.lines()
    return 0


class Theatre:
    """One person before one screen."""

    def __init__(self, stage: Stage) -> None:
        self._slack = stage.slack
        self._screen = Screen(stage.slack.workspace)
        self._last: Message | None = None  # the newest message with buttons

    async def conversation(self) -> None:
        """Play what stands in the programme, then share the first card."""
        for why, line in PLAYED:
            self._screen.say(f"\n{why}")
            await self.line(line)
        self._screen.say("\nShe shows the channel what she sees.")
        await self.line("/relay status aliyun main-zh")
        await self.line("press share")

    async def lines(self) -> None:
        """Take typed lines until there are no more."""
        self._screen.say(f"\n{HELP}\n", style="cyan")
        while (line := await asyncio.to_thread(_read, f"{YOU} in {PLACE}> ")) is not None:
            if line in {"quit", "exit"}:
                return
            if line:
                await self.line(line, is_echoed=False)

    async def line(self, line: str, *, is_echoed: bool = True) -> None:
        """Do what one line says and show what is heard of it."""
        if is_echoed:
            self._screen.typed(YOU, PLACE, line)
        before = {(message.ts, message.edits) for message in self._slack.heard(PLACE, to=YOU)}
        verb, _, rest = line.partition(" ")
        match verb:
            case "tasks":
                for script in (*ALIYUN, *TENCENT):
                    self._screen.say(f"  {script.task_id:<28} {script.name}", style="")
                return
            case "press" if rest in BUTTONS and self._last is not None:
                if BUTTONS[rest] not in self._last.buttons:
                    self._screen.say("The last card has no such button.")
                    return
                await self._slack.press(self._last, BUTTONS[rest], YOU)
            case "@relaybot":
                await self._slack.mention(YOU, PLACE, rest)
            case _ if line.startswith("/"):
                await self._slack.say(YOU, PLACE, line)
            case _:
                self._screen.say(HELP, style="cyan")
                return
        try:
            await self._slack.until(lambda: self._news(before) != [])
        except TimeoutError:
            self._screen.say("(nothing was heard for ten seconds)")
        for message in self._news(before):
            self._screen.heard(message)
            if message.buttons:
                self._last = message

    def _news(self, before: set[tuple[str, int]]) -> list[Message]:
        heard = self._slack.heard(PLACE, to=YOU)
        return [message for message in heard if (message.ts, message.edits) not in before]


def _read(prompt: str) -> str | None:
    """Read a line; None at its end. Nothing is prompted for where nobody sits."""
    if sys.stdin.isatty():
        try:
            return input(prompt).strip()
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None
