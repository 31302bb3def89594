"""
The grammar of what people type: text in, a command or a sentence that helps out.

One table, `VERBS`, holds every command that exists; help is built from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

from bot.domain.text import clip, visible
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SLASH: Final = "/relay"
MOST_CHARACTERS: Final = 4000  # Slack's own limit of a message; a slash command is far shorter
SHOWN: Final = 80  # how much of somebody's words an error repeats
LONGEST_TASK: Final = 256  # an id or a name; the longest id seen has 104 characters, and a button must hold it
LONGEST_AGAIN: Final = 300  # of arguments that are offered again


class CommandError(Exception):
    """
    What somebody typed makes no command. Its text is safe to show: what failed, why, and what to type instead.

    Args:
        failed: One sentence; may hold up to 80 characters of what was typed, unescaped.
        instead: The command to type instead, complete.
    """

    def __init__(self, failed: str, *, instead: str) -> None:
        self.failed = failed
        self.instead = instead
        super().__init__(failed, instead)


@dataclass(frozen=True, slots=True, kw_only=True)
class Help:
    """`help [command]`, and nothing at all."""

    verb: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """`status [account] <task> [region=…]`; what was left out is empty."""

    account: str = ""
    task: str
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """`accounts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debug:
    """`debug`."""


Command: TypeAlias = Help | Status | Accounts | Debug


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One command people can type."""

    name: str
    usage: str  # without the slash command itself
    example: str
    options: frozenset[str]
    build: Callable[[list[str], Mapping[str, str]], Command]


def _help(words: list[str], _: Mapping[str, str]) -> Help:
    names = [word.lower() for word in words if word.lower() != SLASH]
    if not names:
        return Help()
    if names[0] not in VERBS:
        raise _unknown_verb(names[0], lambda verb: f"help {verb.name}")
    return Help(verb=names[0])


def _status(words: list[str], options: Mapping[str, str]) -> Status:
    instead = "/relay status aliyun <TaskId>"
    match words:
        case []:
            raise CommandError(say("typed.no_task"), instead=instead)
        case [*account, task] if len(account) <= 1:
            if len(task) > LONGEST_TASK:
                raise CommandError(say("typed.long_task", length=len(task), most=LONGEST_TASK), instead=instead)
            return Status(account="".join(account), task=task, region=options.get("region", ""))
        case _:
            raise CommandError(
                say("typed.spaces", count=len(words), verb="status"), instead='/relay status aliyun "<name>"'
            )


def _bare(command: Command, verb: str) -> Callable[[list[str], Mapping[str, str]], Command]:
    def build(words: list[str], _: Mapping[str, str]) -> Command:
        if words:
            raise CommandError(say("typed.too_many", verb=verb), instead=f"/relay {verb}")
        return command

    return build


VERBS: Final[Mapping[str, Verb]] = {
    verb.name: verb
    for verb in (
        Verb(
            name="status",
            usage="status [account] <task> [region=…]",
            example="/relay status aliyun fd245384-4067-4f91-9d75-9666a6bc0001",
            options=frozenset({"region"}),
            build=_status,
        ),
        Verb(
            name="accounts",
            usage="accounts",
            example="/relay accounts",
            options=frozenset(),
            build=_bare(Accounts(), "accounts"),
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
        raise _unknown_verb(typed, lambda verb: f"{verb.name} {again(*rest) or verb.usage.partition(' ')[2]}")
    arguments, options = _options(verb, rest)
    return verb.build(arguments, options)


def _options(verb: Verb, words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Part `region=cn-shanghai` from ids, which may themselves end in `=`."""
    arguments: list[str] = []
    options: dict[str, str] = {}
    instead = f"/relay {verb.usage}"
    for word in words:
        found = _OPTION.fullmatch(word)
        if found is None:
            arguments.append(word)
            continue
        key, value = found["key"].lower(), found["value"]
        if key not in verb.options:
            guess = get_close_matches(key, verb.options, n=1)
            failed = say("typed.unknown_option", verb=verb.name, option=key)
            if guess:
                failed += " " + say("typed.did_you_mean", guess=f"{guess[0]}=")
            raise CommandError(failed, instead=instead)
        if not value:
            raise CommandError(say("typed.empty_option", option=key), instead=instead)
        if key in options:
            raise CommandError(say("typed.twice", option=key), instead=instead)
        options[key] = value
    return arguments, options


_OPTION: Final = re.compile(r"(?P<key>[A-Za-z]{2,12})=(?P<value>[^=].*|)", re.DOTALL)


def _unknown_verb(typed: str, again_with: Callable[[Verb], str]) -> CommandError:
    """Offer the likeliest command, ready to be sent: `again_with` writes it with the verb that was probably meant."""
    failed = say("typed.unknown_verb", verb=clip(typed, SHOWN))
    guess = get_close_matches(typed.lower()[:SHOWN], VERBS, n=1, cutoff=0.5)
    if not guess:
        return CommandError(failed, instead="/relay help")
    failed += " " + say("typed.did_you_mean", guess=guess[0])
    return CommandError(failed, instead=f"/relay {again_with(VERBS[guess[0]])}".rstrip())


def again(*words: str) -> str:
    """
    Write words as they must be typed to be read as the same words; empty when that is too long to be offered.

    >>> again("aliyun", "Main stage, English")
    'aliyun "Main stage, English"'
    """
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    return typed if len(typed) <= LONGEST_AGAIN else ""


# ── Undoing what Slack and keyboards do to text ──────────────────────────────────────────────────

# <http://a.b|a.b> → a.b · <mailto:x@y|x@y> → x@y · <https://a.b> → https://a.b; people and channels keep their brackets
_LINK: Final = re.compile(r"<(?P<target>(?:https?|mailto):[^<>|]*)(?:\|(?P<label>[^<>]*))?>")
_FOLDED: Final = str.maketrans(
    {
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032", "'"),
        "\u2014": "--",  # keyboards make a dash of two hyphens
        "\uff1d": "=",
        "`": None,
    }
)


def plain(text: str) -> str:
    """
    Return what the person meant to type: auto-links, entities, smart quotes, invisible characters undone.

    >>> plain("Status aliyun <http://a.b|a.b>.. “region=cn-beijing”")
    'Status aliyun a.b.. "region=cn-beijing"'
    """
    text = _LINK.sub(lambda link: link["target"] if link["label"] is None else link["label"], text)
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):  # &amp; last: &amp;lt; means &lt;
        text = text.replace(entity, character)
    return visible(text).translate(_FOLDED)


_WORD: Final = re.compile(r'"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]+(?:"[^\s"]*)*)')


def split(text: str) -> list[str]:
    """
    Split at any white space; double quotes hold words together.

    >>> split('status  "main feed" region=cn-beijing')
    ['status', 'main feed', 'region=cn-beijing']
    """
    words = (found["bare"] if found["quoted"] is None else found["quoted"].strip() for found in _WORD.finditer(text))
    return [word for word in words if word]
