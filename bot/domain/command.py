"""
The grammar of what people type: text in, a command or a sentence that helps out.

One table, `VERBS`, holds every command that exists; help is built from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.following import FOLLOWING, Following
from bot.domain.oncall import ONCALL, OnCalling
from bot.domain.responding import RESPONDING, Responding
from bot.domain.target import LONGEST_TASK, Target, read_target
from bot.domain.text import clip
from bot.domain.typed import LONGEST_AGAIN, MOST_CHARACTERS, SHOWN, CommandError, again, plain, split
from bot.domain.verb import Verb
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = [
    "LONGEST_AGAIN",
    "LONGEST_TASK",
    "MOST_CHARACTERS",
    "SHOWN",
    "SLASH",
    "VERBS",
    "Accounts",
    "Command",
    "CommandError",
    "Debug",
    "Drill",
    "Help",
    "Status",
    "again",
    "parse",
    "plain",
    "split",
]

SLASH: Final = "/relay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """`help [command]`, and nothing at all."""

    verb: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Target):
    """`status [account] <task> [region=…]`; what was left out is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """`accounts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debug:
    """`debug`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """`drill`."""


Command: TypeAlias = Help | Status | Accounts | Debug | Drill | Following | OnCalling | Responding


def _help(words: list[str], _: Mapping[str, str]) -> Help:
    names = [word.lower() for word in words if word.lower() != SLASH]
    if not names:
        return Help()
    if names[0] not in VERBS:
        raise _unknown_verb(names[0], lambda verb: f"help {verb.name}")
    return Help(verb=names[0])


def _status(words: list[str], options: Mapping[str, str]) -> Status:
    what = read_target(words, options, "status")
    return Status(account=what.account, task=what.task, region=what.region)


def _bare(command: Command, verb: str) -> Callable[[list[str], Mapping[str, str]], Command]:
    def build(words: list[str], _: Mapping[str, str]) -> Command:
        if words:
            raise CommandError(say("typed.too_many", verb=verb), instead=f"/relay {verb}")
        return command

    return build


_ASKING: Final[tuple[Verb[Command], ...]] = (
    Verb(
        name="status",
        usage="status [account] <task> [region=…]",
        example="/relay status aliyun fd245384-4067-4f91-9d75-9666a6bc0001",
        options=frozenset({"region"}),
        build=_status,
    ),
)
_ITSELF: Final[tuple[Verb[Command], ...]] = (
    Verb(
        name="accounts",
        usage="accounts",
        example="/relay accounts",
        options=frozenset(),
        build=_bare(Accounts(), "accounts"),
    ),
    Verb(
        name="drill",
        usage="drill",
        example="/relay drill",
        options=frozenset(),
        build=_bare(Drill(), "drill"),
    ),
    Verb(
        name="debug",
        usage="debug",
        example="/relay debug",
        options=frozenset(),
        build=_bare(Debug(), "debug"),
    ),
    Verb(
        name="help",
        usage="help [command]",
        example="/relay help status",
        options=frozenset(),
        build=_help,
    ),
)

VERBS: Final[Mapping[str, Verb[Command]]] = {
    verb.name: verb for verb in (*_ASKING, *FOLLOWING, ONCALL, *RESPONDING, *_ITSELF)
}


def parse(text: str) -> Command:
    """
    Read what stood after `/relay`, or after the mention of the bot.

    Args:
        text: As Slack sends it: entities escaped, addresses wrapped, quotes and spaces as keyboards make them.

    Raises:
        CommandError: it makes no command; says what to type instead.
    """
    if len(text) > MOST_CHARACTERS:
        raise CommandError(say("typed.too_long", length=len(text), most=MOST_CHARACTERS), instead="/relay help")
    words = split(plain(text))
    if words and words[0].lower() == SLASH:  # a mention that was pasted from a slash command
        del words[0]
    if not words:
        return Help()
    typed, *rest = words
    verb = VERBS.get(typed.lower())
    if verb is None:
        raise _unknown_verb(typed, lambda verb: _with(verb, rest))
    return verb.read(rest)


def _with(verb: Verb[Command], words: Sequence[str]) -> str:
    """Write a verb with the words that were typed behind another one; its usage where that makes no command."""
    typed = f"{verb.name} {again(*words)}".rstrip()
    try:
        parse(typed)
    except CommandError:
        return verb.usage
    return typed


def _unknown_verb(typed: str, again_with: Callable[[Verb[Command]], str]) -> CommandError:
    """Offer the likeliest command, ready to be sent: `again_with` writes it with the verb that was probably meant."""
    failed = say("typed.unknown_verb", verb=clip(typed, SHOWN))
    guess = get_close_matches(typed.lower()[:SHOWN], VERBS, n=1, cutoff=0.55)
    if not guess:
        return CommandError(failed, instead="/relay help")
    failed += " " + say("typed.did_you_mean", guess=guess[0])
    return CommandError(failed, instead=f"/relay {again_with(VERBS[guess[0]])}")
