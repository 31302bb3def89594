"""
Who is called, in what order and when; and what stops it.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest

from adapters.contract import TaskId
from bot.domain import response as judge
from bot.domain.message import Look
from bot.domain.notice import Kind, PageBody, Skip
from bot.domain.outlook import judge_look
from bot.domain.permit import Channel, Person, Standing
from bot.domain.rota import Level, Rota, Target, TargetKind
from bot.domain.subscription import Place, Wish
from bot.flows.change import Change
from bot.flows.desk import Asker
from bot.flows.follow import begin
from bot.flows.respond import close, leave, settle, silence, unsilence
from bot.flows.unmute import end_mutes
from bot.flows.unreachable import pass_over
from bot.sandbox.faults import Fail
from bot.store.database import Database
from bot.store.tables import IncidentRow
from tests.bot.flows.night import ANN, BOB, CAT, HOUR, LEVELS, MINUTE, open_night, user
from tests.bot.flows.world import ALI, OPS, SHOW, script

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.domain.subscription import Mute
    from tests.bot.flows.night import Night

DOWN = ("3", "RetryTimesOffline")


@pytest.fixture
async def embedded(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Database]:
    """A database of the kind that is quick to make: what is tried with it does not depend on the kind."""
    opened = Database.open(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path)}")
    yield opened
    await opened.close()


def goes_down(night: Night, *tasks: str, reason: str = DOWN[1]) -> None:
    for task in tasks:
        night.world.say(task, DOWN[0], reason)


async def mentioned(night: Night) -> list[tuple[str, ...]]:
    return [body.mentions for body in await night.called()]


async def mute(night: Night, task: str | None, lasts: timedelta) -> Mute:
    now = night.world.clock.now
    async with night.world.memory.transaction() as tx:
        made, _ = await tx.mutes.put(
            SHOW,
            account=ALI,
            task=None if task is None else TaskId(task),
            owner="U1",
            begins_at=now,
            ends_at=now + lasts,
            now=now,
        )
        await silence(tx, SHOW, made.ends_at, now=now)
    return made


async def test_whoever_is_on_call_is_called_and_after_five_minutes_the_second_level(database: Database):
    async with open_night(database, script("a")) as night:
        night.pagers = ("night",)
        goes_down(night, "a")
        await night.passes(MINUTE)
        first = await mentioned(night)
        await night.passes(4.5 * MINUTE, step=30)
        second = await mentioned(night)
        direct = await night.called(Kind.DIRECT)
        outside = await night.called(Kind.CALL)

    assert first == [(ANN,)]
    assert second == [(ANN,), (BOB,)]
    assert [body.mentions for body in direct] == [(ANN,), (BOB,)]
    assert [body.dedup_key for body in outside] == ["relaybot:1:0", "relaybot:1:1"]


async def test_the_last_level_is_called_again_every_quarter_of_an_hour(embedded: Database):
    async with open_night(embedded, script("a"), rota=Rota(base=user(ANN))) as night:
        goes_down(night, "a")
        await night.passes(32 * MINUTE, step=60)
        calls = await night.called()

    assert [(body.step, body.attempt, body.because) for body in calls] == [
        (0, 0, "opened"),
        (0, 1, "repeated"),
        (0, 2, "repeated"),
    ]


async def test_a_bot_that_was_down_for_an_hour_calls_the_current_level_once_and_says_how_late(database: Database):
    async with open_night(database, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        night.world.clock.move(HOUR)
        await asyncio.gather(*(night.new_escalator().beat() for _ in range(2)))
        calls = await night.called()
        await night.passes(MINUTE)
        later = await night.called()

    assert [body.mentions for body in calls] == [(ANN,), (BOB,)]
    assert calls[0].late is None
    assert calls[1].late is not None
    assert 55 * MINUTE < calls[1].late < HOUR
    assert len(later) == 2


async def test_an_ack_stops_the_calls_until_it_is_over_and_whoever_acked_is_reminded(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        night.pagers = ("night",)
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.are_delivered()
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        follows = [row.cause for row in await night.waiting() if row.kind == Kind.CALL]
        await night.passes(29 * MINUTE, step=30)
        quiet = await mentioned(night)
        await night.passes(2 * MINUTE, step=30)
        reminders = [
            body
            for body in await night.world.said(Kind.PAGE, Kind.DIRECT)
            if isinstance(body, PageBody) and body.act == "remind"
        ]
        await night.passes(5 * MINUTE, step=30)
        again = await mentioned(night)

    assert follows == ["page:1:ack:0:2"]
    assert quiet == [(ANN,)]
    assert [body.by for body in reminders] == [ANN, ANN]
    assert again == [(ANN,), (ANN,)]


async def test_a_recovery_ends_the_response_and_the_pagers_hear_it(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        night.pagers = ("night",)
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.are_delivered()
        night.world.say("a", "1")
        await night.passes(MINUTE)
        follows = [row.cause for row in await night.waiting() if row.kind == Kind.CALL]
        (response,) = await night.responses()
        await night.passes(10 * MINUTE, step=30)
        calls = await mentioned(night)

    assert (response.closed_why, response.due_at) == ("recovered", None)
    assert follows == ["page:1:resolve:0:2"]
    assert calls == [(ANN,)]


async def test_what_returns_within_ten_minutes_keeps_its_ack(database: Database):
    async with open_night(database, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        night.world.say("a", "1")
        await night.passes(MINUTE)
        (closed,) = await night.responses()
        goes_down(night, "a")
        await night.passes(MINUTE)
        (open_again,) = await night.responses()
        calls = await mentioned(night)

    assert closed.closed_at is not None
    assert (open_again.closed_at, open_again.acked_by) == (None, ANN)
    assert calls == [(ANN,)]


async def test_what_returns_unacked_calls_again(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        night.world.say("a", "1")
        await night.passes(MINUTE)
        goes_down(night, "a")
        await night.passes(MINUTE)
        calls = await night.called()

    assert [(body.mentions, body.because) for body in calls] == [((ANN,), "opened"), ((ANN,), "reopened")]


async def test_an_ack_is_void_when_it_gets_worse_in_kind(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        night.world.say("a", "2", "PullStreamFailed")
        await night.passes(2 * MINUTE)
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        goes_down(night, "a")
        await night.passes(MINUTE)
        calls = await night.called()

    assert [body.because for body in calls] == ["opened", "worse"]


async def test_many_at_once_are_one_response_and_one_call_and_a_new_kind_calls_again(embedded: Database):
    names = [f"t{number:02}" for number in range(40)]
    async with open_night(embedded, *(script(name) for name in (*names, "late", "same"))) as night:
        goes_down(night, *names)
        await night.passes(20 * timedelta(seconds=1))
        calls = await night.called()
        responses = await night.responses()
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        goes_down(night, "same")
        await night.passes(15 * timedelta(seconds=1))
        quiet = await night.called()
        goes_down(night, "late", reason="PushStreamFailed")
        await night.passes(15 * timedelta(seconds=1))
        joined = await night.called()

    assert [body.task_id for body in calls] == [None]
    assert 35 <= calls[0].count <= 40  # as many as were confirmed by then
    assert len(responses) == 1
    assert len(quiet) == 1
    assert [(body.count, body.because) for body in joined[1:]] == [(42, "worse")]


async def test_many_that_are_back_and_down_again_within_ten_minutes_are_called_for_again(embedded: Database):
    names = [f"t{number:02}" for number in range(20)]
    async with open_night(embedded, *(script(name) for name in names)) as night:
        for _ in range(2):
            goes_down(night, *names)
            await night.passes(30 * timedelta(seconds=1))
            for name in names:
                night.world.say(name, "1")
            await night.passes(MINUTE)
        calls = await night.called()
        whole = [row for row in await night.world.rows(IncidentRow) if row.scope == "group"]

    assert [(body.task_id, body.because) for body in calls] == [(None, "opened")] * 2
    assert [row.closed_why for row in whole] == ["over", "over"]


async def test_what_opens_within_a_minute_of_its_like_is_called_for_by_that_one(embedded: Database):
    names = [f"t{number}" for number in range(20)]
    async with open_night(embedded, *(script(name) for name in names)) as night:
        goes_down(night, "t0")
        await night.passes(15 * timedelta(seconds=1))
        goes_down(night, "t1")
        await night.passes(15 * timedelta(seconds=1))
        first = await night.called()
        await night.passes(5 * MINUTE, step=30)
        second = await night.called()
        await night.does(partial(judge.acked, by=BOB, now=night.world.clock.now))
        acked = [row.acked_by for row in await night.responses()]

    assert [body.task_id for body in first] == ["t0"]
    assert [(body.task_id, body.count) for body in second] == [("t0", 1), ("t0", 2)]
    assert acked == [BOB, BOB]


async def test_what_was_called_for_calls_by_itself_when_the_other_is_over(embedded: Database):
    names = [f"t{number}" for number in range(20)]
    async with open_night(embedded, *(script(name) for name in names)) as night:
        goes_down(night, "t0")
        await night.passes(15 * timedelta(seconds=1))
        goes_down(night, "t1")
        await night.passes(15 * timedelta(seconds=1))
        night.world.say("t0", "1")
        await night.passes(MINUTE)
        calls = await night.called()

    assert [body.task_id for body in calls] == ["t0", "t1"]


async def test_what_somebody_has_in_hand_calls_for_none_of_the_rest(embedded: Database):
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        for name in ("t0", "t1", "t2"):
            goes_down(night, name)
            await night.passes(15 * timedelta(seconds=1))
        async with night.world.memory.transaction() as tx:
            _, follower, _ = await tx.responses.open_of_place(SHOW)
            await settle(tx, judge.acked(follower, BOB, night.world.clock.now), accounts={}, now=night.world.clock.now)
        night.world.say("t0", "1")
        await night.passes(MINUTE)
        calls = await night.called()

    assert [body.task_id for body in calls] == ["t0", "t2"]


async def test_what_ends_together_is_handed_to_nobody(embedded: Database):
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        goes_down(night, "t0", "t1", "t2")
        await night.passes(15 * timedelta(seconds=1))
        begun = await night.responses()
        async with night.world.memory.transaction() as tx:
            incidents = [row.incident for row in begun]
            await close(tx, incidents, "over", accounts=night.world.accounts, now=night.world.clock.now)
        ended = await night.responses()

    assert {row.closed_why for row in ended} == {"over"}
    assert [row.leader for row in ended] == [row.leader for row in begun] == [None, begun[0].id, begun[0].id]


async def test_what_gets_worse_or_is_back_together_is_one_call_again(embedded: Database):
    names = ["t0", "t1", "t2"]
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        for name in names:
            night.world.say(name, "2", "PullStreamFailed")
        await night.passes(2 * MINUTE)
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        goes_down(night, *names)
        await night.passes(MINUTE)
        for name in names:
            night.world.say(name, "1")
        await night.passes(MINUTE)
        goes_down(night, *names)
        await night.passes(MINUTE)
        calls = await night.called()

    assert [(body.because, body.count) for body in calls] == [("opened", 3), ("worse", 3), ("reopened", 3)]


async def both_go_down(night: Night) -> None:
    """One goes down, and a quarter of a minute later another one of its kind, for which the first one calls as well."""
    goes_down(night, "t0")
    await night.passes(15 * timedelta(seconds=1))
    goes_down(night, "t1")
    await night.passes(15 * timedelta(seconds=1))


async def test_what_was_called_for_calls_by_itself_when_nobody_is_to_be_called_for_the_other(embedded: Database):
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        await both_go_down(night)
        await night.world.follow("t0", page=False)
        await night.passes(6 * MINUTE, step=30)
        calls = await night.called()

    assert [(body.task_id, body.mentions) for body in calls] == [("t0", (ANN,)), ("t1", (ANN,))]


@pytest.mark.parametrize("is_delivered", [True, False])
async def test_what_was_called_for_calls_by_itself_when_the_other_is_muted(embedded: Database, *, is_delivered: bool):
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        await both_go_down(night)
        if is_delivered:
            await night.are_delivered()
        await mute(night, "t0", HOUR)
        await night.passes(6 * MINUTE, step=30)
        calls = await night.called()

    assert [body.task_id for body in calls][:2] == ["t0", "t1"]
    assert "t0" not in [body.task_id for body in calls][1:]


async def test_what_is_muted_calls_for_nothing_that_opens_after_it(embedded: Database):
    async with open_night(embedded, *(script(f"t{number}") for number in range(20))) as night:
        goes_down(night, "t0")
        await night.passes(15 * timedelta(seconds=1))
        await night.are_delivered()
        await mute(night, "t0", HOUR)
        goes_down(night, "t1")
        await night.passes(15 * timedelta(seconds=1))
        calls = await night.called()

    assert [body.task_id for body in calls] == ["t0", "t1"]


@pytest.mark.parametrize(
    ("rota", "skipped"),
    [
        (Rota(levels=LEVELS), Skip(step=0, why="gap")),
        (Rota(base=user(CAT), levels=LEVELS), Skip(step=0, why="deactivated", user=CAT)),
        (
            Rota(base=Target(kind=TargetKind.GROUP, id="S0EMPTY"), levels=LEVELS),
            Skip(step=0, why="empty", user="S0EMPTY"),
        ),
        (Rota(base=Target(kind=TargetKind.CALENDAR, id="gone"), levels=LEVELS), Skip(step=0, why="gap")),
    ],
    ids=["a gap", "a person who left", "an empty group", "a calendar that says nobody"],
)
async def test_where_nobody_can_be_called_the_next_level_is_at_once_and_that_is_said(
    embedded: Database, rota: Rota, skipped: Skip
):
    async with open_night(embedded, script("a"), rota=rota) as night:
        night.unfit[CAT] = "deactivated"
        night.groups["S0EMPTY"] = ()
        goes_down(night, "a")
        await night.passes(MINUTE)
        (call,) = await night.called()

    assert (call.mentions, call.skipped) == ((BOB,), (skipped,))


async def test_a_rota_that_names_somebody_who_left_is_looked_at_at_once(embedded: Database):
    async with open_night(embedded, script("a"), rota=Rota(base=user(CAT), levels=LEVELS)) as night:
        night.unfit[CAT] = "deactivated"
        goes_down(night, "a")
        await night.passes(MINUTE)
        async with night.world.memory.reading() as tx:
            due = await tx.rotas.due(night.world.clock.now)

    assert [kept.place for kept in due] == [SHOW]


async def test_without_anybody_at_all_the_channel_hears_it(embedded: Database):
    async with open_night(embedded, script("a"), rota=None) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        (call,) = await night.called()
        direct = await night.called(Kind.DIRECT)

    assert (call.mentions, call.skipped, direct) == ((), (Skip(step=0, why="gap"),), [])


async def test_each_member_of_a_group_is_told_in_person(embedded: Database):
    group = Target(kind=TargetKind.GROUP, id="S0OPS")
    async with open_night(embedded, script("a"), rota=Rota(base=group)) as night:
        night.groups["S0OPS"] = (ANN, BOB)
        goes_down(night, "a")
        await night.passes(MINUTE)
        calls = await night.called(), await night.called(Kind.DIRECT)

    assert [[body.mentions for body in each] for each in calls] == [[("S0OPS",)], [("S0OPS",), ("S0OPS",)]]


async def test_a_person_who_takes_no_message_is_passed_over_at_once(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        async with night.world.memory.transaction() as tx:
            claim = await tx.outbox.claim_place(Place(team="T1", channel=ANN), now=night.world.clock.now, lease=MINUTE)
            assert claim is not None
            row = await tx.outbox.next(claim, now=night.world.clock.now)
            assert row is not None
            await pass_over(tx, row, "messages_tab_disabled", now=night.world.clock.now)
        await night.passes(timedelta(seconds=5))
        calls = await mentioned(night)

    assert calls == [(ANN,), (BOB,)]


async def test_the_levels_are_those_of_when_it_began_and_the_people_those_of_now(embedded: Database):
    async with open_night(embedded, script("a"), rota=Rota(base=user(ANN), levels=LEVELS)) as night:
        goes_down(night, "a")
        await night.passes(timedelta(seconds=10))
        await night.keep(Rota(base=user(CAT), levels=(Level(after=HOUR, target=user(ANN)),)))
        night.world.say("a", "1")
        await night.passes(MINUTE)
        goes_down(night, "a")
        await night.passes(6 * MINUTE, step=30)
        calls = await mentioned(night)

    assert calls == [(ANN,), (CAT,), (BOB,)]


async def test_nobody_is_called_while_it_is_muted_and_then_at_its_end(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        await mute(night, "a", HOUR)
        waiting = await night.waiting()
        await night.passes(50 * MINUTE, step=60)
        silent = await mentioned(night)
        await night.passes(15 * MINUTE, step=60)
        spoken = await night.called()

    assert waiting == []
    assert silent == [(ANN,)]
    assert [(body.mentions, body.because) for body in spoken[1:2]] == [((ANN,), "held")]
    assert spoken[1].late is None


async def test_a_mute_that_is_lifted_lets_what_waited_be_called_at_once(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        made = await mute(night, None, HOUR)
        await night.passes(10 * MINUTE, step=60)
        async with night.world.memory.transaction() as tx:
            await tx.mutes.remove(made.id)
            await unsilence(tx, SHOW, now=night.world.clock.now)
        await night.passes(timedelta(seconds=5))
        calls = await mentioned(night)

    assert calls == [(ANN,), (ANN,)]


async def test_what_came_under_a_mute_and_is_still_bad_calls_when_it_is_over(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        await mute(night, "a", 10 * MINUTE)
        goes_down(night, "a")
        await night.passes(5 * MINUTE, step=30)
        silent = await night.responses()
        night.world.clock.move(6 * MINUTE)
        await end_mutes(night.world.memory, night.world.accounts, now=night.world.clock.now)
        await night.passes(timedelta(seconds=10))
        calls = await mentioned(night)

    assert silent == []
    assert calls == [(ANN,)]


@pytest.mark.parametrize(
    ("code", "why", "early", "late"),
    [("InternalError", "Unreachable", 0, 1), ("InvalidAccessKeyId.NotFound", "BadCredentials", 1, 1)],
    ids=["a cloud that is down calls after five minutes", "a key that is refused calls after one"],
)
async def test_a_blind_account_is_one_call(embedded: Database, code: str, why: str, early: int, late: int):
    async with open_night(embedded, *(script(f"t{number}") for number in range(3))) as night:
        night.world.stage.aliyun.faults.plan(Fail(code), times=None)
        await night.passes(3 * MINUTE, step=10)
        after_three = await night.called()
        await night.passes(3 * MINUTE, step=10)
        after_six = await night.called()
        night.world.stage.aliyun.faults.clear()
        await night.passes(MINUTE, step=10)
        (response,) = await night.responses()

    assert (len(after_three), len(after_six)) == (early, late)
    assert (after_six[0].why, after_six[0].task_id, after_six[0].state) == (why, None, None)
    assert response.closed_why == "seen_again"


async def test_one_channels_ack_does_not_silence_another(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        await night.keep(Rota(base=user(BOB), levels=(Level(after=5 * MINUTE, target=user(CAT)),)), OPS)
        await night.world.follow("a", place=OPS, page=True)
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        await night.passes(5 * MINUTE, step=30)
        here, there = [[body.mentions for body in await night.called(place=place)] for place in (SHOW, OPS)]

    assert (here, there) == ([(ANN,)], [(BOB,), (CAT,)])


async def test_a_channel_that_follows_without_calls_responds_and_calls_nobody(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        await night.world.follow("a", place=OPS)
        goes_down(night, "a")
        await night.passes(6 * MINUTE, step=30)
        (response,) = await night.responses(OPS)
        calls = await night.called(place=OPS)

    assert (response.pages, response.due_at, calls) == (False, None, [])


async def test_what_nobody_follows_any_more_calls_nobody(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        async with night.world.memory.transaction() as tx:
            (subscription,) = await tx.subscriptions.of_place(SHOW)
            await tx.subscriptions.remove(subscription.id, now=night.world.clock.now)
            await leave(tx, SHOW, accounts=night.world.accounts, now=night.world.clock.now)
        await night.passes(10 * MINUTE, step=30)
        (response,) = await night.responses()
        calls = await mentioned(night)

    assert (response.closed_why, calls) == ("unfollowed", [(ANN,)])


async def test_an_ack_takes_back_what_waits_to_be_sent(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        night.pagers = ("night",)
        goes_down(night, "a")
        await night.passes(MINUTE)
        before = [row.kind for row in await night.waiting()]
        await night.does(partial(judge.acked, by=ANN, now=night.world.clock.now))
        waiting = await night.waiting()

    assert before == [Kind.PAGE, Kind.DIRECT, Kind.CALL]
    assert waiting == []


async def wants_calls(night: Night, task: str, place: Place) -> None:
    """Let somebody subscribe a place with `page=yes`, as the command does."""
    now, ref = night.world.clock.now, night.world.ref(task)
    seen = (await night.world.known(task)).last
    assert seen is not None
    look = Look(
        ref=ref,
        provider="aliyun",
        title="Alibaba Cloud",
        snapshot=seen,
        outlook=judge_look(seen, now),
        asked_at=now,
    )
    asker = Asker(
        person=Person(team="T1", user=BOB, standing=Standing.MEMBER),
        channel=Channel(channel=place.channel, is_member=True),
        team="T1",
    )
    async with night.world.memory.transaction() as tx:
        await begin(look, Wish(account=ALI, page=True), Change(tx=tx, asker=asker, now=now))


async def test_what_is_bad_already_calls_when_it_is_followed_so(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.keep(Rota(base=user(CAT)), OPS)
        await wants_calls(night, "a", OPS)
        await night.passes(timedelta(seconds=5))
        here, there = [await night.called(place=place) for place in (SHOW, OPS)]

    assert (len(here), [body.mentions for body in there]) == (1, [(CAT,)])


async def test_one_of_many_that_are_bad_already_calls_for_all_of_them_when_it_is_followed_so(embedded: Database):
    names = [f"t{number}" for number in range(10)]
    async with open_night(embedded, *(script(name) for name in names)) as night:
        goes_down(night, *names)
        await night.passes(MINUTE)
        await night.keep(Rota(base=user(CAT)), OPS)
        await wants_calls(night, "t3", OPS)
        await night.passes(timedelta(seconds=5))
        (call,) = await night.called(place=OPS)

    assert (call.mentions, call.task_id, call.count) == ((CAT,), None, 10)


async def test_whoever_wants_no_calls_any_more_gets_none(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        await night.world.follow("a", page=False)
        await night.passes(6 * MINUTE, step=30)
        (response,) = await night.responses()
        calls = await mentioned(night)

    assert (calls, response.due_at, response.closed_at) == ([(ANN,)], None, None)


async def test_a_blind_account_calls_when_the_mute_of_all_of_it_is_over(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        await mute(night, None, 10 * MINUTE)
        night.world.stage.aliyun.faults.plan(Fail("InternalError"), times=None)
        await night.passes(9 * MINUTE, step=30)
        silent = await night.called()
        await night.passes(2 * MINUTE, step=30)
        calls = await night.called()

    assert silent == []
    assert [(body.why, body.because) for body in calls] == [("Unreachable", "held")]


async def test_a_mute_of_one_task_lets_the_calls_for_another_through(embedded: Database):
    async with open_night(embedded, script("a"), script("b")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        await mute(night, "b", HOUR)
        waiting = await night.waiting()
        async with night.world.memory.transaction() as tx:
            await unsilence(tx, SHOW, now=night.world.clock.now)
        await night.passes(5 * MINUTE, step=30)
        calls = await mentioned(night)

    assert [row.kind for row in waiting] == [Kind.PAGE, Kind.DIRECT]
    assert calls == [(ANN,), (BOB,)]


async def test_after_the_clock_has_stepped_back_nobody_waits_for_it_to_come_round_again(embedded: Database):
    async with open_night(embedded, script("a")) as night:
        goes_down(night, "a")
        await night.passes(MINUTE)
        night.world.clock.move(-HOUR)
        goes_down(night, "a")  # by the cloud's own clock it has not happened yet
        await night.passes(6 * MINUTE, step=30)
        calls = await mentioned(night)

    assert calls == [(ANN,), (BOB,)]
