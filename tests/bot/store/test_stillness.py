from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain.subscription import Place
from tests.bot.store.given import (
    ALIYUN,
    ELSEWHERE,
    LEASE,
    NOW,
    PLACE,
    SHANGHAI,
    after,
    known,
    notice,
    ref,
    response,
    rota,
    single,
)

if TYPE_CHECKING:
    from bot.store.memory import Memory, Tx

OTHERS = Place(team="T2", channel="C9")


async def follow(tx: Tx, place: Place, *tasks: str) -> None:
    for task in tasks:
        await tx.subscriptions.put(place, single(task), by="U1", now=NOW)
        await tx.tasks.follow(ref(task), provider="aliyun", known=known(task), due_at=NOW)
    await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)


async def due(tx: Tx, seconds: float) -> tuple[list[str], int]:
    """The tasks that are read by themselves, and how many regions are swept."""
    tasks = await tx.tasks.due(after(seconds), lease=LEASE, limit=10)
    sweeps = await tx.sweeps.claim(after(seconds), lease=LEASE, limit=10)
    return sorted(task.ref.task_id for task in tasks), len(sweeps)


async def test_nothing_is_read_for_a_team_without_the_app_until_it_has_it_again(memory: Memory):
    async with memory.transaction() as tx:
        await follow(tx, PLACE, "t-1")
        await tx.stillness.begin(PLACE.team, now=NOW)

        still = await due(tx, 3600)
        await tx.stillness.end(PLACE.team, now=after(3600))
        again = await due(tx, 3600)
        task = await tx.tasks.get(ref("t-1"))

    assert (still, again) == (([], 0), (["t-1"], 1))
    assert task is not None
    assert task.known == known("t-1")


async def test_what_others_follow_too_is_read_on(memory: Memory):
    async with memory.transaction() as tx:
        await follow(tx, PLACE, "t-1", "t-2")
        await follow(tx, OTHERS, "t-2")
        await tx.stillness.begin(PLACE.team, now=NOW)

        still = await due(tx, 60)

    assert still == (["t-2"], 1)


async def test_what_rested_is_erased_with_its_team(memory: Memory):
    async with memory.transaction() as tx:
        await follow(tx, PLACE, "t-1")
        await tx.stillness.begin(PLACE.team, now=NOW)
        await tx.forget.team(PLACE.team, now=after(3600))

        assert await tx.tasks.get(ref("t-1")) is None
        assert await tx.sweeps.get(ALIYUN, SHANGHAI) is None


async def test_a_channels_rows_move_but_for_those_that_stand_there_already(memory: Memory):
    async with memory.transaction() as tx:
        await follow(tx, PLACE, "t-1", "t-2")
        await follow(tx, ELSEWHERE, "t-2")
        for place in (PLACE, ELSEWHERE):
            await tx.channels.pause(place, "is_archived", now=NOW)
            await tx.outbox.put(notice("a", place=place), now=NOW)
        await tx.outbox.put(notice("b"), now=NOW)
        for place, user in ((PLACE, "U1"), (ELSEWHERE, "U2")):
            await tx.rotas.save(place, rota(user), due_at=None, by=user, now=NOW, version=0)
            await tx.responses.open(response(1, place=place, acked_by=user))
        await tx.responses.open(response(2))

        moved = await tx.move.channel(PLACE, ELSEWHERE.channel)
        again = await tx.move.channel(PLACE, ELSEWHERE.channel)
        left = await tx.subscriptions.of_place(PLACE)
        there = await tx.subscriptions.of_place(ELSEWHERE)
        parked = await tx.outbox.park_place(ELSEWHERE, "x", now=NOW)
        kept = await tx.rotas.get(ELSEWHERE)
        responses = await tx.responses.open_of_place(ELSEWHERE)

    assert (moved, again, left) == (True, False, [])
    assert sorted(each.wish.task or "" for each in there) == ["t-1", "t-2"]
    assert parked == 2
    assert kept is not None
    assert kept.rota == rota("U2")
    assert sorted((each.incident, each.acked_by) for each in responses) == [(1, "U2"), (2, "")]
