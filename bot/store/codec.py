"""
Values as JSON. Each carries a version `v`; each release reads the previous release's, so fields are only ever added.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import TypeAdapter

from bot.domain.task import Known, News

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

_KNOWN: Final = TypeAdapter(Known)
_NEWS: Final = TypeAdapter(News)
_V: Final = 1
# Always written first: whole tables are read, so no more than this is parsed for it.
_VERSION: Final = re.compile(r'\s*\{\s*"v"\s*:\s*(\d+)')


def write_known(known: Known) -> str:
    """Write down what is known of a task."""
    return _write(_KNOWN, known)


def read_known(text: str) -> Known:
    """
    Read what is known of a task.

    Raises:
        ValueError: it is spoilt, or a newer release wrote it.
    """
    if (version := _VERSION.match(text)) is not None and int(version[1]) > _V:
        raise ValueError(f"it is of version {version[1]}, and {_V} is the newest that can be read")
    return _KNOWN.validate_json(text)


def write_news(news: News) -> str:
    """Write down one thing that happened."""
    return _write(_NEWS, news)


def read_news(text: str) -> News:
    """Read one thing that happened."""
    return _NEWS.validate_json(text)


def _write(adapter: TypeAdapter[T], value: T) -> str:
    fields: Mapping[str, Any] = adapter.dump_python(value, mode="json", exclude_defaults=True)
    return json.dumps({"v": _V, **fields}, ensure_ascii=False, separators=(",", ":"))
