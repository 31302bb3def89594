"""Tencent Cloud's own client and our adapter, asked the same of the same cloud, hear the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from adapters.contract import Region, TaskId, TaskState
from adapters.errors import (
    AccessDenied,
    BadCredentials,
    ClockSkew,
    ProviderError,
    Rejected,
    Throttled,
    Unreachable,
    Unreadable,
    WrongRegion,
)
from bot.sandbox.faults import Drop, Fail, Hang, Truncate, html
from bot.sandbox.keys import AccessKey
from bot.sandbox.programme import ENDING_ID, ODD_ID, ONLINE_ID
from bot.sandbox.stage import TENCENT_KEY, TENCENT_STS
from bot.sandbox.tencent import API, SDK_APP_ID

if TYPE_CHECKING:
    from adapters.tencent import Tencent
    from bot.sandbox.faults import Fault
    from bot.sandbox.stage import Stage

# Their clients ask for the time in a way that Python 3.12 disapproves of; that is theirs to mend.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:datetime\.datetime\.utcfromtimestamp\(\) is deprecated:DeprecationWarning:tencentcloud.*"
)

Ask: TypeAlias = Callable[..., Awaitable[Any]]
Open: TypeAlias = "Callable[..., Tencent]"

REGION = Region("ap-singapore")


@pytest.mark.parametrize(
    ("task", "region", "state", "word"),
    [
        (ONLINE_ID, REGION, TaskState.RUNNING, "InProgress"),
        (ENDING_ID, REGION, TaskState.RUNNING, "InProgress"),
        (ODD_ID, REGION, TaskState.UNKNOWN, "Pausing"),
        ("nobody", REGION, TaskState.NOT_FOUND, "NotExist"),
        # A trailing dot is a part of the id.
        (ONLINE_ID.rstrip("."), REGION, TaskState.NOT_FOUND, "NotExist"),
        ("任务😀", REGION, TaskState.NOT_FOUND, "NotExist"),
        # A task of another region.
        (ONLINE_ID, "ap-guangzhou", TaskState.NOT_FOUND, "NotExist"),
    ],
)
async def test_every_state_is_the_same(
    ours: Ask, our_tencent: Open, their_tencent: Ask, task: str, *, region: str, state: TaskState, word: str
):
    theirs = await their_tencent(task, region=region)
    account = our_tencent()
    said = await ours(account, account.status(Region(region), TaskId(task)))

    assert theirs.Status == word
    assert (said.state, said.raw, said.task_id) == (state, word, task)


async def test_an_end_is_seen_by_both(ours: Ask, our_tencent: Open, their_tencent: Ask, stage: Stage):
    stage.tencent.story.begun_at -= timedelta(minutes=5)
    theirs = await their_tencent(ENDING_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ENDING_ID)))

    assert theirs.Status == "NotExist"
    assert (said.state, said.raw) == (TaskState.NOT_FOUND, "NotExist")


@pytest.mark.parametrize("key", [TENCENT_KEY, TENCENT_STS], ids=lambda key: key.id)
async def test_plain_and_temporary_keys_are_good(ours: Ask, our_tencent: Open, their_tencent: Ask, key: AccessKey):
    theirs = await their_tencent(ONLINE_ID, key=key)
    account = our_tencent(key)
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.Status == "InProgress"
    assert said.state is TaskState.RUNNING


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (replace(TENCENT_KEY, secret="not-the-secret"), "AuthFailure.SignatureFailure"),
        (AccessKey(id="nobody", secret="x"), "AuthFailure.SecretIdNotFound"),
        (replace(TENCENT_STS, token="stale"), "AuthFailure.TokenFailure"),
        (replace(TENCENT_STS, token=""), "AuthFailure.TokenFailure"),
    ],
)
async def test_a_bad_key_is_refused_alike(ours: Ask, our_tencent: Open, their_tencent: Ask, key: AccessKey, code: str):
    theirs = await their_tencent(ONLINE_ID, key=key)
    account = our_tencent(key)
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == code
    assert_refused(said, BadCredentials, theirs)


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        ({"is_active": False}, "AuthFailure.InvalidSecretId", BadCredentials),
        ({"may": False}, "AuthFailure.UnauthorizedOperation", AccessDenied),
    ],
)
async def test_a_key_that_was_changed_is_refused_alike(
    ours: Ask,
    our_tencent: Open,
    their_tencent: Ask,
    stage: Stage,
    *,
    change: dict[str, bool],
    code: str,
    kind: type[ProviderError],
):
    stage.tencent.keys[TENCENT_KEY.id] = replace(TENCENT_KEY, **change)
    theirs = await their_tencent(ONLINE_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == code
    assert_refused(said, kind, theirs)


@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(minutes=-6)])
async def test_a_clock_that_is_off_is_noticed_alike(
    ours: Ask, our_tencent: Open, their_tencent: Ask, stage: Stage, ahead: timedelta
):
    stage.tencent.ahead = ahead
    theirs = await their_tencent(ONLINE_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == "AuthFailure.SignatureExpire"
    assert_refused(said, ClockSkew, theirs)
    assert abs(said.server_at - stage.tencent.ledger.entries[-1].at) < timedelta(seconds=2)


async def test_throttling_is_the_same(ours: Ask, our_tencent: Open, their_tencent: Ask, stage: Stage):
    stage.tencent.window.most = 0
    theirs = await their_tencent(ONLINE_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == "RequestLimitExceeded"
    assert_refused(said, Throttled, theirs)
    assert stage.tencent.ledger.verdicts(API) == ["RequestLimitExceeded"] * 2


@pytest.mark.parametrize(
    ("region", "sdk_app_id", "code", "kind"),
    [
        ("eu-nowhere", SDK_APP_ID, "UnsupportedRegion", WrongRegion),
        (REGION, 1, "FailedOperation.SdkAppIdNotExist", Rejected),
        (REGION, 1600000009, "FailedOperation.SdkAppIdNotUnderAppId", AccessDenied),
    ],
)
async def test_a_wrong_place_is_refused_alike(
    ours: Ask,
    our_tencent: Open,
    their_tencent: Ask,
    stage: Stage,
    *,
    region: str,
    sdk_app_id: int,
    code: str,
    kind: type[ProviderError],
):
    stage.tencent.sdk_app_ids["another company"] = frozenset({1600000009})
    theirs = await their_tencent(ONLINE_ID, region=region, sdk_app_id=sdk_app_id)
    account = our_tencent(sdk_app_id=sdk_app_id)
    said = await ours(account, account.status(Region(region), TaskId(ONLINE_ID)))

    assert theirs.code == code
    assert_refused(said, kind, theirs)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InternalError", Unreachable),
        ("InternalError.DBError", Unreachable),
        ("FailedOperation.QueryTaskInfoFailed", Unreachable),
        ("ServiceUnavailable", Unreachable),
        ("RequestLimitExceeded.UinLimitExceeded", Throttled),
        ("OperationDenied.FreqOverLimit", Throttled),
        ("InvalidParameter.TaskId", Rejected),
        ("FailedOperation.RequestOutdated", ClockSkew),
        ("SomethingNew.Entirely", Rejected),
    ],
)
async def test_the_clouds_own_trouble_has_the_same_code(
    ours: Ask, our_tencent: Open, their_tencent: Ask, stage: Stage, *, code: str, kind: type[ProviderError]
):
    stage.tencent.faults.plan(Fail(code), times=2)
    theirs = await their_tencent(ONLINE_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == code
    assert_refused(said, kind, theirs)


@pytest.mark.parametrize(
    ("fault", "their_code", "kind"),
    [
        (Drop(), "ClientNetworkError", Unreachable),
        (Hang(), "ClientNetworkError", Unreachable),
        (html(502), "ServerNetworkError", Unreachable),
        (html(503), "ServerNetworkError", Unreachable),
        # Their client re-labels what it does not expect by the type of the exception.
        (Truncate(), "JSONDecodeError", Unreadable),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
async def test_where_their_client_says_that_it_broke_so_does_ours(
    ours: Ask,
    our_tencent: Open,
    their_tencent: Ask,
    stage: Stage,
    *,
    fault: Fault,
    their_code: str,
    kind: type[ProviderError],
):
    stage.tencent.faults.plan(fault, times=2)
    theirs = await their_tencent(ONLINE_ID)
    account = our_tencent()
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == their_code
    assert isinstance(said, kind)


async def test_a_refused_connection_is_unreachable_for_both(
    ours: Ask, our_tencent: Open, their_tencent: Ask, stage: Stage
):
    account = our_tencent()
    await stage.tencent.door.shut()
    theirs = await their_tencent(ONLINE_ID)
    said = await ours(account, account.status(REGION, TaskId(ONLINE_ID)))

    assert theirs.code == "ClientNetworkError"
    assert isinstance(said, Unreachable)


def assert_refused(said: Any, kind: type[ProviderError], theirs: Any) -> None:
    """Our error is of the right kind and carries the vendor's own code, and its own request id."""
    assert type(said) is kind
    assert said.code == theirs.code
    assert said.request_id
    assert said.request_id != theirs.requestId
