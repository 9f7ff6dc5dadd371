"""Signals, disks and secrets where state is remote: recorded, refused in words, and told to nobody."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.remote.team import Team

APPLY = ("apply", "--auto-approve")
NAMES = [f"incident-{number}" for number in range(12)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_run_whose_state_is_saved(s3_team: Team, number: signal.Signals) -> None:
    """What was under way is recorded where everybody finds it, and the lock is given back."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    with alice.start(*APPLY, "--parallelism", "1") as run:
        assert run.stderr is not None
        run.stderr.readline()
        run.send_signal(number)
        _, told = run.communicate(timeout=30)

    assert run.returncode == 130, told
    assert s3_team.lock["is_free"]
    assert len(s3_team.state["resources"]) == s3_team.writes()
    assert bob.run(*APPLY).code == 0
    s3_team.assert_each_once(*NAMES)


def test_a_signal_ends_the_wait_for_another_run(s3_team: Team) -> None:
    """At once, and nothing was sent."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    with alice.start(*APPLY, "--parallelism", "1") as first:
        assert first.stderr is not None
        first.stderr.readline()
        with bob.start(*APPLY, "--lock-timeout", "100") as second:
            assert second.stderr is not None
            assert second.stderr.readline().startswith("waiting for another run: ")
            second.send_signal(signal.SIGINT)
            second.communicate(timeout=10)
        first.communicate(timeout=60)

    assert second.returncode == 130
    assert first.returncode == 0


def test_a_folder_that_cannot_be_made_for_a_local_state_is_refused_in_words(s3_team: Team) -> None:
    """Before anything is sent."""
    alice = s3_team.machine("alice", "one")
    file = alice.folder / "reconciler.yaml"
    file.write_text(re.sub(r", state:.*}", "}", file.read_text()))
    alice.write(".reconciler", "a file")

    ended = alice.run(*APPLY)

    assert ended.code == 4
    assert ".reconciler" in ended.stderr
    assert "is a file, and a folder belongs there: move it away" in ended.stderr
    assert s3_team.writes() == 0


def test_a_machine_without_room_for_the_journal_is_refused_in_words(s3_team: Team) -> None:
    """A remote state needs a place for its journal on this machine, too; the lock is given back."""
    alice = s3_team.machine("alice", "one")
    alice.write(".reconciler", "a file")

    ended = alice.run(*APPLY)

    assert ended.code == 4
    assert ".reconciler" in ended.stderr
    assert "is a file, and a folder belongs there: move it away" in ended.stderr
    assert s3_team.writes() == 0


def test_no_secret_of_the_store_is_told_or_written(s3_team: Team) -> None:
    """Neither to a person at -vv, nor into a file, nor into the store itself."""
    alice = s3_team.machine("alice", *NAMES[:3])
    ends = [
        alice.run(*APPLY, "-vv"),
        alice.run("plan", "-vv", "--out", "plan.json"),
        alice.run("state", "list"),
        alice.run(*APPLY, "--log-format", "json"),
    ]

    told = "".join(ended.stdout + ended.stderr for ended in ends)
    files = [path.read_text() for path in alice.folder.rglob("*") if path.is_file()]
    objects = [s3_team.bucket.text(s3_team.name + ending) or b"" for ending in ("", ".journal", ".lock")]

    assert all(ended.code == 0 for ended in ends), ends
    assert "canary" not in told
    assert "canary" not in "".join(files)
    assert b"canary" not in b"".join(objects)
    assert all(objects)
