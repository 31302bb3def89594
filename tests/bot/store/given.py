"""What the store's tests begin with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.contract import AccountName, Plan, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.outlook import Tone
from bot.domain.subscription import Place, Wish
from bot.domain.task import Known, News, Why

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=30)
PLACE = Place(team="T1", channel="C1")
ELSEWHERE = Place(team="T1", channel="C2")
ALIYUN = AccountName("aliyun")
SHANGHAI = Region("cn-shanghai")
BEIJING = Region("cn-beijing")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def ref(task: str = "t-1", region: Region = SHANGHAI, account: AccountName = ALIYUN) -> TaskRef:
    return TaskRef(account=account, region=region, task_id=TaskId(task))


def single(task: str = "t-1", **options: Any) -> Wish:
    return Wish(account=ALIYUN, task=TaskId(task), **{"region": SHANGHAI, **options})


def known(task: str = "t-1", state: TaskState = TaskState.RUNNING, name: str = "", plan: Plan | None = None) -> Known:
    seen = Snapshot(task_id=TaskId(task), state=state, taken_at=NOW, raw="1", name=name, plan=plan or Plan())
    return Known(state=state, since=NOW, last=seen, was_running=True)


def news(why: Why = Why.STOPPED, at: datetime = NOW) -> News:
    return News(why=why, at=at, old=TaskState.RUNNING, new=TaskState.STOPPED, tone=Tone.BAD, is_change=True)


def notice(cause: str, kind: Kind = Kind.LINE, key: str = "hello", place: Place = PLACE, **options: Any) -> Notice:
    return Notice(place=place, kind=kind, cause=cause, body=LineBody(key=key, user="U1"), **options)
