"""
Pages: the calls of a response that people in Slack have got, and who was called in person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from bot.domain.notice import Kind, PageBody
from bot.domain.subscription import Place
from bot.store import legible
from bot.store.line import State
from bot.store.tables import NoticeRow

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST: Final = 20  # of one response; the oldest of more are left as they are

_IN_SLACK: Final = (Kind.PAGE.value, Kind.DIRECT.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A call that stands in Slack. `user` is empty for a channel's; then `place` is that channel, else the person."""

    place: Place
    kind: Kind
    user: str
    task: int | None
    incident: int | None
    ts: str
    body: PageBody


class Pages:
    """The pages of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def of(self, response: int) -> list[Page]:
        """Find the messages that called somebody for a response, the newest first."""
        rows = await self._connection.execute(
            select(NoticeRow)
            .where(NoticeRow.response == response, NoticeRow.kind.in_(_IN_SLACK))
            .where(NoticeRow.card == "", NoticeRow.state == State.DONE.value)
            .order_by(NoticeRow.id.desc())
            .limit(MOST)
        )
        found = [(row, legible.body_of(row)) for row in rows]
        return [
            Page(
                place=Place(team=row.team_id, channel=row.channel_id),
                kind=Kind(row.kind),
                user=row.user_id,
                task=row.task,
                incident=row.incident,
                ts=row.ts,
                body=body,
            )
            for row, body in found
            if isinstance(body, PageBody)
        ]

    async def was_called(self, response: int, user: str) -> bool:
        """Say whether a person was called in person for a response."""
        found = await self._connection.scalar(
            select(NoticeRow.id)
            .where(NoticeRow.response == response, NoticeRow.kind == Kind.DIRECT.value, NoticeRow.user_id == user)
            .limit(1)
        )
        return found is not None
