"""
Recorded replies, and conversations played with them. `test_every_provider.py` says what the files look like.

Nothing here knows a provider: an account is made from what its settings say of themselves.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

from pydantic import SecretStr

from adapters import errors
from adapters.contract import Listing, Region, Reply, Snapshot, TaskId, TaskState
from adapters.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from adapters.contract import Provider, ProviderType, Request, Settings

HERE = Path(__file__).parent
TASK = TaskId("t-1")
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)

STATES = {state.lower(): state for state in TaskState}
ERRORS = {
    re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, ProviderError)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What a cloud said, step by step, and what a provider must make of it."""

    provider: str
    name: str
    replies: Sequence[Reply]
    sources: Sequence[str]
    outcome: str
    is_listing: bool
    means: Mapping[str, Any]

    @property
    def is_from_vendor(self) -> bool:
        return all(source.startswith("vendor") for source in self.sources)


def recordings() -> list[Recording]:
    """Load every recorded reply of every provider."""
    return [_load(path) for path in sorted(HERE.glob("*/replies/*"))]


def _load(path: Path) -> Recording:
    named = re.fullmatch(r"([0-9]{3})-([a-z_]+)(?:-[a-z0-9_]+)?(\.json)?", path.name)
    assert named, f"{path} is not named <http status>-<outcome>[-<detail>]"
    files = [path] if named[3] else sorted(path.iterdir(), key=lambda file: int(file.name.partition("-")[0]))
    statuses = (
        [int(named[1])] if named[3] else [int(re.fullmatch(r"[0-9]+-([0-9]{3})\.json", f.name)[1]) for f in files]
    )
    assert statuses[-1] == int(named[1]), f"{path}: the last step has another status"
    steps = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    for step in steps:
        assert step.keys() <= {"source", "headers", "body", "asks", "means"}, path
        assert step["source"].startswith(("vendor", "made from")), path
    return Recording(
        provider=path.parent.parent.name,
        name=f"{path.parent.parent.name}/{path.name}",
        replies=[answer(step["body"], status, step["headers"]) for step, status in zip(steps, statuses, strict=True)],
        sources=[step["source"] for step in steps],
        outcome=named[2],
        is_listing=named[2] == "listing" or steps[0].get("asks") == "listing",
        means=steps[-1].get("means", {}),
    )


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Build a reply; a text or bytes go as they are, any other value as JSON."""
    text = body if isinstance(body, str | bytes) else json.dumps(body, ensure_ascii=False)
    return Reply(
        status=status,
        headers=headers or {},
        body=text if isinstance(text, bytes) else text.encode(),
        received_at=NOW,
    )


def account(kind: ProviderType, secret: str = "planted-{name}-51e70fca") -> Settings:
    """Make settings of a provider: secrets are planted, what is needed besides is the settings' own example."""
    given: dict[str, Any] = {}
    for name, info in kind.settings.model_fields.items():
        example = (info.json_schema_extra or {})["example"]
        if SecretStr.__name__ in str(info.annotation):
            given[name] = secret.format(name=name)
        elif info.is_required():
            given[name] = example.split(",") if get_origin(info.annotation) is tuple else example
    return kind.settings.model_validate(given)


def play(provider: Provider, region: Region, replies: Sequence[Reply], *, is_listing: bool = False) -> Any:
    """
    Do what the lane does, with replies that are already there, and return what the conversation returns.

    A conversation that asks more often than there are replies hears the last one again.
    """
    return _play(provider, region, replies, is_listing=is_listing, asked=[])


def requests(
    provider: Provider, region: Region, replies: Sequence[Reply], *, is_listing: bool = False
) -> list[Request]:
    """Return what the conversation asked for on the way, unsigned."""
    asked: list[Request] = []
    _play(provider, region, replies, is_listing=is_listing, asked=asked)
    return asked


def _play(
    provider: Provider, region: Region, replies: Sequence[Reply], *, is_listing: bool, asked: list[Request]
) -> Any:
    conversation = provider.listing(region) if is_listing else provider.status(region, TASK)
    assert conversation is not None, "this provider has no list"
    steps = iter(replies)
    reply = replies[-1]
    request = next(conversation)
    try:
        while True:
            asked.append(request)
            reply = next(steps, reply)
            refused = provider.refusal(reply)
            request = conversation.send(reply) if refused is None else conversation.throw(refused)
    except StopIteration as end:
        return end.value


def outcome(provider: Provider, region: Region, replies: Sequence[Reply], *, is_listing: bool = False) -> Any:
    """Play a conversation and return what it comes to: a snapshot, a listing or the error as a value."""
    try:
        return play(provider, region, replies, is_listing=is_listing)
    except ProviderError as error:
        return error


def kind_of(result: Snapshot | Listing | ProviderError) -> str:
    """Say what a result is, in the words of a file's name."""
    match result:
        case Snapshot():
            return result.state.lower()
        case Listing():
            return "listing"
        case _:
            return next(name for name, kind in ERRORS.items() if type(result) is kind)


def plain(value: Any) -> Any:
    """Turn a result into what JSON can say, for comparison with `means`."""
    match value:
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        case timedelta():
            return value.total_seconds()
        case ProviderError():
            return {name: plain(item) for name, item in vars(value).items()}
        case dict():
            return {key: plain(item) for key, item in value.items()}
        case _ if is_dataclass(value):
            return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
        case _:
            return value


def differences(said: Any, meant: Any, where: str = "") -> Iterator[str]:
    """Name every attribute that is not what a recording says; a listing's `tasks` must be all of them."""
    if not isinstance(meant, dict) or not isinstance(said, dict):
        if said != meant:
            yield f"{where}: {said!r}, not {meant!r}"
        return
    if where.endswith(".tasks") and said.keys() != meant.keys():
        yield f"{where}: {sorted(said)}, not {sorted(meant)}"
    for key, item in meant.items():
        yield from differences(said.get(key, "nothing of that name"), item, f"{where}.{key}")
