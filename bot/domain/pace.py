"""
What the lane and the pace row say to each other; neither knows the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from adapters.contract import Api
    from bot.domain.turn import Urgency


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class LaneName:
    """One API of one budget: what a vendor counts apart, hence one pace and one lane. Holds no secret."""

    provider: str
    budget: str
    api: Api

    def __str__(self) -> str:
        return f"{self.provider}/{self.budget}/{self.api}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """
    On what terms somebody asks for a slot. `queue.pace` derives them, the row applies them.
    """

    urgency: Urgency
    interval_s: float  # between two slots at the set share
    slowest_s: float  # halving stretches the interval no further than this
    longest_pause_s: float  # a throttle stops the lane no longer than this
    growth: float  # each granted slot multiplies a stretched interval by this
    horizon_s: float  # how far ahead a slot may be reserved
    people_cost: float  # how many intervals one slot moves the people's own arrival time
    people_depth_s: float  # how far that arrival time may run ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot is reserved; it lies this far ahead."""

    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Nothing is reserved; asking again before this has passed is in vain."""

    wait_s: float


Turn: TypeAlias = Slot | Later
