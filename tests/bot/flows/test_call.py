"""
Pagers outside Slack, over real loopback sockets: they refuse, hang, break, ask for patience and die with us in between.
Nothing is lost, nothing is doubled, and what comes of a call never overtakes it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from bot.domain.notice import Kind, LineBody, Notice, PageBody
from bot.domain.page import pager
from bot.domain.response import Badness, Due, Policy, Response
from bot.domain.rota import Level, Target, TargetKind
from bot.domain.subscription import Place
from bot.flows.call import LONGEST_WAIT, PUZZLED_TRIES, TELLING_TRY, Exchange, call
from bot.flows.drain import LEASE
from bot.pager.door import Door
from bot.pager.pagerduty import PagerDuty
from bot.pager.webhook import Webhook
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Answer, Delay, Drop, Fail, Hang
from bot.sandbox.pager import ENQUEUE, HOOK, ROUTING_KEY, SECRETS, WEBHOOK_SECRET, Receiver
from bot.store.memory import Memory
from bot.store.tables import NoticeRow
from tests.bot.pager.pages import page

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.domain.notice import Wake
    from bot.sandbox.faults import Fault
    from bot.store.database import Database

TEAM = "T0SANDBOX"
RELAYS = Place(team=TEAM, channel="C0RELAYS1")
NIGHT, DESK = pager(TEAM, "night"), pager(TEAM, "desk")
SECOND = timedelta(seconds=1)
LATER = datetime(2026, 11, 22, tzinfo=UTC)
IMPATIENT = SECOND  # so long a pager that hangs is waited for: one that answers does so in milliseconds
NEXT = Level(after=timedelta(minutes=5), target=Target(kind=TargetKind.USER, id="U0BOB00001"))


class Killed(BaseException):
    """The process died here."""


@dataclass
class Desk:
    """A receiver, and a bot that calls it."""

    receiver: Receiver
    clock: Clock
    memory: Memory
    door: Door
    put: int = 0
    dies_after: bool = False  # the next answer is not written down any more
    wakes: list[Wake] = field(default_factory=list)

    @property
    def exchange(self) -> Exchange:
        url = self.receiver.door.url
        night = PagerDuty(door=self.door, url=f"{url}{ENQUEUE}", routing_key=ROUTING_KEY, allow_private=True)
        desk = Webhook(door=self.door, url=f"{url}{HOOK}", secrets=(WEBHOOK_SECRET,), allow_private=True)

        async def mortal(body: PageBody, *, key: str, now: object) -> None:
            await night.send(body, key=key, now=self.clock())
            if self.dies_after:
                self.dies_after = False
                raise Killed

        return Exchange(memory=self.memory, pagers={"night": mortal, "desk": desk.send}, now=self.clock)

    async def respond(self, incident: int = 7) -> int:
        """Open a response that has called whoever is on call and will call the next in five minutes."""
        async with self.memory.transaction() as tx:
            number = await tx.responses.open(
                Response(
                    id=0,
                    incident=incident,
                    place=RELAYS,
                    opened_at=self.clock(),
                    pages=True,
                    policy=Policy(levels=(NEXT,)),
                    badness=Badness(rank=2),
                    step=0,
                    due=Due.CALL,
                    due_at=self.clock() + timedelta(minutes=5),
                )
            )
        assert number is not None
        return number

    async def say(self, response: int, *acts: str, place: Place = NIGHT) -> None:
        async with self.memory.transaction() as tx:
            for act in acts:
                self.put += 1
                body = page(act=act, response=response, incident=response, dedup_key=f"relaybot:{response}:0")
                notice = Notice(place=place, kind=Kind.CALL, cause=f"page:{self.put}", body=body, response=response)
                await tx.outbox.put(notice, now=self.clock())

    async def drain(self, place: Place = NIGHT, *, seconds: int = 0) -> None:
        """Call what is due now, and each second for so long: as tidy does."""
        await call(place, self.exchange)
        for _ in range(seconds):
            self.clock.move(SECOND)
            async with self.memory.reading() as tx:
                due = place in await tx.outbox.due_places(self.clock())
            if due:
                await call(place, self.exchange)

    def faults(self, *faults: Fault, times: int | None = 1) -> None:
        self.receiver.door.faults.plan(*faults, on="pagerduty", times=times)

    async def states(self) -> list[tuple[str, str]]:
        async with self.memory.reading() as tx:
            rows = await tx.outbox._connection.execute(
                select(NoticeRow.state, NoticeRow.code).where(NoticeRow.kind == Kind.CALL.value).order_by(NoticeRow.id)
            )
            return [(row.state, row.code) for row in rows]

    async def lines(self) -> list[LineBody]:
        """What the channel is told."""
        async with self.memory.transaction() as tx:
            claim = await tx.outbox.claim_place(RELAYS, now=self.clock(), lease=LEASE)
            assert claim is not None
            found = []
            while (row := await tx.outbox.next(claim, now=self.clock())) is not None:
                assert isinstance(row.body, LineBody)
                found.append(row.body)
                await tx.outbox.settle(row, claim, ts="1.1", now=self.clock())
            await tx.outbox.release(claim)
            return found

    async def response(self, number: int) -> Response:
        async with self.memory.reading() as tx:
            found = await tx.responses.get(number)
        assert found is not None
        return found


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    clock, wakes = Clock(), []

    async def wake(woken: frozenset[Wake]) -> None:
        wakes.extend(woken)

    receiver = Receiver(calendar=clock)
    await receiver.door.open()
    async with Door(total=IMPATIENT) as door:
        yield Desk(receiver=receiver, clock=clock, memory=Memory(database, wake=wake), door=door, wakes=wakes)
    await receiver.door.close()


async def test_a_call_its_ack_and_its_end_arrive_in_this_order(desk: Desk):
    number = await desk.respond()

    await desk.say(number, "trigger", "ack", "resolve")
    await desk.drain()

    (alert,) = desk.receiver.alerts
    assert (alert.key, alert.events) == (f"relaybot:{number}:0", ["trigger", "acknowledge", "resolve"])
    assert (alert.severity, alert.summary.split(" · ")[0]) == ("critical", "STOPPED main-en")
    assert await desk.states() == [("done", "")] * 3


async def test_a_webhook_is_signed_and_its_id_is_the_rows(desk: Desk):
    number = await desk.respond()
    desk.receiver.door.faults.plan(Drop(done=True), on="webhook")

    await desk.say(number, "trigger", "resolve", place=DESK)
    await desk.drain(DESK, seconds=2)

    assert [hooked.type for hooked in desk.receiver.hooks] == ["incident.triggered", "incident.resolved"]
    first, again, second = (entry.params["webhook-id"] for entry in desk.receiver.door.ledger)
    assert first == again != second  # sent twice, taken once
    assert "." not in first


# What stands in the way of the first attempts, how long that lasts, and how many requests reach the pager in all.
TROUBLES = [
    ("429 with Retry-After", [Fail("busy", status=429, retry_after=timedelta(seconds=7))], 8, 4),
    ("429 without", [Fail("busy", status=429)], 2, 4),
    ("503 with Retry-After", [Fail("down", status=503, retry_after=timedelta(seconds=7))], 8, 4),
    ("500", [Fail("broken", status=500)], 2, 4),
    ("500 though it was taken", [Fail("broken", status=500, done=True)], 2, 4),
    ("a break before", [Drop()], 2, 4),
    ("a break after", [Drop(done=True)], 2, 4),
    ("it hangs", [Hang()], 2, 4),
    ("it hangs with the call in hand", [Hang(done=True)], 2, 4),
    ("a page of a proxy", [Answer(status=502, body=b"<html>", verdict="HTTP 502")], 2, 4),
    ("one after another", [Drop(done=True), Fail("busy", status=429), Hang(done=True)], 9, 6),
]


@pytest.mark.parametrize(
    ("faults", "seconds", "requests"), [each[1:] for each in TROUBLES], ids=[each[0] for each in TROUBLES]
)
async def test_nothing_is_lost_or_doubled_and_the_order_is_kept(
    desk: Desk, faults: list[Fault], seconds: int, requests: int
):
    number = await desk.respond()
    desk.faults(*faults)

    await desk.say(number, "trigger", "ack", "resolve")
    await desk.drain(seconds=seconds)
    desk.receiver.door.faults.release()

    assert not desk.receiver.door.faults.is_planned  # the trouble was met
    assert [alert.key for alert in desk.receiver.alerts] == [f"relaybot:{number}:0"]
    events = list(dict.fromkeys(desk.receiver.alerts[0].events))
    assert events == ["trigger", "acknowledge", "resolve"]
    assert len(desk.receiver.door.ledger) == requests
    assert await desk.states() == [("done", "")] * 3


async def test_one_that_is_slow_but_in_time_is_waited_for(desk: Desk):
    number = await desk.respond()
    desk.faults(Delay(SECOND / 2))

    await desk.say(number, "trigger", "ack", "resolve")
    async with Door(total=60 * SECOND) as desk.door:
        await desk.drain()

    assert [alert.events for alert in desk.receiver.alerts] == [["trigger", "acknowledge", "resolve"]]
    assert len(desk.receiver.door.ledger) == 3
    assert await desk.states() == [("done", "")] * 3


async def test_a_pager_that_refuses_connections_has_it_once_it_is_back(desk: Desk):
    number = await desk.respond()
    await desk.receiver.door.shut()

    await desk.say(number, "trigger", "ack")
    await desk.drain(seconds=4)
    refused = await desk.states()
    await desk.receiver.door.reopen()
    await desk.drain(seconds=20)

    assert refused == [("pending", ""), ("pending", "")]
    assert [alert.events for alert in desk.receiver.alerts] == [["trigger", "acknowledge"]]
    assert await desk.states() == [("done", "")] * 2


async def test_retry_after_is_kept_in_the_row_but_for_no_longer_than_ten_minutes(desk: Desk):
    number = await desk.respond()
    desk.faults(Fail("busy", status=429, retry_after=timedelta(hours=3)))

    await desk.say(number, "trigger")
    await desk.drain()
    desk.clock.move(LONGEST_WAIT - SECOND)
    await desk.drain()
    early = len(desk.receiver.alerts)
    desk.clock.move(SECOND)
    await desk.drain()

    assert (early, len(desk.receiver.alerts)) == (0, 1)


async def test_a_call_that_waits_holds_up_nobody_elses(desk: Desk):
    first, second = await desk.respond(7), await desk.respond(8)
    desk.faults(Fail("busy", status=429, retry_after=timedelta(minutes=5)))

    await desk.say(first, "trigger", "ack")
    await desk.drain()
    await desk.say(second, "trigger", "ack")
    await desk.drain(seconds=1)

    assert [(alert.key, alert.state) for alert in desk.receiver.alerts] == [(f"relaybot:{second}:0", "acknowledged")]


async def test_whoever_dies_after_it_was_taken_has_it_sent_again_and_it_is_one(desk: Desk):
    number = await desk.respond()
    await desk.say(number, "trigger", "ack")
    desk.dies_after = True

    with pytest.raises(Killed):
        await desk.drain()
    desk.clock.move(LEASE + SECOND)
    await desk.drain()

    (alert,) = desk.receiver.alerts
    assert alert.events == ["trigger", "trigger", "acknowledge"]
    assert await desk.states() == [("done", "")] * 2


async def test_whose_claim_is_over_sends_nothing(desk: Desk):
    """A process that stood still must not open again what another has ended meanwhile."""
    number = await desk.respond()
    await desk.say(number, "trigger")
    late = replace(desk.exchange, monotonic=iter([0.0, 60.0, *([60.0] * 50)]).__next__)

    await call(NIGHT, late)

    assert [alert.events for alert in desk.receiver.alerts] == [["trigger"]]  # with its second claim, not its first
    assert len(desk.receiver.door.ledger) == 1


async def test_two_processes_at_once_call_once(desk: Desk):
    numbers = [await desk.respond(incident) for incident in (7, 8, 9)]
    for number in numbers:
        await desk.say(number, "trigger", "ack")

    await asyncio.gather(*(call(NIGHT, desk.exchange) for _ in range(4)))

    assert [alert.events for alert in desk.receiver.alerts] == [["trigger", "acknowledge"]] * 3
    assert len(desk.receiver.door.ledger) == 6


@pytest.mark.parametrize(
    ("since", "states", "events"),
    [
        ({"ack_until": LATER, "acked_by": "U0ANN00001"}, [("dropped", ""), ("done", "")], []),
        ({"closed_at": LATER}, [("dropped", ""), ("done", "")], []),
        ({}, [("done", ""), ("done", "")], [["trigger", "resolve"]]),
    ],
    ids=["somebody has it in hand", "it is over", "nobody did anything"],
)
async def test_a_call_that_may_have_arrived_is_made_again_unless_nobody_needs_it(
    desk: Desk, since: dict[str, Any], states: list[tuple[str, str]], events: list[list[str]]
):
    number = await desk.respond()
    desk.faults(Drop())
    await desk.say(number, "trigger")
    await desk.drain()
    unsure = await desk.states()
    async with desk.memory.transaction() as tx:
        await tx.responses.save(replace(await desk.response(number), **since))
    await desk.say(number, "resolve")
    await desk.drain(seconds=3)

    assert unsure == [("unsure", "")]
    assert await desk.states() == states
    assert [alert.events for alert in desk.receiver.alerts] == events


async def test_what_is_refused_for_good_is_told_and_the_next_level_is_called_now(desk: Desk):
    number = await desk.respond()
    desk.faults(Fail("invalid event", status=400))

    await desk.say(number, "trigger")
    await desk.drain()

    assert await desk.states() == [("parked", "HTTP 400")]
    (line,) = await desk.lines()
    assert (line.key, dict(line.values)["name"], dict(line.values)["code"]) == (
        "pager_refused_next",
        "night",
        "HTTP 400",
    )
    response = await desk.response(number)
    assert (response.due, response.due_at, response.step) == (Due.CALL, desk.clock(), 0)


async def test_where_there_is_no_next_level_none_is_promised(desk: Desk):
    number = await desk.respond()
    async with desk.memory.transaction() as tx:
        await tx.responses.save(replace(await desk.response(number), policy=Policy()))
    desk.faults(Fail("invalid event", status=400))

    await desk.say(number, "trigger")
    await desk.drain()

    assert [line.key for line in await desk.lines()] == ["pager_refused"]
    assert (await desk.response(number)).due_at == desk.clock() + timedelta(minutes=5)


async def test_what_may_be_mended_is_tried_for_half_a_minute_first(desk: Desk):
    """An address that is just being deployed answers 404; a key that is being changed, 403."""
    number = await desk.respond()
    desk.faults(Fail("not there", status=404), times=PUZZLED_TRIES)

    await desk.say(number, "trigger")
    await desk.drain(seconds=40)

    assert await desk.states() == [("parked", "HTTP 404")]
    assert [line.key for line in await desk.lines()] == ["pager_silent_next", "pager_refused"]


async def test_a_pager_that_is_silent_three_times_has_the_next_level_called_once(desk: Desk):
    number = await desk.respond()
    desk.faults(Fail("down", status=503), times=TELLING_TRY + 2)

    await desk.say(number, "trigger")
    await desk.drain(seconds=2)
    before = (await desk.response(number)).due_at
    await desk.drain(seconds=40)

    assert before == desk.clock() + timedelta(minutes=5) - 42 * SECOND
    assert [line.key for line in await desk.lines()] == ["pager_silent_next"]
    due_at = (await desk.response(number)).due_at
    assert due_at is not None
    assert due_at < before
    assert [alert.events for alert in desk.receiver.alerts] == [["trigger"]]


async def test_one_that_is_silent_is_told_also_where_whoever_called_the_third_time_died_of_it(desk: Desk):
    number = await desk.respond()
    desk.faults(Fail("down", status=503), times=TELLING_TRY - 1)
    await desk.say(number, "trigger")
    await desk.drain(seconds=2)

    desk.dies_after = True
    with pytest.raises(Killed):
        await desk.drain(seconds=4)
    desk.faults(Fail("down", status=503), times=3)
    desk.clock.move(LEASE + SECOND)
    await desk.drain(seconds=40)

    assert [line.key for line in await desk.lines()] == ["pager_silent_next"]
    due_at = (await desk.response(number)).due_at
    assert due_at is not None
    assert due_at <= desk.clock()


async def test_what_comes_of_a_call_that_is_refused_is_told_and_calls_nobody(desk: Desk):
    number = await desk.respond()
    await desk.say(number, "trigger")
    await desk.drain()
    before = await desk.response(number)
    desk.faults(Fail("invalid event", status=400))

    await desk.say(number, "ack")
    await desk.drain()

    assert [line.key for line in await desk.lines()] == ["pager_behind"]
    assert await desk.response(number) == before


async def test_a_pager_that_is_not_configured_any_more_is_told(desk: Desk):
    number = await desk.respond()

    await desk.say(number, "trigger", place=pager(TEAM, "gone"))
    await desk.drain(pager(TEAM, "gone"))

    assert await desk.states() == [("parked", "no_such_pager")]
    assert [line.key for line in await desk.lines()] == ["pager_refused_next"]


async def test_a_team_that_took_the_app_out_is_not_called(desk: Desk):
    number = await desk.respond()
    async with desk.memory.transaction() as tx:
        await tx.channels.pause(Place(team=TEAM, channel=""), "uninstalled", now=desk.clock())

    await desk.say(number, "trigger")
    await desk.drain()

    assert (desk.receiver.alerts, await desk.states()) == ([], [("pending", "")])


async def test_no_secret_is_in_the_database_the_log_or_what_is_shown(desk: Desk, caplog: pytest.LogCaptureFixture):
    number = await desk.respond()
    desk.faults(Fail("down", status=503), times=TELLING_TRY)

    await desk.say(number, "trigger", "ack")
    await desk.drain(seconds=10)

    async with desk.memory.reading() as tx:
        rows = (await tx.outbox._connection.execute(select(NoticeRow))).all()
    shown = f"{rows!r} {caplog.text} {desk.exchange!r} {desk.receiver.door.ledger.entries!r}"
    assert "pager:night" in shown
    assert not any(secret in shown for secret in SECRETS)


async def test_whatever_goes_wrong_each_call_arrives_once_and_in_order(desk: Desk):
    """Eight calls with their ends, while half of all requests meet something."""
    seed = 20261121
    dice = random.Random(seed)  # noqa: S311 - chance, not secrecy
    kinds = (
        Drop,
        lambda: Drop(done=True),
        lambda: Fail("busy", status=429, retry_after=timedelta(seconds=dice.randint(1, 5))),
        lambda: Fail("down", status=503, done=dice.random() < 0.5),
    )
    numbers = [await desk.respond(incident) for incident in range(1, 9)]
    for number in numbers:
        await desk.say(number, "trigger")
    for _ in range(24):
        desk.receiver.door.faults.plan(dice.choice(kinds)(), on="pagerduty", when=lambda: dice.random() < 0.5)
    await desk.drain(seconds=15)
    for number in numbers:
        await desk.say(number, "ack", "resolve")
    await desk.drain(seconds=60)
    desk.receiver.door.faults.clear()
    await desk.drain(seconds=70)

    assert set(await desk.states()) == {("done", "")}
    assert sorted(alert.key for alert in desk.receiver.alerts) == sorted(f"relaybot:{number}:0" for number in numbers)
    for alert in desk.receiver.alerts:
        assert list(dict.fromkeys(alert.events)) == ["trigger", "acknowledge", "resolve"]
        assert alert.state == "resolved"
