"""One task as the bot remembers it, two channels, and what may happen: what the tests of telling are made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import AccountName, Plan, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.outlook import Tone
from bot.domain.subscription import Mute, Place, Subscription, Wish
from bot.domain.task import Followed, Known, News, Verdict, Why

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
REF = TaskRef(account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("t-42"))
RELAYS, NIGHT = Place(team="T0", channel="C0RELAYS"), Place(team="T0", channel="C1NIGHT")
SINGLE = Wish(account=REF.account, region=REF.region, task=REF.task_id)
ALL = Wish(account=REF.account)


def read(state: TaskState = TaskState.RUNNING, at: datetime = NOW, **more: Any) -> Snapshot:
    return Snapshot(
        **{"task_id": REF.task_id, "state": state, "taken_at": at, "raw": state.lower(), "name": "main-en", **more}
    )


def known(state: TaskState = TaskState.RUNNING, at: datetime = NOW, **more: Any) -> Known:
    return Known(**{"state": state, "since": NOW - 2 * HOUR, "last": read(state, at), **more})


def followed(was: Known | None = None, **more: Any) -> Followed:
    made = Followed(id=7, ref=REF, provider="aliyun", known=was or known(at=NOW - 5 * SECOND), plan=Plan())
    return replace(made, **more)


def subscribed(wish: Wish = SINGLE, place: Place = RELAYS, number: int = 1) -> Subscription:
    return Subscription(id=number, place=place, wish=wish, created_by="U0ANN", created_at=NOW - HOUR)


def mute(**more: Any) -> Mute:
    return Mute(
        **{
            "id": 3,
            "place": RELAYS,
            "account": REF.account,
            "task": REF.task_id,
            "owner": "U0ANN",
            "begins_at": NOW - HOUR,
            "ends_at": NOW + HOUR,
            **more,
        }
    )


def news(why: Why, old: TaskState, new: TaskState, at: datetime = NOW, **more: Any) -> News:
    return News(**{"why": why, "at": at, "old": old, "new": new, "tone": Tone.BAD, "is_change": old is not new, **more})


def started(at: datetime = NOW) -> News:
    return news(Why.STARTED, TaskState.NOT_STARTED, TaskState.RUNNING, at)


def retrying(at: datetime = NOW, **more: Any) -> News:
    return news(Why.RETRYING, TaskState.RUNNING, TaskState.RETRYING, at, **{"is_bad": True, **more})


def stopped(at: datetime = NOW, old: TaskState = TaskState.RUNNING, **more: Any) -> News:
    return news(Why.STOPPED, old, TaskState.STOPPED, at, is_bad=True, **more)


def ended_early(at: datetime = NOW, old: TaskState = TaskState.STOPPED) -> News:
    return news(Why.ENDED_EARLY, old, TaskState.ENDED, at, is_bad=True)


def recovered(at: datetime = NOW, old: TaskState = TaskState.STOPPED) -> News:
    return news(Why.RECOVERED, old, TaskState.RUNNING, at, closes=True, bad_for=MINUTE)


def verdict(*said: News, **more: Any) -> Verdict:
    """What a read came to: the state of the last news, bad since the first bad one unless it is over."""
    state = said[-1].new if said else TaskState.RUNNING
    bad = next((each for each in said if each.is_bad), None)
    is_over = any(each.closes for each in said)
    after = known(state, **{"bad_since": bad.at if bad and not is_over else None, **more})
    return Verdict(known=after, news=said)
