"""
The accounts: one per provider from its own variables, and as many as a file names.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from adapters.contract import AccountName, ProviderType
from adapters.contract import Settings as ProviderSettings
from bot.settings.bot import share as checked_share
from bot.settings.file import ACCOUNT as EXAMPLE
from bot.settings.file import VARIABLE, texts
from bot.settings.reader import SettingsError, complain, is_secret, meta, names, parted, read

ACCOUNT_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}", re.IGNORECASE)
CHANNEL: Final = re.compile(r"[CDG][A-Z0-9]+")
OURS: Final = frozenset(
    {"provider", "budget", "share", "channels", "tasks"}
)  # the keys of a table that are not the provider's

Find: TypeAlias = Callable[[str], ProviderType]  # the registry's `find`; an unknown word raises ValueError


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """One account: the provider's own settings, and what this bot makes of it."""

    name: AccountName
    type: ProviderType
    settings: ProviderSettings = field(repr=False)
    budget: str
    share: float
    channels: frozenset[str] = frozenset()
    tasks: tuple[str, ...] = ()


def default(
    provider: ProviderType, environ: Mapping[str, str], *, share: float, is_optional: bool
) -> AccountSettings | None:
    """
    Make the account that is named like its provider, from the environment alone; None when nothing of it is set.

    Args:
        is_optional: the file has accounts of this provider: an incomplete set of variables is there for them.
    """
    if not any(environ.get(env, "").strip() for env in names(provider.settings).values()):
        return None
    try:
        settings = provider.settings.model_validate(read(provider.settings, environ))
    except SettingsError:
        if is_optional:
            return None
        raise
    return _account(AccountName(provider.word), provider, settings, share, {})


def from_tables(
    tables: Mapping[str, object], environ: Mapping[str, str], *, share: float, find: Find
) -> dict[AccountName, AccountSettings]:
    """Read every `[accounts.<name>]` table of the configuration file."""
    typed: dict[str, str] = {}
    for name in tables:
        if typed.setdefault(name.lower(), name) != name:
            raise SettingsError(f"accounts.{name}", f"is accounts.{typed[name.lower()]} to people, who type either")
    return {AccountName(name): _table(name, table, environ, share=share, find=find) for name, table in tables.items()}


def _table(name: str, table: object, environ: Mapping[str, str], *, share: float, find: Find) -> AccountSettings:
    place = f"accounts.{name}"
    if not ACCOUNT_NAME.fullmatch(name):
        raise SettingsError(place, "must be letters, digits, - and _, at most 30, for people to type")
    if not isinstance(table, dict):
        raise SettingsError(place, "must be a table", example=EXAMPLE)
    word = table.get("provider")
    if not isinstance(word, str):
        raise SettingsError(f"{place}.provider", "is not set", example='provider = "aliyun"')
    try:
        provider = find(word)
    except ValueError as error:
        raise SettingsError(f"{place}.provider", f"cannot be used: {error}") from None
    model = provider.settings
    for key in sorted(table.keys() - OURS - model.model_fields.keys()):
        known = ", ".join(sorted({*model.model_fields, *OURS}))
        raise SettingsError(f"{place}.{key}", f"is no setting for {provider.title}; there are: {known}")
    given = {
        key: _secret(place, key, table, provider, environ)
        if is_secret(model, key)
        else parted(model, key, table.get(key))
        for key in model.model_fields
    }
    try:
        settings = model.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        complain(error, model, lambda key: f"{place}.{key}")
    return _account(AccountName(name), provider, settings, share, table)


def _secret(
    place: str, key: str, table: Mapping[str, object], provider: ProviderType, environ: Mapping[str, str]
) -> str | None:
    """Follow a secret's name to its variable; by default the provider's own."""
    told = meta(provider.settings, key)
    variable = table.get(key, told.get("env", ""))
    if not isinstance(variable, str) or not VARIABLE.fullmatch(variable):
        problem = "must be the name of an environment variable, in capitals, and not the key itself"
        raise SettingsError(f"{place}.{key}", problem, example=told.get("env", ""))
    value = environ.get(variable, "").strip()
    if not value and (key in table or provider.settings.model_fields[key].is_required()):
        problem = f"is not set, and {place}.{key} is read from it"
        raise SettingsError(variable, problem, example=told.get("example", ""), where=told.get("where", ""))
    return value or None


def _account(
    name: AccountName, provider: ProviderType, settings: ProviderSettings, share: float, table: Mapping[str, Any]
) -> AccountSettings:
    place = f"accounts.{name}"
    budget = table.get("budget", "")
    if not isinstance(budget, str) or (budget and not ACCOUNT_NAME.fullmatch(budget)):
        raise SettingsError(
            f"{place}.budget", "must be a short name, the same for accounts that share the vendor's limits"
        )
    channels = texts(table, "channels", place, example='["C012AB3CD"]')
    if not all(CHANNEL.fullmatch(channel) for channel in channels):
        problem = "must be Slack channel ids, not names: a channel's details end in its id"
        raise SettingsError(f"{place}.channels", problem, example='["C012AB3CD"]')
    return AccountSettings(
        name=name,
        type=provider,
        settings=settings,
        # the key itself never reaches the database; its hash tells main accounts apart as well
        budget=budget or hashlib.sha256(settings.budget_key.encode()).hexdigest()[:16],
        share=_share(table, place, share),
        channels=frozenset(channels),
        tasks=tuple(texts(table, "tasks", place, example='["live-*"]')),
    )


def _share(table: Mapping[str, Any], place: str, everybodys: float) -> float:
    own = table.get("share", everybodys)
    if isinstance(own, bool) or not isinstance(own, int | float):
        raise SettingsError(f"{place}.share", "must be a number", example="0.5")
    try:
        return checked_share(float(own))
    except ValueError as error:
        raise SettingsError(f"{place}.share", str(error), example="0.5") from None
