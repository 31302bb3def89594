from __future__ import annotations

import doctest
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from adapters import contract
from adapters.aliyun import failure, fields, signature
from adapters.contract import Region, Request, Settings, cut_url, shape
from tests.adapters.recorded import answer

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize(
    ("url", "cut"),
    [
        # The usual push URL: host and application stay, the stream's name and its signature go.
        ("rtmp://push.example.com/live/main-en?auth_key=1-0-0-abc", "rtmp://push.example.com/live/…"),
        ("rtmps://live.example.com:443/rtmp/FB-1-s3cret", "rtmps://live.example.com:443/rtmp/…"),
        ("RTMP://Push.Example.com/live/x", "rtmp://Push.Example.com/live/…"),
        # Deeper folders say nothing that helps.
        ("https://files.example.com/show/2026/11/part-1.mp4?Signature=s", "https://files.example.com/show/…"),
        # Where there is one segment, it is the last one.
        ("rtmp://push.example.com/s3cret", "rtmp://push.example.com/…"),
        # A slash behind it does not make it a folder.
        ("rtmp://push.example.com/s3cret/", "rtmp://push.example.com/…"),
        ("rtmp://push.example.com/live/s3cret//", "rtmp://push.example.com/live/…"),
        ("rtmp://push.example.com//live//s3cret", "rtmp://push.example.com/live/…"),
        # Nothing but a host.
        ("rtmp://push.example.com", "rtmp://push.example.com/…"),
        ("rtmp://push.example.com/", "rtmp://push.example.com/…"),
        ("srt://push.example.com:9000?streamid=s3cret&passphrase=s3cret", "srt://push.example.com:9000/…"),
        ("https://push.example.com#s3cret", "https://push.example.com/…"),
        ("rtmp://[2001:db8::1]:1935/live/s3cret", "rtmp://[2001:db8::1]:1935/live/…"),
        # The clouds' own samples mask hosts with asterisks.
        ("rtmp://pushtest.****.aliyunlive.com/pulltest493/w434", "rtmp://pushtest.****.aliyunlive.com/pulltest493/…"),
        # Who logs in goes, whatever the password is made of.
        ("rtmp://user:s3cret@push.example.com/live/x", "rtmp://push.example.com/live/…"),
        ("rtmp://s3cret@push.example.com/live/x", "rtmp://push.example.com/live/…"),
        ("rtmp://user:s3@cret@push.example.com/live/x", "rtmp://push.example.com/live/…"),
        # Where a password hides the host, the host goes too.
        ("rtmp://user:s3/cret@push.example.com/live/x", "rtmp://…"),
        ("rtmp://user:s3?cret@push.example.com/live/x", "rtmp://…"),
        ("rtmp://user:123#s3cret@push.example.com/live/x", "rtmp://…"),
        ("rtmp://user:s3\\cret@push.example.com/live/x", "rtmp://…"),
        ("https://push.example.com/live/x?mail=s3cret@example.com", "https://…"),
        # A first folder that is a token, has parameters or is encoded is no application's name.
        ("https://cdn.example.com/0123456789abcdef0123456789abcdef/5f/x.flv", "https://cdn.example.com/…"),
        ("https://cdn.example.com/x0123456789abcdef/5f/x.flv", "https://cdn.example.com/…"),
        ("https://cdn.example.com/AbCdEfGhIjKlMnOpQrStUvWx/x.flv", "https://cdn.example.com/…"),
        ("https://cdn.example.com/app;jsessionid=s3cret/x.flv", "https://cdn.example.com/…"),
        ("https://cdn.example.com/app%3Ftoken%3Ds3cret/x.flv", "https://cdn.example.com/…"),
        # What is no host is dropped.
        ("rtmp://user:s3cret/live/x", "rtmp://…"),
        ("rtmp://push.example.com:s3cret/live/x", "rtmp://…"),
        ("rtmp://host\u202e/live/x", "rtmp://…"),
        ("rtmp:///live/s3cret", "rtmp://…"),
        # What is no URL is dropped whole: it may be the key itself.
        ("s3cret", "…"),
        ("live/s3cret", "…"),
        ("rtmp:/push.example.com/live/s3cret", "…"),
        ("a scheme://s3cret", "…"),
        ("s3cretkeythatislong://x", "…"),
        ("://s3cret", "…"),
        # Nothing stays nothing.
        ("", ""),
    ],
)
def test_a_url_is_cut_to_what_cannot_be_used(url: str, cut: str):
    assert cut_url(url) == cut
    assert "s3" not in cut


def test_no_url_whatever_gives_its_key_away():
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when the test fails
    chance = random.Random(seed)  # noqa: S311
    parts = ["user", ":", "@", "/", "//", "?", "#", ";", "\\", "%2F", "live", "push.example.com", ":1935", "[::1]", "…"]

    for _ in range(20_000):
        mess = "".join(chance.choices(parts, k=chance.randrange(8)))
        for url in (
            f"rtmp://user:S3CRET@{mess}/live/x",
            f"rtmp://push.example.com/live/{mess}/S3CRET",
            f"rtmp://push.example.com/live/{mess}?k=S3CRET",
            f"rtmp://push.example.com/live/x?{mess}S3CRET{mess}",
        ):
            if cut_url(url).count("S3CRET"):
                raise AssertionError(url)


@pytest.mark.parametrize(
    ("value", "described"),
    [
        ({"Total": 3, "TaskList": [{"TaskId": "x"}]}, "{TaskList: [{TaskId: str}], Total: int}"),
        ([], "[]"),
        ({}, "{}"),
        (None, "null"),
        ("s3cret", "str"),
        (1.5, "float"),
        (True, "bool"),
        # No deeper than three.
        ({"a": {"b": {"c": {"d": "s3cret"}}}}, "{a: {b: {c: dict}}}"),
        ([[[["s3cret"]]]], "[[[list]]]"),
        # A key that does not look like a field's name may be anything.
        (
            {"s3cret": 1, "rtmp://h/s3cret": 2, "": 3, "x" * 33: 4, "ключ": 5},
            "{…: int, …: int, …: int, …: int, …: int}",
        ),
        ({1: None}, "{…: null}"),
        # And no wider than a screen.
        (
            {chr(97 + n) * 2: 0 for n in range(26)},
            "{" + ", ".join(f"{chr(97 + n) * 2}: int" for n in range(24)) + ", …}",
        ),
    ],
)
def test_a_shape_tells_names_and_types_and_nothing_else(value: object, described: str):
    assert shape(value) == described


def test_a_request_and_a_reply_show_nothing_but_their_api_and_their_status():
    request = Request(
        api=contract.Api("Describe"),
        method="GET",
        url="https://h/?TaskName=s3cret",
        headers={"authorization": "s3cret"},
        body=b"s3cret",
    )
    reply = answer("s3cret", 200, {"x": "s3cret"})

    assert repr(request) == "Request(api='Describe', method='GET')"
    assert "s3cret" not in repr(reply)


@pytest.mark.parametrize(
    ("header", "instant"),
    [
        ({"date": "Sat, 21 Nov 2026 02:16:40 GMT"}, datetime(2026, 11, 21, 2, 16, 40, tzinfo=UTC)),
        ({"date": "Sat, 21 Nov 2026 02:16:40 +0800"}, None),
        ({"date": "now"}, None),
        ({"date": ""}, None),
        ({}, None),
    ],
)
def test_the_clouds_own_time_is_in_its_date_header(header: dict[str, str], instant: datetime | None):
    assert answer("", 400, header).server_at == instant


def test_settings_that_do_not_tell_budgets_apart_are_refused_when_it_matters():
    with pytest.raises(NotImplementedError):
        _ = Settings(regions=(Region("cn-shanghai"),)).budget_key


@pytest.mark.parametrize("module", [contract, fields, failure, signature], ids=lambda module: module.__name__)
def test_the_examples_in_docstrings_are_true(module: ModuleType):
    assert doctest.testmod(module).failed == 0
