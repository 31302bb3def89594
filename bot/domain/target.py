"""
What a command is about, as it was typed: one task, or all of an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.typed import CommandError, again
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_TASK: Final = 256  # an id or a name; the longest id seen has 104 characters, and a button must hold it
ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """
    `[account] <task> [region=…]`, or with `task` empty `<account> all [region=…]`; what was left out is empty.

    `task` is an id, a part of one, a cloud's name or one given here: what it is, is found out later.
    """

    account: str = ""
    task: str = ""
    region: str = ""

    @property
    def is_all(self) -> bool:
        return not self.task

    def typed(self, verb: str, *options: str) -> str:
        """Write the command about it; `<TaskId>` stands for a task too long to be offered."""
        task = ALL if self.is_all else again(self.task) or "<TaskId>"
        return " ".join(word for word in (f"/relay {verb}", self.account, task, *options) if word)


def read_target(words: Sequence[str], options: Mapping[str, str], verb: str) -> Target:
    """
    Read one task.

    Raises:
        CommandError: none, or several.
    """
    instead = f"/relay {verb} aliyun <TaskId>"
    match words:
        case []:
            raise CommandError(say("typed.no_task"), instead=instead)
        case [*account, task] if len(account) <= 1:
            if len(task) > LONGEST_TASK:
                raise CommandError(say("typed.long_task", length=len(task), most=LONGEST_TASK), instead=instead)
            return Target(account="".join(account), task=task, region=options.get("region", ""))
        case _:
            raise CommandError(
                say("typed.spaces", count=len(words), verb=verb), instead=f'/relay {verb} aliyun "<name>"'
            )


def read_target_or_all(words: Sequence[str], options: Mapping[str, str], verb: str) -> Target:
    """
    Read one task, or an account and the word `all`.

    Raises:
        CommandError: neither.
    """
    match words:
        case [word] if word.lower() == ALL:
            raise CommandError(say("typed.all_of_what"), instead=f"/relay {verb} aliyun all")
        case [account, word] if word.lower() == ALL:
            return Target(account=account, region=options.get("region", ""))
        case _:
            return read_target(words, options, verb)
