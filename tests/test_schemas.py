"""The schemas under `schemas/` are those of the kind tables, valid, and complete for editors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.errors import Misused
from reconciler.kinds import KINDS, schema
from reconciler.kinds.schema.__main__ import text, write

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent.parent / "schemas"


def nodes(content: Any, path: str = "#") -> Iterator[tuple[str, Any]]:
    """Yield every mapping and list of a schema with its path."""
    yield path, content
    if isinstance(content, dict):
        for name, inner in content.items():
            yield from nodes(inner, f"{path}/{name}")
    elif isinstance(content, list):
        for index, inner in enumerate(content):
            yield from nodes(inner, f"{path}/{index}")


def manifest(kind: str, /, **changes: Any) -> dict[str, Any]:
    """Return the example of a kind as a whole manifest."""
    example = {"metadata": {"name": "a"}, "spec": dict(KINDS[kind].example)}
    return {"apiVersion": "reconciler/v1", "kind": kind, **example, **changes}


def test_the_committed_schemas_are_those_of_the_tables() -> None:
    """A table that changes changes its schema: `python -m reconciler.kinds.schema` writes them."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}

    assert committed == {name: text(content) for name, content in schema.files().items()}


def test_writing_the_schemas_is_one_command(tmp_path: Path) -> None:
    """The command writes all files, deletes those of kinds that have gone, and says nothing."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "Gone.json").write_text("{}")
    run = subprocess.run(
        [sys.executable, "-W", "error", "-m", "reconciler.kinds.schema"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(FOLDER.parent)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert (run.stdout, run.stderr) == ("", "")
    assert {path.name for path in (tmp_path / "schemas").iterdir()} == set(schema.files())
    write(tmp_path / "again")
    assert {path.name for path in (tmp_path / "again").iterdir()} == set(schema.files())


@pytest.mark.parametrize("name", schema.files())
def test_every_schema_is_one_of_draft_2020_12(name: str) -> None:
    """Each holds before the metaschema, and names its draft."""
    content = schema.files()[name]

    Draft202012Validator.check_schema(content)
    assert content["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", schema.files())
def test_every_field_has_a_description(name: str) -> None:
    """Whoever hovers over a field in an editor learns what it does."""
    silent = [
        f"{path}/{field}"
        for path, content in nodes(schema.files()[name])
        if path.endswith("/properties") and "/if/" not in path and "/then/" not in path
        for field, inner in content.items()
        if not str(inner.get("description", "")).strip()
    ]

    assert silent == []


@pytest.mark.parametrize("name", schema.files())
def test_no_schema_points_outside_itself(name: str) -> None:
    """Editors offline, and validators without a registry, need one file."""
    content = schema.files()[name]
    references = [inner for path, inner in nodes(content) if path.endswith("/$ref")]

    assert all(reference.startswith("#/$defs/") for reference in references)
    assert {reference.removeprefix("#/$defs/") for reference in references} <= set(content.get("$defs", {}))


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_of_all_manifests_judges_as_that_of_the_kind(kind: str) -> None:
    """An editor with one schema for all files says the same as the kind's own."""
    everything, own = (Draft202012Validator(each) for each in (schema.of_manifests(), schema.of_kind(kind)))
    good, bad = manifest(kind), manifest(kind, spec={**KINDS[kind].example, "nmae": "x"})

    assert [everything.is_valid(good), own.is_valid(good)] == [True, True]
    assert [everything.is_valid(bad), own.is_valid(bad)] == [False, False]
    assert not everything.is_valid(manifest(kind, kind="Workspace"))


def test_a_schema_is_found_by_the_name_of_its_kind() -> None:
    """`reconciler schema KIND` gives a kind's, the workspace's, and without a name that of all manifests."""
    assert schema.named("Incident") == schema.of_kind("Incident")
    assert schema.named("Workspace") == schema.of_workspace()
    assert schema.named() == schema.of_manifests()


def test_an_unknown_kind_has_no_schema() -> None:
    """The message names the nearest kind, the hint all of them."""
    with pytest.raises(Misused) as refusal:
        schema.named("incident")

    assert str(refusal.value) == "`incident` is not a kind; did you mean `Incident`?"
    assert refusal.value.hint.endswith("Severity, Workspace, GameDay")


def test_the_workspace_of_the_design_is_valid() -> None:
    """Each field that the format documents is accepted as it is documented."""
    spec = {
        "namespace": "acme",
        "organisation": "https://app.incident.io/acme",
        "manifests": ["incidents", "organisation"],
        "api": {"base_url": "https://api.incident.io", "key_file": "~/.config/reconciler/key"},
        "state": ".reconciler/state.json",
        "state_lease_seconds": 60,
        "identity_field": "Reconciler key",
        "adopt": "matching",
        "defaults": {"Incident": {"visibility": "public", "mode": "standard"}},
        "drift": {"Incident": {"status": "keep", "severity": "keep", "roles": "keep"}, "*": "overwrite"},
        "limits": {"create": 20, "edit": 100, "delete": 5, "percent": 30},
        "allow": {"modes": ["standard", "test", "retrospective"], "paging": False, "subscribers": False},
        "gamedays": {"modes": ["standard"]},
    }
    workspace = manifest("Incident", kind="Workspace", spec=spec)

    Draft202012Validator(schema.of_workspace()).validate(workspace)
    assert set(schema.of_workspace()["properties"]["spec"]["properties"]) == set(spec)
