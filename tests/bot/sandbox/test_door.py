from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from bot.sandbox.door import Call, Door
from bot.sandbox.faults import Answer, Delay, Drop, Fail, Fault, Faults, Hang, Strike, Truncate, html, misshapen

if TYPE_CHECKING:
    from bot.sandbox.clock import Clock

WHOLE = b'{"said": "all of it"}'


class Work:
    """A server that counts how often it did its work."""

    def __init__(self, clock: Clock) -> None:
        self.done = 0
        self.door = Door(
            answer=self.answer,
            fail=lambda fault, _call: Answer(status=fault.status or 400, body=fault.code.encode(), verdict=fault.code),
            label=lambda call: (call.path, {}),
            calendar=clock,
            monotonic=clock.monotonic,
        )
        self.faults, self.ledger = self.door.faults, self.door.ledger

    def answer(self, _call: Call):
        self.done += 1
        return Answer(body=WHOLE)


@pytest.fixture
async def work(clock: Clock):
    work = Work(clock)
    await work.door.open()
    yield work
    await work.door.close()


@pytest.fixture
async def http(work: Work):
    async with httpx.AsyncClient(base_url=work.door.url, timeout=5.0) as http:
        yield http


async def test_it_listens_on_this_machine_only(work: Work):
    bound = [socket.getsockname()[0] for socket in work.door._site._server.sockets]

    assert bound == ["127.0.0.1"]


async def test_its_date_is_the_calendars(work: Work, http: httpx.AsyncClient):
    reply = await http.get("/x")

    assert reply.headers["date"] == "Sat, 21 Nov 2026 20:00:00 GMT"


@pytest.mark.parametrize("done", [False, True])
async def test_a_dropped_connection_has_no_answer(work: Work, http: httpx.AsyncClient, *, done: bool):
    work.faults.plan(Drop(done=done))

    with pytest.raises(httpx.TransportError):
        await http.post("/x")
    assert work.done == done  # a lost reply is lost after the work
    assert work.ledger.verdicts() == ["dropped"]
    assert (await http.post("/x")).content == WHOLE


@pytest.mark.parametrize("done", [False, True])
async def test_whoever_asks_may_be_struck_while_it_asks(work: Work, http: httpx.AsyncClient, *, done: bool):
    struck: list[int] = []
    work.faults.plan(Strike(lambda: struck.append(work.done), done=done))

    with pytest.raises(httpx.TransportError):
        await http.post("/x")
    assert struck == [int(done)]  # with the work done, or before it
    assert work.ledger.verdicts() == ["dropped"]
    assert (await http.post("/x")).content == WHOLE


@pytest.mark.parametrize("done", [False, True])
async def test_whoever_is_struck_may_be_answered_all_the_same(work: Work, http: httpx.AsyncClient, *, done: bool):
    struck: list[int] = []
    work.faults.plan(Strike(lambda: struck.append(work.done), done=done, answers=True))

    assert (await http.post("/x")).content == WHOLE
    assert (struck, work.done) == ([int(done)], 1)  # the work is done once


@pytest.mark.parametrize("done", [False, True])
async def test_an_error_may_hide_that_the_work_was_done(work: Work, http: httpx.AsyncClient, *, done: bool):
    work.faults.plan(Fail("Busy", status=429, done=done))
    reply = await http.get("/x")

    assert (reply.status_code, reply.text, work.done) == (429, "Busy", done)


async def test_half_an_answer_is_whole_http_and_no_json(work: Work, http: httpx.AsyncClient):
    work.faults.plan(Truncate())
    reply = await http.get("/x")

    assert reply.status_code == 200
    assert reply.content == WHOLE[: len(WHOLE) // 2]


@pytest.mark.parametrize(
    ("fault", "status", "starts", "kind"),
    [
        (html(), 502, b"<html>", "text/html"),
        (html(503), 503, b"<html>", "text/html"),
        (misshapen([1, 2]), 200, b"[1, 2]", "application/json"),
        (Answer(status=500), 500, b"", "application/json"),
    ],
)
async def test_it_says_what_it_is_told_to(
    work: Work, http: httpx.AsyncClient, *, fault: Fault, status: int, starts: str, kind: str
):
    work.faults.plan(fault)
    reply = await http.get("/x")

    assert (reply.status_code, reply.headers["content-type"]) == (status, kind)
    assert reply.content.startswith(starts)
    assert work.done == 0


async def test_a_hanging_request_is_answered_when_it_is_released(work: Work, http: httpx.AsyncClient):
    work.faults.plan(Hang())
    asking = asyncio.create_task(http.get("/x"))
    await work.faults.holding()

    assert not asking.done()
    assert work.ledger.verdicts() == [""]
    work.faults.release()
    assert (await asking).content == WHOLE


async def test_what_hangs_when_it_closes_is_broken_off(work: Work, http: httpx.AsyncClient):
    work.faults.plan(Hang())
    asking = asyncio.create_task(http.get("/x"))
    await work.faults.holding()

    await work.door.close()

    with pytest.raises(httpx.TransportError):
        await asking


async def test_a_delayed_request_is_answered_in_the_end(work: Work, http: httpx.AsyncClient):
    work.faults.plan(Delay(timedelta(milliseconds=5)))

    assert (await http.get("/x")).content == WHOLE


async def test_shut_it_refuses_and_reopened_it_listens_where_it_did(work: Work, http: httpx.AsyncClient):
    url = work.door.url
    await http.get("/x")  # a connection that is kept
    await work.door.shut()

    with pytest.raises(httpx.ConnectError):
        await http.get("/x")
    await work.door.reopen()
    assert work.door.url == url
    assert (await http.get("/x")).content == WHOLE


async def test_the_ledger_can_be_waited_for(work: Work, http: httpx.AsyncClient):
    asking = asyncio.create_task(http.get("/x"))
    await work.ledger.until(1, "/x")

    assert (await asking).content == WHOLE
    work.ledger.clear()
    assert len(work.ledger) == 0


def test_faults_come_in_order_and_as_often_as_planned():
    faults = Faults()
    faults.plan(Fail("one"), times=2)
    faults.plan(Fail("b only"), Fail("b again"), on="b")

    taken = [faults.take(api) for api in ("a", "b", "b", "a", "b", "b")]

    assert [fault and fault.code for fault in taken] == ["one", "one", "b only", None, "b again", None]


def test_a_fault_may_last_until_it_is_cleared():
    faults = Faults()
    faults.plan(Hang(), times=None)

    assert [faults.take("x") for _ in range(50)] == [Hang()] * 50
    faults.clear()
    assert faults.take("x") is None
