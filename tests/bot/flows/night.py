"""
A world in which people are on call: calls are put down and nobody delivers them, so that each can be looked at.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from bot.domain.notice import Kind, PageBody
from bot.domain.rota import Level, Rota, Target, TargetKind
from bot.flows.escalate import Escalator, Reach
from bot.flows.respond import settle
from bot.store.tables import NoticeRow, ResponseRow
from tests.bot.flows.world import SHOW, open_world

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bot.domain.response import Outcome, Response
    from bot.domain.subscription import Place
    from bot.flows.escalate import Unfit
    from bot.sandbox.story import Script
    from bot.store.database import Database
    from tests.bot.flows.world import World

ANN, BOB, CAT = "U0ANN", "U0BOB", "U0CAT"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def user(name: str) -> Target:
    return Target(kind=TargetKind.USER, id=name)


LEVELS = (Level(after=5 * MINUTE, target=user(BOB)), Level(after=5 * MINUTE, target=user(CAT)))

USUAL = Rota(base=user(ANN), levels=LEVELS)


@dataclass
class Night:
    """A world, and who can be called in it."""

    world: World
    unfit: dict[str, Unfit] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pagers: tuple[str, ...] = ()

    def new_escalator(self) -> Escalator:
        """Another process over the same database."""

        async def unfit(_team: str, who: str) -> Unfit | None:
            return self.unfit.get(who)

        async def members(_team: str, group: str) -> tuple[str, ...] | None:
            return self.groups.get(group)

        reach = Reach(unfit=unfit, members=members, pagers=lambda _place: self.pagers)
        return Escalator(memory=self.world.memory, accounts=self.world.accounts, reach=reach, now=self.world.clock)

    async def keep(self, rota: Rota, place: Place = SHOW) -> None:
        """Put somebody on call."""
        async with self.world.memory.transaction() as tx:
            kept = await tx.rotas.get(place)
            version = 0 if kept is None else kept.version
            assert await tx.rotas.save(place, rota, due_at=None, by="U1", now=self.world.clock.now, version=version)

    async def passes(self, time: timedelta, *, step: float = 5.0) -> None:
        """Let time pass: the clouds are watched, and whoever is to be called is."""
        escalator = self.new_escalator()
        for _ in range(round(time.total_seconds() / step)):
            self.world.clock.move(timedelta(seconds=step))
            await self.world.watch.beat()
            await escalator.beat()

    async def does(self, deed: Callable[[Response], Outcome], place: Place = SHOW) -> Response:
        """Let somebody do something about the one response of a place that is open."""
        async with self.world.memory.transaction() as tx:
            response, *_ = await tx.responses.open_of_place(place)
            outcome = deed(response)
            assert await settle(tx, outcome, accounts=self.world.accounts, now=self.world.clock.now)
        return outcome.response

    async def responses(self, place: Place = SHOW) -> list[Any]:
        return [row for row in await self.world.rows(ResponseRow) if row.channel_id == place.channel]

    async def called(self, kind: Kind = Kind.PAGE, place: Place | None = None) -> list[PageBody]:
        """The calls that were put down so far."""
        bodies = [body for body in await self.world.said(kind, place=place) if isinstance(body, PageBody)]
        return [body for body in bodies if body.act == "trigger" and body.handling is None]  # not an edit of one

    async def are_delivered(self) -> None:
        """Let everything that waits have arrived."""
        is_waiting = NoticeRow.settled_at.is_(None)
        async with self.world.database.writing() as connection:
            arrived = {"state": "done", "settled_at": self.world.clock.now}
            await connection.execute(update(NoticeRow).where(is_waiting).values(**arrived))

    async def waiting(self) -> list[Any]:
        """The rows of calls that wait to be sent."""
        rows = await self.world.rows(NoticeRow)
        return [row for row in rows if row.response is not None and row.state == "pending"]


@asynccontextmanager
async def open_night(database: Database, *scripts: Script, rota: Rota | None = USUAL) -> AsyncIterator[Night]:
    """Open a world whose one channel has somebody on call and follows all of these tasks so that they are called."""
    async with open_world(database, *scripts) as world:
        night = Night(world)
        if rota is not None:
            await night.keep(rota)
        for each in scripts:
            await world.follow(each.task_id, page=True)
        await world.passes(40, step=5)
        yield night
