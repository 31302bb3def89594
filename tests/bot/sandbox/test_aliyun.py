"""The cloud, asked by hand: what it checks, counts and says. The official SDK asks it in tests/oracles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import pytest

from adapters.aliyun import Aliyun, AliyunSettings
from adapters.aliyun.signature import canonical_query
from adapters.contract import Api, Region, Request
from bot.sandbox.aliyun import DESCRIBE, LIST, AliyunCloud
from bot.sandbox.faults import Fail
from bot.sandbox.keys import AccessKey
from bot.sandbox.pulltopush import Missing
from bot.sandbox.story import GONE, PLANTED, Phase, Script, Story

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.clock import Clock

KEY = AccessKey(id="key", secret="secret")
STS = AccessKey(id="sts", secret="secret-too", token="token")
OTHER = AccessKey(id="other", secret="secret-three", account="another company")
NOW = timedelta(0)
HERE = {"Region": "cn-shanghai"}
TASKS = [
    Script(task_id="t-1", name="one", phases=(Phase(NOW, "1"),)),
    Script(task_id="t-2", name="two", phases=(Phase(NOW, "2", "PullStreamFailed"),)),
    Script(task_id="t-3", name="three", phases=(Phase(NOW, "-1", "TriggerByUser"),)),
    Script(task_id="far", name="one", region="ap-southeast-1", phases=(Phase(NOW, "0"),)),
    Script(
        task_id="loop",
        source_type="vod",
        sources=("a", "b"),
        file_length=timedelta(minutes=1),
        phases=(Phase(timedelta(seconds=-75), "1"),),
    ),
]

Ask: TypeAlias = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def cloud(clock: Clock) -> AsyncIterator[AliyunCloud]:
    cloud = AliyunCloud(calendar=clock, story=Story(clock(), TASKS), keys=(KEY, STS, OTHER), monotonic=clock.monotonic)
    await cloud.door.open()
    yield cloud
    await cloud.door.close()


@pytest.fixture
async def ask(cloud: AliyunCloud, clock: Clock) -> AsyncIterator[Ask]:
    nonces = count(1)

    async def ask(
        parameters: dict[str, str] | None = None,
        *,
        api: str = DESCRIBE,
        key: AccessKey = KEY,
        nonce: str = "",
        late: timedelta = NOW,
        unsigned: dict[str, str] | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Ask, rightly signed with what is given; `unsigned` headers are put on afterwards."""
        signer = Aliyun(
            AliyunSettings(
                access_key_id=key.id,
                access_key_secret=key.secret,
                security_token=key.token or None,
                regions=(Region("cn-shanghai"),),
                endpoint=cloud.door.url,
            )
        )
        query = canonical_query(HERE | {"TaskId": "t-1"} if parameters is None else parameters)
        request = Request(
            api=Api(api),
            method="GET",
            url=f"{cloud.door.url}/?{query}",
            headers={"x-acs-action": api, "x-acs-version": "2016-11-01"} | headers,
        )
        signed = signer.sign(request, now=clock() - late, nonce=nonce or f"nonce-{next(nonces)}")
        return await http.get(signed.url, headers={**signed.headers, **(unsigned or {})})

    async with httpx.AsyncClient() as http:
        yield ask


async def test_a_task_is_described(ask: Ask, clock: Clock):
    reply = await ask()

    said = reply.json()
    assert (reply.status_code, said["RetCode"], said["TaskId"], said["TaskStatus"]) == (200, 0, "t-1", 1)
    assert said["TaskInfo"]["TaskName"] == "one"
    assert said["TaskInfo"]["StartTime"] == f"{clock():%Y-%m-%dT%H:%M:%SZ}"
    assert "TaskExitTime" not in said
    assert "CurrentOffset" not in said


async def test_the_planted_keys_are_on_the_wire(ask: Ask):
    said = (await ask()).text

    assert all(key in said for key in PLANTED)


@pytest.mark.parametrize(
    ("task", "facts"),
    [
        ("t-2", {"TaskStatus": 2, "TaskInvalidReason": "PullStreamFailed"}),
        ("t-3", {"TaskStatus": -1, "TaskExitReason": "TriggerByUser", "TaskExitTime": 1795291200}),
        # 75 seconds of one-minute files.
        ("loop", {"TaskStatus": 1, "CurrentOffset": 15, "CurrentFileIndex": 1}),
    ],
)
async def test_states_come_with_their_facts(ask: Ask, task: str, facts: dict[str, Any]):
    said = (await ask(HERE | {"TaskId": task})).json()

    assert {name: said[name] for name in facts} == facts


async def test_a_word_that_is_no_number_is_sent_as_it_is(ask: Ask, cloud: AliyunCloud, clock: Clock):
    cloud.story.override("t-1", "Frozen", now=clock())

    assert (await ask()).json()["TaskStatus"] == "Frozen"


@pytest.mark.parametrize(
    ("missing", "status", "said"),
    [
        (Missing.CODE_TASK_NOT_EXIST, 400, {"Code": "CodeTaskNotExist"}),
        (Missing.INVALID_PARAMETER, 400, {"Code": "InvalidParameter"}),
        (Missing.RET_CODE, 200, {"RetCode": 1}),
        (Missing.NO_STATUS, 200, {"RetCode": 0}),
    ],
)
async def test_a_task_can_be_missing_in_four_ways(
    ask: Ask, cloud: AliyunCloud, missing: Missing, status: int, said: dict[str, Any]
):
    cloud.missing = missing
    reply = await ask(HERE | {"TaskId": "nobody"})

    assert reply.status_code == status
    assert {name: reply.json()[name] for name in said} == said
    assert "TaskStatus" not in reply.json()


async def test_a_task_is_missing_in_another_region_and_when_it_is_gone(ask: Ask, cloud: AliyunCloud, clock: Clock):
    elsewhere = await ask({"Region": "ap-southeast-1", "TaskId": "t-1"})
    cloud.story.override("t-1", GONE, now=clock())
    gone = await ask()

    assert [reply.json()["Code"] for reply in (elsewhere, gone)] == ["CodeTaskNotExist"] * 2
    assert repr(cloud.ledger.verdicts()) == "['CodeTaskNotExist', 'CodeTaskNotExist']"


@pytest.mark.parametrize(
    ("asked", "found", "total"),
    [
        # A page holds ten unless it is told otherwise, one region only.
        ({}, ["t-1", "t-2", "t-3", "loop"], 4),
        ({"PageSize": "2"}, ["t-1", "t-2"], 4),
        ({"PageSize": "3", "PageNumber": "2"}, ["loop"], 4),
        ({"PageSize": "3", "PageNumber": "3"}, [], 4),
        # Every filter is a part of the text.
        ({"TaskName": "t"}, ["t-2", "t-3"], 2),
        ({"TaskId": "t-"}, ["t-1", "t-2", "t-3"], 3),
        ({"DstUrl": "nowhere"}, [], 0),
        ({"Region": "ap-southeast-1"}, ["far"], 1),
        ({"Region": "mars"}, [], 0),
    ],
)
async def test_tasks_are_listed_in_pages(ask: Ask, asked: dict[str, str], found: list[str], total: int):
    said = (await ask(HERE | asked, api=LIST)).json()

    assert [task["TaskId"] for task in said["TaskList"]] == found
    assert said["Total"] == total
    assert "RetCode" not in said


async def test_a_page_holds_ten_by_default_and_a_hundred_at_most(ask: Ask, cloud: AliyunCloud):
    for place in range(150):
        cloud.story.add(Script(task_id=f"many-{place}", phases=(Phase(NOW, "1"),)))
    default = await ask(HERE, api=LIST)
    most = await ask(HERE | {"PageSize": "100"}, api=LIST)

    assert len(default.json()["TaskList"]) == 10
    assert (len(most.json()["TaskList"]), most.json()["Total"]) == (100, 154)


@pytest.mark.parametrize(
    ("asked", "api", "code"),
    [
        (HERE | {"PageSize": "101"}, LIST, "InvalidParameter"),
        (HERE | {"PageSize": "0"}, LIST, "InvalidParameter"),
        (HERE | {"PageNumber": "0"}, LIST, "InvalidParameter"),
        (HERE | {"PageSize": "ten"}, LIST, "InvalidParameter"),
        ({}, LIST, "MissingRegion"),
        (HERE, DESCRIBE, "MissingTaskId"),
        ({"TaskId": "t-1", "Region": ""}, DESCRIBE, "MissingRegion"),
    ],
)
async def test_parameters_are_checked(ask: Ask, asked: dict[str, str], api: str, code: str):
    reply = await ask(asked, api=api)

    assert (reply.status_code, reply.json()["Code"]) == (400, code)


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"key": AccessKey(id="nobody", secret="x")}, 404, "InvalidAccessKeyId.NotFound"),
        ({"key": AccessKey(id="key", secret="wrong")}, 400, "SignatureDoesNotMatch"),
        ({"key": AccessKey(id="sts", secret="secret-too")}, 404, "InvalidAccessKeyId.NotFound"),
        (
            {"key": AccessKey(id="sts", secret="secret-too", token="stale")},
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        ({"key": AccessKey(id="key", secret="secret", token="why")}, 400, "InvalidSecurityToken.Malformed"),
        # Fifteen minutes either way are believed, a second more is not.
        ({"late": timedelta(minutes=15)}, 200, None),
        ({"late": timedelta(minutes=-15)}, 200, None),
        ({"late": timedelta(minutes=15, seconds=1)}, 400, "InvalidTimeStamp.Expired"),
        ({"late": timedelta(minutes=-15, seconds=-1)}, 400, "InvalidTimeStamp.Expired"),
        # What was changed on the way, and what was never signed.
        ({"unsigned": {"x-acs-date": "yesterday"}}, 400, "InvalidTimeStamp.Format"),
        ({"unsigned": {"x-acs-signature-nonce": "changed"}}, 400, "SignatureDoesNotMatch"),
        ({"unsigned": {"x-acs-content-sha256": "0" * 64}}, 400, "SignatureDoesNotMatch"),
        ({"unsigned": {"x-acs-extra": "unsigned"}}, 400, "IncompleteSignature"),
        ({"unsigned": {"authorization": "Basic x"}}, 400, "IncompleteSignature"),
        (
            {"unsigned": {"authorization": "ACS3-HMAC-SHA256 Credential=key,SignedHeaders=host,Signature=00"}},
            400,
            "IncompleteSignature",
        ),
        # A proxy may change what was not signed.
        ({"unsigned": {"user-agent": "proxy", "accept": "*/*"}}, 200, None),
        ({"api": "DescribeNothing"}, 404, "InvalidAction.NotFound"),
        ({"x-acs-version": "2011-01-01"}, 400, "NoSuchVersion"),
        ({"key": STS}, 200, None),
        ({"key": OTHER}, 200, None),
    ],
)
async def test_a_signature_is_checked(ask: Ask, how: dict[str, Any], status: int, code: str | None):
    reply = await ask(**how)

    assert (reply.status_code, reply.json().get("Code")) == (status, code)


async def test_an_expired_token_a_sleeping_key_and_a_missing_right(ask: Ask, cloud: AliyunCloud, clock: Clock):
    cloud.keys["sts"] = replace(STS, expires_at=clock())
    expired = await ask(key=STS)
    cloud.keys["key"] = replace(KEY, is_active=False)
    inactive = await ask()
    cloud.keys["key"] = replace(KEY, may=False)
    forbidden = await ask()

    assert expired.json()["Code"] == "InvalidSecurityToken.Expired"
    assert inactive.json()["Code"] == "InvalidAccessKeyId.Inactive"
    assert (forbidden.status_code, forbidden.json()["Code"]) == (403, "Forbidden.RAM")
    assert forbidden.json()["AccessDeniedDetail"]["AuthAction"] == "live:DescribeLivePullToPush"


async def test_a_nonce_is_good_once(ask: Ask, cloud: AliyunCloud, clock: Clock):
    first = await ask(nonce="n")
    again = await ask(nonce="n")
    clock.move(timedelta(minutes=30))
    still = await ask(nonce="n")
    clock.move(timedelta(seconds=1))
    much_later = await ask(nonce="n")

    assert [first.status_code, much_later.status_code] == [200, 200]
    assert [again.json()["Code"], still.json()["Code"]] == ["SignatureNonceUsed"] * 2


async def test_a_wrongly_signed_nonce_is_not_used_up(ask: Ask):
    await ask(key=AccessKey(id="key", secret="wrong"), nonce="n")

    assert (await ask(nonce="n")).status_code == 200


async def test_the_eleventh_request_within_a_second_is_throttled(ask: Ask, cloud: AliyunCloud, clock: Clock):
    statuses = []
    for _ in range(10):
        statuses.append((await ask()).status_code)
        clock.move(timedelta(milliseconds=50))
    throttled = await ask()  # half a second after the first one

    assert statuses == [200] * 10
    assert (throttled.status_code, throttled.json()["Code"]) == (400, "Throttling.User")
    assert throttled.headers["x-acs-retry-after"] == "500"
    clock.move(timedelta(milliseconds=499))
    assert (await ask()).status_code == 400
    clock.move(timedelta(milliseconds=1))
    assert (await ask()).status_code == 200
    assert (await ask()).status_code == 400  # the second one was 50 ms after the first
    assert cloud.ledger.busiest(DESCRIBE) == 13  # refused ones reached it, too: all but the first lie within a second


async def test_apis_and_accounts_have_budgets_of_their_own(ask: Ask, cloud: AliyunCloud):
    cloud.window.most = 1
    await ask()

    assert (await ask(key=STS)).json()["Code"] == "Throttling.User"  # another key of the same account
    assert (await ask(key=OTHER)).status_code == 200
    assert (await ask(HERE, api=LIST)).status_code == 200


async def test_it_may_throttle_without_saying_until_when(ask: Ask, cloud: AliyunCloud):
    cloud.window.most, cloud.tells_when = 0, False
    reply = await ask()

    assert reply.json()["Code"] == "Throttling.User"
    assert "x-acs-retry-after" not in reply.headers


async def test_its_clock_can_be_wrong(ask: Ask, cloud: AliyunCloud):
    cloud.ahead = timedelta(minutes=16)
    reply = await ask()

    assert reply.json()["Code"] == "InvalidTimeStamp.Expired"
    assert reply.headers["date"] == "Sat, 21 Nov 2026 20:16:00 GMT"


async def test_its_wrong_clock_does_not_move_its_tasks(ask: Ask, cloud: AliyunCloud):
    cloud.ahead = timedelta(minutes=10)

    assert (await ask(HERE | {"TaskId": "loop"})).json()["CurrentOffset"] == 15


async def test_it_fails_as_it_is_told_to(ask: Ask, cloud: AliyunCloud):
    cloud.faults.plan(
        Fail("ServiceUnavailable"), Fail("Throttling.User", retry_after=timedelta(seconds=2)), on=DESCRIBE
    )
    listed, unavailable, throttled = await ask(HERE, api=LIST), await ask(), await ask()

    assert listed.status_code == 200
    assert (unavailable.status_code, unavailable.json()["Code"]) == (503, "ServiceUnavailable")
    assert throttled.headers["x-acs-retry-after"] == "2000"


async def test_the_ledger_holds_no_secret(ask: Ask, cloud: AliyunCloud):
    await ask(HERE | {"TaskId": "t-1", "DstUrl": "rtmp://push.example.com/live/secret"}, key=STS)

    (entry,) = cloud.ledger
    assert (entry.api, entry.params, entry.verdict) == (DESCRIBE, HERE | {"TaskId": "t-1"}, "ok")
    assert "secret" not in repr(cloud.ledger.entries)


def test_keys_are_not_in_a_repr():
    assert "secret-too" not in repr(STS)
    assert "token='" not in repr(STS)
