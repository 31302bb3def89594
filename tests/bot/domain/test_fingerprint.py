from __future__ import annotations

import pytest

from bot.domain.fingerprint import fingerprint

KEY = b"0123456789abcdef"
URL = "rtmp://push.example.com/live/room-1?txSecret=a&txTime=1"


@pytest.mark.parametrize(
    ("other", "is_same"),
    [
        # A signature differs from day to day, the place does not.
        ("rtmp://push.example.com/live/room-1?txSecret=b&txTime=2", True),
        ("rtmp://PUSH.example.com/live/room-1/", True),
        ("rtmp://user:pw@push.example.com/live/room-1", True),
        ("rtmp://push.example.com/live/room-2?txSecret=a&txTime=1", False),
        ("rtmp://push.example.com/Live/room-1", False),
        ("rtmps://push.example.com/live/room-1", False),
        ("rtmp://push.example.com:1936/live/room-1", False),
        ("rtmp://other.example.com/live/room-1", False),
    ],
)
def test_a_place_is_told_by_its_address_not_by_a_signature(other: str, *, is_same: bool):
    assert (fingerprint(KEY, URL) == fingerprint(KEY, other)) is is_same


def test_an_srt_stream_is_told_by_its_id():
    one, two, again = (
        fingerprint(KEY, f"srt://push.example.com:9000?streamid={name}&passphrase={word}")
        for name, word in (("a", "x"), ("b", "x"), ("a", "y"))
    )

    assert one == again != two


def test_nobody_without_the_key_can_guess_it():
    assert fingerprint(KEY, URL) != fingerprint(b"another", URL)
    assert len(fingerprint(KEY, URL)) == 32
    assert "push" not in fingerprint(KEY, URL)


@pytest.mark.parametrize("text", ["", "room-1", "rtmp:///live/x", "rtmp://[::1/live", "rtmp://h:port/x"])
def test_what_is_no_address_has_none(text: str):
    assert fingerprint(KEY, text) == ""
