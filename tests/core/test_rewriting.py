"""A server that rewrites what it is sent: nothing of it shows as a change, is sent twice, or hides what people did."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Invalid
from reconciler.model import Create, Done, Skipped, Topic, Unknown, Why
from reconciler.sandbox import Behaviour
from tests.core import told
from tests.core.test_convergence import RARELY
from tests.core.test_lost_answers import count, words
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Settle = Callable[..., World]

HEAD = "apiVersion: reconciler/v1\n"
PROSE = "p99 is up since a deploy that went out at nine, and some customers\nwait for long:\n\n\n- one\n- two"
CONFIGURATION: list[dict[str, Any]] = [
    {
        "kind": "Severity",
        "metadata": {"name": "sev0"},
        "spec": {"name": " Catastrophic ", "description": PROSE, "rank": 40},
    },
    {
        "kind": "IncidentStatus",
        "metadata": {"name": "verifying"},
        "spec": {"name": "Ve\u0301rifying", "description": PROSE, "category": "live", "rank": 40},
    },
    {
        "kind": "IncidentRole",
        "metadata": {"name": "scribe"},
        "spec": {"name": "Scribe ", "shortform": " scribe", "description": PROSE, "instructions": PROSE},
    },
    {
        "kind": "CustomField",
        "metadata": {"name": "radius"},
        "spec": {
            "name": " Blast radius",
            "description": PROSE,
            "type": "multi_select",
            "options": ["Re\u0301gion", "Everyone", "A customer"],
        },
    },
]
SPEC: dict[str, Any] = {
    "name": "Checkout\tis  slow, as te\u0301sts say",
    "mode": "test",
    "summary": PROSE,
    "declare_as": {"status": "Investigating", "severity": "Minor"},
    "call_url": "https://Meet.Example.com",
    "custom_fields": {
        "Affected services": ["Payments", "Checkout", "Search"],
        "Detection method": "Alert",
        "Customers affected": "1e3",
        "Root cause": PROSE,
        "Runbook": "https://Example.com",
        "Blast radius ": ["Everyone", "R\u00e9gion"],
    },
    "roles": {"Incident Lead": "alice@example.com", "Scribe": "bob@example.com"},
    "timestamps": {"Reported at": "2026-11-20T09:12:00.250Z"},
    "timeline": [{"id": "deploy", "at": "2026-11-20T09:05:00.750Z", "title": "Deploy  4821", "description": PROSE}],
    "updates": [
        {"id": "first", "message": PROSE},
        {"id": "second", "message": PROSE, "status": "V\u00e9rifying", "severity": "Catastrophic"},
        {"id": "third", "message": "+ Rolled back\r\n+ Kept under watch"},
    ],
}


def rewriting(folder: Path, idempotency: str = "return") -> World:
    """Return a world whose server rewrites."""
    return World(folder, idempotency, behaviour=Behaviour(rewrites=True))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder, and an account whose server rewrites."""
    return rewriting(tmp_path)


def incident(**fields: Any) -> dict[str, Any]:
    """Return the manifest of the incident, with other values for some fields; None takes one out."""
    spec = {name: value for name, value in (SPEC | fields).items() if value is not None}
    return {"kind": "Incident", "metadata": {"name": "checkout"}, "spec": spec}


class Quoting(yaml.SafeDumper):
    """Writes texts that YAML 1.2 reads as numbers, and the library's 1.1 does not (`1e100`), between quotes."""


def _quoted(dumper: Quoting, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style='"' if re.fullmatch(r"[-+.\w]+", text) else None
    )


Quoting.add_representer(str, _quoted)


def write(world: World, *manifests: dict[str, Any]) -> None:
    """Declare all of these."""
    texts = [HEAD + yaml.dump(one, Dumper=Quoting, allow_unicode=True, sort_keys=False) for one in manifests]
    world.write_raw("---\n".join(texts), "manifests.yaml")


@pytest.fixture(scope="module")
def settle(tmp_path_factory: pytest.TempPathFactory) -> Settle:
    """Return a world in which these manifests stand and are brought about; done once, then copied."""
    done: dict[str, World] = {}

    def settle(folder: Path, *manifests: dict[str, Any], idempotency: str = "return") -> World:
        text = yaml.safe_dump(manifests)
        if text not in done:
            done[text] = rewriting(tmp_path_factory.mktemp("settled"))
            write(done[text], *manifests)
            done[text].settle()
        shutil.copytree(done[text].folder, folder, dirs_exist_ok=True)
        return rewriting(folder, idempotency)

    return settle


@pytest.fixture
def declared(settle: Settle, tmp_path: Path) -> World:
    """An account in which everything is as declared."""
    return settle(tmp_path, *CONFIGURATION, incident())


def assert_asks_only(world: World, since: int) -> None:
    """Assert that no write was sent, not even one that changed nothing."""
    assert {one.split()[0] for one in told.asked(world, since)} == {"GET"}


def test_one_apply_is_enough(declared: World) -> None:
    """All kinds, every field: a plan is empty after an apply, and another apply sends nothing but reads."""
    world = declared
    since = len(world.requests())

    told.assert_quiet(world)
    world.settle()

    assert_asks_only(world, since)
    (one,) = world.incidents()
    assert one["summary"] != PROSE
    assert one["name"] == unicodedata.normalize("NFC", "Checkout is slow, as te\u0301sts say")
    assert len(world.updates(one["id"])) == 3


CHANGES: dict[str, Any] = {
    "name": "Checkout is very slow",
    "summary": PROSE.replace("- ", "+ "),
    "call_url": "https://Meet.Example.com/other",
    "custom_fields.Affected services": ["Web", "Search"],
    "custom_fields.Customers affected": 1000.25,
    "custom_fields.Root cause": f"{PROSE}\n- three",
    "custom_fields.Runbook": "https://Example.com/a",
    "custom_fields.Blast radius ": ["A customer", "Everyone"],
    "roles.Scribe": "carol@example.com",
    "timestamps.Reported at": "2026-11-20T09:13:00.250Z",
}


@pytest.mark.parametrize("changed", CHANGES)
def test_only_what_changes_in_the_manifest_is_sent(declared: World, changed: str) -> None:
    """One field of the manifest changes: the plan shows and sends that one, and is empty afterwards."""
    world = declared
    field, _, part = changed.partition(".")
    value = SPEC[field] | {part: CHANGES[changed]} if part else CHANGES[changed]
    write(world, *CONFIGURATION, incident(**{field: value}))

    plan = world.plan()

    assert told.steps(plan) == ["edit Incident/checkout"]
    (edit,) = plan.changes
    assert {name: why for name, (_, _, why) in told.fields(edit).items()} == {changed: "changed in the manifest"}
    assert len(told.change(plan, "edit", "Incident/checkout").request.body["incident"]) == 1
    world.settle()
    told.assert_quiet(world)


def test_only_what_changes_in_a_timeline_item_is_sent(declared: World) -> None:
    """A description, by its bullets alone: one PATCH of that."""
    world = declared
    write(world, *CONFIGURATION, incident(timeline=[SPEC["timeline"][0] | {"description": PROSE.replace("- ", "+ ")}]))

    plan = world.plan()

    (edit,) = plan.changes
    assert told.fields(edit).keys() == {"description"}
    assert told.change(plan, "edit", "Incident/checkout/timeline/deploy").request.body.keys() == {"description"}
    world.settle()
    told.assert_quiet(world)


@pytest.mark.parametrize("number", range(len(CONFIGURATION)))
def test_only_what_changes_in_the_configuration_is_written(declared: World, number: int) -> None:
    """A description changes, by its bullets alone: one PUT, and nothing to do afterwards."""
    world = declared
    changed = CONFIGURATION[number]["spec"] | {"description": PROSE.replace("- ", "+ ")}
    configuration = [*CONFIGURATION]
    configuration[number] = CONFIGURATION[number] | {"spec": changed}
    write(world, *configuration, incident())

    plan = world.plan()

    (edit,) = plan.changes
    assert told.fields(edit).keys() == {"description"}
    world.settle()
    told.assert_quiet(world)


def test_what_people_do_is_seen_and_put_back(declared: World) -> None:
    """Also where they only laid a text out anew, and where their value is the same but for its form."""
    world = declared
    (one,) = world.incidents()
    rewritten = one["summary"]
    world.edit(one["id"], summary=rewritten.replace("* two", "* deux"), call_url="https://meet.example.com/theirs")

    plan = world.plan()

    (edit,) = plan.changes
    assert told.fields(edit) == {
        "summary": (rewritten.replace("* two", "* deux"), PROSE, "drifted"),
        "call_url": ("https://meet.example.com/theirs", "https://Meet.Example.com", "drifted"),
    }
    world.settle()
    assert world.incidents()[0]["summary"] == rewritten
    told.assert_quiet(world)


def test_what_people_do_to_configuration_is_seen_and_put_back(declared: World) -> None:
    """By one PUT that brings the description back and leaves the name as the server has it."""
    world = declared
    before = world.listed("/v1/severities", "severities")["Catastrophic"]
    body = {name: before[name] for name in ("name", "rank")} | {"description": "Theirs"}
    world.ask("PUT", f"/v1/severities/{before['id']}", body, person="bob@example.com")

    plan = world.plan()

    assert told.fields(told.change(plan, "edit", "Severity/sev0")) == {"description": ("Theirs", PROSE, "drifted")}
    world.settle()
    after = world.listed("/v1/severities", "severities")["Catastrophic"]
    assert {**after, "updated_at": ""} == {**before, "updated_at": ""}
    told.assert_quiet(world)


def test_what_is_left_to_people_is_left(world: World) -> None:
    """Under `keep` their text is told and stays, in whatever form the server keeps it."""
    world.write_raw(
        f"{HEAD}kind: Workspace\nmetadata: {{name: acme}}\nspec: {{drift: {{Incident: {{summary: keep}}}}}}\n",
        "reconciler.yaml",
    )
    write(world, *CONFIGURATION, incident())
    world.settle()
    world.edit(world.incidents()[0]["id"], summary="- theirs", incident_status_id=world.status("Fixing"))

    plan = world.plan()

    assert plan.is_empty
    assert len(told.notices(plan, Topic.KEPT)) == 2
    assert world.incidents()[0]["summary"] == "* theirs"


def everything(world: World) -> dict[str, Any]:
    """Return how many there are of each thing, and what they say."""
    incidents = world.incidents()
    names = {
        items: Counter(one["name"] for one in world.ask("GET", path)[items])
        for path, items in (
            ("/v1/severities", "severities"),
            ("/v1/incident_statuses", "incident_statuses"),
            ("/v2/incident_roles", "incident_roles"),
            ("/v2/custom_fields", "custom_fields"),
        )
    }
    messages = [world.updates(one["id"]) for one in incidents]
    return count(world) | names | {"texts": [one.get("summary") for one in incidents], "messages": messages}


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_lost_state_duplicates_nothing(tmp_path: Path, settle: Settle, idempotency: str) -> None:
    """Each thing is known again by what the server made of it, and stays what it was; then nothing is left to do."""
    world = settle(tmp_path, *CONFIGURATION, incident(), idempotency=idempotency)
    before, first = everything(world), [told.lasting(one) for one in world.incidents()]
    world.lose_state()
    since = len(world.requests())

    plan = world.plan()
    world.settle()

    assert not any(isinstance(change, Create) for change in plan.changes)
    assert told.steps(plan).count("adopt Incident/checkout") == 1
    assert everything(world) == before
    assert told.writes(world, since) == []
    assert [told.lasting(one) for one in world.incidents()] == first
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_lost_state_posts_what_was_not_posted(tmp_path: Path, settle: Settle, idempotency: str) -> None:
    """What stands in the timeline is known again, and what was added to the manifest since comes behind it."""
    world = settle(tmp_path, *CONFIGURATION, incident(), idempotency=idempotency)
    world.lose_state()
    more = {"id": "fourth", "message": f"Again: {PROSE}"}
    write(world, *CONFIGURATION, incident(updates=[*SPEC["updates"], more]))

    world.settle()

    messages = world.updates(world.incidents()[0]["id"])
    assert len(messages) == 4
    assert messages[3].startswith("Again:")
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict"])
def test_what_a_key_answers_is_known_again(tmp_path: Path, idempotency: str) -> None:
    """Where nothing is adopted, an incident that its key leads to has what was sent, in the form of the server."""
    world = rewriting(tmp_path, idempotency)
    world.write_raw(f"{HEAD}kind: Workspace\nmetadata: {{name: acme}}\nspec: {{adopt: never}}\n", "reconciler.yaml")
    write(world, *CONFIGURATION, incident(updates=None, declare_as=None, severity="Minor"))
    world.settle()
    before = everything(world)
    world.lose_state()
    with world.sandbox() as app, app.store.writing() as transaction:
        transaction.write("UPDATE incident SET created = created - 86400000000", ())

    world.settle()

    assert everything(world) == before
    plan = world.plan()
    assert not plan.refusals
    assert told.steps(plan) == []


BEYOND = {"message": "Rolled back :tada:", "summary": "Known"}
"""A text of which the server makes something that nobody can tell to be it."""


def beyond(**more: Any) -> dict[str, Any]:
    """Return an incident with an update whose text the server changes beyond recognition."""
    updates = [{"id": "first", "message": BEYOND["message"]}]
    return {
        "kind": "Incident",
        "metadata": {"name": "checkout"},
        "spec": {"name": "Checkout slow", "mode": "test", "severity": "Minor", "updates": updates} | more,
    }


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_what_cannot_be_known_again_is_unknown(tmp_path: Path, idempotency: str) -> None:
    """State is lost and the message is another: refused whole, told as unknown with the way on, and posted once."""
    world = rewriting(tmp_path, idempotency)
    write(world, beyond())
    world.settle()
    told.assert_quiet(world)
    world.lose_state()

    plan = world.plan()
    world.apply()

    refusal = told.refusal(plan)
    assert refusal.why is Why.UNKNOWN
    assert "declare the updates as they stand in the timeline" in refusal.hint
    assert plan.is_empty
    assert world.updates(world.incidents()[0]["id"]) == ["Rolled back 🎉"]


def test_the_way_on_from_unknown_works(world: World) -> None:
    """The message as it stands in the timeline is known again, and nothing is posted a second time."""
    write(world, beyond())
    world.settle()
    world.lose_state()
    write(world, beyond(updates=[{"id": "first", "message": "Rolled back 🎉"}, {"id": "second", "message": "- Done"}]))

    world.settle()

    assert world.updates(world.incidents()[0]["id"]) == ["Rolled back 🎉", "* Done"]
    told.assert_quiet(world)


BEFORE = incident(updates=SPEC["updates"][:2], timeline=None)
WRITES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "incident": ([], [incident(updates=None, timeline=None, call_url=None)]),
    "update": ([BEFORE], [incident(timeline=None)]),
    "timeline item": ([BEFORE], [incident(updates=SPEC["updates"][:2])]),
    "edit of a timeline item": ([incident()], [incident(timeline=[SPEC["timeline"][0] | {"description": "- Other"}])]),
    "edit": ([BEFORE], [incident(updates=SPEC["updates"][:2], timeline=None, summary="- Mended\n- Kept")]),
    "edit of a name": ([incident()], [incident(name="Checkout\tis mended")]),
    "edit of a moment": ([incident()], [incident(timestamps={"Reported at": "2026-11-20T09:15:00.250Z"})]),
    "edit of a link": ([incident()], [incident(call_url="https://Meet.Example.COM/Other")]),
    "edit of a number": ([incident()], [incident(custom_fields={"Customers affected": 12.5})]),
    "edit of a set": ([incident()], [incident(custom_fields={"Affected services": ["Web", "Checkout", "Search"]})]),
}


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
@pytest.mark.parametrize("name", WRITES)
def test_a_lost_answer_is_found_out(tmp_path: Path, settle: Settle, name: str, fault: str, idempotency: str) -> None:
    """Carried out or not, the same run finds out by what the server made of it: done, once, and right."""
    before, after = WRITES[name]
    quiet = settle(tmp_path / "quiet", *CONFIGURATION, *after)
    world = settle(tmp_path / "loud", *CONFIGURATION, *before, idempotency=idempotency)
    write(world, *CONFIGURATION, *after)

    outcomes = world.apply([fault])

    assert all(isinstance(one, Done) for one in outcomes), outcomes
    assert everything(world) == everything(quiet)
    told.assert_quiet(world)
    assert not world.memory.pending


@pytest.mark.parametrize("number", range(len(CONFIGURATION)))
@pytest.mark.parametrize("fault", ["drop-after:1:write", "drop-before:1:write"])
def test_a_lost_answer_of_configuration_is_found_out(tmp_path: Path, number: int, fault: str) -> None:
    """A create is known again by its name, an edit by its text."""
    world = rewriting(tmp_path)
    for description in (PROSE, "- Another"):
        write(world, CONFIGURATION[number] | {"spec": CONFIGURATION[number]["spec"] | {"description": description}})

        outcomes = world.apply([fault])

        assert all(isinstance(one, Done) for one in outcomes), outcomes
        told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_an_update_that_cannot_be_known_again_is_not_posted_twice(tmp_path: Path, idempotency: str) -> None:
    """It was posted, its answer lost, and it reads otherwise: unknown in this run and in the next, and there once."""
    world = rewriting(tmp_path, idempotency)
    write(world, beyond(updates=[]))
    world.settle()
    updates = [{"id": "first", "message": BEYOND["message"]}, {"id": "second", "message": "More"}]
    write(world, beyond(updates=updates))

    for faults in (["drop-after:1:write"], []):
        outcomes = world.apply(faults)

        assert words(outcomes) == {
            "post Incident/checkout/update/first": "unknown",
            "post Incident/checkout/update/second": "skipped",
        }
        (unknown,) = (one for one in outcomes if isinstance(one, Unknown))
        assert "made by an API key since, may be this update" in unknown.message
        assert "write its message into the manifest as it stands" in unknown.hint
        assert any(isinstance(one, Skipped) for one in outcomes)
        assert world.updates(world.incidents()[0]["id"]) == ["Rolled back 🎉"]
    write(world, beyond(updates=[updates[0] | {"message": "Rolled back 🎉"}, updates[1]]))
    world.settle()
    assert world.updates(world.incidents()[0]["id"]) == ["Rolled back 🎉", "More"]
    told.assert_quiet(world)


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_an_update_that_never_arrived_is_posted(tmp_path: Path, idempotency: str) -> None:
    """The same without the update in the timeline: nothing there may be it, so it is asked for again."""
    world = rewriting(tmp_path, idempotency)
    write(world, beyond())

    outcomes = world.apply(["drop-before:2:write"])

    assert all(isinstance(one, Done) for one in outcomes)
    assert world.updates(world.incidents()[0]["id"]) == ["Rolled back 🎉"]
    told.assert_quiet(world)


@pytest.mark.parametrize(("idempotency", "first"), [("conflict", 1), ("forget", 2)])
def test_a_run_may_die_behind_any_write(tmp_path: Path, settle: Settle, idempotency: str, first: int) -> None:
    """The account goes away behind each write in turn; the run after that brings everything about, once."""
    quiet = settle(tmp_path / "quiet", *CONFIGURATION, incident())
    writes = sum(one["method"] != "GET" for one in quiet.requests())
    assert writes > 12
    for number in range(first, writes + 1, 2):
        world = rewriting(tmp_path / str(number), idempotency)
        write(world, *CONFIGURATION, incident())
        world.apply([f"drop-after:{number}:write", f"drop-before:{number + 1}-:write"], parallelism=1)

        world.settle()

        told.assert_quiet(world)
        assert everything(world) == everything(quiet)


def test_an_edit_of_the_layout_alone_is_not_taken_for_done(tmp_path: Path) -> None:
    """Its answer is lost and it never arrived: what stands there is alike, but it is what was there before."""
    world = World(tmp_path)
    write(world, beyond(summary="one two"))
    world.settle()
    write(world, beyond(summary="- one\n- two"))

    (outcome,) = world.apply(["drop-before:1:write"])

    assert isinstance(outcome, Done)
    assert world.incidents()[0]["summary"] == "- one\n- two"
    told.assert_quiet(world)


class TestNames:
    """What a server does to names does not hide what they name."""

    @pytest.mark.parametrize("said", ["Catastrophic", " Catastrophic", "Catastrophic\n"])
    @pytest.mark.parametrize("lost", [False, True])
    def test_blanks_around_a_name_mean_nothing(self, world: World, said: str, *, lost: bool) -> None:
        """Neither where it is declared nor where it is referred to."""
        write(world, CONFIGURATION[0], beyond(severity=said, updates=[]))
        world.settle()
        if lost:
            world.lose_state()

        world.settle()

        assert len(world.listed("/v1/severities", "severities")) == 4
        told.assert_quiet(world)

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    def test_how_signs_are_composed_means_nothing(self, world: World, form: Any) -> None:
        """A field and its options that another system composes otherwise are found, and named, all the same."""
        write(world, *CONFIGURATION)
        world.settle()
        status, option = (unicodedata.normalize(form, name) for name in ("V\u00e9rifying", "R\u00e9gion"))
        write(world, *CONFIGURATION, beyond(status=status, custom_fields={"Blast radius": option}, updates=[]))

        world.settle()

        told.assert_quiet(world)

    def test_a_name_in_the_account_is_found_however_it_is_written(self, tmp_path: Path) -> None:
        """By a manifest of the same name, and where it is referred to."""
        world = World(tmp_path)
        world.ask("POST", "/v1/severities", {"name": "EU  re\u0301gion", "description": "", "rank": 40})
        severity = {
            "kind": "Severity",
            "metadata": {"name": "eu"},
            "spec": {"name": "EU r\u00e9gion", "description": ""},
        }
        write(world, severity, beyond(severity="EU r\u00e9gion ", updates=[]))

        world.settle()

        assert len(world.listed("/v1/severities", "severities")) == 4
        told.assert_quiet(world)

    def test_what_only_the_account_has_is_found_however_it_is_written(self, tmp_path: Path) -> None:
        """A severity, and a field with its options, that no manifest declares."""
        world = World(tmp_path)
        world.ask("POST", "/v1/severities", {"name": "EU  re\u0301gion", "description": "", "rank": 40})
        field = {"name": "Blast  radius", "description": "", "field_type": "single_select"}
        made = world.ask("POST", "/v2/custom_fields", field)["custom_field"]["id"]
        world.ask("POST", "/v1/custom_field_options", {"custom_field_id": made, "value": "re\u0301gion"})
        write(world, beyond(severity="EU r\u00e9gion", custom_fields={" Blast radius": "r\u00e9gion"}, updates=[]))

        world.settle()

        assert world.incidents()[0]["severity"]["name"] == "EU  re\u0301gion"
        told.assert_quiet(world)

    def test_options_that_differ_in_a_sign_are_two(self, world: World) -> None:
        """What would be layout in a text is part of a name."""
        field = CONFIGURATION[3] | {"spec": CONFIGURATION[3]["spec"] | {"options": ["100"]}}
        write(world, field)
        world.settle()
        field["spec"]["options"] = ["> 100"]
        write(world, field)

        world.settle()

        assert sorted(count(world)["options"]) == ["100", "> 100"]
        told.assert_quiet(world)

    def test_two_manifests_of_one_name_contradict_each_other(self, world: World) -> None:
        """Names that a server would make the same are the same."""
        other = CONFIGURATION[1] | {"metadata": {"name": "other"}}
        other["spec"] = CONFIGURATION[1]["spec"] | {"name": "V\u00e9rifying", "rank": 41}
        write(world, CONFIGURATION[1], other)

        with pytest.raises(Invalid, match="another status is called"):
            world.plan()

    def test_what_is_referred_to_comes_along(self, world: World) -> None:
        """A selection brings what it names, however the name is written."""
        write(world, *CONFIGURATION, beyond(severity="Catastrophic  ", updates=[]))

        plan = world.plan(select=["kind=Incident"])

        assert told.steps(plan) == ["create Severity/sev0", "create Incident/checkout"]


LINES = st.lists(
    st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="$"), max_size=30)
    | st.sampled_from(
        ["- item", "  + inner", "1. first", "# Title", "", "word " * 20, "> 5 %", ":fire:", "e\u0301", "*"]
    ),
    min_size=1,
    max_size=6,
)
TEXTS = st.builds(str.join, st.sampled_from(["\n", "\r\n", "\n\n\n", "\t"]), LINES).filter(lambda text: text.strip())
NUMBERS = st.integers(-(10**18), 10**18) | st.sampled_from(["1e3", "0.1", "-0", "12345678901234567.25", "1e-9"])
MOMENTS = st.sampled_from(
    ["2026-11-20T09:12:00Z", "2026-11-20 10:12+01:00", "2026-11-20T09:12:00.999999Z", "2026-11-20T09:12:59.5-08:00"]
)
SERVICES = st.lists(st.sampled_from(["Checkout", "Payments", "Search", "Web"]), unique=True)
LINKS = st.sampled_from(["https://Example.COM", "HTTPS://example.com/A?b#C", "https://example.com/"])
FIELDS = st.fixed_dictionaries(
    {"summary": TEXTS},
    optional={
        "call_url": LINKS,
        "custom_fields": st.fixed_dictionaries(
            {},
            optional={
                "Root cause": TEXTS,
                "Customers affected": NUMBERS,
                "Affected services": SERVICES,
                "Runbook": LINKS,
                "Detection method": st.sampled_from(["Alert", "Employee"]),
            },
        ),
        "timestamps": st.fixed_dictionaries({"Reported at": MOMENTS}),
    },
)


@RARELY
@given(
    fields=FIELDS,
    messages=st.lists(TEXTS, max_size=3),
    items=st.lists(st.tuples(MOMENTS, TEXTS, TEXTS), max_size=2),
    idempotency=st.sampled_from(["return", "conflict", "forget"]),
)
def test_any_text_number_set_and_moment_converges(
    tmp_path_factory: pytest.TempPathFactory, fields: Any, messages: Any, items: Any, idempotency: str
) -> None:
    """After an apply a plan is empty; with the state lost nothing is there twice, or it is told that nobody knows."""
    world = rewriting(tmp_path_factory.mktemp("world"), idempotency)
    updates = [{"id": f"u{number}", "message": message} for number, message in enumerate(messages)]
    timeline = [
        {"id": f"t{number}", "at": at, "title": title, "description": text}
        for number, (at, title, text) in enumerate(items)
    ]
    write(world, beyond(**fields, updates=updates, timeline=timeline))
    world.settle()
    told.assert_quiet(world)
    before, since = everything(world), len(world.requests())
    world.settle()
    assert_asks_only(world, since)
    world.lose_state()

    world.settle()

    assert everything(world) == before
    plan = world.plan()
    assert plan.is_empty, plan.changes
    assert {refusal.why for refusal in plan.refusals} <= {Why.UNKNOWN}
    assert not plan.refusals or any(":fire:" in message for message in messages)
