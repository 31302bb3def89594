"""
The half that works unasked: watches what is followed, delivers what is to be said, keeps the tables tidy.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.domain.pager import name_of
from bot.domain.subscription import Place
from bot.flows import escalate, handover
from bot.flows.call import call
from bot.flows.deliver import Office, deliver
from bot.flows.escalate import Escalator
from bot.flows.handover import Handovers
from bot.flows.tidy import EVERY_S, Tidier
from bot.flows.watch import LONGEST_NAP_S, WAKE, Watch
from bot.queue.tempo import Tempo
from bot.slack.groups import Groups
from bot.slack.speech import speech
from bot.store.pace import Paces
from bot.wiring.calling import calling
from bot.wiring.reach import reach
from bot.wiring.told import clouds_told

if TYPE_CHECKING:
    from bot.flows.call import Exchange
    from bot.wiring.beats import Beat
    from bot.wiring.means import Means


class Working:
    """
    The beats and the deliveries of one process.

    Args:
        haste: how many times more often to look around, and faster to speak.
    """

    def __init__(self, means: Means, *, haste: float) -> None:
        clouds, found = means.clouds, reach(means)
        self._leaving = asyncio.Event()
        self._work = means.work
        self._watch = Watch(
            memory=means.memory,
            lanes=clouds.lanes,
            accounts=clouds.accounts,
            per_second=clouds.per_second,
            now=means.now,
            longest_nap_s=LONGEST_NAP_S / haste,
        )
        self._tidier = Tidier(
            memory=means.memory,
            accounts=clouds.accounts,
            put_missing=means.work.put_missing,
            trim_engine=means.work.trim,
            now=means.now,
            every_s=EVERY_S / haste,
        )
        self._escalator = Escalator(
            memory=means.memory,
            accounts=clouds.accounts,
            reach=found,
            now=means.now,
            every_s=escalate.EVERY_S / haste,
        )
        self._handovers = Handovers(
            memory=means.memory,
            accounts=clouds.accounts,
            reach=found,
            groups=means.told.groups,
            put=Groups(means.client).put,
            now=means.now,
            every_s=handover.EVERY_S / haste,
        )
        self._office = Office(
            memory=means.memory,
            speech=speech(means.voice, bot=means.identity.bot),
            tempo=Tempo(
                Paces(means.database, clock=means.pace_clock).reserve,
                sleep=self._sleep,
                haste=haste,
                is_leaving=self._leaving.is_set,
            ),
            monotonic=asyncio.get_running_loop().time,
            is_leaving=self._leaving.is_set,
            titles={word: cloud.title for word, cloud in clouds_told(means.told).items()},
            now=means.now,
            admins=means.told.bot.admins,
        )
        self._calling = calling(means, haste=haste, is_leaving=self._leaving.is_set)
        self.beats: Final[tuple[Beat, ...]] = (
            *self._calling.beats,
            self._watch,
            self._tidier,
            self._escalator,
            self._handovers,
        )

    def start(self) -> None:
        """Begin to hear wakes."""
        self._work.start(
            {"deliver": partial(_deliver, self._office, self._calling.exchange), WAKE.what: self._hurry},
        )

    def leave(self) -> None:
        """Take up nothing more from now on."""
        self._leaving.set()
        self._work.retire()

    async def stop(self) -> None:
        """Leave; what is being sent may finish, and the rest is handed on."""
        self.leave()
        await self._work.stop()

    async def _sleep(self, seconds: float) -> None:
        """Sleep so long, or until the process is asked to leave."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._leaving.wait()

    async def _hurry(self, _key: str) -> None:
        self._watch.hurry()


async def _deliver(office: Office, exchange: Exchange, key: str) -> None:
    team, channel = key.split(" ")
    place = Place(team=team, channel=channel)
    await (deliver(place, office) if name_of(place) is None else call(place, exchange))
