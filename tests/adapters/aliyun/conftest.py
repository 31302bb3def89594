from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.aliyun import Aliyun, AliyunSettings

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = {"access_key_id": "testid", "access_key_secret": "testsecret"}


@pytest.fixture(scope="session")
def vectors() -> list[dict[str, Any]]:
    """Requests and signatures that the vendor's own signer made; one of them is the vendor's published example."""
    return json.loads(Path(__file__).with_name("vectors.json").read_text(encoding="utf-8"))


@pytest.fixture
def account() -> Callable[..., Aliyun]:
    """Open an account; what is not said is plausible."""

    def opened(**told: Any) -> Aliyun:
        return Aliyun(AliyunSettings.model_validate({**SECRETS, "regions": ["cn-shanghai"], **told}))

    return opened
