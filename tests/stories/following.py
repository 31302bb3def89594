"""
A channel that follows one task while time flies: what is done to the task, what the channel was told, what is kept.

Sixty seconds of the calendar take five real ones. The loop's timers are fast, so patience is for all parts alike; the
calendar is moved along; and what the database's own clock has reserved is moved back by as much, because that clock
cannot be moved.
"""

from __future__ import annotations

import asyncio
import inspect
import selectors
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

from bot import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from conftest import House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.aliyun import AliyunCloud
    from bot.sandbox.slack import Message
    from bot.sandbox.tencent import TencentCloud

SPEED = 12.0
TASK = "backup-en"
NAME = "Backup, English"
SOON = 60.0  # seconds of the calendar after a fault's end, by which the channel is right again
STRIDE = 50.0
STATES = ("RETRYING", "STOPPED", "RUNNING", "ENDED", "UNKNOWN", "NOT FOUND")


class _Selector(selectors.DefaultSelector):  # type: ignore[misc,valid-type]  # its type depends on the machine
    speed = 1.0

    def select(self, timeout: float | None = None) -> Any:
        return super().select(timeout if timeout is None else timeout / self.speed)


class Swift(asyncio.SelectorEventLoop):
    """An event loop whose seconds become short when it is told so."""

    def __init__(self) -> None:
        self._waiting = _Selector()
        self._began, self._ahead = 0.0, 0.0
        super().__init__(self._waiting)

    def time(self) -> float:
        return self._ahead + (super().time() - self._began) * self._waiting.speed

    def go(self, speed: float) -> None:
        """Let its seconds be so many times shorter from now on."""
        self._ahead, self._began = self.time(), super().time()
        self._waiting.speed = speed


def swiftly(story: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on a swift loop of its own."""

    @wraps(story)
    def test(*args: Any, **named: Any) -> None:
        with asyncio.Runner(loop_factory=Swift) as runner:
            runner.run(story(*args, **named))

    test.__signature__ = inspect.signature(story)  # type: ignore[attr-defined]  # by which pytest hands in fixtures
    del test.__wrapped__  # type: ignore[attr-defined]  # pytest-asyncio would see a coroutine function behind it
    return test


@dataclass(slots=True, kw_only=True)
class Following:
    """One channel, one task."""

    house: House
    frozen: FrozenDateTimeFactory
    channel: str = "#relays"
    task: str = TASK
    name: str = NAME
    account: str = "aliyun"
    cloud: AliyunCloud | TencentCloud | None = None  # Alibaba's by default

    async def live(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass while everything runs."""
        passed = 0.0
        while passed < seconds:
            await self._tick(step)
            passed += step

    async def until(self, is_true: Callable[[], Any], *, within: float = SOON) -> float:
        """
        Let time pass until something is so; return how many seconds of the calendar that took.

        It passes in long strides while all that is to be said was put off for long.
        """
        began = clock.now()
        while not is_true():
            took = (clock.now() - began).total_seconds()
            assert took < within, f"not so after {took:.0f} s: {self.story()}; waiting {self.waiting()}"
            await self._tick(STRIDE if self._rests() else 1.0)
        return (clock.now() - began).total_seconds()

    async def _tick(self, step: float) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, Swift)
        loop.go(SPEED)
        began = loop.time()
        await asyncio.sleep(1.0)
        self.frozen.tick(timedelta(seconds=step))
        real = (loop.time() - began) / SPEED
        await asyncio.to_thread(self._age, step - real)
        loop.go(1.0)

    def _rests(self) -> bool:
        """Say whether nothing is to be said within the next stride."""
        ((soonest, later, rest),) = self.rows(
            "SELECT min(not_before), sum(not_before IS NOT NULL AND state <> 'sending'),"
            " sum(not_before IS NULL AND state <> 'pending') FROM notices WHERE settled_at IS NULL"
        )
        if not later or rest:
            return False
        return datetime.fromisoformat(soonest).replace(tzinfo=UTC) - clock.now() > timedelta(seconds=STRIDE + 10)

    def _age(self, seconds: float) -> None:
        """Let what was reserved on the database's clock come nearer."""
        with closing(sqlite3.connect(self.house.folder / "relaybot.db", timeout=30)) as database, database:
            database.execute(
                "UPDATE paces SET tat = tat - :s, people_tat = people_tat - :s, throttled_until = throttled_until - :s,"
                " granted_at = granted_at - :s",
                {"s": seconds},
            )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.house.folder / "relaybot.db", timeout=30)) as database:
            return database.execute(query).fetchall()

    def waiting(self) -> list[tuple[Any, ...]]:
        """What lies in the outbox and is not said yet."""
        return self.rows("SELECT kind, cause, state, code, attempts FROM notices WHERE settled_at IS NULL ORDER BY id")

    def says(self, word: str, reason: str = "") -> None:
        """From now on the cloud says that of the task."""
        (self.cloud or self.house.stage.aliyun).story.override(self.task, word, reason, now=clock.now())

    async def subscribe(self) -> None:
        """Follow the task, without waiting for what the channel is told."""
        answer = await self.house.ask(f"/relay subscribe {self.account} {self.task}", channel=self.channel)
        assert answer.words.startswith("This channel follows "), answer.words

    def cards(self) -> list[Message]:
        """The task's cards as they stand now."""
        return [
            message
            for message in self.house.slack.heard(self.channel)
            if not message.ephemeral_to and not message.thread_ts and _is_card(message.words.split("\n")[0], self.name)
        ]

    def lines(self) -> list[str]:
        """What else was said in the channel."""
        cards = {card.ts for card in self.cards()}
        return [
            message.words
            for message in self.house.slack.heard(self.channel)
            if not message.ephemeral_to and not message.thread_ts and message.ts not in cards
        ]

    def replies(self) -> list[Message]:
        """What was said in threads, oldest first."""
        return [message for message in self.house.slack.heard(self.channel) if message.thread_ts]

    def story(self) -> list[str]:
        """The states that the thread tells, oldest first."""
        return [_state(message.words) for message in self.replies()]

    def shows(self, state: str) -> bool:
        """Say whether the newest card shows this state, and no doubt about it."""
        words = self.cards()[-1].words if self.cards() else ""
        return _state(words) == state and "making sure" not in words and "Not seen since" not in words

    def is_told(self, *states: str) -> bool:
        """Say whether the thread tells exactly these states, the card shows the last one, and nothing waits."""
        last = states[-1] if states else "RUNNING"
        return self.story() == list(states) and self.shows(last) and not self.waiting()

    def incidents(self) -> list[tuple[Any, ...]]:
        """The task's incidents: why, and why closed (empty: open)."""
        return self.rows("SELECT why, closed_why FROM incidents WHERE scope = 'task' ORDER BY id")

    def check(self, *states: str, accounts: int = 0, cards: int = 1) -> None:
        """
        Hold everything that was said and kept against the invariants.

        Args:
            states: what the thread must tell, each exactly once and in this order.
            accounts: how many incidents of a blind account there were.
            cards: how many stand; the newest is the one that is right.
        """
        assert len(self.cards()) == cards
        assert self.story() == list(states)
        assert self.is_told(*states)
        assert sum("subscribed" in line for line in self.lines()) == 1
        told = self.rows("SELECT count(*) FROM notices WHERE kind IN ('reply', 'channel') AND state = 'done'")
        assert told == [(len(states),)]
        keys = [message.metadata["event_payload"]["key"] for message in self.replies() if message.metadata]
        assert len(set(keys)) == len(states)
        most = self.rows(
            "SELECT max(n) FROM (SELECT count(*) AS n FROM incidents WHERE scope = 'task' AND closed_at IS NULL"
            " GROUP BY task)"
        )
        assert most[0][0] in {None, 1}
        assert self.rows("SELECT count(*) FROM incidents WHERE scope <> 'task'") == [(accounts,)]
        self.check_secrets()

    def check_secrets(self) -> None:
        """No planted key or credential stands anywhere: neither in Slack nor in what is kept."""
        said = "\n".join(repr(message) for message in self.house.slack.transcript())
        kept = b"".join(file.read_bytes() for file in sorted(self.house.folder.glob("relaybot.db*")))
        assert [secret for secret in self.house.stage.secrets if secret in said or secret.encode() in kept] == []


def _is_card(first_line: str, name: str) -> bool:
    return name in first_line and any(state in first_line for state in STATES)


def _state(words: str) -> str:
    """Return the state that a message names first."""
    first = words.split("\n", maxsplit=1)[0]
    return min((state for state in STATES if state in first), key=first.index, default=first)
