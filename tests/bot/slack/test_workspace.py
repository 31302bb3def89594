from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.slack.identity import Identity
from bot.slack.workspace import READ_BACK, SCOPES, warn_of_repeats

if TYPE_CHECKING:
    from collections.abc import Collection


@pytest.mark.parametrize(
    ("why", "granted", "warned"),
    [
        ("everything was granted", {*SCOPES, *READ_BACK}, ""),
        ("nothing that looks back", {*SCOPES}, "Without channels:history, groups:history, im:history a message"),
        ("all but one", {*SCOPES, "channels:history", "im:history"}, "Without groups:history a message"),
    ],
)
def test_what_is_promised_without_a_look_back_is_said(
    caplog: pytest.LogCaptureFixture, why: str, granted: Collection[str], warned: str
):
    warn_of_repeats(Identity(team="T0", enterprise="", user="U0", bot="B0", token="x", scopes=tuple(granted)))

    assert caplog.text == "" if not warned else warned in caplog.text, why
