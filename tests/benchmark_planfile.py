"""What a plan file of 5,000 changes costs: written to a disk, read back, and held against the account."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import planfile, reconcile
from reconciler.cli import planfiles
from reconciler.planfile import Scope, Shown
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Made = TypeVar("Made")

INCIDENT = """\
kind: Incident
metadata: {{name: incident-{number}}}
spec:
  name: Checkout latency above SLO, case {number}
  summary: |
    p99 above 2 s in eu-west-1 since 09:12 UTC.
    Seen by customers of the second acquirer.
  status: Fixing
  severity: Minor
  mode: test
  visibility: {visibility}
  custom_fields: {{Customers affected: {number}}}
  roles: {{Incident Lead: alice@example.com}}
  call_url: https://meet.example.com/{number}
  updates:
    - {{id: first-notice, message: "We see elevated latency, case {number}."}}
    - {{id: cause-found, message: "A bad deploy, rolling back; case {number}.", status: Fixing}}
"""
CHANGES = 5_000


def saving() -> Iterator[str]:
    """Yield how long it takes to write, read and check a plan file, of public and of private incidents."""
    for visibility in ("public", "private"):
        with tempfile.TemporaryDirectory() as name:
            yield from _saving(World(Path(name)), visibility)


def _saving(world: World, visibility: str) -> Iterator[str]:
    each = 4
    manifests = [INCIDENT.format(number=number, visibility=visibility) for number in range(CHANGES // each)]
    world.write("---\n".join(manifests))
    plan, loaded, file = world.plan(), reconcile.load(world.workspace), str(world.folder / "plan.json")
    assert len(plan.changes) == CHANGES, len(plan.changes)
    kept, making = _timed(lambda: planfiles.saved(plan, loaded, Scope(), show_private=False))
    _, writing = _timed(lambda: planfiles.write(kept, file))
    back, reading = _timed(lambda: planfiles.read(file))
    shown = Shown(back.plan, back.rests_on, back.salt, is_veiled=True)
    held, checking = _timed(lambda: planfile.hold(shown, plan, planfile.Known()))
    assert back == kept
    assert len(held.plan.changes) == CHANGES
    size = Path(file).stat().st_size / 1e6
    told = f"plan file of {CHANGES:,} changes, {visibility}, {size:4.1f} MB: made {making:4.2f} s"
    all_of_it = making + writing + reading + checking
    yield f"{told}, written {writing:4.2f} s, read {reading:4.2f} s, checked {checking:4.2f} s: {all_of_it:4.2f} s"


def _timed(work: Callable[[], Made]) -> tuple[Made, float]:
    begin = time.perf_counter()
    made = work()
    return made, time.perf_counter() - begin
