"""
`relaybot status`: how is this task now?
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from bot import clock, wiring
from bot.cli import told
from bot.cli.failure import Failure
from bot.cli.look import drawn, plain
from bot.cli.output import put_object, terminal, waiting
from bot.cli.record import as_object, outcome
from bot.domain.command import SHOWN, Status
from bot.domain.looks import Looks
from bot.domain.place import locate
from bot.domain.text import clip, visible
from bot.domain.words import say
from bot.flows.find import find

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bot.cli.outcome import Outcome
    from bot.domain.message import Answer, Look


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "status",
        help="how is this task now?",
        usage="relaybot status <account> <TaskId> [--region R] [--json]",
        description="Ask the cloud about one relay task, the way /relay status does in Slack.",
        epilog="Exit status: 0 not bad; 1 RETRYING, STOPPED, start missed or ended early; 2 it cannot be known "
        "(UNKNOWN, refused, unreachable, wrong usage); 3 there is no such task.",
    )
    parser.add_argument("account", metavar="<account>", help="aliyun, tencent, or a name from the configuration file")
    parser.add_argument(
        "task",
        metavar="<TaskId>",
        nargs="+",  # only so that an id with spaces can be told apart from a word too many
        help="the task's id; where the cloud lists its tasks, an exact name will do; "
        "type -- before one that begins with a hyphen",
    )
    parser.add_argument("--region", default="", metavar="R", help="ask this region only")
    parser.add_argument("--json", action="store_true", help="print one object, errors too")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> Outcome:
    """Ask and print."""
    task = _task(arguments.account, arguments.task)
    settings = told.read()
    account = told.account(settings, arguments.account, verb="status", rest=task)
    wanted = Status(account=account.name, task=task, region=arguments.region)
    console = terminal(as_json=arguments.json)
    async with (
        wiring.open_database(settings, leaves_nothing=True) as database,
        wiring.open_clouds(settings, database) as clouds,
    ):
        places = locate(wanted, clouds.accounts, channel=None)
        with waiting(f"asking {account.type.title} …", console):
            answer = await find(
                task, places, accounts=clouds.accounts, looker=clouds.looker, looks=Looks(), now=clock.now()
            )
    look, regions = _found(answer)
    if arguments.json:
        put_object(as_object(look, has_one_place=len(regions) == 1))
    elif console is not None:
        console.print(drawn(look, regions))
    else:
        print(plain(look, regions))
    return outcome(look)


def _task(account: str, words: Sequence[str]) -> str:
    """Return the id that was typed, without what cannot be seen: ids are pasted from chats."""
    task = visible(" ".join(words)).strip()
    if len(words) > 1:
        again = f"Try: relaybot status {account} {shlex.quote(clip(task, SHOWN))}"
        raise Failure("WrongUsage", say("typed.spaces", count=len(words), verb=account), mend=again)
    if not task:
        raise Failure("WrongUsage", say("typed.no_task"), mend=f"Try: relaybot status {account} <TaskId>")
    return task


def _found(answer: Answer) -> tuple[Look, Sequence[str]]:
    """
    Return the one task and its region, or a look at none and every region that agrees that there is none.

    Raises:
        Failure: a place did not answer and no other has the task, or several tasks are called so.
    """
    match answer.looks:
        case [look]:
            return look, [look.ref.region]
        case [first, *_]:
            tasks = ", ".join(f"{look.ref.task_id} in {look.ref.region}" for look in answer.looks[:5])
            raise Failure(
                "Ambiguous",
                f"{len(answer.looks)} tasks are called so: {tasks}.",
                mend=f"Try: relaybot status {first.ref.account} {first.ref.task_id} --region {first.ref.region}",
            )
    regions = [look.ref.region for look in answer.absent]
    if answer.troubles:
        raise Failure.about(answer.troubles, absent=regions)
    return answer.absent[0], regions
