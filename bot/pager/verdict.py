"""
What an answer of a pager means for what was sent. Pure.

PagerDuty: 202 is taken, 400 is never taken, 429 and 5xx are tried again. Standard Webhooks: 2xx is taken, 410 says that
nobody is there any more, 429 and 5xx may say how long to wait. Of other refusals nobody knows whether time heals them
(a key that is being changed, an address that is being deployed): they are tried a few times.

Source: https://developer.pagerduty.com/docs/events-api-v2-overview#response-codes--retry-logic,
https://www.standardwebhooks.com (specification 1.0.0; both read 2026-11-21).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from bot.domain.speech import Obstacle, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.pager.door import Answer

_FOR_GOOD: Final = {400: Obstacle.CONTENT, 410: Obstacle.GONE, 413: Obstacle.CONTENT, 422: Obstacle.CONTENT}
_TOO_SOON: Final = {408, 425}


def refusal(answer: Answer, *, now: datetime) -> Refused | None:
    """Say what an answer refuses; None: it was taken. After a 5xx it may have been taken all the same."""
    if 200 <= answer.status < 300:
        return None
    code = f"HTTP {answer.status}"
    is_broken = answer.status >= 500 or answer.status in _TOO_SOON
    if answer.status == 429 or is_broken:
        wait = retry_after(answer.headers, now)
        return Refused(code, obstacle=Obstacle.WAIT, retry_after=wait, is_certain=not is_broken)
    return Refused(code, obstacle=_FOR_GOOD.get(answer.status, Obstacle.OTHER))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read `Retry-After`, whole seconds or a date; None where there is none that can be read."""
    told = headers.get("retry-after", "").strip()
    try:
        if told.isascii() and told.isdigit():
            return timedelta(seconds=min(int(told), 86_400))
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):  # also more digits than a number may have
        return None
    return max((at if at.tzinfo else at.replace(tzinfo=UTC)) - now, timedelta())
