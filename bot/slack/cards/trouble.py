"""
A cloud that gave no answer: which one, why, who must act next. Never a state of the task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.mend import mend, what_happened
from bot.domain.text import clip, short_id
from bot.domain.words import say
from bot.slack.cards import press
from bot.slack.cards.block import LONGEST_TEXT, Dressed, button, buttons, header, section, small
from bot.slack.cards.text import escape, literal

if TYPE_CHECKING:
    from bot.domain.message import Answer, Trouble
    from bot.slack.cards.block import Block

MOST = 10


def dress(answer: Answer) -> Dressed:
    """Dress an answer that no cloud gave; places that do not have the task are named beside."""
    title = say("trouble.title", task=literal(short_id(answer.task)))
    blocks: list[Block] = [header(title)]
    for trouble in answer.troubles[:MOST]:
        blocks += [
            section(f"{escape(what_happened(trouble), 300)}\n{escape(mend(trouble), 300)}"),
            small(_where(trouble)),
        ]
    if answer.absent:
        places = ", ".join(f"{escape(look.ref.account)} {escape(look.ref.region)}" for look in answer.absent)
        blocks.append(small(say("absent.elsewhere", places=places)))
    if len(answer.troubles) == 1:
        value = press.written(answer.troubles[0].ref)
        blocks.append(buttons(button(say("button.refresh"), action=press.REFRESH, value=value)))
    text = f"{say('trouble.title', task=escape(short_id(answer.task)))} · {escape(what_happened(answer.troubles[0]))}"
    return Dressed(text=clip(text, LONGEST_TEXT), blocks=tuple(blocks))


def _where(trouble: Trouble) -> str:
    error = trouble.error
    parts = [
        say(
            "trouble.where",
            title=trouble.title,
            account=escape(trouble.ref.account),
            region=escape(trouble.ref.region),
        )
    ]
    if error.code:
        parts.append(say("trouble.code", code=f"`{escape(error.code)}`"))
    if error.request_id:
        parts.append(say("trouble.request", request=f"`{escape(error.request_id)}`"))
    if error.detail:
        parts.append(escape(error.detail, 300))
    return " · ".join(parts)
