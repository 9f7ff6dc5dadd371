"""The kinds of resources: one file each, mostly table; adding a file adds a kind."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType
from typing import TYPE_CHECKING

from reconciler.kinds.listings import LISTINGS
from reconciler.kinds.naming import Listing
from reconciler.kinds.spec import ChildKind, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Key

__all__ = ["KINDS", "LISTINGS", "ChildKind", "Kind", "Listing", "listing", "table"]


def _discover() -> Mapping[str, Kind]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    kinds = (module.KIND for module in modules if hasattr(module, "KIND"))
    return MappingProxyType({kind.name: kind for kind in kinds})


KINDS = _discover()
"""Every kind that manifests may declare, by its name, in the order of the files."""


def listing(name: str) -> Listing:
    """Return how the objects of a kind, declarable or only read, are listed; raises `KeyError`."""
    return KINDS[name].listing if name in KINDS else LISTINGS[name]


def table(key: Key) -> Kind | ChildKind:
    """Return the table of a resource or of a child."""
    kind = KINDS[key.kind]
    return next(one for one in kind.children if one.noun == key.child[0]) if key.child else kind
