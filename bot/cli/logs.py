"""
Logs on stderr, one line an event, with everything that must not be there cut out.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_CUT: Final = re.compile(
    r"xox[a-z]-[\w-]+"  # Slack's tokens
    r"|xapp-[\w-]+"
    r"|(?<=ticket=)[^&\s'\")]+"  # of a Socket Mode address
    r"|(?<=hooks\.slack\.com/)[^\s'\")]+"  # response_urls
    r"|(?<=Signature=)[0-9a-fA-F]{16,}"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"  # user:password@
    r"|(?<=[?&])(auth_key|txSecret|token|sign|signature|passphrase|streamid)=[^&\s'\")]+",
    re.IGNORECASE,
)


class Redacted(logging.Formatter):
    """
    Lines without secrets: what looks like one, and the very values that were set.

    This is the second fence. The first is that nobody hands a secret to the log.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%S%z")
        self._secrets = sorted((secret for secret in secrets if len(secret) >= 6), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        for secret in self._secrets:
            line = line.replace(secret, "…")
        return _CUT.sub("…", line)


def set_up(level: str = "WARNING", secrets: Iterable[str] = ()) -> None:
    """
    Send our log to stderr. Libraries speak from WARNING on only: at DEBUG and INFO some of them print whole requests.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Redacted(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("bot", "adapters", "migrations"):
        logging.getLogger(ours).setLevel(level)
    for theirs in ("slack_bolt", "slack_sdk", "aiohttp", "httpx", "httpcore", "sqlalchemy", "alembic", "asyncio"):
        logging.getLogger(theirs).setLevel(logging.WARNING)
