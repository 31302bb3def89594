from __future__ import annotations

import pytest

from bot.domain.responding import RESPONDING, Ack, Assign, Close, Incidents, Responding, Snooze, Which
from bot.domain.target import Target
from bot.domain.typed import CommandError, plain, split

MAIN = Which(task=Target(account="aliyun", task="main-en"))
TWELVE = Which(number=12)
VERBS = {verb.name: verb for verb in RESPONDING}


def read(text: str) -> Responding:
    verb, *words = split(plain(text))
    return VERBS[verb].read(words)


@pytest.mark.parametrize(
    ("why", "text", "command"),
    [
        ("what is open", "incidents", Incidents()),
        ("the only one that is open", "ack", Ack()),
        ("by its number", "ack #12", Ack(which=TWELVE)),
        ("by its number without the sign", "ack 12", Ack(which=TWELVE)),
        ("a task's, with its account", "ack aliyun main-en", Ack(which=MAIN)),
        ("a task's, by its name alone", "ack main-en", Ack(which=Which(task=Target(task="main-en")))),
        ("a task whose name has a space", 'ack "Main stage"', Ack(which=Which(task=Target(task="Main stage")))),
        ("a task's id that begins with figures", "ack 1234-5678", Ack(which=Which(task=Target(task="1234-5678")))),
        ("more figures than any incident has", "ack 1234567890", Ack(which=Which(task=Target(task="1234567890")))),
        ("figures behind an account are a task's", "ack aliyun 1234",
         Ack(which=Which(task=Target(account="aliyun", task="1234")))),
        ("for a while", "ack #12 for=1h30m", Ack(which=TWELVE, length="1h30m")),
        ("the only one for a while", "ack for=1h", Ack(length="1h")),
        ("until the next change", "snooze 12", Snooze(which=TWELVE)),
        ("to somebody", "assign #12 <@U0BOB|bob>", Assign(which=TWELVE, user="U0BOB")),
        ("to somebody first", "assign <@W0BOB> aliyun main-en", Assign(which=MAIN, user="W0BOB")),
        ("the only one to somebody", "assign <@U0BOB|bob>", Assign(user="U0BOB")),
        ("with a reason behind the number", "close #12 the show is over",
         Close(which=TWELVE, reason="the show is over")),
        ("with a reason by its name", 'close main-en reason="planned, all well"',
         Close(which=Which(task=Target(task="main-en")), reason="planned, all well")),
        ("in smart quotes", "close aliyun main-en reason=“planned”", Close(which=MAIN, reason="planned")),
        ("the only one with a reason", "close reason=planned", Close(reason="planned")),
        ("both ways", "close 12 planned reason=really", Close(which=TWELVE, reason="planned really")),
    ],
)  # fmt: skip
def test_people_type_this_and_mean_that(why: str, text: str, command: Responding):
    assert read(text) == command, why


@pytest.mark.parametrize(
    ("why", "text", "failed", "instead"),
    [
        ("words where there are none", "incidents all", "“incidents” takes nothing after it.", "/relay incidents"),
        ("to nobody", "assign #12", "I need one person to assign it to, with an @; I read 0.",
         "/relay assign #12 @user"),
        ("to two", "assign #12 <@U0ANN> <@U0BOB>", "I need one person to assign it to, with an @; I read 2.",
         "/relay assign #12 @user"),
        ("a name that Slack made no person of", "assign #12 @bob",
         "I need one person to assign it to, with an @; I read 0.", "/relay assign #12 @user"),
        ("without a reason", "close #12", "Why? A reason goes with it, for those who look at it later.",
         '/relay close #12 reason="…"'),
        ("words that could be a task or a reason", "close main-en",
         "Why? A reason goes with it, for those who look at it later.", '/relay close main-en reason="…"'),
        ("nothing at all", "close", "Why? A reason goes with it, for those who look at it later.",
         '/relay close reason="…"'),
        ("a novel", f"close #12 {'x' * 201}", "A reason has at most 200 characters; this one has 201.",
         '/relay close #12 reason="…"'),
        ("several numbers", "ack 12 13 14",
         "I read 3 words after “ack”. An id has no spaces; put quotes around a name that has some.",
         '/relay ack aliyun "<name>"'),
        ("an option of another verb", "snooze #12 for=1h", "“snooze” knows no option “for=”.",
         "/relay snooze [#12|<task>]"),
    ],
)  # fmt: skip
def test_a_slip_is_told_what_failed_and_what_to_type_instead(why: str, text: str, failed: str, instead: str):
    with pytest.raises(CommandError) as caught:
        read(text)

    assert (caught.value.failed, caught.value.instead) == (failed, instead), why


@pytest.mark.parametrize("verb", RESPONDING, ids=lambda verb: verb.name)
def test_each_example_is_what_it_is_an_example_of(verb: object):
    example = next(each for each in RESPONDING if each is verb).example.removeprefix("/relay ")

    assert type(read(example)).__name__.lower() == example.split()[0]
