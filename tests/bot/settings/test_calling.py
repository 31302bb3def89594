"""
What else calls out, as the configuration file says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.settings import PagerKind, secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings

KEY = "0123456789abcdef0123456789canary"
CAPITALS = "R0CANARY6789ABCDEF0123456789ABCD"
SECRET = "whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5"
SECOND = "whsec_Y2FuYXJ5MmNhbmFyeTJjYW5hcnkyY2FuYXJ5Mg=="
HOOK = "https://hooks.example/canary"
FEED = "https://rota.example/canary.ics"
TOLD = {"NIGHT_KEY": KEY, "DESK_SECRET": f"{SECRET}, {SECOND}", "DESK_URL": HOOK, "RELAYS_ICAL": FEED}

ALL = """
[pagers.night]
kind = "pagerduty"
routing_key = "NIGHT_KEY"
channels = ["C012AB3CD", "G0*"]

[pagers.desk]
kind = "webhook"
url = "DESK_URL"
secret = "DESK_SECRET"

[pagers.inside]
kind = "webhook"
url = "http://127.0.0.1:8080/in"
secret = "DESK_SECRET"
allow_private = true

[calendars.relays]
url = "RELAYS_ICAL"
zone = "Asia/Shanghai"
people = { "Ann Lee" = "U012AB3CD", "bob@example.com" = "W034EF5GH" }

[calendars.open]
url = "https://rota.example/open.ics"
"""


def test_pagers_and_calendars_are_read(load_file: Callable[..., Settings]):
    told = load_file(ALL, **TOLD)

    night, desk, inside = (told.pagers[name] for name in ("night", "desk", "inside"))
    assert (night.kind, night.url, night.keys) == (
        PagerKind.PAGERDUTY,
        "https://events.pagerduty.com/v2/enqueue",
        (KEY,),
    )
    assert (night.channels, night.allow_private) == (("C012AB3CD", "G0*"), False)
    assert (desk.kind, desk.url, desk.keys, desk.channels) == (PagerKind.WEBHOOK, HOOK, (SECRET, SECOND), ())
    assert (inside.url, inside.allow_private) == ("http://127.0.0.1:8080/in", True)
    relays, public = told.calendars["relays"], told.calendars["open"]
    assert (relays.url, relays.zone) == (FEED, "Asia/Shanghai")
    assert relays.people == {"Ann Lee": "U012AB3CD", "bob@example.com": "W034EF5GH"}
    assert (public.url, public.people, public.zone) == ("https://rota.example/open.ics", {}, "")


def test_their_keys_and_addresses_are_secrets(load_file: Callable[..., Settings]):
    told = load_file(ALL, **TOLD)

    assert "canary" not in repr(told)
    assert secrets_of(told) >= {KEY, SECRET, SECOND, HOOK, FEED}
    assert "https://events.pagerduty.com/v2/enqueue" not in secrets_of(told)


def test_accounts_may_come_from_the_environment_alone(load_file: Callable[..., Settings], aliyun: dict[str, str]):
    told = load_file(ALL, **TOLD, **aliyun)

    assert list(told.accounts) == ["aliyun"]


NIGHT = '[pagers.night]\nkind = "pagerduty"\nrouting_key = "NIGHT_KEY"\n'
DESK = '[pagers.desk]\nkind = "webhook"\nurl = "DESK_URL"\nsecret = "DESK_SECRET"\n'
RELAYS = '[calendars.relays]\nurl = "RELAYS_ICAL"\n'
HTTPS = "must be an https address (http only for this machine, with allow_private = true)"

# What is wrong, the file, what the environment says instead, and how the complaint begins.
WRONG = [
    ("no table", "pagers = 3", {}, "relaybot.toml has no [pagers.<name>] table."),
    ("a pager that is none", "[pagers]\nnight = 3", {}, "pagers.night must be a table."),
    ("a name with a space", NIGHT.replace("night", '"the night"'), {}, "pagers.the night must be small letters"),
    ("no kind", '[pagers.night]\nrouting_key = "NIGHT_KEY"', {}, 'pagers.night.kind must be "pagerduty" or "webhook".'),
    ("many kinds", NIGHT.replace('"pagerduty"', '["pagerduty"]'), {}, 'pagers.night.kind must be "pagerduty" or'),
    ("a new kind", NIGHT.replace("pagerduty", "fax"), {}, 'pagers.night.kind must be "pagerduty" or "webhook".'),
    ("a key of the other kind", NIGHT + 'secret = "DESK_SECRET"', {}, "pagers.night.secret is no setting of a pager"),
    ("the key itself", NIGHT.replace("NIGHT_KEY", KEY), {}, "pagers.night.routing_key must be the name of"),
    ("a key in capitals", NIGHT.replace("NIGHT_KEY", CAPITALS), {}, "pagers.night.routing_key names a variable that"),
    ("a variable not set", NIGHT, {"NIGHT_KEY": ""}, "NIGHT_KEY is not set, and pagers.night.routing_key is read from"),
    ("a key too short", NIGHT, {"NIGHT_KEY": "canary"}, "NIGHT_KEY must be 32 letters and digits."),
    ("no secret", DESK, {"DESK_SECRET": "canary"}, "DESK_SECRET must be whsec_ and 24 to 64 bytes in base64"),
    ("a short one", DESK, {"DESK_SECRET": "whsec_Y2FuYXJ5"}, "DESK_SECRET must be whsec_ and 24 to 64 bytes in base64"),
    ("three", DESK, {"DESK_SECRET": ",".join([SECRET] * 3)}, "DESK_SECRET must be whsec_ and 24 to 64 bytes in base64"),
    ("no address", DESK.replace('url = "DESK_URL"\n', ""), {}, "pagers.desk.url is not set."),
    ("no https", DESK, {"DESK_URL": "http://hooks.example/canary"}, f"DESK_URL {HTTPS}."),
    ("no port", DESK, {"DESK_URL": "https://hooks.example:99999/canary"}, f"DESK_URL {HTTPS}."),
    ("no host", DESK, {"DESK_URL": "https:///canary"}, f"DESK_URL {HTTPS}."),
    ("no address", DESK, {"DESK_URL": "https://[canary/"}, f"DESK_URL {HTTPS}."),
    ("a dot first", DESK, {"DESK_URL": "https://.example/canary"}, f"DESK_URL {HTTPS}."),
    ("loopback not allowed", DESK, {"DESK_URL": "http://127.0.0.1/canary"}, f"DESK_URL {HTTPS}."),
    (
        "inside without TLS",
        DESK + "allow_private = true",
        {"DESK_URL": "http://10.0.0.8/canary"},
        f"DESK_URL {HTTPS}.",
    ),
    ("no yes or no", DESK + 'allow_private = "yes"', {}, "pagers.desk.allow_private must be true or false."),
    ("a channel's name", NIGHT + 'channels = ["#relays"]', {}, "pagers.night.channels must be Slack channel ids"),
    ("a calendar's no https", RELAYS, {"RELAYS_ICAL": "webcal://rota.example/canary"}, f"RELAYS_ICAL {HTTPS}."),
    ("two zones", RELAYS + 'zone = ["UTC"]', {}, "calendars.relays.zone must be a time zone's name."),
    ("an unknown zone", RELAYS + 'zone = "Mars/Base"', {}, "calendars.relays.zone must be a time zone's name."),
    ("a person's name", RELAYS + 'people = { Ann = "@ann" }', {}, "calendars.relays.people must be what the calendar"),
    ("a key of ours", RELAYS + 'owner = "canary"', {}, "calendars.relays.owner is no setting of a calendar"),
]


@pytest.mark.parametrize(("text", "told", "begins"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_named_and_not_repeated(
    complaint: Callable[..., str], text: str, told: dict[str, str], begins: str
):
    said = complaint(TOLD | told, text)

    assert said.startswith(begins)
    assert "canary" not in said.lower()
