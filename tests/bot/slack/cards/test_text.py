from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.slack.cards.block import LONGEST_HEADER, LONGEST_SECTION, fields, header, section
from bot.slack.cards.text import escape, literal, moment


@pytest.mark.parametrize(
    ("why", "given", "shown"),
    [
        ("a plain word stays", "main-en", "main-en"),
        ("a mention becomes its own text", "<!channel> <@U0ANN>", "&lt;!channel&gt; &lt;@U0ANN&gt;"),
        ("an entity that somebody wrote stays what they wrote", "&lt;", "&amp;lt;"),
        ("a backtick would end our code span", "a`b", "a′b"),
        ("line breaks and tabs are spaces", "a\nb\tc", "a b c"),
        ("what turns the text around is dropped", "a\u202eb\u2066c", "abc"),
        ("control and zero-width characters are dropped", "a\x00\x1b\u200bb\ufeff", "ab"),
        ("half a surrogate cannot be sent", "a\ud800b", "ab"),
        ("other scripts and emoji stay", "主舞台 🎬", "主舞台 🎬"),
    ],
)
def test_foreign_text_is_harmless_in_mrkdwn(why: str, given: str, shown: str):
    assert escape(given) == shown, why


@pytest.mark.parametrize(
    ("why", "given", "most", "shown"),
    [
        ("what fits is not cut", "abcde", 5, "abcde"),
        ("what is cut says so", "abcdef", 5, "abcd…"),
        ("an entity counts as it is sent", "a&", 6, "a&amp;"),
        ("an entity is never cut in two", "a&b", 6, "a…"),
        ("an entity that does not fit goes whole", "&&&", 6, "&amp;…"),
        ("invisible characters do not count", "\u200b" * 100 + "ab", 2, "ab"),
        ("nothing stays nothing", "", 5, ""),
    ],
)
def test_a_long_text_is_cut_as_it_is_sent(why: str, given: str, most: int, shown: str):
    assert escape(given, most) == shown, why
    assert len(shown) <= most


def test_foreign_text_is_harmless_in_plain_text_too():
    assert literal("<!here> & `x`\n") == "‹!here› ＆ ′x′ "
    assert len(literal("x" * 1000)) == 80


def test_an_instant_is_shown_in_each_readers_own_zone_and_in_utc_elsewhere():
    at = datetime(2026, 11, 21, 20, 14, 59, tzinfo=UTC)

    assert moment(at) == "<!date^1795292099^{date_short_pretty} {time}|2026-11-21 20:14 UTC>"


def test_blocks_cut_what_slack_would_refuse():
    assert len(header("x" * 1000)["text"]["text"]) == LONGEST_HEADER
    assert len(section("x" * 10_000)["text"]["text"]) == LONGEST_SECTION
    assert len(fields({str(number): "x" for number in range(20)})["fields"]) == 10
