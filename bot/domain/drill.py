"""
Drill: a rehearsed outage. A task that does not exist dies in a script; what follows is real, and is measured. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from adapters.contract import AccountName, Region, Snapshot, TaskId, TaskState
from bot.domain import appointment
from bot.domain.change import judge
from bot.domain.notice import DrillBody, Kind, Measured, Notice, PageBody, Step
from bot.domain.page import pager
from bot.domain.subscription import Place
from bot.domain.task import Known, News

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

IN_TIME: Final = timedelta(seconds=30)  # since the outage began; by then each step has to have arrived
STOOD_STILL: Final = timedelta(seconds=30)  # nobody looked for so long after that: the bot was down

PROVIDER: Final = "aliyun"
TASK: Final = TaskId("drill")
_RAN_FOR: Final = timedelta(hours=1)
_ABSENT: Final = "no_rota"
_GAP: Final = "gap"
_UNSURE: Final = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A rehearsal under way. `steps` are those that are expected, with what is known of each from the beginning."""

    id: int  # the store's own; 0: not kept yet
    place: Place
    by: str
    began_at: datetime
    steps: tuple[Measured, ...]

    @property
    def ends_at(self) -> datetime:
        """When it is over at the latest."""
        return self.began_at + IN_TIME

    def cause(self, step: Measured) -> str:
        """Name the notice of a step."""
        return f"drill:{self.id}:{step.step}:{step.who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """Whoever is on call, a person or a group, and the people whom that means: each is told in person."""

    id: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """
    What has become of one notice: `at` once Slack or the pager has it, `code` where it will never have it.

    `is_begun`: it was sent, and nobody knows whether it arrived.
    """

    at: datetime | None = None
    code: str = ""
    is_begun: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a drill came to."""

    steps: tuple[Measured, ...]
    is_interrupted: bool


_STEPS: Final = TypeAdapter(tuple[Measured, ...])


def steps_to_json(steps: tuple[Measured, ...]) -> str:
    """Write the steps of a drill for the store."""
    return _STEPS.dump_json(steps).decode()


def steps_from_json(text: str) -> tuple[Measured, ...]:
    """Read them back."""
    return _STEPS.validate_json(text)


def rehearse(now: datetime) -> tuple[News, datetime]:
    """
    Let a task that ran for an hour stop, and have it judged as any task is: two reads, of which this is the second.

    Returns:
        What is told of it, and when the outage began.
    """
    began = now - appointment.confirm_after(PROVIDER)
    reads = ((began - _RAN_FOR, TaskState.RUNNING), (began, TaskState.STOPPED), (now, TaskState.STOPPED))
    known, news = Known(), list[News]()
    for at, state in reads:
        raw, reason = ("1", "") if state is TaskState.RUNNING else ("3", "RetryTimesOffline")
        seen = Snapshot(task_id=TASK, state=state, taken_at=at, raw=raw, name=TASK, reason=reason)
        verdict = judge(known, seen, at, provider=PROVIDER)
        known, news = verdict.known, [*news, *verdict.news]
    (told,) = (each for each in news if each.is_bad)
    return told, began


def plan(place: Place, by: str, *, whom: OnCall | None, has_rota: bool, pagers: Sequence[str], now: datetime) -> Drill:
    """
    Say which steps a drill has: whoever is on call is called, and whoever started it where nobody is.

    Args:
        whom: is on call now.
        pagers: the names of those outside Slack that this place calls.
    """
    _, began = rehearse(now)
    missing = () if whom is not None else (Measured(step=Step.ON_CALL, why=_GAP if has_rota else _ABSENT),)
    called = OnCall(id=by, people=(by,)) if whom is None else whom
    return Drill(
        id=0,
        place=place,
        by=by,
        began_at=began,
        steps=(
            Measured(step=Step.JUDGED, after=now - began),
            *missing,
            Measured(step=Step.CARD),
            Measured(step=Step.THREAD),
            Measured(step=Step.CHANNEL, who=called.id),
            *(Measured(step=Step.DIRECT, who=person) for person in called.people),
            *(Measured(step=Step.PAGER, who=name) for name in pagers),
        ),
    )


def opening(drill: Drill, *, now: datetime) -> tuple[Notice, ...]:
    """Compose what a drill says and whom it calls, each step one notice."""
    news, _ = rehearse(now)
    return tuple(notice for step in drill.steps for notice in _notices(drill, step, news, now))


def _notices(drill: Drill, step: Measured, news: News, now: datetime) -> Iterator[Notice]:
    place, cause = drill.place, drill.cause(step)
    match step.step:
        case Step.CARD:
            yield Notice(place=place, kind=Kind.DRILL, cause=cause, body=_body(drill))
        case Step.THREAD:
            yield Notice(place=place, kind=Kind.DRILL, cause=cause, body=_body(drill, news=news))
        case Step.CHANNEL:
            yield Notice(place=place, kind=Kind.PAGE, cause=cause, body=_page(drill, news, now, step.who))
        case Step.DIRECT:
            there = Place(team=place.team, channel=step.who)
            body = _page(drill, news, now, step.who)
            yield Notice(place=there, kind=Kind.DIRECT, cause=cause, body=body, user=step.who)
        case Step.PAGER:
            there = pager(place.team, step.who)
            yield Notice(place=there, kind=Kind.CALL, cause=cause, body=_page(drill, news, now))


def measure(drill: Drill, sent: Mapping[str, Sent], now: datetime) -> Outcome | None:
    """
    Say what a drill came to; None while something may still arrive in time.

    Args:
        sent: what has become of the notices, by their causes.
    """
    steps = tuple(_measured(drill, step, sent.get(drill.cause(step)), now) for step in drill.steps)
    if any(step is None for step in steps):
        return None
    is_interrupted = now - drill.ends_at > STOOD_STILL
    return Outcome(steps=tuple(step for step in steps if step is not None), is_interrupted=is_interrupted)


def _measured(drill: Drill, step: Measured, sent: Sent | None, now: datetime) -> Measured | None:
    if step.after is not None or step.why:
        return step
    if sent is None:
        return replace(step, why="forgotten")
    if sent.code:
        return replace(step, why=sent.code)
    if sent.at is not None:
        after = max(sent.at - drill.began_at, timedelta())
        return replace(step, after=after, why="" if after <= IN_TIME else "late")
    return replace(step, why=_UNSURE if sent.is_begun else "waits") if now >= drill.ends_at else None


def closing(drill: Drill, outcome: Outcome, *, now: datetime) -> tuple[Notice, ...]:
    """
    Compose what a drill ends with: its card becomes the table, its thread says it, and what was called calls no more.

    Where the channel took nothing, whoever started it is told by direct message.
    """
    place = drill.place
    table = replace(_body(drill), steps=outcome.steps, is_interrupted=outcome.is_interrupted)
    notices = [Notice(place=place, kind=Kind.DRILL, cause=f"drill:{drill.id}:table", body=table)]
    reached = [step for step in outcome.steps if step.step is Step.CARD and not step.why]
    if reached:
        end = replace(table, is_end=True)
        notices.append(Notice(place=place, kind=Kind.DRILL, cause=f"drill:{drill.id}:end", body=end))
    else:
        there = Place(team=place.team, channel=drill.by)
        cause = f"drill:{drill.id}:end"
        notices.append(Notice(place=there, kind=Kind.DIRECT, cause=cause, body=table, user=drill.by))
    news, _ = rehearse(now)
    for step in outcome.steps:
        if step.step is Step.PAGER and (step.after is not None or step.why == _UNSURE):  # it may ring
            body = replace(_page(drill, news, now), act="drill_over")
            there, cause = pager(place.team, step.who), f"drill:{drill.id}:resolve:{step.who}"
            notices.append(Notice(place=there, kind=Kind.CALL, cause=cause, body=body))
    return tuple(notices)


def _body(drill: Drill, *, news: News | None = None) -> DrillBody:
    return DrillBody(drill=drill.id, by=drill.by, began_at=drill.began_at, within=IN_TIME, news=news)


def _page(drill: Drill, news: News, now: datetime, *mentions: str) -> PageBody:
    return PageBody(
        act="drill",
        incident=0,
        response=0,
        version=0,
        step=0,
        dedup_key=f"relaybot:drill:{drill.place.team}:{drill.id}",
        mentions=mentions,
        channel=drill.place.channel,
        account=AccountName("drill"),
        region=Region("drill"),
        title="relaybot",
        name=TASK,
        task_id=TASK,
        state=news.new,
        why=news.why,
        reason=news.reason,
        opened_at=drill.began_at,
        at=now,
        by=drill.by,
    )
