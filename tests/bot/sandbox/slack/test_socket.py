"""Socket Mode, as the official client sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp
import pytest
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import APP_TOKEN

if TYPE_CHECKING:
    from slack_sdk.socket_mode.request import SocketModeRequest

    from bot.sandbox.slack import Slack

ACK = {"text": "RUNNING main-en"}


class Listener:
    """A socket app: keeps the envelopes, acknowledges them with `says` (None: not at all)."""

    def __init__(self, slack: Slack) -> None:
        self.requests = []
        self.says = ACK
        self.client = SocketModeClient(app_token=APP_TOKEN, web_client=AsyncWebClient(base_url=slack.api_url))
        self.client.socket_mode_request_listeners.append(self.hear)

    async def hear(self, client: SocketModeClient, request: SocketModeRequest):
        self.requests.append(request)
        if self.says is not None:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, self.says or None))


@pytest.fixture
async def listener(slack: Slack):
    listener = Listener(slack)
    await listener.client.connect()
    await slack.socket.connected()
    yield listener
    await listener.client.close()


async def test_a_command_goes_over_an_open_socket(slack: Slack, listener: Listener):
    told = await slack.say("ann", "#relays", "/relay status aliyun main-en")

    (request,) = listener.requests
    assert request.type == "slash_commands"
    assert request.payload["text"] == "status aliyun main-en"
    assert request.accepts_response_payload
    assert (told.status, json.loads(told.body)) == (200, ACK)
    assert [message.text for message in slack.heard("#relays", to="ann")] == ["RUNNING main-en"]
    assert [ack.envelope_id for ack in slack.socket.acks] == [request.envelope_id]


async def test_mentions_and_buttons_go_there_too(slack: Slack, listener: Listener):
    listener.says = {}
    await slack.mention("ann", "#relays", "status")
    listener.says = {
        "text": "card",
        "blocks": [
            {
                "type": "actions",
                "elements": [
                    {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}},
                ],
            }
        ],
    }
    await slack.say("ann", "#relays", "/relay status")
    listener.says = {}
    await slack.press(slack.heard("#relays")[0], "go", "ann")

    assert [request.type for request in listener.requests] == ["events_api", "slash_commands", "interactive"]


async def test_a_repeated_event_says_so(slack: Slack, listener: Listener):
    listener.says = {}
    told = await slack.mention("ann", "#relays", "status")
    await slack.people.again(told, retry=1)

    assert [request.retry_attempt for request in listener.requests] == [None, 1]


async def test_no_ack_is_a_failure_that_slack_tells(slack: Slack, listener: Listener):
    listener.says = None
    slack.people.waits_s = 0.02
    told = await slack.say("ann", "#relays", "/relay status")

    assert told.status == 0
    assert [message.text for message in slack.heard("#relays")] == ['/relay failed with the error "dispatch_failed"']


async def test_envelopes_take_turns_over_the_connections(slack: Slack, listener: Listener):
    other = Listener(slack)
    await other.client.connect()
    await slack.socket.connected(2)

    for _ in range(4):
        await slack.say("ann", "#relays", "/relay status")

    assert (len(listener.requests), len(other.requests)) == (2, 2)
    await other.client.close()
    await slack.socket.connected(1)


async def test_a_client_told_to_go_comes_back(slack: Slack, listener: Listener):
    await slack.socket.disconnect()
    await slack.socket._bell.until(lambda: len(slack.ledger.of("apps.connections.open")) == 2)
    await slack.socket.connected(1)

    assert (await slack.say("ann", "#relays", "/relay status")).status == 200


async def test_a_ticket_is_good_for_one_connection(slack: Slack):
    url = slack.socket.ticket(slack.door.url)
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(url)

    assert refused.value.status == 401


async def test_the_eleventh_connection_is_sent_away(slack: Slack):
    async with aiohttp.ClientSession() as http:
        sockets = [await http.ws_connect(slack.socket.ticket(slack.door.url)) for _ in range(11)]
        said = [(await socket.receive_json())["type"] for socket in sockets]

        assert said == ["hello"] * 10 + ["disconnect"]
        for socket in sockets:
            await socket.close()
    await slack.socket.connected(0)


async def test_noise_on_a_socket_is_no_ack(slack: Slack):
    async with aiohttp.ClientSession() as http, http.ws_connect(slack.socket.ticket(slack.door.url)) as socket:
        await socket.receive_json()
        for noise in ("not json", "[]", "{}", '"text"'):
            await socket.send_str(noise)
        await socket.send_json({"envelope_id": "unknown"})
        await slack.socket.acked(1)

        assert [ack.envelope_id for ack in slack.socket.acks] == ["unknown"]
