"""
A command that could not be done: said once, on stderr for people or on stdout for programs.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from bot.cli.outcome import Outcome
from bot.cli.output import put_object
from bot.domain.command import CommandError
from bot.domain.mend import kind, mend, what_happened
from bot.domain.text import visible
from bot.settings import SettingsError
from bot.slack.errors import SlackUnusable
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.message import Trouble

KNOWN: Final = (SettingsError, SlackUnusable, DatabaseTrouble, CommandError, OSError)

# What Slack's words tell people to type, as one types it here.
_HERE: Final = (
    (re.compile(r"/relay help (\w+)"), r"relaybot \1 --help"),
    (re.compile(r"/relay help"), "relaybot --help"),
    (re.compile(r"/relay accounts"), "relaybot doctor"),
    (re.compile(r"/relay "), "relaybot "),
    (re.compile(r"(?<=[ `])region=(\S)"), r"--region \1"),
)


class Failure(Exception):
    """
    What failed, and the mend.

    Args:
        kind: one word for programs.
        message: one or more whole sentences; may hold what somebody typed, unescaped.
        mend: what the reader can do about it, in the terminal's own words.
    """

    def __init__(self, kind: str, message: str, *, mend: str) -> None:
        self.kind = kind
        self.message = message
        self.mend = mend
        super().__init__(kind, message, mend)

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Say one of the errors we know in this form."""
        match error:
            case SettingsError():
                return cls("Settings", str(error), mend="Set it, then run the command again.")
            case SlackUnusable():
                return cls("Slack", f"Slack cannot be used: {error.code}.", mend=error.mend)
            case DatabaseTrouble():
                return cls(type(error).__name__, error.message, mend=error.mend)
            case CommandError():
                return cls("WrongUsage", error.failed, mend=here(f"Try: {error.instead}"))
            case OSError():
                what = f"{error.strerror or type(error).__name__}" + (f": {error.filename}" if error.filename else "")
                return cls(
                    "System", f"The system refused: {what}.", mend="See whether the file or port is yours to use."
                )
        raise error

    @classmethod
    def about(cls, troubles: Sequence[Trouble], *, absent: Sequence[str] = ()) -> Failure:
        """
        Say what the first place in trouble did, and what the others said.

        Args:
            absent: the regions that have answered, and have no such task.
        """
        trouble, *others = troubles
        message = f"{what_happened(trouble)} ({small_print(trouble)})"
        if others:
            message += f" Nor did {', '.join(other.ref.region for other in others)} answer."
        if absent:
            message += f" There is no such task in {', '.join(absent)}."
        return cls(kind(trouble.error), message, mend=here(mend(trouble)))


def small_print(trouble: Trouble) -> str:
    """Return what support asks for: region, the vendor's code, its request id."""
    error = trouble.error
    return ", ".join(part for part in (trouble.ref.region, error.code, error.request_id, error.detail) if part)


def here(text: str) -> str:
    """Put commands that are typed in Slack into the terminal's form."""
    for there, ours in _HERE:
        text = there.sub(ours, text)
    return text


def tell(failure: Failure, *, as_json: bool) -> Outcome:
    """Say a failure where its reader looks."""
    if as_json:
        put_object({"error": {"kind": failure.kind, "message": failure.message, "mend": failure.mend}})
    else:
        print(f"relaybot: {visible(failure.message)}\n  {visible(failure.mend)}", file=sys.stderr)
    return Outcome.NOT_KNOWN
