"""
The wheel, as somebody gets it who never saw this repository: built offline, installed, run from an empty folder.

And the locks: what the product imports is declared, pinned and hashed, and says nothing of where it came from.
"""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from dataclasses import dataclass
from importlib.metadata import packages_distributions, requires
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bot import __version__, clock
from bot.sandbox.stage import open_stage
from bot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[1]
OURS = ("bot", "adapters", "migrations")
LOCKS = ("requirements.txt", "tests/requirements.txt")

# Declared and never imported: SQLAlchemy and zoneinfo find them by name.
FOUND_BY_NAME = {"aiosqlite", "tzdata"}
# Imported and never declared: pydantic's own half, which it pins to one version.
COMES_ALONG = {"pydantic-core"}


# ── The wheel ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A virtual environment that holds the wheel."""

    wheel: Path
    folder: Path

    @property
    def command(self) -> str:
        return str(self.folder / "bin" / "relaybot")

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this repository, nothing of this process."""
        return {"PATH": os.defpath, "HOME": str(self.folder)}

    async def run(self, *command: str, at: Path, told: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Run to the end: exit status, stdout, stderr."""
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=at,
            env=self.environment | (told or {}),
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Build from what git tracks and nothing else, install without a network and without our folder."""
    tree = tmp_path_factory.mktemp("tree")
    for name in _tracked():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    _do(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", "dist", ".", at=tree)
    (wheel,) = (tree / "dist").glob("relaybot-*.whl")

    folder = tmp_path_factory.mktemp("installed")
    _do(sys.executable, "-m", "venv", "--without-pip", str(folder), at=tree)
    site = Path(sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)}))
    # The dependencies of the tests' own environment; a path in a .pth comes after the environment's own packages, and
    # .pth files of that path are not read, so this repository cannot come in by one.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    _do(*pip, "--python", str(folder / "bin" / "python"), "install", "--no-deps", "--no-index", str(wheel), at=tree)
    yield Installed(wheel=wheel, folder=folder)
    shutil.rmtree(tree)
    shutil.rmtree(folder)


def _tracked() -> list[str]:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone: what belongs to it cannot be told from what lies about")
    listing = (git, "ls-files", "-z")
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own
    return [name for name in names.split("\0") if name and (ROOT / name).exists()]


def _do(*command: str, at: Path) -> None:
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_the_product_and_nothing_else(installed: Installed):
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
        metadata = archive.read(f"relaybot-{__version__}.dist-info/METADATA").decode()

    tracked = {name for name in _tracked() if name.startswith(tuple(f"{ours}/" for ours in OURS))}
    assert {name for name in names if ".dist-info/" not in name} == tracked
    assert sum(name.startswith("migrations/versions/") for name in names) >= 2
    assert "migrations/script.py.mako" in names
    assert f"Version: {__version__}\n" in metadata
    assert "# relaybot" in metadata  # the README is the package's page


async def test_its_code_is_the_wheels(installed: Installed, tmp_path: Path):
    python = str(installed.folder / "bin" / "python")
    asked = "; ".join(f"import {name}; print({name}.__file__)" for name in (*OURS, "httpx"))

    status, out, err = await installed.run(python, "-c", asked, at=tmp_path)

    *ours, httpx_file = (Path(line) for line in out.splitlines())
    assert (status, err) == (0, "")
    assert all(path.is_relative_to(installed.folder) for path in ours)
    assert not httpx_file.is_relative_to(installed.folder)


async def test_everything_works_from_an_empty_folder(installed: Installed, tmp_path: Path):
    async with open_stage(calendar=clock.now) as stage:
        told = stage.environment(slack="both")
        version = await installed.run(installed.command, "--version", at=tmp_path)
        upgrade = await installed.run(installed.command, "db", "upgrade", at=tmp_path)
        status = await installed.run(installed.command, "status", "aliyun", "main-en", at=tmp_path, told=told)
        doctor = await installed.run(installed.command, "doctor", at=tmp_path, told=told)

    head = Database.open(None).head
    assert version == (0, f"relaybot {__version__}\n", "")
    assert upgrade == (0, f"SQLite {tmp_path}/relaybot.db went from revision none to {head}.\n", "")
    assert (status[0], status[1].splitlines()[0], status[2]) == (0, "✓ RUNNING · Main stage, English", "")
    assert (doctor[0], doctor[2]) == (0, ""), doctor[1]


async def test_it_serves_from_an_empty_folder(installed: Installed, tmp_path: Path):
    async with open_stage(calendar=clock.now) as stage, httpx.AsyncClient() as http:
        process = await asyncio.create_subprocess_exec(
            *(installed.command, "serve"),
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
            env=installed.environment | stage.environment(slack="http") | {"PORT": "0", "RELAYBOT_BIND": "127.0.0.1"},
        )
        assert process.stderr is not None
        said = b""
        async with asyncio.timeout(60):
            while not (found := re.search(rb"listens on port (\d+)\n", said)):
                line = await process.stderr.readline()
                assert line, said
                said += line
            ready = await http.get(f"http://127.0.0.1:{int(found[1])}/readyz")
            process.send_signal(signal.SIGTERM)
            status = await process.wait()

    assert (ready.status_code, ready.json()) == (200, {"ready": True, "wrong": {}})
    assert status == 0


# ── The locks ────────────────────────────────────────────────────────────────────────────────────


def _declared() -> dict[str, Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {canonicalize_name(each.name): each for each in map(Requirement, project["dependencies"])}


def _imported() -> dict[str, str]:
    """Distributions that the product imports, each with a file that does."""
    distributions = packages_distributions()
    found: dict[str, str] = {}
    for path in (path for ours in OURS for path in (ROOT / ours).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                modules = [str(node.module)]
            for top in {module.partition(".")[0] for module in modules} - {*OURS, *sys.stdlib_module_names}:
                names = distributions.get(top, [top])
                found |= {canonicalize_name(name): str(path.relative_to(ROOT)) for name in names}
    return found


def _pins(lock: str) -> dict[str, str]:
    """Each requirement of a lock with everything that stands behind its name."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith(("#", "--"))]
    return {canonicalize_name(re.split(r"[=\[ ;]", line, maxsplit=1)[0]): line for line in lines}


def test_every_import_of_the_product_is_declared_and_every_declaration_is_used():
    imported, declared = _imported(), _declared()

    assert {name: file for name, file in imported.items() if name not in {*declared, *COMES_ALONG}} == {}
    assert set(declared) - set(imported) == FOUND_BY_NAME


def test_the_lock_holds_everything_the_product_needs():
    declared, pinned = _declared(), _pins("requirements.txt")

    lacking = set()
    waiting = [(name, requirement.extras) for name, requirement in declared.items()]
    seen = set()
    while waiting:
        name, extras = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in pinned:
            lacking.add(name)
        waiting += [
            (canonicalize_name(needed.name), needed.extras)
            for needed in map(Requirement, requires(name) or ())
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in {"", *extras})
        ]

    assert lacking == set()
    assert len(seen) > len(declared)
    for name, requirement in declared.items():
        version = re.search(r"==([^ ;]+)", pinned[name])
        assert version is not None
        assert requirement.specifier.contains(version[1]), name


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_registry_is_named(lock: str):
    text, pinned = (ROOT / lock).read_text(), _pins(lock)

    assert len(pinned) > 20
    for line in pinned.values():
        assert re.fullmatch(r"[A-Za-z0-9._\[\],-]+==\S+( ; [^\\]+?)?( +--hash=sha256:[0-9a-f]{64})+", line.strip()), (
            line
        )
    assert not re.search(r"https?:|index-url|find-links|trusted-host|//", text)


def test_the_products_own_lock_takes_wheels_only():
    assert (ROOT / "requirements.txt").read_text().startswith("--only-binary :all:\n")


def test_both_locks_agree():
    product, tests = _pins("requirements.txt"), _pins("tests/requirements.txt")

    versions = {name: (line.split()[0], tests[name].split()[0]) for name, line in product.items() if name in tests}
    assert set(product) <= set(tests)
    assert {name: pair for name, pair in versions.items() if pair[0] != pair[1]} == {}
