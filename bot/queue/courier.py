"""
Courier: carries one account's requests: a turn, a signature, a sending, and a second chance where time heals.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from adapters.errors import ClockSkew, ProviderError, Throttled
from bot.domain.turn import Urgency
from bot.queue import retry

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime
    from typing import Any

    from adapters.contract import Provider, Reply, Request
    from bot.domain.pace import LaneName, Terms
    from bot.queue.flight import Flight
    from bot.queue.lane import Lane


class Courier:
    """
    One account's way to its cloud. What it is handed is what `Lanes` is handed.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        throttle: Callable[[LaneName, Terms, float], Awaitable[None]],
        send: Callable[[Request], Awaitable[Reply]],
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        jitter: Callable[[], float],
        nonce: Callable[[], str],
    ) -> None:
        self._provider = provider
        self._throttle = throttle
        self._send = send
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter
        self._nonce = nonce
        self._skew = timedelta()  # the cloud's time less ours, learnt when it did not believe ours

    async def carry(self, request: Request, lane: Lane, flight: Flight[Any]) -> Reply:
        """
        Bring a flight's request, which stands in line already, to the cloud, and its reply back.

        Nothing is held while it waits to be sent again.

        Raises:
            ProviderError: what does not heal, or did not within the attempts and the patience of `retry`.
            Withdrawn: its turn came, and nobody may have the reply any more.
        """
        waiter = flight.waiter
        failures: Counter[type[ProviderError]] = Counter()
        trouble: ProviderError = Throttled(detail="no turn came in time: too much is asked of this account")
        while True:
            try:
                await waiter.turn
            except TimeoutError:
                break
            await flight.check()
            flight.is_sent = True
            lane.tally.sent += 1
            outcome = await self._attempt(request)
            if not isinstance(outcome, ProviderError):
                if flight.replied_at is None:
                    flight.replied_at = self._monotonic()
                return outcome
            trouble = outcome
            failures[type(trouble)] += 1
            wait_s = await self._learn(trouble, failures[type(trouble)], lane)
            if wait_s is None or self._monotonic() + wait_s >= waiter.give_up_at:
                break
            lane.tally.retried += 1
            await self._sleep(wait_s)
            lane.enter_again(waiter)
        raise trouble

    async def _attempt(self, request: Request) -> Reply | ProviderError:
        signed = self._provider.sign(request, now=self._now() + self._skew, nonce=self._nonce())
        try:
            reply = await self._send(signed)
        except ProviderError as error:
            return error
        return self._provider.refusal(reply) or reply

    async def _learn(self, trouble: ProviderError, failures: int, lane: Lane) -> float | None:
        """Let the next attempt, and everybody's, profit by what went wrong; say how long to wait for it."""
        jitter = self._jitter()
        now = self._now()
        lane.tally.note(trouble, now)
        if isinstance(trouble, Throttled):
            lane.tally.throttled += 1
            pause_s = retry.throttled_for_s(trouble, failures, jitter)
            await self._throttle(lane.name, lane.terms[Urgency.BEAT], pause_s)
        if isinstance(trouble, ClockSkew) and trouble.server_at is not None:
            self._skew = trouble.server_at - now
        return retry.wait_s(trouble, failures, jitter)
