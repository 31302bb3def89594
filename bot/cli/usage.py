"""
What can be typed after `relaybot`: the parser, made of every command's own declaration.
"""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, NoReturn

from bot import __version__
from bot.cli import db, doctor, forget, sandbox, serve, status, tasks
from bot.cli.failure import Failure

if TYPE_CHECKING:
    from collections.abc import Sequence

EPILOG: Final = """\
Exit status: 0 all is well; 1 something is bad (doctor: needs attention); 2 it cannot be known or done; 3 there is no
such task; 130 interrupted. With --json errors are printed on stdout too: {"error": {"kind", "message", "mend"}}.

Settings come from the environment (README.md has the table); `relaybot doctor` checks them and says what to mend.
Nothing at hand? `relaybot sandbox` plays clouds, Slack and a conversation on this machine.
"""


def parser() -> argparse.ArgumentParser:
    """Build the parser."""
    made = _Parser(
        prog="relaybot",
        description="Tell how live-stream relay tasks are doing, in Slack and here.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # `--json` is looked for before anything is parsed
    )
    made.add_argument("--version", action="version", version=f"relaybot {__version__}")
    commands = made.add_subparsers(title="commands", metavar="<command>", required=True, parser_class=_Parser)
    for command in (status, tasks, serve, doctor, db, forget, sandbox):
        command.add(commands)
    return made


class _Parser(argparse.ArgumentParser):
    """Says wrong usage the way every other failure is said: once, with the mend, and readable with `--json`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options | {"allow_abbrev": False})

    def parse_known_args(  # type: ignore[override] # typeshed overloads it by the namespace's type, and we use one
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        found, extra = super().parse_known_args(args, namespace)
        if extra:  # complain here, where the command is known, and not in the parser above it
            self.error(f"it takes no {' '.join(extra)}")
        return found, extra

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a command that does not exist, and guess which was meant."""
        if not isinstance(action.choices, dict) or value in action.choices:
            return super()._check_value(action, value)
        guess = get_close_matches(str(value).lower(), action.choices, n=1)
        meant = f" Did you mean {guess[0]}?" if guess else f" There are: {', '.join(action.choices)}."
        command = " ".join((self.prog, *guess))
        raise Failure("WrongUsage", f"There is no command “{value}”.{meant}", mend=f"Try: {command} --help")

    def error(self, message: str) -> NoReturn:
        command = self.prog.removeprefix("relaybot").strip()
        said = f"{command}: {message}." if command else f"{message[:1].upper()}{message[1:]}."
        raise Failure("WrongUsage", said, mend=f"Try: {self.prog} --help")
