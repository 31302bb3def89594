"""
A real HTTP server on this machine: everything of the sandbox that touches a network.

What stands behind it is a function from `Call` to `Answer` that never waits; faults happen here, around it. It binds to
127.0.0.1 and to nothing else.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox.faults import Alter, Answer, Delay, Drop, Fail, Fault, Faults, Hang, Stale, Strike, Truncate
from bot.sandbox.ledger import Entry, Ledger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    Label = Callable[["Call"], tuple[str, Mapping[str, str]]]

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it came over the wire. Header names are lower case; the query is raw."""

    method: str
    path: str
    query: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    at: datetime  # on the sandbox's calendar, aware UTC
    tick: float  # on its monotonic clock, seconds


class Door:
    """
    One server on a free loopback port.

    Args:
        answer: Does the work; pure but for its own state.
        fail: Puts a `Fail` into the vendor's wire form.
        label: Names the API that a call asks for, and its parameters without secrets: for faults and the ledger.
        calendar: What time it is here; the `Date` header shows it.
        monotonic: Seconds that never step back; by default the event loop's.
    """

    def __init__(
        self,
        *,
        answer: Callable[[Call], Answer],
        fail: Callable[[Fail, Call], Answer],
        label: Label,
        calendar: Callable[[], datetime],
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._answer = answer
        self._fail = fail
        self._label = label
        self._calendar = calendar
        self._monotonic = monotonic or asyncio.get_running_loop().time
        self._routes: list[tuple[str, Callable[[web.Request], Awaitable[web.StreamResponse]]]] = []
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._port = 0
        self._is_closing = False
        self.faults = Faults()
        self.ledger = Ledger()

    @property
    def url(self) -> str:
        """Where it listens: `http://127.0.0.1:<port>`. It keeps its port while shut."""
        return f"http://{LOOPBACK}:{self._port}"

    def route(self, path: str, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> None:
        """Serve one path apart (a WebSocket); to be called before `open`."""
        self._routes.append((path, handler))

    async def open(self) -> None:
        """Start to listen."""
        app = web.Application(client_max_size=1 << 20)
        for path, handler in self._routes:
            app.router.add_get(path, handler)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await self.reopen()

    async def close(self) -> None:
        """Break what hangs and stop for good."""
        self._is_closing = True
        self.faults.release()
        if self._runner is not None:
            await self._runner.cleanup()

    async def shut(self) -> None:
        """Refuse connections and break those that are open, until `reopen`."""
        if self._site is not None and self._runner is not None and self._runner.server is not None:
            await self._site.stop()
            self._site = None
            for connection in list(self._runner.server.connections):
                connection.force_close()
            await asyncio.sleep(0)  # the sockets close in the loop's next turn; nobody may send into them any more

    async def reopen(self) -> None:
        """Listen again on the same port."""
        if self._runner is None or self._site is not None:
            return
        self._site = web.TCPSite(self._runner, LOOPBACK, self._port)
        await self._site.start()
        self._port = self._site.port

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path,
            query=request.rel_url.raw_query_string,
            headers={name.lower(): ",".join(request.headers.getall(name)) for name in request.headers},
            body=await request.read(),
            at=self._calendar(),
            tick=self._monotonic(),
        )
        api, params = self._label(call)
        entry = self.ledger.open(Entry(at=call.at, tick=call.tick, api=api, params=params))
        answer = await self._act(call, self.faults.take(api))
        if answer is None or self._is_closing:
            self.ledger.settle(entry, "dropped")
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        self.ledger.settle(entry, answer.verdict)
        return web.Response(
            status=answer.status,
            body=answer.body,
            headers={
                "Content-Type": answer.content_type,
                "Date": format_datetime(self._calendar(), usegmt=True),
                **answer.headers,
            },
        )

    async def _act(self, call: Call, fault: Fault | None) -> Answer | None:
        """Answer a call under a fault; None means that the connection breaks."""
        match fault:
            case Drop(done=False):
                return None
            case Drop():
                self._answer(call)
                return None
            case Strike():
                return self._strike(call, fault)
            case Fail() | Answer():
                if fault.done:
                    self._answer(call)
                return self._fail(fault, call) if isinstance(fault, Fail) else fault
            case Truncate():
                whole = self._answer(call)
                return Answer(status=whole.status, body=whole.body[: len(whole.body) // 2], verdict="truncated")
            case Stale(by=by):
                return replace(self._answer(replace(call, at=call.at - by)), verdict="stale")
            case Alter(change=change):
                whole = self._answer(call)
                return replace(whole, body=json.dumps(change(json.loads(whole.body))).encode(), verdict="altered")
            case Hang(done=done):
                answer = self._answer(call) if done else None
                await self.faults.hold()
                return answer or self._answer(call)
            case Delay(by=by):
                await asyncio.sleep(by.total_seconds())
            case None:
                pass
        return self._answer(call)

    def _strike(self, call: Call, fault: Strike) -> Answer | None:
        answer = self._answer(call) if fault.done else None
        fault.blow()
        if not fault.answers:
            return None
        return answer or self._answer(call)
