"""
Long lists of parameters, cut to what both databases take in one statement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

BATCH: Final = 2_000  # SQLite takes 32,766 parameters (sqlite.org/limits.html), PostgreSQL's protocol as many


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list; no batch for an empty one."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
