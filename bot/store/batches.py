"""
Long lists of parameters, cut to what both databases take in one statement; of rows, cut to what leaves in one go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

T = TypeVar("T")

BATCH: Final = 2_000  # SQLite takes 32,766 parameters (sqlite.org/limits.html), PostgreSQL's protocol as many

# asyncpg sends the rows that a statement is run for 128 KiB at a time. Whoever is cancelled between two of these waits
# for ever: bind_execute_many ends in `return await waiter`, and the server still waits for the rest (asyncpg 0.32).
AT_ONCE: Final = 24 * 1024  # characters, of up to four bytes


def batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list; no batch for an empty one."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def gulps(rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Cut rows that one statement is run for, so that it may be cancelled at any moment; each has at least one row."""
    gulp: list[Mapping[str, Any]] = []
    weight = 0
    for row in rows:
        its = sum(len(value) for value in row.values() if isinstance(value, str))
        if gulp and weight + its > AT_ONCE:
            yield gulp
            gulp, weight = [], 0
        gulp.append(row)
        weight += its
    if gulp:
        yield gulp
