"""What one Tencent account must be told. A message completes the sentence that begins with the setting's name."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from adapters import contract

REGION = re.compile(r"[a-z]{2,}-[a-z]+(-[a-z]+)?(-[0-9]+)?")

_ENDPOINTS = {"cn": "https://trtc.tencentcloudapi.com", "intl": "https://trtc.intl.tencentcloudapi.com"}
_KEYS = "Tencent Cloud console → Access Management → API Keys"


def _wrong(expected: str) -> PydanticCustomError:
    return PydanticCustomError("tencent_setting", "must be {expected}", {"expected": expected})


def _plain(value: object) -> object:
    """Unwrap what somebody else's model has wrapped already, and drop the white space that pasting adds."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text.strip() if isinstance(text, str) else text


def _key(value: object) -> object:
    text = _plain(value)
    if not isinstance(text, str) or not re.fullmatch(r"[!-~]+", text):
        raise _wrong("the key as the console shows it: letters, digits and signs, no spaces, no quotes around it")
    return text


def _token(value: object) -> object:
    return None if _plain(value) in (None, "") else _key(value)


def _regions(value: object) -> object:
    names = [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not names:
        raise _wrong("one region or more, separated by commas, such as ap-singapore")
    for name in names:
        if not isinstance(name, str) or not REGION.fullmatch(name):
            raise _wrong("regions in Tencent's spelling, such as ap-singapore or ap-guangzhou")
    return tuple(dict.fromkeys(names))


def _sdk_app_id(value: object) -> object:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _plain(value)
    if not isinstance(text, str) or not re.fullmatch(r"0*[1-9][0-9]{0,18}", text):
        raise _wrong("the application's number, such as 1400000123")
    return int(text)


def _site(value: object) -> object:
    text = _plain(value)
    site = text.lower() if isinstance(text, str) else text
    if site not in _ENDPOINTS:
        raise _wrong("cn (cloud.tencent.com) or intl (tencentcloud.com)")
    return site


def _endpoint(value: object) -> object:
    text = _plain(value)
    if text is None or text == "":
        return None
    if not isinstance(text, str) or not _is_endpoint(text):
        raise _wrong(
            "https:// and a host, such as https://trtc.ap-singapore.tencentcloudapi.com, with nothing behind it "
            "(http:// only for this machine)"
        )
    return text.rstrip("/").lower()


def _is_endpoint(text: str) -> bool:
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:  # a bracket left open, a port that is no number
        return False
    bare = f"[{host}]" if ":" in host else host
    netloc = bare if port is None else f"{bare}:{port}"
    is_bare = text.rstrip("/").lower() == f"{url.scheme}://{netloc}"
    is_named = re.fullmatch(r"[a-z0-9.:-]+", host) is not None
    return is_bare and is_named and (url.scheme == "https" or (url.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _told(env: str, where: str, example: str) -> dict[str, Any]:
    return {"env": env, "where": where, "example": example}


class TencentSettings(contract.Settings):
    """One Tencent account and one SdkAppId of it; several SdkAppIds are several accounts of ours."""

    secret_id: Annotated[SecretStr, BeforeValidator(_key)] = Field(
        json_schema_extra=_told("TENCENTCLOUD_SECRET_ID", _KEYS, "AKID…")
    )
    secret_key: Annotated[SecretStr, BeforeValidator(_key)] = Field(
        json_schema_extra=_told("TENCENTCLOUD_SECRET_KEY", f"{_KEYS}, shown once when the key is made", "32 characters")
    )
    token: Annotated[SecretStr | None, BeforeValidator(_token)] = Field(
        default=None,
        json_schema_extra=_told("TENCENTCLOUD_TOKEN", "what STS gave with a temporary key; else leave it out", "…"),
    )
    regions: Annotated[tuple[contract.Region, ...], BeforeValidator(_regions)] = Field(
        json_schema_extra=_told(
            "TENCENT_REGIONS", "the Region that your StartStreamIngest calls name", "ap-singapore,ap-mumbai"
        )
    )
    sdk_app_id: Annotated[int, BeforeValidator(_sdk_app_id)] = Field(
        json_schema_extra=_told("TENCENT_SDK_APP_ID", "TRTC console → Application → SDKAppID", "1400000123")
    )
    site: Annotated[Literal["cn", "intl"], BeforeValidator(_site)] = Field(
        default="cn",
        json_schema_extra=_told(
            "TENCENT_SITE", "cn if you log in at cloud.tencent.com, intl at tencentcloud.com", "intl"
        ),
    )
    endpoint: Annotated[str | None, BeforeValidator(_endpoint)] = Field(
        default=None,
        json_schema_extra=_told(
            "TENCENT_ENDPOINT",
            "only to use a nearer access point or a test cloud; else the site's own",
            "https://trtc.ap-singapore.tencentcloudapi.com",
        ),
    )

    @property
    def url(self) -> str:
        """Where requests go: the endpoint that was set, else the site's."""
        return self.endpoint or _ENDPOINTS[self.site]

    @property
    def budget_key(self) -> str:
        return self.secret_id.get_secret_value()
