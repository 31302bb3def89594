"""
`relaybot forget`: erase what is kept of a team, a channel or a person.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from bot import clock, wiring
from bot.cli import told
from bot.cli.failure import Failure
from bot.cli.outcome import Outcome
from bot.cli.output import put_object
from bot.domain.subscription import Place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bot.store.memory import Tx

IDS: Final = {"team": r"[TE][A-Z0-9]+", "channel": r"[CGD][A-Z0-9]+", "user": r"[UW][A-Z0-9]+"}


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "forget",
        help="erase what is kept of a team, a channel or a person",
        description="Erase what DATABASE_URL keeps of a Slack team, channel or person, for good; it asks nothing. Safe "
        "while the bot serves. What a person subscribed for channels stays, and is nobody's then.",
        epilog="Exit status: 0 it is erased, or nothing was kept; 2 it could not be done, and nothing was erased.",
    )
    parser.add_argument("--team", default="", metavar="T…", help="the team; with another option, where that is")
    whom = parser.add_mutually_exclusive_group()
    whom.add_argument("--channel", default="", metavar="C…", help="one channel of it")
    whom.add_argument("--user", default="", metavar="U…", help="one person of it")
    parser.add_argument("--json", action="store_true", help="print one object, errors too")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """Erase, and say how many rows of which table that were."""
    named = {name: getattr(arguments, name) for name in IDS if getattr(arguments, name)}
    _check(named)
    async with wiring.open_memory(told.read()) as memory, memory.transaction() as tx:
        named = {"team": named.get("team") or await _only_team(tx)} | named
        erased = await _erase(tx, named)
    if arguments.json:
        put_object(named | {"erased": erased})
    else:
        whom = ", ".join(f"{name} {named[name]}" for name in reversed(IDS) if named.get(name))
        rows = ", ".join(f"{table} {count}" for table, count in erased.items())
        print(f"Erased of {whom}: {rows}." if rows else f"Nothing is kept of {whom}.")
    return Outcome.WELL


def _check(named: Mapping[str, str]) -> None:
    """Refuse what is no id of Slack's: it would find nothing, and look as if nothing were kept."""
    if not named:
        raise Failure("WrongUsage", "Forget whom?", mend="Try: relaybot forget --help")
    for name, value in named.items():
        if not re.fullmatch(IDS[name], value):
            raise Failure(
                "WrongUsage",
                f"“{value}” is no {name} id of Slack's.",
                mend="A channel's id is under its details, a person's in their profile, a team's in the address.",
            )


async def _only_team(tx: Tx) -> str:
    """Return the team where only one is known, or none at all."""
    teams = await tx.forget.teams()
    if len(teams) > 1:
        raise Failure("WrongUsage", f"Several teams are kept: {', '.join(teams)}.", mend="Add --team with one of them.")
    return "".join(teams)


async def _erase(tx: Tx, named: Mapping[str, str]) -> dict[str, int]:
    team, now = named["team"], clock.now()
    if "channel" in named:
        erased = await tx.forget.channel(Place(team=team, channel=named["channel"]), now=now)
    elif "user" in named:
        erased = await tx.forget.user(team, named["user"], now=now)
    else:
        erased = await tx.forget.team(team, now=now)
    return dict(sorted(erased.items()))
