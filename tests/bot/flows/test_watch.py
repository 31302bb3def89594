from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.contract import AccountName, TaskState
from bot.domain.notice import AccountBody, BoardBody, CardBody, GroupBody, Kind, ReplyBody
from bot.domain.task import Why
from bot.flows.heed import Heed
from bot.flows.watch import WAKE
from bot.sandbox.faults import Delay, Fail, Hang
from bot.store.incidents import REALLY_GONE
from tests.bot.flows.world import (
    ALI,
    DESCRIBE,
    INGEST,
    LIST,
    OPS,
    SHANGHAI,
    SHOW,
    TRTC,
    ingest,
    open_world,
    script,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.store.database import Database


FAR: dict[str, Any] = {"start": timedelta(hours=-2), "end": timedelta(hours=6)}


def far(task_id: str, word: str = "1", **told: Any) -> Any:
    """A task in the middle of its plan."""
    return script(task_id, word, **FAR | told)


def whys(bodies: list[Any]) -> list[Why]:
    return [body.news.why for body in bodies if isinstance(body, ReplyBody)]


@pytest.mark.parametrize(
    ("tasks", "word", "lists"),
    [
        # Four sweeps in twenty seconds, one request each.
        (1, "1", 4),
        (100, "1", 4),
        # Three pages make three requests.
        (201, "1", 12),
        # While one is not well, ten sweeps.
        (1, "2", 10),
    ],
)
async def test_what_sweeps_cost(database: Database, tasks: int, word: str, lists: int):
    names = [f"t-{number}" for number in range(tasks)]
    async with open_world(database, *(far(name, word if name == "t-0" else "1") for name in names)) as world:
        await world.follow_many(names)
        await world.passes(30)
        world.stage.aliyun.ledger.clear()

        await world.passes(20)

        assert world.asked(LIST) == lists
        assert world.asked(DESCRIBE) <= 2  # a doubt's confirmation, perhaps


async def test_ten_channels_on_one_task_are_one_read(database: Database):
    async with open_world(database, far("t-1")) as world:
        for number in range(10):
            await world.follow("t-1", place=type(SHOW)(team="T1", channel=f"C{number}"))
        await world.passes(30)
        world.stage.aliyun.ledger.clear()

        await world.passes(5)

        assert (world.asked(LIST), world.asked(DESCRIBE)) == (1, 0)


async def test_where_nothing_is_followed_nothing_is_asked(database: Database):
    async with open_world(database, far("t-1"), ingest("trtc-1")) as world:
        await world.passes(30)

        assert (world.asked(LIST), world.asked(INGEST)) == (0, 0)


async def test_a_change_is_confirmed_by_a_read_of_its_own_and_told_once(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(30)
        before = world.asked(DESCRIBE)
        world.say("t-1", "3", "PullStreamFailed")

        await world.passes(20)

        assert world.asked(DESCRIBE) == before + 1
        (told,) = await world.said(Kind.CHANNEL)  # the first bad change of an incident is shown in the channel
        assert isinstance(told, ReplyBody)
        assert (told.news.why, told.news.reason) == (Why.STOPPED, "PullStreamFailed")
        assert (await world.known("t-1")).state is TaskState.STOPPED
        (incident,) = await world.incidents()
        assert (incident.scope, incident.why, incident.closed_at) == ("task", Why.STOPPED, None)


async def test_a_state_that_was_read_once_shows_on_the_card_alone(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(30)
        world.say("t-1", "3")
        await world.passes(5, step=5)
        world.stage.aliyun.story.resume("t-1")

        await world.passes(30)

        assert await world.said(Kind.REPLY, Kind.CHANNEL) == []
        (card,) = await world.said(Kind.CARD)  # the newest edit is kept
        assert isinstance(card, CardBody)
        assert card.look.snapshot.state is card.confirmed is TaskState.RUNNING


async def test_from_retrying_to_recovered_the_story_is_told_in_order(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(30)
        world.say("t-1", "2", "PullStreamFailed")
        await world.passes(45)
        world.say("t-1", "1")
        await world.passes(45)

        told = await world.said(Kind.REPLY, Kind.CHANNEL)

        assert whys(told) == [Why.RETRYING, Why.STILL_RETRYING, Why.RECOVERED]
        (incident,) = await world.incidents()
        assert incident.closed_why == Why.RECOVERED
        assert [(await world.known("t-1")).bad_since, len(await world.changes())] == [None, 3]


@pytest.mark.parametrize(
    ("tasks", "gone", "missing", "comes_to"),
    [
        # Not in the list, and the cloud says so plainly.
        (3, 1, "CodeTaskNotExist", TaskState.ENDED),
        # Not in the list, and the cloud only stammers: together that is enough.
        (3, 1, "InvalidParameter", TaskState.ENDED),
        (3, 1, "RetCode", TaskState.ENDED),
        # Few tasks may go all at once.
        (1, 1, "CodeTaskNotExist", TaskState.ENDED),
        (4, 4, "CodeTaskNotExist", TaskState.ENDED),
        # Many may not: the list has mislaid them.
        (8, 8, "CodeTaskNotExist", TaskState.RUNNING),
        (8, 5, "CodeTaskNotExist", TaskState.RUNNING),
        # Half of them may.
        (10, 5, "CodeTaskNotExist", TaskState.ENDED),
    ],
)
async def test_a_task_is_gone_only_on_strong_evidence(
    database: Database, tasks: int, gone: int, missing: str, comes_to: TaskState
):
    names = [f"t-{number}" for number in range(tasks)]
    async with open_world(database, *map(far, names)) as world:
        world.stage.aliyun.missing = type(world.stage.aliyun.missing)(missing)
        await world.follow_many(names)
        await world.passes(10)
        for name in names[:gone]:
            world.say(name, "")

        await world.passes(40)

        assert {(await world.known(name)).state for name in names[:gone]} == {comes_to}
        assert {(await world.known(name)).state for name in names[gone:]} <= {TaskState.RUNNING}


async def test_a_list_that_mislays_its_tasks_is_one_notice_and_none_about_a_task(database: Database):
    names = [f"t-{number}" for number in range(20)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names:
            world.say(name, "")
        await world.passes(90)
        for name in names:
            world.stage.aliyun.story.resume(name)

        await world.passes(20)

        blind, seen = await world.said(Kind.ACCOUNT)
        assert isinstance(blind, AccountBody)
        assert isinstance(seen, AccountBody)
        assert (blind.error, blind.followed, seen.is_over) == ("Unreadable", 20, True)
        assert await world.said(Kind.REPLY, Kind.CHANNEL) == []


async def test_what_a_person_says_is_really_gone_ends_and_what_is_mislaid_later_is_not_believed_again(
    database: Database,
):
    names = [f"t-{number}" for number in range(8)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names[:6]:
            world.say(name, "")
        await world.passes(90)
        (blind,) = await world.said(Kind.ACCOUNT)
        assert isinstance(blind, AccountBody)
        async with world.memory.transaction() as tx:
            await tx.incidents.close(blind.incident, world.clock.now, REALLY_GONE)
        await world.passes(60)
        for name in names[:6]:
            world.stage.aliyun.story.resume(name)
        await world.passes(60)
        for name in names[:6]:
            world.say(name, "")

        await world.passes(90)

        ended = [change for change in await world.changes() if '"new":"ENDED"' in change.news]
        again = [body for body in await world.said(Kind.ACCOUNT) if isinstance(body, AccountBody) and not body.is_over]
        assert len(ended) == 6
        assert [body.is_mislaid for body in again] == [True, True]
        assert [(await world.known(name)).state for name in names] == [TaskState.RUNNING] * 8


async def test_an_outage_of_ten_minutes_with_fifty_tasks_is_one_notice(database: Database):
    names = [f"t-{number}" for number in range(50)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        world.stage.aliyun.faults.plan(Fail("InternalError"), times=None)
        await world.passes(600, step=5)
        world.stage.aliyun.faults.clear()

        await world.passes(10)

        blind, seen = await world.said(Kind.ACCOUNT)
        assert isinstance(blind, AccountBody)
        assert isinstance(seen, AccountBody)
        assert (blind.code, blind.followed, blind.is_over, seen.is_over) == ("InternalError", 50, False, True)
        assert seen.lasted is not None
        assert timedelta(minutes=9, seconds=50) <= seen.lasted <= timedelta(minutes=10, seconds=15)
        assert await world.said(Kind.REPLY, Kind.CHANNEL) == []
        assert [(row.scope, row.closed_why) for row in await world.incidents()] == [("account", "seen_again")]
        (whole,) = [span for span in await world.spans() if not span.task]
        assert whole.ended_at is not None


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fail("ServiceUnavailable"), "Unreachable"),
        (Fail("InvalidAccessKeyId.NotFound"), "BadCredentials"),
        (Fail("Forbidden.RAM"), "AccessDenied"),
        (Fail("Throttling.User"), "Throttled"),
    ],
)
async def test_whatever_hides_an_account_is_named(database: Database, fault: Fail, error: str):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.stage.aliyun.faults.plan(fault, times=None)

        await world.passes(80, step=5)

        (blind,) = await world.said(Kind.ACCOUNT)
        assert isinstance(blind, AccountBody)
        assert (blind.error, blind.code) == (error, fault.code)


async def test_a_short_outage_is_silence(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.stage.aliyun.faults.plan(Fail("InternalError"), times=None)
        await world.passes(50, step=5)
        world.stage.aliyun.faults.clear()

        await world.passes(20)

        assert await world.said(Kind.ACCOUNT, Kind.REPLY, Kind.CHANNEL) == []
        assert await world.incidents() == []


async def test_a_cloud_without_a_list_that_falls_silent_is_one_notice_too(database: Database):
    names = [f"trtc-{number}" for number in range(10)]
    async with open_world(database, *map(ingest, names)) as world:
        await world.follow_many(names, account=TRTC)
        await world.passes(20)
        world.stage.tencent.faults.plan(Fail("InternalError"), times=None)
        await world.passes(300, step=5)
        world.stage.tencent.faults.clear()

        await world.passes(90, step=3)

        blind, seen = await world.said(Kind.ACCOUNT)
        assert isinstance(blind, AccountBody)
        assert isinstance(seen, AccountBody)
        assert (blind.account, blind.followed, seen.is_over) == (TRTC, 10, True)
        assert await world.said(Kind.REPLY, Kind.CHANNEL) == []


async def test_a_task_that_alone_cannot_be_read_is_no_blind_account(database: Database):
    async with open_world(database, ingest("trtc-1"), ingest("trtc-2")) as world:
        await world.follow_many(["trtc-1", "trtc-2"], account=TRTC)
        await world.passes(10)
        world.stage.tencent.faults.plan(Fail("InvalidParameter.TaskId"), on=INGEST, times=None)

        await world.passes(200, step=5)

        assert await world.said(Kind.ACCOUNT) == []
        assert (await world.known("trtc-1", TRTC)).is_unseen


async def test_a_tencent_task_that_is_gone_has_ended_and_is_looked_at_for_half_an_hour_more(database: Database):
    async with open_world(database, ingest("trtc-1")) as world:
        await world.follow("trtc-1", account=TRTC)
        await world.passes(10)
        world.say("trtc-1", "NotExist")
        await world.passes(20)
        assert whys(await world.said(Kind.CHANNEL)) == [Why.ENDED_WITHOUT_PLAN]
        world.stage.tencent.ledger.clear()

        await world.passes(40 * 60, step=30)

        assert 28 <= world.asked(INGEST) <= 32
        world.stage.tencent.ledger.clear()
        await world.passes(600, step=30)
        assert world.asked(INGEST) == 0


async def test_an_end_that_was_none_is_taken_back(database: Database):
    async with open_world(database, ingest("trtc-1")) as world:
        await world.follow("trtc-1", account=TRTC)
        await world.passes(10)
        world.say("trtc-1", "NotExist")
        await world.passes(60)
        world.say("trtc-1", "InProgress")

        await world.passes(150)

        assert whys(await world.said(Kind.REPLY, Kind.CHANNEL))[-1] is Why.REOPENED
        assert (await world.known("trtc-1", TRTC)).state is TaskState.RUNNING


async def test_a_cold_task_is_read_once_a_minute_and_a_hot_one_every_five_seconds(database: Database):
    async with open_world(database, ingest("trtc-1"), ingest("trtc-2")) as world:
        await world.follow_many(["trtc-1", "trtc-2"], account=TRTC)
        await world.passes(200, step=5)
        world.stage.tencent.ledger.clear()
        await world.passes(120)
        cold = world.asked(INGEST)
        world.stage.tencent.ledger.clear()

        heed = Heed(memory=world.memory, now=world.clock)
        heed.looked_at(world.ref("trtc-1", TRTC))
        await heed.write()
        await world.passes(110)

        assert cold == 4
        assert 8 <= world.asked(INGEST) <= 24


async def test_all_tasks_of_an_account_are_picked_up_as_they_appear(database: Database):
    async with open_world(database, far("t-1"), far("t-2", "3", name="other")) as world:
        await world.follow(None, match="name-")
        await world.passes(10)
        assert await world.tasks() == ["t-1"]  # only what somebody wants is kept
        world.stage.aliyun.story.add(far("t-3", "0", start=timedelta(hours=1)))
        await world.passes(10)
        world.say("t-3", "1")

        await world.passes(10)

        assert await world.tasks() == ["t-1", "t-3"]
        assert [row.task for row in await world.changes()] == [2]  # t-1 was there before: no change
        board = (await world.said(Kind.BOARD))[-1]
        assert isinstance(board, BoardBody)
        assert board.counts == ((TaskState.RUNNING, 2),)


async def test_a_task_that_appears_running_has_started(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow(None)
        await world.passes(10)
        world.stage.aliyun.story.add(far("t-2"))

        await world.passes(10)

        known = await world.known("t-2")
        assert known.state is TaskState.RUNNING
        assert [row.task for row in await world.changes()] == [2]


async def test_what_had_ended_before_anybody_followed_is_left_alone(database: Database):
    async with open_world(database, far("t-1"), far("t-2", "-1")) as world:
        await world.follow(None)

        await world.passes(10)

        assert await world.tasks() == ["t-1"]


async def test_an_account_shows_only_the_tasks_that_its_configuration_lets_people_see(database: Database):
    async with open_world(database, far("live-1"), far("test-1")) as world:
        account = world.accounts[ALI]
        world.accounts[ALI] = type(account)(
            **{name: getattr(account, name) for name in account.__slots__} | {"tasks": ("live-*",)}
        )
        await world.follow(None)

        await world.passes(10)

        assert await world.tasks() == ["live-1"]


async def test_what_is_over_is_not_asked_for_any_more(database: Database):
    async with open_world(database, far("t-1", end=timedelta(seconds=20))) as world:
        await world.follow("t-1")
        await world.passes(20)
        world.say("t-1", "-1", "OverEndTime")
        await world.passes(20)
        world.stage.aliyun.ledger.clear()

        await world.passes(60)

        assert (world.asked(LIST), world.asked(DESCRIBE)) == (0, 0)


async def test_what_turned_bad_before_a_restart_is_told_well_after_it(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.say("t-1", "3", "PushStreamFailed")
        await world.passes(10)
        world.clock.move(timedelta(hours=1))
        world.watch = world.new_watch()
        world.say("t-1", "1")

        await world.passes(40)

        assert whys(await world.said(Kind.CHANNEL)) == [Why.STOPPED, Why.RECOVERED]
        assert [row.closed_why for row in await world.incidents()] == [Why.RECOVERED]


async def test_after_a_restart_the_comparison_is_with_what_is_stored(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.say("t-1", "3", "PushStreamFailed")
        world.clock.move(timedelta(hours=1))
        world.watch = world.new_watch()

        await world.passes(10)

        assert whys(await world.said(Kind.CHANNEL)) == [Why.STOPPED]
        assert len(await world.changes()) == 1


async def test_a_sweep_that_was_taken_over_writes_nothing(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.say("t-1", "3")
        world.stage.aliyun.faults.plan(Hang(), on=LIST)
        world.clock.move(timedelta(seconds=5))
        zombie = asyncio.create_task(world.watch.beat())
        await world.stage.aliyun.faults.holding()
        world.clock.move(timedelta(seconds=20))  # its claim is over
        other = world.new_watch()
        await other.beat()
        seen = await world.known("t-1")

        world.stage.aliyun.faults.release()
        await zombie

        assert seen.doubt is not None
        assert await world.known("t-1") == seen
        async with world.memory.reading() as tx:
            sweep = await tx.sweeps.get(ALI, SHANGHAI)
        assert sweep is not None
        assert sweep.done_at == world.clock.now  # the other's


@pytest.mark.parametrize(
    ("is_taken_over", "pages"),
    [
        # Another one began from the first page, and there is nothing left to ask for.
        (True, [1, 2, 1, 2, 3]),
        # Nobody else was there: it has its claim renewed before it goes on.
        (False, [1, 2, 3]),
    ],
)
async def test_who_comes_back_late_asks_for_no_page_of_a_sweep_that_is_not_his(
    database: Database,
    is_taken_over: bool,  # noqa: FBT001
    pages: list[int],
):
    async with open_world(database, *(far(f"t-{number}") for number in range(250))) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.say("t-1", "3")
        world.stage.aliyun.ledger.clear()
        world.stage.aliyun.faults.plan(Delay(timedelta(0)), Hang(), on=LIST)
        world.clock.move(timedelta(seconds=5))
        late = asyncio.create_task(world.watch.beat())
        await world.stage.aliyun.faults.holding()
        world.clock.move(timedelta(seconds=20))  # its claim is over
        if is_taken_over:
            await world.new_watch().beat()
        meanwhile = await world.known("t-1")
        world.stage.aliyun.faults.release()
        await late

        assert world.pages() == pages
        assert meanwhile.doubt is not None or not is_taken_over
        assert (await world.known("t-1") == meanwhile) is is_taken_over


async def test_two_watches_never_sweep_one_region_at_once_however_slow_the_cloud_is(database: Database):
    """Each page takes twice as long as a claim holds, and both watches look for work all the time."""
    async with open_world(database, *(far(f"t-{number}") for number in range(250))) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.stage.aliyun.ledger.clear()
        watches = [world.new_watch(keep_every_s=0.01) for _ in range(2)]
        world.stage.aliyun.faults.plan(Hang(), on=LIST, times=3)
        world.clock.move(timedelta(seconds=5))
        beats = [asyncio.create_task(watch.beat()) for watch in watches]
        held = []
        for page in (1, 2, 3):
            await until(lambda so_far=page: world.asked(LIST) == so_far)
            for _ in range(3):
                await world.stage.aliyun.faults.holding()
                world.clock.move(timedelta(seconds=10))
                await world.is_renewed()
                for watch in watches:
                    await watch.beat()
            held.append(world.stage.aliyun.faults.held)
            world.stage.aliyun.faults.release()
        await asyncio.gather(*beats)

        assert world.pages() == [1, 2, 3]
        assert held == [1, 1, 1]


async def test_a_sweep_never_begins_before_the_last_one_ended(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        world.stage.aliyun.ledger.clear()
        world.stage.aliyun.faults.plan(Hang(), on=LIST)
        world.clock.move(timedelta(seconds=5))
        slow = asyncio.create_task(world.watch.beat())
        await world.stage.aliyun.faults.holding()
        for _ in range(3):
            world.clock.move(timedelta(seconds=20))
            await world.watch.beat()

        assert world.asked(LIST) == 1
        world.stage.aliyun.faults.release()
        await slow


async def test_one_beat_takes_all_that_is_due_however_few_it_claims_at_once(database: Database):
    async with open_world(database) as world:
        async with world.memory.transaction() as tx:
            for number in range(5):
                await tx.sweeps.ensure(AccountName(f"old-{number}"), SHANGHAI, due_at=world.clock.now)

        await world.watch.beat()

        async with world.memory.transaction() as tx:
            left = await tx.sweeps.claim(world.clock.now, lease=timedelta(seconds=15), limit=9)
        assert left == []


async def test_a_list_that_outlasts_its_claim_keeps_it_and_counts_as_a_failure(database: Database):
    """A cloud that takes connections and says nothing: each list takes longer than a claim holds."""
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        patient, other = world.new_watch(keep_every_s=0.01), world.new_watch()
        world.stage.aliyun.faults.plan(Hang(), on=LIST)
        world.clock.move(timedelta(seconds=5))
        slow = asyncio.create_task(patient.beat())
        await world.stage.aliyun.faults.holding()
        asked = world.asked(LIST)
        for _ in range(3):
            world.clock.move(timedelta(seconds=12))
            await asyncio.sleep(0.1)  # the claim is renewed meanwhile
            await other.beat()
        asked_meanwhile = world.asked(LIST) - asked
        world.stage.aliyun.faults.plan(Fail("InternalError"), on=LIST, times=None)
        await world.stage.aliyun.door.shut()  # what hung is broken off
        await world.stage.aliyun.door.reopen()
        await slow

        async with world.memory.reading() as tx:
            sweep = await tx.sweeps.get(ALI, SHANGHAI)
        assert asked_meanwhile == 0
        assert sweep is not None
        assert (sweep.misses, sweep.failing_since) == (1, world.clock.now - timedelta(seconds=36))


async def test_two_watches_over_one_database_share_the_work(database: Database):
    scripts = (*(far(f"t-{number}") for number in range(5)), ingest("trtc-1"))
    async with open_world(database, *scripts) as world:
        await world.follow_many([f"t-{number}" for number in range(5)])
        await world.follow("trtc-1", account=TRTC)
        other = world.new_watch()
        await world.passes(30)
        world.stage.aliyun.ledger.clear()
        for _ in range(30):
            world.clock.move(timedelta(seconds=1))
            await asyncio.gather(world.watch.beat(), other.beat())

        assert world.asked(LIST) == 6
        world.say("t-1", "3", "PullStreamFailed")
        for _ in range(10):
            world.clock.move(timedelta(seconds=1))
            await asyncio.gather(world.watch.beat(), other.beat())
        assert whys(await world.said(Kind.CHANNEL, Kind.REPLY)) == [Why.STOPPED]
        assert len(await world.incidents()) == len(await world.changes()) == 1


async def test_a_persons_plan_that_is_changed_during_a_read_is_not_lost(database: Database):
    """F's command and a read write the same row: whoever reads older values does not overwrite newer ones."""
    async with open_world(database, ingest("trtc-1")) as world:
        await world.follow("trtc-1", account=TRTC)
        await world.passes(10)
        world.stage.tencent.faults.plan(Hang(), on=INGEST)
        world.clock.move(timedelta(seconds=5))
        reading = asyncio.create_task(world.watch.beat())
        await world.stage.tencent.faults.holding()
        until = world.clock.now + timedelta(hours=1)
        async with world.memory.transaction() as tx:
            task = await tx.tasks.get(world.ref("trtc-1", TRTC))
            assert task is not None
            known = type(task.known)(**{n: getattr(task.known, n) for n in task.known.__slots__} | {"until": until})
            await tx.tasks.save(task, known, due_at=task.due_at)
        world.stage.tencent.faults.release()
        await reading

        await world.passes(10)

        assert (await world.known("trtc-1", TRTC)).until == until


async def test_two_tasks_that_push_to_one_place_are_pointed_out(database: Database):
    async with open_world(
        database, far("t-1"), far("t-2"), far("t-3", destination="rtmp://push.example.com/live/other")
    ) as world:
        await world.follow_many(["t-1", "t-2", "t-3"])
        await world.passes(10)
        world.say("t-1", "2")

        await world.passes(10)

        cards = {body.look.ref.task_id: body for body in await world.said(Kind.CARD) if isinstance(body, CardBody)}
        assert cards["t-1"].same_destination == ("name-t-2",)
        assert cards["t-3"].same_destination == ()


async def test_an_account_that_is_not_configured_any_more_is_left_alone(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        del world.accounts[ALI]

        await world.passes(30)

        assert (world.asked(LIST), world.asked(DESCRIBE)) == (0, 0)


async def test_each_place_hears_of_its_own_subscriptions_only(database: Database):
    async with open_world(database, far("t-1"), far("t-2")) as world:
        await world.follow("t-1", place=SHOW)
        await world.follow("t-2", place=OPS)
        await world.passes(10)
        world.say("t-2", "3", "PushStreamFailed")

        await world.passes(10)

        assert await world.said(Kind.CHANNEL, Kind.REPLY, place=SHOW) == []
        assert len(await world.said(Kind.CHANNEL, place=OPS)) == 1


def groups(bodies: list[Any]) -> list[GroupBody]:
    return [body for body in bodies if isinstance(body, GroupBody)]


async def test_many_that_die_at_once_are_one_incident_and_one_message(database: Database):
    names = [f"t-{number:03}" for number in range(200)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names:
            world.say(name, "3", "PullStreamFailed")

        await world.passes(60)

        (told,) = groups(await world.said(Kind.GROUP))  # posted once, then edited
        assert (told.total, told.still_bad, told.why, told.is_over) == (200, 200, Why.STOPPED, False)
        assert len(told.names) == 10
        assert await world.said(Kind.CHANNEL, Kind.REPLY) == []
        rows = await world.incidents()
        (whole,) = [row for row in rows if row.scope == "group"]
        assert {row.part_of for row in rows if row.scope == "task"} == {whole.id}
        assert len(rows) == 201
        cards = [body for body in await world.said(Kind.CARD) if isinstance(body, CardBody)]
        assert {body.confirmed for body in cards} == {TaskState.STOPPED}
        assert len(cards) == 200


async def test_a_task_of_a_group_gets_no_card_of_its_own_while_nothing_new_happens_to_it(database: Database):
    """Whoever follows `all` reads the board and the group; a quiet look half an hour later posted two hundred cards."""
    names = [f"t-{number}" for number in range(8)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow(None)
        await world.passes(10)
        for name in names:
            world.say(name, "3", "PullStreamFailed")

        await world.passes(30)
        await world.passes(45 * 60, step=60)

        assert len(groups(await world.said(Kind.GROUP))) == 1
        assert await world.said(Kind.CARD) == []


async def test_a_group_that_recovers_says_so_in_its_own_message(database: Database):
    names = [f"t-{number}" for number in range(6)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names:
            world.say(name, "3", "PullStreamFailed")
        await world.passes(30)
        for name in names[1:]:
            world.say(name, "1")
        await world.passes(60)
        (part,) = groups(await world.said(Kind.GROUP))
        assert (part.total, part.still_bad, part.names, part.is_over) == (6, 1, ("name-t-0",), False)
        world.say("t-0", "1")

        await world.passes(60)

        (over,) = groups(await world.said(Kind.GROUP))
        assert (over.still_bad, over.is_over) == (0, True)
        assert over.lasted is not None
        assert await world.said(Kind.CHANNEL, Kind.REPLY) == []
        assert all(row.closed_at is not None for row in await world.incidents())


async def test_who_turns_bad_within_a_minute_joins_the_group(database: Database):
    names = [f"t-{number}" for number in range(8)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names[:6]:
            world.say(name, "3", "PullStreamFailed")
        await world.passes(20)
        world.say("t-6", "3", "PullStreamFailed")
        await world.passes(80)
        world.say("t-7", "3", "PushStreamFailed")

        await world.passes(20)

        (told,) = groups(await world.said(Kind.GROUP))
        assert told.total == 7
        (alone,) = await world.said(Kind.CHANNEL)
        assert isinstance(alone, ReplyBody)
        assert alone.ref.task_id == "t-7"


async def test_who_turned_bad_in_the_minute_before_is_one_of_the_group(database: Database):
    names = [f"t-{number}" for number in range(20)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names[:3]:
            world.say(name, "3", "PullStreamFailed")
        await world.passes(30)
        alone = await world.said(Kind.CHANNEL)
        for name in names[3:]:
            world.say(name, "3", "PullStreamFailed")

        await world.passes(20)

        (told,) = groups(await world.said(Kind.GROUP))
        assert (len(alone), told.total, told.still_bad) == (3, 20, 20)
        assert await world.said(Kind.CHANNEL) == alone
        rows = await world.incidents()
        (whole,) = [row for row in rows if row.scope == "group"]
        assert {row.part_of for row in rows if row.scope == "task"} == {whole.id}


async def test_a_handful_that_dies_is_told_one_by_one(database: Database):
    names = [f"t-{number}" for number in range(4)]
    async with open_world(database, *map(far, names)) as world:
        await world.follow_many(names)
        await world.passes(10)
        for name in names:
            world.say(name, "3", "PullStreamFailed")

        await world.passes(20)

        assert groups(await world.said()) == []
        assert len(await world.said(Kind.CHANNEL)) == 4


async def test_ends_as_planned_are_no_crowd(database: Database):
    names = [f"t-{number}" for number in range(20)]
    async with open_world(database, *(script(name, end=timedelta(seconds=30)) for name in names)) as world:
        await world.follow_many(names)
        await world.passes(30)
        for name in names:
            world.say(name, "-1", "OverEndTime")

        await world.passes(30)

        assert groups(await world.said()) == []
        assert await world.incidents() == []
        assert set(whys(await world.said(Kind.REPLY))) == {Why.ENDED}


async def test_what_comes_back_within_ten_minutes_is_the_same_incident(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.passes(10)
        for word in ("3", "1", "3"):
            world.say("t-1", word, "PullStreamFailed")
            await world.passes(60)

        (incident,) = await world.incidents()

        assert (incident.reopenings, incident.closed_at) == (1, None)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in a server's ledger
            await asyncio.sleep(0.005)


async def test_the_beat_goes_on_by_itself_and_stops_when_it_is_told(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        stop = asyncio.Event()
        running = asyncio.create_task(world.watch.run(stop))
        await until(lambda: world.asked(LIST) >= 1)
        for round_ in range(2, 5):
            world.clock.move(timedelta(seconds=5))
            world.watch.hurry()
            await until(lambda at_least=round_: world.asked(LIST) >= at_least)

        stop.set()

        await asyncio.wait_for(running, timeout=5)


async def test_the_beat_survives_an_error_that_nobody_foresaw(database: Database, caplog: pytest.LogCaptureFixture):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        await world.wish_of_all(only="spoilt")
        stop = asyncio.Event()
        running = asyncio.create_task(world.watch.run(stop))
        await until(lambda: "spoilt" in caplog.text)
        await world.wish_of_all(only="")
        world.clock.move(timedelta(seconds=31))  # the claims of what failed
        world.watch.hurry()
        await until(lambda: len(world.wakes) > 0)  # it was read, and its card is to be shown
        stop.set()
        await running

        assert (await world.known("t-1")).state is TaskState.RUNNING


async def test_a_task_whose_memory_cannot_be_read_is_seen_as_for_the_first_time_and_the_others_go_on(
    database: Database,
):
    async with open_world(database, far("t-1"), far("t-2")) as world:
        await world.follow_many(["t-1", "t-2"])
        await world.passes(10)
        await world.remember_of("t-1", '{"since": "spoilt"}')
        world.say("t-1", "3", "PullStreamFailed")
        world.say("t-2", "3", "PullStreamFailed")

        await world.passes(10)

        assert (await world.known("t-1")).state is TaskState.STOPPED
        assert sorted(whys(await world.said(Kind.CHANNEL))) == [Why.FIRST_SIGHT_BAD, Why.STOPPED]


async def test_what_is_under_way_at_the_end_is_given_up_and_falls_due_again(database: Database):
    async with open_world(database, far("t-1")) as world:
        await world.follow("t-1")
        world.stage.aliyun.faults.plan(Hang(), on=LIST)
        stop = asyncio.Event()
        running = asyncio.create_task(world.watch.run(stop))
        await world.stage.aliyun.faults.holding()
        stop.set()
        await asyncio.wait_for(running, timeout=5)
        world.stage.aliyun.faults.release()
        world.clock.move(timedelta(seconds=16))

        await world.new_watch().beat()

        assert (await world.known("t-1")).state is TaskState.RUNNING


@pytest.mark.parametrize(
    ("account", "api"),
    [
        # A list under way is begun anew by whoever is there,
        (ALI, LIST),
        # and so is a read of one task.
        (TRTC, INGEST),
    ],
)
async def test_what_is_under_way_when_a_process_leaves_is_anothers_at_once(
    database: Database, account: AccountName, api: str
):
    task = "t-1" if account == ALI else "trtc-1"
    async with open_world(database, far("t-1"), ingest("trtc-1")) as world:
        await world.follow(task, account=account)
        cloud = world.stage.aliyun if account == ALI else world.stage.tencent
        cloud.faults.plan(Hang(), on=api)
        stop = asyncio.Event()
        running = asyncio.create_task(world.watch.run(stop))
        await cloud.faults.holding()
        world.wakes.clear()
        stop.set()
        await asyncio.wait_for(running, timeout=5)
        cloud.faults.release()
        before = world.asked(api)

        await world.new_watch().beat()  # no time has passed

        assert world.wakes[0] == WAKE
        assert world.asked(api) == before + 1
        assert (await world.known(task, account)).state is TaskState.RUNNING
