"""
DescribeStreamIngest on the wire: the request, the reply, and what the vendor's word for a state means.

One request tells one task. The reply holds a word and a request id: no time, no URL, no room, no reason.

Source: https://www.tencentcloud.com/document/product/647/57836 (read 2026-11-20)
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictStr, ValidationError
from pydantic_core import from_json

from adapters.contract import Api, Pace, Region, Reply, Request, Snapshot, TaskId, TaskState, shape
from adapters.errors import Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

DESCRIBE = Api("DescribeStreamIngest")
PACES: Mapping[Api, Pace] = {
    DESCRIBE: Pace(per_second=20, source="https://www.tencentcloud.com/document/product/647/57836")
}
SERVICE = "trtc"
VERSION = "2019-07-22"

STATES = {"InProgress": TaskState.RUNNING, "NotExist": TaskState.NOT_FOUND}
# Other calls of the family answer so about a task that is over; should this one do it too, it is no error.
GONE = frozenset({"FailedOperation.TaskNotExist", "FailedOperation.TaskFinished"})


def _request_id(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[0-9A-Za-z-]{1,64}", value) else ""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class Failure(_Wire):
    """
    `Response.Error`: the only mark of failure, whatever the HTTP status.

    `message` is the vendor's free text: it can name account numbers and resources, so it is looked at and never shown.
    """

    code: StrictStr = Field(alias="Code", pattern=r"^[A-Za-z][0-9A-Za-z_.]{0,99}$")
    message: Annotated[str, BeforeValidator(lambda value: value if isinstance(value, str) else "")] = Field(
        alias="Message", default=""
    )
    request_id: str = ""


class _Described(_Wire):
    status: StrictStr = Field(alias="Status", pattern=r"^[\w .*-]{1,128}$")  # a word, known or new; never a sentence


def describe(url: str, *, region: Region, sdk_app_id: int, task: TaskId) -> Request:
    """
    Ask for the state of one task.

    Args:
        url: `https://host[:port]` without a path.
        region: Required by the vendor although the host answers for all of them.
        sdk_app_id: The TRTC application that the task belongs to.
        task: Passed on as it is: ids hold `+`, `-` and `.` and may end in `..`.
    """
    return Request(
        api=DESCRIBE,
        method="POST",
        url=f"{url}/",
        headers={
            "Content-Type": "application/json",
            "X-TC-Action": DESCRIBE,
            "X-TC-Version": VERSION,
            "X-TC-Region": region,
            "X-TC-Language": "en-US",
        },
        body=json.dumps({"SdkAppId": sdk_app_id, "TaskId": task}).encode(),
    )


def read_status(reply: Reply, task: TaskId) -> Snapshot:
    """
    Read the reply to `describe`.

    Args:
        reply: UTF-8 JSON `{"Response": {"Status": "InProgress" | "NotExist", "RequestId": str}}`; the two words are all
            that is documented, any other is UNKNOWN and kept. `NotExist` says one thing for ended, never existed,
            mistyped, wrong SdkAppId and wrong region.
        task: What was asked for; the reply does not repeat it.

    Raises:
        Unreadable: not JSON, or no word for the state in it; `detail` is its shape.

    Source: https://www.tencentcloud.com/document/product/647/57836 (read 2026-11-20)
    """
    content = _decoded(reply)
    response = _response(content)
    request_id = _request_id(response.get("RequestId"))
    failure = read_failure(reply)
    if failure is not None and failure.code in GONE:
        state, word = TaskState.NOT_FOUND, failure.code
    else:
        try:
            word = _Described.model_validate(response).status
        except ValidationError:
            seen = "no JSON" if content is None else shape(content)
            raise Unreadable(f"HTTP {reply.status}", request_id=request_id, detail=seen) from None
        state = STATES.get(word, TaskState.UNKNOWN)
    return Snapshot(task_id=task, state=state, raw=word, taken_at=reply.received_at, request_id=request_id)


def read_failure(reply: Reply) -> Failure | None:
    """
    Find `{"Response": {"Error": {"Code": str, "Message": str}, "RequestId": str}}`, whatever the status and type say.

    Source: https://www.tencentcloud.com/document/product/647/34270 (read 2026-11-20)
    """
    response = _response(_decoded(reply))
    try:
        failure = Failure.model_validate(response.get("Error"))
    except ValidationError:
        return None
    return failure.model_copy(update={"request_id": _request_id(response.get("RequestId"))})


def _decoded(reply: Reply) -> Any:
    try:
        return from_json(reply.body)
    except ValueError:
        return None


def _response(content: object) -> dict[str, Any]:
    response = content.get("Response") if isinstance(content, dict) else None
    return response if isinstance(response, dict) else {}
