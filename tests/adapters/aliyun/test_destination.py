from __future__ import annotations

import json
from typing import Any

from adapters.aliyun import wire
from adapters.contract import TaskId
from tests.adapters.recorded import answer

URL = "rtmp://push.example.com/live/room-1?auth_key=s3cret"


def described(**info: Any) -> str:
    return json.dumps({"RetCode": 0, "TaskStatus": 1, "TaskId": "t-42", "TaskInfo": info})


def test_a_destination_is_hashed_whole_and_kept_cut():
    snapshot = wire.read_status(answer(described(DstUrl=URL), 200, {}), TaskId("t-42"), lambda url: f"<{len(url)}>")

    assert snapshot.destination == "rtmp://push.example.com/live/…"
    assert snapshot.destination_hash == f"<{len(URL)}>"


def test_a_list_hashes_them_too():
    page = json.dumps({"Total": 1, "TaskList": [json.loads(described(DstUrl=URL))]})

    _, found = wire.read_page(answer(page, 200, {}), lambda url: f"<{len(url)}>")

    assert found[TaskId("t-42")].destination_hash == f"<{len(URL)}>"


def test_no_destination_has_no_hash():
    for info in ({}, {"DstUrl": ""}, {"DstUrl": 7}, {"DstUrl": None}):
        snapshot = wire.read_status(answer(described(**info), 200, {}), TaskId("t-42"), lambda _url: "hash")

        assert snapshot.destination_hash == ""
