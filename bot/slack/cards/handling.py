"""
Who has an incident in hand, and the buttons of those who would take it: under a card, a group's message, a page.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.domain.words import say
from bot.slack.cards import press
from bot.slack.cards.block import button
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.handling import Handling
    from bot.slack.cards.block import Block


def said(handling: Handling) -> str:
    """Say who has it in hand and until when, whose it is, or since when it is over; empty while it is nobody's."""
    if handling.over_at is not None:
        by = () if not handling.by else (say("handling.was_acked", user=person(handling.by)),)
        return " ".join((say("handling.over", when=moment(handling.over_at)), *by))
    if handling.by and handling.until is not None:
        user, until = person(handling.by), moment(handling.until)
        if handling.is_snoozed:
            return say("handling.snoozed", user=user, when=until)
        return say("handling.acked", user=user, when=until)
    return say("handling.assigned", user=person(handling.assigned_to)) if handling.assigned_to else ""


def pressable(handling: Handling, *, more: bool = True) -> list[Block]:
    """
    Make the buttons of somebody who would take it in hand; none where somebody has, or where it is over.

    Args:
        more: also those that are for longer than a while.
    """
    if not handling.is_free:
        return []
    value = press.written_response(handling.response, handling.version)
    made = [button(say("button.ack"), action=press.ACK, value=value)]
    if more:
        made.append(button(say("button.snooze"), action=press.SNOOZE, value=value))
        made.append(button(say("button.close"), action=press.CLOSE, value=value))
    return made


def person(who: str) -> str:
    """Mention a person or a group by the id; whatever is no id is foreign text."""
    if re.fullmatch(r"[UW][A-Z0-9]+", who):
        return f"<@{who}>"
    return f"<!subteam^{who}>" if re.fullmatch(r"S[A-Z0-9]+", who) else escape(who)
