"""Game days that are wrong in one way each, and what `reconciler validate` says of them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent
from typing import TYPE_CHECKING

from tests.cli.shell import Shell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

WORKSPACE = """\
apiVersion: reconciler/v1
kind: Workspace
metadata: {name: acme}
spec:
  defaults: {Incident: {mode: standard, on_remove: close, summary: A rehearsal.}}
"""
STATUS = """\
apiVersion: reconciler/v1
kind: IncidentStatus
metadata: {name: NAME}
spec: {name: TITLE, description: What happens in it, category: CATEGORY}
"""
HEAD = """\
apiVersion: reconciler/v1
kind: GameDay
metadata: {name: NAME}
spec:
  title: A game day
"""
INCIDENTS = """\
incidents:
  outage: {name: Checkout is down, severity: Major}
"""
SCRIPT = """\
script:
  - {at: 0s, declare: outage}
"""


@dataclass(frozen=True)
class Case:
    """A game day whose `spec` goes on with `written` at line 6, and the lines that are said of it.

    A line is `line:column: …` or a hint.
    """

    written: str
    said: tuple[str, ...]


def case(written: str, *said: str) -> Case:
    """Return a case."""
    return Case(written, said)


def of_spec(written: str, name: str = "day") -> str:
    """Return the file of a game day whose `spec` goes on like this."""
    return HEAD.replace("NAME", name) + indent(written, "  ")


def steps(*lines: str, incidents: str = INCIDENTS, before: str = "") -> str:
    """Return a `spec` whose incident is declared at once, mostly on line 9, and then gets these steps."""
    return before + incidents + SCRIPT + "".join(f"  - {line}\n" for line in lines)


def outage(*fields: str) -> str:
    """Return the incidents, the one of them with more fields."""
    return INCIDENTS.replace("Major", ", ".join(("Major", *fields)))


def with_noise(for_each: str, name: str = "Noise") -> str:
    """Return the incidents, and a group of more of them."""
    return f"{INCIDENTS}  noise: {{for_each: {for_each}, name: '{name}', severity: Minor}}\n"


def cast(act: str) -> str:
    """Return a cast of one act, on line 7."""
    return f"cast:\n  - {{as: a@example.com, {act}}}\n"


def expecting(condition: str, at: str = "1m") -> str:
    """Return a step that expects something within five minutes."""
    return f"{{at: {at}, expect: {{incident: outage, {condition}, within: 5m}}}}"


def said(cases: Mapping[str, Case], folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Return what `validate` says of each of these game days, all in one workspace."""
    shell = Shell(folder)
    shell.write("reconciler.yaml", WORKSPACE)
    for name, title, category in (("verifying", "Verifying", "live"), ("filed", "Filed", "closed")):
        text = STATUS.replace("NAME", name).replace("TITLE", title).replace("CATEGORY", category)
        shell.write(f"statuses/{name}.yaml", text)
    for name, one in cases.items():
        shell.write(f"{name}.yaml", of_spec(one.written, name))
    ended = shell.run("validate")
    assert ended.code == 3, ended.stderr
    return _by_file(ended.stderr.partition("\n\n")[0].splitlines())


def _by_file(lines: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    latest: list[str] = []
    for line in lines:
        name, yaml, rest = line.partition(".yaml:")
        if yaml and "/" not in name and " " not in name:
            latest = found.setdefault(name, [])
            latest.append(rest)
        else:
            latest.append(line)
    return {name: tuple(problems) for name, problems in found.items()}
