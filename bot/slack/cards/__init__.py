"""
Block Kit, one file a noun; pure. `dress` turns any message of the domain into what Slack takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message
from bot.slack.cards import answer, guide, sentence

if TYPE_CHECKING:
    from bot.slack.cards.block import Dressed


def dress(said: message.Message) -> Dressed:
    """Dress a message."""
    match said:
        case message.Answer():
            return answer.dress(said)
        case message.Waiting():
            return sentence.waiting(said)
        case message.Mistyped():
            return sentence.mistyped(said)
        case message.Declined():
            return sentence.declined(said)
        case message.Helped():
            return guide.helped(said)
        case message.AccountsShown():
            return guide.accounts(said)
        case message.Debugged():
            return guide.debug(said)
        case message.JustId():
            return sentence.just_id(said)
