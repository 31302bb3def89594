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
    said = say("waiting", titles=" and ".join(message.titles))
    return Dressed(text=escape(said, LONGEST_TEXT), blocks=(section(escape(said, 500)),))


def mistyped(message: Mistyped) -> Dressed:
    """Say what failed and the command to type instead."""
    failed = escape(message.failed, 1000)
    again = say("typed.try", command=f"`{escape(message.instead, 600)}`")
    return Dressed(text=escape(message.failed, LONGEST_TEXT), blocks=(section(f"{failed}\n{again}"),))


def declined(message: Declined) -> Dressed:
    """Say why not."""
    return Dressed(text=clip(message.said, LONGEST_TEXT), blocks=(section(message.said),))


def just_id(message: JustId) -> Dressed:
    """Show the id and nothing else, so that a long press copies it whole."""
    text = f"```{escape(message.task, LONGEST_SECTION - 6)}```"
    return Dressed(text=escape(message.task, LONGEST_TEXT), blocks=(section(text),))
