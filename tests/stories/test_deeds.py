"""
What people do about incidents, by command and by button: who may, what everybody reads, and who was first.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.slack import dialogs
from bot.slack.cards import press

if TYPE_CHECKING:
    from bot.sandbox.slack import Message
    from tests.stories.waking import Night, Wake

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def number(night: Night) -> int:
    """The number of the newest incident, as it is shown."""
    ((newest,),) = night.rows("SELECT max(incident) FROM responses")
    return int(newest)


def audit(night: Night) -> list[tuple[str, ...]]:
    """Who did what, how it went and why."""
    deeds = "('ack', 'snooze', 'assign', 'close')"
    return night.rows(f"SELECT user_id, verb, outcome, why FROM audits WHERE verb IN {deeds} ORDER BY id")  # noqa: S608


def now(night: Night, message: Message) -> Message:
    """The message as it stands now."""
    shown = night.house.slack.workspace.find(message.channel, message.ts)
    assert shown is not None
    return shown


def again(night: Night, message: Message, channel: str) -> Message:
    """A message as somebody still has it before them, though it was edited since, or is another's."""
    workspace = night.house.slack.workspace
    copied = replace(message, channel=channel, ts=workspace.tick(), thread_ts="", is_broadcast=False, metadata=None)
    return workspace.post(copied)


async def test_an_ack_is_read_by_all_and_whoever_comes_second_is_told_who_was_first(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        await night.breaks("main-en")
        page, personal = night.page(), night.page("ann")
        first = await night.acks("ann", page=personal)
        await night.passes(12 * SECOND, stride=4 * SECOND)
        second = await night.house.ask("/relay ack", user="bob")
        longer = await night.house.ask(f"/relay ack #{number(night)} for=1h")
        taken = await night.house.ask(f"/relay assign #{number(night)} @bob", user="bob")
        shown = await night.house.ask("/relay incidents")
        await night.until(lambda: not night.waiting())

        assert first.startswith(f"You have #{number(night)} in hand until ")
        assert second.words.startswith(f"#{number(night)} *main-en* was acked by <@U0ANN> 12 s ago, until ")
        assert longer.words.startswith(f"You have #{number(night)} in hand until ")
        assert taken.words.startswith(f"You took #{number(night)} over, and have it in hand until ")
        assert f"STOPPED *main-en* · #{number(night)} · since " in shown.words
        assert "<@U0BOB> has it in hand until " in shown.words
        assert "Next: whoever has it is reminded, " in shown.words
        for message in (night.cards()[0], now(night, page), now(night, personal)):
            assert "<@U0BOB> has it in hand until " in message.words
            assert press.ACK not in message.buttons
        assert any(each.words.startswith(f"<@U0ANN> has #{number(night)} in hand") for each in night.thread())
        assert f"<@U0BOB> took #{number(night)} over: main-en." in night.lines()
        assert audit(night) == [
            ("U0ANN", "ack", "done", "done"),
            ("U0BOB", "ack", "nothing", "taken"),
            ("U0ANN", "ack", "done", "done"),
            ("U0BOB", "ack", "done", "done"),
        ]


async def test_of_two_who_ack_at_once_one_has_it_and_the_other_is_told(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        await night.breaks("main-en")
        page, personal = night.page(), night.page("ann")
        said = await asyncio.gather(night.acks("bob", page=page), night.acks("ann", page=personal))

        await night.until(lambda: not night.waiting())
        told = sorted(words.split(" ")[0] for words in said)
        assert told == [f"#{number(night)}", "You"]
        assert sorted(why for _, _, _, why in audit(night)) == ["done", "taken"]
        (acked_by,) = night.rows("SELECT acked_by FROM responses")[0]
        loser = next(words for words in said if not words.startswith("You"))
        assert f"was acked by <@{acked_by}> 0 s ago" in loser


async def test_an_ack_that_comes_after_the_recovery_undoes_nothing_and_says_when_that_was(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        await night.breaks("main-en")
        page = night.page()
        await night.recovers("main-en")
        typed = await night.house.ask(f"/relay ack #{number(night)}")
        pressed = await night.presses("ann", again(night, page, page.channel))
        await night.until(lambda: "Over since " in now(night, page).words)

        for said in (typed.words, pressed):
            assert said.startswith(f"#{number(night)} *main-en* already recovered "), said
            assert " s ago. Nothing was changed." in said
        assert press.ACK not in now(night, page).buttons
        assert night.rows("SELECT acked_by, closed_why FROM responses") == [("", "recovered")]
        assert audit(night) == [("U0ANN", "ack", "nothing", "over")] * 2


async def test_an_ack_that_comes_just_before_the_recovery_ends_with_it(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        await night.breaks("main-en")
        page = night.page()
        night.says("main-en", "1")
        await night.passes(10 * SECOND, stride=5 * SECOND)
        first = await night.acks("ann", page=page)
        await night.recovers("main-en")
        await night.until(lambda: "Over since " in now(night, page).words)

        assert first.startswith(f"You have #{number(night)} in hand until ")
        assert "<@U0ANN> had it in hand." in now(night, page).words
        assert night.rows("SELECT acked_by, closed_why FROM responses") == [("U0ANN", "recovered")]
        assert (await night.house.ask("/relay incidents")).words.endswith("Nothing is open here.")


async def test_a_button_of_what_got_worse_since_is_refused_and_the_new_one_is_taken(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        night.says("main-en", "2", "PullStreamFailed")
        await night.until(lambda: night.calls("C0RELAYS") != [], within=4 * MINUTE, step=5 * SECOND)
        old = night.page()
        night.says("main-en", "3", "PullStreamFailed")
        await night.until(lambda: night.rows("SELECT 1 FROM responses WHERE worsened > 0") != [])
        refused = await night.presses("ann", again(night, old, old.channel))
        await night.until(lambda: not night.waiting())
        taken = await night.acks("ann", page=night.cards()[0])
        await night.until(lambda: not night.waiting())

        assert refused.startswith(f"#{number(night)} *main-en* got worse since that button was made.")
        assert taken.startswith(f"You have #{number(night)} in hand until ")
        assert audit(night) == [("U0ANN", "ack", "nothing", "worse"), ("U0ANN", "ack", "done", "done")]


async def test_only_who_is_concerned_gives_it_to_others_or_ends_it_and_the_reason_is_read_by_all(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en", rota=("set @ann",))
        await night.breaks("main-en")
        not_theirs = await night.house.ask("/relay assign @ann", user="bob")
        guests = await night.house.ask("/relay ack", user="gus")
        nobody = await night.house.ask("/relay assign @gus")
        given = await night.house.ask("/relay assign @bob")
        await night.until(lambda: ("U0BOB", 0) in night.who())
        shown = await night.house.ask("/relay incidents", user="bob")
        await night.until(lambda: not night.waiting())
        slack, page = night.house.slack, night.page("bob")
        await slack.press(page, press.CLOSE, "bob")
        await slack.until(lambda: slack.dialogs("bob") != [])
        before = len(night.answers("bob"))
        await slack.submit("bob", {dialogs.REASON: "the show was called off <!channel>"})
        await slack.until(lambda: len(night.answers("bob")) > before)
        closed = night.answers("bob")[-1].words
        await night.until(lambda: not night.waiting())

        of = number(night)
        assert not_theirs.words.startswith("That is for admins, for whoever subscribed it and for whoever is on call.")
        assert guests.words.startswith("Guests may only ask for help here.")
        assert nobody.words.startswith("That is nobody whom I could call")
        assert given.words.startswith(f"#{of} *main-en* is <@U0BOB>'s now")
        assert "Assigned to <@U0BOB>, who has not acked yet." in shown.words
        assert "<@U0ANN> gave it to you." in page.words
        assert closed == f"#{of} *main-en* is closed. What the task is, the cloud says."
        assert f"<@U0ANN> gave #{of} to <@U0BOB>: main-en." in night.lines()
        assert f"<@U0BOB> closed #{of}, main-en: the show was called off &lt;!channel&gt;" in night.lines()
        assert night.rows("SELECT closed_why FROM incidents") == [("closed",)]
        assert "STOPPED" in night.cards()[0].words
        assert press.ACK not in night.cards()[0].buttons
        assert [row for row in audit(night) if row[2] != "refused"] == [
            ("U0ANN", "assign", "done", "done"),
            ("U0BOB", "close", "done", "done"),
        ]
        assert ("U0BOB", "assign", "refused", "not_on_call") in audit(night)


async def test_who_closed_it_is_read_in_channels_that_follow_it_still(wake: Wake) -> None:
    async with wake() as night:
        others = replace(night, channel="#ops-private")
        await night.watches("show", rota=("set @ann",))
        await others.watches("show", rota=("set @olga",))
        await night.breaks("show")
        await night.until(lambda: len(night.calls("C0OPS")) == 1)
        await night.house.ask("/relay unsubscribe aliyun show", user="olga", channel=others.channel)
        await night.house.ask(f'/relay close #{number(night)} reason="called off"')
        await night.until(lambda: any(" closed #" in line for line in night.lines()) and not night.waiting())
        elsewhere = others.lines()

    assert [line for line in elsewhere if " closed #" in line] == []
    assert any("unsubscribed" in line for line in elsewhere)


async def test_a_button_in_somebodys_conversation_is_theirs_who_was_called(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        await night.breaks("main-en")
        slack = night.house.slack
        others = slack.workspace.direct("U0BOB", slack.workspace.bot_id)
        said = await night.presses("bob", again(night, night.page("ann"), others.id))

        assert said == "This button belongs to another channel. Nothing was changed."
        assert night.rows("SELECT acked_by FROM responses") == [("",)]


async def test_a_snooze_lasts_until_something_changes(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en")
        night.says("main-en", "2", "PullStreamFailed")
        await night.until(lambda: night.calls("C0RELAYS") != [], within=4 * MINUTE, step=5 * SECOND)
        said = await night.presses("bob", night.page(), press.SNOOZE)
        called = len(night.calls("C0RELAYS"))
        await night.leaps(20 * MINUTE)
        silent = len(night.calls("C0RELAYS")) == called
        night.says("main-en", "3", "PullStreamFailed")
        await night.until(lambda: len(night.calls("C0RELAYS")) > called)

        assert said.startswith("Silent until something changes, at the latest until ")
        assert silent
        await night.until(lambda: not night.waiting())
        assert night.calls("C0RELAYS")[-1].because in {"worse", "changed"}


async def test_which_one_is_asked_where_two_are_open(wake: Wake) -> None:
    async with wake() as night:
        await night.watches("main-en", "main-fr")
        await night.breaks("main-en", reason="PullStreamFailed")
        await night.passes(70 * SECOND)
        await night.breaks("main-fr", reason="PushStreamFailed")
        several = await night.house.ask("/relay ack")
        by_name = await night.house.ask("/relay ack main-en")
        none = await night.house.ask("/relay ack #999")
        too_long = await night.house.ask("/relay ack for=5h")
        await night.until(lambda: not night.waiting())

        assert several.words.startswith("2 incidents are open here: say which one.")
        assert f"/relay ack #{number(night)}" in several.words
        assert by_name.words.startswith("You have #")
        assert "main-en" in by_name.words
        assert none.words.startswith("No such incident is open here.")
        assert too_long.words.startswith("An ack lasts 4 h at most.")
