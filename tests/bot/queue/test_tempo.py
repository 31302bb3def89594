"""
How fast we speak in Slack, measured as Slack measures it, on both databases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Double, bindparam

from bot.domain.pace import Later
from bot.domain.subscription import Place
from bot.queue.tempo import Tempo
from bot.sandbox.limit import SlidingWindow
from bot.store.pace import Paces

if TYPE_CHECKING:
    from datetime import timedelta

    from bot.domain.pace import LaneName, Terms
    from bot.store.database import Database

TEAM = "T0"


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tempo(database: Database, clock: Clock) -> Tempo:
    paces = Paces(database, clock=bindparam("clock", type_=Double(), callable_=lambda: clock.now))
    return Tempo(paces.reserve, sleep=clock.sleep)


def place(channel: str = "C0") -> Place:
    return Place(team=TEAM, channel=channel)


async def test_a_channel_hears_one_message_in_any_second(tempo: Tempo, clock: Clock):
    began, slack = clock.now, SlidingWindow(1)
    for _ in range(20):
        assert await tempo.post(place()) is None

        assert slack.admit("C0", clock.now) == 0
    assert clock.now - began == pytest.approx(19 / 0.9, abs=0.1)


async def test_a_workspace_hears_four_posts_in_any_second_however_many_channels_speak(tempo: Tempo, clock: Clock):
    began, slack = clock.now, SlidingWindow(4)
    for number in range(40):
        assert await tempo.post(place(f"C{number}")) is None

        assert slack.admit(TEAM, clock.now) == 0
    assert clock.now - began == pytest.approx(39 / 4, abs=0.1)


async def test_a_workspace_sees_45_edits_in_any_minute(tempo: Tempo, clock: Clock):
    slack, began = SlidingWindow(50, 60.0), clock.now
    for number in range(100):
        assert await tempo.edit(place(f"C{number % 7}")) is None

        assert slack.admit(TEAM, clock.now) == 0
    assert clock.now - began == pytest.approx(99 * 60 / 45, abs=0.1)


async def test_an_edit_does_not_wait_for_posts(tempo: Tempo, clock: Clock):
    for number in range(3):
        await tempo.post(place(f"C{number}"))
    began = clock.now
    await tempo.edit(place())

    assert clock.now == began


async def test_another_workspace_has_its_own_turn(tempo: Tempo, clock: Clock):
    await tempo.post(place())
    began = clock.now
    await tempo.post(Place(team="T1", channel="C0"))

    assert clock.now == began


async def _waits(clock: Clock, *answers: float) -> timedelta | None:
    given = [Later(wait_s=wait_s) for wait_s in answers]

    async def reserve(_lane: LaneName, _terms: Terms) -> Later:
        return given.pop(0)

    return await Tempo(reserve, sleep=clock.sleep).edit(place())


async def test_a_turn_that_is_far_off_is_not_waited_for(clock: Clock):
    began = clock.now

    early = await _waits(clock, 30.0)

    assert early is not None
    assert (early.total_seconds(), clock.now) == (30.0, began)


async def test_a_turn_that_never_comes_is_waited_for_eight_seconds(clock: Clock):
    began = clock.now

    early = await _waits(clock, *([3.0] * 3))

    assert early is not None
    assert (early.total_seconds(), clock.now - began) == (3.0, 6.0)
