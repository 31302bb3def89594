"""
The whole answer to one question: the task where it was found, or every place that does not have it or did not say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.tell import unknown_here
from bot.domain.text import clip, short_id
from bot.domain.words import say
from bot.slack.cards import look, press, trouble
from bot.slack.cards.block import LONGEST_TEXT, Dressed, button, buttons, header, section, small
from bot.slack.cards.text import escape, literal

if TYPE_CHECKING:
    from bot.domain.message import Answer
    from bot.slack.cards.block import Block

MOST_CARDS = 5  # one id in two accounts is rare; a name that many tasks share must not flood


def dress(answer: Answer) -> Dressed:
    """
    Dress an answer.

    What was found comes alone: that other places do not have the task is then no news. "Not found" is the title only
    when every place has said so.
    """
    if answer.looks:
        cards = [look.dress(found) for found in answer.looks[:MOST_CARDS]]
        return Dressed(text=cards[0].text, blocks=tuple(block for card in cards for block in card.blocks))
    if answer.troubles:
        return trouble.dress(answer)
    return _absent(answer)


def _absent(answer: Answer) -> Dressed:
    """Say that nobody has it, who was asked, and what to check."""
    task = short_id(answer.task)
    first = answer.absent[0]
    means = unknown_here(is_tencent=any(place.provider == "tencent" for place in answer.absent))
    places = [f"{escape(place.ref.account)} {escape(place.ref.region)}" for place in answer.absent]
    words = [escape(place.snapshot.raw) for place in answer.absent if place.snapshot.raw]
    asked = say("absent.asked", places=", ".join(places))
    if words:
        asked += f" ({', '.join(f'`{word}`' for word in dict.fromkeys(words))})"
    blocks: tuple[Block, ...] = (
        header(f"{say('sign.NOT_FOUND')} {say('absent.title', task=literal(task))}"),
        section(f"{means}\n{say('absent.mend')}"),
        small(asked),
        buttons(button(say("button.refresh"), action=press.REFRESH, value=press.written(first.ref))),
    )
    if len(answer.absent) > 1:  # the button would ask one place only
        blocks = blocks[:-1]
    return Dressed(text=clip(say("absent.title", task=escape(task)), LONGEST_TEXT), blocks=blocks)
