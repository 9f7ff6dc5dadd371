"""Machines that take turns at a shared state: each finds what is in the bucket, and what its own runs left. Drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.torture.run import Run
    from tests.torture.shared import Shared

FOLDERS = ("work", "elsewhere")


def change(run: Run, memory: Shared) -> str:
    """Go on on the other machine, now and then with a state that a run put aside on this one; say so."""
    rescues = memory.rescues()
    (other,) = {*FOLDERS} - {memory.work.name}
    memory.work = memory.work.with_name(other)
    memory.work.mkdir(exist_ok=True)
    run.write()
    run.tell(f"from now on in {other}", "changes of the machine")
    for file in rescues if run.chance.random() < 0.6 else ():
        run.commands.recover(file)
    return ""
