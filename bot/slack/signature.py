"""
Is this request from Slack? Answered over raw bytes, in constant time, before anything parses or logs the body.

Bolt's own check is off: it raises on a timestamp that is no number (a 500), and logs the whole body of a forgery, with
its response_url and trigger_id.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack (read 2026-11-21).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

WINDOW: Final = timedelta(minutes=5)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")


class Verdict(StrEnum):
    """What the signature says; the word in the log."""

    GENUINE = "genuine"
    UNSIGNED = "unsigned"  # a header is missing or is no header of Slack's
    STALE = "stale"  # too old, or from a future: perhaps a replay, perhaps our clock
    FORGED = "forged"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Return what Slack puts into `X-Slack-Signature`."""
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return f"v0={digest}"


def judge(secret: str, *, timestamp: str | None, signature: str | None, body: bytes, now: datetime) -> Verdict:
    """
    Judge one request.

    Args:
        timestamp: `X-Slack-Request-Timestamp`, Unix seconds as text.
        signature: `X-Slack-Signature`, `v0=` and 64 hexadecimal digits.
        body: the raw bytes, as they came.
    """
    if timestamp is None or signature is None or not _TIMESTAMP.fullmatch(timestamp):
        return Verdict.UNSIGNED
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return Verdict.STALE
    expected = sign(secret, timestamp, body).encode()
    given = signature.encode("utf-8", "surrogatepass")
    return Verdict.GENUINE if hmac.compare_digest(expected, given) else Verdict.FORGED
