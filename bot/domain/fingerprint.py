"""
Whether two tasks push to the same place, told without keeping where that is: a push URL is a key to a channel.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import parse_qs, urlsplit

_DIGITS: Final = 32  # of the hash that are kept


def fingerprint(key: bytes, url: str) -> str:
    """
    Hash a push URL under a key that only our memory has.

    Scheme, host and path decide, and an SRT stream's id. Other queries are signatures: they differ from day to day.

    Returns:
        32 hexadecimal digits; empty for what is no URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if not host:
        return ""
    stream = "".join(parse_qs(parts.query).get("streamid", [])) if parts.scheme == "srt" else ""
    place = f"{parts.scheme}://{host}:{port or ''}/{parts.path.strip('/')}?{stream}"
    return hmac.digest(key, place.encode("utf-8", "surrogatepass"), "sha256").hex()[:_DIGITS]
