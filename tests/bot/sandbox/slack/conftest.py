from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.door import Door
from bot.sandbox.faults import Answer

if TYPE_CHECKING:
    from bot.sandbox.clock import Clock
    from bot.sandbox.slack import Slack


class App:
    """Stands where the bot stands: keeps what it was sent, answers what it was told to."""

    def __init__(self, clock: Clock) -> None:
        self.calls = []
        self.says = Answer(body=b"")
        self.takes = timedelta(0)  # how long it takes to answer, on the moved clock
        self.clock = clock
        self.door = Door(
            answer=self.answer,
            fail=lambda fault, _call: Answer(status=fault.status),
            label=lambda _call: ("events", {}),
            calendar=clock,
            monotonic=clock.monotonic,
        )

    def answer(self, call: Any):
        self.calls.append(call)
        self.clock.move(self.takes)
        return self.says


@pytest.fixture
async def app(slack: Slack, clock: Clock):
    app = App(clock)
    await app.door.open()
    slack.people.door = f"{app.door.url}/slack/events"
    yield app
    await app.door.close()
