"""
Settings: how a channel is told what happens, shown as a dialog and set by it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.domain import message
from bot.domain.permit import Deed, Standing
from bot.domain.words import say
from bot.flows.admit import require
from bot.flows.change import changing
from bot.flows.duty import has_duty
from bot.flows.pause import SHARED, pause, resume
from bot.flows.where import about, place_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.subscription import ChannelSettings
    from bot.flows.desk import Asker, Desk


async def settings_form(asker: Asker, desk: Desk, *, now: datetime) -> message.SettingsForm:
    """
    Return the dialog of this channel's settings.

    Raises:
        Refused: they may not set them.
    """
    await _may_set(asker, desk, now=now)
    channel = await about(asker, desk)
    async with desk.memory.reading() as tx:
        settings = await tx.channels.settings(place_of(asker))
    is_admin = asker.person.standing is Standing.ADMIN
    return message.SettingsForm(settings=settings, may_allow_shared=channel.is_shared and is_admin)


async def set_channel(switches: Mapping[str, bool], asker: Asker, desk: Desk, *, now: datetime) -> message.Message:
    """
    Set what the dialog says.

    Args:
        switches: by the names of `ChannelSettings`; what is not among them stays as it is.

    Raises:
        Refused: they may not, or may not let the bot into a shared channel.
    """
    await _may_set(asker, desk, now=now)
    place, channel = place_of(asker), await about(asker, desk)
    async with changing(desk, asker, now=now) as change:
        before = await change.tx.channels.settings(place)
        wanted = replace(before, **switches)
        if before == wanted:
            return message.Done(said=(say("settings.same"),))
        if before.allows_shared != wanted.allows_shared:
            require(Deed.ALLOW_SHARED, asker.person, asker.channel)
        await change.tx.channels.set(place, wanted, by=asker.person.user, now=now)
        if wanted.allows_shared:
            await resume(change.tx, place, {SHARED}, now=now)
        elif before.allows_shared and channel.is_shared:
            await pause(change.tx, place, SHARED, tells="paused_shared", code=SHARED, now=now)
        await change.tell("settings", to=_changed(before, wanted))
        await change.trace("settings", place.channel)
    return message.Done(said=(say("settings.done", to=_changed(before, wanted)),))


async def _may_set(asker: Asker, desk: Desk, *, now: datetime) -> None:
    async with desk.memory.reading() as tx:
        here = await tx.subscriptions.of_place(place_of(asker))
    owns = any(each.created_by == asker.person.user for each in here) or await has_duty(asker, desk, now=now)
    require(Deed.SET, asker.person, asker.channel, owns=owns)


def _changed(before: ChannelSettings, now: ChannelSettings) -> str:
    """Say what is different from now on."""
    switches = {
        say("settings.threads"): (before.threads, now.threads),
        say("settings.in_channel"): (before.in_channel, now.in_channel),
        say("settings.digest"): (before.digest, now.digest),
        say("settings.allows_shared"): (before.allows_shared, now.allows_shared),
    }
    return ", ".join(
        say("settings.switch", what=what, to=say("settings.on") if new else say("settings.off"))
        for what, (old, new) in switches.items()
        if old != new
    )
