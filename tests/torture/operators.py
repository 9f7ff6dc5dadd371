"""What operators do to the state between runs, by real commands: forget, import again, move beside a rename. Drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.torture import names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.torture.run import Run

Json = dict[str, Any]


def act(run: Run) -> str:
    """Do one thing, and say what; nothing where that was not possible."""
    return run.chance.choice((_forget, _import, _import, _move))(run, run.commands.listed())


def _forget(run: Run, managed: Mapping[str, Json]) -> str:
    """Forget one, with its children: a loss as any other."""
    found = [key for key in managed if key.count("/") == 1]
    if not found:
        return ""
    key = run.chance.choice(found)
    run.commands.state("rm", key)
    run.losses.append(run.step)
    return f"state rm {key}"


def _import(run: Run, managed: Mapping[str, Json]) -> str:
    """Remember an incident under the name that its manifest has by now, where nothing is remembered of it."""
    made, ids = run.made(), {one["id"] for one in managed.values()}
    for one in run.scene.of("Incident"):
        name, generation = one["metadata"]["name"], one["metadata"].get("generation", "1")
        there = made.get((names.first(name), generation))
        if there and there["id"] not in ids and not names.known(managed, f"Incident/{name}"):
            run.commands.state("import", f"Incident/{name}", there["reference"])
            run.losses.append(run.step)
            return f"state import Incident/{name} {there['reference']}"
    return ""


def _move(run: Run, managed: Collection[str]) -> str:
    """Rename a manifest without a word in it, and what is remembered of it."""
    found = [one for one in run.scene.of("Incident") if f"Incident/{one['metadata']['name']}" in managed]
    if not found:
        return ""
    one = run.chance.choice(found)
    old = one["metadata"]["name"]
    new = f"{names.first(old)}{names.LATER}{run.chance.randint(10, 99)}"
    run.commands.state("mv", f"Incident/{old}", f"Incident/{new}")
    one["metadata"].pop("was", None)
    names.call(run.scene, one, new)
    run.moved.add(names.first(old))
    return f"rename Incident/{old}, and state mv Incident/{old} Incident/{new}"
