"""An account, manifests and file names full of texts that steer: every command shows them, and none obeys."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.render.test_hostile import unseen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli.shell import Ended, Shell

STEERING = "\x1b[31m\x1b]8;;https://evil.example\x07x\x1b]52;c;eA==\x07\x9b2J\b\r\n\u202e[red]<b>@alice"
"""Colours, a link, the clipboard, a cleared screen, a line overwritten, text turned around, and markup."""
COLOUR = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\x1b\[\d*[AK]")
"""What our own layout sends to a terminal."""
SHORT = "\x1b[31m\x9b2J\u202e<b>@alice"
QUOTED, BRIEF = json.dumps(STEERING), json.dumps(SHORT)

MANIFESTS = f"""\
apiVersion: reconciler/v1
kind: Incident
metadata: {{name: known, id: INC-1}}
spec: {{name: {QUOTED}, mode: test, severity: {BRIEF}, summary: {QUOTED}, updates: [{{id: a, message: {QUOTED}}}]}}
---
apiVersion: reconciler/v1
kind: CustomField
metadata: {{name: field}}
spec: {{name: Choice, description: {QUOTED}, type: single_select, options: [{BRIEF}, plain]}}
---
apiVersion: reconciler/v1
kind: Severity
metadata: {{name: worst}}
spec: {{name: {BRIEF}, description: {QUOTED}, rank: 90}}
"""


def poison(url: str) -> None:
    """Write such texts into the account, as anybody in its Slack can."""
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False) as client:

        def post(path: str, **body: Any) -> None:
            assert client.post(path, json=body).is_success

        post("/v1/severities", name=SHORT, description=f"old {STEERING}", rank=9)
        minor = "01SANDB0XSEVER1TY000000001"
        common = {"mode": "test", "visibility": "public", "severity_id": minor, "summary": f"old {STEERING}"}
        post("/v2/incidents", idempotency_key=STEERING, name=f"old {STEERING}", **common)


def commands(url: str) -> Iterator[tuple[str, ...]]:
    """Yield commands that show what there is, in every way."""
    there = ("--base-url", url)
    yield from (("plan", *there, "--format", form, "-vv") for form in ("text", "json", "markdown", "html"))
    yield ("plan", *there, "--log-format", "json", "-vv")
    yield ("plan", *there, "--out", "plan.json")
    yield ("plan", "show", "plan.json")
    yield ("apply", *there, "--auto-approve", "-vv")
    yield ("plan", *there)
    yield from (("state", "list", *there, "--format", form) for form in ("text", "json"))
    yield ("state", "show", "Incident/known", *there)
    yield ("state", "show", f"Incident/{STEERING}".replace("\x00", ""), *there)
    yield ("state", "rm", "CustomField/field", *there)
    yield from (("sandbox", "requests", *there, "--format", form) for form in ("text", "json"))
    yield ("plan", *there, "--select", f"name={STEERING}")
    yield ("validate", STEERING)
    yield (STEERING,)


@pytest.fixture
def hostile(shell: Shell) -> Shell:
    """A folder with such manifests, in files with such names."""
    shell.workspace()
    shell.write(f"incidents/{STEERING.replace('/', '')}.yaml", MANIFESTS)
    return shell


def test_no_command_obeys_what_it_shows(hostile: Shell) -> None:
    """In a pipe there is no control character but the end of a line, whatever is shown and however."""
    hostile.environ["INCIDENT_API_KEY"] = "sandbox"
    with hostile.served() as url:
        poison(url)
        ends = {command: hostile.run(*command) for command in commands(url)}

    assert {command: found for command, end in ends.items() if (found := unseen(end.stdout + end.stderr))} == {}
    assert {end.code for end in ends.values()} <= {0, 3}
    (shown,) = [end for command, end in ends.items() if command[0] == "plan" and "text" in command]
    assert "\\x1b[31m" in shown.stdout


def test_json_says_what_was_there(hostile: Shell) -> None:
    """Escapes are those of JSON: whoever reads it gets the text as it is."""
    hostile.environ["INCIDENT_API_KEY"] = "sandbox"
    with hostile.served() as url:
        poison(url)
        plan = json.loads(hostile.run("plan", "--base-url", url, "--format", "json").stdout)

    (field,) = [one for change in plan["changes"] for one in change["fields"] if one["path"] == "summary"]
    told = STEERING.replace("\r\n", "\n")  # texts that differ in their line ends alone mean the same
    assert (field["old"], field["new"].replace("\r\n", "\n")) == (f"old {told}", told)


def test_a_terminal_gets_our_colours_and_nothing_else(hostile: Shell) -> None:
    """What apply asks, shows while it works and says at the end holds the sequences of our own layout only."""
    hostile.environ["INCIDENT_API_KEY"] = "sandbox"
    with hostile.served() as url:
        poison(url)
        ended: Ended = hostile.type("apply", "--base-url", url, prompt="[y/N]", answer=b"y\n")

    assert ended.code == 0
    assert "\\x1b[31m" in ended.stdout
    assert unseen(COLOUR.sub("", ended.stdout).replace("\r", "")) == set()


def test_a_name_begins_no_line_of_a_problem(shell: Shell) -> None:
    """Neither one of the account in a hint nor that of a file: in a log it could be taken for a command, or an end."""
    shell.workspace("one")
    file = shell.folder / "incidents" / "one.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("severity: Minor", "severity: Majorx"), encoding="utf-8")
    with shell.served() as url:
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer sandbox"}, trust_env=False) as client:
            assert client.post(
                "/v1/severities", json={"name": "Majorr\r\n::add-mask::x", "description": "d"}
            ).is_success
        shell.environ["INCIDENT_API_KEY"] = "sandbox"
        known = shell.run("plan", "--base-url", url)
    shell.write("incidents/we\n::error::x.yaml", "kind: [")
    named = shell.run("validate")

    assert (known.code, named.code) == (3, 3)
    assert "Majorr\\r\\n::add-mask::x" in known.stderr
    assert "we\\n::error::x.yaml:1:" in named.stderr
    assert not [line for line in (known.stderr + named.stderr).split("\n") if line.startswith("::")]
