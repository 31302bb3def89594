"""
What Alibaba Cloud sends to a task's `CallbackUrl`: verified as far as it can be, and read as a hint. Pure.

The page of these callbacks documents no signature, so the key at the end of the URL is what nobody else can know. Where
the account has an authentication key, the scheme of the product's other callbacks is asked for too.

Source: https://www.alibabacloud.com/help/en/live/developer-reference/usage-notes-for-callback-authentication (read
2026-11-21)
"""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from pydantic_core import from_json

from adapters.aliyun.fields import Task
from adapters.contract import Dismissed, Hint, TaskId, is_one_of

if TYPE_CHECKING:
    from pydantic import SecretStr

    from adapters.aliyun.settings import AliyunSettings
    from adapters.contract import Callback

WINDOW: Final = timedelta(minutes=5)  # the vendor's own example


def hear(settings: AliyunSettings, callback: Callback) -> Hint | Dismissed:
    """
    Verify and read one callback.

    Args:
        callback: JSON `{"Event": str, "EventTime": int | str, "TaskId": str, "TaskStatus": int, …}`. The vendor spells
            `Event` in two ways for one thing and does not document it for another: any event is a hint.
    """
    if not is_one_of(callback.key, settings.callback_key):
        return Dismissed.NO_DOOR
    if settings.callback_auth_key is not None:
        wrong = _judge(settings.callback_auth_key, callback)
        if wrong is not None:
            return wrong
    try:
        task = Task.model_validate(from_json(callback.body))
    except (ValueError, ValidationError):
        return Dismissed.UNREADABLE
    task_id = task.task_id or task.task_info.task_id
    return Hint(task_id=TaskId(task_id)) if task_id else Dismissed.UNREADABLE


def signature(domain: str, timestamp: str, key: str) -> str:
    """
    Return what the vendor puts into `ALI-LIVE-SIGNATURE`.

    >>> signature("learn.aliyundoc.com", "1519375990", "yourkey")
    '9e226fc2c250be266e3657e156f68c12'
    """
    return hashlib.md5(f"{domain}|{timestamp}|{key}".encode(), usedforsecurity=False).hexdigest()


def _judge(keys: SecretStr, callback: Callback) -> Dismissed | None:
    timestamp = callback.headers.get("ali-live-timestamp", "")
    given = callback.headers.get("ali-live-signature", "")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp) or not given:
        return Dismissed.NOT_GENUINE
    domain = callback.headers.get("host", "").rpartition("@")[2].partition(":")[0].lower()
    expected = [signature(domain, timestamp, key) for key in keys.get_secret_value().split(",") if key]
    if not is_one_of(given.lower(), type(keys)(",".join(expected))):
        return Dismissed.NOT_GENUINE
    if abs(callback.received_at.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        return Dismissed.STALE
    return None
