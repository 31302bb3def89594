"""
A channel follows, and people set what it hears: what they type, press and send off, and what comes of it in the memory.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import clock
from bot.sandbox.faults import Delay, Fail, Hang
from bot.sandbox.programme import ONLINE_ID
from bot.sandbox.slack import Message
from bot.slack.cards import order, press

if TYPE_CHECKING:
    from conftest import Build, House
    from freezegun.api import FrozenDateTimeFactory

HASTE = 50.0
SUBSCRIBE = "/relay subscribe aliyun main-zh region=cn-shanghai"


def rows(house: House, query: str) -> list[tuple[Any, ...]]:
    with sqlite3.connect(house.folder / "relaybot.db") as database:
        return database.execute(query).fetchall()


async def press_button(house: House, message: Message, action: str, *, user: str = "ann") -> Message:
    """Press a button and return what the person alone then reads: new, or in the place of what they read."""
    seen = {(each.ts, each.edits) for each in house.told(user, "#relays")}
    await house.slack.press(message, action, user)

    def news() -> list[Message]:
        return [each for each in house.told(user, "#relays") if (each.ts, each.edits) not in seen]

    await house.slack.until(lambda: news() != [])
    return news()[0]


def followed(house: House) -> list[tuple[Any, ...]]:
    """Who follows what: channel, account, region, task, and by whom."""
    return rows(house, "SELECT channel_id, account, region, task, user_id FROM subscriptions ORDER BY id")


def audit(house: House) -> list[tuple[Any, ...]]:
    return rows(house, "SELECT user_id, verb, subject, outcome, why FROM audits ORDER BY id")


def lines(house: House) -> list[tuple[str, str]]:
    """The lines that wait for a channel, or were told there: channel and sentence."""
    found = rows(house, "SELECT channel_id, body FROM notices WHERE kind = 'line' ORDER BY id")
    return [(channel, json.loads(body)["key"]) for channel, body in found]


def cards(house: House) -> list[tuple[Any, ...]]:
    """The cards that were put down: channel, task, and the thread they go under."""
    found = rows(house, "SELECT channel_id, body FROM notices WHERE kind = 'card' ORDER BY id")
    told = [(channel, json.loads(body)) for channel, body in found]
    return [(channel, body["look"]["ref"]["task_id"], body.get("thread_ts", "")) for channel, body in told]


async def test_a_channel_subscribes_and_hears_how_the_task_is(house: House) -> None:
    answer = await house.ask(SUBSCRIBE)

    assert answer.words.splitlines()[:2] == ["This channel follows 主舞台: everything.", "▲ RETRYING · 主舞台"]
    assert answer.ephemeral_to == "U0ANN"
    assert followed(house) == [("C0RELAYS", "aliyun", "cn-shanghai", "main-zh", "U0ANN")]
    assert audit(house) == [("U0ANN", "subscribe", "main-zh", "done", "")]
    assert lines(house) == [("C0RELAYS", "subscribed")]
    assert cards(house) == [("C0RELAYS", "main-zh", "")]


async def test_a_stop_right_after_subscribing_is_told_as_a_change(build: Build, frozen: FrozenDateTimeFactory) -> None:
    async with build({"ALIYUN_REGIONS": "cn-shanghai"}, haste=HASTE) as house:
        cloud = house.stage.aliyun.door.faults
        cloud.plan(Delay(by=timedelta(0)), on="DescribeLivePullToPush")  # the subscriber's own look
        cloud.plan(Hang(), on="DescribeLivePullToPush", times=None)
        cloud.plan(Hang(), on="DescribeLivePullToPushList", times=None)
        answer = await house.ask("/relay subscribe aliyun backup-en")
        await cloud.holding()
        house.stage.aliyun.story.override("backup-en", "3", "TriggerByUser", now=clock.now())
        cloud.clear()
        cloud.release()

        def replies() -> list[str]:
            return [each.text for each in house.slack.heard("#relays") if each.thread_ts]

        async with asyncio.timeout(20):
            while not replies():
                frozen.tick(0.5)
                await asyncio.sleep(0.03)

    ((news,),) = rows(house, "SELECT news FROM changes")
    assert "✓ RUNNING · Backup, English" in answer.words
    assert replies()[0].startswith("STOPPED Backup, English · somebody stopped it · was RUNNING")
    assert [json.loads(news).get(key) for key in ("why", "old", "new", "is_change")] == [
        "stopped_by_a_person",
        "RUNNING",
        "STOPPED",
        True,
    ]


async def test_subscribing_again_changes_nothing_and_says_so(house: House) -> None:
    await house.ask(SUBSCRIBE)

    again = await house.ask(SUBSCRIBE, user="bob")

    assert again.words.startswith("This channel follows 主舞台 already: everything. Nothing was changed.")
    assert len(followed(house)) == len(lines(house)) == len(audit(house)) == 1


async def test_other_options_change_the_subscription_and_say_from_what_to_what(house: House) -> None:
    await house.ask(SUBSCRIBE)

    again = await house.ask(f"{SUBSCRIBE} only=stopped until=08:00", user="bob")

    assert again.words.startswith(
        "This channel follows 主舞台 already; its options were changed: "
        "everything → only STOPPED · until 2026-11-22 08:00 Asia/Shanghai."
    )
    assert lines(house) == [("C0RELAYS", "subscribed"), ("C0RELAYS", "resubscribed")]
    assert len(followed(house)) == 1


async def test_what_nobody_knows_is_not_subscribed(house: House) -> None:
    answer = await house.ask("/relay subscribe aliyun no-such-task")

    assert answer.words.splitlines()[:2] == ["Nothing was subscribed.", "∅ NOT FOUND no-such-task"]
    assert followed(house) == lines(house) == audit(house) == []


async def test_what_no_cloud_tells_is_not_subscribed(house: House) -> None:
    house.stage.aliyun.door.faults.plan(Fail("Forbidden.RAM"), times=None)

    answer = await house.ask(SUBSCRIBE)

    assert answer.words.startswith("Nothing was subscribed.\nNo answer about main-zh")
    assert followed(house) == []


async def test_where_the_bot_is_not_it_says_how_to_invite_it(house: House) -> None:
    refused = await house.ask(SUBSCRIBE, channel="#general")
    archived = await house.ask(SUBSCRIBE, channel="#old")

    assert refused.words == (
        "I am not in this channel, so I can tell nothing here. Type /invite <@U0RELAYBOT>, then try again."
    )
    assert archived.words.startswith("This channel is archived")
    assert followed(house) == []
    assert [why for *_, why in audit(house)] == ["not_invited", "archived"]


async def test_a_direct_conversation_follows_for_oneself_and_tells_nobody_else(house: House) -> None:
    answer = await house.ask(SUBSCRIBE, channel="@ann")

    ((channel, *_),) = followed(house)
    assert answer.words.startswith("This channel follows 主舞台")
    assert channel.startswith("D")
    assert lines(house) == []


async def test_a_task_of_tencent_is_followed_too(house: House) -> None:
    await house.ask(f"/relay subscribe {ONLINE_ID}")

    assert followed(house) == [("C0RELAYS", "tencent", "ap-singapore", ONLINE_ID, "U0ANN")]


async def test_all_of_an_account_is_one_subscription(house: House) -> None:
    answer = await house.ask("/relay subscribe aliyun all match=main")

    assert answer.words.startswith("This channel follows all tasks of aliyun with “main” in their name: everything.")
    assert followed(house) == [("C0RELAYS", "aliyun", "", "", "U0ANN")]
    assert rows(house, "SELECT region FROM sweeps ORDER BY region") == [("ap-southeast-1",), ("cn-shanghai",)]


async def test_all_of_a_cloud_without_a_list_cannot_be_followed(house: House) -> None:
    answer = await house.ask("/relay subscribe tencent all")

    assert answer.words.startswith("Tencent Cloud has no list of its tasks, so they are subscribed one by one.")
    assert followed(house) == []


async def test_a_mention_in_a_thread_lets_updates_go_to_that_thread(house: House) -> None:
    workspace = house.slack.workspace
    root = workspace.post(Message(channel="C0RELAYS", ts=workspace.tick(), by="U0BOB", text="the picture is black")).ts

    await house.slack.mention("ann", "#relays", "subscribe aliyun main-zh", thread=root)
    await house.slack.until(lambda: len(house.slack.heard("#relays", thread=root)) == 1)

    assert rows(house, "SELECT thread_ts FROM subscriptions") == [(root,)]
    assert cards(house) == [("C0RELAYS", "main-zh", root)]


async def test_the_dialog_takes_many_ids(house: House) -> None:
    await house.slack.say("ann", "#relays", "/relay subscribe")
    await house.slack.until(lambda: len(house.slack.dialogs("ann")) == 1)

    await house.slack.submit("ann", {"tasks": "aliyun main-zh\nbackup-en\n\nnothing-here"})
    await house.slack.until(lambda: len(house.told("ann", "#relays")) == 1)

    assert house.told("ann", "#relays")[0].words.splitlines() == [
        "主舞台: subscribed, RETRYING now.",
        "Backup, English: subscribed, RUNNING now.",
        "nothing-here: not found anywhere, not subscribed.",
    ]
    assert [task for *_, task, _ in followed(house)] == ["main-zh", "backup-en"]
    assert lines(house) == [("C0RELAYS", "subscribed_many")]
    assert house.slack.dialogs("ann") == []


async def test_a_dialog_that_says_nothing_stays_open(house: House) -> None:
    await house.slack.say("ann", "#relays", "/relay subscribe")
    await house.slack.until(lambda: len(house.slack.dialogs("ann")) == 1)

    told = await house.slack.submit("ann", {"tasks": "a b c d"})

    assert "An id has no spaces" in json.loads(told.body)["errors"]["tasks"]
    assert len(house.slack.dialogs("ann")) == 1


async def test_a_shortcut_on_a_message_opens_the_dialog_for_its_thread(house: House) -> None:
    workspace = house.slack.workspace
    root = workspace.post(Message(channel="C0RELAYS", ts=workspace.tick(), by="U0BOB", text="the picture is black"))

    await house.slack.choose_shortcut(root, "track_in_thread", "ann")
    await house.slack.until(lambda: len(house.slack.dialogs("ann")) == 1)
    await house.slack.submit("ann", {"tasks": "aliyun main-zh"})
    await house.slack.until(lambda: len(house.told("ann", "#relays")) == 1)

    assert rows(house, "SELECT thread_ts FROM subscriptions") == [(root.ts,)]


async def test_unsubscribing_ends_it_and_is_told(house: House) -> None:
    await house.ask(SUBSCRIBE)

    gone = await house.ask("/relay unsubscribe main-zh")
    again = await house.ask("/relay unsubscribe main-zh")

    assert gone.words == "This channel does not follow 主舞台 any more."
    assert again.words.startswith("This channel does not follow main-zh. Nothing was changed")
    assert followed(house) == []
    assert lines(house)[1:] == [("C0RELAYS", "unsubscribed")]
    assert rows(house, "SELECT * FROM sweeps") == []


async def test_what_another_subscribed_is_for_admins_to_end(house: House) -> None:
    await house.ask(SUBSCRIBE)

    refused = await house.ask("/relay unsubscribe main-zh", user="bob")
    kept = followed(house)
    gone = await house.ask("/relay unsubscribe main-zh", user="adam")

    assert refused.words.startswith("That is for admins, and for whoever subscribed it.")
    assert len(kept) == 1
    assert gone.words.startswith("This channel does not follow 主舞台 any more.")
    assert audit(house)[1:] == [
        ("U0BOB", "unsubscribe", "main-zh", "refused", "not_yours"),
        ("U0ADAM", "unsubscribe", "main-zh", "done", ""),
    ]


async def test_the_list_shows_the_bad_first_and_ends_with_a_button(house: House) -> None:
    await house.ask("/relay subscribe aliyun backup-en")
    await house.ask(SUBSCRIBE)

    listed = await house.ask("/relay list")
    bad = await house.ask("/relay list state=bad")
    button = next(action for action in listed.buttons if action.startswith(order.UNFOLLOW))
    told = await press_button(house, listed, button)

    names = [line for line in listed.words.splitlines() if line.startswith(("▲", "✓"))]
    assert names == ["▲ RETRYING *主舞台*", "✓ RUNNING *Backup, English*"]
    assert "Backup" not in bad.words
    assert told.words == "This channel does not follow 主舞台 any more."


async def test_help_comes_with_what_the_channel_follows(house: House) -> None:
    before = await house.ask("/relay")
    await house.ask(SUBSCRIBE)

    after = await house.ask("/relay")
    guest = await house.ask("/relay", user="gus")

    assert "This channel follows" not in before.words
    assert "▲ RETRYING *主舞台*" in after.words
    assert "主舞台" not in guest.words


async def test_nothing_followed_is_said(house: House) -> None:
    assert "This channel follows nothing yet." in (await house.ask("/relay list")).words
    assert "No channel that you are in follows anything." in (await house.ask("/relay mine")).words


async def test_mine_names_only_channels_that_one_is_in(house: House) -> None:
    await house.ask(SUBSCRIBE, channel="#ops-private")
    await house.ask("/relay subscribe aliyun backup-en")

    ann = await house.ask("/relay mine")
    adam = await house.ask("/relay mine", user="adam")

    assert "<#C0OPS>" in ann.words
    assert "<#C0OPS>" not in adam.words
    assert "主舞台" not in adam.words
    assert "<#C0RELAYS>" in adam.words


async def test_tasks_are_discovered_a_page_at_a_time_and_picked(house: House) -> None:
    listed = await house.ask("/relay tasks aliyun region=cn-shanghai")
    further = await press_button(house, listed, f"{order.RUN}:2")
    boxes = next(element for element in listed.elements if element["action_id"] == order.PICK)
    values = [option["value"] for option in boxes["options"][:2]]

    found = await house.ask("/relay tasks aliyun backup")
    await house.slack.press(found, order.FOLLOW, "ann", chosen={order.PICK: ["cn-shanghai backup-en"]})
    await house.slack.until(lambda: len(followed(house)) == 1)

    assert len(boxes["options"]) == 10
    assert all(value.startswith("cn-shanghai ") for value in values)
    assert "Page 2 of 2, 11 in all." in further.words
    assert followed(house)[0][3] == "backup-en"


async def test_a_name_stands_for_the_task_from_then_on(house: House) -> None:
    await house.ask(SUBSCRIBE)

    named = await house.ask("/relay name main-zh Finals")
    asked = await house.ask("/relay status finals")
    gone = await house.ask("/relay unsubscribe FINALS")

    assert named.words == "主舞台 is “finals” from now on: /relay status finals"
    assert asked.text.startswith("RETRYING")
    assert gone.words == "This channel does not follow 主舞台 any more."
    assert ("C0RELAYS", "named") in lines(house)


async def test_a_part_of_an_id_will_do_and_several_are_offered(house: House) -> None:
    await house.ask("/relay subscribe aliyun main-en")
    await house.ask(SUBSCRIBE)

    several = await house.ask("/relay mute main for=1h")
    label = next(action for action, text in several.buttons.items() if "主舞台" in text)
    muted = await press_button(house, several, label)

    assert several.words.startswith("2 tasks could be meant by “main”. Which one?")
    assert muted.words.startswith("Muted here until 2026-11-21 22:00 Europe/Berlin: 主舞台.")


async def test_mutes_have_an_owner_and_an_end(house: House) -> None:
    await house.ask(SUBSCRIBE)

    muted = await house.ask("/relay mute main-zh", user="bob")
    longer = await house.ask("/relay mute main-zh for=3h", user="bob")
    mine = await house.ask("/relay mute main-zh for=3h")
    everything = await house.ask("/relay mute aliyun all for=1h", user="adam")

    assert muted.words.startswith("Muted here until 2026-11-22 06:00 Asia/Shanghai: 主舞台.")
    assert longer.words.startswith("Members mute one task for two hours at most")
    assert "It was muted until 2026-11-21 23:00 Europe/Berlin before." in mine.words
    assert everything.words.startswith("Muted here until 2026-11-21 16:00 America/New_York: all tasks of aliyun.")
    assert rows(house, "SELECT user_id, task FROM mutes ORDER BY id") == [("U0ANN", "main-zh"), ("U0ADAM", "")]


async def test_unmuting_lifts_it(house: House) -> None:
    await house.ask(SUBSCRIBE)
    await house.ask("/relay mute main-zh")

    lifted = await house.ask("/relay unmute main-zh", user="bob")
    again = await house.ask("/relay unmute main-zh")

    assert lifted.words == "Not muted here any more: 主舞台."
    assert again.words == "Not muted here: 主舞台. Nothing was changed."
    assert rows(house, "SELECT * FROM mutes") == []


async def test_a_mute_may_begin_later_and_lasts_a_day_at_most(house: House) -> None:
    await house.ask(SUBSCRIBE)

    later = await house.ask("/relay mute main-zh for=2h from=02:00")
    too_long = await house.ask("/relay mute main-zh for=2d")
    well = await house.ask("/relay mute main-zh until=recovery")

    assert later.words.startswith(
        "Muted here from 2026-11-22 02:00 Europe/Berlin until 2026-11-22 04:00 Europe/Berlin: 主舞台."
    )
    assert too_long.words.startswith("A mute lasts 24 h at most.")
    assert well.words.startswith("主舞台 is not bad now, so there is nothing to wait for.")


async def test_settings_are_a_dialog_and_its_change_is_told(house: House) -> None:
    await house.ask(SUBSCRIBE)
    await house.slack.say("ann", "#relays", "/relay settings")
    await house.slack.until(lambda: len(house.slack.dialogs("ann")) == 1)

    await house.slack.submit("ann", {"hears": ["threads"]})
    await house.slack.until(lambda: len(house.told("ann", "#relays")) == 2)

    assert house.told("ann", "#relays")[1].words == (
        "Set for this channel: First bad change and its end in the channel: off, Bursts as one message: off."
    )
    assert rows(house, "SELECT threads, in_channel, digest FROM channels") == [(1, 0, 0)]
    assert lines(house)[-1] == ("C0RELAYS", "settings")


async def test_settings_are_for_admins_and_for_who_subscribed(house: House) -> None:
    await house.ask(SUBSCRIBE)

    refused = await house.ask("/relay settings", user="bob")

    assert refused.words.startswith("That is for admins, and for whoever subscribed it.")


async def test_only_an_admin_lets_the_bot_speak_where_partners_read_along(house: House) -> None:
    before = await house.ask(SUBSCRIBE, channel="#partners")
    await house.slack.say("adam", "#partners", "/relay settings")
    await house.slack.until(lambda: len(house.slack.dialogs("adam")) == 1)
    await house.slack.submit("adam", {"hears": ["threads", "in_channel", "digest", "allows_shared"]})
    await house.slack.until(lambda: rows(house, "SELECT allows_shared FROM channels") == [(1,)])

    after = await house.ask(SUBSCRIBE, channel="#partners")

    assert before.words.startswith("This channel is shared with another workspace.")
    assert after.words.startswith("This channel follows 主舞台")


async def test_a_channel_falls_silent_where_it_is_not_allowed_any_more_that_partners_read_along(house: House) -> None:
    async def lets(*hears: str) -> None:
        await house.slack.say("adam", "#partners", "/relay settings")
        await house.slack.until(lambda: len(house.slack.dialogs("adam")) == 1)
        before = len(house.told("adam", "#partners"))
        await house.slack.submit("adam", {"hears": ["threads", "in_channel", "digest", *hears]})
        await house.slack.until(lambda: len(house.told("adam", "#partners")) > before)

    await lets("allows_shared")
    await house.ask(SUBSCRIBE, channel="#partners")
    await lets()
    await house.slack.until(lambda: len(house.slack.heard("@ann")) == 1)
    silent = rows(house, "SELECT paused_why FROM channels WHERE channel_id LIKE 'C%' AND paused_why <> ''")
    await lets("allows_shared")

    (told,) = house.slack.heard("@ann")
    assert silent == [("channel_shared",)]
    assert "is shared with another workspace now, so I say nothing there." in told.words
    assert rows(house, "SELECT paused_why FROM channels WHERE paused_why <> ''") == []


async def test_history_of_what_is_quiet_says_so(house: House) -> None:
    await house.ask(SUBSCRIBE)

    past = await house.ask("/relay history main-zh for=7d")

    assert past.words.startswith("What happened to 主舞台\nNothing that I saw since")


@pytest.mark.parametrize(
    ("user", "why"),
    [("gus", "guest"), ("stan", "stranger"), ("robo", "bot"), ("dora", "gone")],
)
async def test_who_is_no_full_member_changes_nothing(house: House, user: str, why: str) -> None:
    await house.ask(SUBSCRIBE, user=user)

    assert followed(house) == []
    assert [row[-1] for row in audit(house)] == [why]


async def test_whoever_may_not_see_an_account_can_neither_follow_nor_end_anything_of_it(build: Build) -> None:
    show = '[accounts.show]\nprovider = "aliyun"\nregions = ["cn-shanghai"]\nENDPOINT\nchannels = ["C0OPS"]\n'
    async with build(accounts=show) as house:
        inside = await house.ask("/relay subscribe show main-zh", channel="#ops-private")
        await house.ask("/relay name main-zh finals", channel="#ops-private")
        outside = await house.ask("/relay subscribe show main-zh")
        by_name = await house.ask("/relay subscribe finals")
        tasks = await house.ask("/relay tasks show")
        mine = await house.ask("/relay mine", user="adam")
        kept = followed(house)

    assert inside.words.startswith("This channel follows 主舞台")
    assert outside.words.startswith("There is no account “show”.")
    assert "主舞台" not in by_name.words
    assert tasks.words.startswith("There is no account “show”.")
    assert "主舞台" not in mine.words
    assert len(kept) == 1


async def test_what_an_account_does_not_show_any_more_is_not_listed(build: Build) -> None:
    show = '[accounts.show]\nprovider = "aliyun"\nregions = ["cn-shanghai"]\nENDPOINT\n'
    async with build(accounts=show) as house:
        await house.ask("/relay subscribe show main-zh")
        await house.ask("/relay subscribe show backup-en")
    async with build(accounts=show + 'tasks = ["main-*"]') as house:
        listed = await house.ask("/relay list")
        hidden = await house.ask("/relay history backup-en")

    assert "主舞台" in listed.words
    assert "Backup" not in listed.words
    assert hidden.words.startswith("This channel does not follow backup-en.")


async def test_a_flood_is_refused_before_it_changes_anything(house: House) -> None:
    for task in ("main-en", "backup-en", "loop-01", "late-show", "silent"):
        await house.ask(f"/relay subscribe aliyun {task} region=cn-shanghai")

    refused = await house.ask("/relay subscribe aliyun missed region=cn-shanghai")

    assert refused.words.startswith("That is a lot of questions.")
    assert len(followed(house)) == 5
    assert audit(house)[-1] == ("U0ANN", "subscribe", "", "refused", "too_often")


async def test_a_replayed_button_does_nothing_and_is_written_down(build: Build) -> None:
    async with build() as house:
        await house.ask(SUBSCRIBE)
        listed = await house.ask("/relay list")
        button = next(action for action in listed.buttons if action.startswith(order.UNFOLLOW))
        pressed = await house.slack.press(listed, button, "ann")
        await house.slack.until(lambda: len(house.told("ann", "#relays")) == 3)
        await house.ask(SUBSCRIBE)

        await house.slack.people.again(pressed)

    # It has left, and finished what was acked.
    assert len(followed(house)) == 1
    assert ("U0ANN", "button", "", "refused", "replayed") in audit(house)


async def test_a_replay_after_a_restart_is_known_from_the_memory(build: Build) -> None:
    async with build() as house:
        told = await house.slack.say("ann", "#relays", SUBSCRIBE)
        await house.slack.until(lambda: len(house.told("ann", "#relays")) == 1)
        await house.ask("/relay unsubscribe main-zh")
    async with build() as house:
        people, workspace = house.slack.people, house.slack.workspace
        told.payload["response_url"] = people._response_url(workspace.channel("#relays"), workspace.person("ann"))
        await people.again(told)
        await house.slack.until(lambda: len(house.told("ann", "#relays")) == 1)

        assert house.told("ann", "#relays")[0].words == "That was done already. Nothing was changed."
        assert followed(house) == []
        assert audit(house)[-1] == ("U0ANN", "subscribe", "", "refused", "replayed")


async def test_a_button_of_another_channel_does_nothing(house: House) -> None:
    await house.ask(SUBSCRIBE, channel="#ops-private")
    await house.ask("/relay subscribe aliyun backup-en")
    listed = await house.ask("/relay list")
    button = next(action for action in listed.buttons if action.startswith(order.UNFOLLOW))
    ((foreign,),) = rows(house, "SELECT id FROM subscriptions WHERE channel_id = 'C0OPS'")

    seen = len(house.told("ann", "#relays"))
    await house.slack.press(listed, button, "ann", value=json.dumps({"v": 1, "s": foreign}))
    await house.slack.until(lambda: len(house.told("ann", "#relays")) > seen)

    assert house.told("ann", "#relays")[-1].words == ("This button belongs to another channel. Nothing was changed.")
    assert len(followed(house)) == 2
    assert audit(house)[-1] == ("U0ANN", "unsubscribe", str(foreign), "refused", "other_channel")


def _fill(house: House) -> None:
    with closing(sqlite3.connect(house.folder / "relaybot.db", timeout=30)) as database, database:
        (row,) = database.execute("SELECT * FROM subscriptions").fetchall()
        names = [column[1] for column in database.execute("PRAGMA table_info(subscriptions)")]
        for number in range(199):
            values = dict(zip(names, row, strict=True)) | {"id": 1000 + number, "task": f"task-{number}"}
            marks = ", ".join("?" * len(values))
            database.execute(f"INSERT INTO subscriptions ({', '.join(values)}) VALUES ({marks})", [*values.values()])  # noqa: S608


async def test_two_hundred_single_tasks_are_enough_for_a_channel(house: House, frozen: FrozenDateTimeFactory) -> None:
    await house.ask(SUBSCRIBE)
    await asyncio.to_thread(_fill, house)  # the bot writes too, and its commits need this loop

    refused = await house.ask("/relay subscribe aliyun backup-en")

    assert refused.words.startswith("This channel follows 200 single tasks already")
    assert len(followed(house)) == 200


async def test_a_stop_that_was_meant_is_closed_by_a_button(house: House, frozen: FrozenDateTimeFactory) -> None:
    await house.ask("/relay subscribe aliyun silent")

    def cards_to_press() -> list[Message]:
        frozen.tick(1)
        return [each for each in house.slack.heard("#relays") if press.EXPECTED in each.buttons]

    await house.slack.until(lambda: cards_to_press() != [])
    told = await press_button(house, cards_to_press()[0], press.EXPECTED)

    ((known,),) = rows(house, "SELECT known FROM tasks")
    assert told.words == "So Stopped silently is not told as bad any more."
    assert json.loads(known)["expected"] is True
    assert ("C0RELAYS", "expected") in lines(house)
    assert ("U0ANN", "expect", "silent", "done", "") in audit(house)
