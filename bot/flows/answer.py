"""
Answer: what somebody typed becomes what they read.

A flow decides nothing and speaks to no one: the grammar, the places and the rights are the domain's, the words go back
as a value. Only one thing is said on the way: that a cloud is slow and the answer follows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from bot.domain import cadence, message
from bot.domain.command import Accounts, CommandError, Debug, Drill, Help, Status, parse
from bot.domain.following import History, List, Mine, Mute, Name, Settings, Subscribe, Tasks, Unmute, Unsubscribe
from bot.domain.oncall import ClearOnCall, Escalate, EscalateClear, OnCall, Override, Rotate, SetOnCall
from bot.domain.permit import Deed, refusal_said, refuses
from bot.domain.responding import Ack, Assign, Close, Incidents, Snooze
from bot.flows.acknowledge import acknowledge
from bot.flows.discover import discover
from bot.flows.drill import drill
from bot.flows.follow import follow
from bot.flows.history import history
from bot.flows.incidents import incidents
from bot.flows.mute import mute
from bot.flows.name import name
from bot.flows.oncall import oncall
from bot.flows.overview import mine, overview
from bot.flows.seek import seek
from bot.flows.settings import settings_form
from bot.flows.unfollow import unfollow
from bot.flows.unmute import unmute
from bot.flows.where import place_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime, timedelta

    from bot.domain.account import Account
    from bot.domain.command import Command
    from bot.flows.desk import Asker, Desk

Tell: TypeAlias = "Callable[[message.Message], Awaitable[None]]"


async def answer(
    text: str, asker: Asker, desk: Desk, *, now: datetime, tell: Tell, is_public: bool = False
) -> message.Message | message.Form:
    """
    Answer one line that somebody typed.

    Args:
        text: what stood after `/relay`, or after the mention.
        tell: says something at once, while the answer is still on its way.
        is_public: others will read the answer, so it needs the right to share.
    """
    command: Command | CommandError
    try:
        command = parse(text)
    except CommandError as error:
        command = error
    deed = Deed.READ_HELP if isinstance(command, Help) else Deed.SHARE if is_public else Deed.ASK
    verb = "mistyped" if isinstance(command, CommandError) else type(command).__name__.lower()
    refusal = await desk.gate.refusal(deed, asker.person, asker.channel, verb=verb, now=now)
    if refusal is not None:
        return message.Declined(said=refusal_said(refusal, bot=f"<@{desk.about.bot}>"))
    doing = _understood(command, asker, desk, now=now, tell=tell)
    return await desk.gate.unless_refused(doing, asker.person, asker.channel, verb=verb, bot=desk.about.bot, now=now)


async def carry_out(
    doing: Awaitable[message.Message], asker: Asker, desk: Desk, *, verb: str, now: datetime
) -> message.Message:
    """Do what a button or a dialog says, with the refusals and the slips of a typed command."""

    async def do() -> message.Message:
        try:
            return await doing
        except CommandError as error:
            return message.Mistyped(failed=error.failed, instead=error.instead)

    return await desk.gate.unless_refused(do(), asker.person, asker.channel, verb=verb, bot=desk.about.bot, now=now)


async def _understood(
    command: Command | CommandError, asker: Asker, desk: Desk, *, now: datetime, tell: Tell
) -> message.Message | message.Form:
    try:
        match command:
            case CommandError():
                raise command
            case Help():
                return await _help(command, asker, desk, now=now)
            case Accounts():
                return await _accounts(asker, desk)
            case Debug():
                return await _debug(asker, desk)
            case Drill():
                return await drill(asker, desk, now=now)
            case Incidents():
                return await incidents(asker, desk, now=now)
            case Ack() | Snooze() | Assign() | Close():
                return await acknowledge(command, asker, desk, now=now)
            case OnCall() | SetOnCall() | Rotate() | Override() | Escalate() | EscalateClear() | ClearOnCall():
                return await oncall(command, asker, desk, now=now)
            case Status() | Subscribe() | Tasks():
                return await _patiently(_asked(command, asker, desk, now=now), command, desk, asker, tell)
            case _:
                return await _remembered(command, asker, desk, now=now)
    except CommandError as error:
        return message.Mistyped(failed=error.failed, instead=error.instead)


async def _asked(
    command: Status | Subscribe | Tasks, asker: Asker, desk: Desk, *, now: datetime
) -> message.Message | message.Form:
    """Do what needs a cloud's answer."""
    match command:
        case Status():
            return await seek(command, asker, desk, verb="status", now=now)
        case Subscribe():
            return await follow(command, asker, desk, now=now)
        case Tasks():
            return await discover(command, asker, desk, now=now)


async def _remembered(
    command: Unsubscribe | List | Mine | Name | Mute | Unmute | Settings | History,
    asker: Asker,
    desk: Desk,
    *,
    now: datetime,
) -> message.Message | message.Form:
    """Do what is known without asking a cloud."""
    match command:
        case Unsubscribe():
            return await unfollow(command, asker, desk, now=now)
        case List():
            return await overview(command, asker, desk, now=now)
        case Mine():
            return await mine(command, asker, desk, now=now)
        case Name():
            return await name(command, asker, desk, now=now)
        case Mute():
            return await mute(command, asker, desk, now=now)
        case Unmute():
            return await unmute(command, asker, desk, now=now)
        case Settings():
            return await settings_form(asker, desk, now=now)
        case History():
            return await history(command, asker, desk, now=now)


async def _patiently(
    asking: Awaitable[message.Message | message.Form],
    command: Status | Subscribe | Tasks,
    desk: Desk,
    asker: Asker,
    tell: Tell,
) -> message.Message | message.Form:
    """Wait for the answer; past the person's patience say so, and then wait on."""
    task = asyncio.ensure_future(asking)
    try:
        done, _ = await asyncio.wait({task}, timeout=desk.patience_s)
        if not done:
            await tell(message.Waiting(titles=_titles(desk, asker, _account(command))))
        return await task
    finally:
        task.cancel()


def _account(command: Status | Subscribe | Tasks) -> str:
    if isinstance(command, Subscribe):
        return "" if command.what is None else command.what.account
    return command.account


def _titles(desk: Desk, asker: Asker, account: str = "") -> tuple[str, ...]:
    """The clouds that are asked, each once, as people call them."""
    return tuple(
        dict.fromkeys(
            known.title
            for known in desk.accounts.values()
            if known.is_open_to(asker.channel.channel) and (not account or known.name.lower() == account.lower())
        )
    )


async def _help(command: Help, asker: Asker, desk: Desk, *, now: datetime) -> message.Helped:
    is_limited = refuses(Deed.ASK, asker.person, asker.channel) is not None
    here = None if is_limited or command.verb else await overview(List(), asker, desk, now=now)
    return message.Helped(
        verb=command.verb,
        limited=is_limited,
        titles=_titles(desk, asker),
        bot=desk.about.bot,
        here=here if here is not None and here.rows else None,
    )


async def _accounts(asker: Asker, desk: Desk) -> message.AccountsShown:
    here = [account for account in desk.accounts.values() if account.is_open_to(asker.channel.channel)]
    bounds = {account.name: await _bound(account, desk) for account in here if not account.lists}
    return message.AccountsShown(
        accounts=tuple(
            message.AccountShown(
                name=account.name,
                title=account.title,
                regions=account.regions,
                paces=tuple(
                    message.PaceShown(api=api, per_second=pace.per_second * account.share, documented=pace.per_second)
                    for api, pace in desk.paces[account.name].items()
                ),
                bound=bounds.get(account.name),
            )
            for account in here
        )
    )


async def _bound(account: Account, desk: Desk) -> timedelta:
    """Say how old a read in turns can be; accounts of one budget share its turns."""
    budget = (account.provider, account.budget)
    sharing = [each for each in desk.accounts.values() if (each.provider, each.budget) == budget]
    async with desk.memory.reading() as tx:
        tasks = sum([await tx.tasks.count_due(each.name, region) for each in sharing for region in each.regions])
    per_second = min(pace.per_second for pace in desk.paces[account.name].values()) * account.share
    return cadence.bound(tasks=tasks, lists=False, per_second=per_second)


async def _debug(asker: Asker, desk: Desk) -> message.Debugged:
    about, place = desk.about, place_of(asker)
    async with desk.memory.reading() as tx:
        here = await tx.outbox.parked(place.team, place)
        everywhere = await tx.outbox.parked(place.team)
    return message.Debugged(
        version=about.version,
        team=asker.person.team,
        channel=asker.channel.channel,
        user=asker.person.user,
        transport=about.transport,
        scopes=about.scopes,
        store=about.store,
        lanes=desk.figures(),
        parked=tuple(here.most_common()),
        parked_elsewhere=everywhere.total() - here.total(),
    )
