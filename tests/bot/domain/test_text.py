from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.text import age, clip, short_id, span, visible

NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
DAY = timedelta(days=1)


def test_of_all_characters_only_those_that_can_be_seen_are_left():
    every = "".join(map(chr, range(sys.maxunicode + 1)))

    left = visible(every)

    assert {unicodedata.category(sign)[0] for sign in left} == {"L", "M", "N", "P", "S", "Z"}
    assert {sign for sign in left if unicodedata.category(sign)[0] == "Z"} == {" "}
    assert not set("\u200b\u200e\u202e\u2066\ufeff\x00\ud800\ue000") & set(left)


@pytest.mark.parametrize(
    ("given", "shown"),
    [("", ""), ("main-en", "main-en"), ("a\u00a0b\u2028c\td", "a b c d"), ("\u202eneo-niam", "neo-niam")],
)
def test_what_parts_words_becomes_a_space_and_what_hides_is_dropped(given: str, shown: str):
    assert visible(given) == shown


@pytest.mark.parametrize(("given", "shown"), [("abc", "abc"), ("abcd", "ab…"), ("", "")])
def test_a_cut_text_says_so(given: str, shown: str):
    assert clip(given, 3) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("fd245384-4067-4f91-9d75-9666a6bc0001", "fd245384-4067-4f91-9d75-9666a6bc0001"),
        ("a" * 44, "a" * 44),
        ("a" * 30 + "b" * 15, "a" * 24 + "…" + "b" * 12),
    ],
)
def test_a_long_id_keeps_its_beginning_and_its_end(given: str, shown: str):
    assert short_id(given) == shown


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=0.9), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=60), "1 min"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=1, seconds=5), "1 h"),
        (timedelta(hours=25, minutes=61), "1 d 2 h"),
        (400 * DAY + timedelta(minutes=59), "400 d"),
        (-DAY, "0 s"),
    ],
)
def test_a_length_of_time_is_its_two_largest_parts(length: timedelta, said: str):
    assert span(length) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=0.99), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=4.7), "4 s ago"),
        (timedelta(minutes=3), "3 min ago"),
    ],
)
def test_a_read_says_how_old_it_is(ago: timedelta, said: str):
    assert age(NOW - ago, NOW) == said
