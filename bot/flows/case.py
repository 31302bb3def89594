"""
Case: which incident of which place somebody means, by what they typed or by the button that they pressed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bot.domain.permit import Refusal
from bot.domain.responding import Ack, Assign, Close, Pressed, Snooze, Which
from bot.domain.spoken import incident_called
from bot.domain.typed import CommandError
from bot.domain.words import say
from bot.flows.about import about, name_of, tasks_of
from bot.flows.admit import Refused
from bot.flows.recall import choose, recall
from bot.flows.where import is_direct, open_here, place_of
from bot.store.cards import of_incident, of_task
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from bot.domain.message import Choice
    from bot.domain.response import Response
    from bot.flows.desk import Asker, Desk
    from bot.store.incidents import Incident
    from bot.store.memory import Tx

Deeds: TypeAlias = Ack | Snooze | Assign | Close


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a deed is about: a place's response as it was when it was looked up."""

    response: Response
    incident: Incident
    name: str

    @property
    def subject(self) -> str:
        """What the audit knows it by."""
        return f"incident:{self.incident.id}"

    async def thread(self, tx: Tx) -> str:
        """Find the message under which its story is told; empty where there is none."""
        incident = self.incident
        card = of_incident(incident.id) if incident.task is None else of_task(incident.task)
        found = await tx.cards.get(self.response.place, card)
        return "" if found is None else found.root_ts

    async def is_followed_by(self, tx: Tx, user: str) -> bool:
        """Say whether somebody has subscribed the place to what it is about."""
        mine = [
            each
            for each in await tx.subscriptions.of_place(self.response.place)
            if each.created_by == user and each.wish.account == self.incident.account
        ]
        if not mine or self.incident.scope is Scope.ACCOUNT:
            return bool(mine)
        members = await tasks_of(tx, self.incident)
        return any(each.wish.covers(task.ref, name_of(task)) for each in mine for task in members)


async def meant(command: Deeds, tx: Tx, asker: Asker, desk: Desk) -> Case | Choice:
    """
    Find the response that somebody means.

    Raises:
        CommandError: there is none, or there are several.
        Refused: the button is another place's, and whoever pressed it was not called.
    """
    if isinstance(command.which, Pressed):
        return await _pressed(command.which, tx, asker, desk)
    found = await _typed(command, command.which, tx, asker, desk)
    if found is not None and not isinstance(found, Case):
        return found
    if found is None:
        raise CommandError(say("ack.no_such"), instead="/relay incidents")
    return found


async def _pressed(pressed: Pressed, tx: Tx, asker: Asker, desk: Desk) -> Case:
    """Find what a button is about, pressed where the response is, or in private by somebody who was called."""
    place = place_of(asker)
    response = await tx.responses.get(pressed.response)
    if response is not None and response.place != place:
        was_called = is_direct(place) and await tx.pages.was_called(response.id, asker.person.user)
        response = response if was_called and response.place.team == place.team else None
    case = None if response is None else await _case(response, tx, desk)
    if case is None:
        raise Refused(Refusal.OTHER_CHANNEL, subject=f"response:{pressed.response}")
    return case


async def _typed(command: Deeds, which: Which, tx: Tx, asker: Asker, desk: Desk) -> Case | Choice | None:
    place, verb = place_of(asker), type(command).__name__.lower()
    number = which.number
    if which.task is not None:
        tasks = await recall(which.task, tx, asker, desk)
        if len(tasks) > 1:
            return choose(which.task, tasks, verb, *_more(command))
        incident = await tx.incidents.latest(tasks[0].id) if tasks else None
        number = None if incident is None else incident.part_of or incident.id
    elif number is None:
        number = await _only_one(tx, asker, desk, verb)
    response = None if number is None else await tx.responses.of_place(place, incident=number)
    return None if response is None else await _case(response, tx, desk)


async def _only_one(tx: Tx, asker: Asker, desk: Desk, verb: str) -> int | None:
    """Find the incident that is open here and that no other one is called for with."""
    visible, here = open_here(asker, desk), []
    for response in await tx.responses.open_of_place(place_of(asker)):
        incident = await tx.incidents.get(response.incident)
        if response.leader is None and incident is not None and incident.account in visible:
            here.append(incident.id)
    if len(here) > 1:
        raise CommandError(say("ack.several", count=len(here)), instead=f"/relay {verb} #{here[-1]}")
    return here[0] if here else None


async def _case(response: Response, tx: Tx, desk: Desk) -> Case | None:
    """Return what is known of it; None where the place may not see its account."""
    incident = await tx.incidents.get(response.incident)
    account = None if incident is None else desk.accounts.get(incident.account)
    if incident is None or account is None or not account.is_open_to(response.place.channel):
        return None
    name = incident_called(await about(tx, incident, desk.accounts))
    return Case(response=response, incident=incident, name=name)


def _more(command: Deeds) -> tuple[str, ...]:
    """Write what stands behind the incident as it was typed."""
    match command:
        case Ack(length=typed) if typed:
            return (f"for={typed}",)
        case Assign(user=user):
            return (f"<@{user}>",)
        case Close(reason=reason):
            return (f'reason="{reason}"',)
        case _:
            return ()
