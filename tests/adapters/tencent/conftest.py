from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.contract import Reply
from adapters.tencent import Tencent, TencentSettings

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = {
    "secret_id": "AKIDcanaryIdCanaryId",
    "secret_key": "canaryKeyCanaryKeyCanary",
    "token": "canary-token-AAAA/BBBB+CCCC==",
}


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


@pytest.fixture
def secrets() -> dict[str, str]:
    return SECRETS


@pytest.fixture
def account() -> Callable[..., Tencent]:
    """Open an account; what is not said is plausible."""

    def opened(**told: Any) -> Tencent:
        return Tencent(
            TencentSettings.model_validate({**SECRETS, "regions": ["ap-singapore"], "sdk_app_id": 1400000123, **told})
        )

    return opened


@pytest.fixture
def reply() -> Callable[..., Reply]:
    """Build a reply: `body` is bytes as they come, or a value that becomes JSON."""

    def built(body: Any, *, status: int = 200, **headers: str) -> Reply:
        return Reply(
            status=status,
            headers={"content-type": "application/json", **headers},
            body=body if isinstance(body, bytes) else json.dumps(body).encode(),
            received_at=datetime(2026, 11, 20, 8, 30, tzinfo=UTC),
        )

    return built
