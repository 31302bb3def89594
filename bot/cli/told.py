"""
What the operator has set, and an account of it by the name that somebody types.
"""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from typing import TYPE_CHECKING

from adapters.contract import Region
from bot import settings, wiring
from bot.cli.failure import Failure
from bot.cli.logs import set_up
from bot.domain.command import SHOWN
from bot.domain.text import clip
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.settings import AccountSettings, Settings


def read(*, log_level: str | None = "WARNING") -> Settings:
    """
    Read the settings, and keep every secret in them out of the log.

    Args:
        log_level: of our own log; None for the one that is set.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    told = wiring.read_settings()
    set_up(log_level or told.bot.log_level, settings.secrets_of(told))
    return told


def account(told: Settings, name: str, *, verb: str, rest: str = "") -> AccountSettings:
    """
    Find an account by the name people type, in any case.

    Args:
        verb: the command that asks, and `rest` what else was typed: for the command to type instead.

    Raises:
        SettingsError: it is a cloud that comes with the bot, and nothing of it is set.
        Failure: there is no such account; says which there are.
    """
    accounts = {known.lower(): account for known, account in told.accounts.items()}
    found = accounts.get(name.lower())
    if found is not None:
        return found
    provider = wiring.provider_types().get(name.lower())
    if provider is not None:
        raise settings.unset(
            provider.settings,
            settings.first_secret(provider.settings),
            hint=f"nothing is set up for {provider.title}",
        )
    failed = say(
        "typed.unknown_account",
        name=clip(name, SHOWN),
        are=say("typed.unknown_account.one" if len(accounts) == 1 else "typed.unknown_account.many"),
        names=", ".join(sorted(told.accounts)) or "none",
    )
    guess = get_close_matches(name.lower()[:SHOWN], accounts, n=1)
    if not guess:
        raise Failure("WrongUsage", failed, mend="Set one up: the README's settings table has every variable.")
    meant = accounts[guess[0]].name
    again = " ".join(("relaybot", verb, meant, *([shlex.quote(clip(rest, SHOWN))] if rest else [])))
    raise Failure("WrongUsage", f"{failed} {say('typed.did_you_mean', guess=meant)}", mend=f"Try: {again}")


def regions(account: AccountSettings, wanted: str) -> Sequence[Region]:
    """
    Return the regions to ask: the one that is wanted, or all that are configured.

    Raises:
        Failure: the account has no such region; says which it has.
    """
    known = account.settings.regions
    if not wanted:
        return known
    region = wanted.lower()
    if region in known:
        return (Region(region),)
    failed = say("typed.unknown_region", account=account.name, region=clip(wanted, SHOWN), regions=", ".join(known))
    guess = get_close_matches(region[:SHOWN], known, n=1)
    if guess:
        failed += " " + say("typed.did_you_mean", guess=guess[0])
    raise Failure("WrongUsage", failed, mend=f"Try: --region {(guess or known)[0]}")
