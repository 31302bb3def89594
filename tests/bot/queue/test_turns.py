"""Who gets a slot, and when."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from statistics import quantiles
from typing import TYPE_CHECKING

import pytest

from adapters.errors import Throttled
from bot.domain.turn import Urgency
from bot.store.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.bot.queue.stage import Stage

BEAT, PERSON = Urgency.BEAT, Urgency.PERSON


async def test_beats_go_in_the_order_they_came_and_evenly(stage: Stage):
    asked = [stage.ask(number, urgency=BEAT) for number in range(20)]

    await stage.time.run(asyncio.gather(*asked))
    gaps = [later.at - earlier.at for earlier, later in pairwise(stage.cloud.sent)]

    assert stage.order() == [str(number) for number in range(20)]
    assert gaps == pytest.approx([0.2] * 19, abs=1e-6)  # 10/s documented, half of it ours


async def test_people_go_before_beats_and_among_themselves_in_the_order_they_came(stage: Stage):
    beats = [stage.ask(f"beat-{number}", urgency=BEAT) for number in range(5)]
    await stage.time.settle()  # the first beat has its slot
    people = [stage.ask(f"person-{number}", urgency=PERSON) for number in range(3)]

    await stage.time.run(asyncio.gather(*beats, *people))

    assert stage.order() == [
        "beat-0", "person-0", "person-1", "person-2", "beat-1", "beat-2", "beat-3", "beat-4",
    ]  # fmt: skip


async def test_behind_a_thousand_beats_a_person_waits_for_one_at_most(raise_stage: Callable[..., Awaitable[Stage]]):
    """The pace row is on disk; tries are far enough apart that people's half is not spent."""
    stage = await raise_stage(on_disk=True)
    for number in range(1_000):
        stage.ask(f"beat-{number}", urgency=BEAT)
    turns = []

    for number in range(100):
        await stage.time.settle(0.5 + number % 20 / 100)  # at every phase of the 200 ms between two slots
        before = len(stage.cloud.sent)
        await stage.time.run(stage.ask(f"person-{number}", urgency=PERSON))
        turns.append(stage.order()[before:].index(f"person-{number}") + 1)

    assert max(turns) <= 2  # its own, and one beat's that had its slot already
    assert quantiles(turns, n=100)[98] <= 1.5


async def test_a_beats_slot_that_is_about_to_come_goes_to_the_person_who_comes_first(stage: Stage):
    for number in range(10):
        stage.ask(f"beat-{number}", urgency=BEAT)
    await stage.time.settle(0.19)  # the next slot is reserved for beat-1 and 10 ms away

    await stage.time.run(stage.ask("person", urgency=PERSON))

    assert stage.order() == ["beat-0", "person"]
    assert stage.cloud.sent[1].at - stage.cloud.sent[0].at == pytest.approx(0.2, abs=1e-6)


async def test_people_take_at_most_half_and_the_beat_has_the_rest(stage: Stage):
    for number in range(200):
        stage.ask(f"beat-{number}", urgency=BEAT)
        stage.ask(f"person-{number}", urgency=PERSON)

    await stage.time.settle(30.0)
    people = [sent.at for sent in stage.cloud.sent if sent.task.startswith("person")]
    most = max(sum(start <= at < start + 10.0 for at in people) for start in people)

    assert len(stage.cloud.sent) == pytest.approx(30.0 * 5, abs=2)  # nothing of the pace is lost
    assert 20 < most <= 25  # half of the 50 slots in ten seconds
    assert stage.order()[:7] == [f"person-{number}" for number in range(7)]  # who come together go together


async def test_a_late_person_is_charged_before_a_beats_slot_is_theirs(stage: Stage):
    """People come one by one, each at the moment when a beat holds the next slot: the half holds all the same."""
    for number in range(300):
        stage.ask(f"beat-{number}", urgency=BEAT)

    for number in range(100):
        await stage.time.settle(0.19)
        stage.ask(f"person-{number}", urgency=PERSON)
    await stage.time.settle(5.0)
    people = [sent.at for sent in stage.cloud.sent if sent.task.startswith("person")]
    most = max(sum(start <= at < start + 10.0 for at in people) for start in people)

    assert len(people) > 25
    assert most <= 25


async def test_a_waiter_who_goes_gives_the_slot_to_the_next(stage: Stage):
    asked = [stage.ask(number, urgency=BEAT) for number in range(4)]
    await stage.time.settle()
    asked[1].cancel()
    asked[2].cancel()

    await stage.time.run(asked[3])

    assert stage.order() == ["0", "3"]
    assert stage.cloud.sent[1].at - stage.cloud.sent[0].at == pytest.approx(0.2, abs=1e-6)


async def test_a_slot_that_was_reserved_for_a_person_who_went_goes_to_the_beat(stage: Stage):
    people = [stage.ask(f"person-{number}", urgency=PERSON) for number in range(3)]
    beat = stage.ask("beat", urgency=BEAT)
    await stage.time.settle(0.1)  # person-1's slot is reserved, 0.1 s ahead
    for person in people[1:]:
        person.cancel()

    await stage.time.run(beat)

    assert stage.order() == ["person-0", "beat"]
    assert stage.cloud.sent[1].at - stage.cloud.sent[0].at == pytest.approx(0.2, abs=1e-6)


async def test_each_api_has_a_lane_of_its_own(stage: Stage):
    describing = [stage.ask(number, urgency=BEAT) for number in range(3)]
    listing = [
        asyncio.create_task(stage.lanes.list(stage.account, "cn-shanghai", text, urgency=BEAT)) for text in "abc"
    ]

    started = stage.time.monotonic()
    await stage.time.run(asyncio.gather(*describing, *listing))

    assert stage.time.monotonic() - started == pytest.approx(0.4, abs=1e-6)
    assert [figures.name.api for figures in stage.lanes.figures()] == ["Describe", "List"]


async def test_nobody_waits_for_ever_in_a_lane_that_is_stopped(stage: Stage):
    stage.cloud.script.append(Throttled("Throttling", retry_after=None))
    await stage.time.settle()
    await stage.time.run(asyncio.wait({stage.ask("first", urgency=BEAT)}))
    name = stage.lanes.figures()[0].name
    terms = stage.lanes._lanes[name].terms[BEAT]
    for _ in range(3):
        await stage.paces.throttle(name, terms, 120.0)
    asked_at = stage.time.monotonic()

    with pytest.raises(Throttled, match="no turn came in time"):
        await stage.time.run(stage.ask("second", urgency=PERSON))

    assert 60.0 <= stage.time.monotonic() - asked_at <= 65.0


async def test_when_the_row_cannot_be_asked_all_who_wait_hear_why_and_the_next_try_anew(
    raise_stage: Callable[..., Awaitable[Stage]],
):
    broken = DatabaseUnavailable("the disk is full.", mend="Make room.")
    troubles: list[Exception] = [broken]

    async def reserve(*arguments: object) -> object:
        if troubles:
            raise troubles.pop()
        return await stage.paces.reserve(*arguments)

    stage = await raise_stage(reserve=reserve)
    asked = [stage.ask(number, urgency=urgency) for number, urgency in enumerate([BEAT, PERSON, BEAT])]

    heard = await stage.time.run(asyncio.gather(*asked, return_exceptions=True))
    again = await stage.time.run(stage.ask("again", urgency=PERSON))

    assert heard == [broken, broken, broken]
    assert again.task_id == "again"
