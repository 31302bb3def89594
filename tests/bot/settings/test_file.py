from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings

SECOND = {"SECOND_ID": "LTAIcanarySecond", "SECOND_SECRET": "canarySecretOfTheSecond"}

TWO = """
[accounts.show]
provider = "aliyun"
regions = ["cn-shanghai", "cn-beijing"]
{show}

[accounts.Backup]
provider = "aliyun"
regions = "ap-southeast-1"
access_key_id = "SECOND_ID"
access_key_secret = "SECOND_SECRET"
{backup}
"""


def test_accounts_of_one_cloud_read_their_keys_from_variables_of_their_own(
    load_file: Callable[..., Settings], aliyun: dict[str, str]
):
    told = load_file(TWO.format(show="", backup=""), **aliyun, **SECOND)

    show, backup = told.accounts["show"], told.accounts["Backup"]
    assert show.settings.access_key_id.get_secret_value() == "LTAIcanaryId"
    assert backup.settings.access_key_id.get_secret_value() == "LTAIcanarySecond"
    assert show.settings.regions == ("cn-shanghai", "cn-beijing")
    assert backup.settings.regions == ("ap-southeast-1",)  # a text with commas does as well as a list
    assert show.budget != backup.budget
    assert "canary" not in repr(told)


def test_accounts_that_name_one_budget_share_it(load_file: Callable[..., Settings], aliyun: dict[str, str]):
    told = load_file(TWO.format(show='budget = "group"', backup='budget = "group"'), **aliyun, **SECOND)

    assert (told.accounts["show"].budget, told.accounts["Backup"].budget) == ("group", "group")


def test_accounts_with_one_key_share_its_budget_unasked(load_file: Callable[..., Settings], aliyun: dict[str, str]):
    told = load_file(
        TWO.format(show="", backup=""), **aliyun, SECOND_ID="LTAIcanaryId", SECOND_SECRET="canarySecretOfAliyun"
    )

    assert told.accounts["show"].budget == told.accounts["Backup"].budget


def test_what_is_ours_in_a_table_is_read(load_file: Callable[..., Settings], aliyun: dict[str, str]):
    ours = 'share = 0.8\nchannels = ["C012AB3CD", "G034EF5GH"]\ntasks = ["live-*", " main-? "]'
    told = load_file(TWO.format(show=ours, backup=""), **aliyun, **SECOND, RELAYBOT_PACE_SHARE="0.25")

    show, backup = told.accounts["show"], told.accounts["Backup"]
    assert (show.share, backup.share) == (0.8, 0.25)
    assert show.channels == {"C012AB3CD", "G034EF5GH"}
    assert show.tasks == ("live-*", "main-?")
    assert (backup.channels, backup.tasks) == (frozenset(), ())


PER_APP = """
[accounts.studio]
provider = "tencent"
regions = ["ap-singapore"]
sdk_app_id = 1400000123

[accounts.arena]
provider = "tencent"
regions = ["ap-guangzhou"]
sdk_app_id = "1400000456"
site = "intl"
"""


def test_one_tencent_key_serves_an_account_for_each_sdk_app_id(
    load_file: Callable[..., Settings], tencent: dict[str, str]
):
    keys = {name: value for name, value in tencent.items() if name.startswith("TENCENTCLOUD")}
    told = load_file(PER_APP, **keys)

    studio, arena = told.accounts["studio"], told.accounts["arena"]
    assert set(told.accounts) == {"studio", "arena"}  # the keys alone make no account of their own
    assert (studio.settings.sdk_app_id, arena.settings.sdk_app_id) == (1400000123, 1400000456)
    assert studio.settings.secret_key == arena.settings.secret_key
    assert studio.budget == arena.budget  # the vendor counts the key's requests, not the application's


def test_a_cloud_with_all_its_own_variables_has_its_default_account_beside_the_files(
    load_file: Callable[..., Settings], aliyun: dict[str, str], tencent: dict[str, str]
):
    told = load_file(PER_APP, **tencent, **aliyun)

    assert set(told.accounts) == {"studio", "arena", "tencent", "aliyun"}


@pytest.mark.parametrize("name", ["aliyun", "Aliyun"])
def test_an_account_of_the_file_takes_the_default_ones_place(
    load_file: Callable[..., Settings], aliyun: dict[str, str], name: str
):
    told = load_file(f'[accounts.{name}]\nprovider = "aliyun"\nregions = ["cn-beijing"]', **aliyun)

    assert list(told.accounts) == [name]
    assert told.accounts[name].settings.regions == ("cn-beijing",)


def test_a_secret_that_is_optional_and_not_named_is_taken_when_its_own_variable_is_set(
    load_file: Callable[..., Settings], aliyun: dict[str, str]
):
    table = '[accounts.show]\nprovider = "aliyun"\nregions = ["cn-beijing"]'

    without = load_file(table, **aliyun).accounts["show"].settings
    with_token = load_file(table, **aliyun, ALIBABA_CLOUD_SECURITY_TOKEN="canaryToken").accounts["show"].settings

    assert without.security_token is None
    assert with_token.security_token.get_secret_value() == "canaryToken"


SHOW = '[accounts.show]\nprovider = "aliyun"\nregions = ["cn-shanghai"]\n'
TOML = 'It should look like: [accounts.show] provider = "aliyun" regions = ["cn-shanghai"].'
KEYS = (
    "access_key_id, access_key_secret, budget, callback_auth_key, callback_key, channels, endpoint, provider, regions, "
    "security_token, share, tasks"
)
NAME = "must be letters, digits, - and _, at most 30, for people to type."
PASTED = "must be the name of an environment variable, in capitals, and not the key itself. It should look like:"


@pytest.mark.parametrize(
    ("why", "text", "message"),
    [
        (
            "no TOML at all",
            "accounts: show",
            f"relaybot.toml is no TOML: Expected '=' after a key in a key/value pair (at line 1, column 9). {TOML}",
        ),
        (
            "no text at all",
            b"\xff\xfe",
            f"relaybot.toml is no TOML: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte. {TOML}",
        ),
        ("nothing in it", "", f"relaybot.toml has no [accounts.<name>] table. {TOML}"),
        ("accounts that are no tables", "accounts = 3", f"relaybot.toml has no [accounts.<name>] table. {TOML}"),
        (
            "another table",
            '[account.show]\nprovider = "aliyun"',
            f"relaybot.toml has a table that I do not know: account. {TOML}",
        ),
        ("an account that is no table", "[accounts]\nshow = 3", f"accounts.show must be a table. {TOML}"),
        ("a name that nobody can type", '[accounts."my show"]\nprovider = "aliyun"', f"accounts.my show {NAME}"),
        ("a name without end", f"[accounts.{'x' * 31}]", f"accounts.{'x' * 31} {NAME}"),
        (
            "two names that differ in capitals",
            f'{SHOW}[accounts.Show]\nprovider = "aliyun"',
            "accounts.Show is accounts.show to people, who type either.",
        ),
        (
            "no provider",
            '[accounts.show]\nregions = ["cn-shanghai"]',
            'accounts.show.provider is not set. It should look like: provider = "aliyun".',
        ),
        (
            "a provider that nobody offers",
            '[accounts.show]\nprovider = "azure"',
            'accounts.show.provider cannot be used: there is no provider "azure"; there are: aliyun, tencent.',
        ),
        (
            "a key that is none",
            f"{SHOW}colour = 3",
            f"accounts.show.colour is no setting for Alibaba Cloud; there are: {KEYS}.",
        ),
        (
            "no regions",
            '[accounts.show]\nprovider = "aliyun"',
            (
                "accounts.show.regions is not set. It should look like: cn-shanghai,ap-southeast-1. "
                "Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        (
            "regions that are numbers",
            '[accounts.show]\nprovider = "aliyun"\nregions = [3]',
            (
                "accounts.show.regions is not right: Input should be a valid string. It should look like: "
                "cn-shanghai,ap-southeast-1. Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        (
            "empty regions",
            '[accounts.show]\nprovider = "aliyun"\nregions = ""',
            (
                "accounts.show.regions must be one region or more, in Alibaba Cloud's spelling. It should look like: "
                "cn-shanghai,ap-southeast-1. Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        (
            "a key itself in its variable's place",
            f'{SHOW}access_key_id = "LTAI5tCanaryCanary"',
            f"accounts.show.access_key_id {PASTED} ALIBABA_CLOUD_ACCESS_KEY_ID.",
        ),
        (
            "a secret itself in its variable's place",
            f'{SHOW}access_key_secret = "c4naryc4naryc4naryc4naryc4nary"',
            f"accounts.show.access_key_secret {PASTED} ALIBABA_CLOUD_ACCESS_KEY_SECRET.",
        ),
        (
            "a token itself in its variable's place",
            f'{SHOW}security_token = "CAISwAJ1q6Ft5B2ycanary=="',
            f"accounts.show.security_token {PASTED} ALIBABA_CLOUD_SECURITY_TOKEN.",
        ),
        (
            "a number in a variable's place",
            f"{SHOW}access_key_id = 3",
            f"accounts.show.access_key_id {PASTED} ALIBABA_CLOUD_ACCESS_KEY_ID.",
        ),
        (
            "a variable that is not set",
            f'{SHOW}access_key_id = "OTHER_ID"',
            (
                "OTHER_ID is not set, and accounts.show.access_key_id is read from it. It should look like: LTAI…. "
                "Where to find it: RAM console → Users → your bot's user → Create AccessKey."
            ),
        ),
        (
            "an optional variable that is named and not set",
            f'{SHOW}security_token = "OTHER_TOKEN"',
            (
                "OTHER_TOKEN is not set, and accounts.show.security_token is read from it. It should look like: …. "
                "Where to find it: only with a temporary key: what STS gave along."
            ),
        ),
        (
            "a budget that is no name",
            f"{SHOW}budget = 3",
            "accounts.show.budget must be a short name, the same for accounts that share the vendor's limits.",
        ),
        (
            "a budget that is a sentence",
            f'{SHOW}budget = "our main / account"',
            "accounts.show.budget must be a short name, the same for accounts that share the vendor's limits.",
        ),
        (
            "a share above all",
            f"{SHOW}share = 1.0",
            "accounts.show.share must be from 0.05 to 0.9. It should look like: 0.5.",
        ),
        (
            "a share in words",
            f'{SHOW}share = "canary"',
            "accounts.show.share must be a number. It should look like: 0.5.",
        ),
        (
            "a share that is a truth",
            f"{SHOW}share = true",
            "accounts.show.share must be a number. It should look like: 0.5.",
        ),
        (
            "channels by name",
            f'{SHOW}channels = ["#relays"]',
            (
                "accounts.show.channels must be Slack channel ids, not names: a channel's details end in its id. "
                'It should look like: ["C012AB3CD"].'
            ),
        ),
        (
            "one channel, no list",
            f'{SHOW}channels = "C012AB3CD"',
            'accounts.show.channels must be a list of texts. It should look like: ["C012AB3CD"].',
        ),
        (
            "an empty task",
            f'{SHOW}tasks = [" "]',
            'accounts.show.tasks must be a list of texts. It should look like: ["live-*"].',
        ),
        (
            "an endpoint in the clear",
            f'{SHOW}endpoint = "http://canary.example"',
            (
                "accounts.show.endpoint must be https:// and a host, with nothing behind it (http:// only for this "
                "machine). "
                "It should look like: https://live.ap-southeast-1.aliyuncs.com. "
                "Where to find it: only for a regional access point or a test double."
            ),
        ),
        (
            "a number that is none",
            '[accounts.studio]\nprovider = "tencent"\nregions = ["ap-singapore"]\nsdk_app_id = "canary"',
            (
                "accounts.studio.sdk_app_id must be the application's number, digits only. "
                "It should look like: 1400000123. "
                "Where to find it: TRTC console → Application Management → SDKAppID."
            ),
        ),
    ],
)
def test_a_slip_in_the_file_is_named_by_its_place(
    complaint: Callable[..., str], both: dict[str, str], why: str, text: str | bytes, message: str
):
    told = complaint(both, text)

    assert told == message, why
    assert "canary" not in told.lower()
    assert "c4nary" not in told


def test_the_providers_own_variable_is_named_when_the_file_names_none(complaint: Callable[..., str]):
    assert complaint({}, SHOW) == (
        "ALIBABA_CLOUD_ACCESS_KEY_ID is not set, and accounts.show.access_key_id is read from it. "
        "It should look like: LTAI…. Where to find it: RAM console → Users → your bot's user → Create AccessKey."
    )


def test_a_file_that_is_a_folder_is_said(complaint: Callable[..., str], tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("folder")

    assert complaint({"RELAYBOT_CONFIG": str(folder)}) == (
        "RELAYBOT_CONFIG names a file that cannot be read (Is a directory)."
    )
