"""The account's lists → what the names of an act mean; each list is read when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler import live
from reconciler.gameday.answers import Suitable
from reconciler.lifecycle import CLOSED
from reconciler.names import Names

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.api import Client
    from reconciler.errors import Problem
    from reconciler.kinds.naming import Found
    from reconciler.model import Ref, Source
    from reconciler.names import Listed

SAID = "Filled in by a simulated person."
COUNTED = 12
LINKED = "https://example.com/filled-in"


class Directory:
    """What people of an account may name, and which values they may choose from."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._listed: Listed = {}
        self._names = Names(self._listed)

    def find(self, listing: str, name: Any, at: Source, scope: str | Ref = "") -> Found | None:
        """Return what a name means; reports it and returns None where it means nothing, or several things."""
        self.objects(listing, str(scope))
        return self._names.find(listing, name, at, scope)

    def report(self, at: Source, message: str, hint: str = "") -> None:
        """Add a problem at its place."""
        self._names.report(at, message, hint)

    def objects(self, listing: str, scope: str = "") -> list[dict[str, Any]]:
        """Return everything that a listing has. Raises `ApiError`."""
        if (listing, scope) not in self._listed:
            self._listed[listing, scope] = live.read_listing(self._client, listing, scope)
        return self._listed[listing, scope]

    @property
    def reported(self) -> list[Problem]:
        """Return what was reported, each at its place."""
        return self._names.problems

    def problems(self) -> list[str]:
        """Return what was reported since this was asked last."""
        told = [problem.message for problem in self._names.problems]
        self._names.problems.clear()
        return told

    def forget(self) -> None:
        """Read the lists anew when they are next asked for: the account may have changed."""
        self._listed = {}
        self._names = Names(self._listed)

    def suited(self, fields: Mapping[str, Any], at: Source) -> dict[str, Any]:
        """Return fields of a manifest with a value in each custom field that a suitable one stands for."""
        return {
            name: {inner: self._value(inner, at) if one is Suitable.VALUE else one for inner, one in value.items()}
            if name == "custom_fields"
            else value
            for name, value in fields.items()
        }

    def closed(self) -> str:
        """Return the ID of the status in which incidents are closed: the first of those that close one."""
        closing = [one for one in self.objects("IncidentStatus") if one["category"] == CLOSED]
        return str(min(closing, key=lambda one: one.get("rank", 0))["id"])

    def _value(self, name: str, at: Source) -> Any:
        """Return a value that a custom field takes; None where there is none, or no such field."""
        found = self.find("CustomField", name, at)
        match found.facts if found else {}:
            case {"field_type": "numeric"}:
                return COUNTED
            case {"field_type": "link"}:
                return LINKED
            case {"field_type": "single_select" | "multi_select", "id": identifier, **more}:
                of_catalog = more.get("catalog_type_id")
                listing, scope = ("CatalogEntry", of_catalog) if of_catalog else ("CustomFieldOption", identifier)
                choices = self.objects(listing, scope)
                if not choices:
                    self.report(at, f"`{name}` has nothing to choose from")
                return {"id": choices[0]["id"]} if choices else None
        return SAID
