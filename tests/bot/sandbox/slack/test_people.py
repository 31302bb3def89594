"""What people do, seen from where the bot stands: over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock as SlackClock
from slack_sdk.signature import SignatureVerifier
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.faults import Answer, Delay, Drop, Fault, Hang
from bot.sandbox.slack import SIGNING_SECRET, Slack
from bot.sandbox.slack.workspace import SLACKBOT

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.sandbox.clock import Clock

RELAYS = "C0RELAYS"
CARD = {
    "text": "RUNNING main-en",
    "blocks": [
        {"type": "section", "text": {"type": "mrkdwn", "text": "*RUNNING* main-en"}},
        {
            "type": "actions",
            "block_id": "row",
            "elements": [
                {
                    "type": "button",
                    "action_id": "refresh",
                    "value": "42",
                    "text": {"type": "plain_text", "text": "Refresh"},
                },
                {
                    "type": "static_select",
                    "action_id": "pick",
                    "options": [{"value": "1", "text": {"type": "plain_text", "text": "x"}}],
                },
            ],
        },
    ],
}


def json_ack(**body: Any):
    return Answer(body=json.dumps(body).encode())


class Fixed(SlackClock):
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> float:
        return self.clock().timestamp()


def is_genuine(call: Any, clock: Clock) -> bool:
    verifier = SignatureVerifier(SIGNING_SECRET, clock=Fixed(clock))
    return verifier.is_valid_request(call.body, {name: call.headers[name] for name in call.headers})


async def test_a_typed_command_arrives_signed_and_whole(slack: Slack, app: Any, clock: Clock):
    told = await slack.say("ann", "#relays", "/relay status aliyun main-en")

    (call,) = app.calls
    sent = dict(parse_qsl(call.body.decode()))
    assert is_genuine(call, clock)
    assert call.path == "/slack/events"
    assert (sent["command"], sent["text"]) == ("/relay", "status aliyun main-en")
    assert (sent["user_id"], sent["channel_id"], sent["team_id"]) == ("U0ANN", RELAYS, "T0SANDBOX")
    assert sent["response_url"].startswith(slack.door.url)
    assert (told.status, told.in_time) == (200, True)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("a & b <c>", "a &amp; b &lt;c&gt;"),
        ("https://a.example/x?y=1&z", "<https://a.example/x?y=1&amp;z>"),
        ("oncall set @bob", "oncall set <@U0BOB|bob>"),
        ("in #relays", "in <#C0RELAYS|relays>"),
        ("@nobody #nowhere", "@nobody #nowhere"),
        ("mail me@bob", "mail me@bob"),
    ],
)
async def test_typed_words_are_escaped_as_slack_does(slack: Slack, app: Any, typed: str, sent: str):
    await slack.say("ann", "#relays", f"/relay {typed}")

    assert parse_qs(app.calls[0].body.decode())["text"] == [sent]


async def test_raw_words_are_sent_as_they_stand(slack: Slack, app: Any):
    await slack.say("ann", "#relays", "/relay <@U1|x>", raw=True)

    assert parse_qs(app.calls[0].body.decode())["text"] == ["<@U1|x>"]


@pytest.mark.parametrize(
    ("ack", "seen_by"),
    [
        # Ephemeral unless it says otherwise.
        (json_ack(**CARD), "U0ANN"),
        (json_ack(response_type="ephemeral", **CARD), "U0ANN"),
        (json_ack(response_type="in_channel", **CARD), ""),
        (Answer(body=b"RUNNING main-en", content_type="text/plain"), "U0ANN"),
    ],
)
async def test_an_ack_is_shown(slack: Slack, app: Any, ack: Answer, seen_by: str):
    app.says = ack
    await slack.say("ann", "#general", "/relay status")

    (message,) = slack.heard("#general")
    assert (message.text, message.ephemeral_to) == ("RUNNING main-en", seen_by)


async def test_an_empty_ack_shows_nothing(slack: Slack, app: Any):
    await slack.say("ann", "#relays", "/relay status")

    assert slack.heard("#relays") == []


async def test_an_ack_that_breaks_a_limit_is_refused_visibly(slack: Slack, app: Any):
    app.says = json_ack(text="x", blocks=[{"type": "divider"}] * 51)
    await slack.say("ann", "#relays", "/relay status")

    (message,) = slack.heard("#relays")
    assert message.by == SLACKBOT
    assert "invalid_blocks" in message.text


@pytest.mark.parametrize("fault", [Drop(), Answer(status=500), Answer(status=404)])
async def test_a_command_that_fails_is_told_by_slack(slack: Slack, app: Any, fault: Fault):
    app.door.faults.plan(fault)
    told = await slack.say("ann", "#relays", "/relay status")

    (message,) = slack.heard("#relays")
    assert message.by == SLACKBOT
    assert message.text == '/relay failed with the error "dispatch_failed"'
    assert message.ephemeral_to == "U0ANN"
    assert not told.in_time


async def test_an_ack_after_three_seconds_is_lost(slack: Slack, app: Any):
    app.says, app.takes = json_ack(**CARD), timedelta(seconds=3.01)
    told = await slack.say("ann", "#relays", "/relay status")

    assert told.status == 200
    assert not told.in_time
    assert [message.text for message in slack.heard("#relays")] == ['/relay failed with the error "operation_timeout"']


async def test_nobody_at_the_door_is_status_zero(slack: Slack):
    slack.people.door = "http://127.0.0.1:9/slack/events"

    assert (await slack.say("ann", "#relays", "/relay status")).status == 0


async def test_a_response_url_takes_five_posts_within_half_an_hour(slack: Slack, app: Any, clock: Clock):
    url = (await slack.say("ann", "#general", "/relay status")).response_url
    webhook = AsyncWebhookClient(url, retry_handlers=[])
    first = [(await webhook.send(text=str(count))).status_code for count in range(6)]
    fresh = (await slack.say("ann", "#general", "/relay status")).response_url
    clock.move(timedelta(minutes=30, microseconds=1))
    late = await AsyncWebhookClient(fresh, retry_handlers=[]).send(text="late")

    assert first == [200] * 5 + [404]
    assert (late.status_code, json.loads(late.body)["error"]) == (404, "expired_url")
    assert [message.text for message in slack.heard("#general")] == ["0", "1", "2", "3", "4"]
    assert {message.ephemeral_to for message in slack.heard("#general")} == {"U0ANN"}


async def test_a_refused_post_leaves_the_url_its_five(slack: Slack, app: Any):
    url = (await slack.say("ann", "#general", "/relay status")).response_url
    webhook = AsyncWebhookClient(url, retry_handlers=[])
    broken = await webhook.send(text="x", blocks=[{"type": "divider"}] * 51)
    sent = [(await webhook.send(text="x", response_type="in_channel")).status_code for _ in range(5)]

    assert (broken.status_code, broken.body) == (400, "invalid_blocks")
    assert sent == [200] * 5
    assert {message.ephemeral_to for message in slack.heard("#general")} == {""}


async def test_a_response_url_can_fail_too(slack: Slack, app: Any):
    url = (await slack.say("ann", "#general", "/relay status")).response_url
    slack.faults.plan(Answer(status=500), on="response_url")
    webhook = AsyncWebhookClient(url, retry_handlers=[])

    assert (await webhook.send(text="x")).status_code == 500
    assert (await webhook.send(text="y")).status_code == 200


async def test_an_unknown_response_url_is_refused(slack: Slack):
    async with httpx.AsyncClient() as http:
        reply = await http.post(f"{slack.door.url}/commands/T0/nothing", json={"text": "x"})
        broken = await http.post(f"{slack.door.url}/commands/T0/nothing", content=b"[1]")

    assert (reply.status_code, reply.json()["error"]) == (404, "invalid_url")
    assert (broken.status_code, broken.text) == (400, "invalid_payload")


async def posted_card(slack: Slack, client: AsyncWebClient, **extra: Any):
    await client.chat_postMessage(channel=RELAYS, **CARD, **extra)
    return slack.heard("#relays")[-1]


async def test_a_pressed_button_says_where_and_what(slack: Slack, app: Any, client: AsyncWebClient, clock: Clock):
    card = await posted_card(slack, client)
    told = await slack.press(card, "refresh", "ann")

    sent = json.loads(parse_qs(app.calls[-1].body.decode())["payload"][0])
    (action,) = sent["actions"]
    assert is_genuine(app.calls[-1], clock)
    assert sent["type"] == "block_actions"
    assert (action["action_id"], action["block_id"], action["value"]) == ("refresh", "row", "42")
    assert sent["container"] == {
        "type": "message",
        "message_ts": card.ts,
        "channel_id": RELAYS,
        "is_ephemeral": False,
    }
    assert sent["message"]["ts"] == card.ts
    assert sent["user"]["id"] == "U0ANN"
    assert told.response_url == sent["response_url"]
    assert sent["trigger_id"]


async def test_a_button_on_an_ephemeral_comes_without_its_message(slack: Slack, app: Any):
    app.says = json_ack(**CARD)
    await slack.say("ann", "#relays", "/relay status")
    await slack.press(slack.heard("#relays")[0], "refresh", "ann")

    sent = json.loads(parse_qs(app.calls[-1].body.decode())["payload"][0])
    assert sent["container"]["is_ephemeral"]
    assert "message" not in sent


async def test_a_chosen_option_is_sent(slack: Slack, app: Any, client: AsyncWebClient):
    await slack.press(await posted_card(slack, client), "pick", "ann", value="1")

    sent = json.loads(parse_qs(app.calls[-1].body.decode())["payload"][0])
    assert sent["actions"][0]["selected_option"] == {"value": "1"}


async def test_only_what_is_shown_can_be_pressed(slack: Slack, app: Any, client: AsyncWebClient):
    card = await posted_card(slack, client)
    app.says = json_ack(**CARD)
    await slack.say("ann", "#relays", "/relay status")
    hers = slack.heard("#relays")[-1]

    with pytest.raises(LookupError, match="it has \\['refresh', 'pick'\\]"):
        await slack.press(card, "explode", "ann")
    with pytest.raises(LookupError, match="bob sees no such message"):
        await slack.press(hers, "refresh", "bob")


async def test_an_original_is_replaced_and_deleted(slack: Slack, app: Any):
    app.says = json_ack(**CARD)
    await slack.say("ann", "#relays", "/relay status")
    app.says = Answer(body=b"")
    (card,) = slack.heard("#relays")
    webhook = AsyncWebhookClient((await slack.press(card, "refresh", "ann")).response_url)

    await webhook.send(text="STOPPED main-en", replace_original=True)

    (message,) = slack.heard("#relays")
    assert (message.ts, message.text, message.edits) == (card.ts, "STOPPED main-en", 1)
    await webhook.send(delete_original=True)
    assert slack.heard("#relays") == []


async def test_a_new_answer_to_a_button_leaves_the_original(slack: Slack, app: Any, client: AsyncWebClient):
    card = await posted_card(slack, client)
    webhook = AsyncWebhookClient((await slack.press(card, "refresh", "ann")).response_url)
    await webhook.send(text="main-en")

    assert [message.text for message in slack.heard("#relays")] == ["RUNNING main-en", "main-en"]


async def test_a_mention_is_an_event_in_its_thread(slack: Slack, app: Any, client: AsyncWebClient, clock: Clock):
    root = await posted_card(slack, client)
    await slack.mention("ann", "#relays", "status aliyun main-en", thread=root.ts)

    sent = json.loads(app.calls[-1].body)
    assert is_genuine(app.calls[-1], clock)
    assert sent["type"] == "event_callback"
    assert sent["event"]["type"] == "app_mention"
    assert sent["event"]["text"] == "<@U0RELAYBOT> status aliyun main-en"
    assert sent["event"]["thread_ts"] == root.ts
    assert [message.by for message in slack.transcript("#relays")] == ["U0RELAYBOT", "U0ANN"]
    assert len(slack.heard("#relays")) == 1


async def test_a_direct_message_and_the_home_tab_are_events(slack: Slack, app: Any):
    await slack.people.write("ann", "help")
    await slack.people.open_home("ann")

    written, opened = (json.loads(call.body)["event"] for call in app.calls)
    assert (written["type"], written["channel_type"], written["text"]) == ("message", "im", "help")
    assert (opened["type"], opened["user"]) == ("app_home_opened", "U0ANN")


async def test_an_event_can_come_again(slack: Slack, app: Any):
    told = await slack.mention("ann", "#relays", "status")
    await slack.people.again(told)

    first, second = app.calls
    assert first.body == second.body
    assert second.headers["x-slack-retry-num"] == "1"
    assert "x-slack-retry-num" not in first.headers


@pytest.mark.parametrize("kind", ["command", "button", "mention"])
async def test_everything_can_be_replayed_as_what_it_was(slack: Slack, app: Any, client: AsyncWebClient, kind: str):
    card = await posted_card(slack, client)
    match kind:
        case "command":
            told = await slack.say("ann", "#relays", "/relay status")
        case "button":
            told = await slack.press(card, "refresh", "ann")
        case _:
            told = await slack.mention("ann", "#relays", "status")
    await slack.people.again(told)

    assert app.calls[0].body == app.calls[1].body


@pytest.mark.parametrize(
    "forgery",
    [
        {"signature": "v0=" + "0" * 64},
        {"timestamp": "1795290899"},  # 301 s before now
        {"timestamp": "1795291501"},  # 301 s after now
    ],
)
async def test_a_forgery_is_what_it_claims(slack: Slack, app: Any, clock: Clock, forgery: dict[str, str]):
    told = await slack.people.post(b"command=/relay", **forgery)

    assert told.status == 200  # the app that stands here checks nothing
    assert not is_genuine(app.calls[0], clock)


async def test_waiting_needs_no_sleep(slack: Slack, app: Any, client: AsyncWebClient):
    app.door.faults.plan(Delay(timedelta(milliseconds=1)))
    with pytest.raises(TimeoutError):
        await slack.until(lambda: bool(slack.heard("#relays")), within_s=0.01)
    await client.chat_postMessage(channel=RELAYS, text="x")

    await slack.until(lambda: len(slack.heard("#relays")) == 1)


async def test_a_press_on_a_deleted_message_is_impossible(slack: Slack, app: Any):
    app.says = json_ack(**CARD)
    await slack.say("ann", "#relays", "/relay status")
    app.says = Answer(body=b"")
    (card,) = slack.heard("#relays")
    await AsyncWebhookClient((await slack.press(card, "refresh", "ann")).response_url).send(delete_original=True)

    with pytest.raises(LookupError):
        await slack.press(card, "refresh", "ann")


async def test_buttons_are_listed_by_their_labels(slack: Slack, client: AsyncWebClient):
    card = await posted_card(slack, client)

    assert card.buttons == {"refresh": "Refresh"}


async def test_unknown_names_are_a_mistake_of_the_test(slack: Slack):
    with pytest.raises(LookupError, match="nobody is called zoe"):
        await slack.say("zoe", "#relays", "/relay")
    with pytest.raises(LookupError, match="no channel is called #nowhere"):
        slack.heard("#nowhere")


async def test_a_hanging_method_holds_the_caller(slack: Slack, client: AsyncWebClient):
    slack.faults.plan(Hang(), on="users.info")
    client.timeout = 1

    with pytest.raises((TimeoutError, SlackApiError)):
        await client.users_info(user="U0ANN")
    assert slack.faults.held == 1
