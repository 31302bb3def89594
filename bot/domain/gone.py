"""
What "no such task" means of a task that was here: it is over. Whether that is to be believed is `domain.evidence`'s.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adapters.contract import TaskState

if TYPE_CHECKING:
    from adapters.contract import Snapshot
    from bot.domain.task import Known


def remembered(known: Known, seen: Snapshot) -> Snapshot:
    """
    Read a snapshot in the light of what is known.

    A task that was here and is not found has ENDED: it keeps the name, the plan and the places that it had, and `raw`
    is the cloud's word for its absence. A task that never was here stays NOT_FOUND, which is an answer.
    """
    if seen.state is not TaskState.NOT_FOUND or known.state in {None, TaskState.NOT_FOUND}:
        return seen
    if known.last is None:
        return replace(seen, state=TaskState.ENDED)
    return replace(
        known.last,
        state=TaskState.ENDED,
        taken_at=seen.taken_at,
        raw=seen.raw,
        reason=known.last.reason if known.last.state is TaskState.ENDED else "",
        request_id=seen.request_id,
    )
