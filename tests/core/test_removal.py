"""What no manifest declares any more: told, and with --prune closed, deleted or forgotten; never more than that."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler import reconcile
from reconciler.errors import Invalid, Misused
from reconciler.model import Done, Failed, Key, Skipped, Topic, Unknown, Why
from tests.core import told
from tests.world import ACME, World

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import Outcome, Plan
    from tests.cli.shell import Ended, Shell

KNOWN = "%s: renamed?"
KEEPER = "kind: Severity\nmetadata: {name: keeper}\nspec: {name: Keeper, description: It stays}\n"
SEVERITY = "kind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: Bad}\n"
CHECKOUT = Key("Incident", "checkout")
GRAVE = Key("Severity", "grave")


def incident(name: str = "checkout", title: str = "Checkout slow", metadata: str = "", **spec: Any) -> str:
    """Return a manifest."""
    stated = {"name": title, "severity": "Minor", "mode": "test", **spec}
    more = f", {metadata}" if metadata else ""
    return f"kind: Incident\nmetadata: {{name: {name}{more}}}\nspec: {json.dumps(stated)}\n"


def declare(world: World, *manifests: str) -> None:
    """Declare these, and apply them; one that stays is always there."""
    world.write("---\n".join([KEEPER, *manifests]))
    world.settle()


def pruned(world: World) -> Plan:
    """Plan with --prune."""
    return world.plan(prune=True)


def prune(world: World, faults: tuple[str, ...] = ()) -> list[Outcome]:
    """Apply with --prune."""
    return told.carry_out(world, pruned(world), faults)


def test_without_prune_it_is_only_told_with_what_prune_would_do(world: World) -> None:
    """Each with its own; nothing is done, and nothing is written."""
    declare(world, incident(on_remove="close"), incident("other", "Other"), SEVERITY)
    called = {one["name"]: one["reference"] for one in world.incidents()}
    world.write(KEEPER)
    since = len(world.requests())

    plan = world.plan()
    world.settle()

    assert plan.is_empty
    assert {str(one.key): (one.topic, one.message, one.hint) for one in plan.notices} == {
        "Incident/checkout": (Topic.UNDECLARED, called["Checkout slow"], "`--prune` moves it to Closed and forgets it"),
        "Incident/other": (Topic.UNDECLARED, called["Other"], "`--prune` forgets it: the incident is left as it is"),
        "Severity/grave": (
            Topic.UNDECLARED,
            world.severity("Grave"),
            "`--prune` deletes the severity `Grave`",
        ),
    }
    assert told.writes(world, since) == []


def test_an_incident_is_closed_as_it_last_asked_for_and_then_forgotten(world: World) -> None:
    """`on_remove: close`: one edit to the first closed status; state keeps a tombstone, and the next plan is empty."""
    declare(world, incident(on_remove="close"))
    world.write(KEEPER)
    since = len(world.requests())

    plan = pruned(world)
    outcomes = told.carry_out(world, plan)

    assert told.steps(plan) == ["edit Incident/checkout", "forget Incident/checkout"]
    assert plan.summary["forget"] == 1
    assert plan.who_will_notice == ("1 incident is closed, and the API cannot reopen one: checkout",)
    assert not told.wrong(outcomes)
    assert world.incident("Checkout slow")["incident_status"]["name"] == "Closed"
    assert told.writes(world, since) == [f"POST /v2/incidents/{world.incident('Checkout slow')['id']}/actions/edit"]
    assert world.memory.record(CHECKOUT) is None
    (stone,) = world.memory.state.tombstones[CHECKOUT]
    assert (stone.reference, stone.why) == ("INC-1", "abandoned")
    assert pruned(world).is_empty
    told.assert_quiet(world)


def test_what_was_asked_for_last_counts(world: World) -> None:
    """A manifest that went back to `abandon` before it went away leaves the incident open."""
    declare(world, incident(on_remove="close"))
    declare(world, incident())
    world.write(KEEPER)
    since = len(world.requests())

    assert not told.wrong(prune(world))

    assert told.writes(world, since) == []
    assert world.incident("Checkout slow")["incident_status"]["name"] != "Closed"
    assert world.memory.record(CHECKOUT) is None


def test_what_is_closed_already_is_only_forgotten(world: World) -> None:
    """Nobody is told twice."""
    declare(world, incident(on_remove="close"))
    found = world.incident("Checkout slow")["id"]
    world.edit(found, incident_status_id=world.status("Closed"))
    world.write(KEEPER)

    assert told.steps(pruned(world)) == ["forget Incident/checkout"]


def test_what_people_paused_is_not_forgotten_in_place_of_being_closed(world: World) -> None:
    """It may go on any minute, and nobody would close it then: told, and refused until people act."""
    world.write_raw(ACME % "limits: {quiet_minutes: 0}", "reconciler.yaml")
    declare(world, incident(on_remove="close"))
    found = world.incident("Checkout slow")["id"]
    world.edit(found, incident_status_id=world.status("Paused"))
    world.write(KEEPER)

    refusal = told.refusal(pruned(world))

    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.message == "INC-1 is to be closed, and is Paused: the API moves no paused incident"
    assert refusal.hint == (
        "people must close it, or resume it first; `reconciler state rm Incident/checkout` leaves it as it is"
    )
    assert told.notices(world.plan(), Topic.UNDECLARED) == [refusal.message]
    world.edit(found, incident_status_id=world.status("Fixing"))
    assert not told.wrong(prune(world))
    assert world.incident("Checkout slow")["incident_status"]["name"] == "Closed"


def test_a_run_killed_between_close_and_forget_is_finished_by_the_next(world: World) -> None:
    """The incident is closed, the record still there: the next run forgets it and sends nothing."""
    declare(world, incident(on_remove="close"))
    world.write(KEEPER)
    plan, memory = pruned(world), world.memory
    with world.client() as client:
        run = reconcile.apply(plan, client, world.store, memory=memory, base_url="http://127.0.0.1", parallelism=1)
        assert isinstance(next(run), Done)
        del run
    assert world.memory.record(CHECKOUT) is not None
    since = len(world.requests())

    assert told.steps(pruned(world)) == ["forget Incident/checkout"]
    assert not told.wrong(prune(world))
    assert told.writes(world, since) == []
    assert world.memory.record(CHECKOUT) is None


def test_configuration_that_was_created_is_deleted(world: World) -> None:
    """The last of all steps; the plan tells it by its live name."""
    declare(world, SEVERITY)
    world.write(KEEPER + "---\n" + incident())
    grave = world.severity("Grave")
    since = len(world.requests())

    plan = pruned(world)

    assert told.steps(plan) == ["create Incident/checkout", "delete Severity/grave"]
    assert plan.who_will_notice[0] == "1 severity is deleted: Grave"
    assert plan.summary["delete"] == 1
    assert not told.wrong(told.carry_out(world, plan))
    assert told.writes(world, since)[-1] == f"DELETE /v1/severities/{grave}"
    assert "Grave" not in world.listed("/v1/severities", "severities")
    assert world.memory.record(GRAVE) is None
    told.assert_quiet(world)


def test_what_was_adopted_is_never_deleted(world: World) -> None:
    """What we did not create is let go of, and the plan says why."""
    declare(world, "kind: Severity\nmetadata: {name: minor}\nspec: {name: Minor, description: Ours now}\n")
    world.write(KEEPER)

    plan = pruned(world)

    (forget,) = plan.changes
    assert told.steps(plan) == ["forget Severity/minor"]
    assert forget.why == "it is left as it is: this workspace did not create it"  # type: ignore[union-attr]
    assert not told.wrong(told.carry_out(world, plan))
    assert "Minor" in world.listed("/v1/severities", "severities")


def test_what_was_deleted_outside_is_only_forgotten(world: World) -> None:
    """There is nothing left to delete."""
    declare(world, SEVERITY)
    world.ask("DELETE", f"/v1/severities/{world.severity('Grave')}")
    world.write(KEEPER)
    since = len(world.requests())

    assert told.steps(pruned(world)) == ["forget Severity/grave"]
    assert not told.wrong(prune(world))
    assert told.writes(world, since) == []


def test_a_delete_that_is_refused_fails_alone_with_the_apis_words(world: World) -> None:
    """An object in use stays, its record too; the rest goes on."""
    declare(world, SEVERITY, SEVERITY.replace("rave", "rim").replace("grave", "grim"))
    world.ask("POST", "/v2/incidents", {"idempotency_key": "k", "visibility": "public", "mode": "test", "name": "x",
                                        "severity_id": world.severity("Grave")})  # fmt: skip
    world.write(KEEPER)

    (failed,) = told.wrong(prune(world))

    assert isinstance(failed, Failed)
    assert failed.change.key == GRAVE
    assert "there are incidents of severity Grave" in failed.message
    assert failed.hint == "take it out of all that uses it, or let it be: `reconciler state rm Severity/grave`"
    assert world.memory.record(GRAVE) is not None
    assert "Grim" not in world.listed("/v1/severities", "severities")


UPDATES = [{"id": "a", "message": "We look."}]


def test_a_delete_waits_for_all_else_and_is_done_whatever_becomes_of_it(world: World) -> None:
    """An incident that cannot be declared is no reason to keep a severity; a severity that it had is free by then."""
    declare(world, SEVERITY, incident(severity="Grave"))
    world.write(KEEPER + "---\n" + incident(severity="Major", updates=UPDATES) + "---\n" + incident("new", "New"))

    outcomes = prune(world, ("500-before:1-:POST:/v2/incidents",))

    assert [str(one.change.key) for one in told.wrong(outcomes)] == ["Incident/new"]
    assert str(outcomes[-1].change.key) == "Severity/grave"
    assert "Grave" not in world.listed("/v1/severities", "severities")


@pytest.mark.parametrize("fault", ["drop-after:1:DELETE", "drop-before:1:DELETE", "500-after:1:DELETE"])
def test_a_delete_whose_answer_was_lost_is_looked_at(world: World, fault: str) -> None:
    """Gone is done; what is still there is asked for once more."""
    declare(world, SEVERITY)
    world.write(KEEPER)

    assert not told.wrong(prune(world, (fault,)))

    assert "Grave" not in world.listed("/v1/severities", "severities")
    assert world.memory.record(GRAVE) is None


def test_a_protected_resource_outlives_its_manifest(world: World) -> None:
    """It is refused with the two ways out, the first of which works."""
    declare(world, incident(metadata="protect: true", on_remove="close"))
    world.write(KEEPER)

    refused = told.refusal(pruned(world))

    assert (refused.why, refused.message) == (Why.PROTECTED, "INC-1 is protected, and its manifest is gone")
    assert refused.hint == (
        "put the manifest back with `protect: false` below `metadata:` and apply, then take it out; "
        "or `reconciler state rm Incident/checkout`"
    )
    assert prune(world) == []
    assert world.memory.record(CHECKOUT) is not None
    declare(world, incident(metadata="protect: false", on_remove="close"))
    world.write(KEEPER)
    assert told.steps(pruned(world)) == ["edit Incident/checkout", "forget Incident/checkout"]


def test_protection_is_recorded_whenever_it_is_stated(world: World) -> None:
    """Also where nothing else changes; configuration as well as incidents."""
    declare(world, SEVERITY)
    declare(world, SEVERITY.replace("name: grave", "name: grave, protect: true"))
    told.assert_quiet(world)
    world.write(KEEPER)

    assert told.refusal(pruned(world)).why is Why.PROTECTED
    assert told.notices(world.plan()) == [f"{world.severity('Grave')} is protected, and its manifest is gone"]


def test_protection_keeps_nobody_from_closing(world: World) -> None:
    """It is about the manifest that goes away, and about nothing else."""
    declare(world, incident(metadata="protect: true"))
    world.write(KEEPER + "---\n" + incident(metadata="protect: true", status="Closed"))

    assert told.steps(world.plan()) == ["edit Incident/checkout"]


@pytest.mark.parametrize("flag", [False, True], ids=["told", "pruned"])
def test_a_create_beside_a_removal_of_its_name_stops_both(world: World, *, flag: bool) -> None:
    """It looks like one that was renamed; declaring it anew would make a second one."""
    declare(world, incident(on_remove="close"))
    world.write(KEEPER + "---\n" + incident("till", on_remove="close"))

    plan = world.plan(prune=flag)

    assert plan.is_empty
    by_key = {str(one.key): one for one in plan.refusals}
    assert set(by_key) == {"Incident/checkout", "Incident/till"}
    assert by_key["Incident/till"].message == (
        "Incident/checkout (INC-1) has this name and is no longer declared: renamed?"
    )
    assert by_key["Incident/till"].hint == (
        "write `was: checkout` below `metadata:` if it is that one; if it is another, `not: [INC-1]`"
    )
    world.write(KEEPER + "---\n" + incident("till", metadata="not: [INC-1]"))
    assert "create Incident/till" in told.steps(world.plan(prune=flag))


@pytest.mark.parametrize("flag", [False, True], ids=["told", "pruned"])
def test_a_create_beside_a_removal_stops_although_people_renamed_the_incident(world: World, *, flag: bool) -> None:
    """What it was called when it was last written counts as well as what people call it now."""
    declare(world, incident(on_remove="close"))
    world.edit(world.incident("Checkout slow")["id"], name="Checkout slow (EU only)")
    world.write(KEEPER + "---\n" + incident("till", on_remove="close"))

    plan = world.plan(prune=flag)

    assert plan.is_empty
    assert {str(one.key): one.message for one in plan.refusals}["Incident/till"] == (
        "Incident/checkout (INC-1) had this name and is no longer declared: renamed?"
    )
    world.write(KEEPER + "---\n" + incident("till", title="Checkout slow (EU only)", on_remove="close"))
    assert world.plan(prune=flag).is_empty
    world.write(KEEPER + "---\n" + incident("till", metadata="not: [INC-1]"))
    assert "create Incident/till" in told.steps(world.plan(prune=flag))


@pytest.mark.parametrize("flag", [False, True], ids=["told", "pruned"])
def test_configuration_under_another_name_stops_both(world: World, *, flag: bool) -> None:
    """The same live name: it is not deleted beside a manifest that would be it; `was` brings the two together."""
    declare(world, SEVERITY)
    renamed = SEVERITY.replace("name: grave", "name: sev0")
    world.write(KEEPER + "---\n" + renamed)

    plan = world.plan(prune=flag)

    assert plan.is_empty
    assert [str(one.key) for one in plan.refusals] == ["Severity/sev0", *(["Severity/grave"] if flag else [])]
    assert told.notices(plan) == (
        [] if flag else ["Severity/sev0, which is declared, would be " + KNOWN % world.severity("Grave")]
    )
    world.write(KEEPER + "---\n" + renamed.replace("name: sev0", "name: sev0, was: grave"))
    assert not told.wrong(told.carry_out(world, pruned(world)))
    assert "Grave" in world.listed("/v1/severities", "severities")
    assert [str(key) for key in world.memory.state.records] == ["Severity/keeper", "Severity/sev0"]


def test_an_object_that_two_names_have_is_never_deleted(world: World) -> None:
    """A state in which a declared name has the same ID as one that is gone: only the name goes."""
    declare(world, SEVERITY)
    memory = world.memory
    records = {**memory.state.records, Key("Severity", "sev0"): memory.state.records[GRAVE]}
    world.store.save(replace(memory, state=replace(memory.state, records=records)), memory.state.account)
    world.write(KEEPER + "---\n" + SEVERITY.replace("name: grave", "name: sev0"))

    assert told.steps(pruned(world)) == ["forget Severity/grave"]


def test_what_the_account_does_not_show_is_not_taken_for_closed(world: World) -> None:
    """An incident that is private to others by now may still be open: a person must say."""
    declare(world, incident(on_remove="close", visibility="private"))
    world.write(KEEPER)

    with world.client(key="sandbox-viewer", read_only=True) as client:
        loaded = reconcile.load(world.workspace, prune=True)
        plan = reconcile.plan(loaded, client, world.memory)

    refused = told.refusal(plan)
    assert refused.why is Why.OUT_OF_SIGHT
    assert refused.message == "INC-1 is to be closed, and the account does not show it: deleted, or private to this key"


def test_prune_needs_the_whole_workspace(world: World) -> None:
    """A selection is no reason to think that the rest has gone."""
    declare(world, incident(on_remove="close"))

    with pytest.raises(Misused, match="--prune needs all manifests of the workspace"):
        reconcile.load(world.workspace, select=["name=keeper"], prune=True)


def test_the_last_manifest_can_go_too(world: World) -> None:
    """Nothing declared at all is fine where that is said; without --prune it is most likely the wrong folder."""
    world.write(incident(on_remove="close"))
    world.settle()
    (world.folder / "manifests.yaml").unlink()

    with pytest.raises(Misused, match="no manifests in"):
        world.plan()
    assert told.steps(pruned(world)) == ["edit Incident/checkout", "forget Incident/checkout"]


@pytest.mark.parametrize("visibility", ["public", "private"])
def test_what_goes_is_told_by_its_live_name_unless_it_is_private(world: World, visibility: str) -> None:
    """Whoever approves knows people's name for it; that of a private incident is not for everybody."""
    declare(world, incident(on_remove="close", visibility=visibility))
    world.edit(world.incident("Checkout slow")["id"], name="Checkout down")
    world.write(KEEPER)

    assert told.change(world.plan(prune=True, allow=["touched"]), "forget", "Incident/checkout").name == (
        "Checkout down" if visibility == "public" else ""
    )


@pytest.mark.parametrize("text", ["", "# no more\n"], ids=["empty", "comment"])
def test_a_file_without_a_manifest_takes_nothing_away(world: World, text: str) -> None:
    """A torn checkout looks like it: told with the file's name, and only where it would take something away."""
    world.write(incident(on_remove="close"))
    world.settle()
    world.write(KEEPER, "keeper.yaml")
    world.write_raw(text, "manifests.yaml")

    with pytest.raises(Invalid, match=r"manifests\.yaml:1:1: there is no manifest in this file\nhint: `--prune` would"):
        pruned(world)
    assert not world.plan().refusals


def test_an_empty_folder_beside_another_takes_nothing_away(shell: Shell) -> None:
    """One of two that was not checked out."""
    shell.write("reconciler.yaml", ACME % "manifests: [one, two]")
    shell.write("one/a.yaml", "apiVersion: reconciler/v1\n" + incident(on_remove="close"))
    file = shell.write("two/keeper.yaml", "apiVersion: reconciler/v1\n" + KEEPER)
    assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
    file.unlink()

    refused = shell.run("plan", "--sandbox", "--prune")

    assert (refused.code, refused.stderr.splitlines()[0]) == (3, "two:1:1: there is no manifest in this folder")


def test_manifests_are_read_whatever_the_case_of_their_suffix(world: World) -> None:
    """`a.YAML` is no removal."""
    world.write(incident(on_remove="close"))
    world.settle()
    (world.folder / "manifests.yaml").rename(world.folder / "manifests.YAML")

    assert pruned(world).is_empty


KINDS = st.lists(st.sampled_from(["close", "abandon", "created", "adopted"]), min_size=1, max_size=4, unique=True)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gone=KINDS, flag=st.booleans(), selected=st.booleans())
def test_nothing_is_taken_away_but_by_prune_of_a_whole_workspace(
    tmp_path_factory: pytest.TempPathFactory, gone: list[str], *, flag: bool, selected: bool
) -> None:
    """Whatever is no longer declared: without --prune, or for a part, no DELETE and no close is ever sent."""
    world = World(tmp_path_factory.mktemp("world"))
    manifests = {
        "close": incident("c", "To close", on_remove="close"),
        "abandon": incident("a", "To abandon"),
        "created": SEVERITY,
        "adopted": "kind: Severity\nmetadata: {name: m}\nspec: {name: Minor, description: Ours}\n",
    }
    declare(world, *manifests.values())
    world.write("---\n".join([KEEPER, *(text for name, text in manifests.items() if name not in gone)]))
    since = len(world.requests())

    if flag and selected:
        with pytest.raises(Misused):
            world.plan(prune=True, select=["kind=Severity"])
        return
    told.carry_out(world, world.plan(prune=flag, select=["kind=Severity"] if selected else []))

    writes = told.writes(world, since)
    assert len([one for one in writes if one.startswith("DELETE")]) == (flag and "created" in gone)
    assert len([one for one in writes if one.endswith("/actions/edit")]) == (flag and "close" in gone)


def apply(shell: Shell, *flags: str) -> Ended:
    """Apply to the sandbox."""
    return shell.run("apply", "--sandbox", "--auto-approve", *flags)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Give a folder to type commands in."""
    from tests.cli.shell import Shell  # noqa: PLC0415  (the name is taken by the type)

    return Shell(tmp_path)


def test_the_commands_show_and_count_what_goes(shell: Shell) -> None:
    """Plan and apply tell it alike; after a --prune nothing is left to tell."""
    shell.workspace("one", "two")
    text = (shell.folder / "incidents/one.yaml").read_text(encoding="utf-8")
    shell.write("incidents/one.yaml", f"{text}  on_remove: close\n")
    shell.write("incidents/grave.yaml", f"apiVersion: reconciler/v1\n{SEVERITY}")
    apply(shell, "--parallelism", "1")
    for name in ("one", "grave"):
        (shell.folder / f"incidents/{name}.yaml").unlink()

    planned = shell.run("plan", "--sandbox", "--prune")
    applied = apply(shell, "--prune")

    assert planned.code == 0
    assert planned.stdout.split("\n\n", 1)[1] == (
        "Who will notice\n"
        "  1 incident is closed, and the API cannot reopen one: one\n"
        "  1 severity is deleted: Grave\n"
        "  2 requests\n"
        "\n"
        "- Incident/one  INC-1                                                no manifest\n"
        "    status     Fixing -> Closed  (no longer declared)\n"
        "    forget INC-1 (Title of one): once it is closed\n"
        "\n"
        "- Severity/grave                                                     no manifest\n"
        "    delete the severity Grave\n"
        "\n"
        "Plan: 1 to edit, 1 to forget, 1 to delete, 1 unchanged.\n"
    )
    assert applied.code == 0
    assert "deleted  Severity/grave" in applied.stderr
    assert "closed   Incident/one" in applied.stderr
    assert "forgot   Incident/one  (INC-1)\n" in applied.stderr
    assert applied.stdout.count("INC-1  Incident/one") == 1
    assert shell.run("plan", "--sandbox", "--prune", "--detailed-exitcode").code == 0


def test_removals_are_held_back_by_their_limit(shell: Shell) -> None:
    """Six at once trip the limit that holds where the workspace says nothing; the flag lets them pass."""
    names = [f"sev{number}" for number in range(6)]
    shell.workspace("one")
    for name in names:
        text = SEVERITY.replace("grave", name).replace("Grave", name)
        shell.write(f"incidents/{name}.yaml", f"apiVersion: reconciler/v1\n{text}")
    apply(shell)
    for name in names:
        (shell.folder / f"incidents/{name}.yaml").unlink()

    refused = apply(shell, "--prune")

    assert refused.code == 4
    assert refused.stderr == (
        "error: the plan has 6 to delete, or to close as no longer declared, and 5 are allowed in one run where the "
        "workspace says nothing\n"
        "hint: `--allow delete=6` lets it pass this once; `limits: {delete: 6}` in reconciler.yaml always\n"
    )
    assert apply(shell, "--prune", "--allow", "delete=6").code == 0


def test_prune_of_a_part_is_misuse(shell: Shell) -> None:
    """Exit code 3, and what to leave out."""
    shell.workspace("one")

    for flags in (["incidents/one.yaml"], ["--select", "name=one"], ["--exclude", "name=one"]):
        ended = apply(shell, "--prune", *flags)
        assert (ended.code, ended.stderr) == (
            3,
            "error: --prune needs all manifests of the workspace\nhint: leave PATH, --select and --exclude out\n",
        )


def test_the_sort_of_an_outcome_is_told(world: World) -> None:
    """What could not be known is unknown, what comes after it is skipped: the forget of what was not closed."""
    declare(world, incident(on_remove="close"))
    world.write(KEEPER)

    closed, forgotten = prune(world, ("drop-after:1:write", "drop-before:1-:GET"))

    assert isinstance(closed, Unknown)
    assert isinstance(forgotten, Skipped)


def test_a_saved_plan_prunes_what_it_showed(shell: Shell) -> None:
    """`plan --prune --out` and `apply --plan`: the close and what forgets it are in the file, and are done once."""
    shell.workspace("one", "two")
    text = (shell.folder / "incidents/one.yaml").read_text(encoding="utf-8")
    shell.write("incidents/one.yaml", f"{text}  on_remove: close\n")
    shell.write("incidents/grave.yaml", f"apiVersion: reconciler/v1\n{SEVERITY}")
    apply(shell)
    for name in ("one", "grave"):
        (shell.folder / f"incidents/{name}.yaml").unlink()

    planned = shell.run("plan", "--sandbox", "--prune", "--out", "plan.json")
    applied = apply(shell, "--plan", "plan.json")

    assert (planned.code, applied.code) == (0, 0), planned.stderr + applied.stderr
    assert "deleted  Severity/grave" in applied.stderr
    assert "forgot   Incident/one" in applied.stderr
    assert shell.run("plan", "--sandbox", "--prune", "--detailed-exitcode").code == 0


def test_protection_outlives_edits(world: World) -> None:
    """What an edit answers says nothing of it, so it stays as it was stated."""
    declare(world, incident(metadata="protect: true"))
    declare(world, incident(metadata="protect: true", summary="More"))
    world.write(KEEPER)

    assert told.refusal(pruned(world)).why is Why.PROTECTED


def test_what_goes_between_plan_and_apply_is_done(world: World) -> None:
    """Somebody else deleted it: that is what was wanted, and it is said."""
    declare(world, SEVERITY)
    world.write(KEEPER)
    plan = pruned(world)
    world.ask("DELETE", f"/v1/severities/{world.severity('Grave')}")

    (done,) = told.carry_out(world, plan)

    assert isinstance(done, Done)
    assert done.note == "it was gone already"
    assert world.memory.record(GRAVE) is None
    assert [one.why for one in world.memory.state.tombstones[GRAVE]] == ["deleted"]


def test_a_resource_that_comes_back_is_managed_again(world: World) -> None:
    """An incident that was abandoned is found by its tombstone: nothing is declared or posted twice."""
    text = incident(updates=[{"id": "a", "message": "We look."}])
    declare(world, text)
    world.write(KEEPER)
    assert not told.wrong(prune(world))
    since = len(world.requests())

    declare(world, text)

    assert told.writes(world, since) == []
    assert len([one for one in world.incidents() if one["name"] == "Checkout slow"]) == 1
    assert world.memory.record(CHECKOUT) is not None
    told.assert_quiet(world)


def test_what_was_asked_for_and_never_answered_is_told_without_its_manifest(world: World) -> None:
    """It may be there: nobody is left to wonder, and putting the manifest back finds out."""
    text = KEEPER + "---\n" + incident()
    world.write(KEEPER)
    world.settle()
    world.write(text)
    told.carry_out(world, world.plan(), ["drop-after:1:POST:/v2/incidents", "drop-before:1-:GET"])
    world.write(KEEPER)

    (notice,) = world.plan().notices

    assert (notice.topic, notice.key) == (Topic.UNDECLARED, CHECKOUT)
    assert notice.message.startswith("an earlier run asked for it and never learned the answer")
    world.write(text)
    world.settle()
    assert len(world.incidents()) == 1
    told.assert_quiet(world)
