from __future__ import annotations

import doctest
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.aliyun import PROVIDER, AliyunSettings, callback
from adapters.aliyun.callback import hear, signature
from adapters.contract import Callback, Dismissed, Hint, TaskId

NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
KEY = "canary-callback-key-0"
AUTH_KEY = "canary-auth-key"
# The vendor's own sample, with its spelling of the event.
BODY = {
    "Event": "LivePullToPushRuning",
    "EventTime": "1724661000",
    "TaskId": "t-42",
    "TaskInfo": {"TaskName": "main"},
    "TaskStatus": 1,
    "TaskInvalidReason": "",
}


def settings(**told: Any) -> AliyunSettings:
    keys = {"access_key_id": "testid", "access_key_secret": "testsecret", "regions": ["cn-shanghai"]}
    return AliyunSettings.model_validate({**keys, "callback_key": KEY, **told})


def knock(body: object = BODY, *, key: str = KEY, **headers: str) -> Callback:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Callback(key=key, headers=named, body=raw, received_at=NOW)


def signed(*, key: str = AUTH_KEY, domain: str = "bot.example.com", late_s: int = 0, **headers: str) -> Callback:
    timestamp = str(int(NOW.timestamp()) - late_s)
    told = {
        "host": "bot.example.com",
        "ali_live_timestamp": timestamp,
        "ali_live_signature": signature(domain, timestamp, key),
    }
    return knock(**told | headers)


@pytest.mark.parametrize(
    ("body", "comes_to"),
    [
        # The event as the vendor's sample spells it, and as its table does.
        (BODY, Hint(task_id=TaskId("t-42"))),
        (BODY | {"Event": "LivePullToPushRunning"}, Hint(task_id=TaskId("t-42"))),
        # The exit event has no documented name, and needs none.
        ({"TaskId": "t-42"}, Hint(task_id=TaskId("t-42"))),
        ({"TaskInfo": {"TaskId": "t-42"}}, Hint(task_id=TaskId("t-42"))),
        # What names no task helps nobody.
        ({"Event": "LivePullToPushRunning"}, Dismissed.UNREADABLE),
        ({"TaskId": "a sentence with rtmp://push.example.com/live"}, Dismissed.UNREADABLE),
        ([], Dismissed.UNREADABLE),
        (b"", Dismissed.UNREADABLE),
        (b"\xff\xfe", Dismissed.UNREADABLE),
        (b"[" * 60_000, Dismissed.UNREADABLE),
    ],
)
def test_a_callback_names_a_task_to_look_at(body: object, comes_to: Hint | Dismissed):
    assert hear(settings(), knock(body)) == comes_to


@pytest.mark.parametrize(
    ("keys", "key", "is_heard"),
    [
        (KEY, KEY, True),
        # While they change, both hold.
        (f"{KEY},another-callback-key", KEY, True),
        (f"another-callback-key,{KEY}", KEY, True),
        # Another one, a part of it, nothing at all, and what no header can hold.
        (KEY, "another-callback-key", False),
        (KEY, KEY[:-1], False),
        (KEY, "", False),
        (KEY, "\udcff", False),
        (f"{KEY},another-callback-key", f"{KEY},another-callback-key", False),
        # Not set: no door.
        (None, KEY, False),
        (None, "", False),
    ],
)
def test_only_who_knows_the_key_is_heard(keys: str | None, key: str, *, is_heard: bool):
    answer = hear(settings(callback_key=keys), knock(key=key))

    assert answer == (Hint(task_id=TaskId("t-42")) if is_heard else Dismissed.NO_DOOR)


@pytest.mark.parametrize(
    ("given", "comes_to"),
    [
        (signed(), Hint(task_id=TaskId("t-42"))),
        # A port is no part of the domain, and capitals make no difference.
        (signed(host="Bot.Example.com:8443"), Hint(task_id=TaskId("t-42"))),
        (signed(late_s=299), Hint(task_id=TaskId("t-42"))),
        (signed(late_s=-299), Hint(task_id=TaskId("t-42"))),
        # Five minutes, then it may be a replay.
        (signed(late_s=301), Dismissed.STALE),
        (signed(late_s=-301), Dismissed.STALE),
        (signed(key="another"), Dismissed.NOT_GENUINE),
        (signed(domain="other.example.com"), Dismissed.NOT_GENUINE),
        (signed(ali_live_timestamp="1"), Dismissed.NOT_GENUINE),
        (signed(ali_live_timestamp="soon"), Dismissed.NOT_GENUINE),
        (signed(ali_live_signature=""), Dismissed.NOT_GENUINE),
        (knock(), Dismissed.NOT_GENUINE),
    ],
)
def test_where_an_authentication_key_is_set_it_is_asked_for(given: Callback, comes_to: Hint | Dismissed):
    assert hear(settings(callback_auth_key=f"old-key,{AUTH_KEY}"), given) == comes_to


def test_a_key_that_can_be_guessed_is_refused():
    with pytest.raises(ValidationError, match="16 letters"):
        settings(callback_key="relay")


def test_no_key_shows_in_a_repr():
    assert "canary" not in f"{settings(callback_auth_key=AUTH_KEY)!r} {signed()!r} {signed()}"


def test_the_provider_hears_and_its_documentation_is_right():
    assert PROVIDER.hear is hear
    assert doctest.testmod(callback).failed == 0
