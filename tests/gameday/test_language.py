"""What a game day's file comes to: parameters, items, placeholders, IDs that are made, and who ignores it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from reconciler import workspace
from reconciler.errors import Invalid, Misused
from reconciler.gameday import reading, schedule
from reconciler.gameday.script import Assign, Declare, Expect, Pause, Set, Update
from tests.cli.shell import Shell
from tests.gameday import scenes
from tests.gameday.language import INCIDENTS, STATUS, WORKSPACE, cast, of_spec, outage, steps, with_noise

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.gameday.script import GameDay


def read(folder: Path, written: str, run_id: str = "", **given: str) -> GameDay:
    """Return the game day whose `spec` goes on like this."""
    (folder / "reconciler.yaml").write_text(WORKSPACE)
    file = folder / "day.yaml"
    file.write_text(written if written.startswith("apiVersion") else of_spec(written))
    return reading.read(str(file), workspace.load([str(file)], sandbox=True), given, run_id=run_id)


def due(day: GameDay) -> list[tuple[float, str]]:
    """Return when each step is due, in order."""
    return [(at, step.id) for at, step in schedule.timetable(day).steps]


@pytest.mark.parametrize("name", ["QUIET", "FAILOVER", "WATCHED", "GROUP", "PAUSED"])
def test_a_good_game_day_is_valid_and_counted(name: str, tmp_path: Path) -> None:
    """`validate` counts game days beside resources, and finds nothing wrong with a good one."""
    shell = Shell(tmp_path)
    shell.workspace("checkout")
    shell.write("incidents/day.yaml", getattr(scenes, name))
    ended = shell.run("validate")

    assert (ended.code, ended.stdout) == (0, "2 files, 1 resource, 1 game day: valid.\n"), ended.stderr


def test_a_workspace_without_game_days_does_not_mention_them(tmp_path: Path) -> None:
    """What is not there is not counted."""
    shell = Shell(tmp_path)
    shell.workspace("checkout")

    assert shell.run("validate").stdout == "1 file, 1 resource: valid.\n"


def test_problems_of_manifests_and_game_days_are_told_at_once(tmp_path: Path) -> None:
    """All problems of all files are told by one command."""
    shell = Shell(tmp_path)
    shell.workspace("checkout")
    file = shell.folder / "incidents/checkout.yaml"
    file.write_text(file.read_text().replace("mode: test", "mode: tset"))
    shell.write("incidents/day.yaml", scenes.QUIET.replace("declare: outage", "declare: outgae"))
    ended = shell.run("validate")

    assert ended.code == 3
    assert "incidents/checkout.yaml:6:9: `tset` is not a value of `mode`" in ended.stderr
    assert "incidents/day.yaml:9:25: `outgae` is not an incident of this game day" in ended.stderr


def test_a_plan_looks_at_no_game_day(tmp_path: Path) -> None:
    """A game day is no resource: even a wrong one stops nobody who plans, and a folder of them alone is no mistake."""
    shell = Shell(tmp_path)
    shell.workspace("checkout")
    shell.write("incidents/day.yaml", scenes.QUIET.replace("declare: outage", "declare: outgae"))
    beside = shell.run("plan", "--sandbox", "--format", "json")
    (shell.folder / "incidents/checkout.yaml").unlink()
    alone = shell.run("plan", "--sandbox", "--format", "json")

    assert beside.code == 0, beside.stderr
    assert [one["key"] for one in json.loads(beside.stdout)["changes"] if "update" not in one["key"]] == [
        "Incident/checkout"
    ]
    assert alone.code == 0, alone.stderr
    assert json.loads(alone.stdout)["changes"] == []


def test_two_game_days_of_one_name_are_a_problem(tmp_path: Path) -> None:
    """Their runs would be taken for each other's, so each has a name of its own."""
    shell = Shell(tmp_path)
    shell.workspace("checkout")
    shell.write("incidents/a.yaml", scenes.QUIET)
    shell.write("incidents/b.yaml", scenes.PAUSED.replace("name: paused", "name: quiet"))
    ended = shell.run("validate")

    assert ended.code == 3
    assert ended.stderr.startswith(
        "incidents/b.yaml:3:18: another game day is called `quiet`, first at incidents/a.yaml:3:18\n"
    )


@pytest.mark.parametrize("kind", ["GameDay", ""])
def test_the_schema_of_a_game_day_is_printed(kind: str, tmp_path: Path) -> None:
    """`schema GameDay`, and the one of all manifests, take what is right and refuse what is not."""
    (printed,) = [json.loads(Shell(tmp_path).run("schema", *[kind][: len(kind)]).stdout)]
    judge = Draft202012Validator(printed)
    step = {"at": "0s", "declare": "outage"}
    spec = {"title": "T", "incidents": {"outage": {"name": "N", "severity": "Minor"}}, "script": [step]}
    good = {"apiVersion": "reconciler/v1", "kind": "GameDay", "metadata": {"name": "a"}, "spec": spec}

    assert judge.is_valid(good)
    assert judge.is_valid({**good, "spec": {**spec, "script": [{**step, "at": "${param:start}"}]}})
    assert not judge.is_valid({**good, "spec": {**spec, "script": [{"at": "0s"}]}})
    assert not judge.is_valid({**good, "metadata": {"name": "a", "generation": "2"}})
    assert not judge.is_valid({**good, "spec": {**spec, "incidents": {"outage": {"severity": "Minor"}}}})
    assert not judge.is_valid({**good, "spec": {**spec, "incidents": {"Outage": {"name": "N"}}}})


def test_a_workspace_may_allow_another_mode(tmp_path: Path) -> None:
    """What `validate` refuses without the permission is valid with it."""
    shell = Shell(tmp_path)
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("day.yaml", of_spec(steps(incidents=outage("mode: standard"))))
    refused = shell.run("validate")
    shell.write("reconciler.yaml", WORKSPACE + "  gamedays: {modes: [standard]}\n")

    assert refused.code == 3
    assert shell.run("validate").code == 0


def test_an_incident_is_a_test_unless_the_game_day_says_otherwise(tmp_path: Path) -> None:
    """Defaults of the workspace fill templates, but the mode is not theirs to say, nor what becomes of an incident."""
    day = read(tmp_path, steps())

    assert day.incidents["outage"].spec == {
        "name": "Checkout is down",
        "severity": "Major",
        "summary": "A rehearsal.",
        "mode": "test",
    }


def test_the_documented_example_is_read_in_the_order_in_which_it_is_due(tmp_path: Path) -> None:
    """`at` counts from the start, `after` from another step, and IDs are made from what a step does."""
    day = read(tmp_path, scenes.FAILOVER, region="us-east-1")

    assert day.title == "Failover of us-east-1"
    assert day.incidents["db-failover"].spec["name"] == "Database failover in us-east-1"
    assert due(day) == [
        (0, "declare-db-failover"),
        (60, "expect-db-failover-incident-lead"),
        (180, "escalate"),
        (180, "expect-db-failover-update"),
        (180, "never-db-failover-closed"),
        (600, "close-db-failover"),
    ]
    assert [(at, act.who) for at, act in schedule.timetable(day).acts] == [
        (60, "alice@example.com"),
        (240, "bob@example.com"),
    ]


def test_a_group_is_written_out_and_after_it_counts_from_its_last_step(tmp_path: Path) -> None:
    """A step on a group is one for each incident of it, `every` apart; what comes after it comes after all of them."""
    day = read(tmp_path, scenes.GROUP)

    assert due(day)[:4] == [
        (0, "declare-noise-checkout"),
        (20, "declare-noise-search"),
        (40, "declare-noise-basket"),
        (70, "declare-big"),
    ]
    assert [one.spec["name"] for one in day.incidents.values() if one.group] == [
        "checkout is slow (1)",
        "search is slow (2)",
        "basket is slow (3)",
    ]


def test_items_may_be_mappings_or_a_count(tmp_path: Path) -> None:
    """Both are numbered from 1; values of a mapping keep their type where they are all of a text."""
    items = "[{service: Checkout, lost: 12}, {service: Search, lost: 3}]"
    group = f"  noise:\n    for_each: {items}\n    name: '${{each:service}} (${{each:number}})'\n    severity: Minor\n"
    group += "    custom_fields: {Customers affected: '${each:lost}'}\n"
    many = "  many: {for_each: {count: 3}, name: 'Host ${each:number}', severity: Minor}\n"
    day = read(
        tmp_path, steps("{at: 1m, declare: noise}", "{at: 2m, declare: many}", incidents=INCIDENTS + group + many)
    )

    assert [(name, one.spec["name"]) for name, one in day.incidents.items()] == [
        ("outage", "Checkout is down"),
        ("noise-1", "Checkout (1)"),
        ("noise-2", "Search (2)"),
        ("many-1", "Host 1"),
        ("many-2", "Host 2"),
        ("many-3", "Host 3"),
    ]
    assert day.incidents["noise-1"].spec["custom_fields"] == {"Customers affected": 12}


PARAMETERS = """\
parameters:
  region: {type: string, default: eu, enum: [eu, us]}
  lost: {type: integer, default: 120}
  notify: {type: boolean, default: false}
  window: {type: duration, default: 5m}
"""
FILLED = [
    "{at: 1m, set: {incident: outage, summary: 'Lost ${param:lost} in ${param:region}: ${param:notify}'}}",
    "{at: 2m, set: {incident: outage, custom_fields: {Customers affected: '${param:lost}'}}}",
    "{at: 3m, expect: {incident: outage, update: posted, within: '${param:window}'}}",
]


def test_parameters_fill_texts_and_keep_their_type_where_they_are_all_of_one(tmp_path: Path) -> None:
    """`--set` gives texts, which are read as the parameter's type says."""
    day = read(tmp_path, steps(*FILLED, before=PARAMETERS), region="us", lost="7", notify="true", window="90s")
    deeds = [step.deed for step in day.steps[1:]]

    assert deeds[0] == Set("outage", {"summary": "Lost 7 in us: true"})
    assert deeds[1] == Set("outage", {"custom_fields": {"Customers affected": 7}})
    assert isinstance(deeds[2], Expect)
    assert deeds[2].within == 90


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"regoin": "eu"}, "--set regoin: `regoin` is not a parameter of this game day; did you mean `region`?"),
        ({"region": "uk"}, "--set region=uk: that is none of its values"),
        ({"lost": "many"}, "--set lost=many: it has to be a whole number"),
        ({"lost": "1.5"}, "--set lost=1.5: it has to be a whole number"),
        ({"lost": "true"}, "--set lost=true: it has to be a whole number"),
        ({"notify": "yes"}, "--set notify=yes: it has to be `true` or `false`"),
        ({"window": "soon"}, "--set window=soon: it has to be a span of time such as 5m"),
    ],
)
def test_a_value_that_a_parameter_cannot_have_is_refused(given: dict[str, str], message: str, tmp_path: Path) -> None:
    """What `--set` gives and cannot be is told as the flag that it is."""
    with pytest.raises(Misused) as refusal:
        read(tmp_path, steps(*FILLED, before=PARAMETERS), **given)

    assert str(refusal.value) == message


def test_a_parameter_without_a_default_has_to_be_given_to_a_run_and_to_no_check(tmp_path: Path) -> None:
    """`validate` takes something that stands in; a run asks for the value."""
    written = steps("{at: 1m, note: 'In ${param:region}'}", before="parameters: {region: {description: Where.}}\n")
    shell = Shell(tmp_path)
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("day.yaml", of_spec(written))

    assert shell.run("validate").code == 0
    with pytest.raises(Misused, match="the game day needs `region`, and it has no default") as refusal:
        read(tmp_path, written)
    assert refusal.value.hint == "--set region=… (where)"


def test_what_is_filled_in_is_never_filled_in_again(tmp_path: Path) -> None:
    """A value that reads like a placeholder is a text, and so is what is escaped; what is none of ours stays."""
    note = "{at: 1m, note: '${param:word} $${param:word} $${run:id} ${HOME} $${HOME} ${x:y}'}"
    day = read(tmp_path, steps(note, before="parameters: {word: {}}\n"), word="${run:id}", run_id="r-1")

    assert day.steps[1].deed.text == "${run:id} ${param:word} ${run:id} ${HOME} $${HOME} ${x:y}"  # type: ignore[union-attr]


def test_the_run_is_filled_in_and_is_no_part_of_the_script(tmp_path: Path) -> None:
    """Two runs of one script have one digest, whatever their IDs; another parameter makes it another script."""
    written = steps("{at: 1m, note: '${run:id}, ${param:word}'}", before="parameters: {word: {default: a}}\n")
    first, second = (read(tmp_path, written, run_id=run) for run in ("one", "two"))
    other = read(tmp_path, written, run_id="one", word="b")

    assert [first.steps[1].deed.text, second.steps[1].deed.text] == ["one, a", "two, a"]  # type: ignore[union-attr]
    assert first.digest == second.digest
    assert other.digest != first.digest


def test_made_ids_tell_steps_apart(tmp_path: Path) -> None:
    """Steps that do the same are numbered; an ID that another step states is never made."""
    note, update = "{at: 1m, note: x}", "{at: 2m, update: {incident: outage, message: x}}"
    day = read(tmp_path, steps(note, note, "{id: note-3, at: 1m, note: x}", note, update, update))

    assert [step.id for step in day.steps] == [
        "declare-outage",
        "note",
        "note-2",
        "note-3",
        "note-4",
        "update-outage",
        "update-outage-2",
    ]
    assert [one.deed.id for one in day.steps if isinstance(one.deed, Update)] == ["update-outage", "update-outage-2"]


def test_a_cast_may_take_a_role_and_act_on_a_group(tmp_path: Path) -> None:
    """Without `to` a role is taken; an act on a group is one for each of its incidents."""
    acting = cast("after: declare-noise + 1m, assign: {incident: noise, role: Incident Lead}")
    day = read(tmp_path, steps("{at: 1m, declare: noise}", incidents=acting + with_noise("[a, b]")))

    assert [(one.id, one.deed) for one in day.cast] == [
        ("cast-1-noise-a", Assign("noise-a", "Incident Lead")),
        ("cast-1-noise-b", Assign("noise-b", "Incident Lead")),
    ]
    assert [at for at, _ in schedule.timetable(day).acts] == [120, 120]


def test_statuses_of_the_whole_workspace_are_known_to_whoever_reads_one_file(tmp_path: Path) -> None:
    """A status that another manifest declares has the part of the lifecycle that it says."""
    shell = Shell(tmp_path)
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write(
        "statuses.yaml", STATUS.replace("NAME", "filed").replace("TITLE", "Filed").replace("CATEGORY", "closed")
    )
    back = [
        f"{{at: {at}m, set: {{incident: outage, status: {status}}}}}" for at, status in ((1, "Filed"), (2, "Fixing"))
    ]
    shell.write("days/day.yaml", of_spec(steps(*back)))
    ended = shell.run("validate", "days/day.yaml")

    assert ended.code == 3
    assert ended.stderr.startswith("days/day.yaml:11:48: no incident goes back from `Filed` to `Fixing`\n")


def test_a_pause_needs_no_words(tmp_path: Path) -> None:
    """It may say why, or nothing."""
    day = read(tmp_path, steps("{at: 1m, pause: Wait.}", "{at: 1m, pause: {}}", "{at: 1m, pause: }"))

    assert [step.deed for step in day.steps[1:]] == [Pause("Wait."), Pause(), Pause()]


def test_the_name_of_a_game_day_is_written_out(tmp_path: Path) -> None:
    """It is who its runs are compared with, so nothing is filled in there."""
    file = of_spec(steps("{at: 1m, note: '${param:region}'}", before="parameters: {region: {default: eu}}\n"))
    with pytest.raises(Invalid) as invalid:
        read(tmp_path, file.replace("name: day", "name: 'day-${param:region}'"))

    assert invalid.value.problems[0].message == "`day-${param:region}` cannot be a name"


def test_an_included_part_is_told_at_its_own_place(tmp_path: Path) -> None:
    """Incidents may stand in a file of their own, and what is wrong with them is told there."""
    (tmp_path / "incidents").mkdir()
    (tmp_path / "incidents/outage.yaml").write_text("# shared\nname: Checkout is down\nseverity: Major\nmode: tset\n")
    incidents = "incidents:\n  outage: !include incidents/outage.yaml\n"
    with pytest.raises(Invalid) as invalid:
        read(tmp_path, steps(incidents=incidents))

    (problem,) = invalid.value.problems
    assert (problem.source.line, problem.source.column) == (4, 7)
    assert problem.source.file.endswith("incidents/outage.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "there is no game day in this file"),
        ("apiVersion: reconciler/v1\nkind: Incident\n", "there is no game day in this file"),
        (scenes.QUIET + "---\n" + scenes.PAUSED, "there are 2 game days in this file"),
    ],
)
def test_a_file_holds_one_game_day(text: str, message: str, tmp_path: Path) -> None:
    """Which one is meant is never guessed."""
    (tmp_path / "reconciler.yaml").write_text(WORKSPACE)
    file = tmp_path / "day.yaml"
    file.write_text(text)
    with pytest.raises(Misused, match=message):
        reading.read(str(file), workspace.load([str(file)], sandbox=True), {})


def test_a_key_in_a_game_day_is_a_problem(tmp_path: Path) -> None:
    """A text that holds the API key would be sent to where everybody reads it."""
    key = "inc-0123456789abcdef0123456789abcdef"
    shell = Shell(tmp_path, {"INCIDENT_API_KEY": key})
    shell.write("reconciler.yaml", WORKSPACE)
    shell.write("day.yaml", of_spec(steps(f"{{at: 1m, note: 'use {key}'}}")))
    ended = shell.run("validate")

    assert ended.code == 3
    assert ended.stderr.startswith("day.yaml:10:22: this text holds the API key\n")
    assert key not in ended.stderr


def test_each_template_knows_the_place_of_its_fields(tmp_path: Path) -> None:
    """What a run's plan says of an incident is told at the line of the game day."""
    day = read(tmp_path, steps("{at: 1m, declare: noise}", incidents=with_noise("[a, b]", "${each:value}")))
    documents = [one.document for one in day.incidents.values()]

    assert [str(one.at("spec", "severity")).rpartition("day.yaml")[2] for one in documents if one] == [
        ":7:48",
        ":8:64",
        ":8:64",
    ]
    assert all(isinstance(step.deed, Declare) for step in day.steps)
