"""
A webhook, checked by the library that its receivers use.
"""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks

from bot.pager.webhook import Webhook, payload, signed
from tests.bot.pager.pages import page

SECRET, OLD, OTHER = ("whsec_" + base64.b64encode(bytes(range(first, first + 32))).decode() for first in (0, 50, 100))
KEY = "0f" * 16


def now() -> datetime:
    """The library reads the machine's own clock, and takes nothing that is five minutes old."""
    from bot import clock

    return clock.now()


def test_its_receivers_library_takes_it():
    body = payload(page())

    headers = signed(body, (SECRET,), key=KEY, now=now())

    assert standardwebhooks.Webhook(SECRET).verify(body, headers) == json.loads(body)
    assert headers["webhook-id"] == KEY


def test_the_signature_is_the_librarys_own_for_any_body():
    dice = random.Random(7)  # noqa: S311 - chance, not secrecy
    for _ in range(200):
        secret = "whsec_" + base64.b64encode(dice.randbytes(dice.randint(24, 64))).decode()
        body = "".join(dice.choices('aé😀"\\\n.{}', k=dice.randint(0, 300))).encode()
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.random() * 1e8)
        key = f"{dice.getrandbits(128):032x}"

        headers = signed(body, (secret,), key=key, now=at)

        assert headers["webhook-signature"] == standardwebhooks.Webhook(secret).sign(key, at, body.decode())
        assert headers["webhook-timestamp"] == str(int(at.timestamp()))


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_while_the_secret_changes_either_one_checks_it(secret: str):
    body = payload(page())

    headers = signed(body, (SECRET, OLD), key=KEY, now=now())

    assert standardwebhooks.Webhook(secret).verify(body, headers)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(OTHER).verify(body, headers)


@pytest.mark.parametrize("spoilt", ["body", "id", "timestamp"])
def test_nothing_of_it_can_be_changed(spoilt: str):
    body = payload(page())
    headers = signed(body, (SECRET,), key=KEY, now=now())

    match spoilt:
        case "body":
            body = body.replace(b"main-en", b"main-de")
        case "id":
            headers["webhook-id"] = "1" * 32
        case _:
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) - 1)

    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(body, headers)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ("trigger", "incident.triggered"),
        ("remind", "incident.reminded"),
        ("ack", "incident.acknowledged"),
        ("resolve", "incident.resolved"),
        ("drill", "drill.triggered"),
    ],
)
def test_what_happened_is_its_type_and_its_data_say_of_what(act: str, kind: str):
    told = json.loads(payload(page(act=act, by="U0BOB00001" if act == "ack" else "")))

    assert told["type"] == kind
    assert told["timestamp"] == page().at.isoformat()
    assert (told["data"]["incident"], told["data"]["key"]) == (7, "relaybot:7:0")
    assert told["data"]["summary"].endswith("STOPPED main-en · the source cannot be pulled · cn-shanghai")
    assert told["data"].get("by") == ("U0BOB00001" if act == "ack" else None)


def test_secret_and_address_show_nowhere():
    hook = Webhook(door=None, url="https://canary", secrets=("whsec_canary",))  # type: ignore[arg-type]

    assert "canary" not in repr(hook)
