"""The rules of the house, held by machine: who may import whom, and where each library enters."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "reconciler"
MODULES = sorted(PACKAGE.rglob("*.py"))

STAGES = ("manifest", "validate", "desired", "live", "diff", "plan", "apply")
MEETING_PLACES = {"reconcile"}
PURE = (
    "model",
    "activity",
    "drift",
    "attribution",
    "refs",
    "desired",
    "diff",
    "plan",
    "guards",
    "identity",
    "lifecycle",
    "names",
    "alike",
    "notice",
    "permissions",
    "removal",
    "selection",
    "planfile",
    "secrecy",
    "kinds",
)
IMPURE = {"httpx", "rich", "os", "time", "socket", "subprocess", "filelock", "sqlite3", "click"}
DOORS = {
    "yaml": {"documents"},
    "jsonschema": {"validate"},
    "deepdiff": {"diff"},
    "httpx": {"api"},
    "rich": {"render", "cli"},
    "click": {"cli"},
    "werkzeug": {"sandbox"},
    "waitress": {"sandbox"},
    "jinja2": {"render", "sandbox"},
    "filelock": {"state"},
    "obstore": {"state"},
    "regex": {"gameday"},
}


def name(path: Path) -> str:
    """Return a module's dotted name below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


def room(path: Path) -> str:
    """Return the room that a module is in: the file or folder below the package."""
    return name(path).split(".")[0]


def imports(path: Path) -> set[str]:
    """Return what a module imports when it runs, at its top or within a function; not what only types need."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body.clear()
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {module} | {f"{module}.{alias.name}" for alias in names}
    return found


def rooms_used(path: Path) -> set[str]:
    """Return the rooms of this package that a module imports from."""
    ours = (used.split(".") for used in imports(path) if used.startswith("reconciler."))
    rooms = {file.stem if file.is_file() else file.name for file in PACKAGE.iterdir()}
    return {parts[1] for parts in ours} & rooms


@pytest.mark.parametrize("stage", STAGES)
def test_stages_never_import_each_other(stage: str) -> None:
    """The stages share nouns and meet in the story; none knows another."""
    for path in MODULES:
        if room(path) == stage:
            assert not (rooms_used(path) & set(STAGES)) - {stage}, path


def test_only_the_story_joins_the_stages() -> None:
    """Three stages in one module make it part of the story, and the story is told in one place."""
    joining = {room(path) for path in MODULES if len(rooms_used(path) & set(STAGES)) > 2}

    assert joining == MEETING_PLACES


def is_pure(path: Path) -> bool:
    """Return whether a module must know no edge: for the room that it is in, or as it says so of itself."""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return "Pure." in said.partition("\n\n")[0] or (room(path) in PURE and "schema" not in path.parts)


@pytest.mark.parametrize("path", [path for path in MODULES if is_pure(path)], ids=name)
def test_decisions_know_no_edge(path: Path) -> None:
    """What decides knows no network, no disk, no clock, no terminal and no environment."""
    # A page is made of the library's blocks, and shown elsewhere.
    edges = IMPURE - {"rich"} if room(path) == "render" else IMPURE

    assert not {used.split(".")[0] for used in imports(path)} & edges


@pytest.mark.parametrize("library", DOORS)
def test_each_library_has_one_front_door(library: str) -> None:
    """A library enters through one room, so that it can be exchanged in one place."""
    users = {room(path) for path in MODULES if library in {used.split(".")[0] for used in imports(path)}}

    assert users <= DOORS[library]
    assert users


def test_the_sandbox_shares_nothing_with_the_kinds() -> None:
    """If both were wrong in the same way, every test would pass."""
    for path in MODULES:
        if room(path) == "sandbox":
            assert rooms_used(path) <= {"sandbox"}, path
        if room(path) in {*PURE, *STAGES, "api", "state"}:
            assert "sandbox" not in rooms_used(path), path


def test_only_one_place_reads_the_environment() -> None:
    """What a run is told from outside is read in one place."""
    readers = {name(path) for path in MODULES if "os.environ" in path.read_text(encoding="utf-8")}

    assert readers == {"environment"}


def test_the_story_is_one_page() -> None:
    """The story can be read without turning a page."""
    assert len((PACKAGE / "reconcile.py").read_text(encoding="utf-8").splitlines()) < 160


def test_commands_tell_through_one_door() -> None:
    """Texts of the account and of files are shown by `cli.telling`, which lets none steer a terminal."""
    echoing = {name(path) for path in MODULES if "click.echo(" in path.read_text(encoding="utf-8")}

    assert echoing <= {"cli.telling", "cli.commands"}, "use tell() of cli/telling.py"
