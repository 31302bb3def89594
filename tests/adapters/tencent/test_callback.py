from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.contract import Callback, Dismissed, Hint, Remark, TaskId
from adapters.tencent import PROVIDER, TencentSettings
from adapters.tencent.callback import hear, sign

SENT_AT = datetime.fromtimestamp(1701937900.012, UTC)
KEY = "canary-callback-key-0"
SIGN_KEY = "testonlyCallbackKey32characters0"
TASK = "WMdqEeEgj2ksqnyUsuXC+qLkVypGmwjrgh1JC6ZefVP+rvsidDnZsAw8uWgX0XRGvdSVfAMunise2kcZaefdgHvx3-M2v6fmTjRNgg.."


def settings(**told: Any) -> TencentSettings:
    keys = {"secret_id": "id", "secret_key": "key", "regions": ["ap-singapore"], "sdk_app_id": 1400000123}
    return TencentSettings.model_validate(
        {**keys, "callback_key": KEY, "callback_sign_key": SIGN_KEY, **told},
    )


def event(kind: int = 701, status: object = 0, **changes: Any) -> dict[str, Any]:
    info = {"EventMsTs": 1701937900013, "TaskId": "t-42", "Status": status}
    return {"EventGroupId": 7, "EventType": kind, "CallbackMsTs": 1701937900012, "EventInfo": info} | changes


def knock(body: object, *, late: timedelta = timedelta(0), key: str = KEY, sign_key: str = SIGN_KEY) -> Callback:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"sign": sign(sign_key, raw), "sdkappid": "1400000123"}
    return Callback(key=key, headers=headers, body=raw, received_at=SENT_AT + late)


def test_the_vendors_own_sample_is_signed_as_we_sign(vectors: dict[str, Any]):
    for vector in vectors["callback_vectors"]:
        assert sign(vector["key"], vector["body"].encode()) == vector["sign"], vector["name"]


@pytest.mark.parametrize(
    ("name", "comes_to"),
    [
        # Rooms' events may come to the same address: genuine, and nothing to us.
        ("documented_sample", Dismissed.NOT_OURS),
        (
            "ingest_start_success",
            Hint(task_id=TaskId(TASK), event=f"{TASK} 701 0 1701937900000", remark=Remark.STARTED),
        ),
        (
            "ingest_start_failure",
            Hint(task_id=TaskId(TASK), event=f"{TASK} 701 1 1701937901000", remark=Remark.START_FAILED),
        ),
    ],
)
def test_a_recorded_callback_means_what_it_says(vectors: dict[str, Any], name: str, comes_to: Hint | Dismissed):
    (vector,) = (each for each in vectors["callback_vectors"] if each["name"] == name)
    headers = {"sign": vector["sign"], "sdkappid": "1400000123"}
    given = Callback(key=KEY, headers=headers, body=vector["body"].encode(), received_at=SENT_AT)

    assert hear(settings(callback_sign_key=vector["key"]), given) == comes_to


@pytest.mark.parametrize(
    ("body", "remark"),
    [
        (event(701, 0), Remark.STARTED),
        (event(701, 1), Remark.START_FAILED),
        (event(701, 2), Remark.STARTED_AGAIN),
        # A status that is new to us is a hint all the same.
        (event(701, 9), None),
        (event(702, 0), None),
        # The page's group number is a slip, so none is looked at; times come as text, too; new fields are no trouble.
        (event(701, 0, EventGroupId=4), Remark.STARTED),
        (event(701, 0, New={"x": 1}), Remark.STARTED),
        (
            event(701, 0, EventInfo={"EventMsTs": "1701937900013", "TaskId": "t-42", "Status": 0}),
            Remark.STARTED,
        ),
    ],
)
def test_an_event_is_a_hint_and_may_leave_a_remark(body: dict[str, Any], remark: Remark | None):
    hint = hear(settings(), knock(body))

    assert isinstance(hint, Hint)
    assert (hint.task_id, hint.remark) == ("t-42", remark)
    assert hint.event == f"t-42 {body['EventType']} {body['EventInfo']['Status']} 1701937900013"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        [],
        {"EventType": "701"},
        event(CallbackMsTs=None),
        event(CallbackMsTs=10**20),
        event(CallbackMsTs=-1),
        event(EventInfo={"TaskId": "t-42", "Status": 0}),
        event(EventInfo={"EventMsTs": 1, "TaskId": "", "Status": 0}),
        event(EventInfo={"EventMsTs": 1, "TaskId": "x" * 257, "Status": 0}),
    ],
)
def test_what_makes_no_sense_is_nothing_although_it_is_signed(body: object):
    assert hear(settings(), knock(body)) is Dismissed.UNREADABLE


@pytest.mark.parametrize(
    ("late", "is_heard"),
    [
        (timedelta(minutes=2), True),
        (timedelta(minutes=2, milliseconds=1), False),
        # Clocks differ a little; from the future proper it is a forgery with a replay in mind.
        (timedelta(seconds=-4), True),
        (timedelta(seconds=-6), False),
    ],
)
def test_what_is_older_than_the_vendor_repeats_is_a_replay(late: timedelta, *, is_heard: bool):
    assert (hear(settings(), knock(event(), late=late)) is Dismissed.STALE) is not is_heard


@pytest.mark.parametrize(
    ("told", "given", "comes_to"),
    [
        # Without both keys there is no door: an unsigned event proves nothing.
        ({"callback_key": None}, {}, Dismissed.NO_DOOR),
        ({"callback_sign_key": None}, {}, Dismissed.NO_DOOR),
        ({}, {"key": "another-callback-key"}, Dismissed.NO_DOOR),
        ({}, {"sign_key": "another"}, Dismissed.NOT_GENUINE),
        # The same address may serve several applications.
        ({"sdk_app_id": 1400000124}, {}, Dismissed.NOT_GENUINE),
        # While a key changes, the old and the new one hold.
        ({"callback_sign_key": f"new,{SIGN_KEY}"}, {}, None),
        ({"callback_key": f"{KEY},another-callback-key"}, {"key": "another-callback-key"}, None),
    ],
)
def test_only_what_is_signed_for_this_application_is_heard(
    told: dict[str, Any], given: dict[str, Any], comes_to: Dismissed | None
):
    answer = hear(settings(**told), knock(event(), **given))

    assert answer == comes_to or (comes_to is None and isinstance(answer, Hint))


def test_a_changed_byte_breaks_the_signature():
    genuine = knock(event())
    forged = Callback(
        key=KEY, headers=genuine.headers, body=genuine.body.replace(b"t-42", b"t-43"), received_at=SENT_AT
    )

    assert hear(settings(), forged) is Dismissed.NOT_GENUINE


def test_the_provider_hears():
    assert PROVIDER.hear is hear
