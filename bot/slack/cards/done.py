"""
What was done, and what somebody has to choose before it can be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import clip
from bot.domain.words import say
from bot.slack.cards import answer, order
from bot.slack.cards.block import LONGEST_SECTION, LONGEST_TEXT, Dressed, buttons, section
from bot.slack.cards.text import escape, literal

if TYPE_CHECKING:
    from bot.domain.message import Choice, Done

LONGEST_SENTENCE = 500
LONGEST_LABEL = 75  # of a button
MOST_LINES = 55  # a dialog takes fifty ids


def done(message: Done) -> Dressed:
    """Say what was changed, over what the clouds say of it."""
    most = max(40, min(LONGEST_SENTENCE, LONGEST_SECTION // max(1, len(message.said)) - 1))
    lines = [escape(said, most) for said in message.said[:MOST_LINES]]
    shown = () if message.answer is None else answer.dress(message.answer).blocks
    return Dressed(text=escape(message.said[0], LONGEST_TEXT), blocks=(section("\n".join(lines)), *shown))


def choice(message: Choice) -> Dressed:
    """Show one button for each task that could be meant."""
    said = say("choice", typed=escape(message.typed), count=len(message.options))
    made = [
        order.run_button(clip(literal(option.label), LONGEST_LABEL), option.command, number=number)
        for number, option in enumerate(message.options)
    ]
    shown = [each for each in made if each is not None]
    return Dressed(text=clip(said, LONGEST_TEXT), blocks=(section(said), *([buttons(*shown)] if shown else [])))
