"""
Serving: the bot for as long as it runs, from the first check to the last answer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from bot import __version__, clock
from bot.flows.desk import PATIENCE_S
from bot.slack.workspace import check_sockets
from bot.store.errors import DatabaseTrouble, NotShared
from bot.web.door import Door
from bot.web.metrics import page
from bot.wiring.beats import beating
from bot.wiring.database import HURRY_S, check_tables, is_usable, open_database, passing
from bot.wiring.hearing import hearing
from bot.wiring.means import open_means
from bot.wiring.role import Role
from bot.wiring.told import slack_told
from bot.wiring.working import Working

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime

    from bot import settings
    from bot.domain.figures import Vitals
    from bot.slack.sockets import Sockets
    from bot.store.database import Database
    from bot.store.pace import PaceClock
    from bot.web.door import Ready
    from bot.wiring.hearing import Hearing
    from bot.wiring.means import Means

log = logging.getLogger(__name__)


class CannotListen(Exception):
    """The door could not be opened; `errno` of the cause says why."""

    def __init__(self, cause: OSError) -> None:
        self.errno = cause.errno
        super().__init__(cause.strerror)


@asynccontextmanager
async def serve(
    told: settings.Settings,
    *,
    role: Role = Role.ALL,
    now: Callable[[], datetime] = clock.now,
    patience_s: float = PATIENCE_S,
    haste: float = 1.0,
    pace_clock: PaceClock | None = None,
) -> AsyncIterator[Door]:
    """
    Run the bot for as long as this is entered. On the way out: hear nothing more, finish what was acked, then leave.

    Args:
        role: which half of it; both, where one process has the database to itself.
        now: what time it is.
        patience_s: how long a cloud may take to answer a person.
        haste: how many times more often to look around, and faster to speak: for a calendar that is moved on by hand.
        pace_clock: by which the pace rows go; by default the database's own, which all processes share.

    Raises:
        SettingsError: a token is missing.
        SlackUnusable, DatabaseTrouble: the start is refused, with the mend.
        CannotListen: the port is taken, or not ours to take.
    """
    slack = slack_told(told, role)
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(told, leaves_nothing=False))
        if role is not Role.ALL and not database.is_postgres:
            raise NotShared(
                f"{database.place} is one process's, and --role {role} means several.",
                mend="Leave --role out, or set DATABASE_URL to a PostgreSQL, which many processes can share.",
            )
        stack.enter_context(database.lock_for_serving())
        await check_tables(database)
        if warning := passing(told, database):
            log.warning("%s", warning)
        name = f"{role} of {told.bot.dyno or socket.gethostname()}, process {os.getpid()}"
        means = await stack.enter_async_context(
            open_means(told, slack, database, name=name, now=now, haste=haste, pace_clock=pace_clock)
        )
        if slack.app_token:
            await check_sockets(means.client, slack.app_token)
        ears = hearing(means, patience_s=patience_s) if role.hears else None
        hands = Working(means, haste=haste) if role.works else None
        door = _door(means, ears)
        if ears is not None:
            stack.push_async_callback(ears.finish)  # after nothing more is heard, before clouds and Slack are closed
        try:
            await stack.enter_async_context(door)
        except OSError as error:
            raise CannotListen(error) from error
        if hands is not None:
            stack.push_async_callback(hands.stop)
            hands.start()
        await stack.enter_async_context(
            beating([*(hands.beats if hands is not None else ()), *([ears.heed] if ears is not None else ())])
        )
        if ears is not None and ears.sockets is not None:
            stack.push_async_callback(ears.sockets.close)
            await ears.sockets.connect()
        log.info("relaybot %s listens on port %d", __version__, door.port)
        yield door
        log.info("leaving: hear nothing more, finish what was acked")
        if hands is not None:
            hands.leave()
        await door.close()


def _door(means: Means, ears: Hearing | None) -> Door:
    """Open a door for health and metrics, and for Slack and the clouds where somebody hears."""
    bot = means.told.bot
    return Door(
        bind=bot.bind,
        port=bot.port,
        slack=ears.slack if ears is not None else None,
        callbacks=ears.callbacks if ears is not None else None,
        ready=_ready(means.database, ears.sockets if ears is not None else None),
        metrics=page(
            version=__version__,
            lanes=means.clouds.lanes.figures,
            errands=lambda: len(ears.errands) if ears is not None else 0,
            vitals=_vitals(means),
        ),
        token=bot.metrics_token.get_secret_value() if bot.metrics_token else "",
    )


def _vitals(means: Means) -> Callable[[], Awaitable[Vitals | None]]:
    async def take() -> Vitals | None:
        try:
            async with asyncio.timeout(HURRY_S), means.memory.reading() as tx:
                return await tx.vitals.take(means.now())
        except (DatabaseTrouble, TimeoutError):
            return None

    return take


def _ready(database: Database, sockets: Sockets | None) -> Ready:
    async def ready() -> Mapping[str, str]:
        wrong: dict[str, str] = {}
        if not await is_usable(database):
            wrong["database"] = "does not answer, or has another revision"
        if sockets is not None and not await sockets.open_count():
            wrong["slack"] = "no Socket Mode connection stands"
        return wrong

    return ready
