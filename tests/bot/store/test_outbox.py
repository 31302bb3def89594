from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from bot.domain.notice import Handling, Kind, LineBody, Notice, PageBody, Wake
from bot.domain.subscription import Place
from bot.store.outbox import UNREADABLE, WITHDRAWN
from bot.store.tables import NoticeRow
from tests.bot.store.given import ALIYUN, ELSEWHERE, LEASE, NOW, PLACE, SHANGHAI, after, notice

if TYPE_CHECKING:
    from bot.store.claims import Claim
    from bot.store.database import Database
    from bot.store.memory import Memory, Tx
    from bot.store.outbox import OutboxRow

SEED = 20261121


def handled(response: int) -> Notice:
    """The edit of a page that Slack has."""
    body = PageBody(
        act="trigger",
        incident=7,
        response=response,
        version=1,
        step=0,
        dedup_key="relaybot:7:0",
        channel=PLACE.channel,
        account=ALIYUN,
        region=SHANGHAI,
        title="Aliyun",
        why="stopped",
        opened_at=NOW,
        at=NOW,
        handling=Handling(response=response, version=2, by="U1"),
    )
    return Notice(place=PLACE, kind=Kind.PAGE, cause=f"handled:{response}", body=body, response=response)


async def claimed(tx: Tx, seconds: float = 0, place: Place = PLACE) -> Claim:
    claim = await tx.outbox.claim_place(place, now=after(seconds), lease=LEASE)
    assert claim is not None
    return claim


async def taken(tx: Tx, claim: Claim, seconds: float = 0) -> OutboxRow:
    row = await tx.outbox.next(claim, now=after(seconds))
    assert row is not None
    return row


async def drained(tx: Tx, claim: Claim, seconds: float = 0) -> list[str]:
    """Send everything that can be sent now, and tell by its causes in which order."""
    said = []
    while row := await tx.outbox.next(claim, now=after(seconds)):
        said.append(row.cause)
        assert await tx.outbox.settle(row, claim, ts=f"1.{row.id}", now=after(seconds))
    return said


async def states(database: Database) -> list[str]:
    async with database.reading() as connection:
        return list(await connection.scalars(select(NoticeRow.state).order_by(NoticeRow.id)))


async def test_a_notice_comes_out_as_it_was_put_in(memory: Memory, woken: list[frozenset[Wake]]):
    body = LineBody(key="subscribed", user="U1", values=(("name", "main-en"), ("options", "only=bad")))
    told = replace(notice("line:9", Kind.DIRECT, user="U2", task=4, subscription=5, incident=6), body=body)

    async with memory.transaction() as tx:
        number = await tx.outbox.put(told, now=NOW)
        await tx.outbox.put(notice("line:10", key="oncall_clear"), now=NOW)
        row = await taken(tx, await claimed(tx, 1), 1)

    assert woken == [frozenset({Wake(what="deliver", key="T1 C1")})]
    assert (row.id, row.place, row.kind, row.cause, row.user) == (number, PLACE, Kind.DIRECT, "line:9", "U2")
    assert (row.task, row.subscription, row.incident) == (4, 5, 6)
    assert row.body == body
    assert (row.is_unsure, row.attempts, row.created_at, row.started_at) == (False, 1, NOW, after(1))
    assert (row.subject, row.root) == ("", None)
    assert len(bytes.fromhex(row.key)) == 16


async def test_the_same_cause_is_put_down_once_for_a_destination_and_kind(memory: Memory):
    async with memory.transaction() as tx:
        first = await tx.outbox.put(notice("change:1", Kind.REPLY, task=1), now=NOW)
        claim = await claimed(tx)
        await drained(tx, claim)
        again = [
            await tx.outbox.put(notice("change:1", Kind.REPLY, task=1), now=after(1)),
            await tx.outbox.put(notice("change:1", Kind.REPLY, key="oncall_no_levels", task=2), now=after(1)),
        ]
        others = [
            await tx.outbox.put(notice("change:2", Kind.REPLY, task=1), now=NOW),
            await tx.outbox.put(notice("change:1", Kind.CHANNEL, task=1), now=NOW),
            await tx.outbox.put(notice("change:1", Kind.REPLY, task=1, place=ELSEWHERE), now=NOW),
            await tx.outbox.put(notice("change:1", Kind.REPLY, task=1, place=Place(team="T2", channel="C1")), now=NOW),
            await tx.outbox.put(notice("change:1", Kind.DIRECT, user="U1"), now=NOW),
            await tx.outbox.put(notice("change:1", Kind.DIRECT, user="U2"), now=NOW),
        ]

    assert first is not None
    assert again == [None, None]
    assert None not in others
    assert len({first, *others}) == 7


async def test_of_many_who_put_the_same_down_at_once_one_does(memory: Memory):
    async def put() -> int | None:
        async with memory.transaction() as tx:
            return await tx.outbox.put(notice("change:1"), now=NOW)

    made = await asyncio.gather(*(put() for _ in range(5)))

    assert sum(number is not None for number in made) == 1


@pytest.mark.parametrize(
    ("kind", "about"), [(Kind.CARD, {"task": 1}), (Kind.BOARD, {"subscription": 1}), (Kind.GROUP, {"incident": 1})]
)
async def test_of_a_card_only_the_newest_waiting_edit_is_kept_and_keeps_its_place(
    memory: Memory, kind: Kind, about: dict[str, int]
):
    async with memory.transaction() as tx:
        first = await tx.outbox.put(notice("a", kind, key="oncall_clear", **about), now=NOW)
        await tx.outbox.put(notice("b"), now=NOW)
        second = await tx.outbox.put(notice("c", kind, key="oncall_clear", **about), now=NOW)
        same_cause = await tx.outbox.put(notice("c", kind, key="oncall_no_levels", **about), now=NOW)
        claim = await claimed(tx)
        row = await taken(tx, claim)
        await tx.outbox.settle(row, claim, ts="1.1", now=NOW)
        edit = await tx.outbox.put(notice("d", kind, **about), now=NOW)
        said = await drained(tx, claim)

    assert first == second == same_cause == row.id
    assert (row.cause, row.body) == ("c", LineBody(key="oncall_no_levels", user="U1"))
    assert edit not in {None, first}
    assert said == ["b", "d"]


async def test_cards_of_different_tasks_and_channels_do_not_replace_one_another(memory: Memory):
    async with memory.transaction() as tx:
        made = [
            await tx.outbox.put(notice("x", Kind.CARD, task=1), now=NOW),
            await tx.outbox.put(notice("x", Kind.CARD, task=2), now=NOW),
            await tx.outbox.put(notice("x", Kind.CARD, task=1, place=ELSEWHERE), now=NOW),
            await tx.outbox.put(notice("x", Kind.BOARD, subscription=1), now=NOW),
        ]

    assert len(set(made)) == 4


async def test_many_edits_of_one_card_at_once_leave_one_row(memory: Memory, database: Database):
    async def put(number: int) -> int | None:
        async with memory.transaction() as tx:
            return await tx.outbox.put(notice(f"read:{number}", Kind.CARD, task=1), now=NOW)

    made = await asyncio.gather(*(put(number) for number in range(6)))

    assert len(set(made)) == 1
    assert await states(database) == ["pending"]


async def test_an_edit_does_not_replace_one_that_is_being_sent(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a", Kind.CARD, task=1), now=NOW)
        claim = await claimed(tx)
        first = await taken(tx, claim)
        await tx.outbox.put(notice("b", Kind.CARD, task=1), now=NOW)
        meanwhile = await tx.outbox.next(claim, now=NOW)
        await tx.outbox.settle(first, claim, ts="1.1", now=NOW)
        then = await taken(tx, claim)

    assert meanwhile is None  # a second root would be a second card
    assert (then.cause, then.root.ts if then.root else "") == ("b", "1.1")


async def test_a_reply_waits_for_its_card_and_then_knows_it(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("r1", Kind.REPLY, task=1), now=NOW)
        await tx.outbox.put(notice("card", Kind.CARD, task=1), now=NOW)
        await tx.outbox.put(notice("r2", Kind.REPLY, task=1), now=NOW)
        claim = await claimed(tx)
        card = await taken(tx, claim)
        meanwhile = await tx.outbox.next(claim, now=NOW)
        await tx.outbox.settle(card, claim, ts="1.1", thread_ts="0.5", now=NOW)
        first = await taken(tx, claim)
        await tx.outbox.settle(first, claim, ts="1.2", now=NOW)
        second = await taken(tx, claim)

    assert (card.cause, card.root, card.subject) == ("card", None, "task:1")
    assert meanwhile is None
    assert [first.cause, second.cause] == ["r1", "r2"]
    assert first.root is not None
    assert (first.root.ts, first.root.root_ts) == ("1.1", "0.5")


async def test_what_goes_under_a_group_or_a_board_waits_for_that(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("r1", Kind.REPLY, incident=7), now=NOW)
        await tx.outbox.put(notice("r2", Kind.REPLY, subscription=8), now=NOW)
        await tx.outbox.put(notice("group", Kind.GROUP, incident=7), now=NOW)
        await tx.outbox.put(notice("board", Kind.BOARD, subscription=8), now=NOW)
        said = await drained(tx, await claimed(tx))
        cards = [card.subject for card in await tx.cards.of_place(PLACE)]

    assert said == ["group", "r1", "board", "r2"]
    assert cards == ["incident:7", "subscription:8"]


async def test_a_channel_has_one_drainer_who_looks_once_more(memory: Memory):
    async def attempt() -> Claim | None:
        async with memory.transaction() as tx:
            return await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)

    answers = await asyncio.gather(attempt(), attempt(), attempt())
    (claim,) = [answer for answer in answers if answer is not None]
    async with memory.transaction() as tx:
        is_dirty = await tx.outbox.release(claim)
        again = await tx.outbox.claim_place(PLACE, now=NOW, lease=LEASE)
        assert again is not None
        is_dirty_again = await tx.outbox.release(again)

    assert is_dirty
    assert not is_dirty_again
    assert again.fence > claim.fence


async def test_a_zombies_writes_come_to_nothing(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        zombie = await claimed(tx)
        row = await taken(tx, zombie)
    async with memory.transaction() as tx:
        claim = await claimed(tx, 31)
        written = [
            await tx.outbox.settle(row, zombie, ts="1.1", now=after(31)),
            await tx.outbox.unsure(row, zombie),
            await tx.outbox.put_off(row, zombie, after(60)),
            await tx.outbox.park(row, zombie, "is_archived", now=after(31)),
            await tx.outbox.drop(row, zombie, now=after(31)),
            await tx.outbox.release(zombie),
            await tx.outbox.next(zombie, now=after(31)) is not None,
        ]
        again = await taken(tx, claim, 31)
        by_the_zombie = await tx.outbox.settle(row, zombie, ts="1.1", now=after(31))
        settled = await tx.outbox.settle(again, claim, ts="1.2", now=after(31))
        twice = await tx.outbox.settle(again, claim, ts="1.3", now=after(31))

    assert not any(written)
    assert (again.id, again.key, again.is_unsure, again.started_at, again.attempts) == (row.id, row.key, True, NOW, 2)
    assert (by_the_zombie, settled, twice) == (False, True, False)
    assert await states(database) == ["done"]


async def test_a_claim_that_was_given_back_writes_nothing(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        claim = await claimed(tx)
        row = await taken(tx, claim)
        await tx.outbox.release(claim)
        written = await tx.outbox.settle(row, claim, ts="1.1", now=NOW)
        looked = await tx.outbox.next(claim, now=NOW)

    assert (written, looked) == (False, None)


async def test_each_look_renews_the_lease(memory: Memory):
    async with memory.transaction() as tx:
        claim = await claimed(tx)
        await tx.outbox.next(claim, now=after(20))
        too_early = await tx.outbox.claim_place(PLACE, now=after(49), lease=LEASE)
        in_time = await tx.outbox.claim_place(PLACE, now=after(50), lease=LEASE)

    assert too_early is None
    assert in_time is not None


async def test_what_may_have_reached_slack_is_looked_for_from_its_first_attempt_on(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        claim = await claimed(tx)
        row = await taken(tx, claim, 1)
        await tx.outbox.unsure(row, claim, not_before=after(5))
        early = await tx.outbox.next(claim, now=after(4))
        second = await taken(tx, claim, 5)
        await tx.outbox.put_off(second, claim, after(9))  # this attempt was refused; the first may still be there
        third = await taken(tx, claim, 9)

    assert not row.is_unsure
    assert early is None
    assert [each.is_unsure for each in (second, third)] == [True, True]
    assert [each.started_at for each in (second, third)] == [after(1), after(1)]


async def test_what_was_put_off_holds_up_what_is_behind_it_and_is_sure(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        await tx.outbox.put(notice("b"), now=NOW)
        claim = await claimed(tx)
        await tx.outbox.put_off(await taken(tx, claim), claim, after(5))
        early = await tx.outbox.next(claim, now=after(4))
        row = await taken(tx, claim, 5)

    assert early is None
    assert (row.cause, row.is_unsure, row.started_at, row.attempts) == ("a", False, after(5), 2)


async def test_what_is_for_later_wakes_nobody_and_lets_others_pass(memory: Memory, woken: list[frozenset[Wake]]):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("later", not_before=after(5)), now=NOW)
    before = list(woken)
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("now", not_before=NOW), now=NOW)
        claim = await claimed(tx)
        said = await drained(tx, claim), await drained(tx, claim, 5)

    assert before == []
    assert woken == [frozenset({Wake(what="deliver", key="T1 C1")})]
    assert said == (["now"], ["later"])


async def test_an_edit_that_is_put_off_gives_way_to_the_newer_one(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await tx.cards.put(PLACE, task=1, ts="1.1")
        await tx.outbox.put(notice("a", Kind.CARD, task=1), now=NOW)
        claim = await claimed(tx)
        row = await taken(tx, claim)
        await tx.outbox.put(notice("b", Kind.CARD, task=1), now=NOW)
        is_written = await tx.outbox.put_off(row, claim, after(5))
        early = await drained(tx, claim, 4)
        said = await drained(tx, claim, 5)

    assert is_written
    assert (early, said) == ([], ["b"])
    assert await states(database) == ["dropped", "done"]


async def test_a_newer_edit_waits_while_the_one_before_may_have_reached_slack(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a", Kind.CARD, task=1), now=NOW)
        claim = await claimed(tx)
        await tx.outbox.unsure(await taken(tx, claim), claim)
        await tx.outbox.put(notice("b", Kind.CARD, task=1), now=NOW)
        said = await drained(tx, claim)

    assert said == ["a", "b"]


async def test_what_is_parked_or_dropped_is_not_said(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        for cause in "abc":
            await tx.outbox.put(notice(cause), now=NOW)
        claim = await claimed(tx)
        written = [
            await tx.outbox.park(await taken(tx, claim), claim, "invalid_blocks", now=NOW),
            await tx.outbox.drop(await taken(tx, claim), claim, now=NOW),
        ]
        said = await drained(tx, claim)

    assert (written, said) == ([True, True], ["c"])
    assert await states(database) == ["parked", "dropped", "done"]


async def test_a_row_that_cannot_be_read_holds_up_nobody(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        await tx.outbox.put(notice("b"), now=NOW)
    async with database.writing() as connection:
        newer = '{"kind":"line","v":99,"key":"x","user":"U1"}'
        await connection.execute(update(NoticeRow).where(NoticeRow.cause == "a").values(body=newer))
    async with memory.transaction() as tx:
        said = await drained(tx, await claimed(tx))
        revived = await tx.outbox.revive(PLACE, now=NOW)
    async with database.reading() as connection:
        codes = list(await connection.scalars(select(NoticeRow.code).order_by(NoticeRow.id)))

    assert (said, revived, codes) == (["b"], 0, [UNREADABLE, ""])


@pytest.mark.parametrize(
    "newer", [{"body": '{"kind":"line","v":99,"key":"x","user":"U1"}'}, {"kind": "a kind of the next release"}]
)
@pytest.mark.parametrize("is_sure", [True, False])
async def test_what_a_newer_release_put_down_is_left_to_it_while_releases_change(
    memory: Memory,
    database: Database,
    newer: dict[str, str],
    is_sure: bool,  # noqa: FBT001
):
    """A call that the old worker cannot read must not be lost on it."""
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        if not is_sure:  # the newer worker died while it was sending it
            await taken(tx, await claimed(tx))
    async with database.writing() as connection:
        before = (await connection.execute(select(NoticeRow))).mappings().one()
        await connection.execute(update(NoticeRow).values(**newer))
    async with memory.transaction() as tx:
        by_the_old = await tx.outbox.next(await claimed(tx, 40), now=after(40))
    async with database.writing() as connection:
        left = (await connection.execute(select(NoticeRow))).mappings().one()
        await connection.execute(update(NoticeRow).values(body=before["body"], kind=before["kind"]))
    async with memory.transaction() as tx:
        row = await taken(tx, await claimed(tx, 80), 80)

    assert by_the_old is None
    assert left["settled_at"] is None
    assert (row.cause, row.is_unsure, row.started_at) == ("a", not is_sure, after(80) if is_sure else NOW)
    assert row.attempts == before["attempts"] + 1


async def test_what_nobody_can_read_is_parked_in_the_end(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
    async with database.writing() as connection:
        await connection.execute(update(NoticeRow).values(body="{}"))
    for minutes in (0, 1, 31):
        async with memory.transaction() as tx:
            assert await tx.outbox.next(await claimed(tx, 60 * minutes), now=after(60 * minutes)) is None
    async with memory.reading() as tx:
        parked = await tx.outbox.parked("T1")

    assert parked == {UNREADABLE: 1}


async def test_a_channel_that_is_mended_hears_what_it_missed_in_order_and_of_a_card_the_newest(memory: Memory):
    async with memory.transaction() as tx:
        await tx.cards.put(PLACE, task=1, ts="1.1")
        await tx.cards.put(PLACE, task=2, ts="1.2")
        for cause, kind, task in (("e1", Kind.CARD, 1), ("r1", Kind.REPLY, 1), ("f1", Kind.CARD, 2)):
            await tx.outbox.put(notice(cause, kind, task=task), now=NOW)
        claim = await claimed(tx)
        await tx.outbox.park(await taken(tx, claim), claim, "is_archived", now=NOW)
        parked = await tx.outbox.park_place(PLACE, "is_archived", now=NOW)
        for cause, kind, task in (("e2", Kind.CARD, 1), ("r2", Kind.REPLY, 1)):
            await tx.outbox.put(notice(cause, kind, task=task), now=NOW)
        parked += await tx.outbox.park_place(PLACE, "is_archived", now=NOW)
        nothing = await drained(tx, claim)
        await tx.outbox.put(notice("f2", Kind.CARD, task=2), now=NOW)

    async with memory.transaction() as tx:
        revived = await tx.outbox.revive(PLACE, now=after(1))
        wakes = set(tx.wakes)
        said = await drained(tx, claim, 1)

    assert (parked, nothing, revived) == (4, [], 3)
    assert wakes == {Wake(what="deliver", key="T1 C1")}
    assert said == ["r1", "e2", "r2", "f2"]


async def test_what_began_before_it_was_parked_is_looked_for_when_it_is_revived(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a"), now=NOW)
        claim = await claimed(tx)
        await tx.outbox.unsure(await taken(tx, claim), claim)
        await tx.outbox.park_place(PLACE, "is_archived", now=after(1))
        await tx.outbox.revive(PLACE, now=after(60))
        row = await taken(tx, claim, 60)

    assert (row.is_unsure, row.started_at) == (True, NOW)


async def test_the_calls_of_a_response_that_nobody_has_begun_to_send_are_taken_back(memory: Memory, database: Database):
    person, pager = Place(team="T1", channel="U2"), Place(team="T1", channel="pager:ops")

    async with memory.transaction() as tx:
        await tx.outbox.put(notice("page:3:0.0", Kind.PAGE, response=3), now=NOW)
        begun = await taken(tx, await claimed(tx))
        await tx.outbox.put(notice("page:3:1.0", Kind.PAGE, response=3), now=NOW)
        await tx.outbox.put(notice("page:3:1.0", Kind.DIRECT, place=person, user="U2", response=3), now=NOW)
        await tx.outbox.put(notice("page:3:1.0", Kind.CALL, place=pager, response=3), now=NOW)
        await tx.outbox.put(notice("page:4:0.0", Kind.PAGE, response=4), now=NOW)  # another response's
        for cause in ("page:3:ack:0:2", "page:3:resolve:0:4"):  # no call, but what came of one
            await tx.outbox.put(notice(cause, Kind.CALL, place=pager, response=3), now=NOW)
        await tx.outbox.put(notice("line:1", response=3), now=NOW)  # no call
        await tx.outbox.put(handled(3), now=NOW)  # no call, but the edit of one: it says who has it in hand
        withdrawn = await tx.outbox.withdraw(3, now=after(1))
        again = await tx.outbox.withdraw(3, now=after(2))
    async with database.reading() as connection:
        rows = await connection.execute(
            select(NoticeRow.cause, NoticeRow.kind, NoticeRow.code, NoticeRow.settled_at).where(
                NoticeRow.state == "dropped"
            )
        )
        dropped = {(row.cause, row.kind, row.code, row.settled_at) for row in rows}

    assert begun.response == 3
    assert (withdrawn, again) == (3, 0)
    assert dropped == {("page:3:1.0", kind, WITHDRAWN, after(1)) for kind in ("page", "direct", "call")}
    assert sorted(await states(database)) == [
        "dropped",
        "dropped",
        "dropped",
        *["pending"] * 5,
        "sending",
    ]


async def test_a_call_goes_under_its_card_and_waits_for_one_that_is_coming(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("page:3:0.0", Kind.PAGE, task=4, response=3), now=NOW)
        await tx.outbox.put(notice("card", Kind.CARD, task=4), now=NOW)
        claim = await claimed(tx)
        card = await taken(tx, claim)
        await tx.outbox.settle(card, claim, ts="1.5", now=NOW)
        page = await taken(tx, claim)

    assert (card.cause, page.cause) == ("card", "page:3:0.0")
    assert page.root is not None
    assert page.root.ts == "1.5"


async def test_a_call_that_was_parked_is_not_made_when_its_channel_is_mended(memory: Memory):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("page:3:0.0", Kind.PAGE, response=3), now=NOW)
        await tx.outbox.put(notice("line:1"), now=NOW)
        await tx.outbox.park_place(PLACE, "is_archived", now=NOW)
        revived = await tx.outbox.revive(PLACE, now=after(60))
        said = await drained(tx, await claimed(tx, 60), 60)

    assert (revived, said) == (1, ["line:1"])


async def test_places_are_due_when_something_is_and_nobody_has_claimed_them(memory: Memory):
    third = Place(team="T2", channel="C1")

    async with memory.transaction() as tx:
        await tx.outbox.put(notice("a", place=ELSEWHERE), now=NOW)
        await tx.outbox.put(notice("b"), now=NOW)
        await tx.outbox.put(notice("c", place=third, not_before=after(5)), now=NOW)
        at_once = await tx.outbox.due_places(NOW)
        one = await tx.outbox.due_places(NOW, limit=1)
        claim = await claimed(tx)
        claimed_one = await tx.outbox.due_places(NOW)
        await drained(tx, claim)
        await tx.outbox.release(claim)
        said = await tx.outbox.due_places(after(5))
        await taken(tx, await claimed(tx, 5, third), 5)  # … and its process dies
        while_claimed = await tx.outbox.due_places(after(6))
        after_the_lease = await tx.outbox.due_places(after(35))

    assert at_once == [ELSEWHERE, PLACE]
    assert one == [ELSEWHERE]
    assert claimed_one == [ELSEWHERE]
    assert said == [ELSEWHERE, third]
    assert while_claimed == [ELSEWHERE]
    assert after_the_lease == [ELSEWHERE, third]


async def test_what_was_settled_earlier_goes_and_what_waits_stays(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        for cause in "ab":
            await tx.outbox.put(notice(cause), now=NOW)
        claim = await claimed(tx)
        for seconds in (0, 1):
            await tx.outbox.settle(await taken(tx, claim, seconds), claim, ts="1", now=after(seconds))
        await tx.outbox.put(notice("c"), now=NOW)
        await tx.outbox.trim(after(1))

    assert await states(database) == ["done", "pending"]


async def test_whatever_dies_whenever_everything_is_said_in_order(memory: Memory):
    """
    Drainers that die at any step, over many channels' worth of luck: each notice is settled once, and after its card.
    """
    luck = random.Random(SEED)  # noqa: S311
    expected: list[str] = []
    async with memory.transaction() as tx:
        for task in range(4):
            for number in range(3):
                await tx.outbox.put(notice(f"{task}:{number}", Kind.REPLY, task=task), now=NOW)
                expected.append(f"{task}:{number}")
            await tx.outbox.put(notice(f"{task}:card", Kind.CARD, task=task), now=NOW)
            expected.append(f"{task}:card")
    said: list[str] = []
    seconds = 0.0

    for _ in range(400):
        seconds += 31  # whoever held the claim is dead
        async with memory.transaction() as tx:
            claim = await tx.outbox.claim_place(PLACE, now=after(seconds), lease=LEASE)
        assert claim is not None
        while luck.random() < 0.8:
            async with memory.transaction() as tx:
                row = await tx.outbox.next(claim, now=after(seconds))
            if row is None or luck.random() < 0.3:
                break
            async with memory.transaction() as tx:
                match luck.randrange(4):
                    case 0:
                        await tx.outbox.unsure(row, claim)
                    case 1:
                        await tx.outbox.put_off(row, claim, after(seconds))
                    case _ if await tx.outbox.settle(row, claim, ts=f"1.{row.id}", now=after(seconds)):
                        said.append(row.cause)

    assert sorted(said) == sorted(expected), f"seed {SEED}"
    for task in range(4):
        mine = [cause.partition(":")[2] for cause in said if cause.startswith(f"{task}:")]
        assert mine == ["card", "0", "1", "2"]
