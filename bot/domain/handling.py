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
    is_snoozed = response.is_acked and bool(response.snoozed_by)
    return Handling(
        response=response.id,
        version=response.version,
        by=(response.snoozed_by or response.acked_by) if response.is_acked else "",
        until=response.due_at if is_snoozed else response.ack_until,
        is_snoozed=is_snoozed,
        assigned_to="" if response.is_acked else response.assigned_to,
        over_at=response.closed_at,
    )
