"""
Hand-over: the beat that tells each change of shift, looks for gaps once a day, and lets the deactivated leave.

The rota's row is the timer: it is saved on top of what was read, with its lines in the same transaction, so that a
change is told once whichever process comes first; after downtime once, with how late. No transaction is open while
Slack is asked.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain.handover import gaps_ahead, hand_over, is_check, next_look
from bot.domain.response import handling
from bot.domain.rota import Target, TargetKind, on_call, people, without
from bot.domain.telling import direct, line
from bot.domain.text import age, clip, span
from bot.domain.words import say
from bot.flows.about import about
from bot.flows.amend import amend
from bot.flows.duty import calendars_of
from bot.flows.periodic import periodically

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.calendar import Calendar
    from bot.domain.handover import Handover
    from bot.domain.notice import Notice
    from bot.domain.rota import Rota
    from bot.domain.subscription import Place
    from bot.flows.escalate import Reach
    from bot.store.memory import Memory, Tx
    from bot.store.rotas import KeptRota

EVERY_S: Final = 2.0
AT_ONCE: Final = 50  # rotas of one look
MOST_NAMED: Final = 5  # open incidents, by name
LONGEST_NAME: Final = 30
DEACTIVATED: Final = "deactivated"

log = logging.getLogger(__name__)


class Handovers:
    """
    Tells who takes over.

    Args:
        reach: says why somebody cannot be called.
        groups: the user groups that shall hold whoever is on call, by their channels.
        put: lets a group hold one person; returns why that was refused, empty when it was not.
        every_s: how often to look.
    """

    def __init__(
        self,
        *,
        memory: Memory,
        accounts: Mapping[AccountName, Account],
        reach: Reach,
        groups: Mapping[str, str],
        put: Callable[[str, str], Awaitable[str]],
        now: Callable[[], datetime],
        every_s: float = EVERY_S,
    ) -> None:
        self._memory = memory
        self._accounts = accounts
        self._reach = reach
        self._groups = groups
        self._put = put
        self._now = now
        self._every_s = every_s

    async def beat(self) -> None:
        """Look at every rota that is due now."""
        async with self._memory.reading() as tx:
            due = await tx.rotas.due(self._now(), limit=AT_ONCE)
        for kept, gone in zip(due, await asyncio.gather(*map(self._gone, due)), strict=True):
            await self._look(kept, gone)

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again until it is stopped; a database that is away is waited for."""
        await periodically(self.beat, stop, every_s=self._every_s, else_="nobody hands over for now")

    async def _look(self, kept: KeptRota, gone: Sequence[str]) -> None:
        """Take what is due of a rota, of which these people are deactivated."""
        now, due_at = self._now(), kept.due_at
        if due_at is None:
            return
        for user in gone:
            await self._leave(kept.place.team, user, now)
        if gone:
            return  # the rota is another one now, and due
        async with self._memory.transaction() as tx:
            rota, calendars = kept.rota, await calendars_of(kept.rota, tx)
            changed, again = hand_over(rota, due_at, now, calendars), next_look(rota, now, calendars)
            if changed is None:
                is_ours = await tx.rotas.put_off(kept, again)
            else:
                standing = tuple(cover for cover in rota.covers if cover.ends_at > now)
                after = replace(rota, told=changed.comes, covers=standing)
                is_ours = await tx.rotas.save(
                    kept.place, after, due_at=again, by=kept.changed_by, now=now, version=kept.version
                )
            if not is_ours:
                return  # somebody changed it, or another process was first
            if changed is not None:
                await self._tell(tx, kept, changed, calendars, now)
            is_heard = await tx.channels.paused(kept.place) is None
            if is_heard and is_check(rota, due_at, now):
                for notice in _warnings(kept.place, rota, calendars, now):
                    await tx.outbox.put(notice, now=now)
            who = on_call(rota, now, calendars).who
        await self._hold(kept.place, who, now)

    async def _tell(
        self, tx: Tx, kept: KeptRota, changed: Handover, calendars: Mapping[str, Calendar], now: datetime
    ) -> None:
        """
        One line in the channel, and a direct message to whoever leaves and whoever comes.

        A paused channel reads none: what was a change of shift weeks ago is no news when it comes back.
        """
        place, comes, leaves = kept.place, changed.comes, changed.leaves
        more = await self._open(tx, place, now) + _calendar_age(kept.rota, calendars, now)
        late = "" if changed.late is None else say("handover.late", late=span(changed.late))
        values = {"more": more + late}
        if comes is not None:
            values["who"] = comes.id
        if leaves is not None:
            values["before_who"] = leaves.id
        key = "handover_gap" if comes is None else "handover_first" if leaves is None else "handover"
        if await tx.channels.paused(place) is None:
            await tx.outbox.put(_line(place, key, now, **values), now=now)
        if comes is not None and comes.kind is TargetKind.USER:
            until = {} if changed.until is None else {"until_at": changed.until.isoformat()}
            begins = "duty_begins" if until else "duty_begins_open"
            await tx.outbox.put(_direct(place, begins, comes.id, now, more=more + late, **until), now=now)
        if leaves is not None and leaves.kind is TargetKind.USER:
            await tx.outbox.put(_direct(place, "duty_ends", leaves.id, now, more=late), now=now)

    async def _open(self, tx: Tx, place: Place, now: datetime) -> str:
        """Name the incidents that are open there, and which of them somebody has in hand."""
        responses = await tx.responses.open_of_place(place)
        named: list[str] = []
        for response in responses[:MOST_NAMED]:
            incident = await tx.incidents.get(response.incident)
            if incident is None:
                continue
            what = await about(tx, incident, self._accounts)
            name = clip(what.name or what.task_id or what.account, LONGEST_NAME)
            acked = say("handover.acked") if handling(response, now).by else ""
            named.append(say("handover.one", number=incident.id, name=name, acked=acked))
        if not named:
            return ""
        listed = ", ".join(named)
        if len(responses) > MOST_NAMED:
            listed = say("several.more", names=listed, count=len(responses) - MOST_NAMED)
        return say("handover.open", incidents=listed)

    async def _gone(self, kept: KeptRota) -> list[str]:
        """Ask Slack which of a rota's people are deactivated."""
        named = sorted(people(kept.rota))
        unfit = await asyncio.gather(*(self._reach.unfit(kept.place.team, user) for user in named))
        return [user for user, why in zip(named, unfit, strict=True) if why == DEACTIVATED]

    async def _leave(self, team: str, user: str, now: datetime) -> None:
        """
        Take a deactivated person out of every rota; the channel, the next level and who made the rota are told.

        What they had in hand goes on at once: nobody else would see to it before their ack is over.
        """
        async with self._memory.transaction() as tx:
            for before in await tx.responses.leave(team, user, now=now):
                after = await tx.responses.get(before.id)
                if after is not None and after.is_open and user in {before.acked_by, before.assigned_to}:
                    await amend(tx, after, now=now)
            for kept in await tx.rotas.leave(team, user, now=now):
                left = without(kept.rota, user)
                await tx.outbox.put(_line(kept.place, "rota_left", now, who=user), now=now)
                told = {*_first_level(left), *_users(on_call(left, now, await calendars_of(left, tx)).who)}
                for other in sorted((told | {kept.changed_by}) - {"", user}):
                    await tx.outbox.put(_direct(kept.place, "duty_deactivated", other, now, who=user), now=now)
                log.warning("%s is deactivated and left the rota of %s", user, kept.place.channel)

    async def _hold(self, place: Place, who: Target | None, now: datetime) -> None:
        """Let the user group that an operator named hold whoever is on call; what fails is said once."""
        group = self._groups.get(place.channel)
        if group is None or who is None or who.kind is not TargetKind.USER:
            return
        if await self._reach.members(place.team, group) == (who.id,):
            return
        if not (code := await self._put(group, who.id)):
            return
        log.warning("usergroups.users.update did not put %s into %s: %s", who.id, group, code)
        async with self._memory.transaction() as tx:
            failed = line(place, "group_failed", user="", cause=f"group:{group}:{code}", code=code, who=who.id)
            await tx.outbox.put(failed, now=now)


def _warnings(place: Place, rota: Rota, calendars: Mapping[str, Calendar], now: datetime) -> Iterator[Notice]:
    ahead = gaps_ahead(rota, now, calendars)
    if ahead:
        more = say("handover.gaps", count=len(ahead) - 1) if len(ahead) > 1 else ""
        ends_at = ahead[0].ends_at
        until = {} if ends_at is None else {"until_at": ends_at.isoformat()}
        key = "gap_ahead" if until else "gap_open"
        yield _line(place, key, now, from_at=ahead[0].begins_at.isoformat(), more=more, **until)
    for name, calendar in sorted(calendars.items()):
        if calendar.is_stale(now) and calendar.fetched_at is not None:
            why = say("handover.code", code=calendar.code) if calendar.code else ""
            yield _line(place, "calendar_stale", now, name=name, age=span(now - calendar.fetched_at), more=why)


def _calendar_age(rota: Rota, calendars: Mapping[str, Calendar], now: datetime) -> str:
    base = rota.base
    if not isinstance(base, Target) or base.kind is not TargetKind.CALENDAR:
        return ""
    calendar = calendars.get(base.id)
    if calendar is None or calendar.fetched_at is None:
        return say("handover.unread", name=base.id)
    read = age(calendar.fetched_at, now)
    if calendar.is_stale(now):
        return say("handover.stale", name=base.id, age=read)
    return say("handover.calendar", name=base.id, age=read)


def _first_level(rota: Rota) -> tuple[str, ...]:
    return _users(rota.levels[0].target) if rota.levels else ()


def _users(who: Target | None) -> tuple[str, ...]:
    return (who.id,) if who is not None and who.kind is TargetKind.USER else ()


def _cause(what: str, now: datetime) -> str:
    return f"rota:{what}:{int(now.timestamp() * 1000)}"


def _line(place: Place, key: str, now: datetime, **values: str) -> Notice:
    """Tell a channel what nobody did; one that comes twice at the same millisecond is one."""
    subject = f"{key}:{values.get('name') or values.get('who', '')}"
    return line(place, key, user="", cause=_cause(subject, now), **values)


def _direct(place: Place, key: str, user: str, now: datetime, **values: str) -> Notice:
    return direct(place, user, key, user="", cause=_cause(f"{key}:{place.channel}", now), **values)
