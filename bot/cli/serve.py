"""
`relaybot serve`: run the bot until somebody stops it.
"""

from __future__ import annotations

import asyncio
import errno
import signal
from typing import TYPE_CHECKING, Any

from bot import wiring
from bot.cli import told
from bot.cli.failure import Failure
from bot.cli.outcome import Outcome

if TYPE_CHECKING:
    import argparse

    from bot.settings import BotSettings


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "serve",
        help="run the bot",
        description="Hear Slack (by Socket Mode with SLACK_APP_TOKEN, over HTTP with SLACK_SIGNING_SECRET, or both) "
        "and answer. SIGTERM or Ctrl-C: hear nothing more, finish what was acked within 10 s, leave.",
        epilog="Several processes share a PostgreSQL: any number of web ones, which hear Slack (Socket Mode too) and "
        "callbacks and answer people, and of workers, which watch, deliver and tidy. Every one serves /healthz and "
        "/readyz on PORT.",
    )
    parser.add_argument(
        "--role",
        choices=[role.value for role in wiring.Role],
        default=wiring.Role.ALL.value,
        metavar="all|web|worker",
        help="which half of the work this process does; default all",
    )
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """Serve until SIGTERM or SIGINT; a second one leaves at once."""
    settings = told.read(log_level=None)
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, asked_to_stop, number)
    try:
        async with wiring.serve(settings, role=wiring.Role(arguments.role)):
            await asked_to_stop.wait()
    except wiring.CannotListen as error:
        raise _deaf(error, settings.bot) from None
    return Outcome.WELL


def _stop(asked: asyncio.Event, number: signal.Signals) -> None:
    """Ask to leave; whoever asks again means now, and gets the system's own way of dying by that signal."""
    asked.set()
    asyncio.get_running_loop().remove_signal_handler(number)


def _deaf(error: wiring.CannotListen, bot: BotSettings) -> Failure:
    what = f"Cannot listen on port {bot.port} of {bot.bind}"
    match error.errno:
        case errno.EADDRINUSE:
            return Failure("Port", f"{what}: another program does.", mend="Stop that one, or set PORT to a free port.")
        case errno.EACCES:
            return Failure("Port", f"{what}: ports below 1024 are root's.", mend="Set PORT to a port from 1024 on.")
        case _:
            mend = "Set RELAYBOT_BIND to an address of this machine: 0.0.0.0 for all, 127.0.0.1 for itself."
            return Failure("Port", f"{what}: that is no address of this machine.", mend=mend)
