"""
`relaybot serve`: run the bot until somebody stops it.
"""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

from bot import settings, wiring
from bot.cli.logs import set_up

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "serve",
        help="run the bot",
        description="Hear Slack (by Socket Mode with SLACK_APP_TOKEN, over HTTP with SLACK_SIGNING_SECRET, or both) "
        "and answer. SIGTERM or Ctrl-C: hear nothing more, finish what was acked within 10 s, leave.",
    )
    parser.set_defaults(run=run)


async def run(_: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT; a second one leaves at once."""
    told = wiring.read_settings()
    set_up(told.bot.log_level, settings.secrets_of(told))
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop, asked_to_stop, number)
    async with wiring.serve(told):
        await asked_to_stop.wait()
    return 0


def _stop(asked: asyncio.Event, number: signal.Signals) -> None:
    """Ask to leave; whoever asks again means now, and gets the system's own way of dying by that signal."""
    asked.set()
    asyncio.get_running_loop().remove_signal_handler(number)
