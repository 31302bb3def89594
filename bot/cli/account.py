"""
The account that somebody names on the command line.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot import settings, wiring
from bot.cli.failure import Failure
from bot.domain.command import SHOWN
from bot.domain.text import clip
from bot.domain.words import say

if TYPE_CHECKING:
    from bot.settings import AccountSettings, Settings


def pick(told: Settings, name: str) -> AccountSettings:
    """
    Find an account by the name people type, in any case.

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
    if guess:
        failed += " " + say("typed.did_you_mean", guess=accounts[guess[0]].name)
    raise Failure("WrongUsage", failed, mend="Set one up: the README's settings table has every variable.")
