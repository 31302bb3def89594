"""What every command has in common: help, versions, wrong usage, and how a command ends."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import __version__, cli

if TYPE_CHECKING:
    from conftest import Shell

COMMANDS = ("status", "tasks", "serve", "doctor", "db", "db upgrade", "sandbox")


@pytest.mark.parametrize("command", ["", *COMMANDS])
async def test_every_command_has_help_in_a_narrow_terminal(bare: Shell, command: str):
    ran = await bare.run(*command.split(), "--help", COLUMNS="80")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: relaybot {command}".rstrip())
    assert "-h, --help" in ran.out


async def test_help_says_every_exit_status(bare: Shell):
    ran = await bare.run("--help")
    status = await bare.run("status", "--help")

    assert all(command.split()[0] in ran.out for command in COMMANDS)
    for meant in ("0 all is well", "1 something is bad", "2 it cannot be known or done", "3 there is no", "130"):
        assert meant in ran.out
    assert "Exit status: 0 not bad; 1 RETRYING, STOPPED, start missed or ended early; 2 it cannot be known" in re.sub(
        r"\s+", " ", status.out
    )


async def test_the_version_is_the_packages(bare: Shell):
    ran = await bare.run("--version")

    assert (ran.status, ran.out) == (0, f"relaybot {__version__}\n")


async def test_no_arguments_at_all_get_help_on_stderr(bare: Shell):
    ran = await bare.run()

    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith("usage: relaybot ")


@pytest.mark.parametrize(
    ("words", "message", "mend"),
    [
        # A slip of the finger.
        (("staus",), "There is no command “staus”. Did you mean status?", "Try: relaybot status --help"),
        # Nothing like it.
        (
            ("frobnicate",),
            "There is no command “frobnicate”. There are: status, tasks, serve, doctor, db, forget, sandbox.",
            "Try: relaybot --help",
        ),
        # A command of a command.
        (("db", "upgrad"), "There is no command “upgrad”. Did you mean upgrade?", "Try: relaybot db upgrade --help"),
        (("db",), "db: the following arguments are required: <command>.", "Try: relaybot db --help"),
        # An option that there is not; none may be shortened.
        (("serve", "--fast"), "serve: it takes no --fast.", "Try: relaybot serve --help"),
        (("doctor", "--js"), "doctor: it takes no --js.", "Try: relaybot doctor --help"),
    ],
)
async def test_wrong_usage_guesses_what_was_meant(bare: Shell, words: tuple[str, ...], message: str, mend: str):
    ran = await bare.run(*words)

    assert (ran.status, ran.out, ran.err) == (2, "", f"relaybot: {message}\n  {mend}\n")


async def test_wrong_usage_is_readable_for_programs(bare: Shell):
    ran = await bare.run("staus", "aliyun", "--json")

    assert (ran.status, ran.err) == (2, "")
    assert ran.object["error"]["kind"] == "WrongUsage"


async def test_a_narrow_encoding_still_gets_an_answer(shell: Shell):
    ran = await shell.run("status", "aliyun", "main-en", PYTHONIOENCODING="ascii")

    assert (ran.status, ran.err) == (0, "")
    assert ran.out.startswith("? RUNNING ? Main stage, English\n")


async def test_help_into_a_closed_pipe_is_no_error(bare: Shell):
    async with bare.start("--help") as process:
        assert process.stdout is not None
        process.stdout._transport.close()  # type: ignore[attr-defined] # a reader has no close
        _, complaint = await asyncio.gather(
            process.wait(), process.stderr.read() if process.stderr else asyncio.sleep(0)
        )

    assert complaint == b""
    assert process.returncode in {0, 141}


async def test_our_own_mistake_does_not_look_like_a_bad_task(bare: Shell):
    """Python leaves with 1 after a traceback, which would read as RETRYING."""
    broken = (
        "import sys; from bot.cli import main, status; sys.argv[1:] = ['status', 'aliyun', 'x', '--json']; "
        "status.told = None; main(sys.argv[1:])"
    )

    ran = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", broken],
        capture_output=True,
        text=True,
        cwd=bare.folder,
        env=bare.environment({}),
        check=False,
    )

    assert ran.returncode == 2
    assert "Traceback" in ran.stderr
    assert '"kind": "Broken"' in ran.stdout


def test_only_the_wiring_and_these_rooms_meet_the_environment():
    """The command line reads settings through `told` and nothing of os.environ."""
    text = "".join(path.read_text() for path in Path(cli.__file__).parent.glob("*.py"))

    assert "environ" not in re.sub(r"[Ee]nvironment", "", text)
