"""
The clouds' door: what they send by themselves is verified by their own adapters, and comes to "look at this task now".

A callback is never believed: a state is only ever what a read of ours says.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from aiohttp import web

from adapters.contract import Callback, Dismissed, Hint
from bot.store.errors import DatabaseTrouble

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName

    Take: TypeAlias = Callable[[AccountName, Hint, datetime], Awaitable[None]]

PATH: Final = "/callbacks/{cloud}/{key}"
LARGEST: Final = 64 * 1024  # bytes

# Several accounts may have the same address: the one that understands most speaks for all.
_STATUSES: Final = {
    Dismissed.NOT_OURS: 200,  # said no to, the cloud would only send it again
    Dismissed.UNREADABLE: 400,
    Dismissed.STALE: 401,
    Dismissed.NOT_GENUINE: 401,
    Dismissed.NO_DOOR: 404,
}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearer:
    """One account that may be called back; `hear` is its provider's, with the account's settings."""

    account: AccountName
    hear: Callable[[Callback], Hint | Dismissed]


def receive(
    hearers: Mapping[str, Sequence[Hearer]], *, take: Take, now: Callable[[], datetime]
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """
    Return the handler of `POST /callbacks/<cloud>/<key>`.

    Args:
        hearers: the accounts of each cloud, by the word people type.
        take: makes a task due; an unknown one is nothing to it.
    """

    async def handle(request: web.Request) -> web.Response:
        cloud = request.match_info["cloud"]
        accounts = hearers.get(cloud, ())
        if not accounts:
            raise web.HTTPNotFound
        body = await _body(request)
        if body is None:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST, actual_size=LARGEST + 1)
        heard_at = now()
        callback = Callback(
            key=request.match_info["key"],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            received_at=heard_at,
        )
        answers = [(each.account, each.hear(callback)) for each in accounts]
        hints = [(account, answer) for account, answer in answers if isinstance(answer, Hint)]
        if not hints:
            return _turned_away(cloud, [answer for _, answer in answers if isinstance(answer, Dismissed)])
        try:
            for account, hint in hints:
                await take(account, hint, heard_at)
        except DatabaseTrouble as trouble:
            log.warning("a callback of %s was not taken: %s", cloud, trouble)
            return web.json_response({"error": "come back later"}, status=503)
        return web.json_response({"code": 0})

    return handle


async def _body(request: web.Request) -> bytes | None:
    """Read it, but for one that is too large."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


def _turned_away(cloud: str, why: Sequence[Dismissed]) -> web.Response:
    best = min(why, key=[*_STATUSES].index)
    if best is Dismissed.NO_DOOR:  # anybody may knock: not worth a line
        raise web.HTTPNotFound
    if best is Dismissed.NOT_OURS:
        return web.json_response({"code": 0})
    log.warning("turned a callback of %s away: %s", cloud, best)  # never its body
    return web.json_response({"error": "invalid callback"}, status=_STATUSES[best])
