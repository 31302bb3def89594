"""The cloud, asked by hand: what it checks, counts and says. The official SDK asks it in tests/oracles."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import pytest

from adapters.contract import Api, Region, Request
from adapters.tencent import Tencent, TencentSettings
from bot.sandbox.faults import Fail
from bot.sandbox.keys import AccessKey
from bot.sandbox.story import Phase, Script, Story
from bot.sandbox.tencent import API, SDK_APP_ID, TencentCloud

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.clock import Clock

KEY = AccessKey(id="key", secret="secret")
STS = AccessKey(id="sts", secret="secret-too", token="token")
OTHER = AccessKey(id="other", secret="secret-three", account="another company")
THEIRS = 1600000009
NOW = timedelta(0)
ID = "kD1-real+looking.id.."
TASKS = [
    Script(
        task_id=ID,
        region="ap-singapore",
        sdk_app_id=SDK_APP_ID,
        phases=(Phase(NOW, "InProgress"), Phase(timedelta(minutes=5), "NotExist")),
    ),
    Script(task_id="odd", region="ap-singapore", sdk_app_id=SDK_APP_ID, phases=(Phase(NOW, "Pausing"),)),
]

Ask: TypeAlias = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def cloud(clock: Clock) -> AsyncIterator[TencentCloud]:
    cloud = TencentCloud(
        calendar=clock,
        story=Story(clock(), TASKS),
        keys=(KEY, STS, OTHER),
        sdk_app_ids={"main": frozenset({SDK_APP_ID}), "another company": frozenset({THEIRS})},
        monotonic=clock.monotonic,
    )
    await cloud.door.open()
    yield cloud
    await cloud.door.close()


@pytest.fixture
async def ask(cloud: TencentCloud, clock: Clock) -> AsyncIterator[Ask]:
    async def ask(
        task: object = ID,
        *,
        key: AccessKey = KEY,
        late: timedelta = NOW,
        body: dict[str, Any] | None = None,
        unsigned: dict[str, str] | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Ask, rightly signed with what is given; `unsigned` headers are put on afterwards, empty ones taken off."""
        signer = Tencent(
            TencentSettings(
                secret_id=key.id,
                secret_key=key.secret,
                token=key.token or None,
                regions=(Region("ap-singapore"),),
                sdk_app_id=SDK_APP_ID,
                endpoint=cloud.door.url,
            )
        )
        request = Request(
            api=Api(API),
            method="POST",
            url=f"{cloud.door.url}/",
            headers={
                "Content-Type": "application/json",
                "X-TC-Action": API,
                "X-TC-Version": "2019-07-22",
                "X-TC-Region": "ap-singapore",
            }
            | {name.replace("_", "-"): value for name, value in headers.items()},
            body=json.dumps({"SdkAppId": SDK_APP_ID, "TaskId": task} if body is None else body).encode(),
        )
        signed = signer.sign(request, now=clock() - late, nonce="")
        sent = {name: value for name, value in {**signed.headers, **(unsigned or {})}.items() if value}
        return await http.post(signed.url, headers=sent, content=signed.body)

    async with httpx.AsyncClient() as http:
        yield ask


def verdict(reply: httpx.Response) -> str:
    """The state, or the error's code."""
    said = reply.json()["Response"]
    return str(said.get("Status") or said["Error"]["Code"])


async def test_a_task_is_in_progress_and_then_it_does_not_exist(ask: Ask, clock: Clock):
    before = await ask()
    clock.move(timedelta(minutes=5))
    after = await ask()

    assert (verdict(before), verdict(after)) == ("InProgress", "NotExist")
    assert before.json()["Response"].keys() == {"Status", "RequestId"}


async def test_a_word_nobody_documented_is_said_all_the_same(ask: Ask):
    assert verdict(await ask("odd")) == "Pausing"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"task": "nobody"}, "NotExist"),
        # A task lives in one region.
        ({"X-TC-Region": "ap-guangzhou"}, "NotExist"),
        ({"X-TC-Region": "mars-1"}, "UnsupportedRegion"),
        ({"unsigned": {"X-TC-Region": ""}}, "MissingParameter"),
        ({"body": {"SdkAppId": THEIRS, "TaskId": ID}}, "FailedOperation.SdkAppIdNotUnderAppId"),
        ({"body": {"SdkAppId": 1, "TaskId": ID}}, "FailedOperation.SdkAppIdNotExist"),
        ({"body": {"TaskId": ID}}, "MissingParameter.SdkAppId"),
        ({"body": {"SdkAppId": SDK_APP_ID}}, "MissingParameter.TaskId"),
        ({"body": {"SdkAppId": str(SDK_APP_ID), "TaskId": ID}}, "InvalidParameter"),
        ({"body": {"SdkAppId": True, "TaskId": ID}}, "InvalidParameter"),
        ({"task": 1234}, "InvalidParameter"),
        ({"body": {"SdkAppId": SDK_APP_ID, "TaskId": ID, "Mood": 1}}, "UnknownParameter"),
        # Keys.
        ({"key": AccessKey(id="nobody", secret="x")}, "AuthFailure.SecretIdNotFound"),
        ({"key": AccessKey(id="key", secret="wrong")}, "AuthFailure.SignatureFailure"),
        ({"key": AccessKey(id="sts", secret="secret-too")}, "AuthFailure.TokenFailure"),
        ({"key": AccessKey(id="sts", secret="secret-too", token="stale")}, "AuthFailure.TokenFailure"),
        ({"key": STS}, "InProgress"),
        # Five minutes either way are believed, a second more is not.
        ({"late": timedelta(minutes=5)}, "InProgress"),
        ({"late": timedelta(minutes=-5)}, "InProgress"),
        ({"late": timedelta(minutes=5, seconds=1)}, "AuthFailure.SignatureExpire"),
        ({"late": timedelta(minutes=-5, seconds=-1)}, "AuthFailure.SignatureExpire"),
        # What was changed on the way.
        ({"unsigned": {"X-TC-Timestamp": "1795291201"}}, "AuthFailure.SignatureFailure"),
        ({"unsigned": {"X-TC-Timestamp": "soon"}}, "InvalidParameterValue"),
        ({"unsigned": {"Authorization": "Basic x"}}, "AuthFailure.InvalidAuthorization"),
        (
            {
                "unsigned": {
                    "Authorization": "TC3-HMAC-SHA256 Credential=key/2026-11-21/trtc/tc3_request, "
                    "SignedHeaders=content-type;host;x-tc-nothing, Signature=00"
                }
            },
            "AuthFailure.SignatureFailure",
        ),
        ({"unsigned": {"Authorization": ""}}, "MissingParameter"),
        ({"X-TC-Action": "SingASong"}, "InvalidAction"),
        ({"X-TC-Version": "2018-01-01"}, "NoSuchVersion"),
    ],
)
async def test_a_request_is_checked(ask: Ask, how: dict[str, Any], said: str):
    reply = await ask(**how)

    assert (reply.status_code, verdict(reply)) == (200, said)
    assert reply.json()["Response"]["RequestId"]


async def test_a_get_is_refused(cloud: TencentCloud):
    async with httpx.AsyncClient() as http:
        assert verdict(await http.get(cloud.door.url)) == "UnsupportedProtocol"


async def test_an_expired_token_a_sleeping_key_and_a_missing_right(ask: Ask, cloud: TencentCloud, clock: Clock):
    cloud.keys["sts"] = replace(STS, expires_at=clock())
    expired = await ask(key=STS)
    cloud.keys["key"] = replace(KEY, is_active=False)
    inactive = await ask()
    cloud.keys["key"] = replace(KEY, may=False)
    forbidden = await ask()

    assert [verdict(reply) for reply in (expired, inactive, forbidden)] == [
        "AuthFailure.TokenFailure",
        "AuthFailure.InvalidSecretId",
        "AuthFailure.UnauthorizedOperation",
    ]


async def test_the_twenty_first_request_within_a_second_is_refused(ask: Ask, cloud: TencentCloud, clock: Clock):
    said = []
    for _ in range(20):
        said.append(verdict(await ask()))
        clock.move(timedelta(milliseconds=10))
    refused = await ask()

    assert said == ["InProgress"] * 20
    assert verdict(refused) == "RequestLimitExceeded"
    clock.move(timedelta(milliseconds=800))  # a whole second after the first one
    assert verdict(await ask()) == "InProgress"
    assert verdict(await ask()) == "RequestLimitExceeded"


async def test_keys_of_one_account_share_a_budget(ask: Ask, cloud: TencentCloud):
    cloud.window.most = 1
    await ask()

    assert verdict(await ask(key=STS)) == "RequestLimitExceeded"
    assert verdict(await ask(key=OTHER)) == "FailedOperation.SdkAppIdNotUnderAppId"


async def test_its_clock_can_be_wrong(ask: Ask, cloud: TencentCloud):
    cloud.ahead = timedelta(minutes=6)
    reply = await ask()

    assert verdict(reply) == "AuthFailure.SignatureExpire"
    assert reply.headers["date"] == "Sat, 21 Nov 2026 20:06:00 GMT"


async def test_it_fails_as_it_is_told_to(ask: Ask, cloud: TencentCloud):
    cloud.faults.plan(Fail("InternalError.DBError"), Fail("InternalError", status=500))
    first, second = await ask(), await ask()

    assert (first.status_code, verdict(first)) == (200, "InternalError.DBError")
    assert (second.status_code, verdict(second)) == (500, "InternalError")


async def test_the_ledger_holds_what_was_asked_and_no_secret(ask: Ask, cloud: TencentCloud):
    await ask(key=STS)

    (entry,) = cloud.ledger
    assert entry.params == {"Region": "ap-singapore", "SdkAppId": str(SDK_APP_ID), "TaskId": ID}
    assert "secret" not in repr(cloud.ledger.entries)
    assert "token" not in repr(cloud.ledger.entries)
