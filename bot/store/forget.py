"""
Forget: erase what is kept of a team, a channel or a person, and what was kept only because of them.

Each says how many rows of which table it erased.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, or_, select, update

from adapters.contract import Region
from bot.domain.subscription import Place, Wish
from bot.store.batches import batches
from bot.store.calendars import Calendars
from bot.store.cards import of_page
from bot.store.channels import Channels
from bot.store.claimant import NOBODY
from bot.store.responses import Responses, is_of
from bot.store.rest import covered, rest, uncovered
from bot.store.rotas import Rotas
from bot.store.stillness import Stillness
from bot.store.subscriptions import Subscriptions
from bot.store.sweeps import Sweeps
from bot.store.tables import (
    AuditRow,
    CardRow,
    ChannelRow,
    DrillRow,
    MuteRow,
    NameRow,
    NoticeRow,
    ResponseRow,
    RotaRow,
    SubscriptionRow,
    SweepRow,
    Table,
    TaskRow,
)
from bot.store.tasks import Tasks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy import Table as AnyTable
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.subscription import Subscription
    from bot.store.rest import Covered

# Every table that there is: a new one cannot be overlooked.
_CHANNEL: Final = tuple(table for table in Table.metadata.sorted_tables if "channel_id" in table.c)
_TEAM: Final = tuple(table for table in Table.metadata.sorted_tables if "team_id" in table.c)


class Forget:
    """Erasing, in one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._subscriptions = Subscriptions(connection)
        self._tasks = Tasks(connection)

    async def teams(self) -> list[str]:
        """Name every team of which anything is kept."""
        every = [await self._connection.scalars(select(table.c.team_id).distinct()) for table in _TEAM]
        return sorted({team for found in every for team in found})

    async def team(self, team: str, *, now: datetime) -> Counter[str]:
        """Erase every row of a team, and the tasks that only it followed or named."""
        await Stillness(self._connection).end(team, now=now)  # what rests is not found
        named = select(NameRow.task).where(NameRow.team_id == team)
        mentioned = {*await self._connection.scalars(named), *await self._carded(CardRow.team_id == team)}
        ended = await self._subscriptions.of_team(team)
        theirs = await self._theirs(ended)
        erased: Counter[str] = Counter()
        for table in _TEAM:
            erased += await self._erase(table, table.c.team_id == team)
        erased += await self._let_go(theirs, mentioned, now)
        await self._stop_sweeps(ended)
        await Calendars(self._connection).let_go()
        return erased

    async def channel(self, place: Place, *, now: datetime) -> Counter[str]:
        """Erase every row of a channel, and the tasks that only it followed."""
        mentioned = await self._carded((CardRow.team_id == place.team) & (CardRow.channel_id == place.channel))
        ended = await self._subscriptions.of_place(place)
        theirs = await self._theirs(ended)
        calls = select(ResponseRow.id).where(is_of(place))
        erased = Counter[str]()
        for number in (await self._connection.scalars(calls)).all():  # calls to people that show how it stands
            its = CardRow.subject.startswith(of_page(number, ""))
            erased += await self._erase(_table(CardRow), CardRow.team_id == place.team, its)
        erased += await self._erase(_table(NoticeRow), NoticeRow.response.in_(calls))  # to people and pagers
        for table in _CHANNEL:
            erased += await self._erase(table, table.c.team_id == place.team, table.c.channel_id == place.channel)
        erased += await self._let_go(theirs, mentioned, now)
        await self._stop_sweeps(ended)
        await Calendars(self._connection).let_go()
        return erased

    async def user(self, team: str, user: str, *, now: datetime) -> Counter[str]:
        """
        Erase what is kept of a person: their direct conversations, mutes, notices and trace.

        What they subscribed and set for channels stays, and is nobody's. They are on call nowhere any more, and what
        they had in hand is due at once.
        """
        erased: Counter[str] = Counter()
        for channel in await self._alone_with(team, user):
            erased += await self.channel(Place(team=team, channel=channel), now=now)
        for table in (_table(MuteRow), _table(AuditRow)):
            erased += await self._erase(table, table.c.team_id == team, table.c.user_id == user)
        is_named = or_(
            NoticeRow.user_id == user,
            NoticeRow.body.contains(f'"{user}"', autoescape=True),
            NoticeRow.body.contains(f"@{user}", autoescape=True),
        )
        erased += await self._erase(_table(NoticeRow), NoticeRow.team_id == team, is_named)
        is_in = or_(DrillRow.user_id == user, DrillRow.steps.contains(f'"{user}"', autoescape=True))
        erased += await self._erase(_table(DrillRow), DrillRow.team_id == team, is_in)
        await Rotas(self._connection).leave(team, user, now=now)
        await Calendars(self._connection).leave(user)
        await Responses(self._connection).leave(team, user, now=now)
        for owned in (SubscriptionRow, ChannelRow, RotaRow):
            await self._connection.execute(
                update(owned).where(owned.team_id == team, owned.user_id == user).values(user_id="")
            )
        return erased

    async def expired(self, *, now: datetime) -> list[Place]:
        """Erase the teams and channels that have been gone for so long that nobody waits for them (DESIGN.md 13)."""
        gone = await Channels(self._connection).expired(now)
        for place in gone:
            if place.channel:
                await self.channel(place, now=now)
            else:
                await self.team(place.team, now=now)
        return gone

    async def _erase(self, table: AnyTable, *which: ColumnElement[bool]) -> Counter[str]:
        """Erase the rows of one table; a table that had none is not named."""
        rows = (await self._connection.execute(delete(table).where(*which))).rowcount
        return Counter({table.name: rows}) if rows else Counter()

    async def _alone_with(self, team: str, user: str) -> list[str]:
        """Name the direct conversations in which a person left a trace; Slack takes the person's id for one too."""
        made = await self._subscriptions.of_creator(team, user)
        heard = await self._connection.scalars(
            select(AuditRow.channel_id).where(AuditRow.team_id == team, AuditRow.user_id == user).distinct()
        )
        channels = {*heard, *(subscription.place.channel for subscription in made)}
        return [user, *sorted(channel for channel in channels if channel.startswith("D"))]

    async def _theirs(self, ended: Sequence[Subscription]) -> list[Covered]:
        """Find the tasks that some subscriptions cover; they are locked."""
        accounts = sorted({subscription.wish.account for subscription in ended})
        tasks = [task for account in accounts for task in await covered(self._connection, Wish(account=account))]
        others = set(uncovered(tasks, ended))
        return [task for task in tasks if task.id not in others]

    async def _carded(self, which: ColumnElement[bool]) -> list[int]:
        subjects = await self._connection.scalars(select(CardRow.subject).where(which))
        return [int(task) for kind, _, task in (subject.partition(":") for subject in subjects) if kind == "task"]

    async def _let_go(self, theirs: Sequence[Covered], mentioned: Iterable[int], now: datetime) -> Counter[str]:
        """Drop those of the tasks that nobody else follows, or let them rest where somebody else named them."""
        accounts = sorted({task.ref.account for task in theirs})
        kept = [each for account in accounts for each in await self._subscriptions.of_account(account)]
        await rest(self._connection, uncovered(theirs, kept), now)
        erased: Counter[str] = Counter()
        for batch in batches(sorted({*mentioned, *(task.id for task in theirs)})):
            left = await self._connection.scalars(
                select(TaskRow.id)
                .where(TaskRow.id.in_(batch), TaskRow.unfollowed_at.is_not(None))
                .where(TaskRow.id.not_in(select(NameRow.task)))
            )
            erased += await self._tasks.drop_all(list(left))
        return erased

    async def _stop_sweeps(self, ended: Iterable[Subscription]) -> None:
        for account in sorted({subscription.wish.account for subscription in ended}):
            regions = await self._connection.scalars(select(SweepRow.region).where(SweepRow.account == account))
            for region in [Region(region) for region in regions]:
                if not await self._subscriptions.is_followed(account, region):
                    await Sweeps(self._connection, claimant=NOBODY).remove(account, region)


def _table(row: type[Table]) -> AnyTable:
    return Table.metadata.tables[row.__tablename__]
