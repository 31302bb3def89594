"""
What a button carries: which task, incident or response it is about, and the version of that spelling.
"""

from __future__ import annotations

import json
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.domain.responding import Pressed

REFRESH: Final = "look.refresh"
REFRESH_CARD: Final = (
    "card.refresh"  # of a followed task: the answer is the presser's alone, the card stays the watch's
)
EXPECTED: Final = "card.expected"  # the end or the stop that the card tells was meant
SUCCEED: Final = "card.succeed"  # follow the task that took this one's relay over, and close this
REALLY_GONE: Final = "account.really_gone"  # what the cloud's list suddenly lacks was taken away
ACK: Final = "response.ack"
SNOOZE: Final = "response.snooze"
CLOSE: Final = "response.close"  # opens the dialog that asks for the reason
RESPONSES: Final = frozenset({ACK, SNOOZE, CLOSE})
SHARE: Final = "look.share"
ID: Final = "look.id"

LONGEST: Final = 2000  # characters that Slack takes; a Tencent id has more than 100


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    a: str
    r: str
    t: str


class _Incident(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    i: int


class _Response(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    r: int
    n: int


def written_response(response: int, version: int) -> str:
    """Return the value of a button about a response as it is."""
    return json.dumps({"v": 1, "r": response, "n": version}, separators=(",", ":"))


def read_response(value: str) -> Pressed | None:
    """Return the response that a pressed button is about; None as with `read`."""
    try:
        found = _Response.model_validate_json(value)
    except ValidationError:
        return None
    return Pressed(response=found.r, version=found.n)


def written_incident(incident: int) -> str:
    """Return the value of a button about an incident."""
    return json.dumps({"v": 1, "i": incident}, separators=(",", ":"))


def read_incident(value: str) -> int | None:
    """Return the incident that a pressed button is about; None as with `read`."""
    try:
        return _Incident.model_validate_json(value).i
    except ValidationError:
        return None


def written(ref: TaskRef) -> str:
    """Return the value of a button about this task; empty when Slack would not take it, so there can be no button."""
    value = json.dumps({"v": 1, "a": ref.account, "r": ref.region, "t": ref.task_id}, separators=(",", ":"))
    return value if len(value) <= LONGEST else ""


def read(value: str) -> TaskRef | None:
    """Return the task that a pressed button is about; None when a release that is gone made it, or nobody did."""
    try:
        found = _Value.model_validate_json(value)
    except ValidationError:
        return None
    return TaskRef(account=AccountName(found.a), region=Region(found.r), task_id=TaskId(found.t))
