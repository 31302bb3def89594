"""
Who and what there is in the sandbox's workspace: one of every sort that the bot must tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.slack.workspace import Channel, Kind, Person, Workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BOT = "U0RELAYBOT"


def people() -> list[Person]:
    """Members, an owner, an admin, both sorts of guest, a stranger, another bot, one who left, and relaybot."""
    return [
        Person(id=BOT, name="relaybot", real_name="Relay Bot", is_bot=True),
        Person(id="U0ANN", name="ann", real_name="Ann Member"),
        Person(id="U0BOB", name="bob", real_name="Bob Member", tz="Asia/Shanghai"),
        Person(id="U0OLGA", name="olga", real_name="Olga Owner", is_owner=True, is_admin=True),
        Person(id="U0ADAM", name="adam", real_name="Adam Admin", is_admin=True, tz="America/New_York"),
        Person(id="U0GUS", name="gus", real_name="Gus Guest", is_restricted=True),
        Person(id="U0UMA", name="uma", real_name="Uma Guest", is_restricted=True, is_ultra_restricted=True),
        Person(id="U0STAN", name="stan", real_name="Stan Stranger", team="T0PARTNER"),
        Person(id="U0ROBO", name="robo", real_name="Another Bot", is_bot=True),
        Person(id="U0DORA", name="dora", real_name="Dora Who Left", is_deleted=True),
    ]


def channels() -> list[Channel]:
    """
    With the bot: #relays, #ops-private, #partners (Slack Connect), #old (archived). Without it: #general, #secret and
    the direct conversation of ann and bob.
    """
    everybody = {person.id for person in people() if not person.is_deleted}
    return [
        Channel(id="C0RELAYS", name="relays", members=everybody - {"U0STAN"}),
        Channel(id="C0GENERAL", name="general", members=everybody - {BOT, "U0STAN"}),
        Channel(id="C0OPS", name="ops-private", kind=Kind.PRIVATE, members={BOT, "U0ANN", "U0BOB", "U0OLGA"}),
        Channel(id="C0SECRET", name="secret", kind=Kind.PRIVATE, members={"U0ANN", "U0OLGA"}),
        Channel(id="C0PARTNERS", name="partners", members=everybody, is_ext_shared=True),
        Channel(id="C0OLD", name="old", members={BOT, "U0ANN"}, is_archived=True),
        Channel(id="D0ANNBOB", name="directmessage", kind=Kind.DIRECT, members={"U0ANN", "U0BOB"}),
    ]


def sandbox_workspace(calendar: Callable[[], datetime]) -> Workspace:
    """Return a fresh workspace with the whole cast."""
    return Workspace(calendar, people=people(), channels=channels(), bot_id=BOT)
