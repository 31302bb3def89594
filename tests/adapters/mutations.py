"""
Broken replies, made from recorded ones: what proxies, vendors and bad days can do to bytes that were right.
"""

from __future__ import annotations

import copy
import json
import math
from typing import TYPE_CHECKING, Any

from tests.adapters.recorded import answer

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from adapters.contract import Reply

ODD_VALUES = [
    None, True, False, 0, 1, -1, 2.5, 10**18, -(10**30), 1e308, math.nan, math.inf, "", " ", "0", "1", "-1", "٣", "1e5",
    "NaN", "null", "InProgress", "NotExist", "运行中", "a b", "rtmp://u:p@h/a/b?c=d", "\u202e\u2028", "\ud83d",
    "x" * 5000, "2026-11-21T02:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-02-30",
    [], [None], [[]], {}, {"Code": {}}, {"TaskId": "t-1"}, ["1"] * 50,
]  # fmt: skip
ODD_HEADERS = {
    "x-acs-retry-after": ["", "-1", "0", "1500", "1.5", "9" * 30, "soon", "\u0661"],
    "retry-after": ["", "-1", "3", "9" * 30, "Sat, 21 Nov 2026 02:00:09 GMT"],
    "date": [
        "",
        "now",
        "Sat, 21 Nov 2026 02:00:09 GMT",
        "Mon, 99 Foo 0000 99:99:99 GMT",
        "Sat, 01 Jan 0001 00:00:00 GMT",
    ],
    "content-type": ["text/xml;charset=utf-8", "text/html", "application/json"],
    "x-acs-request-id": ["", "r-1", "x" * 500],
}
STATUSES = [100, 200, 200, 200, 200, 204, 301, 400, 400, 401, 403, 404, 408, 429, 500, 503, 599, 999]


def mutated(reply: Reply, chance: random.Random) -> Reply:
    """Break a reply in one to four ways."""
    status, headers, body = reply.status, dict(reply.headers), reply.body
    for _ in range(chance.randint(1, 4)):
        match chance.randrange(8):
            case 0:
                status = chance.choice(STATUSES)
            case 1:
                name = chance.choice([*ODD_HEADERS])
                headers[name] = chance.choice(ODD_HEADERS[name])
            case 2:
                body = _broken_bytes(body, chance)
            case _:
                body = _broken_value(body, chance)
    return answer(body, status, headers)


def _broken_bytes(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body) + 1)
    match chance.randrange(5):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + chance.randbytes(chance.randrange(1, 9)) + body[at:]
        case 2:
            return b"\xef\xbb\xbf" + body
        case 3:
            depth = chance.choice([10, 150, 5000])
            return b'{"Response":' * depth + body + b"}" * depth
        case _:
            return b"[" * chance.choice([3, 100_000]) + body


def _broken_value(body: bytes, chance: random.Random) -> bytes:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return body
    places = list(_places(content))
    if not places:
        return json.dumps(chance.choice(ODD_VALUES)).encode()
    holder, key = chance.choice(places)
    match chance.randrange(4):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[key[:1].swapcase() + key[1:]] = holder.pop(key)
        case 2 if isinstance(holder[key], int | float):
            holder[key] = str(holder[key])
        case _:
            holder[key] = copy.deepcopy(chance.choice(ODD_VALUES))
    return json.dumps(content, ensure_ascii=chance.random() < 0.5).encode("utf-8", errors="surrogatepass")


def _places(content: Any) -> Iterator[tuple[Any, Any]]:
    """Every holder and key in a tree; without recursion, because some trees are deeper than Python's stack."""
    waiting = [content]
    while waiting:
        holder = waiting.pop()
        keys = holder.keys() if isinstance(holder, dict) else range(len(holder)) if isinstance(holder, list) else ()
        for key in list(keys):
            yield holder, key
            waiting.append(holder[key])
