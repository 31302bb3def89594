"""
What can be typed at the sandbox's prompt to break things, mend them and move time, read into orders. Pure.

    break source main-en    mend main-en    slack 429 30    cloud down tencent    time +5m
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_LENGTH: Final = re.compile(r"\+(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)


class PromptError(Exception):
    """What was typed is no order; the text says what failed and what to type instead."""


class Doing(StrEnum):
    """What can be done to a task, by the words that are typed before it."""

    BREAK = "break source"
    MEND = "mend"
    STOP = "stop"
    END = "end"
    FORGET = "forget"


class Side(StrEnum):
    """Whom the bot talks to."""

    SLACK = "slack"
    ALIYUN = "aliyun"
    TENCENT = "tencent"


@dataclass(frozen=True, slots=True)
class Do:
    """Do something to a task, by its id."""

    doing: Doing
    task: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Let Slack refuse the next post and the next edit, and ask for so much patience."""

    patience: timedelta


@dataclass(frozen=True, slots=True)
class Shut:
    """Refuse connections."""

    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Reopen:
    """Take connections again."""

    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """Let time pass at once; of nothing it asks what time it is."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class ListTasks:
    """List what there is to ask about."""


@dataclass(frozen=True, slots=True)
class Help:
    """List what can be typed."""


Order: TypeAlias = Do | Refuse | Shut | Reopen | Move | ListTasks | Help

USAGE: Final[Mapping[str, str]] = {
    "break source <task>": "no source: the cloud retries (Alibaba Cloud)",
    "mend <task>": "it runs again",
    "stop <task>": "somebody stops it",
    "end <task>": "it ends now (Alibaba Cloud)",
    "forget <task>": "the cloud knows it no more (Tencent: NotExist)",
    "slack 429 <seconds>": "the next post and the next edit must wait",
    "slack down, slack up": "Slack cannot be reached; can again",
    "cloud down, cloud up": "the same; “cloud down tencent” is for one alone",
    "time +5m": "let time pass, for all of them; “time” tells it",
    "tasks": "what there is, and what the clouds say of it now",
    "help": "this",
}
_CLOUDS: Final = (Side.ALIYUN, Side.TENCENT)
_VERBS: Final = ("break", "mend", "stop", "end", "forget", "slack", "cloud", "time", "tasks", "help")


def read(line: str, tasks: Mapping[str, str]) -> Order:
    """
    Read a typed line.

    Args:
        tasks: the ids that there are, each with its name: a task is typed by either.

    Raises:
        PromptError: with what to type instead.
    """
    verb, *rest = line.split() or [""]
    match [verb.lower(), *rest]:
        case ["help"]:
            return Help()
        case ["tasks"]:
            return ListTasks()
        case ["time"]:
            return Move(timedelta(0))
        case ["time", typed]:
            return Move(_length(typed))
        case ["slack", word, *more]:
            return _slack(word.lower(), more)
        case ["cloud", word, *named]:
            return _cloud(word.lower(), named)
        case ["break", what, *words] if what.lower() == "source":
            return Do(Doing.BREAK, _task(Doing.BREAK, " ".join(words), tasks))
        case [("mend" | "stop" | "end" | "forget") as doing, *words]:
            return Do(Doing(doing), _task(Doing(doing), " ".join(words), tasks))
        case [known, *_] if known in _VERBS:
            raise PromptError(f"“{line.strip()}” is not whole. Type: {_usage(known)}")
        case _:
            raise PromptError(
                f"There is no “{verb}” here. {_meant(verb.lower(), _VERBS, 'Type help for what there is.')}"
            )


def _slack(word: str, more: list[str]) -> Order:
    match [word, *more]:
        case ["down"]:
            return Shut((Side.SLACK,))
        case ["up"]:
            return Reopen((Side.SLACK,))
        case ["429", seconds] if re.fullmatch(r"[1-9]\d{0,4}", seconds, re.ASCII):
            return Refuse(timedelta(seconds=int(seconds)))
        case _:
            raise PromptError("Slack can be: slack 429 30, slack down, slack up.")


def _cloud(word: str, named: list[str]) -> Order:
    sides = tuple(side for side in _CLOUDS if not named or side in {name.lower() for name in named})
    if word not in {"down", "up"} or len(named) not in {0, len(sides)}:
        raise PromptError(f"A cloud can be: cloud down, cloud up; {' or '.join(_CLOUDS)} behind it for one alone.")
    return Shut(sides) if word == "down" else Reopen(sides)


def _length(typed: str) -> timedelta:
    found = _LENGTH.fullmatch(typed.lower())
    amounts = [int(amount or 0) for amount in found.groups()] if found else []
    if not any(amounts):
        raise PromptError(f"“{typed}” is no step forward in time. Type: time +5m, time +30s, time +1h30m.")
    days, hours, minutes, seconds = amounts
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _task(doing: Doing, typed: str, tasks: Mapping[str, str]) -> str:
    if not typed:
        raise PromptError(f"Which task? Type: {doing} main-en")
    for task, name in tasks.items():
        if typed == task or (name and typed.casefold() == name.casefold()):
            return task
    raise PromptError(f"No cloud has a task “{typed}”. {_meant(typed, tasks, 'Type tasks for what there is.', doing)}")


def _meant(typed: str, known: Collection[str], otherwise: str, before: str = "") -> str:
    guess = get_close_matches(typed, known, n=1)
    return f"Did you mean “{f'{before} {guess[0]}'.strip()}”?" if guess else otherwise


def _usage(verb: str) -> str:
    return next(usage for usage in USAGE if usage.partition(" ")[0] == verb)
