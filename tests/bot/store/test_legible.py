"""However many rows cannot be read, those that can are found, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from bot.domain.response import Due, Policy
from bot.domain.subscription import Place
from bot.store.tables import ResponseRow, RotaRow
from tests.bot.store.given import NOW, after, response, rota

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.memory import Memory

MANY = 7  # more than one look asks for
LIMIT = 2


def place(number: int) -> Place:
    return Place(team="T1", channel=f"C{number}")


async def test_those_that_are_due_and_cannot_be_read_take_nobodys_place(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        for number in range(MANY + LIMIT + 1):
            due_at = after(number - 60)
            await tx.responses.open(response(place=place(number), due=Due.CALL, due_at=due_at))
            assert await tx.rotas.save(place(number), rota("U1"), due_at=due_at, by="U1", now=NOW, version=0)
    spoilt = [place(number).channel for number in range(MANY)]
    async with database.writing() as connection:
        await connection.execute(update(ResponseRow).where(ResponseRow.channel_id.in_(spoilt)).values(policy="[]"))
        await connection.execute(update(RotaRow).where(RotaRow.channel_id.in_(spoilt)).values(rota="[]"))
    async with memory.reading() as tx:
        responses = [each.place for each in await tx.responses.due(NOW, limit=LIMIT)]
        rotas = [kept.place for kept in await tx.rotas.due(NOW, limit=LIMIT)]

    assert responses == rotas == [place(MANY), place(MANY + 1)]


async def test_whoever_leaves_does_so_also_where_a_rota_cannot_be_read(memory: Memory, database: Database):
    policy = Policy(levels=rota("U2", level="U1").levels)
    async with memory.transaction() as tx:
        for number in range(2):
            await tx.responses.open(response(place=place(number), policy=policy))
            assert await tx.rotas.save(place(number), rota("U1", "U2"), due_at=None, by="U2", now=NOW, version=0)
    async with database.writing() as connection:
        newer = '{"v":2,"base":"U1"}'
        await connection.execute(update(ResponseRow).where(ResponseRow.channel_id == "C0").values(policy=newer + "]"))
        await connection.execute(update(RotaRow).where(RotaRow.channel_id == "C0").values(rota=newer))
    async with memory.transaction() as tx:
        responses = [each.place for each in await tx.responses.leave("T1", "U1", now=NOW)]
        rotas = [kept.place for kept in await tx.rotas.leave("T1", "U1", now=NOW)]
        cleared = await tx.rotas.clear(place(0))

    assert responses == rotas == [place(1)]
    assert cleared is not None
    assert cleared.rota.base is None
