"""
On call: who is called in this channel now and next, shown to whoever asks, and changed by whom it concerns.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain import message
from bot.domain.edit import concerned, edited
from bot.domain.handover import coming, gaps_ahead
from bot.domain.oncall import Escalate, OnCall, Override, Rotate, SetOnCall
from bot.domain.permit import Deed, Standing
from bot.domain.rota import Rota, Target, TargetKind, on_call
from bot.domain.telling import direct
from bot.domain.typed import CommandError
from bot.domain.words import say
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.duty import calendars_of, has_duty
from bot.flows.where import about, is_direct, place_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.oncall import OnCalling
    from bot.flows.change import Change
    from bot.flows.desk import Asker, Desk
    from bot.store.memory import Tx


_FULL: Final = frozenset({Standing.ADMIN, Standing.MEMBER})


async def oncall(command: OnCalling, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Show who is on call here, or change it.

    Raises:
        CommandError: it is a direct conversation, or what was typed names nobody who can be called.
        Refused: that is not theirs to change, or the bot could not tell it here.
    """
    if is_direct(place_of(asker)):
        raise CommandError(say("oncall.direct"), instead="/relay help oncall")
    if isinstance(command, OnCall):
        async with desk.memory.reading() as tx:
            return await _shown(asker, tx, now=now)
    await _may_change(asker, desk, now=now)
    await _can_be_called(command, asker, desk)
    async with changing(desk, asker, now=now) as change:
        return await _changed(command, change, asker)


async def _may_change(asker: Asker, desk: Desk, *, now: datetime) -> None:
    place, channel = place_of(asker), await about(asker, desk)
    async with desk.memory.reading() as tx:
        here = await tx.subscriptions.of_place(place)
    owns = any(each.created_by == asker.person.user for each in here) or await has_duty(asker, desk, now=now)
    require(Deed.ROTA, asker.person, channel, owns=owns)


async def _can_be_called(command: OnCalling, asker: Asker, desk: Desk) -> None:
    """See that everybody who is named can be called: full members, groups that hold somebody, configured calendars."""
    match command:
        case SetOnCall() | Escalate():
            named = [command.target]
        case Rotate():
            named = [Target(kind=TargetKind.USER, id=user) for user in dict.fromkeys(command.people)]
        case Override():
            named = [Target(kind=TargetKind.USER, id=command.user)]
        case _:
            named = []
    for target in named:
        match target.kind:
            case TargetKind.USER:
                person = await desk.person(target.id)
                if person.standing not in _FULL:
                    is_unknown = person.standing is Standing.UNKNOWN
                    failed = say("oncall.unknown" if is_unknown else "oncall.no_member", who=target.id)
                    raise CommandError(failed, instead="/relay oncall set @user")
            case TargetKind.GROUP:
                members = await desk.members_of(asker.team, target.id)
                if not members:
                    failed = say("oncall.unknown" if members is None else "oncall.no_group", who=target.id)
                    raise CommandError(failed, instead="/relay oncall set @user")
            case TargetKind.CALENDAR if target.id not in desk.calendars:
                names = ", ".join(sorted(desk.calendars))
                failed = say("oncall.no_calendar", name=target.id, names=names) if names else say("oncall.no_calendars")
                raise CommandError(failed, instead="/relay oncall")


async def _changed(command: OnCalling, change: Change, asker: Asker) -> message.Message:
    """
    Make the change, tell the channel in one line and everybody whom it puts on or takes off call in a direct message.

    The rota is due at once then: whatever follows from who is on call now is the hand-over's.
    """
    tx, now, place = change.tx, change.now, place_of(asker)
    kept = await tx.rotas.get(place)
    before = Rota() if kept is None else kept.rota
    edit = edited(command, before, asker.person, now)
    if replace(edit.rota, told=before.told) == before:
        return replace(await _shown(asker, tx, now=now), said=say("oncall.same"))
    calendars = dict(await calendars_of(before, tx)) | dict(await calendars_of(edit.rota, tx))
    after = replace(edit.rota, told=on_call(edit.rota, now, calendars).who)
    if after == Rota():
        await tx.rotas.clear(place)
    elif not await tx.rotas.save(
        place, after, due_at=now, by=asker.person.user, now=now, version=0 if kept is None else kept.version
    ):
        raise CommandError(say("oncall.again"), instead="/relay oncall")
    await change.tell(edit.key, **edit.values)
    for key, user, values in concerned(command, before, after, calendars, now=now):
        cause = f"line:{asker.act}:{key}"
        await tx.outbox.put(direct(place, user, key, user=asker.person.user, cause=cause, **values), now=now)
    await change.trace(edit.key, edit.subject)
    return replace(await _shown(asker, tx, now=now), said=say("oncall.done"))


async def _shown(asker: Asker, tx: Tx, *, now: datetime) -> message.OnCallShown:
    kept = await tx.rotas.get(place_of(asker))
    rota = Rota() if kept is None else kept.rota
    calendars = await calendars_of(rota, tx)
    return message.OnCallShown(
        rota=rota,
        coming=coming(rota, now, calendars),
        gaps=gaps_ahead(rota, now, calendars),
        now=on_call(rota, now, calendars),
        calendars=tuple(calendars[name] for name in sorted(calendars)),
        at=now,
    )
