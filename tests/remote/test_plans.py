"""Saved plans where the state is shared: made on one machine, applied on another, once."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.remote.team import Team

APPLY = ("apply", "--plan", "plan.json", "--auto-approve")


def test_a_saved_plan_is_applied_once_by_whichever_machine(s3_team: Team) -> None:
    """What one machine saved another applies; that it was applied is in the bucket, so that no third one repeats it."""
    alice, bob = s3_team.machine("alice", "one"), s3_team.machine("bob", "one")
    planned = alice.run("plan", "--out", "plan.json")
    shutil.copy(alice.folder / "plan.json", bob.folder / "plan.json")
    first, second = bob.run(*APPLY), alice.run(*APPLY)

    assert planned.code == 0, planned.stderr
    assert first.code == 0, first.stdout + first.stderr
    assert second.code == 4
    assert "error: plan.json: this plan was applied before\n" in second.stderr
    assert len(s3_team.state["used_plans"]) == 1
    s3_team.assert_each_once("one")
