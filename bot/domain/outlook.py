"""
What a single read of a task means by itself, without memory: the tone of its card, and whether it is bad.

The watch (which remembers) judges changes; this judges a look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from adapters.contract import TaskState

if TYPE_CHECKING:
    from datetime import datetime

    from adapters.contract import Snapshot

START_GRACE = timedelta(seconds=60)
END_GRACE = timedelta(seconds=60)

BY_A_PERSON = "TriggerByUser"  # Alibaba Cloud's word, in a reason of STOPPED as in an exit reason of ENDED


class Tone(StrEnum):
    """How a card sounds."""

    GOOD = "good"
    INFO = "info"
    WARNING = "warning"
    BAD = "bad"


class BadWhy(StrEnum):
    """Why a look is bad; the word that `--json` prints."""

    RETRYING = "retrying"
    STOPPED = "stopped"
    STOPPED_BY_A_PERSON = "stopped_by_a_person"
    START_MISSED = "start_missed"
    ENDED_EARLY = "ended_early"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """
    A judgement of one look. `bad` is None when nothing can be said: the state is a word that we do not know, or the
    cloud has no such task.
    """

    tone: Tone
    bad: bool | None
    why: BadWhy | None = None


def judge_look(snapshot: Snapshot, now: datetime) -> Outlook:
    """
    Judge one read by itself.

    RETRYING and STOPPED are always bad to somebody who asks; how long they may last before somebody is told belongs to
    the watch. A stop by a person before the planned end is a warning: it is meant, and yet nothing flows.
    """
    plan = snapshot.plan
    match snapshot.state:
        case TaskState.RUNNING:
            return Outlook(tone=Tone.GOOD, bad=False)
        case TaskState.RETRYING:
            return Outlook(tone=Tone.WARNING, bad=True, why=BadWhy.RETRYING)
        case TaskState.STOPPED:
            if snapshot.reason == BY_A_PERSON:
                return Outlook(tone=Tone.WARNING, bad=True, why=BadWhy.STOPPED_BY_A_PERSON)
            return Outlook(tone=Tone.BAD, bad=True, why=BadWhy.STOPPED)
        case TaskState.NOT_STARTED if plan.start is not None and now - plan.start > START_GRACE:
            return Outlook(tone=Tone.BAD, bad=True, why=BadWhy.START_MISSED)
        case TaskState.NOT_STARTED:
            return Outlook(tone=Tone.INFO, bad=False)
        case TaskState.ENDED if plan.end is not None and plan.end - (snapshot.ended_at or now) > END_GRACE:
            return Outlook(tone=Tone.BAD, bad=True, why=BadWhy.ENDED_EARLY)
        case TaskState.ENDED:
            return Outlook(tone=Tone.INFO, bad=False)
        case TaskState.NOT_FOUND:
            return Outlook(tone=Tone.INFO, bad=None)
        case TaskState.UNKNOWN:  # pragma: no branch - mypy holds that there are no more
            return Outlook(tone=Tone.WARNING, bad=None)
