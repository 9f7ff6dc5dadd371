"""Every fault that the sandbox has, at every request of a run: what is left is what was declared, once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import ReconcilerError
from reconciler.sandbox.faults import Kind

if TYPE_CHECKING:
    from tests.world import World

MANIFEST = """
kind: Incident
metadata: {name: one}
spec:
  name: Search is slow
  mode: test
  severity: Minor
  call_url: https://meet.example.com/x
  declare_as: {status: Investigating}
  custom_fields: {Customers affected: 120}
  timeline:
    - {id: deploy, at: 2026-11-20T09:05:00Z, title: A deploy}
  updates:
    - {id: notice, message: One search in ten fails.}
    - {id: mended, message: The index is rebuilt., status: Monitoring}
"""


def _try(world: World, *faults: str) -> None:
    # Whatever is no answer of the program's own is a defect, and ends the test.
    with suppress(ReconcilerError):
        world.apply(faults)


@pytest.mark.parametrize("which", ["1-3:GET", "9-:GET", "1:write", "3:write", "1-:write"])
@pytest.mark.parametrize("kind", [kind.value for kind in Kind if not kind.value.startswith("slow")])
def test_a_fault_costs_nothing_but_time(world: World, kind: str, which: str) -> None:
    """The run ends with a word for it, and the next ones bring the account to what was declared, once."""
    world.write(MANIFEST)

    _try(world, f"{kind}:{which}")

    for _ in range(3):
        _try(world)
    (incident,) = world.incidents()
    assert world.updates(incident["id"]) == ["One search in ten fails.", "The index is rebuilt."]
    assert incident["incident_status"]["name"] == "Monitoring"
    assert incident["call_url"] == "https://meet.example.com/x"
    assert world.plan().is_empty
