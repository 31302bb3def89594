"""
What went wrong, in the vendor's words: error bodies in JSON and XML, and a return code inside a success.

Only the code, the request id and the name of a missing right are kept. Messages can echo signatures, account numbers
and URLs: they are looked at for one sentence and dropped.

Source: https://help.aliyun.com/zh/live/developer-reference/responses (read 2026-11-21) for the body; the vendor's SDK
(alibabacloud-tea-openapi 0.4.6) for lower-camel keys and XML. `AccessDeniedDetail` is only known from other products.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from adapters.aliyun.fields import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.contract import Reply

NO_SUCH_TASK = "CodeTaskNotExist"
# How the cloud says that it does not have a task: for certain, or as it says of any parameter that it cannot use.
GONE = frozenset({NO_SUCH_TASK, "InvalidParameter"})

_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An error that the cloud put a name to; `action` is the right that was missing (`live:Describe…`) or empty."""

    code: str
    request_id: str = ""
    action: str = ""


def decoded(reply: Reply) -> Any:
    """Decode a JSON body; None when it is none, or nested beyond reason."""
    try:
        return from_json(reply.body)
    except ValueError:
        return None


def request_id(reply: Reply, content: object) -> str:
    """Find the vendor's request id in the decoded body or else in a header; what does not look like one is none."""
    said = _either(content, "RequestId") if isinstance(content, dict) else _element(reply.body, "RequestId")
    candidates = (said, reply.headers.get("x-acs-request-id"))
    return next((text for text in candidates if isinstance(text, str) and re.fullmatch(r"[\w*-]{1,64}", text)), "")


def read_failure(reply: Reply) -> Failure | None:
    """
    Find the code of an error; None where there is no error.

    Args:
        reply: 4xx and 5xx carry `{"Code": str, "Message": str, "RequestId": str, …}` (keys lower-camel in places), with
            `AccessDeniedDetail.AuthAction` where a right was missing, or the same as XML. 200 can carry that too, or a
            `RetCode` other than 0, whose values are documented nowhere: the code is then the one that `Description`
            names, else `RetCode 5`.

    Returns:
        The code is `HTTP 502` where a 4xx or 5xx has none, as that of a proxy on the way.
    """
    content = decoded(reply)
    if isinstance(content, dict):
        is_answer = reply.status < 400 and ("TaskStatus" in content or "TaskList" in content)
        code = _returned(content) if reply.status < 400 else ""
        code = code or ("" if is_answer else _code(_either(content, "Code")))
        detail = _either(content, "AccessDeniedDetail")
        action = _action(_either(detail, "AuthAction") if isinstance(detail, dict) else None)
    else:
        code, action = _code(_element(reply.body, "Code")), _action(_element(reply.body, "AuthAction"))
    if not code and reply.status >= 400:
        code = f"HTTP {reply.status}"
    return Failure(code=code, request_id=request_id(reply, content), action=action) if code else None


def _returned(content: Mapping[str, Any]) -> str:
    """Read `RetCode` and, where it is not 0, what `Description` says of it."""
    said, description = content.get("RetCode"), content.get("Description")
    number = whole(said)
    if said is None or number == 0:
        return ""
    text = description if isinstance(description, str) else ""
    if re.search(r"\btask\b.{0,20}\bnot exist", text, re.IGNORECASE):
        return NO_SUCH_TASK
    if re.fullmatch(r"Code[A-Z][A-Za-z]{2,60}", text):
        return text
    return _code(said) if number is None else f"RetCode {number}"


def _either(content: Mapping[str, Any], name: str) -> Any:
    """Look a field up by the vendor's two spellings: `RequestId`, `requestId`."""
    return content.get(name, content.get(name[0].lower() + name[1:]))


def _element(body: bytes, name: str) -> str | None:
    """Look an XML element up; a whole parser would only add what entities can do to it."""
    found = re.search(rb"<%b>\s*([^<>\s]{1,128})\s*</%b>" % (name.encode(), name.encode()), body)
    return found[1].decode("ascii", errors="replace") if found else None


def _code(value: object) -> str:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else ""


def _action(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[a-z0-9-]{1,30}:[A-Za-z*]{1,80}", value) else ""
