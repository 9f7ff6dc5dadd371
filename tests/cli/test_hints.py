"""A command that is named to a person reaches the account and the workspace of the run that named it."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.way import ACCOUNT, Way
from tests.cli.shell import INCIDENT
from tests.cli.test_messages import MENTIONS, command_of
from tests.planfile.desk import Desk, incident, typed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.shell import Shell

SAID = re.compile(r"`reconciler ([^`\n]+)`")
UNSEEN = "01JGONE0000000000000000000"
ABOUT_ACCOUNTS = [(place, words.strip()) for place, words in MENTIONS if place not in {"github.yml", "gitlab.yml"}]


def commands(text: str) -> set[str]:
    """Return the commands that a text names and that are about an account."""
    return {words for words in SAID.findall(text) if takes(words)}


def takes(words: str) -> bool:
    """Return whether a command is about an account."""
    command, _ = command_of(words)
    return command is not None and {flag for option in command.params for flag in option.opts} >= ACCOUNT


@pytest.mark.parametrize(("place", "words"), ABOUT_ACCOUNTS, ids=[f"{one} {words}" for one, words in ABOUT_ACCOUNTS])
def test_a_command_that_is_named_anywhere_gets_the_flags_of_its_run(place: str, words: str) -> None:
    """Whatever stands in the sources: where it takes flags, it gets them, once."""
    del place
    told = Way("", "--sandbox", "--workspace else.yaml").typed(f"`reconciler {words}` does it") if words else ""

    assert told.count("--sandbox") == (1 if takes(words) else words.count("--sandbox"))
    assert not takes(words) or told.count("--workspace else.yaml") == 1


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Give a folder and an account of one's own."""
    return Desk(tmp_path)


@pytest.fixture
def unseen(desk: Desk) -> Desk:
    """Give a workspace whose incident the account does not show any more."""
    desk.declare(incident("example"))
    desk.settled()
    state = desk.workspace.state
    state.write_text(state.read_text().replace(desk.incident("Title of example")["id"], UNSEEN))
    return desk


PLANS = [
    *(("plan", "--format", form) for form in ("text", "json", "markdown", "html")),
    *(("drift", "--format", form) for form in ("text", "json")),
    *(("apply", "--auto-approve", "--format", form) for form in ("text", "json")),
    ("apply", "--auto-approve", "--format", "json", "--log-format", "json"),
    *(("state", "rebuild", "--dry-run", "--format", form) for form in ("text", "json")),
]


@pytest.mark.parametrize("words", PLANS, ids=" ".join)
def test_what_is_told_of_a_plan_names_commands_with_the_flags_of_the_run(unseen: Desk, words: tuple[str, ...]) -> None:
    """`state rm` without --sandbox would forget the real account's record."""
    ended = unseen.type(*words)

    told = commands(ended.stdout + ended.stderr)
    assert any(one.startswith("state rm Incident/example") for one in told), ended.stdout
    assert all("--sandbox" in one for one in told)


def test_a_saved_plan_names_commands_for_the_account_that_it_was_made_for(unseen: Desk) -> None:
    """`plan show` takes no --sandbox, and what it shows is about the sandbox all the same."""
    unseen.type("plan", "--out", "plan.json")
    shown = typed(unseen.folder, "plan", "show", "plan.json")

    assert commands(shown.stdout) == {"state rm Incident/example --sandbox"}
    assert unseen.content["refusals"] == json.loads(unseen.type("plan", "--format", "json").stdout)["refusals"]


def test_an_outcome_names_commands_with_the_flags_of_the_run(desk: Desk) -> None:
    """What an object in use takes is typed as it is printed."""
    severity = "kind: Severity\nmetadata: {name: grave}\nspec: {name: Grave, description: It is bad}\n"
    desk.declare(severity, incident("one", severity="Grave"))
    desk.settled()
    desk.declare(incident("one", severity="Minor", ignore_changes="[severity]"))
    desk.settled()
    ended = desk.type("apply", "--prune", "--auto-approve")

    assert commands(ended.stdout) == {"state rm Severity/grave --sandbox"}, ended.stdout + ended.stderr


def test_a_hint_typed_as_printed_reaches_the_state_of_the_run(unseen: Desk) -> None:
    """The record of the sandbox is forgotten, and nothing is looked for elsewhere."""
    (hint,) = commands(unseen.type("plan").stdout)
    ended = typed(unseen.folder, *shlex.split(hint))

    assert ended.code == 0, ended.stderr
    assert not unseen.memory.state.records


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_error_names_commands_with_the_flags_of_the_run(shell: Shell, form: str) -> None:
    """Whether the workspace is read by then or not."""
    shell.workspace("one")
    flags = ("--base-url", "http://127.0.0.1:9", "--log-format", form)
    unread = shell.run("apply", "--plan", "none.json", *flags)
    read = shell.run("state", "show", "Incident/none", *flags)

    assert commands(unread.stderr) == {"plan --out FILE --base-url http://127.0.0.1:9"}
    assert commands(read.stderr) == {"state list --base-url http://127.0.0.1:9"}


def test_another_workspace_is_named(shell: Shell) -> None:
    """Also one whose file lies in the same folder under another name, and one that only PATH named."""
    shell.workspace("one")
    (shell.folder / "reconciler.yaml").rename(shell.folder / "other.yaml")
    shell.write("below/reconciler.yaml", (shell.folder / "other.yaml").read_text().replace("[incidents]", "[.]"))
    shell.write("below/two.yaml", INCIDENT.replace("NAME", "two"))
    shell.write("loose/two.yaml", INCIDENT.replace("NAME", "two"))
    beside = shell.run("state", "show", "Incident/none", "--sandbox", "--workspace", "other.yaml")
    below = shell.run("drift", "below", "--sandbox")
    loose = shell.run("drift", "loose", "--sandbox")

    assert commands(beside.stderr) == {"state list --sandbox --workspace other.yaml"}
    assert commands(below.stdout) == {"apply --sandbox --workspace below/reconciler.yaml"}
    assert f"`cd {shell.folder / 'loose'} && reconciler apply --sandbox` records" in loose.stdout


def test_the_account_itself_needs_no_flag() -> None:
    """Nor does a command that reaches none, or that names another."""
    way = Way()

    assert way.typed("`reconciler state rm Incident/one`") == "`reconciler state rm Incident/one`"
    assert Way("", "--sandbox").typed("`reconciler init` writes one") == "`reconciler init` writes one"
    assert Way("", "--base-url http://x").typed("`reconciler plan --sandbox`") == "`reconciler plan --sandbox`"
