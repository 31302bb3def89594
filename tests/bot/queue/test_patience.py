"""What happens to a request that a cloud did not answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from adapters.errors import ClockSkew, ProviderError, Rejected, Throttled, Unreachable, Unreadable
from bot.domain.turn import Urgency
from tests.bot.queue.stage import STARTED_AT

if TYPE_CHECKING:
    from tests.bot.queue.stage import Stage

BEAT, PERSON = Urgency.BEAT, Urgency.PERSON


async def interval_s(stage: Stage) -> float:
    seen = await stage.paces.look(stage.lanes.figures()[0].name)
    assert seen is not None
    return seen.interval_s


@pytest.mark.parametrize("code", ["HTTP 502", "no reply"])  # said by the cloud; seen by the transport
async def test_an_unreachable_cloud_is_tried_three_times(stage: Stage, code: str):
    stage.cloud.script.extend([Unreachable(code)] * 5)

    with pytest.raises(Unreachable, match=code):
        await stage.time.run(stage.ask("t-42", urgency=PERSON))
    (figures,) = stage.lanes.figures()
    gaps = [later.at - earlier.at for earlier, later in pairwise(stage.cloud.sent)]

    assert len(stage.cloud.sent) == 3
    assert figures.retried == 2
    assert gaps == pytest.approx([0.25, 0.75], abs=0.01)  # 0.5 s x (0.5 + 0), 1 s x (0.5 + 0.25)
    assert len({sent.nonce for sent in stage.cloud.sent}) == 3
    assert stage.cloud.sent[1].signed_at > stage.cloud.sent[0].signed_at


async def test_a_cloud_that_comes_back_answers(stage: Stage):
    stage.cloud.script.extend([Unreachable("no reply"), Unreachable("HTTP 503")])

    answer = await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert answer.task_id == "t-42"


@pytest.mark.parametrize("error", [Rejected("InvalidParameter"), Unreadable("HTTP 200"), ClockSkew("Expired")])
async def test_what_asking_again_does_not_heal_is_not_asked_again(stage: Stage, error: ProviderError):
    stage.cloud.script.append(error)

    with pytest.raises(type(error)):
        await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert len(stage.cloud.sent) == 1


async def test_others_go_on_while_one_backs_off(stage: Stage):
    stage.cloud.script.append(Unreachable("HTTP 502"))
    asked = [stage.ask(number, urgency=BEAT) for number in range(6)]

    await stage.time.run(asyncio.gather(*asked))
    gaps = [later.at - earlier.at for earlier, later in pairwise(stage.cloud.sent)]

    assert stage.order() == ["0", "1", "0", "2", "3", "4", "5"]  # back after 0.25 s, and before those who came later
    assert gaps == pytest.approx([0.2] * 6, abs=1e-6)


async def test_a_throttle_halves_the_pace_of_all_and_each_grant_brings_some_of_it_back(stage: Stage):
    stage.cloud.script.append(Throttled("Throttling.User"))
    asked = [stage.ask(number, urgency=BEAT) for number in range(40)]

    await stage.time.settle(0.1)
    halved = await interval_s(stage)
    await stage.time.run(asyncio.gather(*asked))
    back = await interval_s(stage)
    ats = [sent.at for sent in stage.cloud.sent]
    gaps = [later - earlier for earlier, later in pairwise(ats)]

    assert halved == pytest.approx(0.4)
    assert gaps[0] == pytest.approx(1.0, abs=0.01)  # nobody is granted anything for the first second
    assert gaps[1:4] == pytest.approx([0.38, 0.361, 0.343], abs=0.001)
    assert gaps[-1] == pytest.approx(0.2, abs=1e-6)
    assert back == pytest.approx(0.2)
    assert (stage.lanes.figures()[0].throttled, stage.lanes.figures()[0].retried) == (1, 1)


async def test_throttles_of_requests_that_were_under_way_together_halve_once(stage: Stage):
    stage.cloud.latency_s = 1.0
    stage.cloud.script.extend([Throttled("Throttling")] * 5)  # all five are sent before the first is answered
    for number in range(5):
        stage.ask(number, urgency=BEAT)

    await stage.time.settle(1.9)

    assert await interval_s(stage) == pytest.approx(0.4)


async def test_a_cloud_that_names_a_pause_gets_it(stage: Stage):
    stage.cloud.script.append(Throttled("Throttling", retry_after=timedelta(seconds=7)))
    first, second = stage.ask("first", urgency=PERSON), stage.ask("second", urgency=BEAT)

    await stage.time.run(asyncio.gather(first, second))

    assert stage.order() == ["first", "first", "second"]
    assert stage.cloud.sent[1].at - stage.cloud.sent[0].at == pytest.approx(7.0, abs=0.01)


async def test_a_throttle_that_does_not_end_is_told_after_four_attempts(stage: Stage):
    stage.cloud.script.extend([Throttled("Throttling")] * 9)

    with pytest.raises(Throttled):
        await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert len(stage.cloud.sent) == 4


async def test_a_person_is_told_at_once_of_a_pause_that_is_longer_than_their_patience(stage: Stage):
    stage.cloud.script.append(Throttled("Throttling", retry_after=timedelta(minutes=10)))
    asked_at = stage.time.monotonic()

    with pytest.raises(Throttled) as told:
        await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert told.value.retry_after == timedelta(minutes=10)
    assert stage.time.monotonic() - asked_at < 0.01
    seen = await stage.paces.look(stage.lanes.figures()[0].name)
    assert seen is not None
    assert seen.throttled_for_s == pytest.approx(120.0, abs=0.1)  # believed no longer than that


async def test_a_clock_that_is_wrong_is_learnt_once_and_used_from_then_on(stage: Stage):
    ahead = timedelta(minutes=20)
    stage.cloud.script.append(ClockSkew("InvalidTimeStamp.Expired", server_at=STARTED_AT + ahead))

    await stage.time.run(stage.ask("t-42", urgency=PERSON))
    await stage.time.run(stage.ask("t-43", urgency=PERSON))
    signed_ahead = [sent.signed_at - STARTED_AT for sent in stage.cloud.sent]

    assert stage.order() == ["t-42", "t-42", "t-43"]
    assert signed_ahead == [
        timedelta(),
        pytest.approx(ahead + timedelta(seconds=0.2), abs=timedelta(milliseconds=1)),
        pytest.approx(ahead + timedelta(seconds=0.4), abs=timedelta(milliseconds=1)),
    ]


async def test_a_clock_that_is_not_believed_twice_is_told(stage: Stage):
    stage.cloud.script.extend([ClockSkew("Expired", server_at=STARTED_AT + timedelta(hours=1))] * 3)

    with pytest.raises(ClockSkew):
        await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert len(stage.cloud.sent) == 2


async def test_each_kind_of_trouble_has_its_own_attempts(stage: Stage):
    stage.cloud.script.extend(
        [Unreachable("HTTP 502"), ClockSkew("Expired", server_at=STARTED_AT), Unreachable("HTTP 502")]
    )

    answer = await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert answer.task_id == "t-42"
    assert len(stage.cloud.sent) == 4


async def test_a_page_that_fails_is_asked_again_and_the_walk_goes_on(stage: Stage):
    stage.cloud.pages = 3
    stage.cloud.script.extend([None, Unreachable("HTTP 502"), None])

    listing = await stage.time.run(stage.lanes.list(stage.account, "cn-shanghai", urgency=PERSON))

    assert listing.requests == 3
    assert stage.order() == ["page-0", "page-1", "page-1", "page-2"]
