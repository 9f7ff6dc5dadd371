"""A name in, the style sheet, script or icon of that name out, read once."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, NamedTuple

_TYPES: Final[Mapping[str, str]] = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Asset(NamedTuple):
    """What is served under one name."""

    content: bytes
    type: str


def find_asset(name: str) -> Asset | None:
    """Return an asset; None for any name that is not one."""
    return _read(name) if name in _TYPES else None


@cache
def _read(name: str) -> Asset:
    return Asset((resources.files(__package__) / "assets" / name).read_bytes(), _TYPES[name])
