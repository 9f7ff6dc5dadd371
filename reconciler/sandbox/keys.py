"""An Authorization header in, a key with its roles and scopes out; what a role may do is the sandbox's own table."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from reconciler.sandbox.errors import ApiError, Problem
from reconciler.sandbox.ids import seed_id

# The document names the scopes of each operation and the roles of a key, but not what joins them.
SCOPES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset(
        {
            "incidents.view",
            "severities.view",
            "incident_statuses.view",
            "incident_types.view",
            "incident_roles.view",
            "custom_fields.view",
            "users.view",
            "catalog_types.view",
            "catalog_entries.view",
            "actions.view",
            "attachments.view",
            "escalations.view",
        }
    ),
    "incident_creator": frozenset({"incidents.create"}),
    "incident_editor": frozenset(
        {
            "incident_updates.create",
            "timeline_items.create",
            "timeline_items.update",
            "incidents.update_name",
            "incidents.update_summary",
            "incidents.update_severity",
            "incidents.update_status",
            "incidents.update_custom_fields",
            "incidents.update_timestamps",
            "incidents.update_role_assignments",
            "incident_calls.create",
            "incident_calls.destroy",
            "actions.create",
            "actions.update",
            "actions.destroy",
            "follow_ups.create",
            "follow_ups.update",
            "follow_ups.destroy",
            "attachments.create",
            "attachments.destroy",
        }
    ),
    "manage_settings": frozenset({"organisation_settings.update", "incident_lifecycles.update"}),
    "global_access": frozenset({"incidents.view_private"}),
    "catalog_viewer": frozenset({"catalog_types.view", "catalog_entries.view"}),
    "workflows_viewer": frozenset({"workflows.view"}),
    "schedules_reader": frozenset({"schedules.view"}),
    "on_call_viewer": frozenset({"schedules.view", "escalation_paths.view"}),
    "incident_memberships_editor": frozenset({"incident_memberships.grant", "incident_memberships.revoke"}),
    "escalation_creator": frozenset({"escalations.create", "escalations.respond", "escalations.cancel"}),
    "post_incident_flow_opt_out": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Key:
    """An API key: its name, and what it may do."""

    id: str
    name: str
    token: str
    roles: tuple[str, ...]
    scopes: frozenset[str]

    @property
    def sees_private(self) -> bool:
        """Whether private incidents are visible to this key."""
        return "incidents.view_private" in self.scopes

    def actor(self) -> dict[str, Any]:
        """Name the key as the one who made a change."""
        return {"api_key": {"id": self.id, "name": self.name}}

    def demand(self, *scopes: str) -> None:
        """Raise a 403 that names the scopes which this key lacks."""
        missing = [scope for scope in scopes if scope not in self.scopes]
        if missing:
            raise ApiError(
                403,
                tuple(
                    Problem("missing_scope", f"The API key {self.name} does not have the scope {scope}")
                    for scope in missing
                ),
            )


def _key(number: int, name: str, token: str, *roles: str) -> Key:
    scopes = frozenset[str]().union(*(SCOPES[role] for role in roles))
    return Key(seed_id("key", number), name, token, roles, scopes)


class Keys:
    """The keys of one sandbox: three that are always there, and more by token with their roles.

    Those are called `key 1`, `key 2`, …: everybody reads the name of a key, and it may be a real token.
    """

    def __init__(self, more: Mapping[str, Sequence[str]] = MappingProxyType({})) -> None:
        """Make the keys; ValueError for a role that does not exist, or a token that cannot be sent."""
        self._keys = {key.token: key for key in (*_ALWAYS, *(_made(n, *one) for n, one in enumerate(more.items(), 1)))}

    def of(self, authorization: str | None) -> Key:
        """Return the key that a request was made with; a 401 where it is missing or wrong."""
        if not authorization:
            raise _refused("missing_authorization_material", "No authorization material provided in request")
        found = self.find(authorization)
        if found is None:
            raise _refused("invalid_authorization_material", "The authorization material is not a known API key")
        return found

    def find(self, authorization: str | None) -> Key | None:
        """Find the key that a request was made with, None where it is missing or wrong."""
        scheme, _, token = (authorization or "").partition(" ")
        return self._keys.get(token.strip()) if scheme.lower() == "bearer" else None


_ALWAYS = (
    _key(1, "sandbox", "sandbox", *SCOPES),
    _key(2, "sandbox-editor", "sandbox-editor", "viewer", "incident_creator", "incident_editor"),
    _key(3, "sandbox-viewer", "sandbox-viewer", "viewer"),
)


def _made(number: int, token: str, roles: Sequence[str]) -> Key:
    if not re.fullmatch(r"[!-~]+", token):
        raise ValueError("this is not a key: it is written without spaces, in ASCII")
    for role in roles:
        if role not in SCOPES:
            raise ValueError(f"{role!r} is not a role; there are {', '.join(SCOPES)}")
    return _key(len(_ALWAYS) + number, f"key {number}", token, *roles)


def _refused(code: str, message: str) -> ApiError:
    return ApiError(401, (Problem(code, message),))
