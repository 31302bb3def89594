"""
What Slack says to us. Each listener acks at once and hands the rest to the errands; none may raise after its ack.

Order: known command, button or mention; then nets for all others, so that nothing stays unacked (a person would see
"dispatch_failed") and Bolt logs no body of what it cannot handle.
"""

from __future__ import annotations

import hashlib
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.domain import message
from bot.domain.following import Subscribe
from bot.domain.permit import Channel, Person, Refusal, Standing
from bot.domain.responding import Ack, Close, Snooze
from bot.domain.words import say
from bot.flows.acknowledge import acknowledge
from bot.flows.answer import answer, carry_out
from bot.flows.desk import Asker
from bot.flows.expect import expect
from bot.flows.follow import follow_each
from bot.flows.really_gone import really_gone
from bot.flows.refresh import refresh
from bot.flows.settings import set_channel
from bot.flows.share import share
from bot.flows.succeed import succeed
from bot.flows.unfollow import unfollow_row
from bot.flows.where import about
from bot.slack import dialogs, lifecycle
from bot.slack.cards import dress, order, press
from bot.slack.voice import SlackRefused, Unsure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from slack_bolt.context.ack.async_ack import AsyncAck
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.flows.desk import Desk
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

TRACK: Final = "track_in_thread"
ANY: Final = re.compile(".*", re.DOTALL)
FORMS: Final = (message.FollowForm, message.SettingsForm, message.CloseForm)
WHISPERED: Final = (message.Declined, message.OnCallShown, message.IncidentsShown, message.Responded)  # name people
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
    team: str  # that installed the bot
    client: AsyncWebClient  # opens dialogs


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One act of one person, and where its answer goes."""

    key: str  # tells it from every other act
    user: str
    user_team: str
    channel: str
    url: str = ""  # the payload's response_url; an answer without one is whispered in the channel
    trigger: str = ""  # opens one dialog
    thread_ts: str = ""


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
    _hear_words(app, ear, identity)
    _hear_buttons(app, ear)
    _hear_dialogs(app, ear)
    lifecycle.hear(app, identity, memory=ear.desk.memory, errands=ear.errands, replays=ear.replays, now=ear.now)
    for net in (app.event(ANY), app.action(ANY), app.shortcut(ANY), app.view(ANY), app.options(ANY)):
        net(_nothing)
    return app


def _hear_words(app: AsyncApp, ear: Ear, identity: Identity) -> None:
    @app.command("/relay")
    async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        heard = Heard(
            key=f"command {body.get('trigger_id')}",
            user=str(body.get("user_id", "")),
            user_team=str(body.get("team_id", "")),
            channel=str(body.get("channel_id", "")),
            url=str(body.get("response_url", "")),
            trigger=str(body.get("trigger_id", "")),
        )
        _start(ear, heard, _command(ear, heard, str(body.get("text", ""))))

    @app.command(ANY)
    async def unknown_command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack({"response_type": "ephemeral", "text": say("heard.other_command", command=_name(body))})

    @app.event("app_mention")
    async def mention(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        event = body["event"]
        if event.get("bot_id") or not event.get("user") or not event.get("channel"):
            return
        heard = Heard(
            key=f"event {body.get('event_id')}",
            user=str(event["user"]),
            user_team=str(event.get("user_team") or event.get("team") or body.get("team_id", identity.team)),
            channel=str(event["channel"]),
            thread_ts=str(event.get("thread_ts") or ""),
        )
        _start(ear, heard, _mention(ear, heard, event))


def _hear_buttons(app: AsyncApp, ear: Ear) -> None:
    @app.action({"type": "block_actions", "action_id": ANY})
    async def button(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        action = body["actions"][0]
        user = _id(body, "user")
        heard = Heard(
            key=f"button {user} {action.get('action_id')} {action.get('action_ts')}",
            user=user,
            user_team=_team(body),
            channel=_id(body, "channel"),
            url=str(body.get("response_url", "")),
            trigger=str(body.get("trigger_id", "")),
        )
        if order.kind(str(action.get("action_id"))) != order.PICK:  # ticking a box says nothing yet
            _start(ear, heard, _button(ear, heard, body, action))


def _hear_dialogs(app: AsyncApp, ear: Ear) -> None:
    @app.shortcut({"type": "message_action", "callback_id": TRACK})
    async def track(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        root = body.get("message", {})
        heard = Heard(
            key=f"shortcut {body.get('trigger_id')}",
            user=_id(body, "user"),
            user_team=_team(body),
            channel=_id(body, "channel"),
            url=str(body.get("response_url", "")),
            trigger=str(body.get("trigger_id", "")),
            thread_ts=str(root.get("thread_ts") or root.get("ts", "")),
        )
        _start(ear, heard, _command(ear, heard, "subscribe"))

    @app.view(dialogs.FOLLOW)
    async def follow_sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            wanted = dialogs.read_follow(body["view"])
        except dialogs.Unfilled as unfilled:
            await ack(response_action="errors", errors=unfilled.errors)
            return
        await ack()
        if (heard := _sent(body)) is not None:
            _start(ear, heard, _follow_sent(ear, heard, wanted))

    @app.view(dialogs.SETTINGS)
    async def settings_sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        if (heard := _sent(body)) is not None:
            _start(ear, heard, _settings_sent(ear, heard, body["view"]))

    @app.view(dialogs.CLOSE)
    async def close_sent(ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            wanted = dialogs.read_close(body["view"])
        except dialogs.Unfilled as unfilled:
            await ack(response_action="errors", errors=unfilled.errors)
            return
        await ack()
        if wanted is not None and (heard := _sent(body)) is not None:
            _start(ear, heard, _close_sent(ear, heard, wanted))


async def _nothing(ack: AsyncAck) -> None:
    """Ack what is not for us."""
    await ack()


def _name(body: Mapping[str, Any]) -> str:
    return re.sub(r"[^/A-Za-z0-9_-]", "", str(body.get("command", "")))[:32]


def _id(body: Mapping[str, Any], name: str) -> str:
    return str((body.get(name) or {}).get("id", ""))


def _team(body: Mapping[str, Any]) -> str:
    return str((body.get("user") or {}).get("team_id") or _id(body, "team"))


def _sent(body: Mapping[str, Any]) -> Heard | None:
    """Read who sent a dialog off, and where it was opened; None when a release that is gone opened it."""
    opened = dialogs.where(body["view"])
    if opened is None:
        return None
    return Heard(
        key=f"dialog {_id(body, 'view')}",
        user=_id(body, "user"),
        user_team=_team(body),
        channel=opened.channel,
        thread_ts=opened.thread_ts,
    )


def _start(ear: Ear, heard: Heard, errand: Any) -> None:
    """
    Run the errand once. What was heard already is dropped without a word; it is written down unless it is an event,
    which Slack itself repeats when it did not hear our ack.
    """

    async def failed(mark: str) -> None:
        await _tell(ear, heard, message.Declined(said=say("error.ours", mark=mark)))

    if ear.replays.is_new(heard.key, ear.now()):
        ear.errands.start(errand, failed=failed)
        return
    errand.close()
    if not heard.key.startswith("event "):
        ear.errands.start(_replayed(ear, heard), failed=failed)


async def _replayed(ear: Ear, heard: Heard) -> None:
    person = Person(team=heard.user_team, user=heard.user, standing=Standing.UNKNOWN)
    where, why, verb = Channel(channel=heard.channel), Refusal.REPLAYED, heard.key.partition(" ")[0]
    await ear.desk.gate.trace(person, where, verb=verb, outcome="refused", why=why, now=ear.now())


async def _asker(ear: Ear, heard: Heard) -> Asker:
    """Say who it was, as Slack tells now; what the channel is, is asked only where it matters."""
    return Asker(
        person=await ear.people.person(heard.user, team=heard.user_team),
        channel=Channel(channel=heard.channel),
        team=ear.team,
        thread_ts=heard.thread_ts,
        act=hashlib.sha256(heard.key.encode()).hexdigest()[:32],  # it is kept, and Slack's trigger ids are not to be
    )


async def _tell(ear: Ear, heard: Heard, said: message.Message, *, replaces: bool = False) -> None:
    """Say something to the person alone, where they were."""
    if heard.url:
        await ear.voice.respond(heard.url, dress(said), replaces=replaces)
    else:
        await ear.voice.whisper(heard.channel, heard.user, dress(said), thread_ts=heard.thread_ts or None)


async def _show(ear: Ear, heard: Heard, said: message.Message | message.Form) -> None:
    """Say it to the person alone, or open the dialog that it is."""
    if not isinstance(said, FORMS):
        await _tell(ear, heard, said)
        return
    if not await dialogs.show(ear.client, heard.trigger, dialogs.view(said, channel=heard.channel)):
        await _tell(ear, heard, message.Declined(said=say("dialog.expired")))


async def _command(ear: Ear, heard: Heard, text: str) -> None:
    """Answer a slash command, to its person alone."""

    async def tell(said: message.Message) -> None:
        await _tell(ear, heard, said)

    said = await answer(text, await _asker(ear, heard), ear.desk, now=ear.now(), tell=tell)
    await _show(ear, heard, said)


async def _mention(ear: Ear, heard: Heard, event: Mapping[str, Any]) -> None:
    """Answer a mention in its thread, where everybody reads; a refusal is the asker's alone."""
    thread_ts = heard.thread_ts or str(event["ts"])

    async def tell(said: message.Message) -> None:
        is_private = isinstance(said, WHISPERED)
        if is_private or (isinstance(said, message.Listed) and said.is_private):
            await _tell(ear, heard, said)
            return
        try:
            await ear.voice.post(heard.channel, dress(said), thread_ts=thread_ts)
        except SlackRefused as refused:  # a locked thread, a restricted channel: the asker at least reads it
            log.warning("a mention in %s could not be answered for all: %s", heard.channel, refused.code)
            await ear.voice.whisper(heard.channel, heard.user, dress(said))

    text = _MENTION.sub(" ", str(event.get("text", "")), count=1)
    asker = await _asker(ear, heard)
    asker = replace(asker, channel=await about(asker, ear.desk))
    said = await answer(text, asker, ear.desk, now=ear.now(), tell=tell, is_public=True)
    if isinstance(said, FORMS):  # a mention brings nothing that opens a dialog
        said = message.Mistyped(failed=say("dialog.not_here"), instead="/relay subscribe aliyun <TaskId>")
    await tell(said)


async def _button(ear: Ear, heard: Heard, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
    """Do what a button says, with the rights of the person who pressed it."""
    asker, now, value = await _asker(ear, heard), ear.now(), str(action.get("value", ""))
    kind = order.kind(str(action.get("action_id")))
    if kind in order.ORDERS:
        await _order(ear, heard, asker, body, action)
        return
    if kind in press.RESPONSES:
        await _response(ear, heard, asker, kind, value)
        return
    if kind == press.REALLY_GONE:
        await _really_gone(ear, heard, asker, value)
        return
    ref = press.read(value)
    if ref is None:
        await _tell(ear, heard, message.Declined(said=say("refused.stale")))
        return
    match kind:
        case press.REFRESH | press.REFRESH_CARD:
            said = await refresh(ref, asker, ear.desk, now=now)
            replaces = kind == press.REFRESH and isinstance(said, message.Answer)
            await _tell(ear, heard, said, replaces=replaces)
        case press.EXPECTED:
            doing = expect(ref, asker, ear.desk, now=now)
            await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb="expect", now=now))
        case press.SUCCEED:
            doing = succeed(ref, asker, ear.desk, now=now)
            await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb="succeed", now=now))
        case press.SHARE:
            asker = replace(asker, channel=await about(asker, ear.desk))
            await _share(ear, heard.url, await share(ref, asker, ear.desk, now=now), heard.channel)
        case press.ID:
            await _tell(ear, heard, message.JustId(task=ref.task_id))


async def _response(ear: Ear, heard: Heard, asker: Asker, kind: str, value: str) -> None:
    """Have an incident in hand, snooze it, or ask why it is to be closed."""
    pressed = press.read_response(value)
    if pressed is None:
        await _tell(ear, heard, message.Declined(said=say("refused.stale")))
        return
    match kind:
        case press.ACK:
            await _responded(ear, heard, asker, Ack(which=pressed))
        case press.SNOOZE:
            await _responded(ear, heard, asker, Snooze(which=pressed))
        case _:
            await _show(ear, heard, message.CloseForm(response=pressed.response, version=pressed.version))


async def _responded(ear: Ear, heard: Heard, asker: Asker, command: Ack | Snooze | Close) -> None:
    now, verb = ear.now(), type(command).__name__.lower()
    doing = acknowledge(command, asker, ear.desk, now=now)
    await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb=verb, now=now))


async def _really_gone(ear: Ear, heard: Heard, asker: Asker, value: str) -> None:
    incident, now = press.read_incident(value), ear.now()
    if incident is None:
        await _tell(ear, heard, message.Declined(said=say("refused.stale")))
        return
    doing = really_gone(incident, asker, ear.desk, now=now)
    await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb="really_gone", now=now))


async def _order(ear: Ear, heard: Heard, asker: Asker, body: Mapping[str, Any], action: Mapping[str, Any]) -> None:
    """Run the command that a button carries, end the subscription beside it, or subscribe what is ticked."""
    kind, value = order.kind(str(action.get("action_id"))), str(action.get("value", ""))
    now, desk = ear.now(), ear.desk
    is_own = bool(body.get("container", {}).get("is_ephemeral"))  # nobody else's message is replaced

    async def tell(said: message.Message) -> None:
        await _tell(ear, heard, said)

    if kind == order.RUN and (command := order.read_run(value)) is not None:
        ran = await answer(command, asker, desk, now=now, tell=tell)
        if isinstance(ran, message.Listed):
            await _tell(ear, heard, ran, replaces=is_own)
        else:
            await _show(ear, heard, ran)
        return
    doing: Awaitable[message.Message]
    if kind == order.UNFOLLOW and (subscription := order.read_unfollow(value)) is not None:
        doing, verb = unfollow_row(subscription, asker, desk, now=now), "unsubscribe"
    elif kind == order.FOLLOW and (account := order.read_follow(value)) is not None:
        targets = dialogs.ticked(body, account)
        if not targets:
            await tell(message.Done(said=(say("follow.none_ticked"),)))
            return
        doing, verb = follow_each(targets, Subscribe(), asker, desk, now=now), "subscribe"
    else:
        await tell(message.Declined(said=say("refused.stale")))
        return
    await tell(await carry_out(doing, asker, desk, verb=verb, now=now))


async def _follow_sent(ear: Ear, heard: Heard, wanted: dialogs.Follow) -> None:
    asker, now = await _asker(ear, heard), ear.now()
    doing = follow_each(wanted.targets, Subscribe(until=wanted.until), asker, ear.desk, now=now)
    await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb="subscribe", now=now))


async def _close_sent(ear: Ear, heard: Heard, wanted: Close) -> None:
    await _responded(ear, heard, await _asker(ear, heard), wanted)


async def _settings_sent(ear: Ear, heard: Heard, view: Mapping[str, Any]) -> None:
    asker, now = await _asker(ear, heard), ear.now()
    doing = set_channel(dialogs.read_settings(view), asker, ear.desk, now=now)
    await _tell(ear, heard, await carry_out(doing, asker, ear.desk, verb="settings", now=now))


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
