"""
Socket Mode: two connections, because the SDK closes the old one before it opens the new, and what Slack sends into that
gap is lost.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11-21).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncApp

CONNECTIONS: Final = 2

log = logging.getLogger(__name__)


class Sockets:
    """The connections to Slack of one process."""

    def __init__(self, app: AsyncApp, *, app_token: str) -> None:
        self._handlers = [AsyncSocketModeHandler(app, app_token) for _ in range(CONNECTIONS)]

    async def connect(self) -> None:
        """Open every connection; each keeps itself open from then on."""
        await asyncio.gather(*(handler.client.connect() for handler in self._handlers))  # type: ignore[no-untyped-call]  # the SDK's
        log.info("Socket Mode: %d connections to Slack", CONNECTIONS)

    async def open_count(self) -> int:
        """Say how many connections stand."""
        standing = await asyncio.gather(*(handler.client.is_connected() for handler in self._handlers))
        return sum(standing)

    async def close(self) -> None:
        """Hear nothing more."""
        await asyncio.gather(*(handler.client.close() for handler in self._handlers))  # type: ignore[no-untyped-call]  # the SDK's
