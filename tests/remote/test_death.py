"""A run may die at any byte and be repeated by anyone, anywhere: with a remote state, on another machine too."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING

import pytest

from tests.remote.team import Team

if TYPE_CHECKING:
    from pathlib import Path

    from tests.remote.stores import Moto

APPLY = ("apply", "--auto-approve")
NAMES = [f"incident-{number}" for number in range(6)]
ALONE = ("--parallelism", "2")


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_killed_run_is_finished_by_another_machine(tmp_path: Path, moto: Moto, idempotency: str) -> None:
    """Killed at a random moment, three times, each time on another machine: each thing is there once."""
    chance = random.Random(idempotency)
    with Team.gathered(tmp_path, moto, "--idempotency", idempotency) as team:
        for number in range(3):
            with team.machine(f"machine-{number}", *NAMES).start(*APPLY, *ALONE, "--lock-timeout", "20") as run:
                assert run.stderr is not None
                while (line := run.stderr.readline()).startswith("waiting"):
                    pass
                assert line, number
                time.sleep(chance.uniform(0, 0.4))
                run.kill()

        last = team.machine("last", *NAMES).run(*APPLY, "--lock-timeout", "20")

        assert last.code == 0, last.stderr
        team.assert_each_once(*NAMES)
        assert team.machine("other", *NAMES).run("plan", "--detailed-exitcode").code == 0


def test_what_a_killed_run_noted_reaches_another_machine(s3_team: Team) -> None:
    """The journal lies beside the state within seconds: the next plan elsewhere knows what was made."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    with alice.start(*APPLY, "--parallelism", "1") as run:
        s3_team.wait_for(lambda: b"INC-1" in (s3_team.bucket.text(f"{s3_team.name}.journal") or b""))
        run.kill()

    listed = bob.run("state", "list")

    assert "Incident/incident-0  " in listed.stdout
    assert "INC-1" in listed.stdout
    assert s3_team.state == {}


def test_on_the_same_machine_what_was_not_uploaded_yet_is_known_as_well(s3_team: Team) -> None:
    """The journal here goes further than the one beside the state."""
    alice, bob = s3_team.machine("alice", *NAMES), s3_team.machine("bob", *NAMES)
    with alice.start(*APPLY, "--parallelism", "1") as run:
        assert run.stderr is not None
        for _ in range(4):
            run.stderr.readline()
        run.kill()

    here, there = alice.run("state", "list").stdout, bob.run("state", "list").stdout

    assert len(here.splitlines()) >= 4
    assert set(there.splitlines()) <= set(here.splitlines())
    assert alice.run(*APPLY, "--lock-timeout", "20").code == 0
    assert list(alice.folder.glob(".reconciler/*/journal-*")) == []
    s3_team.assert_each_once(*NAMES)


def test_a_journal_that_another_machine_overtook_adds_what_nobody_knows(s3_team: Team) -> None:
    """A killed run's last lines count where the state says nothing of them, and nowhere else."""
    alice, bob = s3_team.machine("alice", "one", "two"), s3_team.machine("bob", "one")
    with alice.start(*APPLY, "--parallelism", "1") as run:
        assert run.stderr is not None
        told = ""
        while "Incident/two " not in told:
            told = run.stderr.readline()
        run.kill()
    s3_team.drop(f"{s3_team.name}.journal")
    assert bob.run(*APPLY, "--lock-timeout", "20").code == 0

    listed = alice.run("state", "list").stdout
    done = alice.run(*APPLY)

    assert "Incident/two " in listed
    assert done.code == 0, done.stderr
    s3_team.assert_each_once("one", "two")


def test_a_second_journal_does_not_contradict_the_first(s3_team: Team) -> None:
    """What was forgotten on one machine stays forgotten, although a killed run's journal still names it."""
    alice, bob = s3_team.machine("alice", "one"), s3_team.machine("bob", "one")
    assert alice.run(*APPLY).code == 0
    records = {"Incident/one": s3_team.state["resources"]["Incident/one"]}
    noted = json.dumps({"outcome": ["create", "Incident/one"], "records": records})
    found = s3_team.bucket.objects.get(f"{s3_team.name}.journal")
    assert found is not None
    # As a run leaves it that is killed between its last two writes.
    s3_team.bucket.objects.put(f"{s3_team.name}.journal", found.text + noted.encode() + b"\n", found.version)

    assert bob.run("state", "rm", "Incident/one").code == 0

    assert alice.run("state", "list").stdout == ""
