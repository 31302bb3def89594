"""
One Slack workspace: its people, its conversations and what was said in them. State and its rules; no network.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING, Any

from bot.sandbox.bell import Bell
from bot.sandbox.slack.triggers import Triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

Json = dict[str, Any]

SLACKBOT = "USLACKBOT"

# The least that the bot asks for, and after them what it asks for to read back (DESIGN.md 11).
LEAST_SCOPES = frozenset(
    {
        "app_mentions:read",
        "channels:read",
        "chat:write",
        "commands",
        "groups:read",
        "im:write",
        "usergroups:read",
        "users:read",
    }
)
READ_BACK_SCOPES = frozenset({"channels:history", "groups:history", "im:history"})


class Kind(StrEnum):
    """What sort of conversation a channel is."""

    PUBLIC = "public"
    PRIVATE = "private"
    DIRECT = "direct"


@dataclass(slots=True, kw_only=True)
class Person:
    """
    Somebody in Slack; a bot is one too.

    A guest is `is_restricted` (a single-channel guest also `is_ultra_restricted`), a stranger is of another `team`.
    """

    id: str
    name: str
    team: str = ""
    real_name: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    is_deleted: bool = False
    tz: str = "Europe/Berlin"


@dataclass(slots=True, kw_only=True)
class Channel:
    """A conversation. `members` are user ids, the bot's among them where it was invited."""

    id: str
    name: str
    kind: Kind = Kind.PUBLIC
    members: set[str] = field(default_factory=set)
    is_archived: bool = False
    is_ext_shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    Something that was said, as it stands now.

    `ephemeral_to` is the only person who sees it; `edits` counts how often it was changed; `by` is a user id.
    """

    channel: str
    ts: str
    by: str
    text: str
    blocks: Sequence[Json] = ()
    attachments: Sequence[Json] = ()
    thread_ts: str = ""
    ephemeral_to: str = ""
    metadata: Json | None = None
    edits: int = 0
    is_deleted: bool = False
    is_broadcast: bool = False  # a thread reply that was also shown in the channel

    @property
    def edited(self) -> bool:
        return self.edits > 0

    @property
    def key(self) -> tuple[str, str]:
        return self.channel, self.ts

    @property
    def words(self) -> str:
        """Everything a reader sees of it, as plain lines: its blocks where it has any, else its text."""
        shown = [*self.blocks, *(part for part in self.attachments)]
        return "\n".join(_texts(shown)) if shown else self.text

    @property
    def buttons(self) -> Mapping[str, str]:
        """Its buttons: action id → label."""
        return {button["action_id"]: button["text"]["text"] for button in self.elements if button["type"] == "button"}

    @property
    def elements(self) -> list[Json]:
        """What can be pressed or chosen in it, each with its `block_id`."""
        found = []
        for block in self.blocks:
            inside = [*block.get("elements", ()), block.get("accessory"), block.get("element")]
            found += [
                {"block_id": block.get("block_id", ""), **element} for element in inside if _is_interactive(element)
            ]
        return found


def _is_interactive(element: object) -> bool:
    return isinstance(element, dict) and "action_id" in element


def _texts(value: object) -> list[str]:
    """Collect what is readable, in reading order."""
    match value:
        case list() | tuple():
            return [text for part in value for text in _texts(part)]
        case {"type": "mrkdwn" | "plain_text" | "text" | "raw_text" | "markdown", "text": str(text)}:
            return [text]
        case dict():
            shown = ("title", "text", "fields", "elements", "rows", "accessory", "caption", "blocks", "fallback")
            return [text for name in shown if name in value for text in _texts(value[name])]
        case _:
            return []


class Workspace:
    """
    The state. Names may be given for ids: `#relays`, `ann`.

    Args:
        calendar: What time it is; message times come from it, unique and rising even when it stands still.
        people, channels: Who and what there is; the bot is the one whose id is `bot_id`.
    """

    def __init__(
        self,
        calendar: Callable[[], datetime],
        *,
        people: Iterable[Person],
        channels: Iterable[Channel],
        bot_id: str,
        team: str = "T0SANDBOX",
        domain: str = "sandbox",
        app_id: str = "A0SANDBOX",
    ) -> None:
        self.calendar = calendar
        self.team = team
        self.domain = domain
        self.app_id = app_id
        self.bot_id = bot_id
        self.scopes = set(LEAST_SCOPES | READ_BACK_SCOPES)
        self.bell = Bell()
        self.triggers = Triggers()
        self.groups: list[Json] = []
        self.views: dict[str, list[Json]] = {}  # open dialogs by user id, the top one last
        self.homes: dict[str, Json] = {}  # published home tabs by user id
        self.people = {person.id: person for person in people}
        self.channels = {channel.id: channel for channel in channels}
        for person in self.people.values():
            person.team = person.team or team
        self._messages: dict[tuple[str, str], Message] = {}
        self._last_ts = 0
        self._serial = count(1)

    @property
    def now(self) -> datetime:
        return self.calendar()

    @property
    def bot_b_id(self) -> str:
        """The bot's `B…` id, which messages carry beside its user id."""
        return "B" + self.bot_id[1:]

    def person(self, name: str) -> Person:
        """Find somebody by id or name; `@` in front is allowed."""
        wanted = name.removeprefix("@")
        for person in self.people.values():
            if wanted in {person.id, person.name}:
                return person
        raise LookupError(f"nobody is called {name}")

    def channel(self, name: str) -> Channel:
        """Find a conversation by id or name; `@ann` is the direct one between ann and the bot."""
        if name.startswith("@"):
            return self.direct(self.person(name).id, self.bot_id)
        wanted = name.removeprefix("#")
        for channel in self.channels.values():
            if wanted in {channel.id, channel.name}:
                return channel
        raise LookupError(f"no channel is called {name}")

    def direct(self, one: str, other: str) -> Channel:
        """Return the direct conversation of two people, opening it where there is none."""
        for channel in self.channels.values():
            if channel.kind is Kind.DIRECT and channel.members == {one, other}:
                return channel
        opened = Channel(id=self.mint("D"), name="directmessage", kind=Kind.DIRECT, members={one, other})
        self.channels[opened.id] = opened
        return opened

    def mint(self, prefix: str) -> str:
        """Return an id that was never given before."""
        return f"{prefix}0S{next(self._serial):07d}"

    def tick(self) -> str:
        """Return the next message time: Slack's `seconds.micros`, later than every one before."""
        self._last_ts = max(int(self.now.timestamp() * 1_000_000), self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(self, message: Message) -> Message:
        """Put a message down and ring."""
        blocks = [{"block_id": f"b{place}", **block} for place, block in enumerate(message.blocks)]
        message = replace(message, blocks=tuple(json.loads(json.dumps(blocks))))
        self._messages[message.key] = message
        self.bell.ring()
        return message

    def change(self, message: Message, **changes: Any) -> Message:
        """Edit a message in place."""
        return self.post(replace(message, edits=message.edits + 1, **changes))

    def find(self, channel: str, ts: str) -> Message | None:
        """Return a message that has not been deleted."""
        message = self._messages.get((channel, ts))
        return None if message is None or message.is_deleted else message

    def transcript(self, channel: str = "", *, thread: str = "", to: str = "") -> list[Message]:
        """
        Return what stands in a channel (everywhere, when empty), oldest first, replies and ephemerals too.

        With `thread` only the replies under this root; with `to` only what this person can see, no other people's
        ephemerals.
        """
        here = self.channel(channel).id if channel else ""
        reader = self.person(to).id if to else ""
        return [
            message
            for message in self._messages.values()
            if here in {"", message.channel}
            and (not thread or message.thread_ts == thread)
            and (not reader or message.ephemeral_to in {"", reader})
            and not message.is_deleted
        ]

    def heard(self, channel: str = "", *, thread: str = "", to: str = "") -> list[Message]:
        """Return what the bot said, and what Slack itself said in its place; see `transcript`."""
        return [
            message
            for message in self.transcript(channel, thread=thread, to=to)
            if message.by in {self.bot_id, SLACKBOT}
        ]

    def typed(self, text: str) -> str:
        """Return what Slack sends to an app for typed words where the manifest says `should_escape`."""
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        escaped = re.sub(r"https?://[^\s<>]+", lambda found: f"<{found[0]}>", escaped)
        escaped = re.sub(r"(?<![^\s=])@([a-z0-9_.-]+)", self._mention, escaped)
        return re.sub(r"(?<!\S)#([a-z0-9_-]+)", self._channel_link, escaped)

    def _mention(self, found: re.Match[str]) -> str:
        for person in self.people.values():
            if person.name == found[1]:
                return f"<@{person.id}|{person.name}>"
        return found[0]

    def _channel_link(self, found: re.Match[str]) -> str:
        for channel in self.channels.values():
            if channel.name == found[1]:
                return f"<#{channel.id}|{channel.name}>"
        return found[0]
