from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from adapters.contract import Region, TaskId, TaskState
from adapters.errors import Unreadable
from adapters.tencent import wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.contract import Reply

REQUEST_ID = "71993312-6ab8-4768-9124-118e0a20c45f"
TASK = TaskId(
    "WMdqEeEgj2ksqnyUsuXC+qLkVypGmwjrgh1JC6ZefVP+rvsidDnZsAw8uWgX0XRGvdSVfAMunise2kcZaefdgHvx3-M2v6fmTjRNgg.."
)


def answer(**fields: Any) -> dict[str, Any]:
    return {"Response": {"RequestId": REQUEST_ID, **fields}}


# An id is opaque: what is asked for is what was typed.
@pytest.mark.parametrize("task", [TASK, "1234", "任务-测试 🎥", "a+b%2B..", '"}', "\u2028\ud800"])
def test_an_id_is_asked_for_as_it_is(task: str):
    request = wire.describe(
        "https://trtc.tencentcloudapi.com", region=Region("ap-singapore"), sdk_app_id=1400000123, task=TaskId(task)
    )

    assert json.loads(request.body) == {"SdkAppId": 1400000123, "TaskId": task}
    assert request.body.isascii()


def test_the_request_is_the_vendors_call():
    request = wire.describe("https://trtc.tencentcloudapi.com", region=Region("ap-singapore"), sdk_app_id=1, task=TASK)

    assert (request.api, request.method, request.url) == (wire.DESCRIBE, "POST", "https://trtc.tencentcloudapi.com/")
    assert request.headers == {
        "Content-Type": "application/json",
        "X-TC-Action": "DescribeStreamIngest",
        "X-TC-Version": "2019-07-22",
        "X-TC-Region": "ap-singapore",
        "X-TC-Language": "en-US",
    }


# The two documented words, and words that may come one day.
@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("InProgress", TaskState.RUNNING),
        ("NotExist", TaskState.NOT_FOUND),
        ("Idle", TaskState.UNKNOWN),
        ("inprogress", TaskState.UNKNOWN),
        (" InProgress", TaskState.UNKNOWN),
        ("进行中", TaskState.UNKNOWN),
    ],
)
def test_a_word_becomes_a_state_and_is_kept(reply: Callable[..., Reply], word: str, state: TaskState):
    received = reply(answer(Status=word))

    snapshot = wire.read_status(received, TASK)

    assert (snapshot.state, snapshot.raw) == (state, word)
    assert (snapshot.task_id, snapshot.request_id, snapshot.taken_at) == (TASK, REQUEST_ID, received.received_at)


@pytest.mark.parametrize("code", ["FailedOperation.TaskNotExist", "FailedOperation.TaskFinished"])
@pytest.mark.parametrize("status", [200, 400])
def test_a_code_that_says_gone_is_not_found(reply: Callable[..., Reply], code: str, status: int):
    received = reply(answer(Error={"Code": code, "Message": "gone"}), status=status)

    snapshot = wire.read_status(received, TASK)

    assert (snapshot.state, snapshot.raw, snapshot.request_id) == (TaskState.NOT_FOUND, code, REQUEST_ID)


def test_fields_that_are_new_do_no_harm(reply: Callable[..., Reply]):
    received = reply(answer(Status="InProgress", Progress={"Offset": 12}, Extra=None) | {"More": [1]})

    assert wire.read_status(received, TASK).state is TaskState.RUNNING


# A broken id is none; the state is still told.
@pytest.mark.parametrize("request_id", [None, 7, "", "a b", "x" * 65, ["id"], "https://h/?sig=canary"])
def test_a_broken_request_id_is_none(reply: Callable[..., Reply], request_id: Any):
    received = reply(answer(Status="InProgress") | {"Response": {"Status": "InProgress", "RequestId": request_id}})

    assert wire.read_status(received, TASK).request_id == ""


# Nothing here is a state: (body, what the error shows of it)
ALIEN = [
    ({"Response": {"RequestId": REQUEST_ID}}, "{Response: {RequestId: str}}"),
    (answer(Status=None), "{Response: {RequestId: str, Status: null}}"),
    (answer(Status=1), "{Response: {RequestId: str, Status: int}}"),
    (answer(Status=["InProgress"]), "{Response: {RequestId: str, Status: [str]}}"),
    (answer(Status=""), "{Response: {RequestId: str, Status: str}}"),
    ({"Response": None}, "{Response: null}"),
    ({"Response": ["canary"]}, "{Response: [str]}"),
    ({"Status": "InProgress"}, "{Status: str}"),
    ({}, "{}"),
    ([], "[]"),
    ("canary", "str"),
    (b"", "no JSON"),
    (b"<html>canary</html>", "no JSON"),
    (b'{"Response": {"Status": "InPro', "no JSON"),
    (b"\xff\xfe\x00", "no JSON"),
    (b'{"Response": {"Status": "\\ud800"}}', "no JSON"),
    (b"[" * 100_000, "no JSON"),
]


@pytest.mark.parametrize(("body", "seen"), ALIEN, ids=range(len(ALIEN)))
def test_what_holds_no_state_is_unreadable_and_shows_its_shape_only(reply: Callable[..., Reply], body: Any, seen: str):
    received = reply(body)

    with pytest.raises(Unreadable) as caught:
        wire.read_status(received, TASK)

    assert (caught.value.code, caught.value.detail) == ("HTTP 200", seen)
    assert caught.value.request_id == (REQUEST_ID if REQUEST_ID in str(body) else "")
    assert "canary" not in repr(caught.value)


def test_an_error_without_a_code_that_looks_like_one_is_no_failure(reply: Callable[..., Reply]):
    for code in (None, 7, "", "two words", "https://h/?sig=canary", "x" * 101):
        assert wire.read_failure(reply(answer(Error={"Code": code, "Message": "m"}))) is None


def test_an_error_without_a_message_is_a_failure(reply: Callable[..., Reply]):
    for message in ({}, {"Message": None}, {"Message": 7}, {"Message": {"a": 1}}):
        failure = wire.read_failure(reply(answer(Error={"Code": "InternalError", **message})))

        assert failure is not None
        assert (failure.code, failure.message, failure.request_id) == ("InternalError", "", REQUEST_ID)


def test_ten_thousand_mutilated_replies_are_a_snapshot_or_unreadable(reply: Callable[..., Reply]):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)  # noqa: S311 - no secret is made of it
    whole = [
        json.dumps(answer(Status="InProgress")).encode(),
        json.dumps(answer(Status="NotExist", Error={"Code": "FailedOperation.TaskFinished", "Message": "m"})).encode(),
    ]
    told = {"snapshot": 0, "unreadable": 0}

    for _ in range(10_000):
        body = bytearray(chance.choice(whole))
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(body))
            body[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        try:
            wire.read_status(reply(bytes(body), status=chance.choice([200, 400, 502])), TASK)
            told["snapshot"] += 1
        except Unreadable:
            told["unreadable"] += 1

    assert min(told.values()) > 100
