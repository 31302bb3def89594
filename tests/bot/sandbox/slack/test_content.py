from __future__ import annotations

from typing import Any

import pytest

from bot.sandbox.slack.content import content_of, metadata_of
from bot.sandbox.slack.errors import SlackError

DIVIDER = {"type": "divider"}


@pytest.mark.parametrize(
    ("args", "kept"),
    [
        ({"text": "x"}, {"text": "x", "blocks": (), "attachments": ()}),
        ({"blocks": [DIVIDER]}, {"text": "", "blocks": (DIVIDER,), "attachments": ()}),
        # In a form, structures come as JSON text.
        ({"text": "x", "blocks": '[{"type": "divider"}]'}, {"text": "x", "blocks": (DIVIDER,), "attachments": ()}),
        ({"markdown_text": "**x**"}, {"text": "**x**", "blocks": (), "attachments": ()}),
        ({"attachments": [{"color": "#f00"}]}, {"text": "", "blocks": (), "attachments": ({"color": "#f00"},)}),
    ],
)
def test_what_is_kept_of_a_message(args: dict[str, Any], kept: dict[str, Any]):
    assert content_of(args) == kept


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({}, "no_text"),
        ({"text": "  \n"}, "no_text"),
        ({"text": ["x"]}, "no_text"),
        ({"text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "attachments": "x"}, "invalid_attachments_format"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"markdown_text": "m" * 12_001}, "msg_too_long"),
    ],
)
def test_what_is_no_message(args: dict[str, Any], code: str):
    with pytest.raises(SlackError) as refused:
        content_of(args)

    assert refused.value.code == code


def test_an_update_is_shorter():
    assert content_of({"text": "x" * 4000}, is_update=True)["text"] == "x" * 4000
    with pytest.raises(SlackError, match="msg_too_long"):
        content_of({"text": "x" * 4001}, is_update=True)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (None, None),
        ({"event_type": "n", "event_payload": {}}, {"event_type": "n", "event_payload": {}}),
        ('{"event_type": "n", "event_payload": {"k": 1}}', {"event_type": "n", "event_payload": {"k": 1}}),
    ],
)
def test_metadata_is_an_event(sent: object, kept: object):
    assert metadata_of({"metadata": sent}) == kept


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("{", "invalid_metadata_format"),
        ("[]", "invalid_metadata_schema"),
        ({"event_type": 1, "event_payload": {}}, "invalid_metadata_schema"),
        ({"event_type": "n", "event_payload": "k"}, "invalid_metadata_schema"),
    ],
)
def test_what_is_no_metadata(sent: object, code: str):
    with pytest.raises(SlackError) as refused:
        metadata_of({"metadata": sent})

    assert refused.value.code == code
