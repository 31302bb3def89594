"""
What operators and their machines see over HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientSession

from bot.sandbox.faults import Fail

if TYPE_CHECKING:
    from conftest import Build, House

    from tests.stories.following import Follow

FORWARDED = {"X-Forwarded-For": "203.0.113.7"}


async def get(house: House, page: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with ClientSession() as session, session.get(f"{house.url}{page}", headers=headers) as reply:
        return reply.status, await reply.text()


async def test_health_is_for_everybody_and_details_are_for_this_machine(house: House) -> None:
    assert await get(house, "/healthz") == (200, "ok\n")
    assert await get(house, "/readyz") == (200, '{"ready": true, "wrong": {}}')
    assert await get(house, "/readyz", FORWARDED) == (200, "ready\n")


async def test_not_ready_says_which_part(build: Build) -> None:
    async with build(slack="socket") as house:
        await house.slack.socket.close()
        house.slack.door.faults.plan(Fail("internal_error"), on="apps.connections.open", times=None)

        status, said = await get(house, "/readyz")

    assert (status, "no Socket Mode connection stands" in said) == (503, True)


async def test_metrics_are_for_this_machine_and_for_whoever_has_the_token(build: Build) -> None:
    async with build({"RELAYBOT_METRICS_TOKEN": "metrics-token"}) as house:
        await house.ask("/relay status aliyun main-zh region=cn-shanghai")
        here = await get(house, "/metrics")
        elsewhere = await get(house, "/metrics", FORWARDED)
        wrong = await get(house, "/metrics", FORWARDED | {"Authorization": "Bearer metrics-tokem"})
        right = await get(house, "/metrics", FORWARDED | {"Authorization": "Bearer metrics-token"})

    assert 'outcome="sent"} 1.0' in here[1]
    assert (elsewhere[0], wrong[0], right[0]) == (404, 404, 200)


async def test_metrics_tell_whether_the_watch_goes_on_and_what_is_said_arrives(follow: Follow) -> None:
    async with follow() as one:
        await one.begin()
        well = await get(one.house, "/metrics")
        one.house.slack.door.faults.plan(Fail("internal_error"), on="chat.postMessage", times=None)
        await one.breaks()
        await one.live(20)
        late = await get(one.house, "/metrics")
        one.house.slack.door.faults.clear()
        await one.right(after=60)

    assert value(well[1], "relaybot_database_up") == 1
    assert value(well[1], "relaybot_notices_waiting") == 0
    assert value(well[1], 'relaybot_watch_age_seconds{account="aliyun",region="cn-shanghai"}') <= 5
    assert value(well[1], 'relaybot_watch_failing{account="aliyun",region="cn-shanghai"}') == 0
    assert value(well[1], 'relaybot_incidents_open{scope="task"}') == 0
    assert value(late[1], 'relaybot_incidents_open{scope="task"}') == 1
    assert value(late[1], "relaybot_notices_waiting") >= 1
    assert value(late[1], "relaybot_notices_oldest_seconds") > 5
    assert value(well[1], "relaybot_notices_oldest_seconds") == 0


def value(page: str, name: str) -> float:
    (found,) = [line.rpartition(" ")[2] for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(found)


async def test_without_a_signing_secret_there_is_no_door_for_events(build: Build) -> None:
    async with (
        build(slack="socket") as house,
        ClientSession() as session,
        session.post(f"{house.url}/slack/events", data=b"command=/relay") as reply,
    ):
        status = reply.status

    assert status == 404
