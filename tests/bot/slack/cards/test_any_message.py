"""
Whatever a vendor or a person puts into a message, Slack takes it and nobody is woken by it.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from adapters import errors
from adapters.contract import AccountName, Api, Plan, Progress, Region, Retry, Snapshot, TaskId, TaskRef, TaskState
from bot.domain import message
from bot.domain.figures import LaneFigures
from bot.domain.mend import KINDS
from bot.domain.outlook import Tone, judge_look
from bot.domain.pace import LaneName
from bot.domain.task import News, Why
from bot.slack.cards import dress

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
MESSAGES = 3_000

HOSTILE = (
    *("<!channel>", "<!here>", "<!everyone>", "<@U1>", "<@U0ANN|ann>", "<#C1|x>", "<!subteam^S1>", "@channel"),
    *("<http://a.b|click>", "<!date^1^{time}|x>", "&lt;!channel&gt;", "&amp;", "&", "<", ">", "`", "```", "*", "_"),
    *("~", "\n", "\r\n", "\t", "\x00", "\x1b[31m", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\ud800"),
    *(
        "\U000e0001",
        "\u2028",
        "\u00a0",
        "🎬",
        "👩\u200d👧",
        "主舞台",
        "e\u0301" * 5,
        "ﷺ",
        ":boom:",
        "{0}",
        "{task}",
        "%s",
    ),
    *("\\", '"', "'", "‹", "…", ""),
)


def foreign(chance: random.Random) -> str:
    """What a vendor might say, if it were out to hurt."""
    match chance.randrange(8):
        case 0:
            return ""
        case 1:
            return "main-en"
        case 2:
            return chance.choice(HOSTILE) * chance.choice([1, 1, 40, 75, 76, 80, 81, 150])
        case 3:
            return chance.choice(["x", "&", "<!channel> "]) * chance.choice([79, 80, 81, 81, 81, 81, 1000, 10_000])
        case 4:
            return "".join(chr(chance.randrange(1, 0x3000)) for _ in range(chance.randrange(60)))
        case _:
            return "".join(chance.choice([*HOSTILE, "a", " "]) for _ in range(chance.randrange(60)))


def instant(chance: random.Random) -> datetime:
    return NOW + timedelta(seconds=chance.randrange(-(10**9), 10**9))


def ref(chance: random.Random) -> TaskRef:
    """Accounts and regions are the configuration's, which is checked at the start; the id is anybody's."""
    account = AccountName(chance.choice(["aliyun", "tencent", "a" * 30]))
    region = Region(chance.choice(["cn-shanghai", "r" * 40]))
    return TaskRef(account=account, region=region, task_id=TaskId(foreign(chance)))


def cloud(chance: random.Random) -> dict[str, str]:
    word, title = chance.choice(
        [("aliyun", "Alibaba Cloud"), ("tencent", "Tencent Cloud"), ("other", "Cloud & <Sons>")]
    )
    return {"provider": word, "title": title}


def look(chance: random.Random, *, is_there: bool = True) -> message.Look:
    states = [state for state in TaskState if (state is not TaskState.NOT_FOUND) == is_there]
    snapshot = Snapshot(
        task_id=TaskId(foreign(chance)),
        state=chance.choice(states),
        raw=foreign(chance),
        reason=foreign(chance),
        name=foreign(chance),
        source=foreign(chance),
        source_type=foreign(chance),
        destination=foreign(chance),
        request_id=foreign(chance),
        taken_at=instant(chance),
        plan=chance.choice([Plan(), Plan(start=instant(chance)), Plan(start=instant(chance), end=instant(chance))]),
        ended_at=chance.choice([None, instant(chance)]),
        progress=chance.choice([None, Progress(), Progress(offset=timedelta(seconds=7), file=0, files=10**9)]),
        retry=chance.choice([None, Retry(count=10**9, interval=timedelta(days=10**6))]),
    )
    return message.Look(
        ref=ref(chance),
        snapshot=snapshot,
        outlook=judge_look(snapshot, NOW),
        asked_at=NOW,
        since=chance.choice([None, instant(chance)]),
        shared_by=chance.choice(["", "U0ANN"]),
        **cloud(chance),
    )


def trouble(chance: random.Random) -> message.Trouble:
    said: dict[str, Any] = {"request_id": foreign(chance), "detail": foreign(chance)}
    kind = chance.choice(KINDS)
    if kind is errors.AccessDenied:
        said["action"] = foreign(chance)
    return message.Trouble(ref=ref(chance), error=kind(foreign(chance), **said), **cloud(chance))


def several(chance: random.Random, make: Callable[[random.Random], Any], most: int = 12) -> tuple[Any, ...]:
    return tuple(make(chance) for _ in range(chance.randrange(1, most)))


def lane(chance: random.Random) -> LaneFigures:
    return LaneFigures(
        name=LaneName(provider="aliyun", budget="0123456789abcdef", api=Api("DescribeLivePullToPushList")),
        waiting=0,
        sent=10**9,
        joined=0,
        reused=0,
        retried=0,
        throttled=0,
        last_error=foreign(chance),
        last_error_at=chance.choice([None, NOW]),
        last_request_id=foreign(chance),
    )


def account(chance: random.Random) -> message.AccountShown:
    pace = message.PaceShown(api="DescribeLivePullToPushList", per_second=10 / 3, documented=10.0)
    return message.AccountShown(
        name=AccountName("a" * 30),
        title="Alibaba Cloud",
        regions=tuple(Region("r" * 40) for _ in range(chance.randrange(30))),
        paces=(pace,) * chance.randrange(6),
    )


def option(chance: random.Random) -> message.Option:
    return message.Option(label=f"{foreign(chance)} · cn-shanghai", command=f"mute aliyun {foreign(chance)}")


def row(chance: random.Random) -> message.Row:
    return message.Row(
        name=foreign(chance) or "x",
        detail=several(chance, foreign, 5),
        state=chance.choice([None, *TaskState]),
        raw=foreign(chance),
        seen_at=chance.choice([None, instant(chance)]),
        bad=chance.choice([None, True, False]),
        subscription=chance.choice([None, 10**18]),
        ref=chance.choice([None, ref(chance)]),
        channel=chance.choice(["", "C0RELAYS", "D0ANN"]),
    )


def listed(chance: random.Random) -> message.Listed:
    return message.Listed(
        title=f"Tasks of {'a' * 30}",
        rows=several(chance, row, 11)[chance.randrange(2) :],
        total=chance.randrange(10**6),
        page=chance.randrange(1, 4),
        pages=chance.randrange(1, 4),
        again=f"tasks aliyun {foreign(chance)}",
        nothing="No such task.",
        picks=chance.choice([None, AccountName("a" * 30)]),
        troubles=several(chance, trouble)[1:],
    )


def news(chance: random.Random) -> News:
    return News(
        why=chance.choice([*Why]),
        at=instant(chance),
        old=chance.choice([None, *TaskState]),
        new=chance.choice([*TaskState]),
        tone=Tone.BAD,
        lasted=chance.choice([None, timedelta(seconds=chance.randrange(10**9))]),
        reason=foreign(chance),
    )


def anything(chance: random.Random) -> message.Message:
    match chance.randrange(14):
        case 13:
            return message.Helped(titles=("Alibaba Cloud",), bot="U0BOT", here=listed(chance))
        case 9:
            answer = (
                message.Answer(task=foreign(chance), looks=several(chance, look, 8)) if chance.randrange(2) else None
            )
            return message.Done(said=several(chance, lambda chance: f"It is {foreign(chance)}.", 60), answer=answer)
        case 10:
            return message.Choice(typed=foreign(chance), options=several(chance, option, 11))
        case 11:
            return listed(chance)
        case 12:
            happened = several(chance, news, 21)
            name = foreign(chance) or "x"
            return message.Past(name=name, ref=ref(chance), since=NOW, happened=happened, total=len(happened))
        case 0 | 1:
            return message.Answer(task=foreign(chance), looks=several(chance, look, 8))
        case 2:
            absent = several(chance, lambda chance: look(chance, is_there=False), 40)
            return message.Answer(task=foreign(chance), absent=absent)
        case 3 | 4:
            absent = several(chance, lambda chance: look(chance, is_there=False), 20)[1:]
            return message.Answer(task=foreign(chance), troubles=several(chance, trouble), absent=absent)
        case 5:
            return message.Mistyped(failed=f"There is no command “{foreign(chance)}”.", instead=foreign(chance))
        case 6:
            return message.JustId(task=foreign(chance) + "x")
        case 7:
            return message.AccountsShown(accounts=several(chance, account, 40))
        case _:
            return message.Debugged(
                version="1.2.3",
                team="T0TEAM",
                channel="C0RELAYS",
                user="U0ANN",
                transport="HTTP",
                store="SQLite",
                scopes=("channels:read",) * chance.randrange(100),
                lanes=several(chance, lane, 40),
                parked=tuple((foreign(chance), chance.randrange(9)) for _ in range(chance.randrange(9))),
                parked_elsewhere=chance.randrange(2),
            )


def test_slack_takes_whatever_comes_and_nobody_is_woken_by_it(check_message: Callable[[Any], None]):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy

    for number in range(MESSAGES):
        said = anything(chance)
        try:
            check_message(dress(said))
        except BaseException:
            print(f"message {number}: {said!r}"[:4000])  # noqa: T201
            raise
