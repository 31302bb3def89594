"""
What Tencent sends about stream ingest tasks (EventGroupId 7): verified over its raw bytes, and read as a hint. Pure.

The signature holds no time, so the body's own decides whether it is a replay; what comes twice within that time has the
same `Hint.event`. Events come in any order.

Source: https://trtc.io/document/62717 (read 2026-11-20)
"""

from __future__ import annotations

import base64
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, StrictStr, ValidationError
from pydantic_core import from_json

from adapters.contract import Dismissed, Hint, Remark, TaskId, is_one_of

if TYPE_CHECKING:
    from pydantic import SecretStr

    from adapters.contract import Callback
    from adapters.tencent.settings import TencentSettings

OLDEST: Final = timedelta(minutes=2)  # the vendor gives up after one
AHEAD: Final = timedelta(seconds=5)  # how far our clock may be behind the vendor's

_STARTED: Final = 701
_EVENTS: Final = frozenset({_STARTED, 702})
_REMARKS: Final = {0: Remark.STARTED, 1: Remark.START_FAILED, 2: Remark.STARTED_AGAIN}


def _milliseconds(value: object) -> object:
    """`EventMsTs` is documented as a string and comes as a number."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdecimal() else value


Milliseconds = Annotated[StrictInt, BeforeValidator(_milliseconds), Field(ge=0, lt=10**15)]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _Info(_Wire):
    task_id: StrictStr = Field(alias="TaskId", min_length=1, max_length=256)
    status: StrictInt = Field(alias="Status")
    at: Milliseconds = Field(alias="EventMsTs")


class _Event(_Wire):
    type: StrictInt = Field(alias="EventType")
    sent_at: Milliseconds = Field(alias="CallbackMsTs")
    info: _Info = Field(alias="EventInfo")


class _AnyEvent(_Wire):
    type: StrictInt = Field(alias="EventType")


def hear(settings: TencentSettings, callback: Callback) -> Hint | Dismissed:
    """
    Verify and read one callback.

    Args:
        callback: headers `sign` and `sdkappid`; JSON `{"EventGroupId": 7, "EventType": 701 | 702, "CallbackMsTs": int,
            "EventInfo": {"EventMsTs": int | str, "TaskId": str, "Status": int}}`. The group's number is not looked at:
            the vendor's page gives two.
    """
    if settings.callback_sign_key is None or not is_one_of(callback.key, settings.callback_key):
        return Dismissed.NO_DOOR
    if not _is_signed(settings.callback_sign_key, callback):
        return Dismissed.NOT_GENUINE
    if callback.headers.get("sdkappid", "").strip() != str(settings.sdk_app_id):
        return Dismissed.NOT_GENUINE
    return _read(callback)


def sign(key: str, body: bytes) -> str:
    """Return what the vendor puts into `Sign`."""
    return base64.b64encode(hmac.digest(key.encode(), body, "sha256")).decode()


def _is_signed(keys: SecretStr, callback: Callback) -> bool:
    expected = [sign(key, callback.body) for key in keys.get_secret_value().split(",") if key]
    return is_one_of(callback.headers.get("sign", ""), type(keys)(",".join(expected)))


def _read(callback: Callback) -> Hint | Dismissed:
    try:
        content = from_json(callback.body)
        if _AnyEvent.model_validate(content).type not in _EVENTS:
            return Dismissed.NOT_OURS  # rooms' and media's events may come to the same address
        event = _Event.model_validate(content)
    except (ValueError, ValidationError):
        return Dismissed.UNREADABLE
    age = callback.received_at.timestamp() - event.sent_at / 1000
    if not -AHEAD.total_seconds() <= age <= OLDEST.total_seconds():
        return Dismissed.STALE
    return Hint(
        task_id=TaskId(event.info.task_id),
        event=f"{event.info.task_id} {event.type} {event.info.status} {event.info.at}",
        remark=_REMARKS.get(event.info.status) if event.type == _STARTED else None,
    )
