from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.contract import Remark, Retry, Snapshot, TaskState
from adapters.errors import BadCredentials
from bot.domain.change import expect, judge
from bot.domain.evidence import believed
from bot.domain.outlook import Tone
from bot.domain.task import Known, News, Why
from tests.bot.domain.watching import BEGIN, HOUR, MINUTE, SECOND, at, history, plan, read, told

RUNS = Known(state=TaskState.RUNNING, since=BEGIN - HOUR, was_running=True)
WAITS = Known(state=TaskState.NOT_STARTED, since=BEGIN - HOUR)


def retry(count: int, seconds: int) -> Retry:
    return Retry(count=count, interval=timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("why", "more", "left"),
    [
        ("three times a minute, and half a minute has passed", {"retry": retry(3, 60)}, timedelta(seconds=150)),
        ("one short try: it is used up by the second read", {"retry": retry(1, 10)}, timedelta()),
        ("the cloud does not say", {}, None),
    ],
)
def test_what_still_retries_says_for_how_long_and_how_long_the_cloud_will(
    why: str, more: dict[str, Any], left: timedelta | None
):
    told_of = [
        news for verdict in history("-5 RUNNING; 0 RETRYING; 1 RETRYING; 30 RETRYING", **more) for news in verdict.news
    ]
    (still,) = [news for news in told_of if news.why is Why.STILL_RETRYING]

    assert (still.lasted, still.left) == (timedelta(seconds=30), left), why


def test_what_was_so_before_anybody_looked_has_lasted_longer_than_was_seen():
    begun = history("0 RUNNING; 5 RUNNING; 10 STOPPED:X; 11 STOPPED:X; 20 RUNNING; 50 RUNNING")
    stopped, recovered = (news for verdict in begun for news in verdict.news)

    assert (stopped.lasted, stopped.lasted_longer) == (10 * SECOND, True)
    assert (recovered.lasted, recovered.lasted_longer) == (10 * SECOND, False)
    assert not begun[-1].known.began_unseen


@pytest.mark.parametrize(
    ("why", "reads", "said"),
    [
        ("a task that runs says nothing", "0 RUNNING; 5 RUNNING; 10 RUNNING", ""),
        ("the second read must be a second younger than the first", "0 STOPPED:X; 0.9 STOPPED:X", ""),
        ("two reads that agree are a change", "0 STOPPED:X; 1 STOPPED:X", "1 stopped bad"),
        ("a change is told once", "0 STOPPED:X; 1 STOPPED:X; 2 STOPPED:X; 60 STOPPED:X", "1 stopped bad"),
        ("a misread is not told", "0 STOPPED:X; 1 RUNNING; 6 STOPPED:X; 7 RUNNING", ""),
        ("two reads that differ confirm nothing", "0 STOPPED:X; 1 RETRYING; 2 STOPPED:X", ""),
        ("an error between them neither confirms nor denies", "0 STOPPED:X; 1 error; 2 STOPPED:X", "2 stopped bad"),
        ("the same read twice is one read", "0 STOPPED:X; 0 STOPPED:X; 0 STOPPED:X", ""),
        ("recovery is told when RUNNING has held for 30 s: 5 + 30 = 35",
         "0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 6 RUNNING; 34 RUNNING; 35 RUNNING",
         "1 stopped bad; 35 recovered closes"),
        ("one that did not hold is none, and the next has to hold for itself: 20 + 30 = 50",
         "0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 10 STOPPED:X; 20 RUNNING; 36 RUNNING; 50 RUNNING",
         "1 stopped bad; 50 recovered closes"),
        ("one read cannot say that it held", "0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 5.5 RUNNING; 60 RUNNING",
         "1 stopped bad; 60 recovered closes"),
        ("it retries: a warning, and bad when the grace of 30 s is over",
         "0 RETRYING; 1 RETRYING; 29 RETRYING; 30 RETRYING; 90 RETRYING", "1 retrying; 30 still_retrying bad"),
        ("it came back within the grace", "0 RETRYING; 1 RETRYING; 20 RUNNING; 51 RUNNING", "1 retrying; 51 recovered"),
        ("a glimpse of health does not start the grace anew, and a third read says whether it was one",
         "0 RETRYING; 1 RETRYING; 25 RUNNING; 31 RETRYING; 32 RETRYING", "1 retrying; 32 still_retrying bad"),
        ("it retries, then gives up", "0 RETRYING; 1 RETRYING; 10 STOPPED; 11 STOPPED", "1 retrying; 11 stopped bad"),
        ("one unconfirmed RETRYING explains a stop, too", "0 RETRYING; 1 STOPPED; 2 STOPPED", "2 stopped bad"),
        ("one that was long ago does not", "0 RETRYING; 1 RUNNING; 60 STOPPED; 61 STOPPED",
         "61 stopped_unexplained bad"),
        ("bad, worse, and still the same bad time",
         "0 RETRYING; 1 RETRYING; 30 RETRYING; 40 STOPPED:RetryTimesOffline; 41 STOPPED:RetryTimesOffline",
         "1 retrying; 30 still_retrying bad; 41 stopped bad"),
        ("somebody restarted it and it does not come up: not over yet",
         "0 STOPPED:X; 1 STOPPED:X; 10 RETRYING; 11 RETRYING; 20 RUNNING; 50 RUNNING",
         "1 stopped bad; 11 retrying bad; 50 recovered closes"),
        ("somebody stopped it", "0 STOPPED:TriggerByUser; 1 STOPPED:TriggerByUser", "1 stopped_by_a_person"),
        ("somebody stopped what was bad: that ends it",
         "0 RETRYING; 1 RETRYING; 30 RETRYING; 40 STOPPED:TriggerByUser; 41 STOPPED:TriggerByUser",
         "1 retrying; 30 still_retrying bad; 41 stopped_by_a_person closes"),
        ("nobody says why it stopped", "0 STOPPED; 1 STOPPED", "1 stopped_unexplained bad"),
        ("a reason in one of the two reads is a reason", "0 STOPPED:PullStreamFailed; 1 STOPPED", "1 stopped bad"),
        ("a new word is a warning, and bad after two minutes",
         "0 UNKNOWN; 1 UNKNOWN; 119 UNKNOWN; 120 UNKNOWN", "1 unknown_word; 120 still_unknown bad"),
        ("a new word in a bad time does not end it",
         "0 STOPPED:X; 1 STOPPED:X; 10 UNKNOWN; 11 UNKNOWN", "1 stopped bad; 11 unknown_word bad"),
        ("it is back in its plan's hands", "0 NOT_STARTED; 1 NOT_STARTED", "1 scheduled"),
        ("it is gone, and never had a plan", "0 GONE; 1 GONE", "1 ended_without_plan bad"),
        ("the cloud says itself that it ended as planned", "0 ENDED:OverEndTime; 1 ENDED:OverEndTime", "1 ended"),
        ("the cloud calls it ended and then has it no more", "0 ENDED:OverEndTime; 1 GONE; 9 GONE", "1 ended"),
        ("an end that was none", "0 GONE; 1 GONE; 60 RUNNING; 61 RUNNING; 90 RUNNING",
         "1 ended_without_plan bad; 90 reopened closes"),
        ("what somebody stopped is tidied up", "0 STOPPED:TriggerByUser; 1 STOPPED:TriggerByUser; 60 GONE; 61 GONE",
         "1 stopped_by_a_person; 61 ended"),
        ("what died is not healed by going away", "0 STOPPED:X; 1 STOPPED:X; 60 GONE; 61 GONE",
         "1 stopped bad; 61 ended_without_plan bad"),
    ],
)  # fmt: skip
def test_a_task_that_ran_is_judged_by_what_follows(why: str, reads: str, said: str):
    assert told(f"-5 RUNNING; {reads}", RUNS) == said, why


@pytest.mark.parametrize(
    ("why", "reads", "more", "said"),
    [
        ("no retry is left to it: bad at once", "0 RETRYING; 1 RETRYING", {"retry": retry(0, 60)}, "1 retrying bad"),
        ("half of 2 × 20 s is spent after 20 s", "0 RETRYING; 1 RETRYING; 19 RETRYING; 20 RETRYING",
         {"retry": retry(2, 20)}, "1 retrying; 20 still_retrying bad"),
        ("half of 3 × 60 s is longer than the grace", "0 RETRYING; 1 RETRYING; 30 RETRYING",
         {"retry": retry(3, 60)}, "1 retrying; 30 still_retrying bad"),
        ("it ended a minute before its plan: clouds are inexact", "0 ENDED; 1 ENDED",
         {"plan": plan(end=60)}, "1 ended"),
        ("it ended more than a minute early", "0 ENDED; 1 ENDED", {"plan": plan(end=61)}, "1 ended_early bad"),
        ("when it really ended counts, not when we saw it", "0 ENDED; 1 ENDED",
         {"plan": plan(end=0), "ended_at": at(-90)}, "1 ended_early bad"),
        ("gone after its end", "0 GONE; 1 GONE", {"plan": plan(end=-1)}, "1 ended"),
        ("gone before it", "0 GONE; 1 GONE", {"plan": plan(end=3600)}, "1 ended_early bad"),
        ("somebody deleted what had died", "0 STOPPED:X; 1 STOPPED:X; 9 GONE; 10 GONE", {"plan": plan(end=3600)},
         "1 stopped bad; 10 ended_early bad"),
        ("somebody deleted what somebody had stopped",
         "0 STOPPED:TriggerByUser; 1 STOPPED:TriggerByUser; 9 GONE; 10 GONE", {"plan": plan(end=3600)},
         "1 stopped_by_a_person; 10 ended_early"),
        ("down past its planned end: nobody waits for it", "0 STOPPED:X; 1 STOPPED:X",
         {"plan": plan(end=0)}, "1 stopped"),
        ("its planned end ends a bad time", "0 STOPPED:X; 1 STOPPED:X; 300 ENDED; 301 ENDED", {"plan": plan(end=300)},
         "1 stopped bad; 301 ended closes"),
        ("it tries for a source that has ended as planned", "0 RETRYING; 1 RETRYING; 40 RETRYING",
         {"plan": plan(end=0)}, "1 retrying"),
        ("it runs on after its end: the card says so after five minutes, once",
         "299 RUNNING; 300 RUNNING; 400 RUNNING", {"plan": plan(end=0)}, "300 over_run unsaid"),
        ("and still does when it fails then",
         "300 RUNNING; 310 RETRYING; 311 RETRYING; 320 RUNNING; 360 RUNNING; 400 RUNNING", {"plan": plan(end=0)},
         "300 over_run unsaid; 311 retrying; 360 recovered"),
    ],
)  # fmt: skip
def test_the_plan_and_the_retries_are_watched(why: str, reads: str, more: dict[str, Any], said: str):
    assert told(f"-5 RUNNING; {reads}", RUNS, **more) == said, why


@pytest.mark.parametrize(
    ("why", "reads", "until", "said"),
    [
        ("it ended when a person had said", "0 GONE; 3 GONE", 0, "3 ended"),
        ("it ended before", "0 GONE; 3 GONE", 3600, "3 ended_early bad"),
        ("Tencent takes three seconds to confirm", "0 GONE; 2.9 GONE", 3600, ""),
        ("one InProgress in between: it is there", "0 GONE; 2 RUNNING; 4 GONE", 3600, ""),
        ("Tencent has no list whose absence could count; its word is enough", "0 GONE; 1 error; 4 GONE", 0, "4 ended"),
        ("it runs on", "0 RUNNING; 300 RUNNING", 0, "300 over_run unsaid"),
    ],
)  # fmt: skip
def test_a_persons_until_is_a_plan(why: str, reads: str, until: float, said: str):
    known = replace(RUNS, until=at(until))

    assert told(f"-5 RUNNING; {reads}", known, "tencent") == said, why


@pytest.mark.parametrize(
    ("why", "reads", "more", "said"),
    [
        ("it started", "0 RUNNING; 1 RUNNING", {}, "1 started"),
        ("it starts in its own time", "0 NOT_STARTED; 59 NOT_STARTED", {"plan": plan(start=0)}, ""),
        ("a minute after its start it should run", "0 NOT_STARTED; 60 NOT_STARTED; 70 NOT_STARTED",
         {"plan": plan(start=0)}, "60 start_missed bad"),
        ("one read after the start is not enough to say so, two are", "-9 NOT_STARTED; 60 NOT_STARTED; 61 NOT_STARTED",
         {"plan": plan(start=0)}, "61 start_missed bad"),
        ("neither is the first of all", "60 NOT_STARTED; 61 NOT_STARTED",
         {"plan": plan(start=0)}, "61 start_missed bad"),
        ("it started late: a recovery", "0 NOT_STARTED; 60 NOT_STARTED; 70 RUNNING; 71 RUNNING; 100 RUNNING",
         {"plan": plan(start=0)}, "60 start_missed bad; 100 recovered closes"),
        ("it fails before it ever ran", "0 RETRYING; 1 RETRYING; 30 RETRYING", {}, "1 retrying; 30 still_retrying bad"),
        ("it was deleted before it began", "-9 NOT_STARTED; -6 GONE; -5 GONE", {"plan": plan(start=0, end=900)},
         "-5 ended_early bad"),
        ("it was deleted before anybody read its plan", "-6 GONE; -5 GONE", {}, "-5 ended_without_plan bad"),
        ("a new word before it began is no warning yet, but will be bad", "0 UNKNOWN; 1 UNKNOWN; 120 UNKNOWN", {},
         "1 unknown_word; 120 still_unknown bad"),
    ],
)  # fmt: skip
def test_a_task_that_waits_is_judged_by_what_follows(why: str, reads: str, more: dict[str, Any], said: str):
    assert told(reads, WAITS, **more) == said, why


@pytest.mark.parametrize(
    ("why", "reads", "more", "said"),
    [
        ("it runs: no change", "0 RUNNING; 5 RUNNING", {}, ""),
        ("it waits: no change", "0 NOT_STARTED; 5 NOT_STARTED", {"plan": plan(start=60)}, ""),
        ("it is down, and two reads say so", "0 STOPPED:X; 1 STOPPED:X; 5 STOPPED:X", {}, "1 first_sight_bad bad"),
        ("the first read was wrong", "0 STOPPED:X; 1 RUNNING; 5 RUNNING", {}, ""),
        ("somebody stopped it: not bad", "0 STOPPED:TriggerByUser; 1 STOPPED:TriggerByUser", {}, ""),
        ("its start was missed", "90 NOT_STARTED; 91 NOT_STARTED; 95 NOT_STARTED", {"plan": plan(start=0)},
         "91 first_sight_bad bad"),
        ("a plan of yesterday is history", "90 NOT_STARTED; 91 NOT_STARTED", {"plan": plan(start=0, end=60)}, ""),
        ("it retries: its grace begins with the first look", "0 RETRYING; 1 RETRYING; 30 RETRYING", {},
         "30 still_retrying bad"),
        ("it retries and has no retry left", "0 RETRYING; 1 RETRYING", {"retry": retry(0, 0)}, "1 first_sight_bad bad"),
        ("it ended early and should run now", "0 ENDED; 1 ENDED; 9 ENDED", {"plan": plan(end=3600)},
         "1 first_sight_bad bad"),
        ("it ended early, long ago: history", "0 ENDED; 1 ENDED",
         {"plan": plan(end=-3600), "ended_at": at(-7200)}, ""),
        ("it ended and had no plan: an answer", "0 ENDED; 1 ENDED", {}, ""),
        ("there is no such task: an answer, however often it is asked", "0 GONE; 1 GONE; 9 GONE; 10 GONE", {}, ""),
        ("it was not there yet, and now it runs", "0 GONE; 1 GONE; 9 RUNNING; 10 RUNNING", {}, "10 started"),
        ("the cloud did not find it once", "0 GONE; 1 RUNNING; 2 GONE; 3 RUNNING", {}, ""),
        ("a new word at first sight", "0 UNKNOWN; 5 UNKNOWN; 120 UNKNOWN", {}, "120 still_unknown bad"),
    ],
)  # fmt: skip
def test_the_first_sight_is_no_change(why: str, reads: str, more: dict[str, Any], said: str):
    assert told(reads, **more) == said, why


@pytest.mark.parametrize(
    ("why", "reads", "said"),
    [
        ("one read that failed is silence", "0 error; 5 RUNNING", ""),
        ("two are", "0 error; 5 error; 10 RUNNING", ""),
        ("three are on the card", "0 error; 5 error; 10 error; 15 error", "10 unseen unsaid"),
        ("so is a minute", "0 error; 60 error; 65 error", "60 unseen unsaid"),
        ("and that it is over", "0 error; 5 error; 10 error; 15 RUNNING; 20 RUNNING",
         "10 unseen unsaid; 15 seen_again unsaid"),
        ("what happened meanwhile is judged as ever", "0 error; 5 error; 10 error; 600 STOPPED:X; 601 STOPPED:X",
         "10 unseen unsaid; 600 seen_again unsaid; 601 stopped bad"),
        ("nothing is over because we could not look", "0 RETRYING; 1 RETRYING; 10 error; 70 error; 90 error",
         "1 retrying; 70 unseen unsaid"),
    ],
)  # fmt: skip
def test_unseen_is_a_condition_of_ours(why: str, reads: str, said: str):
    assert told(f"-5 RUNNING; {reads}", RUNS) == said, why


def test_errors_leave_a_doubt_as_it_was():
    doubt = history("-5 RUNNING; 0 STOPPED:X", RUNS)[-1].known.doubt

    assert doubt is not None
    assert history("-5 RUNNING; 0 STOPPED:X; 1 error; 500 error", RUNS)[-1].known.doubt == doubt


def test_a_doubt_counts_reads_of_their_own_only():
    known = history("-5 RUNNING; 0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 5.5 RUNNING", RUNS)[-1].known
    later = history("6 RUNNING; 7 RUNNING", known)[-1].known

    assert (known.doubt and known.doubt.reads, later.doubt and later.doubt.reads) == (1, 3)


def test_a_task_nobody_ever_saw_can_be_unseen():
    (news,) = history("0 error; 5 error; 10 error")[-1].news

    assert (news.why, news.new) == (Why.UNSEEN, TaskState.UNKNOWN)


def test_a_refused_key_says_nothing_about_the_task():
    verdict = judge(RUNS, BadCredentials("SignatureDoesNotMatch"), BEGIN, provider="aliyun")

    assert verdict.news == ()
    assert verdict.known == replace(RUNS, unseen_since=BEGIN, misses=1)


def test_weak_evidence_is_unseen_for_a_task_that_was_here():
    known = history("-5 RUNNING", RUNS)[-1].known
    gone = read(0, "GONE")
    assert isinstance(gone, Snapshot)
    weak = replace(gone, raw="InvalidParameter")

    unbelieved = judge(known, believed(weak, is_unlisted=False), BEGIN, provider="aliyun")
    unlisted = judge(known, believed(weak, is_unlisted=True), BEGIN, provider="aliyun")

    assert (unbelieved.known.misses, unbelieved.known.doubt) == (1, None)
    assert unlisted.known.doubt is not None
    assert unlisted.known.doubt.state is TaskState.ENDED


def test_a_task_that_is_gone_keeps_what_is_known_of_it():
    ended = history("-5 RUNNING; 0 GONE; 1 GONE", RUNS, name="main-en", plan=plan(end=900))[-1].known.last

    assert ended is not None
    assert (ended.state, ended.raw, ended.name, ended.plan.end) == (
        TaskState.ENDED, "CodeTaskNotExist", "main-en", at(900),
    )  # fmt: skip


def test_a_change_says_how_long_it_was_so_and_a_recovery_how_long_it_was_bad():
    """RETRYING from 0 s, STOPPED from 100 s, RUNNING from 160 s: stopped for 60 s, bad for 160 s."""
    verdicts = history("-5 RUNNING; 0 RETRYING; 1 RETRYING; 30 RETRYING; 100 STOPPED; 101 STOPPED; 160 RUNNING; 190 RUNNING", RUNS)  # fmt: skip # noqa: E501
    retrying, still, stopped, recovered = (news for verdict in verdicts for news in verdict.news)

    assert (retrying.at, retrying.lasted) == (BEGIN, HOUR)
    assert (still.lasted, still.is_change) == (30 * SECOND, False)
    assert (stopped.at, stopped.old, stopped.lasted, stopped.bad_for) == (
        at(100), TaskState.RETRYING, 100 * SECOND, None,
    )  # fmt: skip
    assert recovered == News(
        why=Why.RECOVERED,
        at=at(160),
        old=TaskState.STOPPED,
        new=TaskState.RUNNING,
        tone=Tone.GOOD,
        lasted=60 * SECOND,
        bad_for=160 * SECOND,
        is_change=True,
        closes=True,
    )


def test_a_start_that_was_missed_and_moved_is_no_longer_bad():
    known = history("0 NOT_STARTED; 60 NOT_STARTED", WAITS, plan=plan(start=0))[-1].known
    (news,) = history("70 NOT_STARTED", known, plan=plan(start=900))[-1].news
    unread = history("70 NOT_STARTED", known)[-1]

    assert (news.why, news.closes, news.is_change, news.bad_for) == (Why.SCHEDULED, True, False, 70 * SECOND)
    assert unread.news == ()
    assert unread.known.bad_why is Why.START_MISSED


def test_an_end_that_was_moved_is_over_run_no_more():
    known = history("300 RUNNING", RUNS, plan=plan(end=0))[-1].known

    assert Why.OVER_RUN in known.told
    assert Why.OVER_RUN not in history("310 RUNNING", known, plan=plan(end=900))[-1].known.told


def test_an_older_read_that_comes_late_changes_nothing():
    known = history("0 RUNNING; 10 STOPPED:X; 11 STOPPED:X", RUNS)[-1].known
    late = judge(known, read(5, "RUNNING"), at(12), provider="aliyun")

    assert (late.known, late.news) == (known, ())


@pytest.mark.parametrize(
    ("why", "reads", "back", "more", "said"),
    [
        ("a grace does not wait an hour", "0 RETRYING; 1 RETRYING", "2 RETRYING; 32 RETRYING", {},
         "32 still_retrying bad"),
        ("a doubt is settled", "0 STOPPED:X", "1 STOPPED:X; 2 STOPPED:X", {}, "2 stopped bad"),
        ("a recovery is told", "0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 6 RUNNING", "7 RUNNING; 37 RUNNING", {},
         "37 recovered closes"),
        ("unseen is said", "0 error", "1 error; 62 error", {}, "62 unseen unsaid"),
    ],
)  # fmt: skip
def test_a_clock_that_steps_back_holds_nothing_up(why: str, reads: str, back: str, more: dict[str, Any], said: str):
    known = history(f"-5 RUNNING; {reads}", RUNS, **more)[-1].known
    step = 3600
    earlier = "; ".join(f"{float(entry.split()[0]) - step} {entry.split()[1]}" for entry in back.split(";"))

    heard = "; ".join(
        f"{float(entry.split()[0]) + step:g} {entry.split(maxsplit=1)[1]}"
        for entry in told(earlier, known, **more).split("; ")
    )
    assert heard == said, why


def test_after_a_step_back_no_length_of_time_is_negative():
    known = history("-5 RUNNING; 0 STOPPED:X; 1 STOPPED:X; 5 RUNNING; 6 RUNNING", RUNS)[-1].known
    (news,) = history("-3600 RUNNING; -3570 RUNNING", known)[-1].news

    assert news.lasted is not None
    assert news.lasted >= timedelta()


@pytest.mark.parametrize(
    ("why", "reads"),
    [
        ("an end without a plan was expected", "-5 RUNNING; 0 GONE; 1 GONE"),
        ("a stop without a reason was planned", "-5 RUNNING; 0 STOPPED; 1 STOPPED"),
    ],
)
def test_somebody_says_that_it_was_meant(why: str, reads: str):
    known = history(reads, RUNS)[-1].known
    verdict = expect(known, at(61))
    (news,) = verdict.news

    assert (news.why, news.closes, news.bad_for, news.is_change) == (Why.EXPECTED, True, 61 * SECOND, False), why
    assert (verdict.known.expected, verdict.known.bad_since, verdict.known.state) == (True, None, known.state)
    assert history(reads.replace("0 ", "70 ").replace("-5", "65").replace("1 ", "71 "), verdict.known)[-1].news == ()


@pytest.mark.parametrize("reads", ["0 RUNNING", "0 RETRYING; 1 RETRYING; 30 RETRYING", "0 GONE; 1 GONE"])
def test_only_a_bad_stop_or_end_can_have_been_meant(reads: str):
    known = history(f"-5 RUNNING; {reads}", replace(RUNS, until=BEGIN))[-1].known

    assert expect(known, at(61)).news == ()


def test_what_was_meant_is_forgotten_with_the_next_change():
    meant = expect(history("-5 RUNNING; 0 STOPPED; 1 STOPPED", RUNS)[-1].known, at(2)).known

    assert told("10 RUNNING; 40 RUNNING; 50 STOPPED; 51 STOPPED", meant) == ("40 recovered; 51 stopped_unexplained bad")


def test_a_remark_of_a_callback_lasts_until_the_next_change():
    known = replace(RUNS, remark=Remark.STARTED_AGAIN)

    assert history("-5 RUNNING; 0 GONE", known, "tencent")[-1].known.remark is Remark.STARTED_AGAIN
    assert history("-5 RUNNING; 0 GONE; 3 GONE", known, "tencent")[-1].known.remark is None


def test_every_instant_is_aware():
    for verdict in history("-5 RUNNING; 0 RETRYING; 1 RETRYING; 30 RETRYING; 60 RUNNING; 95 RUNNING", RUNS):
        for instant in (verdict.known.since, verdict.known.bad_since, verdict.look_again_at):
            assert instant is None or _is_utc(instant)


def _is_utc(instant: datetime) -> bool:
    return instant.utcoffset() == 0 * MINUTE
