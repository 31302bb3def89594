"""
What the bot and a cloud agree on: the values that cross the border, and the one Protocol.

A provider is a conversation, not a client: it yields unsigned requests, is sent replies and returns what they mean. It
never awaits, never asks the time and never keeps a secret in a value that leaves it.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, NewType, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.errors import ProviderError

T = TypeVar("T")

AccountName = NewType("AccountName", str)  # what people type for credentials + regions (+ SdkAppId) at one provider
Region = NewType("Region", str)
TaskId = NewType("TaskId", str)
Api = NewType("Api", str)  # the vendor's name of one API: vendors count their rates per API


class TaskState(StrEnum):
    """What a read of a task says; the stored word is the shown word."""

    NOT_STARTED = "NOT_STARTED"
    RUNNING = "RUNNING"
    RETRYING = "RETRYING"
    STOPPED = "STOPPED"
    ENDED = "ENDED"
    NOT_FOUND = "NOT_FOUND"
    UNKNOWN = "UNKNOWN"  # a vendor word that is new to us: kept raw and shown


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TaskRef:
    """One relay task, told apart from every other."""

    account: AccountName
    region: Region
    task_id: TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When the task is meant to run (aware UTC); None where the provider has no such plan."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and how patiently the cloud itself tries again before it gives up."""

    count: int
    interval: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a file source has come."""

    offset: timedelta | None = None  # within the file that plays now
    file: int | None = None  # which file plays, counted from 0 as the vendor does
    files: int | None = None  # how many there are


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """
    What one read of a task said. Holds no secret: URLs are cut to `scheme://host/app/…` before they get here.
    """

    task_id: TaskId
    state: TaskState
    taken_at: datetime  # when the reply arrived, aware UTC
    raw: str  # the vendor's own word for the state, as it came; empty when the cloud has no such task
    reason: str = ""  # the vendor's own word for why; only in states where the vendor documents it
    name: str = ""
    plan: Plan = Plan()
    ended_at: datetime | None = None  # only in ENDED, and only when the cloud says so
    progress: Progress | None = None  # None: not measurable (live sources have no offset)
    retry: Retry | None = None
    source: str = ""  # cut URL of the first source
    source_type: str = ""  # the vendor's word: live, vod, url
    destination: str = ""  # cut URL
    destination_hash: str = ""  # keyed, of the whole URL: tells that two tasks push to one place, and nothing else
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A whole walk through a cloud's list: every task that it showed, by id, and how many it said there are."""

    tasks: Mapping[TaskId, Snapshot]
    total: int
    requests: int  # how many pages it took


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """
    One HTTP request, unsigned until `Provider.sign` has had it.

    `url` is complete; its query is already in the vendor's canonical form and is sent byte for byte.
    """

    api: Api
    method: str
    url: str = field(repr=False)  # a listing filter may hold what somebody typed
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # signatures and tokens live here
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer. Header names are lower case; `received_at` is aware UTC."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)  # may hold push URLs
    received_at: datetime

    @property
    def server_at(self) -> datetime | None:
        """The cloud's own time, from the `Date` header (RFC 9110 5.6.7), aware UTC; None when it says none."""
        try:
            return datetime.strptime(self.headers.get("date", ""), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What the vendor's page allows for one API of one main account."""

    per_second: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One HTTP request from a cloud, or from somebody who says so. Header names are lower case."""

    key: str = field(repr=False)  # the last part of its path
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


class Remark(StrEnum):
    """What a callback adds to the hint: shown on the card, never judged."""

    START_FAILED = "start_failed"
    STARTED_AGAIN = "started_again"
    STARTED = "started"  # takes the other two back


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a genuine callback comes to: look at this task now. Never a verdict."""

    task_id: TaskId
    event: str = ""  # the same for repetitions of one event; empty where the vendor's cannot be told apart
    remark: Remark | None = None


class Dismissed(StrEnum):
    """Why a callback comes to nothing."""

    NO_DOOR = "no_door"  # the key is not set, or another one: as if there were no such page
    NOT_GENUINE = "not_genuine"
    STALE = "stale"  # genuine perhaps, but of another time
    UNREADABLE = "unreadable"
    NOT_OURS = "not_ours"  # genuine, and about nothing that we follow


Conversation: TypeAlias = Generator[Request, Reply, T]
Fingerprint: TypeAlias = "Callable[[str], str]"  # a whole URL → its keyed hash


def no_fingerprint(_url: str) -> str:
    """Stand in for a `Fingerprint` where nobody compares destinations."""
    return ""


class Provider(Protocol):
    """
    One cloud API family for one account. Pure: no clock, no I/O, no randomness.
    """

    @property
    def paces(self) -> Mapping[Api, Pace]:
        """The documented rates, each with its source."""
        ...

    def status(self, region: Region, task: TaskId) -> Conversation[Snapshot]:
        """
        Ask for one task. A task that the cloud does not know is a NOT_FOUND snapshot, not an error.

        Raises:
            ProviderError: thrown in by the lane (`refusal`), or `Unreadable` of our own.
        """
        ...

    def listing(self, region: Region, text: str = "") -> Conversation[Listing] | None:
        """Walk the cloud's list of tasks (those whose name holds `text`); None where the cloud has no list."""
        ...

    def refusal(self, reply: Reply) -> ProviderError | None:
        """Say what a reply refuses, and by its type whether time heals it; None lets the conversation read it."""
        ...

    def sign(self, request: Request, *, now: datetime, nonce: str) -> Request:
        """Return the request as it goes over the wire. Called at each sending, never ahead of it."""
        ...


def _is_key(value: SecretStr) -> SecretStr:
    """A cloud answers a key with a space in it with "wrong signature", which sends people looking elsewhere."""
    if not re.fullmatch(r"[!-~]+", value.get_secret_value()):
        raise ValueError("must be printable ASCII without spaces, and not empty")
    return value


def _is_endpoint(value: str) -> str:
    url = value.lower().removesuffix("/")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a bracket left open, a port that is no number
        host, port = "", None
    authority = (f"[{host}]" if ":" in host else host) + ("" if port is None else f":{port}")
    is_bare = re.fullmatch(r"[a-z0-9:.-]+", host) is not None and url.partition("://")[2] == authority
    if not is_bare or not (url.startswith("https://") or (url.startswith("http://") and _is_this_machine(host))):
        raise ValueError("must be https:// and a host, with nothing behind it (http:// only for this machine)")
    return url


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_callback_key(value: SecretStr) -> SecretStr:
    if not all(re.fullmatch(r"[A-Za-z0-9_-]{16,128}", key) for key in value.get_secret_value().split(",")):
        raise ValueError(
            "must be 16 letters, digits, - or _ at least (two keys with a comma between while they change)"
        )
    return value


def is_one_of(given: str, keys: SecretStr | None) -> bool:
    """Compare with every key of a comma list, in a time that tells nothing; False where there is none."""
    told = [key.encode() for key in keys.get_secret_value().split(",") if key] if keys is not None else []
    answers = [hmac.compare_digest(given.encode("utf-8", "surrogatepass"), key) for key in told]
    return any(answers)


Key = Annotated[SecretStr, AfterValidator(_is_key)]  # a part of a credential
CallbackKey = Annotated[SecretStr, AfterValidator(_is_callback_key)]  # ends a URL that nobody can guess
Endpoint = Annotated[str, AfterValidator(_is_endpoint)]  # `https://host[:port]`, where requests go


class Settings(BaseModel):
    """
    What one account of a provider needs to be told; each provider subclasses it.

    A field's metadata is data for the reader of the environment, for `doctor` and for the README's table:
    `json_schema_extra={"env": NAME, "where": "where a person finds it", "example": "…"}`. Fields of type `SecretStr`
    are secrets: an account in the configuration file gives them as names of environment variables.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    regions: tuple[Region, ...]

    @property
    def budget_key(self) -> str:
        """What tells the vendor's main account apart, by default the access key's id. Hash it before it is stored."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderType:
    """
    What the registry holds for one word: how people call the cloud, what it must be told, how to open it.

    `open(settings, fingerprint)` opens an account; `fingerprint` is for `Snapshot.destination_hash`. `has_id(text)`
    says whether a text could be one of this cloud's task ids: by shape alone, no request. `hear(settings, callback)`
    verifies and reads what the cloud sends by itself; None where it sends nothing.
    """

    word: str  # what people type, the settings prefix, the folder, the log value
    title: str  # what people read
    settings: type[Settings]
    open: Callable[[Any, Fingerprint], Provider]
    has_id: Callable[[str], bool]
    policy: str  # the least rights that suffice, to paste into the vendor's console
    hear: Callable[[Any, Callback], Hint | Dismissed] | None = None


def shape(value: object, depth: int = 3) -> str:
    """
    Describe a decoded JSON value by field names and types, never by content.

    >>> shape({"Total": 3, "TaskList": [{"TaskId": "x"}]})
    '{TaskList: [{TaskId: str}], Total: int}'
    """
    match value:
        case Mapping() if depth:
            fields = sorted(value.items(), key=str)
            inside = [f"{_name(key)}: {shape(item, depth - 1)}" for key, item in fields[:_FIELDS]]
            return "{" + ", ".join([*inside, "…"] if len(fields) > _FIELDS else inside) + "}"
        case list() if depth:
            return f"[{shape(value[0], depth - 1)}]" if value else "[]"
        case _:
            return "null" if value is None else type(value).__name__


_FIELDS = 24  # more than any reply of the clouds has


def _name(key: object) -> str:
    """Field names are the vendor's, but a broken reply can put anything there: keep what looks like a name."""
    text = str(key)
    return text if re.fullmatch(r"[A-Za-z_]{1,32}", text) else "…"


def cut_url(url: str) -> str:
    """
    Keep of a URL what helps a reader and cannot be used: `scheme://host/app/…`.

    User names, passwords, queries, fragments and the last path segment go (a stream key often is the last segment). The
    first folder stays if it looks like the name of an application and not like a token. What does not look like a URL
    is dropped whole.

    >>> cut_url("rtmp://user:pw@push.example.com/live/room-1?auth_key=1-0-0-abc")
    'rtmp://push.example.com/live/…'
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{1,9}", scheme):
        return "…" if url else ""
    cut = f"{scheme.lower()}://…"
    authority, at, tail = rest.rpartition("@")
    if at and re.search(r"[/?#\\]", authority):  # one of them in a password: where the host begins cannot be told
        return cut
    host, *folders = re.split(r"[?#]", tail, maxsplit=1)[0].rstrip("/").split("/")
    if not _HOST.fullmatch(host):
        return cut
    first = next(filter(None, folders[:-1]), "")
    return "/".join([f"{scheme.lower()}://{host}", *([first] if _APP.fullmatch(first) else []), "…"])


_HOST = re.compile(r"([A-Za-z0-9.*_-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")  # the clouds' samples mask with *
_APP = re.compile(r"(?!.*[0-9a-fA-F]{16})[A-Za-z0-9_.-]{1,20}")
