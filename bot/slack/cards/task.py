"""
The card of a followed task: the answer card, with what is remembered of the task.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.spoken import task_called
from bot.domain.tell import meaning
from bot.domain.text import short_id, visible
from bot.domain.words import say
from bot.slack.cards import handling, look, press
from bot.slack.cards.block import Dressed, button, buttons, fields, header, section, small
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.notice import CardBody
    from bot.slack.cards.block import Block

MOST_NAMES = 5


def dress(body: CardBody) -> Dressed:
    """Dress a card as it is posted first, and as it is edited from then on."""
    blocks = [header(look.title(body.look)), section("\n".join(_sentences(body))), fields(_facts(body))]
    blocks += [small(remark) for remark in _remarks(body)]
    blocks += [small(_small_print(body)), *_buttons(body)]
    return Dressed(text=look.lock_screen(body.look), blocks=tuple(blocks))


def _sentences(body: CardBody) -> list[str]:
    """Say what the state means, and how sure that is."""
    said = [meaning(body.look)]
    read = body.look.snapshot
    if body.unseen_since is not None:
        said.append(say("card.unseen", when=moment(body.unseen_since)))
    if body.confirmed is None:
        said.append(say("card.doubt.first"))
    elif body.confirmed is not read.state:
        state, confirmed = say(f"state.{read.state}"), say(f"state.{body.confirmed}")
        said.append(say("card.doubt", state=state, when=moment(read.taken_at, "{time_secs}"), confirmed=confirmed))
    return said


def _facts(body: CardBody) -> dict[str, str]:
    facts = look.facts(body.look)
    if body.confirmed is not body.look.snapshot.state:
        facts.pop(say("card.since"), None)  # it is the confirmed state's
    elif body.since is not None and say("card.ended") not in facts:
        since = moment(body.since)
        facts[say("card.since")] = say("card.since.at_least", when=since) if body.since_longer else since
    if body.until is not None:
        facts[say("card.until")] = moment(body.until)
    return facts


def _remarks(body: CardBody) -> list[str]:
    said = [say(f"remark.{why}") for why in body.remarks]
    if body.same_destination:
        names = ", ".join(escape(visible(name)) for name in body.same_destination[:MOST_NAMES])
        said.append(say("card.same_destination", names=names))
    if body.successor is not None:
        new = body.successor
        name = escape(task_called(new.name, new.ref.task_id))
        said.append(say("card.successor", name=name, id=escape(short_id(new.ref.task_id))))
    if body.is_muted and body.muted_until is not None:
        said.append(say("card.muted", when=moment(body.muted_until)))
    if body.handling is not None and (hand := handling.said(body.handling)):
        said.append(hand)
    return said


def _small_print(body: CardBody) -> str:
    """The read's time, not its age: a card is not edited with every read."""
    read = body.look.snapshot
    return say(
        "card.read",
        title=escape(body.look.title),
        raw=f"`{escape(read.raw) or '–'}`",
        when=moment(read.taken_at, "{date_short_pretty} {time_secs}"),
    )


def _buttons(body: CardBody) -> tuple[Block, ...]:
    shown = [] if body.handling is None else handling.pressable(body.handling)
    value = press.written(body.look.ref)
    if value and body.successor is not None and not body.follows_successor:
        shown.append(button(say("button.succeed"), action=press.SUCCEED, value=value))
    if value and body.can_be_expected:
        shown.append(button(say("button.expected"), action=press.EXPECTED, value=value))
    if value:
        shown.append(button(say("button.refresh"), action=press.REFRESH_CARD, value=value))
        shown.append(button(say("button.id"), action=press.ID, value=value))
    return (buttons(*shown),) if shown else ()
