"""Missing and malformed settings: each a single message that says which, what it looks like and where it is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shell

SET_IT = "  Set it, then run the command again.\n"
KEYS = "Where to find it: RAM console → Users → your bot's user → Create AccessKey"
APPS = "Where to find it: api.slack.com/apps → your app →"


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        # Half of a key.
        (
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
            "",
            f"ALIBABA_CLOUD_ACCESS_KEY_SECRET is not set. It should look like: 30 characters. {KEYS}, shown once.",
        ),
        # A key that was copied with its line break and more.
        (
            "ALIBABA_CLOUD_ACCESS_KEY_ID",
            "canary one",
            (
                "ALIBABA_CLOUD_ACCESS_KEY_ID must be printable ASCII without spaces, and not empty. "
                f"It should look like: LTAI…. {KEYS}."
            ),
        ),
        # No region; nothing but commas.
        (
            "ALIYUN_REGIONS",
            "",
            (
                "ALIYUN_REGIONS is not set. It should look like: cn-shanghai,ap-southeast-1. "
                "Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        (
            "ALIYUN_REGIONS",
            " , ",
            (
                "ALIYUN_REGIONS must be one region or more, in Alibaba Cloud's spelling. It should look like: "
                "cn-shanghai,ap-southeast-1. Where to find it: the Region of your CreateLivePullToPush calls."
            ),
        ),
        # An application's name in place of its number.
        (
            "TENCENT_SDK_APP_ID",
            "my-app",
            (
                "TENCENT_SDK_APP_ID must be the application's number, digits only. It should look like: 1400000123. "
                "Where to find it: TRTC console → Application Management → SDKAppID."
            ),
        ),
        (
            "TENCENT_SITE",
            "mars",
            (
                "TENCENT_SITE must be cn or intl. It should look like: intl. "
                "Where to find it: cn if you log in at cloud.tencent.com, intl if at tencentcloud.com."
            ),
        ),
        # A user's token, and the two Slack tokens the wrong way round.
        (
            "SLACK_BOT_TOKEN",
            "xoxp-canary",
            (
                "SLACK_BOT_TOKEN must begin with xoxb- and hold no spaces. It should look like: xoxb-…. "
                f"{APPS} OAuth & Permissions → Bot User OAuth Token."
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
                f"It should look like: 32 hexadecimal digits. {APPS} Basic Information → App Credentials."
            ),
        ),
        # Keys in the clear.
        (
            "SLACK_API_URL",
            "http://slack.com/api/",
            (
                "SLACK_API_URL must be an https address (http only for this machine). It should look like: "
                "https://slack.com/api/. Where to find it: only for a test double of Slack."
            ),
        ),
        # Numbers that are none, or too large.
        (
            "PORT",
            "http",
            (
                "PORT must be a whole number. It should look like: 3000. "
                "Where to find it: the port of this machine to listen on."
            ),
        ),
        (
            "PORT",
            "70000",
            (
                "PORT must be a port number from 1 to 65535. It should look like: 3000. "
                "Where to find it: the port of this machine to listen on."
            ),
        ),
        (
            "RELAYBOT_PACE_SHARE",
            "1",
            (
                "RELAYBOT_PACE_SHARE must be from 0.05 to 0.9. It should look like: 0.5. "
                "Where to find it: how much of each cloud's documented rate is ours to spend, 0.05 to 0.9."
            ),
        ),
        # A file that is not there.
        (
            "RELAYBOT_CONFIG",
            "nowhere.toml",
            "RELAYBOT_CONFIG names a file that cannot be read (No such file or directory).",
        ),
    ],
)
async def test_each_is_a_single_message_with_the_mend(shell: Shell, variable: str, value: str, message: str):
    ran = await shell.run("status", "aliyun", "main-en", **{variable: value})

    assert (ran.status, ran.out, ran.err) == (2, "", f"relaybot: {message}\n{SET_IT}")
    assert "canary" not in ran.err


async def test_a_program_reads_it_too(shell: Shell):
    ran = await shell.run("tasks", "aliyun", "--json", ALIYUN_REGIONS="")

    assert ran.status == 2
    assert ran.object["error"]["kind"] == "Settings"
    assert ran.object["error"]["message"].startswith("ALIYUN_REGIONS is not set. ")


async def test_a_cloud_that_is_not_set_up_says_what_to_set_first(shell: Shell):
    ran = await shell.run("status", "tencent", "x", **{name: "" for name in shell.told if name.startswith("TENCENT")})

    assert (ran.status, ran.err) == (
        2,
        (
            "relaybot: TENCENTCLOUD_SECRET_ID is not set (nothing is set up for Tencent Cloud). It should look like: "
            "AKID…. Where to find it: Tencent Cloud console → Access Management → API Keys.\n" + SET_IT
        ),
    )


async def test_a_malformed_database_url_is_said_without_its_password(shell: Shell):
    ran = await shell.run("status", "aliyun", "main-en", DATABASE_URL="oracle://bot:canary@host/bot")

    assert (ran.status, ran.err) == (
        2,
        (
            "relaybot: DATABASE_URL is for another kind of database than SQLite or PostgreSQL.\n"
            "  Write it like sqlite:///relaybot.db, sqlite:////var/lib/relaybot.db or "
            "postgresql://user:password@host:5432/name.\n"
        ),
    )
