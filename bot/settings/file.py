"""
The configuration file, and what its tables have in common: names of variables in the place of secrets, lists of texts.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.settings.reader import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ACCOUNT: Final = '[accounts.show] provider = "aliyun" regions = ["cn-shanghai"]'
TABLES: Final = ("accounts", "pagers", "calendars", "rotas")
# In capitals, as everybody names them. Most vendors' keys have small letters: one that was pasted where its variable's
# name belongs is not taken for a name, and not repeated in a message.
VARIABLE: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
LOOPBACK: Final = re.compile(r"http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/\S*)?")


def read_file(path: Path) -> Mapping[str, Mapping[str, object]]:
    """
    Read the file's tables by their kinds; at least one of the kinds that there are is there, and no other.

    Raises:
        SettingsError: with the file's name.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError("RELAYBOT_CONFIG", f"names a file that cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(str(path), f"is no TOML: {error}", example=ACCOUNT) from None
    if unknown := sorted(set(document) - set(TABLES)):
        raise SettingsError(str(path), f"has a table that I do not know: {unknown[0]}", example=ACCOUNT)
    for kind, tables in document.items():
        if not isinstance(tables, dict) or not tables:
            raise SettingsError(str(path), f"has no [{kind}.<name>] table", example=ACCOUNT)
    if not document:
        raise SettingsError(str(path), "has no [accounts.<name>] table", example=ACCOUNT)
    return {kind: document.get(kind, {}) for kind in TABLES}


def variable(
    table: Mapping[str, Any], key: str, place: str, environ: Mapping[str, str], *, example: str, where: str
) -> str:
    """
    Follow a key to the variable that it names, and return what that holds.

    Args:
        example: what the variable should hold.
        where: where that is found.

    Raises:
        SettingsError: naming the place in the file, or the variable.
    """
    name, named = table.get(key), f'{key} = "RELAY_{key.upper()}"'
    if not isinstance(name, str) or not VARIABLE.fullmatch(name):
        problem = "must be the name of an environment variable, in capitals, and not the key itself"
        raise SettingsError(f"{place}.{key}", problem, example=named)
    if not (value := environ.get(name, "").strip()):
        if "_" not in name:  # some of PagerDuty's keys are capitals and digits: this may be one
            raise SettingsError(f"{place}.{key}", "names a variable that is not set", example=named)
        raise SettingsError(name, f"is not set, and {place}.{key} is read from it", example=example, where=where)
    return value


def address(
    table: Mapping[str, Any], place: str, environ: Mapping[str, str], *, allow_private: bool, where: str
) -> str:
    """
    Read `url`: an https address, or the name of the variable that holds one; without TLS for this machine, if allowed.

    Raises:
        SettingsError: naming the place in the file, or the variable; never the address, it may be as good as a key.
    """
    example, name, value = "https://…", f"{place}.url", table.get("url")
    if isinstance(value, str) and VARIABLE.fullmatch(value):
        name, value = value, variable(table, "url", place, environ, example=example, where=where)
    if not isinstance(value, str):
        raise SettingsError(name, "is not set", example='url = "https://…" or the name of a variable', where=where)
    if not is_address(value, with_loopback=allow_private):
        problem = "must be an https address (http only for this machine, with allow_private = true)"
        raise SettingsError(name, problem, example=example, where=where)
    return value


def is_address(value: str, *, with_loopback: bool) -> bool:
    """Say whether it can be called: by https, or where that will do without TLS on this machine."""
    if not re.fullmatch(r"https://[^\s#]+", value) and not (with_loopback and LOOPBACK.fullmatch(value)):
        return False
    try:
        parts = urlsplit(value)
        return not (parts.hostname or ".").startswith(".") and parts.port != 0
    except ValueError:  # no port, or no address of IPv6
        return False


def texts(table: Mapping[str, Any], key: str, place: str, *, example: str) -> list[str]:
    """Read a list of texts, empty where there is none."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise SettingsError(f"{place}.{key}", "must be a list of texts", example=example)
    return [text.strip() for text in value]


def flag(table: Mapping[str, Any], key: str, place: str) -> bool:
    """Read a yes or no, no where it is not told."""
    value = table.get(key, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{place}.{key}", "must be true or false", example=f"{key} = true")
    return value


def known(table: object, keys: frozenset[str], place: str, *, what: str, example: str) -> Mapping[str, Any]:
    """See that it is a table, and that nothing stands in it that nobody reads."""
    if not isinstance(table, dict):
        raise SettingsError(place, "must be a table", example=example)
    for key in sorted(table.keys() - keys):
        raise SettingsError(f"{place}.{key}", f"is no setting of a {what}; there are: {', '.join(sorted(keys))}")
    return table
