from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters.aliyun import AliyunSettings

GOOD: dict[str, Any] = {"access_key_id": "testid", "access_key_secret": "testsecret", "regions": ["cn-shanghai"]}

KEY = "must be printable ASCII without spaces, and not empty"
REGION = "must be one region or more, in Alibaba Cloud's spelling"
ENDPOINT = "must be https:// and a host, with nothing behind it (http:// only for this machine)"


def test_the_variables_are_those_that_the_vendors_tools_read():
    told = {name: info.json_schema_extra for name, info in AliyunSettings.model_fields.items()}

    assert {name: extra["env"] for name, extra in told.items()} == {
        "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
        "regions": "ALIYUN_REGIONS",
        "endpoint": "ALIYUN_ENDPOINT",
        "callback_key": "ALIYUN_CALLBACK_KEY",
        "callback_auth_key": "ALIYUN_CALLBACK_AUTH_KEY",
    }
    assert all(extra["where"] and extra["example"] for extra in told.values())


def test_two_keys_and_a_region_are_enough():
    settings = AliyunSettings.model_validate(GOOD)

    assert settings.security_token is None
    assert settings.endpoint == "https://live.aliyuncs.com"
    assert settings.budget_key == "testid"


@pytest.mark.parametrize(
    ("field", "given", "kept"),
    [
        # What a paste brings along is not part of a key.
        ("access_key_id", "  LTAI5t\n", "LTAI5t"),
        ("access_key_secret", "\tabc/+=~ ", "abc/+=~"),
        ("security_token", " CAIS+a/b== ", "CAIS+a/b=="),
        # A region twice is a region once, and the first stays first.
        ("regions", ["cn-beijing", " cn-shanghai ", "cn-beijing"], ("cn-beijing", "cn-shanghai")),
        # The vendor's lists differ, so a region is not looked up.
        ("regions", ["preregion", "mars-north-1"], ("preregion", "mars-north-1")),
        # A slash at the end and capitals are no mistake.
        ("endpoint", " https://Live.Aliyuncs.com/ ", "https://live.aliyuncs.com"),
        ("endpoint", "https://live.ap-southeast-1.aliyuncs.com:8443", "https://live.ap-southeast-1.aliyuncs.com:8443"),
        # This machine may do without https.
        ("endpoint", "http://127.0.0.1:18080", "http://127.0.0.1:18080"),
        ("endpoint", "http://localhost", "http://localhost"),
        ("endpoint", "http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_what_is_meant_is_understood(field: str, given: object, kept: object):
    value = getattr(AliyunSettings.model_validate(GOOD | {field: given}), field)

    assert (value.get_secret_value() if isinstance(value, SecretStr) else value) == kept


@pytest.mark.parametrize(
    ("field", "given", "complaint"),
    [
        ("access_key_id", "", KEY),
        ("access_key_id", "LTAI 5t", KEY),
        ("access_key_secret", "   ", KEY),
        ("access_key_secret", "schlüssel", KEY),
        ("security_token", "CAIS\u200b", KEY),
        ("regions", [], REGION),
        ("regions", ["Shanghai"], REGION),
        ("regions", ["cn-shanghai", "x"], REGION),
        ("regions", ["cn-shanghai,cn-beijing"], REGION),
        ("endpoint", "live.aliyuncs.com", ENDPOINT),
        ("endpoint", "http://live.aliyuncs.com", ENDPOINT),
        ("endpoint", "ftp://127.0.0.1", ENDPOINT),
        ("endpoint", "https://live.aliyuncs.com/v1", ENDPOINT),
        ("endpoint", "https://live.aliyuncs.com?x=1", ENDPOINT),
        ("endpoint", "https://live.aliyuncs.com#x", ENDPOINT),
        ("endpoint", "https://user:pw@live.aliyuncs.com", ENDPOINT),
        ("endpoint", "https://live.aliyuncs.com:port", ENDPOINT),
        ("endpoint", "https://[::1", ENDPOINT),
        ("endpoint", "https://live aliyuncs.com", ENDPOINT),
        ("endpoint", "https://", ENDPOINT),
        ("endpoint", "", ENDPOINT),
    ],
)
def test_what_cannot_be_right_is_named_with_its_mend(field: str, given: object, complaint: str):
    with pytest.raises(ValidationError) as refused:
        AliyunSettings.model_validate(GOOD | {field: given})

    (error,) = refused.value.errors(include_input=False, include_context=False)
    assert error["loc"] == (field,)
    assert error["msg"] == f"Value error, {complaint}"


@pytest.mark.parametrize("field", ["access_key_id", "access_key_secret", "regions"])
def test_what_is_needed_is_asked_for(field: str):
    with pytest.raises(ValidationError) as refused:
        AliyunSettings.model_validate({name: value for name, value in GOOD.items() if name != field})

    (error,) = refused.value.errors(include_input=False)
    assert (error["loc"], error["type"]) == ((field,), "missing")
