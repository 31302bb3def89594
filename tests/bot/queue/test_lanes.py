"""Asking: single flight, answers that are given again, and what ends a question."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Listing, Region
from adapters.errors import AccessDenied, Throttled, Unreachable
from bot.domain.turn import Urgency
from bot.queue.flight import Withdrawn
from tests.bot.queue.stage import STARTED_AT, account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.bot.queue.stage import Stage

BEAT, PERSON = Urgency.BEAT, Urgency.PERSON
SHANGHAI = Region("cn-shanghai")


async def test_a_request_is_signed_when_it_is_sent_and_not_when_it_is_asked(stage: Stage):
    asked = [stage.ask(number, urgency=BEAT) for number in range(6)]

    await stage.time.run(asyncio.gather(*asked))

    assert [sent.signed_at - STARTED_AT for sent in stage.cloud.sent] == [
        pytest.approx(timedelta(seconds=0.2 * number), abs=timedelta(microseconds=5)) for number in range(6)
    ]
    assert len({sent.nonce for sent in stage.cloud.sent}) == 6


async def test_two_hundred_who_ask_the_same_at_once_are_one_request(stage: Stage):
    stage.cloud.latency_s = 0.3
    admitted = []

    answers = await stage.time.run(
        asyncio.gather(*(stage.ask("t-42", urgency=PERSON, admit=lambda: admitted.append(1)) for _ in range(200)))
    )
    (figures,) = stage.lanes.figures()

    assert stage.order() == ["t-42"]
    assert len({id(answer) for answer in answers}) == 1
    assert len(admitted) == 1  # joiners cost nobody's allowance
    assert (figures.sent, figures.joined, figures.reused) == (1, 199, 0)


async def test_an_answer_is_given_again_for_five_seconds_and_tells_its_age(stage: Stage):
    first = await stage.time.run(stage.ask("t-42", urgency=BEAT))
    await stage.time.settle(4.9)

    again = await stage.time.run(stage.ask("t-42", urgency=PERSON, admit=lambda: pytest.fail("a free answer")))
    age = stage.time.now() - again.taken_at
    await stage.time.settle(0.2)
    anew = await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert again is first
    assert age == pytest.approx(timedelta(seconds=4.9), abs=timedelta(milliseconds=5))
    assert anew.taken_at > first.taken_at
    assert stage.lanes.figures()[0].reused == 1


async def test_old_answers_are_forgotten(stage: Stage):
    for number in range(50):
        await stage.time.run(stage.ask(number, urgency=BEAT))

    assert len(stage.lanes._memory._kept) <= 27  # five a second for five seconds, and the edges


async def test_fresh_reads_anew(stage: Stage):
    await stage.time.run(stage.ask("t-42", urgency=PERSON))

    await stage.time.run(stage.ask("t-42", urgency=PERSON, fresh=True))

    assert stage.order() == ["t-42", "t-42"]


async def test_fresh_joins_a_question_that_has_not_left_yet(stage: Stage):
    asked = [stage.ask(task, urgency=BEAT) for task in ("other", "t-42")]
    await stage.time.settle()

    fresh = stage.ask("t-42", urgency=BEAT, fresh=True)
    await stage.time.run(asyncio.gather(*asked, fresh))

    assert stage.order() == ["other", "t-42"]


async def test_fresh_does_not_join_a_question_that_has_left(stage: Stage):
    stage.cloud.latency_s = 1.0
    early = stage.ask("t-42", urgency=BEAT)
    await stage.time.settle()
    fresh = stage.ask("t-42", urgency=BEAT, fresh=True)
    await stage.time.settle()
    late = stage.ask("t-42", urgency=BEAT)

    answers = await stage.time.run(asyncio.gather(early, fresh, late))
    kept = await stage.time.run(stage.ask("t-42", urgency=BEAT))

    assert stage.order() == ["t-42", "t-42"]
    assert answers[1].taken_at > answers[0].taken_at
    assert answers[2] is answers[1]  # who comes later joins the newest
    assert kept is answers[1]


async def test_a_walk_that_began_earlier_and_ends_later_does_not_replace_a_newer_one(stage: Stage):
    broken = Unreachable("HTTP 502")
    stage.cloud.pages = 2
    stage.cloud.script.extend([None, broken, None, broken])  # the early walk's second page takes three attempts
    early = asyncio.create_task(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT))
    await stage.time.settle()

    fresh = await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT, fresh=True))
    is_early_under_way = not early.done()
    await stage.time.run(early)
    kept = await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT))

    assert is_early_under_way
    assert kept is fresh


async def test_a_person_who_joins_a_beats_question_makes_it_urgent(stage: Stage):
    beats = [stage.ask(number, urgency=BEAT) for number in range(20)]
    await stage.time.settle()

    await stage.time.run(stage.ask(15, urgency=PERSON))
    await stage.time.run(asyncio.gather(*beats))

    assert stage.order() == ["0", "15", *(str(number) for number in range(1, 20) if number != 15)]


async def test_a_person_who_joins_while_a_beats_question_backs_off_is_served_as_a_person(stage: Stage):
    stage.cloud.script.append(Unreachable("HTTP 502"))
    beats = [stage.ask(number, urgency=BEAT) for number in range(20)]
    await stage.time.settle(0.05)

    person = stage.ask(0, urgency=PERSON)
    await stage.time.run(person)

    assert stage.order()[-1] == "0"
    assert len(stage.order()) <= 4  # 0, those of the back-off, and 0 again
    await stage.time.run(asyncio.gather(*beats))


async def test_an_asker_who_goes_takes_nothing_from_the_others(stage: Stage):
    stage.cloud.latency_s = 1.0
    first, second = stage.ask("t-42", urgency=PERSON), stage.ask("t-42", urgency=PERSON)
    await stage.time.settle()
    first.cancel()

    answer = await stage.time.run(second)

    assert answer.task_id == "t-42"
    assert first.cancelled()


async def test_when_all_askers_have_gone_the_question_is_not_sent_and_may_be_asked_again(stage: Stage):
    stage.ask("other", urgency=BEAT)
    await stage.time.settle()
    gone = [stage.ask("t-42", urgency=BEAT) for _ in range(2)]
    await stage.time.settle()
    for asker in gone:
        asker.cancel()
    await asyncio.sleep(0)  # cancelled, and not yet cleared away

    again = stage.ask("t-42", urgency=BEAT)
    answer = await stage.time.run(again)

    assert answer.task_id == "t-42"
    assert stage.order() == ["other", "t-42"]


async def test_a_refusal_is_the_same_for_all_and_is_not_kept(stage: Stage):
    denied = AccessDenied("Forbidden.RAM", request_id="R1", action="live:Describe")
    stage.cloud.script.append(denied)

    heard = await stage.time.run(
        asyncio.gather(*(stage.ask("t-42", urgency=PERSON) for _ in range(3)), return_exceptions=True)
    )
    answer = await stage.time.run(stage.ask("t-42", urgency=PERSON))
    (figures,) = stage.lanes.figures()

    assert heard == [denied] * 3
    assert answer.task_id == "t-42"
    assert (figures.last_error, figures.last_request_id) == ("AccessDenied: Forbidden.RAM", "R1")
    assert figures.last_error_at == STARTED_AT


async def test_who_may_not_ask_costs_nothing(stage: Stage):
    class TooMany(Exception):
        pass

    def refuse() -> None:
        raise TooMany

    with pytest.raises(TooMany):
        await stage.time.run(stage.ask("t-42", urgency=PERSON, admit=refuse))
    await stage.time.run(stage.ask("t-42", urgency=PERSON))

    assert stage.order() == ["t-42"]


async def test_a_list_is_walked_page_by_page_each_in_its_turn_and_kept_like_an_answer(stage: Stage):
    stage.cloud.pages = 3
    counted = []

    first = await stage.time.run(
        stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT, admit=lambda: counted.append(1))
    )
    again = await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=PERSON))
    other = await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, "main", urgency=PERSON))

    assert isinstance(first, Listing)
    assert again is first
    assert other is not first
    assert stage.order() == ["page-0", "page-1", "page-2"] * 2
    assert stage.cloud.sent[2].at - stage.cloud.sent[0].at == pytest.approx(0.4, abs=1e-6)
    assert counted == [1]


async def test_a_long_walk_is_as_old_as_its_first_page(stage: Stage):
    stage.cloud.pages, stage.cloud.latency_s = 4, 2.0
    await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT))

    await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT))

    assert len(stage.cloud.sent) == 8


async def test_no_page_is_asked_for_after_the_asker_may_not_go_on(stage: Stage):
    stage.cloud.pages = 3
    answers = iter([True, True, False])

    async def may_go_on() -> bool:
        return next(answers)

    with pytest.raises(Withdrawn):
        await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT, fresh=True, may_go_on=may_go_on))
    asked = stage.order()
    again = await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT))

    assert asked == ["page-0", "page-1"]
    assert again.requests == 3
    assert stage.order()[2:] == ["page-0", "page-1", "page-2"]  # half a walk is no answer


async def test_who_may_not_go_on_leaves_the_walk_to_those_who_joined(stage: Stage):
    stage.cloud.pages = 2
    asked = []

    async def may_go_on() -> bool:
        asked.append(len(stage.cloud.sent))
        return not asked[1:]

    beat = asyncio.create_task(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT, fresh=True, may_go_on=may_go_on))
    await stage.time.settle()
    person = asyncio.create_task(stage.lanes.list(stage.account, SHANGHAI, urgency=PERSON))
    listing = await stage.time.run(person)

    assert stage.order() == ["page-0", "page-1"]
    assert await beat is listing
    assert asked == [0]  # nobody needs to know any more


async def test_a_person_who_joins_while_the_beat_asks_whether_it_may_go_on_is_answered(stage: Stage):
    stage.cloud.pages = 2
    is_asked, may_answer = asyncio.Event(), asyncio.Event()

    async def may_go_on() -> bool:
        is_asked.set()
        await may_answer.wait()
        return False

    beat = asyncio.create_task(stage.lanes.list(stage.account, SHANGHAI, urgency=BEAT, fresh=True, may_go_on=may_go_on))
    await stage.time.settle()
    assert is_asked.is_set()
    person = asyncio.create_task(stage.lanes.list(stage.account, SHANGHAI, urgency=PERSON))
    await stage.time.settle()
    may_answer.set()

    assert (await stage.time.run(person)).requests == 2
    assert await beat is await person


async def test_a_cloud_without_a_list_says_so(raise_stage: Callable[..., Awaitable[Stage]]):
    stage = await raise_stage(lists=False)

    with pytest.raises(LookupError, match="cloud has no list"):
        await stage.time.run(stage.lanes.list(stage.account, SHANGHAI, urgency=PERSON))


async def test_a_conversation_that_needs_no_request_is_answered_at_once(stage: Stage):
    stage.cloud.pages = 0

    listing = await stage.time.run(
        stage.lanes.list(stage.account, SHANGHAI, urgency=PERSON, admit=lambda: pytest.fail("nothing is read"))
    )

    assert listing.requests == 0


async def test_accounts_of_one_budget_share_a_lane_and_the_smaller_share(
    raise_stage: Callable[..., Awaitable[Stage]],
):
    stage = await raise_stage(account("one", "b", 0.8), account("two", "b", 0.2), account("other", "c", 0.8))
    started = stage.time.monotonic()

    for name in ("one", "two", "other"):
        stage.account = AccountName(name)
        for number in range(3):
            stage.ask(f"{name}-{number}", urgency=BEAT)
    await stage.time.settle(3.0)
    shared = [sent.at - started for sent in stage.cloud.sent if not sent.task.startswith("other")]
    own = [sent.at - started for sent in stage.cloud.sent if sent.task.startswith("other")]

    assert shared == pytest.approx([0.0, 0.5, 1.0, 1.5, 2.0, 2.5], abs=1e-6)  # 10/s x 0.2
    assert own == pytest.approx([0.0, 0.125, 0.25], abs=1e-6)  # 10/s x 0.8


async def test_closing_answers_those_who_wait_and_leaves_no_task_behind(stage: Stage):
    stage.cloud.is_silent = True
    asked = [stage.ask(number, urgency=BEAT) for number in range(3)]
    asked += [stage.ask(0, urgency=BEAT, fresh=True)]
    await stage.time.settle()
    asked += [stage.ask(0, urgency=PERSON, fresh=True)]  # a second flight to the same question
    await stage.time.settle()

    await stage.lanes.close()
    heard = await asyncio.gather(*asked, return_exceptions=True)
    left = [task.get_name() for task in asyncio.all_tasks() if "flight" in task.get_name() or "pump" in task.get_name()]

    assert [type(error) for error in heard] == [Unreachable] * 5
    assert "relaybot is stopping" in str(heard[0])
    assert left == []
    with pytest.raises(Unreachable, match="relaybot is stopping"):
        await stage.lanes.ask(stage.ref("late"), urgency=PERSON)


async def test_figures_count_who_waits(stage: Stage):
    for number in range(7):
        stage.ask(number, urgency=BEAT)
    await stage.time.settle()

    (figures,) = stage.lanes.figures()

    assert (figures.waiting, figures.sent) == (6, 1)
    assert str(figures.name) == "cloud/b/Describe"


async def test_one_refusal_loses_one_answer_of_many(stage: Stage):
    stage.cloud.script.extend([None] * 20 + [AccessDenied("Forbidden")])

    heard = await stage.time.run(
        asyncio.gather(*(stage.ask(number, urgency=BEAT) for number in range(50)), return_exceptions=True)
    )

    assert [number for number, answer in enumerate(heard) if isinstance(answer, AccessDenied)] == [20]
    assert not any(isinstance(answer, Throttled) for answer in heard)
