"""
Admit: the one place that commands, mentions and buttons pass before anything is done for somebody.

The rules are `domain.permit` and `domain.rates`; here they meet the audit and the questions under way.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.domain.message import Declined
from bot.domain.permit import Refusal, refusal_said, refuses

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from datetime import datetime

    from bot.domain.permit import Channel, Deed, Person
    from bot.domain.rates import Rates


T = TypeVar("T")


class Record(Protocol):
    """Append one row to the audit: ids only, never what somebody typed."""

    def __call__(
        self,
        *,
        at: datetime,
        team_id: str,
        user_id: str,
        channel_id: str,
        verb: str,
        subject: str,
        outcome: str,
        why: str,
    ) -> Awaitable[None]: ...


class Refused(Exception):
    """
    A change that is not made, found out while it was being made: everything begun is rolled back.

    `subject` is the id that it was about; `values` fill the sentence.
    """

    def __init__(self, refusal: Refusal, *, subject: str = "", **values: object) -> None:
        self.refusal = refusal
        self.subject = subject
        self.values = values
        super().__init__(refusal)


def require(deed: Deed, person: Person, channel: Channel, *, owns: bool = False, subject: str = "") -> None:
    """
    Let a change go on.

    Raises:
        Refused: they may not; `Gate.unless_refused`, around it all, writes that down and says it.
    """
    refusal = refuses(deed, person, channel, owns=owns)
    if refusal is not None:
        raise Refused(refusal, subject=subject)


class Searching(Exception):
    """The person has a search over several regions under way."""


class Gate:
    """
    Who may, how often, and a trace of each refusal.

    Args:
        record: appends to the audit.
        rates: how often people have asked of late; this process's own.
    """

    def __init__(self, *, record: Record, rates: Rates) -> None:
        self._record = record
        self._rates = rates
        self._searching: set[tuple[str, str]] = set()

    async def refusal(
        self, deed: Deed, person: Person, channel: Channel, *, verb: str, subject: str = "", now: datetime
    ) -> Refusal | None:
        """Say why not, after it was written down; None when the person may."""
        refusal = refuses(deed, person, channel)
        if refusal is not None:
            await self.trace(person, channel, verb=verb, subject=subject, outcome="refused", why=refusal, now=now)
        return refusal

    async def trace(
        self, person: Person, channel: Channel, *, verb: str, subject: str = "", outcome: str, why: str, now: datetime
    ) -> None:
        """Write one line of who did, or was refused, what."""
        await self._record(
            at=now,
            team_id=person.team,
            user_id=person.user,
            channel_id=channel.channel,
            verb=verb,
            subject=subject,
            outcome=outcome,
            why=why,
        )

    async def unless_refused(
        self, doing: Awaitable[T], person: Person, channel: Channel, *, verb: str, bot: str, now: datetime
    ) -> T | Declined:
        """
        Do something for somebody; where it is refused on the way, write that down and say it.

        Args:
            bot: the bot's Slack user id, for sentences that say how to invite it.
        """
        try:
            return await doing
        except Refused as refused:
            why, subject = refused.refusal, refused.subject
            await self.trace(person, channel, verb=verb, subject=subject, outcome="refused", why=why, now=now)
            return Declined(said=refusal_said(why, bot=f"<@{bot}>", **refused.values))

    def counter(self, person: Person, channel: Channel, now: datetime) -> Callable[[], None]:
        """
        Return what a lane calls before it starts a read for this question.

        One question counts once, however many regions it must ask. The returned function raises `TooOften`.
        """
        is_counted = False

        def admit() -> None:
            nonlocal is_counted
            if not is_counted:
                self._rates.admit(user=f"{person.team} {person.user}", channel=channel.channel, now=now)
                is_counted = True

        return admit

    @contextmanager
    def search(self, person: Person, *, is_search: bool) -> Iterator[None]:
        """
        Hold the person's one search over several regions.

        Raises:
            Searching: they have one under way.
        """
        key = (person.team, person.user)
        if not is_search:
            yield
            return
        if key in self._searching:
            raise Searching
        self._searching.add(key)
        try:
            yield
        finally:
            self._searching.discard(key)
