"""What a hint says is typed as it stands, and works: nothing is declared twice, and the next plan has nothing to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.core.test_identity import age
from tests.planfile.desk import SEVERITY, Desk, incident, typed

if TYPE_CHECKING:
    from pathlib import Path

MARKED = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec: {manifests: [incidents], identity_field: Root cause}
"""
UPDATES = "[{id: one, message: First.}, {id: two, message: Second., status: Fixing}]"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a folder and an account of one's own."""
    return Desk(tmp_path)


def renamed(text: str, metadata: str) -> str:
    """Return a manifest with another line of metadata."""
    head, _, rest = text.partition("metadata: {")
    return f"{head}metadata: {{{metadata}}}\n{rest.partition('}')[2].lstrip()}"


def called(name: str, title: str, **different: str) -> str:
    """Return the manifest of an incident with another title."""
    return incident(name, **different).replace(f"Title of {name}", title)


def assert_settled(desk: Desk, *names: str) -> None:
    """Assert that apply ends well and a plan is empty then, and that these incidents are all there are."""
    desk.settled()
    ended = desk.type("plan", "--detailed-exitcode")
    assert ended.code == 0, ended.stdout
    assert [one["name"] for one in desk.incidents()] == list(names)


@pytest.fixture
def mistaken(desk: Desk) -> Desk:
    """Give two incidents that carry their keys, where the state was lost and one was imported as the other."""
    desk.idempotency = "forget"
    desk.write_raw(MARKED, "reconciler.yaml")
    desk.declare(incident("a", updates=UPDATES))
    desk.settled()
    desk.declare(incident("a", updates=UPDATES), incident("b"))
    desk.settled()
    desk.lose_state()
    assert desk.type("state", "import", "Incident/a", "INC-2").code == 0
    return desk


def test_one_that_carries_the_key_of_another_that_is_declared(mistaken: Desk) -> None:
    """Nobody renamed anything, and nothing is declared in the other's place: state is wrong."""
    ended = mistaken.type("plan")

    assert ended.code == 4
    assert "+ Incident" not in ended.stdout
    assert (
        "INC-2 carries the key of Incident/b\n"
        "    hint: if it is that one, `reconciler state rm Incident/a --sandbox`; "
        "else write `id: INC-2` below `metadata:` to give it its own key\n"
    ) in ended.stdout
    assert (
        "INC-2 is managed by Incident/a\n    hint: forget that: `reconciler state rm Incident/a --sandbox`\n"
        in ended.stdout
    )
    assert mistaken.type("state", "rm", "Incident/a").code == 0
    assert_settled(mistaken, "Title of a", "Title of b")


def test_one_that_carries_the_key_of_another_is_not_declared_again_by_its_manifest_alone(mistaken: Desk) -> None:
    """Whatever is selected."""
    ended = mistaken.type("plan", "--select", "name=b")

    assert ended.code == 4
    assert "INC-2 is managed by Incident/a" in ended.stdout


def test_one_that_looks_the_same_and_carries_the_key_of_another_that_is_declared(desk: Desk) -> None:
    """Without a state: `not:` with its reference leaves it to that one."""
    desk.write_raw(MARKED, "reconciler.yaml")
    desk.declare(incident("b"))
    desk.settled()
    desk.lose_state()
    both = called("a", "Title of b"), called("b", "Other")
    desk.declare(*both)

    ended = desk.type("plan")

    assert (
        "hint: if it is that one, `not: [INC-1]` below `metadata:`; to take it all the same, empty its `Root cause`"
        in ended.stdout
    )
    desk.declare(renamed(both[0], "name: a, not: [INC-1]"), both[1])
    assert_settled(desk, "Other", "Title of b")


def test_ids_that_are_swapped_leave_nobody_alone(desk: Desk) -> None:
    """Each is told with what it is from here on."""
    desk.declare(incident("a"), incident("b"))
    desk.settled()
    references = {one["name"]: one["reference"] for one in desk.incidents()}
    a, b = references["Title of a"], references["Title of b"]
    desk.declare(renamed(incident("a"), f"name: a, id: {b}"), renamed(incident("b"), f"name: b, id: {a}"))

    ended = desk.type("plan")

    assert f"it was {a} until now, which is Incident/b from here on" in ended.stdout
    assert f"it was {b} until now, which is Incident/a from here on" in ended.stdout
    assert "managed by nobody" not in ended.stdout


def test_configuration_that_was_renamed_is_not_said_to_have_an_id(desk: Desk) -> None:
    """It is found by its name, and `was:` says the rest."""
    desk.declare(SEVERITY)
    desk.settled()
    desk.declare(renamed(SEVERITY, "name: awful"))

    ended = desk.type("plan")

    assert (
        "the severity `Dire` is managed by Severity/dire, which these manifests do not declare\n"
        "    hint: renamed? write `was: dire` below `metadata:`; else forget that: "
        "`reconciler state rm Severity/dire --sandbox`"
    ) in ended.stdout
    desk.declare(renamed(SEVERITY, "name: awful, was: dire"))
    assert_settled(desk)


def test_a_name_that_is_used_again_in_the_commit_that_renames(desk: Desk) -> None:
    """The other one gets another name: nothing is retitled, and no update is posted again."""
    desk.declare(incident("a", updates=UPDATES))
    desk.settled()
    b = renamed(called("b", "Title of a", updates=UPDATES), "name: b, was: a")
    desk.declare(b, called("a", "New"))

    ended = desk.type("plan")

    assert ended.code == 3
    assert "`Incident/a` is declared still" in ended.stderr
    assert (
        "hint: if Incident/b was it, give the other one another `metadata.name`; if it never was, take `was:` out"
        in ended.stderr
    )
    desk.declare(b, called("c", "New"))
    assert_settled(desk, "Title of a", "New")
    assert desk.updates(desk.incident("Title of a")["id"]) == ["First.", "Second."]


def test_a_key_that_answers_with_what_an_earlier_run_moved(desk: Desk) -> None:
    """Nobody is said to have moved what our own update did; what is left is planned anew, and nothing twice."""
    desk.write_raw(MARKED.replace("identity_field: Root cause", "adopt: never"), "reconciler.yaml")
    desk.declare(incident("a", updates=UPDATES))
    desk.settled()
    age(desk, desk.incidents()[0]["id"])
    desk.lose_state()

    ended = desk.type("apply", "--auto-approve")

    assert ended.code == 5
    assert "Incident/a existed, and an API key moved its status: plan again" in ended.stdout + ended.stderr
    assert_settled(desk, "Title of a")
    assert desk.updates(desk.incident("Title of a")["id"]) == ["First.", "Second."]


def test_the_field_of_keys_is_not_stated(desk: Desk) -> None:
    """Told offline, at its place; taken out, all is valid."""
    desk.write_raw(MARKED, "reconciler.yaml")
    desk.declare(incident("a", custom_fields="{Root cause: A bug}"))

    ended = typed(desk.folder, "validate")

    assert ended.code == 3
    assert (
        "incidents/all.yaml:9:31: `Root cause` carries the incident's key (`identity_field`)\nhint: leave it out\n"
    ) in ended.stderr
    desk.declare(incident("a"))
    assert typed(desk.folder, "validate").code == 0


@pytest.mark.parametrize("spoiled", ["", "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> other\n"])
@pytest.mark.parametrize("way", ["state rebuild --auto-approve", "move it away"])
def test_a_spoiled_state_is_found_again(desk: Desk, spoiled: str, way: str) -> None:
    """As docs/state.md has it: nothing is planned before one of the two is done."""
    desk.declare(incident("a", updates=UPDATES))
    desk.settled()
    path = desk.workspace.state
    path.write_text(spoiled)
    assert desk.type("plan").code == 4

    if way == "move it away":
        path.rename(path.with_name("away"))
    else:
        assert desk.type(*way.split()).code == 0

    assert_settled(desk, "Title of a")
