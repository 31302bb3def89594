"""
What else calls out: `[pagers.<name>]` and `[calendars.<name>]` of the configuration file. Their addresses stand there,
and are never typed in Slack.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

from bot.settings.file import address, flag, known, texts, variable
from bot.settings.reader import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
USER: Final = re.compile(r"[UW][A-Z0-9]{5,}")
GLOB: Final = re.compile(r"[CDG*?\[][A-Z0-9*?\[\]!-]*")
ROUTING_KEY: Final = re.compile(r"[A-Za-z0-9]{32}")
PAGERDUTY_URL: Final = "https://events.pagerduty.com/v2/enqueue"
PREFIX: Final = "whsec_"

PAGER: Final = '[pagers.night] kind = "pagerduty" routing_key = "NIGHT_ROUTING_KEY"'
CALENDAR: Final = '[calendars.relays] url = "RELAYS_ICAL_URL"'
_SERVICE: Final = "PagerDuty → Services → your service → Integrations → Events API v2"
_KEYS: Final = {
    "pagerduty": frozenset({"kind", "routing_key", "url", "channels", "allow_private"}),
    "webhook": frozenset({"kind", "url", "secret", "channels", "allow_private"}),
}


class PagerKind(StrEnum):
    """What a pager understands."""

    PAGERDUTY = "pagerduty"  # Events API v2, and whatever else takes it
    WEBHOOK = "webhook"  # Standard Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerSettings:
    """Something outside that is called. `keys`: a routing key, or one or two secrets while they change."""

    name: str
    kind: PagerKind
    url: str = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    channels: tuple[str, ...] = ()  # globs of the Slack channels that may use it; empty: all
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSettings:
    """A calendar elsewhere. `people`: Slack's ids by what the calendar calls somebody; `zone`: of times without one."""

    name: str
    url: str = field(repr=False)
    people: Mapping[str, str] = field(default_factory=dict)
    zone: str = ""
    allow_private: bool = False


def pagers(tables: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, PagerSettings]:
    """
    Read every `[pagers.<name>]` table.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    return {name: _pager(name, table, environ) for name, table in tables.items()}


def calendars(tables: Mapping[str, object], environ: Mapping[str, str]) -> dict[str, CalendarSettings]:
    """
    Read every `[calendars.<name>]` table.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    return {name: _calendar(name, table, environ) for name, table in tables.items()}


def _pager(name: str, told: object, environ: Mapping[str, str]) -> PagerSettings:
    place = _place("pagers", name)
    kind = told.get("kind") if isinstance(told, dict) else None
    if isinstance(told, dict) and str(kind) not in _KEYS:
        raise SettingsError(f"{place}.kind", 'must be "pagerduty" or "webhook"', example=PAGER)
    table = known(told, _KEYS.get(str(kind), frozenset()), place, what=f"pager of the kind {kind}", example=PAGER)
    allow_private = flag(table, "allow_private", place)
    channels = tuple(texts(table, "channels", place, example='["C012AB3CD"]'))
    if not all(GLOB.fullmatch(channel) for channel in channels):
        problem = "must be Slack channel ids, not names: a channel's details end in its id"
        raise SettingsError(f"{place}.channels", problem, example='["C012AB3CD"]')
    if kind == PagerKind.PAGERDUTY:
        keys: tuple[str, ...] = (_routing_key(table, place, environ),)
        table = {"url": PAGERDUTY_URL} | dict(table)
        where = "events.eu.pagerduty.com for accounts in the EU"
    else:
        keys = _secrets(table, place, environ)
        where = "whoever receives it tells its address"
    return PagerSettings(
        name=name,
        kind=PagerKind(str(kind)),
        url=address(table, place, environ, allow_private=allow_private, where=where),
        keys=keys,
        channels=channels,
        allow_private=allow_private,
    )


def _routing_key(table: Mapping[str, Any], place: str, environ: Mapping[str, str]) -> str:
    example = "32 letters and digits"
    key = variable(table, "routing_key", place, environ, example=example, where=_SERVICE)
    if not ROUTING_KEY.fullmatch(key):
        raise SettingsError(table["routing_key"], f"must be {example}", example=example, where=_SERVICE)
    return key


def _secrets(table: Mapping[str, Any], place: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Read a webhook's secret; two with a comma between them are valid while they change."""
    example, where = f"{PREFIX}…", f"make one up: {PREFIX} and 24 to 64 random bytes in base64; two while they change"
    value = variable(table, "secret", place, environ, example=example, where=where)
    secrets = tuple(part.strip() for part in value.split(","))
    if len(secrets) > 2 or not all(map(_is_secret, secrets)):
        problem = f"must be {PREFIX} and 24 to 64 bytes in base64, or two of them with a comma between"
        raise SettingsError(table["secret"], problem, example=example, where=where)
    return secrets


def _is_secret(text: str) -> bool:
    try:
        return text.startswith(PREFIX) and 24 <= len(base64.b64decode(text.removeprefix(PREFIX), validate=True)) <= 64
    except binascii.Error:
        return False


def _calendar(name: str, told: object, environ: Mapping[str, str]) -> CalendarSettings:
    place = _place("calendars", name)
    keys = frozenset({"url", "people", "zone", "allow_private"})
    table = known(told, keys, place, what="calendar", example=CALENDAR)
    allow_private = flag(table, "allow_private", place)
    people = table.get("people", {})
    if not isinstance(people, dict) or not all(
        text.strip() and isinstance(user, str) and USER.fullmatch(user) for text, user in people.items()
    ):
        problem = "must be what the calendar calls somebody, and that person's Slack member id"
        raise SettingsError(f"{place}.people", problem, example='people = { "Ann Lee" = "U012AB3CD" }')
    zone = table.get("zone", "")
    if not isinstance(zone, str) or (zone and zone not in available_timezones()):
        raise SettingsError(f"{place}.zone", "must be a time zone's name", example='zone = "Asia/Shanghai"')
    where = "the calendar program's export or subscription address (iCal, .ics)"
    return CalendarSettings(
        name=name,
        url=address(table, place, environ, allow_private=allow_private, where=where),
        people={text.strip(): user for text, user in people.items()},
        zone=zone,
        allow_private=allow_private,
    )


def _place(kind: str, name: str) -> str:
    if not NAME.fullmatch(name):
        raise SettingsError(f"{kind}.{name}", "must be small letters, digits, - and _, at most 30")
    return f"{kind}.{name}"
