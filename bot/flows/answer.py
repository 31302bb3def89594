"""
Answer: what somebody typed becomes what they read.

A flow decides nothing and speaks to no one: the grammar, the places and the rights are the domain's, the words go back
as a value. Only one thing is said on the way: that a cloud is slow and the answer follows.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain import message
from bot.domain.command import Accounts, CommandError, Debug, Help, Status, parse
from bot.domain.permit import Deed, Refusal, refusal_said, refuses
from bot.domain.place import locate
from bot.domain.rates import TooOften
from bot.flows.admit import Searching
from bot.flows.find import find

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from adapters.contract import AccountName, Api, Pace
    from bot.domain.account import Account
    from bot.domain.command import Command
    from bot.domain.figures import LaneFigures
    from bot.domain.looks import Looks
    from bot.domain.permit import Channel, Person
    from bot.flows.admit import Gate
    from bot.flows.look import Looker

PATIENCE_S: Final = 5.0  # a person hears something by then, at the latest that it takes longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and where."""

    person: Person
    channel: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the bot knows of itself."""

    version: str
    bot: str  # its Slack user id
    transport: str
    scopes: tuple[str, ...]
    store: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything that answering needs, handed in by wiring."""

    accounts: Mapping[AccountName, Account]
    paces: Mapping[AccountName, Mapping[Api, Pace]]
    looker: Looker
    looks: Looks
    gate: Gate
    about: About
    figures: Callable[[], tuple[LaneFigures, ...]]
    patience_s: float = PATIENCE_S


Tell: TypeAlias = "Callable[[message.Message], Awaitable[None]]"


async def answer(
    text: str, asker: Asker, desk: Desk, *, now: datetime, tell: Tell, is_public: bool = False
) -> message.Message:
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
    match command:
        case CommandError():
            return message.Mistyped(failed=command.failed, instead=command.instead)
        case Help():
            return _help(command, asker, desk)
        case Accounts():
            return _accounts(asker, desk)
        case Debug():
            return _debug(asker, desk)
        case Status():
            return await _patiently(_status(command, asker, desk, now=now), command, desk, asker, tell)


async def _patiently(
    asking: Awaitable[message.Message], command: Status, desk: Desk, asker: Asker, tell: Tell
) -> message.Message:
    """Wait for the answer; past the person's patience say so, and then wait on."""
    task = asyncio.ensure_future(asking)
    try:
        done, _ = await asyncio.wait({task}, timeout=desk.patience_s)
        if not done:
            await tell(message.Waiting(titles=_titles(desk, asker, command.account)))
        return await task
    finally:
        task.cancel()


async def _status(wanted: Status, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    try:
        places = locate(wanted, desk.accounts, asker.channel.channel)
    except CommandError as error:
        return message.Mistyped(failed=error.failed, instead=error.instead)
    try:
        with desk.gate.search(asker.person, is_search=places.is_search):
            return await find(
                wanted.task,
                places,
                accounts=desk.accounts,
                looker=desk.looker,
                looks=desk.looks,
                now=now,
                admit=desk.gate.counter(asker.person, asker.channel, now),
            )
    except TooOften as error:
        return await _declined(Refusal.TOO_OFTEN, asker, desk, now, seconds=max(1, round(error.wait.total_seconds())))
    except Searching:
        return await _declined(Refusal.SEARCHING, asker, desk, now)


async def _declined(refusal: Refusal, asker: Asker, desk: Desk, now: datetime, **values: object) -> message.Declined:
    await desk.gate.trace(asker.person, asker.channel, verb="status", outcome="refused", why=refusal, now=now)
    return message.Declined(said=refusal_said(refusal, **values))


def _titles(desk: Desk, asker: Asker, account: str = "") -> tuple[str, ...]:
    """The clouds that are asked, each once, as people call them."""
    return tuple(
        dict.fromkeys(
            known.title
            for known in desk.accounts.values()
            if known.is_open_to(asker.channel.channel) and (not account or known.name.lower() == account.lower())
        )
    )


def _help(command: Help, asker: Asker, desk: Desk) -> message.Helped:
    is_limited = refuses(Deed.ASK, asker.person, asker.channel) is not None
    return message.Helped(verb=command.verb, limited=is_limited, titles=_titles(desk, asker), bot=desk.about.bot)


def _accounts(asker: Asker, desk: Desk) -> message.AccountsShown:
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
            )
            for account in desk.accounts.values()
            if account.is_open_to(asker.channel.channel)
        )
    )


def _debug(asker: Asker, desk: Desk) -> message.Debugged:
    about = desk.about
    return message.Debugged(
        version=about.version,
        team=asker.person.team,
        channel=asker.channel.channel,
        user=asker.person.user,
        transport=about.transport,
        scopes=about.scopes,
        store=about.store,
        lanes=desk.figures(),
    )
