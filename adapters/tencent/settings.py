"""What one Tencent account must be told. A complaint completes the sentence that begins with the setting's name."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from adapters import contract

REGION = re.compile(r"[a-z]{2,}-[a-z]+(-[a-z]+)?(-[0-9]+)?")

_ENDPOINTS = {"cn": "https://trtc.tencentcloudapi.com", "intl": "https://trtc.intl.tencentcloudapi.com"}
_KEYS = "Tencent Cloud console → Access Management → API Keys"


def _told(env: str, where: str, example: str) -> dict[str, Any]:
    return {"env": env, "where": where, "example": example}


class TencentSettings(contract.Settings):
    """One Tencent account and one SdkAppId of it; several SdkAppIds are several accounts of ours."""

    secret_id: contract.Key = Field(json_schema_extra=_told("TENCENTCLOUD_SECRET_ID", _KEYS, "AKID…"))
    secret_key: contract.Key = Field(
        json_schema_extra=_told("TENCENTCLOUD_SECRET_KEY", f"{_KEYS}, once, when the key is made", "32 characters")
    )
    token: contract.Key | None = Field(
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
    endpoint: contract.Endpoint | None = Field(
        default=None,
        json_schema_extra=_told(
            "TENCENT_ENDPOINT",
            "only for a nearer access point or a test double; else the site's own",
            "https://trtc.ap-singapore.tencentcloudapi.com",
        ),
    )
    callback_key: contract.CallbackKey | None = Field(
        default=None,
        json_schema_extra=_told(
            "TENCENT_CALLBACK_KEY",
            "make one up; the end of the console's callback address: https://…/callbacks/tencent/<key>",
            "16 letters and digits or more",
        ),
    )
    callback_sign_key: contract.Key | None = Field(
        default=None,
        json_schema_extra=_told(
            "TENCENT_CALLBACK_SIGN_KEY", "TRTC console → your application → callbacks, the key", "32 letters and digits"
        ),
    )

    @property
    def url(self) -> str:
        """Where requests go: the endpoint that was set, else the site's; `https://host[:port]` without a path."""
        return self.endpoint or _ENDPOINTS[self.site]

    @property
    def budget_key(self) -> str:
        return self.secret_id.get_secret_value()

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
