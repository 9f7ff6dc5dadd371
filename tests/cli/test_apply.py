from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.shell import Shell

APPLY = ("apply", "--sandbox", "--auto-approve")


def test_apply_shows_the_plan_and_says_how_it_ended(shell: Shell) -> None:
    """Plan and summary on stdout, one line an outcome on stderr."""
    shell.workspace("one")
    ended = shell.run(*APPLY)

    assert ended.code == 0
    assert "+ Incident/one " in ended.stdout
    assert ended.stdout.endswith(
        "INC-1  Incident/one  https://app.incident.io/sandbox/incidents/1\n"
        "\n"
        "Apply: 3 done, 0 failed, 0 skipped, 0 unknown.\n"
    )
    assert ended.stderr.startswith("created  Incident/one  INC-1  https://app.incident.io/sandbox/incidents/1\n")
    assert len(ended.stderr.splitlines()) == 3


def test_applying_twice_writes_once(shell: Shell) -> None:
    """The second has nothing to do, and does not ask."""
    shell.workspace("one")
    shell.run(*APPLY)
    ended = shell.run("apply", "--sandbox")

    assert ended.code == 0
    assert ended.stdout.endswith("Plan: nothing to do, 1 unchanged.\n")
    assert ended.stderr == ""


def test_json_outcomes_go_to_stdout_and_the_plan_to_stderr(shell: Shell) -> None:
    """A program reads what became of each action."""
    shell.workspace("one")
    ended = shell.run(*APPLY, "--format", "json")
    told = json.loads(ended.stdout)

    assert told["summary"] == {"done": 3, "failed": 0, "skipped": 0, "unknown": 0, "refused": 0}
    assert [one["action"] for one in told["outcomes"]] == ["create", "post", "post"]
    assert all(one["id"] and one["request_id"] for one in told["outcomes"])
    assert "+ Incident/one " in ended.stderr


def test_without_a_terminal_apply_refuses_to_ask(shell: Shell) -> None:
    """The plan is shown, nothing is sent, and the flag is named that applies."""
    shell.workspace("one")
    ended = shell.run("apply", "--sandbox")

    assert ended.code == 4
    assert ended.stderr == (
        "error: nothing was applied: there is no terminal to ask on\nhint: `--auto-approve` applies without asking\n"
    )
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 2


def test_a_person_is_asked_and_yes_applies(shell: Shell) -> None:
    """On a terminal, with progress above the summary."""
    shell.workspace("one")
    ended = shell.type("apply", "--sandbox", prompt="[y/N] ", answer=b"y\n")

    assert ended.code == 0
    assert "Apply these 3 changes? [y/N] " in ended.stdout
    assert "Apply: 3 done, 0 failed, 0 skipped, 0 unknown." in ended.stdout


@pytest.mark.parametrize("answer", [b"n\n", b"\n", b"yeah\n", b"\x04"])
def test_anything_but_yes_declines(shell: Shell, answer: bytes) -> None:
    """Nothing is sent, and the exit code says that it was refused."""
    shell.workspace("one")
    ended = shell.type("apply", "--sandbox", prompt="[y/N] ", answer=answer)

    assert ended.code == 4
    assert "error: nothing was applied: declined" in ended.stdout
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_the_prompt_ends_it_at_once(shell: Shell, number: signal.Signals) -> None:
    """Nothing is under way yet, so nobody has to wait."""
    shell.workspace("one")
    ended = shell.type("apply", "--sandbox", prompt="[y/N] ", answer=number)

    assert ended.code == 130
    assert ended.stdout.endswith("interrupted\n")


def test_a_key_that_may_not_write_plans_and_exits_with_6_on_apply(shell: Shell) -> None:
    """The plan needs no more than reading; the apply says what the key lacks, with the request that was refused."""
    shell.workspace("one")
    with shell.served() as url:
        shell.environ["INCIDENT_API_KEY"] = "sandbox-viewer"
        plan = shell.run("plan", "--base-url", url)
        apply = shell.run("apply", "--base-url", url, "--auto-approve")

    assert plan.code == 0
    assert apply.code == 6
    assert apply.stdout.endswith("Apply: 0 done, 1 failed, 2 skipped, 0 unknown.\n")
    assert re.search(r"^failed: create Incident/one +incidents/one.yaml:1\n  ", apply.stdout, re.MULTILINE)
    assert " (request " in apply.stdout


def test_a_lost_answer_is_found_again(shell: Shell) -> None:
    """The first incident was made, and its answer dropped: one incident, each update once, an empty plan."""
    shell.workspace("one")
    shell.environ["RECONCILER_SANDBOX_FAULTS"] = "drop-after:1:POST"
    shell.run(*APPLY)
    shell.environ.clear()
    shell.run(*APPLY)

    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_lets_what_is_under_way_end(shell: Shell, number: signal.Signals) -> None:
    """No new requests, exit code 130, and the next run does the rest."""
    names = [f"incident-{number}" for number in range(60)]
    shell.workspace(*names)
    process = shell.start(*APPLY, "--parallelism", "1")
    assert process.stderr is not None
    process.stderr.readline()
    os.kill(process.pid, number)
    stdout, stderr = process.communicate(timeout=30)

    assert process.returncode == 130
    assert f"{number.name}: what is under way is finished and recorded" in stderr
    assert " skipped, 0 unknown." in stdout
    assert shell.run(*APPLY).code == 0
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_a_wrong_fault_is_a_wrong_flag(shell: Shell) -> None:
    """The variables of the sandbox are checked like flags."""
    shell.workspace("one")
    shell.environ["RECONCILER_SANDBOX_FAULTS"] = "nonsense"

    assert shell.run("plan", "--sandbox").code == 3


def test_apply_goes_on_when_nobody_listens(shell: Shell) -> None:
    """A closed stderr is no reason to leave half of it undone."""
    shell.workspace("one")
    process = shell.start(*APPLY)
    assert process.stderr is not None
    process.stderr.close()
    process.stderr = None
    process.communicate(timeout=30)

    assert process.returncode == 0
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0
