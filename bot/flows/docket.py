"""
Docket: which responses are touched by what some reads came to, gathered so that they are looked up once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import telling
from bot.flows import respond
from bot.flows.about import badness
from bot.flows.respond import Heard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.domain.account import Account
    from bot.domain.subscription import Mute, Place, Subscription
    from bot.domain.task import Followed, News
    from bot.store.incidents import Incident
    from bot.store.memory import Tx


class Docket:
    """Gathers incidents that opened, went on or ended, of one account's region."""

    def __init__(
        self, *, account: Account, subscriptions: Sequence[Subscription], mutes: Sequence[Mute], now: datetime
    ) -> None:
        self._account = account
        self._subscriptions = subscriptions
        self._mutes = mutes
        self._now = now
        self._heard: list[Heard] = []
        self._over: dict[str, list[int]] = {}

    def take(
        self,
        task: Followed,
        news: Sequence[News],
        incident: Incident | None,
        *,
        history: Sequence[News],
        in_group: bool,
    ) -> None:
        """
        Take in what a task's incident has come to.

        Args:
            task: as it is now.
            news: of the verdict that has just been written down.
            history: what was told of the task before that.
        """
        if incident is None:
            return
        if incident.closed_at is not None:
            if incident.closed_at in {each.at for each in news}:
                self._over.setdefault(incident.closed_why, []).append(incident.id)
            return
        if in_group:  # the group is responded to
            return
        hearing, paging = listening(
            task, subscriptions=self._subscriptions, mutes=self._mutes, history=[*history, *news], now=self._now
        )
        has_changed = any(each.is_change for each in news)
        self._heard.append(
            Heard(incident=incident, badness=badness([task]), places=hearing, paging=paging, has_changed=has_changed)
        )

    async def put(self, tx: Tx) -> None:
        """Write down what it comes to."""
        accounts = {self._account.name: self._account}
        for why, incidents in self._over.items():
            await respond.close(tx, incidents, why, accounts=accounts, now=self._now)
        await respond.hear(tx, self._heard, accounts=accounts, now=self._now)


def listening(
    task: Followed,
    *,
    subscriptions: Sequence[Subscription],
    mutes: Sequence[Mute],
    history: Sequence[News],
    now: datetime,
) -> tuple[frozenset[Place], frozenset[Place]]:
    """Name the places that hear of what made a task bad, and those of them in which somebody is called for it."""
    hearing = telling.listeners(task, subscriptions=subscriptions, mutes=mutes, history=history, now=now)
    calling = [each for each in subscriptions if each.wish.page]
    if not calling:
        return hearing, frozenset()
    return hearing, telling.listeners(task, subscriptions=calling, mutes=mutes, history=history, now=now)
