"""A saved plan whose run was cut short is applied again: what is left of it goes on, and nothing is made twice."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.cli.shell import WORKSPACE, Shell

if TYPE_CHECKING:
    from pathlib import Path

OLD = """\
apiVersion: reconciler/v1
kind: Incident
metadata: {name: old}
spec:
  name: Old
  mode: test
  severity: Minor
  updates:
    - {id: first, message: First of Old.}
"""
MORE = """\
    - {id: second, message: Second of Old., status: Fixing}
    - {id: third, message: Third of Old., status: Monitoring}
  summary: Told later
"""
NEW = """\
---
apiVersion: reconciler/v1
kind: Incident
metadata: {name: new}
spec:
  name: New
  mode: test
  severity: Dire
  visibility: VISIBILITY
  call_url: https://meet.example.com/new
  timeline: [{id: deploy, at: 2026-11-20T09:05:00Z, title: Deploy}]
  updates:
    - {id: first, message: First of New.}
    - {id: second, message: Second of New., status: Fixing}
---
apiVersion: reconciler/v1
kind: Severity
metadata: {name: dire}
spec: {name: Dire, description: Nothing works}
"""
BEFORE = 2
"""Writes of the run that comes before the saved plan."""
WRITES = 9
APPLY = ("apply", "--plan", "plan.json", "--auto-approve", "--parallelism", "1", "--base-url")
INCIDENTS = "/v2/incidents?page_size=250&mode[one_of]=test"


def told(url: str, path: str) -> list[dict[str, str]]:
    """Return a list of the account, oldest first."""
    answer = httpx.get(f"{url}{path}", headers={"Authorization": "Bearer sandbox"}, trust_env=False).raise_for_status()
    (found,) = (value for value in answer.json().values() if isinstance(value, list))
    return sorted(found, key=lambda one: (one["created_at"], one["id"]))


def saved(tmp_path: Path, url: str, visibility: str = "public") -> Shell:
    """Let one incident exist, then save a plan that changes it and declares another."""
    shell = Shell(tmp_path, {"INCIDENT_API_KEY": "sandbox"})
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("incidents/all.yaml", OLD)
    assert shell.run("apply", "--auto-approve", "--base-url", url).code == 0
    shell.write("incidents/all.yaml", OLD + MORE + NEW.replace("VISIBILITY", visibility))
    ended = shell.run("plan", "--out", "plan.json", "--base-url", url)
    assert ended.code == 0, ended.stderr
    return shell


def cut_short(shell: Shell, url: str, write: int, number: signal.Signals) -> int:
    """Apply the saved plan, and send a signal while a write of it is under way."""
    process = shell.start(*APPLY, url)
    end = time.monotonic() + 30
    while sum(one.read_bytes().count(b'"intent"') for one in shell.folder.rglob("journal")) < write:
        assert time.monotonic() < end
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)
    process.send_signal(number)
    process.communicate(timeout=30)
    return process.returncode


def assert_all_is_there_once(shell: Shell, url: str) -> None:
    """Assert that each thing is there once, in its order, and that nothing is left to do."""
    assert sorted(one["name"] for one in told(url, INCIDENTS)) == ["New", "Old"]
    messages = [one["message"] for one in told(url, "/v2/incident_updates?page_size=250") if one.get("message")]
    assert [one for one in messages if "New" in one] == ["First of New.", "Second of New."]
    assert [one for one in messages if "Old" in one] == ["First of Old.", "Second of Old.", "Third of Old."]
    plan = shell.run("plan", "--base-url", url, "--detailed-exitcode")
    assert plan.code == 0, plan.stdout


@pytest.mark.parametrize("write", range(1, WRITES + 1))
def test_a_killed_apply_of_a_saved_plan_is_repeated(tmp_path: Path, write: int) -> None:
    """Kill it in any of its writes; the same command again does what is left."""
    with Shell(tmp_path).served("--fault", f"slow-headers=2:{write + BEFORE}:write") as url:
        shell = saved(tmp_path, url, "private" if write % 2 else "public")
        killed = cut_short(shell, url, write, signal.SIGKILL)
        again = shell.run(*APPLY, url)

        assert killed == -signal.SIGKILL
        assert again.code == 0, again.stdout + again.stderr
        assert_all_is_there_once(shell, url)


def test_an_interrupted_apply_of_a_saved_plan_is_repeated(tmp_path: Path) -> None:
    """What was not begun when somebody pressed Ctrl-C is still what was approved; once all is done, no more."""
    with Shell(tmp_path).served("--fault", f"slow-headers=1:{BEFORE + 3}:write") as url:
        shell = saved(tmp_path, url)
        assert cut_short(shell, url, 3, signal.SIGINT) == 130
        again, third = shell.run(*APPLY, url), shell.run(*APPLY, url)

        assert again.code == 0, again.stdout + again.stderr
        assert_all_is_there_once(shell, url)
        assert (third.code, "this plan was applied before" in third.stderr) == (4, True)


def test_what_people_changed_after_a_killed_apply_is_refused(tmp_path: Path) -> None:
    """The rest of a half applied object goes on only while it stands as the plan left it."""
    with Shell(tmp_path).served("--fault", f"slow-headers=2:{BEFORE + 5}:write") as url:
        shell = saved(tmp_path, url)
        cut_short(shell, url, 5, signal.SIGKILL)
        for one in told(url, INCIDENTS):
            httpx.post(
                f"{url}/v2/incidents/{one['id']}/actions/edit",
                headers={"Authorization": "Bearer sandbox", "X-Sandbox-Actor": "bob@example.com"},
                json={"incident": {"summary": "By Bob"}, "notify_incident_channel": False},
                trust_env=False,
            ).raise_for_status()
        again = shell.run(*APPLY, url)

        assert again.code == 4, again.stdout
        assert "hint: plan again" in again.stdout
