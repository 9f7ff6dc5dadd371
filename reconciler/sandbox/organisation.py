"""Configuration rows in, an organisation to look through out: one picture per version of the configuration."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from reconciler.sandbox.errors import invalid

Json = dict[str, Any]

DASHBOARD_URL = "https://app.incident.io/sandbox"


class Organisation:
    """Everything that is configured, by kind and ID, as it was at one version; never changed."""

    def __init__(self, version: int, rows: Iterable[tuple[str, Json]]) -> None:
        self.version = version
        self._kinds: dict[str, dict[str, Json]] = {}
        for kind, body in rows:
            self._kinds.setdefault(kind, {})[body["id"]] = body

    def all(self, kind: str) -> list[Json]:
        """Return all objects of a kind, in the order in which they were made."""
        return list(self._kinds.get(kind, {}).values())

    def find(self, kind: str, identifier: str | None) -> Json | None:
        """Return one object, or None."""
        return self._kinds.get(kind, {}).get(identifier or "")

    def get(self, kind: str, identifier: str) -> Json:
        """Return one object that is there, or was before it was deleted."""
        return self.find(kind, identifier) or self._kinds[f"deleted {kind}"][identifier]

    def refer(self, kind: str, identifier: str, field: str) -> Json:
        """Return the object that a field of a request names; a 422 that names the field where there is none."""
        found = self.find(kind, identifier)
        if found is None:
            words = kind.replace("_", " ")
            raise invalid(field, f"no {words} with the ID {identifier!r}", "not_found")
        return found

    @cached_property
    def triaging(self) -> "Organisation":
        """The same organisation, but that every incident of its default type begins in triage."""
        rows = ((kind, body) for kind, bodies in self._kinds.items() for body in bodies.values())
        return Organisation(self.version, ((kind, _triaging(kind, body)) for kind, body in rows))

    @cached_property
    def fields(self) -> list[Json]:
        """The custom fields as incidents show them: with the options that they have."""
        options: dict[str, list[Json]] = {}
        for option in sorted(self.all("custom_field_option"), key=lambda o: (o["sort_key"], o["id"])):
            options.setdefault(option["custom_field_id"], []).append(option)
        shown = ("id", "name", "description", "field_type")
        return [
            {name: field[name] for name in shown} | {"options": options.get(field["id"], [])}
            for field in self.all("custom_field")
        ]

    @cached_property
    def timestamps(self) -> list[Json]:
        """The incident timestamps in the order of their rank."""
        return sorted(self.all("incident_timestamp"), key=lambda timestamp: timestamp["rank"])


def _triaging(kind: str, body: Json) -> Json:
    return body | {"create_in_triage": "always"} if kind == "incident_type" and body["is_default"] else body


def visible(body: Json) -> Json:
    """Leave out what the sandbox keeps for itself: names that begin with an underscore."""
    return {name: value for name, value in body.items() if not name.startswith("_")}


def person(user: Json) -> Json:
    """Show a user as the one who did something or has a role."""
    return {name: user[name] for name in ("id", "name", "email", "role", "slack_user_id") if name in user}
