"""What one run may do: each limit holds with the numbers that trip it, and names what lets it pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import guards
from reconciler.errors import Misused, Tripped
from reconciler.guards import Allowance
from reconciler.model import Create, Delete, Edit, Forget, Key, Live, Plan, Request, Source
from tests.cli.shell import Shell
from tests.world import ACME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Change
    from tests.cli.shell import Ended

DOCUMENT = Path(__file__).parents[2].parent / "shared" / "incident-io" / "openapi.json"
AT = Source("manifests.yaml", 1, 1)


def incidents(shell: Shell, count: int, spec: str = "mode: test") -> None:
    """Declare that many incidents."""
    text = "---\n".join(
        f"apiVersion: reconciler/v1\nkind: Incident\nmetadata: {{name: i{number}}}\n"
        f"spec: {{name: Number {number}, severity: Minor, {spec}}}\n"
        for number in range(count)
    )
    shell.write("manifests.yaml", text)


def limited(shell: Shell, spec: str) -> None:
    """Write a workspace."""
    shell.write("reconciler.yaml", ACME % spec)


def apply(shell: Shell, *flags: str) -> Ended:
    """Apply to the sandbox."""
    return shell.run("apply", "--sandbox", "--auto-approve", *flags)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Give a folder to type commands in."""
    return Shell(tmp_path)


def test_a_limit_is_checked_before_the_first_write(shell: Shell) -> None:
    """Plan shows the plan and exits with 4, apply writes nothing; both tell the numbers and the two ways out."""
    limited(shell, "limits: {create: 2}")
    incidents(shell, 3)
    told = (
        "error: the plan has 3 to create, and the workspace allows 2 in one run\n"
        "hint: `--allow create=3` lets it pass this once; `limits: {create: 3}` in reconciler.yaml always\n"
    )

    planned, applied = shell.run("plan", "--sandbox"), apply(shell)

    assert (planned.code, planned.stderr, applied.code, applied.stderr) == (4, told, 4, told)
    assert "Plan: 3 to create." in planned.stdout
    assert shell.run("plan", "--sandbox", "--allow", "create=3").code == 0


def test_an_update_that_moves_an_incident_counts_as_an_edit(shell: Shell) -> None:
    """The way that cannot be taken back is no way around the limits; words alone are none."""
    limited(shell, "")
    incidents(shell, 8)
    assert apply(shell).code == 0
    limited(shell, "limits: {edit: 2, percent: 10}")
    incidents(shell, 8, "updates: [{id: a, message: Words., status: Closed}]")

    refused = apply(shell, "--allow", "touched")

    assert refused.code == 4
    assert "the plan has 8 to edit, and the workspace allows 2 in one run" in refused.stderr
    assert "the plan changes 8 of 8 resources (100 %)" in refused.stderr
    incidents(shell, 8, "updates: [{id: a, message: Words.}]")
    assert apply(shell).code == 0


def test_the_flag_lets_one_run_pass_and_no_other(shell: Shell) -> None:
    """As many as it says, and only as long as it is said."""
    limited(shell, "limits: {create: 1}")
    incidents(shell, 2)

    assert apply(shell, "--allow", "create=1").code == 4
    assert apply(shell, "--allow", "create=2").code == 0
    incidents(shell, 4)
    assert apply(shell).code == 4


def test_everything_that_trips_is_told_at_once(shell: Shell) -> None:
    """One run tells all limits that a plan is over, and all their flags together let it pass."""
    limited(shell, "limits: {create: 5, percent: 30}, allow: {modes: []}")
    incidents(shell, 6)
    modes = "Incident/i0 (and 5 more) would be declared in test mode, and the workspace allows none"

    refused = apply(shell)

    assert refused.code == 4
    assert [line for line in refused.stderr.splitlines() if line.startswith("error")] == [
        "error: the plan has 6 to create, and the workspace allows 5 in one run",
        "error: the plan changes 6 of 6 resources (100 %), and the workspace allows 30 % in one run",
        f"error: manifests.yaml:1:1: {modes}",
    ]
    flags = re.findall(r"--allow \S+=\w+", refused.stderr)
    assert apply(shell, *" ".join(flags).split()).code == 0


def test_edits_are_counted_by_the_resource(shell: Shell) -> None:
    """Any number of fields, updates and items of one incident is one edit."""
    limited(shell, "limits: {edit: 1}")
    incidents(shell, 1)
    apply(shell)
    incidents(shell, 2)
    apply(shell)
    incidents(shell, 1, "mode: test, summary: More, call_url: 'https://a.example.com'")
    assert apply(shell).code == 0
    incidents(shell, 2, "mode: test, summary: Even more")

    assert "the plan has 2 to edit, and the workspace allows 1 in one run" in apply(shell).stderr


@pytest.mark.parametrize(("count", "code"), [(5, 0), (6, 4)])
def test_a_share_is_refused_above_a_floor(shell: Shell, count: int, code: int) -> None:
    """Percent alone would forbid small workspaces everything: the first five changes are always allowed."""
    limited(shell, "limits: {percent: 30}")
    incidents(shell, count)

    assert shell.run("plan", "--sandbox").code == code


def test_the_floor_of_a_share_spares_no_removal(shell: Shell) -> None:
    """A small workspace can be closed whole as well: what goes away is always a share of what there is."""
    limited(shell, "limits: {percent: 30}")
    incidents(shell, 3, "mode: test, on_remove: close")
    assert apply(shell).code == 0
    incidents(shell, 2, "mode: test, on_remove: close")

    refused = apply(shell, "--prune")

    assert refused.code == 4
    assert refused.stderr == (
        "error: the plan takes away 1 of 3 resources (34 %), and the workspace allows 30 % in one run; "
        "5 creates and edits always pass\n"
        "hint: `--allow percent=34` lets it pass this once; `limits: {percent: 34}` in reconciler.yaml always\n"
    )
    assert apply(shell, "--prune", "--allow", "percent=34").code == 0


def test_without_any_manifest_nothing_is_pruned_unless_this_run_says_how_much(shell: Shell) -> None:
    """A folder that was not checked out looks like one from which all was taken away."""
    limited(shell, "manifests: [incidents], limits: {delete: 9}")
    incidents(shell, 2, "mode: test, on_remove: close")
    (shell.folder / "incidents").mkdir()
    (shell.folder / "manifests.yaml").rename(shell.folder / "incidents" / "all.yaml")
    assert apply(shell).code == 0
    (shell.folder / "incidents" / "all.yaml").unlink()

    refused = apply(shell, "--prune")

    assert refused.code == 4
    assert refused.stderr == (
        "error: no manifest is left, and the plan takes away or forgets 2 resources, which is all there are\n"
        "hint: is it the right folder? `--allow delete=2` lets it pass this once\n"
    )
    assert apply(shell, "--prune", "--allow", "delete=2").code == 0


def test_what_outlives_its_manifest_is_not_counted_as_taken_away(shell: Shell) -> None:
    """The protected one stays, so one is not all there are; without it, it is."""
    limited(shell, "manifests: [incidents], limits: {delete: 9}")
    incidents(shell, 2, "mode: test")
    file = shell.folder / "manifests.yaml"
    shell.write("incidents/all.yaml", file.read_text().replace("{name: i1}", "{name: i1, protect: true}"))
    file.unlink()
    assert apply(shell).code == 0
    (shell.folder / "incidents" / "all.yaml").unlink()

    both = shell.run("plan", "--sandbox", "--prune")
    assert shell.run("state", "rm", "Incident/i1", "--sandbox").code == 0
    one = shell.run("plan", "--sandbox", "--prune")

    assert "the plan takes away or forgets 1 of 2 resources\n" in both.stderr
    assert "the plan takes away or forgets 1 resource, which is all there is\n" in one.stderr


@pytest.mark.parametrize("form", ["text", "json", "markdown", "html"])
def test_a_plan_over_its_limits_says_so_in_every_format(shell: Shell, form: str) -> None:
    """Whoever reads only what is posted or saved does not take it for one that will be applied."""
    limited(shell, "limits: {create: 2}")
    incidents(shell, 3)

    refused = shell.run("plan", "--sandbox", "--format", form, "--out", "plan.json")
    shown = shell.run("plan", "show", "plan.json", "--format", form)

    assert "plan.json --sandbox` refuses it, as it is over its limits\n" in refused.stderr
    for told in (refused.stdout, shown.stdout):
        assert "the plan has 3 to create, and the workspace allows 2 in one run" in told
        assert "create=3` lets it pass this once" in told
    if form == "json":
        (limit,) = json.loads(refused.stdout)["over_limits"]
        assert limit["hint"].startswith("`--allow create=3`")
    within = shell.run("plan", "--sandbox", "--format", form, "--allow", "create=3")
    assert "the workspace allows" not in within.stdout


def test_what_lets_a_saved_plan_pass_is_not_told_as_refused(shell: Shell) -> None:
    """The limits are those of the run that applies it."""
    limited(shell, "limits: {create: 2}")
    incidents(shell, 3)
    shell.run("plan", "--sandbox", "--out", "plan.json")

    refused = apply(shell, "--plan", "plan.json")
    applied = apply(shell, "--plan", "plan.json", "--allow", "create=3")

    assert (refused.code, "Over its limits" in refused.stdout) == (4, True)
    assert (applied.code, "Over its limits" in applied.stdout) == (0, False)


def test_a_limit_of_this_run_is_not_told_as_the_workspaces(shell: Shell) -> None:
    """Whoever raised it too little sees which of the two it is that stops."""
    limited(shell, "limits: {create: 2}")
    incidents(shell, 4)

    assert "the plan has 4 to create, and `--allow create=3` allows 3 in this run" in (
        apply(shell, "--allow", "create=3").stderr
    )


def test_only_incidents_have_a_mode(shell: Shell) -> None:
    """A workspace for exercises takes the configuration around them as any other."""
    limited(shell, "allow: {modes: [test]}")
    shell.write(
        "manifests.yaml",
        "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: s5}\nspec: {name: S5, description: Minor}\n",
    )

    ended = apply(shell)

    assert ended.code == 0, ended.stderr


def test_an_incident_without_a_mode_is_a_standard_one(shell: Shell) -> None:
    """A workspace for exercises declares no real incident, unless this run may."""
    limited(shell, "allow: {modes: [test]}")
    incidents(shell, 1, "summary: Real")

    refused = shell.run("plan", "--sandbox")

    assert refused.code == 4
    assert refused.stderr == (
        "error: manifests.yaml:1:1: Incident/i0 would be declared in standard mode, and the workspace allows test\n"
        "hint: `--allow mode=standard` lets it pass this once, `allow: {modes: [standard, test]}` in reconciler.yaml "
        "always; or change its `mode:`\n"
    )
    assert shell.run("plan", "--sandbox", "--allow", "mode=standard").code == 0


@pytest.mark.parametrize(
    ("term", "told"),
    [
        ("creates=3", "error: --allow creates=3: there is no such limit\n"),
        ("create", "error: --allow create: there is no such limit\n"),
        ("create=many", "error: --allow create=many: there is no such limit\n"),
        ("paging=true", "error: --allow paging=true: there is no such limit\n"),
        ("mode=real", "error: --allow mode=real: `real` is not a mode\n"),
    ],
)
def test_a_term_that_means_nothing_is_told_with_those_that_do(shell: Shell, term: str, told: str) -> None:
    """It is no limit passed: exit code 3, and the list."""
    incidents(shell, 1)

    ended = shell.run("plan", "--sandbox", "--allow", term)

    assert ended.code == 3
    assert ended.stderr.startswith(told)
    known = "the modes are standard, test" if "real" in term else "it takes create=NUMBER, edit=NUMBER, delete=NUMBER"
    assert f"hint: {known}" in ended.stderr


def plan(changes: Iterable[Change], managed: int = 0) -> Plan:
    """Return a plan that nobody read anything for."""
    changes = tuple(changes)
    return Plan("acme", "", 1, len(changes), changes, managed=managed)


def request(method: str, path: str) -> Edit:
    """Return a change of some kind that is yet to come."""
    return Edit(Key("Severity", "later"), AT, Request(method, path, {}), {}, (), Live("01H", {}, {}))


def trips(found: Plan, *terms: str, **limits: int) -> list[str]:
    """Return what trips of a plan."""
    try:
        guards.check(found, guards.allowance(Allowance.of(limits, {}), terms), {})
    except Tripped as tripped:
        return [str(reason) for reason in tripped.reasons]
    return []


@pytest.mark.parametrize(
    ("method", "path", "word"),
    [
        ("POST", "/v2/escalations", "paging"),
        ("POST", "/v2/escalations/01H/actions/reassign", "paging"),
        ("POST", "/v2/alert_events/http/01H", "paging"),
        ("POST", "/v2/status_page_incidents", "subscribers"),
        ("POST", "/v2/status_page_incident_updates", "subscribers"),
        ("POST", "/v2/status_page_maintenances", "subscribers"),
        ("POST", "/v2/status_page_maintenance_updates", "subscribers"),
    ],
)
def test_nobody_is_paged_and_no_subscriber_told_unless_allowed(method: str, path: str, word: str) -> None:
    """By the path alone, whatever kind a request is of: so none that is added later can page by surprise."""
    found = plan([request(method, path)])
    does = "page people" if word == "paging" else "tell subscribers of a status page"

    assert trips(found) == [f"manifests.yaml:1:1: 1 request would {does}, the first for Severity/later"]
    assert trips(found, word) == []
    guards.check(found, Allowance.of({}, {word: True}), {})


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v2/escalation_paths/01H"), ("POST", "/v2/incidents"), ("DELETE", "/v2/status_page_maintenances/01H")],
)
def test_what_pages_nobody_is_not_taken_for_it(method: str, path: str) -> None:
    """An escalation path is configuration; it pages nobody by being written."""
    assert trips(plan([request(method, path)])) == []


@pytest.mark.skipif(not DOCUMENT.exists(), reason="the published API document is not here")
def test_every_operation_that_tells_subscribers_is_in_the_table() -> None:
    """The published document knows them by what they take."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    found = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        for name in re.findall(r"schemas/(\w+)", json.dumps(operation.get("requestBody", {})))
        if "notify_subscribers" in schemas[name].get("properties", {})
    }

    assert len(found) >= 4
    assert all(trips(plan([request(*one)])) for one in found), found


def create(number: int) -> Create:
    """Return the create of a severity."""
    return Create(Key("Severity", f"c{number}"), AT, "", Request("POST", "/v1/severities", {}), {})


def edit(number: int) -> Edit:
    """Return the edit of a severity."""
    key = Key("Severity", f"e{number}")
    return Edit(key, AT, Request("PUT", "/v1/severities/01H", {}), {}, (), Live("01H", {}, {}))


def removal(number: int) -> Sequence[Change]:
    """Return what takes one away: a delete, or a close and what forgets it."""
    live, path = Live(f"0{number}", {}, {}), f"/v1/severities/0{number}"
    if number % 2:
        return [Delete(Key("Severity", f"d{number}"), AT, "Grave", live, Request("DELETE", path, {}))]
    key = Key("Incident", f"d{number}")
    return [Edit(key, AT, Request("POST", "/v2/incidents", {}), {}, (), live), Forget(key, AT, "INC-1", "")]


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_limit_trips_exactly_when_it_is_exceeded(
    creates: int, edits: int, removals: int, most_creates: int, most_edits: int, most_deletes: int
) -> None:
    """As many as allowed pass, one more does not; each limit for itself."""
    changes: list[Change] = [*map(create, range(creates)), *map(edit, range(edits))]
    changes += [change for number in range(removals) for change in removal(number)]
    found = plan(changes)
    closes = len([number for number in range(removals) if not number % 2])

    told = " ".join(trips(found, create=most_creates, edit=most_edits, delete=most_deletes))

    assert (f"{creates} to create" in told) == (creates > most_creates)
    assert (f"{edits + closes} to edit" in told) == (edits + closes > most_edits)
    assert (f"{removals} to delete" in told) == (removals > most_deletes)


@given(st.integers(0, 40), st.integers(0, 200), st.integers(0, 100))
def test_a_share_trips_exactly_when_it_is_exceeded(changed: int, unchanged: int, most: int) -> None:
    """More than five changes, and more than so many of a hundred of all that is managed."""
    managed = changed + unchanged
    found = plan(map(edit, range(changed)), managed)

    told = trips(found, percent=most)

    assert bool(told) == (changed > 5 and changed / managed * 100 > most)
    assert all(f"{changed} of {managed} resources" in one for one in told)


@pytest.mark.parametrize(("count", "trip"), [(5, False), (6, True)])
def test_removals_are_limited_where_the_workspace_says_nothing(count: int, *, trip: bool) -> None:
    """Five in one run; whoever wants more says so."""
    found = plan(change for number in range(count) for change in removal(number))

    told = (
        "the plan has 6 to delete, or to close as no longer declared, and 5 are allowed in one run where the workspace "
        "says nothing"
    )

    assert trips(found) == ([told] if trip else [])
    assert trips(found, "delete=6") == []


def test_what_the_flag_takes_is_told_by_its_help() -> None:
    """Every form of a term that is told of is one that works."""
    for form in ("create=1", "edit=1", "delete=1", "percent=1", "mode=test", "paging", "subscribers", "touched"):
        assert guards.allowance(Allowance(), [form])
    with pytest.raises(Misused, match="there is no such limit"):
        guards.allowance(Allowance(), ["everything"])
