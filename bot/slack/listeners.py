"""
What Slack says to us. Each listener acks at once and hands the rest to the errands; none may raise after its ack.

Order: known command, button or mention; then nets for all others, so that nothing stays unacked (a person would see
"dispatch_failed") and Bolt logs no body of what it cannot handle.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.domain import message
from bot.domain.permit import Channel
from bot.domain.words import say
from bot.flows.answer import Asker, answer
from bot.flows.refresh import refresh
from bot.flows.share import share
from bot.slack.cards import dress, press
from bot.slack.voice import SlackRefused, Unsure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.flows.answer import Desk
    from bot.slack.cards.block import Dressed
    from bot.slack.errands import Errands
    from bot.slack.identity import Identity
    from bot.slack.people import People
    from bot.slack.replay import Replays
    from bot.slack.voice import Voice

log = logging.getLogger(__name__)

# Bolt's warnings repeat whole payloads, with response_urls in them; what it would warn of is caught by the nets below.
_BOLT: Final = logging.getLogger("bot.slack.bolt")
_BOLT.setLevel(logging.ERROR)

ANY: Final = re.compile(".*", re.DOTALL)
_MENTION: Final = re.compile(r"<@[A-Z0-9]+(\|[^>]*)?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """Everything that hearing needs, handed in by wiring."""

    desk: Desk
    people: People
    voice: Voice
    errands: Errands
    replays: Replays
    now: Callable[[], datetime]


def listen(ear: Ear, client: AsyncWebClient, identity: Identity) -> AsyncApp:
    """
    Make the Bolt app.

    Bolt's own signature check is off (`slack.signature` runs before it), and so is its auth.test inside the first
    command's three seconds: `authorize` hands back what we asked at the start.
    """

    async def authorize(**_: Any) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=identity.enterprise or None,
            team_id=identity.team,
            bot_user_id=identity.user,
            bot_id=identity.bot,
            bot_token=identity.token,
        )

    app = AsyncApp(
        name="relaybot",
        logger=_BOLT,
        client=client,
        authorize=authorize,
        request_verification_enabled=False,
        signing_secret="checked before Bolt",  # noqa: S106 - else Bolt reads the environment
    )

    @app.command("/relay")
    async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        _start(ear, _command(ear, body), body.get("response_url", ""), f"command {body.get('trigger_id')}")

    @app.command(ANY)
    async def unknown_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack({"response_type": "ephemeral", "text": say("heard.other_command", command=_name(body))})

    @app.event("app_mention")
    async def mention(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        _start(ear, _mention(ear, body, identity), "", f"event {body.get('event_id')}")

    @app.action({"type": "block_actions", "action_id": ANY})
    async def button(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        action = body["actions"][0]
        key = f"button {body['user']['id']} {action.get('action_id')} {action.get('action_ts')}"
        _start(ear, _button(ear, body, action), body.get("response_url", ""), key)

    for net in (app.event(ANY), app.action(ANY), app.shortcut(ANY), app.view(ANY), app.options(ANY)):
        net(_nothing)
    return app


async def _nothing(ack: AsyncAck) -> None:
    """Ack what is not for us."""
    await ack()


def _name(body: Mapping[str, Any]) -> str:
    return re.sub(r"[^/A-Za-z0-9_-]", "", str(body.get("command", "")))[:32]


def _start(ear: Ear, errand: Any, response_url: str, key: str) -> None:
    """Run the errand once; what was heard already is dropped without a word."""
    if not ear.replays.is_new(key, ear.now()):
        errand.close()
        return

    async def failed(mark: str) -> None:
        if response_url:
            await ear.voice.respond(response_url, dress(message.Declined(said=say("error.ours", mark=mark))))

    ear.errands.start(errand, failed=failed)


async def _command(ear: Ear, body: Mapping[str, Any]) -> None:
    """Answer a slash command, to its person alone."""
    person = await ear.people.person(str(body["user_id"]), team=str(body.get("team_id", "")))
    asker = Asker(person=person, channel=Channel(channel=str(body["channel_id"])))
    url = str(body["response_url"])

    async def tell(said: message.Message) -> None:
        await ear.voice.respond(url, dress(said))

    said = await answer(str(body.get("text", "")), asker, ear.desk, now=ear.now(), tell=tell)
    await tell(said)


async def _mention(ear: Ear, body: Mapping[str, Any], identity: Identity) -> None:
    """Answer a mention in its thread, where everybody reads; a refusal is the asker's alone."""
    event = body["event"]
    if event.get("bot_id") or not event.get("user"):
        return
    user, channel = str(event["user"]), str(event["channel"])
    thread_ts = str(event.get("thread_ts") or event["ts"])
    team = str(event.get("user_team") or event.get("team") or body.get("team_id", identity.team))
    person = await ear.people.person(user, team=team)
    place = await ear.people.channel(channel)

    async def tell(said: message.Message) -> None:
        if isinstance(said, message.Declined):
            await ear.voice.whisper(channel, user, dress(said), thread_ts=event.get("thread_ts"))
            return
        try:
            await ear.voice.post(channel, dress(said), thread_ts=thread_ts)
        except SlackRefused as refused:  # a locked thread, a restricted channel: the asker at least reads it
            log.warning("a mention in %s could not be answered for all: %s", channel, refused.code)
            await ear.voice.whisper(channel, user, dress(said))

    text = _MENTION.sub(" ", str(event.get("text", "")), count=1)
    asker = Asker(person=person, channel=place)
    said = await answer(text, asker, ear.desk, now=ear.now(), tell=tell, is_public=True)
    await tell(said)


async def _button(ear: Ear, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
    """Do what a button says, with the rights of the person who pressed it."""
    url = str(body["response_url"])
    ref = press.read(str(action.get("value", "")))
    user, channel = str(body["user"]["id"]), str(body["channel"]["id"])
    team = str(body["user"].get("team_id") or body.get("team", {}).get("id", ""))
    if ref is None:
        await ear.voice.respond(url, dress(message.Declined(said=say("refused.stale"))))
        return
    person = await ear.people.person(user, team=team)
    match action.get("action_id"):
        case press.REFRESH:
            asker = Asker(person=person, channel=Channel(channel=channel))
            said = await refresh(ref, asker, ear.desk, now=ear.now())
            await ear.voice.respond(url, dress(said), replaces=isinstance(said, message.Answer))
        case press.SHARE:
            asker = Asker(person=person, channel=await ear.people.channel(channel))
            await _share(ear, url, await share(ref, asker, ear.desk, now=ear.now()), channel)
        case press.ID:
            await ear.voice.respond(url, dress(message.JustId(task=ref.task_id)))


async def _share(ear: Ear, url: str, said: message.Answer | message.Declined, channel: str) -> None:
    if isinstance(said, message.Declined):
        await ear.voice.respond(url, dress(said))
        return
    try:
        await ear.voice.post(channel, dress(said))
    except SlackRefused as refused:
        await _whispered(ear, url, say("share.failed", code=refused.code))
    except Unsure:
        await _whispered(ear, url, say("share.unsure"))


async def _whispered(ear: Ear, url: str, text: str) -> None:
    dressed: Dressed = dress(message.Declined(said=text))
    await ear.voice.respond(url, dressed)
