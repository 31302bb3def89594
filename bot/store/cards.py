"""
Cards: which message of ours in a channel shows a task, a board or a group, and under which its story goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import delete, select

from bot.domain.subscription import Place
from bot.store.batches import batches
from bot.store.tables import CardRow
from bot.store.upsert import upsert

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

DIGEST: Final = "digest"  # the message of a channel that a burst of changes is gathered in

DRILL: Final = "drill"  # the newest rehearsed outage of a channel


def of_task(task: int) -> str:
    """Name the card of a task by the store's id of it."""
    return f"task:{task}"


def of_subscription(subscription: int) -> str:
    """Name a board."""
    return f"subscription:{subscription}"


def of_incident(incident: int) -> str:
    """Name the message of a group incident."""
    return f"incident:{incident}"


def of_page(response: int, version: int | Literal[""]) -> str:
    """Name the message of a call by the version of the response that it made; without, how all of them begin."""
    return f"page:{response}:{version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A message of ours that Slack has. Replies go under `thread_ts` where that is set, else under the card itself."""

    place: Place
    subject: str  # as `of_task`, `of_subscription`, `of_incident` or `of_page` names it
    ts: str
    thread_ts: str = ""

    @property
    def root_ts(self) -> str:
        """The message under which replies go."""
        return self.thread_ts or self.ts


class Cards:
    """The cards of one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def get(self, place: Place, subject: str) -> Card | None:
        """Find a card by what it shows."""
        return next(iter(await self._all(_is_in(place) & (CardRow.subject == subject))), None)

    async def of(self, place: Place, task: int) -> Card | None:
        """Find the card of a task in a channel."""
        return await self.get(place, of_task(task))

    async def put(
        self,
        place: Place,
        *,
        task: int | None = None,
        subscription: int | None = None,
        incident: int | None = None,
        ts: str,
        thread_ts: str = "",
    ) -> None:
        """Remember the message that shows a task, a board or a group; a newer one takes the older one's place."""
        subject = name(task=task, subscription=subscription, incident=incident)
        if not subject:
            raise ValueError("a card shows a task, a subscription or an incident")
        await self.put_subject(place, subject, ts=ts, thread_ts=thread_ts)

    async def put_subject(self, place: Place, subject: str, *, ts: str, thread_ts: str = "") -> None:
        """Do the same for a card that is named already."""
        begun = upsert(self._connection, CardRow).values(
            team_id=place.team, channel_id=place.channel, subject=subject, ts=ts, thread_ts=thread_ts
        )
        await self._connection.execute(
            begun.on_conflict_do_update(
                index_elements=[CardRow.team_id, CardRow.channel_id, CardRow.subject],
                set_={"ts": begun.excluded.ts, "thread_ts": begun.excluded.thread_ts},
            )
        )

    async def of_tasks(self, tasks: Iterable[int]) -> dict[int, list[Card]]:
        """Find the cards of several tasks in all channels, by the store's id; none of one that has no card."""
        subjects = {of_task(task): task for task in tasks}
        found: dict[int, list[Card]] = {}
        for batch in batches([*subjects]):
            for card in await self._all(CardRow.subject.in_(batch)):
                found.setdefault(subjects[card.subject], []).append(card)
        return found

    async def of_group(self, incident: int) -> list[Card]:
        """Find the messages of a group incident in all channels."""
        return await self._all(CardRow.subject == of_incident(incident))

    async def of_place(self, place: Place) -> list[Card]:
        """Find all cards of a channel."""
        return await self._all(_is_in(place))

    async def among(self, place: Place, subjects: Sequence[str]) -> dict[str, Card]:
        """Find those cards of a channel that are named, by their names."""
        found = [
            card for batch in batches(subjects) for card in await self._all(_is_in(place) & CardRow.subject.in_(batch))
        ]
        return {card.subject: card for card in found}

    async def forget(self, place: Place, ts: str) -> None:
        """Let a message go that is no longer there or is not ours to edit; the next edit is posted anew."""
        await self._connection.execute(delete(CardRow).where(_is_in(place), CardRow.ts == ts))

    async def _all(self, which: ColumnElement[bool]) -> list[Card]:
        rows = await self._connection.execute(
            select(CardRow).where(which).order_by(CardRow.team_id, CardRow.channel_id, CardRow.subject)
        )
        return [_card(row) for row in rows]


def name(*, task: int | None, subscription: int | None, incident: int | None) -> str:
    """Name the card of the first of the three that is there; empty for none."""
    if task is not None:
        return of_task(task)
    if subscription is not None:
        return of_subscription(subscription)
    return "" if incident is None else of_incident(incident)


def _is_in(place: Place) -> ColumnElement[bool]:
    is_in: ColumnElement[bool] = (CardRow.team_id == place.team) & (CardRow.channel_id == place.channel)
    return is_in


def _card(row: Any) -> Card:
    return Card(
        place=Place(team=row.team_id, channel=row.channel_id), subject=row.subject, ts=row.ts, thread_ts=row.thread_ts
    )
