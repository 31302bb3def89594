"""
What stays the same while nothing happens: of a read, and of what is remembered. Pure.

To compare these is a tenth of the work of making copies without the rest, and each sweep compares each of its tasks.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from adapters.contract import Snapshot
from bot.domain.task import Known

if TYPE_CHECKING:
    from collections.abc import Callable


def but(kind: type[Any], *names: str) -> Callable[[Any], tuple[Any, ...]]:
    """Make a function that returns all fields of a dataclass but these."""
    return attrgetter(*(field.name for field in fields(kind) if field.name not in names))


READ: Final[Callable[[Snapshot], tuple[Any, ...]]] = but(Snapshot, "taken_at", "request_id", "progress")
KNOWN: Final[Callable[[Known], tuple[Any, ...]]] = but(Known, "last", "movement", "ran_until")
