from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from adapters import aliyun, tencent
from adapters.registry import BrokenProvider, ProviderMissing, UnknownProvider, find, providers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD = """
from adapters.contract import ProviderType, Settings

class CloudSettings(Settings):
    key: str

PROVIDER = ProviderType(
    word="cloud", title="Cloud", settings=CloudSettings, open=CloudSettings, has_id=str.isdigit, policy="",
)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Lay a package down as an installer does: its module, and the metadata that names its entry point."""
    modules: list[str] = []

    def installed(package: str, code: str, *, word: str = "cloud", value: str = "{module}:PROVIDER") -> None:
        module = package.replace("-", "_")
        modules.append(module)
        folder = tmp_path / package
        metadata = folder / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (folder / f"{module}.py").write_text(code, encoding="utf-8")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(
            f"[relaybot.providers]\n{word} = {value.format(module=module)}\n", encoding="utf-8"
        )
        monkeypatch.syspath_prepend(str(folder))

    yield installed
    for module in modules:
        sys.modules.pop(module, None)


def test_the_built_in_providers_are_known_by_their_words():
    assert providers() == {"aliyun": aliyun.PROVIDER, "tencent": tencent.PROVIDER}
    assert find("aliyun") is aliyun.PROVIDER
    assert find("tencent") is tencent.PROVIDER


def test_another_package_brings_a_provider(install: Callable[..., None]):
    install("relaybot-cloud", GOOD)

    found = find("cloud")

    assert (found.word, found.title) == ("cloud", "Cloud")
    assert "cloud" not in providers()


def test_another_packages_code_runs_only_when_an_account_names_it(install: Callable[..., None]):
    install("relaybot-cloud", GOOD)

    providers()
    find("tencent")
    with pytest.raises(UnknownProvider):
        find("clout")
    assert "relaybot_cloud" not in sys.modules

    find("cloud")
    assert "relaybot_cloud" in sys.modules


def test_a_built_in_word_cannot_be_taken(install: Callable[..., None]):
    install("relaybot-thief", "raise SystemExit('stolen')", word="tencent")

    assert find("tencent") is tencent.PROVIDER


def test_an_unknown_word_is_told_what_there_is(install: Callable[..., None]):
    install("relaybot-cloud", GOOD)

    with pytest.raises(UnknownProvider) as unknown:
        find("Tencent")

    assert str(unknown.value) == 'there is no provider "Tencent"; there are: aliyun, cloud, tencent'


# What can be wrong with another package: (its code, its entry point, what is told)
BROKEN = [
    ("import nowhere_to_be_found", "{module}:PROVIDER", "cannot be loaded (ModuleNotFoundError)"),
    ("PROVIDER = None.word", "{module}:PROVIDER", "cannot be loaded (AttributeError)"),
    ("", "{module}:PROVIDER", "cannot be loaded (AttributeError)"),
    ("", "{module}.more:PROVIDER", "cannot be loaded (ModuleNotFoundError)"),
    ("PROVIDER = (", "{module}:PROVIDER", "cannot be loaded (SyntaxError)"),
    ("int('x')", "{module}:PROVIDER", "cannot be loaded (ValueError)"),
    (GOOD.replace('policy=""', 'polity=""'), "{module}:PROVIDER", "cannot be loaded (TypeError)"),
    ("PROVIDER = {'word': 'cloud'}", "{module}:PROVIDER", "is no ProviderType of that word"),
    (GOOD, "{module}:CloudSettings", "is no ProviderType of that word"),
    (GOOD, "{module}", "is no ProviderType of that word"),
    (GOOD.replace('word="cloud"', 'word="another"'), "{module}:PROVIDER", "is no ProviderType of that word"),
]


@pytest.mark.parametrize(("code", "value", "told"), BROKEN)
def test_a_broken_package_is_named(install: Callable[..., None], code: str, value: str, told: str):
    install("relaybot-cloud", code, value=value)

    with pytest.raises(BrokenProvider) as broken:
        find("cloud")

    assert str(broken.value) == (
        f'the provider "cloud" of the package relaybot-cloud {told}; update the package or uninstall it'
    )


def test_two_packages_with_one_word_are_both_named(install: Callable[..., None]):
    install("relaybot-cloud", GOOD)
    install("cloud-for-relaybot", GOOD)

    with pytest.raises(BrokenProvider) as broken:
        find("cloud")

    assert str(broken.value) == (
        'the provider "cloud" is offered by cloud-for-relaybot and relaybot-cloud; uninstall all but one'
    )


def test_the_settings_reader_can_catch_it_as_a_wrong_value():
    assert issubclass(UnknownProvider, ProviderMissing)
    assert issubclass(BrokenProvider, ProviderMissing)
    assert issubclass(ProviderMissing, ValueError)
