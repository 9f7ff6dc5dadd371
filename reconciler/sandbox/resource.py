"""What a resource of the sandbox is: routes with their scopes, parameters, bodies and handlers, and first data."""

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from reconciler.sandbox import ids, resources
from reconciler.sandbox.behaviour import Behaviour
from reconciler.sandbox.body import Object
from reconciler.sandbox.keys import Key
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.query import PageSize, Parameter, Word
from reconciler.sandbox.store import Transaction

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; the body is absent where the document has none, and text where it is JSON already."""

    status: int
    body: Json | str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request under way: who asks, for what, when, and the transaction that it runs in."""

    key: Key
    person: Json | None
    behaviour: Behaviour
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Json
    store: Transaction
    now: datetime

    @property
    def actor(self) -> Json:
        """Who is recorded as having made the change: the person acted for, else the key."""
        return {"user": self.person} if self.person else self.key.actor()

    def new_id(self) -> str:
        """Make an ID for what this request creates."""
        return ids.new_id(is_long=self.behaviour.long_ids)

    @property
    def organisation(self) -> Organisation:
        """The configuration as this request sees it."""
        organisation = self.store.organisation
        return organisation.triaging if self.behaviour.triages else organisation


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One operation of the API; a body makes it take one, and every method but GET makes it write."""

    method: str
    path: str
    handler: Callable[[Call], Answer]
    scopes: tuple[str, ...] = ()
    query: Mapping[str, Parameter] = field(default_factory=dict)
    body: Object | None = None
    root: str = ""  # the property of the body that errors name their fields from

    @property
    def writes(self) -> bool:
        """Whether the operation may change data."""
        return self.method != "GET"

    def is_meant(self, method: str, pattern: str) -> bool:
        """Tell whether a method and a path, in which `*` and `?` may stand, mean this operation."""
        whole = re.sub("<[a-z_]+>", "[^/]+", self.path)
        return self.method == method and (fnmatchcase(self.path, pattern) or re.fullmatch(whole, pattern) is not None)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its operations, and the objects that a new sandbox has of it, if it is configuration."""

    kind: str
    routes: tuple[Route, ...]
    seed: Sequence[Json] = ()


def paged(maximum: int = 250) -> dict[str, Parameter]:
    """Return the parameters that every paginated list has."""
    return {"page_size": PageSize(maximum), "after": Word()}


def discover() -> tuple[Resource, ...]:
    """Find every resource: each module under `resources` has one, called RESOURCE."""
    names = sorted(module.name for module in pkgutil.iter_modules(resources.__path__))
    modules = (importlib.import_module(f"{resources.__name__}.{name}") for name in names)
    return tuple(module.RESOURCE for module in modules)
