"""
The grammar of following: name, subscribe, unsubscribe, list, mine, tasks, mute, unmute, settings, history.

Times and lengths stay as they were typed: what 16:00 means depends on who typed it, and when (`domain.when`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

from adapters.contract import TaskState
from bot.domain.target import ALL, Target, read_target, read_target_or_all
from bot.domain.text import clip
from bot.domain.typed import SHOWN, CommandError
from bot.domain.verb import Verb
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

BAD: Final = "bad"
RECOVERY: Final = "recovery"
STATES: Final = {state.value.lower(): state for state in TaskState if state is not TaskState.NOT_FOUND}
LONGEST_MATCH: Final = 80
LAST_PAGE: Final = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """`name [account] <task> <short-name>`."""

    what: Target
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """`subscribe [account] <task>|<account> all …`; without `what` the dialog is asked for."""

    what: Target | None = None
    match: str = ""
    only: frozenset[TaskState] = frozenset()
    until: str = ""
    page: bool = False  # call whoever is on call when it is bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """`unsubscribe [account] <task>|<account> all`."""

    what: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class List:
    """`list [state=bad]`: what this channel follows. `state` is empty, `bad` or a state's name in small letters."""

    state: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """`mine`: what the channels follow that I am in."""

    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tasks:
    """`tasks <account> [text] [region=…] [state=…]`: what the cloud has."""

    account: str
    text: str = ""
    region: str = ""
    state: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """`mute [account] <task>|<account> all [for=2h|until=recovery] [from=02:00]`."""

    what: Target
    length: str = ""
    until_recovery: bool = False
    begins: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute:
    """`unmute [account] <task>|<account> all`."""

    what: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`settings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`history [account] <task> [for=24h]`."""

    what: Target
    length: str = ""


Following: TypeAlias = Name | Subscribe | Unsubscribe | List | Mine | Tasks | Mute | Unmute | Settings | History


def is_name(text: str) -> bool:
    """Say whether a task may be called so: letters, digits, `.`, `_` and `-`, at most forty, and not `all`."""
    return re.fullmatch(r"[\w.-]{1,40}", text) is not None and text.lower() != ALL


def _name(words: list[str], options: Mapping[str, str]) -> Name:
    instead = "/relay name aliyun <TaskId> main"
    if len(words) < 2:
        raise CommandError(say("typed.no_name"), instead=instead)
    *what, name = words
    if not is_name(name):
        raise CommandError(say("typed.bad_name", name=clip(name, SHOWN)), instead=instead)
    return Name(what=read_target(what, options, "name"), name=name.lower())


def _subscribe(words: list[str], options: Mapping[str, str]) -> Subscribe:
    if not words and not options:
        return Subscribe()
    words, until = _until(words, options)
    what = read_target_or_all(words, options, "subscribe")
    match = options.get("match", "")
    if match and not what.is_all:
        raise CommandError(
            say("typed.match_alone"), instead=f"/relay subscribe {what.account or 'aliyun'} all match=<text>"
        )
    if len(match) > LONGEST_MATCH:
        raise CommandError(
            say("typed.long_match", length=len(match), most=LONGEST_MATCH),
            instead="/relay subscribe aliyun all match=<text>",
        )
    if until and what.is_all:
        raise CommandError(say("typed.until_all"), instead="/relay subscribe aliyun <TaskId> until=16:00")
    page = _yes(options, what.typed("subscribe", "page=yes"))
    return Subscribe(what=what, match=match, only=_states(options.get("only", "")), until=until, page=page)


def _until(words: list[str], options: Mapping[str, str]) -> tuple[list[str], str]:
    """Give a date back its time of day: `until=2026-11-21 16:00` is two words to whoever splits at spaces."""
    until = options.get("until", "")
    times = [word for word in words if re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", word)]
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", until) and len(times) == 1:
        return [word for word in words if word != times[0]], f"{until} {times[0]}"
    return words, until


def _yes(options: Mapping[str, str], instead: str) -> bool:
    word = options.get("page", "no").lower()
    if word not in {"yes", "no"}:
        raise CommandError(say("typed.page"), instead=instead)
    return word == "yes"


def _states(typed: str) -> frozenset[TaskState]:
    words = [word for word in typed.lower().replace("-", "_").split(",") if word]
    return frozenset(_state_named(word) for word in words)


def _state_named(word: str) -> TaskState:
    if word not in STATES:
        raise _unknown_state(word, "/relay subscribe aliyun <TaskId> only=retrying,stopped", STATES)
    return STATES[word]


def _state(options: Mapping[str, str], instead: str) -> str:
    """Read a filter: `bad` or one state."""
    word = options.get("state", "").lower().replace("-", "_")
    if word and word != BAD and word not in STATES:
        raise _unknown_state(word, instead, (BAD, *STATES))
    return word


def _unknown_state(word: str, instead: str, known: Mapping[str, object] | Sequence[str]) -> CommandError:
    failed = say("typed.unknown_state", state=clip(word, SHOWN), states=", ".join(known))
    guess = get_close_matches(word[:SHOWN], known, n=1)
    if guess:
        failed += " " + say("typed.did_you_mean", guess=guess[0])
    return CommandError(failed, instead=instead)


def _page(options: Mapping[str, str], instead: str) -> int:
    typed = options.get("page", "1")
    if not re.fullmatch(r"[0-9]{1,3}", typed) or int(typed) == 0:
        raise CommandError(say("typed.bad_page", page=clip(typed, SHOWN), most=LAST_PAGE), instead=instead)
    return int(typed)


def _unsubscribe(words: list[str], options: Mapping[str, str]) -> Unsubscribe:
    return Unsubscribe(what=read_target_or_all(words, options, "unsubscribe"))


def _list(words: list[str], options: Mapping[str, str]) -> List:
    _nothing_more(words, "list")
    return List(state=_state(options, "/relay list state=bad"), page=_page(options, "/relay list"))


def _mine(words: list[str], options: Mapping[str, str]) -> Mine:
    _nothing_more(words, "mine")
    return Mine(page=_page(options, "/relay mine"))


def _tasks(words: list[str], options: Mapping[str, str]) -> Tasks:
    instead = "/relay tasks aliyun"
    if not words:
        raise CommandError(say("typed.no_account_named"), instead=instead)
    account, *text = words
    wanted = " ".join(text)
    if len(wanted) > LONGEST_MATCH:
        raise CommandError(say("typed.long_match", length=len(wanted), most=LONGEST_MATCH), instead=instead)
    return Tasks(
        account=account,
        text=wanted,
        region=options.get("region", ""),
        state=_state(options, f"{instead} state=bad"),
        page=_page(options, instead),
    )


def _mute(words: list[str], options: Mapping[str, str]) -> Mute:
    what = read_target_or_all(words, options, "mute")
    until = options.get("until", "").lower()
    if until not in {"", RECOVERY}:
        raise CommandError(say("typed.mute_until"), instead=what.typed("mute", "for=2h"))
    if until and "for" in options:
        raise CommandError(say("typed.mute_both"), instead=what.typed("mute", f"until={RECOVERY}"))
    if until and what.is_all:
        raise CommandError(say("typed.mute_all_until"), instead=what.typed("mute", "for=2h"))
    if until and "from" in options:
        raise CommandError(say("typed.mute_from_until"), instead=what.typed("mute", "for=2h", "from=02:00"))
    return Mute(what=what, length=options.get("for", ""), until_recovery=bool(until), begins=options.get("from", ""))


def _unmute(words: list[str], options: Mapping[str, str]) -> Unmute:
    return Unmute(what=read_target_or_all(words, options, "unmute"))


def _settings(words: list[str], _: Mapping[str, str]) -> Settings:
    _nothing_more(words, "settings")
    return Settings()


def _history(words: list[str], options: Mapping[str, str]) -> History:
    return History(what=read_target(words, options, "history"), length=options.get("for", ""))


def _nothing_more(words: list[str], verb: str) -> None:
    if words:
        raise CommandError(say("typed.too_many", verb=verb), instead=f"/relay {verb}")


_ID: Final = "fd245384-4067-4f91-9d75-9666a6bc0001"

FOLLOWING: Final[tuple[Verb[Following], ...]] = (
    Verb(
        name="subscribe",
        usage="subscribe [account] <task>|<account> all [region=…] [only=retrying,stopped] [match=text] [until=16:00] "
        "[page=yes]",
        example=f"/relay subscribe aliyun {_ID} until=23:30",
        options=frozenset({"region", "only", "match", "until", "page"}),
        build=_subscribe,
    ),
    Verb(
        name="unsubscribe",
        usage="unsubscribe [account] <task>|<account> all",
        example=f"/relay unsubscribe aliyun {_ID}",
        options=frozenset({"region"}),
        build=_unsubscribe,
    ),
    Verb(
        name="list",
        usage="list [state=bad] [page=2]",
        example="/relay list state=bad",
        options=frozenset({"state", "page"}),
        build=_list,
    ),
    Verb(name="mine", usage="mine [page=2]", example="/relay mine", options=frozenset({"page"}), build=_mine),
    Verb(
        name="tasks",
        usage="tasks <account> [text] [region=…] [state=bad] [page=2]",
        example="/relay tasks aliyun main state=bad",
        options=frozenset({"region", "state", "page"}),
        build=_tasks,
    ),
    Verb(
        name="name",
        usage="name [account] <task> <short-name>",
        example=f"/relay name aliyun {_ID} main-en",
        options=frozenset({"region"}),
        build=_name,
    ),
    Verb(
        name="mute",
        usage="mute [account] <task>|<account> all [for=2h|until=recovery] [from=02:00]",
        example="/relay mute main-en for=90m",
        options=frozenset({"region", "for", "until", "from"}),
        build=_mute,
    ),
    Verb(
        name="unmute",
        usage="unmute [account] <task>|<account> all",
        example="/relay unmute main-en",
        options=frozenset({"region"}),
        build=_unmute,
    ),
    Verb(name="settings", usage="settings", example="/relay settings", options=frozenset(), build=_settings),
    Verb(
        name="history",
        usage="history [account] <task> [for=24h]",
        example="/relay history main-en for=7d",
        options=frozenset({"region", "for"}),
        build=_history,
    ),
)
