"""
Shrink: leave out what a failing history does not need, until every part that is left is needed.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulator.history import History

MOST: Final = 200  # plays


def shrink(history: History, fails: Callable[[History], bool], *, most: int = MOST) -> History:
    """
    Return a smaller history that still fails (Zeller's ddmin), then only the relays that it needs.

    Args:
        fails: plays one.
        most: so many are played at most.
    """
    gone: frozenset[int] = frozenset()
    left = list(range(len(history.parts())))
    size = max(1, len(left) // 2)
    played = 0
    while left and played < most:
        for begin in range(0, len(left), size):
            chunk = frozenset(left[begin : begin + size])
            played += 1
            if fails(history.without(gone | chunk)):
                gone |= chunk
                left = [number for number in left if number not in gone]
                break
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return _with_fewer_relays(history.without(gone), fails)


def _with_fewer_relays(history: History, fails: Callable[[History], bool]) -> History:
    named = {getattr(act, "relay", "") for act in history.acts}
    needed = tuple(relay for relay in history.relays if relay.id in named or len(relay.phases) > 1)
    smaller = replace(history, relays=needed)
    return smaller if fails(smaller) else history


def written(value: object) -> str:
    """Write a history as the code that makes it; what is as usual is left out."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, tuple):
        return "(" + "".join(f"{written(each)}, " for each in value).rstrip(" ") + ")"
    if isinstance(value, frozenset):
        return "frozenset({" + ", ".join(sorted(map(written, value))) + "})" if value else "frozenset()"
    if is_dataclass(value):
        given = ((each, getattr(value, each.name)) for each in fields(value))
        said = ", ".join(f"{each.name}={written(held)}" for each, held in given if held != each.default)
        return f"{type(value).__name__}({said})"
    return repr(value)
