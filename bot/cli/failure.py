"""
A command that could not be done: said once, on stderr for people or on stdout for programs.
"""

from __future__ import annotations

import json
import sys
from typing import Final

from bot.domain.command import CommandError
from bot.domain.text import visible
from bot.settings import SettingsError
from bot.slack.workspace import SlackUnusable
from bot.store.errors import DatabaseTrouble

CANNOT_KNOW: Final = 2

KNOWN: Final = (SettingsError, SlackUnusable, DatabaseTrouble, CommandError, OSError)


class Failure(Exception):
    """
    What failed, and the mend.

    Args:
        kind: one word for programs.
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
                return cls("Slack", f"Slack does not let the bot in: {error.code}.", mend=error.mend)
            case DatabaseTrouble():
                return cls(type(error).__name__, error.message, mend=error.mend)
            case CommandError():
                return cls("WrongUsage", error.failed, mend=f"Try: {error.instead.replace('/relay', 'relaybot')}")
            case OSError():
                what = f"{error.strerror or type(error).__name__}"
                return cls("System", f"The system refused: {what}.", mend="See whether the port or the file is free.")
        raise error

    def as_json(self) -> str:
        """Return the one object that `--json` prints for an error."""
        return json.dumps({"error": {"kind": self.kind, "message": self.message, "mend": self.mend}})


def tell(failure: Failure, *, as_json: bool) -> int:
    """Say a failure where its reader looks."""
    if as_json:
        print(failure.as_json())
    else:
        print(f"relaybot: {visible(failure.message)}\n  {visible(failure.mend)}", file=sys.stderr)
    return CANNOT_KNOW
