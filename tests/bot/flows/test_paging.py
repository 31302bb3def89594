"""
Calls on their way into Slack: where they stand, what goes before what, whom they cannot reach, how they end.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import response as judge
from bot.domain.message import HeldBack
from bot.domain.notice import Kind, PageBody, from_json
from bot.domain.page import About, pages
from bot.domain.response import Badness, Due, Found, Policy, Response
from bot.domain.rota import Level, Target, TargetKind
from bot.flows.amend import amend, sent
from bot.flows.deliver import deliver
from bot.flows.drain import LEASE
from bot.flows.incidents import held_back
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Drop, Fail
from bot.sandbox.slack import BOT_TOKEN, Slack
from bot.slack.cards import press
from bot.slack.voice import Voice
from bot.store.memory import Memory
from tests.bot.flows.mail import MINUTE, REF, RELAYS, RUNNING, SECOND, STOPPED, Mail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.domain.response import Outcome
    from bot.sandbox.slack import Message
    from bot.store.database import Database

NEXT = Policy(levels=(Level(after=timedelta(minutes=5), target=Target(kind=TargetKind.USER, id="U0BOB")),))


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


async def opened(mail: Mail, *, policy: Policy = NEXT) -> Response:
    """The task is down, and somebody is to be called for it."""
    await mail.subscribe()
    now = mail.clock()
    async with mail.memory.transaction() as tx:
        incident = await tx.incidents.open(
            account=REF.account, region=REF.region, task=mail.task, opened_at=now, why="stopped"
        )
        assert incident is not None
        response = Response(
            id=0, incident=incident, place=RELAYS, opened_at=now, pages=True, policy=policy, badness=Badness(rank=2)
        )
        number = await tx.responses.open(judge.opened(response, at=now))
        assert number is not None
        kept = await tx.responses.get(number)
    assert kept is not None
    return kept


async def call(mail: Mail, response: Response, *who: str) -> Response:
    """Call somebody, as the beat does when it is due."""
    found = {0: Found(mentions=who, people=who)}
    outcome = judge.came_due(response, found, mail.clock())
    about = About(
        account=REF.account,
        region=REF.region,
        title="Alibaba Cloud",
        opened_at=mail.clock(),
        why="stopped",
        task=mail.task,
        task_id=REF.task_id,
        name="main-en",
        state=STOPPED,
    )
    async with mail.memory.transaction() as tx:
        assert await tx.responses.save(outcome.response)
        for each in outcome.calls:
            for notice in pages(each, outcome.response, about, pagers=(), now=mail.clock()):
                await tx.outbox.put(notice, now=mail.clock())
    return await kept(mail, response)


async def kept(mail: Mail, response: Response) -> Response:
    async with mail.memory.reading() as tx:
        found = await tx.responses.get(response.id)
    assert found is not None
    return found


async def show(mail: Mail, outcome: Outcome) -> None:
    """Keep what a deed or a change came to, and let everybody see it."""
    async with mail.memory.transaction() as tx:
        assert await tx.responses.save(outcome.response)
        await tx.outbox.withdraw(outcome.response.id, now=mail.clock())
        after = await tx.responses.get(outcome.response.id)
        assert after is not None
        await amend(tx, after, now=mail.clock())


async def ack(mail: Mail, response: Response, by: str = "U0ANN") -> None:
    await show(mail, judge.acked(response, by, mail.clock()))


def page(mail: Mail) -> Message:
    return next(message for message in mail.slack.heard("C0RELAYS") if message.is_broadcast)


def direct(mail: Mail, user: str = "ann") -> list[Message]:
    return mail.slack.heard(f"@{user}")


async def test_a_call_stands_under_the_card_and_in_the_channel_and_comes_to_the_person_with_a_link(mail: Mail):
    response = await opened(mail)
    await mail.put(mail.card(STOPPED))
    await mail.deliver()
    response = await call(mail, response, "U0ANN")
    await mail.finish()

    (card,) = mail.roots()
    told = page(mail)
    (personal,) = direct(mail)
    where = mail.slack.workspace
    assert told.thread_ts == card.ts
    assert told.words.startswith("<@U0ANN> · *STOPPED main-en* · it is down")
    assert f"<https://sandbox.slack.com/archives/C0RELAYS/p{card.ts.replace('.', '')}|Its thread>" in personal.words
    assert personal.channel == where.channel("@ann").id
    for message in (told, personal):
        assert message.text.startswith("STOPPED main-en · it is down · since ")
        assert press.ACK in message.buttons
    assert await mail.open_rows() == 0


async def test_a_call_that_comes_before_its_card_stands_there_waits_for_it_in_the_channel_and_nowhere_else(mail: Mail):
    response = await opened(mail)
    await mail.put(mail.line(1), mail.line(2), mail.card(STOPPED))
    await call(mail, response, "U0ANN")
    await mail.finish()

    card, *lines = mail.roots()
    assert page(mail).thread_ts == card.ts
    assert [message.ts for message in mail.slack.heard("C0RELAYS")][:2] == [card.ts, page(mail).ts]
    assert len(lines) == 2


async def test_a_person_is_told_although_slack_gives_no_link(mail: Mail):
    response = await opened(mail)
    await mail.put(mail.card(STOPPED))
    await mail.deliver()
    mail.slack.faults.plan(Fail("ratelimited"), on="chat.getPermalink")
    await call(mail, response, "U0ANN")
    await mail.finish()

    (personal,) = direct(mail)
    assert "Its thread" not in personal.words
    assert personal.words.startswith("<@U0ANN> · *STOPPED main-en*")
    assert mail.slack.ledger.of("chat.getPermalink")


async def test_a_burst_gathers_no_call(mail: Mail):
    response = await opened(mail)
    await mail.put(mail.card(STOPPED))
    await mail.deliver()
    await mail.put(*(mail.news(number, STOPPED) for number in range(8)))
    await call(mail, response, "U0ANN")
    begun = mail.clock()
    await mail.finish()
    async with mail.memory.reading() as tx:
        held = await held_back(tx, RELAYS, now=mail.clock())
        later = await held_back(tx, RELAYS, now=mail.clock() + MINUTE)

    assert held == HeldBack(count=8, joins_until=begun + MINUTE)
    assert later is None
    said = [message.text for message in mail.slack.heard("C0RELAYS")]
    assert said[1].startswith("STOPPED main-en · it is down")
    assert said[2].startswith("8 changes at once")
    assert len(said) == 3


@pytest.mark.parametrize(
    ("why", "code"),
    [("somebody who left", "user_disabled"), ("an app without a tab for messages", "messages_tab_disabled")],
)
async def test_who_cannot_be_called_is_passed_over_at_once_and_the_channel_hears_it(mail: Mail, why: str, code: str):
    response = await opened(mail)
    await mail.put(mail.card(STOPPED))
    await mail.deliver()
    mail.slack.faults.plan(Fail(code), on="conversations.open")
    begun = mail.clock()
    response = await call(mail, response, "U0ANN")
    await mail.finish()

    after = await kept(mail, response)
    assert after.due is Due.CALL
    assert after.due_at is not None
    assert begun <= after.due_at <= mail.clock(), why
    said = [message.words for message in mail.roots()]
    assert f"I cannot call <@U0ANN>: Slack says {code}. The next level is called at once." in said
    assert direct(mail) == []


async def test_where_two_were_called_the_other_one_has_their_time(mail: Mail):
    response = await call(mail, await opened(mail), "U0DORA", "U0BOB")
    await mail.finish()

    after = await kept(mail, response)
    assert (after.called, after.due_at) == (("U0BOB",), response.due_at)
    assert len(direct(mail, "bob")) == 1
    assert any("I cannot call <@U0DORA>" in message.words for message in mail.roots())


async def test_whoever_was_to_be_called_again_is_left_alone_where_somebody_has_it_in_hand_by_then(mail: Mail):
    response = await opened(mail)
    mail.slack.faults.plan(Drop(), on="chat.postMessage", times=None)
    response = await call(mail, response, "U0ANN")
    for place in (RELAYS, replace(RELAYS, channel="U0ANN")):
        await mail.deliver(place)
    unsure = [row.state for row in await mail.rows()]
    mail.slack.faults.clear()
    await ack(mail, response, "U0BOB")
    await mail.finish()

    assert unsure == ["unsure", "unsure"]
    assert [row.state for row in await mail.rows()] == ["dropped", "dropped"]
    assert mail.slack.heard() == []


async def test_an_ack_is_shown_by_every_message_that_called_and_takes_its_button(mail: Mail):
    response = await opened(mail)
    await mail.put(mail.card(STOPPED))
    await mail.deliver()
    (card,) = mail.roots()
    before = dict(card.buttons)
    response = await call(mail, response, "U0ANN", "U0BOB")
    await mail.finish()
    await ack(mail, response)
    await mail.finish()

    (card,) = mail.roots()
    for message in (card, page(mail), *direct(mail), *direct(mail, "bob")):
        assert "<@U0ANN> has it in hand until " in message.words
        assert press.ACK not in message.buttons
    assert press.ACK in before
    assert len(mail.slack.heard()) == 4
    assert "Its thread" in direct(mail)[0].words


async def test_an_ack_that_comes_while_the_call_is_on_its_way_is_shown_as_soon_as_it_stands(mail: Mail):
    response = await opened(mail)
    response = await call(mail, response, "U0ANN")
    honest = mail.office

    async def post(saying: Any) -> str:
        if isinstance(saying.body, PageBody):
            await ack(mail, await kept(mail, response), "U0BOB")
        return await honest.speech.post(saying)

    await deliver(RELAYS, replace(honest, speech=replace(honest.speech, post=post)))
    await mail.finish()

    (told,) = mail.roots()
    assert "<@U0BOB> has it in hand" in told.words
    assert told.edits == 1
    assert direct(mail) == []  # it was waiting, and taken back


async def test_an_end_is_shown_and_nothing_of_it_is_kept(mail: Mail):
    response = await opened(mail)
    response = await call(mail, response, "U0ANN")
    await mail.finish()
    mail.clock.move(SECOND * 90)
    await show(mail, judge.closed(response, "recovered", mail.clock()))
    await mail.finish()

    for message in (*mail.roots(), *direct(mail)):
        assert "Over since " in message.words
        assert message.buttons == {}
    async with mail.memory.reading() as tx:
        assert [card.subject for card in await tx.cards.of_place(RELAYS)] == []


async def test_what_is_back_while_its_end_is_being_shown_is_shown_as_back(mail: Mail):
    response = await opened(mail)
    response = await call(mail, response, "U0ANN")
    await mail.finish()
    await show(mail, judge.closed(response, "recovered", mail.clock()))
    honest, ends = mail.office, []

    async def edit(channel: str, ts: str, body: Any) -> None:
        if not ends:
            ends.append(body.handling.over_at)
            await show(mail, judge.reopened(await kept(mail, response), Badness(rank=2), mail.clock()))
        await honest.speech.edit(channel, ts, body)

    await deliver(RELAYS, replace(honest, speech=replace(honest.speech, edit=edit)))
    await mail.finish()

    (told,) = mail.roots()
    assert None not in ends
    assert "Over since " not in told.words
    assert press.ACK in told.buttons


async def test_an_ack_that_comes_while_it_is_written_down_that_the_call_stands_finds_the_call(mail: Mail):
    response = await opened(mail)
    response = await call(mail, response, "U0ANN")
    async with mail.memory.transaction() as tx:
        claim = await tx.outbox.claim_place(RELAYS, now=mail.clock(), lease=LEASE)
        assert claim is not None
        row = await tx.outbox.next(claim, now=mail.clock())
        assert row is not None
    async with mail.memory.transaction() as tx:
        assert await tx.outbox.settle(row, claim, ts="1.1", now=mail.clock())
        await sent(tx, row, now=mail.clock())
        acking = asyncio.create_task(ack(mail, response))
        await asyncio.wait({acking}, timeout=0.3)  # in vain: whoever has it first is waited for
    await acking
    edits = [from_json(row.body) for row in await mail.rows() if row.card and row.kind == Kind.PAGE]

    assert [isinstance(edit, PageBody) and edit.handling and edit.handling.by for edit in edits] == ["U0ANN"]


async def test_a_call_that_somebody_deleted_is_not_said_anew_by_its_edit(mail: Mail):
    response = await opened(mail)
    response = await call(mail, response, "U0ANN")
    await mail.finish()
    (told,) = mail.roots()
    mail.slack.workspace.change(told, is_deleted=True)
    await ack(mail, response)
    await mail.finish()

    assert mail.roots() == []
    assert await mail.open_rows() == 0


async def test_a_card_that_is_well_shows_nothing_to_be_acked(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.finish()

    (card,) = mail.roots()
    assert press.ACK not in card.buttons
