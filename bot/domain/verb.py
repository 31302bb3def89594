"""
A verb: one command people can type, its words and its options.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from bot.domain.typed import CommandError
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Made_co = TypeVar("Made_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Generic[Made_co]):
    """One command people can type."""

    name: str
    usage: str  # without the slash command itself
    example: str
    options: frozenset[str]
    build: Callable[[list[str], Mapping[str, str]], Made_co]

    def read(self, words: list[str]) -> Made_co:
        """
        Make the command of the words behind the verb.

        Raises:
            CommandError: they make none.
        """
        arguments, options = self._parted(words)
        return self.build(arguments, options)

    def _parted(self, words: list[str]) -> tuple[list[str], dict[str, str]]:
        """Part `region=cn-shanghai` from ids, which may themselves end in `=`."""
        arguments: list[str] = []
        options: dict[str, str] = {}
        instead = f"/relay {self.usage}"
        for word in words:
            found = _OPTION.fullmatch(word)
            if found is None:
                arguments.append(word)
                continue
            key, value = found["key"].lower(), found["value"]
            if key not in self.options:
                guess = get_close_matches(key, self.options, n=1)
                failed = say("typed.unknown_option", verb=self.name, option=key)
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
