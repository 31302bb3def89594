"""The Web API, as the official client sees it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.faults import Drop, Fail, html
from bot.sandbox.slack import APP_TOKEN, BOT_TOKEN, Slack
from bot.sandbox.slack.cast import BOT
from bot.sandbox.slack.workspace import Message

if TYPE_CHECKING:
    from bot.sandbox.clock import Clock

RELAYS, GENERAL, SECRET, OPS, OLD, ANN_AND_BOB = "C0RELAYS", "C0GENERAL", "C0SECRET", "C0OPS", "C0OLD", "D0ANNBOB"
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*RUNNING* main-en"}}
KEY = {"event_type": "notice", "event_payload": {"key": "k-1"}}


async def refusal(call: Any) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value


async def code(call: Any) -> str:
    return (await refusal(call)).response["error"]


async def test_a_post_is_heard(slack: Slack, client: AsyncWebClient):
    posted = await client.chat_postMessage(channel=RELAYS, text="RUNNING main-en", blocks=[SECTION], metadata=KEY)

    (message,) = slack.heard("#relays")
    assert message.ts == posted["ts"]
    assert message.text == "RUNNING main-en"
    assert message.words == "*RUNNING* main-en"
    assert message.metadata == KEY
    assert (message.ephemeral_to, message.thread_ts, message.edited) == ("", "", False)
    assert slack.heard("#general") == []


async def test_the_second_post_within_a_second_is_refused(slack: Slack, client: AsyncWebClient, clock: Clock):
    await client.chat_postMessage(channel=RELAYS, text="one")
    clock.move(timedelta(milliseconds=999))
    early = await refusal(client.chat_postMessage(channel=RELAYS, text="two"))

    assert (early.response.status_code, early.response["error"]) == (429, "ratelimited")
    assert early.response.headers["Retry-After"] == "1"
    await client.chat_postMessage(channel=OPS, text="another channel has its own second")
    clock.move(timedelta(milliseconds=1))
    await client.chat_postMessage(channel=RELAYS, text="three")
    assert [message.text for message in slack.heard("#relays")] == ["one", "three"]


async def test_updates_are_counted_by_the_minute(slack: Slack, client: AsyncWebClient, clock: Clock):
    ts = (await client.chat_postMessage(channel=RELAYS, text="0"))["ts"]
    for count in range(1, 51):
        await client.chat_update(channel=RELAYS, ts=ts, text=str(count))

    early = await refusal(client.chat_update(channel=RELAYS, ts=ts, text="51"))

    assert (early.response.status_code, early.response.headers["Retry-After"]) == (429, "60")
    assert slack.heard("#relays")[0].text == "50"
    clock.move(timedelta(seconds=60))
    await client.chat_update(channel=RELAYS, ts=ts, text="51")


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        (GENERAL, "not_in_channel"),
        # A private channel without the bot looks as if it did not exist.
        (SECRET, "channel_not_found"),
        (OLD, "is_archived"),
        # A direct conversation between two others.
        (ANN_AND_BOB, "channel_not_found"),
        ("U0DORA", "channel_not_found"),
        ("U0ROBO", "channel_not_found"),
    ],
)
async def test_where_the_bot_may_not_post(client: AsyncWebClient, channel: str, error: str):
    assert await code(client.chat_postMessage(channel=channel, text="x")) == error


async def test_a_post_to_a_person_is_a_direct_message(slack: Slack, client: AsyncWebClient):
    posted = await client.chat_postMessage(channel="U0ANN", text="you are on call")

    assert [message.text for message in slack.heard("@ann")] == ["you are on call"]
    assert posted["channel"] == (await client.conversations_open(users="U0ANN"))["channel"]["id"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": "{"}, "invalid_blocks_format"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5}, "msg_blocks_too_long"),
        ({"attachments": [{"color": "#f00", "blocks": [{"type": "section"}]}]}, "invalid_blocks"),
        ({"attachments": [{"text": "x"}] * 101}, "too_many_attachments"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"text": "x", "metadata": {"event_type": "notice"}}, "invalid_metadata_schema"),
        ({"text": "x", "thread_ts": "1.000000"}, "cannot_reply_to_message"),
    ],
)
async def test_what_may_not_be_posted(slack: Slack, client: AsyncWebClient, content: dict[str, Any], error: str):
    with pytest.raises(SlackApiError) as caught:
        await client.api_call("chat.postMessage", json={"channel": RELAYS, **content})

    assert caught.value.response["error"] == error
    assert slack.heard("#relays") == []


async def test_invalid_blocks_say_where(client: AsyncWebClient):
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=RELAYS, text="x", blocks=[{"type": "header"}])

    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be a text object of type plain_text [json-pointer:/blocks/0/text]"
    ]


async def test_a_long_text_is_cut_in_a_post_and_refused_in_an_update(slack: Slack, client: AsyncWebClient):
    posted = await client.chat_postMessage(channel=RELAYS, text="x" * 40_001)

    assert posted["response_metadata"]["warnings"] == ["message_truncated"]
    assert len(slack.heard("#relays")[0].text) == 40_000
    assert await code(client.chat_update(channel=RELAYS, ts=posted["ts"], text="x" * 4001)) == "msg_too_long"


async def test_an_update_replaces_blocks_and_keeps_metadata(slack: Slack, client: AsyncWebClient):
    ts = (await client.chat_postMessage(channel=RELAYS, text="a", blocks=[SECTION], metadata=KEY))["ts"]
    await client.chat_update(channel=RELAYS, ts=ts, text="b")

    (message,) = slack.heard("#relays")
    assert (message.text, message.blocks, message.metadata, message.edits) == ("b", (), KEY, 1)
    assert message.edited


async def test_only_the_bots_own_standing_messages_can_be_updated(slack: Slack, client: AsyncWebClient):
    theirs = slack.workspace.post(Message(channel=RELAYS, ts=slack.workspace.tick(), by="U0ANN", text="hello"))
    gone = (await client.chat_postEphemeral(channel=RELAYS, user="U0ANN", text="psst"))["message_ts"]

    assert await code(client.chat_update(channel=RELAYS, ts=theirs.ts, text="x")) == "cant_update_message"
    assert await code(client.chat_update(channel=RELAYS, ts=gone, text="x")) == "message_not_found"
    assert await code(client.chat_update(channel=RELAYS, ts="1.0", text="x")) == "message_not_found"
    assert await code(client.chat_update(channel=OLD, ts="1.0", text="x")) == "is_inactive"


async def test_an_ephemeral_is_seen_by_one_person(slack: Slack, client: AsyncWebClient):
    await client.chat_postEphemeral(channel=RELAYS, user="U0ANN", text="psst")

    assert [message.ephemeral_to for message in slack.heard("#relays")] == ["U0ANN"]
    assert slack.heard("#relays", to="bob") == []
    assert await code(client.chat_postEphemeral(channel=RELAYS, user="U0STAN", text="x")) == "user_not_in_channel"
    assert (await client.conversations_history(channel=RELAYS))["messages"] == []


async def test_a_thread_is_read_back_by_its_key(slack: Slack, client: AsyncWebClient, clock: Clock):
    root = (await client.chat_postMessage(channel=RELAYS, text="root", metadata=KEY))["ts"]
    clock.move(timedelta(seconds=1))
    reply = (await client.chat_postMessage(channel=RELAYS, text="reply", thread_ts=root, metadata=KEY))["ts"]

    bare = await client.conversations_replies(channel=RELAYS, ts=root)
    full = await client.conversations_replies(channel=RELAYS, ts=root, include_all_metadata=True)

    assert [message["ts"] for message in full["messages"]] == [root, reply]
    assert [message["metadata"] for message in full["messages"]] == [KEY, KEY]
    assert bare["messages"][1]["metadata"] == {"event_type": "notice"}  # the payload only on demand
    assert full["messages"][0]["reply_count"] == 1
    assert full["messages"][1]["bot_id"] == slack.workspace.bot_b_id
    assert full["messages"][1]["app_id"] == slack.workspace.app_id
    assert [message["ts"] for message in (await client.conversations_history(channel=RELAYS))["messages"]] == [root]
    assert [message.text for message in slack.heard("#relays", thread=root)] == ["reply"]
    assert await code(client.conversations_replies(channel=RELAYS, ts="1.0")) == "thread_not_found"


async def test_a_reply_is_no_root(slack: Slack, client: AsyncWebClient, clock: Clock):
    root = (await client.chat_postMessage(channel=RELAYS, text="root"))["ts"]
    clock.move(timedelta(seconds=1))
    reply = (await client.chat_postMessage(channel=RELAYS, text="reply", thread_ts=root))["ts"]
    clock.move(timedelta(seconds=1))

    wrong = client.chat_postMessage(channel=RELAYS, text="x", thread_ts=reply)

    assert await code(wrong) == "cannot_reply_to_message"


async def test_history_is_paged_newest_first(client: AsyncWebClient, clock: Clock):
    sent = []
    for count in range(5):
        sent.append((await client.chat_postMessage(channel=RELAYS, text=str(count)))["ts"])
        clock.move(timedelta(seconds=1))

    first = await client.conversations_history(channel=RELAYS, limit=2)
    second = await client.conversations_history(
        channel=RELAYS, limit=2, cursor=first["response_metadata"]["next_cursor"]
    )
    since = await client.conversations_history(channel=RELAYS, oldest=sent[2], inclusive=True)
    after = await client.conversations_history(channel=RELAYS, oldest=sent[2])

    assert [message["text"] for message in first["messages"]] == ["4", "3"]
    assert [message["text"] for message in second["messages"]] == ["2", "1"]
    assert first["has_more"]
    assert [message["text"] for message in since["messages"]] == ["4", "3", "2"]
    assert [message["text"] for message in after["messages"]] == ["4", "3"]


async def test_message_times_rise_even_when_time_stands_still_or_steps_back(slack: Slack, clock: Clock):
    first, second = slack.workspace.tick(), slack.workspace.tick()
    clock.now -= timedelta(hours=1)
    third = slack.workspace.tick()

    assert first == "1795291200.000000"
    assert (second, third) == ("1795291200.000001", "1795291200.000002")


async def test_permalinks_lead_into_threads(client: AsyncWebClient, clock: Clock):
    root = (await client.chat_postMessage(channel=RELAYS, text="root"))["ts"]
    clock.move(timedelta(seconds=1))
    reply = (await client.chat_postMessage(channel=RELAYS, text="reply", thread_ts=root))["ts"]

    link = (await client.chat_getPermalink(channel=RELAYS, message_ts=reply))["permalink"]

    assert link == (
        f"https://sandbox.slack.com/archives/C0RELAYS/p{reply.replace('.', '')}?thread_ts={root}&cid=C0RELAYS"
    )


@pytest.mark.parametrize(
    ("user", "facts"),
    [
        ("U0BOB", {"tz": "Asia/Shanghai", "tz_offset": 28800, "is_admin": False, "is_restricted": False}),
        ("U0OLGA", {"is_owner": True, "is_admin": True}),
        ("U0GUS", {"is_restricted": True, "is_ultra_restricted": False}),
        ("U0UMA", {"is_restricted": True, "is_ultra_restricted": True}),
        ("U0STAN", {"team_id": "T0PARTNER", "is_stranger": True}),
        ("U0ROBO", {"is_bot": True}),
        ("U0DORA", {"deleted": True}),
    ],
)
async def test_people_are_told_apart(client: AsyncWebClient, user: str, facts: dict[str, Any]):
    told = (await client.users_info(user=user))["user"]

    assert {name: told[name] for name in facts} == facts


async def test_nobody_is_not_found(client: AsyncWebClient):
    assert await code(client.users_info(user="U0NOBODY")) == "user_not_found"


@pytest.mark.parametrize(
    ("channel", "facts"),
    [
        (RELAYS, {"is_member": True, "is_private": False, "is_archived": False, "name": "relays"}),
        (GENERAL, {"is_member": False}),
        (OPS, {"is_private": True, "is_group": True, "is_member": True}),
        (OLD, {"is_archived": True}),
        ("C0PARTNERS", {"is_ext_shared": True}),
    ],
)
async def test_channels_are_told_apart(client: AsyncWebClient, channel: str, facts: dict[str, Any]):
    told = (await client.conversations_info(channel=channel))["channel"]

    assert {name: told[name] for name in facts} == facts


@pytest.mark.parametrize(
    ("user", "error"),
    [("U0NOBODY", "user_not_found"), ("U0DORA", "user_disabled"), ("U0ROBO", "cannot_dm_bot")],
)
async def test_who_cannot_be_written_to(client: AsyncWebClient, user: str, error: str):
    assert await code(client.conversations_open(users=user)) == error


async def test_auth_test_tells_who_and_with_which_scopes(slack: Slack, client: AsyncWebClient):
    told = await client.auth_test()

    assert (told["user_id"], told["team_id"]) == (BOT, "T0SANDBOX")
    assert "chat:write" in told.headers["x-oauth-scopes"].split(",")
    slack.workspace.scopes -= {"channels:history"}
    told = await client.auth_test()
    assert "channels:history" not in told.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("lacking", "method", "args"),
    [
        ("chat:write", "chat.postMessage", {"channel": RELAYS, "text": "x"}),
        ("channels:history", "conversations.history", {"channel": RELAYS}),
        ("groups:history", "conversations.history", {"channel": OPS}),
        ("groups:read", "conversations.info", {"channel": OPS}),
        ("users:read", "users.info", {"user": "U0ANN"}),
        ("usergroups:read", "usergroups.list", {}),
        ("im:write", "conversations.open", {"users": "U0ANN"}),
    ],
)
async def test_a_missing_scope_is_named(
    slack: Slack, client: AsyncWebClient, lacking: str, method: str, args: dict[str, Any]
):
    slack.workspace.scopes -= {lacking}
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, params=args)

    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", lacking)


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("xoxb-somebody-else", "auth.test", "invalid_auth"),
        ("", "auth.test", "not_authed"),
        (APP_TOKEN, "auth.test", "not_allowed_token_type"),
        (BOT_TOKEN, "apps.connections.open", "not_allowed_token_type"),
        (BOT_TOKEN, "chat.sing", "unknown_method"),
    ],
)
async def test_tokens_are_checked(slack: Slack, token: str, method: str, error: str):
    stranger = AsyncWebClient(token=token, base_url=slack.api_url, retry_handlers=[])

    assert await code(stranger.api_call(method)) == error


async def test_a_lost_reply_was_a_post(slack: Slack, client: AsyncWebClient):
    slack.faults.plan(Drop(done=True), on="chat.postMessage")

    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=RELAYS, text="once")
    assert [message.text for message in slack.heard("#relays")] == ["once"]


async def test_the_sdks_default_handlers_post_twice_when_a_reply_is_lost(slack: Slack, clock: Clock):
    """The reason why our posts are sent without them."""
    slack.faults.plan(Drop(done=True), on="chat.postMessage")
    slack.api.per_second.most = 10
    eager = AsyncWebClient(token=BOT_TOKEN, base_url=slack.api_url)

    await eager.chat_postMessage(channel=RELAYS, text="twice")

    assert [message.text for message in slack.heard("#relays")] == ["twice", "twice"]


async def test_a_429_may_have_posted(slack: Slack, client: AsyncWebClient):
    slack.faults.plan(Fail("ratelimited", retry_after=timedelta(seconds=12), done=True), on="chat.postMessage")
    refused = await refusal(client.chat_postMessage(channel=RELAYS, text="posted"))

    assert (refused.response.status_code, refused.response.headers["Retry-After"]) == (429, "12")
    assert [message.text for message in slack.heard("#relays")] == ["posted"]
    assert slack.ledger.verdicts("chat.postMessage") == ["ratelimited"]


async def test_it_fails_as_it_is_told_to(slack: Slack, client: AsyncWebClient):
    slack.faults.plan(Fail("internal_error"), html(503), Fail("token_revoked"), on="auth.test")

    assert await code(client.auth_test()) == "internal_error"
    with pytest.raises(SlackApiError) as page:
        await client.auth_test()
    assert page.value.response.status_code == 503
    assert await code(client.auth_test()) == "token_revoked"
    await client.auth_test()


async def test_the_ledger_knows_what_was_asked_and_no_words(slack: Slack, client: AsyncWebClient):
    await client.chat_postMessage(channel=RELAYS, text="a word")

    (entry,) = slack.ledger.of("chat.postMessage")
    assert entry.params == {"channel": RELAYS}
    assert entry.verdict == "ok"


HOME = {"type": "home", "blocks": [SECTION]}
MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Hello"}, "blocks": [SECTION]}


async def test_a_home_tab_is_published_once_per_hash(slack: Slack, client: AsyncWebClient):
    first = (await client.views_publish(user_id="U0ANN", view=HOME))["view"]
    await client.views_publish(user_id="U0ANN", view=HOME, hash=first["hash"])

    assert slack.home("ann")["blocks"] == [SECTION]
    assert await code(client.views_publish(user_id="U0ANN", view=HOME, hash=first["hash"])) == "hash_conflict"
    assert slack.home("bob") is None


async def test_a_dialog_opens_once_and_within_three_seconds(slack: Slack, client: AsyncWebClient, clock: Clock):
    def trigger():
        return slack.workspace.triggers.issue(slack.workspace.mint("X"), "U0ANN", clock())

    used, old = trigger(), trigger()
    await client.views_open(trigger_id=used, view=MODAL)
    clock.move(timedelta(seconds=3, microseconds=1))

    assert [dialog["title"]["text"] for dialog in slack.dialogs("ann")] == ["Hello"]
    assert await code(client.views_open(trigger_id=used, view=MODAL)) == "exchanged_trigger_id"
    assert await code(client.views_open(trigger_id=old, view=MODAL)) == "expired_trigger_id"
    assert await code(client.views_open(trigger_id="forged", view=MODAL)) == "invalid_trigger_id"
    assert await code(client.views_open(trigger_id=trigger(), view=HOME | {"blocks": []} | {"type": "x"})) == (
        "invalid_arguments"
    )


async def test_forms_and_queries_are_read_like_json(slack: Slack):
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as http:
        form = {"channel": RELAYS, "text": "form", "blocks": json.dumps([SECTION])}
        async with http.post(f"{slack.api_url}chat.postMessage", data=form) as reply:
            assert (await reply.json())["ok"]
        async with http.get(f"{slack.api_url}users.info?user=U0ANN") as reply:
            assert (await reply.json())["user"]["name"] == "ann"

    assert slack.heard("#relays")[0].words == "*RUNNING* main-en"
