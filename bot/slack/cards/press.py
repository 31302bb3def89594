"""
What a button carries: which task it is about, and the version of that spelling.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.contract import AccountName, Region, TaskId, TaskRef

REFRESH: Final = "look.refresh"
SHARE: Final = "look.share"
ID: Final = "look.id"


class _Value(BaseModel):
    """Short names: Slack takes 2,000 characters, a Tencent id has more than 100."""

    model_config = ConfigDict(extra="forbid", strict=True)

    v: Literal[1] = 1
    a: str = Field(max_length=80)
    r: str = Field(max_length=80)
    t: str = Field(max_length=1000)


def written(ref: TaskRef) -> str:
    """Return the value of a button about this task."""
    return _Value(a=ref.account, r=ref.region, t=ref.task_id).model_dump_json()


def read(value: str) -> TaskRef | None:
    """Return the task that a pressed button is about; None when a release that is gone made it, or nobody did."""
    try:
        found = _Value.model_validate_json(value)
    except ValidationError:
        return None
    return TaskRef(account=AccountName(found.a), region=Region(found.r), task_id=TaskId(found.t))
