"""
A whole house: clouds, Slack and the bot in one event loop, on loopback, under one frozen calendar.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

import freezegun
import pytest

import bot.wiring.serving  # noqa: F401 - while the calendar is not frozen: models read its types as they are made
from bot import clock, wiring
from bot.sandbox.stage import Stage, open_stage
from tests.stories.following import Follow
from tests.stories.impatient import Impatient, attentive, pace_clock
from tests.stories.waking import Wake

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from pathlib import Path

    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.slack import Message, Slack
    from bot.web.door import Door

EVENING = "2026-11-21 20:00:00"


def pytest_asyncio_loop_factories(item: pytest.Function) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tell every story without waiting, but for those with a database server, whose work no loop sees."""
    if "fresh_postgres" in item.fixturenames:
        return {"patient": asyncio.SelectorEventLoop}
    return {"impatient": Impatient}


@dataclass(slots=True, kw_only=True)
class House:
    """Everything that stands."""

    stage: Stage
    door: Door
    folder: Path  # holds the database
    serving: AsyncExitStack = field(default_factory=AsyncExitStack)  # holds the bot
    serve: Callable[[], AbstractAsyncContextManager[Door]] | None = None  # None: it cannot be begun anew

    @property
    def slack(self) -> Slack:
        return self.stage.slack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.door.port}"

    def asked(self) -> int:
        """How many requests both clouds have received."""
        return len(self.stage.aliyun.door.ledger) + len(self.stage.tencent.door.ledger)

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Have the bot stopped for a while, and then begun anew on what it kept; clouds and Slack go on."""
        assert self.serve is not None
        await self.serving.aclose()
        yield
        self.door = await self.serving.enter_async_context(self.serve())
        self.stage.slack.people.door = f"{self.url}/slack/events"

    async def ask(self, line: str, *, user: str = "ann", channel: str = "#relays") -> Message:
        """Type a slash command and return what the person is then told; what the channel hears comes beside it."""
        before = len(self.told(user, channel))
        await self.slack.say(user, channel, line)
        await self.slack.until(lambda: len(self.told(user, channel)) > before)
        return self.told(user, channel)[before]

    def told(self, user: str, channel: str) -> list[Message]:
        """What one person alone was told in a channel, oldest first."""
        person = self.slack.workspace.person(user).id
        return [message for message in self.slack.heard(channel) if message.ephemeral_to == person]

    async def press(self, message: Message, action: str, *, user: str = "ann") -> Message:
        """Press a button and return what is new or was replaced."""
        seen = {(each.ts, each.edits) for each in self.slack.heard()}
        await self.slack.press(message, action, user)

        def news() -> list[Message]:
            return [each for each in self.slack.heard() if (each.ts, each.edits) not in seen]

        await self.slack.until(lambda: news() != [])
        return news()[0]


class Build(Protocol):
    """
    Builds a house.

    `more` overrides the environment, an empty value unsets; it may depend on the stage. `accounts` is the text of a
    configuration file, in which `ENDPOINT` stands for Alibaba Cloud's own; `monotonic` is the sandbox's, for what it
    counts in windows; `haste` is the bot's, where a story moves the calendar on.
    """

    def __call__(
        self,
        more: Mapping[str, str] | Callable[[Stage], Mapping[str, str]] | None = None,
        *,
        slack: Any = "http",
        patience_s: float = 5.0,
        accounts: str = "",
        monotonic: Callable[[], float] | None = None,
        haste: float = 1.0,
    ) -> AbstractAsyncContextManager[House]: ...


@pytest.fixture
def frozen() -> Iterator[FrozenDateTimeFactory]:
    """Freeze the calendar; `real_asyncio`, because a frozen monotonic clock hangs every event loop."""
    with freezegun.freeze_time(EVENING, real_asyncio=True, ignore=["_pytest"]) as moment:  # noqa: TID251 - the one place
        yield moment


@pytest.fixture(autouse=True)
def attention() -> Iterator[None]:
    """Let the loop see who uses a database."""
    with attentive():
        yield


@pytest.fixture
def build(frozen: FrozenDateTimeFactory, tmp_path: Path, migrated_sqlite: Path) -> Build:
    kept = shutil.copy(migrated_sqlite, tmp_path)  # to migrate an empty file takes longer than many a story

    @asynccontextmanager
    async def house(
        more: Mapping[str, str] | Callable[[Stage], Mapping[str, str]] | None = None,
        *,
        slack: Any = "http",
        patience_s: float = 5.0,
        accounts: str = "",
        monotonic: Callable[[], float] | None = None,
        haste: float = 1.0,
    ) -> AsyncIterator[House]:
        async with open_stage(calendar=clock.now, monotonic=monotonic) as stage:
            environment = {
                **stage.environment(slack=slack),
                "PORT": "0",
                "RELAYBOT_BIND": "127.0.0.1",
                "DATABASE_URL": f"sqlite:///{kept}",
                **(more(stage) if callable(more) else more or {}),
            }
            if accounts:
                file = tmp_path / "relaybot.toml"
                file.write_text(accounts.replace("ENDPOINT", f'endpoint = "{stage.aliyun.door.url}"'))
                environment["RELAYBOT_CONFIG"] = str(file)
            told, clock_of_pace = wiring.read_settings(environment), pace_clock(asyncio.get_running_loop())
            serve = partial(wiring.serve, told, patience_s=patience_s, haste=haste, pace_clock=clock_of_pace)
            async with AsyncExitStack() as serving:
                door = await serving.enter_async_context(serve())
                built = House(stage=stage, door=door, folder=tmp_path, serve=serve, serving=serving)
                stage.slack.people.door = f"{built.url}/slack/events"
                yield built

    return house


@pytest.fixture
def follow(build: Build, frozen: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture) -> Follow:
    """Let a channel follow a task, and hold in the end what must hold."""
    return Follow(build=build, frozen=frozen, logged=caplog)


@pytest.fixture
def wake(build: Build, frozen: FrozenDateTimeFactory, caplog: pytest.LogCaptureFixture) -> Wake:
    """Let a channel have somebody on call, and hold in the end what must hold."""
    return Wake(build=build, frozen=frozen, logged=caplog)


@pytest.fixture
async def house(build: Build) -> AsyncIterator[House]:
    async with build() as built:
        # On a busy machine a post may come so late that the next one follows within the second. What Slack refuses then
        # waits for a calendar that stands still.
        built.slack.api.per_second.most = 1_000
        yield built
