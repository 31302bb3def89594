"""
What each channel is to hear of each task, and what it has heard instead.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.battery.hearing import listen

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.sandbox.slack import Slack


@dataclass(slots=True, kw_only=True)
class Found:
    """What is not as it should be; `may_repeat`: so much may be said twice in one channel."""

    may_repeat: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)  # cards

    @property
    def is_right(self) -> bool:
        places = Counter(self.doubled).values()
        return not (self.lost or self.disordered or self.wrong) and max(places, default=0) <= self.may_repeat


class History:
    """
    The states that are to be told, in order, by channel and task; at first all run, and nothing is to be told.
    """

    def __init__(self, slack: Slack, follows: Iterable[tuple[str, str]]) -> None:
        self._slack = slack
        self._told: dict[tuple[str, str], list[str]] = {each: [] for each in follows}

    def add(self, task: str, state: str) -> None:
        """From now on whoever follows the task is to hear of this."""
        for (_, followed), told in self._told.items():
            if followed == task:
                told.append(state)

    def state(self, task: str) -> str:
        """Say where a task stands."""
        return next(_last(told) for (_, followed), told in self._told.items() if followed == task)

    def is_shown(self) -> bool:
        """Say whether every card stands and shows where its task stands, and no doubt."""
        heard = listen(self._slack)
        return all(where in heard and heard[where].shows(_last(told)) for where, told in self._told.items())

    def is_told(self) -> bool:
        """Say whether all has been said, once or more often, and every card shows it."""
        return self.is_shown() and self.waiting() == 0

    def waiting(self) -> int:
        """Count what is still to be said."""
        heard = listen(self._slack)
        return sum(max(len(told) - len(heard[where].states), 0) for where, told in self._told.items())

    def compare(self, found: Found) -> None:
        """Hold what was heard against this; what was said twice belongs to it from then on."""
        heard = listen(self._slack)
        for (place, task), told in self._told.items():
            here, states = heard[place, task], heard[place, task].states
            called = f"{task} in {place}"
            found.doubled += [called] * (len(here.cards) - 1)
            if len(states) < len(told):
                found.lost.append(f"{called}: {states}, not {told}")
            elif states[: len(told)] != told or set(states[len(told) :]) - set(told[-1:]):
                found.disordered.append(f"{called}: {states}, not {told}")
            else:
                found.doubled += [called] * (len(states) - len(told))
            if not here.shows(_last(told)):
                found.wrong.append(f"{called}: {[card.text for card in here.cards]}, not {told[-1:]}")
            told[:] = states


def _last(told: Sequence[str]) -> str:
    return told[-1] if told else "RUNNING"
