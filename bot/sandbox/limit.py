"""
A vendor's rate, counted as vendors count: so many in any window of that length, and the next one is refused.
"""

from __future__ import annotations

from collections import defaultdict, deque


class SlidingWindow:
    """
    At most `most` in any `window_s` seconds, for each key apart. Refused ones are not counted.

    `most` may be changed at any time.
    """

    def __init__(self, most: int, window_s: float = 1.0) -> None:
        self.most = most
        self.window_s = window_s
        self._taken: defaultdict[object, deque[float]] = defaultdict(deque)

    def admit(self, key: object, tick: float) -> float:
        """Count one at `tick` (monotonic seconds) and return 0, or return how many seconds too early it is."""
        taken = self._taken[key]
        if taken:
            tick = max(tick, taken[-1])  # one that hung is answered after others that came later
        while taken and taken[0] <= tick - self.window_s:
            taken.popleft()
        if len(taken) >= self.most:
            return taken[-self.most] + self.window_s - tick if self.most else self.window_s
        taken.append(tick)
        return 0.0
