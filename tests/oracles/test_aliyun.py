"""Alibaba Cloud's own client and our adapter, asked the same of the same cloud, hear the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
)
from bot.sandbox.aliyun import DESCRIBE, LIST
from bot.sandbox.faults import Drop, Fail, Hang, Truncate, html
from bot.sandbox.keys import AccessKey
from bot.sandbox.programme import ALIYUN
from bot.sandbox.pulltopush import Missing
from bot.sandbox.stage import ALIYUN_KEY, ALIYUN_STS
from bot.sandbox.story import Phase, Script

if TYPE_CHECKING:
    from adapters.aliyun import Aliyun
    from bot.sandbox.faults import Fault
    from bot.sandbox.stage import Stage

# Their clients ask for the time in a way that Python 3.12 disapproves of; that is theirs to mend.
pytestmark = pytest.mark.filterwarnings(
    r"ignore:datetime\.datetime\.utcnow\(\) is deprecated:DeprecationWarning:alibabacloud_.*"
)

Ask: TypeAlias = Callable[..., Awaitable[Any]]
Open: TypeAlias = "Callable[..., Aliyun]"

REGION = Region("cn-shanghai")
HERE = [script.task_id for script in ALIYUN if script.region == REGION]


@pytest.mark.parametrize(
    ("task", "state", "word", "reason"),
    [
        ("backup-en", TaskState.RUNNING, 1, ""),
        ("loop-01", TaskState.RUNNING, 1, ""),
        ("main-zh", TaskState.RETRYING, 2, "PushStreamFailed"),
        ("late-show", TaskState.NOT_STARTED, 0, ""),
        ("missed", TaskState.NOT_STARTED, 0, ""),
        ("by-hand", TaskState.STOPPED, 3, "TriggerByUser"),
        ("silent", TaskState.STOPPED, 3, ""),
        ("morning", TaskState.ENDED, -1, "OverEndTime"),
        ("cut-short", TaskState.ENDED, -1, "TriggerByUser"),
        ("novel", TaskState.UNKNOWN, 7, ""),
    ],
)
async def test_every_state_is_the_same(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, task: str, *, state: TaskState, word: int, reason: str
):
    theirs = await their_aliyun("describe", region=REGION, task_id=task)
    account = our_aliyun()
    said = await ours(account, account.status(REGION, TaskId(task)))

    assert (theirs.task_status, theirs.task_invalid_reason or theirs.task_exit_reason or "") == (word, reason)
    assert (said.state, said.raw, said.reason) == (state, str(word), reason)
    assert_same(said, theirs)


async def test_the_list_is_the_same(ours: Ask, our_aliyun: Open, their_aliyun: Ask):
    theirs = await their_aliyun("list", region=REGION, page_size=100)
    account = our_aliyun()
    listing = await ours(account, account.listing(REGION))

    assert [task.task_id for task in theirs.task_list] == list(listing.tasks) == HERE
    assert listing.total == theirs.total
    for task in theirs.task_list:
        assert_same(listing.tasks[task.task_id], task)


async def test_a_filter_in_any_script_is_the_same(ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage):
    name = "主 舞台 *~/+=&%"
    stage.aliyun.story.add(Script(task_id="odd", name=name, phases=(Phase(timedelta(0), "1"),)))
    theirs = await their_aliyun("list", region=REGION, task_name=name)
    account = our_aliyun()
    listing = await ours(account, account.listing(REGION, name))

    assert [task.task_id for task in theirs.task_list] == list(listing.tasks) == ["odd"]


async def test_all_pages_are_walked(ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage):
    for place in range(250):
        stage.aliyun.story.add(Script(task_id=f"many-{place}", phases=(Phase(timedelta(0), "1"),)))
    pages = [await their_aliyun("list", region=REGION, page_size=100, page_number=number) for number in (1, 2, 3)]
    account = our_aliyun()
    listing = await ours(account, account.listing(REGION))

    assert [task.task_id for page in pages for task in page.task_list] == list(listing.tasks)
    assert (listing.total, listing.requests) == (pages[0].total, 3)


@pytest.mark.parametrize("key", [ALIYUN_KEY, ALIYUN_STS], ids=lambda key: key.id)
async def test_plain_and_temporary_keys_are_good(ours: Ask, our_aliyun: Open, their_aliyun: Ask, key: AccessKey):
    theirs = await their_aliyun("describe", key, region=REGION, task_id="backup-en")
    account = our_aliyun(key)
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert theirs.task_status == 1
    assert said.state is TaskState.RUNNING


@pytest.mark.parametrize(
    ("missing", "task", "region"),
    [
        (Missing.CODE_TASK_NOT_EXIST, "nobody", REGION),
        (Missing.INVALID_PARAMETER, "nobody", REGION),
        (Missing.RET_CODE, "nobody", REGION),
        (Missing.NO_STATUS, "nobody", REGION),
        # A task of another region.
        (Missing.CODE_TASK_NOT_EXIST, "backup-en", "ap-southeast-1"),
    ],
)
async def test_a_missing_task_is_missing_for_both(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage, *, missing: Missing, task: str, region: str
):
    stage.aliyun.missing = missing
    theirs = await their_aliyun("describe", region=region, task_id=task)
    account = our_aliyun()
    said = await ours(account, account.status(Region(region), TaskId(task)))

    match missing:
        case Missing.RET_CODE:  # their client takes it for a success
            assert (theirs.ret_code, theirs.task_status) == (1, None)
            assert (said.state, said.raw) == (TaskState.NOT_FOUND, "CodeTaskNotExist")  # by its Description
        case Missing.NO_STATUS:
            assert (theirs.ret_code, theirs.task_status) == (0, None)
            assert (said.state, said.raw) == (TaskState.NOT_FOUND, "")
        case code:
            assert theirs.code == code
            assert (said.state, said.raw) == (TaskState.NOT_FOUND, code)


WRONG_SECRET = replace(ALIYUN_KEY, secret="not-the-secret")
UNKNOWN = AccessKey(id="nobody", secret="x")
STALE_TOKEN = replace(ALIYUN_STS, token="stale")
NO_TOKEN = replace(ALIYUN_STS, token="")


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (WRONG_SECRET, "SignatureDoesNotMatch"),
        (UNKNOWN, "InvalidAccessKeyId.NotFound"),
        (STALE_TOKEN, "InvalidSecurityToken.MismatchWithAccessKey"),
        (NO_TOKEN, "InvalidAccessKeyId.NotFound"),
    ],
)
async def test_a_bad_key_is_refused_alike(ours: Ask, our_aliyun: Open, their_aliyun: Ask, key: AccessKey, code: str):
    theirs = await their_aliyun("describe", key, region=REGION, task_id="backup-en")
    account = our_aliyun(key)
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert theirs.code == code
    assert_refused(said, BadCredentials, theirs)


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        ({"is_active": False}, "InvalidAccessKeyId.Inactive", BadCredentials),
        ({"may": False}, "Forbidden.RAM", AccessDenied),
    ],
)
async def test_a_key_that_was_changed_is_refused_alike(
    ours: Ask,
    our_aliyun: Open,
    their_aliyun: Ask,
    stage: Stage,
    *,
    change: dict[str, bool],
    code: str,
    kind: type[ProviderError],
):
    stage.aliyun.keys[ALIYUN_KEY.id] = replace(ALIYUN_KEY, **change)
    theirs = await their_aliyun("describe", region=REGION, task_id="backup-en")
    account = our_aliyun()
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert theirs.code == code
    assert_refused(said, kind, theirs)


@pytest.mark.parametrize("ahead", [timedelta(minutes=16), timedelta(minutes=-16)])
async def test_a_clock_that_is_off_is_noticed_alike(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage, ahead: timedelta
):
    stage.aliyun.ahead = ahead
    theirs = await their_aliyun("describe", region=REGION, task_id="backup-en")
    account = our_aliyun()
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert theirs.code == "InvalidTimeStamp.Expired"
    assert_refused(said, ClockSkew, theirs)
    off = said.server_at - datetime.fromtimestamp(stage.aliyun.ledger.entries[-1].at.timestamp(), UTC)
    assert abs(off) < timedelta(seconds=2)  # the server's own clock is what the ledger has


@pytest.mark.parametrize("api", [DESCRIBE, LIST])
async def test_throttling_says_until_when_to_both(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage, api: str
):
    stage.aliyun.window.most = 0
    what, parameters = ("describe", {"task_id": "backup-en"}) if api == DESCRIBE else ("list", {})
    theirs = await their_aliyun(what, region=REGION, **parameters)
    account = our_aliyun()
    said = await ours(
        account, account.status(REGION, TaskId("backup-en")) if api == DESCRIBE else account.listing(REGION)
    )

    assert type(theirs).__name__ == "ThrottlingException"
    assert (theirs.code, theirs.retry_after) == ("Throttling.User", 1000)  # milliseconds
    assert_refused(said, Throttled, theirs)
    assert said.retry_after == timedelta(seconds=1)
    assert stage.aliyun.ledger.verdicts(api) == ["Throttling.User"] * 2


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fail("InternalError"), Unreachable),
        (Fail("ServiceUnavailable"), Unreachable),
        (Fail("Throttling.Api"), Throttled),
        (Fail("Throttling", status=503), Throttled),
        (Fail("SignatureNonceUsed"), Unreachable),
        (Fail("MissingParameter"), Rejected),
        (Fail("SomethingNew", status=500), Unreachable),
        (Fail("SomethingNew", status=418), Rejected),
    ],
    ids=lambda value: getattr(value, "code", value),
)
async def test_the_clouds_own_trouble_has_the_same_code(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage, *, fault: Fault, kind: type[ProviderError]
):
    stage.aliyun.faults.plan(fault, times=2)
    theirs = await their_aliyun("describe", region=REGION, task_id="backup-en")
    account = our_aliyun()
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert_refused(said, kind, theirs)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Drop(), Unreachable),
        (html(502), Unreachable),
        (Truncate(), Unreadable),
        (Hang(), Unreachable),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_where_their_client_can_only_say_that_it_broke_ours_names_it(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage, *, fault: Fault, kind: type[ProviderError]
):
    stage.aliyun.faults.plan(fault, times=2)
    theirs = await their_aliyun("describe", region=REGION, task_id="backup-en")
    account = our_aliyun()
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert type(theirs).__name__ == "UnretryableException"
    assert isinstance(said, kind)


async def test_a_refused_connection_is_unreachable_for_both(
    ours: Ask, our_aliyun: Open, their_aliyun: Ask, stage: Stage
):
    account = our_aliyun()
    await stage.aliyun.door.shut()
    theirs = await their_aliyun("describe", region=REGION, task_id="backup-en")
    said = await ours(account, account.status(REGION, TaskId("backup-en")))

    assert type(theirs).__name__ == "UnretryableException"
    assert isinstance(said, Unreachable)


def assert_same(snapshot: Any, theirs: Any) -> None:
    """Compare every fact that both have."""
    info, plan = theirs.task_info, snapshot.plan
    assert snapshot.task_id == theirs.task_id
    assert snapshot.raw == str(theirs.task_status)
    assert snapshot.name == info.task_name
    assert [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (plan.start, plan.end)] == [info.start_time, info.end_time]
    assert snapshot.source_type == info.source_type
    assert (snapshot.retry.count, snapshot.retry.interval.total_seconds()) == (info.retry_count, info.retry_interval)
    assert (snapshot.ended_at and snapshot.ended_at.timestamp()) == theirs.task_exit_time
    if snapshot.progress is not None:
        assert snapshot.progress.file == theirs.current_file_index
        assert abs(snapshot.progress.offset.total_seconds() - theirs.current_offset) <= 2  # it moves meanwhile
    else:
        assert theirs.current_offset is None


def assert_refused(said: Any, kind: type[ProviderError], theirs: Any) -> None:
    """Our error is of the right kind and carries the vendor's own code, and its own request id."""
    assert type(said) is kind
    assert said.code == theirs.code
    assert said.request_id
    assert said.request_id != theirs.request_id
