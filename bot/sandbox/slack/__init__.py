"""
A Slack workspace on this machine: the Web API, Socket Mode, and the people.

    await slack.say("ann", "#relays", "/relay status aliyun main-en")      a person types; the ack is shown to her
    await slack.press(slack.heard("#relays")[-1], "refresh", "ann")        a person presses a button
    slack.heard("#relays")                                                 what the bot said there, as it stands now
    await slack.until(lambda: len(slack.heard("#relays")) == 2)            wait for it, without sleeping
    slack.faults.plan(Drop(done=True), on="chat.postMessage")              take the post and lose the reply
    slack.ledger.of("chat.postMessage")                                    every call that arrived, with its verdict

Modules: `workspace` (state) · `cast` (who there is) · `blocks`, `content` (limits) · `methods`, `views`, `respond`
(what can be asked) · `render` (Slack's JSON) · `api` (the wire) · `socket` (Socket Mode) · `people` (what people do).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.sandbox.door import Door
from bot.sandbox.slack.api import Api
from bot.sandbox.slack.cast import sandbox_workspace
from bot.sandbox.slack.people import People, Told
from bot.sandbox.slack.respond import ResponseUrls
from bot.sandbox.slack.socket import PATH, SocketMode
from bot.sandbox.slack.workspace import Channel, Kind, Message, Person, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.sandbox.slack.workspace import Json

__all__ = ["Channel", "Kind", "Message", "Person", "Slack", "Told", "Workspace"]

BOT_TOKEN = "xoxb-sandbox-bot"  # noqa: S105 - good on this machine only
APP_TOKEN = "xapp-sandbox-app"  # noqa: S105 - good on this machine only
SIGNING_SECRET = "sandbox-signing-secret"  # noqa: S105 - good on this machine only


class Slack:
    """
    One workspace behind one door.

    Args:
        calendar: What time it is there: message times, signatures, how long a response URL lives.
        monotonic: Seconds, for rates; by default the event loop's.
        workspace: By default the whole cast of `cast`.
    """

    def __init__(
        self,
        calendar: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        monotonic = monotonic or asyncio.get_running_loop().time
        self.workspace = workspace or sandbox_workspace(calendar)
        self.socket = SocketMode(self.workspace.app_id)
        self._urls = ResponseUrls(self.workspace)
        self.api = Api(
            self.workspace,
            self._urls,
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN,
            socket_url=lambda: self.socket.ticket(self.door.url),
        )
        self.door = Door(
            answer=self.api.answer,
            fail=self.api.fail,
            label=self.api.label,
            calendar=calendar,
            monotonic=monotonic,
        )
        self.door.route(PATH, self.socket.serve)
        self.faults, self.ledger = self.door.faults, self.door.ledger
        self.people = People(
            self.workspace,
            self._urls,
            self.socket,
            signing_secret=SIGNING_SECRET,
            server_url=lambda: self.door.url,
            monotonic=monotonic,
        )
        self.say, self.press, self.mention = self.people.say, self.people.press, self.people.mention
        self.submit, self.choose_shortcut = self.people.submit, self.people.choose_shortcut
        self.heard, self.transcript = self.workspace.heard, self.workspace.transcript

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is set to."""
        return f"{self.door.url}/api/"

    def home(self, user: str) -> Json | None:
        """Return the home tab that a person would see."""
        return self.workspace.homes.get(self.workspace.person(user).id)

    def dialogs(self, user: str) -> list[Json]:
        """Return the dialogs that are open before a person, the top one last."""
        return self.workspace.views.get(self.workspace.person(user).id, [])

    async def until(self, is_true: Callable[[], bool], *, within_s: float | None = 10.0) -> None:
        """Wait until `is_true()`, asked after everything that is said; raises TimeoutError."""
        await self.workspace.bell.until(is_true, within_s=within_s)

    async def open(self) -> None:
        """Start to listen."""
        await self.door.open()

    async def close(self) -> None:
        """Hang up on everybody."""
        await self.people.close()
        await self.socket.close()
        await self.door.close()
