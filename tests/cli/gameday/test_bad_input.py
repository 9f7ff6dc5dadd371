"""Game days that cannot be played: told before anything is sent, with the place, the reason and what to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gameday import scenes

if TYPE_CHECKING:
    from tests.cli.shell import Shell

NAMELESS = (
    scenes.HEAD
    + """\
metadata: {name: wrong}
spec:
  title: Names that nobody has
  incidents:
    outage: {name: Checkout is down, severity: Major}
  cast:
    - {as: nobody@example.com, at: 1m, assign: {incident: outage, role: Incident Lead}}
  script:
    - {at: 0s, declare: outage}
    - {at: 1m, set: {incident: outage, severity: Majr}}
    - {at: 2m, set: {incident: outage, severity: Critical}}
    - {at: 3m, assign: {incident: outage, role: Incident Leed, to: alcie@example.com}}
    - {at: 3m, expect: {incident: outage, custom_field: Affected service, filled: true, within: 5m}}
    - {at: 3m, expect: {incident: outage, never: {status: Clsed}, within: 5m}}
    - {at: 30m, close: outage}
"""
)
LOUD = scenes.QUIET.replace("severity: Major}", "severity: Major, mode: standard}")


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (["nothing.yaml"], 3, "nothing.yaml: no such file", "name the file of a game day"),
        (["incidents"], 3, "incidents: this is a folder", "name the file of a game day"),
        (["reconciler.yaml"], 3, "there is no game day in this file", "kind: GameDay"),
        (["quiet.yaml", "--speed", "2"], 3, "this account is real", "add --sandbox to rehearse"),
        (["quiet.yaml", "--cast", "quick"], 3, "this account is real", "add --sandbox to rehearse"),
        (["quiet.yaml"], 6, "there is no API key", "set INCIDENT_API_KEY"),
        (["quiet.yaml", "--sandbox", "--cast", "fast"], 3, "there is no such cast", "quick, slow, absent"),
        (["quiet.yaml", "--sandbox", "--until", "2h"], 3, "behind the end of the script, which is 5m long", "leave it"),
        (["quiet.yaml", "--sandbox", "--until", "soon"], 3, "`soon` is no span of time", "--help"),
        (["quiet.yaml", "--sandbox", "--run-id", "A_b"], 3, "`A_b` cannot name a run", "1 to 63 of a-z"),
        (["quiet.yaml", "--sandbox", "--set", "x"], 3, "a parameter and its value are needed", "--set NAME=VALUE"),
        (["quiet.yaml", "--sandbox", "--set", "x=1"], 3, "`x` is not a parameter", ""),
        (["failover.yaml", "--sandbox", "--set", "region=mars-1"], 3, "mars-1", "eu-west-1"),
        (["quiet.yaml", "--sandbox", "--speed", "0"], 3, "--speed", "--help"),
        (["quiet.yaml", "--sandbox", "--speed", "nan"], 3, "it is no number", "--help"),
        (["quiet.yaml", "--sandbox", "--speed", "fast"], 3, "--speed", "--help"),
        (["paused.yaml", "--sandbox", "--auto-approve"], 3, "the script pauses once for its host", "--skip-pauses"),
        (["quiet.yaml", "--sandbox", "--allow", "create=x"], 3, "there is no such limit", "create=NUMBER"),
        ([], 3, "missing argument 'FILE'", "--help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_played_is_told_with_what_to_type(
    shell: Shell, arguments: list[str], code: int, message: str, hint: str
) -> None:
    """Each is one error and one hint, and nothing was sent or written."""
    ended = shell.run("gameday", "run", *arguments)

    assert ended.code == code, ended.stderr
    assert message in ended.stderr
    assert hint in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not (shell.folder / ".reconciler/sandbox/gamedays").exists()


def test_every_name_of_a_script_is_looked_up_before_anything_is_sent(shell: Shell) -> None:
    """Also one that a later step replaces, what is expected of people, and who plays: each at its place."""
    shell.write("wrong.yaml", NAMELESS)
    ended = shell.run("gameday", "run", "wrong.yaml", "--sandbox", "--auto-approve")

    assert ended.code == 3
    for place, name in [
        ("9:12", "`nobody@example.com` is not a user"),
        ("12:50", "`Majr` is not a severity"),
        ("14:49", "`Incident Leed` is not a role"),
        ("14:68", "`alcie@example.com` is not a user"),
        ("15:57", "`Affected service` is not a custom field"),
        ("16:59", "`Clsed` is not a status"),
    ]:
        assert f"wrong.yaml:{place}: {name}" in ended.stderr
    assert "did you mean `Major`?" in ended.stderr
    assert shell.run("gameday", "list", "--sandbox").stdout == ""


def test_a_mode_that_people_are_told_of_is_refused_with_whom(shell: Shell) -> None:
    """An exercise that wakes the company is no accident of a file."""
    quiet = "  incidents:\n    minor: {name: Slow, severity: Minor}\n"
    more = LOUD.replace("  incidents:\n", quiet).replace("  script:\n", "  script:\n    - {at: 0s, declare: minor}\n")
    shell.write("loud.yaml", more)
    ended = shell.run("gameday", "run", "loud.yaml", "--sandbox", "--auto-approve", "--speed", "600")

    assert ended.code == 4
    assert "outage would be declared in standard mode" in ended.stderr
    assert "who would have been told: 1 incident is announced in Slack (standard mode): outage" in ended.stderr
    assert "without an announcement" not in ended.stderr
    assert "hint: leave `mode:` out, or let reconciler.yaml say `gamedays: {modes: [standard]}`" in ended.stderr
    assert shell.run("gameday", "list", "--sandbox").stdout == ""


def test_a_workspace_may_let_game_days_be_loud(shell: Shell) -> None:
    """Who writes it down means it."""
    shell.write("loud.yaml", LOUD)
    shell.write("reconciler.yaml", scenes.WORKSPACE.rstrip() + "\n").write_text(
        scenes.WORKSPACE.replace("spec: {", "spec: {gamedays: {modes: [standard]}, "), encoding="utf-8"
    )
    ended = shell.run("gameday", "run", "loud.yaml", "--sandbox", "--auto-approve", "--speed", "600")

    assert ended.code == 0, ended.stderr
    assert "1 incident is announced in Slack (standard mode): outage" in ended.stdout


def test_the_limits_of_the_workspace_hold_for_the_whole_script(shell: Shell) -> None:
    """Step by step none would ever be met."""
    limited = scenes.WORKSPACE.replace("spec: {", "spec: {limits: {create: 2}, ")
    shell.write("reconciler.yaml", limited)
    go = ("gameday", "run", "group.yaml", "--sandbox", "--auto-approve", "--speed", "600")
    refused = shell.run(*go)

    assert refused.code == 4
    assert "the plan has 4 to create" in refused.stderr
    assert "`--allow create=4`" in refused.stderr
    assert shell.run(*go, "--allow", "create=4").code == 0


def test_a_key_that_is_refused_ends_it_before_it_begins(shell: Shell) -> None:
    """Nothing was begun, so nothing is left behind."""
    shell.environ["INCIDENT_API_KEY"] = "wrong"
    with shell.served() as url:
        ended = shell.run("gameday", "run", "quiet.yaml", "--base-url", url, "--auto-approve")
        runs = shell.run("gameday", "list", "--base-url", url).stdout

    assert ended.code == 6
    assert runs == ""


def test_another_script_does_not_go_on_with_a_run(shell: Shell) -> None:
    """What is half done by one script is not finished by another."""
    go = ("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--speed", "600", "--run-id", "one")
    journal = shell.folder / ".reconciler/sandbox/gamedays/one/run.jsonl"
    assert shell.run(*go).code == 0
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(lines[:3]))
    shell.write("quiet.yaml", scenes.QUIET.replace("Customers cannot pay.", "Nobody can pay."))
    ended = shell.run(*go)

    assert ended.code == 3
    assert "run one was begun with another script, or with other parameters" in ended.stderr
    assert "`reconciler gameday cleanup one --sandbox`" in ended.stderr


@pytest.mark.parametrize("command", ["status", "report", "cleanup"])
def test_an_unknown_run_is_answered_with_the_nearest(shell: Shell, command: str) -> None:
    """Nobody remembers the name of a run."""
    shell.run("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--speed", "600", "--run-id", "monday-1")
    ended = shell.run("gameday", command, "monday-2", "--sandbox")

    assert ended.code == 3
    assert "there is no run `monday-2`; did you mean `monday-1`?" in ended.stderr
    assert "`reconciler gameday list --sandbox` lists them" in ended.stderr


@pytest.mark.parametrize("command", ["status", "report", "cleanup"])
def test_without_any_run_it_says_how_to_play_one(shell: Shell, command: str) -> None:
    """An empty folder is where everybody begins."""
    arguments = ("x",) if command == "cleanup" else ()
    ended = shell.run("gameday", command, *arguments, "--sandbox")

    assert ended.code == 3
    assert "workspace acme has no game day played in the sandbox yet" in ended.stderr
    assert "`reconciler gameday run FILE --sandbox` plays a script" in ended.stderr


@pytest.mark.parametrize("words", [["status"], ["list"], ["report"], ["status", "first"]])
def test_runs_of_the_sandbox_are_told_of_where_the_account_has_none(shell: Shell, words: list[str]) -> None:
    """Who rehearsed and forgets the flag sees what they meant, and where it was; nothing is asked of an account."""
    play = ("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--speed", "600", "--run-id", "first")
    assert shell.run(*play).code == 0
    ended = shell.run("gameday", *words)

    assert ended.code == 0, ended.stderr
    assert "first" in ended.stdout
    assert "has no game day played on https://api.incident.io yet: this is told of the sandbox" in ended.stderr
    cleanup = shell.run("gameday", "cleanup", "first")
    assert cleanup.code == 3
    assert "hint: the sandbox has 1 run: `reconciler gameday cleanup first --sandbox`" in cleanup.stderr


def test_a_run_whose_journal_is_lost_is_told_how_to_be_found_again(shell: Shell) -> None:
    """What it declared is in its state still: nobody is told that there was no such run."""
    shell.run("gameday", "run", "quiet.yaml", "--sandbox", "--auto-approve", "--speed", "600", "--run-id", "k0")
    (shell.folder / ".reconciler/sandbox/gamedays/k0/run.jsonl").unlink()

    ended = shell.run("gameday", "report", "k0", "--sandbox")

    assert ended.code == 3
    assert "the journal of run `k0` is lost" in ended.stderr
    assert "`reconciler gameday cleanup k0 --sandbox` closes what it declared" in ended.stderr
