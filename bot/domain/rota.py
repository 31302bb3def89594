"""
Who is on call in one channel, as it is kept: a person, a group, a calendar or turns; covers above it, levels behind it.

Who that makes at an instant is worked out in `duty`. All instants are aware UTC; a hand-off is a wall-clock time in a
named zone, so that it stays at nine in the morning when the clocks change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, Literal

from pydantic import TypeAdapter

MOST_LEVELS: Final = 5


class TargetKind(StrEnum):
    """What a level or a rota may name."""

    USER = "user"
    GROUP = "group"  # a Slack user group: who is in it is asked when it is called
    CALENDAR = "calendar"  # one that the configuration names


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Target:
    """Who is called: a person (U…, W…), a user group (S…), or whoever a configured calendar names."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """People who take over from each other every so many days, at one time of the local day."""

    people: tuple[str, ...]  # in their order; once round, it begins again
    every: int  # days, at least one
    at: time  # of the wall clock in `zone`
    zone: str  # its IANA name, never an offset
    begins: date  # the local day on which people[0] takes over for the first time


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """Somebody who stands in for whoever would be on call; of two that overlap, the one entered later counts."""

    user: str
    begins_at: datetime
    ends_at: datetime
    by: str  # who entered it


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Who is called when the one before has not answered."""

    after: timedelta  # since the one before was called
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """Who one channel calls: first whoever is on call, then level by level."""

    v: Literal[1] = 1
    base: Target | Turns | None = None
    covers: tuple[Cover, ...] = ()  # in the order they were entered
    levels: tuple[Level, ...] = ()  # at most MOST_LEVELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """An unbroken time in which "who is on call?" has one answer; `ends_at` is not part of it."""

    begins_at: datetime
    ends_at: datetime | None  # None: until somebody changes the rota
    who: Target | None  # None: nobody, a gap
    is_cover: bool = False


_ROTAS: Final = TypeAdapter(Rota)


def to_json(rota: Rota) -> str:
    """Write a rota for the store."""
    return _ROTAS.dump_json(rota).decode()


def from_json(text: str) -> Rota:
    """Read a rota back, this release's or the previous one's."""
    return _ROTAS.validate_json(text)
