"""
What was told: the settings, read with the clouds that there are, and as much of them as serving needs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters import registry
from bot import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from adapters.contract import ProviderType
    from bot.wiring.role import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Slack:
    """How the bot gets into Slack; empty: not set, or not needed."""

    token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)

    @property
    def transport(self) -> str:
        """Name the ways on which it is heard."""
        ways = (("Socket Mode", self.app_token), ("HTTP", self.signing_secret))
        return " and ".join(name for name, is_set in ways if is_set)


def read_settings(environ: Mapping[str, str] | None = None) -> settings.Settings:
    """
    Read the environment and the file it names.

    Raises:
        SettingsError: the first thing that must be mended.
    """
    return settings.load(environ, builtin=registry.providers(), find=registry.find)


def provider_types() -> Mapping[str, ProviderType]:
    """The clouds that come with the bot, by the words people type."""
    return registry.providers()


def clouds_told(told: settings.Settings) -> Mapping[str, ProviderType]:
    """The clouds that have an account, by the words people type."""
    return {account.type.word: account.type for account in told.accounts.values()}


def slack_told(told: settings.Settings, role: Role) -> Slack:
    """
    Take what a role needs of Slack, and see that there is a cloud to ask.

    Raises:
        SettingsError: the first thing that is missing.
    """
    if told.bot.slack_bot_token is None:
        raise settings.unset(settings.BotSettings, "slack_bot_token")
    if role.hears and told.bot.slack_app_token is None and told.bot.slack_signing_secret is None:
        raise settings.unset(settings.BotSettings, "slack_app_token", hint="or set SLACK_SIGNING_SECRET for HTTP")
    if not told.accounts:
        first = next(iter(registry.providers().values()))
        raise settings.unset(
            first.settings, settings.first_secret(first.settings), hint="no cloud account is set up at all"
        )
    app_token, signing_secret = told.bot.slack_app_token, told.bot.slack_signing_secret
    return Slack(
        token=told.bot.slack_bot_token.get_secret_value(),
        app_token=app_token.get_secret_value() if app_token and role.hears else "",
        signing_secret=signing_secret.get_secret_value() if signing_secret and role.hears else "",
    )
