"""
Scripted relay tasks: what a cloud would say of each at a given moment. Pure.

A `Script` is a task and its phases; a `Story` is all tasks of one cloud, and what an operator did to them by hand.
States are the vendor's own words as text: `0 1 2 3 -1` for Alibaba Cloud, `InProgress` and `NotExist` for Tencent, and
any other word, to see what the bot makes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

GONE = ""  # the cloud does not know the task
FLOWING = frozenset({"1", "InProgress"})  # the words in which a file source moves on

# Fake keys, planted where real ones would be: none may ever show anywhere.
PLANTED_SOURCE_KEY = "canary-source-5f21"
PLANTED_PUSH_KEY = "canary-push-9c07"
PLANTED_CALLBACK_KEY = "canary-callback-77ab"
PLANTED_AUTH_KEY = "canary-auth-03de"
PLANTED = (PLANTED_SOURCE_KEY, PLANTED_PUSH_KEY, PLANTED_CALLBACK_KEY, PLANTED_AUTH_KEY)

_SOURCE = f"https://viewer:{PLANTED_SOURCE_KEY}@origin.example.com/live/main.flv?auth_key={PLANTED_SOURCE_KEY}"
_DESTINATION = f"rtmp://push.example.com/live/{PLANTED_PUSH_KEY}?txSecret={PLANTED_PUSH_KEY}"
_CALLBACK = f"https://hooks.example.com/{PLANTED_CALLBACK_KEY}?token={PLANTED_CALLBACK_KEY}"


@dataclass(frozen=True, slots=True)
class Phase:
    """From `after` the sandbox's start on, the cloud says `word`, and `reason` where it gives one."""

    after: timedelta
    word: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """
    One task. `start` and `end` of its plan are relative to the sandbox's start; phases are in order, the first one at
    or before zero.
    """

    task_id: str
    phases: tuple[Phase, ...]
    name: str = ""
    region: str = "cn-shanghai"
    start: timedelta = timedelta(0)
    end: timedelta = timedelta(hours=2)
    source_type: str = "live"  # live, vod, url
    source_protocol: str = "http-flv"
    sources: tuple[str, ...] = field(default=(_SOURCE,), repr=False)
    destination: str = field(default=_DESTINATION, repr=False)
    callback: str = field(default=_CALLBACK, repr=False)
    retry_count: int = 3
    retry_interval: timedelta = timedelta(seconds=60)
    file_length: timedelta = timedelta(minutes=10)  # of each file of a vod or url source
    sdk_app_id: int = 0  # Tencent: which application the task belongs to

    def __post_init__(self) -> None:
        afters = [phase.after for phase in self.phases]
        if not afters or afters[0] > timedelta(0) or afters != sorted(afters):
            raise ValueError(f"the phases of {self.task_id} must be in order and begin at or before zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a cloud would say of a task at one moment."""

    script: Script
    word: str
    reason: str
    since: datetime  # when this word began
    start: datetime  # of the plan
    end: datetime
    offset: timedelta | None  # within the file that plays; None for live sources
    file: int | None  # counted from 0


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    word: str
    reason: str


class Story:
    """Every task of one cloud, from `begun_at` on."""

    def __init__(self, begun_at: datetime, scripts: Iterable[Script] = ()) -> None:
        self.begun_at = begun_at
        self._scripts: dict[str, Script] = {}
        self._by_hand: dict[str, list[_Moment]] = {}
        for script in scripts:
            self.add(script)

    @property
    def scripts(self) -> tuple[Script, ...]:
        """Every task, in the order in which they were added; also those that the cloud no longer knows."""
        return tuple(self._scripts.values())

    def script(self, task_id: str) -> Script:
        """Return one of them."""
        return self._scripts[task_id]

    def add(self, script: Script) -> None:
        """Put a task into the cloud, or replace the one with its id."""
        self._scripts[script.task_id] = script
        self._by_hand.pop(script.task_id, None)

    def remove(self, task_id: str) -> None:
        """Let the cloud forget a task."""
        del self._scripts[task_id]
        self._by_hand.pop(task_id, None)

    def override(self, task_id: str, word: str, reason: str = "", *, now: datetime) -> None:
        """From `now` on the cloud says this of the task, whatever its script says; `GONE` makes it unknown."""
        self._by_hand.setdefault(self._scripts[task_id].task_id, []).append(_Moment(now, word, reason))

    def resume(self, task_id: str) -> None:
        """Undo every override: the script goes on as if nothing had been."""
        self._by_hand.pop(task_id, None)

    def at(self, task_id: str, now: datetime) -> Sight | None:
        """Say what the cloud says of a task; None when it knows no such task."""
        script = self._scripts.get(task_id)
        if script is None:
            return None
        moments = self._moments(script)
        past = [moment for moment in moments if moment.at <= now] or moments[:1]
        if past[-1].word == GONE:
            return None
        offset, file = self._progress(script, past, now)
        return Sight(
            script=script,
            word=past[-1].word,
            reason=past[-1].reason,
            since=past[-1].at,
            start=self.begun_at + script.start,
            end=self.begun_at + script.end,
            offset=offset,
            file=file,
        )

    def plan_end(self, task_id: str) -> datetime:
        """Return when a task's plan ends."""
        return self.begun_at + self._scripts[task_id].end

    def sights(self, now: datetime) -> Iterator[Sight]:
        """Say what the cloud says of every task that it knows, in the order in which they were added."""
        for task_id in self._scripts:
            if (sight := self.at(task_id, now)) is not None:
                yield sight

    def _moments(self, script: Script) -> list[_Moment]:
        scripted = [_Moment(self.begun_at + phase.after, phase.word, phase.reason) for phase in script.phases]
        by_hand = self._by_hand.get(script.task_id, [])
        return [moment for moment in scripted if not by_hand or moment.at < by_hand[0].at] + by_hand

    @staticmethod
    def _progress(script: Script, past: list[_Moment], now: datetime) -> tuple[timedelta | None, int | None]:
        if script.source_type == "live":
            return None, None
        ends = [*(moment.at for moment in past[1:]), now]
        flowed = sum(
            (end - moment.at for moment, end in zip(past, ends, strict=True) if moment.word in FLOWING), timedelta(0)
        )
        file, offset = divmod(max(flowed, timedelta(0)), script.file_length)
        return offset, file % len(script.sources)
