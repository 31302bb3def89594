"""
Duty: who is on call where somebody asks, as the store and Slack know it now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.rota import TargetKind, calendars_named, on_call
from bot.flows.where import place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.calendar import Calendar
    from bot.domain.rota import Rota, Target
    from bot.domain.subscription import Place
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx


async def calendars_of(rota: Rota, tx: Tx) -> Mapping[str, Calendar]:
    """Read the calendars that a rota asks."""
    names = calendars_named(rota)
    return await tx.calendars.get(names) if names else {}


async def on_duty(place: Place, tx: Tx, *, now: datetime) -> Target | None:
    """Say who is on call in a channel now; None where nobody is, or there is no rota."""
    kept = await tx.rotas.get(place)
    return None if kept is None else on_call(kept.rota, now, await calendars_of(kept.rota, tx)).who


async def has_duty(asker: Asker, desk: Desk, *, now: datetime) -> bool:
    """Say whether somebody is on call where they ask, which gives them the rights of whoever subscribed there."""
    async with desk.memory.reading() as tx:
        who = await on_duty(place_of(asker), tx, now=now)
    return await is_duty_of(asker, who, desk)


async def is_duty_of(asker: Asker, who: Target | None, desk: Desk) -> bool:
    """Say whether somebody is meant by a target, also as one of a group; no where Slack does not tell who is in it."""
    if who is None or who.kind is not TargetKind.GROUP:
        return who is not None and who.id == asker.person.user
    members = await desk.members_of(asker.team, who.id)
    return members is not None and asker.person.user in members
