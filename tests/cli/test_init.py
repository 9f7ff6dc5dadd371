from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from tests.cli.shell import Shell


def test_what_init_writes_is_valid_and_plans(shell: Shell) -> None:
    """The first day: init, validate, plan, apply, and nothing left to do."""
    ended = shell.run("init", "--name", "acme")

    assert ended.code == 0
    assert shell.run("validate").stdout == "1 file, 1 resource: valid.\n"
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 2
    assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_the_example_is_in_test_mode(shell: Shell) -> None:
    """Nobody's first apply wakes anybody."""
    shell.run("init", "demo", "--name", "acme")
    (manifest,) = yaml.safe_load_all((shell.folder / "demo/incidents/example.yaml").read_text())

    assert manifest["spec"]["mode"] == "test"


def test_a_name_that_yaml_would_read_as_a_number_stays_a_name(shell: Shell) -> None:
    """Written in quotes where it needs them."""
    shell.run("init", "--name", "2026")

    assert shell.run("validate").code == 0


def test_init_overwrites_nothing(shell: Shell) -> None:
    """What is there already is left alone, and named."""
    mine = shell.write(".gitignore", "mine\n")
    ended = shell.run("init", "--name", "acme")

    assert ended.code == 0
    assert mine.read_text() == "mine\n"
    assert ended.stderr == "left alone  .gitignore\n"


def test_init_ends_with_what_to_type_next(shell: Shell) -> None:
    """Each of these commands works as written."""
    ended = shell.run("init", "demo", "--name", "acme")
    commands = [line.split()[1:] for line in ended.stdout.splitlines() if line.startswith("  reconciler ")]

    assert commands == [["validate", "demo"], ["plan", "demo", "--sandbox"], ["apply", "demo", "--sandbox"]]
    assert [shell.run(*command).code for command in commands[:2]] == [0, 0]


def test_the_name_is_asked_for_and_never_taken_from_the_folder(shell: Shell) -> None:
    """Where nobody can be asked it has to be given."""
    ended = shell.run("init")

    assert ended.code == 3
    assert "`reconciler init --name NAME`" in ended.stderr
    assert list(shell.folder.iterdir()) == []


def test_a_workspace_that_is_there_already_has_a_name(shell: Shell) -> None:
    """What a workspace without manifests is told to type works, also where nobody can be asked."""
    shell.write("reconciler.yaml", "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec: {}\n")
    empty = shell.run("plan", "--sandbox")
    ended = shell.run("init")

    assert "`reconciler init` writes a first one" in empty.stderr
    assert ended.code == 0, ended.stderr
    assert "left alone  reconciler.yaml\n" in ended.stderr
    assert shell.run("validate").stdout == "1 file, 1 resource: valid.\n"


def test_on_a_terminal_the_name_is_asked_for(shell: Shell) -> None:
    """With the reason why it matters."""
    ended = shell.type("init", prompt="Name of this workspace: ", answer=b"acme\n\n")

    assert ended.code == 0
    assert "name: acme " in (shell.folder / "reconciler.yaml").read_text()


def test_a_name_that_cannot_be_is_refused(shell: Shell) -> None:
    """Before anything is written."""
    ended = shell.run("init", "--name", "Acme Corp")

    assert ended.code == 3
    assert ended.stderr.startswith("error: `Acme Corp` cannot be a workspace's name\n")
    assert list(shell.folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(shell: Shell) -> None:
    """Without a traceback."""
    shell.write("demo", "a file")
    ended = shell.run("init", "demo/below", "--name", "acme")

    assert ended.code == 4
    assert ended.stderr.startswith("error: demo/below/reconciler.yaml cannot be written: ")


def test_the_ci_files_plan_on_a_change_and_apply_on_merge(shell: Shell) -> None:
    """They parse, they pin the version, and only the merge applies."""
    shell.run("init", "--name", "acme")
    github = yaml.load((shell.folder / ".github/workflows/incidents.yml").read_text(), yaml.BaseLoader)
    gitlab = yaml.safe_load((shell.folder / ".gitlab-ci.yml").read_text())
    plan, apply = (json.dumps(github["jobs"][name]) for name in ("plan", "apply"))

    assert set(github["on"]) == {"pull_request", "push", "schedule"}
    assert "reconciler plan --format markdown" in plan
    assert "reconciler apply" not in plan
    assert "reconciler apply --auto-approve" in apply
    assert github["permissions"] == {"contents": "read"}
    assert "reconciler plan --format markdown > plan.md" in gitlab["plan"]["script"]
    assert gitlab["apply"]["script"] == ["reconciler apply --auto-approve"]


def test_the_ci_files_tell_drift_at_night_and_apply_nothing_then(shell: Shell) -> None:
    """A scheduled run only reads, knows what was applied, and fails where there is drift."""
    shell.run("init", "--name", "acme")
    github = yaml.load((shell.folder / ".github/workflows/incidents.yml").read_text(), yaml.BaseLoader)
    gitlab = yaml.safe_load((shell.folder / ".gitlab-ci.yml").read_text())
    drift = github["jobs"]["drift"]
    (step,) = [one for one in drift["steps"] if "reconciler drift" in one.get("run", "")]

    assert drift["if"] == "github.event_name == 'schedule'"
    assert github["jobs"]["apply"]["if"] == "github.event_name == 'push'"
    assert step["shell"] == "bash"
    assert [one["uses"] for one in drift["steps"] if "cache" in one.get("uses", "")] == ["actions/cache/restore@v4"]
    scheduled = '$CI_PIPELINE_SOURCE == "schedule"'
    assert gitlab["drift"]["rules"] == [{"if": scheduled}]
    assert gitlab["drift"]["cache"] == gitlab["plan"]["cache"]
    assert gitlab["drift"]["script"] == ["reconciler drift"]
    assert gitlab["apply"]["rules"][0] == {"if": scheduled, "when": "never"}


def test_the_ci_files_keep_the_state_from_run_to_run(shell: Shell) -> None:
    """What an apply remembers, the next plan and the next apply know, also where the apply failed."""
    shell.run("init", "--name", "acme")

    github = yaml.load((shell.folder / ".github/workflows/incidents.yml").read_text(), yaml.BaseLoader)
    gitlab = yaml.safe_load((shell.folder / ".gitlab-ci.yml").read_text())
    plan, apply = ([step.get("uses", "") for step in github["jobs"][name]["steps"]] for name in ("plan", "apply"))
    assert "actions/cache/restore@v4" in plan
    assert "actions/cache/save@v4" not in plan
    assert [one for one in apply if "cache" in one] == ["actions/cache/restore@v4", "actions/cache/save@v4"]
    assert gitlab["plan"]["cache"]["policy"] == "pull"
    assert gitlab["apply"]["cache"] == gitlab["plan"]["cache"] | {"policy": "pull-push", "when": "always"}


def test_the_editor_is_told_of_the_schemas(shell: Shell) -> None:
    """Both files that the settings name are there."""
    shell.run("init", "--name", "acme")
    settings = json.loads((shell.folder / ".vscode/settings.json").read_text())

    assert all((shell.folder / path).is_file() for path in settings["yaml.schemas"])


def test_a_field_for_the_keys_is_written_on_request(shell: Shell) -> None:
    """The workspace names it, a manifest declares it, and the next apply creates it before the incident."""
    ended = shell.run("init", "--name", "acme", "--identity-field", "Reconciler key")

    assert ended.code == 0
    assert "  identity_field: Reconciler key\n" in (shell.folder / "reconciler.yaml").read_text()
    assert shell.run("validate").code == 0
    plan = shell.run("plan", "--sandbox")
    assert "Identity: key and name, until field Reconciler key is there; found again" in plan.stdout
    assert plan.stdout.index("+ CustomField/identity-field") < plan.stdout.index("+ Incident/example")
    assert shell.run("apply", "--sandbox", "--auto-approve").code == 0
    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_on_a_terminal_the_field_is_asked_for(shell: Shell) -> None:
    """With what it is good for."""
    ended = shell.type("init", prompt="Name of this workspace: ", answer=b"acme\nKey: ours\n")

    assert ended.code == 0
    assert '  identity_field: "Key: ours"\n' in (shell.folder / "reconciler.yaml").read_text()
    assert shell.run("validate").code == 0


def test_a_field_for_a_workspace_that_is_there_is_told(shell: Shell) -> None:
    """Its file is left alone; the line to write is told."""
    shell.run("init", "--name", "acme")

    ended = shell.run("init", "--name", "acme", "--identity-field", "Reconciler key")

    assert "hint: write `identity_field: Reconciler key` below `spec:` in reconciler.yaml\n" in ended.stderr
    assert (shell.folder / "organisation/identity-field.yaml").exists()


@pytest.mark.parametrize("name", ["x" * 51, "two\nlines"])
def test_a_field_that_cannot_be_is_refused(shell: Shell, name: str) -> None:
    """Before anything is written."""
    ended = shell.run("init", "--name", "acme", "--identity-field", name)

    assert ended.code == 3
    assert list(shell.folder.iterdir()) == []
