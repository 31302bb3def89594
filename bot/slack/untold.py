"""
What comes back where Slack does not answer as it is documented: its own word for it, or what we saw instead.

In trouble its edge answers in plain text, and a proxy in whatever it likes; the SDK hands that on as it came.
"""

from __future__ import annotations

from typing import Final

import aiohttp
from slack_sdk.errors import SlackApiError

# Of a call whose answer is read: it is refused, does not come, or is none. AttributeError: no object, says the SDK.
UNTOLD: Final = (TimeoutError, SlackApiError, aiohttp.ClientError, KeyError, TypeError, AttributeError)


def word(error: Exception) -> str:
    """Return Slack's own word for what it refuses; empty where its answer has none."""
    data = getattr(getattr(error, "response", None), "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def status(error: Exception) -> int:
    """Return an answer's HTTP status; 0 without one. The SDK hands one that is cut off on as it has it from aiohttp."""
    reply = getattr(error, "response", None)
    return int(getattr(reply, "status_code", 0) or getattr(reply, "status", 0))


def named(error: Exception) -> str:
    """Name an error, never empty, without its text, which can hold an address."""
    if isinstance(error, TimeoutError | aiohttp.ClientError):
        return type(error).__name__
    return word(error) or (f"HTTP {seen}" if (seen := status(error)) not in {0, 200} else "unreadable_answer")
