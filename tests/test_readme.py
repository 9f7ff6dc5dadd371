"""Every command of the README and every example does what the page says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.cli.sandbox.serve import PORT
from tests import readme
from tests.processes import serving

ROOT = Path(__file__).parent.parent
COMMANDS = readme.blocks()


@pytest.fixture
def bin_folder(tmp_path: Path) -> Path:
    """A folder with the command `reconciler` of the tree under test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "reconciler"
    script.write_text(
        f"#!{sys.executable}\nfrom reconciler.cli import main\nimport sys\nsys.exit(main())\n", encoding="utf-8"
    )
    script.chmod(0o755)
    return folder


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the examples, so that no run leaves anything in the tree."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".reconciler"))
    return tmp_path


def run(
    command: str, folder: Path, bin_folder: Path, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run a shell command with `reconciler` on the path."""
    path = f"{bin_folder}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environ},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def without_setup(command: str) -> str:
    """Leave out what makes the virtual environment, and use the command of the tree under test."""
    parts = [part for part in command.strip().split(" && ") if "-m venv" not in part and "pip install" not in part]
    return " && ".join(parts).replace(".venv/bin/", "")


def test_the_first_command_ends_with_nothing_to_do(copy: Path, bin_folder: Path) -> None:
    """The first command of the README applies the quickstart, and its second plan is empty."""
    done = run(without_setup(COMMANDS[readme.QUICKSTART]), copy, bin_folder)

    assert done.returncode == 0, done.stderr
    assert "Plan: 1 to create, 3 updates to post." in done.stdout
    assert done.stdout.rstrip().endswith("Plan: nothing to do, 1 unchanged.")


def test_the_plan_on_the_page_is_the_plan_of_the_quickstart(copy: Path, bin_folder: Path) -> None:
    """The plan that the README shows is the one that a reader gets."""
    page = readme.README.read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)

    done = run("reconciler plan examples/quickstart --sandbox", copy, bin_folder)

    assert done.stdout == shown


def test_the_commands_install_the_package_and_run_all_tests() -> None:
    """Both commands set up with Python alone, and the second one runs the tests."""
    first, second = COMMANDS[readme.QUICKSTART], COMMANDS[readme.TESTS]

    assert first.startswith("python3 -m venv .venv && .venv/bin/pip install --quiet . && ")
    assert second.startswith("python3 -m venv .venv && .venv/bin/pip install --quiet --editable '.[dev]' && ")
    assert shlex.split(second.split(" && ")[-1])[:3] == [".venv/bin/python", "-m", "pytest"]


def test_the_commands_for_an_account_work_on_a_sandbox(tmp_path: Path, bin_folder: Path) -> None:
    """What the page tells to type for an account: each command does its part, here against a sandbox."""
    lines = [line.split("  #")[0].strip() for line in COMMANDS[readme.ACCOUNT].splitlines()]
    assert lines[0].startswith("export INCIDENT_API_KEY=")
    init, cd, validate, plan, apply, drift = lines[1:]

    done = run(
        f"{init} && {cd} && {validate} && {plan} --sandbox && {apply} --sandbox --auto-approve && {drift} --sandbox"
        f" && {plan} --sandbox",
        tmp_path,
        bin_folder,
    )

    assert done.returncode == 0, done.stderr
    assert "nothing to do" in done.stdout.splitlines()[-1]


def test_a_served_sandbox_is_an_account_like_any_other(copy: Path, bin_folder: Path) -> None:
    """What the page tells to type beside a sandbox on a port: plan, apply, and the requests that came in."""
    assert COMMANDS[readme.SERVE].split("  #")[0].strip() == "reconciler sandbox serve --data sandbox.db"
    assert f":{PORT}" in COMMANDS[readme.SERVE]
    with serving(copy) as url:
        # The page's port may be taken on this machine.
        commands = COMMANDS[readme.SERVED].replace(f"http://127.0.0.1:{PORT}", url)

        done = run(commands.replace("--last 5", f"--last 5 --base-url {url}"), copy, bin_folder)

    assert done.returncode == 0, done.stderr
    assert [line.split()[2] for line in done.stdout.splitlines()[-5:]] == ["201"] * 4 + ["200"]


def test_a_game_day_is_rehearsed_and_reported(copy: Path, bin_folder: Path) -> None:
    """What the page tells to type for a game day, only faster, and with nobody to ask: played, scored, drawn."""
    command = COMMANDS[readme.GAME_DAY]
    assert "--speed 60 " in command

    done = run(command.replace("--speed 60 ", "--speed 3000 --auto-approve "), copy, bin_folder)

    assert done.returncode == 0, done.stderr
    assert re.search(r"\b(\d+) of \1 expectations held", done.stdout)
    assert "<svg" in (copy / "examples/gamedays/report.html").read_text(encoding="utf-8")


def test_the_broken_examples_are_told_all_at_once(copy: Path, bin_folder: Path) -> None:
    """Every mistake of the broken examples is told at its line, in one run, with the next thing to type."""
    done = run("reconciler validate examples/broken", copy, bin_folder)

    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    told = done.stderr
    for place in (
        "checkout.yaml:7:3: `severty` is not a field of `spec`; did you mean `severity`?",
        "checkout.yaml:8:9: `tset` is not a value of `mode`; did you mean `test`?",
        "search.yaml:8:11: status `Closed` is not what the updates end with: `found` sets `Fixing`",
        "search.yaml:11:12: `found` is used twice in `updates`, first on line 10",
        "search.yaml:15:18: `Search` cannot be a name",
        "search.yaml:19:29: the time `2026-11-20 09:12` has no zone",
        "accounts.yaml:7:12: `SESSION_TOKEN` looks like a secret, and this is sent to incident.io",
        "syntax.yaml:4:5: ",
    ):
        assert f"examples/broken/{place}" in told
    assert "problems in 4 files" in told


@pytest.mark.parametrize("example", ["quickstart", "gitops", "retrospective"])
def test_an_example_applies_once(copy: Path, bin_folder: Path, example: str) -> None:
    """Each example is valid, applies whole, and leaves nothing to do; lost state finds everything again."""
    steps = "reconciler validate . && reconciler apply . --sandbox --auto-approve && reconciler plan . --sandbox"
    done = run(steps, copy / "examples" / example, bin_folder)

    assert done.returncode == 0, done.stderr
    assert "Plan: nothing to do" in done.stdout.splitlines()[-1]


def test_the_version_is_told(tmp_path: Path, bin_folder: Path) -> None:
    """`--version` tells the version that the package has."""
    done = run("reconciler --version", tmp_path, bin_folder)

    assert __version__ in done.stdout
