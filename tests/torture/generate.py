"""A seed in; a folder of manifests and how its account behaves out: hypothesis strategies, drawn to repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import hypothesis
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reconciler.sandbox import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

Json = dict[str, Any]
Example = TypeVar("Example")

LIVE = ("Investigating", "Fixing", "Monitoring")
LEARNING = ("Documenting", "Reviewing")
SEVERITIES = ("Minor", "Major", "Critical")
PEOPLE = tuple(f"{name}@example.com" for name in ("alice", "bob", "carol", "dave"))
METHODS = ("Alert", "Customer report", "Employee")
SERVICES = ("Checkout", "Payments", "Search", "Accounts")
POLICIES = ("overwrite", "keep", "fail")
SENTENCES = (
    "p99 above 2 s in eu-west-1.",
    "A bad deploy; rolling back.",
    "Same words.",
    "**Bold** words, and _others_ beside them.",
    "- one thing\n- another thing",
    "Two lines\nof one paragraph.",
    "First paragraph.\n\nSecond paragraph.",
    "Größe, naïve, 東京: over 9000 € lost",
    "key: value # no comment",
    "  blanks around it  ",
    "no",
)
EXAMPLES = 6
"""So many are drawn for one that is used: the first ones are always the smallest there are."""


@dataclass(slots=True)
class Scene:
    """What a run begins with: `reconciler.yaml` or none, manifests by `Kind/name`, and the account's behaviour."""

    behaviour: Behaviour
    spec: Json | None
    manifests: dict[str, Json] = field(default_factory=dict)
    is_one_file: bool = True
    sees_private: bool = True

    @property
    def namespace(self) -> str:
        """Return what identities are derived from."""
        return "default" if self.spec is None else "acme"

    @property
    def has_marker(self) -> bool:
        """Return whether a custom field carries each incident's key."""
        return "identity_field" in (self.spec or {})

    def policy(self, kind: str, name: str) -> str:
        """Return what happens to a field that people changed, by the table of the design."""
        stated = (self.spec or {}).get("drift", {})
        mine = stated.get(kind)
        by_field = mine if isinstance(mine, dict) else {"*": mine}
        usual = "keep" if kind == "Incident" and name in {"status", "severity", "roles"} else "overwrite"
        return str(by_field.get(name) or by_field.get("*") or stated.get("*") or usual)

    def of(self, kind: str) -> list[Json]:
        """Return the manifests of a kind."""
        return [one for one in self.manifests.values() if one["kind"] == kind]

    def write(self, folder: Path) -> None:
        """Write all files anew."""
        for old in (folder / "manifests").glob("*.yaml"):
            old.unlink()
        (folder / "manifests").mkdir(exist_ok=True)
        if self.spec is not None:
            text = {"apiVersion": "reconciler/v1", "kind": "Workspace", "metadata": {"name": "acme"}, "spec": self.spec}
            (folder / "reconciler.yaml").write_text(_dumped([text]), encoding="utf-8")
        files = {"all": list(self.manifests.values())} if self.is_one_file else self._apart()
        for name, documents in files.items():
            (folder / "manifests" / f"{name}.yaml").write_text(_dumped(documents), encoding="utf-8")

    def _apart(self) -> dict[str, list[Json]]:
        return {key.replace("/", "-").lower(): [one] for key, one in self.manifests.items()}


def _dumped(documents: list[Json]) -> str:
    return yaml.safe_dump_all(documents, allow_unicode=True, sort_keys=False, width=1000)


def manifest(kind: str, name: str, spec: Json) -> Json:
    """Return a manifest in its envelope."""
    return {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def drawn(strategy: SearchStrategy[Example], seed: int) -> Example:
    """Return one example of a strategy: the same for the same seed."""
    examples: list[Example] = []

    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.seed(seed)
    @given(strategy)
    def take(example: Example) -> None:
        examples.append(example)

    take()
    return examples[-1]


def sentences() -> SearchStrategy[str]:
    """Return texts that people write, and some that nobody does."""
    return st.sampled_from(SENTENCES) | st.text("abc dé*_-#:'\"\n", min_size=1, max_size=30).filter(
        lambda text: any(sign.isalpha() for sign in text)
    )


def links() -> SearchStrategy[str]:
    """Return addresses, some of which a server writes in another way."""
    return st.sampled_from(
        [
            "https://meet.example.com/abc",
            "https://Meet.Example.com",
            "https://example.com/a?b=c#d",
            "https://wiki.example.com/x/",
        ]
    )


def moments() -> SearchStrategy[str]:
    """Return times with zones."""
    return st.sampled_from(["2026-11-20T09:05:00Z", "2026-11-20T10:05:00+01:00", "2026-11-19T23:59:59.25Z"])


@st.composite
def updates(draw: st.DrawFn, statuses: tuple[str, ...]) -> list[Json]:
    """Draw updates whose moves the API has: live ones in any order, then post-incident, then closed."""
    found: list[Json] = []
    stage = 0
    for number in range(draw(st.integers(0, 4))):
        update: Json = {"id": f"u{number}"}
        move = draw(st.sampled_from(["none", "none", "live", "severity", "both", "further"]))
        if draw(st.integers(0, 5)) or move == "none":
            update["message"] = draw(sentences())
        if move in {"live", "both"} and stage == 0:
            update["status"] = draw(st.sampled_from(statuses))
        if move in {"severity", "both"}:
            update["severity"] = draw(st.sampled_from(SEVERITIES))
        if move == "further" and draw(st.integers(0, 2)) == 0:
            stage = min(stage + draw(st.integers(1, 2)), 2)
            update["status"] = "Closed" if stage == 2 else draw(st.sampled_from(LEARNING))
        if len(update) == 1:
            update["message"] = draw(sentences())
        found.append(update)
    return found


@st.composite
def incidents(draw: st.DrawFn, name: str, statuses: tuple[str, ...], severities: tuple[str, ...]) -> Json:
    """Draw the manifest of an incident that can be declared."""
    spec: Json = {"name": f"{draw(st.sampled_from(['Checkout slow', 'Search  errors', 'Größe falsch']))} {name}"}
    if draw(st.booleans()):
        spec["summary"] = draw(sentences())
    spec["severity"] = draw(st.sampled_from(severities))
    carried = draw(updates(statuses))
    if carried:
        spec["updates"] = carried
    ends = {name: [one[name] for one in carried if name in one] for name in ("status", "severity")}
    if ends["severity"]:
        spec["severity"] = ends["severity"][-1]
    if not ends["status"] and draw(st.booleans()):
        spec["status"] = draw(st.sampled_from([*statuses, *statuses, "Documenting", "Closed"]))
    if draw(st.integers(0, 2)) == 0:
        spec["declare_as"] = {"severity": draw(st.sampled_from(severities))}
        if draw(st.booleans()):
            spec["declare_as"]["status"] = draw(st.sampled_from(statuses))
    spec["mode"] = draw(st.sampled_from(["standard", "test", "test", "retrospective"]))
    if draw(st.integers(0, 3)) == 0:
        spec["visibility"] = "private"
        if draw(st.booleans()):
            spec["type"] = "Security"
    spec |= draw(_parts())
    return manifest("Incident", name, spec)


@st.composite
def _parts(draw: st.DrawFn) -> Json:
    """Draw what an incident may have besides."""
    spec: Json = {}
    if draw(st.booleans()):
        spec["call_url"] = draw(links())
    if draw(st.booleans()):
        fields = {
            "Customers affected": st.integers(0, 10_000),
            "Root cause": sentences(),
            "Runbook": links(),
            "Detection method": st.sampled_from(METHODS),
            "Affected services": st.lists(st.sampled_from(SERVICES), min_size=1, unique=True),
        }
        chosen = draw(st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=3, unique=True))
        spec["custom_fields"] = {name: draw(fields[name]) for name in chosen}
    if draw(st.integers(0, 2)) == 0:
        spec["roles"] = {"Incident Lead": draw(st.sampled_from(PEOPLE))}
        if draw(st.booleans()):
            spec["roles"]["Communications Lead"] = draw(st.sampled_from(PEOPLE))
    if draw(st.integers(0, 2)) == 0:
        spec["timeline"] = [
            {"id": f"t{number}", "at": draw(moments()), "title": f"Deploy {number}", "description": draw(sentences())}
            for number in range(draw(st.integers(1, 3)))
        ]
    if draw(st.integers(0, 4)) == 0:
        names = ["summary", "status", "severity", "roles", "custom_fields", "call_url"]
        spec["ignore_changes"] = draw(st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True))
    if draw(st.integers(0, 3)) == 0:
        spec["on_remove"] = draw(st.sampled_from(["abandon", "close"]))
    if draw(st.integers(0, 3)) == 0:
        spec["notify_channel"] = draw(st.booleans())
    return spec


@st.composite
def configurations(draw: st.DrawFn) -> list[Json]:
    """Draw what an organisation has: severities with ranks, statuses, roles, fields with options."""
    found = []
    for number in range(draw(st.integers(0, 2))):
        spec = {"name": f"Grave {number}", "description": draw(sentences()), "rank": 40 + 10 * number}
        found.append(manifest("Severity", f"grave-{number}", spec))
    for number in range(draw(st.integers(0, 2))):
        spec = {
            "name": f"Verifying {number}",
            "description": draw(sentences()),
            "category": "live",
            "rank": 40 + 10 * number,
        }
        found.append(manifest("IncidentStatus", f"verifying-{number}", spec))
    if draw(st.booleans()):
        texts = {"shortform": "scribe", "description": draw(sentences()), "instructions": draw(sentences())}
        found.append(manifest("IncidentRole", "scribe", {"name": "Scribe", **texts}))
    if draw(st.booleans()):
        options = draw(st.lists(st.sampled_from(["One", "Two", "Three", "Four"]), min_size=1, unique=True))
        spec = {"name": "Blast radius", "description": "Who feels it", "type": "single_select", "options": options}
        found.append(manifest("CustomField", "blast-radius", spec))
    return found


@st.composite
def specs(draw: st.DrawFn) -> Json | None:
    """Draw the `spec` of a workspace file, or that there is none."""
    if draw(st.integers(0, 3)) == 0:
        return None
    spec: Json = {"manifests": ["manifests"], "organisation": "https://app.incident.io/sandbox"}
    if draw(st.integers(0, 3)) == 0:
        spec["identity_field"] = "Reconciler key"
    if draw(st.booleans()):
        usual = {name: draw(st.sampled_from(POLICIES[:2])) for name in ("status", "severity", "roles", "summary", "*")}
        spec["drift"] = {"Incident": {name: usual[name] for name in usual if draw(st.booleans())}}
        if not spec["drift"]["Incident"]:
            spec["drift"] = {"*": draw(st.sampled_from(POLICIES))}
    return spec


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Draw all that a run begins with."""
    spec = draw(specs())
    if spec is not None:
        del spec["organisation"]
    behaviour = Behaviour(
        idempotency=draw(st.sampled_from(["return", "return", "conflict", "forget"])),
        key_lifetime=draw(st.sampled_from([None, None, None, 5.0])),
        rewrites=draw(st.integers(0, 2)) == 0,
        post_incident_pace=draw(st.sampled_from([None, None, None, 5.0])),
        triages=draw(st.integers(0, 7)) == 0,
    )
    found = draw(configurations())
    if spec and "identity_field" in spec:
        field_spec = {"name": "Reconciler key", "description": "Whose it is", "type": "text"}
        found.append(manifest("CustomField", "reconciler-key", field_spec))
    statuses = LIVE + tuple(one["spec"]["name"] for one in found if one["kind"] == "IncidentStatus")
    severities = SEVERITIES + tuple(one["spec"]["name"] for one in found if one["kind"] == "Severity")
    found += [draw(incidents(f"i{number}", statuses, severities)) for number in range(draw(st.integers(1, 4)))]
    return Scene(
        behaviour, spec, {f"{one['kind']}/{one['metadata']['name']}": one for one in found}, draw(st.booleans())
    )


def names_of(scene: Scene, kind: str) -> tuple[str, ...]:
    """Return the live names that manifests of a kind declare."""
    return tuple(_names(scene, kind))


def _names(scene: Scene, kind: str) -> Iterator[str]:
    for one in scene.of(kind):
        yield one["spec"]["name"]
