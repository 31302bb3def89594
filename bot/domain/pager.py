"""
Pagers: what is called outside Slack, as the configuration names it, and whose incidents go there. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from bot.domain.page import PAGER
from bot.domain.response import Due

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.response import Response
    from bot.domain.subscription import Place


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pager:
    """One of them; `channels` are globs of the Slack channels that may use it, none: all may."""

    name: str
    channels: tuple[str, ...] = ()


def of_channel(pagers: Iterable[Pager], place: Place) -> tuple[str, ...]:
    """Name the pagers that a channel's calls go to."""
    return tuple(
        sorted(
            pager.name
            for pager in pagers
            if not pager.channels or any(fnmatchcase(place.channel, glob) for glob in pager.channels)
        )
    )


def name_of(place: Place) -> str | None:
    """Name the pager that a place of the outbox stands for; None: it is Slack's."""
    return place.channel.removeprefix(PAGER) if place.channel.startswith(PAGER) else None


def unheard(response: Response, step: int, now: datetime) -> Response:
    """
    Call the next level at once when a pager does not take the call of a level.

    Where somebody has it in hand, a later level was called already or there is none, the response goes on as it was.
    """
    is_its_turn = response.due is Due.CALL and response.step == step < response.policy.last
    if not response.is_open or not response.calls_itself or response.is_acked or not is_its_turn:
        return response
    return replace(response, due_at=now) if response.due_at is None or response.due_at > now else response
