"""
What an operator does about a cloud that refuses: the same errors as in Slack, with the variables to look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cli.failure import here
from bot.domain.mend import kind, mend
from bot.settings.reader import first_secret, is_secret, meta

if TYPE_CHECKING:
    from adapters.errors import ProviderError
    from bot.domain.message import Trouble
    from bot.settings import AccountSettings


_ABOUT_THE_QUESTION: Final = "InvalidParam"
_ASKED_WITH: Final = frozenset({"sdk_app_id"})


def remedy(trouble: Trouble, account: AccountSettings) -> str:
    """Say which setting mends it and where its value comes from; else what is said to everybody."""
    model = account.type.settings
    match kind(trouble.error):
        case "BadCredentials":
            where = meta(model, first_secret(model)).get("where", "")
            said = f"Copy {_variables(account, *_credential(account))} anew, or make a new key: {where}."
        case "WrongRegion":
            said = f"Correct {_variables(account, 'regions')}: {meta(model, 'regions').get('where', '')}."
        case "Rejected" if accused := _accused(trouble.error, account):
            said = f"Correct {_variables(account, accused)}: {meta(model, accused).get('where', '')}."
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


def dislikes_the_id(error: ProviderError, account: AccountSettings) -> bool:
    """Say whether a rejection may be about the id that was asked for, and not about a setting or the way of asking."""
    return error.code.startswith(_ABOUT_THE_QUESTION) and _accused(error, account) is None


def names_of_what_is_asked_with(account: AccountSettings) -> str:
    """Name the settings that go into each question besides key and region; empty where there are none."""
    keys = [key for key in account.type.settings.model_fields if key in _ASKED_WITH]
    return _variables(account, *keys) if keys else ""


def _accused(error: ProviderError, account: AccountSettings) -> str | None:
    """Find the setting that the vendor's code itself names (`InvalidParameter.SdkAppId`)."""
    code = error.code.lower()
    keys = [key for key in account.type.settings.model_fields if key in _ASKED_WITH]
    return next((key for key in keys if key.replace("_", "") in code), None)


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
