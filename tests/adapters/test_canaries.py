"""No secret that a cloud sends or an account holds can be seen in what a provider hands out."""

from __future__ import annotations

import json
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr, ValidationError

from adapters import aliyun, tencent
from adapters.contract import cut_url, no_fingerprint
from adapters.errors import ProviderError
from tests.adapters import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapters.contract import ProviderType
    from tests.adapters.recorded import Recording

KINDS = {kind.word: kind for kind in (aliyun.PROVIDER, tencent.PROVIDER)}
CANARY = "c4n4ry"
URLS = [
    f"rtmp://{CANARY}:{CANARY}@push.example.com/live/{CANARY}?auth_key={CANARY}&x={CANARY}#{CANARY}",
    f"rtmp://push.example.com/live/room/{CANARY}/",
    f"https://push.example.com/{CANARY}",
    f"srt://push.example.com:9000?streamid={CANARY}&passphrase={CANARY}",
]
# Shown as they come, because people need them: what somebody called a task, and Tencent's one word for its state.
SHOWN = {"TaskName", "Status"}
# Free text and keys: not even a bare word of theirs may pass.
HIDDEN = {
    *("DstUrl", "SourceUrls", "CallbackURL", "AuthKey", "ReqAuth", "Message", "message", "Recommend", "HostId"),
    *("AuthPrincipalType", "AuthPrincipalOwnerId", "AuthPrincipalDisplayName", "NoPermissionType", "PolicyType"),
    *("EncodedDiagnosticMessage", "Description"),
}

each_recording = pytest.mark.parametrize("recording", recorded.recordings(), ids=lambda recording: recording.name)
each_provider = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


def planted(content: Any, secret: str, *, only_hidden: bool, field: str = "") -> Any:
    """Put the secret into every text of a reply, or into those of the hidden fields, wherever in the tree they are."""
    match content:
        case dict():
            held = {name: planted(item, secret, only_hidden=only_hidden, field=name) for name, item in content.items()}
            return held | {"Message": secret, "AuthKey": secret, "ReqAuth": secret} if held else held
        case list():
            return [planted(item, secret, only_hidden=only_hidden, field=field) for item in content]
        case str() if field not in SHOWN and (field in HIDDEN or not only_hidden):
            return secret
        case _:
            return content


def visible(value: object) -> Iterator[str]:
    """Everything that a log, a card or a traceback could show of a value."""
    yield from (repr(value), str(value), repr(recorded.plain(value)))
    if isinstance(value, ProviderError):
        yield "".join(traceback.format_exception(value))
        seen: BaseException | None = value
        while seen is not None:
            yield f"{seen!r} {seen}"
            seen = seen.__cause__ or seen.__context__


@each_recording
@pytest.mark.parametrize(("secret", "only_hidden"), [*((url, False) for url in URLS), (CANARY, True)])
def test_what_a_cloud_sends_in_confidence_is_not_seen(recording: Recording, secret: str, *, only_hidden: bool):
    settings = recorded.account(KINDS[recording.provider])
    provider = KINDS[recording.provider].open(settings, no_fingerprint)
    replies = []
    for reply in recording.replies:
        try:
            body = json.dumps(planted(json.loads(reply.body), secret, only_hidden=only_hidden))
        except ValueError:
            body = reply.body.decode() + f"<Message>{secret}</Message>"
        replies.append(recorded.answer(body, reply.status, {**reply.headers, "location": secret}))

    result = recorded.outcome(provider, settings.regions[0], replies, is_listing=recording.is_listing)

    assert [text for text in visible(result) if CANARY in text] == []
    assert [text for reply in replies for text in (repr(reply), str(reply)) if CANARY in text] == []


def test_of_a_planted_url_the_harmless_part_stays():
    """The test above would also pass if nothing at all came through."""
    assert [cut_url(url) for url in URLS] == [
        "rtmp://push.example.com/live/…",
        "rtmp://push.example.com/live/…",
        "https://push.example.com/…",
        "srt://push.example.com:9000/…",
    ]


@each_provider
def test_an_account_keeps_its_keys_to_itself(kind: ProviderType):
    settings = recorded.account(kind, secret=CANARY + "-{name}")
    provider = kind.open(settings, no_fingerprint)
    request = next(provider.status(settings.regions[0], recorded.TASK))

    signed = provider.sign(request, now=recorded.NOW, nonce="0123456789abcdef")

    assert CANARY in str(dict(signed.headers))  # it is used
    assert CANARY not in signed.url
    assert CANARY.encode() not in signed.body
    shown = [settings, settings.model_dump(), settings.model_dump_json(), provider, provider.paces, request, signed]
    assert [text for value in shown for text in (repr(value), str(value)) if CANARY in text] == []


@each_provider
def test_a_complaint_about_a_key_does_not_repeat_it(kind: ProviderType):
    secrets = [name for name, info in kind.settings.model_fields.items() if SecretStr.__name__ in str(info.annotation)]

    for name in secrets:
        good = recorded.account(kind).model_dump()
        with pytest.raises(ValidationError) as refused:
            kind.settings.model_validate(good | {name: f"{CANARY} {CANARY}"})

        assert name in str(refused.value)
        assert CANARY not in str(refused.value)
        assert CANARY not in repr(refused.value)
    assert len(secrets) >= 3
