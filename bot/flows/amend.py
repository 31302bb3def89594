"""
Amend: messages that show who has an incident in hand are brought up to date when that changes, and calls that then
nobody needs are not made.

A card shows it as it is when the card is sent; a page that Slack has is edited, so that its button goes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.notice import CardBody, GroupBody, Notice, PageBody
from bot.domain.response import handling
from bot.store.cards import of_incident, of_page, of_task

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.notice import Body
    from bot.domain.response import Response
    from bot.store.memory import Tx
    from bot.store.outbox import OutboxRow


async def amend(tx: Tx, response: Response, *, now: datetime) -> None:
    """Let the card and the pages of a response, which is kept as it is given, show how it stands."""
    shown = handling(response, now)
    was_called = response.step >= 0 or bool(response.called)
    for page in await tx.pages.of(response.id) if was_called else ():
        subject = of_page(response.id, page.body.version)
        await tx.cards.put_subject(page.place, subject, ts=page.ts)
        edit = Notice(
            place=page.place,
            kind=page.kind,
            cause=f"{subject}:{response.version}",
            body=replace(page.body, handling=shown),
            task=page.task,
            incident=page.incident,
            response=response.id,
            user=page.user,
        )
        await tx.outbox.put(edit, now=now)
    incident = await tx.incidents.get(response.incident)
    if incident is not None:
        card = of_incident(incident.id) if incident.task is None else of_task(incident.task)
        await tx.outbox.show_again(response.place, card, now=now)


async def sent(tx: Tx, row: OutboxRow, *, now: datetime) -> None:
    """
    Do what follows when Slack has a page, or an edit of one.

    A page was perhaps on its way while somebody acked, or while it came to an end; what shows its end shows no more,
    unless it is back by now. Whoever does something about it at this moment waits, and then finds the page.
    """
    if not isinstance(row.body, PageBody) or row.response is None:
        return
    response = await tx.responses.hold(row.response)
    shows_end = row.body.handling is not None and row.body.handling.over_at is not None
    if not row.subject:
        if response is not None and not handling(response, now).is_free:
            await amend(tx, response, now=now)
    elif shows_end and row.root is not None and (response is None or not response.is_open):
        await tx.cards.forget(row.place, row.root.ts)


async def is_needless(tx: Tx, row: OutboxRow, *, now: datetime) -> bool:
    """Say whether a row would call somebody for what somebody has in hand by now, or what is over."""
    if not isinstance(row.body, PageBody) or row.body.act != "trigger" or row.subject or row.response is None:
        return False
    response = await tx.responses.get(row.response)
    return response is None or not handling(response, now).is_free


async def handled(tx: Tx, row: OutboxRow, *, now: datetime) -> Body:
    """Return what a row says, with who has it in hand now where it is a card or a group's message."""
    body = row.body
    if isinstance(body, CardBody) and row.task is not None:
        response = await tx.responses.open_to(row.place, task=row.task)
        return body if response is None else replace(body, handling=handling(response, now))
    if isinstance(body, GroupBody) and row.incident is not None:
        response = await tx.responses.of_place(row.place, incident=row.incident)
        return body if response is None else replace(body, handling=handling(response, now))
    return body
