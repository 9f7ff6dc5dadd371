"""What a saved plan says to type next works when it is typed: it is used up once all of it is done, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli import asking
from tests.cli.shell import WORKSPACE, Shell
from tests.planfile.desk import Desk, incident

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

EDITS = "500-before:1-:POST:/v2/incidents/*"
FAULTS = "RECONCILER_SANDBOX_FAULTS"


def edits(desk: Desk) -> None:
    """Save a plan that edits two incidents."""
    desk.declare(incident("one"), incident("two"))
    desk.settled()
    desk.declare(incident("one", summary="Other"), incident("two", summary="Another"))
    desk.plan()


def test_a_plan_with_unknown_outcomes_is_applied_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run the same command again: it finds out what became of the request` is what it does; then it is used up."""
    edits(desk)
    with monkeypatch.context() as struck:
        struck.setenv(FAULTS, EDITS)
        lost = desk.carry_out()
    again, third = desk.carry_out(), desk.carry_out()

    assert (lost.code, "0 done, 0 failed, 0 skipped, 2 unknown" in lost.stdout) == (5, True), lost.stdout
    assert "hint: run the same command again: it finds out" in lost.stdout
    assert (again.code, "2 done" in again.stdout) == (0, True), again.stdout + again.stderr
    assert desk.incident("Title of one")["summary"] == "Other"
    assert (third.code, "this plan was applied before" in third.stderr) == (4, True)


def test_a_plan_of_which_a_part_failed_is_applied_again(tmp_path: Path) -> None:
    """With a key that may write it does what is left."""
    shell = Shell(tmp_path, {"INCIDENT_API_KEY": "sandbox"})
    shell.write("reconciler.yaml", WORKSPACE)
    file = shell.write("incidents/one.yaml", "apiVersion: reconciler/v1\n" + incident("one"))
    with shell.served() as url:
        shell.run("apply", "--auto-approve", "--base-url", url)
        file.write_text(file.read_text().replace("As it was", "As it shall be"))
        shell.run("plan", "--out", "plan.json", "--base-url", url)
        shell.environ["INCIDENT_API_KEY"] = "sandbox-viewer"
        failed = shell.run("apply", "--plan", "plan.json", "--auto-approve", "--base-url", url)
        shell.environ["INCIDENT_API_KEY"] = "sandbox"
        again = shell.run("apply", "--plan", "plan.json", "--auto-approve", "--base-url", url)

    assert (failed.code, "1 failed" in failed.stdout) == (6, True), failed.stdout
    assert (again.code, "1 done" in again.stdout) == (0, True), again.stdout + again.stderr


def test_what_went_stale_at_the_prompt_of_a_saved_plan_takes_another_plan(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same command again is refused by then: the rest of it is done, and the plan used up."""
    edits(desk)
    by_bob = desk.incident("Title of one")["id"]
    monkeypatch.setattr(asking, "LONGEST_PROMPT", -1.0)
    monkeypatch.setattr(asking, "confirm", lambda *_: desk.edit(by_bob, summary="By Bob"))
    ended = desk.type("apply", "--plan", "plan.json")
    again = desk.carry_out()

    assert ended.code == 4
    assert "hint: plan again: `reconciler plan --out FILE --sandbox`" in ended.stdout
    assert "run the same command again" not in ended.stdout
    assert "this plan was applied before" in again.stderr


def test_what_went_stale_at_the_prompt_of_no_saved_plan_takes_the_same_command(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It plans anew by itself."""
    edits(desk)
    by_bob = desk.incident("Title of one")["id"]
    monkeypatch.setattr(asking, "LONGEST_PROMPT", -1.0)
    monkeypatch.setattr(asking, "confirm", lambda *_: desk.edit(by_bob, summary="By Bob"))
    ended = desk.type("apply")

    assert ended.code == 4
    assert "hint: run the same command again" in ended.stdout
