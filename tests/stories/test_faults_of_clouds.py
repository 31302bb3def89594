"""
Whatever a cloud does, no change is lost or told twice, and our own blindness is never told as trouble of a task.

A channel follows a task that goes down and runs again. Each fault strikes three times: when the channel begins to
follow, when the task is down, and when it runs again. When the story is over, `invariants` are held.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.sandbox import aliyun, tencent
from bot.sandbox.faults import Alter, Answer, Drop, Fail, Hang, Stale, Truncate, html, misshapen
from tests.stories.following import BY_AND_BY, Following, once_in_fifty

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.faults import Fault
    from tests.stories.following import Follow

WATCHED: Final = {"aliyun": aliyun.LIST, "tencent": tencent.API}  # by which the watch sees a task
TURN: Final = {"aliyun": 30.0, "tencent": 60.0}  # seconds: how soon at the latest it looks, in trouble as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault. `verdict` is what the cloud's ledger says of it; `lasts` how long the cloud asks for patience."""

    sentence: str
    fault: Fault
    verdict: str
    times: int = 3
    lasts: float = 0.0


def throttled(seconds: int | None) -> Fault:
    return Fail("Throttling.User", retry_after=None if seconds is None else timedelta(seconds=seconds))


def with_more(body: Any) -> Any:
    """Add to a page, and to each of its tasks, what no page of the vendor's tells of."""
    if "Response" in body:
        return {**body, "New": 1, "Response": {**body["Response"], "New": {"a": [None]}}}
    return {**body, "New": None, "TaskList": [{**task, "New": {"a": [1]}} for task in body["TaskList"]]}


def with_nulls(body: Any) -> Any:
    """Null whatever a page tells, but for which task it is of."""
    if "Response" in body:
        return {"Response": dict.fromkeys(body["Response"])}
    nothing = [{**dict.fromkeys(task), "TaskId": task["TaskId"]} for task in body["TaskList"]]
    return {**body, "TaskList": nothing}


def saying(task: str, state: object) -> Callable[[Any], Any]:
    """Let a list, or the answer about one task, say that of a task."""

    def change(body: Any) -> Any:
        if "Response" in body:
            return {"Response": {**body["Response"], "Status": state}}
        return {
            **body,
            "TaskList": [
                {**each, "TaskStatus": state} if each["TaskId"] == task else each for each in body["TaskList"]
            ],
        }

    return change


def of_nothing(body: Any) -> Any:
    """Empty a list, and let it say that this is all."""
    return {**body, "Total": 0, "TaskList": []}


def without_first(body: Any) -> Any:
    """Let a list be without all tasks but its last one, and say that this is all."""
    return {**body, "Total": 1, "TaskList": body["TaskList"][-1:]}


UNREACHABLE = (
    Row(sentence="connections break", fault=Drop(), verdict="dropped"),
    Row(sentence="connections break when all is done", fault=Drop(done=True), verdict="dropped"),
    Row(sentence="an internal error", fault=Fail("InternalError"), verdict="InternalError"),
    Row(sentence="503", fault=Fail("ServiceUnavailable", status=503), verdict="ServiceUnavailable"),
    Row(sentence="a proxy's page", fault=html(), verdict="HTTP 502"),
    Row(sentence="429 of a gateway", fault=Answer(status=429, verdict="429"), verdict="429", times=2),
)
UNREADABLE = (
    Row(sentence="a page that says 200", fault=html(200), verdict="HTTP 200"),
    Row(sentence="half of the answer", fault=Truncate(), verdict="truncated"),
    Row(sentence="null", fault=misshapen(None), verdict="misshapen"),
    Row(sentence="an empty object", fault=misshapen({}), verdict="misshapen"),
    Row(sentence="null in every field", fault=Alter(with_nulls), verdict="altered"),
)
ODD = (
    Row(sentence="fields that nobody knows", fault=Alter(with_more), verdict="altered"),
    Row(sentence="a replica that lags behind", fault=Stale(timedelta(minutes=3)), verdict="stale", times=2),
)
OF_ALIYUN = (
    *UNREACHABLE,
    *UNREADABLE,
    *ODD,
    Row(sentence="a list of nothing", fault=Alter(of_nothing), verdict="altered", times=1),
    Row(sentence="a list without the task", fault=Alter(without_first), verdict="altered", times=1),
    Row(sentence="a state nobody knows", fault=Alter(saying("backup-en", 42)), verdict="altered", times=1),
    Row(sentence="throttled, come back in a second", fault=throttled(1), verdict="Throttling.User", times=1),
    Row(sentence="throttled, come back in 30 s", fault=throttled(30), verdict="Throttling.User", times=1, lasts=30),
    # No pause is longer than two minutes.
    Row(sentence="throttled, come back in 300 s", fault=throttled(300), verdict="Throttling.User", times=1, lasts=120),
    Row(sentence="throttled, no word of when to come back", fault=throttled(None), verdict="Throttling.User", times=2),
)
OF_TENCENT = (
    *UNREACHABLE,
    *(replace(row, times=1) for row in (*UNREADABLE, *ODD)),  # asked for again at the next turn, which may be a minute
    Row(
        sentence="too many requests, said in a 200",
        fault=Fail("RequestLimitExceeded"),
        verdict="RequestLimitExceeded",
        times=2,
    ),
)
ROWS = [
    *(pytest.param("aliyun", row, id=f"aliyun, {row.sentence}") for row in OF_ALIYUN),
    *(pytest.param("tencent", row, id=f"tencent, {row.sentence}") for row in OF_TENCENT),
]


async def tell(
    one: Following, strike: Callable[[], None], is_hit: Callable[[], bool], *, lasts: float = 0.0
) -> list[bool]:
    """Let the task go down and run again, with something wrong each time; say of each time whether it was hit."""
    hits = []
    for happens in (one.subscribe, one.breaks, one.runs):
        if happens != one.subscribe or one.account == "aliyun":
            strike()
        await happens()
        if happens == one.subscribe and one.account == "tencent":
            strike()  # a person's own read is not the watch's, and the only one that Tencent has would be it
        await one.until(is_hit, within=2 * TURN[one.account] + lasts)
        hits.append(is_hit())
        await one.right(after=lasts)
    return hits


@pytest.mark.parametrize(("account", "row"), ROWS)
async def test_a_fault_of_single_reads(follow: Follow, account: str, row: Row) -> None:
    async with follow(account) as one:
        api = WATCHED[account]
        one.most = BY_AND_BY if row.lasts else one.most  # a lane's patience is the loop's

        def strike() -> None:
            one.cloud.ledger.clear()
            one.cloud.faults.plan(row.fault, on=api, times=row.times)

        def is_hit() -> bool:
            return one.cloud.ledger.verdicts(api).count(row.verdict) >= row.times

        hits = await tell(one, strike, is_hit, lasts=2 * row.lasts)

        assert hits == [True, True, True]


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
async def test_one_answer_in_fifty_fails_while_three_tasks_come_and_go(follow: Follow, account: str) -> None:
    async with follow(account) as one:
        one.cloud.faults.plan(Fail("InternalError"), times=None, when=once_in_fifty(within=15))
        tasks = [one, one.also("many-2", "Second of many"), one.also("many-3", "Third of many")]
        for task in tasks:
            await task.begin()
        for happens in (Following.breaks, Following.runs):
            for task in tasks:
                await happens(task)
                await one.live(12, step=2)  # what comes faster is told as one
            for task in tasks:
                await task.right()

        assert "InternalError" in one.cloud.ledger.verdicts()


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
async def test_a_cloud_takes_questions_and_answers_none(follow: Follow, account: str) -> None:
    async with follow(account) as one:
        one.most = BY_AND_BY  # a question is given up by the loop's seconds

        def strike() -> None:
            one.cloud.faults.plan(Hang(), on=WATCHED[account], times=2)  # the third attempt is the last one

        def is_hit() -> bool:
            return one.cloud.faults.held == 2 * (1 + len(one.history))

        hits = await tell(one, strike, is_hit, lasts=25)

        assert hits == [True, True, True]


@pytest.mark.parametrize("account", ["aliyun", "tencent"])
@pytest.mark.parametrize("minutes", [3, 60])
@pytest.mark.parametrize("before", [0, 1, 2], ids=["nothing happens", "it goes down", "it runs again"])
async def test_a_cloud_that_is_away_is_one_incident_of_the_account(
    follow: Follow, account: str, minutes: int, before: int
) -> None:
    async with follow(account) as one:
        await one.begin()
        happens = [one.breaks, one.runs][:before]
        for each in happens[:-1]:
            await each()
            await one.right()
        told = [*one.history]
        one.cloud.faults.plan(Fail("ServiceUnavailable", status=503), times=None)
        for each in happens[-1:]:
            await each()
        await one.live(60 * minutes, step=minutes)
        assert one.story() == told
        assert "Not seen since" in one.cards()[-1].words

        one.cloud.faults.clear()
        one.spells = 1
        await one.right()

        assert one.cloud.ledger.verdicts().count("ServiceUnavailable") > 3


async def test_an_answer_that_contradicts_the_list_is_no_change(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        one.cloud.faults.plan(Alter(saying(one.task, 3)), on=aliyun.LIST)

        await one.until(lambda: "altered" in one.cloud.ledger.verdicts(aliyun.LIST))
        await one.live(30, step=3)
