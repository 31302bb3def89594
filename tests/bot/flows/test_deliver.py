"""
Nothing is lost, nothing is said twice, and the order is kept: through every fault of Slack's, and killed anywhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.message import HeldBack
from bot.domain.notice import GroupBody, Kind, LineBody, Notice
from bot.domain.pace import Later
from bot.domain.subscription import ChannelSettings, Place
from bot.domain.task import Why
from bot.flows.deliver import deliver
from bot.flows.drain import LEASE
from bot.flows.incidents import held_back
from bot.queue.tempo import Tempo
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Drop, Fail, Hang, Truncate, html, misshapen
from bot.sandbox.slack import BOT_TOKEN, Message, Slack
from bot.sandbox.slack.workspace import READ_BACK_SCOPES
from bot.slack.voice import Voice
from bot.store.memory import Memory
from bot.store.outbox import RELEASES_CHANGE, UNREADABLE
from tests.bot.flows.mail import (
    MINUTE,
    REF,
    RELAYS,
    RETRYING,
    RUNNING,
    SECOND,
    STOPPED,
    STORY,
    TEAM,
    Killed,
    Mail,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.store.database import Database


@pytest.fixture
async def mail(database: Database) -> AsyncIterator[Mail]:
    clock, wakes = Clock(), []

    async def wake(woken: frozenset[Wake]) -> None:
        wakes.extend(woken)

    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    async with ClientSession(timeout=ClientTimeout(total=0.3)) as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, session=session, retry_handlers=[])
        voice = Voice(client, key=lambda: "never drawn")
        yield Mail(slack=slack, clock=clock, memory=Memory(database, wake=wake), voice=voice, wakes=wakes)
    await slack.close()


def keys(mail: Mail) -> list[str]:
    return [message.metadata["event_payload"]["key"] for message in mail.slack.heard() if message.metadata]


async def test_a_card_its_thread_and_what_is_shown_in_the_channel_too(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    await mail.deliver()

    assert mail.told() == STORY
    assert await mail.open_rows() == 0


async def test_an_edit_of_a_card_is_an_edit(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    await mail.put(mail.card(STOPPED))
    await mail.put(mail.card(RETRYING))
    await mail.deliver()

    (card,) = mail.roots()
    assert (card.edits, card.text.partition(" · ")[0]) == (1, "RETRYING main-en")


# ── every fault of Slack's ──

FAULTS = {
    "no answer, not taken": (Drop(), "dropped"),
    "no answer, taken": (Drop(done=True), "dropped"),
    "an answer cut off": (Truncate(), "truncated"),
    "a proxy's page": (html(), "HTTP 502"),
    "an unreadable answer": (misshapen([]), "misshapen"),
    "5xx": (Fail("service_unavailable", status=503), "service_unavailable"),
    "it may have worked": (Fail("internal_error"), "internal_error"),
    "it has worked, says it has not": (Fail("internal_error", done=True), "internal_error"),
    "429 with a time": (Fail("ratelimited", retry_after=timedelta(seconds=30)), "ratelimited"),
    "429 without a time": (Fail("rate_limited"), "rate_limited"),
    "429 and posted all the same": (Fail("ratelimited", retry_after=SECOND, done=True), "ratelimited"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("nth", [0, 2], ids=["the card", "a reply that is shown in the channel too"])
async def test_each_post_survives_each_fault(mail: Mail, fault: str, nth: int):
    shown, verdict = FAULTS[fault]
    await mail.subscribe()
    await mail.tell_a_story()
    _fail_nth(mail, shown, nth)
    began = mail.clock()
    await mail.finish()

    assert verdict in mail.slack.ledger.verdicts("chat.postMessage")
    assert mail.told() == STORY
    assert len(set(keys(mail))) == len(keys(mail)) == 4
    assert mail.clock() - began < MINUTE + 30 * SECOND


def _fail_nth(mail: Mail, fault: Any, nth: int) -> None:
    """Plan a fault for the nth post: those before it are answered as ever."""
    take, seen = mail.slack.faults.take, 0

    def taken(api: str) -> Any:
        nonlocal seen
        if api == "chat.postMessage":
            seen += 1
            if seen == nth + 1:
                return fault
        return take(api)

    mail.slack.faults.take = taken


@pytest.mark.parametrize("fault", FAULTS)
async def test_each_edit_survives_each_fault(mail: Mail, fault: str):
    shown, verdict = FAULTS[fault]
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    mail.slack.faults.plan(shown, on="chat.update")
    await mail.put(mail.card(STOPPED), mail.news(1, STOPPED))
    await mail.finish()

    assert verdict in mail.slack.ledger.verdicts("chat.update")
    assert mail.told() == ["STOPPED main-en", "  STOPPED main-1"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_look_for_a_lost_post_survives_each_fault(mail: Mail, fault: str):
    shown, verdict = FAULTS[fault]
    await mail.subscribe()
    await mail.tell_a_story()
    mail.slack.faults.plan(Drop(done=True), on="chat.postMessage")
    mail.slack.faults.plan(shown, on="conversations.history")
    await mail.finish()

    assert verdict in mail.slack.ledger.verdicts("conversations.history")
    assert mail.told() == STORY
    assert len(keys(mail)) == 4


async def test_a_slack_that_refuses_connections_is_waited_for(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    await mail.slack.door.shut()
    await mail.deliver()
    await mail.slack.door.reopen()
    await mail.finish()

    assert mail.told() == STORY
    assert mail.slack.ledger.of("conversations.history") == []  # nothing was sent, so nothing is looked for


async def test_a_channel_that_slack_makes_wait_delays_no_other(mail: Mail):
    """A throttle's time is a row's own: whoever drains sleeps through none of it."""
    other = mail.channel(1)
    await mail.put(mail.line(1), mail.line(2, other), mail.line(3, other))
    mail.slack.faults.plan(Fail("ratelimited", retry_after=5 * MINUTE), on="chat.postMessage")
    began = mail.clock()
    await mail.deliver()
    await mail.deliver(other)

    assert (mail.told(), len(mail.told(other.channel))) == ([], 2)
    assert mail.clock() - began < 10 * SECOND
    await mail.finish()
    assert len(mail.told()) == 1


async def test_a_post_that_hangs_and_is_taken_after_all_is_not_repeated(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    mail.slack.faults.plan(Hang(), on="chat.postMessage")
    await mail.deliver()
    assert mail.slack.faults.held == 1
    mail.slack.faults.release()
    await mail.slack.until(lambda: len(mail.slack.heard()) == 1)
    await mail.finish()

    assert mail.told() == STORY
    assert len(keys(mail)) == 4


async def test_a_storm_of_faults_loses_and_doubles_nothing(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    storm = [shown for shown, _ in FAULTS.values()]
    mail.slack.faults.plan(*storm, on="chat.postMessage")
    await mail.finish(within=timedelta(minutes=30))

    assert mail.slack.ledger.verdicts("chat.postMessage")[: len(storm)] != []
    assert mail.told() == STORY
    assert len(keys(mail)) == 4


async def test_blocks_that_are_not_taken_become_the_same_news_as_plain_text(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    mail.slack.faults.plan(Fail("invalid_blocks"), on="chat.postMessage")
    await mail.finish()

    (card,) = mail.roots()
    assert (card.words, card.blocks) == ("RUNNING main-en · cn-shanghai", ())
    assert mail.slack.ledger.verdicts("chat.postMessage") == ["invalid_blocks", "ok"]


async def test_what_slack_will_never_take_is_parked_and_holds_nobody_up(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.line(1), mail.line(2))
    mail.slack.faults.plan(Fail("metadata_too_large"), on="chat.postMessage")
    await mail.finish()

    assert len(mail.told()) == 1
    assert [(row.state, row.code) for row in await mail.rows()] == [("parked", "metadata_too_large"), ("done", "")]


async def test_a_word_that_is_new_to_us_is_waited_out(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING), mail.news(1, STOPPED))
    mail.slack.faults.plan(Fail("new_word"), on="chat.postMessage", times=3)
    began = mail.clock()
    await mail.finish()

    assert mail.told() == ["RUNNING main-en", "  STOPPED main-1"]
    assert mail.roots()[0].blocks
    assert mail.slack.ledger.verdicts("chat.postMessage") == ["new_word"] * 3 + ["ok"] * 2
    assert 90 <= (mail.clock() - began).total_seconds() < 120  # 15 + 30 + 45


async def test_what_is_refused_for_minutes_is_said_as_plain_text(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    mail.slack.faults.plan(Fail("new_word"), on="chat.postMessage", times=5)
    await mail.finish()

    (card,) = mail.roots()
    assert (card.words, card.blocks) == ("RUNNING main-en · cn-shanghai", ())
    assert mail.slack.ledger.verdicts("chat.postMessage") == ["new_word"] * 5 + ["ok"]


async def test_what_is_never_taken_is_parked_after_minutes_and_counted(mail: Mail):
    await mail.put(mail.line(1), mail.line(2))
    mail.slack.faults.plan(Fail("new_word"), on="chat.postMessage", times=6)
    await mail.finish()

    async with mail.memory.transaction() as tx:
        here = await tx.outbox.parked(TEAM, RELAYS)
        elsewhere = await tx.outbox.parked(TEAM, Place(team=TEAM, channel="C0OPS"))
    assert [(row.state, row.code) for row in await mail.rows()] == [("parked", "new_word"), ("done", "")]
    assert (here, elsewhere) == ({"new_word": 1}, {})


# ── the channel, the workspace, the message is gone ──


@pytest.mark.parametrize(
    ("why", "code", "paused"),
    [
        ("archived", "is_archived", "is_archived"),
        ("removed", "not_in_channel", "not_in_channel"),
        ("deleted, or private and removed", "channel_not_found", "channel_not_found"),
        ("an admin forbids it", "restricted_action", "restricted_action"),
    ],
)
async def test_a_channel_that_takes_nothing_is_paused_and_its_people_are_told(
    *, mail: Mail, why: str, code: str, paused: str
):
    await mail.subscribe()
    await mail.tell_a_story()
    mail.slack.faults.plan(Fail(code), on="chat.postMessage")
    await mail.deliver()
    async with mail.memory.transaction() as tx:
        assert await tx.channels.paused(RELAYS) == paused, why
    await mail.finish()

    (told,) = mail.slack.heard("@ann")
    assert "C0RELAYS" in told.words
    assert mail.told() == []
    assert mail.slack.ledger.verdicts("chat.postMessage") == [code, "ok"]


async def test_an_edit_in_an_archived_channel_pauses_it_too(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    mail.slack.workspace.channel("#relays").is_archived = True
    await mail.put(mail.card(STOPPED))
    await mail.finish()

    assert mail.slack.ledger.verdicts("chat.update") == ["is_inactive"]
    async with mail.memory.transaction() as tx:
        assert await tx.channels.paused(RELAYS) == "is_archived"
    assert len(mail.slack.heard("@ann")) == 1


async def test_what_a_paused_channel_missed_is_said_when_it_is_back(mail: Mail):
    await mail.subscribe()
    mail.slack.workspace.channel("#relays").is_archived = True
    await mail.tell_a_story()
    await mail.finish()
    await mail.put(mail.news(4, STOPPED))
    await mail.finish()
    mail.slack.workspace.channel("#relays").is_archived = False
    async with mail.memory.transaction() as tx:
        assert await tx.channels.resume(RELAYS) == "is_archived"
        await tx.outbox.revive(RELAYS, now=mail.clock())
    await mail.finish()

    assert mail.told() == [*STORY, "  STOPPED main-4"]
    assert len(mail.slack.heard("@ann")) == 1


async def test_nobody_can_be_told_in_a_conversation_that_slack_does_not_open(mail: Mail):
    body = LineBody(key="paused_gone", user="U0DORA", values=(("channel", "C0OLD"), ("code", "x")))
    place = Place(team=TEAM, channel="U0DORA")
    await mail.put(Notice(place=place, kind=Kind.DIRECT, cause="x", body=body, user="U0DORA"))
    await mail.finish()

    assert [(row.state, row.code) for row in await mail.rows()] == [("parked", "user_disabled")]


@pytest.mark.parametrize(
    "newer",
    [
        '{"kind":"line","v":1,"key":"of_the_next_release","user":"U0ANN","values":[]}',
        '{"kind":"line","v":1,"key":"paused_gone","user":"U0ANN","values":[["of_the_next_release","x"]]}',
    ],
    ids=["no such line", "another's values"],
)
async def test_a_line_that_has_no_words_here_holds_up_nobody_and_is_parked_in_the_end(
    mail: Mail, caplog: pytest.LogCaptureFixture, newer: str
):
    await mail.put(mail.line(1), mail.line(2))
    first, _ = await mail.rows()
    await mail.write_over(first.id, newer)
    await mail.deliver()
    at_once = [(row.state, row.code) for row in await mail.rows()]
    await mail.finish(within=RELEASES_CHANGE + MINUTE)

    assert at_once == [("pending", UNREADABLE), ("done", "")]
    assert [(row.state, row.code) for row in await mail.rows()] == [("parked", UNREADABLE), ("done", "")]
    assert f"notice {first.id} in C0RELAYS cannot be read: it is passed over" in caplog.messages
    assert "of_the_next_release" not in caplog.text


async def test_a_change_that_cannot_be_read_holds_up_no_other(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING), mail.news(1, RETRYING), mail.news(2, STOPPED))
    _, spoilt, _ = await mail.rows()
    await mail.write_over(spoilt.id, '{"kind":"reply"')
    await mail.deliver()

    assert mail.told() == ["RUNNING main-en", "  STOPPED main-2"]


async def test_a_revoked_token_keeps_everything_until_it_is_good_again(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    mail.slack.faults.plan(Fail("token_revoked"), times=3)
    await mail.finish()

    assert mail.slack.ledger.verdicts("chat.postMessage")[:3] == ["token_revoked"] * 3
    assert mail.told() == STORY


async def test_a_team_that_removed_the_bot_hears_nothing_and_loses_nothing(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    async with mail.memory.transaction() as tx:
        await tx.channels.pause(Place(team=TEAM, channel=""), "app_uninstalled", now=mail.clock())
    await mail.deliver()
    assert (mail.told(), await mail.open_rows()) == ([], 4)

    async with mail.memory.transaction() as tx:
        await tx.channels.resume(Place(team=TEAM, channel=""))
    await mail.finish()
    assert mail.told() == STORY


async def test_a_card_that_somebody_deleted_is_posted_anew_and_edited_from_then_on(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    mail.slack.workspace.change(mail.roots()[0], is_deleted=True)
    await mail.put(mail.card(STOPPED), mail.news(1, STOPPED))
    await mail.finish()
    await mail.put(mail.card(RETRYING))
    await mail.finish()

    assert mail.slack.ledger.verdicts("chat.update") == ["message_not_found", "ok"]
    assert mail.told() == ["RETRYING main-en", "  STOPPED main-1"]


async def test_a_reply_to_a_deleted_card_waits_for_a_new_one(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    mail.slack.workspace.change(mail.roots()[0], is_deleted=True)
    await mail.put(mail.news(1, STOPPED), mail.news(2, RUNNING))
    await mail.finish()

    assert "cannot_reply_to_message" in mail.slack.ledger.verdicts("chat.postMessage")
    assert mail.told() == ["RUNNING main-en", "  STOPPED main-1", "  RUNNING main-2"]


async def test_an_edit_that_is_refused_becomes_a_new_card(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    mail.slack.faults.plan(Fail("cant_update_message"), on="chat.update")
    await mail.put(mail.card(STOPPED))
    await mail.finish()

    assert mail.slack.ledger.verdicts("chat.update") == ["cant_update_message"]
    assert mail.told() == ["RUNNING main-en", "STOPPED main-en"]


async def test_a_reply_whose_card_was_never_there_is_shown_in_the_channel(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.news(1, STOPPED))
    await mail.finish()

    assert mail.told() == ["STOPPED main-1"]


async def test_updates_go_to_the_thread_in_which_somebody_asked(mail: Mail):
    await mail.subscribe()
    workspace = mail.slack.workspace
    asked = Message(channel="C0RELAYS", ts=workspace.tick(), by="U0ANN", text="is main-en all right?")
    thread = workspace.post(asked).ts
    await mail.put(mail.card(RUNNING, thread_ts=thread), mail.news(1, STOPPED))
    await mail.finish()

    assert mail.roots() == []
    assert [message.text.partition(" · ")[0] for message in mail.slack.heard("#relays", thread=thread)] == [
        "RUNNING main-en",
        "STOPPED main-1",
    ]


async def test_a_thread_that_is_gone_is_left_for_the_channel(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING, thread_ts="17.000001"), mail.news(1, STOPPED))
    await mail.finish()
    await mail.put(mail.card(STOPPED, thread_ts="17.000001"), mail.news(2, STOPPED))
    await mail.finish()

    assert mail.told() == ["STOPPED main-en", "  STOPPED main-1", "  STOPPED main-2"]


async def test_a_group_is_one_message_that_is_edited(mail: Mail):
    body = GroupBody(
        account=REF.account,
        region=REF.region,
        title="Alibaba Cloud",
        total=40,
        still_bad=40,
        names=(),
        why=Why.STOPPED,
        at=mail.clock(),
    )
    notice = Notice(place=RELAYS, kind=Kind.GROUP, cause="incident:7", body=body, incident=7)
    await mail.put(notice)
    await mail.deliver()
    await mail.put(replace(notice, cause="incident:7:over", body=replace(body, is_over=True, still_bad=0)))
    await mail.deliver()

    (message,) = mail.roots()
    assert (message.text, message.edits) == ("40 tasks of aliyun: over", 1)


# ── bursts ──


async def test_a_burst_is_one_message_that_is_edited_and_counts_what_it_holds_back(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING), *(mail.news(number, STOPPED) for number in range(200)))
    await mail.deliver()
    await mail.put(*(mail.news(number, RUNNING) for number in range(200, 230)))
    await mail.finish()

    card, digest = mail.roots()
    assert (digest.text, digest.edits) == ("230 changes at once · 30 RUNNING, 200 STOPPED", 1)
    assert card.text.startswith("RUNNING main-en")
    assert len(mail.slack.heard("#relays")) == 2


async def test_how_much_waits_and_until_when_can_be_asked(mail: Mail):
    """A limit that nobody sees looks like a failure."""
    await mail.subscribe()
    await mail.put(*(mail.news(number, STOPPED) for number in range(12)))
    mail.slack.faults.plan(Fail("ratelimited", retry_after=5 * MINUTE), on="chat.postMessage")
    await mail.deliver()
    later = mail.clock() + 5 * MINUTE
    async with mail.memory.reading() as tx:
        waits = await held_back(tx, RELAYS, now=mail.clock())
    await mail.finish()
    async with mail.memory.reading() as tx:
        told = await held_back(tx, RELAYS, now=mail.clock())

    assert (waits, told) == (HeldBack(count=12, digest_at=later), None)


async def test_what_was_told_before_the_burst_is_not_told_again_in_numbers(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING), *(mail.news(number, STOPPED) for number in range(3)))
    await mail.deliver()
    await mail.put(*(mail.news(number, STOPPED) for number in range(3, 13)))
    await mail.finish()

    assert "10 changes at once · 10 STOPPED" in [root.text for root in mail.roots()]
    assert len(mail.told()) == 5


async def test_another_burst_later_is_another_message(mail: Mail):
    await mail.subscribe()
    for number in (0, 100):
        await mail.put(*(mail.news(number + each, STOPPED) for each in range(8)))
        await mail.finish()
        mail.clock.move(5 * MINUTE)

    assert [root.text for root in mail.roots()] == ["8 changes at once · 8 STOPPED"] * 2


async def test_a_channel_that_wants_everything_one_by_one_gets_it(mail: Mail):
    await mail.subscribe()
    async with mail.memory.transaction() as tx:
        await tx.channels.set(RELAYS, ChannelSettings(digest=False), by="U0ANN", now=mail.clock())
    await mail.put(mail.card(RUNNING), *(mail.news(number, STOPPED) for number in range(12)))
    await mail.finish()

    assert mail.told() == ["RUNNING main-en", *(f"  STOPPED main-{number}" for number in range(12))]


async def test_cards_that_would_only_come_with_what_is_told_in_numbers_are_not_posted(mail: Mail):
    await mail.subscribe()
    first = mail.task
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    for number in range(30):
        mail.task = first + 1 + number
        await mail.put(
            mail.card(STOPPED, name=f"main-{number}", comes_with_news=number != 7), mail.news(number, STOPPED)
        )
    mail.task = first
    await mail.put(mail.card(STOPPED, comes_with_news=True), mail.news(30, STOPPED))  # an edit: the card is there
    await mail.finish()

    assert [root.text.partition(" · ")[0] for root in mail.roots()] == [
        "STOPPED main-en",
        "STOPPED main-7",  # somebody asked for it
        "31 changes at once",
    ]


async def test_an_old_burst_that_slack_has_not_heard_of_yet_is_told_with_the_new_one(mail: Mail):
    await mail.subscribe()
    await mail.put(*(mail.news(number, STOPPED) for number in range(8)))
    mail.slack.faults.plan(Fail("ratelimited", retry_after=5 * MINUTE), on="chat.postMessage")
    await mail.deliver()
    mail.clock.move(2 * MINUTE)
    await mail.put(*(mail.news(number, RUNNING) for number in range(8, 15)))
    await mail.finish()

    assert [root.text for root in mail.roots()] == ["15 changes at once · 7 RUNNING, 8 STOPPED"]


async def test_what_a_new_card_says_is_not_shown_in_the_channel_twice(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(STOPPED, comes_with_news=True), mail.news(1, STOPPED, kind=Kind.CHANNEL))
    await mail.deliver()
    mail.clock.move(MINUTE)
    await mail.put(mail.card(RUNNING), mail.news(2, RUNNING, kind=Kind.CHANNEL))
    await mail.finish()

    assert mail.told() == ["RUNNING main-en", "  STOPPED main-1", "  RUNNING main-2 +"]


# ── several processes, and dying ──


async def test_two_processes_at_once_say_everything_once(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    await asyncio.gather(mail.deliver(), mail.deliver(), mail.deliver())
    await mail.finish()

    assert mail.told() == STORY


async def test_what_comes_while_a_channel_is_drained_is_said_too(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.line(1))
    mail.slack.faults.plan(Hang(), on="chat.postMessage")
    drains = asyncio.create_task(mail.deliver())
    await mail.slack.faults.holding()
    await mail.put(mail.line(2))
    await mail.deliver()  # finds the channel claimed
    mail.slack.faults.release()
    await drains

    assert len(mail.told()) == 2


async def test_a_process_that_slept_through_its_claim_says_nothing_more(mail: Mail):
    """Stopped after its look at the outbox, woken when another has said it all."""
    await mail.subscribe()
    await mail.tell_a_story()
    office = mail.office
    woken = False

    async def sleeps(lane: Any, terms: Any) -> Any:
        nonlocal woken
        if not woken:
            woken = True
            mail.clock.move(LEASE + SECOND)
            await mail.deliver()
        return await mail.office.tempo._reserve(lane, terms)

    await deliver(RELAYS, replace(office, tempo=Tempo(sleeps, sleep=asyncio.sleep)))

    assert mail.told() == STORY
    assert len(keys(mail)) == 4


async def test_a_turn_that_is_far_off_leaves_the_channel_for_now(mail: Mail):
    async def later(_lane: Any, _terms: Any) -> Later:
        return Later(wait_s=20.0)

    await mail.subscribe()
    await mail.put(mail.line(1))
    await deliver(RELAYS, replace(mail.office, tempo=Tempo(later, sleep=asyncio.sleep)))

    assert mail.told() == []
    (row,) = await mail.rows()
    assert (row.state, row.not_before) == ("pending", mail.clock() + 20 * SECOND)


async def _killed_at(mail: Mail, number: int) -> bool:
    """Tell the story in a channel of its own, be killed at a step, let another process finish; say if it was killed."""
    place = mail.channel(number)
    await mail.subscribe(place)
    await mail.tell_a_story(place)
    mail.steps, mail.dies_at = 0, number
    try:
        await mail.deliver(place)
    except Killed:
        mail.outlive()
        await mail.put(mail.card(STOPPED, place), mail.news(4, STOPPED, place))
        await mail.finish()
        return True
    return False


async def test_killed_between_any_two_steps_nothing_is_lost_and_nothing_doubled(mail: Mail):
    number = 1
    while await _killed_at(mail, number):
        place = f"C1N{number:05d}"

        assert mail.told(place) == ["STOPPED main-en", *STORY[1:], "  STOPPED main-4"], f"killed at step {number}"
        number += 1
    assert number > 40
    assert len(set(keys(mail))) == len(keys(mail))


async def test_without_the_scopes_to_look_back_a_crash_repeats_one_message_at_most(mail: Mail):
    mail.slack.workspace.scopes -= READ_BACK_SCOPES
    number, repeated = 1, 0
    while await _killed_at(mail, number):
        told = mail.told(f"C1N{number:05d}")

        assert set(told) >= {*STORY[1:], "  STOPPED main-4", "STOPPED main-en"}, f"killed at step {number}"
        assert len(told) <= 6, f"killed at step {number}"
        repeated += len(told) == 6
        number += 1
    assert repeated == 4 * 3  # four posts; said and not yet settled, while it is settled, not yet committed
