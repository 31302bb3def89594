"""What the store's tests begin with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from adapters.contract import AccountName, Plan, Region, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.notice import Kind, LineBody, Notice
from bot.domain.outlook import Tone
from bot.domain.response import Badness, Policy, Response
from bot.domain.rota import Cover, Level, Rota, Target, TargetKind, Turns
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


def notice(
    cause: str, kind: Kind = Kind.LINE, key: str = "oncall_clear", place: Place = PLACE, **options: Any
) -> Notice:
    return Notice(place=place, kind=kind, cause=cause, body=LineBody(key=key, user="U1"), **options)


def rota(*people: str, level: str = "U9") -> Rota:
    """People who take turns, a cover by the last of them, and a level."""
    return Rota(
        base=Turns(people=people, every=7, at=time(9), zone="Asia/Shanghai", begins=date(2026, 11, 16)),
        covers=(Cover(user=people[-1], begins_at=NOW, ends_at=after(60), by=people[0]),),
        levels=(Level(after=timedelta(minutes=5), target=Target(kind=TargetKind.USER, id=level)),),
        told=Target(kind=TargetKind.USER, id=people[0]),
    )


def response(incident: int = 7, **options: Any) -> Response:
    given = {
        "place": PLACE,
        "opened_at": NOW,
        "pages": True,
        "policy": Policy(levels=rota("U1").levels),
        "badness": Badness(rank=2, reason="RetryTimesOffline"),
    }
    return Response(id=0, incident=incident, **{**given, **options})
