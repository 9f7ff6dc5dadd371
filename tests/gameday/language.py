"""Game days that are wrong in one way each, and what `reconciler validate` says of them."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

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
STATUSES = {"verifying": ("Verifying", "live"), "filed": ("Filed", "closed")}
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
    """A game day whose `spec` goes on with `written` at line 6, and all that is said of it."""

    written: str
    said: tuple[str, ...]

    def text(self, name: str) -> str:
        """Return the file."""
        return HEAD.replace("NAME", name) + indent(self.written, "  ")


def steps(*lines: str, incidents: str = INCIDENTS) -> str:
    """Return a `spec` whose incident is declared at once, on line 9, and then gets these steps."""
    return incidents + SCRIPT + "".join(f"  - {line}\n" for line in lines)


def case(written: str, *said: str) -> Case:
    """Return a case."""
    return Case(written, said)


CASES = {
    "title-missing": case(steps().replace("title: ", "")),
}
