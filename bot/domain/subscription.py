"""
Who follows what: a channel's wish, and what it wants to hear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import AccountName, Region, TaskId, TaskRef, TaskState


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Place:
    """A Slack conversation: the team that installed the bot, and a channel of it."""

    team: str
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What somebody asked to follow: one task, or (with `task` empty) all tasks of an account that match.

    Two wishes for the same thing in one place are one subscription, whose options the newer one changes.
    """

    account: AccountName
    task: TaskId | None = None
    region: Region | None = None  # None: every configured one (a single task's is found before it is stored)
    match: str = ""  # a plain substring of the task's name
    only: frozenset[TaskState] = frozenset()  # empty: everything
    until: datetime | None = None
    thread_ts: str = ""  # updates go under this message instead of under a card
    page: bool = False  # wake whoever is on call

    def covers(self, ref: TaskRef, name: str = "") -> bool:
        """Say whether it wants to hear of a task that the cloud calls so; `match` in upper or lower case."""
        if self.account != ref.account or (self.region is not None and self.region != ref.region):
            return False
        if self.task is not None:
            return self.task == ref.task_id
        return self.match.casefold() in name.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A wish that is kept."""

    id: int
    place: Place
    wish: Wish
    created_by: str
    created_at: datetime

    @property
    def is_all(self) -> bool:
        return self.wish.task is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """What `/relay settings` sets."""

    threads: bool = True  # tell changes in the card's thread
    in_channel: bool = True  # show the first bad change of an incident and its end in the channel too
    digest: bool = True  # gather bursts into one message
    allows_shared: bool = False  # an admin allowed the bot in this Slack Connect channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Silence for one task, or for all of an account, in one place; always somebody's, always with an end."""

    id: int
    place: Place
    account: AccountName
    task: TaskId | None
    owner: str
    begins_at: datetime
    ends_at: datetime  # at most 24 h after it begins
    until_recovery: bool = False
    created_at: datetime | None = field(default=None, compare=False)
