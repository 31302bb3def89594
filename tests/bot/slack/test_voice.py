"""
What can come of saying something in Slack, and how a lost post is found again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.speech import Obstacle, Refused, Unsure
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Answer, Drop, Fail, Hang, Truncate, html, misshapen
from bot.sandbox.slack import BOT_TOKEN, Slack
from bot.sandbox.slack.cast import BOT
from bot.sandbox.slack.workspace import READ_BACK_SCOPES, Message
from bot.slack.cards.block import Dressed, section
from bot.slack.voice import SlackRefused, Voice

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

RELAYS, OLD, GENERAL = "C0RELAYS", "C0OLD", "C0GENERAL"
SAID = Dressed(text="STOPPED main-en", blocks=(section("*STOPPED* main-en"),))
SPOILT = Dressed(text="STOPPED main-en", blocks=({"type": "sectoin"},))
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[Slack]:
    slack = Slack(clock, monotonic=clock.monotonic)
    await slack.open()
    yield slack
    await slack.close()


@pytest.fixture
async def voice(slack: Slack) -> AsyncIterator[Voice]:
    async with ClientSession(timeout=ClientTimeout(total=0.2)) as session:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url, session=session, retry_handlers=[])
        yield Voice(client, key=lambda: "drawn")


async def find(voice: Voice, slack: Slack, clock: Clock, key: str = "k-1", **more: Any) -> str | None:
    return await voice.find(RELAYS, key, since=clock.now - MINUTE, bot=slack.workspace.bot_b_id, **more)


# ── posts and edits ──


async def test_a_post_carries_its_key_unseen(slack: Slack, voice: Voice):
    await voice.post(RELAYS, SAID, key="k-1")

    (message,) = slack.heard("#relays")
    assert message.metadata == {"event_type": "relaybot_post", "event_payload": {"key": "k-1"}}
    assert message.words == "*STOPPED* main-en"


async def test_a_post_that_brings_no_key_gets_one(slack: Slack, voice: Voice):
    await voice.post(RELAYS, SAID)

    assert slack.heard("#relays")[0].metadata["event_payload"] == {"key": "drawn"}


async def test_a_reply_may_be_shown_in_the_channel_too(slack: Slack, voice: Voice, clock: Clock):
    root = await voice.post(RELAYS, SAID)
    clock.move(MINUTE)
    await voice.post(RELAYS, SAID, thread_ts=root.ts, in_channel=True)

    assert slack.heard("#relays", thread=root.ts)[0].is_broadcast


async def test_what_is_no_reply_is_no_broadcast(slack: Slack, voice: Voice):
    await voice.post(RELAYS, SAID, in_channel=True)

    assert not slack.heard("#relays")[0].is_broadcast


async def test_an_edit_keeps_the_key_and_can_be_repeated(slack: Slack, voice: Voice):
    posted = await voice.post(RELAYS, SAID, key="k-1")
    for _ in range(2):
        await voice.update(RELAYS, posted.ts, Dressed(text="RUNNING main-en", blocks=()))

    (message,) = slack.heard("#relays")
    assert (message.text, message.edits) == ("RUNNING main-en", 2)
    assert message.metadata["event_payload"] == {"key": "k-1"}


async def test_blocks_that_slack_does_not_take_become_plain_text(slack: Slack, voice: Voice, clock: Clock):
    slack.api.per_second.most = 2

    posted = await voice.post(RELAYS, SPOILT, key="k-1")
    await voice.update(RELAYS, posted.ts, SPOILT)

    (message,) = slack.heard("#relays")
    assert (message.words, message.edits) == ("STOPPED main-en", 1)
    assert slack.ledger.verdicts() == ["invalid_blocks", "ok", "invalid_blocks", "ok"]


async def test_the_conversation_with_a_person_is_opened_once(slack: Slack, voice: Voice):
    assert await voice.direct("U0ANN") == await voice.direct("U0ANN")


# ── what can come of it ──


@pytest.mark.parametrize(
    ("code", "obstacle"),
    [
        ("ratelimited", Obstacle.WAIT),
        ("message_limit_exceeded", Obstacle.WAIT),
        ("org_login_required", Obstacle.WAIT),
        ("is_archived", Obstacle.GONE),
        ("channel_not_found", Obstacle.GONE),
        ("not_in_channel", Obstacle.NOT_MEMBER),
        ("restricted_action", Obstacle.POLICY),
        ("token_revoked", Obstacle.INSTALL),
        ("missing_scope", Obstacle.INSTALL),
        ("cannot_reply_to_message", Obstacle.THREAD),
        ("no_text", Obstacle.CONTENT),
        ("a_word_of_tomorrow", Obstacle.OTHER),
    ],
)
async def test_a_refusal_says_what_has_to_happen_next(slack: Slack, voice: Voice, code: str, obstacle: Obstacle):
    slack.faults.plan(Fail(code), on="chat.postMessage")

    with pytest.raises(Refused) as caught:
        await voice.post(RELAYS, SAID)

    assert (caught.value.code, caught.value.obstacle) == (code, obstacle)
    assert slack.ledger.verdicts() == [code]


@pytest.mark.parametrize(
    ("why", "fault", "wait_s"),
    [
        ("it says how long", Fail("ratelimited", retry_after=timedelta(seconds=30)), 30),
        ("it does not say", Answer(status=429, body=b'{"ok":false,"error":"ratelimited"}', verdict="429"), 1),
        ("it is a proxy's", html(429), 1),
        ("it comes as 200", Fail("rate_limited"), 1),
    ],
)
async def test_a_request_for_patience_may_have_posted(*, slack: Slack, voice: Voice, why: str, fault: Any, wait_s: int):
    slack.faults.plan(fault, on="chat.postMessage")

    with pytest.raises(SlackRefused) as caught:
        await voice.post(RELAYS, SAID)

    assert (caught.value.obstacle, caught.value.is_certain) == (Obstacle.WAIT, False), why
    assert caught.value.retry_after == timedelta(seconds=wait_s)


@pytest.mark.parametrize(
    "fault",
    [
        Drop(),
        Drop(done=True),
        Hang(),
        Truncate(),
        html(200),
        html(502),
        misshapen([1]),
        misshapen({"ok": True}),
        Fail("internal_error"),
        Fail("fatal_error"),
        Fail("service_unavailable", status=503),
    ],
    ids=str,
)
async def test_what_may_have_been_taken_is_unsure_and_is_not_sent_again(slack: Slack, voice: Voice, fault: Any):
    slack.faults.plan(fault, on="chat.postMessage", times=None)

    with pytest.raises(Unsure):
        await voice.post(RELAYS, SAID)

    assert len(slack.ledger.of("chat.postMessage")) == 1


async def test_where_nobody_listens_nothing_was_sent(slack: Slack, voice: Voice):
    await slack.door.shut()

    with pytest.raises(SlackRefused) as caught:
        await voice.post(RELAYS, SAID)

    assert (caught.value.code, caught.value.obstacle, caught.value.is_certain) == ("unreachable", Obstacle.WAIT, True)


@pytest.mark.parametrize(
    ("why", "channel", "ts", "obstacle"),
    [
        ("the channel is archived", OLD, "1.1", Obstacle.GONE),
        ("the message is gone", RELAYS, "1.1", Obstacle.THREAD),
    ],
)
async def test_an_edit_is_refused_like_a_post(
    *, slack: Slack, voice: Voice, why: str, channel: str, ts: str, obstacle: Obstacle
):
    with pytest.raises(SlackRefused) as caught:
        await voice.update(channel, ts, SAID)

    assert caught.value.obstacle is obstacle, why


# ── finding what may have been said ──


async def test_a_post_is_found_in_its_channel_by_its_key(slack: Slack, voice: Voice, clock: Clock):
    posted = await voice.post(RELAYS, SAID, key="k-1")

    assert await find(voice, slack, clock) == posted.ts
    assert await find(voice, slack, clock, "k-2") is None


async def test_a_reply_is_found_in_its_thread(slack: Slack, voice: Voice, clock: Clock):
    root = await voice.post(RELAYS, SAID)
    clock.move(MINUTE)
    reply = await voice.post(RELAYS, SAID, thread_ts=root.ts, key="k-1")

    assert await find(voice, slack, clock, thread_ts=root.ts) == reply.ts
    assert await find(voice, slack, clock) is None


async def test_what_was_said_before_the_attempt_is_not_looked_at(slack: Slack, voice: Voice, clock: Clock):
    await voice.post(RELAYS, SAID, key="k-1")
    clock.move(2 * MINUTE)

    assert await find(voice, slack, clock) is None


async def test_somebody_elses_copy_of_a_key_is_not_adopted(slack: Slack, voice: Voice, clock: Clock):
    posted = await voice.post(RELAYS, SAID, key="k-1")
    ours = slack.workspace.find(RELAYS, posted.ts)
    assert ours is not None
    slack.workspace.change(ours, metadata={"event_type": "theirs", "event_payload": {"key": "k-1"}})
    copied = {"event_type": "relaybot_post", "event_payload": {"key": "k-1"}}
    slack.workspace.post(Message(channel=RELAYS, ts=slack.workspace.tick(), by="U0ROBO", text="copy", metadata=copied))

    assert await find(voice, slack, clock) is None


async def test_pages_are_turned_until_it_is_found(slack: Slack, voice: Voice, clock: Clock):
    posted = await voice.post(RELAYS, SAID, key="k-1")
    for number in range(250):
        slack.workspace.post(
            Message(channel=RELAYS, ts=slack.workspace.tick(), by=BOT if number % 2 else "U0ANN", text=str(number))
        )

    assert await find(voice, slack, clock) == posted.ts
    assert len(slack.ledger.of("conversations.history")) == 3


async def test_without_the_scopes_to_look_nothing_is_found(slack: Slack, voice: Voice, clock: Clock):
    slack.workspace.scopes -= READ_BACK_SCOPES
    await voice.post(RELAYS, SAID, key="k-1")

    assert await find(voice, slack, clock) is None
    assert slack.ledger.verdicts("conversations.history") == ["missing_scope"]


async def test_a_look_that_is_refused_otherwise_says_so(slack: Slack, voice: Voice, clock: Clock):
    slack.faults.plan(Fail("ratelimited"), on="conversations.replies")

    with pytest.raises(SlackRefused) as caught:
        await find(voice, slack, clock, thread_ts="1.1")

    assert caught.value.obstacle is Obstacle.WAIT


async def test_a_person_alone_is_told_and_a_refusal_is_told_apart(slack: Slack, voice: Voice):
    await voice.whisper(RELAYS, "U0ANN", SAID)

    assert slack.heard("#relays", to="ann")[0].ephemeral_to == "U0ANN"
    with pytest.raises(SlackRefused):
        await voice.whisper(GENERAL, "U0ANN", SAID)
