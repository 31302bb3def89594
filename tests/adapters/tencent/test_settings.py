from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters.tencent import TencentSettings

PLAUSIBLE = {
    "secret_id": "AKIDcanaryIdCanaryId",
    "secret_key": "canaryKeyCanaryKeyCanary",
    "regions": ["ap-singapore"],
    "sdk_app_id": "1400000123",
}

ENV = {
    "secret_id": "TENCENTCLOUD_SECRET_ID",
    "secret_key": "TENCENTCLOUD_SECRET_KEY",
    "token": "TENCENTCLOUD_TOKEN",
    "regions": "TENCENT_REGIONS",
    "sdk_app_id": "TENCENT_SDK_APP_ID",
    "site": "TENCENT_SITE",
    "endpoint": "TENCENT_ENDPOINT",
    "callback_key": "TENCENT_CALLBACK_KEY",
    "callback_sign_key": "TENCENT_CALLBACK_SIGN_KEY",
}


def told(**changes: Any) -> TencentSettings:
    return TencentSettings.model_validate(PLAUSIBLE | changes)


def complaint(**changes: Any) -> tuple[str, str]:
    with pytest.raises(ValidationError) as caught:
        told(**changes)
    (first,) = caught.value.errors(include_url=False, include_context=False, include_input=False)
    return str(first["loc"][0]), first["msg"].removeprefix("Value error, ")


def test_every_setting_names_its_variable_its_place_and_an_example():
    meta = {name: field.json_schema_extra for name, field in TencentSettings.model_fields.items()}

    assert {name: extra["env"] for name, extra in meta.items() if isinstance(extra, dict)} == ENV
    assert all(isinstance(extra, dict) and extra["where"] and extra["example"] for extra in meta.values())


def test_what_is_left_out_is_a_mainland_account_without_a_token():
    settings = told()

    assert settings.site == "cn"
    assert settings.token is None
    assert settings.url == "https://trtc.tencentcloudapi.com"
    assert settings.sdk_app_id == 1400000123


# One sentence each: what is set, and what is made of it.
ACCEPTED = [
    # White space that pasting adds is dropped.
    ("secret_id", " AKIDabc\n", SecretStr("AKIDabc")),
    ("secret_key", "\tkey+/=~!\n", SecretStr("key+/=~!")),
    ("token", " t0ken== ", SecretStr("t0ken==")),
    # A TOML file gives a number, the environment a text.
    ("sdk_app_id", 1600011111, 1600011111),
    ("sdk_app_id", " 1600011111 ", 1600011111),
    # Regions keep their order, and each is asked once.
    ("regions", ["ap-mumbai", " ap-singapore ", "ap-mumbai"], ("ap-mumbai", "ap-singapore")),
    # Tencent's finance and numbered regions are regions too.
    ("regions", ["ap-shanghai-fsi", "ap-guangzhou-2", "ap-shenzhen-fsi-1"], None),
    ("site", " INTL ", "intl"),
    # An endpoint loses the slash that browsers add, and its capitals.
    ("endpoint", "https://TRTC.ap-singapore.tencentcloudapi.com/", "https://trtc.ap-singapore.tencentcloudapi.com"),
    ("endpoint", "https://trtc.example.com:8443", None),
    # Plain HTTP is for this machine.
    ("endpoint", "http://127.0.0.1:9123", None),
    ("endpoint", "http://localhost:80", None),
    ("endpoint", "http://[::1]:9123", None),
    ("endpoint", None, None),
]


@pytest.mark.parametrize(("field", "value", "kept"), ACCEPTED)
def test_a_setting_as_people_write_it_is_taken(field: str, value: Any, kept: Any):
    settings = told(**{field: value})

    as_given = tuple(value) if isinstance(value, list) else value
    assert getattr(settings, field) == (as_given if kept is None else kept)


KEY = "must be printable ASCII without spaces, and not empty"
REGION = "must be one region or more, in Tencent's spelling"
NUMBER = "must be the application's number, digits only"
SITE = "must be cn or intl"
ENDPOINT = "must be https:// and a host, with nothing behind it (http:// only for this machine)"

REFUSED = [
    ("secret_id", "", KEY),
    ("secret_id", "   ", KEY),
    ("secret_id", "AKID abc", KEY),
    ("secret_key", "ключ", KEY),
    ("secret_key", "key\u200b", KEY),
    ("token", "two words", KEY),
    ("regions", [], REGION),
    ("regions", ["singapore"], REGION),
    ("regions", ["ap-singapore", "AP-MUMBAI"], REGION),
    ("regions", ["ap singapore"], REGION),
    ("regions", ["ap-singapore\r\nX-TC-Token: x"], REGION),
    ("sdk_app_id", 0, NUMBER),
    ("sdk_app_id", -1400000123, NUMBER),
    ("sdk_app_id", True, NUMBER),
    ("sdk_app_id", 1400000123.0, NUMBER),
    ("sdk_app_id", "14000 00123", NUMBER),
    ("sdk_app_id", "\uff11\uff14\uff10\uff10", NUMBER),
    ("sdk_app_id", "9" * 5000, NUMBER),
    ("sdk_app_id", None, NUMBER),
    ("site", "com", SITE),
    ("site", ["cn"], SITE),
    ("endpoint", "", ENDPOINT),
    ("endpoint", "trtc.tencentcloudapi.com", ENDPOINT),
    ("endpoint", "http://trtc.tencentcloudapi.com", ENDPOINT),
    ("endpoint", "http://127.0.0.1.example.com", ENDPOINT),
    ("endpoint", "ftp://127.0.0.1", ENDPOINT),
    ("endpoint", "https://trtc.tencentcloudapi.com/path", ENDPOINT),
    ("endpoint", "https://trtc.tencentcloudapi.com?x=1", ENDPOINT),
    ("endpoint", "https://trtc.tencentcloudapi.com#x", ENDPOINT),
    ("endpoint", "https://user:password@trtc.tencentcloudapi.com", ENDPOINT),
    ("endpoint", "https://trtc.tencentcloudapi.com:port", ENDPOINT),
    ("endpoint", "https://trtc.tencentcloudapi.com:99999", ENDPOINT),
    ("endpoint", "https://[::1", ENDPOINT),
    ("endpoint", "https://腾讯.com", ENDPOINT),
    ("endpoint", "https://", ENDPOINT),
]


@pytest.mark.parametrize(("field", "value", "message"), REFUSED)
def test_a_malformed_setting_is_told_in_one_sentence(field: str, value: Any, message: str):
    assert complaint(**{field: value}) == (field, message)


def test_the_site_chooses_the_host_and_an_endpoint_overrules_it():
    assert told(site="intl").url == "https://trtc.intl.tencentcloudapi.com"
    assert told(site="intl", endpoint="https://trtc.example.com").url == "https://trtc.example.com"


def test_the_access_key_tells_budgets_apart():
    assert told().budget_key == PLAUSIBLE["secret_id"]


def test_an_unknown_setting_is_refused():
    assert complaint(sdkappid=1) == ("sdkappid", "Extra inputs are not permitted")


def test_no_secret_shows_in_a_repr_or_in_a_complaint():
    settings = told(token="canary-token")
    with pytest.raises(ValidationError) as caught:
        told(secret_key="canary with spaces", secret_id="canary\x00")

    for text in (repr(settings), str(settings), settings.model_dump_json(), repr(caught.value), str(caught.value)):
        assert "canary" not in text
