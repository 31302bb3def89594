"""
Acknowledge: somebody has an incident in hand, lets it be silent for a while, gives it to a person or ends it.

What a deed comes to is the judgement of `domain.response`, on the response as it is when it is saved: whoever comes
second, or too late, is told who or what was first. Each deed is one transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain import message
from bot.domain import response as judge
from bot.domain.permit import Deed, Standing
from bot.domain.responding import Ack, Assign, Close, Pressed, Snooze, Which
from bot.domain.response import ACK, LONGEST_ACK, Because
from bot.domain.typed import CommandError
from bot.domain.when import length
from bot.domain.words import say
from bot.flows import respond
from bot.flows.admit import require
from bot.flows.case import Case, meant
from bot.flows.change import changing
from bot.flows.duty import is_duty_of, on_duty

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from bot.domain.response import Outcome, Response
    from bot.flows.case import Deeds
    from bot.flows.change import Change
    from bot.flows.desk import Asker, Desk

CLOSED: Final = "closed"  # why an incident ends that somebody closed

_FULL: Final = frozenset({Standing.ADMIN, Standing.MEMBER})


async def acknowledge(command: Deeds, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Do what somebody wants to be done about an incident.

    Raises:
        CommandError: no such incident, or length, or nobody who could have it.
        Refused: this place is not at that, or it is not theirs to do.
    """
    lasts = _length(command)
    async with desk.memory.reading() as tx:
        case = await meant(command, tx, asker, desk)
        if not isinstance(case, Case):
            return case
        user = asker.person.user
        is_near = await case.is_followed_by(tx, user) or await tx.pages.was_called(case.response.id, user)
        who = await on_duty(case.response.place, tx, now=now)
    deed = _deed(command, asker)
    owns = is_near or user in case.response.called or await is_duty_of(asker, who, desk)
    require(deed, asker.person, asker.channel, owns=owns, subject=case.subject)
    if isinstance(command, Assign) and (await desk.person(command.user)).standing not in _FULL:
        raise CommandError(say("assign.no_member"), instead="/relay assign #12 @user")
    async with changing(desk, asker, now=now) as change:
        outcome = await _settled(command, case, change, desk, lasts)
        is_done = outcome.because is Because.DONE
        await change.trace(deed, case.subject, outcome="done" if is_done else "nothing", why=outcome.because)
        if is_done:
            await _tell(command, case, outcome, change)
    return message.Responded(
        verb=type(command).__name__.lower(),
        because=outcome.because.value,
        number=case.incident.id,
        name=case.name,
        by=outcome.response.assigned_to or outcome.response.acked_by,
        ago=_since(outcome, now),
        until=outcome.response.ack_until,
        why=outcome.response.closed_why,
    )


def _length(command: Deeds) -> timedelta:
    if not isinstance(command, Ack) or not command.length:
        return ACK
    again = command.which.typed("ack", "for=1h") if isinstance(command.which, Which) else "/relay ack for=1h"
    lasts = length(command.length, instead=again)
    if lasts > LONGEST_ACK:
        raise CommandError(say("ack.too_long"), instead=again)
    return lasts


def _deed(command: Deeds, asker: Asker) -> Deed:
    """Say which right it needs; to take something over is no more than to ack it."""
    match command:
        case Ack():
            return Deed.ACK
        case Snooze():
            return Deed.SNOOZE
        case Assign():
            return Deed.ACK if command.user == asker.person.user else Deed.ASSIGN
        case Close():
            return Deed.CLOSE


async def _settled(command: Deeds, case: Case, change: Change, desk: Desk, lasts: timedelta) -> Outcome:
    """Judge and keep it, on the response as it is now: what somebody saves in between is judged anew."""
    tx, now, by = change.tx, change.now, change.asker.person.user
    while True:
        response = await tx.responses.get(case.response.id)
        if response is None:
            raise CommandError(say("ack.no_such"), instead="/relay incidents")
        outcome = _judged(command, response, by, lasts, now)
        if outcome.because is not Because.DONE:
            return outcome
        if isinstance(command, Close):
            await tx.incidents.close(case.incident.id, now, CLOSED)
            await respond.close(tx, [case.incident.id], CLOSED, accounts=desk.accounts, now=now, by=by)
            return outcome
        if await respond.settle(tx, outcome, accounts=desk.accounts, now=now):
            return outcome


def _judged(command: Deeds, response: Response, by: str, lasts: timedelta, now: datetime) -> Outcome:
    pressed = command.which.version if isinstance(command.which, Pressed) else None
    match command:
        case Ack():
            return judge.acked(response, by, now, length=lasts, pressed=pressed)
        case Snooze():
            return judge.snoozed(response, by, now, pressed=pressed)
        case Assign(user=user) if user == by:  # to take it over is to have it in hand
            mine = judge.assigned(response, by, by, now)
            return mine if mine.because is not Because.DONE else judge.acked(mine.response, by, now)
        case Assign(user=user):
            return judge.assigned(response, user, by, now)
        case Close():
            return judge.closed(response, CLOSED, now, by=by)


async def _tell(command: Deeds, case: Case, outcome: Outcome, change: Change) -> None:
    """Say who did it: an ack where its story is told, what concerns others in the channel."""
    response, until = outcome.response, outcome.response.ack_until
    values = {"number": str(case.incident.id), "name": case.name}
    match command:
        case Ack() | Snooze() if until is not None:
            before, by = case.response, change.asker.person.user
            if before.is_acked and before.acked_by == by and before.snoozed_by == response.snoozed_by:
                return  # the same person once more: nobody has to be told that it goes on
            key = "acked" if isinstance(command, Ack) else "snoozed"
            thread_ts = await case.thread(change.tx)
            await change.tell_at(response.place, key, thread_ts=thread_ts, until_at=until.isoformat(), **values)
        case Assign(user=user):
            key = "taken_over" if user == change.asker.person.user else "assigned"
            who = {} if key == "taken_over" else {"to_who": user}
            await change.tell_at(response.place, key, **who, **values)
        case Close(reason=reason):
            for each in await change.tx.responses.of_incident(case.incident.id):
                if (each.closed_at, each.closed_why) != (change.now, CLOSED):
                    continue  # a channel that follows nothing of it any more
                await change.tell_at(each.place, "closed", about=str(each.id), reason=reason, **values)
        case _:
            return


def _since(outcome: Outcome, now: datetime) -> timedelta | None:
    """Say how long ago somebody, or its end, was first."""
    match outcome.because:
        case Because.TAKEN if outcome.response.acked_at is not None:
            return now - outcome.response.acked_at
        case Because.OVER if outcome.response.closed_at is not None:
            return now - outcome.response.closed_at
        case _:
            return None
