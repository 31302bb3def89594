from __future__ import annotations

import json
import logging
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from adapters import aliyun, tencent
from adapters.contract import AccountName, Hint
from adapters.tencent.callback import sign
from bot.store.errors import DatabaseUnavailable
from bot.web.callbacks import LARGEST, Hearer, receive
from bot.web.door import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

NOW = datetime.fromtimestamp(1701937900.012, UTC)
ALIYUN_KEY, TENCENT_KEY, SIGN_KEY = "canary-aliyun-key", "canary-tencent-key", "canary-sign-key"
EVENT = {
    "EventGroupId": 7,
    "EventType": 701,
    "CallbackMsTs": 1701937900012,
    "EventInfo": {"EventMsTs": 1701937900013, "TaskId": "t-42", "Status": 1},
}


def aliyun_hearer(name: str, **told: Any) -> Hearer:
    keys = {"access_key_id": "id", "access_key_secret": "secret", "regions": ["cn-shanghai"]}
    settings = aliyun.AliyunSettings.model_validate({**keys, "callback_key": ALIYUN_KEY, **told})
    return Hearer(account=AccountName(name), hear=partial(aliyun.callback.hear, settings))


def tencent_hearer(name: str, sdk_app_id: int = 1400000123, **told: Any) -> Hearer:
    keys = {"secret_id": "id", "secret_key": "secret", "regions": ["ap-singapore"], "sdk_app_id": sdk_app_id}
    settings = tencent.TencentSettings.model_validate(
        {**keys, "callback_key": TENCENT_KEY, "callback_sign_key": SIGN_KEY, **told}
    )
    return Hearer(account=AccountName(name), hear=partial(tencent.callback.hear, settings))


class Office:
    """What is behind the door: it writes down what it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Hint]] = []
        self.trouble: Exception | None = None

    async def take(self, account: AccountName, hint: Hint, now: datetime) -> None:
        assert now == NOW
        if self.trouble is not None:
            raise self.trouble
        self.taken.append((account, hint))


@asynccontextmanager
async def open_door(office: Office, **hearers: list[Hearer]) -> AsyncIterator[httpx.AsyncClient]:
    async def ready() -> dict[str, str]:
        return {}

    async def nothing() -> bytes:
        return b""

    door = Door(
        bind="127.0.0.1",
        port=0,
        slack=None,
        ready=ready,
        metrics=nothing,
        token="",
        callbacks=receive(hearers, take=office.take, now=lambda: NOW),
    )
    async with door, httpx.AsyncClient(base_url=f"http://127.0.0.1:{door.port}") as client:
        yield client


def signed(body: object = EVENT, *, key: str = SIGN_KEY, sdk_app_id: str = "1400000123") -> dict[str, Any]:
    raw = json.dumps(body).encode()
    return {"content": raw, "headers": {"Sign": sign(key, raw), "SdkAppId": sdk_app_id}}


async def test_each_cloud_is_heard_at_its_own_address():
    office = Office()
    async with open_door(office, aliyun=[aliyun_hearer("ali")], tencent=[tencent_hearer("trtc")]) as client:
        one = await client.post(f"/callbacks/aliyun/{ALIYUN_KEY}", json={"TaskId": "t-1", "TaskStatus": 2})
        two = await client.post(f"/callbacks/tencent/{TENCENT_KEY}", **signed())

    assert (one.status_code, two.status_code) == (200, 200)
    assert two.json() == {"code": 0}  # as Tencent's page recommends
    assert [(account, hint.task_id) for account, hint in office.taken] == [("ali", "t-1"), ("trtc", "t-42")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        # Another key, the other cloud's key, no key, another cloud: as if there were no such page.
        ("/callbacks/tencent/another-callback-key", signed(), 404),
        (f"/callbacks/tencent/{ALIYUN_KEY}", signed(), 404),
        ("/callbacks/tencent/", signed(), 404),
        (f"/callbacks/tencent/{TENCENT_KEY}/more", signed(), 404),
        ("/callbacks/cloud/another-callback-key", signed(), 404),
        # The address alone is not enough for Tencent.
        (f"/callbacks/tencent/{TENCENT_KEY}", signed(key="another"), 401),
        (f"/callbacks/tencent/{TENCENT_KEY}", signed(sdk_app_id="1400000999"), 401),
        (f"/callbacks/tencent/{TENCENT_KEY}", signed(EVENT | {"CallbackMsTs": 1701937700012}), 401),
        (f"/callbacks/tencent/{TENCENT_KEY}", signed({"EventType": 701}), 400),
        # Another kind of event is genuine; said no to, it would come again.
        (f"/callbacks/tencent/{TENCENT_KEY}", signed({"EventType": 204}), 200),
        (f"/callbacks/aliyun/{ALIYUN_KEY}", {"content": b"no json"}, 400),
        (f"/callbacks/aliyun/{ALIYUN_KEY}", {"content": b" " * (LARGEST + 1)}, 413),
        (f"/callbacks/aliyun/{ALIYUN_KEY}", {"content": b" " * LARGEST}, 400),
    ],
)
async def test_what_is_not_right_comes_to_nothing(path: str, body: dict[str, Any], status: int):
    office = Office()
    async with open_door(office, aliyun=[aliyun_hearer("ali")], tencent=[tencent_hearer("trtc")]) as client:
        answer = await client.post(path, **body)

    assert answer.status_code == status
    assert office.taken == []


async def test_without_keys_there_is_no_door():
    office = Office()
    hearers = {
        "aliyun": [aliyun_hearer("ali", callback_key=None)],
        "tencent": [tencent_hearer("trtc", callback_sign_key=None)],
    }
    async with open_door(office, **hearers) as client:
        answers = [
            await client.post(f"/callbacks/aliyun/{ALIYUN_KEY}", json={"TaskId": "t-1"}),
            await client.post(f"/callbacks/tencent/{TENCENT_KEY}", **signed()),
        ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert office.taken == []


async def test_of_several_applications_at_one_address_only_the_named_one_is_told():
    office = Office()
    async with open_door(office, tencent=[tencent_hearer("one", 1400000999), tencent_hearer("two")]) as client:
        answer = await client.post(f"/callbacks/tencent/{TENCENT_KEY}", **signed())

    assert answer.status_code == 200
    assert [account for account, _ in office.taken] == ["two"]


async def test_accounts_with_one_key_are_all_told():
    """A callback of Alibaba Cloud does not say whose it is; to whom the task is unknown, it is nothing."""
    office = Office()
    async with open_door(office, aliyun=[aliyun_hearer("one"), aliyun_hearer("two")]) as client:
        await client.post(f"/callbacks/aliyun/{ALIYUN_KEY}", json={"TaskId": "t-1"})

    assert [account for account, _ in office.taken] == ["one", "two"]


async def test_when_it_cannot_be_remembered_the_cloud_is_asked_to_come_again():
    office = Office()
    office.trouble = DatabaseUnavailable("The database does not answer.", mend="Start it.")
    async with open_door(office, aliyun=[aliyun_hearer("ali")]) as client:
        answer = await client.post(f"/callbacks/aliyun/{ALIYUN_KEY}", json={"TaskId": "t-1"})

    assert answer.status_code == 503


async def test_nothing_of_a_callback_is_logged(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with open_door(Office(), tencent=[tencent_hearer("trtc")]) as client:
        await client.post(f"/callbacks/tencent/{TENCENT_KEY}", **signed(key="another"))

    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert ours == ["turned a callback of tencent away: not_genuine"]
