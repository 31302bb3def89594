"""
Respond: what each channel does about an incident begins, gets worse and ends in the transaction that says so.

Nobody is called here: what is due is put down, and `flows.escalate` fires it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bot.domain import response as judge
from bot.domain.page import pages
from bot.domain.response import Act, Because, Policy, Response
from bot.flows.about import about, name_of, tasks_of
from bot.flows.amend import amend
from bot.flows.silent import silent_until
from bot.store.cards import of_task
from bot.store.incidents import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from adapters.contract import AccountName
    from bot.domain.account import Account
    from bot.domain.response import Badness, Due, Outcome
    from bot.domain.subscription import Place
    from bot.store.incidents import Incident
    from bot.store.memory import Tx

# What messages that show whose it is are to say besides deeds: it is nobody's again, or it is back (in hand: DONE).
_SHOWN = frozenset(
    {Because.ACK_OVER, Because.SNOOZE_OVER, Because.WORSE, Because.CHANGED, Because.REOPENED, Because.DONE}
)

UNFOLLOWED = "unfollowed"  # why a response ends whose place follows nothing of it any more
GATHERED = "gathered"  # … whose task turns out to be one of many


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An open incident as it is now, and which places hear of it."""

    incident: Incident
    badness: Badness
    places: frozenset[Place]
    paging: frozenset[Place]  # those of them in which somebody is called
    has_changed: bool = False


async def hear(
    tx: Tx,
    heard: Iterable[Heard],
    *,
    accounts: Mapping[AccountName, Account],
    now: datetime,
    call_at: datetime | None = None,
) -> None:
    """
    Open a response in each place that hears of an incident, or let the one that is there take in how bad it is.

    Args:
        call_at: when somebody is called for one that opens; None: at once.
    """
    heard = list(heard)
    known: dict[tuple[int, Place], Response] = {}
    if heard:
        known = {
            (one.incident, one.place): one
            for one in await tx.responses.of_incidents(each.incident.id for each in heard)
        }
    for each in heard:
        for place in sorted(each.places):
            its = known.get((each.incident.id, place))
            is_paging = place in each.paging
            if its is None:
                await _open(tx, each, place, is_paging=is_paging, at=call_at or now, now=now)
                continue
            policy = await _policy(tx, place) if is_paging and not its.pages else None
            taken_in = partial(_takes_in, heard=each, policy=policy, now=now)
            is_called_anew = await _judged(tx, its, taken_in, accounts=accounts, now=now) in judge.ANEW
            if is_called_anew and each.incident.scope is Scope.TASK:
                await _join(tx, its.id, each.incident, now)


async def close(
    tx: Tx,
    incidents: Iterable[int],
    why: str,
    *,
    accounts: Mapping[AccountName, Account],
    now: datetime,
    by: str = "",
) -> None:
    """
    End all responses to incidents that are over, whoever has them in hand.

    Those first that another one calls for, or each end would hand all the rest to the next one.
    """
    for response in sorted(await tx.responses.of_incidents(incidents), key=lambda each: each.leader is None):
        await _judged(tx, response, partial(judge.closed, why=why, now=now, by=by), accounts=accounts, now=now)


async def gather(
    tx: Tx, parts: Sequence[int], group: int, *, accounts: Mapping[AccountName, Account], now: datetime
) -> None:
    """
    Let a group that begins have what was begun about its parts: whoever was called in the minute before is not called
    anew for being one of many, and the next level is called for all of them.

    What somebody has in hand is not carried over: they took one task, and not many.

    Args:
        parts: incidents of tasks.
    """
    responses = [each for each in await tx.responses.of_incidents(parts) if each.is_open]
    leads = {each.id for each in responses if each.leader is None and not each.is_acked}
    placed: set[Place] = set()
    for response in sorted(responses, key=lambda each: (not each.calls_itself, each.id)):
        if response.id in leads and response.place not in placed and await tx.responses.move(response, group):
            placed.add(response.place)
            await _show_again(tx, response, now)
            continue
        ended = partial(judge.closed, why=GATHERED, now=now)
        await _judged(tx, response, ended, accounts=accounts, now=now)


async def leave(tx: Tx, place: Place, *, accounts: Mapping[AccountName, Account], now: datetime) -> None:
    """End a place's responses to what it follows nothing of any more."""
    for response in await tx.responses.open_of_place(place):
        incident = await tx.incidents.get(response.incident)
        if incident is None or incident.closed_at is not None or not await follows(tx, place, incident):
            ended = partial(judge.closed, why=UNFOLLOWED, now=now)
            await _judged(tx, response, ended, accounts=accounts, now=now)


async def follows(tx: Tx, place: Place, incident: Incident, *, paging: bool = False) -> bool:
    """Say whether a place follows anything that an incident is about; `paging`: so that somebody is called."""
    wishes = [
        each.wish
        for each in await tx.subscriptions.of_place(place)
        if each.wish.account == incident.account and each.wish.region in {None, incident.region}
    ]
    if paging:
        wishes = [wish for wish in wishes if wish.page]
    if incident.scope is Scope.ACCOUNT or not wishes:
        return bool(wishes)
    tasks = await tasks_of(tx, incident)
    return any(wish.covers(task.ref, name_of(task)) for task in tasks for wish in wishes)


async def silence(tx: Tx, place: Place, until: datetime, *, now: datetime) -> None:
    """Take back the calls of a place that wait to be sent and that a mute silences which begins now."""
    for response in await tx.responses.open_of_place(place):
        incident = await tx.incidents.get(response.incident)
        if incident is None or await silent_until(tx, place, incident, now=now) is None:
            continue
        if await tx.outbox.withdraw(response.id, now=now):
            await put_off(tx, response, until, now=now)


async def put_off(tx: Tx, response: Response, until: datetime, *, now: datetime) -> None:
    """Let what is due wait for a mute's end; what it calls for as well, and the mute does not silence, calls itself."""
    heard = [each for each in await _followers(tx, response) if not await _is_silent(tx, each, now)]
    if await tx.responses.save(judge.held(response, until)):
        await _promote(tx, heard, now)


async def quiet(tx: Tx, response: Response, *, now: datetime) -> None:
    """Call nobody any more for a response; what it called for as well calls itself."""
    followers = await _followers(tx, response)
    if await tx.responses.save(judge.quieted(response)):
        await _promote(tx, followers, now)


async def unsilence(tx: Tx, place: Place, *, now: datetime) -> None:
    """Let what waited for the end of a mute that was lifted, or is another one now, go by the mutes that there are."""
    for response in await tx.responses.open_of_place(place):
        if judge.released(response, now) == response:
            continue
        incident = await tx.incidents.get(response.incident)
        if incident is not None:
            until = await silent_until(tx, place, incident, now=now)
            await tx.responses.save(judge.released(response, now if until is None else until))


async def rewind(tx: Tx, now: datetime) -> None:
    """Bring back what a clock that was ahead put down for later than this one would have; twice changes nothing."""
    for response in await tx.responses.due_later(now):
        if (back := judge.rewound(response, now)) != response:
            await tx.responses.save(back)


async def settle(
    tx: Tx,
    outcome: Outcome,
    *,
    accounts: Mapping[AccountName, Account],
    now: datetime,
    pagers: Sequence[Place] = (),
) -> bool:
    """
    Keep what a deed, a change or a timer came to, and put down the pages that it calls for.

    Args:
        pagers: the outside pagers of the place, for calls; those that were called hear what follows by themselves.

    Returns:
        False when somebody has saved the response since it was read: then nothing is written.
    """
    after = outcome.response
    if not await tx.responses.save(after):
        return False
    if outcome.is_withdrawn:
        await tx.outbox.withdraw(after.id, now=now)
    if outcome.is_withdrawn or outcome.because in _SHOWN:
        await amend(tx, replace(after, version=after.version + 1), now=now)
    followers = await _followers(tx, after) if _may_lead(after, outcome) else []
    if outcome.calls:
        await _put(tx, outcome, accounts=accounts, pagers=pagers, with_=len(followers), now=now)
    if not after.is_open:
        await _promote(tx, followers, now)
    elif outcome.is_withdrawn and after.is_acked:
        for follower in followers:
            led = partial(judge.led_along, leader=after, now=now)
            await _judged(tx, follower, led, accounts=accounts, now=now)
    return True


async def _show_again(tx: Tx, response: Response, now: datetime) -> None:
    incident = await tx.incidents.get(response.incident)
    if incident is not None and incident.task is not None:
        await tx.outbox.show_again(response.place, of_task(incident.task), now=now)


async def _judged(
    tx: Tx,
    response: Response,
    judged: Callable[[Response], Outcome],
    *,
    accounts: Mapping[AccountName, Account],
    now: datetime,
) -> Due | None:
    """
    Settle a judgement on what is there now: whoever saves in between is not overwritten, and stops nothing.

    Returns:
        What is due then.
    """
    found: Response | None = response
    while found is not None:
        outcome = judged(found)
        if outcome.response == found or await settle(tx, outcome, accounts=accounts, now=now):
            return outcome.response.due
        found = await tx.responses.get(response.id)
    return None


def _takes_in(response: Response, *, heard: Heard, policy: Policy | None, now: datetime) -> Outcome:
    if response.is_open:
        outcome = judge.worsened(response, heard.badness, now, has_changed=heard.has_changed)
    else:
        outcome = judge.reopened(response, heard.badness, now)
    return outcome if policy is None else replace(outcome, response=judge.paging(outcome.response, policy, now))


async def _open(tx: Tx, heard: Heard, place: Place, *, is_paging: bool, at: datetime, now: datetime) -> None:
    incident = heard.incident
    response = Response(
        id=0,
        incident=incident.id,
        place=place,
        opened_at=now,
        pages=is_paging,
        policy=await _policy(tx, place) if is_paging else Policy(),
        badness=heard.badness,
    )
    leader = await _leader(tx, incident, place, now) if is_paging and incident.scope is Scope.TASK else None
    await tx.responses.open(judge.opened(response, at=at, leader=leader))


async def _policy(tx: Tx, place: Place) -> Policy:
    kept = await tx.rotas.get(place)
    return Policy() if kept is None else Policy(levels=kept.rota.levels)


async def _join(tx: Tx, number: int, incident: Incident, now: datetime) -> None:
    """Let one that is to be called for again be called for by another of its kind that is so too: one call for all."""
    response = await tx.responses.get(number)
    if response is None or await _followers(tx, response):
        return
    leader = await _leader(tx, incident, response.place, now)
    if leader is not None:
        await tx.responses.save(judge.led(response, leader))


async def _leader(tx: Tx, incident: Incident, place: Place, now: datetime) -> int | None:
    """
    Find the response that calls for another one of its kind which opens in its first minute, or as it is called again.

    It is saved, so that whoever acks or closes it at the same time finds what it calls for from now on.
    """
    for response in await tx.responses.open_of_place(place):
        if judge.can_lead(response, now):
            other = await tx.incidents.get(response.incident)
            is_like = other is not None and other.id != incident.id and _kind(other) == _kind(incident)
            if is_like and not await _is_silent(tx, response, now) and await tx.responses.save(response):
                return response.id
    return None


async def _is_silent(tx: Tx, response: Response, now: datetime) -> bool:
    incident = await tx.incidents.get(response.incident)
    return incident is not None and await silent_until(tx, response.place, incident, now=now) is not None


def _kind(incident: Incident) -> tuple[str, ...]:
    return (incident.scope, incident.account, incident.region, incident.why)


def _may_lead(after: Response, outcome: Outcome) -> bool:
    return after.leader is None and after.pages and (bool(outcome.calls) or outcome.is_withdrawn)


async def _followers(tx: Tx, leader: Response) -> list[Response]:
    return [each for each in await tx.responses.open_of_place(leader.place) if each.leader == leader.id]


async def _promote(tx: Tx, followers: Sequence[Response], now: datetime) -> None:
    """
    Let the first of those that a response called for call for the others; whoever saves one stops nothing.

    What somebody has in hand calls nobody yet, and so for nothing that they have not.
    """
    leaders: dict[tuple[str, datetime] | None, int] = {}
    for follower in followers:
        found: Response | None = follower
        while found is not None and found.is_open and found.leader == follower.leader:
            until = found.ack_until
            hand = (found.acked_by, until) if until is not None and until > now else None
            if await tx.responses.save(judge.promoted(found, now, leader=leaders.get(hand))):
                leaders.setdefault(hand, found.id)
                break
            found = await tx.responses.get(follower.id)


async def _put(
    tx: Tx,
    outcome: Outcome,
    *,
    accounts: Mapping[AccountName, Account],
    pagers: Sequence[Place],
    with_: int,
    now: datetime,
) -> None:
    response = outcome.response
    incident = await tx.incidents.get(response.incident)
    if incident is None:
        return
    said = await about(tx, incident, accounts)
    triggered: Collection[Place] | None = None
    for call in outcome.calls:
        its: Collection[Place] = pagers
        if call.act in {Act.ACK, Act.RESOLVE}:
            if triggered is None:
                triggered = await tx.outbox.triggered(response.id)
            its = triggered
        for notice in pages(call, response, said, pagers=its, with_=with_, now=now):
            await tx.outbox.put(notice, now=now)
