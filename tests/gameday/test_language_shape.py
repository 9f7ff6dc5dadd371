"""Whatever is written wrong in a game day is told where it stands, once, with what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gameday.language import INCIDENTS, case, cast, expecting, outage, said, steps, with_noise

if TYPE_CHECKING:
    from collections.abc import Mapping

CASES = {
    "no-script": case(INCIDENTS, "5:3: `script` is missing in `spec`", "hint: add `script:` (what happens when)"),
    "no-such-verb": case(
        steps("{at: 1m, decalre: outage}"),
        "10:16: `decalre` is not a field of an item of `script`; did you mean `declare`?",
        (
            "hint: the fields are id, at, after, every, declare, set, update, timeline, assign, close, pause, "
            "note and 1 more"
        ),
    ),
    "no-such-field": case(
        "titel: x\n" + steps(),
        "6:3: `titel` is not a field of `spec`; did you mean `title`?",
        "hint: the fields are title, description, catch_up, parameters, incidents, cast, script",
    ),
    "no-time": case(steps("{note: x}"), "10:7: one of `at`, `after` is needed here", "hint: add `at:`"),
    "number-for-a-time": case(
        steps("{at: 5, note: x}"),
        "10:12: `at` must be a text, not the number 5",
        "hint: How long after the start: 90s, 5m or 1h30m.",
    ),
    "no-such-time": case(
        steps("{at: 5min, note: x}"),
        "10:12: `5min` cannot be `at`",
        "hint: How long after the start: 90s, 5m or 1h30m.",
    ),
    "two-times": case(
        steps("{at: 1m, after: declare-outage, note: x}"),
        "10:16: a step is due `at` a time or `after` another step, not both",
        "hint: take one of them out",
    ),
    "two-verbs": case(
        steps("{at: 1m, note: x, close: outage}"),
        "10:25: a step does one thing, and this one has `note` and `close`",
        "hint: write a step of its own for each",
    ),
    "unknown-incident": case(
        steps("{at: 1m, close: outgae}"),
        "10:23: `outgae` is not an incident of this game day; did you mean `outage`?",
        "hint: the incidents are outage",
    ),
    "unknown-incident-below": case(
        steps("{at: 1m, set: {incident: outgae, severity: Minor}}"),
        "10:32: `outgae` is not an incident of this game day; did you mean `outage`?",
        "hint: the incidents are outage",
    ),
    "on-remove": case(
        steps(incidents=outage("on_remove: close")),
        "7:55: `on_remove` is not a field of `outage`",
        (
            "hint: the fields are for_each, name, summary, status, severity, type, mode, visibility, call_url, "
            "slack_channel_name, slack_team_id, custom_fields and 9 more"
        ),
    ),
    "bad-severity": case(
        steps(incidents=INCIDENTS.replace("Major", "5")),
        "7:48: `severity` must be a text or a mapping, not the number 5",
        'hint: put it in quotes: "5"',
    ),
    "bad-name": case(
        steps(incidents=INCIDENTS.replace("outage:", "Outage:")).replace("declare: outage", "declare: Outage"),
        "7:5: `Outage` cannot be a name",
        "hint: 1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit",
    ),
    "no-name": case(
        steps(incidents=INCIDENTS.replace("name: Checkout is down, ", "")),
        "7:13: `name` is missing in `outage`",
        "hint: add `name:` (the title that people see)",
    ),
    "bad-update-in-template": case(
        steps(incidents=outage("updates: [{id: a, message: x}, {id: a, message: y}]")),
        "7:91: `a` is used twice in `updates`, first on line 7",
        "hint: give each an ID of its own",
    ),
    "members-of-public": case(
        steps(incidents=outage("members: [alice@example.com]")),
        "7:64: everybody sees a public incident; only a private one has members",
        "hint: write `visibility: private`, or leave them out",
    ),
    "mode-that-is-none": case(
        steps(incidents=outage("mode: tset")),
        "7:61: `tset` is not a value of `mode`; did you mean `test`?",
        "hint: the values are standard, test, retrospective, tutorial",
    ),
    "empty-update": case(
        steps("{at: 1m, update: {incident: outage}}"),
        "10:24: one of `message`, `status`, `severity` is needed here",
        "hint: add `message:`",
    ),
    "empty-set": case(
        steps("{at: 1m, set: {incident: outage}}"),
        (
            "10:21: one of `name`, `summary`, `status`, `severity`, `call_url`, `slack_channel_name`, "
            "`custom_fields`, `roles`, `timestamps` is needed here"
        ),
        "hint: add `name:`",
    ),
    "set-of-mode": case(
        steps("{at: 1m, set: {incident: outage, mode: standard}}"),
        "10:40: `mode` is not a field of `set`",
        (
            "hint: the fields are incident, name, summary, status, severity, call_url, slack_channel_name, "
            "custom_fields, roles, timestamps"
        ),
    ),
    "assign-nobody": case(
        steps("{at: 1m, assign: {incident: outage, role: Incident Lead}}"),
        "10:24: `to` is missing in `assign`",
        "hint: add `to:` (who gets it: an e-mail address, a Slack ID, or `{id: …}`)",
    ),
    "empty-item": case(
        steps("{at: 1m, pause: {words: x}}"),
        "10:23: `pause` takes at most 0 entries, and has 1",
        "hint: leave it empty",
    ),
    "title-empty": case(
        steps().replace("script:", "catch_up: long\nscript:"),
        "8:13: `long` cannot be `catch_up`",
        "hint: How late a step may be, in time of the script, and is done all the same: 90s, 5m or 1h30m.",
    ),
    "default-of-the-workspace": case(
        steps("{at: 1m, set: {incident: outage, sumary: x}}"),
        "10:40: `sumary` is not a field of `set`; did you mean `summary`?",
        (
            "hint: the fields are incident, name, summary, status, severity, call_url, slack_channel_name, "
            "custom_fields, roles, timestamps"
        ),
    ),
    "expects-nothing": case(
        steps("{at: 1m, expect: {incident: outage, within: 5m}}"),
        (
            "10:24: one of `role`, `update`, `message`, `severity`, `status`, `custom_field`, `action`, "
            "`follow_up`, `never` is needed here"
        ),
        "hint: add `role:`",
    ),
    "expects-two": case(
        steps(expecting("role: Incident Lead, status: Monitoring")),
        "10:64: a step expects one thing, and this one has `role` and `status`",
        "hint: write a step of its own for each",
    ),
    "never-nothing": case(
        steps(expecting("never: {}")),
        "10:50: `never` says nothing that people should not do",
        "hint: write one of role, update, message, severity, status, custom_field, action, follow_up",
    ),
    "never-and-more": case(
        steps(expecting("never: {status: Merged}, status: Monitoring")),
        "10:68: a step expects one thing, and this one has `never` and `status`",
        "hint: write a step of its own for each",
    ),
    "assigned-alone": case(
        steps(expecting("status: Monitoring, assigned: true")), "10:63: `assigned` is for `role`", "hint: take it out"
    ),
    "assigned-false": case(
        steps(expecting("role: Incident Lead, assigned: false")), "10:74: `assigned` must be `true`, not `false`"
    ),
    "matching-update": case(
        steps(expecting("update: posted, matching: x")),
        "10:59: `matching` is for `action` and `follow_up`",
        "hint: write `message:` for an update that matches",
    ),
    "bad-pattern": case(
        steps(expecting("message: 'roll(back'")),
        "10:52: this is no regular expression: missing ), unterminated subpattern at position 4",
        "hint: write `\\` before a sign that means itself",
    ),
    "bad-pattern-of-task": case(
        steps(expecting("action: created, matching: '*'")),
        "10:70: this is no regular expression: nothing to repeat at position 0",
        "hint: write `\\` before a sign that means itself",
    ),
    "within-nothing": case(
        steps("{at: 1m, expect: {incident: outage, update: posted, within: 0s}}"),
        "10:67: nobody can do anything within no time",
        "hint: write a longer `within:`",
    ),
    "no-within": case(
        steps("{at: 1m, expect: {incident: outage, update: posted}}"),
        "10:24: `within` is missing in `expect`",
        "hint: add `within:` (how long they have: 90s, 5m or 1h30m)",
    ),
    "cast-declares": case(
        steps(before=cast("at: 3m, declare: outage")),
        "7:35: `declare` is not a field of an item of `cast`",
        "hint: the fields are as, at, after, assign, update, set, action, follow_up, close",
    ),
    "private": case(
        steps(
            "{at: 1m, update: {incident: outage, message: 'The secret plan', status: Fixng, severity: 5}}",
            incidents=outage("visibility: private, type: Security, call_url: The secret place"),
        ),
        "7:102: this value cannot be `call_url`",
        "hint: Where people talk: an address with https://. (once created)",
        "10:96: `severity` must be a text or a mapping, not the number 5",
        'hint: put it in quotes: "5"',
    ),
    "private-step": case(
        steps(
            "{at: 1m, set: {incident: outage, call_url: The secret place}}",
            incidents=outage("visibility: private, type: Security"),
        ),
        "10:50: this value cannot be `call_url`",
        "hint: Where people talk: an address with https://. (once created)",
    ),
    "same-id": case(
        steps("{id: a, at: 1m, note: x}", "{id: a, at: 2m, note: y}"),
        "11:12: two steps have the ID `a`",
        "hint: give each an ID of its own",
    ),
    "every-alone": case(
        steps("{at: 1m, every: 10s, close: outage}"),
        "10:16: `every` is for the incidents of a `for_each`, and this step is about one at most",
        "hint: take it out",
    ),
    "every-note": case(
        steps("{at: 1m, every: 10s, note: x}"),
        "10:16: `every` is for the incidents of a `for_each`, and this step is about one at most",
        "hint: take it out",
    ),
    "every-of-one-of-a-group": case(
        steps(
            "{at: 1m, every: 10s, declare: noise}",
            "{at: 2m, every: 10s, close: noise-a}",
            incidents=with_noise("[a, b]"),
        ),
        "12:16: `every` is for the incidents of a `for_each`, and this step is about one at most",
        "hint: take it out",
    ),
    "same-update": case(
        steps(
            "{at: 1m, update: {incident: outage, id: a, message: x}}",
            "{at: 2m, update: {incident: outage, id: a, message: y}}",
        ),
        "11:47: `a` is used twice in the updates of `outage`",
        "hint: give each an ID of its own",
    ),
    "same-update-as-template": case(
        steps(
            "{at: 1m, update: {incident: outage, id: a, message: x}}",
            incidents=outage("updates: [{id: a, message: x}]"),
        ),
        "10:47: `a` is used twice in the updates of `outage`",
        "hint: give each an ID of its own",
    ),
    "same-item": case(
        steps(
            "{at: 1m, timeline: {incident: outage, id: a, title: x}}",
            "{at: 2m, timeline: {incident: outage, id: a, title: y}}",
        ),
        "11:49: `a` is used twice in the timeline of `outage`",
        "hint: give each an ID of its own",
    ),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[str, ...]]:
    """What `validate` says of all of them."""
    return said(CASES, tmp_path_factory.mktemp("shape"))


@pytest.mark.parametrize("name", CASES)
def test_what_is_written_wrong_is_told_at_its_place(name: str, told: Mapping[str, tuple[str, ...]]) -> None:
    """A step, an incident or an expectation that says something else than it may is told at its place."""
    assert told.get(name, ()) == CASES[name].said
