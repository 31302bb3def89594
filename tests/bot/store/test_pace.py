"""The pace row on both databases, on a clock that the test moves and on the database's own."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Double, bindparam, text

from adapters.contract import Api
from bot.domain.pace import LaneName, Later, Slot
from bot.domain.turn import Urgency
from bot.queue import pace
from bot.store.pace import Paces

if TYPE_CHECKING:
    from bot.domain.pace import Terms
    from bot.store.database import Database

SEED = 20261121
LANE = LaneName(provider="aliyun", budget="b", api=Api("DescribeLivePullToPush"))
BEAT = pace.terms(10, 0.5, Urgency.BEAT)  # 0.2 s between two slots
PERSON = pace.terms(10, 0.5, Urgency.PERSON)

GREEDY = """
import asyncio, json, sys
from bot.clock import now
from bot.domain.pace import Slot
from bot.domain.turn import Urgency
from bot.queue import pace
from bot.store.database import Database
from bot.store.pace import Paces
from tests.bot.store.test_pace import LANE

async def main(url, until):
    database = Database.open(url)
    paces, terms, slots = Paces(database), pace.terms(20, 0.9, Urgency.BEAT), []
    await paces.look(LANE)
    print("ready", flush=True)
    sys.stdin.readline()
    while len(slots) < until:
        answer = await paces.reserve(LANE, terms)
        if isinstance(answer, Slot):
            slots.append(now().timestamp() + answer.wait_s)
        await asyncio.sleep(answer.wait_s)
    print(json.dumps(slots))
    await database.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Clock:
    """A clock that the statements read."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def paces(self, database: Database) -> Paces:
        return Paces(database, clock=bindparam("clock", type_=Double(), callable_=lambda: self.now))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def paces(database: Database, clock: Clock) -> Paces:
    return clock.paces(database)


async def grab(paces: Paces, clock: Clock, terms: Terms, seconds: float) -> list[float]:
    """Take every slot that there is within so many seconds, and tell when each lies."""
    slots, end = [], clock.now + seconds
    while clock.now < end:
        answer = await paces.reserve(LANE, terms)
        if isinstance(answer, Slot):
            slots.append(clock.now + answer.wait_s)
        clock.now += max(answer.wait_s, 0.001)
    return slots


async def test_the_first_slot_is_free_and_the_next_is_an_interval_away(paces: Paces, clock: Clock):
    first = await paces.reserve(LANE, BEAT)
    second = await paces.reserve(LANE, BEAT)
    clock.now += 0.18
    third = await paces.reserve(LANE, BEAT)

    assert first == Slot(wait_s=0.0)
    assert second == Later(wait_s=pytest.approx(0.175, abs=1e-6))  # 25 ms early is early enough
    assert third == Slot(wait_s=pytest.approx(0.02, abs=1e-6))


async def test_asking_a_moment_early_loses_no_slot(paces: Paces, clock: Clock):
    slots = await grab(paces, clock, BEAT, 10.0)

    assert len(slots) == pytest.approx(50, abs=1)
    assert slots[-1] - slots[0] == pytest.approx(0.2 * (len(slots) - 1), abs=1e-4)


async def test_time_that_nobody_used_is_not_saved_up(paces: Paces, clock: Clock):
    await paces.reserve(LANE, BEAT)
    clock.now += 3_600.0

    answers = [await paces.reserve(LANE, BEAT) for _ in range(2)]

    assert answers == [Slot(wait_s=0.0), Later(wait_s=pytest.approx(0.175, abs=1e-6))]


async def test_a_person_reserves_up_to_five_seconds_ahead_and_a_beat_never(paces: Paces):
    greedy = replace(PERSON, interval_s=0.3, people_depth_s=1e9)
    people = [await paces.reserve(LANE, greedy) for _ in range(17)]

    beat, person = await paces.reserve(LANE, BEAT), await paces.reserve(LANE, greedy)

    assert [slot.wait_s for slot in people] == pytest.approx([0.3 * number for number in range(17)], abs=1e-5)
    assert beat == Later(wait_s=pytest.approx(5.1 - 0.025, abs=1e-5))
    assert person == Later(wait_s=pytest.approx(0.1, abs=1e-5))


async def test_people_have_half_and_are_told_when_there_is_more(paces: Paces, clock: Clock):
    slots = []
    while isinstance(answer := await paces.reserve(LANE, PERSON), Slot):
        slots.append(answer.wait_s)
    too_early = clock.now + answer.wait_s - 0.01
    in_time = clock.now + answer.wait_s + 0.001

    clock.now = too_early
    refused = await paces.reserve(LANE, PERSON)
    beat = await paces.reserve(LANE, BEAT)
    clock.now = in_time + 0.2
    granted = await paces.reserve(LANE, PERSON)

    assert len(slots) == 7
    assert isinstance(refused, Later)
    assert isinstance(beat, Slot)  # what people may not have, the beat may
    assert isinstance(granted, Slot)


@pytest.mark.parametrize("interval_s", [0.05, 0.2, 0.8])
async def test_people_never_have_more_than_half_of_any_ten_seconds(paces: Paces, clock: Clock, interval_s: float):
    terms = replace(PERSON, interval_s=interval_s)
    taken = await grab(paces, clock, terms, 12.0)
    clock.now += 7.3
    taken += await grab(paces, clock, terms, 25.0)

    most = max(sum(start <= slot <= start + 10.0 for slot in taken) for start in taken)

    assert 0.3 * 10.0 / interval_s < most <= 0.5 * 10.0 / interval_s


async def test_a_beats_slot_is_charged_to_people_until_their_half_is_spent(paces: Paces, clock: Clock):
    charged = []

    for _ in range(60):
        clock.now += 0.2
        assert isinstance(await paces.reserve(LANE, BEAT), Slot)
        if isinstance(await paces.charge(LANE, PERSON), Slot):
            charged.append(clock.now)
    most = max(sum(start <= at <= start + 10.0 for at in charged) for start in charged)
    refused = await paces.charge(LANE, PERSON)

    assert 20 <= most <= 25
    assert isinstance(refused, Later)
    assert refused.wait_s > 0


async def test_charges_and_reservations_are_one_account(paces: Paces):
    reserved = 0
    while isinstance(await paces.reserve(LANE, PERSON), Slot):
        reserved += 1

    assert reserved == 7
    assert isinstance(await paces.charge(LANE, PERSON), Later)


async def test_a_throttle_doubles_the_interval_and_grants_bring_it_back(paces: Paces, clock: Clock):
    await paces.reserve(LANE, BEAT)

    await paces.throttle(LANE, BEAT, 3.0)
    seen = await paces.look(LANE)
    refused = await paces.reserve(LANE, BEAT)
    person = await paces.reserve(LANE, PERSON)
    clock.now += 3.0
    slots = await grab(paces, clock, BEAT, 20.0)
    gaps = [later - earlier for earlier, later in pairwise(slots)]
    after = await paces.look(LANE)

    assert seen is not None
    assert (seen.interval_s, seen.throttled_for_s) == pytest.approx((0.4, 3.0), abs=1e-5)
    assert refused == Later(wait_s=pytest.approx(2.975, abs=1e-5))
    assert person == Slot(wait_s=pytest.approx(3.0, abs=1e-5))  # people may reserve behind the pause
    assert gaps[:3] == pytest.approx([0.4 * 0.95**2, 0.4 * 0.95**3, 0.4 * 0.95**4], abs=1e-4)
    assert gaps[-1] == pytest.approx(0.2, abs=1e-4)
    assert after is not None
    assert (after.interval_s, after.throttled_for_s) == pytest.approx((0.2, 0.0))


async def test_throttles_during_a_pause_prolong_it_and_halve_once(paces: Paces):
    for pause_s in (2.0, 5.0, 1.0):
        await paces.throttle(LANE, BEAT, pause_s)

    seen = await paces.look(LANE)

    assert seen is not None
    assert (seen.interval_s, seen.throttled_for_s) == pytest.approx((0.4, 5.0), abs=1e-5)


async def test_halving_and_pauses_have_an_end(paces: Paces, clock: Clock):
    for _ in range(10):
        await paces.throttle(LANE, BEAT, 3_600.0)
        seen = await paces.look(LANE)
        clock.now += 121.0

    assert seen is not None
    assert seen.interval_s == pytest.approx(0.2 * 16)
    assert seen.throttled_for_s == pytest.approx(120.0, abs=1e-5)


async def test_another_share_holds_from_the_next_slot_on(paces: Paces, clock: Clock):
    slower, faster = replace(BEAT, interval_s=1.0), replace(BEAT, interval_s=0.1)
    await paces.reserve(LANE, BEAT)

    slow = await grab(paces, clock, slower, 5.0)
    fast = await grab(paces, clock, faster, 30.0)

    assert slow[2] - slow[1] == pytest.approx(1.0, abs=1e-4)
    assert fast[-1] - fast[-2] == pytest.approx(0.1, abs=1e-4)


async def test_lanes_do_not_spend_from_one_another(paces: Paces):
    lanes = [
        LANE,
        replace(LANE, api=Api("DescribeLivePullToPushList")),
        replace(LANE, budget="c"),
        replace(LANE, provider="tencent"),
    ]

    answers = [await paces.reserve(lane, BEAT) for lane in lanes]

    assert answers == [Slot(wait_s=0.0)] * 4


async def test_nobody_has_seen_a_row_that_nobody_asked_for(paces: Paces):
    assert await paces.look(LANE) is None


@pytest.mark.parametrize("step_s", [1.1, 3_600.0, 86_400.0 * 365])
async def test_when_the_clock_steps_back_slots_go_on_and_do_not_overlap(paces: Paces, clock: Clock, step_s: float):
    unlimited = replace(PERSON, people_depth_s=1e9)
    ahead = [await paces.reserve(LANE, unlimited) for _ in range(5)]
    clock.now -= step_s

    after = [await paces.reserve(LANE, unlimited) for _ in range(3)]

    assert ahead[-1] == Slot(wait_s=pytest.approx(0.8, abs=1e-5))
    # Those that were given away lie where they lay for whoever sleeps until then: the next comes after them.
    assert [slot.wait_s for slot in after] == pytest.approx([1.0, 1.2, 1.4], abs=1e-4)


async def test_a_row_from_the_future_does_not_stop_the_beat(paces: Paces, clock: Clock, database: Database):
    await paces.reserve(LANE, BEAT)
    async with database.writing() as connection:
        await connection.execute(text("UPDATE paces SET granted_at = granted_at + 3600, tat = tat + 3600"))

    slots = await grab(paces, clock, BEAT, 10.0)

    assert len(slots) == pytest.approx(50, abs=2)


async def test_a_step_back_keeps_a_pause_and_peoples_half(paces: Paces, clock: Clock):
    while isinstance(await paces.reserve(LANE, PERSON), Slot):
        pass
    await paces.throttle(LANE, PERSON, 30.0)
    clock.now -= 3_600.0

    refused = await paces.reserve(LANE, BEAT)
    seen = await paces.look(LANE)

    assert refused == Later(wait_s=pytest.approx(29.975, abs=1e-4))
    assert seen is not None
    assert seen.throttled_for_s == pytest.approx(30.0, abs=1e-4)
    clock.now += 30.0
    assert isinstance(await paces.reserve(LANE, BEAT), Slot)
    assert isinstance(await paces.charge(LANE, PERSON), Slot)  # 30 s later their half is whole again


async def test_a_step_that_is_shorter_than_a_second_only_delays(paces: Paces, clock: Clock):
    await paces.reserve(LANE, BEAT)
    clock.now -= 0.9

    refused = await paces.reserve(LANE, BEAT)

    assert refused == Later(wait_s=pytest.approx(1.075, abs=1e-5))


async def test_both_databases_do_what_the_arithmetic_says(paces: Paces, clock: Clock):
    """500 random calls at random moments against the same arithmetic in Python."""
    print(f"seed {SEED}")  # noqa: T201
    chance = random.Random(SEED)  # noqa: S311
    tat = people_tat = until = 0.0
    interval_s = 0.2
    for _ in range(500):
        clock.now += chance.choice([0.0, 0.05, 0.19, 0.4, 2.0])
        now = clock.now
        terms = chance.choice([BEAT, PERSON])
        slot = max(now, tat, until)
        if chance.random() < 0.03:
            interval_s = interval_s if until > now else min(max(interval_s, 0.2) * 2, 3.2)
            until = max(until, now + 1.5)
            await paces.throttle(LANE, terms, 1.5)
            continue
        next_interval_s = max(0.2, interval_s * 0.95)
        cost = 2.5 * next_interval_s
        is_person = terms is PERSON
        soonest = slot - terms.horizon_s
        fits = soonest <= now and (not is_person or people_tat <= slot + max(0.0, 2.5 - cost))
        answer = await paces.reserve(LANE, terms)
        if fits:
            assert answer == Slot(wait_s=pytest.approx(slot - now, abs=1e-5))
            interval_s, tat = next_interval_s, slot + next_interval_s
            people_tat = max(people_tat, slot) + cost if is_person else people_tat
        else:
            soonest = max(soonest, people_tat - max(0.0, 2.5 - cost)) if is_person else soonest
            assert answer == Later(wait_s=pytest.approx(max(soonest - now, 0.0), abs=1e-5))


async def test_on_its_own_clock_the_row_paces_in_real_seconds(database: Database):
    """The only test here that takes time: the databases' clocks run, forward and in seconds."""
    paces, fast = Paces(database), pace.terms(100, 0.5, Urgency.BEAT)  # 20 ms
    started = asyncio.get_running_loop().time()
    slots, waits_s = 0, []

    while slots < 11:
        answer = await paces.reserve(LANE, fast)
        slots += isinstance(answer, Slot)
        waits_s.append(answer.wait_s)
        await asyncio.sleep(answer.wait_s)
    took = asyncio.get_running_loop().time() - started

    assert took >= 0.19
    assert max(waits_s) < 0.03  # after each wait the next slot is near again; how long a busy disk takes is not asked


async def test_processes_that_share_a_row_keep_one_pace(url: str):
    """Three greedy processes, 18 slots a second between them."""
    workers = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", GREEDY, url, "12", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(3)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert await worker.stdout.readline() == b"ready\n"

    told = await asyncio.gather(*(worker.communicate(b"go\n") for worker in workers))
    slots = sorted(slot for out, _ in told for slot in json.loads(out))
    span = slots[-1] - slots[0]

    assert len(slots) == 36
    assert span >= 35 / 18 - 0.05  # never faster than the pace, but for what it takes to read a clock
    assert all(len([slot for slot in slots if start <= slot < start + 1.0]) <= 20 for start in slots)
