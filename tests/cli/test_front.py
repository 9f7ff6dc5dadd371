from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from reconciler import __version__
from reconciler.cli.commands import reconciler
from reconciler.cli.front import COMMANDS, HELP

if TYPE_CHECKING:
    from tests.cli.shell import Shell

HEAVY = {"click", "rich", "httpx", "yaml", "jsonschema", "deepdiff", "werkzeug", "typing", "dataclasses"}


def test_help_names_every_command(shell: Shell) -> None:
    """The first page is the table of contents."""
    ended = shell.run("--help")

    assert ended.code == 0
    assert ended.stdout == HELP
    assert all(f"\n  {name} " in ended.stdout for name in COMMANDS)


def test_nothing_at_all_shows_the_same_page(shell: Shell) -> None:
    """Whoever types the name alone wants to know what there is."""
    assert shell.run() == shell.run("-h") == shell.run("--help")


def test_the_first_page_fits_80_columns() -> None:
    """It is read on any terminal."""
    assert max(map(len, HELP.splitlines())) <= 80


def test_the_version_is_that_of_the_package(shell: Shell) -> None:
    """What people are asked for first."""
    assert shell.run("--version").stdout == f"reconciler {__version__}\n"


def test_python_dash_m_is_the_same_program(shell: Shell) -> None:
    """For those whose PATH does not have it."""
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler", "--version"], env=shell._env(), capture_output=True, text=True, check=True
    )

    assert ended.stdout == f"reconciler {__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_the_first_page_waits_for_no_library(flag: str) -> None:
    """`--help` and `--version` import nothing of what the commands need."""
    script = "import sys; from reconciler.cli.front import answered; answered(sys.argv[1:]); print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"sys={{}}; import sys; sys.path.insert(0, '.'); {script}", flag],
        capture_output=True,
        text=True,
        check=True,
    )

    assert HEAVY.isdisjoint(ended.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(shell: Shell, name: str) -> None:
    """`reconciler COMMAND --help` works for each, without reading anything."""
    ended = shell.run(name, "--help")

    assert ended.code == 0
    assert ended.stdout.startswith(f"Usage: reconciler {name}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nope"], "no such option '--nope'"),
        (["nope"], "no such command 'nope'"),
        (["plan", "--format", "xml"], "invalid value for '--format'"),
        (["plan", "--timeout", "0"], "invalid value for '--timeout'"),
        (["apply", "--parallelism", "0"], "invalid value for '--parallelism'"),
        (["state", "show"], "missing argument 'KEY'"),
        (["state", "nope"], "no such command 'nope'"),
        (["plan", "--sandbox", "--base-url", "http://127.0.0.1:1"], "--sandbox and --base-url exclude each other"),
        (["plan", "--workspace", "nowhere.yaml"], "--workspace nowhere.yaml: no such file"),
        (["plan", "nowhere"], "nowhere"),
        (["plan", "--sandbox", "--select", "colour=red"], "colour=red"),
        (["schema", "Incdent"], "`Incdent` is not a kind; did you mean `Incident`?"),
    ],
)
def test_wrong_flags_exit_with_3_and_say_what_is_wrong(shell: Shell, arguments: list[str], message: str) -> None:
    """The command library's own 2 would read as changes."""
    shell.workspace("one")
    ended = shell.run(*arguments)

    assert ended.code == 3
    assert ended.stderr.startswith("error: ")
    assert message in ended.stderr
    assert ended.stdout == ""


def test_the_table_of_commands_is_what_the_modules_hold() -> None:
    """A command that is named has a module, and the other way round."""
    context = click.Context(reconciler)

    assert all(reconciler.get_command(context, name) is not None for name in reconciler.list_commands(context))
