"""
User groups that hold whoever is on call, as the configuration file says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings


def test_no_user_group_is_touched_unless_an_operator_names_it(load_file: Callable[..., Settings]):
    named = load_file('[rotas.C012AB3CD]\nuser_group = "S012AB3CD"')
    silent = load_file('[calendars.open]\nurl = "https://rota.example/open.ics"')

    assert named.groups == {"C012AB3CD": "S012AB3CD"}
    assert silent.groups == {}


@pytest.mark.parametrize(
    ("why", "text", "said"),
    [
        (
            "a channel's name",
            '[rotas.relays]\nuser_group = "S012AB3CD"',
            "rotas.relays must be named by a Slack channel id",
        ),
        ("a direct conversation", '[rotas.D012AB3CD]\nuser_group = "S012AB3CD"', "rotas.D012AB3CD must be named by"),
        ("a group's name", '[rotas.C012AB3CD]\nuser_group = "@ops"', "rotas.C012AB3CD.user_group must be a Slack user"),
        ("no group", "[rotas.C012AB3CD]", "rotas.C012AB3CD.user_group must be a Slack user group's id"),
        ("no table", "[rotas]\nC012AB3CD = 3", "rotas.C012AB3CD must be a table."),
        (
            "a key that nobody reads",
            '[rotas.C012AB3CD]\npeople = "U1"',
            "rotas.C012AB3CD.people is no setting of a rota",
        ),
    ],
)
def test_what_is_wrong_with_one_is_said(complaint: Callable[..., str], why: str, text: str, said: str):
    assert complaint({}, text).startswith(said), why
