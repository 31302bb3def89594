"""
A drill plays an outage that real judgement judges, and measures what came of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import TaskState
from bot.domain.drill import (
    IN_TIME,
    STOOD_STILL,
    Drill,
    OnCall,
    Outcome,
    Sent,
    closing,
    measure,
    opening,
    plan,
    rehearse,
    steps_from_json,
    steps_to_json,
)
from bot.domain.notice import DrillBody, Kind, Measured, PageBody, Step, from_json, to_json
from bot.domain.subscription import Place
from bot.domain.task import Why

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
RELAYS = Place(team="T0TEAM", channel="C0RELAYS")
BO = OnCall(id="U0BO", people=("U0BO",))


def drill(whom: OnCall | None = BO, *, has_rota: bool = True, pagers: tuple[str, ...] = ("night",)) -> Drill:
    return replace(plan(RELAYS, "U0ANN", whom=whom, has_rota=has_rota, pagers=pagers, now=NOW), id=7)


def all_sent(one: Drill, after: timedelta = 2 * SECOND) -> dict[str, Sent]:
    return {one.cause(step): Sent(at=one.began_at + after) for step in one.steps}


def ended(one: Drill, sent: dict[str, Sent], now: datetime = NOW + SECOND) -> Outcome:
    outcome = measure(one, sent, now)
    assert outcome is not None
    return outcome


def whys(outcome: Outcome) -> dict[Step, str]:
    return {step.step: step.why for step in outcome.steps if step.why}


def test_the_outage_is_judged_as_any_is_after_two_reads_that_agree():
    told, began = rehearse(NOW)

    assert (told.why, told.new, told.is_bad) == (Why.STOPPED, TaskState.STOPPED, True)
    assert told.bad_for is None
    assert NOW - began == SECOND


def test_a_drill_calls_whoever_is_on_call_and_every_pager():
    steps = [(step.step, step.who) for step in drill(pagers=("night", "day")).steps]

    assert steps == [
        (Step.JUDGED, ""),
        (Step.CARD, ""),
        (Step.THREAD, ""),
        (Step.CHANNEL, "U0BO"),
        (Step.DIRECT, "U0BO"),
        (Step.PAGER, "night"),
        (Step.PAGER, "day"),
    ]


@pytest.mark.parametrize(("has_rota", "why"), [(True, "gap"), (False, "no_rota")])
def test_where_nobody_is_on_call_that_is_what_failed_and_who_began_it_is_called(*, has_rota: bool, why: str):
    one = drill(None, has_rota=has_rota)

    assert {step.who for step in one.steps if step.step in {Step.CHANNEL, Step.DIRECT}} == {"U0ANN"}
    assert whys(ended(one, all_sent(one))) == {Step.ON_CALL: why}


def test_a_group_is_called_in_the_channel_and_each_of_it_in_person():
    steps = drill(OnCall(id="S0OPS", people=("U0BO", "U0CY"))).steps

    assert [step.who for step in steps if step.step is Step.CHANNEL] == ["S0OPS"]
    assert [step.who for step in steps if step.step is Step.DIRECT] == ["U0BO", "U0CY"]


def test_each_step_is_one_notice_in_a_place_of_its_own_and_none_is_about_a_task_or_an_incident():
    notices = opening(drill(), now=NOW)

    assert [(notice.kind, notice.place.channel) for notice in notices] == [
        (Kind.DRILL, "C0RELAYS"),
        (Kind.DRILL, "C0RELAYS"),
        (Kind.PAGE, "C0RELAYS"),
        (Kind.DIRECT, "U0BO"),
        (Kind.CALL, "pager:night"),
    ]
    assert len({notice.cause for notice in notices}) == len(notices)
    assert {(each.task, each.subscription, each.incident, each.response) for each in notices} == {(None,) * 4}
    assert {each.body.act for each in notices if isinstance(each.body, PageBody)} == {"drill"}
    assert all(from_json(to_json(notice.body)) == notice.body for notice in notices)


def test_while_something_may_still_come_in_time_there_is_no_outcome():
    one = drill()
    sent = all_sent(one) | {one.cause(one.steps[-1]): Sent()}

    assert measure(one, sent, one.ends_at - SECOND) is None
    assert whys(ended(one, sent, one.ends_at)) == {Step.PAGER: "waits"}


def test_what_came_is_measured_from_the_beginning_of_the_outage():
    one = drill()
    outcome = ended(one, all_sent(one, 2.5 * SECOND))

    assert [step.after for step in outcome.steps] == [SECOND, *[2.5 * SECOND] * 5]
    assert (whys(outcome), outcome.is_interrupted) == ({}, False)


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (Sent(code="user_disabled"), "user_disabled"),
        (Sent(at=NOW + IN_TIME), "late"),
        (None, "forgotten"),
    ],
)
def test_what_did_not_come_in_time_says_why(sent: Sent | None, why: str):
    one = drill()
    direct = next(step for step in one.steps if step.step is Step.DIRECT)
    all_but = {cause: each for cause, each in all_sent(one).items() if cause != one.cause(direct)}
    came = all_but if sent is None else all_but | {one.cause(direct): sent}

    assert whys(ended(one, came)) == {Step.DIRECT: why}


def test_a_drill_that_nobody_looked_at_in_time_was_interrupted():
    one = drill()

    assert not ended(one, all_sent(one), one.ends_at + STOOD_STILL).is_interrupted
    assert ended(one, all_sent(one), one.ends_at + STOOD_STILL + SECOND).is_interrupted


def test_the_end_is_the_table_and_one_line_under_it_and_what_was_called_is_told():
    one = drill()
    table, end, resolve = closing(one, ended(one, all_sent(one)), now=NOW + SECOND)

    assert isinstance(table.body, DrillBody)
    assert isinstance(end.body, DrillBody)
    assert isinstance(resolve.body, PageBody)
    assert (table.body.is_root, end.body.is_root, end.body.is_failed) == (True, False, False)
    assert (resolve.place.channel, resolve.body.act) == ("pager:night", "drill_over")
    assert {resolve.body.dedup_key} == {
        each.body.dedup_key for each in opening(one, now=NOW) if isinstance(each.body, PageBody)
    }


def test_where_the_channel_took_nothing_whoever_began_it_is_told():
    one = drill(pagers=())
    sent = {one.cause(step): Sent(code="is_archived") for step in one.steps}
    _, told = closing(one, ended(one, sent), now=NOW + SECOND)

    assert (told.kind, told.user) == (Kind.DIRECT, "U0ANN")


def test_steps_come_back_from_the_store_as_they_went_in():
    steps = (Measured(step=Step.JUDGED, after=SECOND), Measured(step=Step.PAGER, who="night", why="late"))

    assert steps_from_json(steps_to_json(steps)) == steps
