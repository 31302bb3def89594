"""Erasing: afterwards no row of any table holds what was forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Text, cast, func, select

from bot.domain.calendar import Booking, Calendar
from bot.domain.drill import plan
from bot.domain.notice import Kind
from bot.domain.response import Due, Policy
from bot.domain.rota import Rota, Target, TargetKind
from bot.domain.subscription import ChannelSettings, Place, Wish
from bot.store.cards import of_page
from bot.store.channels import ARCHIVED, UNINSTALLED
from bot.store.tables import CardRow, NoticeRow, Table
from tests.bot.store.given import ALIYUN, NOW, SHANGHAI, after, known, news, notice, ref, response, rota, single

if TYPE_CHECKING:
    from bot.store.database import Database
    from bot.store.memory import Memory, Tx

US, THEM = Place(team="T1", channel="C1"), Place(team="T2", channel="C2")
BESIDE = Place(team="T1", channel="C3")
DIRECT = Place(team="T1", channel="D1")


async def fill(tx: Tx, place: Place, user: str, *tasks: str) -> None:
    """Put something of a person in a channel into every table that holds Slack's ids."""
    for task in tasks:
        await tx.subscriptions.put(place, single(task), by=user, now=NOW)
        followed = await tx.tasks.follow(ref(task), provider="aliyun", known=known(task), due_at=NOW)
        await tx.changes.add(followed.id, news())
        await tx.incidents.open(account=ALIYUN, region=SHANGHAI, task=followed.id, opened_at=NOW, why="stopped")
        await tx.cards.put(place, task=followed.id, ts="1.1")
        await tx.names.put(place.team, f"{place.channel}-{task}".lower(), followed.id)
        await tx.outbox.put(notice(f"change:{task}", Kind.REPLY, place=place, task=followed.id), now=NOW)
    await tx.sweeps.ensure(ALIYUN, SHANGHAI, due_at=NOW)
    await tx.outbox.put(notice("line", place=place), now=NOW)
    await tx.outbox.put(notice("direct", Kind.DIRECT, place=place, user=user), now=NOW)
    await tx.channels.set(place, ChannelSettings(digest=False), by=user, now=NOW)
    await tx.outbox.claim_place(place, now=NOW, lease=timedelta(seconds=30))
    await tx.mutes.put(place, account=ALIYUN, task=None, owner=user, begins_at=NOW, ends_at=after(60), now=NOW)
    await tx.rotas.save(place, rota(user), due_at=NOW, by=user, now=NOW, version=0)
    await tx.responses.open(response(incident=9_000, place=place, acked_by=user, called=(user,)))
    await tx.drills.begin(plan(place, user, whom=None, has_rota=False, pagers=(), now=NOW))
    await tx.audit.record(
        at=NOW,
        team_id=place.team,
        user_id=user,
        channel_id=place.channel,
        verb="mute",
        subject="aliyun",
        outcome="done",
        why="",
    )


async def holding(database: Database, **values: str) -> set[str]:
    """Name the tables that hold a row with all of these values."""
    found = set()
    async with database.reading() as connection:
        for table in Table.metadata.sorted_tables:
            if not set(values) <= set(table.c.keys()):
                continue
            rows = select(func.count()).select_from(table).filter_by(**values)
            if await connection.scalar(rows):
                found.add(table.name)
    return found


async def mentioning(database: Database, text: str) -> set[str]:
    """Name the columns that hold a text anywhere in them."""
    async with database.reading() as connection:
        return {
            f"{table.name}.{column.name}"
            for table in Table.metadata.sorted_tables
            for column in table.c
            if await connection.scalar(
                select(func.count()).select_from(table).where(cast(column, Text).contains(text, autoescape=True))
            )
        }


OF_A_CHANNEL = {"audits", "cards", "channels", "drills", "mutes", "notices", "responses", "rotas", "subscriptions"}
OF_A_PERSON = OF_A_CHANNEL - {"cards", "responses"}


def test_every_table_that_holds_ids_of_slack_is_known_here():
    """Who adds a table fills it above, or the tests below would prove nothing about it."""
    tables = {
        name: {table.name for table in Table.metadata.sorted_tables if name in table.c}
        for name in ("team_id", "channel_id", "user_id")
    }

    assert tables == {"team_id": OF_A_CHANNEL | {"names"}, "channel_id": OF_A_CHANNEL, "user_id": OF_A_PERSON}


async def test_of_a_forgotten_team_no_row_is_left_and_of_the_others_all(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await fill(tx, US, "U1", "ours", "shared")
        await fill(tx, THEM, "U2", "theirs", "shared")
    before = await holding(database, team_id="T1")
    async with memory.transaction() as tx:
        await tx.forget.team("T1", now=after(1))

    async with memory.reading() as tx:
        left = [task.ref.task_id for task in await tx.tasks.of_region(ALIYUN, SHANGHAI)]
    assert before == OF_A_CHANNEL | {"names"}
    assert await holding(database, team_id="T1") == set()
    assert await mentioning(database, "ours") == set()
    assert await holding(database, team_id="T2") == before
    assert sorted(left) == ["shared", "theirs"]


async def test_of_a_forgotten_channel_no_row_is_left_and_of_its_team_the_rest(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await fill(tx, US, "U1", "ours", "shared")
        await fill(tx, BESIDE, "U1", "theirs", "shared")
        await tx.names.remove("T1", "c1-ours")
        await tx.subscriptions.put(US, Wish(account=ALIYUN, match="x"), by="U1", now=NOW)
    before = await holding(database, team_id="T1", channel_id="C1")
    async with memory.transaction() as tx:
        await tx.forget.channel(US, now=after(1))

    assert before == OF_A_CHANNEL
    assert await holding(database, team_id="T1", channel_id="C1") == set()
    assert await mentioning(database, "ours") == set()
    assert await holding(database, team_id="T1", channel_id="C3") == OF_A_CHANNEL
    assert "tasks.task_id" in await mentioning(database, "shared")


async def test_a_task_that_the_team_gave_a_name_rests_when_its_only_channel_goes(memory: Memory):
    async with memory.transaction() as tx:
        await fill(tx, US, "U1", "ours")
        await tx.forget.channel(US, now=after(1))
        followed = await tx.tasks.of_region(ALIYUN, SHANGHAI)
        named = await tx.names.get("T1", "c1-ours")
        sweep = await tx.sweeps.get(ALIYUN, SHANGHAI)

    assert followed == []
    assert named is not None
    assert sweep is None  # nothing is followed there any more


async def test_of_a_forgotten_person_no_row_is_left_and_the_channels_still_follow(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await fill(tx, US, "U1", "ours")
        await fill(tx, DIRECT, "U1", "mine")
        await fill(tx, BESIDE, "U2", "theirs")
        await fill(tx, THEM, "U1", "strange")  # the same id in another team is another person
        await tx.outbox.put(notice("other", Kind.DIRECT, place=Place(team="T1", channel="U1"), user="U1"), now=NOW)
    before = await holding(database, team_id="T1", user_id="U1")
    async with memory.transaction() as tx:
        await tx.forget.user("T1", "U1", now=after(1))

    async with memory.reading() as tx:
        (subscription,) = await tx.subscriptions.of_place(US)
        settings = await tx.channels.settings(US)
    assert before == OF_A_PERSON
    assert await holding(database, team_id="T1", user_id="U1") == set()
    assert await holding(database, team_id="T1", channel_id="D1") == set()
    assert await holding(database, team_id="T1", channel_id="U1") == set()
    assert await holding(database, team_id="T2", user_id="U1") == OF_A_PERSON
    assert subscription.created_by == ""
    assert settings == ChannelSettings(digest=False)


async def test_a_forgotten_person_is_in_no_notices_text(memory: Memory, database: Database):
    async with memory.transaction() as tx:
        await tx.outbox.put(notice("line:1"), now=NOW)  # its body says that U1 did it
        before = await mentioning(database, "U1")
        await tx.forget.user("T1", "U11", now=NOW)
        by_a_longer_id = await mentioning(database, "U1")
    async with memory.transaction() as tx:
        await tx.forget.user("T1", "U1", now=NOW)

    assert await mentioning(database, "U1") == set()
    assert by_a_longer_id == before


def named(calendar: str) -> Rota:
    return Rota(base=Target(kind=TargetKind.CALENDAR, id=calendar))


async def test_a_forgotten_person_is_on_call_nowhere_and_has_nothing_in_hand(memory: Memory, database: Database):
    booking = Booking(user="U1", begins_at=NOW, ends_at=after(60))
    ack = {"acked_by": "U1", "acked_at": NOW, "ack_until": after(60), "due": Due.REMIND, "due_at": after(60)}

    async with memory.transaction() as tx:
        for place in (US, BESIDE):
            await tx.rotas.save(place, rota("U1", "U2", level="U1"), due_at=after(60), by="U1", now=NOW, version=0)
        await tx.calendars.save(Calendar(name="ops", bookings=(booking,), fetched_at=NOW))
        await tx.rotas.save(Place(team="T1", channel="C4"), named("ops"), due_at=None, by="U2", now=NOW, version=0)
        await tx.responses.open(response(1, **ack))
        await tx.responses.open(response(2, assigned_to="U1", called=("U1",), due=Due.CALL, due_at=after(60)))
        await tx.responses.open(response(3, policy=Policy(levels=rota("U2", level="U1").levels)))
        await tx.responses.open(response(4, acked_by="U1", called=("U1",), closed_at=NOW))
        await tx.outbox.put(notice("page:1:0.0", Kind.DIRECT, place=US, user="U1", response=1), now=NOW)
    before = {column.partition(".")[0] for column in await mentioning(database, "U1")}
    async with memory.transaction() as tx:
        await tx.forget.user("T1", "U1", now=after(1))
    async with memory.reading() as tx:
        (first, second) = await tx.responses.due(after(1))
        calendars = await tx.calendars.get(["ops"])
        kept = await tx.rotas.get(US)

    assert before == {"calendars", "notices", "responses", "rotas"}
    assert await mentioning(database, "U1") == set()
    assert [(each.incident, each.due, each.due_at) for each in (first, second)] == [
        (1, Due.CALL, after(1)),
        (2, Due.CALL, after(1)),
    ]
    assert calendars["ops"].bookings == ()
    assert kept is not None
    assert kept.rota.covers[0].user == "U2"


async def test_with_a_channel_its_calls_to_people_and_pagers_go(memory: Memory, database: Database):
    pager = Place(team="T1", channel="pager:ops")

    async with memory.transaction() as tx:
        ours = await tx.responses.open(response(place=US))
        theirs = await tx.responses.open(response(place=BESIDE))
        for number in (ours, theirs):
            await tx.outbox.put(notice(f"page:{number}:0.0", Kind.CALL, place=pager, response=number), now=NOW)
            await tx.cards.put_subject(Place(team="T1", channel="U1"), of_page(number or 0, 1), ts="1.1")
        await tx.forget.channel(US, now=after(1))
    async with database.reading() as connection:
        left = list(await connection.scalars(select(NoticeRow.response)))
        shown = list(await connection.scalars(select(CardRow.subject)))

    assert (left, shown) == ([theirs], [of_page(theirs or 0, 1)])


@pytest.mark.parametrize("whole_team", [True, False])
async def test_a_calendar_goes_with_the_last_rota_that_names_it(
    memory: Memory,
    database: Database,
    whole_team: bool,  # noqa: FBT001
):
    async with memory.transaction() as tx:
        for name, user in (("ours", "U1"), ("shared", "U3")):
            booking = Booking(user=user, begins_at=NOW, ends_at=after(60))
            await tx.calendars.save(Calendar(name=name, bookings=(booking,), fetched_at=NOW))
        for place, name in ((US, "ours"), (Place(team="T1", channel="C4"), "ours"), (THEM, "shared")):
            await tx.rotas.save(place, named(name), due_at=None, by="U2", now=NOW, version=0)
        if whole_team:
            await tx.forget.team("T1", now=NOW)
        else:
            await tx.forget.channel(US, now=NOW)
        left = sorted(await tx.calendars.get(["ours", "shared"]))

    assert left == (["shared"] if whole_team else ["ours", "shared"])
    assert (await mentioning(database, "U1") == set()) == whole_team


@pytest.mark.parametrize(
    ("days", "left"),
    [(7, ["C1", "C2"]), (8, ["C1"]), (31, [])],
)
async def test_what_has_been_gone_for_long_is_erased(memory: Memory, days: int, left: list[str]):
    async with memory.transaction() as tx:
        await tx.subscriptions.put(US, single(), by="U1", now=NOW)
        await tx.subscriptions.put(THEM, single(), by="U2", now=NOW)
        await tx.channels.pause(US, ARCHIVED, now=NOW)
        await tx.channels.pause(Place(team="T2", channel=""), UNINSTALLED, now=NOW)

    await memory.trim(NOW + timedelta(days=days))
    async with memory.reading() as tx:
        found = [each.place.channel for team in ("T1", "T2") for each in await tx.subscriptions.of_team(team)]

    assert found == left
