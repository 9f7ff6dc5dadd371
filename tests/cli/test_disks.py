"""Full disks, streams that nobody reads, runs side by side, in real processes: nothing is lost, and a word each."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import COMMAND, Ended

if TYPE_CHECKING:
    from tests.cli.shell import Shell

APPLY = ("apply", "--auto-approve", "--parallelism", "1", "--base-url")
DEFECT = "this is a defect"


@pytest.fixture(autouse=True)
def _key(shell: Shell) -> None:
    shell.environ["INCIDENT_API_KEY"] = "sandbox"


def run_with_room_for(size: int, shell: Shell, *arguments: str) -> Ended:
    """Run a command that can write no file longer than `size` bytes."""
    process = subprocess.run(
        [*COMMAND, *arguments],
        cwd=shell.folder,
        # A compiled module that is cut off would spoil every later run.
        env={**shell._env(), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )
    return Ended(process.returncode, process.stdout, process.stderr)


def assert_the_next_run_finishes(shell: Shell, url: str, *, incidents: int) -> None:
    """Assert that one more run brings everything to an end, with each thing there once."""
    ended = shell.run(*APPLY, url)
    assert ended.code == 0, ended.stderr
    plan = shell.run("plan", "--base-url", url, "--detailed-exitcode")
    assert plan.code == 0, plan.stdout
    seen = json.loads(shell.run("sandbox", "requests", "--base-url", url, "--format", "json").stdout)
    changed = [one["path"] for one in seen["requests"] if one["changed"]]
    assert changed.count("/v2/incidents") == incidents
    assert changed.count("/v2/incident_updates") == 2 * incidents


@pytest.mark.parametrize("size", [0, 50, 700, 1_200, 2_000, 3_300, 4_000])
def test_a_disk_that_is_full_at_any_byte_loses_nothing(shell: Shell, size: int) -> None:
    """Whatever could be noted was sent and nothing else; the end is told in words, and the next run finishes."""
    shell.workspace("one", "two")
    with shell.served("--idempotency", "forget") as url:
        ended = run_with_room_for(size, shell, *APPLY, url)

        assert ended.code in {4, 5}
        assert "File too large" in ended.stdout + ended.stderr
        assert DEFECT not in ended.stderr
        assert_the_next_run_finishes(shell, url, incidents=2)


@pytest.mark.parametrize("size", [0, 500])
def test_a_plan_file_is_written_whole_or_not_at_all(shell: Shell, size: int) -> None:
    """A plan that the disk does not take is no plan: said so, with its path, and no half of it is left."""
    shell.workspace("one")
    with shell.served() as url:
        ended = run_with_room_for(size, shell, "plan", "--base-url", url, "--out", "plan.json")

    assert ended.code not in {0, 2}
    assert "plan.json: " in ended.stderr
    assert "too large" in ended.stderr.lower()
    assert DEFECT not in ended.stderr
    assert not list(shell.folder.glob("*plan*"))


@pytest.mark.parametrize("is_new", [True, False])
def test_a_disk_without_room_for_a_sandbox_is_told_as_full(shell: Shell, *, is_new: bool) -> None:
    """Nothing of it is to be moved away: room is to be made, and then all goes on."""
    shell.workspace("one")
    if not is_new:
        assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
    ended = run_with_room_for(0, shell, "apply", "--sandbox", "--auto-approve")

    assert ended.code == 4
    assert "data.db: the disk is full (" in ended.stderr
    assert "make room; what is in it stays as it is\nhint: run the same command again then\n" in ended.stderr
    again = shell.run("apply", "--sandbox", "--auto-approve")
    assert again.code == 0, again.stderr


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_file_in_the_place_of_the_folder_is_told(shell: Shell, command: str) -> None:
    """What is remembered cannot be read or written there: refused with the path, before anything is sent."""
    shell.workspace("one")
    shell.write(".reconciler", "")
    with shell.served() as url:
        ended = shell.run(*(APPLY if command == "apply" else ("plan", "--base-url")), url)
        (shell.folder / ".reconciler").unlink()

        assert ended.code == 4
        assert ".reconciler" in ended.stderr
        assert "hint: " in ended.stderr
        assert_the_next_run_finishes(shell, url, incidents=1)


@pytest.mark.parametrize(
    ("there", "said"),
    [("state.json", "it is a folder, and a file belongs there"), ("", "sandbox is a file, and a folder belongs there")],
)
def test_what_stands_in_the_place_of_the_state_is_named(shell: Shell, there: str, said: str) -> None:
    """A folder for a file, a file for a folder: no room that is made would help."""
    shell.workspace("one")
    with shell.served() as url:
        host = url.removeprefix("http://").replace(":", "-")
        shell.write(f".reconciler/sandbox/{host}/{there}/file" if there else ".reconciler/sandbox", "")
        ended = shell.run(*APPLY, url)

    assert ended.code == 4, ended.stderr
    assert said in ended.stderr
    assert "make room" not in ended.stderr


def gone_reader() -> int:
    """Return the writing end of a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def test_a_plan_that_nobody_reads_ends_like_any_other_program(shell: Shell) -> None:
    """`reconciler plan | head -1`: no word, and the code that a shell gives to SIGPIPE."""
    shell.workspace("one")
    with shell.served() as url:
        ended = shell.run("plan", "--base-url", url, stdout=gone_reader())

    assert (ended.code, ended.stderr) == (141, "")


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_apply_goes_on_when_its_output_is_not_read(shell: Shell, form: str) -> None:
    """`reconciler apply --auto-approve | head -1`: all is done and recorded, and the code says so."""
    shell.workspace("one")
    with shell.served() as url:
        ended = shell.run(*APPLY, url, "--format", form, stdout=gone_reader())

        assert ended.code == 0, ended.stderr
        assert DEFECT not in ended.stderr
        assert shell.run("plan", "--base-url", url, "--detailed-exitcode").code == 0


def test_an_apply_that_nobody_reads_still_says_that_not_all_was_done(shell: Shell) -> None:
    """The summary is lost, and the exit code is not."""
    shell.workspace("one")
    with shell.served() as url:
        shell.environ["INCIDENT_API_KEY"] = "sandbox-viewer"
        ended = shell.run(*APPLY, url, stdout=gone_reader())

    assert ended.code == 6


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_full_disk_under_the_output_is_told_before_anything_is_sent(shell: Shell, command: str) -> None:
    """`> /dev/full`: what cannot be shown is not applied."""
    shell.workspace("one")
    with shell.served() as url, Path("/dev/full").open("w") as full:
        ended = shell.run(*(APPLY if command == "apply" else ("plan", "--base-url")), url, stdout=full.fileno())

        assert ended.code == 4
        assert ended.stderr.endswith("error: the output cannot be written: no space left on device\n")
        assert_the_next_run_finishes(shell, url, incidents=1)


def test_a_summary_that_finds_no_room_does_not_look_like_all_being_well(shell: Shell) -> None:
    """The disk fills up under the output once all is sent: told on stderr, and not all was told."""
    shell.workspace("one")
    with shell.served() as url:
        shown = len(shell.run("plan", "--base-url", url).stdout)
        with (shell.folder / "out").open("w") as out:
            process = subprocess.run(
                [*COMMAND, *APPLY, url],
                cwd=shell.folder,
                env={**shell._env(), "PYTHONDONTWRITEBYTECODE": "1"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
                text=True,
                timeout=60,
                check=False,
                preexec_fn=lambda: _leave_room_for(out.fileno(), shown + 20),
            )

        assert process.returncode == 5, process.stderr
        assert "error: the output cannot be written: file too large" in process.stderr
        assert shell.run("plan", "--base-url", url, "--detailed-exitcode").code == 0


def _leave_room_for(file: int, size: int) -> None:
    """Let `size` bytes more into a file, of which most is taken already; all other files stay below that."""
    most = 1_000_000
    os.truncate(file, most - size)
    os.lseek(file, 0, os.SEEK_END)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def test_errors_that_nobody_reads_keep_their_code(shell: Shell) -> None:
    """Without anybody to tell, the exit code is all that is left of an error."""
    shell.workspace("one")
    shell.write("incidents/bad.yaml", "kind: Nothing\n")
    process = shell.start("validate")
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    process.communicate(timeout=30)

    assert process.returncode == 3


def test_two_runs_at_once_make_each_thing_once(shell: Shell) -> None:
    """One holds the lock; the other says who does, or waits for it and finds nothing left to do."""
    shell.workspace(*(f"incident-{number}" for number in range(4)))
    with shell.served("--latency", "50ms", "--idempotency", "forget") as url:
        runs = [
            shell.start(*APPLY, url, *wait) for wait in ((), (), ("--lock-timeout", "60"), ("--lock-timeout", "60"))
        ]
        told = [run.communicate(timeout=60)[1] for run in runs]
        codes = [run.returncode for run in runs]

        assert set(codes) <= {0, 4}
        assert codes[2:] == [0, 0]
        for code, stderr in zip(codes, told, strict=True):
            assert code == 0 or "another run is writing here" in stderr
        assert_the_next_run_finishes(shell, url, incidents=4)


def test_a_plan_is_saved_where_a_link_leads_and_never_in_the_place_of_a_device_or_a_pipe(shell: Shell) -> None:
    """What is no file stays what it is."""
    shell.workspace("one")
    os.mkfifo(shell.folder / "pipe")
    (shell.folder / "link.json").symlink_to("target.json")

    piped = shell.run("plan", "--sandbox", "--out", "pipe")
    linked = shell.run("plan", "--sandbox", "--out", "link.json")

    assert piped.code == 4
    assert "pipe: the plan cannot be saved: it is a device or a pipe" in piped.stderr
    assert (shell.folder / "pipe").is_fifo()
    assert linked.code == 0, linked.stderr
    assert (shell.folder / "link.json").is_symlink()
    assert json.loads((shell.folder / "target.json").read_text(encoding="utf-8"))


def test_a_state_that_is_a_link_stays_one(shell: Shell) -> None:
    """Somebody keeps it elsewhere: there it is written."""
    shell.workspace("one")
    (shell.folder / "elsewhere").mkdir()
    state = shell.folder / ".reconciler" / "sandbox" / "state.json"
    state.parent.mkdir(parents=True)
    state.symlink_to(shell.folder / "elsewhere" / "kept.json")

    ended = shell.run("apply", "--sandbox", "--auto-approve")

    assert ended.code == 0, ended.stderr
    assert state.is_symlink()
    assert json.loads((shell.folder / "elsewhere" / "kept.json").read_text(encoding="utf-8"))["serial"] == 1


@pytest.mark.parametrize("command", [("apply", "--sandbox"), ("init", "new")])
def test_a_command_without_any_input_is_one_without_a_terminal(shell: Shell, command: tuple[str, ...]) -> None:
    """A daemon closes its input; there is nobody to ask."""
    shell.workspace("one")
    typed = [f"{COMMAND[0]} -c 'from reconciler.cli import main; main()' {' '.join(command)} <&-"]

    ended = subprocess.run(
        ["sh", "-c", *typed],
        cwd=shell.folder,
        env=shell._env(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ended.returncode in {3, 4}, ended.stderr
    assert DEFECT not in ended.stderr
    assert "hint: " in ended.stderr


@pytest.mark.parametrize("gone", [".reconciler", "journal"])
def test_what_is_taken_away_during_a_run_is_not_forgotten(shell: Shell, gone: str) -> None:
    """A sync tool, or `git clean`: what the run did, and what was known before, is in the state at its end."""
    shell.workspace("one")
    with shell.served("--latency", "300ms") as url:
        assert shell.run(*APPLY, url).code == 0
        shell.workspace("one", "two", "three")
        process = shell.start(*APPLY, url)
        journal = _journal_with(2, shell)
        if gone == "journal":
            journal.unlink()
        else:
            shutil.rmtree(shell.folder / ".reconciler")
        _, told = process.communicate(timeout=60)
        assert process.returncode == 0, told
        listed = shell.run("state", "list", "--base-url", url).stdout
        plan = shell.run("plan", "--base-url", url, "--detailed-exitcode")

    assert listed.count("Incident/") == 9
    assert (plan.code, plan.stderr) == (0, "")


def _journal_with(lines: int, shell: Shell) -> Path:
    """Wait until a run has noted so much, and return where."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for journal in shell.folder.glob(".reconciler/sandbox/*/journal"):
            if journal.read_bytes().count(b"\n") >= lines:
                return journal
        time.sleep(0.02)
    raise AssertionError


@pytest.mark.parametrize("name", ["state.json", "journal"])
def test_a_pipe_in_the_place_of_what_is_remembered_is_told(shell: Shell, name: str) -> None:
    """Nobody writes into it, so whoever read from it would wait for ever."""
    shell.workspace("one")
    place = shell.folder / ".reconciler" / "sandbox" / name
    place.parent.mkdir(parents=True)
    os.mkfifo(place)

    ended = shell.run("plan", "--sandbox")

    assert ended.code == 4
    assert f"{name}: it is a device or a pipe, and a file belongs there\nhint: move it away" in ended.stderr
