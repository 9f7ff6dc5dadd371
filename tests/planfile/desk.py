"""A folder with manifests and a sandbox account, people who touch it, and commands typed in this very process."""

from __future__ import annotations

import io
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciler.cli.ending import run
from reconciler.planfile import content as contents
from tests.cli.shell import WORKSPACE, Ended
from tests.world import World

SEVERITY = """\
kind: Severity
metadata: {name: dire}
spec: {name: Dire, description: Nothing works}
"""
INCIDENT = """\
kind: Incident
metadata: {name: NAME}
spec:
  name: Title of NAME
  mode: test
  summary: As it was
  severity: Minor
"""


class _Stream(io.TextIOWrapper):
    """A stream of a command that stays readable when the command has closed it."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        """Return all that was written."""
        self.flush()
        return self.buffer.getvalue().decode()  # type: ignore[attr-defined,no-any-return]


@dataclass
class Desk(World):
    """A world whose commands are typed in its folder; manifests lie in `incidents/`."""

    def __post_init__(self) -> None:
        """Write the workspace."""
        self.write_raw(WORKSPACE, "reconciler.yaml")

    def declare(self, *parts: str, file: str = "all") -> None:
        """Write manifests."""
        self.write("---\n".join(parts), f"incidents/{file}.yaml")

    def type(self, *arguments: str) -> Ended:
        """Run a command with the sandbox of this folder, in pipes."""
        return typed(self.folder, *arguments, "--sandbox")

    def plan(self, *arguments: str) -> Ended:  # type: ignore[override]
        """Save a plan, and expect that it can be."""
        ended = self.type("plan", "--out", "plan.json", *arguments)
        assert self.file.exists(), ended.stderr
        return ended

    def carry_out(self, *arguments: str) -> Ended:
        """Apply the saved plan."""
        return self.type("apply", "--plan", "plan.json", "--auto-approve", *arguments)

    def settled(self) -> None:
        """Apply what is declared."""
        ended = self.type("apply", "--auto-approve")
        assert ended.code == 0, ended.stdout + ended.stderr

    @property
    def file(self) -> Path:
        """Return where the plan is saved."""
        return self.folder / "plan.json"

    @property
    def content(self) -> Any:
        """Return what the plan file holds."""
        return json.loads(self.file.read_text())

    def forge(self, content: Any) -> None:
        """Write a plan file with other content, and with the checksum that it takes."""
        content.pop("checksum")
        self.file.write_text(json.dumps({**content, "checksum": contents._checksum(contents._text(content))}))

    def writes(self) -> list[dict[str, Any]]:
        """Return the requests that changed something, or tried to."""
        return [one for one in self.requests() if one["method"] != "GET"]


def typed(folder: Path, *arguments: str) -> Ended:
    """Run a command in a folder, in pipes, in this process."""
    before, streams, out, err = Path.cwd(), (sys.stdout, sys.stderr, sys.stdin), _Stream(), _Stream()
    sys.stdout, sys.stderr, sys.stdin = out, err, io.StringIO()
    os.chdir(folder)
    try:
        code = run(arguments)
    finally:
        os.chdir(before)
        sys.stdout, sys.stderr, sys.stdin = streams
    return Ended(code, out.text(), err.text())


def incident(name: str, **different: str) -> str:
    """Return the manifest of an incident; `different` are fields with other values, or more of them."""
    text = INCIDENT.replace("NAME", name)
    for field, value in different.items():
        lines = [line for line in text.splitlines(keepends=True) if not line.startswith(f"  {field}: ")]
        text = "".join([*lines, f"  {field}: {value}\n"])
    return text
