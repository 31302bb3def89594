"""
The whole answer to one question: the task where it was found, or every place that does not have it or did not say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.tell import unknown_here
from bot.domain.text import short_id
from bot.domain.words import say
from bot.slack.cards import look, press, trouble
from bot.slack.cards.block import Dressed, button, buttons, header, section, small
from bot.slack.cards.text import escape, literal

if TYPE_CHECKING:
    from bot.domain.message import Answer, Look
    from bot.slack.cards.block import Block

LONGEST_PLACES = 1000  # characters
_ORDER = {True: 0, None: 1, False: 2}
MOST_CARDS = 5  # one id in two accounts is rare; a name that many tasks share must not flood


def dress(answer: Answer) -> Dressed:
    """
    Dress an answer.

    What was found comes alone: that other places do not have the task is then no news. "Not found" is the title only
    when every place has said so.
    """
    if answer.looks:
        return _found(answer.looks)
    if answer.troubles:
        return trouble.dress(answer)
    return _absent(answer)


def _found(looks: tuple[Look, ...]) -> Dressed:
    """Show what was found, the worst first."""
    cards = [look.dress(found) for found in sorted(looks, key=lambda found: _ORDER[found.outlook.bad])]
    blocks = [block for card in cards[:MOST_CARDS] for block in card.blocks]
    if len(cards) == 1:
        return cards[0]
    if len(cards) > MOST_CARDS:
        blocks.append(small(say("found.more", count=len(cards) - MOST_CARDS)))
    text = say("found.several", count=len(cards), first=cards[0].text)
    return Dressed(text=text, blocks=tuple(blocks))


def _absent(answer: Answer) -> Dressed:
    """Say that nobody has it, who was asked, and what to check."""
    task = short_id(answer.task)
    means = unknown_here(is_tencent=any(place.provider == "tencent" for place in answer.absent))
    places = ", ".join(f"{place.ref.account} {place.ref.region}" for place in answer.absent)
    words = dict.fromkeys(f"`{escape(place.snapshot.raw)}`" for place in answer.absent if place.snapshot.raw)
    asked = say("absent.asked", places=escape(places, LONGEST_PLACES))
    if words:
        asked += " " + say("absent.raw", raw=", ".join(list(words)[:3]))
    blocks: list[Block] = [
        header(f"{say('sign.NOT_FOUND')} {say('absent.title', task=literal(task))}"),
        section(f"{means}\n{say('absent.mend')}"),
        small(asked),
    ]
    value = press.written(answer.absent[0].ref)
    if value and len(answer.absent) == 1:  # with several, the button would ask one place only
        blocks.append(buttons(button(say("button.refresh"), action=press.REFRESH, value=value)))
    return Dressed(text=say("absent.title", task=escape(task)), blocks=tuple(blocks))
