"""
Every body that lies in the outbox, as Slack gets it: `told/<name>.json`.

After a change that is meant: `UPDATE_GOLDEN=1 python -m pytest tests/bot/slack/cards/test_told.py`, then read the
difference aloud, as somebody who was just woken up.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from adapters.contract import AccountName, Plan, Region, Retry, Snapshot, TaskId, TaskRef, TaskState
from bot.domain.drill import rehearse
from bot.domain.handling import Handling
from bot.domain.message import Look
from bot.domain.notice import (
    AccountBody,
    BoardBody,
    Body,
    CardBody,
    DigestBody,
    DrillBody,
    GroupBody,
    LineBody,
    Measured,
    PageBody,
    ReplyBody,
    Skip,
    Step,
    from_json,
    to_json,
)
from bot.domain.outlook import Tone, judge_look
from bot.domain.task import News, Successor, Why
from bot.slack.cards import dress_body

if TYPE_CHECKING:
    from collections.abc import Callable

TOLD = Path(__file__).parent / "told"
NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
REF = TaskRef(
    account=AccountName("aliyun"), region=Region("cn-shanghai"), task_id=TaskId("fd245384-4067-4f91-9d75-9666a6bc0001")
)
REQUEST = "16A96B9A-F203-4EC5-8E43-CB92E68F4CD8"


def card(state: TaskState, raw: str, confirmed: TaskState | None = None, **more: Any) -> CardBody:
    """A followed task, half of its plan gone, read four seconds ago; what was read is confirmed unless said."""
    read = {name: more.pop(name) for name in ("reason", "ended_at", "plan", "name") if name in more}
    snapshot = Snapshot(
        task_id=REF.task_id,
        state=state,
        raw=raw,
        taken_at=NOW - timedelta(seconds=4),
        request_id=REQUEST,
        **{
            "name": "main-en",
            "plan": Plan(start=NOW - HOUR, end=NOW + HOUR),
            "retry": Retry(count=5, interval=timedelta(seconds=30)),
            "source": "rtmp://pull.example.com/live/…",
            "source_type": "live",
            "destination": "rtmp://push.example.com/live/…",
            **read,
        },
    )
    look = Look(
        ref=REF,
        provider="aliyun",
        title="Alibaba Cloud",
        snapshot=snapshot,
        outlook=judge_look(snapshot, NOW),
        asked_at=NOW,
        since=NOW - 20 * MINUTE,
    )
    return CardBody(**{"look": look, "confirmed": confirmed or state, "since": NOW - 20 * MINUTE, **more})


def told(why: Why, old: TaskState | None, new: TaskState, *, name: str = "main-en", **more: Any) -> ReplyBody:
    return ReplyBody(
        ref=REF,
        provider="aliyun",
        title="Alibaba Cloud",
        name=name,
        plan=Plan(start=NOW - HOUR, end=NOW + HOUR),
        news=News(**{"why": why, "at": NOW, "old": old, "new": new, "tone": Tone.BAD, **more}),
    )


RUNNING, RETRYING, STOPPED, ENDED = TaskState.RUNNING, TaskState.RETRYING, TaskState.STOPPED, TaskState.ENDED
STOP = told(Why.STOPPED, RUNNING, STOPPED, reason="PullStreamFailed", lasted=2 * HOUR + 5 * MINUTE)
STILL = told(
    Why.STILL_RETRYING, RETRYING, RETRYING, reason="PullStreamFailed", lasted=MINUTE / 2, left=2.5 * MINUTE, is_bad=True
)
BOARD = BoardBody(
    account=REF.account,
    title="Alibaba Cloud",
    match="",
    counts=((RUNNING, 97), (RETRYING, 1), (STOPPED, 2)),
    bad=(STOP, told(Why.RETRYING, RUNNING, RETRYING, name="main-fr")),
    bad_total=3,
    at=NOW,
)
GROUP = GroupBody(
    account=REF.account,
    region=REF.region,
    title="Alibaba Cloud",
    total=40,
    still_bad=40,
    names=("main-en", "main-fr"),
    why=Why.STOPPED,
    at=NOW,
)
BLIND = AccountBody(
    account=REF.account,
    region=REF.region,
    title="Alibaba Cloud",
    error="BadCredentials",
    code="InvalidAccessKeyId.NotFound",
    request_id=REQUEST,
    since=NOW - MINUTE,
    followed=50,
)

PAGE = PageBody(
    act="trigger",
    incident=7,
    response=9,
    version=1,
    step=0,
    dedup_key="relaybot:7:0",
    mentions=("U0ANN",),
    channel="C0RELAYS",
    account=REF.account,
    region=REF.region,
    title="Alibaba Cloud",
    name="main-en",
    task_id=REF.task_id,
    state=STOPPED,
    why=Why.STOPPED,
    reason="PullStreamFailed",
    opened_at=NOW,
    at=NOW,
)
FREE = Handling(response=9, version=2)
NEXT = Successor(ref=replace(REF, task_id=TaskId("fd245384-4067-4f91-9d75-9666a6bc0002")), name="main-en")

DRILL = DrillBody(drill=3, by="U0ANN", began_at=NOW, within=timedelta(seconds=30))
STEPS = (
    Measured(step=Step.JUDGED, after=timedelta(seconds=1)),
    Measured(step=Step.CARD, after=timedelta(seconds=1.42)),
    Measured(step=Step.THREAD, after=timedelta(seconds=2.5)),
    Measured(step=Step.CHANNEL, who="S0OPS", after=timedelta(seconds=3.6)),
    Measured(step=Step.DIRECT, who="U0BOB", after=timedelta(seconds=1.5)),
    Measured(step=Step.PAGER, who="night", after=timedelta(seconds=1.3)),
)
LOST = (
    *STEPS[:4],
    Measured(step=Step.DIRECT, who="U0BOB", why="user_disabled"),
    Measured(step=Step.PAGER, who="night", after=timedelta(seconds=34), why="late"),
    Measured(step=Step.PAGER, who="day", why="HTTP 403"),
)


def drill_news() -> News:
    told, _ = rehearse(NOW)
    return told


OPEN = [f"#{number} Main stage, the English one, 2 (in hand)" for number in range(1200, 1205)]  # names are cut at 30

BODIES: dict[str, Body] = {
    # ── cards ──
    "card-running": card(RUNNING, "1"),
    "card-first-look": replace(card(RUNNING, "1"), confirmed=None, since=None),
    "card-retrying": card(RETRYING, "2", reason="PullStreamFailed"),
    "card-in-doubt": card(STOPPED, "3", confirmed=RUNNING, reason="RetryTimesOffline"),
    "card-stopped-unexplained": card(STOPPED, "3", can_be_expected=True),
    "card-ended": card(ENDED, "-1", reason="OverEndTime", ended_at=NOW - MINUTE),
    "card-unseen": card(RUNNING, "1", unseen_since=NOW - 3 * MINUTE),
    "card-every-remark": card(
        RUNNING,
        "1",
        remarks=(Why.FLAPPING, Why.STALLED, Why.OVER_RUN),
        same_destination=("main-fr", "<!channel>"),
        until=NOW + 2 * HOUR,
        is_muted=True,
        muted_until=NOW + HOUR,
    ),
    "card-successor": card(STOPPED, "3", reason="RetryTimesOffline", successor=NEXT),
    "card-successor-that-is-followed": card(
        ENDED, "-1", successor=replace(NEXT, name="<!channel>"), follows_successor=True
    ),
    # ── what is told: every why, as it most often comes ──
    **{f"told-{why}": told(why, RUNNING, RUNNING) for why in Why},
    "told-started": told(Why.STARTED, TaskState.NOT_STARTED, RUNNING, lasted=HOUR),
    "told-retrying": told(Why.RETRYING, RUNNING, RETRYING, reason="PushStreamFailed", lasted=HOUR),
    "told-still-retrying": STILL,
    "told-still-retrying-in-vain": replace(STILL, news=replace(STILL.news, left=timedelta())),
    "told-stopped": STOP,
    "told-stopped-by-a-person": told(Why.STOPPED_BY_A_PERSON, RUNNING, STOPPED, reason="TriggerByUser", lasted=HOUR),
    "told-recovered": told(Why.RECOVERED, RETRYING, RUNNING, lasted=MINUTE, bad_for=7 * MINUTE),
    "told-ended": told(Why.ENDED, RUNNING, ENDED, reason="OverEndTime", lasted=2 * HOUR),
    "told-first-sight-bad": told(Why.FIRST_SIGHT_BAD, None, STOPPED, reason="SolarFlare"),
    "told-without-a-name": replace(STOP, name=""),
    # ── many ──
    "board": BOARD,
    "board-still-retrying": replace(BOARD, bad=(STILL,), bad_total=1),
    "board-of-a-match": replace(BOARD, match="main", bad=(), bad_total=0, counts=((RUNNING, 3),)),
    "board-of-nothing": replace(BOARD, bad=(), bad_total=0, counts=()),
    "board-unseen": replace(BOARD, unseen_since=NOW - MINUTE),
    "group": GROUP,
    "group-over": replace(GROUP, is_over=True, still_bad=0, names=(), lasted=5 * MINUTE),
    "group-over-but-for-some": replace(GROUP, is_over=True, still_bad=2, lasted=5 * MINUTE),
    "group-of-two": replace(GROUP, total=2),
    "account-blind": BLIND,
    "account-mislaid": replace(BLIND, error="Unreadable", code="", request_id="", incident=7, is_mislaid=True),
    "account-unreachable": replace(BLIND, error="Unreachable", code="", request_id=""),
    "account-unknown-error": replace(BLIND, error="Eaten"),
    "account-seen-again": replace(BLIND, is_over=True, lasted=10 * MINUTE),
    "account-seen-again-at-once": replace(BLIND, is_over=True),
    "digest": DigestBody(
        total=14,
        counts=((STOPPED, 12), (RUNNING, 2)),
        names=("main-en", "main-fr"),
        since=NOW - timedelta(seconds=9),
        until=NOW,
    ),
    "digest-of-good-news": DigestBody(total=6, counts=((RUNNING, 6),), names=(), since=NOW, until=NOW),
    # ── calls ──
    "page": PAGE,
    "page-of-a-group": replace(PAGE, task_id=None, name="", state=None, count=200, mentions=("S0OPS",)),
    "page-of-the-last-of-a-group": replace(PAGE, task_id=None, name="", state=None, count=1, because="repeated"),
    "page-of-the-next-level": replace(
        PAGE,
        version=3,
        step=1,
        because="unanswered",
        mentions=("U0BOB",),
        late=2 * MINUTE,
        count=4,
        skipped=(Skip(step=0, why="gap"), Skip(step=0, why="deactivated", user="U0DORA")),
    ),
    "page-to-remind": replace(PAGE, act="remind", by="U0ANN", because="ack_over"),
    "page-of-what-was-assigned": replace(PAGE, mentions=("U0BOB",), by="U0ANN", because="assigned"),
    "page-of-a-drill": replace(PAGE, act="drill"),
    "page-acked": replace(PAGE, handling=replace(FREE, by="U0ANN", until=NOW + 30 * MINUTE)),
    "page-snoozed": replace(PAGE, handling=replace(FREE, by="U0ANN", until=NOW + 24 * HOUR, is_snoozed=True)),
    "page-assigned": replace(PAGE, handling=replace(FREE, assigned_to="U0BOB")),
    "page-over": replace(PAGE, handling=replace(FREE, by="U0ANN", until=NOW + HOUR, over_at=NOW + 20 * MINUTE)),
    "page-of-a-blind-account": replace(PAGE, task_id=None, name="", state=None, why="BadCredentials", reason=""),
    "card-to-be-acked": card(STOPPED, "3", handling=FREE),
    "card-acked": card(STOPPED, "3", handling=replace(FREE, by="U0ANN", until=NOW + 30 * MINUTE)),
    # ── drills ──
    "drill": DRILL,
    "drill-told": replace(DRILL, news=drill_news()),
    "drill-passed": replace(DRILL, steps=STEPS),
    "drill-passed-end": replace(DRILL, steps=STEPS, is_end=True),
    "drill-failed": replace(DRILL, steps=(Measured(step=Step.ON_CALL, why="no_rota"), *LOST)),
    "drill-failed-end": replace(DRILL, steps=LOST, is_end=True),
    "drill-interrupted": replace(DRILL, steps=LOST, is_interrupted=True),
    # ── lines ──
    **{
        f"line-paused-{why}": LineBody(
            key=f"paused_{why}", user="U0ANN", values=(("channel", "C0RELAYS"), ("code", "is_archived"))
        )
        for why in ("gone", "not_member", "policy")
    },
    "line-succeeded": LineBody(
        key="succeeded", user="U0ANN", values=(("before", "main-en"), ("id", NEXT.ref.task_id), ("name", "main-en"))
    ),
    "line-succeeded-by-name": LineBody(
        key="succeeded_by_name",
        user="",
        values=(("before", "main-en"), ("id", NEXT.ref.task_id), ("name", "main-en"), ("names", "stage")),
    ),
    "line-succeeded-by-all": LineBody(
        key="succeeded_by_all", user="", values=(("before", "main-en"), ("id", NEXT.ref.task_id), ("name", "main-en"))
    ),
    "line-handover": LineBody(
        key="handover",
        user="",
        values=(
            ("before_who", "S0OPS"),
            (
                "more",
                f" Open here: {', '.join(OPEN)} and 7 more. Calendar relays was read 3 min ago. Told 42 min late.",
            ),
            ("who", "U0BOB"),
        ),
    ),
    "line-with-foreign-ids": LineBody(
        key="paused_gone", user="!channel", values=(("channel", "<!here>"), ("code", "`&"))
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_lies_in_the_outbox_stays_as_it_was_read_and_approved(name: str, check_message: Callable[[Any], None]):
    said = dress_body(BODIES[name])
    check_message(said)
    written = json.dumps({"text": said.text, "blocks": said.blocks}, indent=2, ensure_ascii=False) + "\n"
    file = TOLD / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(written, encoding="utf-8")

    assert written == file.read_text(encoding="utf-8"), "meant? UPDATE_GOLDEN=1 renews it"


@pytest.mark.parametrize("name", BODIES)
def test_a_body_comes_back_from_the_outbox_as_it_went_in(name: str):
    assert from_json(to_json(BODIES[name])) == BODIES[name]


def test_the_table_of_a_drill_is_whole_however_many_are_called(check_message: Callable[[Any], None]):
    people = tuple(
        Measured(step=Step.DIRECT, who=f"U0{n:09d}", after=timedelta(seconds=12.3), why="user_disabled")
        for n in range(100)
    )

    said = dress_body(replace(DRILL, steps=(*people, Measured(step=Step.PAGER, who="night", why="HTTP 500"))))

    check_message(said)
    table = "\n".join(block["text"]["text"] for block in said.blocks if block["type"] == "section")
    assert table.count("\n") == 100
    assert table.endswith("✗ Pager night · HTTP 500")


def test_no_golden_file_is_left_over():
    assert {file.stem for file in TOLD.iterdir()} == set(BODIES)


def test_every_kind_of_body_has_its_golden_file():
    assert {type(body) for body in BODIES.values()} == set(get_args(get_args(Body)[0]))
