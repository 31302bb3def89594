"""
Punctual: what may leave only while a claim surely holds does not leave late.

Between the check of a claim and the first byte on its way a process may be stopped, for seconds or for an hour; by then
the claim is another's, who has looked for what this one meant to send, and has sent it. So whoever sends says for how
long that may be true, and the door to the other side asks once more, with the headers in its hand. What is left is the
moment between that question and the kernel: some ten thousandths of a second.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta


class Late(Exception):
    """Too much time has passed to send it. Nothing has left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """
    When a claim was sure, by both clocks.

    The calendar goes on while a machine is suspended, where monotonic seconds may stand still; and monotonic seconds go
    on when somebody sets the calendar back.
    """

    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    at: datetime
    at_s: float

    @classmethod
    def of(cls, now: Callable[[], datetime], monotonic: Callable[[], float]) -> Moment:
        """Take it now."""
        return cls(now=now, monotonic=monotonic, at=now(), at_s=monotonic())

    def is_within(self, limit: timedelta) -> bool:
        """Say whether no more than so much has passed since; a calendar that was set back is not trusted either."""
        return abs(self.now() - self.at) <= limit and self.monotonic() - self.at_s <= limit.total_seconds()


@contextmanager
def within(limit: timedelta, moment: Moment) -> Iterator[None]:
    """Let whatever is sent meanwhile leave no later than so long after the moment."""
    token = _limits.set((limit, moment))
    try:
        yield
    finally:
        _limits.reset(token)


def check() -> None:
    """
    Ask, just before the first byte leaves.

    Raises:
        Late: it must not leave any more.
    """
    if (limit := _limits.get()) is not None and not limit[1].is_within(limit[0]):
        raise Late


_limits: Final[ContextVar[tuple[timedelta, Moment] | None]] = ContextVar("limits", default=None)
