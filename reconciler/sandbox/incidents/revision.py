"""An incident and the changes asked for in; the changed incident, its update and its activity log, written, out."""

from dataclasses import replace
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents import activity, learning, lifecycle, sight
from reconciler.sandbox.incidents.activity import Entry, Occasion
from reconciler.sandbox.incidents.incident import Incident, save
from reconciler.sandbox.incidents.parts import field_values
from reconciler.sandbox.organisation import person, visible
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

UPDATE = "incident_update"


class Revision:
    """The changes of one occasion to one incident, collected first and written together."""

    def __init__(self, occasion: Occasion, incident: Incident) -> None:
        self._occasion = occasion
        self._before = incident
        self._organisation = occasion.organisation
        self._entries: list[Entry] = []
        self.incident = incident

    def text(self, name: str, sent: str) -> None:
        """Set the name, the summary, the call's address, or the name of the Slack channel."""
        old = self.incident.body.get(name) or ""
        value = self._kept(name, sent)
        if old == value:
            return
        self.incident = self.incident.told(**{name: value})
        match name:
            case "name":
                told = {"previous_name": old, "new_name": value}
                self._entries.append(Entry("incident_rename", f"Renamed to {value}", told))
            case "summary":
                told = {"previous_summary": old, "new_summary": value}
                self._entries.append(Entry("summary_update", "Summary changed", told))
            case "call_url":
                self._entries.append(Entry("call_url_changed", f"Call is at {value}"))

    def _kept(self, name: str, sent: str) -> str:
        kept = form(self._occasion.behaviour)
        value = {"name": kept.title, "summary": kept.prose, "call_url": kept.link}.get(name, str)(sent)
        if name == "name" and not value:
            raise invalid("name", "must not be blank", "is_required")
        return value

    def severity(self, severity: Json) -> None:
        """Change the severity."""
        self.incident = replace(self.incident, severity=severity["id"])

    def status(self, status: Json, field: str) -> None:
        """Move to another status; people may make any move, keys those of the API."""
        old = self._organisation.get("incident_status", self.incident.status)
        if old["id"] == status["id"]:
            return
        if self._occasion.person is None:
            lifecycle.check_move(old, status, field)
        if status["category"] == "live" and self.incident.severity is None:
            place = field.replace("incident_status_id", "severity_id")
            raise invalid(place, "A severity is required to open an incident", "is_required")
        self.incident = replace(self.incident, status=status["id"])
        told = {"previous_status": old, "new_status": status}
        self._entries.append(Entry("status_change", f"{old['name']} → {status['name']}", told))
        reached = lifecycle.reached(self._organisation, old, status)
        self.timestamps({t["id"]: moments.written(self._occasion.now) for t in reached})

    def fields(self, given: dict[str, list[str]]) -> None:
        """Set custom fields; no values unset one."""
        fields = dict(self.incident.body["fields"])
        for identifier, values in given.items():
            old = fields.pop(identifier, [])
            if values:
                fields[identifier] = values
            if old != values:
                self._entries.append(self._field_entry(identifier, old, values))
        self.incident = self.incident.told(fields=fields)

    def roles(self, given: dict[str, Json | None]) -> None:
        """Assign roles to users; None unassigns one."""
        assigned = dict(self.incident.body["roles"])
        for identifier, user in given.items():
            old = assigned.pop(identifier, None)
            if user:
                assigned[identifier] = user["id"]
            if old != (user and user["id"]):
                self._entries.append(self._role_entry(identifier, old, user))
                if user:
                    self.incident = self.incident.told(**sight.readmit(self.incident.body, user["id"]))
        self.incident = self.incident.told(roles=assigned)

    def timestamps(self, given: dict[str, str | None] | dict[str, str]) -> None:
        """Set timestamps; None unsets one."""
        kept = dict(self.incident.body["timestamps"])
        for identifier, value in given.items():
            old = kept.pop(identifier, None)
            if value:
                kept[identifier] = value
            if value != old:
                self._entries.append(self._timestamp_entry(identifier, old, value))
        self.incident = self.incident.told(timestamps=kept)

    def share(self, message: str) -> Json:
        """Make the update that tells of this revision, and note it in the log."""
        update = {
            "id": self._occasion.new_id(),
            "incident_id": self.incident.id,
            "message": message,
            "status": self.incident.status,
            "severity": self.incident.severity,
            "updater": self._occasion.actor,
            "created_at": moments.written(self._occasion.now),
        }
        self._occasion.store.record(UPDATE, self.incident.id, moments.sortable(self._occasion.now), update)
        self._entries.append(self._update_entry(update))
        return update

    def keep(self) -> Incident:
        """Write the changes, with an update of their own where status or severity changed."""
        if self._has_moved():
            self.share("")
        return self.keep_shared()

    def keep_shared(self) -> Incident:
        """Write the changes, whose update is already made."""
        now = moments.microseconds(self._occasion.now)
        if self.incident != self._before:
            self.incident = replace(self.incident, updated=max(now, self.incident.updated))
        if self._entries:
            self.incident = replace(self.incident, activity=max(now, self.incident.activity))
        if self.incident != self._before:
            save(self._occasion.store, self.incident)
            if self.incident.status != self._before.status:
                learning.note(self._occasion.store, self.incident, self._occasion.now)
            activity.write(self._occasion, self.incident, self._entries)
        return self.incident

    def _has_moved(self) -> bool:
        before, after = self._before, self.incident
        return (before.status, before.severity) != (after.status, after.severity)

    def _update_entry(self, update: Json) -> Entry:
        told: Json = {"id": update["id"], "message": update["message"] or None}
        for name, kind in (("status", "incident_status"), ("severity", "severity")):
            old, new = getattr(self._before, name), getattr(self.incident, name)
            told[f"new_{name}"] = self._organisation.get(kind, new) if new else None
            if old != new:
                told[f"previous_{name}"] = self._organisation.get(kind, old) if old else None
        return Entry("incident_update", "Update shared", told)

    def _field_entry(self, identifier: str, old: list[str], new: list[str]) -> Entry:
        (field,) = (field for field in self._organisation.fields if field["id"] == identifier)
        told = {
            "custom_field": field,
            "previous_values": field_values(field, old, self._organisation),
            "previous_values_count": len(old),
            "new_values": field_values(field, new, self._organisation),
            "new_values_count": len(new),
        }
        return Entry("custom_field_value_update", f"{field['name']} changed", told)

    def _role_entry(self, identifier: str, old: str | None, new: Json | None) -> Entry:
        role = self._organisation.get("incident_role", identifier)
        told = {
            "role": role,
            "previous_assignee": person(self._organisation.get("user", old)) if old else None,
            "new_assignee": person(new) if new else None,
        }
        title = f"{new['name']} is {role['name']}" if new else f"Nobody is {role['name']}"
        return Entry("role_update", title, told)

    def _timestamp_entry(self, identifier: str, old: str | None, new: str | None) -> Entry:
        timestamp = visible(self._organisation.get("incident_timestamp", identifier))
        if new is None:
            # The facts of such an entry have a new value always.
            return Entry("incident_timestamp_set", f"{timestamp['name']} unset")
        told = {"incident_timestamp": timestamp, "previous_value": old, "new_value": new}
        return Entry("incident_timestamp_set", f"{timestamp['name']} set", told)
