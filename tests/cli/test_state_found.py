"""`state import`, `state mv` and `state rebuild`: what is remembered, corrected by hand or found again."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.shell import Shell

SEVERITY = """\
apiVersion: reconciler/v1
kind: Severity
metadata: {name: grave}
spec: {name: Grave, description: Bad}
"""


@pytest.fixture
def applied(shell: Shell) -> Shell:
    """Give a workspace whose two incidents have been declared."""
    shell.workspace("one", "two")
    shell.run("apply", "--sandbox", "--auto-approve", "--parallelism", "1")
    return shell


def known(shell: Shell) -> dict[str, str]:
    """Return what each key is remembered as."""
    told = json.loads(shell.run("state", "list", "--sandbox", "--format", "json").stdout)
    return {key: one["reference"] for key, one in told.items()}


def rename(shell: Shell, old: str, new: str) -> None:
    """Rename a manifest."""
    text = (shell.folder / f"incidents/{old}.yaml").read_text()
    (shell.folder / f"incidents/{old}.yaml").unlink()
    shell.write(f"incidents/{new}.yaml", text.replace(f"name: {old},", f"name: {new},"))


def test_a_moved_resource_keeps_all_of_its_own(applied: Shell) -> None:
    """Its updates go with it, and the next plan has nothing to do."""
    rename(applied, "one", "first")

    ended = applied.run("state", "mv", "Incident/one", "Incident/first", "--sandbox")

    assert ended.stdout == "Incident/one is Incident/first now\n"
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0
    assert known(applied)["Incident/first"] == "INC-1"


def test_an_update_may_be_moved_as_well(applied: Shell) -> None:
    """An ID that was renamed in the manifest is not posted again."""
    file = applied.folder / "incidents/one.yaml"
    file.write_text(file.read_text().replace("cause-found", "cause"))

    ended = applied.run("state", "mv", "Incident/one/update/cause-found", "Incident/one/update/cause", "--sandbox")

    assert ended.code == 0
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        ("Incident/two", 4, "Incident/two is managed already"),
        ("Severity/one", 3, "only its last part changes"),
        ("Incident/One!", 3, "`One!` cannot be a name"),
        ("one", 3, "`one` is no name of a resource"),
    ],
)
def test_a_target_that_cannot_be_is_refused(applied: Shell, target: str, code: int, said: str) -> None:
    """Nothing changes."""
    before = known(applied)

    ended = applied.run("state", "mv", "Incident/one", target, "--sandbox")

    assert ended.code == code
    assert said in ended.stderr
    assert known(applied) == before


@pytest.mark.parametrize("name", ["INC-1", "1"])
def test_an_incident_is_imported_by_its_reference(applied: Shell, name: str) -> None:
    """It is shown, and from then on it is that one; its updates are recognised, and not posted again."""
    applied.run("state", "rm", "Incident/one", "--sandbox")

    ended = applied.run("state", "import", "Incident/one", name, "--sandbox")

    assert ended.code == 0
    assert ended.stdout.startswith("Incident/one is INC-1 now: Title of one, Fixing, Minor, since ")
    assert ended.stderr == ""
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_configuration_is_imported_by_its_name(applied: Shell) -> None:
    """As people call it."""
    applied.write("incidents/grave.yaml", SEVERITY.replace("Grave", "Graver"))

    ended = applied.run("state", "import", "Severity/grave", "Critical", "--sandbox")
    plan = applied.run("plan", "--sandbox")

    assert ended.stdout.startswith("Severity/grave is 01")
    assert "~ Severity/grave" in plan.stdout


def test_nothing_is_imported_under_a_name_that_no_manifest_can_have(applied: Shell) -> None:
    """It could never be declared."""
    applied.run("state", "rm", "Incident/one", "--sandbox")
    before = known(applied)

    ended = applied.run("state", "import", "Incident/ONE", "INC-1", "--sandbox")

    assert ended.code == 3
    assert ended.stderr.startswith("error: `ONE` cannot be a name\nhint: a name is 1 to 63 of a-z")
    assert known(applied) == before


def test_an_import_without_a_manifest_is_warned_of(applied: Shell) -> None:
    """It is done, as the manifest may come later."""
    applied.run("state", "rm", "Incident/one", "--sandbox")

    ended = applied.run("state", "import", "Incident/later", "INC-1", "--sandbox")

    assert ended.code == 0
    assert "warning: no manifest declares Incident/later" in ended.stderr


@pytest.mark.parametrize(
    ("key", "name", "said"),
    [
        ("Incident/three", "INC-1", "INC-1 is managed by Incident/one"),
        ("Incident/one", "INC-2", "Incident/one is managed as INC-1 already"),
        ("Incident/three", "INC-77", "the account shows no incident `INC-77` to this key"),
        ("Severity/x", "Nonsense", "the account has no severity `Nonsense`"),
    ],
)
def test_an_import_that_takes_what_is_managed_is_refused(applied: Shell, key: str, name: str, said: str) -> None:
    """And what is not there."""
    ended = applied.run("state", "import", key, name, "--sandbox")

    assert ended.code == 4
    assert said in ended.stderr


@pytest.mark.parametrize("rubbish", [b"rubbish", b"", b"[1]", None])
def test_a_state_that_is_rubbish_is_found_again(applied: Shell, rubbish: bytes | None) -> None:
    """What is likely is written and said to be no more than that; the next plan has nothing to do."""
    state = applied.folder / ".reconciler/sandbox/state.json"
    before = known(applied)
    state.unlink() if rubbish is None else state.write_bytes(rubbish)

    ended = applied.run("state", "rebuild", "--sandbox", "--auto-approve")

    assert ended.code == 0
    assert ended.stdout.splitlines() == [
        "likely   Incident/one  INC-1  look-alike",
        "likely   Incident/two  INC-2  look-alike",
    ]
    assert known(applied) == before
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0
    copies = list(state.parent.glob("state.json.backup-*"))
    assert [one.read_bytes() for one in copies] == ([] if rubbish is None else [rubbish])


def test_a_state_that_still_holds_is_certain(applied: Shell) -> None:
    """And what nobody declares is kept, what is not there told."""
    (applied.folder / "incidents/two.yaml").unlink()
    applied.write("incidents/grave.yaml", SEVERITY)

    ended = applied.run("state", "rebuild", "--sandbox", "--auto-approve", "--format", "json")

    told = {one["key"]: (one["sure"], one["is"]) for one in json.loads(ended.stdout)}
    assert told == {
        "Incident/one": ("certain", "INC-1"),
        "Incident/two": ("kept", "INC-2"),
        "Severity/grave": ("absent", ""),
    }
    assert known(applied)["Incident/two"] == "INC-2"


def test_what_is_unsure_is_not_written(shell: Shell) -> None:
    """What may be an earlier generation is told with the lines to choose from, and the exit code says so."""
    shell.workspace("one")
    text = "apiVersion: reconciler/v1\nkind: Incident\nmetadata: {name: over%s}\n"
    spec = "spec: {name: Over, mode: test, severity: Minor, status: Closed}\n"
    shell.write("incidents/over.yaml", text % "" + spec)
    shell.run("apply", "--sandbox", "--auto-approve")
    (shell.folder / ".reconciler/sandbox/state.json").unlink()
    shell.write("incidents/over.yaml", text % ', generation: "2"' + spec)

    ended = shell.run("state", "rebuild", "--sandbox", "--auto-approve")

    assert ended.code == 4
    unsure, hint = ended.stdout.splitlines()[1:]
    assert unsure.startswith("unsure   Incident/over")
    assert "may be an earlier generation: INC-" in unsure
    assert "hint: write `id: INC-" in hint
    assert "Incident/over" not in known(shell)


def test_a_dry_run_writes_nothing(applied: Shell) -> None:
    """It only tells."""
    state = applied.folder / ".reconciler/sandbox/state.json"
    state.write_bytes(b"rubbish")

    ended = applied.run("state", "rebuild", "--sandbox", "--dry-run")

    assert "likely   Incident/one  INC-1" in ended.stdout
    assert state.read_bytes() == b"rubbish"


def test_nothing_is_replaced_without_a_yes(applied: Shell) -> None:
    """In a pipe there is nobody to ask; on a terminal the answer counts."""
    piped = applied.run("state", "rebuild", "--sandbox")
    refused = applied.type("state", "rebuild", "--sandbox", prompt="[y/N]", answer=b"n\n")
    agreed = applied.type("state", "rebuild", "--sandbox", prompt="[y/N]", answer=b"y\n")

    assert piped.code == 4
    assert "hint: `--auto-approve` writes without asking" in piped.stderr
    assert (refused.code, agreed.code) == (4, 0)
    assert "kept the old one as" in agreed.stdout


def test_a_state_of_another_workspace_is_no_rubbish(applied: Shell) -> None:
    """It is not replaced."""
    state = applied.folder / ".reconciler/sandbox/state.json"
    text = state.read_text().replace('"workspace": "acme"', '"workspace": "other"')
    state.write_text(text)

    ended = applied.run("state", "rebuild", "--sandbox", "--auto-approve")

    assert ended.code == 4
    assert state.read_text() == text


def test_what_was_abandoned_is_forgotten_for_good(applied: Shell) -> None:
    """A tombstone goes with `state rm`, once it is no more than that."""
    (applied.folder / "incidents/one.yaml").unlink()
    applied.run("apply", "--sandbox", "--auto-approve", "--prune")

    ended = applied.run("state", "rm", "Incident/one", "--sandbox")

    assert ended.stdout == "forgot Incident/one, which was INC-1\n"
    assert json.loads((applied.folder / ".reconciler/sandbox/state.json").read_text())["tombstones"] == {}


def test_what_was_abandoned_and_is_declared_again_is_the_same(applied: Shell) -> None:
    """Found by its tombstone and shown as adopted; its updates are not posted again."""
    text = (applied.folder / "incidents/one.yaml").read_text()
    (applied.folder / "incidents/one.yaml").unlink()
    applied.run("apply", "--sandbox", "--auto-approve", "--prune")
    applied.write("incidents/one.yaml", text.replace("Title of one", "Called otherwise"))

    plan = json.loads(applied.run("plan", "--sandbox", "--format", "json").stdout)
    applied.run("apply", "--sandbox", "--auto-approve")

    assert [(one["action"], one["key"]) for one in plan["changes"]] == [
        ("adopt", "Incident/one"),
        ("edit", "Incident/one"),
    ]
    assert known(applied)["Incident/one"] == "INC-1"
    assert "Incident/one/update/cause-found" in known(applied)
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("wrong", [("id", 7), ("generation", 1), ("idempotency_key", ["x"]), ("reference", {})])
def test_a_state_with_a_value_of_a_wrong_type_is_no_state(applied: Shell, wrong: tuple[str, object]) -> None:
    """Told as such, and found again."""
    state = applied.folder / ".reconciler/sandbox/state.json"
    value = json.loads(state.read_text())
    value["resources"]["Incident/one"][wrong[0]] = wrong[1]
    state.write_text(json.dumps(value))

    refused = applied.run("plan", "--sandbox")
    applied.run("state", "rebuild", "--sandbox", "--auto-approve")

    assert refused.code == 4
    assert "not a state of this program" in refused.stderr
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_what_is_not_found_is_not_said_to_be_created(shell: Shell) -> None:
    """Whether the next apply can create it, the plan tells."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    file.write_text(file.read_text().replace("  severity: Minor\n", ""))
    impossible = shell.run("plan", "--sandbox")
    ended = shell.run("state", "rebuild", "--sandbox", "--dry-run")

    assert "an active incident needs a severity" in impossible.stdout
    assert re.fullmatch(r"absent +Incident/one +no object found\n", ended.stdout)


def test_a_state_that_the_account_contradicts_is_unsure(applied: Shell) -> None:
    """IDs that were swapped are no certainty: told with why and a way on, and not written."""
    state = applied.folder / ".reconciler/sandbox/state.json"
    value = json.loads(state.read_text())
    one, two = (value["resources"][f"Incident/{name}"] for name in ("one", "two"))
    one["id"], two["id"] = two["id"], one["id"]
    one["reference"], two["reference"] = two["reference"], one["reference"]
    state.write_text(json.dumps(value))

    ended = applied.run("state", "rebuild", "--sandbox", "--auto-approve")

    assert ended.code == 4
    assert "unsure   Incident/one" in ended.stdout
    assert "INC-2 is not called as it was when it was last written" in ended.stdout
    assert "`reconciler state rm Incident/one --sandbox` and run this again" in ended.stdout
    for name in ("one", "two"):
        applied.run("state", "rm", f"Incident/{name}", "--sandbox")
    assert applied.run("state", "rebuild", "--sandbox", "--auto-approve").code == 0
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_what_was_forgotten_is_listed_apart(applied: Shell) -> None:
    """With what it was and why."""
    (applied.folder / "incidents/two.yaml").unlink()
    applied.run("apply", "--sandbox", "--auto-approve", "--prune")

    assert "forgotten: Incident/two, INC-2: abandoned" in applied.run("state", "list", "--sandbox").stdout


def test_a_move_to_its_own_name_is_told_as_such(applied: Shell) -> None:
    """It is no name of another."""
    ended = applied.run("state", "mv", "Incident/one", "Incident/one", "--sandbox")

    assert ended.code == 3
    assert "Incident/one is its name already" in ended.stderr
