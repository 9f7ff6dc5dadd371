"""Every fault that the sandbox has, at every sort of write: what was declared is there once, and told as it is."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import ReconcilerError
from reconciler.model import Done, Unknown
from reconciler.sandbox.faults import Kind
from tests.core import told
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.model import Outcome

FIRST = """
kind: Severity
metadata: {name: sev0}
spec: {name: Catastrophic, description: All is lost}
---
kind: IncidentRole
metadata: {name: scribe}
spec: {name: Scribe, description: Writes, instructions: Write it down, shortform: scribe}
---
kind: IncidentStatus
metadata: {name: watching}
spec: {name: Watching, description: We watch it, category: live}
---
kind: CustomField
metadata: {name: radius}
spec: {name: Blast radius, description: Who, type: single_select, options: [A, B]}
---
kind: Incident
metadata: {name: one}
spec:
  name: Search is slow
  mode: test
  severity: Catastrophic
  call_url: https://meet.example.com/x
  declare_as: {status: Investigating}
  custom_fields: {Customers affected: 120, Blast radius: A}
  roles: {Scribe: alice@example.com}
  timeline:
    - {id: deploy, at: 2026-11-20T09:05:00Z, title: A deploy}
  updates:
    - {id: notice, message: One search in ten fails.}
    - {id: mended, message: The index is rebuilt., status: Watching}
"""
SECOND = (
    FIRST.replace("All is lost", "Nobody can trade")
    .replace("Write it down", "Write it all down")
    .replace("We watch it", "We watch it closely")
    .replace("description: Who", "description: Whom")
    .replace("[A, B]", "[B, A, C]")
    .replace("A deploy", "The deploy")
    .replace("meet.example.com/x", "meet.example.com/y")
    + "    - {id: known, message: It was the index.}\n"
)
STAGES = {"made": ("", FIRST), "edited": (FIRST, SECOND)}
KINDS = [kind.value for kind in Kind]
PAUSE = {kind: "=0.001" for kind in KINDS if kind.startswith("slow")}
IDEMPOTENCY = ["return", "conflict", "forget"]


@dataclass(frozen=True)
class Stage:
    """A folder in which the next apply sends every sort of write: which ones, and what they leave if all goes well."""

    folder: Path
    sorts: tuple[str, ...]
    holdings: Counter[str]

    def begun(self, folder: Path, idempotency: str = "return") -> World:
        """Return a world of its own that stands where this one stands."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return World(folder, idempotency)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stage]:
    """Return every stage, with its sorts of writes by the account's own log of a run without faults."""
    return {name: staged(tmp_path_factory.mktemp(name), before, after) for name, (before, after) in STAGES.items()}


def staged(folder: Path, before: str, after: str) -> Stage:
    """Return a stage: what is declared before, and what is declared then."""
    world = World(folder / "begun")
    world.folder.mkdir()
    if before:
        world.write(before)
        world.settle()
    world.write(after)
    quiet = Stage(world.folder, (), Counter()).begun(folder / "quiet")
    since = len(quiet.requests())
    quiet.settle()
    sorts = dict.fromkeys(shape(one) for one in quiet.requests()[since:] if one["method"] != "GET")
    return Stage(world.folder, tuple(sorts), Counter(holdings(quiet)))


def shape(one: dict[str, Any]) -> str:
    """Return a request as a fault selects it: `PUT:/v1/severities/*`."""
    return sort(one["method"], one["path"])


def sort(method: str, path: str) -> str:
    """Return the sort of a write, whichever object it is about."""
    return f"{method}:" + re.sub(r"^(/v\d/\w+)/(\{[^}]*\}|[^/]+)", r"\1/*", path)


def holdings(world: World) -> Iterator[str]:
    """Yield what the account holds of what the manifests declare, each as often as it is there."""
    for path, items, fields in (
        ("/v1/severities", "severities", ("description",)),
        ("/v2/incident_roles", "incident_roles", ("instructions",)),
        ("/v1/incident_statuses", "incident_statuses", ("description",)),
        ("/v2/custom_fields", "custom_fields", ("description",)),
    ):
        for one in world.ask("GET", path)[items]:
            yield f"{items} {one['name']} {[one[name] for name in fields]}"
            if one["name"] == "Blast radius":
                options = world.ask("GET", f"/v1/custom_field_options?page_size=250&custom_field_id={one['id']}")
                yield from (f"option {each['value']} {each['sort_key']}" for each in options["custom_field_options"])
    for one in world.incidents():
        yield f"incident {one['name']} {one['call_url']} {one['incident_status']['name']} {one['severity']['name']}"
        yield from (f"update {message}" for message in world.updates(one["id"]))
        items = world.ask("GET", f"/v2/incident_timeline_items?incident_id={one['id']}")["incident_timeline_items"]
        yield from (f"timeline {each['title']}" for each in items if not each.get("activity_log_id"))


def tried(world: World, faults: Sequence[str] = ()) -> list[Outcome]:
    """Apply; whatever is no answer of the program's own is a defect, and ends the test."""
    with suppress(ReconcilerError):
        return world.apply(faults)
    return []


def assert_told_as_it_is(world: World, outcomes: list[Outcome], before: list[dict[str, Any]]) -> None:
    """Assert that of each sort as many are done as the account carried out, but for those that nobody knows."""
    changed = Counter(shape(one) for one in world.requests()[len(before) :] if one["changed"])
    requests = {id(one): getattr(one.change, "request", None) for one in outcomes}
    sorts = [(one, sort(request.method, request.path)) for one in outcomes if (request := requests[id(one)])]
    done = Counter(of for one, of in sorts if isinstance(one, Done) and not one.adopted)
    unknown = Counter(of for one, of in sorts if isinstance(one, Unknown))
    assert done <= changed
    assert changed <= done + unknown
    for one in outcomes:
        assert not isinstance(one, Done) or world.memory.record(one.change.key)


@pytest.mark.parametrize("idempotency", IDEMPOTENCY)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", STAGES)
def test_each_sort_of_write_survives_each_fault(
    tmp_path: Path, stages: dict[str, Stage], stage: str, kind: str, idempotency: str
) -> None:
    """The first write of every sort is struck: each thing is there once, what is told is true, a third run is idle."""
    world = stages[stage].begun(tmp_path, idempotency)
    before = world.requests()

    outcomes = tried(world, [f"{kind}{PAUSE.get(kind, '')}:1:{sort}" for sort in stages[stage].sorts])

    assert_told_as_it_is(world, outcomes, before)
    tried(world)
    assert Counter(holdings(world)) == stages[stage].holdings
    told.assert_quiet(world)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_that_dies_at_each_sort_of_write_is_finished(
    tmp_path: Path, stages: dict[str, Stage], stage: str, kind: str
) -> None:
    """One sort of write after the other never gets through, each in a run of its own: the last run finishes it all."""
    idempotency = IDEMPOTENCY[KINDS.index(kind) % len(IDEMPOTENCY)]
    world = stages[stage].begun(tmp_path, idempotency)

    for sort in stages[stage].sorts:
        before = world.requests()
        assert_told_as_it_is(world, tried(world, [f"{kind}{PAUSE.get(kind, '')}:1-:{sort}"]), before)

    tried(world)
    tried(world)
    assert Counter(holdings(world)) == stages[stage].holdings
    told.assert_quiet(world)


# A property that nobody knows goes back with a PUT as it came, which the published document does not allow for.
READS = [
    (stage, kind, which)
    for kind in KINDS
    for stage, which in (("made", "9-:GET"), ("edited", "1-3:GET"), ("edited", "9-:GET"))
    if (stage, kind) != ("edited", "extra-field")
]


@pytest.mark.parametrize(("stage", "kind", "which"), READS)
def test_a_read_that_fails_costs_nothing_but_time(
    tmp_path: Path, stages: dict[str, Stage], stage: str, kind: str, which: str
) -> None:
    """The reads of a plan, and those that find out what a lost answer did, are struck: the next run is right."""
    world = stages[stage].begun(tmp_path, "forget")

    tried(world, [f"{kind}{PAUSE.get(kind, '')}:{which}", "drop-after:2:write"])

    tried(world)
    tried(world)
    assert Counter(holdings(world)) == stages[stage].holdings
    told.assert_quiet(world)
