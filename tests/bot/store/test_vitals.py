"""The numbers by which a machine sees whether somebody would be woken, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.domain.figures import Calling
from bot.domain.notice import Kind
from bot.domain.response import Due
from bot.domain.subscription import Place
from bot.store.channels import UNINSTALLED
from tests.bot.store.given import LEASE, NOW, PLACE, after, notice, response

if TYPE_CHECKING:
    from bot.store.memory import Memory, Tx

MINUTE = timedelta(minutes=1)


async def fill(tx: Tx) -> None:
    await tx.responses.open(response(1, due=Due.CALL, due_at=after(-60)))
    await tx.responses.open(response(2, due=Due.CALL, due_at=after(60)))
    await tx.responses.open(response(3, due=Due.REMIND, due_at=after(-30), acked_by="U1", ack_until=after(-30)))
    await tx.responses.open(response(4, closed_at=NOW))
    await tx.outbox.put(notice("page:1:0.0", Kind.PAGE, response=1), now=after(-60))
    await tx.outbox.put(notice("page:2:0.0", Kind.PAGE, response=2), now=NOW)
    await tx.outbox.put(notice("line"), now=after(-600))


async def test_where_nobody_is_called_nothing_is_late(memory: Memory):
    async with memory.reading() as tx:
        assert await tx.vitals.calling(NOW) == Calling()


async def test_open_responses_pages_that_wait_and_late_timers_are_told(memory: Memory):
    async with memory.transaction() as tx:
        await fill(tx)
        calling = await tx.vitals.calling(NOW)
        vitals = await tx.vitals.take(NOW)

    assert calling == Calling(responses=3, in_hand=1, pages=2, oldest=MINUTE, late=MINUTE)
    assert vitals.calling == calling


async def test_a_page_that_was_delivered_or_taken_back_waits_no_more(memory: Memory):
    async with memory.transaction() as tx:
        await fill(tx)
        claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
        assert claim is not None
        row = await tx.outbox.next(claim, now=NOW)
        assert row is not None
        await tx.outbox.settle(row, claim, ts="1.5", now=NOW)
        await tx.outbox.withdraw(2, now=NOW)
        calling = await tx.vitals.calling(NOW)

    assert (row.response, calling.pages, calling.oldest) == (1, 0, None)


async def test_nothing_is_late_for_a_team_that_took_the_app_out(memory: Memory):
    async with memory.transaction() as tx:
        await fill(tx)
        await tx.channels.pause(Place(team="T1", channel=""), UNINSTALLED, now=NOW)
        calling = await tx.vitals.calling(NOW)

    assert (calling.pages, calling.oldest, calling.late) == (0, None, None)
