"""
Pull-to-push tasks on the wire: the two questions, and what the answers mean.

Source: https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopush and
https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-describelivepulltopushlist (read
2026-11-21)
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import ValidationError

from adapters.aliyun.failure import GONE, decoded, read_failure, request_id
from adapters.aliyun.fields import Described, Page, Task, TaskInfo
from adapters.aliyun.signature import canonical_query
from adapters.contract import (
    Api,
    Pace,
    Plan,
    Progress,
    Region,
    Reply,
    Request,
    Retry,
    Snapshot,
    TaskId,
    TaskState,
    no_fingerprint,
    shape,
)
from adapters.errors import Rejected, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.contract import Fingerprint

DESCRIBE = Api("DescribeLivePullToPush")
LIST = Api("DescribeLivePullToPushList")
_HELP = "https://www.alibabacloud.com/help/en/live/developer-reference/api-live-2016-11-01-"
PACES: Mapping[Api, Pace] = {api: Pace(per_second=10, source=_HELP + api.lower()) for api in (DESCRIBE, LIST)}
VERSION = "2016-11-01"

PAGE_SIZE = 100  # the most that the cloud gives at once
PAGES = 200  # far more than an account can have: the console's guide allows 100 tasks at a time

STATES = {
    "0": TaskState.NOT_STARTED,
    "1": TaskState.RUNNING,
    "2": TaskState.RETRYING,
    "3": TaskState.STOPPED,
    "-1": TaskState.ENDED,
}


def describe(endpoint: str, *, region: Region, task: TaskId) -> Request:
    """
    Ask for one task.

    Args:
        endpoint: `https://host[:port]` without a path.
        region: The live centre that the task runs in; the task is known nowhere else.
        task: Passed on as it is.
    """
    return _request(DESCRIBE, endpoint, {"Region": region, "TaskId": task})


def list_tasks(endpoint: str, *, region: Region, page: int, name: str = "", task: str = "") -> Request:
    """
    Ask for one page of a region's tasks, in whatever order the cloud has them.

    Never by destination, although the cloud could: a push URL in a query ends up in logs.

    Args:
        endpoint: `https://host[:port]` without a path.
        region: The live centre.
        page: Counted from 1.
        name: Only tasks whose name is like this; the vendor says no more than "fuzzy".
        task: Only tasks whose id is like this.
    """
    filters = {key: text for key, text in {"TaskName": name, "TaskId": task}.items() if text}
    return _request(LIST, endpoint, {"Region": region, "PageNumber": str(page), "PageSize": str(PAGE_SIZE), **filters})


def _request(api: Api, endpoint: str, parameters: Mapping[str, str]) -> Request:
    # Without `accept` the cloud may answer in XML.
    headers = {"accept": "application/json", "x-acs-action": api, "x-acs-version": VERSION}
    return Request(api=api, method="GET", url=f"{endpoint}/?{canonical_query(parameters)}", headers=headers)


def read_status(reply: Reply, task: TaskId, fingerprint: Fingerprint = no_fingerprint) -> Snapshot:
    """
    Read the reply to `describe`.

    A task that the cloud does not have is NOT_FOUND, and `raw` says how sure that is: `CodeTaskNotExist` is the cloud's
    word for it; `InvalidParameter` and an empty success (`raw` is empty, too) may also come of other trouble.

    Args:
        reply: 200 with UTF-8 JSON `{"RetCode": 0, "TaskStatus": int, "TaskInfo": {…}, …}`, or one of `failure.GONE`.
        task: What was asked for; the vendor's own sample repeats it in two different ways.

    Raises:
        Unreadable: not JSON, or no state in it; `detail` is its shape.

    Source: the first page above
    """
    failure = read_failure(reply)
    content = decoded(reply)
    if failure is not None and failure.code in GONE:
        return _not_found(task, reply, raw=failure.code, request_id=failure.request_id)
    try:
        described = Described.model_validate(content, context=fingerprint)
    except ValidationError:
        raise _unreadable(reply, content) from None
    if not _is_success(reply) or failure is not None:
        raise _unreadable(reply, content)
    if described.task_status is not None:
        return _snapshot(task, described, reply, described.task_status, request_id(reply, content))
    if described.ret_code == 0 and described.task_info == TaskInfo():
        return _not_found(task, reply, raw="", request_id=request_id(reply, content))
    raise _unreadable(reply, content)


def read_page(reply: Reply, fingerprint: Fingerprint = no_fingerprint) -> tuple[int | None, Mapping[TaskId, Snapshot]]:
    """
    Read one page of the reply to `list_tasks`.

    Args:
        reply: 200 with UTF-8 JSON `{"Total": int, "TaskList": [{"TaskId": str, "TaskStatus": int, …}, …]}`, 0..100 of
            them.

    Returns:
        How many tasks the cloud has in all (None when it does not say), and this page by task id. An item without an id
        or a readable state is left out: a task that a list lacks has to be asked for by itself in any case.

    Raises:
        Rejected: the cloud does not take a parameter.
        Unreadable: not JSON, or no list in it.

    Source: the second page above
    """
    failure = read_failure(reply)
    if failure is not None:
        raise Rejected(failure.code, request_id=failure.request_id)
    content = decoded(reply)
    if not isinstance(content, dict) or not _is_success(reply):
        raise _unreadable(reply, content)
    page = Page.model_validate(content)
    if page.task_list is None and page.total != 0:
        raise _unreadable(reply, content)
    found: dict[TaskId, Snapshot] = {}
    for item in page.task_list or []:
        try:
            task = Task.model_validate(item, context=fingerprint)
        except ValidationError:
            continue
        task_id = TaskId(task.task_id or task.task_info.task_id)
        if task_id and task.task_status is not None:
            found[task_id] = _snapshot(task_id, task, reply, task.task_status, request_id(reply, content))
    return page.total, found


def _snapshot(task_id: TaskId, task: Task, reply: Reply, word: str, request_id: str) -> Snapshot:
    info = task.task_info
    state = STATES.get(word, TaskState.UNKNOWN)
    has_ended = state is TaskState.ENDED
    return Snapshot(
        task_id=task_id,
        state=state,
        taken_at=reply.received_at,
        raw=word,
        # The vendor's sample fills every field whatever the state: a reason counts only where it can be true.
        reason={
            TaskState.RETRYING: task.task_invalid_reason,
            TaskState.STOPPED: task.task_invalid_reason,
            TaskState.ENDED: task.task_exit_reason,
        }.get(state, ""),
        name=info.task_name,
        plan=Plan(start=info.start_time, end=info.end_time),
        ended_at=task.task_exit_time if has_ended else None,
        progress=_progress(task),
        retry=_retry(info),
        source=info.source_urls[0] if info.source_urls else "",
        source_type=info.source_type,
        destination=info.dst_url,
        destination_hash=info.dst_hash,
        request_id=request_id,
    )


def _not_found(task: TaskId, reply: Reply, *, raw: str, request_id: str) -> Snapshot:
    return Snapshot(task_id=task, state=TaskState.NOT_FOUND, taken_at=reply.received_at, raw=raw, request_id=request_id)


def _progress(task: Task) -> Progress | None:
    """Files have a progress; the zeros of a live source mean nothing."""
    if task.task_info.source_type not in {"vod", "url"}:
        return None
    offset = None if task.current_offset is None else timedelta(seconds=task.current_offset)
    return Progress(offset=offset, file=task.current_file_index, files=len(task.task_info.source_urls) or None)


def _retry(info: TaskInfo) -> Retry | None:
    if info.retry_count is None or info.retry_interval is None:
        return None
    return Retry(count=info.retry_count, interval=timedelta(seconds=info.retry_interval))


def _is_success(reply: Reply) -> bool:
    return 200 <= reply.status < 300


def _unreadable(reply: Reply, content: object) -> Unreadable:
    seen = "no JSON" if content is None else shape(content)
    return Unreadable(f"HTTP {reply.status}", request_id=request_id(reply, content), detail=seen)
