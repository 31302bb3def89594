"""`relaybot tasks`: every task of an account, for people, for pipes and for programs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.sandbox.faults import Fail
from bot.sandbox.programme import ALIYUN
from bot.sandbox.stage import ALIYUN_KEY
from bot.sandbox.story import Phase, Script

if TYPE_CHECKING:
    from conftest import Shell

    from bot.sandbox.stage import Stage

LIST = "DescribeLivePullToPushList"


async def test_every_region_is_listed_with_one_request_each(stage: Stage, shell: Shell):
    ran = await shell.run("tasks", "aliyun")

    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert (ran.status, ran.err) == (0, "")
    assert sorted((region, task) for _, _, region, task in rows) == sorted(
        (script.region, script.task_id) for script in ALIYUN
    )
    assert ["RETRYING", "主舞台", "cn-shanghai", "main-zh"] in rows
    assert ["NOT_STARTED", "Missed start", "cn-shanghai", "missed"] in rows
    assert sorted(entry.params["Region"] for entry in stage.aliyun.ledger) == ["ap-southeast-1", "cn-shanghai"]


async def test_a_text_filters_names_and_ids_in_any_case(shell: Shell):
    ran = await shell.run("tasks", "aliyun", "MAIN")

    assert [line.split("\t")[3] for line in ran.out.splitlines()] == ["main-en", "main-zh", "main-sg"]


async def test_programs_get_one_object_a_line(shell: Shell):
    ran = await shell.run("tasks", "aliyun", "--region", "cn-shanghai", "--json")

    one = await shell.run("status", "aliyun", "main-zh", "--json")
    listed = {each["task_id"]: each for each in ran.objects}
    fleeting = dict.fromkeys(("taken_at", "age_s", "request_id"))
    assert len(listed) == len(ALIYUN) - 1
    assert listed["main-zh"] | fleeting == {"name": "主舞台"} | one.object | fleeting
    assert ran.out.isascii()  # any encoding carries it


async def test_a_terminal_gets_a_table_whose_ids_can_be_copied(stage: Stage, shell: Shell):
    uuid = "fd245384-4067-4f91-9d75-9666a6bc0001"
    stage.aliyun.story.add(
        Script(task_id=uuid, name="A name that is longer than its column", phases=(Phase(timedelta(0), "1"),))
    )

    ran = await shell.on_terminal("tasks", "aliyun", columns=80)

    lines = [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip() for line in ran.out.splitlines()]
    assert any(line.endswith(f"  {uuid}") for line in lines)
    assert any(re.fullmatch(r"▲ RETRYING +主舞台 +cn-shanghai +main-zh", line) for line in lines)
    assert lines[-1] == "13 tasks"
    assert "page 2" in ran.out  # one page a region was shown while it waited


async def test_a_long_account_is_walked_whole(stage: Stage, shell: Shell):
    for number in range(240):
        stage.aliyun.story.add(Script(task_id=f"many-{number:03}", phases=(Phase(timedelta(0), "1"),)))

    ran = await shell.run("tasks", "aliyun", "many-", "--region", "cn-shanghai")

    assert [line.split("\t")[3] for line in ran.out.splitlines()] == [f"many-{number:03}" for number in range(240)]
    assert len(stage.aliyun.ledger.of(LIST)) == 3


async def test_a_region_that_fails_is_said_and_the_others_are_listed(stage: Stage, shell: Shell):
    stage.aliyun.faults.plan(Fail("Forbidden.RAM"), on=LIST, times=1)  # for the region that is asked first

    ran = await shell.run("tasks", "aliyun")
    stage.aliyun.faults.plan(Fail("Forbidden.RAM"), on=LIST, times=1)
    told = await shell.run("tasks", "aliyun", "--json")

    assert (ran.status, told.status) == (2, 2)
    assert ran.out == "RUNNING\tMain stage, Singapore\tap-southeast-1\tmain-sg\n"
    assert ran.err.startswith(
        "relaybot: The key of account aliyun may not read relay tasks at Alibaba Cloud. (cn-shanghai, Forbidden.RAM, "
    )
    task, error = told.objects
    assert (task["task_id"], error["error"]["kind"]) == ("main-sg", "AccessDenied")


async def test_nothing_to_list_is_well(stage: Stage, shell: Shell):
    ran = await shell.run("tasks", "aliyun", "no such name")
    drawn = await shell.on_terminal("tasks", "aliyun", "no such name")

    assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert drawn.out.splitlines()[-1].strip("\x1b[2m0").startswith("tasks") or "0 tasks" in drawn.out


async def test_a_cloud_without_a_list_says_what_to_type(shell: Shell):
    ran = await shell.run("tasks", "tencent", "--json")

    assert ran.status == 2
    assert ran.object["error"] == {
        "kind": "NoList",
        "message": "Tencent Cloud lists no tasks; it tells one at a time.",
        "mend": "Try: relaybot status tencent <TaskId>",
    }


async def test_an_unknown_region_or_account_is_a_slip(stage: Stage, shell: Shell):
    region = await shell.run("tasks", "aliyun", "--region", "ap-southeast1")
    account = await shell.run("tasks", "alyun", "main stage")

    assert (region.status, region.err) == (
        2,
        (
            "relaybot: Account aliyun has no region “ap-southeast1”. It has: cn-shanghai, ap-southeast-1. "
            "Did you mean ap-southeast-1?\n  Try: --region ap-southeast-1\n"
        ),
    )
    assert (account.status, account.err) == (
        2,
        (
            "relaybot: There is no account “alyun”. There are: aliyun, tencent. Did you mean aliyun?\n"
            "  Try: relaybot tasks aliyun 'main stage'\n"
        ),
    )
    assert len(stage.aliyun.ledger) == 0


async def test_only_what_the_configuration_shows_is_listed_and_told(stage: Stage, shell: Shell):
    (shell.folder / "relaybot.toml").write_text(
        f"""
        [accounts.show]
        provider = "aliyun"
        regions = ["cn-shanghai"]
        endpoint = "{stage.aliyun.door.url}"
        tasks = ["main-*"]
        """
    )
    own = {
        "RELAYBOT_CONFIG": "relaybot.toml",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": ALIYUN_KEY.id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ALIYUN_KEY.secret,
    }

    listed = await shell.run("tasks", "SHOW", **own)
    hidden = await shell.run("status", "show", "backup-en", **own)

    assert [line.split("\t")[3] for line in listed.out.splitlines()] == ["main-en", "main-zh"]
    assert (hidden.status, hidden.out.splitlines()[0]) == (3, "∅ NOT FOUND · backup-en")


async def test_a_reader_who_leaves_early_is_no_error(stage: Stage, shell: Shell):
    for number in range(990):
        stage.aliyun.story.add(Script(task_id=f"many-{number:03}", name="x" * 200, phases=(Phase(timedelta(0), "1"),)))

    async with shell.start("tasks", "aliyun", "--region", "cn-shanghai") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = await process.stdout.readline()
        process.stdout._transport.close()  # type: ignore[attr-defined] # as `head -1` does; a reader has no close
        complaint = await process.stderr.read()
        status = await process.wait()

    assert first.count(b"\t") == 3
    assert (status, complaint) == (141, b"")
