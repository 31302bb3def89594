"""
A cloud on loopback that only counts, and lanes to it: the real pace row on disk, real HTTP, a provider without meaning.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from bisect import bisect_left
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import httpx
from aiohttp import web

from adapters.contract import (
    AccountName,
    Api,
    Conversation,
    Listing,
    Pace,
    Region,
    Reply,
    Request,
    Snapshot,
    TaskId,
    TaskRef,
    TaskState,
)
from adapters.errors import ProviderError, Unreachable
from bot import clock
from bot.domain.account import Account
from bot.queue.lanes import Lanes
from bot.store.database import Database
from bot.store.pace import Paces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from multiprocessing.connection import Connection

DESCRIBE = Api("Describe")
ACCOUNT = AccountName("loopback")
SEED = 20261121


def ref(task: str) -> TaskRef:
    return TaskRef(account=ACCOUNT, region=Region("loopback"), task_id=TaskId(task))


@dataclass(frozen=True, slots=True)
class Loopback:
    """A provider that asks one URL for each task and finds every task running."""

    url: str
    rate: float

    @property
    def paces(self) -> dict[Api, Pace]:
        return {DESCRIBE: Pace(per_second=self.rate, source="the command line")}

    def status(self, region: Region, task: TaskId) -> Conversation[Snapshot]:  # noqa: ARG002
        reply = yield Request(api=DESCRIBE, method="GET", url=f"{self.url}/{task}")
        return Snapshot(task_id=task, state=TaskState.RUNNING, taken_at=reply.received_at, raw="1")

    def listing(self, region: Region, text: str = "") -> Conversation[Listing] | None:  # noqa: ARG002
        return None

    def refusal(self, reply: Reply) -> ProviderError | None:  # noqa: ARG002
        return None

    def sign(self, request: Request, *, now: Any, nonce: str) -> Request:  # noqa: ARG002
        return request


def _receive(pipe: Connection) -> None:
    """Serve, and tell when each request came, in seconds of this machine's monotonic clock."""
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    arrivals: list[float] = []

    async def count(_request: web.Request) -> web.Response:
        arrivals.append(loop.time())
        return web.Response(text="{}")

    app = web.Application()
    app.router.add_get("/{task}", count)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pipe.send(runner.addresses[0][1])
    while await loop.run_in_executor(None, pipe.recv) == "report":
        pipe.send(list(arrivals))
    await runner.cleanup()


class Receiver:
    """The counting server, in a process of its own."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url = f"http://127.0.0.1:{pipe.recv()}"

    def arrivals(self) -> list[float]:
        self._pipe.send("report")
        arrivals: list[float] = self._pipe.recv()
        return arrivals


@contextmanager
def receiver() -> Iterator[Receiver]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_receive, args=(theirs,))
    process.start()
    try:
        yield Receiver(ours)
    finally:
        ours.send("stop")
        process.join()


@dataclass(frozen=True, slots=True)
class Opened:
    """Lanes, their database, and the tasks that were asked for, in the order in which the requests left."""

    lanes: Lanes
    database: Database
    sent: list[str]


@asynccontextmanager
async def open_lanes(url: str, *, rate: float, share: float) -> AsyncIterator[Opened]:
    account = Account(
        name=ACCOUNT,
        provider="loopback",
        title="Loopback",
        regions=(Region("loopback"),),
        budget="bench",
        share=share,
        has_id=lambda _text: True,
        lists=False,
    )
    loop = asyncio.get_running_loop()
    nonces = itertools.count()
    sent: list[str] = []
    with TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'bench.db'}")
        await database.upgrade()
        paces = Paces(database)
        async with httpx.AsyncClient() as client:

            async def send(request: Request) -> Reply:
                sent.append(request.url.rpartition("/")[2])
                try:
                    reply = await client.request(request.method, request.url)
                except httpx.HTTPError as error:
                    raise Unreachable(type(error).__name__) from None
                return Reply(status=reply.status_code, headers={}, body=reply.content, received_at=clock.now())

            lanes = Lanes(
                providers={ACCOUNT: Loopback(url, rate)},
                accounts={ACCOUNT: account},
                reserve=paces.reserve,
                charge=paces.charge,
                throttle=paces.throttle,
                send=send,
                now=clock.now,
                monotonic=loop.time,
                sleep=asyncio.sleep,
                jitter=random.Random(SEED).random,
                nonce=lambda: str(next(nonces)),
            )
            yield Opened(lanes, database, sent)
            await lanes.close()
        await database.close()


def most_in_a_second(arrivals: list[float]) -> int:
    """Count the fullest sliding second."""
    return max((bisect_left(arrivals, start + 1.0) - place for place, start in enumerate(arrivals)), default=0)
