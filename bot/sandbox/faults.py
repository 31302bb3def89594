"""
What a server of the sandbox can be told to do wrong, request by request.

    faults.plan(Fail("InternalError"), times=2)                     the next two requests, whatever they ask
    faults.plan(Drop(done=True), on="chat.postMessage")             the next post is taken and its answer is lost
    faults.plan(Strike(process.kill), on="chat.update")             the next edit's sender dies, its answer unheard
    faults.plan(Hang(), on="DescribeLivePullToPush", times=None)    until `clear`; `release` lets them be answered

A refused connection is not a fault of a request: see `Door.shut`.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from bot.sandbox.bell import Bell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

HTML_502 = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Break the connection without an answer; with `done`, after the work was done."""

    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """
    Take the request and do not answer it before `Faults.release`; then answer as if nothing had been.

    With `done` the work is done at once, and only the answer is held back.
    """

    done: bool = False


@dataclass(frozen=True, slots=True)
class Strike:
    """
    Do something to whoever asks (kill it) and break the connection, or answer with `answers` all the same.

    With `done` the blow comes after the work was done.
    """

    blow: Callable[[], object]
    done: bool = field(default=False, kw_only=True)
    answers: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Delay:
    """Answer later, in real time."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Truncate:
    """Do the work and send the first half of the answer, as if that were all."""


@dataclass(frozen=True, slots=True)
class Stale:
    """Answer with what was true so long ago, as a replica does that lags behind."""

    by: timedelta


@dataclass(frozen=True, slots=True)
class Alter:
    """Answer as ever, but for what `change` makes of the JSON."""

    change: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Fail:
    """
    Answer with an error in the server's own wire form.

    Args:
        code: The vendor's code: `Throttling.User`, `RequestLimitExceeded`, `ratelimited`.
        status: HTTP status; None for the one that the vendor gives this code.
        retry_after: Sent in the vendor's own header, where it has one.
        done: The work is done all the same (a 429 that has posted).
    """

    code: str
    status: int | None = field(default=None, kw_only=True)
    retry_after: timedelta | None = field(default=None, kw_only=True)
    done: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """
    An HTTP answer: what a server says, or as a fault what it is made to say.

    `verdict` is what the ledger remembers of it.
    """

    status: int = 200
    body: bytes = field(default=b"", repr=False)
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    verdict: str = "ok"
    done: bool = False  # as a fault: the work is done all the same


Fault: TypeAlias = Drop | Strike | Hang | Delay | Truncate | Stale | Alter | Fail | Answer


def html(status: int = 502) -> Answer:
    """A proxy's error page."""
    return Answer(status=status, body=HTML_502, content_type="text/html", verdict=f"HTTP {status}")


def misshapen(value: object) -> Answer:
    """Well-formed JSON that is not what the vendor's page promises."""
    return Answer(body=json.dumps(value).encode(), verdict="misshapen")


@dataclass(slots=True)
class _Plan:
    fault: Fault
    on: str
    left: int | None
    when: Callable[[], bool] | None


class Faults:
    """
    The faults that a server has been told to show. `held` counts the requests that hang right now.
    """

    def __init__(self) -> None:
        self._plans: deque[_Plan] = deque()
        self._let_go = asyncio.Event()
        self._bell = Bell()
        self.held = 0

    def plan(self, *faults: Fault, on: str = "", times: int | None = 1, when: Callable[[], bool] | None = None) -> None:
        """
        Show these faults, one after another, each to the next `times` requests; None means until `clear`.

        `on` is the API they wait for (`DescribeLivePullToPush`, `chat.postMessage`); empty means any. `when` is asked
        at each such request whether it is one of them: `lambda: dice.random() < 0.02`.
        """
        self._plans.extend(_Plan(fault, on, times, when) for fault in faults)

    @property
    def is_planned(self) -> bool:
        """Say whether anything is still to be shown."""
        return bool(self._plans)

    def clear(self) -> None:
        """Forget every plan; what hangs goes on hanging."""
        self._plans.clear()

    def release(self) -> None:
        """Let everything that hangs be answered."""
        self._let_go.set()
        self._let_go = asyncio.Event()

    async def holding(self, count: int = 1, *, within_s: float = 10.0) -> None:
        """Wait until so many requests hang."""
        await self._bell.until(lambda: self.held >= count, within_s=within_s)

    def take(self, api: str) -> Fault | None:
        """Return the fault for a request to `api`, and count it."""
        for plan in self._plans:
            if plan.on in {"", api} and (plan.when is None or plan.when()):
                if plan.left is not None:
                    plan.left -= 1
                    if not plan.left:
                        self._plans.remove(plan)
                return plan.fault
        return None

    async def hold(self) -> None:
        """Hang until somebody calls `release`."""
        self.held += 1
        self._bell.ring()
        try:
            await self._let_go.wait()
        finally:
            self.held -= 1
            self._bell.ring()
