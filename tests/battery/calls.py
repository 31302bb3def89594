"""
Who was called about a task, by Slack's ledger and by the outside pagers', and what is wrong with that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from bot.domain.words import say
from tests.battery.hearing import CALLS, TOLD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from bot.sandbox.pager import Alert, Hooked
    from bot.sandbox.slack import Message
    from bot.sandbox.stage import Stage
    from tests.battery.history import Found

CHANNEL, DIRECT, PAGERDUTY, WEBHOOK = "the channel", "who is called", "PagerDuty", "the webhook"
AGAIN: Final = (say("page.because.held"), say("page.because.lapsed"))  # why a level is rightly called once more
REMINDS: Final = say("page.because.ack_over")
HOWS: Final = ("triggered", "resolved")
RANKS: Final = {"trigger": 0, "acknowledge": 1, "resolve": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of a level as Slack has it; `is_again`: that level is called once more, and says why."""

    level: int
    user: str
    at: datetime
    is_again: bool
    message: Message

    @property
    def key(self) -> str:
        metadata = self.message.metadata or {}
        return str(metadata["event_payload"]["key"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """
    What was heard of one task, wherever somebody is called for it.

    Args:
        levels: whose call is which level's.
    """

    stage: Stage
    task: str
    levels: Mapping[str, int]

    def in_channel(self) -> list[Call]:
        """Return the calls that the channel reads, oldest first."""
        return [each for each in self._said() if each.message.thread_ts]

    def everywhere(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Return each call by place, oldest first: its level, and how manyth of that level it is; Slack's keys once."""
        once = {each.key: each for each in reversed(self._said())}
        said = sorted(once.values(), key=lambda each: each.at)
        triggered = [hook for hook in self._hooks() if hook.type == "incident.triggered"]
        return {
            CHANNEL: _numbered(each.level for each in said if each.message.thread_ts),
            DIRECT: _numbered(each.level for each in said if not each.message.thread_ts),
            PAGERDUTY: _numbered(int(alert.key.rsplit(":", 1)[1]) for alert in self._alerts()),
            WEBHOOK: _numbered(hook.data["step"] for hook in triggered),
        }

    def are(self, wanted: int) -> bool:
        """Say whether so many stand, everywhere."""
        return all(len(calls) >= wanted for calls in self.everywhere().values())

    def are_acked(self) -> bool:
        """Say whether outside pagers have heard that somebody has it in hand."""
        return any(hook.type == "incident.acknowledged" for hook in self._hooks()) and all(
            alert.state != "triggered" for alert in self._alerts()
        )

    def are_over(self) -> bool:
        """Say whether outside pagers have heard that it is over."""
        hooks = self._hooks()
        begun, ended = ({each.data["step"] for each in hooks if each.type == f"incident.{how}"} for how in HOWS)
        return begun <= ended and all(alert.state == "resolved" for alert in self._alerts())

    def compare(
        self, found: Found, *, quiet: Sequence[tuple[datetime, datetime]], doubt: Sequence[tuple[datetime, datetime]]
    ) -> None:
        """
        Hold them against what may be.

        Args:
            quiet: when nobody may be called (I5).
            doubt: when whoever was called then may be called off before every place has heard of it.
        """
        said, places = self._said(), self.everywhere()
        doubtful = {each.level for each in said if _is_in(each.at, doubt)}
        everyone = set().union(*places.values())
        found.doubled += [
            self._of(f"{key} stands {n} times") for key, n in _counted(each.key for each in said) if n > 1
        ]
        for place, calls in places.items():
            lacking = sorted(each for each in everyone - {*calls} if each[0] not in doubtful)
            found.lost += [self._of(f"{place} lacks {each}") for each in lacking]
        found.wrong += [self._of(f"{each.user} at {each.at} in the quiet") for each in said if _is_in(each.at, quiet)]
        self._follow(found)
        self._are_one(found)

    def _follow(self, found: Found) -> None:
        """Each timer fires once (I12): from level to level, and once more only for a reason."""
        calls = list({each.key: each for each in reversed(self.in_channel())}.values())[::-1]
        if not calls or calls[0].level:
            found.lost.append(self._of("nobody of level 0"))
        for before, after in pairwise(calls):
            if after.level == before.level and not after.is_again:
                found.doubled.append(self._of(f"level {after.level} twice, for no reason"))
            elif after.level not in {before.level, before.level + 1}:
                found.disordered.append(self._of(f"level {after.level} after {before.level}"))

    def _are_one(self, found: Found) -> None:
        """There is one incident of it (I6), and a pager hears of each level in its order."""
        incidents = {hook.data["incident"] for hook in self._hooks()}
        if len(incidents) != 1:
            found.doubled.append(self._of(f"incidents {sorted(incidents)}"))
        for alert in self._alerts():
            ranks = [RANKS[event] for event in alert.events]
            if ranks != sorted(ranks):
                found.disordered.append(self._of(f"{alert.key} at PagerDuty: {alert.events}"))

    def _said(self) -> list[Call]:
        found = []
        for message in self.stage.slack.heard():
            called, about = CALLS.match(message.words), TOLD.match(message.text)
            if called is None or about is None or message.ephemeral_to or REMINDS in message.words:
                continue
            if about[2] == self.task and called[1] in self.levels:
                at = datetime.fromtimestamp(float(message.ts), UTC)
                is_again = any(words in message.words for words in AGAIN)
                level = self.levels[called[1]]
                found.append(Call(level=level, user=called[1], at=at, is_again=is_again, message=message))
        return sorted(found, key=lambda each: each.at)

    def _alerts(self) -> list[Alert]:
        return [alert for alert in self.stage.pager.alerts if self.task in alert.summary.split()]

    def _hooks(self) -> list[Hooked]:
        return [hook for hook in self.stage.pager.hooks if hook.data.get("task_id") == self.task]

    def _of(self, what: str) -> str:
        return f"call of {self.task}: {what}"


def _is_in(at: datetime, spans: Iterable[tuple[datetime, datetime]]) -> bool:
    return any(begins < at < ends for begins, ends in spans)


def _counted(keys: Iterable[str]) -> Collection[tuple[str, int]]:
    return Counter(keys).items()


def _numbered(levels: Iterable[int]) -> list[tuple[int, int]]:
    seen: Counter[int] = Counter()
    numbered = []
    for level in levels:
        seen[level] += 1
        numbered.append((level, seen[level]))
    return numbered
