"""
Pull-to-push tasks as Alibaba Cloud writes them: one task, and pages of its list. Pure.

Source: www.alibabacloud.com/help/en/live/developer-reference, DescribeLivePullToPush and DescribeLivePullToPushList
(read 2026-11).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from bot.sandbox.story import PLANTED_AUTH_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bot.sandbox.story import Sight

Json = dict[str, Any]

DEFAULT_PAGE, MOST_ON_PAGE = 10, 100


class Missing(StrEnum):
    """How the cloud says that it has no such task: the vendor does not document which of these it is."""

    CODE_TASK_NOT_EXIST = "CodeTaskNotExist"
    INVALID_PARAMETER = "InvalidParameter"
    RET_CODE = "RetCode"  # HTTP 200 and a RetCode that is not 0
    NO_STATUS = "NoStatus"  # HTTP 200, RetCode 0 and nothing of a task


class BadParameter(Exception):
    """A parameter is missing or out of range; `code` is the vendor's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def described(sight: Sight) -> Json:
    """Write the answer to DescribeLivePullToPush, but for its request id."""
    return {"RetCode": 0, "Description": "OK", **_task(sight)}


def listed(sights: Iterable[Sight], asked: Mapping[str, str]) -> Json:
    """Write the answer to DescribeLivePullToPushList, but for its request id; raises BadParameter."""
    number, size = _whole(asked, "PageNumber", 1), _whole(asked, "PageSize", DEFAULT_PAGE)
    if number < 1 or not 1 <= size <= MOST_ON_PAGE:
        raise BadParameter("InvalidParameter")
    found = [sight for sight in sights if _is_wanted(sight, asked)]
    page = found[(number - 1) * size : number * size]
    return {
        "Total": len(found),
        "PageNumber": number,
        "PageSize": size,
        "TaskList": [_task(sight) for sight in page],
    }


def _is_wanted(sight: Sight, asked: Mapping[str, str]) -> bool:
    """Tell whether a task is in the region and holds every filter's text: all three are fuzzy."""
    script = sight.script
    return (
        script.region == asked["Region"]
        and asked.get("TaskId", "") in script.task_id
        and asked.get("TaskName", "") in script.name
        and asked.get("DstUrl", "") in script.destination
    )


def _task(sight: Sight) -> Json:
    written: Json = {"TaskId": sight.script.task_id, "TaskStatus": _number(sight.word), "TaskInfo": _info(sight)}
    if sight.reason and sight.word != "-1":
        written["TaskInvalidReason"] = sight.reason
    if sight.word == "-1":
        written |= {"TaskExitTime": int(sight.since.timestamp()), "TaskExitReason": sight.reason or "OverEndTime"}
    if sight.offset is not None:
        written |= {"CurrentOffset": int(sight.offset.total_seconds()), "CurrentFileIndex": sight.file}
    return written


def _info(sight: Sight) -> Json:
    script = sight.script
    return {
        "TaskId": script.task_id,
        "TaskName": script.name,
        "StartTime": _instant(sight.start),
        "EndTime": _instant(sight.end),
        "SourceType": script.source_type,
        "SourceProtocol": script.source_protocol,
        "SourceUrls": list(script.sources),
        "DstUrl": script.destination,
        "CallbackURL": script.callback,
        "Offset": 0,
        "FileIndex": 0,
        "RetryCount": script.retry_count,
        "RetryInterval": int(script.retry_interval.total_seconds()),
        "RepeatNumber": 0,
        "AuthKey": PLANTED_AUTH_KEY,
        "ReqAuth": "yes",
        "NotifyItemSwitch": "on",
    }


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _number(word: str) -> int | str:
    """States are numbers; any other word of a script is sent as it is."""
    return int(word) if word.removeprefix("-").isdecimal() else word


def _whole(asked: Mapping[str, str], name: str, default: int) -> int:
    text = asked.get(name, "")
    if text and not text.isdecimal():
        raise BadParameter("InvalidParameter")
    return int(text) if text else default
