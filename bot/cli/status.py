"""
`relaybot status`: how is this task now?
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bot import clock, wiring
from bot.cli.account import pick
from bot.cli.failure import Failure
from bot.cli.look import as_object, drawn, exit_status
from bot.domain.command import Status
from bot.domain.looks import Looks
from bot.domain.mend import kind, mend, what_happened
from bot.domain.place import locate
from bot.domain.tell import unknown_here
from bot.domain.text import clip
from bot.flows.find import find

if TYPE_CHECKING:
    import argparse

    from bot.domain.message import Answer, Look


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "status",
        help="how is this task now?",
        description="Ask the cloud about one relay task, the way /relay status does in Slack.",
        epilog="Exit status: 0 not bad; 1 RETRYING, STOPPED, start missed or ended early; "
        "2 it cannot be known; 3 there is no such task.",
    )
    parser.add_argument("account", help="aliyun, tencent, or a name from the configuration file")
    parser.add_argument("task", metavar="TaskId", help="the task's id; where the cloud lists, its exact name will do")
    parser.add_argument("--region", default="", metavar="R", help="ask this region only")
    parser.add_argument("--json", action="store_true", help="print one object, errors too")
    parser.set_defaults(run=run)


async def run(arguments: argparse.Namespace) -> int:
    """Ask and print."""
    told = wiring.read_settings()
    pick(told, arguments.account)
    if not arguments.task.strip() or any(character.isspace() for character in arguments.task.strip()):
        raise Failure(
            "WrongUsage",
            f"A task id has no spaces: “{clip(arguments.task, 80)}”.",
            mend=f"Try: relaybot status {arguments.account} <TaskId>",
        )
    wanted = Status(account=arguments.account, task=arguments.task.strip(), region=arguments.region)
    async with (
        wiring.open_database(told, leaves_nothing=True) as database,
        wiring.open_clouds(told, database) as clouds,
    ):
        answer = await find(
            wanted.task,
            locate(wanted, clouds.accounts, channel=None),
            accounts=clouds.accounts,
            looker=clouds.looker,
            looks=Looks(),
            now=clock.now(),
        )
    return _print(answer, as_json=arguments.json)


def _print(answer: Answer, *, as_json: bool) -> int:
    looks = _found(answer)
    if as_json:
        print(json.dumps(as_object(looks[0]), ensure_ascii=False))
    else:
        console = Console(highlight=False)
        for look in looks:
            console.print(drawn(look))
    return max(exit_status(look) for look in looks)


def _found(answer: Answer) -> tuple[Look, ...]:
    """
    Return the one task, or the places that agree that there is none.

    Raises:
        Failure: a place did not answer and no other has the task, or several tasks are called so.
    """
    if len(answer.looks) > 1:
        places = ", ".join(f"{look.ref.task_id} in {look.ref.region}" for look in answer.looks[:5])
        raise Failure(
            "Ambiguous", f"{len(answer.looks)} tasks are called so: {places}.", mend="Name one by id and region."
        )
    if answer.looks:
        return answer.looks
    if answer.troubles:
        trouble = answer.troubles[0]
        error = trouble.error
        small = ", ".join(part for part in (error.code, error.request_id, error.detail) if part)
        message = what_happened(trouble) + (f" ({small})" if small else "")
        raise Failure(kind(error), message, mend=mend(trouble))
    if not answer.absent:
        raise Failure("WrongUsage", unknown_here(is_tencent=False), mend="Try: relaybot doctor")
    return answer.absent[:1]
