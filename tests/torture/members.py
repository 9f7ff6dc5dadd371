"""Who may see a private incident: authors who let somebody in or fall silent, and whether they all were let in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.torture.generate import PEOPLE

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterator

    from tests.torture.account import Account
    from tests.torture.generate import Scene

Json = dict[str, Any]

PATH = "/v1/incident_memberships"


def let_in(scene: Scene, chance: random.Random) -> str:
    """Name one more member of a private incident, by what the organisation calls people."""
    one = _private(scene, chance)
    others = [who for who in PEOPLE if one and who not in one["spec"].get("members", ())]
    if not (one and others):
        return ""
    one["spec"].setdefault("members", []).append(chance.choice(others))
    return f"let {one['spec']['members'][-1]} into {one['metadata']['name']}"


def fall_silent(scene: Scene, chance: random.Random) -> str:
    """Name one member fewer: silence means leave alone."""
    one = _private(scene, chance)
    if not (one and one["spec"].get("members")):
        return ""
    who = one["spec"]["members"].pop(0)
    return f"say nothing of {who} any more in {one['metadata']['name']}"


def _private(scene: Scene, chance: random.Random) -> Json | None:
    found = [one for one in scene.of("Incident") if one["spec"].get("visibility") == "private"]
    return chance.choice(found) if found else None


def missing(account: Account, incident: str, declared: Collection[str]) -> set[str]:
    """Return who was to be let into an incident, and was not."""
    emails = {one["id"]: one["email"] for one in account.listed("/v2/users", "users")}
    granted = account.order("members", id=incident)["members"]
    return {*declared} - {emails[user] for user in granted}


def turned_away(log: Collection[Json]) -> Iterator[str]:
    """Yield each time that somebody was turned away: no manifest can ask for that."""
    for entry in log:
        if entry["path"].startswith(PATH) and entry["path"] != PATH:
            yield f"{entry['method']} {entry['path']} was sent"
