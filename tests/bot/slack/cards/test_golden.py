"""
Every message that the bot says, as Slack gets it: `golden/<name>.json`.

After a change that is meant: `UPDATE_GOLDEN=1 python -m pytest tests/bot/slack/cards/test_golden.py`, then read the
difference aloud, as somebody who was just woken up.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters import errors
from adapters.contract import AccountName, Api, Plan, Progress, Region, Retry, Snapshot, TaskId, TaskRef, TaskState
from bot.domain import message
from bot.domain.calendar import Booking, Calendar
from bot.domain.command import CommandError, parse
from bot.domain.figures import LaneFigures
from bot.domain.handling import Handling
from bot.domain.handover import coming, gaps_ahead
from bot.domain.outlook import Tone, judge_look
from bot.domain.pace import LaneName
from bot.domain.permit import Refusal, refusal_said
from bot.domain.rota import Cover, Level, Rota, Target, TargetKind, Turns, on_call
from bot.domain.task import News, Why
from bot.slack.cards import dress

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

ALIYUN = ("aliyun", "Alibaba Cloud")
TENCENT = ("tencent", "Tencent Cloud")
SHANGHAI = TaskRef(
    account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("fd245384-4067-4f91-9d75-9666a6bc0001")
)
SINGAPORE = TaskRef(
    account=AccountName("tencent"),
    region=Region("ap-singapore"),
    task_id=TaskId("kHh8Zl0xRQ2-7vN3mPqfWc4dTtYbUoIe+SgJr9aLXy5zKV1nEiAwDp6Ohj.GuBsMCFt0lRxQz8vHkPd2bWm7NcYfTaUoSg.."),
)


COVER = Cover(user="U0BOB", begins_at=NOW - HOUR, ends_at=NOW + 7 * HOUR, by="U0ADA")
LEVEL = Level(after=5 * MINUTE, target=Target(kind=TargetKind.GROUP, id="S0OPS"))
TURNS = Rota(
    base=Turns(people=("U0ANN", "U0BOB", "U0CAT"), every=7, at=time(9), zone="Asia/Shanghai", begins=NOW.date()),
    covers=(COVER,),
    levels=(LEVEL, Level(after=10 * MINUTE, target=Target(kind=TargetKind.CALENDAR, id="chiefs"))),
)
OLD = Calendar(
    name="ops",
    bookings=(Booking(user="U0ANN", begins_at=NOW - HOUR, ends_at=NOW + 40 * HOUR),),
    fetched_at=NOW - 30 * HOUR,
    tried_at=NOW,
    code="404",
)


def shown(rota: Rota, *calendars: Calendar, said: str = "") -> message.OnCallShown:
    known = {calendar.name: calendar for calendar in calendars}
    return message.OnCallShown(
        rota=rota,
        now=on_call(rota, NOW, known),
        coming=coming(rota, NOW, known),
        gaps=gaps_ahead(rota, NOW, known),
        calendars=calendars,
        at=NOW,
        said=said,
    )


def aliyun(state: TaskState, raw: str, **known: Any) -> message.Look:
    """A task of Alibaba Cloud, half of its plan gone, read four seconds ago."""
    since = known.pop("since", None)
    snapshot = Snapshot(
        task_id=SHANGHAI.task_id,
        state=state,
        raw=raw,
        taken_at=NOW - timedelta(seconds=4),
        request_id="16A96B9A-F203-4EC5-8E43-CB92E68F4CD8",
        **{
            "name": "main-en",
            "plan": Plan(start=NOW - HOUR, end=NOW + HOUR),
            "retry": Retry(count=5, interval=timedelta(seconds=30)),
            "source": "rtmp://pull.example.com/live/…",
            "source_type": "live",
            "destination": "rtmp://push.example.com/live/…",
            **known,
        },
    )
    return _look(SHANGHAI, ALIYUN, snapshot, since)


def tencent(state: TaskState, raw: str, *, since: datetime | None = None) -> message.Look:
    """A task of Tencent Cloud, read just now: a state and a request id are all that cloud tells."""
    snapshot = Snapshot(
        task_id=SINGAPORE.task_id, state=state, raw=raw, taken_at=NOW, request_id="31ff5a2c-7e3c-4b5a-9d0e-2a2d1c0b9a88"
    )
    return _look(SINGAPORE, TENCENT, snapshot, since)


def _look(ref: TaskRef, cloud: tuple[str, str], snapshot: Snapshot, since: datetime | None) -> message.Look:
    word, title = cloud
    return message.Look(
        ref=ref,
        provider=word,
        title=title,
        snapshot=snapshot,
        outlook=judge_look(snapshot, NOW),
        asked_at=NOW,
        since=since,
    )


def found(*looks: message.Look) -> message.Answer:
    return message.Answer(task=looks[0].ref.task_id, looks=looks)


def absent(*refs: TaskRef, task: str, raw: str = "") -> tuple[message.Look, ...]:
    return tuple(
        _look(
            ref,
            TENCENT if "tencent" in ref.account else ALIYUN,
            Snapshot(
                task_id=TaskId(task),
                state=TaskState.NOT_FOUND,
                taken_at=NOW,
                raw=raw if "tencent" in ref.account else "",
            ),
            None,
        )
        for ref in refs
    )


def refused(error: errors.ProviderError, ref: TaskRef = SHANGHAI) -> message.Trouble:
    word, title = TENCENT if "tencent" in ref.account else ALIYUN
    return message.Trouble(ref=ref, provider=word, title=title, error=error)


def unanswered(*troubles: message.Trouble, beside: tuple[message.Look, ...] = ()) -> message.Answer:
    return message.Answer(task=troubles[0].ref.task_id, troubles=troubles, absent=beside)


def mistyped(text: str) -> message.Mistyped:
    try:
        parse(text)
    except CommandError as error:
        return message.Mistyped(failed=error.failed, instead=error.instead)
    raise AssertionError(f"that is a command: {text}")


REQUEST = "16A96B9A-F203-4EC5-8E43-CB92E68F4CD8"
ELSEWHERE = tuple(
    replace(SHANGHAI, region=Region(region)) for region in ("cn-beijing", "cn-shenzhen", "ap-southeast-1")
)
SHAPE = "{RequestId: str, RetCode: int, TaskInfo: null}"

FREE = Handling(response=9, version=2)


def incident(number: int, *, hand: Handling = FREE, **more: Any) -> message.Incident:
    given = {"name": "main-en", "state": TaskState.STOPPED, "pages": True, **more}
    return message.Incident(
        number=number,
        account=SHANGHAI.account,
        region=SHANGHAI.region,
        opened_at=NOW - 35 * MINUTE,
        lasts=35 * MINUTE,
        handling=hand,
        **given,
    )


def responded(verb: str, because: str = "done", **more: Any) -> message.Responded:
    return message.Responded(verb=verb, because=because, number=12, name="<!channel> main-en", **more)


SAID: dict[str, message.Message] = {
    # ── the seven states ──
    "not-started": found(
        aliyun(TaskState.NOT_STARTED, "0", plan=Plan(start=NOW + HOUR, end=NOW + 3 * HOUR), retry=None)
    ),
    "not-started-start-missed": found(
        aliyun(TaskState.NOT_STARTED, "0", plan=Plan(start=NOW - 2 * MINUTE, end=NOW + HOUR))
    ),
    "running": found(aliyun(TaskState.RUNNING, "1", since=NOW - 20 * MINUTE)),
    "running-file": found(
        aliyun(
            TaskState.RUNNING,
            "1",
            plan=Plan(),
            source_type="vod",
            source="",
            progress=Progress(offset=timedelta(minutes=12, seconds=7), file=1, files=3),
        )
    ),
    "running-tencent": found(tencent(TaskState.RUNNING, "InProgress", since=NOW - 20 * MINUTE)),
    "retrying": found(aliyun(TaskState.RETRYING, "2", reason="PullStreamFailed", since=NOW - MINUTE)),
    "stopped": found(aliyun(TaskState.STOPPED, "3", reason="RetryTimesOffline", since=NOW - MINUTE)),
    "stopped-by-a-person": found(aliyun(TaskState.STOPPED, "3", reason="TriggerByUser")),
    "stopped-unexplained": found(aliyun(TaskState.STOPPED, "3")),
    "stopped-new-reason": found(aliyun(TaskState.STOPPED, "3", reason="SolarFlare")),
    "ended": found(
        aliyun(
            TaskState.ENDED,
            "-1",
            reason="OverEndTime",
            plan=Plan(start=NOW - 3 * HOUR, end=NOW - HOUR),
            ended_at=NOW - HOUR,
        )
    ),
    "ended-early": found(aliyun(TaskState.ENDED, "-1", reason="TriggerByUser", ended_at=NOW - 5 * MINUTE)),
    "unknown": found(aliyun(TaskState.UNKNOWN, "7", since=NOW - MINUTE)),
    "unknown-tencent": found(tencent(TaskState.UNKNOWN, "Pausing")),
    # ── nobody has it ──
    "absent-one-place": message.Answer(task="no-such-task", absent=absent(SHANGHAI, task="no-such-task")),
    "absent-tencent": message.Answer(
        task=SINGAPORE.task_id, absent=absent(SINGAPORE, task=SINGAPORE.task_id, raw="NotExist")
    ),
    "absent-several-places": message.Answer(
        task="no-such-task",
        absent=absent(*ELSEWHERE, SHANGHAI, SINGAPORE, task="no-such-task", raw="NotExist"),
    ),
    # ── two have it; two are unlike ──
    "found-twice-the-worst-first": found(
        aliyun(TaskState.RUNNING, "1"),
        aliyun(TaskState.STOPPED, "3", reason="PushStreamFailed", name="main-en"),
    ),
    "found-seven-times": found(*(aliyun(TaskState.RUNNING, "1") for _ in range(7))),
    "shared": found(replace(aliyun(TaskState.STOPPED, "3", reason="RetryTimesOffline"), shared_by="U0ANN")),
    # ── each error ──
    "bad-credentials": unanswered(refused(errors.BadCredentials("InvalidAccessKeyId.NotFound", request_id=REQUEST))),
    "access-denied": unanswered(
        refused(errors.AccessDenied("Forbidden.RAM", request_id=REQUEST, action="live:DescribeLivePullToPush"))
    ),
    "access-denied-unnamed": unanswered(refused(errors.AccessDenied("AuthFailure.UnauthorizedOperation"), SINGAPORE)),
    "wrong-region": unanswered(refused(errors.WrongRegion("UnsupportedRegion", request_id=REQUEST), SINGAPORE)),
    "rejected": unanswered(refused(errors.Rejected("InvalidParameter", request_id=REQUEST))),
    "rejected-tencent": unanswered(
        refused(errors.Rejected("InvalidParameter.SdkAppId", request_id=REQUEST), SINGAPORE)
    ),
    "throttled": unanswered(
        refused(errors.Throttled("Throttling.User", request_id=REQUEST, retry_after=timedelta(seconds=3)))
    ),
    "unreachable": unanswered(refused(errors.Unreachable(detail="no answer within 5 s"))),
    "clock-skew": unanswered(refused(errors.ClockSkew("InvalidTimeStamp.Expired", server_at=NOW + HOUR))),
    "unreadable": unanswered(refused(errors.Unreadable("HTTP 200", request_id=REQUEST, detail=SHAPE))),
    # ── several places without an answer ──
    "one-key-refused-everywhere": unanswered(
        *(
            refused(errors.BadCredentials("SignatureDoesNotMatch", request_id=REQUEST), ref)
            for ref in (SHANGHAI, *ELSEWHERE)
        )
    ),
    "one-place-silent-others-without-it": unanswered(
        refused(errors.Unreachable("HTTP 503")), beside=absent(*ELSEWHERE, task=SHANGHAI.task_id)
    ),
    "four-places-silent": unanswered(*(refused(errors.Unreachable("HTTP 503"), ref) for ref in (SHANGHAI, *ELSEWHERE))),
    "five-kinds-of-trouble": unanswered(
        refused(errors.Throttled("Throttling.User", request_id=REQUEST)),
        refused(errors.AccessDenied("Forbidden.RAM")),
        refused(errors.WrongRegion("InvalidRegion"), ELSEWHERE[0]),
        refused(errors.Unreachable("HTTP 503"), ELSEWHERE[1]),
        refused(errors.BadCredentials("AuthFailure.SecretIdNotFound"), SINGAPORE),
    ),
    "two-clouds-in-trouble": unanswered(
        refused(errors.Throttled("Throttling.User", request_id=REQUEST)),
        refused(errors.BadCredentials("AuthFailure.SecretIdNotFound"), SINGAPORE),
    ),
    # ── an id that no button could hold ──
    "id-without-end": found(
        replace(tencent(TaskState.RUNNING, "InProgress"), ref=replace(SINGAPORE, task_id=TaskId("i" * 2000)))
    ),
    # ── short things ──
    "waiting": message.Waiting(titles=("Alibaba Cloud",)),
    "waiting-for-both": message.Waiting(titles=("Alibaba Cloud", "Tencent Cloud")),
    "mistyped": mistyped("staus aliyun main-en"),
    "mistyped-name-with-spaces": mistyped("status aliyun main stage"),
    "declined-guest": message.Declined(said=refusal_said(Refusal.GUEST)),
    "declined-not-in-channel": message.Declined(said=refusal_said(Refusal.NOT_IN_CHANNEL, bot="<@U0BOT>")),
    "declined-too-often": message.Declined(said=refusal_said(Refusal.TOO_OFTEN, seconds=8)),
    "just-id": message.JustId(task=SINGAPORE.task_id),
    # ── about itself ──
    # ── following ──
    "done-subscribed": message.Done(
        said=("This channel follows main-en: everything.",), answer=found(aliyun(TaskState.RUNNING, "1"))
    ),
    "done-several": message.Done(
        said=("main-en: subscribed, RUNNING now.", "nothing-here: not found anywhere, not subscribed.")
    ),
    "choice": message.Choice(
        typed="main",
        options=(
            message.Option(label="main-en · cn-shanghai · aliyun", command="mute aliyun 1f region=cn-shanghai"),
            message.Option(label="main-zh · cn-shanghai · aliyun", command="mute aliyun 2f region=cn-shanghai"),
        ),
    ),
    "list": message.Listed(
        title="This channel follows",
        rows=(
            message.Row(
                name="main-zh",
                detail=("cn-shanghai · aliyun", "only STOPPED · until 2026-11-22 08:00 Asia/Shanghai"),
                state=TaskState.STOPPED,
                raw="3",
                seen_at=NOW,
                bad=True,
                subscription=7,
                ref=SHANGHAI,
            ),
            message.Row(name="all tasks of aliyun", detail=("12 tasks now, 0 of them bad",), bad=False, subscription=8),
            message.Row(name="never-read", detail=("ap-singapore · tencent",), subscription=9),
        ),
        total=23,
        page=2,
        pages=3,
        again="list state=bad",
        nothing="",
    ),
    "list-empty": message.Listed(
        title="This channel follows",
        rows=(),
        total=0,
        page=1,
        pages=1,
        again="list",
        nothing="This channel follows nothing yet. Try /relay subscribe",
    ),
    "mine": message.Listed(
        title="Your channels follow",
        rows=(message.Row(name="main-en", detail=("cn-shanghai · aliyun",), subscription=7, channel="C0RELAYS"),),
        total=1,
        page=1,
        pages=1,
        again="mine",
        nothing="",
        is_private=True,
    ),
    "tasks": message.Listed(
        title="Tasks of aliyun",
        rows=(
            message.Row(
                name="main-en",
                detail=("followed here", "cn-shanghai", SHANGHAI.task_id),
                state=TaskState.RUNNING,
                raw="1",
                bad=False,
                ref=SHANGHAI,
            ),
            message.Row(
                name="too-long",
                detail=("an id that no box can hold",),
                ref=replace(SHANGHAI, task_id=TaskId("i" * 150)),
            ),
        ),
        total=2,
        page=1,
        pages=1,
        again="tasks aliyun",
        nothing="",
        picks=AccountName("aliyun"),
        troubles=(
            message.Trouble(
                ref=SINGAPORE, provider="aliyun", title="Alibaba Cloud", error=errors.Unreachable("timeout")
            ),
        ),
    ),
    "past": message.Past(
        name="main-en",
        ref=SHANGHAI,
        since=NOW - 24 * HOUR,
        happened=(
            News(
                why=Why.STOPPED,
                at=NOW,
                old=TaskState.RETRYING,
                new=TaskState.STOPPED,
                tone=Tone.BAD,
                lasted=3 * MINUTE,
                reason="RetryTimesOffline",
            ),
            News(why=Why.START_MISSED, at=NOW - HOUR, old=None, new=TaskState.NOT_STARTED, tone=Tone.BAD),
        ),
        total=2,
    ),
    "oncall": shown(TURNS, said="Done, and told in the channel."),
    "oncall-nobody": shown(Rota()),
    "oncall-gap": shown(Rota(covers=(COVER,), levels=(LEVEL,))),
    "oncall-calendar-old": shown(Rota(base=Target(kind=TargetKind.CALENDAR, id="ops")), OLD),
    "oncall-calendar-unread": shown(Rota(base=Target(kind=TargetKind.CALENDAR, id="ops"))),
    "past-nothing": message.Past(name="main-en", ref=SHANGHAI, since=NOW - HOUR, happened=(), total=0),
    # ── incidents ──
    "incidents": message.IncidentsShown(
        incidents=(
            incident(12, who="U0BOB", level=1, due="call", due_at=NOW + 4 * MINUTE),
            incident(
                13, hand=replace(FREE, by="U0ANN", until=NOW + 20 * MINUTE), due="remind", due_at=NOW + 20 * MINUTE
            ),
            incident(
                14,
                hand=replace(FREE, by="U0ANN", until=NOW + 24 * HOUR, is_snoozed=True),
                due="lift",
                due_at=NOW + 24 * HOUR,
            ),
            incident(15, with_=12),
            incident(16, pages=False, hand=replace(FREE, assigned_to="U0BOB")),
            incident(17, state=None, name="200 tasks of aliyun are bad", due="call", due_at=NOW),
        ),
        total=8,
        held_back=message.HeldBack(count=12, digest_at=NOW + MINUTE),
    ),
    "incidents-none": message.IncidentsShown(
        incidents=(), total=0, held_back=message.HeldBack(count=12, joins_until=NOW + MINUTE)
    ),
    "responded-ack": responded("ack", by="U0ANN", until=NOW + 30 * MINUTE),
    "responded-snooze": responded("snooze", by="U0ANN", until=NOW + 24 * HOUR),
    "responded-assign": responded("assign", by="U0BOB"),
    "responded-taken-over": responded("assign", by="U0ANN", until=NOW + 30 * MINUTE),
    "responded-close": responded("close"),
    "responded-taken": responded("ack", "taken", by="U0BOB", ago=12 * SECOND, until=NOW + 30 * MINUTE),
    "responded-recovered": responded("ack", "over", ago=2 * SECOND, why="recovered"),
    "responded-over": responded("ack", "over", ago=HOUR, why="unfollowed"),
    "responded-worse": responded("ack", "worse"),
    "help": message.Helped(titles=("Alibaba Cloud", "Tencent Cloud"), bot="U0BOT"),
    "help-limited": message.Helped(titles=("Alibaba Cloud",), limited=True, bot="U0BOT"),
    "help-no-account": message.Helped(),
    "help-status": message.Helped(verb="status"),
    "accounts": message.AccountsShown(
        accounts=(
            message.AccountShown(
                name=AccountName("aliyun"),
                title="Alibaba Cloud",
                regions=(Region("cn-shanghai"), Region("ap-southeast-1")),
                paces=(
                    message.PaceShown(api="DescribeLivePullToPush", per_second=5.0, documented=10.0),
                    message.PaceShown(api="DescribeLivePullToPushList", per_second=5.0, documented=10.0),
                ),
            ),
            message.AccountShown(
                name=AccountName("tencent"),
                title="Tencent Cloud",
                regions=(Region("ap-singapore"),),
                paces=(message.PaceShown(api="DescribeStreamIngest", per_second=10.0, documented=20.0),),
                bound=MINUTE,
            ),
        )
    ),
    "accounts-none": message.AccountsShown(accounts=()),
    "debug": message.Debugged(
        version="1.2.3",
        team="T0TEAM",
        channel="C0RELAYS",
        user="U0ANN",
        transport="Socket Mode",
        scopes=("app_mentions:read", "chat:write", "commands"),
        store="SQLite",
        lanes=(
            LaneFigures(
                name=LaneName(provider="aliyun", budget="4f1a0b2c3d4e5f60", api=Api("DescribeLivePullToPush")),
                waiting=0,
                sent=42,
                joined=7,
                reused=3,
                retried=1,
                throttled=1,
                last_error="Throttling.User",
                last_error_at=NOW - MINUTE,
                last_request_id=REQUEST,
            ),
            LaneFigures(
                name=LaneName(provider="tencent", budget="60f5e4d3c2b1a0f4", api=Api("DescribeStreamIngest")),
                waiting=0,
                sent=9,
                joined=0,
                reused=0,
                retried=0,
                throttled=0,
            ),
        ),
    ),
    "debug-before-anything": message.Debugged(
        version="1.2.3",
        team="T0TEAM",
        channel="C0RELAYS",
        user="U0ANN",
        transport="HTTP",
        scopes=(),
        store="PostgreSQL",
        lanes=(),
    ),
    "debug-of-what-was-never-said": message.Debugged(
        version="1.2.3",
        team="T0TEAM",
        channel="C0RELAYS",
        user="U0ANN",
        transport="HTTP",
        scopes=("chat:write",),
        store="PostgreSQL",
        lanes=(),
        parked=(("new_word", 3), ("metadata_too_large", 1)),
        parked_elsewhere=2,
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_stays_as_it_was_read_and_approved(name: str, check_message: Callable[[Any], None]):
    said = dress(SAID[name])
    check_message(said)
    written = json.dumps({"text": said.text, "blocks": said.blocks}, indent=2, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(written, encoding="utf-8")

    assert written == file.read_text(encoding="utf-8"), "meant? UPDATE_GOLDEN=1 renews it"


def test_no_golden_file_is_left_over():
    assert {file.stem for file in GOLDEN.iterdir()} == set(SAID)


def test_every_state_and_every_error_has_its_card():
    answers = [said for said in SAID.values() if isinstance(said, message.Answer)]

    assert {look.snapshot.state for answer in answers for look in (*answer.looks, *answer.absent)} == set(TaskState)
    assert {type(trouble.error).__name__ for answer in answers for trouble in answer.troubles} == {
        "BadCredentials",
        "AccessDenied",
        "WrongRegion",
        "Rejected",
        "Throttled",
        "Unreachable",
        "ClockSkew",
        "Unreadable",
    }
