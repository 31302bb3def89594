"""
Whatever Slack does, each change is told once, in order, and the card ends up right: the faults of one side, one by one.

A channel follows a task that stops and recovers. Each fault strikes three times: when the channel begins to follow,
when the task has stopped, and when it has recovered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.faults import Answer, Drop, Fail, Hang, Truncate, html, misshapen
from tests.stories.following import SOON, Following, swiftly

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conftest import Build
    from freezegun.api import FrozenDateTimeFactory

    from bot.sandbox.faults import Fault

POST, EDIT = "chat.postMessage", "chat.update"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fault. `verdict` is what Slack's ledger says of it; `lasts` how long Slack asks for patience."""

    sentence: str
    fault: Fault
    verdict: str
    times: int = 1
    lasts: float = 0.0


def ratelimited(seconds: int) -> Fault:
    return Fail("ratelimited", retry_after=timedelta(seconds=seconds))


def said(body: object, *, verdict: str, status: int = 200, done: bool = False) -> Fault:
    return Answer(status=status, body=json.dumps(body).encode(), verdict=verdict, done=done)


ROWS = (
    Row(sentence="the connection breaks before anything is done", fault=Drop(), verdict="dropped"),
    Row(sentence="it is done, and the reply is lost", fault=Drop(done=True), verdict="dropped"),
    Row(sentence="the connection breaks twice", fault=Drop(), verdict="dropped", times=2),
    Row(sentence="the reply is lost twice", fault=Drop(done=True), verdict="dropped", times=2),
    Row(sentence="429, come back in a second", fault=ratelimited(1), verdict="ratelimited", lasts=1),
    Row(sentence="429, come back in half a minute", fault=ratelimited(30), verdict="ratelimited", lasts=30),
    Row(
        sentence="429 without a word of when to come back",
        fault=said({"ok": False, "error": "ratelimited"}, verdict="429", status=429),
        verdict="429",
    ),
    Row(
        sentence="429 without a readable word",
        fault=Answer(status=429, body=b"slow down", content_type="text/plain", verdict="429"),
        verdict="429",
    ),
    Row(
        sentence="429, and yet it is done",
        fault=Fail("ratelimited", retry_after=timedelta(seconds=1), done=True),
        verdict="ratelimited",
        lasts=1,
    ),
    Row(sentence="a refusal for pace in a 200", fault=Fail("ratelimited", status=200), verdict="ratelimited"),
    Row(
        sentence="a burst of 503", fault=Fail("service_unavailable", status=503), verdict="service_unavailable", times=2
    ),
    Row(sentence="500, and yet it is done", fault=Fail("fatal_error", status=500, done=True), verdict="fatal_error"),
    Row(
        sentence="an internal error in a 200, and yet done",
        fault=Fail("internal_error", done=True),
        verdict="internal_error",
    ),
    Row(sentence="a proxy's page", fault=html(), verdict="HTTP 502"),
    Row(sentence="a page that says 200", fault=html(200), verdict="HTTP 200"),
    Row(sentence="half of the answer, and it is done", fault=Truncate(), verdict="truncated"),
    Row(sentence="an empty object", fault=misshapen({}), verdict="misshapen"),
    Row(sentence="null", fault=misshapen(None), verdict="misshapen"),
    Row(sentence="a list, and it is done", fault=said([], verdict="misshapen", done=True), verdict="misshapen"),
    Row(
        sentence="ok, but neither where nor when, and it is done",
        fault=said({"ok": True, "is_new": [1]}, verdict="misshapen", done=True),
        verdict="misshapen",
    ),
    Row(
        sentence="nulls where the place should be",
        fault=misshapen({"ok": True, "channel": None, "ts": None}),
        verdict="misshapen",
    ),
    Row(sentence="the blocks are not taken", fault=Fail("invalid_blocks"), verdict="invalid_blocks"),
    Row(sentence="it is too long", fault=Fail("msg_too_long"), verdict="msg_too_long"),
)


async def tell(one: Following, strike: Callable[[], Awaitable[None]], right: Callable[..., Awaitable[None]]) -> None:
    """Let the task stop and recover, with something going wrong before each of what the channel is told."""
    await strike()
    await one.subscribe()
    await right()
    await strike()
    one.says("3", "RetryTimesOffline")
    await right("STOPPED")
    await strike()
    one.says("1")
    await right("STOPPED", "RUNNING")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
@swiftly
async def test_a_fault_of_single_calls(build: Build, frozen: FrozenDateTimeFactory, row: Row) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        slack = house.slack
        hits: list[list[str]] = []

        async def strike() -> None:
            slack.ledger.clear()
            for api in (POST, EDIT):
                slack.faults.plan(row.fault, on=api, times=row.times)

        async def right(*states: str) -> None:
            hold = 35 if states[-1:] == ("RUNNING",) else 0  # what is good again is believed after half a minute
            within = hold + 2 * row.times * row.lasts + SOON  # a post and an edit, one after the other
            await one.until(lambda: one.is_told(*states), within=within)
            slack.faults.clear()
            hits.append([api for api in (POST, EDIT) if row.verdict in slack.ledger.verdicts(api)])

        await tell(one, strike, right)

        assert POST in hits[0]
        assert hits[1:] == [[POST, EDIT], [POST, EDIT]]
        one.check("STOPPED", "RUNNING")


async def begin(one: Following) -> None:
    await one.subscribe()
    await one.until(one.is_told)


@pytest.mark.parametrize(
    ("fault", "verdict", "lasts"),
    [
        # Slack asks for five minutes of patience.
        (ratelimited(300), "ratelimited", 300),
        # The token is revoked; somebody puts it right.
        (Fail("token_revoked"), "token_revoked", 60),
    ],
)
@swiftly
async def test_a_long_refusal_in_the_middle(
    build: Build, frozen: FrozenDateTimeFactory, fault: Fault, verdict: str, lasts: float
) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        house.slack.faults.plan(fault, on=POST)
        one.says("3", "RetryTimesOffline")

        await one.until(lambda: one.is_told("STOPPED"), within=lasts + SOON)

        assert verdict in house.slack.ledger.verdicts(POST)
        one.check("STOPPED")


@swiftly
async def test_slack_cannot_be_reached_while_it_stops(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        await house.slack.door.shut()
        one.says("3", "RetryTimesOffline")
        await one.until(lambda: any(attempts > 1 for *_, attempts in one.waiting()))
        assert one.story() == []

        await house.slack.door.reopen()
        await one.until(lambda: one.is_told("STOPPED"))

        one.check("STOPPED")


@swiftly
async def test_slack_answers_nothing_but_503_for_two_minutes(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        house.slack.faults.plan(Fail("service_unavailable", status=503), times=None)
        one.says("3", "RetryTimesOffline")
        await one.until(one.waiting)
        await one.live(120, step=5)
        assert one.story() == []

        house.slack.faults.clear()
        await one.until(lambda: one.is_told("STOPPED"), within=SOON + 10)

        assert house.slack.ledger.verdicts(POST).count("service_unavailable") > 0
        one.check("STOPPED")


@swiftly
async def test_slack_takes_calls_and_answers_none(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        for api in (POST, EDIT):
            house.slack.faults.plan(Hang(), on=api)
        one.says("3", "RetryTimesOffline")

        await one.until(lambda: one.is_told("STOPPED"))

        assert house.slack.faults.held == len((POST, EDIT))
        one.check("STOPPED")


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message"])
@swiftly
async def test_an_edit_that_is_refused_becomes_a_new_card(
    build: Build, frozen: FrozenDateTimeFactory, code: str
) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        house.slack.faults.plan(Fail(code), on=EDIT)
        one.says("3", "RetryTimesOffline")

        await one.until(lambda: one.is_told("STOPPED"))

        assert code in house.slack.ledger.verdicts(EDIT)
        one.check("STOPPED", cards=2)


@swiftly
async def test_a_card_that_was_deleted_is_posted_anew(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        house.slack.workspace.change(one.cards()[0], is_deleted=True)
        one.says("3", "RetryTimesOffline")

        await one.until(lambda: one.is_told("STOPPED"))

        assert {"message_not_found", "cannot_reply_to_message"} & set(house.slack.ledger.verdicts())
        one.check("STOPPED")


@swiftly
async def test_what_an_archived_channel_missed_is_told_when_it_is_one_no_more(
    build: Build, frozen: FrozenDateTimeFactory
) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        channel = house.slack.workspace.channel(one.channel)
        channel.is_archived = True
        one.says("3", "RetryTimesOffline")
        await one.until(lambda: house.slack.heard("@ann"))
        assert {"is_archived", "is_inactive"} & set(house.slack.ledger.verdicts())
        assert one.story() == []

        channel.is_archived = False
        await house.slack.people.send_event({"type": "channel_unarchive", "channel": channel.id, "user": "U0ANN"})
        await one.until(lambda: one.is_told("STOPPED"))

        one.check("STOPPED")


@swiftly
async def test_what_a_channel_without_the_bot_missed_is_told_when_it_is_back(
    build: Build, frozen: FrozenDateTimeFactory
) -> None:
    async with build() as house:
        one = Following(house=house, frozen=frozen)
        await begin(one)
        channel, bot = house.slack.workspace.channel(one.channel), house.slack.workspace.bot_id
        channel.members.remove(bot)
        one.says("3", "RetryTimesOffline")
        await one.until(lambda: house.slack.heard("@ann"))
        assert "not_in_channel" in house.slack.ledger.verdicts(POST)
        assert one.story() == []

        channel.members.add(bot)
        await house.slack.people.send_event({"type": "member_joined_channel", "channel": channel.id, "user": bot})
        await one.until(lambda: one.is_told("STOPPED"))

        one.check("STOPPED")
