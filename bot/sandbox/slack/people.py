"""
What people do in Slack, and what Slack then sends to the app: signed requests, or envelopes where a socket is open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import ClientError, ClientSession, ClientTimeout
from slack_sdk.signature import SignatureVerifier

from bot.sandbox.slack.errors import SlackError
from bot.sandbox.slack.render import message_json
from bot.sandbox.slack.respond import say as show
from bot.sandbox.slack.views import entered, filled
from bot.sandbox.slack.workspace import SLACKBOT, Channel, Message

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.sandbox.slack.respond import ResponseUrls
    from bot.sandbox.slack.socket import SocketMode
    from bot.sandbox.slack.workspace import Json, Person, Workspace

SLACK_WAITS_S = 3.0  # for an ack
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
GONE_WRONG = '/{command} failed with the error "{error}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """
    What came of telling the app something.

    `status` is HTTP's (200 for an ack over a socket, 0 when nobody answered); `body` is the ack, over a socket as JSON
    text.
    """

    status: int
    body: str
    took_s: float
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Json = field(default_factory=dict, repr=False)  # what Slack sent, to be sent again

    @property
    def in_time(self) -> bool:
        return self.status == 200 and self.took_s <= SLACK_WAITS_S

    @property
    def response_url(self) -> str:
        return str(self.payload.get("response_url", ""))


class People:
    """
    Everybody's hands.

    Args:
        door: Where the app listens for Slack (`http://127.0.0.1:3000/slack/events`); may be set later.
        server_url: Where response URLs lead.
        monotonic: Seconds, for how long an answer took.

    `waits_s` is how long Slack waits for an ack over a socket, in real time.
    """

    def __init__(
        self,
        workspace: Workspace,
        urls: ResponseUrls,
        socket: SocketMode,
        *,
        signing_secret: str,
        server_url: Callable[[], str],
        monotonic: Callable[[], float],
        door: str = "",
    ) -> None:
        self._workspace = workspace
        self._urls = urls
        self._socket = socket
        self._signer = SignatureVerifier(signing_secret)
        self._server_url = server_url
        self._monotonic = monotonic
        self._session: ClientSession | None = None
        self.door = door
        self.waits_s = SLACK_WAITS_S

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def say(self, user: str, channel: str, line: str, *, raw: bool = False) -> Told:
        """
        Type a slash command, such as "/relay status aliyun main-en".

        The ack is shown to the person, or what Slack shows when none came in time. With `raw` the words are sent as
        they stand, else escaped as Slack escapes typed ones.
        """
        person, place = self._workspace.person(user), self._workspace.channel(channel)
        command, _, text = line.partition(" ")
        told = await self.send_command(
            person=person, channel=place, command=command, text=text if raw else self._workspace.typed(text)
        )
        self._show_ack(told, person, place)
        return told

    async def send_command(self, *, person: Person, channel: Channel, command: str, text: str) -> Told:
        """Send a slash command and show nothing."""
        payload = {
            "token": "legacy-verification-token",
            "team_id": self._workspace.team,
            "team_domain": self._workspace.domain,
            "channel_id": channel.id,
            "channel_name": channel.name,
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": text,
            "api_app_id": self._workspace.app_id,
            "is_enterprise_install": "false",
            "response_url": self._response_url(channel, person),
            "trigger_id": self._trigger(person),
        }
        return await self._tell("slash_commands", payload)

    async def mention(self, user: str, channel: str, text: str, *, thread: str = "") -> Told:
        """Write a message that begins with the bot's name, in a channel or under `thread` (a root's ts)."""
        words = f"<@{self._workspace.bot_id}> {self._workspace.typed(text)}"
        return await self._write("app_mention", user, channel, words, thread=thread)

    async def write(self, user: str, text: str) -> Told:
        """Write to the bot in their direct conversation."""
        return await self._write("message", user, f"@{user.removeprefix('@')}", self._workspace.typed(text))

    async def open_home(self, user: str) -> Told:
        """Open the bot's home tab."""
        person = self._workspace.person(user)
        place = self._workspace.direct(person.id, self._workspace.bot_id)
        return await self.send_event(
            {
                "type": "app_home_opened",
                "user": person.id,
                "channel": place.id,
                "tab": "home",
                "event_ts": self._workspace.tick(),
            }
        )

    async def send_event(self, event: Json) -> Told:
        """Send any event of the Events API."""
        return await self._tell(
            "events_api",
            {
                "token": "legacy-verification-token",
                "team_id": self._workspace.team,
                "api_app_id": self._workspace.app_id,
                "event": event,
                "type": "event_callback",
                "event_id": self._workspace.mint("Ev"),
                "event_time": int(self._workspace.now.timestamp()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": self._workspace.team,
                        "user_id": self._workspace.bot_id,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
            },
        )

    async def press(
        self,
        message: Message,
        action_id: str,
        user: str,
        *,
        value: str | None = None,
        chosen: Mapping[str, Sequence[str]] | None = None,
    ) -> Told:
        """
        Press a button of a message as it stands now (or choose in a menu: `value` is the option).

        Args:
            chosen: what the person has ticked in the message before: values of options by the action_id of their boxes.

        Raises:
            LookupError: the message shows no such element any more, or shows it to somebody else.
        """
        person = self._workspace.person(user)
        shown = self._workspace.find(*message.key)
        if shown is None or shown.ephemeral_to not in {"", person.id}:
            raise LookupError(f"{user} sees no such message")
        for element in shown.elements:
            if element["action_id"] == action_id:
                payload = self._action(shown, element, person, value)
                payload["state"] = {"values": _ticked(shown.elements, chosen or {})}
                return await self._tell("interactive", payload)
        raise LookupError(f"the message has no {action_id}; it has {[each['action_id'] for each in shown.elements]}")

    async def choose_shortcut(self, message: Message, callback_id: str, user: str) -> Told:
        """Choose a shortcut from the menu of a message."""
        person, channel = self._workspace.person(user), self._workspace.channels[message.channel]
        payload = {
            "type": "message_action",
            "callback_id": callback_id,
            "token": "legacy-verification-token",
            "trigger_id": self._trigger(person),
            "response_url": self._response_url(channel, person),
            "team": {"id": self._workspace.team, "domain": self._workspace.domain},
            "channel": {"id": channel.id, "name": channel.name},
            "user": {"id": person.id, "name": person.name, "team_id": person.team},
            "message_ts": message.ts,
            "message": message_json(self._workspace, message, metadata=False),
            "is_enterprise_install": False,
            "enterprise": None,
        }
        return await self._tell("interactive", payload)

    async def submit(self, user: str, fields: Mapping[str, str | Sequence[str]]) -> Told:
        """
        Fill in the dialog that is open before somebody and send it off; it closes unless the ack lists errors.

        Args:
            fields: what is typed, or the values of the options that are ticked, by action_id; what is left out stays as
                it was.

        Raises:
            LookupError: no dialog is open.
        """
        person = self._workspace.person(user)
        opened = self._workspace.views.get(person.id, [])
        if not opened:
            raise LookupError(f"no dialog is open before {user}")
        view = opened[-1]
        told = await self._tell("interactive", self._closing("view_submission", person, filled(view, fields)))
        if told.status == 200 and "errors" not in told.body and view in opened:
            opened.remove(view)
            self._workspace.bell.ring()
        return told

    async def cancel(self, user: str) -> None:
        """Close the dialog that is open before somebody; Slack tells the app only where it asked for that."""
        self._workspace.views[self._workspace.person(user).id].pop()
        self._workspace.bell.ring()

    def _closing(self, kind: str, person: Person, view: Json) -> Json:
        return {
            "type": kind,
            "team": {"id": self._workspace.team, "domain": self._workspace.domain},
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": person.team},
            "api_app_id": self._workspace.app_id,
            "token": "legacy-verification-token",
            "trigger_id": self._trigger(person),
            "view": view,
            "response_urls": [],
            "is_enterprise_install": False,
            "enterprise": None,
        }

    async def again(self, told: Told, *, retry: int = 1) -> Told:
        """Send the same thing again, as Slack does with unacknowledged events, and an attacker with anything."""
        return await self._tell(_kind(told.payload), told.payload, retry=retry)

    async def post(
        self,
        body: bytes,
        *,
        content_type: str = FORM,
        timestamp: str | None = None,
        signature: str | None = None,
        headers: Mapping[str, str] | None = None,
        payload: Json | None = None,
    ) -> Told:
        """Post any body to the app's door, rightly signed unless `timestamp` or `signature` say otherwise."""
        stamp = timestamp if timestamp is not None else str(int(self._workspace.now.timestamp()))
        sealed = signature if signature is not None else self.signature(body, stamp)
        begun = self._monotonic()
        status, text, answered = 0, "", {}
        try:
            async with self._client().post(
                self.door,
                data=body,
                headers={
                    "Content-Type": content_type,
                    "X-Slack-Request-Timestamp": stamp,
                    "X-Slack-Signature": sealed,
                    **(headers or {}),
                },
            ) as reply:
                status, text, answered = reply.status, await reply.text(), dict(reply.headers)
        except (ClientError, TimeoutError):
            pass  # nobody answered: status 0 says so
        return Told(status=status, body=text, took_s=self._monotonic() - begun, headers=answered, payload=payload or {})

    def signature(self, body: bytes, timestamp: str) -> str:
        """Return Slack's signature of a body."""
        return str(self._signer.generate_signature(timestamp=timestamp, body=body))

    async def _write(self, kind: str, user: str, channel: str, text: str, *, thread: str = "") -> Told:
        person, place = self._workspace.person(user), self._workspace.channel(channel)
        said = self._workspace.post(
            Message(channel=place.id, ts=self._workspace.tick(), by=person.id, text=text, thread_ts=thread)
        )
        event: Json = {
            "type": kind,
            "user": person.id,
            "team": person.team,
            "text": text,
            "ts": said.ts,
            "event_ts": said.ts,
            "channel": place.id,
            **({"thread_ts": thread} if thread else {}),
            **({"channel_type": "im"} if kind == "message" else {}),
        }
        return await self.send_event(event)

    def _action(self, message: Message, element: Json, person: Person, value: str | None) -> Json:
        channel = self._workspace.channels[message.channel]
        action = {**element, "action_ts": self._workspace.tick()}
        if value is not None:
            action |= {"value": value} if element["type"] == "button" else {"selected_option": {"value": value}}
        container: Json = {
            "type": "message",
            "message_ts": message.ts,
            "channel_id": channel.id,
            "is_ephemeral": bool(message.ephemeral_to),
        }
        if message.thread_ts:
            container["thread_ts"] = message.thread_ts
        payload: Json = {
            "type": "block_actions",
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": person.team,
            },
            "api_app_id": self._workspace.app_id,
            "token": "legacy-verification-token",
            "container": container,
            "trigger_id": self._trigger(person),
            "team": {"id": self._workspace.team, "domain": self._workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": channel.id, "name": channel.name},
            "state": {"values": {}},
            "response_url": self._response_url(channel, person, message),
            "actions": [action],
        }
        if not message.ephemeral_to:  # Slack does not send what it does not keep
            payload["message"] = message_json(self._workspace, message, metadata=False)
        return payload

    async def _tell(self, kind: str, payload: Json, *, retry: int = 0) -> Told:
        if self._socket.connections:
            begun = self._monotonic()
            ack = await self._socket.deliver(kind, payload, retry=retry, within_s=self.waits_s)
            answered = "" if ack is None or ack.payload is None else json.dumps(ack.payload)
            return Told(
                status=0 if ack is None else 200, body=answered, took_s=self._monotonic() - begun, payload=payload
            )
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"} if retry else {}
        match kind:
            case "events_api":
                return await self.post(
                    json.dumps(payload).encode(), content_type=JSON, headers=headers, payload=payload
                )
            case "interactive":
                body = urlencode({"payload": json.dumps(payload)})
            case _:
                body = urlencode(payload)
        return await self.post(body.encode(), headers=headers, payload=payload)

    def _show_ack(self, told: Told, person: Person, channel: Channel) -> None:
        """Show what an ack says, or Slack's own words when there was none."""
        if not told.in_time:
            error = "operation_timeout" if told.took_s > SLACK_WAITS_S else "dispatch_failed"
            command = told.payload["command"].removeprefix("/")
            self._slackbot(GONE_WRONG.format(command=command, error=error), person, channel)
        elif told.body:
            try:
                said = json.loads(told.body)
            except ValueError:
                said = told.body
            try:
                show(
                    self._workspace,
                    channel=channel.id,
                    user=person.id,
                    body=said if isinstance(said, dict) else {"text": told.body},
                )
            except SlackError as refused:
                self._slackbot(f"relaybot's answer was refused: {refused.code} {refused.messages}", person, channel)

    def _slackbot(self, text: str, person: Person, channel: Channel) -> None:
        self._workspace.post(
            Message(channel=channel.id, ts=self._workspace.tick(), by=SLACKBOT, text=text, ephemeral_to=person.id)
        )

    def _response_url(self, channel: Channel, person: Person, origin: Message | None = None) -> str:
        return self._server_url() + self._urls.issue(channel=channel.id, user=person.id, origin=origin)

    def _trigger(self, person: Person) -> str:
        return self._workspace.triggers.issue(
            f"{self._workspace.mint('')}.{self._workspace.team}", person.id, self._workspace.now
        )

    def _client(self) -> ClientSession:
        if self._session is None:
            self._session = ClientSession(timeout=ClientTimeout(total=30))
        return self._session


def _ticked(elements: Sequence[Json], chosen: Mapping[str, Sequence[str]]) -> Json:
    """Write what is ticked in a message as Slack sends it beside a button."""
    values: Json = {}
    for element in elements:
        if element["action_id"] in chosen:
            state = entered(element, chosen[element["action_id"]])
            values.setdefault(element["block_id"], {})[element["action_id"]] = state
    return values


def _kind(payload: Mapping[str, Any]) -> str:
    if payload.get("type") == "event_callback":
        return "events_api"
    return "slash_commands" if "command" in payload else "interactive"
