"""
The way out, over real sockets: what may not be called is not called, and nothing of ours shows where it should not.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.domain.speech import Obstacle, Refused, Unsure
from bot.pager.door import Door
from bot.queue.punctual import Late, Moment, within
from tests.bot.pager.conftest import Server, listening

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Sequence

OK = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nRetry-After: 7\r\nSet-Cookie: a=b\r\n\r\nok"
AWAY = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/secret\r\nContent-Length: 0\r\n\r\n"


def addresses(*found: str) -> Callable[[str, int], Awaitable[Sequence[str]]]:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return found

    return resolve


async def test_a_request_goes_out_and_its_answer_comes_back_whole():
    async with listening(Server(OK)) as server, Door() as door:
        answer = await door.send(
            "POST", f"http://127.0.0.1:{server.port}/in?x=1", headers={"X-Own": "1"}, body=b"{}", allow_private=True
        )

    assert (answer.status, answer.headers["retry-after"], answer.body) == (202, "7", b"ok")
    (heard,) = server.heard
    assert heard.startswith(b"POST /in?x=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n".encode() in heard
    assert b"X-Own: 1\r\n" in heard


async def test_the_connection_goes_to_the_address_that_was_checked_and_the_certificate_is_the_names(
    tls: ssl.SSLContext, trust: ssl.SSLContext
):
    """`pager.test` has no address but the one that the look-up told, so nobody can have looked it up once more."""
    async with listening(Server(OK), tls=tls) as server, Door(resolve=addresses("127.0.0.1"), trust=trust) as door:
        answer = await door.send("GET", f"https://pager.test:{server.port}/", allow_private=True)
        with pytest.raises(Refused) as other:
            await door.send("GET", f"https://other.test:{server.port}/", allow_private=True)

    assert answer.status == 202
    assert f"Host: pager.test:{server.port}\r\n".encode() in server.heard[0]
    assert (other.value.code, other.value.obstacle) == ("certificate_not_trusted", Obstacle.WAIT)
    assert len(server.heard) == 1


async def test_a_name_that_changes_its_address_after_the_check_is_not_followed(
    tls: ssl.SSLContext, trust: ssl.SSLContext
):
    """DNS rebinding: the first answer is harmless, all later ones lead to somebody's inside."""
    asked = 0

    async def rebinding(_host: str, _port: int) -> Sequence[str]:
        nonlocal asked
        asked += 1
        return ["127.0.0.1"] if asked == 1 else ["127.0.0.2"]

    async with listening(Server(OK), tls=tls) as server, Door(resolve=rebinding, trust=trust) as door:
        answer = await door.send("GET", f"https://pager.test:{server.port}/", allow_private=True)

    assert (answer.status, asked) == (202, 1)


# What is configured, what its name's look-up says, and why it is not called.
FORBIDDEN = [
    ("https://127.0.0.1:{port}/", None, "private_address"),
    ("https://[::1]:{port}/", None, "private_address"),
    ("https://2130706433:{port}/", None, "private_address"),  # 127.0.0.1 as one number
    ("https://0x7f.1:{port}/", None, "private_address"),
    ("https://localhost:{port}/", None, "private_address"),
    ("https://pager.test:{port}/", ("127.0.0.1",), "private_address"),
    ("https://pager.test:{port}/", ("::ffff:127.0.0.1",), "private_address"),
    ("https://pager.test:{port}/", ("10.0.0.8",), "private_address"),
    ("https://pager.test:{port}/", ("93.184.215.14", "127.0.0.1"), "private_address"),  # one of them is enough
    ("https://pager.test:{port}/", ("169.254.169.254",), "private_address"),
    ("http://pager.test:{port}/", ("93.184.215.14",), "no_https_address"),
    ("http://93.184.215.14:{port}/", None, "no_https_address"),
    ("ftp://pager.test:{port}/", ("93.184.215.14",), "no_https_address"),
    ("https:///in", None, "no_https_address"),
    ("pager.test", None, "no_https_address"),
    ("https://pager.test:port/", None, "no_https_address"),
]


@pytest.mark.parametrize(("url", "found", "code"), FORBIDDEN)
async def test_what_may_not_be_called_is_not_connected_to(url: str, found: tuple[str, ...] | None, code: str):
    resolve = addresses(*found) if found else None
    async with listening(Server(OK)) as server, Door(resolve=resolve) as door:
        with pytest.raises(Refused) as refused:
            await door.send("GET", url.format(port=server.port))

    assert (refused.value.code, refused.value.obstacle) == (code, Obstacle.INSTALL)
    assert server.connections == 0


async def test_private_addresses_without_tls_are_this_machines_only():
    async with Door(resolve=addresses("10.0.0.8")) as door:
        with pytest.raises(Refused, match="no_https_address"):
            await door.send("GET", "http://inside.test/", allow_private=True)


async def test_the_keys_of_a_machine_in_a_cloud_are_never_fetched():
    async with Door() as door:
        with pytest.raises(Refused, match="private_address"):
            await door.send("GET", "http://169.254.169.254/latest/meta-data/", allow_private=True)


async def test_a_redirect_is_an_answer_and_leads_nowhere():
    async with listening(Server(OK)) as inside, listening(Server(AWAY % inside.port)) as server, Door() as door:
        answer = await door.send("GET", f"http://127.0.0.1:{server.port}/", allow_private=True)

    assert answer.status == 302
    assert inside.connections == 0


async def test_no_cookie_is_kept():
    async with listening(Server(OK)) as server, Door() as door:
        for _ in range(2):
            await door.send("GET", f"http://127.0.0.1:{server.port}/", allow_private=True)

    assert len(server.heard) == 2
    assert not any(b"cookie" in heard.lower() for heard in server.heard)


async def test_each_request_has_a_connection_of_its_own():
    """Two names with one address: what was proven for one says nothing of the other."""
    keeps = OK.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n")
    async with listening(Server(keeps)) as server, Door() as door:
        for _ in range(2):
            await door.send("GET", f"http://127.0.0.1:{server.port}/", allow_private=True)

    assert server.connections == 2


async def test_an_address_that_does_not_answer_gives_way_to_the_next():
    async with (
        listening(Server(OK)) as server,
        Door(resolve=addresses("127.0.0.9", "127.0.0.1")) as door,  # nobody listens on the first
    ):
        answer = await door.send("GET", f"http://two.test:{server.port}/", allow_private=True)

    assert answer.status == 202


async def test_whoever_refuses_has_not_got_it():
    async with listening(Server(OK)) as server:
        port = server.port
    async with Door() as door:
        with pytest.raises(Refused) as refused:
            await door.send("POST", f"http://127.0.0.1:{port}/", allow_private=True)

    assert (refused.value.code, refused.value.obstacle, refused.value.is_certain) == (
        "connection_refused",
        Obstacle.WAIT,
        True,
    )


async def test_whoever_hangs_may_have_got_it():
    async with listening(Server(OK, hangs=True)) as server, Door(total=timedelta(seconds=0.2)) as door:
        with pytest.raises(Unsure, match="no answer in time"):
            await door.send("POST", f"http://127.0.0.1:{server.port}/", allow_private=True)

    assert len(server.heard) == 1


async def test_a_look_up_that_hangs_is_not_waited_for():
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        raise AssertionError

    async with Door(resolve=resolve, total=timedelta(seconds=0.1)) as door:
        with pytest.raises(Refused) as refused:
            await door.send("POST", "https://pager.test/", allow_private=True)

    assert refused.value.obstacle is Obstacle.WAIT


async def test_a_name_without_an_address_is_waited_for():
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    async with Door(resolve=resolve) as door:
        with pytest.raises(Refused, match="name_not_found") as refused:
            await door.send("POST", "https://pager.test/")

    assert refused.value.obstacle is Obstacle.WAIT


async def test_a_connection_that_breaks_before_the_answer_leaves_doubt():
    async with listening(Server(b"HTTP/1.1 202 Acc")) as server, Door() as door:
        with pytest.raises(Unsure, match="connection broken off"):
            await door.send("POST", f"http://127.0.0.1:{server.port}/", allow_private=True)


async def test_an_answer_without_end_is_not_read_to_it():
    flood = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 70_000
    async with listening(Server(flood)) as server, Door(body_limit=65_536) as door:
        with pytest.raises(Unsure, match="answer too long"):
            await door.send("GET", f"http://127.0.0.1:{server.port}/", allow_private=True)


async def test_what_comes_too_late_does_not_leave():
    """The claim under which it was to be sent may be another's by now."""
    at = datetime(2026, 11, 21, tzinfo=UTC)
    ticks = iter([0.0, 99.0])
    moment = Moment.of(lambda: at, lambda: next(ticks))
    async with listening(Server(OK)) as server, Door() as door:
        with pytest.raises(Late), within(timedelta(seconds=15), moment):
            await door.send("POST", f"http://127.0.0.1:{server.port}/", allow_private=True)

    assert server.heard == []


async def test_nothing_of_an_address_shows(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with listening(Server(OK)) as server, Door() as door:
        url = f"http://127.0.0.1:{server.port}/canary-in-the-path?key=canary"
        answer = await door.send("POST", url, headers={"X-Key": "canary"}, body=b"canary", allow_private=True)
    async with Door() as door:
        with pytest.raises(Refused) as refused:
            await door.send("POST", url, headers={"X-Key": "canary"}, body=b"canary", allow_private=True)

    assert "canary" not in caplog.text + repr(answer) + repr(refused.value)
    assert refused.value.__context__ is None
