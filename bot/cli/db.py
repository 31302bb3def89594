"""
`relaybot db`: what an operator does with our memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot import wiring
from bot.cli import told
from bot.cli.outcome import Outcome

if TYPE_CHECKING:
    import argparse


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command and its own commands."""
    parser = commands.add_parser("db", help="make or upgrade the database", description="Look after DATABASE_URL.")
    actions = parser.add_subparsers(title="commands", metavar="<command>", required=True)
    upgrade = actions.add_parser(
        "upgrade",
        help="bring the tables to this release",
        description="Bring the tables of DATABASE_URL to this release. An older SQLite file is first copied beside "
        "itself. Safe to run again, and while the previous release still serves.",
    )
    upgrade.set_defaults(run=run_upgrade)


async def run_upgrade(_: argparse.Namespace) -> Outcome:
    """Upgrade, and say from where to where."""
    settings = told.read()
    async with wiring.open_database(settings, leaves_nothing=False) as database:
        before = await database.revision()
        await wiring.upgrade(database)
        after = await database.revision()
    change = f"is at revision {after}" if before == after else f"went from revision {before or 'none'} to {after}"
    print(f"{database.place} {change}.")
    return Outcome.WELL
