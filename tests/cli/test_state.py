from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ReconcilerError
from tests.world import World

if TYPE_CHECKING:
    from tests.cli.shell import Shell


SEVERITY = """\
apiVersion: reconciler/v1
kind: Severity
metadata: {name: low}
spec: {name: Low, description: Nobody notices, rank: 50}
"""


@pytest.fixture
def applied(shell: Shell) -> Shell:
    """Give a workspace whose incident has been declared."""
    shell.workspace("one")
    shell.run("apply", "--sandbox", "--auto-approve")
    return shell


def test_state_lists_what_is_managed(applied: Shell) -> None:
    """Key, reference or ID, and how it came to be."""
    lines = applied.run("state", "list", "--sandbox").stdout.splitlines()

    assert [line.split()[0] for line in lines] == [
        "Incident/one",
        "Incident/one/update/cause-found",
        "Incident/one/update/first-notice",
    ]
    assert lines[0].split()[1:] == ["INC-1", "created"]


def test_state_as_json_is_by_key(applied: Shell) -> None:
    """For programs."""
    told = json.loads(applied.run("state", "list", "--sandbox", "--format", "json").stdout)

    assert told["Incident/one"]["reference"] == "INC-1"


def test_state_shows_what_was_sent_and_what_was_answered(applied: Shell) -> None:
    """By field, as the next plan compares them."""
    told = json.loads(applied.run("state", "show", "Incident/one", "--sandbox").stdout)

    assert told["key"] == "Incident/one"
    assert told["fields"]["name"] == {"sent": "Title of one", "answered": "Title of one"}


def test_a_key_that_is_not_managed_is_told_with_the_nearest(applied: Shell) -> None:
    """And with the command that lists them."""
    ended = applied.run("state", "show", "Incident/ome", "--sandbox")

    assert ended.code == 3
    assert ended.stderr == (
        "error: `Incident/ome` is not managed; did you mean `Incident/one`?\n"
        "hint: `reconciler state list --sandbox` lists all\n"
    )


def test_forgetting_takes_the_children_along_and_duplicates_nothing(applied: Shell) -> None:
    """Nothing is deleted: the next apply finds it again."""
    ended = applied.run("state", "rm", "Incident/one", "--sandbox")
    listed = applied.run("state", "list", "--sandbox")
    applied.run("apply", "--sandbox", "--auto-approve")

    assert ended.stdout.count("forgot ") == 3
    assert listed.stdout == ""
    assert applied.run("state", "list", "--sandbox").stdout.split()[1] == "INC-1"


def test_what_was_asked_for_and_never_answered_can_be_forgotten(shell: Shell) -> None:
    """The author gives it up: nothing has to be declared for the plan to be silent about it."""
    shell.workspace("one")
    world = World(shell.folder)
    with suppress(ReconcilerError):
        world.apply(["drop-before:1-:POST:/v2/incidents"])
    (shell.folder / "incidents" / "one.yaml").unlink()
    shell.write("incidents/low.yaml", SEVERITY)
    told = shell.run("plan", "--sandbox")

    forgot = shell.run("state", "rm", "Incident/one", "--sandbox")

    assert "`reconciler state rm Incident/one --sandbox` forgets that it was asked for" in told.stdout
    assert (forgot.code, forgot.stdout) == (0, "forgot that Incident/one was asked for\n")
    assert "Incident/one" not in shell.run("plan", "--sandbox").stdout
    assert shell.run("state", "rm", "Incident/one", "--sandbox").code == 3
    assert world.incidents() == []


def test_texts_of_private_incidents_are_not_shown_in_a_pipe(shell: Shell) -> None:
    """As in a plan."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    file.write_text(file.read_text().replace("mode: test", "mode: test\n  visibility: private"))
    shell.run("apply", "--sandbox", "--auto-approve")

    assert "Title of one" not in shell.run("state", "show", "Incident/one", "--sandbox").stdout
    assert "Title of one" in shell.run("state", "show", "Incident/one", "--sandbox", "--show-private").stdout
    assert "bad deploy" not in shell.run("state", "show", "Incident/one/update/cause-found", "--sandbox").stdout
