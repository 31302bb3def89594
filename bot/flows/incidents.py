"""
Incidents: what a channel is at, who has it in hand, and whom it calls next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain import burst, message
from bot.domain.response import Due, handling
from bot.domain.spoken import incident_called
from bot.flows.about import about
from bot.flows.where import open_here, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.response import Response
    from bot.domain.subscription import Place
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx

SHOWN: Final = 10


async def incidents(asker: Asker, desk: Desk, *, now: datetime) -> message.IncidentsShown:
    """Show what is open here, the oldest first, and what a burst holds back."""
    place, visible = place_of(asker), open_here(asker, desk)
    found: list[message.Incident] = []
    async with desk.memory.reading() as tx:
        responses = await tx.responses.open_of_place(place)
        of = {each.id: each.incident for each in responses}
        kept = {each.id: await tx.incidents.get(each.incident) for each in responses}
        here = [each for each in responses if (its := kept[each.id]) is not None and its.account in visible]
        for response in here[:SHOWN]:
            incident = kept[response.id]
            if incident is None:
                continue
            what = await about(tx, incident, desk.accounts)
            found.append(
                message.Incident(
                    number=incident.id,
                    name=incident_called(what),
                    account=incident.account,
                    region=incident.region,
                    state=what.state,
                    opened_at=what.opened_at,
                    lasts=now - what.opened_at,
                    handling=handling(response, now),
                    pages=response.pages,
                    with_=None if response.leader is None else of.get(response.leader),
                    due="" if response.due is None else response.due.value,
                    due_at=response.due_at,
                    level=response.next_level,
                    who=_who(response),
                )
            )
        held = await held_back(tx, place, now=now)
    return message.IncidentsShown(incidents=tuple(found), total=len(here), held_back=held)


def _who(response: Response) -> str:
    """Name whom the next call goes to, as the rota said when it began; whoever is on call is found when it is."""
    level = response.next_level
    is_call = response.due not in {None, Due.REMIND, Due.LIFT}
    return response.policy.levels[level - 1].target.id if is_call and 0 < level <= len(response.policy.levels) else ""


async def held_back(tx: Tx, place: Place, *, now: datetime) -> message.HeldBack | None:
    """Say how much of a burst is told in numbers only, and when; None where nothing is."""
    last = await tx.bursts.newest(place, since=now - burst.LONGEST)
    if last is None or (last.is_said and last.body.until + burst.LONGEST <= now):
        return None
    if last.is_said:
        return message.HeldBack(count=last.body.total, joins_until=last.body.until + burst.LONGEST)
    return message.HeldBack(count=last.body.total, digest_at=max(now, last.not_before or now))
