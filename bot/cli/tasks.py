"""
`relaybot tasks`: every task of an account, where the cloud lists them.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapters.contract import AccountName, Region, TaskId, TaskRef
from adapters.errors import ProviderError
from bot import clock, wiring
from bot.cli.account import pick
from bot.cli.failure import Failure
from bot.cli.look import STYLE, as_object
from bot.domain.looks import Looks
from bot.domain.mend import kind, mend, what_happened
from bot.domain.message import Trouble
from bot.domain.text import visible
from bot.domain.turn import Urgency
from bot.domain.words import say
from bot.flows.find import compose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bot.domain.message import Look


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "tasks",
        help="every task of an account, where the cloud lists them",
        description="List an account's relay tasks, a hundred a request. Tencent Cloud has no list.",
    )
    parser.add_argument("account", help="aliyun, or a name from the configuration file")
    parser.add_argument("text", nargs="?", default="", help="only tasks with this in their name or id")
    parser.add_argument("--region", default="", metavar="R", help="ask this region only")
    parser.add_argument("--json", action="store_true", help="print one object a line, errors too")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """List and print; a region that does not answer is said and makes the exit status 2."""
    told = wiring.read_settings()
    account = pick(told, arguments.account)
    async with (
        wiring.open_database(told, leaves_nothing=True) as database,
        wiring.open_clouds(told, database) as clouds,
    ):
        known = clouds.accounts[account.name]
        if not known.lists:
            raise Failure(
                "NoList",
                f"{known.title} lists no tasks; it tells one at a time.",
                mend=f"Try: relaybot status {known.name} <TaskId>",
            )
        regions = _regions(known.regions, arguments.region)
        found = await asyncio.gather(
            *(clouds.looker.everything(known.name, region, urgency=Urgency.PERSON) for region in regions)
        )
    status = 0
    looks: list[Look] = []
    for region, part in zip(regions, found, strict=True):
        if isinstance(part, ProviderError):
            status = _complain(part, known.title, known.provider, account.name, region, as_json=arguments.json)
            continue
        answer = compose("", part, accounts=clouds.accounts, looks=Looks(), now=clock.now())
        looks += (*answer.looks, *answer.absent)
    text = arguments.text.casefold()
    looks = [look for look in looks if text in f"{look.snapshot.name}\n{look.ref.task_id}".casefold()]
    _print(looks, as_json=arguments.json)
    return status


def _regions(known: Sequence[Region], wanted: str) -> Sequence[Region]:
    if not wanted:
        return known
    if wanted.lower() not in known:
        raise Failure(
            "WrongUsage",
            f"The account has no region “{wanted[:80]}”. It has: {', '.join(known)}.",
            mend=f"Try: --region {known[0]}",
        )
    return (Region(wanted.lower()),)


def _complain(error: ProviderError, title: str, provider: str, account: str, region: Region, *, as_json: bool) -> int:
    ref = TaskRef(account=AccountName(account), region=region, task_id=TaskId(""))
    trouble = Trouble(ref=ref, provider=provider, title=title, error=error)
    small = ", ".join(part for part in (region, error.code, error.request_id, error.detail) if part)
    failure = Failure(kind(error), f"{what_happened(trouble)} ({small})", mend=mend(trouble))
    if as_json:
        print(failure.as_json())
    else:
        Console(stderr=True, highlight=False).print(Text(visible(f"{failure.message}\n  {failure.mend}"), style="red"))
    return 2


def _print(looks: Sequence[Look], *, as_json: bool) -> None:
    if as_json:
        for look in looks:
            print(json.dumps(as_object(look), ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for name in ("State", "Name", "Region", "Id"):
        table.add_column(name, overflow="fold")
    for look in looks:
        state = look.snapshot.state
        style = STYLE[look.outlook.tone]
        table.add_row(
            Text(f"{say(f'sign.{state}')} {say(f'state.{state}')}", style=style),
            Text(visible(look.snapshot.name)),
            Text(look.ref.region),
            Text(visible(look.ref.task_id)),
        )
    console = Console(highlight=False)
    if looks:
        console.print(table)
    console.print(Text(f"{len(looks)} tasks" if len(looks) != 1 else "1 task", style="dim"))
