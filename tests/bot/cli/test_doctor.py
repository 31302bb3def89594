"""`relaybot doctor`: every class of failure once, with its mend as it is said."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import clock
from bot.sandbox.faults import Fail
from bot.sandbox.pager import CONFIGURATION, shifts
from bot.sandbox.stage import ALIYUN_KEY, SECRETS, TENCENT_KEY, open_stage
from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran, Shell

    from bot.sandbox.stage import Stage

CLOUD = "Alibaba Cloud aliyun cn-shanghai"
NEW_KEY = (
    "Copy ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET anew, or make a new key: "
    "RAM console → Users → your bot's user → Create AccessKey."
)
NTP = "Let this machine's clock follow NTP (timedatectl set-ntp true)."


def of(ran: Ran, about: str) -> list[tuple[str, str, str]]:
    """What was found about one thing: verdict, finding, mend."""
    return [(each["verdict"], each["found"], each["mend"]) for each in ran.objects if each["about"] == about]


def mends(ran: Ran) -> dict[str, Any]:
    """What is not well, and its mend."""
    return {each["about"]: each["mend"] for each in ran.objects if each["verdict"] != "ok"}


async def test_all_is_well(shell: Shell):
    ran = await shell.run("doctor")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        "✓ settings: accounts aliyun (cn-shanghai, ap-southeast-1), tencent (ap-singapore)",
        f"✓ database: SQLite {shell.folder}/relaybot.db: no file yet, serve makes it at its first start",
        "✓ Alibaba Cloud aliyun cn-shanghai: the key may read one task and lists",
        "✓ Alibaba Cloud aliyun ap-southeast-1: the key may read one task and lists",
        "✓ Tencent Cloud tencent ap-singapore: the key may read one task",
        "✓ clock: agrees with the clouds'",
        "✓ Slack: team T0SANDBOX, bot user U0RELAYBOT",
        "✓ Socket Mode: Slack opens connections",
        "✓ HTTP events: the signing secret is set; only Slack's own call can prove it",
    ]


async def test_a_program_gets_one_object_a_finding(shell: Shell):
    ran = await shell.run("doctor", "--json")

    assert ran.status == 0
    assert {frozenset(each) for each in ran.objects} == {frozenset({"about", "verdict", "found", "mend"})}
    assert {each["verdict"] for each in ran.objects} == {"ok"}


async def test_a_terminal_shows_each_finding_on_a_line_of_its_own(shell: Shell):
    ran = await shell.on_terminal("doctor", columns=60, SLACK_BOT_TOKEN="")

    assert ran.status == 1
    assert "looking …" in ran.out
    assert "\x1b[32m✓ clock: \x1b[0magrees with the clouds'\r\n" in ran.out
    assert "\x1b[33m! Slack: \x1b[0mSLACK_BOT_TOKEN is not set" in ran.out


async def test_a_missing_setting_ends_the_examination(shell: Shell):
    ran = await shell.run("doctor", "--json", ALIYUN_REGIONS="")

    assert ran.status == 2
    assert of(ran, "settings") == [
        (
            "broken",
            (
                "ALIYUN_REGIONS is not set. It should look like: cn-shanghai,ap-southeast-1. Where to find it: "
                "the Region of your CreateLivePullToPush calls."
            ),
            "Set it, then run relaybot doctor again.",
        )
    ]


async def test_nothing_set_at_all_says_where_to_begin(bare: Shell):
    ran = await bare.run("doctor", "--json")

    assert ran.status == 2
    assert mends(ran)["settings"].startswith("Set ALIBABA_CLOUD_ACCESS_KEY_ID and its siblings, or TENCENTCLOUD_")
    assert mends(ran)["Slack"].startswith("SLACK_BOT_TOKEN is not set. It should look like: xoxb-…. Where to find it: ")


async def test_a_wrong_secret_names_its_variables(shell: Shell):
    ran = await shell.run(
        "doctor", "--json", ALIBABA_CLOUD_ACCESS_KEY_SECRET="wrong-secret", TENCENTCLOUD_SECRET_KEY="wrong-secret"
    )

    assert ran.status == 2
    assert mends(ran) == {
        CLOUD: NEW_KEY,
        "Alibaba Cloud aliyun ap-southeast-1": NEW_KEY,
        "Tencent Cloud tencent ap-singapore": (
            "Copy TENCENTCLOUD_SECRET_ID and TENCENTCLOUD_SECRET_KEY anew, or make a new key: "
            "Tencent Cloud console → Access Management → API Keys."
        ),
    }
    assert "SignatureDoesNotMatch" in of(ran, CLOUD)[0][1]
    assert "wrong-secret" not in ran.out


async def test_a_denied_right_is_named(stage: Stage, shell: Shell):
    stage.aliyun.keys[ALIYUN_KEY.id] = replace(ALIYUN_KEY, may=False)
    stage.tencent.keys[TENCENT_KEY.id] = replace(TENCENT_KEY, may=False)

    ran = await shell.run("doctor", "--json")

    assert ran.status == 2
    assert mends(ran)[CLOUD] == (
        "An operator adds the right live:DescribeLivePullToPush to the key's policy; the README has it to paste."
    )
    assert mends(ran)["Tencent Cloud tencent ap-singapore"] == (
        "An operator adds the right trtc:DescribeStreamIngest to the key's policy; the README has it to paste."
    )


async def test_a_key_that_may_describe_and_not_list_is_found(stage: Stage, shell: Shell):
    stage.aliyun.faults.plan(Fail("Forbidden.RAM"), on="DescribeLivePullToPushList", times=None)

    ran = await shell.run("doctor", "--json")

    assert ran.status == 2
    assert list(mends(ran)) == [CLOUD, "Alibaba Cloud aliyun ap-southeast-1"]


async def test_a_cloud_that_cannot_be_reached(stage: Stage, shell: Shell):
    await stage.tencent.door.shut()

    ran = await shell.run("doctor", "--json")

    assert ran.status == 2
    assert mends(ran) == {
        "Tencent Cloud tencent ap-singapore": (
            "Check that this machine reaches Tencent Cloud (proxy, firewall, DNS), and TENCENT_ENDPOINT if you set it."
        )
    }
    assert of(ran, "Tencent Cloud tencent ap-singapore")[0][1] == (
        "Tencent Cloud did not answer. (ap-singapore, connection refused)"
    )


async def test_a_wrong_region_names_its_variable(stage: Stage, shell: Shell):
    stage.aliyun.faults.plan(Fail("InvalidRegion"), times=1)
    stage.tencent.faults.plan(Fail("UnsupportedRegion"), times=1)

    ran = await shell.run("doctor", "--json")

    assert ran.status == 2
    assert mends(ran) == {
        CLOUD: "Correct ALIYUN_REGIONS: the Region of your CreateLivePullToPush calls.",
        "Tencent Cloud tencent ap-singapore": "Correct TENCENT_REGIONS: the Region of your StartStreamIngest calls.",
    }


async def test_a_wrong_sdk_app_id_is_no_accepted_key(shell: Shell):
    ran = await shell.run("doctor", "--json", TENCENT_SDK_APP_ID="1400999999")

    ((verdict, found, mend),) = of(ran, "Tencent Cloud tencent ap-singapore")
    assert (ran.status, verdict) == (2, "broken")
    assert "FailedOperation.SdkAppIdNotExist" in found
    assert mend == "Correct TENCENT_SDK_APP_ID: TRTC console → Application Management → SDKAppID."


@pytest.mark.parametrize(
    ("code", "verdict", "found"),
    [
        # The id, or the application: the cloud does not say.
        ("InvalidParameter", "warning", "the key is accepted (InvalidParameter), and nothing more is proven"),
        # It does say.
        ("InvalidParameter.SdkAppId", "broken", "InvalidParameter.SdkAppId"),
        # Ours.
        ("NoSuchVersion", "broken", "NoSuchVersion"),
    ],
)
async def test_a_rejected_question_proves_no_more_than_it_says(
    stage: Stage, shell: Shell, code: str, verdict: str, found: str
):
    stage.tencent.faults.plan(Fail(code), times=1)

    ran = await shell.run("doctor", "--json")

    ((said, told, mend),) = of(ran, "Tencent Cloud tencent ap-singapore")
    assert said == verdict
    assert found in told
    assert ("TENCENT_SDK_APP_ID" in mend) is ("InvalidParam" in code)


async def test_an_account_of_the_file_is_mended_in_the_file(stage: Stage, shell: Shell):
    (shell.folder / "relaybot.toml").write_text(
        f'[accounts.show]\nprovider = "aliyun"\nregions = ["cn-shanghai"]\nendpoint = "{stage.aliyun.door.url}"\n'
    )
    stage.aliyun.faults.plan(Fail("InvalidRegion"), times=1)

    ran = await shell.run("doctor", "--json", RELAYBOT_CONFIG="relaybot.toml", ALIYUN_REGIONS="")

    assert mends(ran) == {
        "Alibaba Cloud show cn-shanghai": (
            "Correct accounts.show.regions: the Region of your CreateLivePullToPush calls."
        )
    }


async def test_slack_is_examined_although_the_clouds_are_down_and_the_other_way_round(stage: Stage, shell: Shell):
    await stage.slack.door.shut()

    ran = await shell.run("doctor", "--json")

    assert ran.status == 2
    assert mends(ran) == {
        "Slack": "Check that this machine reaches slack.com (proxy, firewall), then start again.",
    }


@pytest.mark.parametrize(
    ("told", "about", "found", "mend"),
    [
        # A token of nobody.
        (
            {"SLACK_BOT_TOKEN": "xoxb-of-nobody"},
            "Slack",
            "invalid_auth",
            "Copy SLACK_BOT_TOKEN anew: api.slack.com/apps → your app → OAuth & Permissions.",
        ),
        # An app-level token of nobody.
        (
            {"SLACK_APP_TOKEN": "xapp-of-nobody"},
            "Slack",
            "invalid_auth",
            (
                "Make SLACK_APP_TOKEN anew: api.slack.com/apps → your app → Basic Information → App-Level Tokens, "
                "scope connections:write, and see that Socket Mode is on."
            ),
        ),
        # No way to hear.
        (
            {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": ""},
            "Slack",
            "no way to hear Slack is set",
            (
                "SLACK_APP_TOKEN is not set (or set SLACK_SIGNING_SECRET for HTTP). It should look like: xapp-…. "
                "Where to find it: api.slack.com/apps → your app → Basic Information → App-Level Tokens, "
                "scope connections:write."
            ),
        ),
    ],
)
async def test_slacks_refusals(shell: Shell, told: dict[str, str], about: str, found: str, mend: str):
    ran = await shell.run("doctor", "--json", **told)

    assert ran.status == 2
    assert ("broken", found, mend) in of(ran, about)
    assert "of-nobody" not in ran.out


async def test_a_missing_scope_says_what_does_not_work_without_it(stage: Stage, shell: Shell):
    stage.slack.workspace.scopes -= {"users:read", "usergroups:read"}

    ran = await shell.run("doctor", "--json")

    again = "Paste manifest.yaml anew: api.slack.com/apps → your app → App Manifest; then re-install."
    assert ran.status == 1
    assert of(ran, "Slack")[1:] == [
        (
            "warning",
            "scope users:read is missing: nobody's standing is known, so every question is refused",
            again,
        ),
        ("warning", "scope usergroups:read is missing: user groups cannot be put on call", again),
    ]


async def test_a_database_that_does_not_answer_keeps_nothing_else_from_being_examined(shell: Shell):
    ran = await shell.run("doctor", "--json", DATABASE_URL="postgresql://bot:canary-password@127.0.0.1:9/bot")

    assert ran.status == 2
    assert mends(ran) == {
        "database": "Check that the server runs and that host, user, password and database in DATABASE_URL are right."
    }
    assert len(ran.objects) == 9
    assert (ran.err, "canary-password" in ran.out) == ("", False)


async def test_a_malformed_database_url_keeps_nothing_else_from_being_examined(shell: Shell):
    ran = await shell.run("doctor", "--json", DATABASE_URL="mysql://bot@host/bot")

    assert ran.status == 2
    assert mends(ran)["database"].startswith("Write it like sqlite:///relaybot.db, ")
    assert len(ran.objects) == 9


async def test_tables_of_another_release_name_the_command(shell: Shell, fresh_postgres: Callable[[bool], str]):
    url = await asyncio.to_thread(fresh_postgres, False)  # in a thread: the fixture runs a loop of its own

    ran = await shell.run("doctor", "--json", DATABASE_URL=url)

    head = Database.open(None).head
    assert ran.status == 2
    assert of(ran, "database")[0][1].endswith(f" is at revision none, and this release needs {head}.")
    assert mends(ran) == {"database": "Run `relaybot db upgrade`."}


async def test_files_that_do_not_last_are_a_warning(shell: Shell):
    ran = await shell.run("doctor", "--json", DYNO="web.1")

    assert ran.status == 1
    assert mends(ran) == {
        "database": (
            f"DYNO is set: files do not last here, and the memory is SQLite {shell.folder}/relaybot.db. "
            "Set DATABASE_URL to a PostgreSQL."
        )
    }


@pytest.mark.parametrize(
    ("ahead_s", "status", "found"),
    [
        # Seconds are nobody's trouble.
        (-20, 0, "agrees with the clouds'"),
        # Both clouds still believe what is signed.
        (-120, 1, "this machine's is 120 s ahead of the clouds'"),
        (120, 1, "this machine's is 120 s behind the clouds'"),
        # Tencent Cloud no longer does; the lane signs by the cloud's own time, so the key can be proven all the same.
        (600, 2, "this machine's is 600 s behind the clouds'"),
        (-3600, 2, "this machine's is 3600 s ahead of the clouds'"),
    ],
)
async def test_a_clock_that_is_off(shell: Shell, ahead_s: int, status: int, found: str):
    async with open_stage(calendar=lambda: clock.now() + timedelta(seconds=ahead_s)) as stage:
        ran = await shell.run("doctor", "--json", **stage.environment(slack="both"))

    ((verdict, said, mend),) = of(ran, "clock")
    seconds = [int(word) for word in said.split() if word.isdigit()]
    wanted = [int(word) for word in found.split() if word.isdigit()]
    assert ran.status == status
    assert (verdict, mend) == [("ok", ""), ("warning", NTP), ("broken", NTP)][status]
    assert seconds == pytest.approx(wanted, abs=3)  # the header has whole seconds, and a busy machine is slow
    assert said.split()[-3:] == found.split()[-3:]


async def test_no_secret_shows(stage: Stage, shell: Shell):
    wells = [await shell.run("doctor", RELAYBOT_LOG_LEVEL="DEBUG"), await shell.run("doctor", "--json")]
    stage.aliyun.faults.plan(Fail("SignatureDoesNotMatch"), times=None)
    await stage.slack.door.shut()
    ills = [await shell.run("doctor"), await shell.run("doctor", "--json")]

    text = json.dumps([(ran.out, ran.err) for ran in wells + ills])
    assert [ran.status for ran in wells + ills] == [0, 0, 2, 2]
    assert not [secret for secret in SECRETS if secret in text]


async def test_pagers_are_named_and_calendars_are_fetched(stage: Stage, shell: Shell):
    (shell.folder / "relaybot.toml").write_text(CONFIGURATION)
    told = {"RELAYBOT_CONFIG": "relaybot.toml", **stage.pager.environment()}
    none = await shell.run("doctor", "--json", **told)
    stage.pager.feed = shifts(clock.now(), ("U0ANN", -timedelta(hours=1), timedelta(hours=1)))
    read = await shell.run("doctor", "--json", **told)

    assert of(read, "pagers") == [("ok", "night (pagerduty), desk (webhook); /relay drill rings them", "")]
    assert of(read, "calendar") == [("ok", "relays: shifts of people that are known: 1", "")]
    assert of(none, "calendar") == [
        (
            "warning",
            "relays cannot be read: HTTP 404",
            "Look at calendars.relays in the file that RELAYBOT_CONFIG names; meanwhile the last good copy stays.",
        )
    ]
    assert not any(secret in none.out + none.err + read.out + read.err for secret in SECRETS)
    assert (stage.pager.alerts, stage.pager.hooks, stage.pager.beats) == ([], [], 0)
