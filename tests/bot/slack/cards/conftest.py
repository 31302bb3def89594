"""
What Slack takes, held by the sandbox's Slack; and what our own promises add to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from bot.sandbox.slack.blocks import sum_of_texts
from bot.sandbox.slack.content import content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.slack.cards.block import Dressed

LOCK_SCREEN = 150
SUM = 10_000  # Slack's own limit is undocumented and near 13,200

# Everything between angle brackets that we ourselves put there: an instant, or a person or channel named on purpose.
OURS = re.compile(r"<!date\^-?[0-9]+\^[^<>|]*\|[^<>|]*>|<@[UW][A-Z0-9]+>|<#[CGD][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>")


def texts(value: Any) -> Iterator[tuple[str, str]]:
    """Walk every text object: its type and its text."""
    match value:
        case {"type": "mrkdwn" | "plain_text" as kind, "text": str() as text}:
            yield kind, text
        case dict():
            for inner in value.values():
                yield from texts(inner)
        case list() | tuple():
            for inner in value:
                yield from texts(inner)


def check_message(said: Dressed) -> None:
    """Complain about what Slack would refuse, cut, or take for a mention."""
    content_of({"text": said.text, "blocks": list(said.blocks)})
    assert 0 < len(said.text) <= LOCK_SCREEN, said.text
    assert sum_of_texts(list(said.blocks)) + len(said.text) < SUM
    for kind, text in (("mrkdwn", said.text), *texts(said.blocks)):
        left = OURS.sub("", text)
        assert "<" not in left, f"a mention or a link could stand here: {text!r}"
        assert ">" not in left, text
        assert not re.search("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x09\x0b-\x1f]", text), repr(text)
        if kind == "mrkdwn":
            assert not re.search(r"&(?!amp;|lt;|gt;)", text), f"half an entity: {text!r}"
            assert text.count("`") % 2 == 0, f"a code span stands open: {text!r}"


@pytest.fixture(name="check_message")
def _check_message() -> Any:
    return check_message
