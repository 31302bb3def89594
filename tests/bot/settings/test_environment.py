from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters import registry
from bot.settings import BotSettings, SettingsError, first_secret, secrets_of, unset
from bot.settings.reader import is_secret, meta, names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.settings import Settings

CLOUDS = registry.providers()
MODELS = [BotSettings, *(cloud.settings for cloud in CLOUDS.values())]

SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-canary",
    "SLACK_APP_TOKEN": "xapp-canary",
    "SLACK_SIGNING_SECRET": "0123456789canary0123456789canary",
}


def test_nothing_set_is_what_nobody_asked_for(read: Callable[..., Settings]):
    told = read({})

    assert told.accounts == {}
    assert (told.bot.port, told.bot.pace_share, told.bot.log_level, told.bot.config) == (3000, 0.5, "INFO", None)
    assert told.bot.database_url.get_secret_value() == "sqlite:///relaybot.db"
    assert told.bot.slack_api_url == "https://slack.com/api/"


def test_everything_set_is_read(read: Callable[..., Settings], both: dict[str, str]):
    told = read(
        {
            **SLACK,
            **both,
            "SLACK_API_URL": "http://127.0.0.1:8080/api",
            "DATABASE_URL": "postgresql://bot:canary@pool/relaybot",
            "DATABASE_DIRECT_URL": "postgresql://bot:canary@db/relaybot",
            "RELAYBOT_HEARTBEAT_S": "5",
            "RELAYBOT_KEEP_HISTORY_DAYS": "90",
            "RELAYBOT_KEEP_AUDIT_DAYS": "30",
            "RELAYBOT_KEEP_NOTICES_DAYS": "7",
            "PORT": " 8080 ",
            "RELAYBOT_BIND": "127.0.0.1",
            "RELAYBOT_ADMINS": "U012AB3CD, W034EF5GH,",
            "RELAYBOT_PACE_SHARE": "0.8",
            "RELAYBOT_METRICS_TOKEN": "canary-metrics",
            "RELAYBOT_HEARTBEAT_URL": "https://switch.example/canary",
            "RELAYBOT_LOG_LEVEL": "debug",
            "DYNO": "web.1",
        }
    )

    bot = told.bot
    assert (bot.port, bot.bind, bot.pace_share, bot.log_level, bot.dyno) == (8080, "127.0.0.1", 0.8, "DEBUG", "web.1")
    assert bot.admins == ("U012AB3CD", "W034EF5GH")
    assert bot.heartbeat_s == 5
    assert (bot.keep_history_days, bot.keep_audit_days, bot.keep_notices_days) == (90, 30, 7)
    assert bot.database_direct_url is not None
    assert bot.slack_api_url == "http://127.0.0.1:8080/api/"
    assert set(told.accounts) == {"aliyun", "tencent"}
    assert told.accounts["aliyun"].settings.regions == ("cn-shanghai", "ap-southeast-1")
    assert told.accounts["tencent"].settings.sdk_app_id == 1400000123
    assert {account.share for account in told.accounts.values()} == {0.8}


def test_empty_and_blank_variables_count_as_not_set(read: Callable[..., Settings], aliyun: dict[str, str]):
    told = read({**aliyun, **dict.fromkeys(names(CLOUDS["tencent"].settings).values(), ""), "PORT": "", "DYNO": "  "})

    assert list(told.accounts) == ["aliyun"]
    assert (told.bot.port, told.bot.dyno) == (3000, "")


def test_a_budget_is_told_apart_by_the_key_and_does_not_give_it_away(
    read: Callable[..., Settings], aliyun: dict[str, str]
):
    first = read(aliyun).accounts["aliyun"].budget
    again = read(aliyun | {"ALIYUN_REGIONS": "cn-beijing"}).accounts["aliyun"].budget
    other = read(aliyun | {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIother"}).accounts["aliyun"].budget

    assert first == again != other
    assert "LTAI" not in first


APPS = "Where to find it: api.slack.com/apps → your app →"
LIKE_A_TOKEN = "OAuth & Permissions → Bot User OAuth Token."
RAM = "Where to find it: RAM console → Users → your bot's user → Create AccessKey"
CAM = "Where to find it: Tencent Cloud console → Access Management → API Keys"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        (
            "SLACK_BOT_TOKEN",
            "xoxp-canary",
            (
                f"SLACK_BOT_TOKEN must begin with xoxb- and hold no spaces. It should look like: xoxb-…. "
                f"{APPS} {LIKE_A_TOKEN}"
            ),
        ),
        (
            "SLACK_BOT_TOKEN",
            "xoxb-canary with a space",
            (
                f"SLACK_BOT_TOKEN must begin with xoxb- and hold no spaces. It should look like: xoxb-…. "
                f"{APPS} {LIKE_A_TOKEN}"
            ),
        ),
        (
            "RELAYBOT_KEEP_HISTORY_DAYS",
            "0",
            (
                "RELAYBOT_KEEP_HISTORY_DAYS must be a whole number of days from 1 to 3650. It should look like: 400. "
                "Where to find it: how long changes and incidents that are over are remembered, 1 to 3650."
            ),
        ),
        (
            "SLACK_APP_TOKEN",
            "xoxb-canary",
            (
                "SLACK_APP_TOKEN must begin with xapp- and hold no spaces. It should look like: xapp-…. "
                f"{APPS} Basic Information → App-Level Tokens, scope connections:write."
            ),
        ),
        (
            "SLACK_SIGNING_SECRET",
            "canary",
            (
                "SLACK_SIGNING_SECRET must have at least 8 characters and no spaces. "
                "It should look like: 32 hexadecimal digits. "
                f"{APPS} Basic Information → App Credentials."
            ),
        ),
        (
            "SLACK_API_URL",
            "http://canary.example/api",
            (
                "SLACK_API_URL must be an https address (http only for this machine). It should look like: "
                "https://slack.com/api/. Where to find it: only for a test double of Slack."
            ),
        ),
        (
            "SLACK_API_URL",
            "https://user:canary@slack.com/",
            (
                "SLACK_API_URL must be an https address (http only for this machine). It should look like: "
                "https://slack.com/api/. Where to find it: only for a test double of Slack."
            ),
        ),
        (
            "PORT",
            "canary",
            (
                "PORT must be a whole number. It should look like: 3000. "
                "Where to find it: the port of this machine to listen on."
            ),
        ),
        (
            "PORT",
            "65536",
            (
                "PORT must be a port number from 1 to 65535. It should look like: 3000. "
                "Where to find it: the port of this machine to listen on."
            ),
        ),
        (
            "RELAYBOT_ADMINS",
            "ann@canary.example",
            (
                "RELAYBOT_ADMINS must be Slack member ids, separated by commas. It should look like: U012AB3CD. "
                "Where to find "
                "it: Slack profile → ⋮ → Copy member ID; else the workspace's owners and admins."
            ),
        ),
        (
            "RELAYBOT_PACE_SHARE",
            "canary",
            (
                "RELAYBOT_PACE_SHARE must be a number. It should look like: 0.5. "
                "Where to find it: how much of each cloud's documented rate is ours to spend, 0.05 to 0.9."
            ),
        ),
        (
            "RELAYBOT_PACE_SHARE",
            "0.95",
            (
                "RELAYBOT_PACE_SHARE must be from 0.05 to 0.9. It should look like: 0.5. "
                "Where to find it: how much of each cloud's documented rate is ours to spend, 0.05 to 0.9."
            ),
        ),
        (
            "RELAYBOT_PACE_SHARE",
            "nan",
            (
                "RELAYBOT_PACE_SHARE must be from 0.05 to 0.9. It should look like: 0.5. "
                "Where to find it: how much of each cloud's documented rate is ours to spend, 0.05 to 0.9."
            ),
        ),
        (
            "RELAYBOT_HEARTBEAT_S",
            "0.5",
            (
                "RELAYBOT_HEARTBEAT_S must be from 1 to 60. It should look like: 10. Where to find it: seconds after "
                "which another process has the work of one that was killed, 1 to 60."
            ),
        ),
        (
            "RELAYBOT_HEARTBEAT_URL",
            "https://switch.example:99999/canary",
            (
                "RELAYBOT_HEARTBEAT_URL must be an https address (http only for this machine). It should look like: "
                "https://hc-ping.com/…. Where to find it: a dead-man's switch elsewhere (healthchecks.io, Better Stack "
                "…): fetched once a minute while all is well."
            ),
        ),
        (
            "RELAYBOT_METRICS_TOKEN",
            "a canary",
            (
                "RELAYBOT_METRICS_TOKEN must have at least 8 characters and no spaces. It should look like: …. "
                "Where to find it: make one up; /metrics from another machine sends it as a bearer token."
            ),
        ),
        (
            "RELAYBOT_LOG_LEVEL",
            "canary",
            (
                "RELAYBOT_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR. It should look like: INFO. "
                "Where to find it: DEBUG, INFO, WARNING or ERROR."
            ),
        ),
        (
            "RELAYBOT_CONFIG",
            "/nowhere/canary.toml",
            "RELAYBOT_CONFIG names a file that cannot be read (No such file or directory).",
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "canary id",
            (
                "ALIBABA_CLOUD_ACCESS_KEY_ID must be printable ASCII without spaces, and not empty. "
                f"It should look like: LTAI…. {RAM}."
            ),
        ),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "canary — secret",
            (
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET must be printable ASCII without spaces, and not empty. "
                f"It should look like: 30 characters. {RAM}, shown once."
            ),
        ),
        (
            "ALIBABA_CLOUD_SECURITY_TOKEN",
            "canary token",
            (
                "ALIBABA_CLOUD_SECURITY_TOKEN must be printable ASCII without spaces, and not empty. "
                "It should look like: …. "
                "Where to find it: only with a temporary key: what STS gave along."
            ),
        ),
        (
            "ALIYUN_REGIONS",
            "canary/shanghai",
            (
                "ALIYUN_REGIONS must be one region or more, in Alibaba Cloud's spelling. It should look like: "
                "cn-shanghai,ap-southeast-1. Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        (
            "ALIYUN_ENDPOINT",
            "http://canary.example",
            (
                "ALIYUN_ENDPOINT must be https:// and a host, with nothing behind it (http:// only for this machine). "
                "It should look like: https://live.ap-southeast-1.aliyuncs.com. "
                "Where to find it: only for a regional access point or a test double."
            ),
        ),
        (
            "TENCENTCLOUD_SECRET_ID",
            "canary\tid",
            (
                "TENCENTCLOUD_SECRET_ID must be printable ASCII without spaces, and not empty. "
                f"It should look like: AKID…. {CAM}."
            ),
        ),
        (
            "TENCENT_SDK_APP_ID",
            "canary",
            (
                "TENCENT_SDK_APP_ID must be the application's number, digits only. It should look like: 1400000123. "
                "Where to find it: TRTC console → Application Management → SDKAppID."
            ),
        ),
        (
            "TENCENT_SITE",
            "canary",
            (
                "TENCENT_SITE must be cn or intl. It should look like: intl. "
                "Where to find it: cn if you log in at cloud.tencent.com, intl if at tencentcloud.com."
            ),
        ),
    ],
)
def test_a_malformed_variable_is_named_with_its_form_and_its_place(
    complaint: Callable[[Mapping[str, str]], str], both: dict[str, str], variable: str, value: str, message: str
):
    told = complaint({**SLACK, **both, variable: value})

    assert told == message
    assert "canary" not in told


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", f"ALIBABA_CLOUD_ACCESS_KEY_ID is not set. It should look like: LTAI…. {RAM}."),
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            f"ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set. It should look like: 30 characters. {RAM}, shown once.",
        ),
        (
            "ALIYUN_REGIONS",
            (
                "ALIYUN_REGIONS is not set. It should look like: cn-shanghai,ap-southeast-1. "
                "Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        ("TENCENTCLOUD_SECRET_ID", f"TENCENTCLOUD_SECRET_ID is not set. It should look like: AKID…. {CAM}."),
        (
            "TENCENTCLOUD_SECRET_KEY",
            (
                f"TENCENTCLOUD_SECRET_KEY is not set. It should look like: 32 characters. "
                f"{CAM}, once, when the key is made."
            ),
        ),
        (
            "TENCENT_REGIONS",
            (
                "TENCENT_REGIONS is not set. It should look like: ap-singapore,ap-guangzhou. "
                "Where to find it: the Region of your StartStreamIngest calls."
            ),
        ),
        (
            "TENCENT_SDK_APP_ID",
            (
                "TENCENT_SDK_APP_ID is not set. It should look like: 1400000123. "
                "Where to find it: TRTC console → Application Management → SDKAppID."
            ),
        ),
    ],
)
def test_what_is_missing_of_a_cloud_is_named_once_anything_of_it_is_set(
    complaint: Callable[[Mapping[str, str]], str], both: dict[str, str], variable: str, message: str
):
    assert complaint({**both, variable: ""}) == message


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_says_its_variable_its_form_and_its_place(model: type[BotSettings]):
    for key in model.model_fields:
        assert set(meta(model, key)) == {"env", "where", "example"}, key
        assert all(meta(model, key).values()), key


def test_no_two_settings_have_one_variable():
    variables = [variable for model in MODELS for variable in names(model).values()]

    assert sorted(variables) == sorted(set(variables))


def test_a_newcomer_is_told_the_key_first():
    assert [first_secret(cloud.settings) for cloud in CLOUDS.values()] == ["access_key_id", "secret_id"]


def test_what_is_missing_can_be_said_with_a_hint():
    assert str(unset(BotSettings, "slack_app_token", hint="or set SLACK_SIGNING_SECRET for HTTP")) == (
        "SLACK_APP_TOKEN is not set (or set SLACK_SIGNING_SECRET for HTTP). It should look like: xapp-…. "
        f"{APPS} Basic Information → App-Level Tokens, scope connections:write."
    )
    assert str(unset(BotSettings, "slack_bot_token")) == (
        f"SLACK_BOT_TOKEN is not set. It should look like: xoxb-…. {APPS} {LIKE_A_TOKEN}"
    )
    assert isinstance(unset(BotSettings, "port"), SettingsError)


def canaries() -> dict[str, str]:
    """Every secret of every model, set to something that can be found again."""
    told: dict[str, str] = {}
    for model in MODELS:
        for key, variable in names(model).items():
            if is_secret(model, key):
                prefixes = {
                    "SLACK_BOT_TOKEN": "xoxb-",
                    "SLACK_APP_TOKEN": "xapp-",
                    "RELAYBOT_HEARTBEAT_URL": "https://",
                }
                prefix = prefixes.get(variable, "")
                told[variable] = f"{prefix}canary-{variable.lower().replace('_', '-')}"
    return told


def test_no_secret_is_in_what_is_shown_of_the_settings(read: Callable[..., Settings], both: dict[str, str]):
    secrets = canaries()
    told = read({**both, **secrets})

    shown = f"{told!r} {told} {told.bot!r} {told.accounts!r} {[a.settings for a in told.accounts.values()]!r}"
    assert len(secrets) >= 10
    assert "canary" not in shown
    assert secrets_of(told) >= set(secrets.values())


def test_each_of_two_keys_that_are_valid_while_they_change_is_cut_out_of_the_log(
    read: Callable[..., Settings], aliyun: dict[str, str]
):
    old, new = "canary-callback-old-1", "canary-callback-new-2"

    assert secrets_of(read({**aliyun, "ALIYUN_CALLBACK_KEY": f"{old},{new}"})) >= {old, new}


@pytest.mark.parametrize("variable", sorted({name for model in MODELS for name in names(model).values()}))
@pytest.mark.parametrize("odd", ["{}\x01", "{} {}", "{}é", "[{}", "https://{}:x@[", "-1{}", "{}" * 1000])
def test_no_complaint_repeats_what_was_set(
    read: Callable[..., Settings], both: dict[str, str], variable: str, odd: str
):
    environ = {**both, **canaries(), variable: odd.replace("{}", "canary")}
    try:
        shown = repr(read(environ).accounts)
    except SettingsError as error:
        shown = str(error)
        assert shown.startswith(variable)

    assert "canary" not in shown
