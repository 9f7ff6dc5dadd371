"""Who may see a private incident: people are let in, never put out, and not named where everybody reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import reconcile
from reconciler.api import Client
from reconciler.errors import Conflict, Fault, Invalid, Rejected
from reconciler.model import Failed, Key, Topic, Unknown
from reconciler.sandbox.incidents.incident import rows
from tests.cli.shell import Shell
from tests.core import told

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.api import Answer
    from tests.world import World

BOTH = "members: [alice@example.com, bob@example.com]"


def manifest(spec: str = BOTH, visibility: str = "private") -> str:
    """Return a manifest of one incident."""
    stated = f"name: Leak, severity: Minor, mode: test, visibility: {visibility}, {spec}".rstrip(", ")
    return f"kind: Incident\nmetadata: {{name: leak}}\nspec: {{{stated}}}\n"


def members(world: World) -> set[str]:
    """Return the names of those who are members."""
    users = {one["id"]: one["name"] for one in world.ask("GET", "/v2/users?page_size=100")["users"]}
    with world.sandbox() as app, app.store.writing() as transaction:
        (incident,) = rows(transaction, "1")
    return {users[one] for one, kept in incident.body.get("members", {}).items() if kept["is_granted"]}


def test_members_are_added_once(world: World) -> None:
    """Right after the incident is there; the next plan has nothing to do and nothing to say."""
    world.write(manifest())
    plan = world.plan()

    outcomes = told.carry_out(world, plan)

    assert [one.verb for one in plan.changes] == ["create"] * 3
    assert "2 people are added to private incidents: leak" in plan.who_will_notice
    assert not told.wrong(outcomes)
    assert members(world) == {"Alice Archer", "Bob Baker"}
    told.assert_quiet(world)


def test_one_more_is_added_alone(world: World) -> None:
    """Whoever was added before is not asked for again."""
    world.write(manifest("members: [alice@example.com]"))
    world.settle()
    world.write(manifest())
    since = len(world.requests())

    world.settle()

    assert told.writes(world, since) == ["POST /v1/incident_memberships"]
    assert members(world) == {"Alice Archer", "Bob Baker"}


def test_a_member_taken_out_is_told_and_left(world: World) -> None:
    """Silence means leave alone."""
    world.write(manifest())
    world.settle()
    world.write(manifest("members: [alice@example.com]"))
    since = len(world.requests())

    plan = world.plan()
    world.settle()

    assert plan.is_empty
    (notice,) = plan.notices
    assert (notice.topic, notice.message) == (Topic.UNSTATED, "no longer stated: member Bob Baker; left as it is")
    assert told.writes(world, since) == []
    assert members(world) == {"Alice Archer", "Bob Baker"}


@pytest.mark.parametrize("fault", ["drop-after", "drop-before", "500-after"])
def test_a_lost_answer_is_asked_for_again(world: World, fault: str) -> None:
    """Granting twice leaves one membership, so nobody need know which of the two was lost."""
    world.write(manifest())

    outcomes = told.carry_out(world, world.plan(), [f"{fault}:1:POST:/v1/incident_memberships"])

    assert not told.wrong(outcomes)
    assert members(world) == {"Alice Archer", "Bob Baker"}
    told.assert_quiet(world)


def test_a_run_that_died_is_finished(world: World) -> None:
    """What was asked for and never answered is asked for again by the next run."""
    world.write(manifest())
    first = told.carry_out(world, world.plan(), ["drop-after:1-:POST:/v1/incident_memberships"])
    assert all(isinstance(one, Unknown) for one in told.wrong(first))
    assert told.wrong(first)

    world.settle()

    assert members(world) == {"Alice Archer", "Bob Baker"}
    told.assert_quiet(world)


def answer(monkeypatch: pytest.MonkeyPatch, status: int, message: str) -> None:
    """Let the API refuse to add anybody."""
    send = Client.send

    def refuse(self: Client, method: str, path: str, *rest: Any, **more: Any) -> Answer:
        if path == "/v1/incident_memberships":
            kind = Conflict if status == 409 else Rejected
            raise kind(method, path, status=status, faults=(Fault("invalid", message, "user_id"),))
        return send(self, method, path, *rest, **more)

    monkeypatch.setattr(Client, "send", refuse)


def test_a_refused_member_holds_nothing_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who cannot be let in fails alone, with the API's words; updates are posted all the same."""
    answer(monkeypatch, 422, "Bob Baker is not active")
    world.write(manifest(f"updates: [{{id: a, message: We look.}}], {BOTH}"))

    outcomes = world.apply()

    failed = told.wrong(outcomes)
    assert {one.change.key.child[0] for one in failed} == {"member"}
    assert all(isinstance(one, Failed) and "Bob Baker is not active" in one.message for one in failed)
    assert len(outcomes) == 4


@pytest.mark.parametrize("status", [409, 422])
def test_whoever_is_a_member_already_is_done(world: World, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The document is silent on granting twice: a refusal that says so is what was wanted."""
    answer(monkeypatch, status, "This user is already a member of the incident")
    world.write(manifest())

    assert not told.wrong(world.apply())
    told.assert_quiet(world)


def test_a_public_incident_has_no_members(world: World) -> None:
    """A problem at its line, before the network is touched."""
    path = world.write_raw(
        "apiVersion: reconciler/v1\nkind: Incident\nmetadata: {name: open}\nspec:\n  name: Open\n  severity: Minor\n"
        "  members: [alice@example.com]\n",
        "open.yaml",
    )

    with pytest.raises(Invalid) as invalid:
        reconcile.load(world.workspace)

    assert str(invalid.value) == (
        f"{path}:7:12: everybody sees a public incident; only a private one has members\n"
        "hint: write `visibility: private`, or leave them out"
    )


def test_somebody_unknown_is_a_problem_at_their_place(world: World) -> None:
    """Without quoting them, as the incident is private."""
    world.write(manifest("members: [alise@example.com]"))

    with pytest.raises(Invalid, match="this value is not a user of this organisation"):
        world.plan()


@pytest.mark.parametrize(
    ("spec", "warns"),
    [
        ("", True),
        ("members: []", True),
        ("roles: {Incident Lead: null}", True),
        ("roles: {Incident Lead: bob@example.com}", False),
        ("members: [bob@example.com]", False),
    ],
)
def test_a_private_incident_that_nobody_would_see_is_warned_of(world: World, spec: str, *, warns: bool) -> None:
    """One declared by a key has no human member."""
    world.write(manifest(spec))

    found = [one for one in world.plan().notices if one.topic is Topic.WARNING]

    assert [(one.message, one.hint) for one in found] == (
        [
            (
                "nobody would see it: it is private, and nobody has a role in it or is a member",
                "state `members:` or `roles:` below `spec:`",
            )
        ]
        if warns
        else []
    )


def test_a_public_one_needs_nobody(world: World) -> None:
    """Everybody sees it."""
    world.write(manifest("", "public"))

    assert not told.notices(world.plan(), Topic.WARNING)


def test_nobody_of_a_private_incident_is_named_in_a_pipe(tmp_path: Path) -> None:
    """Neither members nor who takes a role: in no format of the plan, what apply says, or the state's list."""
    shell = Shell(tmp_path)
    head = "apiVersion: reconciler/v1\n"
    shell.write("leak.yaml", head + manifest(f"{BOTH}, roles: {{Incident Lead: carol@example.com}}"))
    said = ""
    for form in ("text", "json", "markdown"):
        said += shell.run("plan", "--sandbox", "--format", form).stdout
    for arguments in (["apply", "--sandbox", "--auto-approve"], ["state", "list", "--sandbox"]):
        ended = shell.run(*arguments)
        assert ended.code == 0
        said += ended.stdout + ended.stderr
    shell.write("leak.yaml", head + manifest("members: [alice@example.com]"))
    for form in ("text", "json", "markdown"):
        said += shell.run("plan", "--sandbox", "--format", form).stdout

    assert "1 role is assigned in private incidents: leak" in said
    assert "2 people are added to private incidents: leak" in said
    for name in ("Alice", "alice", "Bob", "bob@", "Carol", "carol"):
        assert name not in said, said


def test_a_terminal_tells_who_is_added(tmp_path: Path) -> None:
    """Whoever says yes has read whom they let in."""
    shell = Shell(tmp_path)
    shell.write("leak.yaml", "apiVersion: reconciler/v1\n" + manifest())

    shown = shell.type("apply", "--sandbox", prompt="[y/N]", answer=b"n\n").stdout

    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert re.search(r"\+ member +Alice Archer *\n", plain), plain
    assert re.search(r"\+ member +Bob Baker *\n", plain)


def test_a_member_is_remembered_by_the_users_id(world: World) -> None:
    """However a manifest calls them, they are the same."""
    world.write(manifest("members: [alice@example.com]"))
    world.settle()
    (key,) = [key for key in world.memory.state.records if key.child]
    assert key == Key("Incident", "leak").of("member", key.child[1])
    world.write(manifest(f"members: [{{id: {key.child[1]}}}]"))

    told.assert_quiet(world)
