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
        bolt_request = _read(body, request)
        if bolt_request is None:
            log.warning("a signed request to /slack/events makes no sense")
            return web.json_response({"error": "unreadable request"}, status=400)
        return await to_aiohttp_response(await app.async_dispatch(bolt_request))

    return handle


def _read(body: bytes, request: web.Request) -> AsyncBoltRequest | None:
    """Parse a request as Bolt does; None when it is neither a form nor a JSON object, though it is signed."""
    headers: dict[str, str | Sequence[str]] = dict(request.headers.items())
    try:
        read = AsyncBoltRequest(body=body.decode("utf-8", "replace"), query=request.query_string, headers=headers)
    except (ValueError, AttributeError):
        return None
    content: object = read.body  # typed as an object by Bolt, which has only parsed it
    return read if isinstance(content, dict) else None
