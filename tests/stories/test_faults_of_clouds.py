"""
Whatever a cloud does, no change is lost or told twice, and our own blindness is never told as trouble of a task.

A channel follows a task that stops and recovers. Each fault strikes three times: when the channel begins to follow,
when the task has stopped, and when it has recovered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.tencent.callback import sign
from bot import clock
from bot.sandbox.aliyun import DESCRIBE, LIST
from bot.sandbox.faults import Drop, Fail, Truncate, html, misshapen
from bot.sandbox.programme import ONLINE_ID
from bot.sandbox.tencent import SDK_APP_ID
from tests.stories.following import SOON, Following, swiftly

if TYPE_CHECKING:
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.faults import Fault

SIGN_KEY = "canary-sign-key"
KEYS = {"TENCENT_CALLBACK_KEY": "canary-callback-key", "TENCENT_CALLBACK_SIGN_KEY": SIGN_KEY}


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


def listing(total: int, *tasks: str) -> Fault:
    """A list that has only these, all of them running, and says that it has so many."""
    found = [{"TaskId": task, "TaskStatus": 1, "TaskInfo": {"TaskId": task, "TaskName": task}} for task in tasks]
    return misshapen(
        {"RequestId": "1", "Total": total, "PageNumber": 1, "PageSize": 100, "TaskList": found, "New": None}
    )


ROWS = (
    Row(sentence="connections break", fault=Drop(), verdict="dropped"),
    Row(sentence="throttled, come back in a second", fault=throttled(1), verdict="Throttling.User", times=1),
    Row(sentence="throttled, come back in 30 s", fault=throttled(30), verdict="Throttling.User", times=1, lasts=30),
    Row(sentence="throttled, no word of when to come back", fault=throttled(None), verdict="Throttling.User", times=2),
    Row(sentence="an internal error", fault=Fail("InternalError"), verdict="InternalError"),
    Row(sentence="503", fault=Fail("ServiceUnavailable"), verdict="ServiceUnavailable"),
    Row(sentence="a proxy's page", fault=html(), verdict="HTTP 502"),
    Row(sentence="a page that says 200", fault=html(200), verdict="HTTP 200"),
    Row(sentence="half of the answer", fault=Truncate(), verdict="truncated"),
    Row(sentence="null", fault=misshapen(None), verdict="misshapen"),
    Row(sentence="an empty object", fault=misshapen({}), verdict="misshapen"),
    Row(sentence="a list of nothing", fault=listing(0), verdict="misshapen", times=1),
    Row(sentence="a list without the task", fault=listing(1, "main-en"), verdict="misshapen", times=1),
    Row(sentence="a page less than the total says", fault=listing(500, "main-en"), verdict="misshapen", times=1),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
@swiftly
async def test_a_fault_of_single_reads(build: Build, frozen: FrozenDateTimeFactory, row: Row) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        cloud = house.stage.aliyun
        hits: list[bool] = []

        def strike() -> None:
            cloud.ledger.clear()
            cloud.faults.plan(row.fault, on=LIST, times=row.times)

        def is_hit() -> bool:
            return cloud.ledger.verdicts(LIST).count(row.verdict) >= row.times

        async def right(*states: str, hold: float = 0) -> None:
            await one.until(lambda: is_hit() and one.is_told(*states), within=hold + 2 * row.lasts + SOON)
            hits.append(is_hit())

        strike()
        await one.subscribe()
        await right()
        strike()
        one.says("3", "RetryTimesOffline")
        await right("STOPPED")
        strike()
        one.says("1")
        await right("STOPPED", "RUNNING", hold=35)

        assert hits == [True, True, True]
        one.check("STOPPED", "RUNNING")


@swiftly
async def test_a_blind_spell_is_one_incident_of_the_account(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await one.subscribe()
        await one.until(one.is_told)
        await house.stage.aliyun.door.shut()
        await one.live(150, step=5)
        assert one.story() == one.incidents() == []
        assert "Not seen since" in one.cards()[0].words

        await house.stage.aliyun.door.reopen()
        await one.until(one.is_told)

        assert one.incidents() == []
        assert one.rows("SELECT scope, closed_why FROM incidents") == [("account", "seen_again")]
        one.check(accounts=1)


@swiftly
async def test_what_happened_in_a_blind_spell_is_told_after_it(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await one.subscribe()
        await one.until(one.is_told)
        cloud = house.stage.aliyun
        for api in (LIST, DESCRIBE):
            cloud.faults.plan(Fail("ServiceUnavailable"), on=api, times=None)
        one.says("3", "RetryTimesOffline")
        await one.live(40, step=2)
        assert one.story() == []

        cloud.faults.clear()
        await one.until(lambda: one.is_told("STOPPED"))

        assert cloud.ledger.verdicts(LIST).count("ServiceUnavailable") > 1
        one.check("STOPPED")


@swiftly
async def test_an_answer_that_contradicts_the_list_is_no_change(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await one.subscribe()
        await one.until(one.is_told)
        stale = {"RequestId": "1", "Total": 1, "TaskList": [{"TaskId": one.task, "TaskStatus": 3}]}
        house.stage.aliyun.faults.plan(misshapen(stale), on=LIST)

        await one.until(lambda: "misshapen" in house.stage.aliyun.ledger.verdicts(LIST))
        await one.live(30)

        assert one.story() == one.incidents() == []


def of_tencent(house: House, frozen: FrozenDateTimeFactory) -> Following:
    return Following(
        house=house, frozen=frozen, task=ONLINE_ID, name=ONLINE_ID[:8], account="tencent", cloud=house.stage.tencent
    )


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        # Too many requests, said in a 200.
        (Fail("RequestLimitExceeded"), "RequestLimitExceeded"),
        (Fail("InternalError"), "InternalError"),
        (Drop(), "dropped"),
        (misshapen({"Response": None}), "misshapen"),
    ],
)
@swiftly
async def test_a_fault_of_tencents(build: Build, frozen: FrozenDateTimeFactory, fault: Fault, verdict: str) -> None:
    async with build() as house:
        one = of_tencent(house, frozen)
        await one.subscribe()
        await one.until(one.is_told)
        house.stage.tencent.faults.plan(fault, times=2)
        one.says("NotExist")

        await one.until(lambda: one.is_told("ENDED"))

        assert house.stage.tencent.ledger.verdicts().count(verdict) == 2
        one.check("ENDED")


@swiftly
async def test_callbacks_are_hints_however_they_come(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build(KEYS) as house:
        one = of_tencent(house, frozen)
        await one.subscribe()
        await one.until(one.is_told)
        began = int(clock.now().timestamp() * 1000)

        def event(type_: int, status: int, at: int) -> bytes:
            info = {"EventMsTs": at, "TaskId": ONLINE_ID, "Status": status}
            return json.dumps(
                {"EventGroupId": 7, "EventType": type_, "CallbackMsTs": began, "EventInfo": info}
            ).encode()

        async def call(body: bytes, key: str = SIGN_KEY) -> int:
            headers = {"Sign": sign(key, body), "SdkAppId": str(SDK_APP_ID)}
            address = f"{house.url}/callbacks/tencent/{KEYS['TENCENT_CALLBACK_KEY']}"
            async with httpx.AsyncClient() as client:
                return (await client.post(address, content=body, headers=headers)).status_code

        stopped, started = event(702, 0, began), event(701, 0, began - 1000)
        before = len(house.stage.tencent.ledger)
        answers = [await call(stopped), await call(stopped), await call(started), await call(stopped, key="forged")]
        await one.until(lambda: len(house.stage.tencent.ledger) > before)
        frozen.tick(timedelta(days=1))
        answers.append(await call(stopped))

        assert answers == [200, 200, 200, 401, 401]
        assert one.story() == one.incidents() == []
