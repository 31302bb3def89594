"""
Desk: what answering somebody needs, and who that is. Values that all flows for people take; no flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from adapters.contract import AccountName, Api, Pace
    from bot.domain.account import Account
    from bot.domain.figures import LaneFigures
    from bot.domain.looks import Looks
    from bot.domain.permit import Channel, Person
    from bot.domain.subscription import Place
    from bot.flows.admit import Gate
    from bot.flows.look import Looker
    from bot.store.memory import Memory

PATIENCE_S: Final = 5.0  # a person hears something by then, at the latest that it takes longer


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """
    Who asks, and where.

    `team` installed the bot (the person's own may be another of the same organization); `act` is what tells this act of
    theirs from every other, a hash of Slack's own id of it.
    """

    person: Person
    channel: Channel
    team: str = ""
    thread_ts: str = ""  # the root of the thread in which they ask
    act: str = ""


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
    memory: Memory
    about_channel: Callable[[str, str], Awaitable[Channel]]  # what the bot may do where a user asks, as Slack tells now
    channels_of: Callable[[str], Awaitable[frozenset[str]]]  # those that a person is in and the bot can see
    person: Callable[[str], Awaitable[Person]]  # who somebody of the installing team is, as Slack tells now
    members_of: Callable[[str, str], Awaitable[tuple[str, ...] | None]]  # of a team's user group; None: nobody says
    figures: Callable[[], tuple[LaneFigures, ...]]
    patience_s: float = PATIENCE_S
    calendars: frozenset[str] = frozenset()  # that may say who is on call, by their configured names
    pagers: Callable[[Place], tuple[str, ...]] = lambda _: ()  # the names of those that a channel's calls go to
