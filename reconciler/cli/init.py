"""`reconciler init`: a folder and a name in, a workspace to start from out. Overwrites nothing."""

from __future__ import annotations

import json
import re
import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.options import says_more
from reconciler.cli.telling import tell

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTER = {
    "reconciler.yaml": "reconciler.yaml",
    "incidents/example.yaml": "example.yaml",
    ".gitignore": "gitignore",
    ".vscode/settings.json": "settings.json",
    ".github/workflows/incidents.yml": "github.yml",
    ".gitlab-ci.yml": "gitlab.yml",
}
"""What is written, and the file of `starter/` that it is made from."""
MARKED = {"organisation/identity-field.yaml": "identity-field.yaml"}
"""What is written besides where a field is to carry the keys."""
NO_FIELD = "  # identity_field: Reconciler key\n", "  identity_field: @FIELD@\n"
NO_FOLDER = "  manifests: [incidents]\n", "  manifests: [incidents, organisation]\n"
"""Lines of the workspace file, and what they are then."""
WORKSPACE_FILE = "reconciler.yaml"
LONGEST_FIELD = 50
"""Characters of a custom field's name."""
SCHEMAS = ("manifest.json", "workspace.json")


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", default="", metavar="NAME", help="The workspace's name: part of every identity.")
@click.option(
    "--identity-field",
    "field",
    metavar="NAME",
    help="A text custom field that carries each incident's key; the next apply creates it.",
)
@says_more
def command(*, folder: Path, name: str, field: str | None) -> int:
    """Write a workspace to start from into DIR, or here: manifests, CI files, editor settings.

    A file that is there already is left alone.
    """
    name = name or _there(folder)
    is_asked = not name
    name = _checked(name or _asked())
    field = _checked_field(_asked_field() if is_asked and field is None else field or "")
    left = [path for path, text in _texts(name, field) if not _written(folder / path, text)]
    for path in left:
        tell(f"left alone  {folder / path}", err=True)
    if field and WORKSPACE_FILE in left:
        tell(f"hint: write `identity_field: {_quoted(field)}` below `spec:` in {WORKSPACE_FILE}", err=True)
    _tell_next(folder)
    return 0


def _there(folder: Path) -> str:
    """Return the name of the workspace that lies there already; empty where there is none."""
    from reconciler import workspace  # noqa: PLC0415  (flags are told without reading anything)

    file = folder / WORKSPACE_FILE
    return workspace.load(workspace=str(file)).name if file.is_file() else ""


def _asked() -> str:
    from reconciler.errors import Misused  # noqa: PLC0415  (flags are told without reading anything)

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Misused(
            "a workspace needs a name, and there is no terminal to ask on", "`reconciler init --name NAME` gives it one"
        )
    tell("The name is part of every identity: two teams must not share one, and it never changes.", err=True)
    return str(click.prompt("Name of this workspace", err=True)).strip()


def _checked(name: str) -> str:
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)
    from reconciler.kinds.schema import NAME, NAMING  # noqa: PLC0415

    if not re.fullmatch(NAME, name):
        raise Misused(f"`{name}` cannot be a workspace's name", f"a name is {NAMING}")
    return name


def _asked_field() -> str:
    tell(
        "A text custom field may carry each incident's key: then an incident is found again whatever people rename\n"
        "and whatever is forgotten. The next apply creates it. Nothing typed: none.",
        err=True,
    )
    return str(click.prompt("Name of that field", default="", show_default=False, err=True)).strip()


def _checked_field(name: str) -> str:
    from reconciler.errors import Misused  # noqa: PLC0415  (see above)

    if len(name) > LONGEST_FIELD or not name.isprintable():
        raise Misused(
            f"`{name}` cannot be a custom field's name", f"a name is a line of at most {LONGEST_FIELD} characters"
        )
    return name.strip()


def _quoted(name: str) -> str:
    """Return a text as YAML takes it in any case."""
    is_plain = name.replace(" ", "").isalpha() and name.casefold() not in {"true", "false", "null"}
    return name if is_plain else json.dumps(name, ensure_ascii=False)


def _texts(name: str, field: str) -> Iterator[tuple[str, str]]:
    """Yield each file of the workspace with its text."""
    from reconciler.kinds import schema  # noqa: PLC0415  (see above)

    starter = files("reconciler.cli") / "starter"
    for path, made_from in (STARTER | (MARKED if field else {})).items():
        text = (starter / made_from).read_text(encoding="utf-8")
        if field:
            text = text.replace(*NO_FIELD).replace(*NO_FOLDER)
        text = text.replace("@FIELD@", _quoted(field))
        yield path, text.replace("@NAME@", _plain(name)).replace("@VERSION@", __version__)
    made = schema.files()
    for path in SCHEMAS:
        yield f"schemas/{path}", json.dumps(made[path], indent=2, ensure_ascii=False) + "\n"


def _plain(name: str) -> str:
    """Return a name as YAML takes it for text: some read as a number or a truth value without quotes."""
    return name if name[0].isalpha() and name not in {"true", "false", "null"} else f'"{name}"'


def _written(path: Path, text: str) -> bool:
    """Write a file unless it is there; return whether it was written."""
    from reconciler.errors import Refused  # noqa: PLC0415  (see above)

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        told = (error.strerror or str(error)).lower()
        raise Refused(f"{path} cannot be written: {told}", "choose another folder, or make room") from None
    tell(f"wrote       {path}")
    return True


def _tell_next(folder: Path) -> None:
    """Print what to type next."""
    here = "" if folder == Path() else f" {shlex.quote(str(folder))}"
    tell("\nNext, without an account:")
    tell(f"  reconciler validate{here}")
    tell(f"  reconciler plan{here} --sandbox")
    tell(f"  reconciler apply{here} --sandbox")
    tell("\nThen with your own: set INCIDENT_API_KEY (Settings, API keys), and leave --sandbox out.")
