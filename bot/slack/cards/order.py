"""
Buttons that carry an order: a command to be run as if it were typed, a subscription to end, tasks to subscribe.

Each value has a version; what a release that is gone made, or nobody did, reads as None.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.slack.cards.block import button
from bot.slack.cards.press import LONGEST

if TYPE_CHECKING:
    from bot.slack.cards.block import Block

RUN: Final = "order.run"
UNFOLLOW: Final = "order.unfollow"
FOLLOW: Final = "order.follow"
PICK: Final = "order.pick"  # boxes that are ticked before FOLLOW is pressed
ORDERS: Final = frozenset({RUN, UNFOLLOW, FOLLOW})

LONGEST_OPTION: Final = 150  # characters of a box's value that Slack takes


class _Run(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    c: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    s: int


class _Account(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    a: str


def run_button(label: str, command: str, *, number: int) -> Block | None:
    """Make the button that runs a command; None when Slack would not take its value."""
    value = _written({"v": 1, "c": command})
    return button(label, action=f"{RUN}:{number}", value=value) if len(value) <= LONGEST else None


def unfollow_button(label: str, subscription: int) -> Block:
    """Make the button that ends a subscription."""
    return button(label, action=f"{UNFOLLOW}:{subscription}", value=_written({"v": 1, "s": subscription}))


def follow_button(label: str, account: str) -> Block:
    """Make the button that subscribes what is ticked, of this account."""
    return button(label, action=FOLLOW, value=_written({"v": 1, "a": account}))


def kind(action_id: str) -> str:
    """Return what sort of button it was; several of a sort in one message are numbered."""
    return action_id.partition(":")[0]


def read_run(value: str) -> str | None:
    """Return the command that a button carries."""
    try:
        return _Run.model_validate_json(value).c
    except ValidationError:
        return None


def read_unfollow(value: str) -> int | None:
    """Return the subscription that a button is about."""
    try:
        return _Row.model_validate_json(value).s
    except ValidationError:
        return None


def read_follow(value: str) -> str | None:
    """Return the account that the ticked tasks are of."""
    try:
        return _Account.model_validate_json(value).a
    except ValidationError:
        return None


def _written(value: dict[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
