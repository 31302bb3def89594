from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adapters import registry
from bot.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

ALIYUN = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIcanaryId",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "canarySecretOfAliyun",
    "ALIYUN_REGIONS": "cn-shanghai,ap-southeast-1",
}
TENCENT = {
    "TENCENTCLOUD_SECRET_ID": "AKIDcanaryId",
    "TENCENTCLOUD_SECRET_KEY": "canarySecretOfTencent",
    "TENCENT_REGIONS": "ap-singapore",
    "TENCENT_SDK_APP_ID": "1400000123",
}


def read(environ: Mapping[str, str]) -> Settings:
    return load(environ, builtin=registry.providers(), find=registry.find)


@pytest.fixture
def load_file(tmp_path: Path) -> Callable[..., Settings]:
    """Read a configuration file together with both clouds' variables, less and more as told."""

    def load_it(text: str | bytes, **environ: str) -> Settings:
        file = tmp_path / "relaybot.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read({"RELAYBOT_CONFIG": str(file), **environ})

    return load_it


@pytest.fixture
def complaint(tmp_path: Path) -> Callable[..., str]:
    """Read what cannot be read and return the message; the folder of the test is left out of it."""

    def complain(environ: Mapping[str, str], text: str | bytes | None = None) -> str:
        told: dict[str, Any] = dict(environ)
        if text is not None:
            file = tmp_path / "relaybot.toml"
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
            told["RELAYBOT_CONFIG"] = str(file)
        with pytest.raises(SettingsError) as caught:
            read(told)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        return str(caught.value).replace(f"{tmp_path}/", "")

    return complain


@pytest.fixture(name="read")
def _read() -> Callable[[Mapping[str, str]], Settings]:
    return read


@pytest.fixture
def aliyun() -> dict[str, str]:
    return dict(ALIYUN)


@pytest.fixture
def both() -> dict[str, str]:
    return ALIYUN | TENCENT


@pytest.fixture
def tencent() -> dict[str, str]:
    return dict(TENCENT)
