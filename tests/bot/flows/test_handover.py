"""
Hand-overs: told once, whoever is first and however late; gaps are warned of, the deactivated leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from bot.domain.calendar import Booking, Calendar
from bot.domain.handling import Handling
from bot.domain.notice import Kind, LineBody, Notice, PageBody, from_json
from bot.domain.response import Badness, Due, Policy, Response
from bot.domain.rota import Cover, Level, Rota, Target, TargetKind, Turns, on_call
from bot.flows.escalate import Reach
from bot.flows.handover import Handovers
from bot.sandbox.clock import Clock
from bot.store.memory import Memory
from bot.store.tables import NoticeRow
from tests.bot.flows.world import ALI, SHOW, open_world, script
from tests.bot.pager.pages import page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.store.database import Database

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def user(name: str) -> Target:
    return Target(kind=TargetKind.USER, id=name)


FEED = Target(kind=TargetKind.CALENDAR, id="ops")


def turns(
    *people: str, zone: str = "UTC", at: time = time(9), every: int = 7, begins: date = date(2026, 11, 16)
) -> Rota:
    return Rota(base=Turns(people=people, every=every, at=at, zone=zone, begins=begins))


@dataclass
class Shifts:
    """A channel's rota, and the beat that hands over, with what Slack would say of people."""

    memory: Memory
    database: Database
    clock: Clock
    gone: set[str] = field(default_factory=set)
    put: list[tuple[str, str]] = field(default_factory=list)
    held: tuple[str, ...] | None = None  # by the user group; None: Slack does not say
    refuses: str = ""

    def beat(self, *, groups: dict[str, str] | None = None) -> Callable[[], Awaitable[None]]:
        async def unfit(_team: str, name: str) -> Any:
            return "deactivated" if name in self.gone else None

        async def members(_team: str, _group: str) -> tuple[str, ...] | None:
            return self.held

        async def put(group: str, name: str) -> str:
            self.put.append((group, name))
            self.held = self.held if self.refuses else (name,)
            return self.refuses

        return Handovers(
            memory=self.memory,
            accounts={},
            reach=Reach(unfit=unfit, members=members, pagers=lambda _: ()),
            groups=groups or {},
            put=put,
            now=self.clock,
        ).beat

    async def keep(self, rota: Rota, *calendars: Calendar) -> None:
        """Set a rota, as the command does."""
        now = self.clock.now
        async with self.memory.transaction() as tx:
            for calendar in calendars:
                await tx.calendars.save(calendar)
            told = on_call(rota, now, {each.name: each for each in calendars}).who
            kept = await tx.rotas.get(SHOW)
            version = 0 if kept is None else kept.version
            saved = await tx.rotas.save(
                SHOW, replace(rota, told=told), due_at=now, by="U0ADA", now=now, version=version
            )
            assert saved

    async def rota(self) -> Rota:
        async with self.memory.reading() as tx:
            kept = await tx.rotas.get(SHOW)
        assert kept is not None
        return kept.rota

    async def told(self, *, to: str = SHOW.channel) -> list[tuple[str, dict[str, str]]]:
        async with self.database.reading() as connection:
            rows = list(await connection.execute(select(NoticeRow).order_by(NoticeRow.id)))
        kind = Kind.LINE if to == SHOW.channel else Kind.DIRECT
        bodies = [from_json(row.body) for row in rows if row.channel_id == to and row.kind == kind]
        return [(body.key, dict(body.values)) for body in bodies if isinstance(body, LineBody)]


@pytest.fixture
def shifts(database: Database) -> Shifts:
    async def asleep(_wakes: object) -> None: ...

    return Shifts(memory=Memory(database, wake=asleep), database=database, clock=Clock(MONDAY))


async def test_a_change_of_shift_is_one_line_and_a_message_to_both(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2"))
    beat = shifts.beat()
    await beat()
    before = await shifts.told()
    shifts.clock.move(HOUR)
    await beat()
    await beat()

    assert before == []
    assert await shifts.told() == [("handover", {"who": "U2", "before_who": "U1", "more": ""})]
    assert await shifts.told(to="U2") == [
        ("duty_begins", {"channel": SHOW.channel, "more": "", "until_at": "2026-11-30T09:00:00+00:00"})
    ]
    assert await shifts.told(to="U1") == [("duty_ends", {"channel": SHOW.channel, "more": ""})]


async def test_a_paused_channel_reads_of_no_change_when_it_comes_back(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2", every=1, begins=date(2026, 11, 22)))
    beat = shifts.beat()
    async with shifts.memory.transaction() as tx:
        await tx.channels.pause(SHOW, "is_archived", now=shifts.clock.now)
    for _ in range(3):
        shifts.clock.move(DAY)
        await beat()
    kept = await shifts.rota()

    assert await shifts.told() == []
    assert kept.told == user("U2")
    assert [key for key, _ in await shifts.told(to="U2")] == ["duty_begins", "duty_ends", "duty_begins"]


async def test_of_two_processes_one_tells_it(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2"))
    shifts.clock.move(HOUR)
    async with shifts.memory.reading() as tx:
        (due,) = await tx.rotas.due(shifts.clock.now)
    await shifts.beat()()
    other: Any = shifts.beat().__self__  # type: ignore[attr-defined] # the beat of another process, that read it too
    await other._look(due, ())

    assert [key for key, _ in await shifts.told()] == ["handover"]


async def test_after_a_night_away_the_last_change_is_told_once_and_how_late(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2", "U3", every=1, begins=date(2026, 11, 22)))
    beat = shifts.beat()
    await beat()
    shifts.clock.move(DAY + 3 * HOUR)  # Tuesday, 11:00: U2 came and went
    await beat()
    await beat()

    assert await shifts.told() == [
        ("handover", {"who": "U3", "before_who": "U1", "more": " Told 2 h late: I was not there."})
    ]


async def test_the_night_the_clocks_change_has_one_hand_over(shifts: Shifts) -> None:
    """In New York 2:30 does not come on 14 March 2027: the next one takes over at three."""
    shifts.clock.move(datetime(2027, 3, 13, 12, 0, tzinfo=UTC) - MONDAY)
    await shifts.keep(turns("U1", "U2", zone="America/New_York", at=time(2, 30), every=1, begins=date(2027, 3, 12)))
    beat = shifts.beat()
    seen: list[tuple[datetime, str]] = []
    for _ in range(48 * 2):
        shifts.clock.move(30 * MINUTE)
        before = len(await shifts.told())
        await beat()
        seen += [(shifts.clock.now, values["who"]) for _, values in (await shifts.told())[before:]]

    assert seen == [
        (datetime(2027, 3, 14, 7, 0, tzinfo=UTC), "U1"),
        (datetime(2027, 3, 15, 6, 30, tzinfo=UTC), "U2"),
    ]


async def test_a_gap_is_told_when_it_begins_and_when_it_ends(shifts: Shifts) -> None:
    cover = Cover(user="U1", begins_at=MONDAY, ends_at=MONDAY + 30 * MINUTE, by="U0ADA")
    later = Cover(user="U2", begins_at=MONDAY + HOUR / 4 * 3, ends_at=MONDAY + 9 * HOUR, by="U0ADA")
    await shifts.keep(Rota(covers=(cover, later)))
    beat = shifts.beat()
    for _ in range(3):
        shifts.clock.move(15 * MINUTE)
        await beat()
    kept = await shifts.rota()

    assert [key for key, _ in await shifts.told()] == ["handover_gap", "handover_first"]
    assert kept.covers == (later,)


async def test_gaps_ahead_are_warned_of_once_a_day(shifts: Shifts) -> None:
    gap = Cover(user="U1", begins_at=MONDAY, ends_at=MONDAY + 10 * DAY, by="U0ADA")
    await shifts.keep(Rota(covers=(gap,)))
    beat = shifts.beat()
    for _ in range(2 * 24):
        shifts.clock.move(HOUR)
        await beat()
    ends = (MONDAY + 10 * DAY).isoformat()

    assert await shifts.told() == [("gap_open", {"from_at": ends, "more": ""})] * 2


async def test_a_calendar_that_says_otherwise_hands_over_and_its_age_is_told(shifts: Shifts) -> None:
    def read(who: str, at: datetime) -> Calendar:
        booking = Booking(user=who, begins_at=MONDAY - DAY, ends_at=MONDAY + 90 * DAY)
        return Calendar(name="ops", bookings=(booking,), fetched_at=at)

    await shifts.keep(Rota(base=FEED), read("U1", MONDAY))
    beat = shifts.beat()
    await beat()
    async with shifts.memory.transaction() as tx:
        await tx.calendars.save(read("U2", MONDAY + MINUTE))
    shifts.clock.move(5 * MINUTE)
    await beat()
    shifts.clock.move(2 * DAY)
    await beat()

    assert await shifts.told() == [
        ("handover", {"who": "U2", "before_who": "U1", "more": " Calendar ops was read 4 min ago."}),
        ("calendar_stale", {"name": "ops", "age": "2 d", "more": ""}),
    ]


async def test_a_deactivated_person_leaves_the_rota_and_the_next_level_is_told(shifts: Shifts) -> None:
    rota = replace(turns("U1", "U2"), levels=(Level(after=5 * MINUTE, target=user("U3")),))
    await shifts.keep(rota)
    shifts.gone.add("U1")
    beat = shifts.beat()
    await beat()
    await beat()
    kept = await shifts.rota()

    assert isinstance(kept.base, Turns)
    assert kept.base.people == ("U2", "U2")
    assert await shifts.told() == [
        ("rota_left", {"who": "U1"}),
        ("handover_first", {"who": "U2", "more": ""}),
    ]
    for other in ("U2", "U3", "U0ADA"):
        assert ("duty_deactivated", {"channel": SHOW.channel, "who": "U1"}) in await shifts.told(to=other)


async def test_what_a_deactivated_person_had_in_hand_goes_on_at_once(shifts: Shifts) -> None:
    now, until = shifts.clock.now, shifts.clock.now + 30 * MINUTE
    acked = Response(
        id=0,
        incident=7,
        place=SHOW,
        opened_at=now,
        pages=True,
        policy=Policy(),
        badness=Badness(rank=2),
        step=0,
        due=Due.REMIND,
        due_at=until,
        acked_by="U1",
        acked_at=now,
        ack_until=until,
    )
    await shifts.keep(turns("U1", "U2"))
    async with shifts.memory.transaction() as tx:
        number = await tx.responses.open(acked)
        assert number is not None
    shifts.gone.add("U1")
    await shifts.beat()()
    async with shifts.memory.reading() as tx:
        found = await tx.responses.get(number)

    assert found is not None
    assert (found.acked_by, found.is_acked, found.due, found.due_at) == ("", False, Due.CALL, now)


async def test_what_a_deactivated_person_had_in_hand_is_shown_as_nobodys(shifts: Shifts) -> None:
    now = shifts.clock.now
    assigned = Response(
        id=0,
        incident=7,
        place=SHOW,
        opened_at=now,
        pages=True,
        policy=Policy(),
        badness=Badness(rank=2),
        step=0,
        due=Due.CALL,
        due_at=now + HOUR,
        assigned_to="U1",
    )
    await shifts.keep(turns("U1", "U2"))
    async with shifts.memory.transaction() as tx:
        number = await tx.responses.open(assigned)
        assert number is not None
        body = page(response=number, incident=7)
        await tx.outbox.put(Notice(place=SHOW, kind=Kind.PAGE, cause="page", body=body, response=number), now=now)
    async with shifts.database.writing() as connection:
        await connection.execute(update(NoticeRow).values(state="done", settled_at=now, ts="1.1"))
    shifts.gone.add("U1")
    await shifts.beat()()
    async with shifts.database.reading() as connection:
        edits = [from_json(row.body) for row in await connection.execute(select(NoticeRow)) if row.card]

    assert [isinstance(edit, PageBody) and edit.handling for edit in edits] == [Handling(response=number, version=1)]


async def test_a_user_group_holds_whoever_is_on_call_where_an_operator_wants_that(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2"))
    beat = shifts.beat(groups={SHOW.channel: "S0OPS"})
    await beat()
    shifts.clock.move(HOUR)
    await beat()

    assert shifts.put == [("S0OPS", "U1"), ("S0OPS", "U2")]


async def test_a_user_group_holds_whoever_comes_back_too_whichever_process_tells_it(shifts: Shifts) -> None:
    await shifts.keep(turns("U1", "U2", every=1))
    one, other = (shifts.beat(groups={SHOW.channel: "S0OPS"}) for _ in range(2))
    await one()
    shifts.clock.move(HOUR)
    await other()
    shifts.clock.move(DAY)
    await one()
    await other()

    assert [name for _, name in shifts.put] == ["U1", "U2", "U1"]
    assert shifts.held == ("U1",)


async def test_why_slack_keeps_a_user_group_as_it_is_is_said_once(shifts: Shifts) -> None:
    shifts.refuses = "permission_denied"
    await shifts.keep(turns("U1", "U2"))
    beat = shifts.beat(groups={SHOW.channel: "S0OPS"})
    await beat()
    shifts.clock.move(HOUR)
    await beat()
    failed = [values for key, values in await shifts.told() if key == "group_failed"]

    assert shifts.put == [("S0OPS", "U1"), ("S0OPS", "U2")]
    assert failed == [{"code": "permission_denied", "who": "U1"}]


async def test_a_hand_over_names_the_incidents_that_are_open(database: Database) -> None:
    async with open_world(database, script("a")) as world:
        await world.follow("a")
        await world.passes(40)
        world.say("a", "3", "RetryTimesOffline")
        await world.passes(20)
        shifts = Shifts(memory=world.memory, database=database, clock=world.clock)
        rota = Rota(covers=(Cover(user="U2", begins_at=world.clock.now + MINUTE, ends_at=MONDAY + 999 * DAY, by="U1"),))
        await shifts.keep(replace(rota, base=user("U1")))
        beat = shifts.beat()
        world.clock.move(MINUTE)
        await beat()
        (opened,) = await world.incidents()
        told = [values for key, values in await shifts.told() if key == "handover"]

    assert told == [{"who": "U2", "before_who": "U1", "more": f" Open here: #{opened.id} name-a."}]
    assert opened.account == ALI
