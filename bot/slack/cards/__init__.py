"""
Block Kit, one file a noun; pure. `dress` turns any message of the domain into what Slack takes, `dress_body` whatever
lies in the outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import message, notice
from bot.slack.cards import (
    account,
    answer,
    board,
    done,
    drill,
    group,
    guide,
    incidents,
    line,
    listing,
    oncall,
    page,
    reply,
    sentence,
    task,
)

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
        case message.OnCallShown() | message.Responded() | message.IncidentsShown():
            return _dress_waking(said)
        case message.Done() | message.Choice() | message.Listed() | message.Past():
            return _dress_following(said)


def _dress_following(said: message.Done | message.Choice | message.Listed | message.Past) -> Dressed:
    match said:
        case message.Done():
            return done.done(said)
        case message.Choice():
            return done.choice(said)
        case message.Listed():
            return listing.listed(said)
        case message.Past():
            return listing.past(said)


def _dress_waking(said: message.OnCallShown | message.Responded | message.IncidentsShown) -> Dressed:
    match said:
        case message.OnCallShown():
            return oncall.dress(said)
        case message.Responded():
            return incidents.responded(said)
        case message.IncidentsShown():
            return incidents.shown(said)


def dress_body(body: notice.Body) -> Dressed:
    """Dress the body of a notice."""
    match body:
        case notice.CardBody():
            return task.dress(body)
        case notice.ReplyBody():
            return reply.dress(body)
        case notice.BoardBody():
            return board.dress(body)
        case notice.GroupBody():
            return group.dress(body)
        case notice.AccountBody():
            return account.dress(body)
        case notice.DigestBody():
            return board.digest(body)
        case notice.LineBody():
            return line.dress(body)
        case notice.PageBody():
            return page.dress(body)
        case notice.DrillBody():
            return drill.dress(body)
