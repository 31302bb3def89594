"""
The only reader of the environment: what an operator sets, checked at the start, or one sentence that says what to mend.

Each model names its variables in its fields' metadata (`env`, `where`, `example`); one reader serves them all. The
README's table is compared with these models by a test.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import SecretStr

from bot.settings.account import AccountSettings, Find, default, from_tables
from bot.settings.bot import BotSettings
from bot.settings.calling import PAGERDUTY_URL, CalendarSettings, PagerKind, PagerSettings, calendars, pagers
from bot.settings.file import TABLES, read_file
from bot.settings.groups import groups
from bot.settings.reader import SettingsError, first_secret, read, unset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

    from adapters.contract import AccountName, ProviderType

__all__ = [
    "AccountSettings",
    "BotSettings",
    "CalendarSettings",
    "PagerKind",
    "PagerSettings",
    "Settings",
    "SettingsError",
    "first_secret",
    "load",
    "secrets_of",
    "unset",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that was set."""

    bot: BotSettings
    accounts: Mapping[AccountName, AccountSettings]
    pagers: Mapping[str, PagerSettings] = field(default_factory=dict)
    calendars: Mapping[str, CalendarSettings] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)  # user groups that hold whoever is on call, by channel


def load(environ: Mapping[str, str] | None, *, builtin: Mapping[str, ProviderType], find: Find) -> Settings:
    """
    Read every setting.

    Args:
        environ: in place of this process's own environment; a variable that is empty counts as not set.
        builtin: the providers whose own variables make a default account, by their words.
        find: looks a provider up that the file names; may load one from another package.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    environ = os.environ if environ is None else environ
    bot = BotSettings.model_validate(read(BotSettings, environ))
    tables = read_file(bot.config) if bot.config else {kind: {} for kind in TABLES}
    accounts = from_tables(tables["accounts"], environ, share=bot.pace_share, find=find)
    for word, provider in builtin.items():
        has_own = any(account.type.word == word for account in accounts.values())
        own = default(provider, environ, share=bot.pace_share, is_optional=has_own)
        if own is not None and own.name not in {name.lower() for name in accounts}:
            accounts[own.name] = own
    return Settings(
        bot=bot,
        accounts=accounts,
        pagers=pagers(tables["pagers"], environ),
        calendars=calendars(tables["calendars"], environ),
        groups=groups(tables["rotas"]),
    )


def secrets_of(told: Settings) -> frozenset[str]:
    """Return every secret value that was set, and each of two that are valid while they change; for the log to cut."""
    models: list[BaseModel] = [told.bot, *(account.settings for account in told.accounts.values())]
    values = [value.get_secret_value() for model in models for _, value in model if isinstance(value, SecretStr)]
    keys = [key for pager in told.pagers.values() for key in (*pager.keys, pager.url) if key != PAGERDUTY_URL]
    feeds = [calendar.url for calendar in told.calendars.values()]  # whoever has one may read the calendar
    return frozenset(part for value in values for part in (value, *value.split(","))) | {*keys, *feeds}
