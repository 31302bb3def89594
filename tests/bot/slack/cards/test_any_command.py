"""
Whatever people type becomes a question that can be asked, or a sentence that helps; and Slack takes the answer.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from adapters import registry
from adapters.contract import AccountName, Region, Snapshot, TaskState
from bot.domain import message
from bot.domain.account import Account
from bot.domain.command import CommandError, Help, Status, parse, plain, split
from bot.domain.outlook import judge_look
from bot.domain.place import locate
from bot.domain.text import visible
from bot.slack.cards import dress

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.contract import TaskRef

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
TEXTS = 20_000
LONG = 40_000  # characters; a slash command has far less

WORDS = """
status STATUS staus help hlep accounts debug /relay list subscribe region= only= region=cn-shanghai region=mars
REGION=ap-singapore colour=red aliyun tencent Aliyun alyun fd245384-4067-4f91-9d75-9666a6bc0001 main-en
kHh8Zl0x+SgJr.GuBs.. <http://a.b|a.b> <https://a.b> <http:// <http:| <mailto:a@b|a@b> < > | <@U1|x> <!here> <#C1|>
&amp; &lt; &gt; & &amp;lt; &amp;amp;lt; ` ``` ' " "" “ ” « » „ — = == a= =a {0} {task} %s \\ \\n
🎬 主舞台 İ ß
"""
PIECES = (
    *WORDS.split(),
    *("Main stage", "i" * 55, "i" * 56, "i" * 300, "\u2019", "\u2013", "\uff1d", "👩\u200d👧", "\ufb01", "e\u0301"),
    *("\n", "\r\n", "\t", "\u00a0", "\u3000", "\u2028", "\x85", " ", ""),
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u202e", "\u2066", "\x00", "\x1b", "\x7f", "\ud800"),
    *("\U000e0001", "\ue000"),
)


def account(word: str, *regions: str) -> Account:
    cloud = registry.find(word)
    return Account(
        name=AccountName(word),
        provider=word,
        title=cloud.title,
        regions=tuple(map(Region, regions)),
        budget=word,
        share=0.5,
        has_id=cloud.has_id,
        lists=word == "aliyun",
        tasks=("[a-z]*",) if word == "aliyun" else (),
    )


ACCOUNTS = {
    each.name: each for each in (account("aliyun", "cn-shanghai", "ap-southeast-1"), account("tencent", "ap-singapore"))
}


def typed(chance: random.Random) -> str:
    """What somebody might type, paste, or have their cat walk over."""
    match chance.randrange(6):
        case 0:
            return chance.choice(PIECES) * chance.randrange(5)
        case 1:
            return " ".join(chance.choice(PIECES) for _ in range(chance.randrange(8)))
        case 2:
            return "status " + " ".join(chance.choice(PIECES) for _ in range(chance.randrange(4)))
        case 3:
            return "".join(chance.choice(PIECES) for _ in range(chance.randrange(30)))
        case 4:
            return "".join(chr(chance.randrange(0x3000)) for _ in range(chance.randrange(60)))
        case _:
            most = chance.choice([200, 3_900, 3_900, LONG])
            piece = chance.choice(PIECES) + chance.choice(PIECES)
            return chance.choice(["", "status ", 'status "', "status aliyun "]) + piece * (most // max(1, len(piece)))


def look(ref: TaskRef, state: TaskState) -> message.Look:
    snapshot = Snapshot(task_id=ref.task_id, state=state, taken_at=NOW, raw="", name=ref.task_id)
    outlook = judge_look(snapshot, NOW)
    return message.Look(ref=ref, provider="aliyun", title="a cloud", snapshot=snapshot, outlook=outlook, asked_at=NOW)


def answered(text: str) -> message.Message:
    """Answer as the flow does, from clouds that have no such task, or where they say so have it."""
    try:
        command = parse(text)
        if isinstance(command, Help):
            return message.Helped(verb=command.verb, titles=("Alibaba Cloud",), bot="U0BOT")
        if not isinstance(command, Status):
            return message.Declined(said="Not here.")
        places = locate(command, ACCOUNTS, "C0RELAYS")
    except CommandError as error:
        return message.Mistyped(failed=error.failed, instead=error.instead)
    asked = (*places.by_id, *places.hidden)
    if not asked:
        return message.Waiting(titles=("Alibaba Cloud",))
    if len(command.task) % 2:
        return message.Answer(task=command.task, looks=tuple(look(ref, TaskState.RUNNING) for ref in asked))
    return message.Answer(task=command.task, absent=tuple(look(ref, TaskState.NOT_FOUND) for ref in asked))


def check_help(said: message.Mistyped) -> None:
    """Hold a complaint to what a person can act on."""
    for _ in range(3):
        assert len(visible(said.failed).split()) >= 3, said
        assert said.instead.startswith("/relay "), said
        if "[" in said.instead:  # a usage is shown as one; all else can be sent as it stands
            return
        try:
            parse(said.instead)
        except CommandError as another:  # two slips in one line are told one after the other
            said = message.Mistyped(failed=another.failed, instead=another.instead)
        else:
            return
    raise AssertionError(f"advice that leads nowhere: {said}")


def test_whatever_is_typed_gets_an_answer_that_a_person_can_act_on(check_message: Callable[[Any], None]):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy

    for number in range(TEXTS):
        text = typed(chance)
        try:
            said = answered(text)
            if isinstance(said, message.Mistyped):
                check_help(said)
            check_message(dress(said))
        except BaseException:
            print(f"text {number}: {text!r}"[:4000])  # noqa: T201
            raise


@pytest.mark.parametrize(
    "piece", [*PIECES, '"a', 'a"', "<http:a|", "<http:<http:", "&amp", "a b", 'a "b ', "region=a "]
)
def test_reading_takes_no_longer_than_the_text_is_long(piece: str):
    """A pattern that tries again from each place would be at this for minutes: (4 · 10⁵)² steps."""
    text = (piece or " ") * (10 * LONG // max(1, len(piece)))

    words = split(plain(text))

    assert sum(map(len, words)) <= 2 * len(text)  # a dash becomes two hyphens
