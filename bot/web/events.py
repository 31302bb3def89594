"""
Slack's door over HTTP: a verified request goes to Bolt, anything else is turned away unread.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.slack.signature import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from slack_bolt.async_app import AsyncApp

LARGEST: Final = 1024 * 1024  # bytes; a view's payload can have 250 kB

log = logging.getLogger(__name__)


def receive(
    app: AsyncApp, *, secret: str, now: Callable[[], datetime]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return the handler of `POST /slack/events`."""

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        verdict = judge(
            secret,
            timestamp=request.headers.get("X-Slack-Request-Timestamp"),
            signature=request.headers.get("X-Slack-Signature"),
            body=body,
            now=now(),
        )
        if verdict is not Verdict.GENUINE:
            log.warning("turned a request to /slack/events away: %s", verdict)  # never its body
            return web.json_response({"error": "invalid request"}, status=401)
        headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
        bolt_request = AsyncBoltRequest(
            body=body.decode("utf-8", "replace"), query=request.query_string, headers=headers
        )
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return handle
