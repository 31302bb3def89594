"""
History: what happens to the relays, to the people and to everything that can fail, as plain values.

One seed is one history. Instants are seconds since its beginning. Every part of it may be left out: the rest is a
history too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from adapters.contract import TaskState

RUNNING, RETRYING, STOPPED, ENDED = TaskState.RUNNING, TaskState.RETRYING, TaskState.STOPPED, TaskState.ENDED
ALIYUN, TENCENT = "aliyun", "tencent"
REASONS: Final = {RETRYING: ("PullStreamFailed", "PushStreamFailed"), STOPPED: ("", "RetryTimesOffline")}

CALM_S: Final = 100.0  # nothing goes wrong for so long in the end: everything must have been told by then
DOUBT_S: Final = 1_500.0  # Tencent's tasks that are gone may come back: they are looked at for half an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """From this instant on the cloud says so."""

    at: float
    state: TaskState
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A task of the scripted clouds; its first phase began before the history."""

    id: str
    account: str
    phases: tuple[Phase, ...]

    def phase_at(self, at: float) -> Phase:
        """Return the phase that holds at an instant."""
        return next((each for each in reversed(self.phases) if each.at <= at), self.phases[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """Somebody subscribes a channel; `relay` empty: all of the account that lists."""

    at: float
    channel: int
    relay: str = ""
    only: frozenset[TaskState] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfollow:
    at: float
    channel: int
    relay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """`relay` empty: all of the account that lists."""

    at: float
    channel: int
    relay: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmute:
    at: float
    channel: int
    relay: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """
    For a while a part of the calls goes wrong.

    `where` is `slack`, `store`, `jobs` or an account; `kind` says how (`slack.py`, `cloud.py`, `disk.py`).
    """

    at: float
    lasts: float
    where: str
    kind: str
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crash:
    """
    From this instant on, a process dies (or freezes for `lasts`, with `freezes`) as it passes a door for the n-th time.

    The doors are `DOORS`; it stands still just before what they name, or (`…ted`, `posted`, …) just after it.
    """

    at: float
    process: int
    door: str
    nth: int
    lasts: float
    freezes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A process is asked to leave, and another one takes its place after a while."""

    at: float
    process: int
    lasts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Nobody:
    """No process runs for a long time: stopped in order, or killed all at once."""

    at: float
    lasts: float
    kills: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspend:
    """The machine sleeps, with everything on it."""

    at: float
    lasts: float


Act: TypeAlias = Follow | Unfollow | Mute | Unmute | Trouble | Crash | Leave | Nobody | Suspend


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happens. `reads_back`: the bot has Slack's history scopes."""

    seed: int
    processes: int
    channels: int
    relays: tuple[Relay, ...]
    acts: tuple[Act, ...]
    lasts: float
    reads_back: bool = True

    def without(self, gone: frozenset[int]) -> History:
        """Leave parts out, by their numbers: the acts first, then each relay's phases but for its first one."""
        parts = self.parts()
        kept = [part for number, part in enumerate(parts) if number not in gone]
        acts = tuple(act for relay, act in kept if relay is None and not isinstance(act, Phase))
        phases: dict[str, list[Phase]] = {}
        for relay, phase in kept:
            if relay is not None and isinstance(phase, Phase):
                phases.setdefault(relay, []).append(phase)
        relays = tuple(replace(each, phases=(each.phases[0], *phases.get(each.id, ()))) for each in self.relays)
        return replace(self, acts=acts, relays=relays)

    def parts(self) -> list[tuple[str | None, Act | Phase]]:
        """Return everything that can be left out."""
        moves = [(relay.id, phase) for relay in self.relays for phase in relay.phases[1:]]
        return [*((None, act) for act in self.acts), *moves]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large histories are."""

    relays: tuple[int, int] = (6, 12)
    channels: tuple[int, int] = (2, 4)
    stretches: tuple[int, int] = (2, 2)  # busy times, with hours between them in which nobody is there
    busy_s: tuple[float, float] = (45.0, 90.0)
    gap_s: tuple[float, float] = (600.0, 5_400.0)
    processes: tuple[int, ...] = (1, 2, 2)


SHORT: Final = Size()
LONG: Final = Size(
    relays=(16, 40),
    channels=(3, 4),
    stretches=(4, 7),
    busy_s=(180.0, 420.0),
    gap_s=(900.0, 3_600.0),
    processes=(1, 2, 3),
)

# How Slack, the clouds and the store go wrong, and how often each.
SLACK: Final = (
    "429",
    "429 posted",
    "429 posted",
    "no reply",
    "no reply",
    "no effect",
    "500",
    "500 posted",
    "refused",
    "slow",
)
CLOUD: Final = ("unreachable", "silent", "throttled", "denied", "unreadable", "lacks", "stale")
STORE: Final = ("locked", "full", "gone")
# Each moment of the protocol that has a name; the anonymous ones (any transaction) are passed all the time.
DOORS: Final = (
    *("begin", "commit", "committed"),
    *("news commit", "news committed", "begun commit", "begun committed", "renew committed"),
    *("mark commit", "mark committed", "post", "posted", "edit", "edited", "find", "found"),
)
OFTEN: Final = frozenset({"begin", "commit", "committed"})


def draw(seed: int, size: Size = SHORT) -> History:
    """Draw the history of a seed."""
    return _Drawing(random.Random(seed), seed, size).draw()  # noqa: S311 - a seed must give the same again


@dataclass
class _Drawing:
    chance: random.Random
    seed: int
    size: Size
    acts: list[Act] = field(default_factory=list)
    moves: dict[str, list[Phase]] = field(default_factory=dict)

    def draw(self) -> History:
        size, chance = self.size, self.chance
        self.processes = chance.choice(size.processes)
        self.channels = chance.randint(*size.channels)
        number = chance.randint(*size.relays)
        self.accounts = {f"relay-{n:02}": TENCENT if n % 4 == 3 else ALIYUN for n in range(number)}
        for relay in self.accounts:
            first = chance.choices((RUNNING, RETRYING, STOPPED), (8, 1, 1))[0]
            self.moves[relay] = [Phase(at=-3_600.0, state=self._known_to(relay, first))]
        self._begin()
        at = 60.0
        stretches = chance.randint(*size.stretches)
        for stretch in range(stretches):
            lasts = chance.uniform(*size.busy_s)
            self._busy(at, lasts)
            at += lasts
            if stretch < stretches - 1:
                at = self._gap(at)
        return History(
            seed=self.seed,
            processes=self.processes,
            channels=self.channels,
            relays=tuple(Relay(id=r, account=self.accounts[r], phases=tuple(p)) for r, p in self.moves.items()),
            acts=tuple(sorted(self.acts, key=lambda act: act.at)),
            lasts=at,
        )

    def _begin(self) -> None:
        """Let every relay be followed somewhere."""
        for relay in self.accounts:
            for channel in self.chance.sample(range(self.channels), self.chance.choice((1, 1, 2))):
                only = frozenset({STOPPED}) if self.chance.random() < 0.1 else frozenset()
                self.acts.append(Follow(at=0.0, channel=channel, relay=relay, only=only))
        if self.chance.random() < 0.4:
            self.acts.append(Follow(at=0.0, channel=self.chance.randrange(self.channels)))

    def _busy(self, at: float, lasts: float) -> None:
        chance = self.chance
        moving = chance.sample(list(self.accounts), max(2, len(self.accounts) // 3))
        for relay in moving:
            self._move(relay, at, at + lasts)
        if chance.random() < 0.2:  # a storm
            when = chance.uniform(at, at + lasts / 2)
            for relay in chance.sample(list(self.accounts), len(self.accounts) // 2):
                self._add(relay, when + chance.uniform(0.0, 2.0), STOPPED)
        for _ in range(chance.randint(2, 4)):
            self._trouble(chance.uniform(at, at + lasts), lasts)
        for _ in range(chance.randint(2, 5)):
            self._crash(chance.uniform(at, at + lasts))
        for _ in range(chance.randint(0, 3)):
            self._person(chance.uniform(at, at + lasts))

    def _move(self, relay: str, begin: float, end: float) -> None:
        at = self.chance.uniform(begin, end)
        while at < end:
            state = self.moves[relay][-1].state
            if self.accounts[relay] == TENCENT:
                following = ENDED if state is RUNNING else RUNNING
            else:
                ways = {RUNNING: (RETRYING, STOPPED, STOPPED, ENDED), RETRYING: (RUNNING, STOPPED), STOPPED: (RUNNING,)}
                following = self.chance.choice(ways.get(state, (ENDED,)))
            self._add(relay, at, following)
            at += self.chance.choice(
                (self.chance.uniform(1, 10), self.chance.uniform(15, 60), self.chance.uniform(60, 200))
            )

    def _add(self, relay: str, at: float, state: TaskState) -> None:
        state = self._known_to(relay, state)
        last = self.moves[relay][-1]
        is_final = last.state is ENDED and (self.accounts[relay] == ALIYUN or at > last.at + DOUBT_S)
        if at > last.at and state is not last.state and not is_final:
            self.moves[relay].append(Phase(at=at, state=state, reason=self.chance.choice(REASONS.get(state, ("",)))))

    def _known_to(self, relay: str, state: TaskState) -> TaskState:
        """Tencent's tasks run or are gone."""
        return state if self.accounts[relay] == ALIYUN or state is RUNNING else ENDED

    def _trouble(self, at: float, lasts: float) -> None:
        chance = self.chance
        where = chance.choices(("slack", ALIYUN, TENCENT, "store", "jobs"), (5, 3, 1, 1, 1))[0]
        kinds = {"slack": SLACK, "store": STORE, "jobs": ("lost",)}.get(where, CLOUD)
        share = chance.choice((0.1, 0.3, 1.0))
        longest = {"store": 20.0, "slack": 60.0}.get(where, lasts)
        self.acts.append(
            Trouble(at=at, lasts=chance.uniform(2.0, longest), where=where, kind=chance.choice(kinds), share=share)
        )

    def _crash(self, at: float) -> None:
        chance = self.chance
        process = chance.randrange(self.processes)
        if chance.random() < 0.2:
            self.acts.append(Leave(at=at, process=process, lasts=chance.uniform(0.5, 20.0)))
            return
        door = chance.choice(DOORS)
        self.acts.append(
            Crash(
                at=at,
                process=process,
                door=door,
                nth=chance.randint(1, 12 if door in OFTEN else 3),
                lasts=chance.choice((chance.uniform(0.1, 5.0), chance.uniform(5.0, 90.0))),
                freezes=chance.random() < 0.3,
            )
        )

    def _person(self, at: float) -> None:
        chance = self.chance
        channel, relay = chance.randrange(self.channels), chance.choice(list(self.accounts))
        match chance.choice(("follow", "unfollow", "mute", "mute", "unmute", "mute all")):
            case "follow":
                self.acts.append(Follow(at=at, channel=channel, relay=relay))
            case "unfollow":
                self.acts.append(Unfollow(at=at, channel=channel, relay=relay))
            case "mute":
                self.acts.append(Mute(at=at, channel=channel, relay=relay, minutes=chance.choice((1, 2, 30))))
            case "mute all":
                self.acts.append(Mute(at=at, channel=channel, relay="", minutes=chance.choice((1, 2, 30))))
            case _:
                self.acts.append(Unmute(at=at, channel=channel, relay=relay))

    def _gap(self, at: float) -> float:
        """Let hours pass in which nobody looks, and something happens all the same."""
        chance = self.chance
        lasts = chance.uniform(*self.size.gap_s)
        quiet = chance.uniform(10.0, 60.0)
        at += quiet
        kind = chance.choice(("stopped", "killed", "suspended"))
        gap: Act = (
            Suspend(at=at, lasts=lasts) if kind == "suspended" else Nobody(at=at, lasts=lasts, kills=kind == "killed")
        )
        self.acts.append(gap)
        for relay in chance.sample(list(self.accounts), 2):
            self._move(relay, at, at + lasts)
        return at + lasts + 5.0
