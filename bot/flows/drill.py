"""
Drill: an outage that is none is played in a channel, and what arrived when is told there as a table.

What is played is a script; from the judgement on everything is as in an outage, but for the history, which hears
nothing of it. Its row and its notices are all there is: whoever dies meanwhile is somebody else's to finish.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.drill import OnCall, closing, measure, opening, plan
from bot.domain.permit import Deed
from bot.domain.rota import TargetKind
from bot.domain.typed import CommandError
from bot.domain.words import say
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.duty import on_duty
from bot.flows.where import about, is_direct, place_of
from bot.store.cards import DRILL

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.drill import Drill, Outcome
    from bot.domain.rota import Target
    from bot.domain.subscription import Place
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Memory, Tx


async def drill(asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Begin a drill here: everything that it says and whom it calls is put down at once.

    Raises:
        CommandError: in a direct conversation nobody is on call.
        Refused: they may not, or the bot cannot speak here.
    """
    place = place_of(asker)
    if is_direct(place):
        raise CommandError(say("drill.direct"), instead="/relay help drill")
    channel = await about(asker, desk)
    async with desk.memory.reading() as tx:
        here = await tx.subscriptions.of_place(place)
        kept = await tx.rotas.get(place)
        target = await on_duty(place, tx, now=now)
    user, whom = asker.person.user, None if target is None else await _whom(target, place, desk)
    owns = any(each.created_by == user for each in here) or (whom is not None and user in whom.people)
    require(Deed.DRILL, asker.person, channel, owns=owns)
    planned = plan(place, user, whom=whom, has_rota=kept is not None, pagers=desk.pagers(place), now=now)
    async with changing(desk, asker, now=now) as change:
        number = await change.tx.drills.begin(planned)
        if number is None:
            return message.Done(said=(say("drill.runs"),))
        if (last := await change.tx.cards.get(place, DRILL)) is not None:
            await change.tx.cards.forget(place, last.ts)  # the table of the one before is left as it is
        for notice in opening(replace(planned, id=number), now=now):
            await change.tx.outbox.put(notice, now=now)
        await change.trace("drill", str(number))
    return message.Done(said=(say("drill.started"),))


async def _whom(target: Target, place: Place, desk: Desk) -> OnCall:
    if target.kind is not TargetKind.GROUP:
        return OnCall(id=target.id, people=(target.id,))
    return OnCall(id=target.id, people=await desk.members_of(place.team, target.id) or ())


async def end_drills(memory: Memory, *, now: datetime) -> int:
    """End the drills of which everything has arrived, or is too late; says how many those were."""
    async with memory.reading() as tx:
        over = [drill for drill in await tx.drills.under_way() if await _outcome(drill, tx, now) is not None]
    ended = 0
    for drill in over:
        async with memory.transaction() as tx:
            outcome = await _outcome(drill, tx, now)
            if outcome is None or not await tx.drills.end(drill):
                continue
            await tx.drills.withdraw(drill, now=now, begun=outcome.is_interrupted)
            for notice in closing(drill, outcome, now=now):
                await tx.outbox.put(notice, now=now)
            ended += 1
    return ended


async def _outcome(drill: Drill, tx: Tx, now: datetime) -> Outcome | None:
    return measure(drill, await tx.drills.sent(drill), now)
