"""The lock on a remote state: one run at a time, whoever dies, sleeps or is stopped."""

from __future__ import annotations

import os
import re
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.remote.team import LEASE, Team

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.cli.shell import Shell
    from tests.remote.stores import Moto

APPLY = ("apply", "--auto-approve")
NAMES = [f"incident-{number}" for number in range(12)]
MANY = [f"incident-{number}" for number in range(30)]


def begun(shell: Shell, *flags: str) -> subprocess.Popen[str]:
    """Start an apply, and return when it has told its first outcome."""
    process = shell.start(*APPLY, "--parallelism", "1", *flags)
    assert process.stderr is not None
    line = process.stderr.readline()
    assert line.startswith("created"), line + process.stderr.read()
    # By now the next request waits for its answer: between the question whether it may be sent and its
    # being sent lie a few instructions, in which a stop would let it through.
    time.sleep(0.05)
    return process


def test_of_ten_at_once_one_runs_and_nine_say_who_holds_the_lock(team: Team) -> None:
    """At once, with owner and time: nobody waits who was not asked to."""
    team.lease = 60
    machines = [team.machine(f"machine-{number}", *NAMES) for number in range(10)]
    running = [machine.start(*APPLY) for machine in machines]
    ends = [(process.communicate(timeout=120), process.returncode) for process in running]

    done = [told for told, code in ends if code == 0]
    refused = [told[1] for told, code in ends if code == 4]

    assert len(done) >= 1
    assert len(done) + len(refused) == 10, ends
    for told in refused:
        assert re.search(r"another run is writing here: \S+@\S+ \(pid \d+, reconciler apply\), since 20", told), told
        assert "--lock-timeout" in told
    team.assert_each_once(*NAMES)


def test_of_ten_that_wait_each_gets_its_turn_and_one_writes(team: Team) -> None:
    """With --lock-timeout nine wait; they plan when it is their turn, and find nothing to do."""
    machines = [team.machine(f"machine-{number}", *NAMES) for number in range(10)]
    running = [machine.start(*APPLY, "--lock-timeout", "120") for machine in machines]
    ends = [(process.communicate(timeout=150), process.returncode) for process in running]

    assert [code for _, code in ends] == [0] * 10, ends
    assert sum("waiting for another run: " in told[1] for told, _ in ends) >= 1
    assert team.state["serial"] == 10
    team.assert_each_once(*NAMES)


def test_the_lock_of_a_killed_run_is_taken_over(team: Team) -> None:
    """By whoever waits for as long as it would have lasted; before that, it is said who held it."""
    team.lease = 12
    alice, bob = team.machine("alice", *NAMES), team.machine("bob", *NAMES)
    killed = begun(alice)
    killed.kill()
    killed.communicate()

    at_once = bob.run(*APPLY)
    waited = bob.run(*APPLY, "--lock-timeout", "20")

    assert at_once.code == 4
    assert f"(pid {killed.pid}, reconciler apply)" in at_once.stderr
    assert re.search(r"it ends by itself at [\d:]{8} UTC if that run died", at_once.stderr)
    assert waited.code == 0, waited.stderr
    team.assert_each_once(*NAMES)


def test_a_stopped_run_writes_nothing_more_when_it_wakes(team: Team) -> None:
    """Its lock ran out and another run took over: it stops, and loses nothing of what it did."""
    alice, bob = team.machine("alice", *NAMES), team.machine("bob", *NAMES)
    stopped = begun(alice)
    stopped.send_signal(signal.SIGSTOP)

    done = bob.run(*APPLY, "--lock-timeout", "20")
    sent = team.writes()
    stopped.send_signal(signal.SIGCONT)
    _, told = stopped.communicate(timeout=30)

    assert done.code == 0, done.stderr
    assert team.writes() == sent
    assert stopped.returncode in {4, 5}, told
    assert "nothing more is sent" in told
    team.assert_each_once(*NAMES)
    assert alice.run("plan", "--detailed-exitcode").code == 0


def test_a_run_that_slept_stops_although_nobody_took_its_lock(s3_team: Team) -> None:
    """A laptop that slept does not go on with an old plan; what it did is saved, as nobody was in between."""
    alice = s3_team.machine("alice", *NAMES)
    slept = begun(alice)
    slept.send_signal(signal.SIGSTOP)
    time.sleep(LEASE)
    sent = s3_team.writes()
    slept.send_signal(signal.SIGCONT)
    said, told = slept.communicate(timeout=30)

    assert slept.returncode == 5, told
    assert s3_team.writes() == sent
    assert "the lock was lost while this machine slept, or this process was stopped: nothing more is sent" in told
    assert "skipped" in said
    assert s3_team.state["serial"] == 1
    assert alice.run(*APPLY).code == 0
    s3_team.assert_each_once(*NAMES)


def test_unlock_shows_the_holder_and_removes_the_lock(team: Team) -> None:
    """Of a run that died, for whoever cannot wait."""
    alice, bob = team.machine("alice", *NAMES), team.machine("bob", *NAMES)
    killed = begun(alice)
    killed.kill()
    killed.communicate()

    asked = bob.run("state", "unlock")
    unlocked = bob.run("state", "unlock", "--auto-approve")
    done = bob.run(*APPLY)

    assert asked.code == 4
    assert "no terminal to ask on" in asked.stderr
    assert f"(pid {killed.pid}, reconciler apply), since 20" in unlocked.stderr
    assert unlocked.code == 0
    assert unlocked.stdout == "unlocked\n"
    assert done.code == 0, done.stderr
    assert bob.run("state", "unlock").stdout == "nobody holds the lock\n"
    team.assert_each_once(*NAMES)


@pytest.mark.parametrize("command", [APPLY, ("state", "rebuild", "--auto-approve")])
def test_the_lock_of_a_run_that_died_earlier_is_taken_over_by_whoever_comes(
    s3_team: Team, command: tuple[str, ...]
) -> None:
    """Nobody has to wait by a flag or unlock by hand: its end is past, so it is watched for its time and taken."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    killed = begun(alice)
    killed.kill()
    killed.communicate()
    time.sleep(LEASE)

    done = bob.run(*command)

    assert done.code == 0, done.stderr
    who = rf"held by \S+@\S+ \(pid {killed.pid}, reconciler apply\), since 20"
    assert re.search(f"taking the lock over in {LEASE} s, if it stays silent till then: {who}", done.stderr)
    assert bob.run(*APPLY).code == 0
    s3_team.assert_each_once(*NAMES)


def test_when_unlock_returns_the_holder_sends_nothing_more(tmp_path: Path, moto: Moto) -> None:
    """However long its lock would have lasted, and although the account takes everything twice."""
    with Team.gathered(tmp_path, moto, "--idempotency", "forget") as team:
        team.lease = 60
        alice, bob = team.machine("alice", *MANY), team.machine("bob", *MANY)
        running = begun(alice)
        unlocking = bob.start("state", "unlock", "--auto-approve")
        team.wait_for(lambda: "state unlock" in str(team.lock))
        _, said = unlocking.communicate(timeout=30)
        sent = team.writes()
        done = bob.run(*APPLY)
        _, told = running.communicate(timeout=30)

        assert unlocking.returncode == 0, said
        assert "waiting a few seconds for that run to notice" in said
        assert sent < 3 * len(MANY)
        assert running.returncode in {4, 5}, told
        assert "another run took the lock over, or it was removed: nothing more is sent" in told
        assert done.code == 0, done.stderr
        team.assert_each_once(*MANY)
        assert team.writes() == 3 * len(MANY)


def test_a_run_whose_lock_was_removed_stops(s3_team: Team) -> None:
    """It notices at the next renewal, and its journal and state stay what they are in the bucket."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    running = begun(alice)

    unlocked = bob.run("state", "unlock", "--auto-approve")
    _, told = running.communicate(timeout=30)

    assert unlocked.code in {0, 4}, unlocked.stderr
    assert bob.run(*APPLY, "--lock-timeout", "20").code == 0, told
    s3_team.assert_each_once(*NAMES)


def test_the_local_lock_says_who_holds_it_and_can_be_waited_for(s3_team: Team) -> None:
    """A process holds it, so there is nothing to remove; it ends with that process."""
    alice = s3_team.machine("alice", *MANY)
    file = alice.folder / "reconciler.yaml"
    file.write_text(re.sub(r", state:.*}", "}", file.read_text()))
    running = begun(alice)

    refused = alice.run(*APPLY)
    unlock = alice.run("state", "unlock", "--auto-approve")
    waited = alice.run(*APPLY, "--lock-timeout", "60")
    running.communicate(timeout=30)

    who = f"(pid {running.pid}, reconciler apply), since 20"
    assert refused.code == unlock.code == 4
    assert who in refused.stderr
    assert who in unlock.stderr
    assert "a lock on this machine ends with its process" in unlock.stderr
    assert waited.code == 0, waited.stderr
    assert f"waiting for another run: {os.environ.get('USER', '')}"[:27] in waited.stderr
    assert alice.run("state", "unlock").stdout == "nobody holds the lock\n"
    s3_team.assert_each_once(*MANY)
