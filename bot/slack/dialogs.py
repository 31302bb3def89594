"""
Dialogs: what is opened before somebody, and what they sent off, read back.

A dialog remembers where it was opened in its `private_metadata`; who sends it off is asked anew for their rights.

Source: https://docs.slack.dev/surfaces/modals (read 2026-11-21).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.message import CloseForm, FollowForm
from bot.domain.responding import LONGEST_REASON, Close, Pressed
from bot.domain.target import Target, read_target
from bot.domain.typed import CommandError, plain, split
from bot.domain.words import say
from bot.slack.cards import order
from bot.slack.untold import UNTOLD, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from slack_sdk.web.async_client import AsyncWebClient

    from bot.domain.message import Form, SettingsForm

log = logging.getLogger(__name__)

FOLLOW: Final = "dialog.follow"
SETTINGS: Final = "dialog.settings"
CLOSE: Final = "dialog.close"

TASKS: Final = "tasks"
UNTIL: Final = "until"
HEARS: Final = "hears"
REASON: Final = "reason"
LONGEST_TYPED: Final = 3000  # characters that Slack's input takes
MOST_LINES: Final = 50
_SWITCHES: Final = ("threads", "in_channel", "digest", "allows_shared")


class Where(BaseModel):
    """Where a dialog was opened."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    v: Literal[1] = 1
    channel: str
    thread_ts: str = ""
    response: int = 0  # that is to be closed, and its version when the button was made
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """What somebody wants to follow."""

    targets: tuple[Target, ...]
    until: str


class Unfilled(Exception):
    """A dialog that cannot be done as it stands: what is wrong, by block."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(*errors)


def view(form: Form, *, channel: str) -> dict[str, Any]:
    """Build a dialog."""
    if isinstance(form, FollowForm):
        return _modal(FOLLOW, say("dialog.follow"), Where(channel=channel, thread_ts=form.thread_ts), _follow())
    if isinstance(form, CloseForm):
        opened = Where(channel=channel, response=form.response, version=form.version)
        return _modal(CLOSE, say("dialog.close.title"), opened, _close())
    return _modal(SETTINGS, say("dialog.settings"), Where(channel=channel), _settings(form))


async def show(client: AsyncWebClient, trigger: str, built: dict[str, Any]) -> bool:
    """Open a dialog before the person whose trigger it is; False when Slack did not: three seconds are soon over."""
    try:
        await client.views_open(trigger_id=trigger, view=built)
    except UNTOLD as error:
        log.warning("a dialog could not be opened: %s", named(error))
        return False
    return True


def where(sent: Mapping[str, Any]) -> Where | None:
    """Read where a dialog was opened; None when a release that is gone opened it."""
    try:
        return Where.model_validate_json(str(sent.get("private_metadata", "")))
    except ValidationError:
        return None


def read_follow(sent: Mapping[str, Any]) -> Follow:
    """
    Read one task a line.

    Raises:
        Unfilled: nothing, or a line that is no task.
    """
    targets: list[Target] = []
    for line in (_text(sent, TASKS)).splitlines():
        words = split(plain(line))
        if not words:
            continue
        try:
            targets.append(read_target(words, {}, "subscribe"))
        except CommandError as error:
            raise Unfilled({TASKS: error.failed}) from None
    if not targets:
        raise Unfilled({TASKS: say("typed.no_task")})
    if len(targets) > MOST_LINES:
        raise Unfilled({TASKS: say("dialog.follow.too_many", most=MOST_LINES)})
    return Follow(targets=tuple(targets), until=plain(_text(sent, UNTIL)).strip())


def read_close(sent: Mapping[str, Any]) -> Close | None:
    """
    Read why an incident is to be closed, and which; None when a release that is gone opened the dialog.

    Raises:
        Unfilled: it gives no reason.
    """
    opened, reason = where(sent), plain(_text(sent, REASON)).strip()
    if not reason:
        raise Unfilled({REASON: say("typed.no_reason")})
    if opened is None or not opened.response:
        return None
    return Close(which=Pressed(response=opened.response, version=opened.version), reason=reason)


def read_settings(sent: Mapping[str, Any]) -> dict[str, bool]:
    """Read what is ticked and what is not, by the names of `ChannelSettings`; a box that was not shown is left out."""
    ticked = {option["value"] for option in sent["state"]["values"][HEARS][HEARS]["selected_options"]}
    shown = {option["value"] for block in sent["blocks"] if block.get("block_id") == HEARS for option in _boxes(block)}
    return {name: name in ticked for name in _SWITCHES if name in shown}


def ticked(pressed: Mapping[str, Any], account: str) -> tuple[Target, ...]:
    """Read the tasks that are ticked in the message whose button was pressed."""
    values = (pressed.get("state") or {}).get("values") or {}
    options = [
        str(option["value"])
        for elements in values.values()
        for name, element in elements.items()
        if name == order.PICK
        for option in element.get("selected_options") or ()
    ]
    parts = (option.partition(" ") for option in options)
    return tuple(Target(account=account, region=region, task=task) for region, _, task in parts)


def _boxes(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    boxes: list[dict[str, Any]] = block["element"]["options"]
    return boxes


def _text(sent: Mapping[str, Any], name: str) -> str:
    return str(sent["state"]["values"][name][name].get("value") or "")


def _modal(callback: str, title: str, opened: Where, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": callback,
        "private_metadata": opened.model_dump_json(),
        "title": _plain(title),
        "submit": _plain(say("dialog.submit")),
        "close": _plain(say("dialog.close")),
        "blocks": blocks,
    }


def _follow() -> list[dict[str, Any]]:
    tasks = {
        "type": "plain_text_input",
        "action_id": TASKS,
        "multiline": True,
        "max_length": LONGEST_TYPED,
        "placeholder": _plain(say("dialog.follow.tasks.example")),
    }
    until = {"type": "plain_text_input", "action_id": UNTIL, "placeholder": _plain(say("dialog.follow.until.example"))}
    return [
        _input(TASKS, say("dialog.follow.tasks"), tasks),
        _input(UNTIL, say("dialog.follow.until"), until, optional=True),
    ]


def _close() -> list[dict[str, Any]]:
    reason = {"type": "plain_text_input", "action_id": REASON, "max_length": LONGEST_REASON}
    return [_input(REASON, say("dialog.close.reason"), reason)]


def _settings(form: SettingsForm) -> list[dict[str, Any]]:
    shown = [name for name in _SWITCHES if name != "allows_shared" or form.may_allow_shared]
    options = {name: {"text": _plain(_switch(name)), "value": name} for name in shown}
    boxes: dict[str, Any] = {"type": "checkboxes", "action_id": HEARS, "options": list(options.values())}
    ticked = [option for name, option in options.items() if getattr(form.settings, name)]
    if ticked:  # Slack takes no empty list
        boxes["initial_options"] = ticked
    return [_input(HEARS, say("dialog.settings.hears"), boxes, optional=True)]


def _switch(name: str) -> str:
    match name:
        case "threads":
            return say("settings.threads")
        case "in_channel":
            return say("settings.in_channel")
        case "digest":
            return say("settings.digest")
        case _:
            return say("settings.allows_shared")


def _input(block: str, label: str, element: dict[str, Any], *, optional: bool = False) -> dict[str, Any]:
    return {"type": "input", "block_id": block, "label": _plain(label), "element": element, "optional": optional}


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
