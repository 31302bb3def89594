"""
Each flow is tried on both databases; what takes long on PostgreSQL is left to the whole run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

# Deliveries and what ends by itself stay: SQL that only one database understands shows there, too.
LONG: Final = frozenset({"test_watch", "test_call", "test_paging", "test_handover", "test_drill", "test_late"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        here = item.path.parent == Path(__file__).parent and item.path.stem in LONG
        of = getattr(item, "callspec", None)
        if here and of is not None and of.params.get("url") == "postgres":
            item.add_marker(pytest.mark.long)
