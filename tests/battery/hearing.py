"""
What each channel has heard of each task, by the sandbox Slack's own ledger.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.slack import Message, Slack

UNSEEN: Final = say("card.doubt.first")
TOLD: Final = re.compile(r"([A-Z_]+) ([\w-]+)")
CALLS: Final = re.compile(r"<@(\w+)> · ")  # how a call begins, which is no news of its own


@dataclass(slots=True)
class Heard:
    """Of one task in one channel: its cards, and the states that were told under them, oldest first."""

    cards: list[Message] = field(default_factory=list)
    states: list[str] = field(default_factory=list)

    def shows(self, state: str) -> bool:
        """Say whether its card tells this state, which somebody has looked at."""
        return any(card.text.startswith(state) and UNSEEN not in card.words for card in self.cards)


def listen(slack: Slack) -> Mapping[tuple[str, str], Heard]:
    """Return what was heard, by the channel's name and the task."""
    names = {channel.id: channel.name for channel in slack.workspace.channels.values()}
    heard: defaultdict[tuple[str, str], Heard] = defaultdict(Heard)
    for message in slack.heard():
        told = TOLD.match(message.text)
        if told is None or message.ephemeral_to or CALLS.match(message.words):
            continue
        here = heard[names[message.channel], told[2]]
        if not message.thread_ts:
            here.cards.append(message)
        elif any(card.ts == message.thread_ts for card in here.cards):
            here.states.append(told[1])
    return heard
