"""A script that cannot be played, or that leaves nothing to people, is told before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gameday.language import INCIDENTS, case, cast, expecting, outage, said, steps

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = {
    "unused-incident": case(
        steps(incidents=INCIDENTS + "  other: {name: Other, severity: Minor}\n"),
        "8:5: nothing declares `other`",
        "hint: write a step that does, or take it out",
    ),
    "unused-group": case(
        steps(incidents=INCIDENTS + "  other: {for_each: [a, b], name: Other, severity: Minor}\n"),
        "8:5: nothing declares `other`",
        "hint: write a step that does, or take it out",
    ),
    "unknown-after": case(
        steps("{id: escalate, at: 1m, note: x}", "{after: esclate + 2m, note: y}"),
        "11:15: no step has the ID `esclate`; did you mean `escalate`?",
        "hint: the steps are declare-outage, escalate, note",
    ),
    "bad-after": case(
        steps("{after: declare-outage + soon, note: y}"),
        "10:15: `declare-outage + soon` cannot be `after`",
        "hint: The ID of another step, or that and how long after it was due: `escalate + 2m`.",
    ),
    "circle": case(
        steps("{id: a, after: b, note: x}", "{id: b, after: a + 1m, note: y}"),
        "10:22: these steps wait for each other: `a` → `b` → `a`",
        "hint: say `at` for one of them",
    ),
    "itself": case(
        steps("{id: a, after: a, note: x}"),
        "10:22: these steps wait for each other: `a` → `a`",
        "hint: say `at` for one of them",
    ),
    "too-late": case(steps("{at: 200h, note: x}"), "10:12: this is due after 200h, and a game day lasts 168h at most"),
    "before-declare": case(
        INCIDENTS + "script:\n  - {at: 1m, set: {incident: outage, severity: Minor}}\n  - {at: 2m, declare: outage}\n",
        "9:7: `outage` is not declared by then: `declare-outage` is due at 2m",
        "hint: let it come later, or the declare before",
    ),
    "before-declare-at-once": case(
        INCIDENTS + "script:\n  - {at: 0s, set: {incident: outage, severity: Minor}}\n  - {at: 0s, declare: outage}\n",
        "9:7: `outage` is not declared by then: `declare-outage` is due at 0s",
        "hint: let it come later, or the declare before",
    ),
    "after-close": case(
        steps("{at: 5m, close: outage}", "{at: 6m, update: {incident: outage, id: late, message: x}}"),
        "11:7: `outage` is closed by then: `close-outage` is due at 5m",
        "hint: let it come before, or the close later",
    ),
    "declared-twice": case(
        steps("{at: 1m, declare: outage}"),
        "10:7: `outage` is declared twice, first by `declare-outage` at 0s",
        "hint: an incident is declared once in a run: use `for_each` for several alike",
    ),
    "closed-twice": case(
        steps("{at: 1m, close: outage}", "{at: 2m, close: outage}"),
        "11:7: `outage` is closed twice, first by `close-outage` at 1m",
        "hint: take one of them out",
    ),
    "closed-by-set": case(
        steps("{at: 1m, set: {incident: outage, status: Closed}}", "{at: 2m, close: outage}"),
        "11:7: `outage` is `Closed` by then",
        "hint: take the step out, or what closes it before",
    ),
    "back-to-live": case(
        steps(
            "{at: 1m, set: {incident: outage, status: Documenting}}",
            "{at: 2m, update: {incident: outage, message: x, status: Fixing}}",
        ),
        "11:63: no incident goes back from `Documenting` to `Fixing`",
        "hint: statuses go on from live to post-incident to closed: choose another one, or another order",
    ),
    "back-from-declared-status": case(
        steps(
            "{at: 1m, set: {incident: outage, status: Filed}}", "{at: 2m, set: {incident: outage, status: Verifying}}"
        ),
        "11:48: no incident goes back from `Filed` to `Verifying`",
        "hint: statuses go on from live to post-incident to closed: choose another one, or another order",
    ),
    "expected-back-from-declared": case(
        steps(expecting("status: Fixing"), incidents=outage("status: Closed")),
        "10:51: nobody brings `outage` back from `Closed` to `Fixing`",
        "hint: statuses go on from live to post-incident to closed: choose another one, or another order",
    ),
    "expected-back-from-set": case(
        steps("{at: 30s, set: {incident: outage, status: Documenting}}", expecting("status: Verifying")),
        "11:51: nobody brings `outage` back from `Documenting` to `Verifying`",
        "hint: statuses go on from live to post-incident to closed: choose another one, or another order",
    ),
    "to-merged": case(
        steps("{at: 1m, set: {incident: outage, status: Merged}}"),
        "10:48: only people bring an incident to `Merged`",
        "hint: choose another status",
    ),
    "declared-in-triage": case(
        steps(incidents=outage("status: Triage")),
        "7:63: no incident can be declared as `Triage`",
        "hint: declare it in a live, post-incident or closed status",
    ),
    "declared-as-declined": case(
        steps(incidents=outage("declare_as: {status: Declined}")),
        "7:76: no incident can be declared as `Declined`",
        "hint: declare it in a live, post-incident or closed status",
    ),
    "template-goes-back": case(
        steps(incidents=outage("declare_as: {status: Closed}, updates: [{id: a, status: Fixing}]")),
        "7:111: no incident goes back from `Closed` to `Fixing`",
        "hint: statuses go on from live to post-incident to closed: choose another one, or another order",
    ),
    "expected-too-early": case(
        INCIDENTS
        + "script:\n  - {at: 0s, expect: {incident: outage, update: posted, within: 1m}}\n"
        + "  - {at: 1m, declare: outage}\n",
        "9:7: `outage` is not declared by then: `declare-outage` is due at 1m",
        "hint: let it come later, or the declare before",
    ),
    "expected-after-close": case(
        steps("{at: 5m, close: outage}", expecting("update: posted", at="6m")),
        "11:7: `outage` is closed by then: `close-outage` is due at 5m",
        "hint: let it come before, or the close later",
    ),
    "role-by-script": case(
        steps(
            expecting("role: Incident Lead"),
            "{at: 2m, assign: {incident: outage, role: Incident Lead, to: alice@example.com}}",
        ),
        "10:49: nobody can do this, and only what people do counts: `assign-outage` does it at 2m",
        "hint: take one of them out",
    ),
    "role-by-template": case(
        steps(
            expecting("role: incident lead"),
            expecting("role: Incident Lead"),
            incidents=outage("roles: {Incident Lead: alice@example.com}"),
        ),
        "11:49: nobody can do this, and only what people do counts: `declare-outage` does it at 0s",
        "hint: take one of them out",
    ),
    "field-by-script": case(
        steps(
            "{at: 30s, set: {incident: outage, custom_fields: {Root cause: x}}}",
            expecting("custom_field: Root cause, filled: true"),
        ),
        "11:57: nobody can do this, and only what people do counts: `set-outage` does it at 30s",
        "hint: take one of them out",
    ),
    "severity-by-template": case(
        steps(expecting("severity: {at_least: Minor}")),
        "10:53: nobody can do this, and only what people do counts: `declare-outage` does it at 0s",
        "hint: take one of them out",
    ),
    "severity-by-script": case(
        steps("{at: 30s, set: {incident: outage, severity: Critical}}", expecting("severity: {at_least: Major}")),
        "11:53: nobody can do this, and only what people do counts: `set-outage` does it at 30s",
        "hint: take one of them out",
    ),
    "status-by-script": case(
        steps("{at: 30s, set: {incident: outage, status: Fixing}}", expecting("status: Fixing")),
        "11:51: nobody can do this, and only what people do counts: `set-outage` does it at 30s",
        "hint: take one of them out",
    ),
    "never-closed-by-script": case(
        steps(expecting("never: {status: Closed}"), "{at: 5m, close: outage}"),
        "10:59: the script does this itself: `close-outage` does it at 5m",
        "hint: take one of them out",
    ),
    "never-severity-by-script": case(
        steps(
            expecting("never: {severity: {at_least: Critical}}"),
            "{at: 5m, set: {incident: outage, severity: Critical}}",
        ),
        "10:61: the script does this itself: `set-outage` does it at 5m",
        "hint: take one of them out",
    ),
    "never-role-by-script": case(
        steps(
            expecting("never: {role: Incident Lead}"),
            "{at: 2m, assign: {incident: outage, role: Incident Lead, to: alice@example.com}}",
        ),
        "10:57: the script does this itself: `assign-outage` does it at 2m",
        "hint: take one of them out",
    ),
    "cast-too-early": case(
        steps(before=cast("at: 1m, close: outage")).replace("at: 0s", "at: 2m"),
        "7:7: `outage` is not declared by then: `declare-outage` is due at 2m",
        "hint: let it come later, or the declare before",
    ),
    "cast-too-late": case(
        steps("{at: 2m, close: outage}", before=cast("at: 3m, close: outage")),
        "7:7: `outage` is closed by then: `close-outage` is due at 2m",
        "hint: let it come before, or the close later",
    ),
    "cast-unknown-after": case(
        steps(before=cast("after: declare-outag, close: outage")),
        "7:34: no step has the ID `declare-outag`; did you mean `declare-outage`?",
        "hint: the steps are declare-outage",
    ),
    "not-allowed-mode": case(
        steps(incidents=outage("mode: standard")),
        "7:61: a game day declares incidents in test mode, and this one would be in standard mode",
        "hint: take `mode:` out, or let reconciler.yaml say `gamedays: {modes: [standard]}`",
    ),
    "group-too-early": case(
        INCIDENTS.replace("outage: {", "outage: {for_each: [a, b, c], ")
        + "script:\n  - {at: 1m, set: {incident: outage, severity: Minor}}\n"
        + "  - {at: 2m, every: 10s, declare: outage}\n",
        "9:7: `outage-a` is not declared by then: `declare-outage-a` is due at 2m",
        "hint: let it come later, or the declare before",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, ...]]:
    """What `validate` says of all of them."""
    return said(CASES, tmp_path_factory.mktemp("script"))


@pytest.mark.parametrize("name", CASES)
def test_what_cannot_be_played_is_told_at_its_place(name: str, told: Mapping[str, tuple[str, ...]]) -> None:
    """Steps in an impossible order, moves that there are none of, expectations that cannot hold: each at its place."""
    assert told.get(name, ()) == CASES[name].said
