"""
What a channel is at, with a button for each; and what came of somebody's deed about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.text import clip, span
from bot.domain.words import has, say
from bot.slack.cards.block import LONGEST_TEXT, Dressed, buttons, header, section, small
from bot.slack.cards.handling import person, pressable, said
from bot.slack.cards.text import escape, moment

if TYPE_CHECKING:
    from bot.domain.message import Incident, IncidentsShown, Responded
    from bot.slack.cards.block import Block

_CALLS = frozenset({"call", "worse", "changed", "reopened", "lapsed", "held"})


def shown(message: IncidentsShown) -> Dressed:
    """Show what is open, and what is held back."""
    title = say("incidents.title", count=message.total)
    blocks: list[Block] = [header(title)]
    if not message.incidents:
        blocks.append(section(say("incidents.none")))
    for each in message.incidents:
        blocks.append(section(_lines(each)))
        if pressed := pressable(each.handling):
            row = [button | {"action_id": f"{button['action_id']}:{each.number}"} for button in pressed]
            blocks.append(buttons(*row))
    if message.total > len(message.incidents):
        blocks.append(small(say("board.more", count=message.total - len(message.incidents))))
    if message.held_back is not None:
        blocks.append(small(_held_back(message)))
    return Dressed(text=title, blocks=tuple(blocks))


def responded(message: Responded) -> Dressed:
    """Say what was done, or who or what was first."""
    user = person(message.by) if message.by else ""
    words = _outcome(message, f"*{escape(message.name)}*", user, "" if message.until is None else moment(message.until))
    # A lock screen that cuts a mention or an instant in two would read it out: it gets words instead.
    until = "" if message.until is None else f"{message.until:%H:%M} UTC"
    text = _outcome(message, escape(message.name, 36), say("plain.user"), until)
    return Dressed(text=clip(text, LONGEST_TEXT), blocks=(section(words),))


def _outcome(message: Responded, name: str, user: str, until: str) -> str:
    number = message.number
    ago = "" if message.ago is None else span(message.ago)
    match message.because:
        case "taken":
            return say("responded.taken", number=number, name=name, user=user, ago=ago, when=until)
        case "over":
            why = say(f"responded.over.{message.why}") if has(f"responded.over.{message.why}") else ""
            return say("responded.over", number=number, name=name, why=why or say("responded.over.other"), ago=ago)
        case "worse":
            return say("responded.worse", number=number, name=name)
        case _:
            return _done(message, name, user=user, until=until)


def _done(message: Responded, name: str, *, user: str, until: str) -> str:
    number = message.number
    match message.verb:
        case "ack":
            return say("responded.ack", number=number, name=name, when=until)
        case "snooze":
            return say("responded.snooze", number=number, name=name, when=until)
        case "assign" if until:
            return say("responded.taken_over", number=number, name=name, when=until)
        case "assign":
            return say("responded.assign", number=number, name=name, user=user)
        case _:
            return say("responded.close", number=number, name=name)


def _lines(incident: Incident) -> str:
    state = "" if incident.state is None else f"{say(f'sign.{incident.state}')} {say(f'state.{incident.state}')} "
    age = say("incidents.age", number=incident.number, when=moment(incident.opened_at), span=span(incident.lasts))
    place = say("incidents.place", region=escape(incident.region), account=escape(incident.account))
    first = f"{state}*{escape(incident.name)}* · {age} · {place}"
    return "\n".join(
        line for line in (first, said(incident.handling) or say("incidents.free"), _next(incident)) if line
    )


def _next(incident: Incident) -> str:
    """Say what comes next, and when."""
    if incident.with_ is not None:
        return say("incidents.with", number=incident.with_)
    if not incident.pages:
        return say("incidents.unpaged")
    if incident.due_at is None:
        return ""
    when = moment(incident.due_at)
    if incident.due == "remind":
        return say("incidents.next.remind", when=when)
    if incident.due == "lift":
        return say("incidents.next.lift", when=when)
    if incident.due in _CALLS and incident.who:
        return say("incidents.next.level", level=incident.level, user=person(incident.who), when=when)
    return say("incidents.next.on_call", when=when)


def _held_back(message: IncidentsShown) -> str:
    held = message.held_back
    if held is None:
        return ""
    if held.joins_until is not None:
        return say("incidents.held.said", count=held.count, when=moment(held.joins_until, "{time}"))
    return say("incidents.held", count=held.count, when=moment(held.digest_at, "{time}")) if held.digest_at else ""
