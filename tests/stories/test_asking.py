"""
Somebody asks, and reads an answer.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.sandbox.clock import Clock
from bot.sandbox.faults import Fail, Hang
from bot.sandbox.programme import ENDING_ID, ODD_ID, ONLINE_ID
from bot.sandbox.slack import Message, Person
from bot.slack.cards import press

if TYPE_CHECKING:
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

# What people read first, for one task of every sort.
TITLES = {
    "aliyun backup-en": "✓ RUNNING · Backup, English",
    "aliyun main-zh": "▲ RETRYING · 主舞台",
    "aliyun late-show": "○ NOT STARTED · Late show",
    "aliyun missed": "○ NOT STARTED · Missed start",
    "aliyun by-hand": "■ STOPPED · Stopped by hand",
    "aliyun silent": "■ STOPPED · Stopped silently",
    "aliyun morning": "□ ENDED · Morning show",
    "aliyun cut-short": "□ ENDED · Ended an hour early",
    "aliyun novel": "? UNKNOWN · A state nobody has heard of",
    "aliyun no-such-task": "∅ NOT FOUND no-such-task",
    f"tencent {ONLINE_ID}": f"✓ RUNNING · {ONLINE_ID}",
    f"tencent {ODD_ID}": f"? UNKNOWN · {ODD_ID}",
    "tencent nothing+here": "∅ NOT FOUND nothing+here",
}


async def joined(house: House, many: int) -> None:
    """Wait until so many wait for the answer to a question that another had asked."""
    async with asyncio.timeout(10), httpx.AsyncClient() as http:
        while f'outcome="joined"}} {many}.0\n' not in (await http.get(f"{house.url}/metrics")).text:
            pass


@pytest.mark.parametrize(("task", "title"), TITLES.items())
async def test_every_sort_of_task_is_told_in_its_own_words(house: House, task: str, title: str) -> None:
    answer = await house.ask(f"/relay status {task}")

    assert answer.blocks[0]["text"]["text"] == title
    assert answer.ephemeral_to == "U0ANN"


async def test_the_ack_does_not_wait_for_the_cloud(house: House) -> None:
    house.stage.aliyun.door.faults.plan(Hang())

    told = await house.slack.say("ann", "#relays", "/relay status aliyun main-zh")

    assert (told.status, told.body) == (200, "")
    await house.stage.aliyun.door.faults.holding()
    house.stage.aliyun.door.faults.release()
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 1)


async def test_account_and_region_may_be_left_out(house: House) -> None:
    answer = await house.ask("/relay status main-sg")

    assert answer.blocks[0]["text"]["text"] == "✓ RUNNING · Main stage, Singapore"
    assert "ap-southeast-1 · aliyun" in answer.words


async def test_a_long_id_with_a_plus_is_only_asked_of_tencent(house: House) -> None:
    await house.ask(f"/relay status {ENDING_ID}")

    assert (len(house.stage.aliyun.door.ledger), len(house.stage.tencent.door.ledger)) == (0, 1)


async def test_an_exact_name_will_do_where_the_cloud_lists(house: House) -> None:
    answer = await house.ask("/relay status 主舞台")

    assert answer.blocks[0]["text"]["text"] == "▲ RETRYING · 主舞台"


async def test_a_part_of_a_name_is_not_a_name(house: House) -> None:
    answer = await house.ask('/relay status aliyun "Main stage"')

    assert answer.text.startswith("NOT FOUND")


async def test_not_found_is_only_said_when_every_place_has_answered(house: House) -> None:
    house.stage.tencent.door.faults.plan(Fail("AuthFailure.SignatureFailure"), times=None)

    answer = await house.ask("/relay status nowhere")

    assert "NOT FOUND" not in answer.words
    assert "Tencent Cloud does not accept the key of account tencent." in answer.words
    assert "No such task in: aliyun ap-southeast-1, aliyun cn-shanghai." in answer.words


async def test_a_found_task_is_told_though_another_cloud_is_silent(house: House) -> None:
    house.stage.tencent.door.faults.plan(Fail("InternalError"), times=None)

    answer = await house.ask("/relay status backup-en")

    assert answer.blocks[0]["text"]["text"] == "✓ RUNNING · Backup, English"


async def test_a_slow_cloud_is_announced_and_the_answer_follows(build: Build) -> None:
    async with build(patience_s=0.05) as house:
        house.stage.aliyun.door.faults.plan(Hang())

        first = await house.ask("/relay status aliyun main-zh region=cn-shanghai")
        await house.stage.aliyun.door.faults.holding()
        house.stage.aliyun.door.faults.release()
        await house.slack.until(lambda: len(house.slack.heard("#relays")) == 2)

    assert first.words == "Still waiting for Alibaba Cloud, I will finish here."
    assert house.slack.heard("#relays")[1].blocks[0]["text"]["text"] == "▲ RETRYING · 主舞台"


async def test_two_hundred_people_are_one_request_and_two_hundred_answers(build: Build) -> None:
    """A hundred of them were known already: Slack tells who a hundred others are in a minute, and no more."""
    ticks = Clock()
    async with build(monotonic=ticks.monotonic, patience_s=60) as house:
        slack, cloud = house.slack, house.stage.aliyun.door
        crowd = [Person(id=f"U1{n:06d}", name=f"person{n}", team=slack.workspace.team) for n in range(200)]
        slack.workspace.people |= {person.id: person for person in crowd}
        await asyncio.gather(*(slack.say(person.name, "#relays", "/relay accounts") for person in crowd[:100]))
        await slack.until(lambda: len(slack.heard("#relays")) == 100)
        ticks.move(timedelta(seconds=61))
        cloud.faults.plan(Hang())

        told = await asyncio.gather(
            *(
                slack.say(person.name, "#relays", "/relay status aliyun backup-en region=cn-shanghai")
                for person in crowd
            )
        )
        await cloud.faults.holding()
        await joined(house, 199)  # on a busy machine the last may come to their question seconds after the first
        cloud.faults.release()
        await slack.until(lambda: len(slack.heard("#relays")) == 300)
        answers = slack.heard("#relays")[100:]

    assert house.asked() == 1
    assert all(each.in_time for each in told)
    assert len({each.response_url for each in told}) == 200
    assert {answer.text for answer in answers} == {"RUNNING Backup, English · cn-shanghai"}
    assert {answer.ephemeral_to for answer in answers} == {person.id for person in crowd}


async def test_an_answer_a_few_seconds_old_is_given_again_and_says_its_age(
    house: House, frozen: FrozenDateTimeFactory
) -> None:
    await house.ask("/relay status aliyun backup-en region=cn-shanghai")
    frozen.tick(3)

    again = await house.ask("/relay status aliyun backup-en region=cn-shanghai")

    assert "read 3 s ago" in again.words
    assert house.asked() == 1


async def test_refresh_always_reads_anew_and_replaces_the_card(house: House) -> None:
    card = await house.ask("/relay status aliyun backup-en region=cn-shanghai")

    fresh = await house.press(card, press.REFRESH)

    assert house.asked() == 2
    assert (fresh.ts, fresh.edits) == (card.ts, 1)


async def test_id_shows_the_id_alone_and_whole(house: House) -> None:
    card = await house.ask(f"/relay status tencent {ONLINE_ID}")

    shown = await house.press(card, press.ID)

    assert shown.words == f"```{ONLINE_ID}```"


async def test_a_shared_card_is_everybodys_and_says_who_showed_it(house: House) -> None:
    card = await house.ask("/relay status aliyun main-zh region=cn-shanghai")

    shared = await house.press(card, press.SHARE)

    assert shared.ephemeral_to == ""
    assert "Shared by <@U0ANN>" in shared.words
    assert set(shared.buttons) == {press.REFRESH, press.ID}
    assert house.asked() == 1


async def test_since_is_what_somebody_has_seen(house: House, frozen: FrozenDateTimeFactory) -> None:
    card = await house.ask("/relay status aliyun backup-en region=cn-shanghai")
    frozen.tick(600)

    fresh = await house.press(card, press.REFRESH)

    assert "at least <!date^1795291200^" in fresh.words


async def test_a_mention_in_a_thread_is_answered_there_for_all_to_read(house: House) -> None:
    workspace = house.slack.workspace
    root = workspace.post(Message(channel="C0RELAYS", ts=workspace.tick(), by="U0BOB", text="the picture is black")).ts

    await house.slack.mention("ann", "#relays", "status aliyun backup-en", thread=root)
    await house.slack.until(lambda: len(house.slack.heard("#relays", thread=root)) == 1)

    answer = house.slack.heard("#relays", thread=root)[0]
    assert answer.blocks[0]["text"]["text"] == "✓ RUNNING · Backup, English"
    assert answer.ephemeral_to == ""


async def test_a_mention_speaks_the_same_grammar(house: House) -> None:
    await house.slack.mention("ann", "#relays", "/relay staus aliyun backup-en")
    await house.slack.until(lambda: len(house.slack.heard("#relays")) == 1)

    assert "Try: `/relay status aliyun backup-en`" in house.slack.heard("#relays")[0].words


async def test_nothing_typed_is_help(house: House) -> None:
    answer = await house.ask("/relay")

    assert answer.text == "I tell how relay tasks at Alibaba Cloud and Tencent Cloud are doing."


async def test_debug_shows_what_support_needs(house: House) -> None:
    await house.ask("/relay status aliyun backup-en region=cn-shanghai")

    answer = await house.ask("/relay debug")

    assert "team T0SANDBOX · channel C0RELAYS · you U0ANN" in answer.words
    assert "DescribeLivePullToPush: sent 1, joined 0, reused 0, retried 0, throttled 0" in answer.words
