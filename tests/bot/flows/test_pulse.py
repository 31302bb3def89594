"""
The dead-man's switch hears from us while all is well, and not a moment longer.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Region
from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.subscription import Place
from bot.flows.pulse import Pulse
from bot.pager.door import Door
from bot.pager.heartbeat import signal
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fail
from bot.sandbox.pager import BEAT, Receiver
from bot.store.memory import Memory
from bot.wiring.database import nobody

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.store.database import Database

RELAYS = Place(team="T0SANDBOX", channel="C0RELAYS1")


@dataclass
class Ward:
    """A bot, and a switch that listens to it. `turns`: whether it is its turn to tell."""

    clock: Clock
    memory: Memory
    receiver: Receiver
    pulse: Pulse
    turns: list[bool] = field(default_factory=list)


@pytest.fixture
async def ward(database: Database) -> AsyncIterator[Ward]:
    clock, memory, turns = Clock(), Memory(database, wake=nobody), []
    receiver = Receiver(calendar=clock)
    await receiver.door.open()

    async def turn() -> bool:
        return turns.pop(0) if turns else True

    async with Door() as door:

        async def tell() -> str:
            return await signal(f"{receiver.door.url}{BEAT}", door)

        pulse = Pulse(memory=memory, turn=turn, signal=tell, now=clock)
        yield Ward(clock=clock, memory=memory, receiver=receiver, pulse=pulse, turns=turns)
    await receiver.door.close()


async def test_it_hears_that_all_is_well(ward: Ward):
    assert await ward.pulse.beat()
    assert ward.receiver.beats == 1


async def test_it_is_told_when_it_is_its_turn(ward: Ward):
    ward.turns.extend([True, False, True])

    told = [await ward.pulse.beat() for _ in range(3)]

    assert (told, ward.receiver.beats) == ([True, False, True], 2)


async def test_it_hears_nothing_while_a_call_is_not_delivered(ward: Ward, caplog: pytest.LogCaptureFixture):
    body = LineBody(key="oncall_clear", user="U0ANN00001")
    async with ward.memory.transaction() as tx:
        call = Notice(place=RELAYS, kind=Kind.DIRECT, cause="page:1", body=body, response=1, user="U0ANN00001")
        await tx.outbox.put(call, now=ward.clock())
    before = await ward.pulse.beat()
    ward.clock.move(timedelta(minutes=2, seconds=1))
    caplog.set_level(logging.INFO)
    stuck = [await ward.pulse.beat() for _ in range(2)]
    async with ward.memory.transaction() as tx:
        claim = await tx.outbox.claim_place(RELAYS, now=ward.clock(), lease=timedelta(seconds=30))
        assert claim is not None
        row = await tx.outbox.next(claim, now=ward.clock())
        assert row is not None
        await tx.outbox.settle(row, claim, ts="1.1", now=ward.clock())
    after = await ward.pulse.beat()

    assert (before, stuck, after) == (True, [False, False], True)
    assert ward.receiver.beats == 2
    said = [record.message for record in caplog.records if record.name == "bot.flows.pulse"]
    assert said == [
        "the dead-man's switch is not told that all is well: a call is not delivered, nothing that waits is said",
        "the dead-man's switch is told again that all is well",
    ]


async def test_it_hears_nothing_while_nobody_looks(ward: Ward):
    async with ward.memory.transaction() as tx:
        await tx.sweeps.ensure(AccountName("aliyun"), Region("cn-shanghai"), due_at=ward.clock())

    assert not await ward.pulse.beat()
    assert ward.receiver.beats == 0


async def test_a_switch_that_does_not_answer_is_said_once_and_its_address_never(
    ward: Ward, caplog: pytest.LogCaptureFixture
):
    ward.receiver.door.faults.plan(Fail("down", status=503), on="heartbeat", times=2)

    told = [await ward.pulse.beat() for _ in range(3)]

    assert told == [False, False, True]
    assert caplog.text.count("HTTP 503") == 1
    assert ward.receiver.door.url not in caplog.text
