"""Without the state: what people did to an incident is known as theirs all the same, and what they did not, is not."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ApiError
from reconciler.model import Done, Key, Topic, Unknown, Why
from reconciler.sandbox import Behaviour
from reconciler.sending import answered
from reconciler.state import IMPORTED, REBUILT, Record
from reconciler.state.local import LocalStore
from tests.core import told
from tests.world import ACME, World

if TYPE_CHECKING:
    from pathlib import Path

MANIFEST = """
kind: Incident
metadata: {name: checkout}
spec:
  name: Checkout slow
  mode: test
  declare_as: {severity: Minor}
  severity: Major
  status: Fixing
"""


def incident(world: World) -> str:
    """Return the ID of the only incident."""
    (one,) = world.incidents()
    return str(one["id"])


def kept(world: World) -> list[str]:
    """Return what a plan tells as kept, but for who did it when."""
    return [re.sub(r" \(.*?\)", "", notice.message) for notice in world.plan().notices if notice.topic is Topic.KEPT]


def test_what_was_declared_and_not_yet_edited_is_nobodys_move(world: World) -> None:
    """A person who only told something is not taken for who set the severity that the incident was declared with."""
    world.write(MANIFEST.replace("  severity: Major\n", ""))
    world.settle()
    world.lose_state()
    told = {"incident_id": incident(world), "idempotency_key": "theirs", "message": "Looking."}
    world.ask("POST", "/v2/incident_updates", told, person="bob@example.com")
    world.write(MANIFEST)

    world.settle()

    assert world.incidents()[0]["severity"]["name"] == "Major"


def test_what_is_kept_is_told_in_every_plan(world: World) -> None:
    """A value that people set, and that is found when the incident is adopted, is told until somebody decides."""
    world.write(MANIFEST)
    world.settle()
    world.edit(incident(world), severity_id=world.severity("Critical"))
    world.lose_state()
    assert kept(world) == ["severity Critical kept; the manifest says Major"]

    world.settle()

    assert kept(world) == ["severity Critical kept; the manifest says Major"]
    assert world.plan().is_empty


def test_a_finished_incident_that_people_open_again_is_left_where_they_bring_it(world: World) -> None:
    """Adopted when it was closed: what people do to its status next is theirs as it would be with a state."""
    world.write(MANIFEST)
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Closed"))
    world.lose_state()
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Monitoring"))

    world.settle()

    assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
    assert kept(world) == ["status Monitoring kept; the manifest says Fixing"]


def test_a_journal_without_its_state_tells_too_little_of_what_it_only_changed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """State gone, journal there: an edit that stands in it does not make an incident known, nor people's moves ours."""
    world.write(MANIFEST)
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Monitoring"))
    world.write(MANIFEST + "  summary: Slow.\n")
    with monkeypatch.context() as dying:
        dying.setattr(LocalStore, "save", lambda *_: None)
        world.settle()
    (world.workspace.state.parent / "state.json").unlink()

    world.settle()

    assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
    assert kept(world) == ["status Monitoring kept; the manifest says Fixing"]


ITEM = "{id: deploy, at: 2026-11-20T09:05:00Z, title: %s}"


def items(world: World) -> dict[str, str]:
    """Return the IDs of the incident's own timeline items by their titles."""
    listed = world.ask("GET", f"/v2/incident_timeline_items?incident_id={incident(world)}")["incident_timeline_items"]
    own = [one for one in listed if not one.get("activity_log_id")]
    assert len({one["title"] for one in own}) == len(own)
    return {one["title"]: one["id"] for one in own}


def retitle(world: World, title: str) -> None:
    """Let a person edit the only timeline item."""
    (item,) = items(world).values()
    world.ask("PATCH", f"/v2/incident_timeline_items/{item}", {"title": title}, person="bob@example.com")


def lose_items(world: World) -> None:
    """Forget of a known incident which timeline items it has."""
    memory = world.memory
    kept = {key: record for key, record in memory.state.records.items() if key.child[:1] != ("timeline",)}
    with world.store.locked():
        world.store.save(replace(memory, state=replace(memory.state, records=kept)), memory.state.account)


def test_a_timeline_item_retitled_since_is_found_by_its_key_and_edited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The API answers a repeated key with the item as it was, which is no rewriting of what was asked."""
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy 4821'}]\n")
    world.settle()
    lose_items(world)
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Rollback of 4821'}]\n")
    monkeypatch.setattr(answered, "MARGIN", -10.0)  # as if it had been made ten seconds before

    (outcome,) = world.settle()

    assert isinstance(outcome, Done)
    assert outcome.adopted
    assert outcome.note == "an earlier run made it; other title by now: plan again"
    (edit,) = world.plan().changes
    assert told.fields(edit) == {"title": ("Deploy 4821", "Rollback of 4821", "unrecorded")}
    world.settle()
    assert list(items(world)) == ["Rollback of 4821"]


@pytest.mark.parametrize("idempotency", ["return", "conflict", "forget"])
def test_a_timeline_item_that_people_edited_is_not_made_again(tmp_path: Path, idempotency: str) -> None:
    """It may be the declared one or another: a person says which, and both hints can be typed."""
    world = World(tmp_path, idempotency)
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy'}]\n")
    world.settle()
    retitle(world, "Deploy by Bob")
    world.lose_state()

    refusal = told.refusal(world.plan())
    world.apply()

    assert list(items(world)) == ["Deploy by Bob"]
    assert refusal.why is Why.UNKNOWN
    assert refusal.source.line == 10
    assert refusal.message == (
        "the timeline holds an item by an API key that this manifest does not declare "
        "(`Deploy by Bob`, 2026-11-20T09:05:00Z), so it cannot be told whether `deploy` was made"
    )
    assert refusal.hint == "if that is `deploy`, write it as it stands there; if it is another one, declare it as well"
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy by Bob'}]\n")
    world.settle()
    assert world.plan().is_empty
    assert list(items(world)) == ["Deploy by Bob"]


@pytest.mark.parametrize("idempotency", ["return", "forget"])
def test_a_timeline_item_that_people_edited_may_be_declared_beside(tmp_path: Path, idempotency: str) -> None:
    """The second way on: what stands there is another one, and takes the ID with it where its key is remembered."""
    world = World(tmp_path, idempotency)
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy'}]\n")
    world.settle()
    retitle(world, "Deploy by Bob")
    world.lose_state()
    theirs = ITEM.replace("deploy", "theirs") % "Deploy by Bob"
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy'}, {theirs}]\n")

    undone = told.wrong(world.apply())

    if idempotency == "return":
        (unknown,) = undone
        assert isinstance(unknown, Unknown)
        assert unknown.hint == "an ID is never used again: give it another `id`"
        assert list(items(world)) == ["Deploy by Bob"]
        world.write(MANIFEST + f"  timeline: [{ITEM.replace('deploy', 'again') % 'Deploy'}, {theirs}]\n")
        world.settle()
    assert items(world).keys() == {"Deploy", "Deploy by Bob"}
    assert world.plan().is_empty


@pytest.mark.parametrize("maker", ["bob@example.com", "another key"])
def test_what_others_tell_in_a_timeline_is_nobodys_business(world: World, maker: str) -> None:
    """Items by people, and by the keys of other programs, keep none from being made."""
    world.write(MANIFEST)
    world.settle()
    world.lose_state()
    body = {"incident_id": incident(world), "idempotency_key": "theirs", "title": "Theirs"}
    by = {"key": "sandbox-editor"} if maker == "another key" else {"person": maker}
    world.ask("POST", "/v2/incident_timeline_items", body | {"timestamp": "2026-11-20T09:05:00Z"}, **by)
    world.write(MANIFEST + f"  timeline: [{ITEM % 'Deploy'}]\n")

    world.settle()

    assert items(world).keys() == {"Theirs", "Deploy"}


def test_what_a_create_carried_whose_answer_was_lost_is_not_peoples(tmp_path: Path) -> None:
    """The journal tells what was asked for: what stands as it was asked for may follow the manifest."""
    world = World(tmp_path, idempotency="forget")
    world.write(MANIFEST + "  roles: {Incident Lead: alice@example.com}\n")
    with suppress(ApiError):
        world.apply(["drop-after:1:POST:/v2/incidents", "drop-before:2-:GET:/v2/incidents"])
    world.write(MANIFEST + "  roles: {Incident Lead: bob@example.com}\n")

    world.settle()

    (lead,) = [
        one["assignee"]["email"]
        for one in world.incidents()[0]["incident_role_assignments"]
        if one["role"]["name"] == "Incident Lead"
    ]
    assert lead == "bob@example.com"
    assert not kept(world)


def test_a_part_of_another_incident_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    """A second incident was declared under one name; the keys of its updates are answered with the first one's."""
    world = World(tmp_path)
    world.write(MANIFEST + "  updates: [{id: first, message: Looking.}]\n")
    world.settle()
    world.edit(incident(world), name="Payments slow")
    world.lose_state()

    world.apply(["forgotten-key:1-:POST:/v2/incidents"])

    first, second = (world.updates(one["id"]) for one in world.incidents())
    assert (first, second) == (["Looking."], [])
    assert not world.plan().is_empty


def test_what_people_do_before_an_adoption_is_finished_is_theirs(world: World) -> None:
    """A run adopts and dies before its edit; what people set then is not written over unseen, under keep."""
    world.write(MANIFEST)
    world.settle()
    world.edit(incident(world), severity_id=world.severity("Critical"), person="bob@example.com")
    world.lose_state()
    world.write(MANIFEST.replace("Major", "Minor").replace("  declare_as: {severity: Minor}\n", "  summary: Known\n"))
    world.ask("POST", f"/v2/incidents/{incident(world)}/actions/edit", _edit(severity_id=world.severity("Major")))
    with suppress(ApiError):
        world.apply(["drop-before:1-:write"])
    world.edit(incident(world), severity_id=world.severity("Critical"), person="carol@example.com")

    world.apply()

    assert world.incidents()[0]["severity"]["name"] == "Critical"


TRIAGED = """
kind: Incident
metadata: {name: checkout}
spec: {name: Checkout slow, mode: test, severity: Minor, declare_as: {status: Investigating}, status: %s}
"""


@pytest.mark.parametrize("place", ["look-alike", "key"])
def test_a_status_that_people_accepted_it_to_is_theirs_also_where_it_was_declared_with_it(
    tmp_path: Path, place: str
) -> None:
    """In triage an incident has no status yet: whoever accepts it moves it, be it to what was once asked for."""
    world = World(tmp_path, "conflict", behaviour=Behaviour(triages=True))
    world.write_raw(ACME % ("adopt: never" if place == "key" else ""), "reconciler.yaml")
    world.write(TRIAGED % "Investigating")
    world.settle()
    world.lose_state()
    world.edit(incident(world), incident_status_id=world.status("Investigating"))
    world.write(TRIAGED % "Fixing")

    world.apply()
    world.apply()

    assert world.incidents()[0]["incident_status"]["name"] == "Investigating"
    assert len(world.incidents()) == 1
    assert kept(world) == ["status Investigating kept; the manifest says Fixing"]


def test_an_edit_of_people_is_a_move_wherever_it_is_thought_to_have_begun(world: World) -> None:
    """Declared as over, taken up again by people; then the manifest gets an update, as if it had begun as active."""
    world.write(MANIFEST.replace("Fixing", "Documenting").replace("  severity: Major\n", ""))
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Investigating"))
    world.lose_state()
    again = MANIFEST.replace("Fixing", "Documenting").replace("  severity: Major\n", "")
    world.write(again + "  updates: [{id: first, message: Again.}]\n")

    world.settle()

    assert world.incidents()[0]["incident_status"]["name"] == "Investigating"
    assert world.updates(incident(world)) == ["Again."]
    assert kept(world) == ["status Investigating kept; the manifest says Documenting"]


def test_a_journal_without_its_state_tells_too_little_of_what_was_only_seen(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known incident of which one thing more was learned is not known by that thing alone."""
    world.write(MANIFEST + "  roles: {Incident Lead: alice@example.com}\n")
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Monitoring"))
    world.edit(incident(world), summary="Slow.")
    world.write(MANIFEST + "  summary: Slow.\n")
    with monkeypatch.context() as dying:
        dying.setattr(LocalStore, "save", lambda *_: None)
        world.settle()
    (world.workspace.state.parent / "state.json").unlink()

    world.settle()

    assert world.incidents()[0]["incident_status"]["name"] == "Monitoring"
    assert kept(world) == ["status Monitoring kept; the manifest says Fixing"]


CALLED = MANIFEST + "  call_url: https://meet.example.com/ours\n"


def unheard(lost: str, *, reads: int) -> list[str]:
    """Return the faults by which every edit, or its answer, is `lost`, and nobody learns which.

    A plan reads an incident by its ID so many times.
    """
    return [f"{lost}:1-:POST:/v2/incidents/*", f"drop-before:{reads + 1}-:GET:/v2/incidents/*"]


@pytest.mark.parametrize("lost", ["drop-before", "drop-after"])
@pytest.mark.parametrize("is_new", [True, False], ids=["declared just now", "known"])
def test_what_people_set_where_an_edit_was_to_set_something_first_is_not_written_over(
    world: World, lost: str, *, is_new: bool
) -> None:
    """A run never learns whether its edit was carried out; then people set the field: that is left to a person."""
    world.write_raw(ACME % "drift: {'*': keep}", "reconciler.yaml")
    if not is_new:
        world.write(MANIFEST)
        world.settle()
    world.write(CALLED)
    with suppress(ApiError):
        world.apply(unheard(lost, reads=0 if is_new else 1))
    world.edit(incident(world), call_url="https://meet.example.com/theirs")

    (refusal,) = world.plan().refusals
    world.apply()

    assert world.incidents()[0]["call_url"] == "https://meet.example.com/theirs"
    assert "call_url" in refusal.message


@pytest.mark.parametrize("ignored", ["", "  ignore_changes: [call_url]\n"], ids=["compared", "ignored"])
def test_what_an_edit_was_to_set_first_is_set_by_the_next_run(world: World, ignored: str) -> None:
    """Nobody has touched it meanwhile."""
    world.write_raw(ACME % "drift: {'*': keep}", "reconciler.yaml")
    world.write(CALLED + ignored)
    with suppress(ApiError):
        world.apply(unheard("drop-before", reads=0))
    assert not world.incidents()[0].get("call_url")

    world.settle()

    assert world.incidents()[0]["call_url"] == "https://meet.example.com/ours"
    assert world.plan().is_empty


SAME_TITLE = MANIFEST.replace("  status: Fixing\n", "").replace("name: checkout", "name: november")
OCTOBER = SAME_TITLE.replace("november", "october")
OCTOBER += "  updates: [{id: notice, message: Expired.}, {id: done, message: Done.}]\n"


@pytest.mark.parametrize(
    ("november", "is_refused"), [("  updates: [{id: notice, message: Expired.}]\n", True), ("", True)]
)
def test_what_happens_again_under_the_same_title_is_not_taken_for_the_one_that_is_over(
    world: World, november: str, *, is_refused: bool
) -> None:
    """October's is closed and forgotten, and holds what November's does not declare: a person says which it is."""
    world.write(OCTOBER)
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Closed"))
    world.lose_state()
    world.write(SAME_TITLE + november)

    refusals = world.plan().refusals

    assert bool(refusals) == is_refused
    assert "INC-1 looks the same and is Closed" in refusals[0].message
    assert "`not: [INC-1]` below `metadata:`" in refusals[0].hint
    world.write((SAME_TITLE + november).replace("{name: november}", "{name: november, not: [INC-1]}"))
    world.settle()
    assert len(world.incidents()) == 2


@pytest.mark.parametrize("strange", ["a bot's words", "another order"])
def test_what_is_over_is_not_doubted_for_a_bots_words_or_another_order(world: World, strange: str) -> None:
    """Neither says anything that October's manifest does not: it is found again, with a word."""
    world.write(OCTOBER)
    world.settle()
    body = {"incident_id": incident(world), "idempotency_key": "bot", "message": "Certificate renewed."}
    world.ask("POST", "/v2/incident_updates", body, key="sandbox-editor")
    world.edit(incident(world), incident_status_id=world.status("Closed"))
    world.lose_state()
    if strange == "another order":
        first, last = "{id: notice, message: Expired.}", "{id: done, message: Done.}"
        world.write(OCTOBER.replace(f"{first}, {last}", f"{last}, {first}") + "  status: Fixing\n")

    plan = world.plan()

    assert told.steps(plan) == ["adopt Incident/october"]
    assert any("INC-1 looks the same and is Closed" in text for text in told.notices(plan, Topic.WARNING))


def test_what_was_found_and_not_yet_written_over_is_unrecorded_still(world: World) -> None:
    """A run adopts and dies before its edit: nothing changed in the manifest since, and nothing was ever sent."""
    world.write(MANIFEST + "  summary: Ours\n")
    world.settle()
    world.edit(incident(world), summary="Theirs")
    world.lose_state()
    world.apply(["drop-before:1-:write"])

    edit = told.change(world.plan(), "edit", "Incident/checkout")

    assert told.fields(edit) == {"summary": ("Theirs", "Ours", "unrecorded")}
    world.write(MANIFEST + "  summary: Theirs\n")
    world.settle()
    world.write(MANIFEST + "  summary: Ours\n")
    edit = told.change(world.plan(), "edit", "Incident/checkout")
    assert told.fields(edit) == {"summary": ("Theirs", "Ours", "changed in the manifest")}


def test_one_that_is_over_is_adopted_with_a_word_where_nothing_speaks_against_it(world: World) -> None:
    """People closed it, and the state is lost: it is found again, and whoever reads the plan sees what it is."""
    world.write(SAME_TITLE)
    world.settle()
    world.edit(incident(world), incident_status_id=world.status("Closed"))
    world.lose_state()

    plan = world.plan()

    assert not plan.refusals
    (warning,) = [one.message for one in plan.notices if one.topic is Topic.WARNING]
    assert warning.startswith("INC-1 looks the same and is Closed, declared on ")
    world.settle()
    assert len(world.incidents()) == 1
    assert world.plan().is_empty


@pytest.mark.parametrize("how", [IMPORTED, REBUILT])
def test_what_people_did_to_one_that_was_imported_is_theirs_whatever_its_updates_moved(world: World, how: str) -> None:
    """No more than its ID is remembered: that an update is there tells nothing of its other fields."""
    world.write_raw(ACME % "drift: {Incident: {'*': keep}}", "reconciler.yaml")
    world.write(MANIFEST.replace("status: Fixing", "updates: [{id: first, message: Hello, status: Fixing}]"))
    world.settle()
    world.edit(incident(world), name="Called otherwise")
    memory = world.memory
    record = Record(id=incident(world), how=how, reference="INC-1", mode="test")
    with world.store.locked():
        known = replace(memory.state, records={Key("Incident", "checkout"): record})
        world.store.save(replace(memory, state=known), memory.state.account)

    assert world.plan().is_empty
    assert kept(world) == ["name Called otherwise kept; the manifest says Checkout slow"]


def _edit(**fields: str) -> dict[str, object]:
    return {"incident": fields, "notify_incident_channel": False}


@pytest.mark.parametrize("field", ["status", "severity"])
def test_a_move_that_a_dead_run_made_and_people_took_back_stays_theirs(world: World, field: str) -> None:
    """Nobody noted what came of the edit; the timeline tells that it was made, and that people moved it since."""
    began = {"status": "Investigating", "severity": "Minor"}
    declared = MANIFEST.replace("{severity: Minor}", "{severity: Minor, status: Investigating}")
    world.write(declared)
    with suppress(ApiError):
        world.apply(["drop-after:1-:POST:/v2/incidents/*", "drop-before:1-:GET:/v2/incidents/*"])
    (one,) = world.incidents()
    assert (one["incident_status"]["name"], one["severity"]["name"]) == ("Fixing", "Major")
    ids = {"status": ("incident_status_id", world.status), "severity": ("severity_id", world.severity)}
    wire, id_of = ids[field]
    world.edit(one["id"], **{wire: id_of(began[field])})

    world.settle()

    (one,) = world.incidents()
    live = {"status": one["incident_status"]["name"], "severity": one["severity"]["name"]}
    assert live == {"status": "Fixing", "severity": "Major"} | {field: began[field]}
    assert kept(world) == [
        f"{field} {began[field]} kept; the manifest says {'Fixing' if field == 'status' else 'Major'}"
    ]


def test_a_move_that_never_arrived_is_made(world: World) -> None:
    """A run that died before its edit was carried out leaves nothing in the timeline: the next one makes it."""
    world.write(MANIFEST)
    with suppress(ApiError):
        world.apply(["drop-before:1-:POST:/v2/incidents/*", "drop-before:1-:GET:/v2/incidents/*"])

    world.settle()

    (one,) = world.incidents()
    assert (one["incident_status"]["name"], one["severity"]["name"]) == ("Fixing", "Major")
    told.assert_quiet(world)
