"""What people do meanwhile: one thing in one incident, as in Slack or in the dashboard; each deed is remembered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.torture import observed
from tests.torture.generate import LEARNING, LIVE, METHODS, PEOPLE, SENTENCES, SEVERITIES

if TYPE_CHECKING:
    import random

    from tests.torture.account import Account

Json = dict[str, Any]

OVER = ("Closed", "Declined", "Canceled", "Merged", "Paused")


@dataclass(frozen=True, slots=True)
class Deed:
    """That a person brought a field of an incident from one value to another, at a step of the story."""

    step: int
    incident: str
    field: str
    before: Any
    after: Any


@dataclass(slots=True)
class People:
    """Those who work in the account, and what they did."""

    account: Account
    chance: random.Random
    deeds: list[Deed] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    """What they told: incident and message, in order."""
    private: set[str] = field(default_factory=set)
    """The incidents that they made private."""

    def act(self, step: int) -> str:
        """Do one thing, and say what; nothing where there is no incident yet."""
        incidents = self.account.incidents()
        if not incidents:
            return ""
        one = self.chance.choice(incidents)
        doing = self.chance.choice(
            [
                self._move,
                self._move,
                self._finish,
                self._grade,
                self._assign,
                self._rename,
                self._summarise,
                self._fill_in,
                self._tell,
                self._tell_and_move,
                self._set_call,
                self._hide,
            ]
        )
        before = observed.live(one)
        who = self.chance.choice(PEOPLE)
        told = doing(one, who)
        if told:
            after = observed.live(self.account.get(f"/v2/incidents/{one['id']}")["incident"])
            self.deeds += [
                Deed(step, one["id"], name, before[name], after[name]) for name in after if before[name] != after[name]
            ]
        return f"{who} {told} of {one['reference']}" if told else ""

    def _ids(self, path: str, name: str) -> dict[str, str]:
        return {one["name"]: one["id"] for one in self.account.get(path)[name]}

    def _edit(self, one: Json, who: str, **fields: Any) -> bool:
        body = {"incident": fields, "notify_incident_channel": False}
        status, _ = self.account.ask("POST", f"/v2/incidents/{one['id']}/actions/edit", body, person=who)
        return status < 300

    def _to(self, one: Json, who: str, status: str) -> str:
        identifier = self._ids("/v1/incident_statuses", "incident_statuses")[status]
        return f"moves the status to {status}" if self._edit(one, who, incident_status_id=identifier) else ""

    def _move(self, one: Json, who: str) -> str:
        return self._to(one, who, self.chance.choice([*LIVE, *LIVE, *LEARNING]))

    def _finish(self, one: Json, who: str) -> str:
        return self._to(one, who, self.chance.choice(OVER)) if self.chance.random() < 0.5 else ""

    def _grade(self, one: Json, who: str) -> str:
        name = self.chance.choice(SEVERITIES)
        identifier = self._ids("/v1/severities", "severities")[name]
        return f"sets the severity {name}" if self._edit(one, who, severity_id=identifier) else ""

    def _assign(self, one: Json, who: str) -> str:
        name = self.chance.choice(["Incident Lead", "Communications Lead"])
        entry: Json = {"incident_role_id": self._ids("/v2/incident_roles", "incident_roles")[name]}
        user = self.chance.choice([*PEOPLE, ""])
        if user:
            entry["assignee"] = {"email": user}
        return f"makes {user or 'nobody'} {name}" if self._edit(one, who, incident_role_assignments=[entry]) else ""

    def _rename(self, one: Json, who: str) -> str:
        name = f"{self.chance.choice(['Renamed', 'Really'])} {one['reference']}"
        return f"sets the name {name!r}" if self._edit(one, who, name=name) else ""

    def _summarise(self, one: Json, who: str) -> str:
        text = self.chance.choice([*SENTENCES[:4], "What people found out.", ""])
        return f"sets the summary {text!r}" if self._edit(one, who, summary=text) else ""

    def _fill_in(self, one: Json, who: str) -> str:
        fields = self._ids("/v2/custom_fields", "custom_fields")
        name = self.chance.choice(["Customers affected", "Root cause", "Detection method"])
        match name:
            case "Customers affected":
                value = {"value_numeric": str(self.chance.randint(1, 99))}
            case "Root cause":
                value = {"value_text": "What people think."}
            case _:
                options = self.account.get(f"/v1/custom_field_options?page_size=250&custom_field_id={fields[name]}")
                wanted = self.chance.choice(METHODS)
                found = (one["id"] for one in options["custom_field_options"] if one["value"] == wanted)
                value = {"value_option_id": next(found, "")}
        entry = {"custom_field_id": fields[name], "values": [value] if self.chance.random() < 0.8 else []}
        return f"sets {name} {value}" if self._edit(one, who, custom_field_entries=[entry]) else ""

    def _set_call(self, one: Json, who: str) -> str:
        return "sets the call" if self._edit(one, who, call_url="https://meet.example.com/people") else ""

    def _hide(self, one: Json, _who: str) -> str:
        if one["visibility"] == "private" or self.chance.random() < 0.5:
            return ""
        self.account.order("private", id=one["id"])
        self.private.add(one["id"])
        return "stops everybody else from seeing all"

    def _tell(self, one: Json, who: str, **moves: str) -> str:
        message = self.chance.choice([f"People's own words {len(self.messages)}.", "Same words."])
        body = {
            "incident_id": one["id"],
            "idempotency_key": f"people-{len(self.messages)}",
            "message": message,
            **moves,
        }
        status, _ = self.account.ask("POST", "/v2/incident_updates", body, person=who)
        if status >= 300:
            return ""
        self.messages.append((one["id"], message))
        return f"tells {message!r} in the timeline"

    def _tell_and_move(self, one: Json, who: str) -> str:
        status = self.chance.choice(LIVE)
        told = self._tell(
            one, who, to_incident_status_id=self._ids("/v1/incident_statuses", "incident_statuses")[status]
        )
        return f"{told} and moves the status to {status}" if told else ""
