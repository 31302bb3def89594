from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from adapters.contract import Plan, Snapshot, TaskId, TaskState
from bot.domain.outlook import BadWhy, Outlook, Tone, judge_look

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

GOOD = Outlook(tone=Tone.GOOD, bad=False)
FINE = Outlook(tone=Tone.INFO, bad=False)
CANNOT_SAY = Outlook(tone=Tone.INFO, bad=None)
MISSED = Outlook(tone=Tone.BAD, bad=True, why=BadWhy.START_MISSED)
EARLY = Outlook(tone=Tone.BAD, bad=True, why=BadWhy.ENDED_EARLY)


def plan(*, start: timedelta | None = None, end: timedelta | None = None) -> Plan:
    return Plan(start=None if start is None else NOW + start, end=None if end is None else NOW + end)


@pytest.mark.parametrize(
    ("why", "state", "known", "outlook"),
    [
        ("it runs", TaskState.RUNNING, {}, GOOD),
        ("it runs past its planned end: the watch may say so, a look does not", TaskState.RUNNING,
         {"plan": plan(end=-HOUR)}, GOOD),
        ("it tries again", TaskState.RETRYING, {"reason": "PullStreamFailed"},
         Outlook(tone=Tone.WARNING, bad=True, why=BadWhy.RETRYING)),
        ("it gave up", TaskState.STOPPED, {"reason": "RetryTimesOffline"},
         Outlook(tone=Tone.BAD, bad=True, why=BadWhy.STOPPED)),
        ("it is down and nobody says why", TaskState.STOPPED, {},
         Outlook(tone=Tone.BAD, bad=True, why=BadWhy.STOPPED)),
        ("somebody stopped it: meant, and yet nothing flows", TaskState.STOPPED, {"reason": "TriggerByUser"},
         Outlook(tone=Tone.WARNING, bad=True, why=BadWhy.STOPPED_BY_A_PERSON)),
        ("it waits for its start", TaskState.NOT_STARTED, {"plan": plan(start=HOUR)}, FINE),
        ("it waits and nobody knows for what", TaskState.NOT_STARTED, {}, FINE),
        ("clouds start a little late", TaskState.NOT_STARTED, {"plan": plan(start=-MINUTE)}, FINE),
        ("that late is missed", TaskState.NOT_STARTED, {"plan": plan(start=-MINUTE - SECOND)}, MISSED),
        ("it ended as planned", TaskState.ENDED, {"plan": plan(end=-HOUR), "ended_at": NOW - HOUR}, FINE),
        ("it ended and had no plan", TaskState.ENDED, {}, FINE),
        ("it ended a minute before its plan", TaskState.ENDED,
         {"plan": plan(end=-HOUR), "ended_at": NOW - HOUR - MINUTE}, FINE),
        ("it ended more than a minute early", TaskState.ENDED,
         {"plan": plan(end=-HOUR), "ended_at": NOW - HOUR - MINUTE - SECOND}, EARLY),
        ("it has ended, and its planned end is still to come", TaskState.ENDED, {"plan": plan(end=HOUR)}, EARLY),
        ("when it ended is not known, and the plan has passed", TaskState.ENDED, {"plan": plan(end=-HOUR)}, FINE),
        ("somebody ended it early: bad all the same", TaskState.ENDED,
         {"plan": plan(end=HOUR), "reason": "TriggerByUser", "ended_at": NOW}, EARLY),
        ("no such task says nothing about a relay", TaskState.NOT_FOUND, {}, CANNOT_SAY),
        ("a new word could be anything", TaskState.UNKNOWN, {}, Outlook(tone=Tone.WARNING, bad=None)),
    ],
)  # fmt: skip
def test_one_look_is_judged_by_itself(why: str, state: TaskState, known: dict[str, object], outlook: Outlook):
    snapshot = Snapshot(task_id=TaskId("x"), state=state, taken_at=NOW, raw="?", **known)

    assert judge_look(snapshot, NOW) == outlook, why
