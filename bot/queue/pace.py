"""
Pace: from a vendor's documented rate and our share of it to the terms on which the lane asks for slots. Pure.

**In any one second at the receiver.** Slots lie `interval = 1 / (share × rate)` apart. What arrives within one second
was sent within 1 s + the spread of the ways, at most 1.2 s for ways that differ by up to 200 ms. That holds at most
⌊1.2 × share × rate⌋ + 1 slots, which is no more than `rate` for every share up to 0.8 (1.2 × 0.8 = 0.96 < 1).

**People's half.** People have an arrival time of their own. A slot at s is theirs only while that time, moved by
`cost = 2.5 × interval` from max(itself, s), stays within s + 2.5 s. So of k slots at s₁ … sₖ in one window of 10 s the
last leaves it at least at s₁ + k × cost and at most at sₖ + 2.5 s: k × cost ≤ 10 s + 2.5 s, hence
k ≤ 12.5 s / (2.5 × interval) = (10 s / interval) / 2: half of the slots of that window, whatever the interval is.
People who come together get slots one after the other until the 2.5 s are used up (seven at 5/s), then 40 % of the
pace. Only where cost > 2.5 s (a pace under one a second, after throttles) a slot is theirs as soon as their time has
come, which can be one more than half.

**A beat takes one slot at a time.** Several in one statement would be six times as cheap for the database (8,291 grants
a second against 1,295), and would lie in the future: at 5 slots a second, five of them let a person of another process
wait for a second, who now waits for one slot. One at a time is enough for 250 budgets that never rest.
"""

from __future__ import annotations

from typing import Final

from bot.domain.pace import Terms
from bot.domain.turn import Urgency

LARGEST_SHARE: Final = 0.9

# A beat may take only what is due now, so that a person of any process is ahead of it; asked a moment early, no slot is
# lost between the answer and the next question.
BEAT_HORIZON_S: Final = 0.025
PERSON_HORIZON_S: Final = 5.0

PEOPLE_WINDOW_S: Final = 10.0
PEOPLE_DEPTH_S: Final = 2.5
PEOPLE_COST: Final = 2 * (1 + PEOPLE_DEPTH_S / PEOPLE_WINDOW_S)  # intervals

GROWTH: Final = 0.95  # thirteen grants undo one halving
MOST_STRETCH: Final = 16.0  # four halvings: slower would hide that something else is wrong
SHORTEST_THROTTLE_S: Final = 1.0  # vendors count by the second
LONGEST_THROTTLE_S: Final = 120.0  # the vendors' own clients believe no longer pause


def terms(per_second: float, share: float, urgency: Urgency) -> Terms:
    """
    Derive the terms for a share of a documented rate.

    Raises:
        ValueError: the rate is not positive, or the share is not above 0 and at most 0.9.
    """
    if per_second <= 0:
        raise ValueError(f"a rate of {per_second} a second is none")
    if not 0 < share <= LARGEST_SHARE:
        raise ValueError(f"a share of {share} is not above 0 and at most {LARGEST_SHARE}")
    interval_s = 1 / (share * per_second)
    return Terms(
        urgency=urgency,
        interval_s=interval_s,
        slowest_s=MOST_STRETCH * interval_s,
        longest_pause_s=LONGEST_THROTTLE_S,
        growth=GROWTH,
        horizon_s=PERSON_HORIZON_S if urgency is Urgency.PERSON else BEAT_HORIZON_S,
        people_cost=PEOPLE_COST,
        people_depth_s=PEOPLE_DEPTH_S,
    )


def pause_s(asked_s: float) -> float:
    """Say how long a throttle stops a lane: as the cloud asked, but no less than 1 s and no more than 120 s."""
    return min(max(asked_s, SHORTEST_THROTTLE_S), LONGEST_THROTTLE_S)
