"""
Telling: which channels hear which news of a task, and in which form. Pure.

A news is one message in a channel at most. It stands under the task's card; what opens or closes a bad time is shown in
the channel as well. The card itself is edited whenever something that it shows has changed, told or not.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from bot.domain import mute as silence
from bot.domain import still
from bot.domain.message import Look
from bot.domain.notice import CardBody, Kind, LineBody, Notice, ReplyBody
from bot.domain.outlook import judge_look
from bot.domain.subscription import ChannelSettings, Place
from bot.domain.task import Why

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import Remark, Snapshot, TaskState
    from bot.domain.subscription import Mute, Subscription
    from bot.domain.task import Followed, Known, News, Successor, Verdict

REFRESH: Final = timedelta(minutes=30)  # a card on which nothing changes shows a newer read this often
EXPECTABLE: Final = frozenset({Why.ENDED_WITHOUT_PLAN, Why.STOPPED_UNEXPLAINED})

_CARD: Final = still.but(CardBody, "look")
_LOOK: Final = still.but(Look, "snapshot", "asked_at")


def notices(
    followed: Followed,
    verdict: Verdict,
    *,
    title: str,
    subscriptions: Sequence[Subscription],
    settings: Mapping[Place, ChannelSettings],
    mutes: Sequence[Mute],
    carded: Collection[Place],
    history: Sequence[News],
    now: datetime,
    in_group: bool = False,
    same_destination: tuple[str, ...] = (),
) -> tuple[Notice, ...]:
    """
    Say who hears what of a verdict: for each place its card first, then the news in their order.

    Args:
        followed: as it was before the verdict.
        title: the cloud as people call it.
        subscriptions: all that could want the task.
        mutes: those of their places, whether they are about the task or not, begun or not.
        carded: where a card of the task stands, or is about to.
        history: what was told of the task until now, oldest first: of its bad time and of its mutes' time (24 h will
            always do).
        in_group: it is part of many at once; the group is told, the task's own card is edited and that is all.
    """
    before, after = followed.known, verdict.known
    name = _name(followed, after)
    out: list[Notice] = []
    for ear in _ears(followed, name=name, subscriptions=subscriptions, settings=settings, mutes=mutes, now=now):
        mute = ear.mute
        if mute is not None and silence.is_spent(mute, [*history, *verdict.news], before):
            mute = None
        heard = () if in_group else tuple(ear.among(verdict.news, history, before))
        is_bad = before.bad_since is not None or any(news.is_bad for news in verdict.news)
        comes = ear.place not in carded and not ear.is_single  # nobody asked for it: it comes with what is told
        if comes and not (is_bad and heard):
            continue
        if ear.place not in carded or looks_new(followed, before, after):
            out += card(
                followed,
                after,
                place=ear.place,
                title=title,
                thread_ts=ear.thread_ts,
                mute=mute,
                same_destination=same_destination,
                follows_successor=_follows(subscriptions, ear.place, after.successor),
                comes_with_news=comes,
                now=now,
            )
        for news, marks_edge in heard:
            out += _message(followed, news, ear, title=title, name=name, marks_edge=marks_edge)
    return tuple(out)


def listeners(
    followed: Followed,
    *,
    subscriptions: Sequence[Subscription],
    mutes: Sequence[Mute],
    history: Sequence[News],
    now: datetime,
) -> frozenset[Place]:
    """Name the places that want to hear what made a task bad, as it is now, and are not muted for that."""
    known = followed.known
    since = known.bad_since
    if since is None:
        return frozenset()
    news = [(each, history[:at]) for at, each in enumerate(history) if each.is_bad and each.at >= since]
    name = _name(followed, known)
    ears = _ears(followed, name=name, subscriptions=subscriptions, settings={}, mutes=mutes, now=now)
    return frozenset(ear.place for ear in ears if any(ear.hears(each, told, known) for each, told in news))


def looks_new(followed: Followed, before: Known, after: Known) -> bool:
    """Say whether a reader of the card would see a difference, or the read on it has grown old."""
    if before.last is None or after.last is None:
        return after.last is not None
    if _turn(followed, before.last) != _turn(followed, after.last):
        return True
    if _is_as_before(before, after):  # nearly always, and much cheaper than two cards
        return False
    cards = (_card_body(followed, known, title="", asked_at=None) for known in (before, after))
    return len({card and _face(card) for card in cards}) > 1


def after_mute(
    followed: Followed,
    mute: Mute,
    *,
    title: str,
    subscriptions: Sequence[Subscription],
    settings: Mapping[Place, ChannelSettings],
    mutes: Sequence[Mute],
    carded: Collection[Place],
    history: Sequence[News],
    now: datetime,
    in_group: bool = False,
) -> tuple[Notice, ...]:
    """
    Say what a channel hears of a task at the end of a mute: a difference, or what is still bad and was never told.

    A state that came back to where it was is silence. A card that is there loses the mark of the mute in any case.

    Args:
        followed: as it is now.
        mute: the one that is over or was lifted, with `ends_at` as it then was.
        mutes: the others of its place.
        carded: where a card of the task stands, or is about to.
        history: the task's news at least since the mute began, oldest first.
        in_group: it is bad as one of many at once; the group is told.
    """
    known, name = followed.known, _name(followed, followed.known)
    missed = [news for news in history if news.at >= mute.begins_at and news.is_told]
    out: list[Notice] = []
    for ear in _ears(followed, name=name, subscriptions=subscriptions, settings=settings, mutes=mutes, now=now):
        if ear.place != mute.place:
            continue
        was = silence.state_at(mute.begins_at, history, known)
        never_told = known.bad_since is not None and known.bad_since >= mute.begins_at
        is_told = silence.is_spent(mute, history, known)  # something ended it early, and from then on all was told
        is_silent = ear.mute is not None or not missed or is_told or not (never_told or known.state is not was)
        news = None if is_silent or in_group else _since(was, missed[-1])
        if news is not None and not ear.wishes(news, history):
            news = None
        comes = ear.place not in carded and not ear.is_single
        if comes and (news is None or not (known.bad_since is not None or news.closes)):
            continue
        out += card(
            followed,
            known,
            place=ear.place,
            title=title,
            thread_ts=ear.thread_ts,
            mute=ear.mute,
            follows_successor=_follows(subscriptions, ear.place, known.successor),
            comes_with_news=comes,
            now=now,
        )
        if news is not None:
            said = _message(followed, news, ear, title=title, name=name, marks_edge=news.is_bad or news.closes)
            out += (replace(each, cause=f"{each.cause}:mute:{mute.id}") for each in said)
    return tuple(out)


def card(
    followed: Followed,
    known: Known,
    *,
    place: Place,
    title: str,
    now: datetime,
    thread_ts: str = "",
    mute: Mute | None = None,
    same_destination: tuple[str, ...] = (),
    follows_successor: bool = False,
    comes_with_news: bool = False,
) -> tuple[Notice, ...]:
    """Return the card of a task for one place; nothing before the task was read for the first time."""
    body = _card_body(followed, known, title=title, asked_at=now)
    if body is None:
        return ()
    body = replace(
        body,
        thread_ts=thread_ts,
        is_muted=mute is not None,
        muted_until=None if mute is None else mute.ends_at,
        same_destination=same_destination,
        follows_successor=follows_successor,
        comes_with_news=comes_with_news,
    )
    cause = f"card:{followed.id}:{_instant(now)}"
    return (Notice(place=place, kind=Kind.CARD, cause=cause, body=body, task=followed.id),)


def line(place: Place, key: str, *, user: str, cause: str, thread_ts: str = "", **values: str) -> Notice:
    """Return one line of ours: the sentence of that key, and who did it."""
    body = LineBody(key=key, user=user, values=tuple(sorted(values.items())), thread_ts=thread_ts)
    return Notice(place=place, kind=Kind.LINE, cause=cause, body=body)


def direct(place: Place, to: str, key: str, *, user: str, cause: str, **values: str) -> Notice:
    """Tell one person such a line about a channel; in an outbox of their own, which no channel holds up."""
    there = Place(team=place.team, channel=to)
    said = line(there, key, user=user, cause=cause, channel=place.channel, **values)
    return replace(said, kind=Kind.DIRECT, user=to)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ear:
    """One place, with all of its subscriptions that are about the task."""

    place: Place
    subscriptions: tuple[Subscription, ...]
    settings: ChannelSettings
    mute: Mute | None  # in force

    @property
    def is_single(self) -> bool:
        return not all(subscription.is_all for subscription in self.subscriptions)

    @property
    def thread_ts(self) -> str:
        return next((each.wish.thread_ts for each in self.subscriptions if each.wish.thread_ts), "")

    def wishes(self, news: News, told: Sequence[News]) -> bool:
        """Say whether `only=` lets it through: what was told as bad is told when it ends."""
        for subscription in self.subscriptions:
            only = subscription.wish.only
            if not only or news.new in only:
                return True
            if news.closes and any(each.is_bad and each.is_told and each.new in only for each in told):
                return True
        return False

    def among(self, said: Sequence[News], history: Sequence[News], before: Known) -> Iterator[tuple[News, bool]]:
        """Pick what is heard here of a verdict's news, each with whether it begins or ends a bad time."""
        told, is_open = list(history), before.bad_since is not None
        for news in said:
            marks_edge = (news.is_bad and not is_open) or (news.closes and is_open)
            if self.hears(news, told, before):
                yield news, marks_edge
            told.append(news)
            is_open = (is_open or news.is_bad) and not news.closes

    def hears(self, news: News, told: Sequence[News], before: Known) -> bool:
        is_silent = self.mute is not None and not silence.lets_through(self.mute, news, told, before)
        return news.is_told and not is_silent and self.wishes(news, told)


def _ears(
    followed: Followed,
    *,
    name: str,
    subscriptions: Sequence[Subscription],
    settings: Mapping[Place, ChannelSettings],
    mutes: Sequence[Mute],
    now: datetime,
) -> Iterator[_Ear]:
    of_place: defaultdict[Place, list[Subscription]] = defaultdict(list)
    for subscription in subscriptions:
        if subscription.wish.covers(followed.ref, name):
            of_place[subscription.place].append(subscription)
    for place, its in sorted(of_place.items()):
        yield _Ear(
            place=place,
            subscriptions=tuple(its),
            settings=settings.get(place, ChannelSettings()),
            mute=silence.in_force(mutes, place, followed.ref, now),
        )


def _since(was: TaskState | None, last: News) -> News:
    """Tell the last of some news as one step from the state before all of them."""
    return last if was is last.new else replace(last, old=was)


def _message(
    followed: Followed, news: News, ear: _Ear, *, title: str, name: str, marks_edge: bool
) -> tuple[Notice, ...]:
    """Say in which form an ear hears a news; the edges of a bad time also in the channel, but for a thread's own."""
    in_channel = marks_edge and ear.settings.in_channel and not ear.thread_ts
    in_thread = ear.settings.threads or bool(ear.thread_ts)
    if not in_channel and not in_thread:
        return ()
    body = ReplyBody(
        ref=followed.ref,
        provider=followed.provider,
        title=title,
        name=name,
        plan=followed.plan,
        news=news,
        in_thread=in_thread,
    )
    kind = Kind.CHANNEL if in_channel else Kind.REPLY
    return (Notice(place=ear.place, kind=kind, cause=cause(followed.id, news), body=body, task=followed.id),)


def cause(task: int, news: News) -> str:
    """Name a news for the outbox: the same one can never be put down twice."""
    return f"news:{task}:{news.why}:{_instant(news.at)}"


def _name(followed: Followed, known: Known) -> str:
    last = known.last or followed.known.last
    return last.name if last is not None else ""


def _face(body: CardBody) -> tuple[Any, ...]:
    """Leave out what changes with every read."""
    return _CARD(body), _LOOK(body.look), still.READ(body.look.snapshot)


def _is_as_before(before: Known, after: Known) -> bool:
    """Say whether all is the same that a card is made of."""
    return still.KNOWN(before) == still.KNOWN(after) and _read(before) == _read(after)


def _read(known: Known) -> tuple[Any, ...] | None:
    last = known.last
    return None if last is None else (still.READ(last), judge_look(last, last.taken_at))


def _turn(followed: Followed, read: Snapshot) -> int:
    """Number the half hours, each task's beginning at another minute so that not all cards are edited at once."""
    seconds = read.taken_at.timestamp() + followed.id * 37
    return int(seconds // REFRESH.total_seconds())


def _card_body(followed: Followed, known: Known, *, title: str, asked_at: datetime | None) -> CardBody | None:
    last = known.last
    if last is None:
        return None
    look = Look(
        ref=followed.ref,
        provider=followed.provider,
        title=title,
        snapshot=last,
        outlook=judge_look(last, last.taken_at),
        asked_at=asked_at or last.taken_at,
        since=known.since,
    )
    return CardBody(
        look=look,
        confirmed=known.state,
        since=known.since,
        since_longer=known.began_unseen,
        until=known.until,
        unseen_since=known.unseen_since if known.is_unseen else None,
        remarks=_remarks(known),
        can_be_expected=known.bad_why in EXPECTABLE and not known.expected,
        successor=known.successor,
    )


def _follows(subscriptions: Sequence[Subscription], place: Place, successor: Successor | None) -> bool:
    return successor is not None and any(
        each.place == place and each.wish.covers(successor.ref, successor.name) for each in subscriptions
    )


def _remarks(known: Known) -> tuple[Why | Remark, ...]:
    held = (
        (Why.FLAPPING, known.is_flapping),
        (Why.STALLED, known.is_stalled),
        (Why.OVER_RUN, Why.OVER_RUN in known.told),
    )
    said = () if known.remark is None else (known.remark,)
    return (*(why for why, holds in held if holds), *said)


def _instant(at: datetime) -> int:
    return int(at.timestamp() * 1000)
