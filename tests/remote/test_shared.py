from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.remote.team import Team

APPLY = ("apply", "--auto-approve")


def test_what_one_machine_applied_another_knows(team: Team) -> None:
    """The state is in the bucket: a second machine has nothing to do, and manages the same objects."""
    alice, bob = team.machine("alice", "one", "two"), team.machine("bob", "one", "two")
    done = alice.run(*APPLY)

    plan = bob.run("plan", "--detailed-exitcode")
    listed = bob.run("state", "list")

    assert done.code == 0, done.stderr
    assert plan.code == 0, plan.stdout + plan.stderr
    assert listed.stdout == alice.run("state", "list").stdout
    assert "Incident/one " in listed.stdout
    assert team.state["serial"] == 1
    assert team.lock["is_free"]
    team.assert_each_once("one", "two")
