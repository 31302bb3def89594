"""
The command line, one file a command. A command is `add(commands)`, which declares it, and the coroutine it names.

The exit status means the same everywhere: `bot.cli.outcome`.
"""

from __future__ import annotations

import asyncio
import io
import os
import sys
from typing import TYPE_CHECKING

from bot.cli.failure import KNOWN, Failure, tell
from bot.cli.logs import set_up
from bot.cli.outcome import Outcome
from bot.cli.usage import parser

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType


def main(argv: Sequence[str]) -> int:
    """Run one command and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without “▲” still gets its answer
    sys.excepthook = _broken
    set_up()
    try:
        try:
            return _run(argv)
        finally:
            print(end="", flush=True)  # here, where a reader who left can be met with grace
    except BrokenPipeError:  # `relaybot tasks aliyun | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Outcome.READER_LEFT


def _run(argv: Sequence[str]) -> int:
    as_json = "--json" in argv
    if not argv:
        parser().print_help(sys.stderr)
        return Outcome.NOT_KNOWN
    try:
        arguments = parser().parse_args(argv)
        status: int = asyncio.run(arguments.run(arguments))
    except BrokenPipeError:
        raise  # an OSError, but nobody is left to be told
    except Failure as failure:
        return tell(failure, as_json=as_json)
    except KNOWN as error:
        return tell(Failure.of(error), as_json=as_json)
    except KeyboardInterrupt:
        print(file=sys.stderr)  # the shell's prompt begins on its own line
        return Outcome.INTERRUPTED
    return status


def _broken(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Leave with 2 after a mistake of our own: Python's 1 would tell a script that the task is bad."""
    sys.__excepthook__(kind, error, trace)
    failure = Failure(
        "Broken", f"Something in relaybot broke: {kind.__name__}.", mend="Tell the maintainers what stands above."
    )
    tell(failure, as_json="--json" in sys.argv)
    sys.stdout.flush()
    os._exit(Outcome.NOT_KNOWN)
