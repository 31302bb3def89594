"""
What the bot itself must be told.
"""

from __future__ import annotations

import re
from pathlib import Path  # noqa: TC003 - pydantic reads the annotation
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from bot.settings.file import is_address


def _told(env: str, where: str, example: str) -> dict[str, Any]:
    return {"env": env, "where": where, "example": example}


class BotSettings(BaseModel):
    """The variables of the bot; each field says its own name, form and place."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    slack_bot_token: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "SLACK_BOT_TOKEN", "api.slack.com/apps → your app → OAuth & Permissions → Bot User OAuth Token", "xoxb-…"
        ),
    )
    slack_app_token: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "SLACK_APP_TOKEN",
            "api.slack.com/apps → your app → Basic Information → App-Level Tokens, scope connections:write",
            "xapp-…",
        ),
    )
    slack_signing_secret: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "SLACK_SIGNING_SECRET",
            "api.slack.com/apps → your app → Basic Information → App Credentials",
            "32 hexadecimal digits",
        ),
    )
    slack_api_url: str = Field(
        default="https://slack.com/api/",
        json_schema_extra=_told("SLACK_API_URL", "only for a test double of Slack", "https://slack.com/api/"),
    )
    database_url: SecretStr = Field(
        default=SecretStr("sqlite:///relaybot.db"),
        json_schema_extra=_told(
            "DATABASE_URL",
            "a file for one process, PostgreSQL for more",
            "sqlite:///relaybot.db or postgresql://user:password@host/name",
        ),
    )
    database_direct_url: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "DATABASE_DIRECT_URL",
            "only where DATABASE_URL goes through a pooler (PgBouncer): the way past it, for LISTEN",
            "postgresql://user:password@host:5432/name",
        ),
    )
    heartbeat_s: float = Field(
        default=10,
        json_schema_extra=_told(
            "RELAYBOT_HEARTBEAT_S",
            "seconds after which another process has the work of one that was killed, 1 to 60",
            "10",
        ),
    )
    keep_history_days: int = Field(
        default=400,
        json_schema_extra=_told(
            "RELAYBOT_KEEP_HISTORY_DAYS",
            "how long changes and incidents that are over are remembered, 1 to 3650",
            "400",
        ),
    )
    keep_audit_days: int = Field(
        default=365,
        json_schema_extra=_told(
            "RELAYBOT_KEEP_AUDIT_DAYS", "how long it is remembered who changed what, 1 to 3650", "365"
        ),
    )
    keep_notices_days: int = Field(
        default=14,
        json_schema_extra=_told(
            "RELAYBOT_KEEP_NOTICES_DAYS", "how long what was said in Slack is remembered, 1 to 3650", "14"
        ),
    )
    port: int = Field(default=3000, json_schema_extra=_told("PORT", "the port of this machine to listen on", "3000"))
    bind: str = Field(
        default="0.0.0.0",  # noqa: S104 - a container's port is published on purpose; health and callbacks need it
        json_schema_extra=_told("RELAYBOT_BIND", "127.0.0.1 when a proxy on this machine stands in front", "0.0.0.0"),  # noqa: S104
    )
    admins: tuple[str, ...] = Field(
        default=(),
        json_schema_extra=_told(
            "RELAYBOT_ADMINS", "Slack profile → ⋮ → Copy member ID; else the workspace's owners and admins", "U012AB3CD"
        ),
    )
    config: Path | None = Field(
        default=None,
        json_schema_extra=_told(
            "RELAYBOT_CONFIG", "a TOML file with several accounts, pagers, calendars", "relaybot.toml"
        ),
    )
    pace_share: float = Field(
        default=0.5,
        json_schema_extra=_told(
            "RELAYBOT_PACE_SHARE", "how much of each cloud's documented rate is ours to spend, 0.05 to 0.9", "0.5"
        ),
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "RELAYBOT_METRICS_TOKEN", "make one up; /metrics from another machine sends it as a bearer token", "…"
        ),
    )
    heartbeat_url: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told(
            "RELAYBOT_HEARTBEAT_URL",
            "a dead-man's switch elsewhere (healthchecks.io, Better Stack …): fetched once a minute while all is well",
            "https://hc-ping.com/…",
        ),
    )
    log_level: str = Field(
        default="INFO", json_schema_extra=_told("RELAYBOT_LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", "INFO")
    )
    dyno: str = Field(
        default="", json_schema_extra=_told("DYNO", "set by Heroku-like platforms, whose files do not last", "web.1")
    )

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _is_token(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        prefix = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if value is not None and not re.fullmatch(rf"{prefix}[!-~]+", value.get_secret_value()):
            raise ValueError(f"must begin with {prefix} and hold no spaces")
        return value

    @field_validator("slack_signing_secret", "metrics_token")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]{8,}", value.get_secret_value()):
            raise ValueError("must have at least 8 characters and no spaces")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _is_api(cls, value: str) -> str:
        if not re.fullmatch(r"https://[^\s@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s@?#]*)?", value):
            raise ValueError("must be an https address (http only for this machine)")
        return value.rstrip("/") + "/"

    @field_validator("heartbeat_url")
    @classmethod
    def _is_https(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not is_address(value.get_secret_value(), with_loopback=True):
            raise ValueError("must be an https address (http only for this machine)")
        return value

    @field_validator("port")
    @classmethod
    def _is_port(cls, value: int) -> int:
        if not 0 <= value <= 65535:  # 0: any free one, for tests
            raise ValueError("must be a port number from 1 to 65535")
        return value

    @field_validator("heartbeat_s")
    @classmethod
    def _is_heartbeat(cls, value: float) -> float:
        if not 1 <= value <= 60:
            raise ValueError("must be from 1 to 60")
        return value

    @field_validator("keep_history_days", "keep_audit_days", "keep_notices_days")
    @classmethod
    def _are_days(cls, value: int) -> int:
        if not 1 <= value <= 3650:
            raise ValueError("must be a whole number of days from 1 to 3650")
        return value

    @field_validator("admins")
    @classmethod
    def _are_users(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(r"[UW][A-Z0-9]{5,}", user) for user in value):
            raise ValueError("must be Slack member ids, separated by commas")
        return value

    @field_validator("pace_share")
    @classmethod
    def _is_share(cls, value: float) -> float:
        return share(value)

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()


def share(value: float) -> float:
    """Check a share of a documented rate; above 0.9 nothing is left for the console and other programs."""
    if not 0.05 <= value <= 0.9:
        raise ValueError("must be from 0.05 to 0.9")
    return value
