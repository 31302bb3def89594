"""Dialogs, boxes and shortcuts, as Slack sends what people do with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from bot.sandbox.faults import Answer

if TYPE_CHECKING:
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.sandbox.slack import Slack

OPTIONS = [{"value": value, "text": {"type": "plain_text", "text": value}} for value in ("a", "b", "c")]
DIALOG = {
    "type": "modal",
    "callback_id": "follow",
    "private_metadata": "C0RELAYS",
    "title": {"type": "plain_text", "text": "Subscribe"},
    "submit": {"type": "plain_text", "text": "Subscribe"},
    "blocks": [
        {
            "type": "input",
            "block_id": "tasks",
            "label": {"type": "plain_text", "text": "Tasks"},
            "element": {"type": "plain_text_input", "action_id": "ids", "initial_value": "main-en"},
        },
        {
            "type": "input",
            "block_id": "more",
            "label": {"type": "plain_text", "text": "More"},
            "element": {
                "type": "checkboxes",
                "action_id": "picked",
                "options": OPTIONS,
                "initial_options": OPTIONS[:1],
            },
        },
    ],
}


async def open_dialog(slack: Slack, client: AsyncWebClient) -> None:
    told = await slack.say("ann", "#relays", "/relay subscribe")
    await client.views_open(trigger_id=told.payload["trigger_id"], view=DIALOG)


def sent(app: Any) -> Any:
    return json.loads(parse_qs(app.calls[-1].body.decode())["payload"][0])


async def test_a_dialog_is_sent_off_with_what_was_typed_and_ticked(slack: Slack, app: Any, client: AsyncWebClient):
    await open_dialog(slack, client)

    await slack.submit("ann", {"ids": "one\ntwo", "picked": ["b", "c"]})

    payload = sent(app)
    values = payload["view"]["state"]["values"]
    assert (payload["type"], payload["user"]["id"], payload["view"]["callback_id"]) == (
        "view_submission",
        "U0ANN",
        "follow",
    )
    assert payload["view"]["private_metadata"] == "C0RELAYS"
    assert values["tasks"]["ids"]["value"] == "one\ntwo"
    assert [option["value"] for option in values["more"]["picked"]["selected_options"]] == ["b", "c"]
    assert slack.dialogs("ann") == []


async def test_what_nobody_touched_is_sent_as_it_stood(slack: Slack, app: Any, client: AsyncWebClient):
    await open_dialog(slack, client)

    await slack.submit("ann", {"ids": ""})

    values = sent(app)["view"]["state"]["values"]
    assert values["tasks"]["ids"]["value"] is None
    assert [option["value"] for option in values["more"]["picked"]["selected_options"]] == ["a"]


async def test_a_dialog_with_errors_stays_open(slack: Slack, app: Any, client: AsyncWebClient):
    await open_dialog(slack, client)
    app.says = Answer(body=json.dumps({"response_action": "errors", "errors": {"tasks": "Which?"}}).encode())

    await slack.submit("ann", {})

    assert len(slack.dialogs("ann")) == 1


async def test_a_dialog_can_be_closed_and_is_then_gone(slack: Slack, app: Any, client: AsyncWebClient):
    await open_dialog(slack, client)

    await slack.people.cancel("ann")

    with pytest.raises(LookupError):
        await slack.submit("ann", {})


async def test_boxes_of_a_message_go_with_the_button(slack: Slack, app: Any, client: AsyncWebClient):
    boxes = {"type": "checkboxes", "action_id": "picked", "options": OPTIONS}
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    await client.chat_postMessage(
        channel="C0RELAYS", text="x", blocks=[{"type": "actions", "block_id": "row", "elements": [boxes, button]}]
    )

    await slack.press(slack.heard("#relays")[0], "go", "ann", chosen={"picked": ["c"]})

    state = sent(app)["state"]["values"]
    assert [option["value"] for option in state["row"]["picked"]["selected_options"]] == ["c"]


async def test_a_shortcut_brings_the_message_it_was_chosen_on(slack: Slack, app: Any, client: AsyncWebClient):
    await client.chat_postMessage(channel="C0RELAYS", text="the picture is black")
    message = slack.heard("#relays")[0]

    await slack.choose_shortcut(message, "track", "ann")

    payload = sent(app)
    assert (payload["type"], payload["callback_id"]) == ("message_action", "track")
    assert (payload["channel"]["id"], payload["message"]["ts"]) == ("C0RELAYS", message.ts)


async def test_channels_are_those_of_the_person_that_the_bot_may_see(slack: Slack, client: AsyncWebClient):
    first = await client.users_conversations(user="U0OLGA", types="public_channel,private_channel", limit=3)
    rest = await client.users_conversations(
        user="U0OLGA",
        types="public_channel,private_channel",
        limit=3,
        cursor=first["response_metadata"]["next_cursor"],
    )
    found = [channel["name"] for reply in (first, rest) for channel in reply["channels"]]

    assert found == ["relays", "general", "ops-private", "partners"]
    assert rest["response_metadata"]["next_cursor"] == ""
