"""`reconciler gameday run` without a terminal: previewed, asked about, played, told in lines, and ended in order."""

from __future__ import annotations

import fcntl
import json
import shlex
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import COMMAND
from tests.gameday import scenes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.shell import Ended, Shell

SANDBOX = ("--sandbox", "--auto-approve", "--speed", "600")


def played(shell: Shell, name: str, *flags: str) -> Ended:
    """Play a small game day in the sandbox of the workspace."""
    return shell.run("gameday", "run", f"{name}.yaml", *SANDBOX, *flags)


def told(ended: Ended) -> list[dict[str, object]]:
    """Return the events of a run that was told as JSON."""
    return [json.loads(line) for line in ended.stdout.splitlines()]


def wait_for(happened: Callable[[], object]) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def standing(shell: Shell, run: str) -> object:
    """Return how a run of the sandbox stands."""
    ended = shell.run("gameday", "status", run, "--sandbox", "--format", "json")
    return json.loads(ended.stdout)["standing"] if ended.code == 0 else ended.stderr


def until(process: subprocess.Popen[str], words: str) -> str:
    """Read what a process says on stdout up to some words, and return the line."""
    assert process.stdout is not None
    while words not in (line := process.stdout.readline()):
        assert line, words
    return line


def test_names_that_nobody_could_meet_are_told_before_anything_is_sent(shell: Shell) -> None:
    """An expectation of a role that the account does not have would fail whatever people do."""
    shell.write("wrong.yaml", scenes.FAILOVER.replace("role: Incident Lead, assigned", "role: Incident Leed, assigned"))
    ended = played(shell, "wrong", "--run-id", "first")

    assert ended.code == 3
    assert "`Incident Leed` is not a role of this organisation; did you mean `Incident Lead`?" in ended.stderr
    assert "wrong.yaml:" in ended.stderr
    assert played(shell, "failover", "--run-id", "first").code == 0


def test_a_run_is_shown_before_and_told_while_it_is_played(shell: Shell) -> None:
    """First what will happen and who will notice, then a line for each thing that does, then how it went."""
    ended = played(shell, "failover", "--run-id", "first")

    assert ended.code == 0, ended.stderr
    shown, lines = ended.stdout.split("[00:00] first begins", 1)
    assert "What will happen  6 steps in 10m, 600 times as fast: 1s" in shown
    assert "  03:00  set severity Critical on db-failover\n" in shown
    assert "1 incident is declared in test mode, without an announcement" in shown
    assert "[03:00] set severity Critical on db-failover (INC-1)\n" in lines
    assert "] held after " in lines
    assert "Played to its end" in lines
    assert "3 of 3 expectations held (100%)" in lines
    assert "`reconciler gameday report first --sandbox` tells how people answered" in lines


def test_a_dry_run_writes_nothing(shell: Shell) -> None:
    """It shows the same page, and leaves neither a run nor a sandbox behind."""
    ended = shell.run("gameday", "run", "failover.yaml", "--sandbox", "--dry-run")

    assert ended.code == 0, ended.stderr
    assert "What will happen" in ended.stdout
    assert not (shell.folder / ".reconciler").exists()


def test_a_dry_run_does_with_a_key_that_may_only_read(shell: Shell) -> None:
    """Whoever reviews a script needs no more."""
    shell.environ["INCIDENT_API_KEY"] = "reader"
    with shell.served("--key", "reader=viewer") as url:
        ended = shell.run("gameday", "run", "failover.yaml", "--base-url", url, "--dry-run")
        asked = shell.run("sandbox", "requests", "--base-url", url).stdout

    assert ended.code == 0, ended.stderr
    assert "POST" not in asked
    assert "GET" in asked


def test_a_dry_run_as_json_is_one_object(shell: Shell) -> None:
    """For whoever checks scripts by machine."""
    ended = shell.run("gameday", "run", "group.yaml", "--sandbox", "--dry-run", "--format", "json")
    shown = json.loads(ended.stdout)

    assert (shown["gameday"], shown["incidents"], shown["end"]) == ("group", 4, 360)
    assert shown["who_will_notice"]
    assert len(shown["steps"]) == 8


def test_nobody_is_asked_without_a_terminal(shell: Shell) -> None:
    """A run that nobody said yes to is not begun."""
    ended = shell.run("gameday", "run", "quiet.yaml", "--sandbox")

    assert ended.code == 4
    assert "nothing was sent: there is no terminal to ask on" in ended.stderr
    assert "hint: `--auto-approve` plays without asking" in ended.stderr
    assert shell.run("gameday", "list", "--sandbox").stdout == ""


def test_events_as_json_are_a_line_each(shell: Shell) -> None:
    """What the journal keeps is what a program reads while it happens; the preview stands beside it."""
    ended = played(shell, "quiet", "--format", "json")
    events = told(ended)

    assert [one["event"] for one in events][0 :: len(events) - 1] == ["begun", "over"]
    assert {"step", "ended", "cleaned"} <= {one["event"] for one in events}
    assert "What will happen" in ended.stderr


def test_a_log_as_json_is_nothing_else(shell: Shell) -> None:
    """With `--log-format json` each line on stderr is an object, the events among them."""
    ended = played(shell, "quiet", "--log-format", "json")
    lines = [json.loads(line) for line in ended.stderr.splitlines()]

    assert {"preview", "gameday begun", "gameday step", "gameday over"} <= {one["event"] for one in lines}
    assert "[00:00]" not in ended.stdout


def test_a_failed_expectation_is_an_exit_code_only_where_it_is_asked_for(shell: Shell) -> None:
    """People who were slow are no error of the program; a pipeline may want to know."""
    assert played(shell, "watched", "--cast", "absent").code == 0
    ended = played(shell, "watched", "--cast", "absent", "--detailed-exitcode")

    assert ended.code == 2
    assert "  failed  " in ended.stdout


def test_a_reader_who_goes_away_ends_nothing(shell: Shell) -> None:
    """`| head -1` takes what it wants; the run is played to its end and cleaned up."""
    words = [*COMMAND, "gameday", "run", "quiet.yaml", *SANDBOX, "--run-id", "cut"]
    line = f"{shlex.join(words)} | head -1"
    subprocess.run(["bash", "-c", line], cwd=shell.folder, env=shell._env(), check=True, timeout=60)

    assert standing(shell, "cut") == "over"


def test_a_reader_who_does_not_read_holds_nothing_up(shell: Shell) -> None:
    """A pipe that is full is no reason to miss a step."""
    process = shell.start("gameday", "run", "watched.yaml", *SANDBOX, "--run-id", "full", "--format", "json")
    assert process.stdout is not None
    fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    try:
        wait_for(lambda: standing(shell, "full") == "over")
        assert process.poll() is None
    finally:
        stdout, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert len(stdout) > 4096


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_and_closes_its_incidents(shell: Shell, number: signal.Signals) -> None:
    """Nothing is left open that nobody looks after."""
    process = shell.start("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--run-id", "stopped")
    until(process, "] declare outage (INC-1)")
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=30)

    assert process.returncode == 130
    assert f"{number.name}: the run ends and is cleaned up; once more leaves it as it is" in stderr
    assert "closed outage (INC-1)" in stdout
    assert "Aborted" in stdout
    again = shell.run("gameday", "run", "quiet.yaml", "--sandbox", "--run-id", "stopped")
    assert again.code == 4
    assert "run stopped is over" in again.stderr
    assert "`reconciler gameday report stopped --sandbox` tells how it went" in again.stderr


def test_a_run_whose_terminal_is_closed_goes_on_with_its_id(shell: Shell) -> None:
    """A hang-up leaves the incidents as they are, and the run to be taken up; nothing is declared twice."""
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with shell.served() as url:
        go = ("gameday", "run", "quiet.yaml", "--base-url", url, "--auto-approve", "--run-id", "left-one")
        process = shell.start(*go)
        until(process, "] declare outage (INC-1)")
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=30)
        status = shell.run("gameday", "status", "--base-url", url)
        again = shell.start(*go)
        until(again, "] taken up by")
        again.send_signal(signal.SIGINT)
        stdout, stderr = again.communicate(timeout=30)
        asked = shell.run("sandbox", "requests", "--base-url", url).stdout

    assert process.returncode == 130
    assert "\nleft\n" in status.stdout
    assert "goes on with it" in status.stderr
    assert stderr.startswith("taking up left-one at 00:0")
    assert "closed outage (INC-1)" in stdout
    assert asked.count("POST   /v2/incidents  key") == 1


def test_a_second_signal_leaves_what_the_first_would_have_closed(shell: Shell) -> None:
    """Whoever is in a hurry cleans up later."""
    shell.environ["INCIDENT_API_KEY"] = "sandbox"
    with shell.served("--latency", "400ms") as url:
        process = shell.start(
            "gameday", "run", "quiet.yaml", "--base-url", url, "--auto-approve", "--run-id", "hurried"
        )
        until(process, "] declare outage (INC-1)")
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
        cleaned = shell.run("gameday", "cleanup", "hurried", "--base-url", url, "--auto-approve")

    assert process.returncode == 130
    assert "closed outage" not in stdout
    assert cleaned.code == 0, cleaned.stderr
    assert "closed outage (INC-1)" in cleaned.stdout


def test_a_second_host_is_told_who_hosts_it(shell: Shell) -> None:
    """Two hosts of one run would each do every step."""
    go = ("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--run-id", "twice")
    process = shell.start(*go)
    try:
        until(process, "] declare outage (INC-1)")
        ended = shell.run(*go)
        status = shell.run("gameday", "status", "--sandbox")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert ended.code == 4
    assert f"pid {process.pid}" in ended.stderr
    assert "taking up" not in ended.stderr
    assert "running, hosted by" in status.stdout


def test_what_a_run_was_begun_with_need_not_be_typed_again(shell: Shell) -> None:
    """Parameters, speed and end stand in its journal."""
    go = ("gameday", "run", "failover.yaml", "--sandbox", "--auto-approve", "--run-id", "kept")
    process = shell.start(*go, "--set", "region=us-east-1", "--speed", "2", "--until", "5m")
    until(process, "] declare db-failover (INC-1)")
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)
    again = shell.start(*go)
    until(again, "] taken up by")
    status = shell.run("gameday", "status", "--sandbox").stdout
    again.send_signal(signal.SIGINT)
    stdout, stderr = again.communicate(timeout=30)

    assert again.returncode == 130, stderr
    assert "of 05:00, 2 times as fast" in status
    assert "Database failover in us-east-1" in status
    assert "closed db-failover" in stdout
