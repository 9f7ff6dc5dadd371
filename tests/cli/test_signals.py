"""Signals at every moment of a run, to real processes: what is under way is recorded, and the next run finishes."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler import workspace
from reconciler.state.local import LocalStore
from tests.cli.shell import COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.shell import Shell

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
APPLY = ("apply", "--auto-approve", "--parallelism", "2", "--base-url")


@pytest.fixture(autouse=True)
def _key(shell: Shell) -> None:
    shell.environ["INCIDENT_API_KEY"] = "sandbox"


def wait_for(happened: Callable[[], object]) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)


def seen(shell: Shell, url: str) -> str:
    """Return the requests that a sandbox saw."""
    return shell.run("sandbox", "requests", "--base-url", url).stdout


def state(shell: Shell, url: str) -> Path:
    """Return where the state of an account lies."""
    return workspace.load([str(shell.folder)], base_url=url, environ={}).state


def assert_the_next_run_finishes(shell: Shell, url: str) -> None:
    """Assert that everything is there once after one more run, and nothing is left to do."""
    ended = shell.run(*APPLY, url)
    assert ended.code == 0, ended.stderr
    plan = shell.run("plan", "--base-url", url, "--detailed-exitcode")
    assert plan.code == 0, plan.stdout
    assert not list((shell.folder / ".reconciler").rglob(".state.json.*"))


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_a_plan_ends_it(shell: Shell, number: signal.Signals) -> None:
    """Nothing is written by a plan, so it just ends, with the code that says so."""
    shell.workspace("one")
    with shell.served("--latency", "200ms") as url:
        process = shell.start("plan", "--base-url", url, "-v")
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)

    assert process.returncode == 130
    assert stdout == ""
    assert "error: interrupted" in stderr


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_an_apply_lets_what_is_under_way_end(shell: Shell, number: signal.Signals) -> None:
    """What was sent is finished and recorded, nothing else is begun, and the next run does the rest."""
    shell.workspace(*(f"incident-{number}" for number in range(8)))
    with shell.served("--latency", "100ms") as url:
        process = shell.start(*APPLY, url)
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=30)

        assert process.returncode == 130
        assert f"{number.name}: what is under way is finished and recorded" in stderr
        assert " 0 failed, " in stdout
        assert " skipped, 0 unknown." in stdout
        assert_the_next_run_finishes(shell, url)


@pytest.mark.parametrize("first", SIGNALS)
def test_a_second_signal_stops_at_once(shell: Shell, first: signal.Signals) -> None:
    """Whoever cannot wait for the answer need not; what was under way is found again."""
    shell.workspace("one")
    with shell.served("--fault", "slow-headers=5:1:write") as url:
        process = shell.start(*APPLY, url, "--timeout", "20")
        wait_for(lambda: list((shell.folder / ".reconciler").rglob("journal")))
        begun = time.monotonic()
        process.send_signal(first)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

        assert process.returncode == 130
        assert time.monotonic() - begun < 4.5
        assert_the_next_run_finishes(shell, url)


@pytest.mark.parametrize("fault", ["429=60:1-:write", "503-before=20:1-:GET"])
def test_a_signal_ends_a_wait_for_the_api(shell: Shell, fault: str) -> None:
    """A pause that the API asks for, a minute long, is not waited for."""
    shell.workspace("one")
    with shell.served("--fault", fault) as url:
        process = shell.start(*APPLY, url, "-v")
        assert process.stderr is not None
        status = f" {fault[:3]} "
        while status not in process.stderr.readline():
            pass
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

    assert process.returncode == 130


def test_a_signal_ends_a_search_for_a_lost_answer(shell: Shell) -> None:
    """The pause before a create is looked for ends at once: unknown, and the next run finds it."""
    shell.workspace("one")
    with shell.served("--fault", "drop-after:1:write", "--idempotency", "forget") as url:
        process = shell.start(*APPLY, url, "-v")
        assert process.stderr is not None
        while "POST" not in process.stderr.readline():
            pass
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=20)

        assert process.returncode == 130
        assert "1 unknown." in stdout
        assert_the_next_run_finishes(shell, url)


def test_a_signal_ends_a_wait_for_the_lock(shell: Shell) -> None:
    """Another run holds the lock, and this one would wait for a minute."""
    shell.workspace("one")
    with shell.served() as url, LocalStore(state(shell, url), "acme").locked():
        process = shell.start(*APPLY, url, "--lock-timeout", "60")
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)

        assert process.returncode == 130


def test_a_hang_up_that_is_ignored_stays_ignored(shell: Shell) -> None:
    """Under `nohup` a closed terminal is no reason to stop."""
    shell.workspace("one", "two")
    with shell.served("--latency", "50ms") as url:
        process = subprocess.Popen(
            ["nohup", *COMMAND, *APPLY, url],
            cwd=shell.folder,
            env={**os.environ, **shell.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGHUP)
        process.communicate(timeout=30)

    assert process.returncode == 0


def test_a_terminal_that_is_closed_loses_nothing(shell: Shell) -> None:
    """Stderr is gone when the signal that says so comes: what is under way is recorded all the same."""
    shell.workspace(*(f"incident-{number}" for number in range(8)))
    with shell.served("--latency", "100ms") as url:
        process = shell.start(*APPLY, url)
        assert process.stderr is not None
        assert process.stdout is not None
        process.stderr.readline()
        process.stderr.close()
        process.stdout.close()
        process.send_signal(signal.SIGHUP)

        assert process.wait(30) == 130
        assert_the_next_run_finishes(shell, url)


SECOND_WHILE_TELLING = """
import os, signal, sys
from reconciler.cli import ending

def told(*_):
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("the second signal was heard too late")

ending._tell = told
ending.reconciler.make_context = lambda *_, **__: os.kill(os.getpid(), signal.SIGTERM)
sys.exit(ending.run(["plan"]))
"""


def test_a_second_signal_while_the_first_is_told_ends_it_without_a_trace(shell: Shell) -> None:
    """No traceback, and the same exit code."""
    ended = subprocess.run(
        [COMMAND[0], "-c", SECOND_WHILE_TELLING],
        env=shell._env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (130, "")


IN_A_FINALIZER = """
import os, signal, sys
from reconciler.cli import ending

class Dropped:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

def dropped(*_, **__):
    Dropped()
    raise AssertionError("the signal was passed over")

ending.reconciler.make_context = dropped
sys.exit(ending.run(["plan"]))
"""


def test_a_signal_in_a_finalizer_ends_a_command_without_a_trace(shell: Shell) -> None:
    """Python passes over what is raised there, and prints it: that of a lock runs as an interrupted apply ends."""
    ended = subprocess.run(
        [COMMAND[0], "-c", IN_A_FINALIZER],
        env=shell._env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (130, "")


WHILE_ITS_LOCK_IS_HELD = """
import os, signal, sys, time
from reconciler.cli.gameday.stopping import RunStopping
from reconciler.cli.stopping import Stopping

stopping = {name}()
with stopping.heeded():
    with stopping.event._cond:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(0.05)
    sys.exit(0 if stopping.event.wait(20) else 1)
"""


@pytest.mark.parametrize("name", ["Stopping", "RunStopping"])
def test_a_signal_never_waits_for_what_it_interrupts(shell: Shell, name: str) -> None:
    """That may hold the lock of the very event that tells of the signal: a wait does, and the signal before does."""
    ended = subprocess.run(
        [COMMAND[0], "-c", WHILE_ITS_LOCK_IS_HELD.format(name=name)],
        env=shell._env(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert (ended.returncode, ended.stderr.count("SIGTERM: what is under way")) == (0, 1), ended.stderr
