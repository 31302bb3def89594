"""
The demo: clouds, Slack and the bot on this machine; one conversation as a person would see it, then the person is you.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bot import clock, wiring
from bot.domain.words import say
from bot.sandbox.clock import Calendar
from bot.sandbox.orders import PromptError
from bot.sandbox.pager import CONFIGURATION, shifts
from bot.sandbox.programme import ONLINE_ID
from bot.sandbox.prompt import Prompt
from bot.sandbox.screen import Screen
from bot.sandbox.stage import open_stage
from bot.slack.cards import press

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

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

# The second act: why, what is typed, how many replies then stand under the card, and what it says.
FOLLOWED: Final = (
    ("From now on the channel follows the other feed.", "/relay subscribe aliyun backup-en", 0, "RUNNING"),
    (
        "Its source breaks. The card says so at the first look, the thread at the second.",
        "break source backup-en",
        1,
        "RETRYING",
    ),
    ("Half a minute later it has not healed by itself: now the channel is told.", "time +30s", 2, "RETRYING"),
    ("The source is back. That is not told before it has held for half a minute.", "mend backup-en", 2, "RUNNING"),
    ("It has.", "time +40s", 3, "RUNNING"),
)
FEED: Final = "Backup, English"
# The third act: why, what is typed, and what is heard then.
WOKEN: Final = (
    ("A thread wakes nobody. Ann goes on call …", "/relay oncall set @ann", "on call here"),
    (
        "… and is called when that feed is bad.",
        "/relay subscribe aliyun backup-en page=yes",
        "calls whoever is on call",
    ),
    ("A quarter of an hour later …", "time +15m", ""),
    ("… the source breaks again, and it does not heal.", "break source backup-en", f"RETRYING {FEED}"),
    ("She is called: here, and by direct message.", "time +31s", "does not recover"),
    ("She has it in hand; nobody else is called.", "press ack", "> has #"),
    ("It is mended.", "mend backup-en", f"RUNNING {FEED}"),
    ("That has held: it is over.", "time +40s", "was bad for"),
)
DAY: Final = timedelta(days=1)
SLOWEST_S: Final = 20.0  # a step of it; the bot looks every five seconds, and says one thing a second

BUTTONS: Final = {"refresh": press.REFRESH, "share": press.SHARE, "id": press.ID, "ack": press.ACK}

HELP: Final = """\
Now you are ann. Type /relay … as in Slack (would you be called? “/relay drill”
plays an outage that is none); “@relaybot …” mentions the bot;
“press refresh”, “press share”, “press id”, “press ack” press the newest button;
“tasks” lists what there is to ask about; “help” lists what can be broken,
mended and moved in time; “pager” shows what PagerDuty and a webhook were
called for; “quit” or Ctrl-D leaves."""


async def play(*, is_quiet: bool = False, is_once: bool = False) -> int:
    """Play the conversation, then take lines from whoever sits there; return the exit status."""
    calendar = Calendar(clock.now)
    async with AsyncExitStack() as stack:
        configuration = Path(stack.enter_context(TemporaryDirectory())) / "relaybot.toml"
        configuration.write_text(CONFIGURATION, encoding="utf-8")
        stage = await stack.enter_async_context(open_stage(calendar=calendar))
        on_call = [stage.slack.workspace.person(name).id for name in (YOU, "bob")]
        stage.pager.feed = shifts(calendar(), (on_call[0], -DAY, DAY), (on_call[1], DAY, 14 * DAY))
        environment = stage.environment(slack="http") | {
            "PORT": "0",
            "RELAYBOT_BIND": "127.0.0.1",
            "DATABASE_URL": "sqlite://",
            "RELAYBOT_CONFIG": str(configuration),
            **stage.pager.environment(),
        }
        async with wiring.serve(wiring.read_settings(environment), now=calendar) as door:
            stage.slack.people.door = f"http://127.0.0.1:{door.port}/slack/events"
            theatre = Theatre(stage, Prompt(stage, calendar))
            async with theatre.listening():
                if not is_quiet:
                    await theatre.conversation()
                if not is_once:
                    await theatre.lines()
    return 0


class Theatre:
    """One person before one screen."""

    def __init__(self, stage: Stage, prompt: Prompt) -> None:
        self._slack = stage.slack
        self._pager = stage.pager
        self._prompt = prompt
        self._screen = Screen(stage.slack.workspace)
        self._shown: set[tuple[str, int]] = set()  # what the screen has shown: message times, and how often edited

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Show whatever is heard while this is entered, asked for or not."""
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def conversation(self) -> None:
        """Play what stands in the programme, then share the first card."""
        for why, line in PLAYED:
            self._screen.say(f"\n{why}")
            await self.line(line)
        self._screen.say("\nShe shows the channel what she sees.")
        await self.line("/relay status aliyun main-zh")
        await self.line("press share")
        for why, line, replies, state in FOLLOWED:
            self._screen.say(f"\n{why}")
            await self.line(line)
            await self._until(partial(self._is_told, replies, state))
        for why, line, words in WOKEN:
            self._screen.say(f"\n{why}")
            seen = {_key(message) for message in self._heard()}
            await self.line(line)
            await self._until(partial(self._is_heard, words, seen))

    async def _until(self, is_so: Callable[[], bool]) -> None:
        try:
            await self._slack.until(is_so, within_s=SLOWEST_S)
        except TimeoutError:
            self._screen.say(f"(not heard within {SLOWEST_S:.0f} seconds)")

    async def lines(self) -> None:
        """Take typed lines until there are no more."""
        self._screen.say(f"\n{HELP}\n", style="cyan")
        while (line := await asyncio.to_thread(_read, f"{YOU} in {PLACE}> ")) is not None:
            if line in {"quit", "exit"}:
                return
            if line:
                await self.line(line, is_echoed=False)

    async def line(self, line: str, *, is_echoed: bool = True) -> None:
        """Do what one line says; where the bot is spoken to, wait until it is heard."""
        if is_echoed:
            self._screen.typed(YOU, PLACE, line)
        before = {_key(message) for message in self._heard()}
        verb, _, rest = line.partition(" ")
        match verb:
            case "press" if rest in BUTTONS:
                if (card := self._newest(BUTTONS[rest])) is None:
                    self._screen.say("No card has such a button now.")
                    return
                await self._slack.press(card, BUTTONS[rest], YOU)
            case "press":
                self._screen.say("Buttons are pressed with: press refresh, press share, press id, press ack.")
                return
            case "pager":
                self._rings()
                return
            case "@relaybot":
                await self._slack.mention(YOU, PLACE, rest)
            case _ if line.startswith("/"):
                await self._slack.say(YOU, PLACE, line)
            case _:
                await self._order(line)
                return
        try:
            await self._slack.until(lambda: any(_key(message) not in before for message in self._heard()))
        except TimeoutError:
            self._screen.say("(nothing was heard for ten seconds)")
        self._show()

    def _rings(self) -> None:
        """Show what is called outside Slack."""
        for alert in self._pager.alerts:
            self._screen.say(f"PagerDuty: {alert.summary} ({alert.severity}, {alert.state})")
        for hook in self._pager.hooks:
            self._screen.say(f"webhook: {hook.type} · {hook.data['summary']}")
        if not self._pager.alerts and not self._pager.hooks:
            self._screen.say("Nothing was called outside Slack.")

    async def _order(self, line: str) -> None:
        """Do something to the stage, and say what is so then or why not."""
        try:
            self._screen.say(await self._prompt.take(line), style="")
        except PromptError as error:
            self._screen.say(str(error), style="yellow")
        if line.strip().lower() == "help":
            self._screen.say(HELP, style="cyan")

    async def _listen(self) -> None:
        while True:
            await self._slack.until(
                lambda: any(_key(message) not in self._shown for message in self._heard()), within_s=None
            )
            self._show()

    def _show(self) -> None:
        """Show what is new or was edited since the screen last showed something."""
        for message in self._heard():
            if _key(message) not in self._shown:
                self._shown.add(_key(message))
                self._screen.heard(message)

    def _newest(self, button: str) -> Message | None:
        """Find the newest message that has a button."""
        there = [message for message in self._heard() if button in message.buttons]
        return max(there, key=lambda message: message.ts, default=None)

    def _is_told(self, replies: int, state: str) -> bool:
        """Say whether the followed feed's card says that, with so many replies under it, and the bot has looked."""
        for card in self._heard():
            if not card.ephemeral_to and not card.thread_ts and card.text.startswith(f"{state} {FEED}"):
                is_looked_at = say("card.doubt.first") not in card.words
                return is_looked_at and len(self._slack.heard(PLACE, thread=card.ts)) >= replies
        return False

    def _is_heard(self, words: str, seen: set[tuple[str, int]]) -> bool:
        """Say whether something new says this."""
        news = (each for each in self._heard() if _key(each) not in seen)
        return not words or any(words in f"{each.text}\n{each.words}" for each in news)

    def _heard(self) -> list[Message]:
        return [*self._slack.heard(PLACE, to=YOU), *self._slack.heard(f"@{YOU}")]


def _key(message: Message) -> tuple[str, int]:
    return message.ts, message.edits


def _read(prompt: str) -> str | None:
    """Read a line; None at its end. Nothing is prompted for where nobody sits."""
    if sys.stdin.isatty():
        try:
            return input(prompt).strip()
        except EOFError:
            return None
    line = sys.stdin.readline()
    return line.strip() if line else None
