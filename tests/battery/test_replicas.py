"""
Two processes, of which one fails; `make battery` does it some hundreds of times, and measures how long the other takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.battery.duo import Failure, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20261121


@pytest.fixture
def database(fresh_postgres: Callable[[bool], str]) -> str:
    return fresh_postgres(False)


async def test_what_one_process_leaves_behind_another_tells_once(tmp_path: Path, database: str):
    print(f"seed {SEED}")  # noqa: T201
    failures = [
        Failure(way="SIGKILL", moment="after the claim, before the send"),
        # It is stopped until nothing is its own any more, and then goes on in the midst of what it did.
        Failure(way="SIGSTOP", moment="after the claim, before the send"),
    ]
    found = await run(failures, SEED, tmp_path, database)

    assert [each for each in found if not each.is_right] == []
    assert [each.hits for each in found] == [1, 1], "it did not fail where it should: the test shows nothing"
