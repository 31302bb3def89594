"""
What an operator does about a cloud that refuses: the same errors as in Slack, with the variables to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cli.failure import here
from bot.domain.mend import kind, mend
from bot.settings.reader import first_secret, is_secret, meta

if TYPE_CHECKING:
    from bot.domain.message import Trouble
    from bot.settings import AccountSettings


def remedy(trouble: Trouble, account: AccountSettings) -> str:
    """Say which setting mends it and where its value comes from; else what is said to everybody."""
    model = account.type.settings
    match kind(trouble.error):
        case "BadCredentials":
            where = meta(model, first_secret(model)).get("where", "")
            said = f"Copy {_variables(account, *_credential(account))} anew, or make a new key: {where}."
        case "WrongRegion":
            said = f"Correct {_variables(account, 'regions')}: {meta(model, 'regions').get('where', '')}."
        case "Unreachable":
            endpoint = _variables(account, "endpoint")
            said = (
                f"Check that this machine reaches {trouble.title} (proxy, firewall, DNS), and {endpoint} if you set it."
            )
        case "ClockSkew":
            said = "Let this machine's clock follow NTP (timedatectl set-ntp true)."
        case _:
            said = here(mend(trouble))
    return said


def _credential(account: AccountSettings) -> list[str]:
    """Return the parts of the key: what no account can do without, and a temporary key's token where one is set."""
    model = account.type.settings
    return [
        key
        for key, field in model.model_fields.items()
        if is_secret(model, key) and (field.is_required() or ("token" in key and getattr(account.settings, key)))
    ]


def _variables(account: AccountSettings, *keys: str) -> str:
    """Name settings as this account has them: variables, or places in the configuration file."""
    model = account.type.settings
    own = account.name == account.type.word
    names = [meta(model, key).get("env", key) if own else f"accounts.{account.name}.{key}" for key in keys]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
