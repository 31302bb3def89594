"""
A look as programs read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adapters.contract import TaskState
from bot.cli.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from adapters.contract import Progress
    from bot.domain.message import Look


def outcome(look: Look) -> Outcome:
    """Turn a look into an exit status."""
    if look.snapshot.state is TaskState.NOT_FOUND:
        return Outcome.NOT_FOUND
    if look.outlook.bad is None:
        return Outcome.NOT_KNOWN
    return Outcome.BAD if look.outlook.bad else Outcome.WELL


def as_object(look: Look, *, has_one_place: bool = True) -> dict[str, Any]:
    """
    Return what `status --json` prints. Instants are ISO 8601 in UTC; what is not known is null.

    Args:
        has_one_place: False when several regions agree that they have no such task: it is in none of them.
    """
    snapshot = look.snapshot
    return {
        "account": look.ref.account,
        "provider": look.provider,
        "region": look.ref.region if has_one_place else None,
        "task_id": look.ref.task_id,
        "state": snapshot.state.value,
        "bad": look.outlook.bad,
        "bad_why": look.outlook.why,
        "reason": snapshot.reason or None,
        "plan": {"start": _instant(snapshot.plan.start), "end": _instant(snapshot.plan.end)},
        "progress": _progress(snapshot.progress),
        "taken_at": _instant(snapshot.taken_at),
        "age_s": round(max(0.0, (look.asked_at - snapshot.taken_at).total_seconds()), 3),
        "raw": snapshot.raw or None,
        "request_id": snapshot.request_id or None,
    }


def _progress(found: Progress | None) -> Mapping[str, Any] | None:
    if found is None:
        return None
    offset_s = None if found.offset is None else found.offset.total_seconds()
    return {"offset_s": offset_s, "file": found.file, "files": found.files}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
