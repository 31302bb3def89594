"""What one Tencent account must be told. A complaint completes the sentence that begins with the setting's name."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from adapters import contract

REGION = re.compile(r"[a-z]{2,}-[a-z]+(-[a-z]+)?(-[0-9]+)?")

_ENDPOINTS = {"cn": "https://trtc.tencentcloudapi.com", "intl": "https://trtc.intl.tencentcloudapi.com"}
_KEYS = "Tencent Cloud console → Access Management → API Keys"


def _told(env: str, where: str, example: str) -> dict[str, Any]:
    return {"env": env, "where": where, "example": example}


class TencentSettings(contract.Settings):
    """One Tencent account and one SdkAppId of it; several SdkAppIds are several accounts of ours."""

    secret_id: SecretStr = Field(json_schema_extra=_told("TENCENTCLOUD_SECRET_ID", _KEYS, "AKID…"))
    secret_key: SecretStr = Field(
        json_schema_extra=_told("TENCENTCLOUD_SECRET_KEY", f"{_KEYS}, once, when the key is made", "32 characters")
    )
    token: SecretStr | None = Field(
        default=None,
        json_schema_extra=_told("TENCENTCLOUD_TOKEN", "only with a temporary key: what STS gave along with it", "…"),
    )
    regions: tuple[contract.Region, ...] = Field(
        json_schema_extra=_told(
            "TENCENT_REGIONS", "the Region of your StartStreamIngest calls", "ap-singapore,ap-guangzhou"
        )
    )
    sdk_app_id: int = Field(
        json_schema_extra=_told("TENCENT_SDK_APP_ID", "TRTC console → Application Management → SDKAppID", "1400000123")
    )
    site: Literal["cn", "intl"] = Field(
        default="cn",
        json_schema_extra=_told(
            "TENCENT_SITE", "cn if you log in at cloud.tencent.com, intl if at tencentcloud.com", "intl"
        ),
    )
    endpoint: str | None = Field(
        default=None,
        json_schema_extra=_told(
            "TENCENT_ENDPOINT",
            "only for a nearer access point or a test double; else the site's own",
            "https://trtc.ap-singapore.tencentcloudapi.com",
        ),
    )

    @property
    def url(self) -> str:
        """Where requests go: the endpoint that was set, else the site's; `https://host[:port]` without a path."""
        return self.endpoint or _ENDPOINTS[self.site]

    @property
    def budget_key(self) -> str:
        return self.secret_id.get_secret_value()

    @field_validator("secret_id", "secret_key", "token")
    @classmethod
    def _is_key(cls, value: SecretStr | None) -> SecretStr | None:
        # The vendor answers a key with a space in it with a wrong signature, which sends people looking elsewhere.
        if value is not None and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("must be printable ASCII without spaces and not empty")
        return value

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[contract.Region, ...]) -> tuple[contract.Region, ...]:
        if not value or not all(REGION.fullmatch(name) for name in value):
            raise ValueError("must be one region or more, in Tencent's spelling")
        return tuple(dict.fromkeys(value))

    @field_validator("sdk_app_id", mode="before")
    @classmethod
    def _is_number(cls, value: object) -> int:
        text = "" if isinstance(value, bool) else str(value).strip()
        if not re.fullmatch(r"[1-9][0-9]{0,18}", text):
            raise ValueError("must be the application's number, digits only")
        return int(text)

    @field_validator("site", mode="before")
    @classmethod
    def _is_site(cls, value: object) -> str:
        site = str(value).strip().lower()
        if site not in _ENDPOINTS:
            raise ValueError("must be cn or intl")
        return site

    @field_validator("endpoint")
    @classmethod
    def _is_endpoint(cls, value: str | None) -> str | None:
        url = value.lower().removesuffix("/") if value else value
        if url is not None and not _is_origin(url):
            raise ValueError("must be https:// and a host, with nothing behind it (http:// only for this machine)")
        return url


def _is_origin(url: str) -> bool:
    """Say whether a URL is scheme, host and perhaps port, and either https or this machine."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a bracket left open, a port that is no number
        return False
    named = f"[{host}]" if ":" in host else host
    is_bare = url == f"{parts.scheme}://{named}" + ("" if port is None else f":{port}")
    is_host = re.fullmatch(r"[a-z0-9:.-]+", host) is not None
    return is_bare and is_host and (parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host)))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
