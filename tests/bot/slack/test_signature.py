from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from slack_sdk.signature import Clock, SignatureVerifier

from bot.slack.signature import WINDOW, Verdict, judge, sign

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOW = datetime(2026, 11, 21, 20, 14, tzinfo=UTC)
THEN = str(int(NOW.timestamp()))
BODY = b"command=%2Frelay&text=status+aliyun+main-en&response_url=https%3A%2F%2Fhooks.slack.example%2F1"
SIGNED = sign(SECRET, THEN, BODY)


def at(offset: timedelta) -> str:
    return str(int((NOW + offset).timestamp()))


def signed_at(timestamp: str, body: bytes = BODY) -> tuple[str, str, bytes]:
    return timestamp, sign(SECRET, timestamp, body), body


@pytest.mark.parametrize(
    ("why", "timestamp", "signature", "body", "verdict"),
    [
        ("what Slack signed is genuine", THEN, SIGNED, BODY, Verdict.GENUINE),
        ("an empty body can be signed too", *signed_at(THEN, b""), Verdict.GENUINE),
        ("bytes that are no text can be signed too", *signed_at(THEN, b"\xff\x00\xfe"), Verdict.GENUINE),
        ("five minutes old is young enough", *signed_at(at(-WINDOW)), Verdict.GENUINE),
        ("five minutes ahead is a clock like ours", *signed_at(at(WINDOW)), Verdict.GENUINE),
        ("a second more is a replay", *signed_at(at(-WINDOW - timedelta(seconds=1))), Verdict.STALE),
        ("a second more is a future", *signed_at(at(WINDOW + timedelta(seconds=1))), Verdict.STALE),
        ("1970 is long ago", *signed_at("0"), Verdict.STALE),
        ("the year 33658 has no date in Python and is stale all the same", *signed_at("9" * 12), Verdict.STALE),
        ("a body that was touched is forged", THEN, SIGNED, BODY + b"&x=1", Verdict.FORGED),
        ("an empty body under another's signature is forged", THEN, SIGNED, b"", Verdict.FORGED),
        ("a signature of another second is forged", at(timedelta(seconds=1)), SIGNED, BODY, Verdict.FORGED),
        ("a signature with another secret is forged", THEN, sign("another secret", THEN, BODY), BODY, Verdict.FORGED),
        ("an empty signature is forged", THEN, "", BODY, Verdict.FORGED),
        ("half a signature is forged", THEN, SIGNED[:40], BODY, Verdict.FORGED),
        ("a signature in capitals is forged", THEN, SIGNED.upper(), BODY, Verdict.FORGED),
        ("a signature that is no ASCII is forged", THEN, "v0=ünïcödé", BODY, Verdict.FORGED),
        ("bytes that were no UTF-8 in the header are forged", THEN, "v0=\udcff\udcfe", BODY, Verdict.FORGED),
        ("a lone surrogate is forged", THEN, "v0=\ud800", BODY, Verdict.FORGED),
        ("no timestamp is unsigned", None, SIGNED, BODY, Verdict.UNSIGNED),
        ("no signature is unsigned", THEN, None, BODY, Verdict.UNSIGNED),
        ("neither is unsigned", None, None, BODY, Verdict.UNSIGNED),
        ("an empty timestamp is none", "", SIGNED, BODY, Verdict.UNSIGNED),
        ("words are no timestamp", "yesterday", SIGNED, BODY, Verdict.UNSIGNED),
        ("a fraction is no timestamp", f"{THEN}.5", SIGNED, BODY, Verdict.UNSIGNED),
        ("a sign is no timestamp", f"-{THEN}", SIGNED, BODY, Verdict.UNSIGNED),
        ("a line break behind it is no timestamp", f"{THEN}\n", SIGNED, BODY, Verdict.UNSIGNED),
        ("Arabic digits are none of Slack's", THEN.translate({48 + n: 0x660 + n for n in range(10)}), SIGNED, BODY,
         Verdict.UNSIGNED),
        ("a superscript is a digit to Python and none to Slack", "1²", SIGNED, BODY, Verdict.UNSIGNED),
        ("a number without end is no timestamp", "9" * 5000, SIGNED, BODY, Verdict.UNSIGNED),
    ],
)  # fmt: skip
def test_a_request_is_believed_only_when_slack_signed_it_just_now(
    why: str, timestamp: str | None, signature: str | None, body: bytes, verdict: Verdict
):
    found = judge(SECRET, timestamp=timestamp, signature=signature, body=body, now=NOW)

    assert found is verdict, why


class _At(Clock):
    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> float:
        return self._now.timestamp()


def test_slacks_own_verifier_agrees_on_genuine_and_forged():
    oracle = SignatureVerifier(SECRET, clock=_At(NOW))
    requests = [
        signed_at(THEN),
        signed_at(at(-WINDOW)),
        signed_at(at(-WINDOW - timedelta(seconds=1))),
        signed_at(THEN, b""),
        (THEN, SIGNED, BODY + b"x"),
        (THEN, SIGNED[:-1], BODY),
        (at(timedelta(seconds=1)), SIGNED, BODY),
    ]

    for timestamp, signature, body in requests:
        ours = judge(SECRET, timestamp=timestamp, signature=signature, body=body, now=NOW)

        assert oracle.is_valid(body, timestamp, signature) == (ours is Verdict.GENUINE)
    assert oracle.generate_signature(timestamp=THEN, body=BODY) == SIGNED


def _flip(chance: random.Random, data: bytes) -> bytes:
    place, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
    return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def _forge(chance: random.Random) -> tuple[str, str, bytes]:
    """Touch one thing of a genuine request."""
    match chance.randrange(6):
        case 0:
            return THEN, _flip(chance, SIGNED.encode()).decode("latin-1"), BODY
        case 1:
            return THEN, SIGNED[: chance.randrange(len(SIGNED))], BODY
        case 2:
            return THEN, sign(chance.randbytes(16).hex(), THEN, BODY), BODY
        case 3:
            return THEN, SIGNED, _flip(chance, BODY)
        case 4:
            seconds = chance.choice([-1, 1]) * chance.randrange(1, 300)
            return at(timedelta(seconds=seconds)), SIGNED, BODY
        case _:
            return THEN, "v0=" + chance.randbytes(32).hex(), BODY


def test_none_of_twenty_thousand_forgeries_passes():
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 - shown when it fails
    chance = random.Random(seed)  # noqa: S311 - chance, not secrecy

    verdicts = {
        judge(SECRET, timestamp=timestamp, signature=signature, body=body, now=NOW)
        for timestamp, signature, body in (_forge(chance) for _ in range(20_000))
    }

    assert verdicts == {Verdict.FORGED}
