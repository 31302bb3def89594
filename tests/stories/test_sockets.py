"""
The same bot behind Socket Mode: two connections, so that one is always up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.slack.workspace import SlackUnusable

if TYPE_CHECKING:
    from conftest import Build


async def test_a_command_over_a_socket_is_acked_and_answered(build: Build) -> None:
    async with build(slack="socket") as house:
        told = await house.slack.say("ann", "#relays", "/relay status aliyun main-zh")
        await house.slack.until(lambda: len(house.slack.heard("#relays")) == 1)
        unknown = await house.slack.say("ann", "#relays", "/other")

        assert (told.status, told.body) == (200, "")
        assert house.slack.heard("#relays")[0].text.startswith("RETRYING 主舞台")
        assert "I know only /relay, not /other." in unknown.body


async def test_two_connections_stand_and_one_that_slack_closes_comes_back(build: Build) -> None:
    async with build(slack="socket") as house:
        await house.slack.socket.connected(2)
        await house.slack.socket.disconnect()
        await house.slack.socket.connected(2)
        answer = await house.ask("/relay help")

        assert answer.text.startswith("I tell how relay tasks")


async def test_both_doors_are_open_when_both_are_set(build: Build) -> None:
    async with build(slack="both") as house:
        over_socket = await house.ask("/relay help")
        over_http = await house.slack.people.post(b"command=%2Frelay&text=help")

        assert over_socket.text.startswith("I tell how relay tasks")
        assert over_http.status == 200


async def test_an_app_token_that_is_no_good_stops_the_start_with_the_mend(build: Build) -> None:
    with pytest.raises(SlackUnusable) as refused:
        async with build({"SLACK_APP_TOKEN": "xapp-of-somebody-else"}, slack="socket"):
            pass

    assert "Make SLACK_APP_TOKEN anew" in str(refused.value)
    assert "xapp-of" not in str(refused.value)
