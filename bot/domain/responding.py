"""
The grammar of what people do about incidents: incidents, ack, snooze, assign, close.

An incident is meant by its number as it is shown (`#12`), by a task of which it is, or by nothing where one is open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.mention import mentioned
from bot.domain.rota import TargetKind
from bot.domain.target import Target, read_target
from bot.domain.typed import CommandError
from bot.domain.verb import Verb
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_REASON: Final = 200

_NUMBER: Final = re.compile(r"#?(?P<number>[0-9]{1,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which incident is meant: one by its number, the one of a task, or (both None) the only one that is open."""

    number: int | None = None
    task: Target | None = None

    def typed(self, verb: str, *more: str) -> str:
        """Write the command about it, with its further words and options."""
        if self.task is not None:
            return self.task.typed(verb, *more)
        number = () if self.number is None else (f"#{self.number}",)
        return " ".join((f"/relay {verb}", *number, *more))


ONLY: Final = Which()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """The response that a button is about, and its version when the button was made."""

    response: int
    version: int


Meant: TypeAlias = Which | Pressed


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """`incidents`: what is open here, and who does what about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """`ack [<incident>] [for=30m]`; the length stays as it was typed."""

    which: Meant = field(default=ONLY)
    length: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """`snooze [<incident>]`: until the next change."""

    which: Meant = field(default=ONLY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign:
    """`assign [<incident>] @user`."""

    which: Meant = field(default=ONLY)
    user: str  # a Slack id


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """`close [<incident>] reason=…`; behind a number the reason may stand without its name."""

    which: Meant = field(default=ONLY)
    reason: str


Responding: TypeAlias = Incidents | Ack | Snooze | Assign | Close


def _incidents(words: list[str], _: Mapping[str, str]) -> Incidents:
    if words:
        raise CommandError(say("typed.too_many", verb="incidents"), instead="/relay incidents")
    return Incidents()


def _ack(words: list[str], options: Mapping[str, str]) -> Ack:
    return Ack(which=_which(words, options, "ack"), length=options.get("for", ""))


def _snooze(words: list[str], options: Mapping[str, str]) -> Snooze:
    return Snooze(which=_which(words, options, "snooze"))


def _assign(words: list[str], options: Mapping[str, str]) -> Assign:
    """Read the person wherever they stand; what else is there says which incident."""
    people = [who.id for word in words if (who := mentioned(word)) is not None and who.kind is TargetKind.USER]
    if len(people) != 1:
        raise CommandError(say("typed.assign_whom", count=len(people)), instead="/relay assign #12 @user")
    rest = [word for word in words if mentioned(word) is None]
    return Assign(which=_which(rest, options, "assign"), user=people[0])


def _close(words: list[str], options: Mapping[str, str]) -> Close:
    number = _number(words[0]) if words else None
    which = _which(words, options, "close") if number is None else Which(number=number)
    said = [*words[1:], options.get("reason", "")] if number is not None else [options.get("reason", "")]
    reason = " ".join(said).strip()
    if not reason:
        raise CommandError(say("typed.no_reason"), instead=which.typed("close", 'reason="…"'))
    if len(reason) > LONGEST_REASON:
        failed = say("typed.long_reason", length=len(reason), most=LONGEST_REASON)
        raise CommandError(failed, instead=which.typed("close", 'reason="…"'))
    return Close(which=which, reason=reason)


def _which(words: Sequence[str], options: Mapping[str, str], verb: str) -> Which:
    if not words:
        return ONLY
    if len(words) == 1 and (number := _number(words[0])) is not None:
        return Which(number=number)
    return Which(task=read_target(words, options, verb))


def _number(word: str) -> int | None:
    found = _NUMBER.fullmatch(word)
    return None if found is None else int(found["number"])


RESPONDING: Final[tuple[Verb[Responding], ...]] = (
    Verb(name="incidents", usage="incidents", example="/relay incidents", options=frozenset(), build=_incidents),
    Verb(
        name="ack",
        usage="ack [#12|<task>] [for=30m]",
        example="/relay ack #12 for=1h",
        options=frozenset({"region", "for"}),
        build=_ack,
    ),
    Verb(
        name="snooze",
        usage="snooze [#12|<task>]",
        example="/relay snooze #12",
        options=frozenset({"region"}),
        build=_snooze,
    ),
    Verb(
        name="assign",
        usage="assign [#12|<task>] @user",
        example="/relay assign #12 <@U012AB3CD>",
        options=frozenset({"region"}),
        build=_assign,
    ),
    Verb(
        name="close",
        usage="close [#12|<task>] reason=…",
        example='/relay close #12 reason="the show is over"',
        options=frozenset({"region", "reason"}),
        build=_close,
    ),
)
