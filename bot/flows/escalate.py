"""
Escalate: the beat that fires what responses have due. Calls the next level, reminds whoever acked, lifts snoozes.

The row is the timer: it is saved on top of what was read, with its pages in the same transaction, so that it fires once
whichever process comes first. Whoever is called is found at that moment; no transaction is open while Slack is asked.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from bot.domain import response as judge
from bot.domain.notice import Skip
from bot.domain.page import pager
from bot.domain.response import Due, Found
from bot.domain.rota import Rota, Target, TargetKind, on_call, whom
from bot.flows import respond
from bot.flows.periodic import periodically
from bot.flows.silent import silent_until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.calendar import Calendar
    from bot.domain.response import Outcome, Response
    from bot.domain.subscription import Place
    from bot.store.memory import Memory, Tx

EVERY_S: Final = 1.0
AT_ONCE: Final = 50  # responses of one look
VANISHED: Final = "vanished"  # why a response ends whose incident is not kept any more

Unfit: TypeAlias = Literal["unknown", "deactivated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """
    How people and pagers are found, handed in by wiring.

    `unfit(team, user)` says why somebody cannot be called; None: they can, or nobody knows. `members(team, group)` says
    who is in a user group; None: nobody knows. `pagers(place)` names the outside pagers of a place.
    """

    unfit: Callable[[str, str], Awaitable[Unfit | None]]
    members: Callable[[str, str], Awaitable[tuple[str, ...] | None]]
    pagers: Callable[[Place], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is due, and what whoever is called depends on."""

    response: Response
    rota: Rota
    calendars: Mapping[str, Calendar]


class Escalator:
    """
    Fires what is due.

    Args:
        accounts: what incidents are about, as people call it.
        every_s: how often to look.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        accounts: Mapping[AccountName, Account],
        reach: Reach,
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._memory = memory
        self._accounts = accounts
        self._reach = reach
        self._now = now
        self._every_s = every_s

    async def beat(self) -> None:
        """Do everything that is due now; what falls due by that waits for the next look."""
        now = self._now()
        async with self._memory.reading() as tx:
            plans = [await _plan(tx, response) for response in await tx.responses.due(now, limit=AT_ONCE)]
        each_found = await asyncio.gather(*(self._found(plan, now) for plan in plans))
        for plan, found in zip(plans, each_found, strict=True):
            async with self._memory.transaction() as tx:
                await self._fire(tx, plan.response, found, now)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until it is stopped; a database that is away is waited for."""
        await periodically(self.beat, stop, every_s=self._every_s, else_="nobody is called for now")

    async def _found(self, plan: _Plan, now: datetime) -> dict[int, Found]:
        """Find whom the levels come to, up to the first at which anybody can be called."""
        found: dict[int, Found] = {}
        response = plan.response
        if response.due in {Due.REMIND, Due.LIFT}:
            return found
        for level in range(response.next_level, response.policy.last + 1):
            found[level] = await self._at(level, plan, now)
            if found[level].mentions:
                break
        return found

    async def _at(self, level: int, plan: _Plan, now: datetime) -> Found:
        team = plan.response.place.team
        target = _target(level, plan, now)
        if target is None:
            return Found(skips=(Skip(step=level, why="gap"),))
        if target.kind is TargetKind.GROUP:
            members = await self._reach.members(team, target.id)
            if members is not None and not members:
                return Found(skips=(Skip(step=level, why="empty", user=target.id),))
            return Found(mentions=(target.id,), people=members or ())
        unfit = await self._reach.unfit(team, target.id)
        if unfit is not None:
            return Found(skips=(Skip(step=level, why=unfit, user=target.id),))
        return Found(mentions=(target.id,), people=(target.id,))

    async def _fire(self, tx: Tx, response: Response, found: Mapping[int, Found], now: datetime) -> None:
        if await tx.responses.get(response.id) != response:
            return  # somebody else fired it, or did something about it; what is due then is looked at then
        incident = await tx.incidents.get(response.incident)
        outcome: Outcome
        if incident is None or incident.closed_at is not None:
            outcome = judge.closed(response, VANISHED if incident is None else incident.closed_why, now)
        elif (until := await silent_until(tx, response.place, incident, now=now)) is not None:
            await respond.put_off(tx, response, until, now=now)
            return
        elif not await respond.follows(tx, response.place, incident, paging=True):
            await respond.quiet(tx, response, now=now)
            return
        else:
            outcome = judge.came_due(response, found, now)
        pagers = [pager(response.place.team, name) for name in self._reach.pagers(response.place)]
        await respond.settle(tx, outcome, accounts=self._accounts, pagers=pagers, now=now)
        if any(skip.why == "deactivated" for each in found.values() for skip in each.skips):
            await _look_over(tx, response.place, now)


async def _look_over(tx: Tx, place: Place, now: datetime) -> None:
    """Have the rota looked at, now and not tomorrow, that names somebody who is deactivated: they leave it."""
    kept = await tx.rotas.get(place)
    if kept is not None and (kept.due_at is None or kept.due_at > now):
        await tx.rotas.put_off(kept, now)


async def _plan(tx: Tx, response: Response) -> _Plan:
    if response.due in {Due.REMIND, Due.LIFT}:
        return _Plan(response=response, rota=Rota(), calendars={})
    kept = await tx.rotas.get(response.place)
    rota = Rota() if kept is None else kept.rota
    targets = [rota.base, *(level.target for level in response.policy.levels)]
    names = {each.id for each in targets if isinstance(each, Target) and each.kind is TargetKind.CALENDAR}
    return _Plan(response=response, rota=rota, calendars=await tx.calendars.get(names) if names else {})


def _target(level: int, plan: _Plan, now: datetime) -> Target | None:
    """Say whom a level means now: the first one whoever is on call, each further one as it was frozen."""
    if level == 0:
        return on_call(plan.rota, now, plan.calendars).who
    return whom(plan.response.policy.levels[level - 1].target, now, plan.calendars)
