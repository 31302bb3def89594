"""Channels, cards, mutes, names, replays and seals."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.contract import AccountName, TaskId
from bot.domain.subscription import ChannelSettings, Mute, Place
from bot.store.channels import ARCHIVED, UNINSTALLED
from bot.store.seals import FINGERPRINT
from tests.bot.store.given import ALIYUN, ELSEWHERE, NOW, PLACE, after, known, ref

if TYPE_CHECKING:
    from bot.store.memory import Memory, Tx

TEAM = Place(team="T1", channel="")


async def mute(
    tx: Tx, task: str | None = "t-1", place: Place = PLACE, begins: float = 0, ends: float = 60, **given: Any
) -> tuple[Mute, Mute | None]:
    return await tx.mutes.put(
        place,
        account=ALIYUN,
        task=None if task is None else TaskId(task),
        **{"owner": "U1", "now": NOW, **given},
        begins_at=after(begins),
        ends_at=after(ends),
    )


async def test_settings_are_the_defaults_until_somebody_sets_them(memory: Memory):
    mine = ChannelSettings(threads=False, in_channel=False, digest=False, allows_shared=True)

    async with memory.transaction() as tx:
        before = await tx.channels.settings(PLACE)
        await tx.channels.set(PLACE, mine, by="U1", now=NOW)
        await tx.channels.pause(PLACE, ARCHIVED, now=NOW)
        after_all = await tx.channels.settings(PLACE)
        elsewhere = await tx.channels.settings(ELSEWHERE)
        await tx.channels.pause(TEAM, UNINSTALLED, now=NOW)
        of_team = await tx.channels.settings_of("T1")

    assert before == elsewhere == ChannelSettings()
    assert after_all == mine
    assert of_team == {PLACE: mine}


async def test_a_paused_channel_keeps_its_settings_and_says_why_until_it_is_resumed(memory: Memory):
    async with memory.transaction() as tx:
        await tx.channels.set(PLACE, ChannelSettings(digest=False), by="U1", now=NOW)
        new = [await tx.channels.pause(PLACE, why, now=NOW) for why in (ARCHIVED, "not_in_channel")]
        paused = [await tx.channels.paused(place) for place in (PLACE, ELSEWHERE)]
        why = [await tx.channels.resume(PLACE) for _ in range(2)]
        then = await tx.channels.paused(PLACE)
        settings = await tx.channels.settings(PLACE)

    assert new == [True, False]
    assert paused == [ARCHIVED, None]
    assert why == [ARCHIVED, None]
    assert then is None
    assert settings == ChannelSettings(digest=False)


async def test_a_teams_pause_is_every_channels(memory: Memory):
    async with memory.transaction() as tx:
        await tx.channels.pause(TEAM, UNINSTALLED, now=NOW)
        paused = [await tx.channels.paused(place) for place in (PLACE, Place(team="T2", channel="C1"))]
        await tx.channels.resume(TEAM)
        then = await tx.channels.paused(PLACE)

    assert paused == [UNINSTALLED, None]
    assert then is None


async def test_an_uninstalled_team_goes_after_seven_days_an_archived_channel_after_thirty(memory: Memory):
    async with memory.transaction() as tx:
        await tx.channels.pause(TEAM, UNINSTALLED, now=NOW)
        await tx.channels.pause(PLACE, ARCHIVED, now=NOW)
        await tx.channels.pause(ELSEWHERE, "not_in_channel", now=NOW)  # its people may still come back
        found = [await tx.channels.expired(after(1) + timedelta(days=days)) for days in (6, 7, 30, 99)]

    assert found == [[], [TEAM], [TEAM, PLACE], [TEAM, PLACE]]


async def test_a_channel_that_is_drained_already_can_be_set_and_paused(memory: Memory):
    async with memory.transaction() as tx:
        claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=timedelta(seconds=30))
        assert claim is not None
        await tx.channels.pause(PLACE, ARCHIVED, now=NOW)
        await tx.channels.set(PLACE, ChannelSettings(threads=False), by="U1", now=NOW)
        is_held = await tx.outbox.claim_place(PLACE, now=NOW, lease=timedelta(seconds=30)) is None

    assert is_held


async def test_a_card_is_found_by_what_it_shows_and_a_newer_message_takes_its_place(memory: Memory):
    async with memory.transaction() as tx:
        await tx.cards.put(PLACE, task=1, ts="1.1")
        await tx.cards.put(PLACE, task=1, ts="1.2", thread_ts="0.5")
        await tx.cards.put(ELSEWHERE, task=1, ts="1.3")
        await tx.cards.put(PLACE, subscription=1, ts="1.4")
        await tx.cards.put(PLACE, incident=1, ts="1.5")
        card = await tx.cards.of(PLACE, 1)
        await tx.cards.put(ELSEWHERE, task=3, ts="1.6")
        everywhere = await tx.cards.of_tasks([1, 2, 3])
        here = [found.ts for found in await tx.cards.of_place(PLACE)]
        await tx.cards.forget(PLACE, "1.2")
        gone = await tx.cards.of(PLACE, 1)
        elsewhere = await tx.cards.of(ELSEWHERE, 1)

    assert card is not None
    assert (card.ts, card.root_ts) == ("1.2", "0.5")
    assert {task: [found.ts for found in cards] for task, cards in everywhere.items()} == {
        1: ["1.2", "1.3"],
        3: ["1.6"],
    }
    assert here == ["1.5", "1.4", "1.2"]
    assert gone is None
    assert elsewhere is not None
    assert elsewhere.root_ts == "1.3"


async def test_a_card_shows_something(memory: Memory):
    with pytest.raises(ValueError, match="a card shows"):
        async with memory.transaction() as tx:
            await tx.cards.put(PLACE, ts="1.1")


async def test_a_mute_comes_back_as_it_was_made_and_a_newer_one_takes_its_place(memory: Memory):
    async with memory.transaction() as tx:
        first, nothing = await mute(tx)
        second, before = await mute(tx, begins=5, ends=90, owner="U2", until_recovery=True, now=after(5))
        found = await tx.mutes.get(first.id)

    assert nothing is None
    assert before == first
    assert found == second
    assert second == replace(
        first, owner="U2", begins_at=after(5), ends_at=after(90), until_recovery=True, created_at=after(5)
    )
    assert second.created_at == after(5)


async def test_mutes_in_force_and_to_come_are_told_apart(memory: Memory):
    async with memory.transaction() as tx:
        task, _ = await mute(tx)
        every, _ = await mute(tx, None, ends=120)
        later, _ = await mute(tx, "t-2", begins=30)
        elsewhere, _ = await mute(tx, place=ELSEWHERE)
        found = [
            await tx.mutes.of_place(PLACE, NOW),
            await tx.mutes.of_place(PLACE, after(60)),
            await tx.mutes.of_task(PLACE, ref(), NOW),
            await tx.mutes.of_task(PLACE, ref("t-2"), after(29)),
            await tx.mutes.of_task(PLACE, ref("t-2"), after(30)),
            await tx.mutes.of_account(ALIYUN, NOW),
            await tx.mutes.of_account(AccountName("tencent"), NOW),
        ]

    assert found == [
        [task, every, later],
        [every],
        [task, every],
        [every],
        [every, later],
        [task, every, elsewhere],
        [],
    ]


async def test_a_mute_that_is_over_is_taken_out_by_one(memory: Memory):
    async with memory.transaction() as tx:
        made = [(await mute(tx, f"t-{number}", ends=60 - number))[0] for number in range(4)]
        await mute(tx, "t-9", ends=61)

    async def take() -> list[Mute]:
        async with memory.transaction() as tx:
            return await tx.mutes.due(after(60), limit=2)

    first, *others = await take(), *await asyncio.gather(take(), take(), take())
    async with memory.transaction() as tx:
        left = await tx.mutes.of_place(PLACE, NOW)

    assert first == [made[3], made[2]]
    assert sorted(found.id for batch in others for found in batch) == [made[0].id, made[1].id]
    assert [found.task for found in left] == ["t-9"]


async def test_a_lifted_mute_is_told_once(memory: Memory):
    async with memory.transaction() as tx:
        made, _ = await mute(tx)
        lifted = [await tx.mutes.remove(made.id) for _ in range(2)]

    assert lifted == [made, None]


async def test_a_name_is_a_teams_own_and_goes_to_whom_it_was_given_last(memory: Memory):
    async with memory.transaction() as tx:
        one = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        two = await tx.tasks.note(ref("t-2"), provider="aliyun", known=known("t-2"), now=NOW)
        before = [await tx.names.put("T1", "main", one.id), await tx.names.put("T1", "main", two.id)]
        await tx.names.put("T1", "side", two.id)
        await tx.names.put("T2", "main", one.id)
        found = [await tx.names.get(*asked) for asked in (("T1", "main"), ("T2", "main"), ("T1", "Main"))]
        of_team = await tx.names.of_team("T1")
        of_task = await tx.names.of_task("T1", two.id)
        removed = [await tx.names.remove("T1", "side") for _ in range(2)]
        left = await tx.names.of_team("T1")

    assert before == [None, one]
    assert found == [two, one, None]
    assert of_team == {"main": two.id, "side": two.id}
    assert of_task == ["main", "side"]
    assert removed == [True, False]
    assert left == {"main": two.id}


@pytest.mark.parametrize(
    ("again_at", "is_new"),
    [(NOW, False), (after(600), False), (after(601), True)],
)
async def test_what_was_heard_is_known_for_ten_minutes(memory: Memory, again_at: datetime, is_new: bool):  # noqa: FBT001
    async with memory.transaction() as tx:
        heard = [
            await tx.replays.is_new("U1 1.1", NOW),
            await tx.replays.is_new("U1 1.2", NOW),
            await tx.replays.is_new("U1 1.1", again_at),
        ]

    assert heard == [True, True, is_new]


async def test_of_many_who_hear_the_same_at_once_one_is_first(memory: Memory):
    async def hear() -> bool:
        async with memory.transaction() as tx:
            return await tx.replays.is_new("event", NOW)

    heard = await asyncio.gather(*(hear() for _ in range(5)))

    assert sum(heard) == 1


async def test_a_seal_is_made_once(memory: Memory):
    async def read(name: str) -> bytes:
        async with memory.transaction() as tx:
            return await tx.seals.get(name)

    seals = await asyncio.gather(*(read(FINGERPRINT) for _ in range(3)))
    other = await read("other")

    assert len(set(seals)) == 1
    assert len(other) == 32
    assert other not in seals
