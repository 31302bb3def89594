"""
The HTTP server of one process: health for everybody, details and metrics for operators, Slack's events and the clouds'
callbacks where set.
"""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from aiohttp import web

from bot.web.callbacks import PATH
from bot.web.events import LARGEST

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from bot.web.metrics import Page

Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]
Ready: TypeAlias = Callable[[], Awaitable[Mapping[str, str]]]  # what is wrong, by part; nothing wrong is empty


class Door:
    """
    An open door, for as long as it is entered.

    Args:
        slack: handles `POST /slack/events`; None in Socket Mode alone.
        ready: asked at each `/readyz`.
        metrics: the page of `/metrics`, in Prometheus' text form.
        token: lets other machines see details and metrics.
        callbacks: handles `POST /callbacks/<cloud>/<key>`.
    """

    def __init__(
        self,
        *,
        bind: str,
        port: int,
        slack: Handler | None,
        ready: Ready,
        metrics: Page,
        token: str,
        callbacks: Handler | None = None,
    ) -> None:
        self._bind = bind
        self._port = port
        self._ready = ready
        self._metrics = metrics
        self._token = token
        app = web.Application(client_max_size=LARGEST)
        app.router.add_get("/healthz", self._healthz)
        app.router.add_get("/readyz", self._readyz)
        app.router.add_get("/metrics", self._metrics_page)
        if slack is not None:
            app.router.add_post("/slack/events", slack)
        if callbacks is not None:
            app.router.add_post(PATH, callbacks)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)
        self._site: web.TCPSite | None = None

    @property
    def port(self) -> int:
        """The port that is listened on; the chosen one where 0 was asked for."""
        return int(self._runner.addresses[0][1])

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, self._bind, self._port)
        try:
            await self._site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    async def close(self) -> None:
        """Take no new connection; requests under way are finished."""
        if self._site is not None:
            await self._site.stop()
            self._site = None

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, request: web.Request) -> web.Response:
        wrong = await self._ready()
        status = 503 if wrong else 200
        if not self._is_trusted(request):
            return web.Response(text="not ready\n" if wrong else "ready\n", status=status)
        return web.json_response({"ready": not wrong, "wrong": dict(wrong)}, status=status)

    async def _metrics_page(self, request: web.Request) -> web.Response:
        if not self._is_trusted(request):
            raise web.HTTPNotFound
        return web.Response(
            body=await self._metrics(), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
        )

    def _is_trusted(self, request: web.Request) -> bool:
        """Trust this machine, unless it only forwards for another; and whoever has the token."""
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if self._token and hmac.compare_digest(given, f"Bearer {self._token}".encode()):
            return True
        is_forwarded = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-IP"))
        try:
            return not is_forwarded and ipaddress.ip_address(request.remote or "").is_loopback
        except ValueError:
            return False
