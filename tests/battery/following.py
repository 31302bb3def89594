"""
Channels, and what they follow, put down before the bot is there: what fifty commands would come to.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot import wiring
from bot.domain.subscription import Place, Wish
from bot.domain.task import Known
from bot.sandbox.slack import Channel
from bot.sandbox.story import Phase, Script
from bot.store.database import Database
from bot.store.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.rota import Rota
    from bot.sandbox.slack import Workspace
    from bot.sandbox.slack.api import Api
    from bot.sandbox.stage import Stage

ALIYUN: Final = AccountName("aliyun")
SHANGHAI: Final = Region("cn-shanghai")
WHO: Final = "U0ANN"
UPGRADING: Final = asyncio.Lock()


def running(task: str) -> Script:
    """Script a task that runs, and has been for long, and is planned to for long."""
    day = timedelta(days=1)
    return Script(task_id=task, name=task, start=-day, end=30 * day, phases=(Phase(-day, "1"),))


def open_wide(api: Api) -> None:
    """Let Slack take whatever comes, however fast the calendar runs: paces are another test's."""
    api.per_second.most = 1_000
    for window in api.per_minute.values():
        window.most = 100_000


def open_rooms(workspace: Workspace, rooms: int) -> list[str]:
    """Open so many channels, with the bot in them, and return their names."""
    names = [f"room-{number:02}" for number in range(1, rooms + 1)]
    for name in names:
        number = f"C0{name.replace('-', '').upper()}"
        workspace.channels[number] = Channel(id=number, name=name, members={workspace.bot_id, WHO})
    return names


async def prepare(
    url: str,
    stage: Stage,
    wanted: Iterable[tuple[str, str | None]],
    *,
    now: datetime,
    rota: Rota | None = None,
) -> None:
    """
    Make the tables, and follow tasks in channels, each by its name; a task of None stands for all there are.

    Several trials may do so at once: Alembic's own context is the process's, so they take turns.

    Args:
        rota: who is called in each channel for what it follows; None: nobody.
    """
    database = Database.open(url)
    async with UPGRADING:
        await wiring.upgrade(database)
    async with Memory(database, wake=_nobody).transaction() as tx:
        for channel, task in wanted:
            workspace = stage.slack.workspace
            place = Place(team=workspace.team, channel=workspace.channel(channel).id)
            if rota is not None and await tx.rotas.get(place) is None:
                await tx.rotas.save(place, rota, due_at=None, by=WHO, now=now, version=0)
            calls = rota is not None
            if task is None:
                await tx.subscriptions.put(place, Wish(account=ALIYUN, page=calls), by=WHO, now=now)
            else:
                ref = TaskRef(account=ALIYUN, region=SHANGHAI, task_id=TaskId(task))
                wish = Wish(account=ALIYUN, region=SHANGHAI, task=ref.task_id, page=calls)
                await tx.subscriptions.put(place, wish, by=WHO, now=now)
                await tx.tasks.follow(ref, provider="aliyun", known=Known(), due_at=now)
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=now)
    await database.close()


async def _nobody(_: object) -> None:
    """Wake nobody: the bot is not there yet."""
