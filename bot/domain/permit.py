"""
Who may do what, where: the one table that commands, mentions and buttons ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.words import say


class Standing(StrEnum):
    """What a person is in the workspace that installed the bot."""

    ADMIN = "admin"  # named in RELAYBOT_ADMINS, or the workspace's owners and admins
    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"  # of another workspace, in a shared channel
    BOT = "bot"
    GONE = "gone"  # deactivated
    UNKNOWN = "unknown"  # Slack did not say: treated as nobody


class Deed(StrEnum):
    """What somebody wants, by the right it needs."""

    READ_HELP = "help"
    ASK = "ask"
    SHARE = "share"  # post where others read it


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who wants something."""

    team: str
    user: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where they want it."""

    channel: str
    is_member: bool = False  # is the bot in it?
    is_shared: bool = False  # with another workspace (Slack Connect)


class Refusal(StrEnum):
    """Why not; the word in the audit row and the key of the sentence."""

    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    GONE = "gone"
    UNKNOWN = "unknown"
    NOT_IN_CHANNEL = "not_in_channel"
    SHARED_CHANNEL = "shared_channel"
    STALE = "stale"
    TOO_OFTEN = "too_often"
    SEARCHING = "searching"


_BY_STANDING = {
    Standing.GUEST: Refusal.GUEST,
    Standing.STRANGER: Refusal.STRANGER,
    Standing.BOT: Refusal.BOT,
    Standing.GONE: Refusal.GONE,
    Standing.UNKNOWN: Refusal.UNKNOWN,
}


def refuses(deed: Deed, person: Person, channel: Channel) -> Refusal | None:
    """
    Say why this person may not do this here; None when they may.

    Help is everybody's. Asking is answered to the asker alone and is any member's anywhere. Sharing is seen by others:
    only where the bot is a member, and never where another workspace reads along.
    """
    if deed is Deed.READ_HELP:
        return None
    by_standing = _BY_STANDING.get(person.standing)
    if by_standing is not None:
        return by_standing
    if deed is Deed.SHARE and channel.is_shared:
        return Refusal.SHARED_CHANNEL
    if deed is Deed.SHARE and not channel.is_member:
        return Refusal.NOT_IN_CHANNEL
    return None


def refusal_said(refusal: Refusal, **values: object) -> str:
    """Return the refusal as a sentence."""
    return say(f"refused.{refusal}", **values)
