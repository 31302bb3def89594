"""
What the bot says, as values. Cards dress them for Slack, the terminal prints them; nothing here knows how either looks.

(They live in the domain so that the pure cards reach them without reaching a flow, and through it the network.)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from adapters.contract import AccountName, Region, Snapshot, TaskRef
from bot.domain.figures import LaneFigures
from bot.domain.outlook import Outlook

if TYPE_CHECKING:
    from adapters.errors import ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One task as one cloud told it: the answer card."""

    ref: TaskRef
    provider: str  # the registry's word
    title: str  # the cloud as people call it
    snapshot: Snapshot
    outlook: Outlook
    asked_at: datetime
    since: datetime | None = None  # the first look that saw this state without a break; None: this is the first
    shared_by: str = ""  # the Slack user who showed it to the channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One place that gave no answer, and who must act next."""

    ref: TaskRef
    provider: str
    title: str
    error: ProviderError


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    What every place said that could hold the task.

    Exactly one of them normally holds it. When none does, `absent` and `troubles` together name every place asked, so
    that "not found" is only said where everybody has answered.
    """

    task: str  # as it was typed
    looks: tuple[Look, ...] = ()
    absent: tuple[Look, ...] = ()  # places that say they have no such task
    troubles: tuple[Trouble, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The person's patience is spent; the answer follows in the same place."""

    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistyped:
    """What was typed makes no command, or names what does not exist."""

    failed: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """Understood and not done: who may, where, and how often."""

    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Helped:
    """Help; about one verb when there is one. `limited` people may read it and do nothing else."""

    verb: str = ""
    limited: bool = False
    titles: tuple[str, ...] = ()
    bot: str = ""  # the bot's Slack user id, for the hint how to mention it


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceShown:
    """How fast one API of an account is asked, of what its vendor allows."""

    api: str
    per_second: float
    documented: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """One account that may be asked here."""

    name: AccountName
    title: str
    regions: tuple[Region, ...]
    paces: tuple[PaceShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsShown:
    """What may be asked from this channel."""

    accounts: tuple[AccountShown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Debugged:
    """What support needs; holds no secret."""

    version: str
    team: str
    channel: str
    user: str
    transport: str
    scopes: tuple[str, ...]
    store: str
    lanes: tuple[LaneFigures, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JustId:
    """A message that holds only the id, to copy."""

    task: str


Message: TypeAlias = Answer | Waiting | Mistyped | Declined | Helped | AccountsShown | Debugged | JustId
