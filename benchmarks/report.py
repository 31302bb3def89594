"""
What a part of the battery has found: a table for people, JSON for programs, and whether it may stand.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """
    Args:
        rows: each a mapping from the column's name.
        wrong: what may not be; each with what repeats it.
        notes: what else is to be said.
    """

    title: str
    rows: Sequence[dict[str, object]]
    wrong: Sequence[str] = ()
    notes: Sequence[str] = field(default=())


def show(reports: Sequence[Report], *, as_json: bool) -> int:
    """Print them; return the exit status."""
    if as_json:
        print(json.dumps([asdict(each) for each in reports]))
    else:
        for each in reports:
            print(f"\n{each.title}\n")
            _table(each.rows)
            for line in (*each.notes, *(f"WRONG: {line}" for line in each.wrong)):
                print(line)
    return 1 if any(each.wrong for each in reports) else 0


def _table(rows: Sequence[dict[str, object]]) -> None:
    if not rows:
        return
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for first, *others in lines:
        print("  ".join([first.ljust(widths[0]), *map(str.rjust, others, widths[1:])]))
