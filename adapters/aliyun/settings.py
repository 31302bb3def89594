"""
What one Alibaba Cloud account must be told. A complaint completes the sentence that begins with the setting's name.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator

from adapters import contract

REGION = re.compile(r"[a-z0-9-]{2,40}")  # by shape only: the vendor's lists of regions differ from page to page
ENDPOINT = "https://live.aliyuncs.com"

_KEYS = "RAM console → Users → your bot's user → Create AccessKey"


def _told(env: str, where: str, example: str) -> dict[str, Any]:
    return {"env": env, "where": where, "example": example}


class AliyunSettings(contract.Settings):
    """One Alibaba Cloud account: all its RAM users share its rates."""

    access_key_id: contract.Key = Field(json_schema_extra=_told("ALIBABA_CLOUD_ACCESS_KEY_ID", _KEYS, "LTAI…"))
    access_key_secret: contract.Key = Field(
        json_schema_extra=_told("ALIBABA_CLOUD_ACCESS_KEY_SECRET", f"{_KEYS}, shown once", "30 characters")
    )
    security_token: contract.Key | None = Field(
        default=None,
        json_schema_extra=_told("ALIBABA_CLOUD_SECURITY_TOKEN", "only with a temporary key: what STS gave along", "…"),
    )
    regions: tuple[contract.Region, ...] = Field(
        json_schema_extra=_told(
            "ALIYUN_REGIONS", "the Region of your CreateLivePullToPush calls", "cn-shanghai,ap-southeast-1"
        )
    )
    endpoint: contract.Endpoint = Field(
        default=ENDPOINT,
        json_schema_extra=_told(
            "ALIYUN_ENDPOINT",
            "only for a regional access point or a test double",
            "https://live.ap-southeast-1.aliyuncs.com",
        ),
    )
    callback_key: contract.CallbackKey | None = Field(
        default=None,
        json_schema_extra=_told(
            "ALIYUN_CALLBACK_KEY",
            "make one up; the end of your tasks' CallbackUrl: https://…/callbacks/aliyun/<key>",
            "16 letters and digits or more",
        ),
    )
    callback_auth_key: contract.Key | None = Field(
        default=None,
        json_schema_extra=_told(
            "ALIYUN_CALLBACK_AUTH_KEY", "the callbacks' authentication key, where your account has one", "…"
        ),
    )

    @property
    def budget_key(self) -> str:
        return self.access_key_id.get_secret_value()

    @field_validator("regions")
    @classmethod
    def _are_regions(cls, value: tuple[contract.Region, ...]) -> tuple[contract.Region, ...]:
        if not value or not all(REGION.fullmatch(name) for name in value):
            raise ValueError("must be one region or more, in Alibaba Cloud's spelling")
        return tuple(dict.fromkeys(value))
