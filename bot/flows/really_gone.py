"""
Really gone: somebody says that what a cloud's list suddenly lacks was taken away, and is no slip of the cloud's.

From then on they are looked at one by one, and judged as anything is that is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.domain import blind, message
from bot.domain.evidence import Mislaid
from bot.domain.permit import Deed, Refusal
from bot.domain.words import say
from bot.flows import respond
from bot.flows.admit import Refused, require
from bot.flows.change import changing
from bot.flows.duty import has_duty
from bot.flows.where import open_here, place_of
from bot.store.incidents import REALLY_GONE, Scope

if TYPE_CHECKING:
    from datetime import datetime

    from bot.flows.desk import Asker, Desk


async def really_gone(incident: int, asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Believe a list that lacks more than half of what is followed.

    Args:
        incident: of the account, as the notice told it.

    Raises:
        Refused: this channel was not told of it or may not see the account, or that is not theirs to say.
    """
    on_call = await has_duty(asker, desk, now=now)
    async with changing(desk, asker, now=now) as change:
        found = await change.tx.incidents.get(incident)
        account = None if found is None else open_here(asker, desk).get(found.account)
        if found is None or account is None or found.scope is not Scope.ACCOUNT:
            raise Refused(Refusal.OTHER_CHANNEL, subject=str(incident))
        wanting = [
            each
            for each in await change.tx.subscriptions.of_account(found.account)
            if each.wish.region in {None, found.region}
        ]
        here = [each for each in wanting if each.place == place_of(asker)]
        if not here:
            raise Refused(Refusal.OTHER_CHANNEL, subject=str(incident))
        owns = on_call or any(each.created_by == asker.person.user for each in here)
        require(Deed.CONFIRM_GONE, asker.person, asker.channel, owns=owns, subject=found.account)
        is_it = found.why == Mislaid.__name__
        if not is_it or not await change.tx.incidents.close(incident, now, REALLY_GONE):
            return message.Done(said=(say("really_gone.over", account=found.account),))
        await respond.close(change.tx, [incident], REALLY_GONE, accounts=desk.accounts, now=now, by=asker.person.user)
        await change.tx.blind.end(found.account, found.region, None, now)
        about = blind.About(
            account=found.account,
            region=found.region,
            title=account.title,
            followed=0,
            places=frozenset(each.place for each in wanting) - {place_of(asker)},
        )
        for notice in blind.over(incident, about, since=found.opened_at, now=now):
            await change.tx.outbox.put(notice, now=now)
        await change.tell("really_gone", account=found.account, region=found.region)
        await change.trace("really_gone", found.account)
    return message.Done(said=(say("really_gone.done", account=found.account),))
