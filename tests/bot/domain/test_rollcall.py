from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import AccountName, Listing, Region, Snapshot, TaskId, TaskRef, TaskState
from adapters.errors import Unreachable, Unreadable
from bot.domain.rollcall import call, is_over, newcomers
from bot.domain.subscription import Place, Subscription, Wish
from bot.domain.task import Doubt, Followed, Known

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
ALI, SHANGHAI = AccountName("ali"), Region("cn-shanghai")
DOUBT = Doubt(state=TaskState.RUNNING, raw="1", reason="", since=NOW, reads=1)


def read(task_id: str, state: TaskState = TaskState.RUNNING, *, name: str = "") -> Snapshot:
    return Snapshot(task_id=TaskId(task_id), state=state, taken_at=NOW, raw="", name=name or task_id)


def task(
    number: int, state: TaskState | None = TaskState.RUNNING, *, seen_s: float | None = 0, **known: Any
) -> Followed:
    ref = TaskRef(account=ALI, region=SHANGHAI, task_id=TaskId(f"t-{number}"))
    last = None
    if seen_s is not None:
        last = Snapshot(task_id=ref.task_id, state=TaskState.RUNNING, taken_at=NOW + timedelta(seconds=seen_s), raw="")
    return Followed(id=number, ref=ref, provider="aliyun", known=Known(state=state, last=last, **known))


def listing(*reads: Snapshot) -> Listing:
    return Listing(tasks={each.task_id: each for each in reads}, total=len(reads), requests=1)


def everything(since: datetime = NOW, **wish: Any) -> Subscription:
    return Subscription(
        id=1, place=Place(team="T", channel="C"), wish=Wish(account=ALI, **wish), created_by="U", created_at=since
    )


def test_what_the_list_tells_is_judged_and_what_it_lacks_is_asked_for_longest_unseen_first():
    here, older, newer = task(1), task(2, seen_s=-9), task(3, seen_s=-5)

    roll = call([here, newer, older], listing(read("t-1"), read("t-9")))

    assert roll.told == ((here, read("t-1")),)
    assert roll.missing == (older, newer)
    assert roll.error is None


def test_one_that_was_never_seen_is_asked_for_before_all_others():
    new, old = task(1, None, seen_s=None), task(2, seen_s=-3600)

    assert call([old, new], listing()).missing == (new, old)


def test_what_is_over_is_neither_judged_nor_asked_for_unless_it_is_back():
    over, back = task(1, TaskState.ENDED), task(2, TaskState.ENDED)

    gone = call([over], listing())
    ended = call([over], listing(read("t-1", TaskState.ENDED)))
    again = call([over, back], listing(read("t-2", TaskState.RUNNING)))

    assert (gone.live, gone.told, gone.missing) == ((), (), ())
    assert (ended.live, ended.told) == ((), ())
    assert again.told == ((back, read("t-2", TaskState.RUNNING)),)


def test_an_end_in_doubt_is_not_over():
    assert is_over(task(1, TaskState.ENDED))
    assert not is_over(task(1, TaskState.ENDED, doubt=DOUBT))
    assert not is_over(task(1, TaskState.STOPPED))


def test_a_refused_list_makes_all_unseen():
    error = Unreachable("HTTP 502")

    roll = call([task(1), task(2, TaskState.ENDED)], error)

    assert roll.told == ((task(1), error),)
    assert (roll.live, roll.missing, roll.error) == ((task(1),), (), error)


def test_a_list_that_lacks_more_than_half_makes_these_unseen_and_judges_the_others():
    tasks = [task(number) for number in range(8)]

    roll = call(tasks, listing(read("t-0"), read("t-1")))

    assert roll.told[:2] == ((tasks[0], read("t-0")), (tasks[1], read("t-1")))
    assert [each.id for each, seen in roll.told[2:] if isinstance(seen, Unreadable)] == [2, 3, 4, 5, 6, 7]
    assert isinstance(roll.error, Unreadable)
    assert roll.missing == ()


def test_what_a_person_said_is_really_gone_is_asked_for_one_by_one():
    tasks = [task(number) for number in range(8)]

    believed = call(tasks, listing(read("t-0")), gone_since=NOW + timedelta(seconds=1))
    came_back_and_went = call(tasks, listing(read("t-0")), gone_since=NOW - timedelta(days=1))

    assert ({each.id for each in believed.missing}, believed.error) == ({1, 2, 3, 4, 5, 6, 7}, None)
    assert isinstance(came_back_and_went.error, Unreadable)


def found(*reads: Snapshot, broad: list[Subscription], swept_at: datetime | None = NOW) -> dict[str, TaskState | None]:
    fresh = newcomers(SHANGHAI, listing(*reads), followed=[task(1)], broad=broad, swept_at=swept_at)
    return {each.ref.task_id: each.known.state for each in fresh}


def test_what_appears_comes_from_not_started_and_what_was_there_before_from_nowhere():
    later = NOW + timedelta(seconds=1)

    assert found(read("t-2"), broad=[everything()]) == {"t-2": TaskState.NOT_STARTED}
    # The subscription is newer than the last sweep: nobody knows how long it has been there.
    assert found(read("t-2"), broad=[everything(since=later)]) == {"t-2": None}
    assert found(read("t-2"), broad=[everything()], swept_at=None) == {"t-2": None}
    # One of two saw the list without it.
    assert found(read("t-2"), broad=[everything(since=later), everything()]) == {"t-2": TaskState.NOT_STARTED}


def test_only_what_somebody_wants_is_picked_up():
    reads = [read("t-1"), read("t-2", name="Live one"), read("t-3", name="other"), read("t-4", TaskState.ENDED)]

    assert found(*reads, broad=[]) == {}
    assert list(found(*reads, broad=[everything()])) == ["t-2", "t-3"]
    assert list(found(*reads, broad=[everything(match="live")])) == ["t-2"]
    assert list(found(*reads, broad=[everything(region=Region("cn-beijing"))])) == []
