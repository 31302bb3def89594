"""
Watchman: holds what was said against what the script says, independently of the code that judges and tells.

    I1  none lost          a change that was written down is told in every channel that wants it, and what is known in
                           the end is what is so
    I2  none doubled       a message's key, a news of a task, a task's card: once in a channel
    I3  in order           of one task the news stand in the order in which they happened
    I4  cards right        in the end each card shows what is so
    I5  silence            nothing that happened under a mute is told while it lasts
    I6  one incident       of a task at a time, and open exactly while it is bad
    I7  the clouds' pace   no account is asked more often in a second than its vendor allows
    I8  Slack's pace       a message a second in a channel, four in the workspace, 50 edits a minute
    I11 unseen is not bad  nothing is told that was not so
    I12 once               the end of a mute is told once
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict, deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from adapters.contract import TaskState
from bot.domain.notice import CardBody, DigestBody, ReplyBody
from tests.simulator.cloud import PER_SECOND

if TYPE_CHECKING:
    from pathlib import Path

    from bot.domain.notice import Body
    from tests.simulator.history import History, Relay
    from tests.simulator.slack import Message, Slack

STALE_S: Final = 16.0  # an answer may be so old that is told: a stale list, a silent cloud
RECOVERED_S: Final = 60.0  # by then a recovery has held for its 30 s, and was told
BAD: Final = frozenset({TaskState.RETRYING, TaskState.STOPPED, TaskState.ENDED})
DOWN: Final = frozenset({TaskState.ENDED, TaskState.NOT_FOUND})
NEVER: Final = float("inf")


@dataclass(kw_only=True)
class Span:
    """A mute or a subscription, from the commit that made it to the one that ended it."""

    id: int
    channel: str
    account: str
    task: str  # empty: all
    more: str
    begins: float
    ends: float = NEVER
    until: float = NEVER  # a mute's planned end


class Watchman:
    """Looks at every commit, every call and every message; `wrong` is what it found, none of it twice."""

    def __init__(self, history: History, slack: Slack, *, began: datetime, file: Path) -> None:
        self._history = history
        self._relays = {relay.id: relay for relay in history.relays}
        self._slack = slack
        self._began = began
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self.wrong: dict[str, None] = {}
        self.calls = self.changes = self.checks = 0
        self.latest_s = 0.0
        self._disturbed_until = 0.0
        self._asked: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._keys: Counter[tuple[str, str]] = Counter()
        self._told: dict[tuple[str, str, str, float], str] = {}
        self._last_told: dict[tuple[str, str], tuple[float, TaskState]] = {}
        self._cards: defaultdict[tuple[str, str], list[Message]] = defaultdict(list)
        self._posts: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=6))
        self._all_posts: deque[float] = deque(maxlen=13)
        self._edits: deque[float] = deque(maxlen=52)
        self.mutes: dict[int, Span] = {}
        self.subscriptions: dict[int, Span] = {}

    def is_wrong(self, what: str, how: str) -> None:
        """Write down what is wrong."""
        self.wrong[f"{what}: {how}"] = None

    def expect(self, holds: object, what: str, how: str) -> None:
        """Check one thing."""
        self.checks += 1
        if not holds:
            self.is_wrong(what, how)

    def was_disturbed(self, until: float) -> None:
        """Take in that something goes wrong until then: nobody can be blamed for being late."""
        self._disturbed_until = max(self._disturbed_until, until)

    # After every step.

    def called(self, account: str, api: str, at: float) -> None:
        """I7."""
        self.calls += 1
        asked = self._asked[account, api]
        asked.append(at)
        while asked[0] <= at - 1.0:
            asked.popleft()
        self.expect(len(asked) <= PER_SECOND[account], "I7", f"{account} was asked {len(asked)} times in a second")

    def committed(self, tables: frozenset[str], at: float) -> None:
        """I6, and who wants what from now on."""
        if "incidents" in tables:
            is_open = "closed_at IS NULL AND task IS NOT NULL"
            twice = self._all(f"SELECT task FROM incidents WHERE {is_open} GROUP BY task HAVING count(*) > 1")  # noqa: S608
            self.expect(not twice, "I6", f"tasks with two open incidents: {[row[0] for row in twice]}")
        if "mutes" in tables:
            rows = self._all("SELECT id, channel_id, account, task, ends_at AS more, begins_at, ends_at FROM mutes")
            self._follow(self.mutes, rows, at)
        if "subscriptions" in tables:
            rows = self._all("SELECT id, channel_id, account, task, only_states AS more FROM subscriptions")
            self._follow(self.subscriptions, rows, at)

    def confirmed(self, channel: str, relay: str) -> None:
        """I1 of commands: what was confirmed is there."""
        rows = self._all("SELECT 1 FROM subscriptions WHERE channel_id = ? AND task = ?", channel, relay)
        self.expect(rows, "I1", f"{channel} was told that it follows {relay or 'all'}, and does not")

    def posted(self, message: Message) -> None:
        """I2, I3, I5, I8, I11."""
        at, channel = message.posted_at, message.channel
        self._keys[channel, message.key] += 1
        self.expect(self._keys[channel, message.key] == 1, "I2", f"{channel} was told {_brief(message.body)} twice")
        posts = self._posts[channel]
        posts.append(at)
        self.expect(len(posts) < 6 or posts[-1] - posts[0] >= 4.0, "I8", f"six posts in {channel} in four seconds")
        self._all_posts.append(at)
        crowded = len(self._all_posts) == 13 and self._all_posts[-1] - self._all_posts[0] < 2.0
        self.expect(not crowded, "I8", "thirteen posts in the workspace in two seconds")
        match message.body:
            case CardBody(look=look):
                cards = self._cards[channel, look.ref.task_id]
                cards.append(message)
                wanted = self._spans(self.subscriptions, channel, look.ref.account, look.ref.task_id)
                self.expect(len(cards) <= len(wanted), "I2", f"{len(cards)} cards of {look.ref.task_id} in {channel}")
            case ReplyBody():
                self._heard(message, message.body)
            case _:
                pass

    def edited(self, message: Message, _body: Body, at: float) -> None:
        """I8."""
        self._edits.append(at)
        crowded = len(self._edits) == 52 and self._edits[-1] - self._edits[0] < 60.0
        self.expect(not crowded, "I8", f"52 edits in a minute, the last one of {_brief(message.body)}")

    def _heard(self, message: Message, body: ReplyBody) -> None:
        channel, task, news = message.channel, body.ref.task_id, body.news
        at = self._s(news.at)
        row = self._all("SELECT cause, created_at, kind FROM notices WHERE key = ?", message.key)
        cause, created_at = (row[0]["cause"], self._s(_read(row[0]["created_at"]))) if row else ("", at)
        is_after_mute = ":mute:" in cause
        told = (channel, task, str(news.why), at)
        self.expect(told not in self._told, "I2", f"{channel} was told {_brief(body)} again")
        self._told[told] = cause
        last, _ = self._last_told.get((channel, task), (-NEVER, news.new))
        self.expect(at >= last, "I3", f"{channel} was told {_brief(body)} after what came later")
        self._last_told[channel, task] = (max(at, last), news.new)
        self.expect(self._was(self._relays[task], news.new, at), "I11", f"{_brief(body)} at {at:.1f} was not so")
        if not is_after_mute:
            for mute in self._spans(self.mutes, channel, body.ref.account, task):
                is_silent = mute.begins < created_at - 0.1 and created_at < min(mute.ends, mute.until)
                is_covered = is_silent and self._is_well(task, mute.begins) and at > mute.begins
                self.expect(not is_covered, "I5", f"{channel} was told {_brief(body)} under a mute")
        if created_at > self._disturbed_until:
            self.latest_s = max(self.latest_s, message.posted_at - created_at)

    # In the end.

    def open_rows(self) -> int:
        """How much is still to be said."""
        return int(self._all("SELECT count(*) FROM notices WHERE settled_at IS NULL")[0][0])

    def finish(self, now: float) -> None:
        """I1, I4, I6, I12 and what can only be said in the end."""
        self.expect(not self.open_rows(), "I1", f"{self.open_rows()} notices are never said")
        parked = self._all("SELECT kind, code FROM notices WHERE state = 'parked'")
        self.expect(not parked, "I1", f"parked: {[tuple(row) for row in parked]}")
        tasks = {row["id"]: row for row in self._all("SELECT * FROM tasks")}
        for row in tasks.values():
            self._end_of_task(row, now)
        for number, row in tasks.items():
            self._end_of_story(number, row)
        self._digests()
        left = self._all("SELECT id FROM mutes WHERE ends_at < ?", _write(self._began, now - 30.0))
        self.expect(not left, "I12", f"{len(left)} mutes are over and nobody ended them")

    def _end_of_task(self, row: sqlite3.Row, now: float) -> None:
        task, known = row["task_id"], json.loads(row["known"])
        truth, state = self._phase(task, now), known.get("state")
        if row["unfollowed_at"] is None:
            is_so = state == truth.value or (truth is TaskState.ENDED and state in {*DOWN, None})
            self.expect(is_so, "I1", f"{task} is {truth}, and taken for {state}")
        is_open = bool(self._all("SELECT 1 FROM incidents WHERE task = ? AND closed_at IS NULL", row["id"]))
        is_bad = known.get("bad_since") is not None and row["unfollowed_at"] is None
        self.expect(is_open == is_bad, "I6", f"{task}: its incident is {'open' if is_open else 'closed'}, {state}")
        for span in self._live(row["account"], task):
            cards = self._cards[span.channel, task]
            if not span.task and not cards:
                continue
            if state is None:
                continue
            self.expect(cards, "I4", f"{span.channel} has no card of {task}")
            if not cards or not isinstance(card := cards[-1].body, CardBody):
                continue
            shown = card.look.snapshot.state
            is_so = shown is truth or (shown in DOWN and truth in DOWN)
            self.expect(is_so, "I4", f"the card of {task} in {span.channel} shows {shown}, not {truth}")
            muted = any(
                self._is_muted(each, now) for each in self._spans(self.mutes, span.channel, row["account"], task)
            )
            self.expect(card.is_muted <= muted, "I12", f"the card of {task} in {span.channel} says that it is muted")

    def _end_of_story(self, number: int, row: sqlite3.Row) -> None:
        task = row["task_id"]
        before: str | None = None
        grouped = self._all("SELECT opened_at, closed_at FROM incidents WHERE task = ? AND part_of IS NOT NULL", number)
        for change in self._all("SELECT news FROM changes WHERE task = ? ORDER BY id", number):
            self.changes += 1
            news = json.loads(change["news"])
            at = self._s(_read(news["at"]))
            if news.get("is_change"):
                linked = before is None or news.get("old") in {before, None}
                self.expect(linked, "I1", f"{task} went from {before} to {news.get('old')} without a word")
                before = news["new"]
            elif before is None:
                before = news["new"]
            if not news.get("is_told", True) or any(_during(each, news["at"]) for each in grouped):
                continue
            for span in self._live(row["account"], task):
                self._must_have_heard(span, task, news, at)

    def _must_have_heard(self, span: Span, task: str, news: dict[str, Any], at: float) -> None:
        """I1: a subscription of this one task that was there before hears it, unless it was silent then."""
        only = span.more.split(",") if span.more else []
        if not span.task or span.begins > at - 1.0 or (only and news["new"] not in only):
            return
        mutes = self._spans(self.mutes, span.channel, span.account, task)
        if any(mute.begins < at + 180.0 and at < min(mute.ends, mute.until) + 5.0 for mute in mutes):
            return
        is_told = (span.channel, task, news["why"], at) in self._told
        cause = f"news:{self._id(task)}:{news['why']}:{int(_read(news['at']).timestamp() * 1000)}"
        is_gathered = is_told or self._all(
            "SELECT 1 FROM notices WHERE cause = ? AND channel_id = ? AND code = 'gathered'", cause, span.channel
        )
        self.expect(is_gathered, "I1", f"{span.channel} never heard that {task} was {news['new']} ({news['why']})")

    def _digests(self) -> None:
        """What was held back was told in numbers."""
        rows = self._all("SELECT channel_id, count(*) AS held FROM notices WHERE code = 'gathered' GROUP BY channel_id")
        for row in rows:
            told = sum(
                each.body.total for each in self._slack.heard(row["channel_id"]) if isinstance(each.body, DigestBody)
            )
            self.expect(told == row["held"], "I1", f"{row['channel_id']}: {told} of {row['held']} gathered were told")

    # What it knows.

    def _was(self, relay: Relay, state: TaskState, at: float) -> bool:
        """Say whether a relay was so at an instant, or shortly before."""
        states = {phase.state for phase in relay.phases if at - STALE_S <= phase.at <= at + 0.2}
        states.add(relay.phase_at(at - STALE_S).state)
        return state in states or (state in DOWN and bool(states & DOWN))

    def _is_well(self, task: str, at: float) -> bool:
        """
        Say whether everybody takes a task for one that runs.

        Before a recovery has held, a mute is one of a bad task, and a worse kind of badness breaks it.
        """
        phase = self._relays[task].phase_at(at)
        return phase.state is TaskState.RUNNING and at - phase.at > RECOVERED_S

    def _phase(self, task: str, at: float) -> TaskState:
        return self._relays[task].phase_at(at).state

    def _live(self, account: str, task: str) -> list[Span]:
        return [
            span
            for span in self.subscriptions.values()
            if span.ends == NEVER and span.account == account and span.task in {"", task}
        ]

    def _spans(self, among: dict[int, Span], channel: str, account: str, task: str) -> list[Span]:
        return [
            span
            for span in among.values()
            if span.channel == channel and span.account == account and span.task in {"", task}
        ]

    def _is_muted(self, mute: Span, at: float) -> bool:
        return mute.begins <= at < min(mute.ends, mute.until)

    def _follow(self, spans: dict[int, Span], rows: list[sqlite3.Row], at: float) -> None:
        there = {row["id"]: row for row in rows}
        for number, span in spans.items():
            if number not in there and span.ends == NEVER:
                span.ends = at
        for number, row in there.items():
            until = self._s(_read(row["ends_at"])) if "ends_at" in row.keys() else NEVER  # noqa: SIM118
            if number not in spans:
                spans[number] = Span(
                    id=number,
                    channel=row["channel_id"],
                    account=row["account"],
                    task=row["task"],
                    more=row["more"] or "",
                    begins=at,
                    until=until,
                )
            spans[number].until = until

    def _id(self, task: str) -> int:
        return int(self._all("SELECT id FROM tasks WHERE task_id = ?", task)[0][0])

    def _s(self, at: datetime) -> float:
        return (at - self._began).total_seconds()

    def _all(self, sql: str, *given: object) -> list[sqlite3.Row]:
        return self._db.execute(sql, given).fetchall()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()


def _during(incident: sqlite3.Row, at: str) -> bool:
    opened, closed = _read(incident["opened_at"]), incident["closed_at"]
    return opened <= _read(at) and (closed is None or _read(at) <= _read(closed))


def _read(at: str) -> datetime:
    read = datetime.fromisoformat(at)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read


def _write(began: datetime, at: float) -> str:
    return (began + timedelta(seconds=at)).replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")


def _brief(body: Body) -> str:
    match body:
        case ReplyBody(ref=ref, news=news):
            return f"{ref.task_id} {news.new} ({news.why})"
        case CardBody(look=look):
            return f"the card of {look.ref.task_id}"
        case _:
            return body.kind
