"""
Whoever cannot be reached is told from whoever is down: names that nobody finds, doors that take no connection, and
handshakes that fail.

A channel follows a task that goes down and runs again. Each time one side is cut off, until somebody ran into it; when
the story is over, `invariants` are held.
"""

from __future__ import annotations

import asyncio
import inspect
import socket
import ssl
from functools import wraps
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest

from bot.sandbox.faults import Strike
from tests.certificates import write_certificate
from tests.stories.front import Handshake, open_front
from tests.stories.impatient import Impatient

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from bot.sandbox.door import Door
    from bot.sandbox.stage import Stage
    from tests.stories.following import Follow, Following

NAME: Final = "localhost"
ADDRESSES: Final = {
    "slack": ("SLACK_API_URL", "/api/"),
    "aliyun": ("ALIYUN_ENDPOINT", ""),
    "tencent": ("TENCENT_ENDPOINT", ""),
}
TURN: Final = 140.0  # seconds: twice the longest turn, and some


class Cut(Impatient):
    """
    A loop whose names can be made unknown; it counts who looked for one in vain, and who was not let in.

    `trusts` is for whoever made its context of TLS before `SSL_CERT_FILE` was set, as aiohttp does on import.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_nameless = False
        self.hits = 0
        self.trusts: ssl.SSLContext | None = None

    async def create_connection(self, protocol_factory: Any, *place: Any, **how: Any) -> Any:
        if how.get("ssl") and self.trusts is not None:
            how["ssl"] = self.trusts
        return await super().create_connection(protocol_factory, *place, **how)

    async def getaddrinfo(self, host: Any, port: Any, **hints: Any) -> Any:
        if self.is_nameless and host in {NAME, NAME.encode()}:
            self.hits += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        hints["family"] = socket.AF_INET  # where the sandbox listens
        return await super().getaddrinfo(host, port, **hints)

    async def sock_connect(self, sock: Any, address: Any) -> None:
        try:
            await super().sock_connect(sock, address)
        except ConnectionRefusedError:
            self.hits += 1
            raise


def on_a_line_that_can_be_cut(story: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on such a loop."""

    @wraps(story)
    def test(**named: Any) -> None:
        with asyncio.Runner(loop_factory=Cut) as runner:
            runner.run(story(**named))

    test.__signature__ = inspect.signature(story)  # type: ignore[attr-defined]  # by which pytest hands in fixtures
    del test.__wrapped__  # type: ignore[attr-defined]  # pytest-asyncio would see a coroutine function behind it
    return test


def door_of(stage: Stage, side: str) -> Door:
    return {"slack": stage.slack.door, "aliyun": stage.aliyun.door, "tencent": stage.tencent.door}[side]


def by_name(stage: Stage) -> dict[str, str]:
    """Let the bot know every side by name."""
    return {
        setting: f"http://{NAME}:{urlsplit(door_of(stage, side).url).port}{path}"
        for side, (setting, path) in ADDRESSES.items()
    }


async def lose_the_name(loop: Cut, door: Door) -> None:
    loop.is_nameless = True
    await door.shut()  # what is connected need not look
    await door.reopen()


async def refuse(_loop: Cut, door: Door) -> None:
    await door.shut()


@pytest.mark.parametrize("side", ["slack", "aliyun", "tencent"])
@pytest.mark.parametrize(
    ("cut", "rest"),
    [(lose_the_name, 12), (refuse, 0)],  # a name that was found is remembered for ten seconds
    ids=["the name is not found", "connections are refused"],
)
@on_a_line_that_can_be_cut
async def test_a_side_is_cut_off(
    follow: Follow, side: str, cut: Callable[[Cut, Door], Coroutine[Any, Any, None]], rest: float
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Cut)
    async with follow("tencent" if side == "tencent" else "aliyun", by_name) as one:
        door = door_of(one.house.stage, side)

        async def mend() -> None:
            loop.is_nameless = False
            await door.reopen()

        hits = await tell(one, side, cut=lambda: cut(loop, door), hits=lambda: loop.hits, mend=mend, rest=rest)

        assert hits == [True, True, True]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two, made while the calendar is not frozen: what makes them keeps the type of the first date that it sees."""
    folder = tmp_path_factory.mktemp("tls")
    return write_certificate(folder / "trusted.pem"), write_certificate(folder / "untrusted.pem")


@pytest.mark.parametrize("side", ["slack", "aliyun", "tencent"])
@pytest.mark.parametrize(
    "fails", [Handshake.UNTRUSTED, Handshake.CUT], ids=["the certificate is not trusted", "the handshake is cut"]
)
@on_a_line_that_can_be_cut
async def test_no_secure_connection_comes_about(
    follow: Follow, certificates: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, side: str, fails: Handshake
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, Cut)
    trusted, untrusted = certificates
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    loop.trusts = ssl.create_default_context(cafile=trusted)
    async with open_front(trusted=trusted, untrusted=untrusted) as front:

        def behind(stage: Stage) -> dict[str, str]:
            setting, path = ADDRESSES[side]
            return {setting: front.stand_before(door_of(stage, side)) + path}

        async with follow("tencent" if side == "tencent" else "aliyun", behind) as one:
            hits = await tell(
                one,
                side,
                cut=lambda: front.turn(fails),
                hits=lambda: front.hits,
                mend=lambda: front.turn(Handshake.WELL),
            )

            assert hits == [True, True, True]


async def tell(
    one: Following,
    side: str,
    *,
    cut: Callable[[], Coroutine[Any, Any, None]],
    hits: Callable[[], int],
    mend: Callable[[], Coroutine[Any, Any, None]],
    rest: float = 0.0,
) -> list[bool]:
    """Let the task go down and run again, with a side cut off each time; say of each time whether it was hit."""
    hit = []
    for happens in (one.subscribe, one.breaks, one.runs):
        before = hits()
        await one.live(rest, step=2)
        await cut_off(one, side, cut, happens)
        await one.until(lambda before=before: hits() > before, within=TURN)
        hit.append(hits() > before)

        await mend()
        await one.right()
    return hit


async def cut_off(
    one: Following,
    side: str,
    cut: Callable[[], Coroutine[Any, Any, None]],
    happens: Callable[[], Coroutine[Any, Any, None]],
) -> None:
    """Cut a side off as something happens; who subscribes needs all of them, so there it is just after that."""
    if happens == one.subscribe and side == "slack":
        cutting: list[asyncio.Task[None]] = []
        door = one.house.slack.door
        door.faults.plan(Strike(lambda: cutting.append(asyncio.create_task(cut()))), on="chat.postMessage")
        await happens()
        await one.until(lambda: cutting)
        await asyncio.gather(*cutting)
    elif happens == one.subscribe:
        await happens()
        await cut()
    else:
        await cut()
        await happens()
