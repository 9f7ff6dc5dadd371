from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from reconciler.kinds import schema

if TYPE_CHECKING:
    from tests.cli.shell import Shell


def test_valid_manifests_are_counted(shell: Shell) -> None:
    """What was read is said, so that a folder that was forgotten is noticed."""
    shell.workspace("one", "two")
    ended = shell.run("validate")

    assert (ended.code, ended.stdout, ended.stderr) == (0, "2 files, 2 resources: valid.\n", "")


def test_all_problems_of_all_files_are_told_at_once(shell: Shell) -> None:
    """Each at its place, as editors follow it, on stderr."""
    shell.workspace("one", "two")
    for name in ("one", "two"):
        file = shell.folder / f"incidents/{name}.yaml"
        file.write_text(file.read_text().replace("severity: Minor", "severty: Minor"))
    ended = shell.run("validate")

    assert ended.code == 3
    assert ended.stdout == ""
    assert "incidents/one.yaml:7:3: " in ended.stderr
    assert "incidents/two.yaml:7:3: " in ended.stderr
    assert "2 problems in 2 files" in ended.stderr


def test_a_problem_cannot_move_the_cursor(shell: Shell) -> None:
    """A manifest from somebody else's branch is checked on my terminal."""
    shell.workspace("one")
    shell.write("incidents/bad.yaml", 'kind: "\\e[2J"\n')
    ended = shell.run("validate")

    assert ended.code == 3
    assert "\x1b" not in ended.stderr


def test_validate_needs_no_key_and_no_name(shell: Shell) -> None:
    """A pull request from a fork has neither."""
    shell.workspace("one")
    (shell.folder / "reconciler.yaml").unlink()

    assert shell.run("validate", "incidents").code == 0


def test_writing_to_a_full_disk_is_told_in_a_clear_word(shell: Shell) -> None:
    """No traceback, and no success."""
    shell.workspace("one")
    full = os.open("/dev/full", os.O_WRONLY)
    ended = shell.run("validate", stdout=full)
    os.close(full)

    assert ended.code == 4
    assert ended.stderr == "error: the output cannot be written: no space left on device\n"


def test_a_reader_that_goes_away_ends_it_quietly(shell: Shell) -> None:
    """`reconciler schema | head` is no error."""
    read, write = os.pipe()
    os.close(read)
    ended = shell.run("schema", stdout=write)
    os.close(write)

    assert ended.code == 141
    assert ended.stderr == ""


def test_the_schema_of_a_kind_is_the_committed_one(shell: Shell) -> None:
    """Editors without a network get it from here."""
    ended = shell.run("schema", "Incident")

    assert json.loads(ended.stdout) == schema.of_kind("Incident")


def test_a_terminal_that_knows_only_ascii_is_written_to_all_the_same(shell: Shell) -> None:
    """What its encoding does not have is written as an escape."""
    shell.workspace("one")
    shell.environ |= {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    shell.write("incidents/bad.yaml", "kind: Incídent\n")
    ended = shell.run("validate")

    assert ended.code == 3
    assert "Traceback" not in ended.stderr
    assert shell.run("--help").code == 0
