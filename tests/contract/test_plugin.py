"""Small runs of pytest inside this one, with a breach planted: each ends red, and says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.document import PATH

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = pytest.mark.skipif(not PATH.exists(), reason=f"NO PUBLISHED API DOCUMENT AT {PATH}")

ROOT = Path(__file__).parents[2]
PLANT = "from reconciler.sandbox.resources import severities; severities.RESOURCE.seed[0]['surplus'] = 1"
TOLD = "GET /v1/severities -> 200: answer: $.severities[0]: Additional properties are not allowed ('surplus' was"
ASK = """\
import httpx
from reconciler.sandbox import create_app

def ask():
    app = create_app()
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox") as client:
        assert client.get("/v1/severities", headers={"Authorization": "Bearer sandbox"}).status_code == 200
    app.close()
"""
SERVE = f"""\
import subprocess, sys, urllib.request
SERVE = "{PLANT}; from reconciler.cli import main; main()"

def test_that_is_content():
    command = [sys.executable, "-c", SERVE, "sandbox", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            url = server.stdout.readline().split()[-1]
            for _ in range(3):
                request = urllib.request.Request(url + "/v1/severities", headers={{"Authorization": "Bearer sandbox"}})
                assert urllib.request.urlopen(request).status == 200
        finally:
            server.KILL()
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run pytest over one file with the contract in it, as the tests of this project are run."""

    def run(text: str, *flags: str) -> subprocess.CompletedProcess[str]:
        Path(tmp_path, "test_planted.py").write_text(textwrap.dedent(text), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *flags]
        return subprocess.run(
            [*command, "-p", "tests.contract.plugin", "test_planted.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{tmp_path}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("flags", [["-n", "0"], ["-n", "2"]], ids=" ".join)
def test_a_breach_fails_the_test_that_it_happens_in(run: Run, flags: list[str]) -> None:
    """The very test fails, although it is content with what it got, and no other."""
    done = run(f"{ASK}{PLANT}\ndef test_asking(): ask()\ndef test_resting(): pass", *flags)

    assert done.returncode == 1
    assert TOLD in done.stdout
    assert "FAILED test_planted.py::test_asking" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "\n1 exchanges checked" in done.stdout


@pytest.mark.parametrize(("processes", "end"), [("0", "terminate"), ("2", "kill")])
def test_a_breach_in_another_process_turns_the_run_red(run: Run, processes: str, end: str) -> None:
    """What a sandbox on a port answered is checked at the end, however that process ended; told once, and loudly."""
    done = run(SERVE.replace("KILL", end), "-n", processes)

    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert done.stdout.count(f"NOT AS DOCUMENTED: {TOLD}") == 1
    assert "\n3 exchanges checked" in done.stdout


def test_a_breach_outside_any_test_turns_the_run_red(run: Run) -> None:
    """Traffic while tests are collected is nobody's, and counts."""
    done = run(f"{ASK}{PLANT}\nask()\ndef test_resting(): pass")

    assert done.returncode == 1
    assert "1 passed" in done.stdout
    assert f"NOT AS DOCUMENTED: {TOLD}" in done.stdout


def test_a_breach_in_a_fixture_fails_its_test(run: Run) -> None:
    """What happens as a test is set up or torn down is the test's as well."""
    fixture = "import pytest\n@pytest.fixture\ndef asking():\n    yield\n    ask()\n"

    done = run(f"{ASK}{PLANT}\n{fixture}def test_resting(asking): pass")

    assert done.returncode == 1
    assert "ERROR test_planted.py::test_resting" in done.stdout


def test_a_run_without_breaches_is_green(run: Run) -> None:
    """Nothing is made up, and how much was checked is told."""
    done = run(f"{ASK}\ndef test_asking(): ask()")

    assert done.returncode == 0, done.stdout
    assert "\n1 exchanges checked against the published API document" in done.stdout


def test_a_missing_document_is_told_loudly(run: Run, tmp_path: Path) -> None:
    """Without the document nothing is checked, and a red line says so."""
    Path(tmp_path, "absent.py").write_text(
        "from tests.contract import document\ndocument.PATH = document.Path('/no')\n"
    )

    done = run(f"{ASK}{PLANT}\ndef test_asking(): ask()", "-p", "absent", "--color=yes")

    assert done.returncode == 0
    assert "\x1b[31mNOT CHECKED: no published API document at /no\x1b[0m" in done.stdout


def test_a_run_of_pytest_in_a_test_is_recorded(run: Run, tmp_path: Path) -> None:
    """Tests that start pytest add one flag to it, and what its sandboxes answer is checked as well."""
    Path(tmp_path, "inner.py").write_text(f"{ASK}{PLANT}\ndef test_asking(): ask()\n", encoding="utf-8")
    command = "[sys.executable, '-m', 'pytest', '-q', '-p', 'tests.contract.recorder', 'inner.py']"

    done = run(f"import subprocess, sys\ndef test_nesting(): assert subprocess.run({command}).returncode == 0")

    assert done.returncode == 1
    assert f"NOT AS DOCUMENTED: {TOLD}" in done.stdout
