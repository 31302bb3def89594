"""
A deliverer that is stopped in the worst moment and goes on when its channel is another's; and one that leaves.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.pace import Slot
from bot.flows.deliver import deliver
from bot.flows.drain import LEASE, SURE
from bot.queue.tempo import Tempo
from bot.sandbox.clock import Clock
from bot.sandbox.slack import BOT_TOKEN, Slack
from bot.sandbox.slack.workspace import READ_BACK_SCOPES
from bot.slack.speech import speech
from bot.slack.voice import Voice
from bot.slack.workspace import punctually
from bot.store.memory import Memory
from tests.bot.flows.mail import RELAYS, RETRYING, RUNNING, SECOND, STOPPED, STORY, Mail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from bot.domain.notice import Wake
    from bot.flows.deliver import Office
    from bot.store.database import Database

LONGER = LEASE + SECOND


@asynccontextmanager
async def voice_of(slack: Slack, *traces: Any) -> AsyncIterator[Voice]:
    async with ClientSession(timeout=ClientTimeout(total=5), trace_configs=list(traces)) as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, session=session, retry_handlers=[])
        yield Voice(client, key=lambda: "never drawn")


@pytest.fixture
async def mail(database: Database) -> AsyncIterator[Mail]:
    """As the bot speaks: asked before the first byte whether it is too late."""
    clock, wakes = Clock(), []

    async def wake(woken: frozenset[Wake]) -> None:
        wakes.extend(woken)

    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    async with voice_of(slack, punctually()) as voice:
        yield Mail(slack=slack, clock=clock, memory=Memory(database, wake=wake), voice=voice, wakes=wakes)
    await slack.close()


def stopped(
    mail: Mail, act: str, meanwhile: Callable[[], Coroutine[Any, Any, None]], *, voice: Voice | None = None
) -> Office:
    """An office that is stopped once, after it has made sure of its claim and before it does this."""
    office, times = mail.office, []
    if voice is not None:
        office = replace(office, speech=speech(voice, bot=mail.slack.workspace.bot_b_id))
    honest = getattr(office.speech, act)

    async def stops(*given: Any) -> Any:
        if not times:
            times.append(1)
            await asyncio.create_task(meanwhile(), context=Context())  # others know nothing of its hurry
        return await honest(*given)

    return replace(office, speech=replace(office.speech, **{act: stops}), monotonic=mail.clock.monotonic)


async def test_who_wakes_up_when_the_channel_is_anothers_says_nothing(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()

    async def somebody_else_takes_over() -> None:
        mail.clock.move(LONGER)
        await mail.deliver()

    await deliver(RELAYS, stopped(mail, "post", somebody_else_takes_over))

    assert mail.told() == STORY
    assert mail.slack.ledger.verdicts("chat.postMessage") == ["ok"] * len(STORY)
    assert await mail.open_rows() == 0


async def test_without_the_scopes_to_read_back_nothing_is_said_twice_either(mail: Mail):
    mail.slack.workspace.scopes -= READ_BACK_SCOPES
    await test_who_wakes_up_when_the_channel_is_anothers_says_nothing(mail)


async def test_who_wakes_up_late_and_still_has_the_channel_makes_sure_and_says_it(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()

    async def nobody_comes() -> None:
        mail.clock.move(SURE + SECOND)

    await deliver(RELAYS, stopped(mail, "post", nobody_comes))

    assert mail.told() == STORY
    assert mail.slack.ledger.verdicts("chat.postMessage") == ["ok"] * len(STORY)


async def test_an_old_edit_that_does_not_leave_stands_over_no_newer_one(mail: Mail):
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    await mail.put(mail.card(RETRYING))

    async def a_newer_one_is_shown() -> None:
        mail.clock.move(LONGER)
        await mail.put(mail.card(STOPPED))
        await mail.deliver()

    await deliver(RELAYS, stopped(mail, "edit", a_newer_one_is_shown))
    await mail.finish()

    assert mail.told() == ["STOPPED main-en"]


async def test_an_old_edit_that_was_on_its_way_already_is_put_right(mail: Mail):
    """The process was stopped in the very moment of sending: no check can help, so it looks when it wakes up."""
    await mail.subscribe()
    await mail.put(mail.card(RUNNING))
    await mail.deliver()
    await mail.put(mail.card(RETRYING))

    async def a_newer_one_is_shown() -> None:
        mail.clock.move(LONGER)
        await mail.put(mail.card(STOPPED))
        await mail.deliver()

    async with voice_of(mail.slack) as on_its_way:
        await deliver(RELAYS, stopped(mail, "edit", a_newer_one_is_shown, voice=on_its_way))
        overwritten = mail.told()
        await mail.finish()

    assert (overwritten, mail.told()) == (["RETRYING main-en"], ["STOPPED main-en"])


async def test_who_leaves_finishes_what_it_says_and_hands_the_rest_on(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    office = replace(mail.office, is_leaving=lambda: mail.told() != [])
    mail.wakes.clear()

    await deliver(RELAYS, office)
    said, woken = mail.told(), list(mail.wakes)
    await mail.deliver()  # whoever is woken, and at once

    assert said == STORY[:1]
    assert [(wake.what, wake.key) for wake in woken] == [("deliver", f"{RELAYS.team} {RELAYS.channel}")]
    assert mail.told() == STORY


async def test_who_leaves_waits_for_no_turn(mail: Mail):
    """It is asked to leave while it waits: what it had begun to send is as if it had not."""
    await mail.subscribe()
    await mail.tell_a_story()
    asked: list[float] = []

    async def reserve(*_: object) -> Slot:
        return Slot(wait_s=4.0)

    async def is_asked(seconds: float) -> None:
        asked.append(seconds)

    tempo = Tempo(reserve, sleep=is_asked, is_leaving=lambda: asked != [])
    await deliver(RELAYS, replace(mail.office, tempo=tempo, is_leaving=lambda: asked != []))
    said, states = mail.told(), {row.state for row in await mail.rows()}
    await mail.deliver()

    assert (said, asked, states) == ([], [4.0], {"pending"})
    assert mail.told() == STORY


async def test_a_job_that_comes_when_all_leave_is_handed_on_untouched(mail: Mail):
    await mail.subscribe()
    await mail.tell_a_story()
    mail.wakes.clear()

    await deliver(RELAYS, replace(mail.office, is_leaving=lambda: True))

    assert mail.told() == []
    assert [wake.what for wake in mail.wakes] == ["deliver"]
