"""
The only reader of the wall clock. Everything below is handed a `now`.
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return this instant, aware and in UTC."""
    return datetime.now(UTC)
