from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from adapters.contract import AccountName
from tests.bot.store.given import ALIYUN, BEIJING, LEASE, NOW, SHANGHAI, after

if TYPE_CHECKING:
    from bot.store.memory import Memory, Tx
    from bot.store.sweeps import Sweep


async def claim(tx: Tx, seconds: float = 0, limit: int = 9) -> list[Sweep]:
    return await tx.sweeps.claim(after(seconds), lease=LEASE, limit=limit)


async def done(tx: Tx, sweep: Sweep, seconds: float, total: int = 3) -> bool:
    return await tx.sweeps.done(
        sweep, due_at=after(seconds), total=total, failing_since=after(1), misses=2, now=after(seconds)
    )


async def test_a_sweep_remembers_what_the_last_one_saw(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        (first,) = await claim(tx)
        is_written = await done(tx, first, 5)
        (second,) = await claim(tx, 5)

    assert is_written
    assert (first.last_total, first.failing_since, first.misses, first.done_at) == (None, None, 0, None)
    assert (second.last_total, second.failing_since, second.misses, second.done_at) == (3, after(1), 2, after(5))
    assert second.fence > first.fence


async def test_a_sweep_is_claimed_by_one_until_its_lease_is_over(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)

    async def grab() -> list[Sweep]:
        async with memory.transaction() as tx:
            return await claim(tx)

    taken = await asyncio.gather(grab(), grab(), grab())
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)  # a new subscription does not disturb it
        meanwhile = await claim(tx, 29)
        then = await claim(tx, 30)

    assert sorted(len(batch) for batch in taken) == [0, 0, 1]
    assert (len(meanwhile), len(then)) == (0, 1)


async def test_a_sweep_that_took_too_long_writes_nothing(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        (slow,) = await claim(tx)
        (quick,) = await claim(tx, 30)
        written = [
            await tx.sweeps.extend(slow, until=after(90)),
            await done(tx, slow, 31, total=1),
            await tx.sweeps.extend(quick, until=after(90)),
            await done(tx, quick, 35, total=2),
        ]
        found = await tx.sweeps.get(ALIYUN, SHANGHAI)

    assert written == [False, False, True, True]
    assert found is not None
    assert found.last_total == 2


async def test_an_extended_claim_lasts_longer(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        (sweep,) = await claim(tx)
        await tx.sweeps.extend(sweep, until=after(90))
        counts = [len(await claim(tx, 89)), len(await claim(tx, 90))]

    assert counts == [0, 1]


async def test_a_claim_is_held_until_its_lease_is_over_or_somebody_else_has_it(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        (slow,) = await claim(tx)
        alone = [await tx.sweeps.holds(slow, until=after(seconds)) for seconds in (29, 30)]
        (quick,) = await claim(tx, 30)
        taken = [await tx.sweeps.holds(sweep, until=after(31)) for sweep in (slow, quick)]
        await done(tx, quick, 35)
        ended = [await tx.sweeps.holds(sweep, until=after(31)) for sweep in (slow, quick)]

    assert alone == [True, False]
    assert taken == [False, True]
    assert ended == [False, False]


async def test_who_still_does_a_sweep_does_not_take_it_from_itself(memory: Memory):
    async with memory.transaction() as tx:
        for region in (SHANGHAI, BEIJING):
            await tx.sweeps.ensure(ALIYUN, region, due_at=NOW)
        first = await claim(tx)
        mine = {(sweep.account, sweep.region) for sweep in first if sweep.region == SHANGHAI}
        late = await tx.sweeps.claim(after(30), lease=LEASE, limit=9, but=mine)
        others = await claim(tx, 30)

    assert [sweep.region for sweep in late] == [BEIJING]
    assert [sweep.region for sweep in others] == [SHANGHAI]


async def test_a_sweep_that_was_removed_and_begun_again_knows_none_of_its_old_claims(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        (zombie,) = await claim(tx)
        await tx.sweeps.remove(ALIYUN, SHANGHAI)
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
        await claim(tx)
        is_written = await done(tx, zombie, 5)

    assert not is_written


async def test_a_sweep_is_brought_forward_but_never_put_back(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=after(10))
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=after(20))
        too_early = await claim(tx, 9)
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=after(5))
        in_time = await claim(tx, 5)

    assert (len(too_early), len(in_time)) == (0, 1)


async def test_the_longest_due_sweep_is_first_and_a_removed_one_is_never_due(memory: Memory):
    async with memory.transaction() as tx:
        await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=after(-1))
        await tx.sweeps.ensure(ALIYUN, BEIJING, due_at=after(-3))
        await tx.sweeps.ensure(AccountName("tencent"), SHANGHAI, due_at=after(-2))
        await tx.sweeps.remove(AccountName("tencent"), SHANGHAI)
        first = await claim(tx, limit=1)
        rest = await claim(tx)

    assert [sweep.region for sweep in first] == [BEIJING]
    assert [(sweep.account, sweep.region) for sweep in rest] == [(ALIYUN, SHANGHAI)]
