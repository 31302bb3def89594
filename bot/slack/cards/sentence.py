"""
Short things: waiting, a mistyped command, a refusal, a bare id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import clip
from bot.domain.words import say
from bot.slack.cards.block import LONGEST_SECTION, LONGEST_TEXT, Dressed, section
from bot.slack.cards.text import escape

if TYPE_CHECKING:
    from bot.domain.message import Declined, JustId, Mistyped, Waiting


def waiting(message: Waiting) -> Dressed:
    """Say that a cloud is slow and the answer follows here."""
    return _plain(say("waiting", titles=" and ".join(escape(title) for title in message.titles)))


def mistyped(message: Mistyped) -> Dressed:
    """Say what failed and the command to type instead."""
    failed = escape(message.failed, 1000)
    again = say("typed.try", command=f"`{escape(message.instead, 400)}`")
    return Dressed(text=clip(failed, LONGEST_TEXT), blocks=(section(f"{failed}\n{again}"),))


def declined(message: Declined) -> Dressed:
    """Say why not."""
    return _plain(message.said)


def just_id(message: JustId) -> Dressed:
    """Show the id and nothing else, so that a long press copies it whole."""
    text = f"```{escape(message.task, LONGEST_SECTION - 6)}```"
    return Dressed(text=clip(escape(message.task), LONGEST_TEXT), blocks=(section(text),))


def _plain(text: str) -> Dressed:
    return Dressed(text=clip(text, LONGEST_TEXT), blocks=(section(text),))
