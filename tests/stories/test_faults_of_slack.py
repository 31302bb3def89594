"""
Whatever Slack does, each change is told once, in order, and the card ends up right: the faults of one side, one by one.

A channel follows a task that stops and recovers. Each fault strikes three times: when the channel begins to follow,
when the task has stopped, and when it has recovered. When the story is over, `invariants` are held.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.faults import Alter, Answer, Drop, Fail, Hang, Truncate, html, misshapen
from tests.stories.following import BY_AND_BY, HELD, SOON, Following, once_in_fifty

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.sandbox.faults import Fault
    from tests.stories.following import Follow

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
    Row(sentence="429, come back in five minutes", fault=ratelimited(300), verdict="ratelimited", lasts=300),
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
    Row(
        sentence="fields that nobody knows",
        fault=Alter(lambda body: {**body, "new": [{}], "message": {**body["message"], "new": None}}),
        verdict="altered",
    ),
    Row(
        sentence="an error that nobody knows",
        fault=Fail("a_word_of_tomorrow", status=503),
        verdict="a_word_of_tomorrow",
    ),
    Row(sentence="the blocks are not taken", fault=Fail("invalid_blocks"), verdict="invalid_blocks"),
    Row(sentence="it is too long", fault=Fail("msg_too_long"), verdict="msg_too_long"),
)


async def tell(
    one: Following, strike: Callable[[], None], is_hit: Callable[[], bool], *, lasts: float = 0.0
) -> list[bool]:
    """Let the task stop and recover, with something going wrong before each of what the channel is told."""
    hits = []
    for happens in (one.subscribe, one.breaks, one.runs):
        strike()
        await happens()
        await one.until(lambda: is_hit() and one.is_right(), within=HELD[one.account] + 2 * lasts + SOON)
        hits.append(is_hit())
        one.house.slack.faults.clear()
    return hits


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.sentence)
async def test_a_fault_of_single_calls(follow: Follow, row: Row) -> None:
    async with follow() as one:
        slack = one.house.slack

        def strike() -> None:
            slack.ledger.clear()
            for api in (POST, EDIT):
                slack.faults.plan(row.fault, on=api, times=row.times)

        def is_hit() -> bool:
            hit = [api for api in (POST, EDIT) if row.verdict in slack.ledger.verdicts(api)]
            return hit == ([POST, EDIT] if one.history else [POST])

        hits = await tell(one, strike, is_hit, lasts=row.times * row.lasts)  # a post and an edit, one after the other

        assert hits == [True, True, True]


@pytest.mark.parametrize("done", [False, True], ids=["nothing of it is done", "it is done"])
async def test_slack_takes_calls_and_answers_none(follow: Follow, *, done: bool) -> None:
    async with follow() as one:
        slack = one.house.slack
        one.most = BY_AND_BY  # Slack's time is up by the loop's seconds

        def strike() -> None:
            for api in (POST, EDIT):
                slack.faults.plan(Hang(done=done), on=api)

        def is_hit() -> bool:
            return slack.faults.held >= (1, 3, 5)[len(one.history)]

        hits = await tell(one, strike, is_hit)

        assert hits == [True, True, True]


async def test_a_token_that_is_revoked_and_put_right(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        one.house.slack.faults.plan(Fail("token_revoked"), on=POST)
        await one.breaks()

        await one.right(after=60)

        assert "token_revoked" in one.house.slack.ledger.verdicts(POST)


@pytest.mark.parametrize("minutes", [2, 60])
async def test_slack_answers_nothing_but_503_for_minutes(follow: Follow, minutes: int) -> None:
    async with follow() as one:
        await one.begin()
        one.house.slack.faults.plan(Fail("service_unavailable", status=503), times=None)
        await one.breaks()
        await one.until(one.waiting)
        await one.live(60 * minutes, step=5 if minutes < 10 else 40)
        assert one.story() == []

        one.house.slack.faults.clear()
        await one.right(after=10)

        assert one.house.slack.ledger.verdicts().count("service_unavailable") > minutes / 2


async def test_one_call_in_fifty_is_done_and_not_answered_while_three_tasks_come_and_go(follow: Follow) -> None:
    async with follow() as one:
        one.house.slack.faults.plan(Drop(done=True), times=None, when=once_in_fifty(within=20))
        tasks = [one, one.also("many-2", "Second of many"), one.also("many-3", "Third of many")]
        for task in tasks:
            await task.begin()
        for happens in (Following.breaks, Following.runs):
            for task in tasks:
                await happens(task)
                await one.live(12, step=2)  # what comes faster is told as one
            for task in tasks:
                await task.right()

        assert "dropped" in one.house.slack.ledger.verdicts()


@pytest.mark.parametrize("code", ["edit_window_closed", "cant_update_message"])
async def test_an_edit_that_is_refused_becomes_a_new_card(follow: Follow, code: str) -> None:
    async with follow() as one:
        await one.begin()
        one.house.slack.faults.plan(Fail(code), on=EDIT)
        await one.breaks()

        await one.right()

        assert code in one.house.slack.ledger.verdicts(EDIT)
        one.anew = 1


async def test_a_card_that_was_deleted_is_posted_anew(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        one.house.slack.workspace.change(one.cards()[0], is_deleted=True)
        await one.breaks()

        await one.right()

        assert {"message_not_found", "cannot_reply_to_message"} & set(one.house.slack.ledger.verdicts())


async def test_what_an_archived_channel_missed_is_told_when_it_is_one_no_more(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        channel = one.house.slack.workspace.channel(one.channel)
        channel.is_archived = True
        await one.breaks()
        await one.until(lambda: one.house.slack.heard("@ann"))
        assert {"is_archived", "is_inactive"} & set(one.house.slack.ledger.verdicts())
        assert one.story() == []

        channel.is_archived = False
        await one.house.slack.people.send_event({"type": "channel_unarchive", "channel": channel.id, "user": "U0ANN"})
        await one.right()


async def test_what_a_channel_without_the_bot_missed_is_told_when_it_is_back(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        channel, bot = one.house.slack.workspace.channel(one.channel), one.house.slack.workspace.bot_id
        channel.members.remove(bot)
        await one.breaks()
        await one.until(lambda: one.house.slack.heard("@ann"))
        assert "not_in_channel" in one.house.slack.ledger.verdicts(POST)
        assert one.story() == []

        channel.members.add(bot)
        await one.house.slack.people.send_event({"type": "member_joined_channel", "channel": channel.id, "user": bot})
        await one.right()
