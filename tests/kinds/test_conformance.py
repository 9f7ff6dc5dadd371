"""What every kind promises, written once: a new file under `kinds/` is covered by being there."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reconciler import manifest, reconcile, validate
from reconciler.errors import Invalid
from reconciler.kinds import KINDS
from reconciler.kinds.schema import of_kind
from reconciler.kinds.spec import Drift, When
from reconciler.model import Create, Edit, Topic
from reconciler.refs import IN_PATH
from reconciler.sandbox import Behaviour
from tests.core import told
from tests.world import ACME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.kinds import Kind
    from reconciler.kinds.spec import Field
    from reconciler.model import Plan, Request
    from tests.world import World

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "incident-io" / "openapi.json"
WORKSPACE = ACME % "drift: {%s: %s}"
every_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


def write(world: World, kind: Kind, **changes: Any) -> None:
    """Declare a kind's example, with other values for some fields; None takes one out."""
    spec = {name: value for name, value in (dict(kind.example) | changes).items() if value is not None}
    world.write_raw(document(kind, spec), "example.yaml")


def document(kind: Kind, spec: Any) -> str:
    """Return a manifest as a file has it."""
    value = {"apiVersion": "reconciler/v1", "kind": kind.name, "metadata": {"name": "example"}, "spec": spec}
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def live(world: World, kind: Kind) -> dict[str, Any]:
    """Return the object that the example is in the account."""
    with world.client() as client:
        params = {"mode[one_of]": ["standard", "test"]} if kind.name == "Incident" else None
        found = client.list(kind.path, kind.items, params, page_size=kind.page_size or None)
    (one,) = [one for one in found if one["name"].startswith(kind.example["name"])]
    return told.lasting(one)


def texts(kind: Kind) -> list[str]:
    """Return the fields of a kind that hold a text, stand in its example, and can be edited."""
    return [
        name
        for name, row in kind.fields.items()
        if row.type.schema().get("type") == "string" and name in kind.example and row.when is not When.CREATE
    ]


def edit_by_hand(world: World, kind: Kind, **fields: Any) -> None:
    """Edit the live object as a person does."""
    one = live(world, kind)
    path = f"{kind.path}/{one['id']}"
    if kind.whole:
        known = {row.wire or name for name, row in kind.fields.items() if row.when is not When.CREATE}
        body = {name: value for name, value in one.items() if name in known} | fields
        world.ask(kind.edit_method, path, body, person="bob@example.com")
    else:
        world.edit(one["id"], **fields)


@every_kind
def test_the_example_is_valid(kind: Kind, tmp_path: Path) -> None:
    """It fits its schema, and `validate` has nothing against it."""
    path = tmp_path / "example.yaml"
    path.write_text(document(kind, dict(kind.example)), encoding="utf-8")
    read = manifest.read([str(path)], str(tmp_path), {})

    Draft202012Validator.check_schema(of_kind(kind.name))
    Draft202012Validator(of_kind(kind.name)).validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    assert validate.problems(read, read.problems) == []


@every_kind
def test_the_example_states_every_required_field(kind: Kind) -> None:
    """What is required, and every field that can drift, is exercised by the tests below."""
    required = {name for name, row in kind.fields.items() if row.required}

    assert required <= kind.example.keys()
    assert texts(kind), "no text of the example can be edited, so that drift would not be tested"


@every_kind
@pytest.mark.parametrize("state", ["kept", "lost"])
@pytest.mark.parametrize("rewrites", [False, True], ids=["as sent", "rewritten"])
def test_it_converges(kind: Kind, state: str, world: World, *, rewrites: bool) -> None:
    """After an apply a plan is empty; with the state lost, nothing is there twice, and nothing is changed again."""
    world.behaviour = Behaviour(rewrites=rewrites)
    write(world, kind)
    world.settle()
    first = live(world, kind)
    if state == "lost":
        world.lose_state()
    since = len(world.requests())

    world.settle()

    assert told.writes(world, since) == []
    assert live(world, kind) == first
    told.assert_quiet(world)


@every_kind
def test_an_unknown_field_is_refused_at_its_line(kind: Kind, world: World) -> None:
    """A word that no table has is told where it stands, before the network is touched."""
    text = document(kind, dict(kind.example) | {"colour": "red"})
    line = text.splitlines().index("  colour: red") + 1
    world.write_raw(text, "example.yaml")

    with pytest.raises(Invalid, match=rf"example\.yaml:{line}:3: .*`colour`"):
        reconcile.load(world.workspace)


@every_kind
def test_a_missing_required_field_is_refused(kind: Kind, world: World) -> None:
    """Each is named."""
    for name in (name for name, row in kind.fields.items() if row.required):
        write(world, kind, **{name: None})

        with pytest.raises(Invalid, match=f"`{name}`"):
            reconcile.load(world.workspace)


@every_kind
def test_what_the_server_fills_in_is_no_drift(kind: Kind, world: World) -> None:
    """Only what is required is stated; whatever the server makes of the rest is left."""
    needed = {name for name, row in kind.fields.items() if row.required} | {"severity", "mode"}
    write(world, kind, **{name: None for name in kind.example if name not in needed})
    world.settle()

    told.assert_quiet(world)
    world.lose_state()
    world.settle()
    told.assert_quiet(world)


@every_kind
def test_drift_is_put_back_under_overwrite(kind: Kind, world: World) -> None:
    """What somebody changed by hand is shown as drifted, and is as declared again after one request."""
    world.write_raw(WORKSPACE % (kind.name, "overwrite"), "reconciler.yaml")
    write(world, kind)
    world.settle()
    before = live(world, kind)
    for name in texts(kind):
        row = kind.fields[name]
        edit_by_hand(world, kind, **{row.wire or name: f"{kind.example[name]} by hand"})

        (change,) = world.plan().changes

        assert {field.name: field.cause.value for field in change.fields} == {name: "drifted"}  # type: ignore[union-attr]
        since = len(world.requests())
        world.settle()
        assert len(told.writes(world, since)) == 1
        assert live(world, kind)[row.live or name] == before[row.live or name]
        told.assert_quiet(world)


@every_kind
def test_drift_is_left_under_keep(kind: Kind, world: World) -> None:
    """Told in each plan, and nothing is sent."""
    world.write_raw(WORKSPACE % (kind.name, "keep"), "reconciler.yaml")
    write(world, kind)
    world.settle()
    for name in texts(kind):
        edit_by_hand(world, kind, **{kind.fields[name].wire or name: f"{kind.example[name]} by hand"})
    before = live(world, kind)

    for _ in range(2):
        plan = world.plan()
        assert plan.is_empty
        assert not plan.refusals
        assert len(told.notices(plan, Topic.KEPT)) == len(texts(kind))
        world.settle()
    assert live(world, kind) == before


@every_kind
def test_an_edited_manifest_is_one_request(kind: Kind, world: World) -> None:
    """Whatever number of fields changed, one request brings them all."""
    write(world, kind)
    world.settle()
    since = len(world.requests())
    write(world, kind, **{name: f"{kind.example[name]} anew" for name in texts(kind)})

    world.settle()

    assert len(told.writes(world, since)) == 1
    now = live(world, kind)
    assert all(now[kind.fields[name].live or name] == f"{kind.example[name]} anew" for name in texts(kind))
    told.assert_quiet(world)


@every_kind
def test_what_is_given_at_creation_cannot_change(kind: Kind, world: World) -> None:
    """A field that the API takes once is refused at its line when it changes."""
    write(world, kind)
    world.settle()
    for name, row in kind.fields.items():
        choices = row.type.schema().get("enum", [])
        if row.when is not When.CREATE or name not in kind.example or not choices:
            continue
        other = next(choice for choice in reversed(choices) if choice != kind.example[name])
        rest = {"options": None} if "options" in kind.example else {}
        write(world, kind, **{name: other, **rest})

        plan = world.plan()

        assert f"{name} cannot change after creation" in told.refusal(plan).message
        assert plan.is_empty


@every_kind
def test_a_policy_of_every_field_is_known(kind: Kind) -> None:
    """People's own fields exist in incidents alone; configuration is put back."""
    kept = {name for name, row in kind.fields.items() if row.drift is Drift.KEEP}

    assert kept == ({"status", "severity", "roles"} if kind.name == "Incident" else set())


@cache
def api() -> Any:
    """Return the published document; skips, loudly, where it is not beside the project."""
    if not DOCUMENT.exists():
        pytest.skip(f"{DOCUMENT} is absent: paths, verbs and fields are NOT held against the published document")
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def resolved(schema: Any) -> Any:
    """Follow `$ref`s and join `allOf`s, one level deep."""
    while "$ref" in schema:
        found: Any = api()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    for part in schema.get("allOf", ()):
        more = resolved(part)
        schema = {**schema, "properties": {**schema.get("properties", {}), **more.get("properties", {})}}
    return schema


def operation(method: str, path: str) -> Any:
    """Return what the document says of a request; fails where it has no such path or verb."""
    wanted = [part for part in path.split("/") if part]
    for template, verbs in api()["paths"].items():
        parts = [part for part in template.split("/") if part]
        fits = len(parts) == len(wanted) and all(
            there == asked or there.startswith("{") for there, asked in zip(parts, wanted, strict=True)
        )
        if fits and method.lower() in verbs:
            return verbs[method.lower()]
    pytest.fail(f"the document has no {method} {path}")


def content(said: Any) -> Any:
    """Return the schema of a body."""
    return resolved(said["content"]["application/json"]["schema"])


def assert_documented(value: Any, schema: Any, where: str) -> None:
    """Assert that a value has no property that the document does not name, and every one that it requires."""
    schema = resolved(schema)
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        assert value.keys() <= properties.keys(), f"{where}: {value.keys() - properties.keys()} is not documented"
        missing = set(schema.get("required", ())) - value.keys()
        assert not missing, f"{where}: {missing} is required"
        for name, item in value.items():
            assert_documented(item, properties[name], f"{where}.{name}")
    elif isinstance(value, list):
        assert schema["type"] == "array", where
        for item in value:
            assert_documented(item, schema["items"], f"{where}[]")
    elif "enum" in schema:
        assert value in schema["enum"], f"{where}: {value}"
    elif "type" in schema and value is not None:
        kinds: dict[str, Any] = {"string": str, "integer": int, "boolean": bool, "number": (int, float)}
        assert isinstance(value, kinds[schema["type"]]), f"{where}: {value!r} is no {schema['type']}"


def requests(plan: Plan) -> Iterator[Request]:
    """Yield every request of a plan."""
    for change in plan.changes:
        if (request := getattr(change, "request", None)) is not None:
            yield request


def sent(kind: Kind, request: Request) -> dict[str, Any]:
    """Return a request's body; of a PUT, without what goes back as it came."""
    known = {row.wire or name for name, row in kind.fields.items()}
    whole = kind.whole and request.method == kind.edit_method and request.path.startswith(kind.path + "/")
    return {name: value for name, value in request.body.items() if name in known} if whole else dict(request.body)


FULL: dict[str, dict[str, Any]] = {
    "Incident": {
        "call_url": "https://meet.example.com/abc",
        "visibility": "public",
        "type": "Default",
        "slack_channel_name": "ours",
        "slack_team_id": "T123",
        "custom_fields": {
            "Affected services": ["Checkout"],
            "Detection method": "Alert",
            "Customers affected": 12,
            "Root cause": "A deploy",
            "Runbook": "https://example.com",
        },
        "roles": {"Incident Lead": "alice@example.com", "Communications Lead": None},
        "timestamps": {"Reported at": "2026-11-20T09:12:00Z", "Declined at": None},
    },
    "CustomField": {},
}


@every_kind
def test_every_request_is_one_that_the_document_has(kind: Kind, world: World) -> None:
    """Path, verb and each property of every body of a create and of an edit exist, down to the leaves."""
    api()
    write(world, kind, **FULL.get(kind.name, {}))
    creating = world.plan()
    world.settle()
    changed: dict[str, Any] = {name: f"{kind.example[name]} anew" for name in texts(kind)}
    if "options" in kind.example:
        changed["options"] = list(reversed(kind.example["options"]))
    if "timeline" in kind.example:
        changed["timeline"] = [item | {"title": "Another", "description": "More"} for item in kind.example["timeline"]]
    write(world, kind, **FULL.get(kind.name, {}) | changed)
    editing = world.plan()
    assert any(isinstance(change, Create) for change in creating.changes)
    assert any(isinstance(change, Edit) for change in editing.changes)

    for request in (*requests(creating), *requests(editing)):
        path = IN_PATH.sub("01ID", request.path)
        said = operation(request.method, path)
        body = json.loads(json.dumps(sent(kind, request), default=str))
        assert_documented(body, content(said["requestBody"]), f"{request.method} {path}")


@every_kind
def test_envelopes_and_answers_are_those_of_the_document(kind: Kind) -> None:
    """The list's array, one object's property, and every property that is read exist."""
    listed = content(operation("GET", kind.path)["responses"]["200"])["properties"][kind.items]
    shown = content(operation("GET", f"{kind.path}/01ID")["responses"]["200"])["properties"][kind.item]

    for schema in (resolved(listed)["items"], shown):
        properties = resolved(schema)["properties"]
        read = {row.live or name for name, row in kind.fields.items() if row.live is not None}
        assert read <= properties.keys()
        assert kind.server_fields - {"category"} <= properties.keys() or not kind.whole


@every_kind
def test_children_are_those_of_the_document(kind: Kind) -> None:
    """Lists, creates, edits and fields of what belongs to a resource exist."""
    api()
    for table in kind.children:
        if table.items:
            listing = operation("GET", table.path)
            array = resolved(content(listing["responses"]["200"])["properties"][table.items])
            properties = resolved(array["items"])["properties"]
            assert table.parent in {parameter["name"] for parameter in listing["parameters"]}
        else:
            answer = content(operation("POST", table.path)["responses"]["201"])
            properties = resolved(answer["properties"][table.item])["properties"]
        assert {row.live or name for name, row in table.fields.items() if row.live is not None} <= properties.keys()
        creating = content(operation("POST", table.path)["requestBody"])
        wires = {row.wire or name for name, row in table.fields.items()} | {table.parent}
        assert wires | ({"idempotency_key"} if table.keyed else set()) <= creating["properties"].keys()
        assert ("idempotency_key" in creating.get("required", ())) == table.keyed
        if table.edit:
            operation(table.edit, f"{table.path}/01ID")


@every_kind
def test_what_a_create_requires_is_always_sent(kind: Kind) -> None:
    """Every property that the document requires of a create comes from a required field, or from us."""
    required = set(content(operation("POST", kind.path)["requestBody"]).get("required", ()))
    ours = {"idempotency_key", "visibility"} if kind.keyed else set()

    assert required <= ours | {row.wire or name for name, row in kind.fields.items() if row.required}


@every_kind
def test_a_put_keeps_every_property_of_the_document(kind: Kind) -> None:
    """What the document lets a PUT carry is never among the fields that are left out of one."""
    if not kind.whole:
        pytest.skip("its edits carry only what is stated")
    taken = content(operation(kind.edit_method, f"{kind.path}/01ID")["requestBody"])["properties"]

    assert not kind.server_fields & taken.keys()


@every_kind
def test_a_description_stands_on_every_field(kind: Kind) -> None:
    """Editors show it, so each is a sentence."""

    def descriptions(schema: Any, where: str) -> Iterator[tuple[str, Any]]:
        for name, property_ in schema.get("properties", {}).items():
            yield f"{where}.{name}", property_.get("description")
            yield from descriptions(property_, f"{where}.{name}")

    for where, text in descriptions(deepcopy(kind.schema()), kind.name):
        assert re.search(r"[.)`]$", text or ""), where


def referring() -> list[tuple[str, str, Field]]:
    """Return each field of each kind that names an object of a kind that manifests declare."""
    return [
        (kind.name, name, row)
        for kind in KINDS.values()
        for name, row in kind.fields.items()
        for listing in row.type.listings()
        if listing in KINDS
    ]


@pytest.mark.parametrize(
    ("kind", "name", "row"), referring(), ids=lambda value: value if isinstance(value, str) else ""
)
@pytest.mark.parametrize("first", [False, True])
def test_references_to_what_the_same_run_creates_resolve(
    kind: str, name: str, row: Field, world: World, *, first: bool
) -> None:
    """Whichever file comes first, what is named is made before, and its ID stands in the request."""
    (target, *_) = [KINDS[listing] for listing in row.type.listings() if listing in KINDS]
    example = dict(target.example)
    stated: Any = {"CustomField": {example["name"]: (example.get("options") or ["x"])[0]}, "IncidentRole": {}}.get(
        target.name, example["name"]
    )
    if target.name == "IncidentRole":
        stated = {example["name"]: "alice@example.com"}
    spec = {key: value for key, value in KINDS[kind].example.items() if key != "updates"} | {name: stated}
    world.write_raw(document(KINDS[kind], spec), "a.yaml" if first else "z.yaml")
    world.write_raw(document(target, example), "m.yaml")

    plan = world.plan()

    written = json.dumps(told.change(plan, "create", f"{kind}/example").request.body, default=str)
    assert f"{target.name}/example#id" in written
    world.settle()
    told.assert_quiet(world)
