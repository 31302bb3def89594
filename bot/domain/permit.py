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
    FOLLOW = "subscribe"
    UNFOLLOW = "unsubscribe"  # what one subscribed oneself
    UNFOLLOW_OTHERS = "unsubscribe_others"
    NAME = "name"
    MUTE = "mute"  # one task, for two hours at most
    MUTE_LONG = "mute_long"
    MUTE_ALL = "mute_all"
    UNMUTE = "unmute"
    EXPECT = "expect"  # say that a bad end was meant
    ACK = "ack"  # have an incident in hand; to take it over, and a snooze, are no more than that
    SNOOZE = "snooze"
    ASSIGN = "assign"  # to somebody else
    CLOSE = "close"  # an incident that is not over
    CONFIRM_GONE = "really_gone"  # that what a cloud's list suddenly lacks is no slip of the cloud's
    ROTA = "oncall"  # who is called
    DRILL = "drill"  # call whoever is on call for an outage that is none
    SET = "settings"
    ALLOW_SHARED = "allow_shared"  # let the bot speak where another workspace reads along


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who wants something."""

    team: str
    user: str
    standing: Standing
    zone: str = ""  # the name of their time zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where they want it."""

    channel: str
    is_member: bool = False  # is the bot in it?
    is_shared: bool = False  # with another workspace (Slack Connect)
    is_archived: bool = False
    allows_shared: bool = False  # an admin allowed the bot there all the same


class Refusal(StrEnum):
    """Why not; the word in the audit row and the key of the sentence."""

    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    GONE = "gone"
    UNKNOWN = "unknown"
    NOT_IN_CHANNEL = "not_in_channel"
    SHARED_CHANNEL = "shared_channel"
    NOT_INVITED = "not_invited"
    NOT_ALLOWED_HERE = "not_allowed_here"
    ARCHIVED = "archived"
    NOT_YOURS = "not_yours"
    NOT_ON_CALL = "not_on_call"
    NO_ADMIN = "no_admin"
    TOO_LONG = "too_long"
    FULL = "full"
    OTHER_CHANNEL = "other_channel"
    REPLAYED = "replayed"
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


_OWNERS = {  # admins', and those of whoever owns it; what everybody else reads
    Deed.UNFOLLOW_OTHERS: Refusal.NOT_YOURS,
    Deed.MUTE_ALL: Refusal.NOT_YOURS,
    Deed.MUTE_LONG: Refusal.TOO_LONG,
    Deed.SET: Refusal.NOT_YOURS,
    Deed.ROTA: Refusal.NOT_ON_CALL,
    Deed.DRILL: Refusal.NOT_ON_CALL,
    Deed.CONFIRM_GONE: Refusal.NOT_YOURS,
    Deed.ASSIGN: Refusal.NOT_ON_CALL,
    Deed.CLOSE: Refusal.NOT_ON_CALL,
}


def refuses(deed: Deed, person: Person, channel: Channel, *, owns: bool = False) -> Refusal | None:
    """
    Say why this person may not do this here; None when they may.

    Help is everybody's. Asking is answered to the asker alone and is any member's anywhere. Sharing and subscribing are
    heard by others: only where the bot is a member, and where another workspace reads along only after an admin has
    allowed it. What takes something from others is for admins and for whoever owns it.

    Args:
        owns: they made the subscription that it is about, or one that it would silence; of an incident also that they
            are on call, or were called for it.
    """
    if deed is Deed.READ_HELP:
        return None
    by_standing = _BY_STANDING.get(person.standing)
    if by_standing is not None:
        return by_standing
    if deed is Deed.ALLOW_SHARED and person.standing is not Standing.ADMIN:
        return Refusal.NO_ADMIN
    if deed in _OWNERS and not owns and person.standing is not Standing.ADMIN:
        return _OWNERS[deed]
    if deed in {Deed.SHARE, Deed.FOLLOW, Deed.ROTA, Deed.DRILL}:
        return _cannot_speak(deed, channel)
    return None


def _cannot_speak(deed: Deed, channel: Channel) -> Refusal | None:
    follows = deed is not Deed.SHARE
    if channel.is_shared and not channel.allows_shared:
        return Refusal.NOT_ALLOWED_HERE if follows else Refusal.SHARED_CHANNEL
    if not channel.is_member:
        return Refusal.NOT_INVITED if follows else Refusal.NOT_IN_CHANNEL
    return Refusal.ARCHIVED if channel.is_archived and follows else None


def refusal_said(refusal: Refusal, **values: object) -> str:
    """Return the refusal as a sentence."""
    return say(f"refused.{refusal}", **values)
