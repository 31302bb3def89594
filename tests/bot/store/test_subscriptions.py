from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, TaskState
from bot.domain.notice import Kind
from bot.domain.subscription import Place, Wish
from bot.store.incidents import Scope
from bot.store.rest import UNFOLLOWED
from tests.bot.store.given import (
    ALIYUN,
    BEIJING,
    ELSEWHERE,
    LEASE,
    NOW,
    PLACE,
    SHANGHAI,
    after,
    known,
    notice,
    ref,
    single,
)

if TYPE_CHECKING:
    from bot.store.memory import Memory

ALL = Wish(account=ALIYUN)


async def test_a_new_wish_is_kept_as_it_was_wished(memory: Memory):
    wish = single(only=frozenset({TaskState.STOPPED, TaskState.RETRYING}), until=after(60), thread_ts="1.5")

    async with memory.transaction() as tx:
        made, before = await tx.subscriptions.put(PLACE, wish, by="U1", now=NOW)
    async with memory.reading() as tx:
        found = await tx.subscriptions.get(made.id)

    assert before is None
    assert found == made
    assert (made.place, made.wish, made.created_by, made.created_at) == (PLACE, wish, "U1", NOW)


async def test_the_same_wish_again_changes_the_options_and_says_what_they_were(memory: Memory):
    async with memory.transaction() as tx:
        first, _ = await tx.subscriptions.put(PLACE, single(until=after(60)), by="U1", now=NOW)
    async with memory.transaction() as tx:
        second, before = await tx.subscriptions.put(PLACE, single(thread_ts="1.5"), by="U2", now=after(1))
        every = await tx.subscriptions.of_place(PLACE)

    assert before == first
    assert second == replace(first, wish=single(thread_ts="1.5"))  # still made by the first
    assert every == [second]


@pytest.mark.parametrize(
    "other",
    [
        # Another task, region, account or part of a name is another subscription; so is everything beside one task.
        single("t-2"),
        single(region=BEIJING),
        Wish(account=AccountName("tencent"), task=single().task, region=SHANGHAI),
        ALL,
        Wish(account=ALIYUN, match="main"),
        Wish(account=ALIYUN, region=SHANGHAI),
    ],
)
async def test_another_thing_is_another_subscription(memory: Memory, other: Wish):
    async with memory.transaction() as tx:
        await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        made, before = await tx.subscriptions.put(PLACE, other, by="U1", now=NOW)
        every = await tx.subscriptions.of_place(PLACE)

    assert before is None
    assert made.wish == other
    assert len(every) == 2


async def test_a_tasks_followers_are_its_own_and_those_of_all_tasks_of_its_region(memory: Memory):
    wishes = [
        (PLACE, single()),
        (PLACE, single("t-2")),
        (ELSEWHERE, ALL),
        (ELSEWHERE, Wish(account=ALIYUN, region=SHANGHAI, match="main")),
        (ELSEWHERE, Wish(account=ALIYUN, region=BEIJING)),
        (ELSEWHERE, Wish(account=AccountName("tencent"))),
    ]

    async with memory.transaction() as tx:
        made = [(await tx.subscriptions.put(place, wish, by="U1", now=NOW))[0] for place, wish in wishes]
        of_task = await tx.subscriptions.of_task(ref())
        of_both = await tx.subscriptions.of_tasks(ALIYUN, SHANGHAI, [ref().task_id, ref("t-2").task_id])
        of_account = await tx.subscriptions.of_account(ALIYUN)
        all_of = await tx.subscriptions.all_of(ALIYUN, BEIJING)

    assert of_task == [made[0], made[2], made[3]]
    assert of_both == made[:4]
    assert of_account == made[:5]
    assert all_of == [made[2], made[4]]


async def test_what_a_person_a_channel_and_a_team_follow_is_told_apart(memory: Memory):
    strangers = Place(team="T2", channel="C1")

    async with memory.transaction() as tx:
        a, _ = await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        b, _ = await tx.subscriptions.put(PLACE, ALL, by="U2", now=NOW)
        c, _ = await tx.subscriptions.put(ELSEWHERE, single(), by="U1", now=NOW)
        d, _ = await tx.subscriptions.put(strangers, single(), by="U1", now=NOW)
        found = [
            await tx.subscriptions.of_creator("T1", "U1"),
            await tx.subscriptions.of_team("T1"),
            await tx.subscriptions.of_places("T1", ["C2", "C9"]),
            await tx.subscriptions.of_place(strangers),
        ]
        counts = [await tx.subscriptions.count_single(place) for place in (PLACE, ELSEWHERE)]

    assert found == [[a, c], [a, b, c], [c], [d]]
    assert counts == [1, 1]  # `all` is none of single tasks


async def test_what_nobody_follows_any_more_rests_and_its_incident_ends(memory: Memory):
    async with memory.transaction() as tx:
        made, _ = await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        task = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=NOW)
        incident = await tx.incidents.open(
            scope=Scope.TASK, account=ALIYUN, region=SHANGHAI, task=task.id, opened_at=NOW, why="stopped"
        )
        assert incident is not None

    async with memory.transaction() as tx:
        removed = await tx.subscriptions.remove(made.id, now=after(5))
        again = await tx.subscriptions.remove(made.id, now=after(5))
        followed = await tx.tasks.of_region(ALIYUN, SHANGHAI)
        due = await tx.tasks.due(after(99), lease=after(9) - NOW, limit=9)
        closed = await tx.incidents.get(incident)
        is_followed = await tx.subscriptions.is_followed(ALIYUN, SHANGHAI)

    assert (removed, again) == (made, None)
    assert (followed, due, is_followed) == ([], [], False)
    assert closed is not None
    assert (closed.closed_at, closed.closed_why) == (after(5), UNFOLLOWED)


@pytest.mark.parametrize(
    ("other", "stays"),
    [
        (single(), True),
        (single(region=None), True),
        (ALL, True),
        (Wish(account=ALIYUN, match="main"), True),  # the task is called main-en
        (Wish(account=ALIYUN, match="side"), False),
        (Wish(account=ALIYUN, region=BEIJING), False),
        (single("t-2"), False),
    ],
)
async def test_a_task_goes_on_as_long_as_somebody_follows_it(memory: Memory, other: Wish, stays: bool):  # noqa: FBT001
    async with memory.transaction() as tx:
        made, _ = await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        await tx.subscriptions.put(ELSEWHERE, other, by="U1", now=NOW)
        task = await tx.tasks.follow(ref(), provider="aliyun", known=known(name="main-en"), due_at=None)

    async with memory.transaction() as tx:
        await tx.subscriptions.remove(made.id, now=NOW)
        followed = await tx.tasks.of_region(ALIYUN, SHANGHAI)

    assert followed == ([task] if stays else [])


async def test_a_channel_that_leaves_lets_its_cards_go_and_what_waits_to_be_said(memory: Memory):
    async with memory.transaction() as tx:
        made, _ = await tx.subscriptions.put(PLACE, ALL, by="U1", now=NOW)
        await tx.subscriptions.put(PLACE, single("t-2"), by="U1", now=NOW)
        await tx.subscriptions.put(ELSEWHERE, ALL, by="U1", now=NOW)
        first = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        second = await tx.tasks.follow(ref("t-2"), provider="aliyun", known=known("t-2"), due_at=None)
        for place in (PLACE, ELSEWHERE):
            for task in (first, second):
                await tx.cards.put(place, task=task.id, ts=f"1.{task.id}")
                await tx.outbox.put(notice(f"change:{task.id}", Kind.REPLY, place=place, task=task.id), now=NOW)
        await tx.cards.put(PLACE, subscription=made.id, ts="1.9")
        await tx.outbox.put(notice("board", Kind.BOARD, subscription=made.id), now=NOW)

    async with memory.transaction() as tx:
        await tx.subscriptions.remove(made.id, now=NOW)
        here = [card.subject for card in await tx.cards.of_place(PLACE)]
        there = [card.subject for card in await tx.cards.of_place(ELSEWHERE)]
        said = []
        for place in (PLACE, ELSEWHERE):
            claim = await tx.outbox.claim_place(place, now=NOW, lease=after(9) - NOW)
            assert claim is not None
            while row := await tx.outbox.next(claim, now=NOW):
                said.append((row.place.channel, row.cause))
                await tx.outbox.settle(row, claim, ts="2", now=NOW)

    assert here == [f"task:{second.id}"]
    assert there == [f"task:{first.id}", f"task:{second.id}"]
    assert said == [
        ("C1", f"change:{second.id}"),
        ("C2", f"change:{first.id}"),
        ("C2", f"change:{second.id}"),
    ]


async def test_an_edit_that_was_begun_goes_with_the_card_when_the_subscription_ends(memory: Memory):
    """Found by the simulator: it was said half an hour later, as a new card of what nobody there follows."""
    async with memory.transaction() as tx:
        kept, _ = await tx.subscriptions.put(PLACE, single(), by="U1", now=NOW)
        task = await tx.tasks.follow(ref(), provider="aliyun", known=known(), due_at=None)
        await tx.outbox.put(notice("card:1", Kind.CARD, task=task.id), now=NOW)
    async with memory.transaction() as tx:
        claim = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
        row = await tx.outbox.next(claim, now=NOW)
        await tx.outbox.unsure(row, claim)
        await tx.subscriptions.remove(kept.id, now=NOW)
    async with memory.transaction() as tx:
        left = await tx.outbox.next(claim, now=NOW)

    assert row is not None
    assert left is None
