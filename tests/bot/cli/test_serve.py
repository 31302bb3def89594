"""`relaybot serve` as a process: it starts, answers, and leaves; or says in one message why it does not."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Shell

    from bot.sandbox.stage import Stage

LOCAL = {"RELAYBOT_BIND": "127.0.0.1", "PORT": "0", "SLACK_APP_TOKEN": ""}  # over HTTP, on any free port


async def test_it_serves_and_leaves_at_sigterm(shell: Shell):
    async with shell.serving() as (process, url, said), httpx.AsyncClient() as http:
        health = await http.get(f"{url}/healthz")
        ready = await http.get(f"{url}/readyz")
        process.send_signal(signal.SIGTERM)
        out, rest = await process.communicate()

    assert (health.status_code, health.text) == (200, "ok\n")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "wrong": {}})
    assert (process.returncode, out) == (0, b"")
    assert not [line for line in said if " INFO " not in line]
    assert rest.decode().endswith("INFO    bot.wiring.serving: leaving: hear nothing more, finish what was acked\n")


async def test_somebody_is_answered_over_http(stage: Stage, shell: Shell):
    async with shell.serving() as (_, url, _):
        stage.slack.people.door = f"{url}/slack/events"
        await stage.slack.say("ann", "#relays", "/relay status aliyun main-en")
        await stage.slack.until(lambda: stage.slack.heard("#relays", to="ann") != [])

    assert stage.slack.heard("#relays", to="ann")[0].text.startswith("RUNNING Main stage, English")


async def test_ctrl_c_is_a_good_end_too(shell: Shell):
    async with shell.serving() as (process, _, _):
        process.send_signal(signal.SIGINT)
        await process.communicate()

    assert process.returncode == 0


async def test_a_second_one_on_the_same_file_is_told_to_leave(shell: Shell):
    async with shell.serving() as (process, _, _):
        ran = await shell.run("serve", **LOCAL)
        asked = await shell.run("status", "aliyun", "main-en")  # asking beside a running bot is fine

    assert (ran.status, ran.err) == (
        2,
        (
            f"relaybot: {shell.folder}/relaybot.db is already served by process {process.pid}: two would say "
            "everything twice.\n"
            "  Stop that one first, or set DATABASE_URL to PostgreSQL, which many processes can share.\n"
        ),
    )
    assert (asked.status, asked.err) == (0, "")


async def test_postgresql_of_another_revision_is_refused_with_the_command(
    shell: Shell, fresh_postgres: Callable[[bool], str]
):
    url = await asyncio.to_thread(fresh_postgres, False)  # in a thread: the fixture runs a loop of its own

    refused = await shell.run("serve", **LOCAL, DATABASE_URL=url)
    await shell.run("db", "upgrade", DATABASE_URL=url)
    async with shell.serving(DATABASE_URL=url), shell.serving(DATABASE_URL=url):
        pass  # two of them, on PostgreSQL

    assert refused.status == 2
    assert re.fullmatch(
        rf"relaybot: PostgreSQL \S+ is at revision none, and this release needs {Database.open(None).head}\.\n"
        r"  Run `relaybot db upgrade`\.\n",
        refused.err,
    )


async def test_postgresql_without_the_engines_tables_is_refused_with_the_command(
    shell: Shell, fresh_postgres: Callable[[bool], str]
):
    url = await asyncio.to_thread(fresh_postgres, True)

    refused = await shell.run("serve", **LOCAL, DATABASE_URL=url)

    assert refused.status == 2
    assert re.fullmatch(
        r"relaybot: PostgreSQL \S+ lacks the engine's tables\.\n  Run `relaybot db upgrade`\.\n", refused.err
    )


async def test_files_that_do_not_last_are_warned_of(shell: Shell):
    async with shell.serving(DYNO="web.1") as (_, _, said):
        pass

    (warning,) = [line for line in said if "WARNING" in line]
    assert warning.endswith(
        f"DYNO is set: files do not last here, and the memory is SQLite {shell.folder}/relaybot.db. "
        "Set DATABASE_URL to a PostgreSQL.\n"
    )


async def test_a_port_in_use_is_said(shell: Shell):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        ran = await shell.run("serve", **LOCAL | {"PORT": str(port)})

    assert (ran.status, ran.out, ran.err) == (
        2,
        "",
        (
            f"relaybot: Cannot listen on port {port} of 127.0.0.1: another program does.\n"
            "  Stop that one, or set PORT to a free port.\n"
        ),
    )


@pytest.mark.parametrize("bind", ["192.0.2.1", "nowhere.invalid"])
async def test_an_address_of_another_machine_is_said(shell: Shell, bind: str):
    ran = await shell.run("serve", **LOCAL | {"RELAYBOT_BIND": bind})

    assert (ran.status, ran.err) == (
        2,
        (
            f"relaybot: Cannot listen on port 0 of {bind}: that is no address of this machine.\n"
            "  Set RELAYBOT_BIND to an address of this machine: 0.0.0.0 for all, 127.0.0.1 for itself.\n"
        ),
    )


SET_IT = "  Set it, then run the command again.\n"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        # No token at all.
        (
            {"SLACK_BOT_TOKEN": ""},
            (
                "relaybot: SLACK_BOT_TOKEN is not set. It should look like: xoxb-…. Where to find it: "
                "api.slack.com/apps → your app → OAuth & Permissions → Bot User OAuth Token.\n" + SET_IT
            ),
        ),
        # No way to hear.
        (
            {"SLACK_SIGNING_SECRET": ""},
            (
                "relaybot: SLACK_APP_TOKEN is not set (or set SLACK_SIGNING_SECRET for HTTP). It should look like: "
                "xapp-…. Where to find it: api.slack.com/apps → your app → Basic Information → App-Level Tokens, "
                "scope connections:write.\n" + SET_IT
            ),
        ),
        # A token of nobody.
        (
            {"SLACK_BOT_TOKEN": "xoxb-of-nobody"},
            (
                "relaybot: Slack cannot be used: invalid_auth.\n"
                "  Copy SLACK_BOT_TOKEN anew: api.slack.com/apps → your app → OAuth & Permissions.\n"
            ),
        ),
        # An app-level token of nobody.
        (
            {"SLACK_APP_TOKEN": "xapp-of-nobody"},
            (
                "relaybot: Slack cannot be used: invalid_auth.\n"
                "  Make SLACK_APP_TOKEN anew: api.slack.com/apps → your app → Basic Information → App-Level Tokens, "
                "scope connections:write, and see that Socket Mode is on.\n"
            ),
        ),
    ],
)
async def test_a_start_that_is_refused_has_one_message(shell: Shell, told: dict[str, str], message: str):
    ran = await shell.run("serve", **LOCAL | told)

    assert (ran.status, ran.out, ran.err) == (2, "", message)


async def test_no_cloud_at_all_is_refused(stage: Stage, shell: Shell):
    nothing = {name: "" for name in shell.told if not name.startswith("SLACK")}

    ran = await shell.run("serve", **LOCAL | nothing)

    assert ran.status == 2
    assert ran.err.startswith(
        "relaybot: ALIBABA_CLOUD_ACCESS_KEY_ID is not set (no cloud account is set up at all). It should look like: "
    )


async def test_slack_that_cannot_be_reached_is_said(stage: Stage, shell: Shell):
    await stage.slack.door.shut()

    ran = await shell.run("serve", **LOCAL)

    assert (ran.status, ran.err) == (
        2,
        (
            "relaybot: Slack cannot be used: ClientConnectorError.\n"
            "  Check that this machine reaches slack.com (proxy, firewall), then start again.\n"
        ),
    )
