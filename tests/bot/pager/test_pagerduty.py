from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.contract import TaskState
from bot.domain.speech import Obstacle
from bot.pager.door import Answer
from bot.pager.pagerduty import PagerDuty, event, severity
from bot.pager.verdict import refusal
from tests.bot.pager.pages import OPENED_AT, page

if TYPE_CHECKING:
    from bot.domain.notice import PageBody

KEY = "0123456789abcdef0123456789canary"
NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)


def read(body: PageBody) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(event(body, KEY))
    return told


def test_a_call_opens_an_alert_that_says_what_is_bad_and_where():
    told = read(page(late=timedelta(minutes=42)))

    assert (told["routing_key"], told["event_action"], told["dedup_key"]) == (KEY, "trigger", "relaybot:7:0")
    payload = told["payload"]
    assert payload["summary"] == "STOPPED main-en · the source cannot be pulled · cn-shanghai"
    assert payload["source"] == "show/cn-shanghai/8c6f…/live-main-en"
    assert (payload["severity"], payload["timestamp"]) == ("critical", OPENED_AT.isoformat())
    assert (payload["component"], payload["group"], payload["class"]) == ("main-en", "show", "stopped")
    assert payload["custom_details"] == {
        "incident": 7,
        "step": 0,
        "attempt": 0,
        "account": "show",
        "cloud": "Alibaba Cloud",
        "region": "cn-shanghai",
        "task_id": "8c6f…/live-main-en",
        "task_name": "main-en",
        "state": "STOPPED",
        "why": "stopped",
        "reason": "PullStreamFailed",
        "opened_at": OPENED_AT.isoformat(),
        "late_s": 2520.0,
        "tasks": 1,
        "slack_channel": "C0RELAYS1",
        "called": ["U0ANN00001"],
    }


@pytest.mark.parametrize(
    ("act", "action"), [("ack", "acknowledge"), ("resolve", "resolve"), ("remind", "trigger"), ("drill", "trigger")]
)
def test_what_follows_goes_to_the_same_alert(act: str, action: str):
    told = read(page(act=act))

    assert (told["event_action"], told["dedup_key"]) == (action, "relaybot:7:0")
    assert ("payload" in told) == (action == "trigger")


# What it is about, how bad that is, and the line on the phone.
LINES = [
    (page(), "critical", "STOPPED main-en · the source cannot be pulled · cn-shanghai"),
    (page(state=TaskState.RETRYING, reason=""), "error", None),
    (page(state=None, name="", task_id=None, count=200, why="stopped", reason=""), "critical", None),
    (
        page(state=None, name="", task_id=None, count=1, why="stopped", reason=""),  # all others of the group are back
        "error",
        "One task of show is bad · it is down · cn-shanghai",
    ),
    (
        page(state=None, name="", task_id=None, why="AccessDenied", reason=""),
        "error",
        "I cannot see account show · cn-shanghai",
    ),
    (page(act="drill"), "info", "Drill · STOPPED main-en · the source cannot be pulled · cn-shanghai"),
    (page(name="<!channel>\u202e *x*"), "critical", None),
]


@pytest.mark.parametrize(("body", "how_bad", "line"), LINES)
def test_a_phone_reads_out_one_plain_line(body: PageBody, how_bad: str, line: str | None):
    told = read(body)["payload"]

    assert severity(body) == told["severity"] == how_bad
    assert line in {None, told["summary"]}
    assert 0 < len(told["summary"]) <= 200
    assert "\n" not in told["summary"]
    assert "\u202e" not in told["summary"]


def test_what_is_too_long_is_cut_to_what_is_taken():
    told = read(page(dedup_key="k" * 300, name="n" * 3000))

    assert len(told["dedup_key"]) == 255
    assert len(told["payload"]["summary"]) <= 1024
    assert len(event(page(name="n" * 3000, reason="r" * 3000), KEY)) < 512_000


SOON = {"retry-after": "7"}
# An answer, and what it means: nothing, or the obstacle, how long to wait, and whether it surely was not taken.
ANSWERS = [
    (202, {}, None),
    (200, {}, None),
    (400, {}, (Obstacle.CONTENT, None, True)),
    (413, {}, (Obstacle.CONTENT, None, True)),
    (410, {}, (Obstacle.GONE, None, True)),
    (401, {}, (Obstacle.OTHER, None, True)),
    (404, {}, (Obstacle.OTHER, None, True)),
    (302, {"location": "https://elsewhere.example"}, (Obstacle.OTHER, None, True)),
    (429, SOON, (Obstacle.WAIT, timedelta(seconds=7), True)),
    (429, {}, (Obstacle.WAIT, None, True)),
    (429, {"retry-after": "Sat, 21 Nov 2026 20:17:00 GMT"}, (Obstacle.WAIT, timedelta(minutes=2), True)),
    (429, {"retry-after": "Sat, 21 Nov 2026 20:10:00 GMT"}, (Obstacle.WAIT, timedelta(), True)),
    (429, {"retry-after": "soon"}, (Obstacle.WAIT, None, True)),
    (429, {"retry-after": "-3"}, (Obstacle.WAIT, None, True)),
    (429, {"retry-after": "9" * 30}, (Obstacle.WAIT, timedelta(days=1), True)),
    (429, {"retry-after": "9" * 5000}, (Obstacle.WAIT, None, True)),
    (429, {"retry-after": f"Sat, 21 Nov {'9' * 30} 20:17:00 GMT"}, (Obstacle.WAIT, None, True)),
    (500, {}, (Obstacle.WAIT, None, False)),
    (503, SOON, (Obstacle.WAIT, timedelta(seconds=7), False)),
    (408, {}, (Obstacle.WAIT, None, False)),
]


@pytest.mark.parametrize(("status", "headers", "meaning"), ANSWERS)
def test_an_answer_means(status: int, headers: dict[str, str], meaning: tuple[Obstacle, timedelta | None, bool] | None):
    refused = refusal(Answer(status=status, headers=headers, body=b""), now=NOW)

    if meaning is None:
        assert refused is None
    else:
        assert refused is not None
        assert (refused.obstacle, refused.retry_after, refused.is_certain) == meaning
        assert refused.code == f"HTTP {status}"


def test_the_routing_key_shows_nowhere():
    assert "canary" not in repr(PagerDuty(door=None, url="https://canary", routing_key=KEY))  # type: ignore[arg-type]
