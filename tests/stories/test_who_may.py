"""
Who may ask and share, where and how often: each is refused in the one place, written down, and nothing is asked.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from adapters.contract import AccountName, Region, TaskId, TaskRef
from bot.sandbox.faults import Fail, Hang
from bot.slack.cards import press

if TYPE_CHECKING:
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

SHOW = """
[accounts.show]
provider = "aliyun"
regions = ["cn-shanghai"]
ENDPOINT
"""
STATUS = "/relay status aliyun backup-en region=cn-shanghai"


def audit(house: House) -> list[tuple[str, ...]]:
    """Who, where, what, how it went and why: every row of the audit."""
    with closing(sqlite3.connect(house.folder / "relaybot.db")) as database:
        rows = database.execute("SELECT user_id, channel_id, verb, subject, outcome, why FROM audits ORDER BY id")
        return rows.fetchall()


@pytest.mark.parametrize(
    ("user", "why", "said"),
    [
        ("gus", "guest", "Guests may only ask for help here. Ask a full member of this workspace."),
        ("uma", "guest", "Guests may only ask for help here. Ask a full member of this workspace."),
        ("stan", "stranger", "People of other workspaces may only ask for help here."),
        ("robo", "bot", "Bots may only ask for help here."),
        ("dora", "gone", "This account is switched off in Slack."),
    ],
)
async def test_who_is_no_full_member_gets_help_and_nothing_else(house: House, user: str, why: str, said: str) -> None:
    refused = await house.ask(STATUS, user=user)
    helped = await house.ask("/relay help", user=user)

    assert refused.words == said
    assert "You may read this help; asking is for full members of this workspace." in helped.words
    assert house.asked() == 0
    assert audit(house) == [(house.slack.workspace.person(user).id, "C0RELAYS", "status", "", "refused", why)]


async def test_when_slack_does_not_say_who_it_is_nothing_is_asked(house: House) -> None:
    house.slack.faults.plan(Fail("internal_error"), on="users.info")

    refused = await house.ask(STATUS)

    assert refused.words.startswith("Slack did not tell me who you are")
    assert house.asked() == 0


async def test_a_standing_is_believed_for_five_minutes(house: House, frozen: FrozenDateTimeFactory) -> None:
    await house.ask(STATUS)
    house.slack.workspace.person("ann").is_restricted = True
    frozen.tick(299)
    believed = await house.ask(STATUS)
    frozen.tick(2)
    looked_up = await house.ask(STATUS)

    assert believed.text.startswith("RUNNING")
    assert looked_up.words.startswith("Guests may only")


async def test_a_button_is_checked_like_the_command(house: House) -> None:
    card = await house.ask("/relay status aliyun backup-en region=cn-shanghai")
    shared = await house.press(card, press.SHARE)
    asked = house.asked()

    refused = await house.press(shared, press.REFRESH, user="gus")

    assert refused.words.startswith("Guests may only")
    assert (refused.ephemeral_to, house.asked()) == ("U0GUS", asked)


async def test_nothing_is_shared_where_the_bot_is_no_member(house: House) -> None:
    card = await house.ask(STATUS, channel="#general")

    refused = await house.press(card, press.SHARE)

    assert refused.words == "I am not in this channel. Type /invite <@U0RELAYBOT> here, then share again."
    assert audit(house)[-1][2:] == ("share", "backup-en", "refused", "not_in_channel")


async def test_nothing_is_shared_where_another_workspace_reads_along(house: House) -> None:
    card = await house.ask(STATUS, channel="#partners")

    refused = await house.press(card, press.SHARE)

    assert refused.words == "This channel is shared with another workspace, so I post nothing here."


async def test_a_mention_is_read_by_all_and_needs_the_right_to_share(house: House) -> None:
    await house.slack.mention("ann", "#partners", "status aliyun backup-en")
    await house.slack.until(lambda: len(house.slack.heard("#partners")) == 1)

    refused = house.slack.heard("#partners")[0]
    assert refused.words == "This channel is shared with another workspace, so I post nothing here."
    assert (refused.ephemeral_to, house.asked()) == ("U0ANN", 0)


async def test_two_people_who_wrote_to_each_other_alone_can_ask_but_not_share(house: House) -> None:
    card = await house.ask(STATUS, channel="D0ANNBOB")

    refused = await house.press(card, press.SHARE)

    assert refused.words.startswith("I am not in this channel.")


async def test_sharing_leaves_a_trace(house: House) -> None:
    card = await house.ask(STATUS)

    await house.press(card, press.SHARE)

    assert audit(house) == [("U0ANN", "C0RELAYS", "share", "backup-en", "done", "")]


async def test_the_sixth_question_in_ten_seconds_is_too_often(house: House, frozen: FrozenDateTimeFactory) -> None:
    for task in ("main-en", "backup-en", "loop-01", "main-zh", "late-show"):
        await house.ask(f"/relay status aliyun {task} region=cn-shanghai")

    refused = await house.ask("/relay status aliyun silent region=cn-shanghai")
    known = await house.ask("/relay status aliyun late-show region=cn-shanghai")
    frozen.tick(10)
    later = await house.ask("/relay status aliyun silent region=cn-shanghai")

    assert refused.words == ("That is a lot of questions. Try again in 10 s; answers that I have cost nothing.")
    assert known.text.startswith("NOT STARTED")
    assert later.text.startswith("STOPPED")
    assert audit(house) == [("U0ANN", "C0RELAYS", "status", "", "refused", "too_often")]


async def test_a_person_has_one_search_over_all_regions_at_a_time(house: House) -> None:
    house.stage.aliyun.door.faults.plan(Hang(), times=None)
    await house.slack.say("ann", "#relays", "/relay status aliyun main-sg")
    await house.stage.aliyun.door.faults.holding(2)

    refused = await house.ask("/relay status aliyun main-en")
    house.stage.aliyun.door.faults.clear()
    house.stage.aliyun.door.faults.release()
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 2)

    assert refused.words.startswith("I am still searching every region for you.")


async def test_an_account_is_open_to_the_channels_that_it_names(build: Build) -> None:
    async with build(accounts=SHOW + 'channels = ["C0OPS"]') as house:
        inside = await house.ask("/relay status show backup-en", channel="#ops-private")
        outside = await house.ask("/relay status show backup-en", channel="#relays")
        accounts = await house.ask("/relay accounts", channel="#relays")

    assert inside.text.startswith("RUNNING")
    assert outside.words.startswith("There is no account “show”.")
    assert "show" not in accounts.words


async def test_a_task_that_an_account_does_not_show_reads_as_not_found(build: Build) -> None:
    async with build(accounts=SHOW + 'tasks = ["main-*"]') as house:
        shown = await house.ask("/relay status show main-zh")
        hidden = await house.ask("/relay status show backup-en")
        by_name = await house.ask('/relay status show "Backup, English"')
        unknown = await house.ask("/relay status show nothing-x")

    assert shown.text.startswith("RETRYING")
    assert hidden.words.replace("backup-en", "nothing-x") == unknown.words
    assert by_name.text.startswith("NOT FOUND")
    assert not [entry for entry in house.stage.aliyun.door.ledger if entry.params.get("TaskId") == "backup-en"]


async def test_a_button_about_a_task_that_is_hidden_by_now_shows_nothing(build: Build) -> None:
    async with build(accounts=SHOW) as house:
        card = await house.ask("/relay status show backup-en")
        forged = press.written(
            TaskRef(account=AccountName("gone"), region=Region("cn-shanghai"), task_id=TaskId("backup-en"))
        )
        seen = len(house.slack.heard("#relays"))
        await house.slack.press(card, press.REFRESH, "ann", value=forged)
        await house.slack.until(lambda: len(house.slack.heard("#relays")) > seen)

    assert house.slack.heard("#relays")[-1].words.startswith("This button was pressed already, or it is too old.")
