from __future__ import annotations

import pytest

from adapters.contract import TaskState
from bot.domain.following import (
    FOLLOWING,
    LONGEST_MATCH,
    Following,
    History,
    List,
    Mine,
    Mute,
    Name,
    Settings,
    Subscribe,
    Tasks,
    Unmute,
    Unsubscribe,
)
from bot.domain.target import LONGEST_TASK, Target
from bot.domain.typed import CommandError, plain, split

MAIN = Target(account="aliyun", task="main-en")
EVERYTHING = Target(account="aliyun")
VERBS = {verb.name: verb for verb in FOLLOWING}


def read(text: str) -> Following:
    verb, *words = split(plain(text))
    return VERBS[verb].read(words)


@pytest.mark.parametrize(
    ("why", "text", "command"),
    [
        ("nothing after it asks for the dialog", "subscribe", Subscribe()),
        ("one task", "subscribe aliyun main-en", Subscribe(what=MAIN)),
        ("one task by its name alone", "subscribe main-en", Subscribe(what=Target(task="main-en"))),
        ("one task somewhere", "subscribe aliyun main-en region=cn-beijing",
         Subscribe(what=Target(account="aliyun", task="main-en", region="cn-beijing"))),
        ("all of an account", "subscribe aliyun all", Subscribe(what=EVERYTHING)),
        ("all, as a phone writes it", "subscribe aliyun All", Subscribe(what=EVERYTHING)),
        ("all that have a name like that", 'subscribe aliyun all match="Main stage"',
         Subscribe(what=EVERYTHING, match="Main stage")),
        ("the same in smart quotes", "subscribe aliyun all match=“Main stage”",
         Subscribe(what=EVERYTHING, match="Main stage")),
        ("only some states", "subscribe aliyun main-en only=retrying,STOPPED",
         Subscribe(what=MAIN, only=frozenset({TaskState.RETRYING, TaskState.STOPPED}))),
        ("a state of two words", "subscribe main-en only=not-started",
         Subscribe(what=Target(task="main-en"), only=frozenset({TaskState.NOT_STARTED}))),
        ("so that it calls somebody", "subscribe aliyun main-en page=yes", Subscribe(what=MAIN, page=True)),
        ("so that it does not any more", "subscribe aliyun main-en page=No", Subscribe(what=MAIN)),
        ("until a time", "subscribe aliyun main-en until=16:00", Subscribe(what=MAIN, until="16:00")),
        ("until a date and a time, in quotes", 'subscribe aliyun main-en until="2026-11-21 16:00"',
         Subscribe(what=MAIN, until="2026-11-21 16:00")),
        ("until a date and a time, without", "subscribe aliyun main-en until=2026-11-21 16:00",
         Subscribe(what=MAIN, until="2026-11-21 16:00")),
        ("unsubscribe", "unsubscribe aliyun main-en", Unsubscribe(what=MAIN)),
        ("unsubscribe all", "unsubscribe aliyun all", Unsubscribe(what=EVERYTHING)),
        ("list", "list", List()),
        ("list what is bad", "list state=BAD page=2", List(state="bad", page=2)),
        ("list one state", "list state=stopped", List(state="stopped")),
        ("mine", "mine", Mine()),
        ("mine, further on", "mine page=3", Mine(page=3)),
        ("discover", "tasks aliyun", Tasks(account="aliyun")),
        ("discover by words without quotes", "tasks aliyun main stage region=cn-beijing state=bad page=2",
         Tasks(account="aliyun", text="main stage", region="cn-beijing", state="bad", page=2)),
        ("a name", "name aliyun main-en Finals", Name(what=MAIN, name="finals")),
        ("a name for what has one already", "name main-en finals", Name(what=Target(task="main-en"), name="finals")),
        ("a name in Chinese", "name main-en 主舞台", Name(what=Target(task="main-en"), name="主舞台")),
        ("mute", "mute aliyun main-en", Mute(what=MAIN)),
        ("mute for a while", "mute aliyun main-en for=90m", Mute(what=MAIN, length="90m")),
        ("mute until it is good again", "mute main-en until=Recovery",
         Mute(what=Target(task="main-en"), until_recovery=True)),
        ("mute later", "mute aliyun all for=2h from=02:00", Mute(what=EVERYTHING, length="2h", begins="02:00")),
        ("unmute", "unmute aliyun all", Unmute(what=EVERYTHING)),
        ("settings", "settings", Settings()),
        ("history", "history aliyun main-en", History(what=MAIN)),
        ("history of a week", "history main-en for=7d", History(what=Target(task="main-en"), length="7d")),
    ],
)  # fmt: skip
def test_people_type_this_and_mean_that(why: str, text: str, command: Following):
    assert read(text) == command, why


@pytest.mark.parametrize(
    ("why", "text", "failed", "instead"),
    [
        ("an option but no task", "subscribe only=stopped", "Which task? I need its id.",
         "/relay subscribe aliyun <TaskId>"),
        ("all, but of what", "subscribe all", "All tasks of which account?", "/relay subscribe aliyun all"),
        ("a pattern for one task", "subscribe aliyun main-en match=main",
         "“match=” picks from all tasks of an account.",
         "/relay subscribe aliyun all match=<text>"),
        ("a pattern without end", f"subscribe aliyun all match={'x' * (LONGEST_MATCH + 1)}",
         "A part of a name has at most 80 characters; this one has 81.", "/relay subscribe aliyun all match=<text>"),
        ("one end for all", "subscribe aliyun all until=16:00",
         "“until=” is one task's plan; all of an account's have none in common.",
         "/relay subscribe aliyun <TaskId> until=16:00"),
        ("neither yes nor no", "subscribe aliyun main-en page=maybe", "page= is yes or no.",
         "/relay subscribe aliyun main-en page=yes"),
        ("a state that is none", "subscribe aliyun main-en only=stoped",
         ("There is no state “stoped”. There are: not_started, running, retrying, stopped, ended, unknown. "
          "Did you mean stopped?"), "/relay subscribe aliyun <TaskId> only=retrying,stopped"),
        ("a filter that is none", "list state=xyz",
         "There is no state “xyz”. There are: bad, not_started, running, retrying, stopped, ended, unknown.",
         "/relay list state=bad"),
        ("a name with spaces and no quotes", "unsubscribe aliyun Main stage",
         "I read 3 words after “unsubscribe”. An id has no spaces; put quotes around a name that has some.",
         '/relay unsubscribe aliyun "<name>"'),
        ("an id without end", f"mute {'i' * (LONGEST_TASK + 1)}",
         "A task id or name has at most 256 characters; this one has 257.", "/relay mute aliyun <TaskId>"),
        ("words where there are none", "list all", "“list” takes nothing after it.", "/relay list"),
        ("words behind mine", "mine all", "“mine” takes nothing after it.", "/relay mine"),
        ("words behind settings", "settings on", "“settings” takes nothing after it.", "/relay settings"),
        ("page nought", "list page=0", "“0” is no page; pages go from 1 to 999.", "/relay list"),
        ("a page that is a word", "mine page=two", "“two” is no page; pages go from 1 to 999.", "/relay mine"),
        ("discover where", "tasks", "Which account? “/relay accounts” lists them.", "/relay tasks aliyun"),
        ("look for a novel", f"tasks aliyun {'x' * (LONGEST_MATCH + 1)}",
         "A part of a name has at most 80 characters; this one has 81.", "/relay tasks aliyun"),
        ("a name for nothing", "name finals", "I need the task and the name that it shall have.",
         "/relay name aliyun <TaskId> main"),
        ("a name that cannot be typed again", 'name aliyun main-en "two words"',
         "“two words” cannot be a name: letters, digits, “.”, “_” and “-”, at most forty of them.",
         "/relay name aliyun <TaskId> main"),
        ("a name that means something else", "name main-en all",
         "“all” cannot be a name: letters, digits, “.”, “_” and “-”, at most forty of them.",
         "/relay name aliyun <TaskId> main"),
        ("mute until a time", "mute main-en until=16:00",
         "“until=” knows one word here, “recovery”; a length goes behind “for=”.", "/relay mute main-en for=2h"),
        ("mute for and until", "mute main-en until=recovery for=2h",
         "“for=” and “until=” say two things; one of them will do.", "/relay mute main-en until=recovery"),
        ("mute all until one recovers", "mute aliyun all until=recovery",
         "“until=recovery” waits for one task; all of an account's are muted for a length.",
         "/relay mute aliyun all for=2h"),
        ("mute later what recovers when", "mute main-en until=recovery from=02:00",
         "“from=” goes with “for=”: nobody knows what has to recover then.", "/relay mute main-en for=2h from=02:00"),
    ],
)  # fmt: skip
def test_a_slip_is_told_what_failed_and_what_to_type_instead(why: str, text: str, failed: str, instead: str):
    with pytest.raises(CommandError) as caught:
        read(text)

    assert (caught.value.failed, caught.value.instead) == (failed, instead), why


def test_a_command_about_a_target_is_written_as_it_must_be_typed():
    assert (
        Target(account="aliyun", task="Main stage").typed("mute", "for=2h") == '/relay mute aliyun "Main stage" for=2h'
    )
    assert Target(task="i" * 400).typed("mute") == "/relay mute <TaskId>"
