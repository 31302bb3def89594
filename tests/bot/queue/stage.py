"""
A stage for lanes: a clock that moves only when all wait for it, a cloud that answers by script, and the real pace row.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

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
from bot.domain.account import Account

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from adapters.errors import ProviderError
    from bot.queue.lanes import Lanes
    from bot.store.pace import Paces

DESCRIBE = Api("Describe")
LIST = Api("List")
STARTED_AT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


class VirtualTime:
    """Seconds that pass when everybody sleeps, and at once."""

    def __init__(self) -> None:
        self._now = 1_000_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._outside = 0  # calls to a database, which sleeps in a thread of its own

    def monotonic(self) -> float:
        return self._now

    def now(self) -> datetime:
        return STARTED_AT + timedelta(seconds=self._now - 1_000_000.0)

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(seconds, 0.0), next(self._numbers), woken))
        await woken

    def outside(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Let no time pass during the call."""

        async def called(*arguments: Any) -> Any:
            self._outside += 1
            try:
                return await call(*arguments)
            finally:
                self._outside -= 1

        return called

    async def run(self, awaitable: Awaitable[Any]) -> Any:
        """Let time pass until this is done."""
        task = asyncio.ensure_future(awaitable)
        await self._settle()
        while not task.done():
            self._move()
            await self._settle()
        return await task

    async def settle(self, seconds: float = 0.001) -> None:
        """Let everybody do what can be done within so many seconds."""
        await self.run(self.sleep(seconds))

    def _move(self) -> None:
        while True:
            assert self._sleepers, "all wait, and nothing will ever wake them"
            at, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                self._now = at
                woken.set_result(None)
                return

    async def _settle(self) -> None:
        ready = asyncio.get_running_loop()._ready  # the handles that the loop has still to run
        await asyncio.sleep(0)
        while self._outside or ready:  # noqa: ASYNC110 - no event tells that a loop is idle
            await asyncio.sleep(0.0002 if self._outside else 0)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request as the cloud saw it."""

    at: float
    api: Api
    task: str
    nonce: str
    signed_at: datetime


@dataclass
class Cloud:
    """A provider and the wire to it. `script` holds what comes of the next requests; after that all goes well."""

    time: VirtualTime
    rate: float = 10.0
    latency_s: float = 0.0
    pages: int = 1
    lists: bool = True
    script: deque[ProviderError | None] = field(default_factory=deque)
    is_silent: bool = False  # requests hang
    sent: list[Sent] = field(default_factory=list)
    refusals: dict[bytes, ProviderError] = field(default_factory=dict)

    @property
    def paces(self) -> dict[Api, Pace]:
        return {api: Pace(per_second=self.rate, source="this test") for api in (DESCRIBE, LIST)}

    def status(self, region: Region, task: TaskId) -> Conversation[Snapshot]:
        reply = yield Request(api=DESCRIBE, method="GET", url=f"https://cloud.test/{region}/{task}")
        return Snapshot(task_id=task, state=TaskState.RUNNING, taken_at=reply.received_at, raw="1")

    def listing(self, region: Region, text: str = "") -> Conversation[Listing] | None:  # noqa: ARG002
        return self._walk(region) if self.lists else None

    def _walk(self, region: Region) -> Conversation[Listing]:
        for page in range(self.pages):
            yield Request(api=LIST, method="GET", url=f"https://cloud.test/{region}/page-{page}")
        return Listing(tasks={}, total=0, requests=self.pages)

    def refusal(self, reply: Reply) -> ProviderError | None:
        return self.refusals.get(reply.body)

    def sign(self, request: Request, *, now: datetime, nonce: str) -> Request:
        return Request(
            api=request.api,
            method=request.method,
            url=request.url,
            headers={"now": now.isoformat(), "nonce": nonce},
        )

    async def send(self, request: Request) -> Reply:
        self.sent.append(
            Sent(
                self.time.monotonic(),
                request.api,
                request.url.rpartition("/")[2],
                request.headers["nonce"],
                datetime.fromisoformat(request.headers["now"]),
            )
        )
        outcome = self.script.popleft() if self.script else None
        if self.is_silent:
            await asyncio.get_running_loop().create_future()
        if self.latency_s:
            await self.time.sleep(self.latency_s)
        body = str(len(self.sent)).encode()
        if outcome is not None:
            if outcome.code == "no reply":
                raise outcome
            self.refusals[body] = outcome
        return Reply(status=200, headers={}, body=body, received_at=self.time.now())


@dataclass
class Stage:
    """Lanes over a cloud, on the real pace row, in virtual time."""

    time: VirtualTime
    cloud: Cloud
    lanes: Lanes
    paces: Paces
    account: AccountName

    def ref(self, task: object) -> TaskRef:
        return TaskRef(account=self.account, region=Region("cn-shanghai"), task_id=TaskId(str(task)))

    def ask(self, task: object, **how: Any) -> asyncio.Task[Snapshot]:
        """Ask, in a task of its own that may be left alone: those that the end of a test finds waiting are told so."""
        asking = asyncio.create_task(self.lanes.ask(self.ref(task), **how))
        asking.add_done_callback(lambda asked: asked.cancelled() or asked.exception())
        return asking

    def order(self) -> list[str]:
        return [sent.task for sent in self.cloud.sent]


def account(name: str, budget: str = "b", share: float = 0.5) -> Account:
    return Account(
        name=AccountName(name),
        provider="cloud",
        title="Cloud",
        regions=(Region("cn-shanghai"),),
        budget=budget,
        share=share,
        has_id=lambda _text: True,
        lists=True,
    )
