"""The file of a saved plan: what it holds, who may read it, and what makes it useless."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler import __version__
from tests.planfile.desk import SEVERITY, Desk, incident, typed
from tests.processes import RECONCILER, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN_AGAIN = "hint: plan again: `reconciler plan --out FILE --sandbox`\n"
UPDATES = "[{id: first, message: Looking into it.}]"


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """Save a plan of a severity and an incident that needs it."""
    desk.declare(SEVERITY, incident("one", severity="Dire", updates=UPDATES))
    desk.plan()
    return desk


def test_a_saved_plan_is_for_its_owner_alone(planned: Desk) -> None:
    """It tells what is about to happen; nothing else is written, nor left beside it."""
    assert stat.S_IMODE(planned.file.stat().st_mode) == 0o600
    assert sorted(path.name for path in planned.folder.iterdir() if not path.name.startswith(".r")) == [
        "incidents",
        "plan.json",
        "reconciler.yaml",
    ]


def test_a_saved_plan_replaces_an_older_one(planned: Desk) -> None:
    """Whatever rights that one gave."""
    old = planned.file.read_text(encoding="utf-8")
    planned.file.write_text(old.replace("As it was", "Edited"), encoding="utf-8")
    planned.file.chmod(0o666)
    planned.plan()

    assert stat.S_IMODE(planned.file.stat().st_mode) == 0o600
    assert "As it was" in planned.file.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["kind: Incident\n", "notes", "{}", '{"format_version": 1, "changes": []}', "\xff"])
def test_a_plan_takes_the_place_of_no_other_file(desk: Desk, text: str) -> None:
    """A slip of the hand must not cost a manifest; nothing is asked of the account."""
    desk.declare(incident("one"))
    desk.file.write_text(text, encoding="latin-1")
    ended = typed(desk.folder, "plan", "--out", "plan.json", "--base-url", "http://127.0.0.1:9")

    assert ended.code == 4
    assert ended.stderr == (
        "error: plan.json: this is no saved plan, and would be lost\n"
        "hint: name another file behind --out, or move this one away\n"
    )
    assert desk.file.read_text(encoding="latin-1") == text


def test_a_plan_takes_the_place_of_no_manifest(desk: Desk) -> None:
    """Also where it is the one that the plan is made from."""
    desk.declare(incident("one"))
    before = (desk.folder / "incidents" / "all.yaml").read_bytes()
    ended = desk.type("plan", "--out", "incidents/all.yaml")

    assert ended.code == 4
    assert (desk.folder / "incidents" / "all.yaml").read_bytes() == before


def test_a_plan_may_be_saved_over_an_empty_file(desk: Desk) -> None:
    """As `mktemp` makes it."""
    desk.declare(incident("one"))
    desk.file.touch()

    assert desk.plan().code == 0
    assert desk.carry_out().code == 0


@pytest.mark.parametrize("command", [("plan",), ("gameday", "report")])
@pytest.mark.parametrize("name", ["", "-"])
def test_a_flag_that_names_no_file_is_refused(desk: Desk, command: tuple[str, ...], name: str) -> None:
    """It would save nothing, or a file that is called `-`."""
    desk.declare(incident("one"))
    ended = typed(desk.folder, *command, "--out", name, "--sandbox")

    assert ended.code == 3
    assert ended.stderr.startswith("error: invalid value for '--out': it ")
    assert "\nhint: " in ended.stderr
    assert not (desk.folder / "-").exists()


def test_saving_a_plan_shows_it_and_says_what_to_type_next(desk: Desk) -> None:
    """Stdout is what it is without --out; the next command is told beside it, and works."""
    desk.declare(incident("one"))
    plain = desk.type("plan")
    ended = desk.type("plan", "--out", "plan.json")

    assert (ended.code, ended.stdout) == (plain.code, plain.stdout)
    told = re.fullmatch(r"saved plan.json: `reconciler (.*)` applies it\n", ended.stderr)
    assert told
    assert typed(desk.folder, *told[1].split(), "--auto-approve").code == 0


def fake_command(folder: Path) -> Path:
    """Return a folder in which `reconciler` is this very program."""
    place = folder / "bin"
    place.mkdir()
    (place / "reconciler").write_text(f'#!/bin/sh\nexec {shlex.join(RECONCILER)} "$@"\n')
    (place / "reconciler").chmod(0o755)
    return place


@pytest.mark.parametrize("has_workspace", [True, False])
def test_the_next_command_works_from_where_the_plan_was_made(desk: Desk, *, has_workspace: bool) -> None:
    """Also where the workspace, or a folder of manifests that is none, is somewhere else."""
    away, here = desk.folder / "away", desk.folder / "here"
    desk.write(incident("one"), "away/incidents/one.yaml")
    here.mkdir()
    own = (desk.folder / "reconciler.yaml").rename(away / "reconciler.yaml")
    if not has_workspace:
        own.unlink()
    told = typed(here, "plan", "../away", "--sandbox", "--out", "it.json").stderr.split("`")[1]
    ended = subprocess.run(
        f"{told} --auto-approve",
        shell=True,
        cwd=here,
        env=environment() | {"PATH": f"{fake_command(desk.folder)}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, (told, ended.stderr)
    assert "Apply: 1 done" in ended.stdout


def test_the_file_is_the_printed_json_and_what_it_takes_to_apply_it(desk: Desk) -> None:
    """A program that reads the one reads the other."""
    desk.declare(incident("one"))
    printed = json.loads(desk.type("plan", "--format", "json").stdout)
    desk.plan()
    content = desk.content

    assert {name: content[name] for name in printed} == printed
    assert set(content) - set(printed) == {"saved", "checksum"}
    assert content["saved"]["version"] == __version__
    assert content["saved"]["base_url"] == "http://localhost"
    assert content["saved"]["namespace"] == "acme"


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_a_saved_plan_is_shown_as_it_was(desk: Desk, form: str) -> None:
    """Offline, without workspace, key and account, after everything else is gone."""
    desk.declare(SEVERITY, incident("one", severity="Dire", updates=UPDATES, visibility="private"))
    shown = desk.type("plan", "--out", "plan.json", "--format", form).stdout
    away = desk.folder / "away"
    away.mkdir()
    desk.file.rename(away / "plan.json")
    ended = typed(away, "plan", "show", "plan.json", "--format", form)

    assert (ended.code, ended.stdout) == (0, shown)


def test_a_folder_named_show_is_reached_by_its_path(desk: Desk) -> None:
    """The word alone is the command."""
    desk.write(incident("one"), "show/one.yaml")
    (desk.folder / "incidents").mkdir()

    assert "+ Incident/one" in desk.type("plan", "./show").stdout
    assert "Missing argument 'FILE'".lower() in typed(desk.folder, "plan", "show").stderr.lower()
    assert "Usage: reconciler plan show" in typed(desk.folder, "plan", "show", "--help").stdout


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "cut short": (lambda text: text[:-400], "plan.json: cut short, or no plan file at all"),
    "empty": (lambda _: "", "plan.json: not a plan file"),
    "no JSON": (lambda _: "kind: Plan\n", "plan.json: not a plan file"),
    "a list": (lambda _: "[1]", "plan.json: not a plan file"),
    "edited": (lambda text: text.replace("Looking into it.", "Looking!"), "its checksum differs"),
    "without its checksum": (lambda text: re.sub(r',\s*"checksum": ".*"', "", text), "its checksum differs"),
    "of a newer format": (
        lambda text: text.replace('"format_version": 1', '"format_version": 2', 1),
        "plan.json: written by a newer version (format 2)\nhint: upgrade: pip install",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("command", [["apply", "--auto-approve", "--sandbox", "--plan"], ["plan", "show"]])
def test_a_damaged_plan_file_is_refused(planned: Desk, case: str, command: list[str]) -> None:
    """In clear words, with what to do, before anything is sent."""
    damage, told = BROKEN[case]
    planned.file.write_text(damage(planned.file.read_text()))
    ended = typed(planned.folder, *command, "plan.json")

    assert ended.code == 4
    assert told in ended.stderr
    assert planned.writes() == []


def test_a_printed_plan_is_no_saved_one(planned: Desk) -> None:
    """What `--format json` prints cannot be applied, and that is said."""
    planned.file.write_text(planned.type("plan", "--format", "json").stdout)
    ended = planned.carry_out()

    assert ended.code == 4
    assert ended.stderr == f"error: plan.json: a plan as it is printed, which cannot be applied\n{PLAN_AGAIN}"


def test_a_plan_file_may_be_laid_out_anew(planned: Desk) -> None:
    """The checksum is over what it says, so an editor that indents it does no harm."""
    planned.file.write_text(json.dumps(planned.content, indent=4))

    assert planned.carry_out().code == 0


def test_a_plan_file_that_is_not_there_is_a_wrong_argument(desk: Desk) -> None:
    """With the command that writes one."""
    ended = desk.carry_out()

    assert ended.code == 3
    assert ended.stderr == (
        "error: plan.json: there is no such plan file\nhint: `reconciler plan --out FILE --sandbox` writes one\n"
    )


@pytest.mark.parametrize("more", [["incidents"], ["--select", "name=one"], ["--exclude", "name=one"], ["--prune"]])
def test_a_saved_plan_says_itself_what_is_applied(planned: Desk, more: list[str]) -> None:
    """Choosing manifests beside it is a contradiction."""
    ended = planned.carry_out(*more)

    assert ended.code == 3
    assert "leave PATH, --select, --exclude and --prune out" in ended.stderr


def test_a_plan_of_another_workspace_is_refused(planned: Desk) -> None:
    """It has other identities, whatever it is called."""
    planned.write_raw((planned.folder / "reconciler.yaml").read_text().replace("acme", "other"), "reconciler.yaml")
    ended = planned.carry_out()

    assert ended.code == 4
    assert "plan.json: made for workspace `acme`, and this is `other`\n" in ended.stderr
    assert planned.writes() == []


def test_a_plan_of_another_address_is_refused(planned: Desk) -> None:
    """The flag that reaches the plan's own is named."""
    ended = typed(planned.folder, "apply", "--plan", "plan.json", "--auto-approve")

    assert ended.code == 4
    assert ended.stderr == (
        "error: plan.json: made for the sandbox, and this run would reach https://api.incident.io\n"
        "hint: add `--sandbox`, or plan again\n"
    )


def test_a_plan_of_another_account_is_refused(planned: Desk) -> None:
    """The same address and another organisation's key."""
    content = planned.content
    content["saved"]["plan"]["organisation"] = "https://app.incident.io/elsewhere"
    planned.forge(content)
    ended = planned.carry_out()

    assert ended.code == 4
    assert (
        "plan.json: made for https://app.incident.io/elsewhere, and the key belongs to https://app.incident.io/sandbox"
    ) in ended.stderr
    assert planned.writes() == []


def test_a_plan_of_older_manifests_is_refused_as_a_whole(planned: Desk) -> None:
    """The manifests say what should be; the plan of what they said before does not."""
    planned.declare(SEVERITY, incident("one", severity="Dire", updates=UPDATES, summary="Another"))
    ended = planned.carry_out()

    assert ended.code == 4
    assert ended.stderr == f"error: plan.json: the manifests changed since this plan was made\n{PLAN_AGAIN}"
    assert planned.writes() == []


def test_comments_and_places_make_no_other_manifests(planned: Desk) -> None:
    """What counts is what they say."""
    file = planned.folder / "incidents/all.yaml"
    file.write_text("# reviewed\n\n" + file.read_text())
    file.rename(file.with_name("moved.yaml"))

    assert planned.carry_out().code == 0


def test_a_variable_is_part_of_what_manifests_say(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan made with one value is no plan for another."""
    desk.declare(incident("one", summary="In ${env:REGION}"))
    monkeypatch.setenv("REGION", "eu-west-1")
    desk.plan()
    monkeypatch.setenv("REGION", "us-east-1")

    assert "the manifests changed" in desk.carry_out().stderr


def test_a_plan_of_a_selection_is_applied_as_that(desk: Desk) -> None:
    """PATH, --select and --exclude of the plan count again, wherever in the workspace it is applied."""
    for name in ("one", "two", "three"):
        desk.declare(incident(name), file=name)
    desk.plan("incidents/one.yaml", "incidents/two.yaml", "--exclude", "name=two")
    ended = typed(desk.folder / "incidents", "apply", "--plan", "../plan.json", "--auto-approve", "--sandbox")

    assert ended.code == 0, ended.stderr
    assert [one["name"] for one in desk.incidents()] == ["Title of one"]


def test_a_plan_is_applied_once(planned: Desk) -> None:
    """The second use is refused, and would do nothing."""
    assert planned.carry_out().code == 0
    before = len(planned.writes())
    again = planned.carry_out()

    assert again.code == 4
    assert again.stderr == f"error: plan.json: this plan was applied before\n{PLAN_AGAIN}"
    assert len(planned.writes()) == before


def test_a_second_use_would_be_harmless(planned: Desk) -> None:
    """Also where nobody remembers the first one, not even that anything was made."""
    planned.carry_out()
    before = len(planned.writes())
    state = planned.workspace.state
    content = json.loads(state.read_text())
    assert content.pop("used_plans")
    state.write_text(json.dumps(content))
    forgot = planned.carry_out()
    planned.lose_state()
    lost = planned.carry_out()

    assert forgot.code == 0
    assert "Incident/one: nothing is left to do" in forgot.stdout
    assert lost.code == 4
    assert len(planned.writes()) == before


def test_a_plan_of_which_nothing_was_sent_is_not_used_up(desk: Desk) -> None:
    """What is stale today may be as it was tomorrow."""
    desk.declare(incident("one"))
    desk.settled()
    desk.declare(incident("one", summary="Other"))
    desk.plan()
    one = desk.incident("Title of one")["id"]
    desk.edit(one, summary="By Bob")
    refused = desk.carry_out()
    desk.edit(one, summary="As it was")
    done = desk.carry_out()

    assert (refused.code, done.code) == (4, 0)
    assert desk.incident("Title of one")["summary"] == "Other"


def test_limits_hold_for_a_saved_plan_as_well(desk: Desk) -> None:
    """They are checked when it is made, and again when it is applied; what was allowed then is allowed now."""
    spec = (desk.folder / "reconciler.yaml").read_text().replace("{manifests:", "{limits: {create: 1}, manifests:")
    desk.write_raw(spec, "reconciler.yaml")
    desk.declare(incident("one"), incident("two"))
    over, refused = desk.plan(), desk.carry_out()
    desk.plan("--allow", "create=2")
    allowed = desk.carry_out()

    assert (over.code, refused.code, allowed.code) == (4, 4, 0)
    assert "+ Incident/one" in over.stdout
    assert len(desk.incidents()) == 2


def test_the_drift_policy_of_a_run_is_part_of_its_plan(desk: Desk) -> None:
    """What `--on-drift` made of it then, it makes of it now; another word beside the plan is a contradiction."""
    desk.declare(incident("one"))
    desk.settled()
    desk.edit(desk.incident("Title of one")["id"], summary="By Bob")
    desk.plan("--on-drift", "keep")
    kept = desk.carry_out()
    desk.edit(desk.incident("Title of one")["id"], severity_id=desk.severity("Critical"))
    desk.plan("--on-drift", "overwrite")
    contradicted, overwritten = desk.carry_out("--on-drift", "keep"), desk.carry_out()

    assert (kept.code, contradicted.code, overwritten.code) == (0, 3, 0)
    assert desk.incident("Title of one")["severity"]["name"] == "Minor"


def test_exit_codes_are_those_without_a_file(desk: Desk) -> None:
    """Changes, nothing to do, and a plan that apply would refuse in part."""
    desk.declare(incident("one"))
    assert desk.plan("--detailed-exitcode").code == 2
    assert desk.carry_out().code == 0
    assert desk.plan("--detailed-exitcode").code == 0
    assert desk.carry_out().code == 0
    desk.declare(incident("one", mode="standard"), incident("two"))
    assert desk.plan("--detailed-exitcode").code == 4
    assert desk.carry_out().code == 4
    assert len(desk.incidents()) == 2


@pytest.mark.parametrize(("name", "told"), [("no/where.json", "there is no such folder"), ("incidents", "directory")])
def test_a_place_that_takes_no_file_is_refused(desk: Desk, name: str, told: str) -> None:
    """The plan is shown all the same."""
    desk.declare(incident("one"))
    ended = desk.type("plan", "--out", name)

    assert ended.code == 4
    assert "+ Incident/one" in ended.stdout
    assert ended.stderr.startswith(f"error: {name}: the plan cannot be saved: ")
    assert told in ended.stderr
    assert "make room" not in ended.stderr


def test_a_folder_is_no_plan_file(desk: Desk) -> None:
    """It is there, so it is not said to be missing."""
    desk.declare(incident("one"))
    ended = typed(desk.folder, "plan", "show", "incidents")

    assert ended.code == 3
    assert ended.stderr.startswith("error: incidents: this is a folder, not a plan file\n")


def test_a_full_disk_leaves_no_half_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The older plan stays as it was, and nothing is left beside it."""
    desk.declare(incident("one"))
    desk.plan()
    before, names = desk.file.read_bytes(), sorted(desk.folder.iterdir())

    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ended = desk.type("plan", "--out", "plan.json")

    assert ended.code == 4
    assert "plan.json: the plan cannot be saved: no space left on device\n" in ended.stderr
    assert (desk.file.read_bytes(), sorted(desk.folder.iterdir())) == (before, names)


def test_no_key_is_in_a_plan_file(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even one that a person wrote into an incident; the plan can be applied all the same."""
    key = "inc_live_0123456789abcdef0123456789"
    monkeypatch.setenv("INCIDENT_API_KEY", key)
    desk.declare(incident("one"))
    desk.settled()
    desk.edit(desk.incident("Title of one")["id"], summary=f'Try it with "{key}"')
    desk.plan()
    text = desk.file.read_text()

    assert "0123456789abcdef" not in text
    assert "[key]" in text
    assert desk.carry_out().code == 0
    assert desk.incident("Title of one")["summary"] == "As it was"


def test_a_plan_that_nobody_reads_to_its_end_is_saved(desk: Desk, tmp_path: Path) -> None:
    """`plan --out FILE | head` is a plan as good as any."""
    desk.declare(*(incident(f"one-{number}") for number in range(3)))
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*RECONCILER, "plan", "--sandbox", "--out", "plan.json"],
        cwd=tmp_path,
        env=environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert ended.returncode == 141
    assert desk.carry_out().code == 0
