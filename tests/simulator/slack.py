"""
Slack: channels that keep what was posted, and lose replies. Bodies are kept as they are: cards are dressed elsewhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.domain.speech import Obstacle, Refused, Unsure
from bot.flows.deliver import Speech
from bot.queue import punctual
from tests.simulator.loop import nobodys

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.domain.notice import Body
    from bot.domain.speech import Saying
    from tests.simulator.history import Trouble

PATIENCE_S: Final = 10.0  # how long our client waits for an answer
AMBIGUOUS: Final = frozenset({"429 posted", "no reply", "500 posted"})  # Slack has it, and does not say so


@dataclass(kw_only=True)
class Message:
    """One message as it stands. `posted_at`, `body` of a card: as it was last edited."""

    channel: str
    ts: str
    key: str
    body: Body
    thread_ts: str
    in_channel: bool
    posted_at: float
    edits: int = 0


@dataclass
class Slack:
    """
    One workspace.

    Args:
        time: the history's.
        door: is passed by the process just before bytes leave and just after the answer came.
        trouble: what a call runs into just now.
        posted, edited: are told of each effect.
        reads_back: the history scopes were granted.
    """

    chance: random.Random
    time: Callable[[], float]
    door: Callable[[str], Awaitable[None]]
    trouble: Callable[[], Trouble | None]
    posted: Callable[[Message], None]
    edited: Callable[[Message, Body], None]
    reads_back: bool = True
    messages: dict[str, Message] = field(default_factory=dict)
    ambiguous: int = 0  # calls whose effect nobody was told of
    calls: int = 0

    @property
    def speech(self) -> Speech:
        """Return how a process speaks here."""
        return Speech(post=self.post, edit=self.edit, find=self.find, direct=self.direct)

    def heard(self, channel: str) -> list[Message]:
        """Return what stands in a channel, oldest first."""
        return [each for each in self.messages.values() if each.channel == channel]

    async def post(self, saying: Saying) -> str:
        await self.door("post")
        punctual.check()

        def effect() -> str:
            ts = f"{len(self.messages) + 1:06}"
            self.messages[ts] = message = Message(
                channel=saying.channel,
                ts=ts,
                key=saying.key,
                body=saying.body,
                thread_ts=saying.thread_ts,
                in_channel=saying.in_channel,
                posted_at=self.time(),
            )
            self.posted(message)
            return ts

        ts = await self._call(effect)
        await self.door("posted")
        return ts

    async def edit(self, _channel: str, ts: str, body: Body) -> None:
        await self.door("edit")
        punctual.check()

        def effect() -> str:
            message = self.messages[ts]
            self.edited(message, body)
            message.body, message.edits = body, message.edits + 1
            return ts

        await self._call(effect)
        await self.door("edited")

    async def find(self, saying: Saying, _since: datetime) -> str | None:
        await self.door("find")
        found = await self._call(lambda: self._look(saying.key))
        await self.door("found")
        return found or None

    async def direct(self, user: str) -> str:
        return f"D-{user}"

    def _look(self, key: str) -> str:
        """Say where a message with this key stands; without the scopes, nowhere."""
        return next((ts for ts, each in self.messages.items() if each.key == key), "") if self.reads_back else ""

    async def _call(self, effect: Callable[[], str]) -> str:
        """
        Let a call arrive, and its answer come back.

        What has left arrives, whatever becomes of the process that sent it: the effect is the world's.
        """
        self.calls += 1
        trouble = self.trouble()
        kind = trouble.kind if trouble is not None else ""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[str] = loop.create_future()
        delay_s = self.chance.uniform(0.02, 0.2) + (self.chance.uniform(0.5, 4.0) if kind == "slow" else 0.0)

        def arrive() -> None:
            has_effect = kind in {"", "slow"} or kind in AMBIGUOUS
            self.ambiguous += kind in AMBIGUOUS
            said = effect() if has_effect else ""
            if kind not in {"no reply", "no effect"} and not answer.done():
                loop.call_later(self.chance.uniform(0.02, 0.1), lambda: answer.done() or answer.set_result(said))

        nobodys().run(loop.call_later, delay_s, arrive)
        try:
            async with asyncio.timeout(PATIENCE_S):
                said = await answer
        except TimeoutError:
            raise Unsure from None
        match kind:
            case "429" | "429 posted":
                wait = timedelta(seconds=self.chance.choice((1, 3, 30)))
                raise Refused("ratelimited", obstacle=Obstacle.WAIT, retry_after=wait, is_certain=False)
            case "500" | "500 posted":
                raise Unsure
            case "refused":
                raise Refused("unreachable", obstacle=Obstacle.WAIT)
            case _:
                return said
