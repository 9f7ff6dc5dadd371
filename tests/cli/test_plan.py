from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.shell import Shell


def test_a_plan_writes_nothing(shell: Shell) -> None:
    """Neither state nor lock, nor even a sandbox that is not there yet."""
    shell.workspace("one")
    before = sorted(shell.folder.rglob("*"))
    ended = shell.run("plan", "--sandbox")

    assert ended.code == 0
    assert sorted(shell.folder.rglob("*")) == before
    assert "+ Incident/one " in ended.stdout
    assert ended.stdout.endswith("Plan: 1 to create, 2 updates to post.\n")


def test_changes_exit_with_2_where_that_is_asked_for(shell: Shell) -> None:
    """A nightly run needs to know; a person does not."""
    shell.workspace("one")

    assert shell.run("plan", "--sandbox", "--detailed-exitcode").code == 2
    assert shell.run("plan", "--sandbox").code == 0


def test_nothing_to_do_exits_with_0(shell: Shell) -> None:
    """After an apply, the plan is empty."""
    shell.workspace("one")
    shell.run("apply", "--sandbox", "--auto-approve")
    ended = shell.run("plan", "--sandbox", "--detailed-exitcode")

    assert ended.code == 0
    assert ended.stdout.endswith("Plan: nothing to do, 1 unchanged.\n")


def test_json_goes_to_stdout_alone(shell: Shell) -> None:
    """A program reads it whole."""
    shell.workspace("one")
    ended = shell.run("plan", "--sandbox", "--format", "json", "-v")
    told = json.loads(ended.stdout)

    assert told["format_version"] == 1
    assert told["workspace"] == "acme"
    assert told["summary"]["create"] == 1
    assert [change["action"] for change in told["changes"]] == ["create", "post", "post"]
    assert "GET /v1/identity 200 " in ended.stderr


def test_markdown_is_for_pull_requests(shell: Shell) -> None:
    """A heading, and a block of each resource."""
    shell.workspace("one")
    ended = shell.run("plan", "--sandbox", "--format", "markdown")

    assert ended.stdout.startswith("## reconciler: acme\n")
    assert "<details><summary><code>+ Incident/one</code></summary>" in ended.stdout


@pytest.mark.parametrize(
    ("flags", "names"),
    [
        (["--select", "name=o*"], ["one"]),
        (["--exclude", "name=one"], ["two"]),
        (["--select", "label=team:payments"], ["one", "two"]),
        (["--select", "kind=Incident", "--select", "name=two"], ["two"]),
        (["incidents/two.yaml"], ["two"]),
    ],
)
def test_a_plan_is_about_what_is_selected(shell: Shell, flags: list[str], names: list[str]) -> None:
    """By kind, label, name or place."""
    shell.workspace("one", "two")
    told = json.loads(shell.run("plan", "--sandbox", "--format", "json", *flags).stdout)

    assert [change["key"] for change in told["changes"] if change["action"] == "create"] == [
        f"Incident/{name}" for name in names
    ]


def test_what_comes_along_is_named(shell: Shell) -> None:
    """A selected incident brings the severity that it uses."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    file.write_text(
        file.read_text().replace("Minor", "Dire")
        + "---\napiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: dire}\n"
        "spec: {name: Dire, description: Bad}\n"
    )
    ended = shell.run("plan", "--sandbox", "--select", "kind=Incident")

    assert ended.stderr == "with them, as they are referred to: Severity/dire\n"
    assert "+ Severity/dire " in ended.stdout


def test_an_unknown_name_is_told_at_its_place(shell: Shell) -> None:
    """The account is asked, and the manifest's line is named."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    file.write_text(file.read_text().replace("Minor", "Minr"))
    ended = shell.run("plan", "--sandbox")

    assert ended.code == 3
    assert ended.stderr.startswith("incidents/one.yaml:7:13: `Minr` is not a severity")
    assert "did you mean `Minor`?" in ended.stderr


def test_a_real_account_needs_a_key(shell: Shell) -> None:
    """Exit code 6, and the variable to set."""
    shell.workspace("one")
    ended = shell.run("plan")

    assert ended.code == 6
    assert ended.stderr.startswith("error: there is no API key\nhint: set INCIDENT_API_KEY")


def test_a_real_account_needs_a_workspace_with_a_name(shell: Shell) -> None:
    """Two teams without names would share every key."""
    shell.workspace("one")
    (shell.folder / "reconciler.yaml").unlink()
    shell.environ["INCIDENT_API_KEY"] = "secret"
    ended = shell.run("plan")

    assert ended.code == 3
    assert "`reconciler init`" in ended.stderr


def test_manifests_are_checked_before_the_key(shell: Shell) -> None:
    """Bad input costs nothing."""
    shell.workspace("one")
    shell.write("incidents/bad.yaml", "kind: Nothing\n")

    assert shell.run("plan").code == 3


def test_a_host_that_does_not_answer_exits_with_7(shell: Shell) -> None:
    """The network is neither a wrong manifest nor a wrong key."""
    shell.workspace("one")
    shell.environ["INCIDENT_API_KEY"] = "secret-of-mine"
    ended = shell.run("plan", "--base-url", "http://127.0.0.1:9", "--timeout", "1", "-v")

    assert ended.code == 7
    assert "127.0.0.1:9" in ended.stderr
    assert "secret-of-mine" not in ended.stderr


def test_texts_of_private_incidents_are_shown_on_a_terminal_only(shell: Shell) -> None:
    """A CI log is read by more people than the incident; the flag says that this is fine."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    file.write_text(file.read_text().replace("mode: test", "mode: test\n  visibility: private"))
    text = shell.run("plan", "--sandbox").stdout
    shown = shell.run("plan", "--sandbox", "--show-private").stdout

    assert "(private, hmac " in text
    assert "Title of one" not in text
    assert "A bad deploy" not in text
    assert "Title of one" in shown


@pytest.mark.parametrize(("environ", "kept"), [({"NO_COLOR": "1"}, {"0", "1", "2"}), ({}, {"0", "1", "2", "32"})])
def test_no_color_takes_the_colour_and_leaves_the_weight(shell: Shell, environ: dict[str, str], kept: set[str]) -> None:
    """NO_COLOR is about colour: what is bold or faint stays, so that a page can still be scanned."""
    shell.workspace("checkout")
    shell.environ |= environ

    ended = shell.type("plan", "--sandbox", prompt="Plan:", answer=b"\n")

    assert set(re.findall(r"\x1b\[([0-9;]*)m", ended.stdout)) == kept


def test_no_digest_of_a_private_text_can_be_tried(shell: Shell) -> None:
    """Whoever reads a CI log and has a list of the staff, or a guess, cannot find out which of them is meant."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    spec = "mode: test\n  visibility: private\n  roles: {Incident Lead: alice@example.com}"
    file.write_text(file.read_text().replace("mode: test", spec))
    told = shell.run("plan", "--sandbox", "-vv", is_fresh=True)
    again = shell.run("plan", "--sandbox", "--format", "json", is_fresh=True)
    first, second = (set(re.findall(r"\(private, hmac (\w+)…\)", one.stdout)) for one in (told, again))
    guessed = {hashlib.sha256(word.encode()).hexdigest()[:8] for word in ("Title of one", "alice@example.com")}

    assert first
    assert second
    assert not first & second
    assert not (first | second) & guessed


def test_a_problem_of_a_private_incident_quotes_none_of_its_texts(shell: Shell) -> None:
    """Its place says which value is meant; the same of a public one is quoted."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    public = file.read_text().replace("mode: test", "mode: test\n  roles: {Incident Lead: alixe@example.com}")
    file.write_text(public)
    quoted = shell.run("plan", "--sandbox").stderr
    file.write_text(public.replace("mode: test", "mode: test\n  visibility: private"))
    hidden = shell.run("plan", "--sandbox")

    assert "`alixe@example.com` is not a" in quoted
    assert hidden.code == 3
    assert re.search(r"incidents/one.yaml:\d+:\d+: this value is not a \w+ of this organisation\n", hidden.stderr)
    assert "alixe" not in hidden.stdout + hidden.stderr
    assert "did you mean" not in hidden.stderr


def test_a_value_that_the_schema_refuses_in_a_private_incident_is_not_quoted(shell: Shell) -> None:
    """Also where no account is asked."""
    shell.workspace("one")
    file = shell.folder / "incidents/one.yaml"
    spec = "mode: test\n  visibility: private\n  call_url: vault secret"
    file.write_text(file.read_text().replace("mode: test", spec))
    ended = shell.run("validate")

    assert ended.code == 3
    assert "vault" not in ended.stdout + ended.stderr
