"""
The command line, one file a command. A command is `add(commands)`, which declares it, and the coroutine it names.

Exit status everywhere: 0 all is well, 1 something is bad, 2 it cannot be known or done, 3 there is no such task.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any

from bot import __version__
from bot.cli import db, doctor, sandbox, serve, status, tasks
from bot.cli.failure import KNOWN, Failure, tell
from bot.cli.logs import set_up

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

EPILOG = """\
Settings come from the environment (README.md has the table); `relaybot doctor` checks them and says what to mend.
Nothing at hand? `relaybot sandbox` plays clouds, Slack and a conversation on this machine.
"""


class _Parser(argparse.ArgumentParser):
    """Wrong usage is one more thing that `--json` readers must be able to read."""

    def error(self, message: str) -> Any:
        command = self.prog.removeprefix("relaybot").strip()
        raise Failure("WrongUsage", message[:1].upper() + message[1:] + ".", mend=f"Try: relaybot {command} --help")


def parser() -> argparse.ArgumentParser:
    """Build the parser from every command's own declaration."""
    parser = _Parser(
        prog="relaybot",
        description="Tell how live-stream relay tasks are doing, in Slack and here.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"relaybot {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="<command>", required=True, parser_class=_Parser)
    for command in (status, tasks, serve, doctor, db, sandbox):
        command.add(commands)
    return parser


def main(argv: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    wants_json = "--json" in argv
    set_up()
    try:
        arguments = parser().parse_args(argv)
        return asyncio.run(_run(arguments.run(arguments)))
    except Failure as failure:
        return tell(failure, as_json=wants_json)
    except KNOWN as error:
        return tell(Failure.of(error), as_json=wants_json)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt begins on its own line
        return 130
    except BrokenPipeError:  # `relaybot tasks aliyun | head`
        logging.raiseExceptions = False
        sys.stderr.close()
        return 0


async def _run(command: Coroutine[Any, Any, int]) -> int:
    return await command
