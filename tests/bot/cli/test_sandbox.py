"""`relaybot sandbox`: the demo as whoever tries it sees it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Shell


async def test_it_plays_a_conversation_and_ends(bare: Shell):
    ran = await bare.run("sandbox", "--once", COLUMNS="100")

    assert (ran.status, ran.err) == (0, "")
    for seen in (
        "#relays ann: /relay status aliyun main-zh",
        "▲ RETRYING · 主舞台",
        "only visible to you",
        "✓ RUNNING · Main stage, Singapore",
        "Did you mean status?",
        "everybody in the channel reads this",
        "[ Refresh ]  [ Share to channel ]  [ Id ]",
        "▲ RETRYING · Backup, English · the source cannot be pulled · was RUNNING for",
        "in the thread, shown in the channel too",
        "✓ RUNNING · Backup, English · it runs again · was bad for",
        "@ann · RETRYING Backup, English · the source cannot be pulled",
        "a direct message",
        "[ Ack ]  [ Snooze ]  [ Close… ]",
        "@ann has it in hand until",
    ):
        assert seen in ran.out
    assert "not heard within" not in ran.out
    assert list(bare.folder.iterdir()) == []


async def test_it_takes_lines_until_somebody_quits_or_there_are_no_more(bare: Shell):
    quits = await bare.run("sandbox", "--quiet", stdin="/relay status aliyun silent\npress id\nquit\n/relay help\n")
    ends = await bare.run("sandbox", "--quiet", stdin="tasks\n@relaybot status main-sg\nstpo main-sg\nhelp\n")

    assert (quits.status, quits.err) == (0, "")
    assert "■ STOPPED · Stopped silently" in quits.out
    assert quits.out.rstrip().splitlines()[-2].strip("│ ") == "silent"
    assert (ends.status, ends.err) == (0, "")
    assert re.search(r"main-en +Main stage, English", ends.out)
    assert "in the thread · everybody in the channel reads this" in ends.out
    assert "There is no “stpo” here. Did you mean “stop”?" in ends.out
    assert ends.out.count("Now you are ann.") == 2  # once at the start, once for help


async def test_what_is_broken_at_the_prompt_is_what_the_bot_then_sees(bare: Shell):
    orders = "stop main-en\n/relay status aliyun main-en\ntime +3h\nend main-sg\n/relay status aliyun main-sg\n"
    ran = await bare.run("sandbox", "--quiet", stdin=orders, COLUMNS="100")

    assert (ran.status, ran.err) == (0, "")
    assert "■ STOPPED · Main stage, English" in ran.out
    assert "OverEndTime" in ran.out  # three hours later its plan is over, for the cloud and for the bot
    assert "ENDED · Main stage, Singapore" in ran.out


async def test_ctrl_c_at_the_prompt_ends_it_at_once(bare: Shell):
    ran = await bare.on_terminal("sandbox", "--quiet", typed={"ann in #relays> ": "\x03"})

    assert ran.status == 130
    assert "Traceback" not in ran.out
