"""
`relaybot sandbox`: clouds, Slack and the bot on this machine; a played conversation, then yours.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from bot.cli.outcome import Outcome

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "sandbox",
        help="play clouds, Slack and a conversation on this machine",
        description="Start both clouds, a Slack workspace and the bot on loopback, play one conversation as a person "
        "would see it, then take typed /relay … lines. Needs no account anywhere; leaves nothing behind.",
    )
    parser.add_argument("--quiet", action="store_true", help="skip the played conversation")
    parser.add_argument("--once", action="store_true", help="stop after the played conversation")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """Play and listen."""
    from bot.sandbox import demo  # brings all of Slack's library, which no other command waits for

    try:
        await demo.play(is_quiet=arguments.quiet, is_once=arguments.once)
    except asyncio.CancelledError:  # Ctrl-C: everything is closed, but nobody can wake the thread that reads the line
        print(flush=True)
        os._exit(Outcome.INTERRUPTED)
    return Outcome.WELL
