"""
One line of ours: who changed what others hear, and what could not be done.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from bot.domain.words import say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, section
from bot.slack.cards.handling import person
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.notice import LineBody

LONGEST_VALUE = 600  # five open incidents by name, how old a calendar is and how late this comes are one


def dress(body: LineBody) -> Dressed:
    """
    Dress a line: `line.<key>` of the words, with `{user}` and its values.

    A value called `channel` or `user` is a Slack id and becomes the mention that it stands for; one whose name ends in
    `who` holds ids of people and user groups, with spaces between; one whose name ends in `_at` is an ISO instant and
    is shown in each reader's zone; every other is foreign text.
    """
    values = {name: _shown(name, value) for name, value in body.values}
    said = say(f"line.{body.key}", user=_shown("user", body.user), **values)
    plain = {name: _plain(name, value) for name, value in body.values}
    text = say(f"line.{body.key}", user=say("plain.user"), **plain)
    return Dressed(text=escape(text, LONGEST_TEXT), blocks=(section(said),))


def _shown(name: str, value: str) -> str:
    if name == "user" and re.fullmatch(r"[UW][A-Z0-9]+", value):
        return f"<@{value}>"
    if name == "channel" and re.fullmatch(r"[CGD][A-Z0-9]+", value):
        return f"<#{value}>"
    if name.endswith("who"):
        return " ".join(map(person, value.split()))
    if name.endswith("_at"):
        return moment(datetime.fromisoformat(value))
    return escape(value, LONGEST_VALUE)


def _plain(name: str, value: str) -> str:
    """A lock screen that cuts a mention in two would read it out: it gets words instead."""
    if name.endswith("who"):
        return say("plain.user")
    if name in {"user", "channel"}:
        return say("plain.user" if name == "user" else "plain.channel")
    return f"{datetime.fromisoformat(value):%H:%M} UTC" if name.endswith("_at") else value
