from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.cli import front, main
from reconciler.cli.ending import ended, run
from reconciler.cli.session import Unexpected, _told_without
from reconciler.cli.voice import Voice
from reconciler.errors import Interrupted, Invalid, KeyProblem, Problem, Refused, Unreachable
from reconciler.model import Source

if TYPE_CHECKING:
    from pathlib import Path

KEY = "inc_live_0123456789"


def raised(error: Exception) -> Exception:
    """Return an error as it comes out of a command, with its traceback."""
    try:
        with _told_without(KEY):
            raise error  # noqa: TRY301  (as if from deep below)
    except Exception as caught:  # noqa: BLE001
        return caught


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid([Problem(Source("a.yaml"), "wrong")]), 3),
        (Refused("no"), 4),
        (KeyProblem("there is no API key"), 6),
        (Unreachable("GET", "/v1/identity", "no connection"), 7),
        (Interrupted(), 130),
        (KeyboardInterrupt(), 130),
        (ValueError("a defect"), 1),
        (OSError(28, "No space left on device"), 4),
        (OSError(30, "Read-only file system", "/etc/acme/.reconciler"), 4),
        (SystemExit(4), 4),
    ],
)
def test_each_error_has_its_exit_code(error: BaseException, code: int) -> None:
    """As the first page of the help tells them."""
    assert ended(error, Voice()) == code


def test_an_error_comes_with_the_next_thing_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    """The hint stands on a line of its own."""
    ended(Refused("the plan has 40 to create", "take fewer with --select"), Voice())

    assert capsys.readouterr().err == "error: the plan has 40 to create\nhint: take fewer with --select\n"


def test_a_file_that_the_disk_refuses_is_no_defect(capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, with what to do about it."""
    ended(OSError(30, "Read-only file system", "/etc/acme/.reconciler"), Voice())

    assert capsys.readouterr().err == (
        "error: /etc/acme/.reconciler: read-only file system\n"
        "hint: check that it exists, and that you may read it (or write it, for apply)\n"
    )


def test_a_defect_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, and how to get the rest; not even the message, which may hold anything."""
    ended(raised(ValueError(f"header {KEY}")), Voice())

    assert capsys.readouterr().err == (
        "error: ValueError: this is a defect of reconciler, not of your manifests\n"
        "hint: run the same command with -v for the details, and report them\n"
    )


def test_the_details_of_a_defect_never_hold_the_key(capsys: pytest.CaptureFixture[str]) -> None:
    """With -v there is a traceback, and the key is not in it."""
    error = raised(ValueError(f"header {KEY}"))
    ended(error, Voice(["-v"]))
    told = capsys.readouterr().err

    assert isinstance(error, Unexpected)
    assert "Traceback" in told
    assert "ValueError: header [key]" in told
    assert KEY not in told


def test_a_message_cannot_forge_lines_or_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    """What an API says is somebody else's text."""
    ended(Refused("\x1b[2J\rok"), Voice())

    assert capsys.readouterr().err == "error: \\x1b[2J\\rok\n"


def test_an_interrupt_before_anything_is_there_is_one_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C while modules are still imported."""

    def interrupt(_: list[str]) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(front, "answered", interrupt)

    with pytest.raises(SystemExit) as ended:
        main(["plan"])

    assert (ended.value.code, capsys.readouterr().err) == (130, "error: interrupted\n")


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_folder_that_is_gone_is_told_as_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Somebody removed it under a terminal that stands in it still."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert run([command]) == 4
    assert capsys.readouterr().err == (
        "error: the folder that this was started in is gone\nhint: go to one that is there\n"
    )
