"""Answers that never come: what was asked for is done once, and what is told of it is true."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import Interrupted
from reconciler.model import Done, Failed, Key, Skipped, Unknown, step
from reconciler.render import page, text
from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.model import Outcome

INCIDENT = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor%s}
"""
SEVERITY = """
kind: Severity
metadata: {name: sev0}
spec: {name: Catastrophic, description: %s}
"""
FIELD = """
kind: CustomField
metadata: {name: radius}
spec: {name: Blast radius, description: %s, type: single_select, options: [%s]}
"""
ITEM = ", timeline: [{id: a, at: 2026-11-20T09:05:00Z, title: %s}]"
WRITES = {
    "incident create": ("", INCIDENT % ""),
    "update": (INCIDENT % "", INCIDENT % ", updates: [{id: first, message: Hello}]"),
    "update without words": (INCIDENT % "", INCIDENT % ", updates: [{id: first, status: Fixing}]"),
    "timeline item": (INCIDENT % "", INCIDENT % ITEM % "Deploy"),
    "timeline edit": (INCIDENT % ITEM % "Deploy", INCIDENT % ITEM % "Rollback"),
    "severity": ("", SEVERITY % "All is lost"),
    "severity edit": (SEVERITY % "All is lost", SEVERITY % "Nobody can trade"),
    "option": (FIELD % ("Who", "A"), FIELD % ("Who", "A, B")),
    "option edit": (FIELD % ("Who", "A, B, C"), FIELD % ("Who", "C, B, A")),
    "field edit": (FIELD % ("Who", "A"), FIELD % ("Which", "A")),
    "incident edit": (INCIDENT % "", INCIDENT % ", summary: Known, custom_fields: {Root cause: A deploy}"),
    "edit of a role": (INCIDENT % "", INCIDENT % ", roles: {Incident Lead: alice@example.com}"),
    "edit of what cannot be read": (INCIDENT % "", INCIDENT % ", slack_channel_name: ours"),
    "closing": (INCIDENT % "", INCIDENT % ", status: Closed"),
    "unsetting": (INCIDENT % ", summary: Known", INCIDENT % ", summary: null"),
}


KEEP = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {drift: {Incident: keep}}\n"


def begun(folder: Path, write: str, idempotency: str = "return") -> World:
    """Return a world in which one more apply sends the write in question."""
    world = World(folder, idempotency)
    before, after = WRITES[write]
    if before:
        world.write(before)
        world.settle()
    world.write(after)
    return world


def count(world: World) -> dict[str, Any]:
    """Return how many there are of everything that could be there twice."""
    incidents = world.incidents()
    updates = [
        (one.get("message"), one["new_incident_status"]["name"])
        for each in incidents
        for one in world.ask("GET", f"/v2/incident_updates?page_size=250&incident_id={each['id']}")["incident_updates"]
    ]
    items = [
        one["title"]
        for each in incidents
        for one in world.ask("GET", f"/v2/incident_timeline_items?incident_id={each['id']}")["incident_timeline_items"]
        if not one.get("activity_log_id")
    ]
    options = [
        one["value"]
        for each in world.ask("GET", "/v2/custom_fields")["custom_fields"]
        if each["name"] == "Blast radius"
        for one in world.ask("GET", f"/v1/custom_field_options?page_size=250&custom_field_id={each['id']}")[
            "custom_field_options"
        ]
    ]
    severities = world.ask("GET", "/v1/severities")["severities"]
    return {
        "incidents": len(incidents),
        "updates": Counter(updates),
        "items": Counter(items),
        "options": Counter(options),
        "severities": len(severities),
    }


def words(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return what is told of each step."""
    return {str(step(one.change)): type(one).__name__.lower() for one in outcomes}


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
@pytest.mark.parametrize("write", WRITES)
def test_each_kind_of_write_is_done_once(tmp_path: Path, write: str, fault: str, idempotency: str) -> None:
    """Carried out or not, the answer is lost: the same run finds out, says done, and is right."""
    quiet = begun(tmp_path / "quiet", write, idempotency)
    quiet.settle()
    world = begun(tmp_path / "loud", write, idempotency)

    outcomes = world.apply([fault])

    assert all(isinstance(one, Done) for one in outcomes), outcomes
    assert count(world) == count(quiet)
    told.assert_quiet(world)
    assert not world.memory.pending


@pytest.mark.parametrize("fault", ["drop-after", "drop-before"])
@pytest.mark.parametrize("write", WRITES)
def test_an_account_that_falls_silent_leaves_what_was_sent_unknown(tmp_path: Path, write: str, fault: str) -> None:
    """Nothing answers any more: what was sent is neither done nor failed; the next run finds out."""
    quiet = begun(tmp_path / "quiet", write)
    quiet.settle()
    world = begun(tmp_path / "loud", write)
    reads = asks_before_the_first_write(tmp_path / "counted", write)
    number = reads + 1
    faults = (
        [f"drop-after:{number}", f"drop-before:{number + 1}-"] if fault == "drop-after" else [f"drop-before:{number}-"]
    )

    outcomes = world.apply(faults, parallelism=1)

    assert {type(one) for one in outcomes} <= {Unknown, Skipped}
    assert [type(one) for one in outcomes].count(Unknown) == 1
    world.settle()
    assert count(world) == count(quiet)
    told.assert_quiet(world)


def asks_before_the_first_write(folder: Path, write: str) -> int:
    """Return how many requests a run sends before its first write."""
    world = begun(folder, write)
    since = len(world.requests())
    world.settle()
    methods = [one["method"] for one in world.requests()[since:]]
    return next(place for place, method in enumerate(methods) if method != "GET")


@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
def test_an_edit_that_people_overtook_is_theirs_to_judge_where_drift_is_kept(world: World, fault: str) -> None:
    """Its answer is lost, and the field is neither as it was nor as it was sent: unknown, and left to the next plan."""
    world.write_raw(KEEP, "reconciler.yaml")
    world.write(INCIDENT % ", summary: One")
    world.settle()
    world.write(INCIDENT % ", summary: Two")
    identifier = world.incidents()[0]["id"]

    def by_people(_seconds: float) -> None:
        world.edit(identifier, summary="Theirs")

    (outcome,) = told.carry_out(world, world.plan(), [fault], sleep=by_people)

    assert isinstance(outcome, Unknown)
    assert outcome.message.endswith("people changed its summary meanwhile")
    assert world.incidents()[0]["summary"] == "Theirs"
    assert told.refusal(world.plan()).key == Key("Incident", "checkout")


@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
def test_an_edit_that_people_overtook_is_sent_again_where_drift_is_overwritten(world: World, fault: str) -> None:
    """The policy says what to do with what people change: the manifest's value stands, in the same run."""
    world.write(INCIDENT % ", summary: One")
    world.settle()
    world.write(INCIDENT % ", summary: Two")
    identifier = world.incidents()[0]["id"]

    def by_people(_seconds: float) -> None:
        world.edit(identifier, summary="Theirs")

    (outcome,) = told.carry_out(world, world.plan(), [fault], sleep=by_people)

    assert isinstance(outcome, Done)
    assert world.incidents()[0]["summary"] == "Two"
    told.assert_quiet(world)


def test_an_edit_that_is_sent_again_carries_what_people_changed_beside_it(world: World) -> None:
    """A PUT holds the whole object: what people wrote between the two is not put back."""
    world.write(SEVERITY % "All is lost")
    world.settle()
    world.write(SEVERITY % "Nobody can trade")
    (one,) = [one for one in world.ask("GET", "/v1/severities")["severities"] if one["name"] == "Catastrophic"]

    def by_people(_seconds: float) -> None:
        body = {"name": one["name"], "description": one["description"], "rank": 77}
        world.ask("PUT", f"/v1/severities/{one['id']}", body)

    (outcome,) = told.carry_out(world, world.plan(), ["drop-before:1:write"], sleep=by_people)

    assert isinstance(outcome, Done)
    (now,) = [each for each in world.ask("GET", "/v1/severities")["severities"] if each["id"] == one["id"]]
    assert (now["description"], now["rank"]) == ("Nobody can trade", 77)


def test_a_create_that_people_renamed_is_not_declared_again(world: World) -> None:
    """Its answer is lost, the API says that the key was used, and nothing looks like it: unknown, with a way out."""
    world.idempotency = "conflict"

    def by_people(_seconds: float) -> None:
        (one,) = world.incidents()
        world.edit(one["id"], name="Called otherwise")

    world.write(INCIDENT % ", updates: [{id: first, message: Hello}]")
    outcomes = told.carry_out(world, world.plan(), ["drop-after:1:write"], sleep=by_people)

    assert words(outcomes) == {
        "create Incident/checkout": "unknown",
        "post Incident/checkout/update/first": "skipped",
    }
    assert isinstance(outcomes[0], Unknown)
    assert outcomes[0].message.startswith("its key was used before: 409")
    assert "`id:` below `metadata:`" in outcomes[0].hint
    assert len(world.incidents()) == 1


def test_a_conflict_finds_what_an_earlier_run_made_long_ago(world: World) -> None:
    """The key was used yesterday and the state is gone: what it made is found whatever its age."""
    world.idempotency = "conflict"
    world.write_raw(NEVER, "reconciler.yaml")
    world.write(INCIDENT % "")
    world.settle()
    with world.sandbox() as app, app.store.writing() as transaction:
        transaction.write("UPDATE incident SET created = created - 86400000000", ())
    world.lose_state()

    world.settle()

    assert len(world.incidents()) == 1
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_create_left_open_is_finished_as_it_was_asked_and_then_brought_up_to_date(
    tmp_path: Path, idempotency: str
) -> None:
    """The manifest changed since: the same key goes with the same body, and one edit brings the new values."""
    world = World(tmp_path, idempotency)
    world.write(INCIDENT % ", summary: One, roles: {Reporter: alice@example.com}")
    world.apply(["drop-before:1-:write"])
    world.write((INCIDENT % ", summary: Two, roles: {Reporter: bob@example.com}").replace("slow", "very slow"))

    plan = world.plan()

    assert told.steps(plan) == ["create Incident/checkout", "edit Incident/checkout"]
    created = told.change(plan, "create", "Incident/checkout")
    assert (created.unfinished, created.request.body["summary"]) == (True, "One")
    assert "\n    roles      Reporter: Alice Archer\n" in page.plain(text.page(plan), page.PIPE)
    edited = told.change(plan, "edit", "Incident/checkout").request.body["incident"]
    assert edited == {"name": "Checkout very slow", "summary": "Two"}
    world.settle()
    assert [(one["name"], one["summary"]) for one in world.incidents()] == [("Checkout very slow", "Two")]


def test_a_field_that_the_key_may_not_set_fails_its_resource_alone(world: World) -> None:
    """403 for configuration: that fails with the scope's name, what needs it is skipped, the rest goes on."""
    world.write(
        SEVERITY % "All is lost"
        + "---"
        + (INCIDENT % "").replace("Minor", "Catastrophic")
        + "---"
        + (INCIDENT % ", updates: [{id: first, message: Hello}]")
        .replace("checkout", "other")
        .replace("Checkout", "Other")
    )

    outcomes = world.apply(key="sandbox-editor")

    assert words(outcomes) == {
        "create Severity/sev0": "failed",
        "create Incident/checkout": "skipped",
        "create Incident/other": "done",
        "post Incident/other/update/first": "done",
    }
    (failed,) = [one for one in outcomes if isinstance(one, Failed)]
    assert "organisation_settings.update" in failed.message
    assert failed.exit_code == 6
    (skipped,) = [one for one in outcomes if isinstance(one, Skipped)]
    assert skipped.because == "create Severity/sev0 was not done"
    assert [one["name"] for one in world.incidents()] == ["Other slow"]
    assert not world.memory.pending
    world.settle()
    told.assert_quiet(world)


def test_a_refused_value_fails_its_incident_alone(world: World) -> None:
    """422: told with the field and the request's ID, and nothing else suffers."""
    world.write(
        INCIDENT % ", custom_fields: {Runbook: 'https://?'}"
        + "---"
        + (INCIDENT % "").replace("checkout", "other").replace("Checkout", "Other")
    )

    outcomes = world.apply()

    assert words(outcomes) == {"create Incident/checkout": "failed", "create Incident/other": "done"}
    (failed,) = [one for one in outcomes if isinstance(one, Failed)]
    assert "custom_field_entries" in failed.message
    assert failed.request_id
    assert [one["name"] for one in world.incidents()] == ["Other slow"]


def test_a_wrong_key_ends_the_run_at_once(world: World) -> None:
    """What the next request would be told as well is not asked."""
    world.write(INCIDENT % "" + "---" + (INCIDENT % "").replace("checkout", "other").replace("Checkout", "Other"))
    plan = world.plan()

    outcomes = told.carry_out(world, plan, key="nobody")

    assert sorted(words(outcomes).values()) == ["failed", "skipped"]
    assert world.incidents() == []


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("number", [1, 2])
def test_what_is_told_of_each_step_is_true(tmp_path: Path, write: str, number: int) -> None:
    """Done is in the account, failed and skipped are not, whatever answer is lost."""
    world = begun(tmp_path, write)
    since = len(world.requests())

    outcomes = world.apply([f"drop-after:{number}:write"], parallelism=1)

    changed = len(told.writes(world, since))
    assert sum(isinstance(one, Done) for one in outcomes) == changed or "option edit" in write
    for one in outcomes:
        if isinstance(one, Done):
            assert world.memory.record(one.change.key) is not None


def test_state_knows_what_was_done_and_what_is_open(world: World) -> None:
    """After a run that died: a record for what was answered, an intent for what was not."""
    world.write(INCIDENT % ", updates: [{id: first, message: Hello}, {id: second, message: Again}]")

    world.apply(["drop-before:3-:write"])

    memory = world.memory
    assert memory.record(Key("Incident", "checkout")) is not None
    assert memory.record(Key("Incident", "checkout", ("update", "first"))) is not None
    assert memory.record(Key("Incident", "checkout", ("update", "second"))) is None
    assert [str(one) for one in memory.pending] == ["post Incident/checkout/update/second"]


@pytest.mark.parametrize("write", ["incident create", "incident edit", "severity edit", "update"])
def test_a_stop_after_a_lost_answer_leaves_it_unknown(tmp_path: Path, write: str) -> None:
    """Whoever stops the run while it finds out what became of a request is told that nobody knows."""
    world = begun(tmp_path, write)

    def stop(_seconds: float) -> None:
        raise Interrupted

    (outcome,) = told.carry_out(world, world.plan(), ["drop-after:1:write"], sleep=stop)

    assert isinstance(outcome, Unknown)
    assert "the run was stopped" in outcome.message
    world.settle()
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_create_whose_answer_died_with_the_run_is_found_by_the_name_it_was_asked_with(
    tmp_path: Path, idempotency: str
) -> None:
    """It arrived, nobody learned so, and the manifest gives it another name since: adopted, and renamed."""
    world = World(tmp_path / "world", idempotency)
    world.write(INCIDENT % "")
    number = 1 + asks_before_the_first_write(tmp_path / "counted", "incident create")
    world.apply([f"drop-after:{number}", f"drop-before:{number + 1}-"])
    world.write((INCIDENT % "").replace("Checkout slow", "Checkout very slow"))

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/checkout", "edit Incident/checkout"]
    world.settle()
    assert [one["name"] for one in world.incidents()] == ["Checkout very slow"]
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_create_that_died_with_the_run_is_looked_for_where_nothing_is_adopted(
    tmp_path: Path, idempotency: str
) -> None:
    """A workspace that adopts nothing still knows what it asked for itself, a day later, forgotten or not."""
    world = World(tmp_path / "world", idempotency)
    world.write_raw(NEVER, "reconciler.yaml")
    world.write(INCIDENT % ", updates: [{id: first, message: Hello}]")
    number = 2 + asks_before_the_first_write(tmp_path / "counted", "incident create")
    world.apply([f"drop-after:{number - 1}", f"drop-before:{number}-"], parallelism=1)
    assert len(world.incidents()) == 1
    assert world.memory.pending
    a_day_passes(world)

    world.settle()

    assert len(world.incidents()) == 1
    assert world.updates(world.incidents()[0]["id"]) == ["Hello"]
    told.assert_quiet(world)


@pytest.mark.parametrize("fault", ["drop-before:1-:write", "drop-before:1-"])
def test_what_an_earlier_run_left_open_stays_open_until_it_is_known(world: World, fault: str) -> None:
    """A run that finds nothing out, as the account is away again, forgets nothing either."""
    world.write(INCIDENT % "")
    world.apply(["drop-before:1-:write"])
    plan = world.plan()

    (outcome,) = told.carry_out(world, plan, [fault])

    assert isinstance(outcome, Unknown)
    assert [str(one) for one in world.memory.pending] == ["create Incident/checkout"]
    world.settle()
    assert len(world.incidents()) == 1


def test_what_was_left_open_and_is_refused_is_asked_as_the_manifest_says_now(world: World) -> None:
    """The old request can never be carried out: the run after that sends the new one."""
    world.write(INCIDENT % ", custom_fields: {Runbook: 'https://?'}")
    world.apply(["drop-before:1-:write"])
    world.write(INCIDENT % ", custom_fields: {Runbook: 'https://example.com'}")

    assert words(world.apply())["create Incident/checkout"] == "failed"
    world.settle()
    told.assert_quiet(world)


NEVER = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {adopt: never}\n"


def a_day_passes(world: World) -> None:
    """Let everything have happened a day ago: what the account made, and what the journal noted."""
    with world.sandbox() as app, app.store.writing() as transaction:
        transaction.write("UPDATE incident SET created = created - 86400000000", ())
    lines = [json.loads(line) for line in world.store.journal.read_bytes().splitlines()]
    lines = [line | {"time": line["time"] - 86400} if "intent" in line else line for line in lines]
    world.store.journal.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
def test_several_that_may_be_what_was_asked_for_are_no_reason_to_ask_again(world: World, fault: str) -> None:
    """Another program declares incidents of the same looks while the answer is lost: unknown, and none is added."""
    world.idempotency = "forget"
    world.write(INCIDENT % "")

    def by_others(_seconds: float) -> None:
        for number in range(2):
            body = {"name": "Checkout slow", "mode": "test", "visibility": "public", "idempotency_key": f"{number}"}
            world.ask("POST", "/v2/incidents", body | {"severity_id": world.severity("Minor")})

    (outcome,) = told.carry_out(world, world.plan(), [fault], sleep=by_others)

    assert isinstance(outcome, Unknown)
    assert "all look like it" in outcome.message
    assert "`metadata.not`" in outcome.hint
    assert len(world.incidents()) == (3 if "after" in fault else 2)


def test_a_timeline_item_that_cannot_be_known_again_is_not_made_again(world: World) -> None:
    """Its answer is lost, keys are forgotten, and what stands there reads differently: unknown rather than twice."""
    world.idempotency = "forget"
    world.write(INCIDENT % "")
    world.settle()
    world.write(INCIDENT % ITEM % "Deploy")

    def by_others(_seconds: float) -> None:
        (incident,) = world.incidents()
        scope = f"/v2/incident_timeline_items?incident_id={incident['id']}"
        items = world.ask("GET", scope)["incident_timeline_items"]
        (item,) = [one for one in items if not one.get("activity_log_id")]
        world.ask("PATCH", f"/v2/incident_timeline_items/{item['id']}", {"title": "Quite another text"})

    (outcome,) = told.carry_out(world, world.plan(), ["drop-after:1:write"], sleep=by_others)

    assert isinstance(outcome, Unknown)
    assert "may be this timeline item" in outcome.message
    assert "write its title into the manifest as it stands" in outcome.hint
    assert count(world)["items"] == Counter(["Quite another text"])
    world.write(INCIDENT % ITEM % "Quite another text")
    world.settle()
    assert count(world)["items"] == Counter(["Quite another text"])
