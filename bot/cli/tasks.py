"""
`relaybot tasks`: every task of an account, where the cloud lists them.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table
from rich.text import Text

from adapters.contract import TaskId, TaskRef
from adapters.errors import ProviderError
from bot import clock, wiring
from bot.cli import told
from bot.cli.failure import Failure, tell
from bot.cli.look import STYLE, state
from bot.cli.outcome import Outcome
from bot.cli.output import put_object, terminal, waiting
from bot.cli.record import as_object
from bot.domain.looks import Looks
from bot.domain.message import Trouble
from bot.domain.text import visible
from bot.domain.turn import Urgency
from bot.flows.find import compose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from adapters.contract import Region, Reply, Snapshot
    from bot.domain.account import Account
    from bot.domain.message import Look

GAP: Final = 2  # between columns
NARROWEST_NAME: Final = 8


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "tasks",
        help="every task of an account, where the cloud lists them",
        description="List an account's relay tasks, a hundred a request. Tencent Cloud has no list. In a pipe: one "
        "line a task, its fields (state, name, region, id) parted by tabs.",
        epilog="Exit status: 0 every region has answered; 2 one has not, the others' tasks are printed all the same.",
    )
    parser.add_argument("account", metavar="<account>", help="aliyun, or a name from the configuration file")
    parser.add_argument("text", nargs="?", default="", help="only tasks with this in their name or id, in any case")
    parser.add_argument("--region", default="", metavar="R", help="ask this region only")
    parser.add_argument("--json", action="store_true", help="print one object a line, errors too")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """List and print; a region that does not answer is said and makes the exit status 2."""
    settings = told.read()
    chosen = told.account(settings, arguments.account, verb="tasks", rest=arguments.text)
    regions = told.regions(chosen, arguments.region)
    console = terminal(as_json=arguments.json)
    pages = itertools.count(1)
    with waiting(f"asking {chosen.type.title} …", console) as show:

        def heard(_: Reply) -> None:
            show(f"asking {chosen.type.title} … page {next(pages)}")

        async with (
            wiring.open_database(settings, leaves_nothing=True) as database,
            wiring.open_clouds(settings, database, heard=heard) as clouds,
        ):
            account = clouds.accounts[chosen.name]
            if not account.lists:
                raise Failure(
                    "NoList",
                    f"{account.title} lists no tasks; it tells one at a time.",
                    mend=f"Try: relaybot status {account.name} <TaskId>",
                )
            parts = await asyncio.gather(
                *(clouds.looker.everything(account.name, region, urgency=Urgency.PERSON) for region in regions)
            )
    looks, troubles = _sort(dict(zip(regions, parts, strict=True)), account)
    text = visible(arguments.text).casefold()
    looks = [look for look in looks if text in f"{look.snapshot.name}\n{look.ref.task_id}".casefold()]
    if console is not None:
        _draw(looks, console)
    else:
        _put(looks, as_json=arguments.json)
    for trouble in troubles:
        tell(Failure.about([trouble]), as_json=arguments.json)
    return Outcome.NOT_KNOWN if troubles else Outcome.WELL


def _sort(
    parts: Mapping[Region, Mapping[TaskRef, Snapshot] | ProviderError], account: Account
) -> tuple[Sequence[Look], Sequence[Trouble]]:
    """Part the tasks that the configuration shows from the regions that did not answer."""
    looks: list[Look] = []
    troubles: list[Trouble] = []
    for region, part in parts.items():
        if isinstance(part, ProviderError):
            ref = TaskRef(account=account.name, region=region, task_id=TaskId(""))
            troubles.append(Trouble(ref=ref, provider=account.provider, title=account.title, error=part))
            continue
        shown = {ref: snapshot for ref, snapshot in part.items() if account.shows(ref.task_id)}
        answer = compose("", shown, accounts={account.name: account}, looks=Looks(), now=clock.now())
        looks += (*answer.looks, *answer.absent)
    return looks, troubles


def _put(looks: Sequence[Look], *, as_json: bool) -> None:
    """Print one line a task, for programs."""
    for look in looks:
        if as_json:
            put_object({"name": look.snapshot.name or None} | as_object(look))
            continue
        fields = (look.snapshot.state.value, look.snapshot.name, look.ref.region, look.ref.task_id)
        print("\t".join(visible(field) for field in fields))


def _draw(looks: Sequence[Look], console: Console) -> None:
    """Draw a table in which names give way to ids as long as they can: ids are copied."""
    rows = [
        (
            Text(state(look), style=STYLE[look.outlook.tone]),
            Text(visible(look.snapshot.name)),
            Text(look.ref.region),
            Text(visible(look.ref.task_id)),
        )
        for look in looks
    ]
    beside = sum(max((row[column].cell_len for row in rows), default=0) + GAP for column in (0, 2, 3))
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    table.add_column("State")
    table.add_column("Name", overflow="fold", max_width=max(NARROWEST_NAME, console.width - beside))
    table.add_column("Region", overflow="fold")
    table.add_column("Id", overflow="fold")
    for row in rows:
        table.add_row(*row)
    if rows:
        console.print(table)
    console.print(Text(f"{len(rows)} {'tasks' if len(rows) != 1 else 'task'}", style="dim"))
