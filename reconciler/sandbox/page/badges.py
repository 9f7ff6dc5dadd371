"""An organisation and a reference in; the severity, status, person or badge that pages show for it out; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.organisation import Organisation

Json = dict[str, Any]

LEVELS: Final = 5  # how many colours and bars there are for severities
CATEGORIES: Final[Mapping[str, str]] = {
    "triage": "Triage",
    "live": "Active",
    "paused": "Paused",
    "learning": "Post-incident",
    "closed": "Closed",
    "declined": "Declined",
    "canceled": "Canceled",
    "merged": "Merged",
}
"""The categories of status in the order of an incident's life, as the dashboard calls them."""


@dataclass(frozen=True, slots=True)
class Severity:
    """A severity, and how high it stands among the others, from 1 to LEVELS."""

    name: str
    level: int


@dataclass(frozen=True, slots=True)
class Status:
    """A status and its category."""

    id: str
    name: str
    category: str

    @property
    def category_name(self) -> str:
        """What people call the category."""
        return CATEGORIES.get(self.category, self.category)


@dataclass(frozen=True, slots=True)
class Badges:
    """What sets an incident apart; None where it is as most are."""

    is_private: bool
    mode: str | None
    type: str | None


def severity(organisation: Organisation, body: Json) -> Severity:
    """Place a severity among those of the organisation: the mildest is 1, the worst LEVELS."""
    ranks = {other["rank"] for other in organisation.all("severity")}
    below = sum(rank < body["rank"] for rank in ranks)
    step = below / max(len(ranks) - 1, 1)
    return Severity(body["name"], 1 + round(min(step, 1.0) * (LEVELS - 1)))


def status(body: Json) -> Status:
    """Show a status."""
    return Status(body["id"], body["name"], body["category"])


def badges(organisation: Organisation, incident: Incident) -> Badges:
    """Tell what sets an incident apart."""
    kind = organisation.get("incident_type", incident.type)
    return Badges(
        is_private=incident.visibility == "private",
        mode=None if incident.mode == "standard" else incident.mode.capitalize(),
        type=None if kind["is_default"] else kind["name"],
    )


def lead(organisation: Organisation, incident: Incident) -> str | None:
    """Name the person who leads an incident."""
    for role in organisation.all("incident_role"):
        if role["role_type"] == "lead" and role["id"] in incident.body["roles"]:
            return str(organisation.get("user", incident.body["roles"][role["id"]])["name"])
    return None


def actor(body: Json | None) -> str:
    """Name whoever did something: a person, an API key, or anything else that has a name."""
    for kind, one in (body or {}).items():
        if isinstance(one, dict) and "name" in one:
            return f"API key {one['name']}" if kind == "api_key" else str(one["name"])
    return ""


def value_text(value: Json) -> str:
    """Write one value of a custom field as answers show it: an option and a catalog entry by their names."""
    match value:
        case {"value_option": {"value": name}} | {"value_catalog_entry": {"name": name}}:
            return str(name)
        case _:
            return str(next(iter(value.values()), ""))
