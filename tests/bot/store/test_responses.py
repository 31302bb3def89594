"""Responses, on both databases: one for each incident and place, and each version saved once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain.response import Due
from tests.bot.store.given import ELSEWHERE, after, response

if TYPE_CHECKING:
    from bot.domain.response import Response
    from bot.store.memory import Memory


async def kept(memory: Memory, new: Response) -> Response:
    async with memory.transaction() as tx:
        number = await tx.responses.open(new)
        assert number is not None
        found = await tx.responses.get(number)
    assert found is not None
    return found


async def test_a_response_is_kept_with_everything_that_is_known_of_it(memory: Memory):
    whole = response(
        step=1,
        attempt=2,
        due_at=after(60),
        due=Due.REMIND,
        leader=4,
        acked_by="U1",
        acked_at=after(1),
        ack_until=after(60),
        snoozed_by="U2",
        assigned_to="U3",
        worsened=3,
        called=("U1", "S1"),
        calls=(0, 1),
        closed_at=after(2),
        closed_why="recovered",
    )

    found = await kept(memory, whole)

    assert found == replace(whole, id=found.id)


async def test_of_two_who_save_the_same_version_one_is_refused(memory: Memory):
    read = await kept(memory, response())

    async with memory.transaction() as tx:
        first = await tx.responses.save(replace(read, acked_by="U1"))
        second = await tx.responses.save(replace(read, acked_by="U2"))
        now = await tx.responses.get(read.id)

    assert (first, second) == (True, False)
    assert now == replace(read, acked_by="U1", version=1)


async def test_a_place_has_one_response_to_an_incident(memory: Memory):
    first = await kept(memory, response())

    async with memory.transaction() as tx:
        again = await tx.responses.open(response())
        elsewhere = await tx.responses.open(response(place=ELSEWHERE))
        found = await tx.responses.of_incident(7)

    assert again is None
    assert [each.id for each in found] == [first.id, elsewhere]
