"""Who a resource is, and where it is looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import reconcile
from reconciler.errors import Invalid, Refused
from reconciler.identity import idempotency_key
from reconciler.model import Done, Key, Skipped, Topic, Unknown, Why
from reconciler.sending import answered
from tests.core import told
from tests.world import ACME, World

if TYPE_CHECKING:
    from reconciler.model import Plan

CHECKOUT = """
kind: Incident
metadata: {name: checkout%s}
spec: {name: Checkout slow, mode: test, severity: Minor%s}
"""


def manifest(metadata: str = "", spec: str = "") -> str:
    """Return a manifest of one incident, with more in its metadata and its spec."""
    return CHECKOUT % (f", {metadata}" if metadata else "", f", {spec}" if spec else "")


def declared(world: World, count: int, *, person: str = "", name: str = "Checkout slow") -> list[str]:
    """Let someone else declare incidents of the same looks, and return their references."""
    body = {"visibility": "public", "mode": "test", "name": name, "severity_id": world.severity("Minor")}
    return [
        world.ask("POST", "/v2/incidents", {**body, "idempotency_key": f"other-{index}"}, person=person)["incident"][
            "reference"
        ]
        for index in range(count)
    ]


@pytest.mark.parametrize(
    ("key", "generation", "pinned"),
    [
        (Key("Incident", "checkout"), "1", "checkout.1-8602e8ee762af0fd7dadae31cd3de41c"),
        (Key("Incident", "checkout"), "2", "checkout.2-0d4b5845e216d4fa301bb18203c1922a"),
        (Key("Incident", "checkout", ("update", "first")), "1", "checkout.1.first-b34338db49cc26e2a469e372eadef94e"),
        (Key("Incident", "checkout", ("timeline", "first")), "1", "checkout.1.first-4f91b18ccc5baaab104ff957ed63d8aa"),
    ],
)
def test_the_key_is_pinned(key: Key, generation: str, pinned: str) -> None:
    """A key that changed would declare every incident of every user anew."""
    assert idempotency_key("acme", key, generation) == pinned


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,20}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES, NAMES, NAMES)
def test_no_two_identities_share_a_key(namespace: str, name: str, generation: str, child: str) -> None:
    """Each part of an identity makes a difference, and none can be taken for another."""
    incident = Key("Incident", name)
    keys = [
        idempotency_key(namespace, incident, generation),
        idempotency_key(namespace, incident, generation + "x"),
        idempotency_key(namespace + "x", incident, generation),
        idempotency_key(namespace, Key("Incident", name + "x"), generation),
        idempotency_key(namespace, incident.of("update", child), generation),
        idempotency_key(namespace, incident.of("timeline", child), generation),
    ]

    assert len(set(keys)) == len(keys)


@given(
    title=st.text(st.characters(categories=["L", "N"]), min_size=1),
    severity=st.sampled_from(["Minor", "Major"]),
    file=st.sampled_from(["a.yaml", "deep/er/z.yaml"]),
    first=st.booleans(),
)
@settings(deadline=None)
def test_the_key_knows_nothing_of_content_file_or_order(
    tmp_path_factory: pytest.TempPathFactory, title: str, severity: str, file: str, *, first: bool
) -> None:
    """Whatever a manifest says, wherever it stands, its create carries the same key."""
    world = World(tmp_path_factory.mktemp("world"))
    own = f"kind: Incident\nmetadata: {{name: checkout}}\nspec: {{name: 'x{title}', severity: {severity}}}\n"
    other = "kind: Incident\nmetadata: {name: other}\nspec: {name: Other one, severity: Minor}\n"
    world.write("---\n".join([own, other] if first else [other, own]), file)

    key = told.change(world.plan(), "create", "Incident/checkout").idempotency_key

    assert key == idempotency_key("default", Key("Incident", "checkout"))


def test_state_comes_before_looks(world: World) -> None:
    """An incident whose ID is known is that one, whatever people call it and whatever else looks like it."""
    world.write(manifest())
    world.settle()
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    declared(world, 1)

    plan = world.plan()

    assert told.steps(plan) == ["edit Incident/checkout"]
    assert told.change(plan, "edit", "Incident/checkout").live.reference == "INC-1"


@pytest.mark.parametrize("stated", ["INC-2", "ID"])
def test_a_stated_id_comes_before_everything(world: World, stated: str) -> None:
    """`metadata.id` names the incident, by its ID or by its reference."""
    declared(world, 2)
    one = world.incidents()[1]
    world.write(manifest(f"id: {one['id'] if stated == 'ID' else stated}"))

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/checkout"]
    assert told.change(plan, "adopt", "Incident/checkout").how == "metadata.id"
    world.settle()
    told.assert_quiet(world)
    assert world.memory.record(Key("Incident", "checkout")).id == one["id"]  # type: ignore[union-attr]


def test_a_look_alike_made_by_a_key_is_adopted(world: World) -> None:
    """Exactly one incident that looks the same, made by an API key and managed by nobody, is shown as adopted."""
    (reference,) = declared(world, 1)
    world.write(manifest(spec="summary: What is known"))

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/checkout", "edit Incident/checkout"]
    assert told.change(plan, "adopt", "Incident/checkout").live.reference == reference
    assert told.fields(told.change(plan, "edit", "Incident/checkout")) == {
        "summary": (None, "What is known", "unrecorded")
    }
    world.settle()
    told.assert_quiet(world)
    assert len(world.incidents()) == 1


@pytest.mark.parametrize("spec", ["mode: retrospective", "visibility: private", "name: Checkout slower"])
def test_what_looks_different_is_not_adopted(world: World, spec: str) -> None:
    """Name, mode and visibility must all agree."""
    declared(world, 1)
    text = manifest().replace("mode: test", spec) if "mode" in spec else manifest(spec=spec)
    world.write(text.replace("name: Checkout slow,", "") if "name" in spec else text)

    assert told.steps(world.plan()) == ["create Incident/checkout"]


def test_several_that_look_the_same_are_left_to_a_person(world: World) -> None:
    """Among several nobody can tell: the candidates are told, with the lines to choose from, and the rest goes on."""
    first, second = declared(world, 2)
    world.write(manifest() + "---\nkind: Incident\nmetadata: {name: other}\nspec: {name: Other, severity: Minor}\n")

    plan = world.plan()

    refusal = told.refusal(plan)
    assert refusal.why is Why.AMBIGUOUS
    assert refusal.key == Key("Incident", "checkout")
    assert first in refusal.message
    assert second in refusal.message
    assert f"`id: {second}`" in refusal.hint
    assert f"`not: [{second}, {first}]`" in refusal.hint
    assert told.steps(plan) == ["create Incident/other"]


def test_what_a_person_declared_is_never_taken(world: World) -> None:
    """An incident of the same looks that a person declared may be another one: a person must say."""
    (reference,) = declared(world, 1, person="bob@example.com")
    world.write(manifest())

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.AMBIGUOUS
    assert f"`id: {reference}`" in refusal.hint


@pytest.mark.parametrize("form", ["INC-1", "'1'", "ID"])
def test_not_rules_a_candidate_out(world: World, form: str) -> None:
    """What `metadata.not` names, by ID, reference or number, is not it."""
    declared(world, 1)
    name = world.incidents()[0]["id"] if form == "ID" else form
    world.write(manifest(f"not: [{name}]"))

    assert told.steps(world.plan()) == ["create Incident/checkout"]


def test_one_of_two_is_chosen_by_ruling_the_other_out(world: World) -> None:
    """With all but one ruled out, the one that is left is adopted."""
    first, second = declared(world, 2)
    world.write(manifest(f"not: [{first}]"))

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/checkout").live.reference == second


def test_adopt_never_declares_anew(world: World) -> None:
    """A workspace that adopts nothing declares beside what looks the same."""
    declared(world, 1)
    world.write_raw(ACME % "adopt: never", "reconciler.yaml")
    world.write(manifest())

    assert told.steps(world.plan()) == ["create Incident/checkout"]


def test_adopt_never_still_knows_what_it_made(world: World) -> None:
    """With the state lost, the key finds the incident; nothing is there twice."""
    world.write_raw(ACME % "adopt: never", "reconciler.yaml")
    world.write(manifest(spec="updates: [{id: first, message: Hello}]"))
    world.settle()
    world.lose_state()

    world.settle()

    assert len(world.incidents()) == 1
    assert world.updates(world.incidents()[0]["id"]) == ["Hello"]
    told.assert_quiet(world)


MARKED = (
    """
kind: CustomField
metadata: {name: marker}
spec: {name: Reconciler key, description: Whose it is, type: text}
---
"""
    + CHECKOUT % ("", ", custom_fields: {Root cause: Unknown}")
)


def test_a_marker_is_sent_with_the_create_itself(world: World) -> None:
    """With `identity_field`, the incident carries its key from its first moment, even where the field is new."""
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED)

    world.settle()

    entries = {
        one["custom_field"]["name"]: [value.get("value_text") for value in one["values"]]
        for one in world.incidents()[0]["custom_field_entries"]
    }
    assert entries["Reconciler key"] == [idempotency_key("acme", Key("Incident", "checkout"))]
    assert entries["Root cause"] == ["Unknown"]
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_marker_finds_what_people_renamed(world: World, idempotency: str) -> None:
    """Whatever the API forgets and people rename, an incident with a marker is found without the state."""
    world.idempotency = idempotency
    world.write_raw(ACME % "identity_field: Reconciler key", "reconciler.yaml")
    world.write(MARKED)
    world.settle()
    world.edit(world.incidents()[0]["id"], name="Called otherwise")
    world.lose_state()

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/checkout").how == "marker"
    world.settle()
    assert [one["name"] for one in world.incidents()] == ["Checkout slow"]
    told.assert_quiet(world)


def test_a_marker_must_be_a_text_field(world: World) -> None:
    """A field of another type cannot carry a key: told at the workspace, before anything is written."""
    world.write_raw(ACME % "identity_field: Runbook", "reconciler.yaml")
    world.write(manifest())

    with pytest.raises(Invalid, match="`identity_field: Runbook` is no text field"):
        world.plan()


def test_a_raised_generation_is_declared_anew(world: World) -> None:
    """What is finished stays as it is, and another incident with all its updates and items begins."""
    children = "updates: [{id: first, message: Hello}], timeline: [{id: a, at: 2026-11-20T09:05:00Z, title: Deploy}]"
    world.write(manifest(spec=children))
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Closed"))
    world.write(manifest('generation: "2"', children))

    assert told.steps(world.plan()) == [
        "create Incident/checkout",
        "create Incident/checkout/timeline/a",
        "post Incident/checkout/update/first",
    ]
    world.settle()
    old, new = world.incidents()
    assert old["incident_status"]["name"] == "Closed"
    assert world.updates(new["id"]) == ["Hello"]
    assert items(world, new["id"]) == ["Deploy"]
    told.assert_quiet(world)


def test_a_raised_generation_that_died_half_way_is_finished(world: World) -> None:
    """What state knows of the old one's updates says nothing of the new one's."""
    spec = "updates: [{id: first, message: Hello}, {id: second, message: Still here}]"
    world.write(manifest(spec=spec))
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Closed"))
    world.write(manifest('generation: "2"', spec))
    with world.sandbox():
        world.apply(["drop-before:2-:write"])

    world.settle()

    assert [world.updates(one["id"]) for one in world.incidents()] == [["Hello", "Still here"]] * 2
    told.assert_quiet(world)


def items(world: World, incident: str) -> list[str]:
    """Return the titles of an incident's own timeline items."""
    found = world.ask("GET", f"/v2/incident_timeline_items?incident_id={incident}")["incident_timeline_items"]
    return [one["title"] for one in found if not one.get("activity_log_id")]


def planned(world: World, key: str) -> Plan:
    """Plan with another key."""
    with world.client(key=key, read_only=True) as client:
        return reconcile.plan(reconcile.load(world.workspace), client, world.memory)


def test_an_incident_out_of_sight_is_never_declared_again(world: World) -> None:
    """Private to another key is not deleted: nothing is created, and the hint names the role and `state rm`."""
    world.write(manifest(spec="visibility: private, updates: [{id: first, message: Hello}]"))
    world.settle()

    plan = planned(world, "sandbox-editor")

    refusal = told.refusal(plan)
    assert refusal.why is Why.OUT_OF_SIGHT
    assert "global_access" in refusal.hint
    assert "reconciler state rm Incident/checkout" in refusal.hint
    assert plan.is_empty


def test_a_stated_id_that_is_not_there_is_told_at_its_line(world: World) -> None:
    """A wrong `metadata.id` is a mistake in that line, and nothing is declared in its place."""
    world.write(manifest("id: INC-99"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.OUT_OF_SIGHT
    assert (refusal.source.line, refusal.source.column) == (3, 32)
    assert "`INC-99`" in refusal.message


def test_what_needs_something_out_of_sight_is_left_out_with_it(world: World) -> None:
    """An incident whose severity was deleted outside is told with it; the rest goes on."""
    world.write(
        "kind: Severity\nmetadata: {name: sev0}\nspec: {name: Catastrophic, description: All is lost, rank: 40}\n"
    )
    world.settle()
    world.ask("DELETE", f"/v1/severities/{world.severity('Catastrophic')}")
    world.write(
        manifest().replace("Minor", "Catastrophic")
        + "---\nkind: Incident\nmetadata: {name: other}\nspec: {name: Other, severity: Minor}\n",
        "incidents.yaml",
    )

    plan = world.plan()

    assert {str(one.key) for one in plan.refusals} == {"Severity/sev0", "Incident/checkout"}
    assert told.steps(plan) == ["create Incident/other"]
    world.settle()


def test_the_state_of_another_account_is_refused(world: World) -> None:
    """State tells IDs of one account: with the key of another one, nothing is read or written by it."""
    world.write(manifest())
    world.settle()
    path = world.workspace.state
    path.write_text(path.read_text().replace("app.incident.io/sandbox", "app.incident.io/acme"))

    with pytest.raises(Refused, match=r"the state belongs to https://app\.incident\.io/acme"):
        world.plan()


def test_two_manifests_never_claim_one_incident(world: World) -> None:
    """An incident that one manifest manages is not taken by another that states its ID."""
    world.write(manifest())
    world.settle()
    world.write(manifest() + "---" + CHECKOUT.replace("checkout", "second") % (", id: INC-1", ", summary: Mine"))

    plan = world.plan()

    assert told.refusal(plan).key == Key("Incident", "second")
    assert plan.is_empty


def test_an_older_incident_under_the_same_key_is_adopted_and_its_moves_left(world: World) -> None:
    """A create answered with an older incident writes no status that people moved since; the next plan says so."""
    world.write_raw(ACME % "adopt: never", "reconciler.yaml")
    world.write(manifest(spec="status: Fixing, summary: Known, call_url: 'https://meet.example.com/a'"))
    world.settle()
    one = world.incidents()[0]
    world.edit(one["id"], incident_status_id=world.status("Monitoring"), summary="By people")
    age(world, one["id"])
    world.lose_state()

    outcomes = world.apply()

    assert [getattr(one, "adopted", None) for one in outcomes] == [True, None]
    assert isinstance(outcomes[1], Skipped)
    plan = world.plan()
    assert "status Monitoring kept (Bob Baker); the manifest says Fixing" in told.notices(plan, Topic.KEPT)
    assert told.steps(plan) == ["edit Incident/checkout"]
    world.settle()
    assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
    assert world.incidents()[0]["summary"] == "Known"


def age(world: World, identifier: str) -> None:
    """Let an incident have been declared an hour ago."""
    with world.sandbox() as app, app.store.writing() as transaction:
        transaction.write("UPDATE incident SET created = created - 3600000000 WHERE id = ?", (identifier,))


def test_a_stated_id_comes_before_the_state(world: World) -> None:
    """Pointing a manifest at another incident is what `metadata.id` is for, whatever state remembers."""
    world.write(manifest())
    world.settle()
    (reference,) = declared(world, 1)
    world.write(manifest(f"id: {reference}"))

    plan = world.plan()

    assert told.change(plan, "adopt", "Incident/checkout").live.reference == reference
    world.settle()
    told.assert_quiet(world)


def test_a_marker_is_not_for_other_values(world: World) -> None:
    """A manifest that writes into the field that carries its key is told at that line."""
    world.write_raw(ACME % "identity_field: Root cause", "reconciler.yaml")
    world.write(manifest(spec="custom_fields: {Root cause: A deploy}"))

    with pytest.raises(Invalid, match=r"manifests\.yaml:4:\d+: `Root cause` carries the incident's key"):
        world.plan()


def test_an_older_incident_that_is_quite_another_is_not_touched(world: World) -> None:
    """The key answers with an incident of another name: another workspace may use it, so nothing is edited."""
    world.write(manifest())
    world.settle()
    age(world, world.incidents()[0]["id"])
    world.lose_state()
    world.write(manifest(spec="summary: Ours").replace("Checkout slow", "Another matter"))

    (outcome,) = world.apply()

    assert isinstance(outcome, Unknown)
    assert "another workspace may use this name" in outcome.message
    assert world.incidents()[0]["name"] == "Checkout slow"
    assert "summary" not in world.incidents()[0]


def test_a_name_that_another_manifest_leaves_is_not_its_object(world: World) -> None:
    """A severity that is renamed keeps its object; who takes its old name is another one."""
    one = "kind: Severity\nmetadata: {name: %s}\nspec: {name: %s, description: Bad}\n"
    world.write(one % ("first", "Grave"))
    world.settle()
    world.write(one % ("first", "Graver") + "---\n" + one % ("second", "Grave"))

    assert told.steps(world.plan()) == ["edit Severity/first", "create Severity/second"]


def test_an_incident_that_its_key_answers_with_gets_no_update_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API may remember the key of an incident and have forgotten those of its updates."""
    monkeypatch.setattr(answered, "MARGIN", -10.0)  # as if it had been made ten seconds before
    world.write_raw(ACME % "adopt: never", "reconciler.yaml")
    world.write(manifest(spec="updates: [{id: first, message: It is slow.}]"))
    world.settle()
    world.lose_state()
    forgetful = ["forgotten-key:1-:POST:/v2/incident_updates"]

    adopted, skipped = world.apply(forgetful)
    world.apply(forgetful)

    assert isinstance(adopted, Done)
    assert adopted.adopted
    assert isinstance(skipped, Skipped)
    assert skipped.because == "Incident/checkout existed, and updates were posted to it: plan again"
    (one,) = world.incidents()
    assert world.updates(one["id"]) == ["It is slow."]
    assert world.plan().is_empty
