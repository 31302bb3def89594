from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from adapters.contract import AccountName, Progress, Region, Remark, TaskId, TaskState
from bot.domain.notice import CardBody, Kind, Notice, ReplyBody, from_json, to_json
from bot.domain.subscription import ChannelSettings, Place, Subscription, Wish
from bot.domain.task import Followed, Known, Verdict, Why
from bot.domain.telling import after_mute, card, line, listeners, looks_new, notices
from tests.bot.domain.hearing import (
    ALL,
    HOUR,
    MINUTE,
    NIGHT,
    NOW,
    REF,
    RELAYS,
    SECOND,
    SINGLE,
    ended_early,
    followed,
    known,
    mute,
    news,
    read,
    recovered,
    retrying,
    started,
    stopped,
    subscribed,
    verdict,
)

EVERYBODY = (subscribed(),)


def heard(
    said: Verdict, was: Followed | None = None, *, carded: tuple[Any, ...] = (RELAYS,), **more: Any
) -> tuple[Notice, ...]:
    given = {"subscriptions": EVERYBODY, "settings": {}, "mutes": (), "history": (), "now": NOW, **more}
    return notices(was or followed(), said, title="Alibaba Cloud", carded=carded, **given)


def kinds(found: tuple[Notice, ...]) -> list[Kind]:
    return [notice.kind for notice in found]


def whys(found: tuple[Notice, ...]) -> list[Why]:
    return [notice.body.news.why for notice in found if isinstance(notice.body, ReplyBody)]


def bad(state: TaskState = TaskState.STOPPED, **more: Any) -> Followed:
    return followed(known(state, at=NOW - 5 * SECOND, bad_since=NOW - MINUTE, **more))


# ── who wants a task ──


@pytest.mark.parametrize(
    ("why", "wish", "is_wanted"),
    [
        ("this very task", SINGLE, True),
        ("a task of another id", replace(SINGLE, task=TaskId("t-43")), False),
        ("the same id elsewhere", replace(SINGLE, region=Region("cn-beijing")), False),
        ("another account", replace(ALL, account=AccountName("show")), False),
        ("all of the account", ALL, True),
        ("all of another region", replace(ALL, region=Region("cn-beijing")), False),
        ("a part of its name, in any case", replace(ALL, match="MAIN"), True),
        ("a part that its name has not", replace(ALL, match="side"), False),
        ("no pattern, a plain text", replace(ALL, match="m.in*"), False),
    ],
)
def test_a_wish_is_about_a_task_or_is_not(*, why: str, wish: Any, is_wanted: bool):
    assert wish.covers(REF, "main-en") is is_wanted, why


def test_a_channel_that_wants_nothing_of_it_hears_nothing():
    assert heard(verdict(stopped()), subscriptions=(subscribed(replace(SINGLE, task=TaskId("t-43"))),)) == ()


# ── the card ──


def test_the_first_read_of_a_new_subscription_makes_its_card():
    (notice,) = heard(verdict(), followed(Known()), carded=())

    assert (notice.kind, notice.place, notice.task) == (Kind.CARD, RELAYS, 7)
    assert isinstance(notice.body, CardBody)
    assert notice.body.look.title == "Alibaba Cloud"
    assert notice.body.confirmed is TaskState.RUNNING


def test_a_card_that_went_missing_is_made_again():
    assert kinds(heard(verdict(), carded=())) == [Kind.CARD]


def test_nothing_new_is_no_edit():
    assert heard(verdict()) == ()


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("an unconfirmed read", {"last": read(TaskState.RETRYING)}),
        ("another reason", {"last": read(reason="PushStreamFailed")}),
        ("it cannot be seen", {"is_unseen": True, "unseen_since": NOW - MINUTE}),
        ("it runs over its plan", {"told": frozenset({Why.OVER_RUN})}),
        ("it stands still", {"is_stalled": True}),
        ("it flaps", {"is_flapping": True}),
        ("a person set its end", {"until": NOW + HOUR}),
        ("an end that may have been meant", {"bad_why": Why.ENDED_WITHOUT_PLAN}),
    ],
)
def test_the_card_is_edited_when_a_reader_would_see_a_difference(why: str, more: dict[str, Any]):
    assert kinds(heard(Verdict(known=known(**more)))) == [Kind.CARD], why


def test_progress_that_moves_with_every_read_is_no_edit():
    assert heard(Verdict(known=known(last=read(progress=Progress(file=1), request_id="R-2")))) == ()


def test_an_old_read_is_replaced_twice_an_hour():
    edits = [
        heard(Verdict(known=known(at=NOW + n * MINUTE)), followed(known(at=NOW + (n - 1) * MINUTE))) for n in range(120)
    ]

    assert sum(map(len, edits)) == 4


def test_two_tasks_show_a_newer_read_at_different_minutes():
    def minute(number: int) -> int:
        was = [followed(known(at=NOW + (n - 1) * MINUTE), id=number) for n in range(30)]
        return next(n for n in range(30) if heard(Verdict(known=known(at=NOW + n * MINUTE)), was[n]))

    assert minute(7) != minute(9)


def test_an_end_that_was_expected_is_not_asked_about_again():
    (notice,) = heard(Verdict(known=known(bad_why=Why.STOPPED_UNEXPLAINED, expected=True)), carded=())

    assert isinstance(notice.body, CardBody)
    assert not notice.body.can_be_expected


def test_a_task_that_was_never_read_has_no_card():
    unread = Known(is_unseen=True, unseen_since=NOW)

    assert heard(Verdict(known=unread), followed(Known()), carded=()) == ()
    assert heard(Verdict(known=unread), followed(Known())) == ()


def test_what_is_shown_beside_the_read_comes_along():
    (notice,) = card(
        followed(),
        known(),
        place=RELAYS,
        title="x",
        now=NOW,
        mute=mute(),
        same_destination=("main-fr",),
        thread_ts="1.2",
    )

    assert isinstance(notice.body, CardBody)
    assert (notice.body.is_muted, notice.body.muted_until) == (True, NOW + HOUR)
    assert (notice.body.same_destination, notice.body.thread_ts) == (("main-fr",), "1.2")


# ── the thread and the channel ──


def test_what_begins_a_bad_time_is_shown_in_the_channel_and_what_follows_in_the_thread():
    found = heard(verdict(retrying(), stopped(old=TaskState.RETRYING)))

    assert kinds(found) == [Kind.CARD, Kind.CHANNEL, Kind.REPLY]
    assert whys(found) == [Why.RETRYING, Why.STOPPED]


def test_the_end_of_a_bad_time_is_shown_in_the_channel():
    assert kinds(heard(verdict(recovered()), bad())) == [Kind.CARD, Kind.CHANNEL]


def test_a_bad_time_that_begins_and_ends_in_one_verdict_is_told_twice():
    assert kinds(heard(verdict(stopped(), recovered()))) == [Kind.CHANNEL, Kind.CHANNEL]


def test_a_second_bad_time_in_one_verdict_begins_in_the_channel_again():
    assert kinds(heard(verdict(recovered(), stopped()), bad())) == [Kind.CHANNEL, Kind.CHANNEL]


def test_good_news_stays_in_the_thread():
    was = followed(known(TaskState.NOT_STARTED, at=NOW - SECOND))

    assert kinds(heard(verdict(started()), was)) == [Kind.CARD, Kind.REPLY]


def test_news_for_the_card_alone_is_not_told():
    over_run = news(Why.OVER_RUN, TaskState.RUNNING, TaskState.RUNNING, is_told=False)

    assert kinds(heard(verdict(over_run, told=frozenset({Why.OVER_RUN})))) == [Kind.CARD]


@pytest.mark.parametrize(
    ("why", "settings", "found"),
    [
        ("as it comes", ChannelSettings(), [Kind.CARD, Kind.CHANNEL, Kind.REPLY]),
        ("quiet: all in the thread", ChannelSettings(in_channel=False), [Kind.CARD, Kind.REPLY, Kind.REPLY]),
        ("no threads: the edges alone", ChannelSettings(threads=False), [Kind.CARD, Kind.CHANNEL]),
        ("neither: the card alone", ChannelSettings(threads=False, in_channel=False), [Kind.CARD]),
    ],
)
def test_a_channel_says_how_it_wants_to_hear(why: str, settings: ChannelSettings, found: list[Kind]):
    said = verdict(retrying(), stopped(old=TaskState.RETRYING))

    assert kinds(heard(said, settings={RELAYS: settings})) == found, why


def test_without_threads_the_channel_message_stands_alone():
    found = heard(verdict(stopped()), settings={RELAYS: ChannelSettings(threads=False)})

    assert [notice.body.in_thread for notice in found if isinstance(notice.body, ReplyBody)] == [False]


def test_who_asked_in_a_thread_hears_there_and_nowhere_else():
    asked = subscribed(replace(SINGLE, thread_ts="17.1"))
    settings = {RELAYS: ChannelSettings(threads=False)}

    found = heard(verdict(stopped()), subscriptions=(asked,), settings=settings)

    assert kinds(found) == [Kind.CARD, Kind.REPLY]
    assert isinstance(found[0].body, CardBody)
    assert found[0].body.thread_ts == "17.1"


def test_every_place_hears_once_however_often_it_subscribed():
    several = (subscribed(), subscribed(ALL, number=2), subscribed(ALL, place=NIGHT, number=3))

    found = heard(verdict(stopped()), subscriptions=several)

    assert [(notice.place, notice.kind) for notice in found] == [
        (RELAYS, Kind.CARD),
        (RELAYS, Kind.CHANNEL),
        (NIGHT, Kind.CARD),
        (NIGHT, Kind.CHANNEL),
    ]


def test_two_news_never_share_a_cause_and_the_same_one_always_has_the_same():
    said = verdict(retrying(), stopped(old=TaskState.RETRYING))

    causes = [notice.cause for notice in heard(said)]

    assert len(set(causes)) == 3
    assert [notice.cause for notice in heard(said)] == causes


def test_a_notice_comes_back_from_the_outbox_as_it_went_in():
    for notice in heard(verdict(stopped())):
        assert from_json(to_json(notice.body)) == notice.body


# ── all of an account ──


def test_a_task_of_an_all_subscription_gets_its_card_with_its_first_bad_change():
    everything = (subscribed(ALL),)

    assert heard(verdict(started()), subscriptions=everything, carded=()) == ()
    assert kinds(heard(verdict(stopped()), subscriptions=everything, carded=())) == [Kind.CARD, Kind.CHANNEL]


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("it is muted here", {"mutes": (mute(),)}),
        ("only= leaves it out", {"subscriptions": (subscribed(replace(ALL, only=frozenset({TaskState.ENDED}))),)}),
        ("it is for cards alone", {"said": news(Why.UNSEEN, TaskState.STOPPED, TaskState.STOPPED, is_told=False)}),
    ],
)
def test_a_card_that_nobody_asked_for_comes_with_what_is_told_and_never_alone(why: str, more: dict[str, Any]):
    given = {"subscriptions": (subscribed(ALL),), **more}
    said = given.pop("said", stopped())

    assert heard(verdict(said), bad(TaskState.RETRYING), carded=(), **given) == (), why
    assert kinds(heard(verdict(said), bad(TaskState.RETRYING), carded=(RELAYS,), **given)) == [Kind.CARD], why


def test_a_bad_task_whose_news_were_told_in_numbers_gets_no_card_by_a_quiet_look():
    later = Verdict(known=known(TaskState.STOPPED, bad_since=NOW - HOUR))
    was = followed(known(TaskState.STOPPED, at=NOW - HOUR, bad_since=NOW - HOUR))

    assert heard(later, was, subscriptions=(subscribed(ALL),), carded=()) == ()
    assert kinds(heard(later, was, subscriptions=(subscribed(ALL),))) == [Kind.CARD]


@pytest.mark.parametrize(("wish", "comes_with_news"), [(ALL, True), (SINGLE, False)])
def test_a_card_says_whether_anybody_asked_for_it(wish: Wish, *, comes_with_news: bool):
    card = heard(verdict(stopped()), subscriptions=(subscribed(wish),), carded=())[0].body

    assert isinstance(card, CardBody)
    assert card.comes_with_news is comes_with_news


def test_the_end_is_told_under_a_card_that_slack_may_not_have_yet():
    found = heard(verdict(recovered()), bad(), subscriptions=(subscribed(ALL),), carded=())

    assert kinds(found) == [Kind.CARD, Kind.CHANNEL]


def test_one_of_many_is_not_told_by_itself():
    assert heard(verdict(stopped()), subscriptions=(subscribed(ALL),), carded=(), in_group=True) == ()
    assert kinds(heard(verdict(stopped()), in_group=True)) == [Kind.CARD]


@pytest.mark.parametrize(
    ("why", "more", "places"),
    [
        ("whoever follows it", {}, {RELAYS}),
        ("only= leaves the stop out", {"only": frozenset({TaskState.RETRYING})}, set()),
        ("only= asks for it", {"only": frozenset({TaskState.STOPPED})}, {RELAYS}),
        ("a mute that was put on while it was well", {"mutes": (mute(),)}, set()),
        ("another channel's mute", {"mutes": (mute(place=NIGHT),)}, {RELAYS}),
        ("it was bad before the mute, and is worse now", {"mutes": (mute(),), "before": (retrying(NOW - 2 * HOUR),)},
         {RELAYS}),
        ("it is well", {"was": followed()}, set()),
        ("what made it bad was told before", {"history": (stopped(NOW - 2 * HOUR),)}, set()),
    ],
)  # fmt: skip
def test_of_many_that_are_bad_hears_who_would_hear_of_one(why: str, more: dict[str, Any], places: set[Place]):
    was = more.get("was", followed(known(TaskState.STOPPED, bad_since=NOW)))
    history = more.get("history", (*more.get("before", ()), stopped()))
    everything = (subscribed(replace(ALL, only=more.get("only", frozenset()))),)

    found = listeners(was, subscriptions=everything, mutes=more.get("mutes", ()), history=history, now=NOW)

    assert found == places, why


# ── only= ──


def only(*states: TaskState) -> tuple[Subscription, ...]:
    return (subscribed(replace(SINGLE, only=frozenset(states))),)


def test_only_lets_through_what_was_asked_for():
    said = verdict(retrying(), stopped(old=TaskState.RETRYING))

    assert whys(heard(said, subscriptions=only(TaskState.STOPPED))) == [Why.STOPPED]


def test_what_was_told_as_bad_is_told_when_it_ends_whatever_only_says():
    stop = stopped(NOW - MINUTE)

    assert whys(heard(verdict(recovered()), bad(), subscriptions=only(TaskState.STOPPED), history=(stop,))) == [
        Why.RECOVERED
    ]


def test_what_was_not_told_as_bad_is_not_told_when_it_ends():
    retry = retrying(NOW - MINUTE)
    was = bad(TaskState.RETRYING)

    assert whys(heard(verdict(recovered()), was, subscriptions=only(TaskState.STOPPED), history=(retry,))) == []


# ── mutes ──


def test_a_mute_silences_everything_but_the_card():
    assert kinds(heard(verdict(stopped()), mutes=(mute(),))) == [Kind.CARD]


def test_a_worse_kind_is_told_through_a_mute():
    retry = retrying(NOW - 2 * HOUR)

    found = heard(verdict(stopped(old=TaskState.RETRYING)), bad(TaskState.RETRYING), mutes=(mute(),), history=(retry,))

    assert whys(found) == [Why.STOPPED]


def test_a_card_no_longer_says_muted_once_something_broke_the_mute():
    retry = retrying(NOW - 2 * HOUR)
    was = bad(TaskState.RETRYING)

    still, broken = (
        heard(said, was, mutes=(mute(),), history=(retry,))[0].body
        for said in (verdict(recovered()), verdict(stopped(old=TaskState.RETRYING)))
    )

    assert isinstance(still, CardBody)
    assert isinstance(broken, CardBody)
    assert (still.is_muted, broken.is_muted) == (True, False)


def test_what_was_told_through_a_mute_is_not_told_again_at_its_end():
    history = [stopped(NOW - 2 * HOUR), recovered(NOW - MINUTE)]
    waiting = mute(ends_at=NOW, until_recovery=True)

    found = after_mute(
        followed(),
        waiting,
        title="x",
        subscriptions=EVERYBODY,
        settings={},
        mutes=(),
        carded=(RELAYS,),
        history=history,
        now=NOW,
    )

    assert kinds(found) == [Kind.CARD]


def after(was: Followed, *history: Any, **more: Any) -> tuple[Notice, ...]:
    given = {"subscriptions": EVERYBODY, "settings": {}, "mutes": (), "carded": (RELAYS,), "now": NOW, **more}
    return after_mute(was, mute(ends_at=NOW), title="Alibaba Cloud", history=history, **given)


@pytest.mark.parametrize(
    ("why", "was", "history", "told"),
    [
        ("nothing happened", followed(), [], []),
        ("it went and came back: silence", followed(), [stopped(NOW - MINUTE), recovered(NOW)], []),
        (
            "still bad, told before the mute: silence",
            followed(known(TaskState.STOPPED, bad_since=NOW - 2 * HOUR)),
            [stopped(NOW - 2 * HOUR), retrying(NOW - MINUTE), stopped(NOW)],
            [],
        ),
        (
            "still bad and never told",
            followed(known(TaskState.STOPPED, bad_since=NOW - MINUTE)),
            [started(NOW - 2 * HOUR), stopped(NOW - MINUTE)],
            [Why.STOPPED],
        ),
        (
            "well when it was muted, bad twice, and never told of the second time",
            followed(known(TaskState.STOPPED, bad_since=NOW)),
            [stopped(NOW - 3 * MINUTE), recovered(NOW - 2 * MINUTE), stopped(NOW)],
            [Why.STOPPED],
        ),
        (
            "bad when it was muted and well now",
            followed(known()),
            [stopped(NOW - 2 * HOUR), recovered(NOW - MINUTE)],
            [Why.RECOVERED],
        ),
        (
            "what is for the card alone was not missed",
            followed(),
            [news(Why.OVER_RUN, TaskState.RUNNING, TaskState.RUNNING, NOW - MINUTE, is_told=False)],
            [],
        ),
        (
            "bad in the same state, never told",
            followed(known(TaskState.RUNNING, bad_since=NOW - MINUTE)),
            [news(Why.STALLED, TaskState.RUNNING, TaskState.RUNNING, NOW - MINUTE, is_bad=True)],
            [Why.STALLED],
        ),
    ],
)
def test_at_the_end_of_a_mute_only_a_difference_is_told(why: str, was: Followed, history: Any, told: list[Why]):
    found = after(was, *history)

    assert kinds(found)[0] is Kind.CARD
    assert whys(found) == told, why


@pytest.mark.parametrize(
    ("why", "was", "history", "more", "found"),
    [
        ("nothing happened: no card for it", followed(), (), {}, []),
        ("it stopped", followed(known(TaskState.STOPPED, bad_since=NOW)), (stopped(),), {}, [Kind.CARD, Kind.CHANNEL]),
        ("it was told as bad and is well", followed(), (stopped(NOW - 2 * HOUR), recovered()), {},
         [Kind.CARD, Kind.CHANNEL]),
        ("good news of a task that was well", followed(), (started(NOW - MINUTE),), {}, []),
        ("it stopped as one of many: those are told", followed(known(TaskState.STOPPED, bad_since=NOW)), (stopped(),),
         {"in_group": True}, []),
    ],
)  # fmt: skip
def test_at_the_end_of_a_mute_a_card_that_nobody_asked_for_comes_with_news_only(
    why: str, was: Followed, history: Any, more: dict[str, Any], found: list[Kind]
):
    assert kinds(after(was, *history, subscriptions=(subscribed(ALL),), carded=(), **more)) == found, why


def test_at_the_end_of_a_mute_one_of_many_has_its_card_edited_and_no_more():
    was = followed(known(TaskState.STOPPED, bad_since=NOW - MINUTE))

    assert kinds(after(was, stopped(NOW - MINUTE), in_group=True)) == [Kind.CARD]


def test_the_difference_is_told_from_the_state_that_the_mute_began_in():
    history = [stopped(NOW - 2 * HOUR), recovered(NOW - MINUTE)]

    (_, said) = after(followed(known()), *history)

    assert isinstance(said.body, ReplyBody)
    assert (said.kind, said.body.news.old, said.body.news.bad_for) == (Kind.CHANNEL, TaskState.STOPPED, MINUTE)
    assert said.cause.endswith(":mute:3")


def test_under_another_mute_the_silence_goes_on():
    longer = mute(id=4, ends_at=NOW + HOUR)
    was = followed(known(TaskState.STOPPED, bad_since=NOW - MINUTE))

    assert kinds(after(was, stopped(NOW - MINUTE), mutes=(longer,))) == [Kind.CARD]


def test_the_end_of_a_mute_is_told_where_the_mute_was_and_as_only_says():
    was = followed(known(TaskState.STOPPED, bad_since=NOW - MINUTE))
    elsewhere = (subscribed(place=NIGHT),)

    assert after(was, stopped(NOW - MINUTE), subscriptions=elsewhere) == ()
    assert kinds(after(was, stopped(NOW - MINUTE), subscriptions=only(TaskState.RETRYING))) == [Kind.CARD]


def test_an_end_worse_than_the_muted_stop_is_told_at_once():
    stop = stopped(NOW - 2 * HOUR)

    found = heard(verdict(ended_early()), bad(), mutes=(mute(),), history=(stop,))

    assert whys(found) == [Why.ENDED_EARLY]


# ── who changed what others hear ──


def test_a_line_names_who_did_it():
    said = line(RELAYS, "unmuted", user="U0ANN", cause="mute:3", name="main-en", thread_ts="1.2")

    assert (said.kind, said.cause) == (Kind.LINE, "mute:3")
    assert said.body == from_json(to_json(said.body))
    assert dict(said.body.values) == {"name": "main-en"}


def test_what_a_callback_said_by_the_way_stands_on_the_card():
    was = known(at=NOW - 5 * SECOND)
    now_known = replace(was, last=read(), remark=Remark.START_FAILED)

    (told,) = card(followed(was), now_known, place=RELAYS, title="Tencent Cloud", now=NOW)

    assert isinstance(told.body, CardBody)
    assert told.body.remarks == (Remark.START_FAILED,)
    assert looks_new(followed(was), was, now_known)
    assert from_json(to_json(told.body)) == told.body
