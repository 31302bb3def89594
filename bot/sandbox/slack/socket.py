"""
Socket Mode: the WebSocket over which Slack hands envelopes to an app that has no public address.

Each envelope goes to one of the connections, in turn. Slash commands and buttons that are not acknowledged are lost, as
in Slack.
Source: docs.slack.dev/apis/events-api/using-socket-mode (read 2026-11).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from aiohttp import WSMsgType, web

from bot.sandbox.bell import Bell

if TYPE_CHECKING:
    from bot.sandbox.slack.workspace import Json

MOST_CONNECTIONS = 10
PATH = "/link"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What an app sent back for an envelope; `payload` is None where it sent none."""

    envelope_id: str
    payload: Json | None


class SocketMode:
    """The server's end of every connection. `acks` are in order of arrival."""

    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._tickets: set[str] = set()
        self._connections: list[web.WebSocketResponse] = []
        self._waiting: dict[str, asyncio.Future[Ack]] = {}
        self._turn = count()
        self._serial = count(1)
        self._bell = Bell()
        self.acks: list[Ack] = []

    @property
    def connections(self) -> int:
        return len(self._connections)

    def ticket(self, server_url: str) -> str:
        """Return a WebSocket address that is good for one connection."""
        ticket = f"ticket-{next(self._serial)}"
        self._tickets.add(ticket)
        return f"{server_url.replace('http', 'ws', 1)}{PATH}?ticket={ticket}&app_id={self._app_id}"

    async def connected(self, count: int = 1, *, within_s: float = 10.0) -> None:
        """Wait until exactly so many connections stand."""
        await self._bell.until(lambda: self.connections == count, within_s=within_s)

    async def acked(self, count: int, *, within_s: float = 10.0) -> None:
        """Wait until so many envelopes have been acknowledged."""
        await self._bell.until(lambda: len(self.acks) >= count, within_s=within_s)

    async def deliver(self, kind: str, payload: Json, *, retry: int = 0, within_s: float) -> Ack | None:
        """Hand an envelope (`slash_commands`, `interactive`, `events_api`) to the next connection; None: no ack."""
        envelope: Json = {
            "type": kind,
            "envelope_id": f"envelope-{next(self._serial)}",
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if retry:
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout"}
        answer = self._waiting[envelope["envelope_id"]] = asyncio.get_running_loop().create_future()
        connection = self._connections[next(self._turn) % len(self._connections)]
        try:
            await connection.send_json(envelope)
            return await asyncio.wait_for(answer, within_s)
        except (TimeoutError, ConnectionError):
            return None
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every connection to go away and come back: `warning`, `refresh_requested`, `link_disabled`."""
        for connection in list(self._connections):
            await connection.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    async def close(self) -> None:
        """Close every connection without a word."""
        for connection in list(self._connections):
            await connection.close()

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Hold one connection until it ends."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401)
        self._tickets.discard(ticket)
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        if len(self._connections) >= MOST_CONNECTIONS:
            await connection.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await connection.close()
            return connection
        self._connections.append(connection)
        await connection.send_json(
            {
                "type": "hello",
                "num_connections": self.connections,
                "connection_info": {"app_id": self._app_id},
                "debug_info": {"host": "sandbox", "approximate_connection_time": 3600},
            }
        )
        self._bell.ring()
        try:
            async for message in connection:
                if message.type is WSMsgType.TEXT:
                    self._hear(message.data)
        finally:
            self._connections.remove(connection)
            self._bell.ring()
        return connection

    def _hear(self, text: str) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):  # whatever is no ack is not answered by Slack either
            said = json.loads(text)
            ack = Ack(envelope_id=said["envelope_id"], payload=said.get("payload"))
            self.acks.append(ack)
            self._bell.ring()
            waiting = self._waiting.get(ack.envelope_id)
            if waiting is not None and not waiting.done():
                waiting.set_result(ack)
