"""
A cloud that gave no answer: which one, why, who must act next. Never a state of the task.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from bot.domain.mend import mend, what_happened
from bot.domain.text import short_id
from bot.domain.words import say
from bot.slack.cards import press
from bot.slack.cards.block import LONGEST_TEXT, Dressed, button, buttons, header, section, small
from bot.slack.cards.text import escape, literal

if TYPE_CHECKING:
    from bot.domain.message import Answer, Trouble
    from bot.slack.cards.block import Block

MOST_TROUBLES = 4  # different ones
MOST_PLACES = 3  # of each
LONGEST_PLACES = 500  # characters


def dress(answer: Answer) -> Dressed:
    """Dress an answer that no cloud gave; places that do not have the task are named beside."""
    blocks: list[Block] = [header(say("trouble.title", task=literal(short_id(answer.task))))]
    alike: defaultdict[str, list[Trouble]] = defaultdict(list)  # one refused key speaks for all its regions
    for trouble in answer.troubles:
        alike[f"{escape(what_happened(trouble), 300)}\n{escape(mend(trouble), 300)}"].append(trouble)
    for said, troubles in list(alike.items())[:MOST_TROUBLES]:
        blocks += [section(said), small("\n".join(_where(trouble) for trouble in troubles[:MOST_PLACES]))]
        blocks += _more(len(troubles) - MOST_PLACES)
    blocks += _more(sum(map(len, list(alike.values())[MOST_TROUBLES:])))
    if answer.absent:
        places = ", ".join(f"{look.ref.account} {look.ref.region}" for look in answer.absent)
        blocks.append(small(say("absent.elsewhere", places=escape(places, LONGEST_PLACES))))
    value = press.written(answer.troubles[0].ref)
    if value and len(answer.troubles) == 1:  # with several, the button would ask one place only
        blocks.append(buttons(button(say("button.refresh"), action=press.REFRESH, value=value)))
    text = f"{say('trouble.title', task=short_id(answer.task))} · {what_happened(answer.troubles[0])}"
    return Dressed(text=escape(text, LONGEST_TEXT), blocks=tuple(blocks))


def _more(count: int) -> list[Block]:
    return [small(say("more.places", count=count))] if count > 0 else []


def _where(trouble: Trouble) -> str:
    error = trouble.error
    parts = [
        say(
            "trouble.where",
            title=escape(trouble.title),
            account=escape(trouble.ref.account),
            region=escape(trouble.ref.region),
        )
    ]
    if error.code:
        parts.append(say("trouble.code", code=f"`{escape(error.code)}`"))
    if error.request_id:
        parts.append(say("trouble.request", request=f"`{escape(error.request_id)}`"))
    if error.detail:
        parts.append(escape(error.detail, 200))
    return " · ".join(parts)
