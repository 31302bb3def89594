"""
A dead-man's switch elsewhere: it is fetched while all is well, and warns when that stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.speech import Refused, Unsure

if TYPE_CHECKING:
    from bot.pager.door import Door


async def signal(url: str, door: Door) -> str:
    """Say once that all is well; return why it was not heard, empty when it was. It may be inside: nobody types it."""
    try:
        answer = await door.send("GET", url, allow_private=True)
    except Refused as refused:
        return refused.code
    except Unsure as unsure:
        return str(unsure)
    return "" if 200 <= answer.status < 300 else f"HTTP {answer.status}"
