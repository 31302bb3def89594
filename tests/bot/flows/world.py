"""
A world to watch: the sandbox's clouds on loopback, a real database, and time that stands still until it is moved.
"""

from __future__ import annotations

import asyncio
import itertools
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from adapters import aliyun, tencent
from adapters.contract import AccountName, Region, TaskId, TaskRef
from adapters.transport import Transport
from bot.domain.account import Account
from bot.domain.notice import Kind, from_json
from bot.domain.pace import Slot
from bot.domain.subscription import Place, Subscription, Wish
from bot.domain.task import Known
from bot.flows.watch import Watch
from bot.queue.lanes import Lanes
from bot.sandbox.clock import Clock
from bot.sandbox.stage import ALIYUN_KEY, TENCENT_KEY, open_stage
from bot.sandbox.story import Phase, Script
from bot.sandbox.tencent import SDK_APP_ID
from bot.store.memory import Memory
from bot.store.tables import BlindSpanRow, ChangeRow, IncidentRow, NoticeRow, SubscriptionRow, TaskRow

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from bot.domain.notice import Body, Wake
    from bot.sandbox.stage import Stage
    from bot.store.database import Database

SHANGHAI, SINGAPORE = Region("cn-shanghai"), Region("ap-singapore")
ALI, TRTC = AccountName("aliyun"), AccountName("tencent")
SHOW = Place(team="T1", channel="C-show")
OPS = Place(team="T1", channel="C-ops")
LIST, DESCRIBE, INGEST = "DescribeLivePullToPushList", "DescribeLivePullToPush", "DescribeStreamIngest"


def script(task_id: str, word: str = "1", **told: Any) -> Script:
    """A task of Alibaba Cloud that stays as it is."""
    return Script(task_id=task_id, phases=(Phase(timedelta(0), word),), **({"name": f"name-{task_id}"} | told))


def ingest(task_id: str, word: str = "InProgress", **told: Any) -> Script:
    """A task of Tencent's that stays as it is."""
    return script(task_id, word, region="ap-singapore", sdk_app_id=SDK_APP_ID, **told)


@dataclass
class World:
    clock: Clock
    stage: Stage
    database: Database
    memory: Memory
    lanes: Lanes
    accounts: dict[AccountName, Account]
    watch: Watch
    wakes: list[Wake] = field(default_factory=list)

    async def follow(
        self,
        task: str | None,
        *,
        place: Place = SHOW,
        account: AccountName = ALI,
        region: Region | None = None,
        **wish: Any,
    ) -> Subscription:
        """Subscribe, as the command does."""
        where = region or self.accounts[account].regions[0]
        wanted = Wish(account=account, task=TaskId(task) if task else None, region=where, **wish)
        async with self.memory.transaction() as tx:
            kept, _ = await tx.subscriptions.put(place, wanted, by="U1", now=self.clock.now)
            if task is not None:
                known = Known(until=wanted.until)
                await tx.tasks.follow(
                    self.ref(task, account, where),
                    provider=self.accounts[account].provider,
                    known=known,
                    due_at=self.clock.now,
                )
            await tx.sweeps.ensure(account, where, due_at=self.clock.now)
        return kept

    async def follow_many(self, tasks: Iterable[str], **told: Any) -> None:
        for task in tasks:
            await self.follow(task, **told)

    def ref(self, task: str, account: AccountName = ALI, region: Region | None = None) -> TaskRef:
        return TaskRef(account=account, region=region or self.accounts[account].regions[0], task_id=TaskId(task))

    async def passes(self, seconds: float, *, step: float = 1.0) -> None:
        """Let time pass, and the watch beat."""
        for _ in range(round(seconds / step)):
            self.clock.move(timedelta(seconds=step))
            await self.watch.beat()

    async def known(self, task: str, account: AccountName = ALI) -> Known:
        async with self.memory.reading() as tx:
            found = await tx.tasks.get(self.ref(task, account))
        assert found is not None, task
        return found.known

    async def rows(self, table: type[Any]) -> list[Any]:
        async with self.database.reading() as connection:
            return list(await connection.execute(select(table).order_by(table.id)))

    async def said(self, *kinds: Kind, place: Place | None = None) -> list[Body]:
        """What lies in the outbox, in the order in which it was put there."""
        rows = await self.rows(NoticeRow)
        return [
            from_json(row.body)
            for row in rows
            if (not kinds or row.kind in kinds) and (place is None or row.channel_id == place.channel)
        ]

    async def tasks(self) -> list[str]:
        return [row.task_id for row in await self.rows(TaskRow)]

    async def incidents(self) -> list[Any]:
        return await self.rows(IncidentRow)

    async def changes(self) -> list[Any]:
        return await self.rows(ChangeRow)

    async def spans(self) -> list[Any]:
        return await self.rows(BlindSpanRow)

    def asked(self, api: str) -> int:
        cloud = self.stage.tencent if api == INGEST else self.stage.aliyun
        return len(cloud.ledger.of(api))

    async def is_renewed(self) -> None:
        """Wait until the claim of the first region's sweep is as good as new."""
        is_so = False
        while not is_so:
            await asyncio.sleep(0.005)
            async with self.memory.reading() as tx:
                sweep = await tx.sweeps.get(ALI, SHANGHAI)
                assert sweep is not None
                is_so = await tx.sweeps.holds(sweep, until=self.clock.now + timedelta(seconds=14))

    def pages(self) -> list[int]:
        """The pages of lists that were asked for, in that order."""
        return [int(entry.params["PageNumber"]) for entry in self.stage.aliyun.ledger.of(LIST)]

    async def remember_of(self, task: str, known: str) -> None:
        """Write this JSON over what is known of a task."""
        async with self.database.writing() as connection:
            await connection.execute(update(TaskRow).where(TaskRow.task_id == task).values(known=known))

    async def wish_of_all(self, only: str) -> None:
        """Write this over the states that each channel wants to hear of, whether there are such states or not."""
        async with self.database.writing() as connection:
            await connection.execute(update(SubscriptionRow).values(only_states=only))

    def say(self, task: str, word: str, reason: str = "") -> None:
        """From now on the cloud says this of a task."""
        story = self.stage.tencent.story if task.startswith("trtc") else self.stage.aliyun.story
        story.override(task, word, reason, now=self.clock.now)

    def new_watch(self, **told: Any) -> Watch:
        """Another process over the same database."""
        return Watch(
            memory=self.memory,
            lanes=self.lanes,
            accounts=self.accounts,
            per_second=dict.fromkeys(self.accounts, 10.0),
            now=self.clock,
            **told,
        )


@asynccontextmanager
async def open_world(database: Database, *scripts: Script) -> AsyncIterator[World]:
    """Open a world whose clouds hold these tasks, and that remembers here; nobody's pace is short in it."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(
            open_stage(
                calendar=clock,
                aliyun=[each for each in scripts if not each.sdk_app_id],
                tencent=[each for each in scripts if each.sdk_app_id],
            )
        )
        stage.aliyun.window.most = stage.tencent.window.most = 100_000
        transport = await stack.enter_async_context(Transport(now=clock))
        lanes, accounts = _lanes(stage, transport, clock)
        stack.push_async_callback(lanes.close)
        wakes: list[Wake] = []

        async def wake(caused: frozenset[Wake]) -> None:
            wakes.extend(sorted(caused))

        memory = Memory(database, wake=wake)
        watch = Watch(
            memory=memory, lanes=lanes, accounts=accounts, per_second=dict.fromkeys(accounts, 10.0), now=clock
        )
        yield World(clock, stage, database, memory, lanes, accounts, watch, wakes)


def _lanes(stage: Stage, transport: Transport, clock: Clock) -> tuple[Lanes, dict[AccountName, Account]]:
    ali = aliyun.AliyunSettings.model_validate(
        {
            "access_key_id": ALIYUN_KEY.id,
            "access_key_secret": ALIYUN_KEY.secret,
            "regions": [SHANGHAI],
            "endpoint": stage.aliyun.door.url,
        }
    )
    trtc = tencent.TencentSettings.model_validate(
        {
            "secret_id": TENCENT_KEY.id,
            "secret_key": TENCENT_KEY.secret,
            "regions": [SINGAPORE],
            "sdk_app_id": SDK_APP_ID,
            "endpoint": stage.tencent.door.url,
        }
    )
    accounts = {
        name: Account(
            name=name,
            provider=name,
            title=kind.title,
            regions=settings.regions,
            budget="b",
            share=0.5,
            has_id=kind.has_id,
            lists=name == ALI,
        )
        for name, kind, settings in ((ALI, aliyun.PROVIDER, ali), (TRTC, tencent.PROVIDER, trtc))
    }
    providers = {
        ALI: aliyun.PROVIDER.open(ali, lambda url: f"hash of {len(url)}"),
        TRTC: tencent.PROVIDER.open(trtc, lambda _url: ""),
    }
    nonces = itertools.count()

    async def reserve(*_: object) -> Slot:
        return Slot(wait_s=0.0)

    async def throttle(*_: object) -> None: ...

    lanes = Lanes(
        providers=providers,
        accounts=accounts,
        reserve=reserve,
        charge=reserve,
        throttle=throttle,
        send=transport.send,
        now=clock,
        monotonic=asyncio.get_running_loop().time,
        sleep=lambda _seconds: asyncio.sleep(0),
        jitter=lambda: 0.0,
        nonce=lambda: f"nonce-{next(nonces):08}",
    )
    return lanes, accounts
