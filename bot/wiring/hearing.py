"""
The half that hears: people in Slack over HTTP and sockets, the clouds' callbacks.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from bot import __version__
from bot.domain.looks import Looks
from bot.domain.rates import Rates
from bot.flows.admit import Gate
from bot.flows.desk import About, Desk
from bot.flows.heed import Heed
from bot.flows.hint import Hinted
from bot.flows.look import Looker
from bot.slack.errands import Errands
from bot.slack.groups import Groups
from bot.slack.listeners import Ear, listen
from bot.slack.people import People
from bot.slack.replay import Replays
from bot.slack.sockets import Sockets
from bot.store.audit import Audit
from bot.web import callbacks, events
from bot.wiring.reach import pagers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from adapters.contract import TaskRef
    from bot import settings
    from bot.web.door import Handler
    from bot.wiring.means import Means

DRAIN_S: Final = 10.0  # how long what was acked may take when the process is asked to leave

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What hears; `slack` and `callbacks` stand in the door, `heed` is a beat."""

    slack: Handler | None
    callbacks: Handler
    sockets: Sockets | None
    errands: Errands
    heed: Heed

    async def finish(self) -> None:
        """Wait for what was acked, after nothing more is heard."""
        lost = await self.errands.drain(within_s=DRAIN_S)
        if lost:
            log.warning("%d answers took longer than %.0f s and were given up", lost, DRAIN_S)


def hearing(means: Means, *, patience_s: float) -> Hearing:
    """
    Assemble it.

    Args:
        patience_s: how long a cloud may take to answer a person.
    """
    told, slack, clouds, now = means.told, means.slack, means.clouds, means.now
    people = People(means.client, team=means.identity.team, admins=frozenset(told.bot.admins), now=now)
    errands = Errands(mark=lambda: secrets.token_hex(4))
    heed = Heed(memory=means.memory, now=now)
    ear = Ear(
        desk=_desk(means, people, patience_s=patience_s, looked_at=heed.looked_at),
        people=people,
        voice=means.voice,
        errands=errands,
        replays=Replays(),
        now=now,
        team=means.identity.team,
        client=means.client,
    )
    app = listen(ear, means.client, means.identity)
    hinted = Hinted(memory=means.memory, per_second=clouds.per_second)
    return Hearing(
        slack=events.receive(app, secret=slack.signing_secret, now=now) if slack.signing_secret else None,
        callbacks=callbacks.receive(_hearers(told), take=hinted.take, now=now),
        sockets=Sockets(app, app_token=slack.app_token) if slack.app_token else None,
        errands=errands,
        heed=heed,
    )


def _desk(means: Means, people: People, *, patience_s: float, looked_at: Callable[[TaskRef], None]) -> Desk:
    clouds = means.clouds
    return Desk(
        accounts=clouds.accounts,
        paces={name: provider.paces for name, provider in clouds.providers.items()},
        looker=Looker(lanes=clouds.lanes, accounts=clouds.accounts, looked_at=looked_at),
        looks=Looks(),
        gate=Gate(record=Audit(means.database).record, rates=Rates()),
        about=About(
            version=__version__,
            bot=means.identity.user,
            transport=means.slack.transport,
            scopes=means.identity.scopes,
            store="PostgreSQL" if means.database.is_postgres else "SQLite",
        ),
        memory=means.memory,
        about_channel=people.channel,
        channels_of=people.channels_of,
        person=partial(people.person, team=means.identity.team),
        members_of=Groups(means.client).members,
        figures=clouds.lanes.figures,
        patience_s=patience_s,
        calendars=frozenset(means.told.calendars),
        pagers=pagers_of(means.told),
    )


def _hearers(told: settings.Settings) -> Mapping[str, Sequence[callbacks.Hearer]]:
    """The accounts that their clouds may call back, by the words of those clouds."""
    hearers: dict[str, list[callbacks.Hearer]] = {}
    for name, account in told.accounts.items():
        if account.type.hear is not None:
            hear = partial(account.type.hear, account.settings)
            hearers.setdefault(account.type.word, []).append(callbacks.Hearer(account=name, hear=hear))
    return hearers
