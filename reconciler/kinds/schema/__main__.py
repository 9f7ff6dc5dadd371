"""Write every schema to the folder `schemas`, and delete what no kind has any more."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.kinds import schema


def write(folder: Path) -> None:
    """Write the schemas as indented JSON with a line end; other JSON files of the folder are deleted."""
    made = schema.files()
    folder.mkdir(exist_ok=True)
    for stale in {path.name for path in folder.glob("*.json")} - made.keys():
        (folder / stale).unlink()
    for name, content in made.items():
        (folder / name).write_text(text(content), encoding="utf-8")


def text(content: schema.Schema) -> str:
    """Return a schema as its file holds it."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write(Path("schemas"))
