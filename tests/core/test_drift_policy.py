"""Drift policies: cause and policy decide what is written, kept and refused; by workspace, kind, field and run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import live, workspace
from reconciler.attribution import MOST
from reconciler.diff.fields import Difference, fate, judge
from reconciler.errors import Invalid
from reconciler.kinds.spec import Drift
from reconciler.model import Cause, Fate, Key, Leaf, Topic
from tests.core import told

if TYPE_CHECKING:
    from tests.world import World

LOGS = "/v2/incident_activity_log_entries"
OUTSIDE = (Cause.DRIFT, Cause.BOTH)
HEAD = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {drift: %s}\n"
INCIDENT = "kind: Incident\nmetadata: {name: %s}\nspec: {name: %s, mode: test, declare_as: {severity: Minor}%s}\n"


@given(st.sampled_from(Cause), st.sampled_from(Drift))
def test_the_rule_table(cause: Cause, policy: Drift) -> None:
    """Whatever the policy, what nobody changed outside is written; `keep` keeps drift and refuses both."""
    became = fate(cause, policy)

    assert (became is Fate.OVERWRITTEN) == (cause not in OUTSIDE or policy is Drift.OVERWRITE)
    assert (became is Fate.KEPT) == (cause is Cause.DRIFT and policy is Drift.KEEP)
    assert (became is Fate.REFUSED) == (
        cause in OUTSIDE and (policy is Drift.FAIL or (policy is Drift.KEEP and cause is Cause.BOTH))
    )


@given(st.lists(st.tuples(st.sampled_from(["summary", "status", "roles"]), st.sampled_from(Cause))), st.data())
def test_each_field_is_judged_by_its_own_policy_and_none_is_lost(
    found: list[tuple[str, Cause]], data: st.DataObject
) -> None:
    """Every difference is written, kept or refused, in its order."""
    policies = {name: data.draw(st.sampled_from(Drift)) for name in ("summary", "status", "roles")}
    differing = [Difference((name, str(number)), Leaf(1), Leaf(2), cause) for number, (name, cause) in enumerate(found)]

    verdicts = judge(differing, policies.__getitem__)

    for each, mine in zip(
        (Fate.OVERWRITTEN, Fate.KEPT, Fate.REFUSED), (verdicts.write, verdicts.keep, verdicts.refuse), strict=True
    ):
        assert list(mine) == [one for one in differing if fate(one.cause, policies[one.field]) is each]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("{}", {"status": "keep", "roles": "keep", "summary": "overwrite", "timeline": "overwrite"}),
        ('{"*": keep}', {"status": "keep", "summary": "keep", "timeline": "keep"}),
        ("{Incident: keep}", {"status": "keep", "summary": "keep", "timeline": "keep"}),
        ('{Incident: {"*": fail, status: keep}}', {"status": "keep", "summary": "fail", "timeline": "fail"}),
        ('{Incident: {timeline: keep}, "*": fail}', {"timeline": "keep", "status": "fail", "summary": "fail"}),
        ("{Incident: {custom_fields: fail}}", {"custom_fields": "fail", "status": "keep", "summary": "overwrite"}),
        ("{CustomField: {options: keep}}", {"status": "keep", "summary": "overwrite"}),
    ],
)
def test_the_nearest_policy_counts(world: World, stated: str, expected: dict[str, str]) -> None:
    """The field's, else the kind's, else the workspace's, else the default; a run overrides them all."""
    world.write_raw(HEAD % stated, "reconciler.yaml")

    assert {name: world.workspace.drift("Incident", name).value for name in expected} == expected
    run = workspace.load([str(world.folder)], sandbox=True, on_drift="fail", environ={})
    assert {run.drift("Incident", name).value for name in expected} == {"fail"}


@pytest.mark.parametrize(
    "stated", ["{Incident: {notify_channel: keep}}", "{Incident: {updates: keep}}", "{Incident: no}"]
)
def test_what_cannot_drift_has_no_policy(world: World, stated: str) -> None:
    """A policy that would mean nothing is a problem."""
    world.write_raw(HEAD % stated, "reconciler.yaml")

    with pytest.raises(Invalid):
        _ = world.workspace


FIELD, ROLE = "Root cause", "Incident Lead"
PARTS = "custom_fields: {Root cause: DNS, Runbook: 'https://a.example'}, roles: {Incident Lead: alice@example.com}"


@pytest.mark.parametrize("policy", list(Drift))
@pytest.mark.parametrize("name", ["custom_fields", "roles"])
def test_parts_of_maps_obey_their_fields_policy(world: World, name: str, policy: Drift) -> None:
    """Each part for itself: what nobody touched is neither written nor told."""
    world.write_raw(HEAD % f"{{Incident: {{{name}: {policy.value}}}}}", "reconciler.yaml")
    world.write(INCIDENT % ("one", "Slow", f", {PARTS}"))
    world.settle()
    identifier = world.incidents()[0]["id"]
    if name == "roles":
        role = world.listed("/v2/incident_roles", "incident_roles")[ROLE]["id"]
        person = {"email": "carol@example.com"}
        world.edit(identifier, incident_role_assignments=[{"incident_role_id": role, "assignee": person}])
    else:
        field = world.listed("/v2/custom_fields", "custom_fields")[FIELD]["id"]
        world.edit(identifier, custom_field_entries=[{"custom_field_id": field, "values": [{"value_text": "BGP"}]}])

    plan = world.plan()

    label = f"{name}.{ROLE if name == 'roles' else FIELD}"
    assert [(one.name, str(one.mover).split(",")[0]) for one in plan.drifted] == [(label, "Bob Baker")]
    assert bool(plan.changes) == (policy is Drift.OVERWRITE)
    assert bool(told.notices(plan, Topic.KEPT)) == (policy is Drift.KEEP)
    assert bool(plan.refusals) == (policy is Drift.FAIL)


TIMELINE = ", timeline: [{id: deploy, at: '2026-11-20T09:05:00Z', title: %s}%s]"
ITEMS = "/v2/incident_timeline_items"
MORE = ", {id: more, at: '2026-11-20T09:15:00Z', title: More}"


def retitle(world: World, title: str) -> None:
    """Let a person change the only timeline item."""
    identifier = world.incidents()[0]["id"]
    (item,) = world.ask("GET", f"{ITEMS}?incident_id={identifier}")["incident_timeline_items"]
    world.ask("PATCH", f"{ITEMS}/{item['id']}", {"title": title}, person="bob@example.com")


@pytest.mark.parametrize("policy", list(Drift))
@pytest.mark.parametrize("cause", OUTSIDE)
def test_timeline_items_obey_the_policy(world: World, cause: Cause, policy: Drift) -> None:
    """Overwritten; kept while the rest goes on; or the whole incident left to a person."""
    world.write_raw(HEAD % f"{{Incident: {{timeline: {policy.value}}}}}", "reconciler.yaml")
    world.write(INCIDENT % ("one", "Slow", TIMELINE % ("Deploy", "")))
    world.settle()
    retitle(world, "Theirs")
    world.write(INCIDENT % ("one", "Slow", TIMELINE % ("Deploy" if cause is Cause.DRIFT else "Ours", MORE)))

    plan = world.plan()

    became = fate(cause, policy)
    assert [(one.fate, one.cause) for one in plan.drifted] == [(became, cause)]
    if became is Fate.REFUSED:
        refusal = told.refusal(plan)
        assert refusal.message.startswith("timeline deploy title ")
        assert "`drift: {Incident: {timeline: overwrite}}`" in refusal.hint
        assert not plan.changes
        return
    assert ("edit Incident/one/timeline/deploy" in told.steps(plan)) == (became is Fate.OVERWRITTEN)
    assert "create Incident/one/timeline/more" in told.steps(plan)
    if became is Fate.KEPT:
        assert told.notices(plan) == ["timeline deploy title Theirs kept; the manifest says Deploy"]
    world.settle()
    assert not world.plan().changes


@pytest.mark.parametrize("policy", list(Drift))
def test_options_obey_the_policy(world: World, policy: Drift) -> None:
    """One that people renamed, and one that they deleted."""
    world.write_raw(HEAD % f"{{CustomField: {{options: {policy.value}}}}}", "reconciler.yaml")
    world.write(
        "kind: CustomField\nmetadata: {name: radius}\n"
        "spec: {name: Radius, description: Who, type: single_select, options: [One, Two, Three]}\n"
    )
    world.settle()
    field = world.listed("/v2/custom_fields", "custom_fields")["Radius"]["id"]
    path = "/v1/custom_field_options"

    def options() -> dict[str, Any]:
        listed = world.ask("GET", f"{path}?custom_field_id={field}&page_size=250")["custom_field_options"]
        return {one["value"]: one for one in listed}

    before = options()
    world.ask("PUT", f"{path}/{before['One']['id']}", {"value": "Uno", "sort_key": before["One"]["sort_key"]})
    world.ask("DELETE", f"{path}/{before['Two']['id']}")

    plan = world.plan()

    assert {one.fate for one in plan.drifted} == {fate(Cause.DRIFT, policy)}
    assert len(plan.drifted) == 2
    assert bool(plan.refusals) == (policy is Drift.FAIL)
    world.apply()
    names = {Drift.OVERWRITE: {"One", "Two", "Three"}, Drift.KEEP: {"Uno", "Three"}, Drift.FAIL: {"Uno", "Three"}}
    assert set(options()) == names[policy]


def test_an_option_that_is_kept_goes_back_as_it_is(world: World) -> None:
    """An option is sent whole: a new place for it must not undo its name."""
    world.write_raw(HEAD % "{CustomField: {options: keep}}", "reconciler.yaml")
    text = (
        "kind: CustomField\nmetadata: {name: radius}\n"
        "spec: {name: Radius, description: Who, type: single_select, options: [%s]}\n"
    )
    world.write(text % "One, Two")
    world.settle()
    field = world.listed("/v2/custom_fields", "custom_fields")["Radius"]["id"]
    path = "/v1/custom_field_options"
    listed = world.ask("GET", f"{path}?custom_field_id={field}&page_size=250")["custom_field_options"]
    (one,) = [each for each in listed if each["value"] == "One"]
    world.ask("PUT", f"{path}/{one['id']}", {"value": "Uno", "sort_key": one["sort_key"]})
    world.write(text % "Two, One")

    world.settle()

    listed = world.ask("GET", f"{path}?custom_field_id={field}&page_size=250")["custom_field_options"]
    assert [each["value"] for each in sorted(listed, key=lambda each: each["sort_key"])] == ["Two", "Uno"]


def many(world: World, number: int) -> None:
    """Declare incidents whose summary people then changed."""
    text = "---\n".join(
        INCIDENT % (f"n{each}", f"Slow {each}", ", summary: Ours, status: Fixing") for each in range(number)
    )
    world.write(text)
    world.settle()
    for one in world.incidents():
        world.edit(one["id"], summary="Theirs")


def test_at_most_twenty_logs_are_read(world: World) -> None:
    """The rest is counted, and decided all the same."""
    number = MOST + 3
    many(world, number)
    before = len(world.requests())

    plan = world.plan()

    read = [one for one in world.requests()[before:] if one["path"] == LOGS]
    assert (len(read), plan.not_looked_up) == (MOST, number - MOST)
    assert len([one for one in plan.changes if told.fields(one)["summary"][2] == "drifted"]) == number
    movers = [field.mover for change in plan.changes for field in getattr(change, "fields", ())]
    assert (len([mover for mover in movers if mover]), movers.count(None)) == (MOST, number - MOST)


def test_the_gravest_are_looked_up_first(world: World) -> None:
    """What is refused and finished, before what is overwritten."""
    world.write_raw(HEAD % "{Incident: {name: fail}}", "reconciler.yaml")
    many(world, MOST + 2)
    first, second = world.incident("Slow 0"), world.incident("Slow 1")
    world.edit(first["id"], name="Renamed")
    world.edit(second["id"], incident_status_id=world.status("Closed"))
    for one in world.incidents():
        if one["id"] not in {first["id"], second["id"]}:
            world.edit(one["id"], summary="Theirs, and later")

    plan = world.plan()

    assert told.timeless(told.refusal(plan).message).startswith("name (Bob Baker)")
    assert [one.split(";")[0] for one in told.notices(plan, Topic.FINISHED)] == ["closed by Bob Baker"]


def test_without_drift_no_log_is_read(world: World) -> None:
    """Not one request more."""
    world.write(INCIDENT % ("one", "Slow", ", summary: Ours"))
    world.settle()
    before = len(world.requests())

    told.assert_quiet(world)

    assert LOGS not in {one["path"] for one in world.requests()[before:]}


def test_who_moved_it_decides_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan is the same where no log can be read, but for the names."""
    world.write(INCIDENT % ("one", "Slow", ", summary: Ours, status: Fixing"))
    world.settle()
    world.edit(world.incidents()[0]["id"], summary="Theirs", incident_status_id=world.status("Monitoring"))
    named = world.plan()

    monkeypatch.setattr(live, "read_activity", lambda *_, **__: {})
    unnamed = world.plan()

    assert [getattr(one, "request", None) for one in named.changes] == [
        getattr(one, "request", None) for one in unnamed.changes
    ]
    assert [one.fate for one in named.drifted] == [one.fate for one in unnamed.drifted]
    assert told.notices(unnamed) == ["status Monitoring kept; the manifest says Fixing"]
    assert {one.mover for one in unnamed.drifted} == {None}


def test_what_was_left_is_told_by_its_name(world: World) -> None:
    """Also where no manifest says it any more."""
    world.write(INCIDENT % ("one", "Slow", ", status: Fixing"))
    world.settle()
    world.edit(world.incidents()[0]["id"], incident_status_id=world.status("Monitoring"))
    world.write(INCIDENT % ("one", "Slow", ", status: Investigating"))

    (one,) = world.plan().drifted

    assert (one.key, one.left, one.live, one.desired) == (
        Key("Incident", "one"),
        "Fixing",
        "Monitoring",
        "Investigating",
    )
