"""Fields: why each differs, what happens then, and what is never touched."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Invalid
from reconciler.kinds.entries import number
from reconciler.kinds.types import Text, instant
from reconciler.model import Done, Key, Topic, Why
from tests.core import told
from tests.world import ACME

if TYPE_CHECKING:
    from tests.world import World

CHECKOUT = Key("Incident", "checkout")
WORKSPACE = ACME % "drift: %s"


def manifest(spec: str = "", name: str = "Checkout slow") -> str:
    """Return a manifest of one incident."""
    more = f", {spec}" if spec else ""
    return (
        "kind: Incident\nmetadata: {name: checkout}\n"
        f"spec: {{name: {name}, mode: test, declare_as: {{severity: Minor}}{more}}}\n"
    )


def one(world: World) -> dict[str, Any]:
    """Return the only incident."""
    (found,) = world.incidents()
    return found


def people(world: World, **fields: Any) -> None:
    """Let a person edit the incident."""
    world.edit(one(world)["id"], **fields)


def edited(world: World) -> dict[str, tuple[Any, Any, str]]:
    """Return what the plan's only change, an edit, shows of each field."""
    plan = world.plan()
    assert told.steps(plan) == ["edit Incident/checkout"], plan
    return told.fields(plan.changes[0])


def entry(world: World, name: str) -> list[Any]:
    """Return the values of a custom field as people read them."""
    (found,) = [e for e in one(world)["custom_field_entries"] if e["custom_field"]["name"] == name]
    return [_read(value) for value in found["values"]]


def _read(value: dict[str, Any]) -> Any:
    (told_,) = value.values()
    return told_.get("name", told_.get("value")) if isinstance(told_, dict) else told_


def field(world: World, name: str) -> str:
    """Return the ID of a custom field."""
    return str(world.listed("/v2/custom_fields", "custom_fields")[name]["id"])


def role(world: World, name: str) -> str:
    """Return the ID of a role."""
    return str(world.listed("/v2/incident_roles", "incident_roles")[name]["id"])


def lead(world: World, name: str = "Incident Lead") -> str | None:
    """Return who has a role."""
    (found,) = [e for e in one(world)["incident_role_assignments"] if e["role"]["name"] == name]
    return found["assignee"]["name"] if found.get("assignee") else None


class TestCauses:
    """Every difference says who made it."""

    def test_changed_in_the_manifest(self, world: World) -> None:
        """The live value is the one last answered, the manifest's is new."""
        world.write(manifest("summary: One"))
        world.settle()
        world.write(manifest("summary: Two"))

        assert edited(world) == {"summary": ("One", "Two", "changed in the manifest")}

    def test_drifted(self, world: World) -> None:
        """The manifest's value is the one last sent, the live one is new: put back."""
        world.write(manifest("summary: One"))
        world.settle()
        people(world, summary="Theirs")

        assert edited(world) == {"summary": ("Theirs", "One", "drifted")}
        world.settle()
        assert one(world)["summary"] == "One"
        told.assert_quiet(world)

    def test_changed_on_both_sides(self, world: World) -> None:
        """Both are new: the manifest wins where the policy says overwrite."""
        world.write(manifest("summary: One"))
        world.settle()
        people(world, summary="Theirs")
        world.write(manifest("summary: Two"))

        assert edited(world) == {"summary": ("Theirs", "Two", "changed on both sides")}
        world.settle()
        told.assert_quiet(world)

    def test_unrecorded(self, world: World) -> None:
        """Nothing is remembered: the two are compared with each other."""
        world.write(manifest())
        world.settle()
        people(world, summary="Theirs")
        world.write(manifest("summary: Ours"))

        assert edited(world) == {"summary": ("Theirs", "Ours", "unrecorded")}

    def test_the_same_change_on_both_sides_is_none(self, world: World) -> None:
        """People and the manifest came to the same value: nothing to do, and remembered as it is now."""
        world.write(manifest("summary: One"))
        world.settle()
        people(world, summary="Two")
        world.write(manifest("summary: Two"))

        told.assert_quiet(world)
        world.settle()
        people(world, summary="Three")
        assert edited(world) == {"summary": ("Three", "Two", "drifted")}


@pytest.mark.parametrize(
    ("spec", "theirs", "message"),
    [
        ("status: Fixing", "status", "status Monitoring kept (Bob Baker); the manifest says Fixing"),
        ("severity: Minor", "severity", "severity Critical kept (Bob Baker); the manifest says Minor"),
        (
            "roles: {Incident Lead: alice@example.com}",
            "role",
            "roles.Incident Lead Bob Baker kept (Bob Baker); the manifest says Alice Archer",
        ),
    ],
)
def test_people_steer_a_running_incident(world: World, spec: str, theirs: str, message: str) -> None:
    """Status, severity and roles that people changed are kept: told in every plan, and no change."""
    world.write(manifest(spec))
    world.settle()
    changes: dict[str, Any] = {
        "status": {"incident_status_id": world.status("Monitoring")},
        "severity": {"severity_id": world.severity("Critical")},
        "role": {
            "incident_role_assignments": [
                {"incident_role_id": role(world, "Incident Lead"), "assignee": {"email": "bob@example.com"}}
            ]
        },
    }
    people(world, **changes[theirs])

    for _ in range(2):
        plan = world.plan()
        assert plan.is_empty
        assert not plan.refusals
        (notice,) = told.notices(plan, Topic.KEPT)
        assert notice == message
        world.settle()


def test_what_is_kept_is_still_known_as_theirs_after_other_writes(world: World) -> None:
    """An apply that writes another field does not take what people did for what the manifest asked."""
    world.write(manifest("severity: Minor"))
    world.settle()
    people(world, severity_id=world.severity("Critical"))
    world.write(manifest("severity: Minor, summary: More"))
    world.settle()

    plan = world.plan()

    assert plan.is_empty
    assert told.notices(plan) == ["severity Critical kept (Bob Baker); the manifest says Minor"]


@pytest.mark.parametrize("policy", ["keep", "fail"])
def test_both_sides_under_a_policy_that_does_not_decide_is_refused(world: World, policy: str) -> None:
    """The object is left alone whole, at the field's line, with the lines that settle it."""
    world.write_raw(WORKSPACE % f"{{Incident: {{summary: {policy}}}}}", "reconciler.yaml")
    world.write(manifest("summary: One, call_url: 'https://meet.example.com/a'"))
    world.settle()
    people(world, summary="Theirs", call_url="https://meet.example.com/b")
    world.write(manifest("summary: Two, call_url: 'https://meet.example.com/a'"))

    plan = world.plan()

    refusal = told.refusal(plan)
    assert (refusal.why, refusal.source.line) == (Why.CONFLICT, 4)
    assert told.timeless(refusal.message).startswith("summary (Bob Baker) changed in the manifest and outside; ")
    assert "`--on-drift overwrite`" in refusal.hint
    assert "`drift: {Incident: {summary: overwrite}}`" in refusal.hint
    assert plan.is_empty


def test_drift_under_fail_is_refused(world: World) -> None:
    """A field that nobody may change outside stops its object."""
    world.write_raw(WORKSPACE % "{Incident: fail}", "reconciler.yaml")
    world.write(manifest("summary: One"))
    world.settle()
    people(world, summary="Theirs")

    assert told.refusal(world.plan()).why is Why.DRIFTED


def test_a_new_value_in_the_manifest_is_written_under_any_policy(world: World) -> None:
    """A policy is about what people did; what only the manifest changed is written."""
    world.write_raw(WORKSPACE % "{Incident: fail}", "reconciler.yaml")
    world.write(manifest("summary: One, status: Fixing"))
    world.settle()
    world.write(manifest("summary: Two, status: Monitoring"))

    world.settle()

    assert one(world)["summary"] == "Two"
    assert one(world)["incident_status"]["name"] == "Monitoring"


class TestTheServersOwnRewriting:
    """What the server makes of a value is never a difference."""

    def test_it_is_remembered_as_answered(self, world: World) -> None:
        """Sent one thing, answered another: unchanged while both stay."""
        world.write(manifest("summary: One"))
        world.settle()
        people(world, summary="One, as the server likes it")
        state = world.workspace.state
        told_ = json.loads(state.read_text())
        told_["resources"]["Incident/checkout"]["fields"]["summary"][1] = "One, as the server likes it"
        state.write_text(json.dumps(told_))

        told.assert_quiet(world)

    @pytest.mark.parametrize("lost", [False, True])
    def test_white_space_means_nothing(self, world: World, *, lost: bool) -> None:
        """Trailing blanks, carriage returns and line ends at the end, with and without the state."""
        world.write(manifest('summary: "One\\nTwo"'))
        world.settle()
        people(world, summary="One  \r\nTwo\n\n")
        if lost:
            world.lose_state()

        assert told.steps(world.plan()) == (["adopt Incident/checkout"] if lost else [])

    @pytest.mark.parametrize("lost", [False, True])
    @pytest.mark.parametrize(
        "spec",
        [
            "custom_fields: {Customers affected: 120.50}",
            "custom_fields: {Customers affected: 1e3}",
            "custom_fields: {Root cause: ' A deploy '}",
            "custom_fields: {Root cause: 7}",
            "custom_fields: {Affected services: []}",
            "custom_fields: {Affected services: [Search, Checkout]}",
            "custom_fields: {Affected services: Search}",
            "timestamps: {Reported at: '2026-11-20 10:12+01:00'}",
            "timestamps: {Reported at: 2026-11-20T09:12:00.250Z}",
            "roles: {Incident Lead: alice@example.com}",
            "roles: {Incident Lead: null}",
            "timestamps: {Declined at: null}",
            "summary: null",
            "summary: '  '",
            "slack_channel_name: Our Channel",
            "timeline: [{id: a, at: '2026-11-20 10:12+01:00', title: ' Deploy ', description: 'x '}]",
            "timeline: [{id: a, at: 2026-11-20T09:12:00Z, title: Deploy, description: null}]",
        ],
    )
    def test_other_ways_to_write_a_value_mean_the_same(self, world: World, spec: str, *, lost: bool) -> None:
        """However a value is written, it is written once."""
        world.write(manifest(spec))
        world.settle()
        if lost:
            world.lose_state()

        assert told.steps(world.plan()) == (["adopt Incident/checkout"] if lost else [])


FIELDS = {
    "Affected services": ("[Checkout, Payments]", ["Checkout", "Payments"], "[Search]", ["Search"]),
    "Detection method": ("Alert", ["Alert"], "Employee", ["Employee"]),
    "Customers affected": ("120", ["120"], "7.5", ["7.5"]),
    "Root cause": ("A deploy", ["A deploy"], "Another", ["Another"]),
    "Runbook": ("'https://example.com/a'", ["https://example.com/a"], "'https://b.com'", ["https://b.com"]),
}


@pytest.mark.parametrize("name", FIELDS)
def test_custom_fields_of_every_type_converge(world: World, name: str) -> None:
    """Set at creation, changed in one request, put back where people changed them, unset by null."""
    first, as_first, second, as_second = FIELDS[name]
    world.write(manifest(f"custom_fields: {{{name}: {first}}}"))
    world.settle()
    assert sorted(entry(world, name)) == as_first
    told.assert_quiet(world)

    world.write(manifest(f"custom_fields: {{{name}: {second}}}"))
    assert list(edited(world)) == [f"custom_fields.{name}"]
    world.settle()
    assert entry(world, name) == as_second
    told.assert_quiet(world)

    people(world, custom_field_entries=[{"custom_field_id": field(world, name), "values": []}])
    world.settle()
    assert entry(world, name) == as_second

    world.write(manifest(f"custom_fields: {{{name}: null}}"))
    world.settle()
    assert entry(world, name) == []
    told.assert_quiet(world)


@pytest.mark.parametrize("called", ["Checkout", "service-checkout", "checkout", "cart", "{id: ID}"])
def test_a_catalog_entry_goes_by_each_of_its_names(world: World, called: str) -> None:
    """Name, external ID, alias or ID: all mean the same entry, so that another way to write it is no change."""
    types = world.ask("GET", "/v3/catalog_types")["catalog_types"]
    entries = world.ask("GET", f"/v3/catalog_entries?page_size=250&catalog_type_id={types[0]['id']}")
    (wanted,) = [e["id"] for e in entries["catalog_entries"] if e["name"] == "Checkout"]
    world.write(manifest(f"custom_fields: {{Affected services: [{called.replace('ID', wanted)}]}}"))
    world.settle()
    assert entry(world, "Affected services") == ["Checkout"]
    world.write(manifest("custom_fields: {Affected services: [Checkout]}"))

    told.assert_quiet(world)


def test_a_catalog_backed_field_made_in_the_same_run_takes_its_entries(world: World) -> None:
    """The entries of a catalog type are known before the field that draws on it exists."""
    world.write(
        manifest("custom_fields: {Broken service: Checkout}")
        + "---\nkind: CustomField\nmetadata: {name: broken}\n"
        + "spec: {name: Broken service, description: Which, type: single_select, catalog_type: Service}\n"
    )

    world.settle()

    assert entry(world, "Broken service") == ["Checkout"]
    told.assert_quiet(world)


def test_maps_are_compared_key_by_key(world: World) -> None:
    """Another role, field or timestamp that people set is left alone, and not sent."""
    world.write(
        manifest(
            "roles: {Incident Lead: alice@example.com}, custom_fields: {Root cause: A deploy}, "
            "timestamps: {Reported at: 2026-11-20T09:12:00Z}"
        )
    )
    world.settle()
    people(
        world,
        incident_role_assignments=[
            {"incident_role_id": role(world, "Communications Lead"), "assignee": {"email": "bob@example.com"}}
        ],
        custom_field_entries=[
            {"custom_field_id": field(world, "Runbook"), "values": [{"value_link": "https://example.com"}]},
            {"custom_field_id": field(world, "Root cause"), "values": [{"value_text": "Theirs"}]},
        ],
    )

    (change,) = world.plan().changes

    assert change.request.body["incident"] == {  # type: ignore[union-attr]
        "custom_field_entries": [
            {"custom_field_id": field(world, "Root cause"), "values": [{"value_text": "A deploy"}]}
        ]
    }
    world.settle()
    assert entry(world, "Runbook") == ["https://example.com"]
    assert str(lead(world, "Communications Lead")).startswith("Bob")
    told.assert_quiet(world)


def test_a_list_is_compared_as_a_whole(world: World) -> None:
    """A member that people added goes again, and the plan shows which come and go."""
    world.write(manifest("custom_fields: {Affected services: [Checkout, Payments]}"))
    world.settle()
    people(
        world,
        custom_field_entries=[
            {
                "custom_field_id": field(world, "Affected services"),
                "values": [{"value_catalog_entry_id": name} for name in ("checkout", "search")],
            }
        ],
    )

    (change,) = world.plan().changes[0].fields  # type: ignore[union-attr]

    assert (change.added, change.removed) == (("Payments",), ("Search",))


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("summary: Known", "summary"),
        ("call_url: 'https://meet.example.com/a'", "call_url"),
        ("status: Fixing", "status"),
        ("custom_fields: {Root cause: A deploy}", "custom_fields"),
    ],
)
def test_silence_means_leave_alone(world: World, line: str, name: str) -> None:
    """A key that is taken out is told once and not unset; then nobody's business."""
    world.write(manifest(line))
    world.settle()
    before = one(world)
    world.write(manifest())

    plan = world.plan()

    assert told.notices(plan, Topic.UNSTATED) == [f"no longer stated: {name}; left as it is"]
    assert plan.is_empty
    world.settle()
    told.assert_quiet(world)
    assert told.lasting(one(world)) == told.lasting(before)


def test_a_value_that_comes_back_after_silence_is_compared_with_the_live_one(world: World) -> None:
    """What was forgotten is unrecorded: the two sides are compared with each other."""
    world.write(manifest("summary: Known"))
    world.settle()
    world.write(manifest())
    world.settle()
    world.write(manifest("summary: Known"))

    told.assert_quiet(world)


@pytest.mark.parametrize(
    ("first", "name"),
    [
        ("summary: Known", "summary"),
        ("roles: {Incident Lead: alice@example.com}", "roles"),
        ("timestamps: {Declined at: 2026-11-20T09:12:00Z}", "timestamps"),
        ("timeline: [{id: a, at: 2026-11-20T09:12:00Z, title: Deploy, description: More}]", "timeline"),
    ],
)
def test_null_unsets(world: World, first: str, name: str) -> None:
    """Where the API can unset a field, null does, once."""
    del name
    world.write(manifest(first))
    world.settle()
    for value in ("Known", "alice@example.com", "description: More"):
        first = first.replace(value, "description: null" if "description" in value else "null")
    world.write(manifest(first.replace("Declined at: 2026-11-20T09:12:00Z", "Declined at: null")))

    assert len(world.plan().changes) == 1
    world.settle()
    told.assert_quiet(world)
    world.lose_state()
    assert told.steps(world.plan()) == ["adopt Incident/checkout"]


@pytest.mark.parametrize("name", ["name", "status", "severity", "call_url", "slack_channel_name", "type", "mode"])
def test_null_is_a_problem_where_the_api_cannot_unset(world: World, name: str) -> None:
    """Told at the line, before the network is touched."""
    world.write(
        f"kind: Incident\nmetadata: {{name: a}}\nspec:\n  name: x\n  {name}: null\n".replace("name: x\n  name", "name")
    )

    with pytest.raises(Invalid, match=rf"manifests\.yaml:\d:\d+: .*{name}"):
        world.plan()


def test_ignored_fields_are_set_at_creation_and_left_to_people(world: World) -> None:
    """Later changes, of people and of the manifest, are nobody's business."""
    ignoring = "ignore_changes: [summary, call_url], call_url: 'https://meet.example.com/a'"
    world.write(manifest(f"summary: First, {ignoring}"))
    world.settle()
    assert (one(world)["summary"], one(world)["call_url"]) == ("First", "https://meet.example.com/a")
    people(world, summary="Theirs")
    world.write(manifest(f"summary: Second, {ignoring}"))

    told.assert_quiet(world)
    world.settle()
    world.write(manifest("summary: Second, call_url: 'https://meet.example.com/a'"))
    assert edited(world) == {"summary": ("Theirs", "Second", "changed on both sides")}


def test_what_is_no_longer_declared_is_told_for_a_whole_workspace_alone(world: World) -> None:
    """A selection is no reason to think that the rest has gone."""
    world.write(manifest())
    world.write("kind: Incident\nmetadata: {name: other}\nspec: {name: Other, severity: Minor}\n", "other.yaml")
    world.write_raw(WORKSPACE % "{}", "reconciler.yaml")
    world.settle()
    (world.folder / "manifests.yaml").unlink()

    plan, selected = world.plan(), world.plan(select=["name=other"])

    (notice,) = plan.notices
    assert (notice.topic, notice.key, notice.message) == (Topic.UNDECLARED, CHECKOUT, one_of(world, "INC"))
    assert notice.hint == "`--prune` forgets it: the incident is left as it is"
    assert plan.is_empty
    assert not selected.notices


def one_of(world: World, prefix: str) -> str:
    """Return the reference of the incident that was declared by the manifest."""
    (found,) = [each["reference"] for each in world.incidents() if each["name"] == "Checkout slow"]
    assert found.startswith(prefix)
    return str(found)


def test_a_put_sends_what_it_does_not_know_as_it_came(world: World) -> None:
    """Fields of the live object that the manifest does not state go back as they are, read right before."""
    spec = "spec: {name: Affected services, description: New, type: multi_select}"
    world.write(f"kind: CustomField\nmetadata: {{name: services}}\n{spec}\n")
    (live,) = [f for f in world.ask("GET", "/v2/custom_fields")["custom_fields"] if f["name"] == "Affected services"]
    attribute = world.ask("GET", "/v3/catalog_types")["catalog_types"][0]["schema"]["attributes"][0]["id"]
    body = {"name": live["name"], "description": live["description"], "helptext_catalog_attribute_id": attribute}
    world.ask("PUT", f"/v2/custom_fields/{live['id']}", body)

    plan = world.plan()
    body["group_by_catalog_attribute_id"] = attribute
    world.ask("PUT", f"/v2/custom_fields/{live['id']}", body)
    since = len(world.requests())
    world.settle()

    assert plan.changes[0].request.body["helptext_catalog_attribute_id"] == attribute  # type: ignore[union-attr]
    path = f"/v2/custom_fields/{live['id']}"
    assert told.asked(world, since)[-2:] == [f"GET {path}", f"PUT {path}"]
    now = world.ask("GET", path)["custom_field"]
    assert now["description"] == "New"
    assert now["helptext_catalog_attribute_id"] == now["group_by_catalog_attribute_id"] == attribute
    told.assert_quiet(world)


def test_the_reporter_is_assigned_at_creation_alone(world: World) -> None:
    """The API takes the reporter with the create: a later change is refused at its line, drift is told."""
    world.write(manifest("roles: {Reporter: alice@example.com}"))
    world.settle()
    assert str(lead(world, "Reporter")).startswith("Alice")
    told.assert_quiet(world)
    world.write(manifest("roles: {Reporter: bob@example.com}"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert "roles.Reporter cannot change after creation" in refusal.message


@pytest.mark.parametrize("read", [False, True])
def test_a_timeline_item_is_edited_where_the_manifest_changed(world: World, *, read: bool) -> None:
    """Changed in the manifest: one PATCH with what differs; others that people changed are put back with it."""
    items = "timeline: [{id: a, at: 2026-11-20T09:05:00Z, title: %s}, {id: b, at: 2026-11-20T09:06:00Z, title: Beta}]"
    world.write(manifest(items % "Alpha"))
    world.settle()
    if read:
        found = world.ask("GET", f"/v2/incident_timeline_items?incident_id={one(world)['id']}")
        (beta,) = [i["id"] for i in found["incident_timeline_items"] if i.get("title") == "Beta"]
        world.ask("PATCH", f"/v2/incident_timeline_items/{beta}", {"title": "Theirs"}, person="bob@example.com")
    world.write(manifest(items % "Omega"))

    plan = world.plan()

    edits = ["edit Incident/checkout/timeline/a", "edit Incident/checkout/timeline/b"]
    assert told.steps(plan) == (edits if read else edits[:1])
    assert told.change(plan, "edit", "Incident/checkout/timeline/a").request.body == {"title": "Omega"}
    world.settle()
    told.assert_quiet(world)


def test_two_timeline_items_that_read_the_same_are_two(world: World) -> None:
    """With the state lost, each finds one of its own."""
    items = "timeline: [{id: a, at: 2026-11-20T09:05:00Z, title: Same}, {id: b, at: 2026-11-20T09:05:00Z, title: Same}]"
    world.write(manifest(items))
    world.settle()
    world.lose_state()

    world.settle()

    ids = {world.memory.record(CHECKOUT.of("timeline", name)).id for name in "ab"}  # type: ignore[union-attr]
    assert len(ids) == 2


def test_a_timeline_item_that_reads_as_another_one_is_its_own(world: World) -> None:
    """State knows the one that is there as the other's, declared or not: nobody edits it for this one."""
    item = "{id: %s, at: 2026-11-20T09:05:00Z, title: Deploy, description: %s}"
    world.write(manifest(f"timeline: [{item % ('deploy', 'us-east-1')}]"))
    world.settle()
    world.write(manifest(f"timeline: [{item % ('deploy-eu', 'eu-west-1')}]"))
    world.settle()
    world.write(manifest(f"timeline: [{item % ('deploy', 'us-east-1')}, {item % ('deploy-eu', 'eu-west-1')}]"))

    told.assert_quiet(world)
    listed = world.ask("GET", f"/v2/incident_timeline_items?incident_id={one(world)['id']}")["incident_timeline_items"]
    own = sorted(each["description"] for each in listed if not each.get("activity_log_id"))
    assert own == ["eu-west-1", "us-east-1"]


def test_what_is_done_with_a_removed_manifest_is_remembered(world: World) -> None:
    """`on_remove` counts when the manifest is gone, so state learns it although nothing is sent."""
    for spec, remembered in (("on_remove: close", "close"), ("", "abandon")):
        world.write(manifest(spec))
        world.settle()
        assert world.memory.record(CHECKOUT).on_remove == remembered  # type: ignore[union-attr]


@given(st.text())
def test_the_canonical_text_is_its_own(text: str) -> None:
    """Bringing a text into its form twice is the same as once."""
    assert Text().canonical(Text().canonical(text)) == Text().canonical(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12) | st.integers())
def test_the_canonical_number_is_its_own(value: Any) -> None:
    """Bringing a number into its form twice is the same as once, and it stays that number."""
    assert number(number(value)) == number(value)
    assert float(number(value)) == float(value)


ZONES = st.sampled_from(["Z", "z", "+01:00", "-0530"])


@given(st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)), ZONES)  # noqa: DTZ001
def test_the_canonical_moment_is_its_own(moment: datetime, zone: str) -> None:
    """Bringing a moment into its form twice is the same as once, and it stays that moment."""
    once = instant(moment.isoformat() + zone)

    assert instant(once) == once
    assert datetime.fromisoformat(once) == datetime.fromisoformat(moment.isoformat() + zone.upper())


def test_what_cannot_be_read_back_is_sent_when_the_manifest_says_it_anew(world: World) -> None:
    """The channel's name, added or changed later, is sent once; with the state lost it is taken for granted."""
    world.write(manifest())
    world.settle()
    for name in ("ours", "theirs"):
        world.write(manifest(f"slack_channel_name: {name}"))
        (change,) = world.plan().changes
        assert change.request.body["incident"] == {"slack_channel_name_override": name}  # type: ignore[union-attr]
        world.settle()
        told.assert_quiet(world)
    world.lose_state()

    assert told.steps(world.plan()) == ["adopt Incident/checkout"]


def test_what_only_a_create_takes_and_nobody_can_read_is_refused_later(world: World) -> None:
    """Said too late, it can only be taken out again."""
    world.write(manifest())
    world.settle()
    world.write(manifest("slack_team_id: T123"))

    refusal = told.refusal(world.plan())

    assert refusal.why is Why.IMPOSSIBLE
    assert refusal.hint.startswith("take `slack_team_id` out")


FIELD = """
kind: CustomField
metadata: {name: region}
spec: {name: Region, description: Where, type: multi_select, options: [West, East]}
---
"""


def regions(world: World) -> dict[str, str]:
    """Return the IDs of the field and of its options."""
    identifier = str(world.listed("/v2/custom_fields", "custom_fields")["Region"]["id"])
    path = f"/v1/custom_field_options?custom_field_id={identifier}"
    options = world.ask("GET", path)["custom_field_options"]
    return {"Region": identifier} | {option["value"]: option["id"] for option in options}


@pytest.mark.parametrize(("policy", "causes"), [("overwrite", {"custom_fields.Region": "drifted"}), ("keep", {})])
def test_a_set_of_what_the_same_run_made_is_known_as_it_was_sent(
    world: World, policy: str, causes: dict[str, str]
) -> None:
    """In whatever order its options got their IDs: what people do to it is theirs alone, not a change on both sides."""
    world.write_raw(WORKSPACE % f"{{Incident: {{custom_fields: {policy}}}}}", "reconciler.yaml")
    world.write(FIELD + manifest("custom_fields: {Region: [East, West]}"))
    world.settle()
    told.assert_quiet(world)
    known = regions(world)
    values = [{"value_option_id": known["West"]}]
    people(world, custom_field_entries=[{"custom_field_id": known["Region"], "values": values}])

    plan = world.plan()

    assert not plan.refusals
    assert {name: why for change in plan.changes for name, (_, _, why) in told.fields(change).items()} == causes


def test_an_edit_to_a_set_of_what_the_same_run_made_is_read_back(world: World) -> None:
    """Its answer is lost, and it is known again in the order of the account."""
    world.write(manifest())
    world.settle()
    world.write(FIELD + manifest("custom_fields: {Region: [East, West]}"))

    outcomes = world.apply(["drop-after:4:write"])

    assert all(isinstance(one, Done) for one in outcomes), outcomes
    told.assert_quiet(world)
