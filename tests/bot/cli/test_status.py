"""`relaybot status`, against both clouds on loopback: one row per state and error, as people and as programs see it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.sandbox.faults import Fail, Hang, html, misshapen
from bot.sandbox.programme import ODD_ID, ONLINE_ID
from bot.sandbox.story import Phase, Script

if TYPE_CHECKING:
    from conftest import Shell

    from bot.sandbox.stage import Stage

KEYS = {
    *("account", "provider", "region", "task_id", "state", "bad", "bad_why", "reason"),
    *("plan", "progress", "taken_at", "age_s", "raw", "request_id"),
}


@pytest.mark.parametrize(
    ("account", "task", "state", "bad", "why", "status"),
    [
        # It flows.
        ("aliyun", "main-en", "RUNNING", False, None, 0),
        ("tencent", ONLINE_ID, "RUNNING", False, None, 0),
        # Its time has not come.
        ("aliyun", "late-show", "NOT_STARTED", False, None, 0),
        # It is over as planned.
        ("aliyun", "morning", "ENDED", False, None, 0),
        # The cloud tries again.
        ("aliyun", "main-zh", "RETRYING", True, "retrying", 1),
        # Down: nobody knows why, or a person did it.
        ("aliyun", "silent", "STOPPED", True, "stopped", 1),
        ("aliyun", "by-hand", "STOPPED", True, "stopped_by_a_person", 1),
        # It should have begun half an hour ago.
        ("aliyun", "missed", "NOT_STARTED", True, "start_missed", 1),
        # It should go on for another hour.
        ("aliyun", "cut-short", "ENDED", True, "ended_early", 1),
        # Words that are new to us.
        ("aliyun", "novel", "UNKNOWN", None, None, 2),
        ("tencent", ODD_ID, "UNKNOWN", None, None, 2),
        # There is no such task.
        ("aliyun", "nowhere", "NOT_FOUND", None, None, 3),
        ("tencent", "kD1fQ2-ingest+gone.9999", "NOT_FOUND", None, None, 3),
    ],
)
async def test_each_state_has_its_exit_status(  # noqa: PLR0917 - a table's columns
    shell: Shell,
    account: str,
    task: str,
    state: str,
    bad: bool | None,  # noqa: FBT001
    why: str | None,
    status: int,
):
    ran = await shell.run("status", account, task, "--json")

    assert (ran.status, ran.err) == (status, "")
    assert set(ran.object) == KEYS
    assert set(ran.object["plan"]) == {"start", "end"}
    assert {key: ran.object[key] for key in ("account", "task_id", "state", "bad", "bad_why")} == {
        "account": account,
        "task_id": task,
        "state": state,
        "bad": bad,
        "bad_why": why,
    }


async def test_instants_are_iso_in_utc_whatever_the_machines_zone(shell: Shell):
    before = datetime.now(UTC)  # noqa: TID251 - the other process reads the wall clock, so we do

    said = (await shell.run("status", "aliyun", "late-show", "--json", TZ="Asia/Shanghai")).object

    instants = [said["taken_at"], said["plan"]["start"], said["plan"]["end"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", at) for at in instants), instants
    taken, start, end = (datetime.fromisoformat(at) for at in instants)
    assert before <= taken <= before + timedelta(minutes=1)
    assert end - start == timedelta(hours=2)
    assert said["age_s"] == pytest.approx(0, abs=5)


async def test_progress_is_told_in_seconds_and_files(shell: Shell):
    said = (await shell.run("status", "aliyun", "loop-01", "--json")).object

    assert set(said["progress"]) == {"offset_s", "file", "files"}
    assert said["progress"]["files"] == 2
    assert 0 <= said["progress"]["offset_s"] < 600
    assert (said["raw"], said["provider"], said["region"]) == ("1", "aliyun", "cn-shanghai")
    assert re.fullmatch(r"[0-9A-F-]{36}", said["request_id"])


async def test_a_pipe_gets_plain_lines(shell: Shell):
    ran = await shell.run("status", "aliyun", "main-zh")

    start, end = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", ran.out)
    small = re.search(r"request ([0-9A-F-]{36})", ran.out)
    assert small is not None
    assert ran.out.splitlines() == [
        "▲ RETRYING · 主舞台",
        "It fails, and the cloud is trying again by itself.",
        "Why: the destination does not take the push",
        f"Plan: {start} – {end}",
        "Retries: 3 × 1 min, then the cloud gives up",
        "Where: cn-shanghai · aliyun",
        "Route: https://origin.example.com/live/… → rtmp://push.example.com/live/…",
        "Id: main-zh",
        f"Alibaba Cloud says 2 · read just now · request {small[1]}",
    ]


async def test_a_person_reads_local_times(shell: Shell):
    ran = await shell.run("status", "aliyun", "main-zh", TZ="Asia/Shanghai")

    assert re.search(r"Plan: \S+ \S+ CST – \S+ \S+ CST\n", ran.out)


async def test_a_terminal_gets_a_panel_that_fits(shell: Shell):
    ran = await shell.on_terminal("status", "aliyun", "main-zh", columns=72)

    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line) for line in ran.out.splitlines()]
    panel = [line for line in lines if line.startswith(("╭", "│", "╰"))]
    assert ran.status == 1
    assert "asking Alibaba Cloud …" in ran.out
    assert panel[0].startswith("╭─ ▲ RETRYING · 主舞台 ─")
    assert panel[1].startswith("│ It fails, and the cloud is trying again by itself. ")
    assert all(len(line) + 3 * ("主舞台" in line) == 72 for line in panel)
    assert "\x1b[33m" in ran.out  # yellow: a warning


async def test_a_long_id_is_folded_and_not_cut(stage: Stage, shell: Shell):
    long_id = "kD1fQ2-ingest+" + "x" * 80 + "-the.end.."
    stage.tencent.story.add(
        Script(
            task_id=long_id, region="ap-singapore", sdk_app_id=1400000001, phases=(Phase(timedelta(0), "InProgress"),)
        )
    )

    drawn = await shell.on_terminal("status", "tencent", long_id, columns=80)
    piped = await shell.run("status", "tencent", long_id)

    bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[│\s]|Id", "", drawn.out)
    assert long_id in bare
    assert f"\nId: {long_id}\n" in piped.out


@pytest.mark.parametrize(
    ("region", "asked"),
    [
        # Left out: all that are configured.
        ((), ["ap-southeast-1", "cn-shanghai"]),
        # One is one, in any case.
        (("--region", "AP-Southeast-1"), ["ap-southeast-1"]),
        # Empty is left out: a script's variable that was not set.
        (("--region", ""), ["ap-southeast-1", "cn-shanghai"]),
    ],
)
async def test_the_region_is_asked(stage: Stage, shell: Shell, region: tuple[str, ...], asked: list[str]):
    ran = await shell.run("status", "aliyun", "main-sg", *region, "--json")

    described = stage.aliyun.ledger.of("DescribeLivePullToPush")
    assert sorted(entry.params["Region"] for entry in described) == asked
    assert (ran.status, ran.object["region"]) == (0, "ap-southeast-1")


async def test_a_task_is_elsewhere_when_its_own_region_is_not_asked(shell: Shell):
    ran = await shell.run("status", "aliyun", "main-sg", "--region", "cn-shanghai", "--json")

    assert (ran.status, ran.object["state"], ran.object["region"]) == (3, "NOT_FOUND", "cn-shanghai")


async def test_not_found_names_every_region_that_has_answered(shell: Shell):
    ran = await shell.run("status", "aliyun", "nowhere")
    said = (await shell.run("status", "aliyun", "nowhere", "--json")).object

    assert ran.out.startswith("∅ NOT FOUND · nowhere\n")
    assert "\nWhere: ap-southeast-1, cn-shanghai · aliyun\n" in ran.out
    assert "Plan" not in ran.out
    assert said["region"] is None


async def test_a_name_with_spaces_is_found_where_the_cloud_lists(shell: Shell):
    ran = await shell.run("status", "aliyun", " Main stage, English ", "--json")

    assert (ran.status, ran.object["task_id"]) == (0, "main-en")


async def test_two_tasks_of_one_name_must_be_told_apart(stage: Stage, shell: Shell):
    for region in ("cn-shanghai", "ap-southeast-1"):
        stage.aliyun.story.add(
            Script(task_id=f"twin-{region}", name="Twin", region=region, phases=(Phase(timedelta(0), "1"),))
        )

    ran = await shell.run("status", "aliyun", "Twin", "--json")

    assert ran.status == 2
    assert ran.object["error"] == {
        "kind": "Ambiguous",
        "message": "2 tasks are called so: twin-ap-southeast-1 in ap-southeast-1, twin-cn-shanghai in cn-shanghai.",
        "mend": "Try: relaybot status aliyun twin-ap-southeast-1 --region ap-southeast-1",
    }


ASK_AGAIN = "Nothing is known about the task now, neither good nor bad. Ask again in a minute."


@pytest.mark.parametrize(
    ("code", "kind", "message", "mend"),
    [
        (
            "Forbidden.RAM",
            "AccessDenied",
            "The key of account aliyun may not read relay tasks at Alibaba Cloud. (cn-shanghai, Forbidden.RAM, ID)",
            "An operator adds the right live:DescribeLivePullToPush to the key's policy; the README has it to paste.",
        ),
        (
            "InvalidAccessKeyId.Inactive",
            "BadCredentials",
            (
                "Alibaba Cloud does not accept the key of account aliyun. "
                "(cn-shanghai, InvalidAccessKeyId.Inactive, ID, the AccessKey is switched off)"
            ),
            "An operator checks the key, its secret and its token: “relaybot doctor” says which.",
        ),
        (
            "InvalidRegion",
            "WrongRegion",
            (
                "Alibaba Cloud does not serve this in cn-shanghai for account aliyun. "
                "(cn-shanghai, InvalidRegion, ID, there is no such region)"
            ),
            "Try another region, --region …; “relaybot doctor” lists those that are set.",
        ),
        (
            "InvalidVersion",
            "Rejected",
            (
                "Alibaba Cloud does not take the question as it stands. (cn-shanghai, InvalidVersion, ID, the cloud "
                "does not know this kind of request; relaybot may be out of date or the endpoint wrong)"
            ),
            "Check the id. If all is right, tell the maintainers the code and the request id.",
        ),
        (
            "InternalError",
            "Unreachable",
            "Alibaba Cloud did not answer. (cn-shanghai, InternalError, ID, the cloud reports an error of its own)",
            ASK_AGAIN,
        ),
    ],
)
async def test_each_refusal_is_said_with_its_mend(  # noqa: PLR0917 - a table's columns
    stage: Stage, shell: Shell, code: str, kind: str, message: str, mend: str
):
    stage.aliyun.faults.plan(Fail(code), times=None)

    ran = await shell.run("status", "aliyun", "main-en", "--region", "cn-shanghai", "--json")
    people = await shell.run("status", "aliyun", "main-en", "--region", "cn-shanghai")

    said = ran.object["error"] | {"message": _without_id(ran.object["error"]["message"])}
    assert (ran.status, set(ran.object)) == (2, {"error"})
    assert said == {"kind": kind, "message": message, "mend": mend}
    assert (people.status, people.out) == (2, "")
    assert _without_id(people.err) == f"relaybot: {message}\n  {mend}\n"


def _without_id(text: str) -> str:
    return re.sub(r"[0-9A-F]{8}-7E57-4000-8000-5A4DB0C50000", "ID", text)


async def test_a_cloud_that_cannot_be_reached_is_no_news_about_the_task(stage: Stage, shell: Shell):
    await stage.aliyun.door.shut()

    ran = await shell.run("status", "aliyun", "main-en", "--json")

    assert ran.status == 2
    assert ran.object["error"] == {
        "kind": "Unreachable",
        "message": "Alibaba Cloud did not answer. (ap-southeast-1, connection refused) Nor did cn-shanghai answer.",
        "mend": ASK_AGAIN,
    }


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        # A proxy's page.
        (html(403), "AccessDenied"),
        # A proxy's page instead of an answer that is well.
        (html(200), "Unreadable"),
        # JSON of another shape.
        (misshapen({"RequestId": "x", "Rows": []}), "Unreadable"),
    ],
)
async def test_alien_answers_are_errors_and_no_states(stage: Stage, shell: Shell, fault: object, kind: str):
    stage.aliyun.faults.plan(fault, times=None)

    ran = await shell.run("status", "aliyun", "main-en", "--region", "cn-shanghai", "--json")

    assert (ran.status, ran.object["error"]["kind"]) == (2, kind)
    assert "<html" not in ran.out


async def test_not_found_is_only_said_when_every_region_has_answered(stage: Stage, shell: Shell):
    stage.tencent.faults.plan(Fail("InternalError"), times=None)
    two = {"TENCENT_REGIONS": "ap-singapore,ap-guangzhou"}
    everywhere = await shell.run("status", "tencent", "nowhere", "--json", **two)
    stage.tencent.faults.clear()

    stage.tencent.faults.plan(Fail("FailedOperation.SdkAppIdNotUnderAppId"), times=1)
    somewhere = await shell.run("status", "tencent", "nowhere", "--json", **two)

    assert (everywhere.status, everywhere.object["error"]["kind"]) == (2, "Unreachable")
    assert "Nor did ap-singapore answer." in everywhere.object["error"]["message"]
    assert (somewhere.status, somewhere.object["error"]["kind"]) == (2, "AccessDenied")
    assert "There is no such task in ap-" in somewhere.object["error"]["message"]


async def test_a_task_that_is_found_is_told_although_another_region_is_not_allowed(stage: Stage, shell: Shell):
    stage.aliyun.faults.plan(Fail("Forbidden.RAM"), times=1)  # for the region that is asked first

    ran = await shell.run("status", "aliyun", "main-sg", "--json")

    assert [entry.verdict for entry in stage.aliyun.ledger.of("DescribeLivePullToPush")] == ["Forbidden.RAM", "ok"]
    assert (ran.status, ran.object["region"]) == (0, "ap-southeast-1")


@pytest.mark.parametrize(
    ("words", "message", "mend"),
    [
        # A slip of the finger.
        (
            ("aliyn", "main-en"),
            "There is no account “aliyn”. There are: aliyun, tencent. Did you mean aliyun?",
            "Try: relaybot status aliyun main-en",
        ),
        # Nothing like it.
        (
            ("zzz", "main-en"),
            "There is no account “zzz”. There are: aliyun, tencent.",
            "Set one up: the README's settings table has every variable.",
        ),
        # An id with spaces that came as several words.
        (
            ("aliyun", "main", "en"),
            "I read 2 words after “aliyun”. An id has no spaces; put quotes around a name that has some.",
            "Try: relaybot status aliyun 'main en'",
        ),
        # An id with spaces, at a cloud that finds no names.
        (
            ("tencent", "main en"),
            "“main en” cannot be a task id of Tencent Cloud.",
            "Try: relaybot status tencent <TaskId>",
        ),
        # An empty id.
        (("aliyun", ""), "Which task? I need its id.", "Try: relaybot status aliyun <TaskId>"),
        (("aliyun", " \u200b "), "Which task? I need its id.", "Try: relaybot status aliyun <TaskId>"),
        # No id.
        (
            ("aliyun",),
            "status: the following arguments are required: <TaskId>.",
            "Try: relaybot status --help",
        ),
        # A region that is not configured.
        (
            ("aliyun", "main-en", "--region", "cn-shangai"),
            "Account aliyun has no region “cn-shangai”. It has: cn-shanghai, ap-southeast-1. Did you mean cn-shanghai?",
            "Try: relaybot status aliyun main-en --region cn-shanghai",
        ),
        # An option that there is not, and one that says nothing.
        (("aliyun", "main-en", "--reg", "x"), "status: it takes no --reg x.", "Try: relaybot status --help"),
        (
            ("aliyun", "main-en", "--region"),
            "status: argument --region: expected one argument.",
            "Try: relaybot status --help",
        ),
    ],
)
async def test_wrong_usage_is_said_with_what_to_type_instead(
    stage: Stage, shell: Shell, words: tuple[str, ...], message: str, mend: str
):
    ran = await shell.run("status", *words)

    assert (ran.status, ran.out, ran.err) == (2, "", f"relaybot: {message}\n  {mend}\n")
    assert len(stage.aliyun.ledger) == len(stage.tencent.ledger) == 0


async def test_wrong_usage_is_an_object_for_programs(shell: Shell):
    ran = await shell.run("status", "aliyun", "main", "en", "--json")

    assert (ran.status, ran.err) == (2, "")
    assert ran.object["error"] == {
        "kind": "WrongUsage",
        "message": "I read 2 words after “aliyun”. An id has no spaces; put quotes around a name that has some.",
        "mend": "Try: relaybot status aliyun 'main en'",
    }


async def test_nothing_that_moves_a_cursor_reaches_a_terminal(stage: Stage, shell: Shell):
    evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202etxt\u2066\r\nSTOPPED"
    stage.aliyun.story.add(
        Script(task_id="evil", name=f"Name {evil}", phases=(Phase(timedelta(0), "2", f"Reason{evil}"),))
    )

    ran = [
        await shell.run("status", "aliyun", "evil"),
        await shell.run("status", "aliyun", "evil", "--json"),
        await shell.run("status", "aliyun", evil),
        await shell.run("status", evil, "x", "--json"),
        await shell.run("status", "aliyun", "x", "--region", evil),
        await shell.run(evil),
        await shell.run("tasks", "aliyun", "Name"),
        await shell.run("tasks", "aliyun", "Name", "--json"),
    ]
    drawn = await shell.on_terminal("status", "aliyun", "evil")

    for text in [text for each in ran for text in (each.out, each.err)]:
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text), text
    assert "\x1b]0;" not in drawn.out
    assert not re.search(r"[\x9b\u202e\u2066]|\x1b\[2J|\x1b\[31m", drawn.out)
    assert ran[-1].object["name"].startswith("Name \x1b")  # a program gets it whole


async def test_no_file_is_left_where_it_was_asked(shell: Shell):
    await shell.run("status", "aliyun", "main-en")
    await shell.run("tasks", "aliyun")
    await shell.run("doctor")

    assert list(shell.folder.iterdir()) == []


async def test_a_person_who_waits_leaves_with_ctrl_c(stage: Stage, shell: Shell):
    stage.aliyun.faults.plan(Hang(), times=None)
    async with shell.start("status", "aliyun", "main-en", "--region", "cn-shanghai") as process:
        await stage.aliyun.faults.holding(1)
        process.send_signal(2)
        out, err = await process.communicate()

    assert (process.returncode, out, err) == (130, b"", b"\n")
