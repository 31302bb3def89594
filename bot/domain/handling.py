"""
Handling: as much of a response as a card or a page shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.notice import Handling

if TYPE_CHECKING:
    from bot.domain.response import Response


def handling(response: Response) -> Handling:
    """Say who has a response in hand and until when."""
    return Handling(
        response=response.id,
        version=response.version,
        by=response.acked_by if response.is_acked else "",
        until=response.ack_until,
        is_snoozed=response.is_acked and bool(response.snoozed_by),
        assigned_to="" if response.is_acked else response.assigned_to,
        over_at=response.closed_at,
    )
