"""
The fields of the vendor's replies, as they may really come.

The vendor's model promises nothing: every field may be missing, a number may come as a string, and the samples
contradict the text. Only `TaskStatus` is read strictly; any other field that makes no sense is absent. A URL is cut
before it is kept, and two fields are not kept at all: `AuthKey` and `ReqAuth`, which look like the key of callbacks.
The context of validation is the account's `Fingerprint`.

Source: https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopushlist and
the models of the vendor's SDK, alibabacloud-live20161101 3.0.2 (read 2026-11-21)
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_pascal

from adapters.contract import cut_url

_LATEST = datetime(2100, 1, 1, tzinfo=UTC)


def whole(value: object) -> int | None:
    """
    Read a whole number of at most twelve digits, also as text or as `1.0`; None when it is none.

    >>> whole("60"), whole(1.0), whole(True), whole("1e3")
    (60, 1, None, None)
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**12 else None
    return int(value) if re.fullmatch(r"\s*[+-]?[0-9]{1,12}\s*", value) else None


def word(value: object) -> str:
    """
    Read one of the vendor's words, known or new; empty when it is more than that: a sentence can hold a URL.

    >>> word("PullStreamFailed"), word("cannot pull rtmp://a/b?key=c")
    ('PullStreamFailed', '')
    """
    return value if isinstance(value, str) and re.fullmatch(r"[\w.*-]{1,128}", value) else ""


def _count(value: object) -> int | None:
    number = whole(value)
    return number if number is not None and number >= 0 else None


def _text(value: object) -> str:
    return value[:256] if isinstance(value, str) else ""


def _url(value: object) -> str:
    return cut_url(value) if isinstance(value, str) else ""


def _hash(value: object, info: ValidationInfo) -> str:
    """Of the whole URL: the cut one would make all tasks of one application look alike."""
    return info.context(value) if isinstance(value, str) and value and info.context is not None else ""


def _urls(value: object) -> tuple[str, ...]:
    return tuple(map(_url, value)) if isinstance(value, list) else ()


def _instant(value: object) -> datetime | None:
    """The vendor writes `2024-08-26T10:30:00Z`; what comes without a zone is UTC, too."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        return instant and (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unix(value: object) -> datetime | None:
    seconds = whole(value)
    is_time = seconds is not None and 0 < seconds < _LATEST.timestamp()
    return datetime.fromtimestamp(seconds or 0, UTC) if is_time else None


def _status(value: object) -> str | None:
    """Keep the state as the vendor's word; a number is one, whatever type it came as."""
    if value is None:
        return None
    number = whole(value)
    said = str(value) if isinstance(value, float) else value
    if number is None and not (isinstance(said, str) and re.fullmatch(r"\w[\w .-]{0,63}", said)):
        raise ValueError("neither a number nor a word")
    return str(said) if number is None else str(number)


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> object:
    return value if isinstance(value, list) else None


Count = Annotated[int | None, BeforeValidator(_count)]
Whole = Annotated[int | None, BeforeValidator(whole)]
Word = Annotated[str, BeforeValidator(word)]
Text = Annotated[str, BeforeValidator(_text)]
Url = Annotated[str, BeforeValidator(_url)]
Instant = Annotated[datetime | None, BeforeValidator(_instant)]


class _Fields(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, alias_generator=to_pascal)


class TaskInfo(_Fields):
    """How a task was configured."""

    task_id: Word = ""  # the vendor's sample has another one here than outside: never compared
    task_name: Text = ""
    start_time: Instant = None
    end_time: Instant = None
    source_type: Word = ""  # live, vod, url
    source_protocol: Word = ""
    source_urls: Annotated[tuple[str, ...], BeforeValidator(_urls)] = ()  # of vod: media ids
    dst_url: Url = ""
    dst_hash: Annotated[str, BeforeValidator(_hash)] = Field(default="", alias="DstUrl")
    callback_url: Url = Field(default="", alias="CallbackURL")
    offset: Count = None  # seconds
    file_index: Count = None
    retry_count: Count = None
    retry_interval: Count = None  # seconds
    repeat_number: Whole = None  # -1: for ever
    notify_item_switch: Word = ""


class Task(_Fields):
    """One task, as an item of a list; None of `task_status` means that there was none."""

    task_id: Word = ""
    task_status: Annotated[str | None, BeforeValidator(_status)] = None
    task_invalid_reason: Word = ""
    task_exit_time: Annotated[datetime | None, BeforeValidator(_unix)] = None
    task_exit_reason: Word = ""
    current_offset: Count = None  # seconds
    current_file_index: Count = None
    task_info: Annotated[TaskInfo, BeforeValidator(_object)] = TaskInfo()


class Described(Task):
    """The reply to DescribeLivePullToPush; its `Description` is free text and not kept."""

    ret_code: Whole = None


class Page(_Fields):
    """One page of DescribeLivePullToPushList; items are read one by one, so that a broken one spoils no other."""

    total: Count = None
    page_number: Count = None
    page_size: Count = None
    task_list: Annotated[list[Any] | None, BeforeValidator(_list)] = None
