from __future__ import annotations

import pytest

from adapters.contract import TaskState
from bot.domain.outlook import Tone
from bot.domain.task import Known, Why
from tests.bot.domain.watching import BEGIN, HOUR, MINUTE, SECOND, at, history, plan, told

RUNS = Known(state=TaskState.RUNNING, since=BEGIN - HOUR, was_running=True)

# Five confirmed changes: fails at 0, 120, 240; is back at 60 and 180. The sixth is told at 331: back since 300.
FIVE = (
    "-5 RUNNING; 0 RETRYING; 1 RETRYING; 60 RUNNING; 91 RUNNING; 120 RETRYING; 121 RETRYING; 180 RUNNING; 211 RUNNING"
    "; 240 RETRYING; 241 RETRYING"
)
SIX = f"{FIVE}; 300 RUNNING; 331 RUNNING"
SPOKEN = "1 retrying; 91 recovered; 121 retrying; 211 recovered; 241 retrying"
FLAPS = f"{SPOKEN}; 331 recovered unsaid; 331 flapping bad"


@pytest.mark.parametrize(
    ("why", "reads", "said"),
    [
        ("five changes are five changes", FIVE, SPOKEN),
        ("the sixth in twenty minutes is flapping: it is bad, and told instead of the change", SIX, FLAPS),
        ("what goes on is not told", f"{SIX}; 400 RETRYING; 401 RETRYING; 440 RUNNING; 471 RUNNING",
         f"{FLAPS}; 401 retrying bad unsaid; 471 recovered unsaid"),
        ("five still minutes end it: 331 + 300 = 631", f"{SIX}; 630 RUNNING; 631 RUNNING; 900 RUNNING",
         f"{FLAPS}; 631 settled closes"),
        ("a change starts them anew, and a grace says nothing meanwhile: 401 + 300 = 701",
         f"{SIX}; 400 RETRYING; 401 RETRYING; 500 RETRYING; 700 RETRYING; 701 RETRYING",
         f"{FLAPS}; 401 retrying bad unsaid; 701 settled bad"),
        ("where it came to is said, once", f"{SIX}; 400 RETRYING; 401 RETRYING; 701 RETRYING; 800 RETRYING",
         f"{FLAPS}; 401 retrying bad unsaid; 701 settled bad"),
        ("and is told when it ends", f"{SIX}; 400 RETRYING; 401 RETRYING; 701 RETRYING; 800 RUNNING; 830 RUNNING",
         f"{FLAPS}; 401 retrying bad unsaid; 701 settled bad; 830 recovered closes"),
        ("a stop breaks its silence, and so does what comes after a stop",
         f"{SIX}; 400 STOPPED:X; 401 STOPPED:X; 500 RUNNING; 530 RUNNING; 830 RUNNING",
         f"{FLAPS}; 401 stopped bad; 530 recovered; 830 settled closes"),
        ("it stays stopped", f"{SIX}; 400 STOPPED:X; 401 STOPPED:X; 701 STOPPED:X",
         f"{FLAPS}; 401 stopped bad; 701 settled bad"),
        ("a new word to which it came", f"{SIX}; 400 UNKNOWN; 401 UNKNOWN; 701 UNKNOWN",
         f"{FLAPS}; 401 unknown_word bad unsaid; 701 settled bad"),
        ("somebody stops it: that settles it",
         f"{SIX}; 400 STOPPED:TriggerByUser; 401 STOPPED:TriggerByUser; 800 STOPPED",
         f"{FLAPS}; 401 stopped_by_a_person closes"),
        ("a bad end settles it, too", f"{SIX}; 400 GONE; 401 GONE", f"{FLAPS}; 401 ended_without_plan bad"),
        ("the sixth is a stop: both are told", f"{FIVE}; 300 STOPPED:X; 301 STOPPED:X",
         f"{SPOKEN}; 301 stopped bad; 301 flapping bad"),
        ("unseen is not still", f"{SIX}; 630 error; 700 error; 701 RUNNING",
         f"{FLAPS}; 700 unseen unsaid; 701 seen_again unsaid; 701 settled closes"),
        ("what is seen once does not count",
         "-5 RUNNING; 0 RETRYING; 9 RUNNING; 20 RETRYING; 29 RUNNING; 40 RETRYING; 49 RUNNING; 60 RETRYING", ""),
    ],
)  # fmt: skip
def test_flapping_is_told_as_one_thing(why: str, reads: str, said: str):
    assert told(reads, RUNS) == said, why


def test_six_changes_in_more_than_twenty_minutes_are_six_changes():
    """Each 241 s: from the first to the sixth 5 × 241 = 1205 s."""
    reads = "-5 RUNNING; " + "; ".join(
        f"{turn * 241} {word}; {turn * 241 + 30} {word}" for turn, word in enumerate(["RETRYING", "RUNNING"] * 5)
    )

    assert "flapping" not in told(reads, RUNS).replace("241", "").split()


def test_an_early_end_breaks_the_silence_of_flapping():
    known = history(SIX, RUNS, plan=plan(end=3600))[-1].known

    assert told("400 GONE; 401 GONE", known, plan=plan(end=3600)) == "401 ended_early bad"


def test_flapping_keeps_its_incident_and_says_at_its_end_how_long_it_was_bad():
    """Its last trouble began at 240 s, it runs since 300 s and has settled at 631 s."""
    verdicts = history(f"{SIX}; 631 RUNNING", RUNS)
    (settled,) = verdicts[-1].news

    assert verdicts[-2].known.bad_why is Why.FLAPPING
    assert (settled.new, settled.tone, settled.bad_for, settled.lasted) == (
        TaskState.RUNNING, Tone.GOOD, 391 * SECOND, 331 * SECOND,
    )  # fmt: skip
    assert verdicts[-1].known.bad_since is None


def test_flapping_is_looked_at_when_it_may_have_settled():
    assert history(SIX, RUNS)[-1].look_again_at == at(331) + 5 * MINUTE
