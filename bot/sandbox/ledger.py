"""
What reached a server of the sandbox, in the order in which it came: the receiving end of every promise about pace.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.sandbox.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request. `verdict` is empty until it has been answered."""

    at: datetime  # on the sandbox's calendar
    tick: float  # on its monotonic clock, seconds: what windows are counted on
    api: str
    params: Mapping[str, str] = field(default_factory=dict)  # what was asked, without secrets
    verdict: str = ""  # ok, or the error's code, or the fault's name


class Ledger:
    """Every request that a server has received, refused ones too."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._bell = Bell()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def open(self, entry: Entry) -> Entry:
        """Write a request down at the moment of its arrival."""
        self.entries.append(entry)
        self._bell.ring()
        return entry

    def settle(self, entry: Entry, verdict: str) -> None:
        """Write down how a request was answered."""
        entry.verdict = verdict
        self._bell.ring()

    def of(self, api: str) -> list[Entry]:
        """Return the requests to one API."""
        return [entry for entry in self.entries if entry.api == api]

    def verdicts(self, api: str = "") -> list[str]:
        """Return how the requests were answered, in order of arrival."""
        return [entry.verdict for entry in self.entries if api in {"", entry.api}]

    def busiest(self, api: str = "", *, window_s: float = 1.0) -> int:
        """Return the most requests that arrived within any half-open window of that length."""
        window: deque[float] = deque()
        most = 0
        for entry in self.entries:
            if api in {"", entry.api}:
                window.append(entry.tick)
                while window[0] <= entry.tick - window_s:
                    window.popleft()
                most = max(most, len(window))
        return most

    def clear(self) -> None:
        """Forget what has been."""
        self.entries.clear()

    async def until(self, count: int, api: str = "", *, within_s: float = 10.0) -> None:
        """Wait until so many requests to `api` (any, when empty) have been answered."""
        await self._bell.until(lambda: sum(map(bool, self.verdicts(api))) >= count, within_s=within_s)
