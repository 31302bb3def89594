"""
Responses: what one channel does about one incident, as values and as judgement. Pure.

A response has at most one thing due, and what is due is its timer: whoever saves it on top of the version that was read
has fired it, and nobody else has. Who is called is found when it fires and handed in; the levels are those of the
rota when it opened.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter

from bot.domain.rota import Level  # noqa: TC001 - pydantic reads a policy by it

if TYPE_CHECKING:
    from bot.domain.subscription import Place

FIRST_STEP: Final = timedelta(minutes=5)  # where the rota has no level that says otherwise


class Due(StrEnum):
    """What a response does next."""

    CALL = "call"  # the next level
    AGAIN = "again"  # the level that it is at, once more
    REMIND = "remind"  # whoever acked, because the ack is over
    LIFT = "lift"  # a snooze, because it is over


@dataclass(frozen=True, slots=True, kw_only=True)
class Badness:
    """
    How bad it is. `rank` is `domain.mute.RANK`'s; `reason` is the vendor's word.

    Of a group, and of what had several: the highest rank, and all reasons that were seen at it, a line each.
    """

    rank: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The levels after the first call, as the rota had them when the response opened."""

    levels: tuple[Level, ...] = ()

    @property
    def first_step(self) -> timedelta:
        """How long whoever is called has before the next one is."""
        return self.levels[0].after if self.levels else FIRST_STEP


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """
    One channel's response to one incident; open while `closed_at` is None.

    `version` grows with each save. What was pressed on a version before `worsened` was pressed on something better.
    """

    id: int  # 0: not kept yet
    incident: int
    place: Place
    opened_at: datetime
    pages: bool  # somebody is called; without it, it can be acked and closed all the same
    policy: Policy
    badness: Badness
    version: int = 0
    step: int = -1  # the highest level called; -1: nobody yet, 0: whoever is on call
    attempt: int = 0  # how often that level was called again
    due_at: datetime | None = None
    due: Due | None = None
    leader: int | None = None  # the response that calls for this one as well
    acked_by: str = ""
    acked_at: datetime | None = None
    ack_until: datetime | None = None  # None: nobody has acked, or the ack is over
    snoozed_by: str = ""
    assigned_to: str = ""
    worsened: int = 0  # the version with which it last got worse in kind
    called: tuple[str, ...] = ()  # the user and group ids of the last call
    calls: tuple[int, ...] = ()  # levels for which outside pagers were triggered and hold something open
    closed_at: datetime | None = None
    closed_why: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_acked(self) -> bool:
        """Say whether somebody has it in hand: acked or snoozed, and that is not over."""
        return bool(self.snoozed_by) or self.ack_until is not None


_POLICIES: Final = TypeAdapter(Policy)


def policy_to_json(policy: Policy) -> str:
    """Write a policy for the store."""
    return _POLICIES.dump_json(policy).decode()


def policy_from_json(text: str) -> Policy:
    """Read a policy back, this release's or the previous one's."""
    return _POLICIES.validate_json(text)
