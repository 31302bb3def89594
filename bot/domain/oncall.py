"""
The grammar of `/relay oncall`: who is called here, by whom they are stood in for, who is called next.

Lengths and times as they are typed stay so where they depend on who typed them, and when (`domain.when`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.domain.mention import mentioned
from bot.domain.rota import Target, TargetKind
from bot.domain.text import clip
from bot.domain.typed import SHOWN, CommandError
from bot.domain.verb import Verb
from bot.domain.when import length
from bot.domain.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MOST_PEOPLE: Final = 30
LONGEST_TURN: Final = 90  # days
WEEK: Final = 7
USUAL_WAIT: Final = timedelta(minutes=5)
WAITS: Final = (timedelta(minutes=1), timedelta(hours=24))  # the shortest and the longest between two levels

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT: Final = re.compile(r"(?:(?P<day>[a-z]{2,9})\.?\s+)?(?P<time>\d{1,2}:\d{2})", re.ASCII)
_EVERY: Final = re.compile(r"(?P<many>\d{1,3})?\s*(?P<unit>d|days?|w|weeks?|daily|weekly)", re.ASCII)
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnCall:
    """`oncall`: who is on call here now and next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOnCall:
    """`oncall set @user|@group` and `oncall calendar <name>`."""

    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotate:
    """`oncall rotate @a @b … [every=week|day|3d] [at="Mon 09:00"] [tz=Asia/Shanghai]`."""

    people: tuple[str, ...]
    every: int = WEEK  # days
    weekday: int | None = None  # 0 is Monday; None: any
    at: time = time(9)
    zone: str = ""  # empty: the one of whoever types it


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """`oncall override @user for=8h [from=…]`."""

    user: str
    length: str
    begins: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """`oncall escalate after=5m to=@user|@group|<calendar>`: one level more."""

    after: timedelta
    target: Target


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalateClear:
    """`oncall escalate clear`: no level any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearOnCall:
    """`oncall clear`: nobody is called here any more."""


OnCalling: TypeAlias = OnCall | SetOnCall | Rotate | Override | Escalate | EscalateClear | ClearOnCall


def _set(words: Sequence[str], _: Mapping[str, str]) -> SetOnCall:
    targets = _mentioned(words, "set")
    if len(targets) > 1:
        instead = f"/relay oncall rotate {' '.join(words)}" if _are_users(targets) else _INSTEAD["set"]
        raise CommandError(say("typed.oncall_one"), instead=instead)
    return SetOnCall(target=targets[0])


def _rotate(words: Sequence[str], options: Mapping[str, str]) -> Rotate:
    targets = _mentioned(words, "rotate")
    if not _are_users(targets):
        raise CommandError(say("typed.oncall_people"), instead=_INSTEAD["rotate"])
    if not 2 <= len(targets) <= MOST_PEOPLE:
        instead = f"/relay oncall set {words[0]}" if len(targets) == 1 else _INSTEAD["rotate"]
        raise CommandError(say("typed.oncall_turns", most=MOST_PEOPLE), instead=instead)
    every = _every(options.get("every", "week"))
    weekday, at = _at(options["at"]) if "at" in options else (0 if every % WEEK == 0 else None, time(9))
    if weekday is not None and every % WEEK:
        raise CommandError(
            say("typed.oncall_weekday", days=every), instead=f'/relay oncall rotate … every={every}d at="{at:%H:%M}"'
        )
    return Rotate(
        people=tuple(target.id for target in targets),
        every=every,
        weekday=weekday,
        at=at,
        zone=_zone(options["tz"]) if "tz" in options else "",
    )


def _override(words: Sequence[str], options: Mapping[str, str]) -> Override:
    begins = options.get("from", "")
    times = [word for word in words if re.fullmatch(r"\d{1,2}:\d{2}\S*", word, re.ASCII)]
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", begins, re.ASCII) and len(times) == 1:  # a date's own time of day
        words, begins = [word for word in words if word != times[0]], f"{begins} {times[0]}"
    targets = _mentioned(words, "override")
    if len(targets) > 1 or not _are_users(targets):
        raise CommandError(say("typed.oncall_person"), instead=_INSTEAD["override"])
    if "for" not in options:
        raise CommandError(say("typed.oncall_for"), instead=f"/relay oncall override {words[0]} for=8h")
    return Override(user=targets[0].id, length=options["for"], begins=begins)


def _escalate(words: Sequence[str], options: Mapping[str, str]) -> Escalate | EscalateClear:
    if [word.lower() for word in words] == ["clear"] and not options:
        return EscalateClear()
    behind = [word for word in words if word.lower() != "to"]  # Slack helps with an @ behind a space, not behind a =
    named = [*behind, *([options["to"]] if "to" in options else [])]
    if len(named) != 1:
        raise CommandError(say("typed.oncall_to"), instead=_INSTEAD["escalate"])
    (to,) = named
    target = mentioned(to)
    if target is None and not _ID.fullmatch(to.lower()):
        raise _unknown_person(to, "escalate")
    after = length(options["after"], instead=_INSTEAD["escalate"]) if "after" in options else USUAL_WAIT
    if not WAITS[0] <= after <= WAITS[1]:
        raise CommandError(say("typed.oncall_after"), instead=f"/relay oncall escalate after=5m to={to}")
    return Escalate(after=after, target=target or Target(kind=TargetKind.CALENDAR, id=to.lower()))


def _calendar(words: Sequence[str], _: Mapping[str, str]) -> SetOnCall:
    if len(words) != 1 or not _ID.fullmatch(words[0].lower()):
        raise CommandError(say("typed.oncall_calendar"), instead=_INSTEAD["calendar"])
    return SetOnCall(target=Target(kind=TargetKind.CALENDAR, id=words[0].lower()))


def _clear(words: Sequence[str], _: Mapping[str, str]) -> ClearOnCall:
    if words:
        raise CommandError(say("typed.too_many", verb="oncall clear"), instead="/relay oncall clear")
    return ClearOnCall()


def _mentioned(words: Sequence[str], form: str) -> list[Target]:
    """Read people and groups; ids survive only where Slack itself put them."""
    if not words:
        raise CommandError(say("typed.oncall_nobody"), instead=_INSTEAD[form])
    targets: list[Target] = []
    for word in words:
        target = mentioned(word)
        if target is None:
            raise _unknown_person(word, form)
        targets.append(target)
    return targets


def _unknown_person(word: str, form: str) -> CommandError:
    return CommandError(say("typed.unknown_person", typed=clip(word, SHOWN)), instead=_INSTEAD[form])


def _are_users(targets: Sequence[Target]) -> bool:
    return all(target.kind is TargetKind.USER for target in targets)


def _every(typed: str) -> int:
    found = _EVERY.fullmatch(typed.strip().lower())
    days = int(found["many"] or 1) * (WEEK if found["unit"].startswith("w") else 1) if found else 0
    if not 1 <= days <= LONGEST_TURN:
        failed = say("typed.oncall_every", typed=clip(typed, SHOWN), most=LONGEST_TURN)
        raise CommandError(failed, instead=_INSTEAD["rotate"])
    return days


def _at(typed: str) -> tuple[int | None, time]:
    found = _AT.fullmatch(typed.strip().lower())
    day = found["day"][:3] if found and found["day"] else None
    try:
        clock = time.fromisoformat(f"{found['time']:0>5}" if found else "")
        return (None if day is None else _DAYS.index(day)), clock
    except ValueError:
        raise CommandError(say("typed.oncall_at", typed=clip(typed, SHOWN)), instead=_INSTEAD["rotate"]) from None


def _zone(typed: str) -> str:
    try:
        return ZoneInfo(typed).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        failed = say("typed.oncall_zone", typed=clip(typed, SHOWN))
        known = {name.lower(): name for name in available_timezones()}
        guess = get_close_matches(typed.lower()[:SHOWN], known, n=1)
        if guess:
            failed += " " + say("typed.did_you_mean", guess=known[guess[0]])
        meant = known[guess[0]] if guess else "Asia/Shanghai"
        raise CommandError(failed, instead=f"/relay oncall rotate @a @b tz={meant}") from None


_FORMS: Final[Mapping[str, tuple[frozenset[str], Callable[[Sequence[str], Mapping[str, str]], OnCalling]]]] = {
    "set": (frozenset(), _set),
    "rotate": (frozenset({"every", "at", "tz"}), _rotate),
    "override": (frozenset({"for", "from"}), _override),
    "escalate": (frozenset({"after", "to"}), _escalate),
    "calendar": (frozenset(), _calendar),
    "clear": (frozenset(), _clear),
}
_INSTEAD: Final[Mapping[str, str]] = {
    "set": "/relay oncall set @user",
    "rotate": '/relay oncall rotate @a @b every=week at="Mon 09:00" tz=Asia/Shanghai',
    "override": "/relay oncall override @user for=8h",
    "escalate": "/relay oncall escalate after=5m to=@user",
    "calendar": "/relay oncall calendar <name>",
}


def _oncall(words: list[str], options: Mapping[str, str]) -> OnCalling:
    if not words and not options:
        return OnCall()
    form = words[0].lower() if words else ""
    if form not in _FORMS:
        failed = say("typed.oncall_form", typed=clip(form, SHOWN), forms=", ".join(_FORMS))
        guess = get_close_matches(form[:SHOWN], _FORMS, n=1)
        raise CommandError(failed, instead=_INSTEAD.get(guess[0], "/relay oncall clear") if guess else "/relay oncall")
    known, build = _FORMS[form]
    strange = sorted(set(options) - known)
    if strange:
        failed = say("typed.unknown_option", verb=f"oncall {form}", option=strange[0])
        raise CommandError(failed, instead=_INSTEAD.get(form, f"/relay oncall {form}"))
    return build(words[1:], options)


ONCALL: Final[Verb[OnCalling]] = Verb(
    name="oncall",
    usage='oncall [set @user|@group] [rotate @a @b … every=week at="Mon 09:00" tz=…] [override @user for=8h] '
    "[escalate after=5m to=@user] [calendar <name>] [clear]",
    example="/relay oncall",
    options=frozenset().union(*(known for known, _ in _FORMS.values())),
    build=_oncall,
)
