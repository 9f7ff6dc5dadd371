"""What the pages under `docs/` say is so: each command, flag, kind of fault, address and name on them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.documents import load
from reconciler.sandbox import Behaviour, Faults, create_app
from reconciler.sandbox.faults import Kind
from reconciler.testing import IncidentSandbox
from tests import readme
from tests.processes import RECONCILER, ROOT, environment, serving

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "sandbox.md"
TEXT = PAGE.read_text(encoding="utf-8")
COMMANDS = [
    line.split("  #")[0].strip()
    for block in readme.blocks(PAGE)
    for line in block.splitlines()
    if line.startswith("reconciler ")
]


def _help(*command: str) -> str:
    ended = subprocess.run(
        [*RECONCILER, *command, "--help"], env=environment(), capture_output=True, text=True, check=True
    )
    return ended.stdout


def test_every_fault_on_the_page_is_one_and_none_is_missing() -> None:
    """The table has each kind, and only those."""
    table = TEXT[TEXT.index("| kind | what happens |") : TEXT.index("## What it was asked")]
    told = [
        name
        for row in table.splitlines()[2:]
        if "|" in row
        for name in re.findall(r"`([a-z0-9-]+)`", row.split("|")[1])
    ]

    assert sorted(told) == sorted(kind.value for kind in Kind)


def test_every_flag_on_the_page_exists() -> None:
    """In the help of one of the commands."""
    known = _help("sandbox", "serve") + _help("sandbox", "requests") + _help("apply")

    flags = set(re.findall(r"--[a-z][a-z-]+", TEXT))

    assert {flag for flag in flags if not re.search(rf"{flag}\b", known)} == set()


@pytest.mark.parametrize("command", [command for command in COMMANDS if " serve" in command])
def test_every_sandbox_on_the_page_starts(command: str, tmp_path: Path) -> None:
    """Its flags are understood together, and it answers."""
    flags = command.removeprefix("reconciler sandbox serve").replace("examples/", f"{ROOT}/examples/")
    parts = [part.strip("'") for part in flags.split() if part not in ("--data", "account.db")]

    with serving(tmp_path, *parts) as url:
        assert httpx.get(f"{url}/_sandbox/faults", trust_env=False).json()["seed"] in (0, 7)


def test_the_other_commands_on_the_page_work(tmp_path: Path) -> None:
    """One after the other, on one sandbox."""
    others = [command.split()[1:] for command in COMMANDS if " serve" not in command]
    assert len(others) == 4
    with serving(tmp_path) as url:
        for words in others:
            ended = subprocess.run(
                [*RECONCILER, *words, "--base-url", url], env=environment(), capture_output=True, text=True, check=False
            )
            assert ended.returncode == 0, ended.stderr


def test_every_address_on_the_page_answers() -> None:
    """None of them is a 404 or a 405."""
    app = create_app()
    rows = re.findall(r"^\| `((?:GET|POST|PUT|DELETE|`|, )+) ?(/_sandbox/[^?`]*)", TEXT, re.MULTILINE)
    assert len(rows) == 5

    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox") as client:
        for methods, path in rows:
            for method in re.findall("[A-Z]+", methods):
                assert client.request(method, path).status_code not in (404, 405), (method, path)
    app.close()


def test_the_fixture_has_what_the_page_says() -> None:
    """Each name of its table, and each option of its mark."""
    table = TEXT[TEXT.index("| `url`, `key`") : TEXT.index("The mark takes")]
    names = re.findall(r"`([a-z]+)(?:\(|`)", "\n".join(row.split("|")[1] for row in table.splitlines() if "|" in row))
    options = re.findall(r"`([a-z_]+)`", TEXT[TEXT.index("The mark takes") : TEXT.index("[A whole example]")])

    assert set(names) - {"key", "url"} == {name for name in vars(IncidentSandbox) if not name.startswith("_")}
    assert set(Behaviour.__dataclass_fields__) - set(options) == {"long_ids"}


def test_the_example_of_faults_is_a_script() -> None:
    """Every kind of entry in it is understood."""
    file = "examples/sandbox/faults.yaml"
    (document,) = load((ROOT / file).read_bytes(), file)

    assert len(Faults.read(document.value).written()["faults"]) == 3


def test_the_example_of_tests_passes(tmp_path: Path) -> None:
    """As somebody runs it who has the package installed."""
    flags = ["-q", "-p", "no:cacheprovider", "-p", "reconciler.testing", "-p", "tests.contract.recorder"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *flags, str(ROOT / "examples" / "sandbox")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert "2 passed" in ended.stdout, ended.stdout + ended.stderr


STATE = ROOT / "docs" / "state.md"


def test_every_command_and_flag_of_the_page_on_state_exists() -> None:
    """Each `reconciler …` with its words, and each flag in the help of one of them."""
    text = STATE.read_text(encoding="utf-8")
    commands = set(re.findall(r"reconciler ((?:state )?(?:plan show|[a-z]+))\b", " ".join(text.split())))
    helps = {command: _help(*command.split()) for command in commands - {"plan show"}}

    known = "".join(helps.values())

    assert {"state mv", "state import", "state rebuild", "state unlock", "state recover", "plan show"} <= commands
    assert {flag for flag in re.findall(r"--[a-z][a-z-]+", text) if not re.search(rf"{flag}\b", known)} == set()


def test_the_custom_field_of_the_page_on_state_is_a_manifest(tmp_path: Path) -> None:
    """Beside a workspace that names it, it passes `validate`."""
    (manifest,) = (
        block
        for block in re.findall(r"```yaml\n(.*?)```", STATE.read_text(encoding="utf-8"), re.DOTALL)
        if "kind: CustomField" in block
    )
    (tmp_path / "field.yaml").write_text(manifest, encoding="utf-8")

    ended = subprocess.run(
        [*RECONCILER, "validate", str(tmp_path)], env=environment(), capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr


GAME_DAYS = ROOT / "docs" / "gamedays.md"


def test_every_command_and_flag_of_the_page_on_game_days_exists() -> None:
    """Each `gameday …` is a command, and each flag is in the help of one of them."""
    text = GAME_DAYS.read_text(encoding="utf-8")
    commands = set(re.findall(r"gameday (run|status|list|cleanup|report)\b", text))
    known = "".join(_help("gameday", command) for command in commands)

    assert commands == {"run", "status", "cleanup", "report"}
    assert {flag for flag in re.findall(r"--[a-z][a-z-]+", text) if not re.search(rf"{flag}\b", known)} == set()


def test_the_script_on_the_page_of_game_days_can_be_played(tmp_path: Path) -> None:
    """It is valid, and plays in the sandbox: what nobody answers is what failed."""
    text = GAME_DAYS.read_text(encoding="utf-8")
    (script,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "slow-search.yaml").write_text(script, encoding="utf-8")
    command = [*RECONCILER, "gameday", "run", "slow-search.yaml", "--sandbox", "--auto-approve", "--speed", "3000"]

    ended = subprocess.run(
        [*command, "--cast", "absent"], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert "1 of 3 expectations held" in ended.stdout
