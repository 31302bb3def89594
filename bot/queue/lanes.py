"""
Lanes: ask the clouds. A question becomes a conversation, each of its requests has its turn, and nothing is asked twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from adapters.errors import ProviderError, Unreachable
from bot.domain.pace import LaneName
from bot.domain.turn import Urgency
from bot.queue import pace
from bot.queue.courier import Courier
from bot.queue.flight import Flight
from bot.queue.lane import Lane
from bot.queue.memory import Kept, Memory

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping
    from datetime import datetime

    from adapters.contract import (
        AccountName,
        Api,
        Conversation,
        Listing,
        Provider,
        Region,
        Reply,
        Request,
        Snapshot,
        TaskRef,
    )
    from bot.domain.account import Account
    from bot.domain.figures import LaneFigures
    from bot.domain.pace import Terms, Turn

T = TypeVar("T")


class Lanes:
    """
    The one way to the clouds.

    Args:
        providers: an opened provider for each account.
        accounts: the same accounts as the configuration has them.
        reserve: asks the pace row of a lane for a slot (`store.pace.Paces.reserve`).
        charge: counts a beat's slot as a person's (`Paces.charge`).
        throttle: halves a lane's pace and stops it for so many seconds (`Paces.throttle`).
        send: carries a signed request; raises `Unreachable` when no reply comes.
        now: the wall clock, read when a request is signed.
        monotonic: seconds that only ever grow.
        sleep: waits for so many of them.
        jitter: 0 ≤ jitter < 1, another one at each call.
        nonce: a string that was never used before, at each call.
    """

    def __init__(
        self,
        *,
        providers: Mapping[AccountName, Provider],
        accounts: Mapping[AccountName, Account],
        reserve: Callable[[LaneName, Terms], Awaitable[Turn]],
        charge: Callable[[LaneName, Terms], Awaitable[Turn]],
        throttle: Callable[[LaneName, Terms, float], Awaitable[None]],
        send: Callable[[Request], Awaitable[Reply]],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
        nonce: Callable[[], str],
    ) -> None:
        self._providers = providers
        self._accounts = accounts
        self._reserve = reserve
        self._charge = charge
        self._monotonic = monotonic
        self._sleep = sleep
        self._couriers = {
            name: Courier(
                provider,
                throttle=throttle,
                send=send,
                now=now,
                monotonic=monotonic,
                sleep=sleep,
                jitter=jitter,
                nonce=nonce,
            )
            for name, provider in providers.items()
        }
        self._lanes: dict[LaneName, Lane] = {}
        self._flights: dict[Hashable, Flight[Any]] = {}  # the newest to each question
        self._under_way: set[Flight[Any]] = set()
        self._memory = Memory()
        self._is_closed = False

    async def ask(
        self, ref: TaskRef, *, urgency: Urgency, fresh: bool = False, admit: Callable[[], None] | None = None
    ) -> Snapshot:
        """
        Read one task.

        Args:
            urgency: a person's question goes before the beat's.
            fresh: read anew: no answer from memory, and none of a question that has left already.
            admit: called just before a read that really goes to a cloud; what it raises ends the question there.

        Raises:
            ProviderError: the cloud did not answer it. What waited for a turn in vain is `Throttled`.
        """
        return await self._answer(
            ref,
            ref.account,
            self._providers[ref.account].status(ref.region, ref.task_id),
            urgency=urgency,
            fresh=fresh,
            admit=admit,
        )

    async def list(
        self,
        account: AccountName,
        region: Region,
        text: str = "",
        *,
        urgency: Urgency,
        fresh: bool = False,
        admit: Callable[[], None] | None = None,
        may_go_on: Callable[[], Awaitable[bool]] | None = None,
    ) -> Listing:
        """
        Walk an account's list of tasks, those whose name holds `text`; the rest as for `ask`.

        Args:
            may_go_on: asked each time a page has its turn, however long that took; after a no, no page is asked for on
                this asker's behalf. It may raise, and the question ends with that.

        Raises:
            LookupError: this cloud has no list (`Account.lists` says so beforehand).
            Withdrawn: `may_go_on` said no.
        """
        conversation = self._providers[account].listing(region, text)
        if conversation is None:
            raise LookupError(f"{account} has no list of tasks")
        return await self._answer(
            (account, region, text),
            account,
            conversation,
            urgency=urgency,
            fresh=fresh,
            admit=admit,
            may_go_on=may_go_on,
        )

    def figures(self) -> tuple[LaneFigures, ...]:
        """Tell what each lane has done since the start; a lane appears with its first question."""
        return tuple(self._lanes[name].figures() for name in sorted(self._lanes))

    async def close(self) -> None:
        """End every question, with an answer for whoever still waits, and every pump."""
        self._is_closed = True
        for flight in [*self._under_way]:
            await flight.call_off(_stopping())
        for lane in self._lanes.values():
            await lane.close()

    async def _answer(
        self,
        question: Hashable,
        account: AccountName,
        conversation: Conversation[T],
        *,
        urgency: Urgency,
        fresh: bool,
        admit: Callable[[], None] | None,
        may_go_on: Callable[[], Awaitable[bool]] | None = None,
    ) -> T:
        if self._is_closed:
            raise _stopping()
        kept = None if fresh else self._memory.recall(question, self._monotonic())
        if kept is not None:
            kept.lane.tally.reused += 1
            return cast("T", kept.answer)
        flight: Flight[T] | None = self._flights.get(question)
        if flight is not None and not flight.is_over and not (fresh and flight.is_sent):
            flight.lane.tally.joined += 1
            if urgency < flight.urgency:
                flight.hurry(self._monotonic())
            return await flight.answer(may_go_on)
        try:
            request = next(conversation)
        except StopIteration as known:  # nothing has to be asked
            return cast("T", known.value)
        if admit is not None:
            admit()
        flight = Flight(self._lane(account, request.api), urgency, self._monotonic())
        flight.start(
            self._fly(question, account, conversation, request, flight), lambda: self._forget(question, flight)
        )
        self._flights[question] = flight
        self._under_way.add(flight)
        return await flight.answer(may_go_on)

    def _forget(self, question: Hashable, flight: Flight[Any]) -> None:
        self._under_way.discard(flight)
        if self._flights.get(question) is flight:  # and not a newer one
            del self._flights[question]

    async def _fly(
        self,
        question: Hashable,
        account: AccountName,
        conversation: Conversation[T],
        request: Request,
        flight: Flight[T],
    ) -> T:
        lane = flight.lane
        try:
            while True:
                try:
                    reply = await self._couriers[account].carry(request, lane, flight)
                except ProviderError as error:
                    request = conversation.throw(error)
                else:
                    request = conversation.send(reply)
                lane = self._lane(account, request.api)
                flight.enter(lane, self._monotonic())
        except StopIteration as done:
            if flight.replied_at is not None:
                kept = Kept(done.value, flight.replied_at, flight.lane)
                self._memory.keep(question, kept, self._monotonic())
            return cast("T", done.value)

    def _lane(self, account: AccountName, api: Api) -> Lane:
        mine = self._accounts[account]
        name = LaneName(provider=mine.provider, budget=mine.budget, api=api)
        if name not in self._lanes:
            rate = self._providers[account].paces[api].per_second
            # Accounts that share a budget share its pace; where they name different shares, the most careful holds.
            share = min(
                other.share
                for other in self._accounts.values()
                if (other.provider, other.budget) == (mine.provider, mine.budget)
            )
            self._lanes[name] = Lane(
                name,
                terms={urgency: pace.terms(rate, share, urgency) for urgency in Urgency},
                reserve=self._reserve,
                charge=self._charge,
                monotonic=self._monotonic,
                sleep=self._sleep,
            )
        return self._lanes[name]


def _stopping() -> Unreachable:
    return Unreachable(detail="relaybot is stopping; ask again in a moment")
