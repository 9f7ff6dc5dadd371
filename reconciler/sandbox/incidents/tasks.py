"""The table of one kind of task in, its list, create, show, replace and delete out: actions and follow-ups."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.sandbox import moments
from reconciler.sandbox.body import Object, Shape, Text
from reconciler.sandbox.errors import invalid, not_found
from reconciler.sandbox.incidents.activity import Entry, write
from reconciler.sandbox.incidents.conditions import Condition, by_date, one_of
from reconciler.sandbox.incidents.declare import MODES
from reconciler.sandbox.incidents.filters import DEFAULT_MODES
from reconciler.sandbox.incidents.incident import Incident, in_body, in_query, touch
from reconciler.sandbox.incidents.records import find_record, list_records
from reconciler.sandbox.organisation import Organisation, person, visible
from reconciler.sandbox.query import Filter, Parameter, Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged
from reconciler.sandbox.rewriting import form

Json = dict[str, Any]

STATUSES = ("outstanding", "completed", "deleted", "not_doing")
STATUS = Text(required=True, one_of=STATUSES)
_DATES = Filter(("gte", "lte", "date_range"))
_FILTERS: Mapping[str, Parameter] = {
    **paged(),
    "incident_id": Word(),
    # What the sandbox cannot declare, a stream, has no tasks either.
    "incident_mode": Word(one_of=(*MODES, "stream")),
    "created_at": _DATES,
    "updated_at": _DATES,
}
_ANSWERED = frozenset({"id", "incident_id", "creator", "created_at", "updated_at", "completed_at"})
_NOT_DELETED = Condition("json_extract(body, '$.status') <> 'deleted'")


@dataclass(frozen=True, slots=True)
class Reference:
    """What a property of a request names by its ID, and the property and form in which answers show it."""

    kind: str
    shown: str
    show: Callable[[Json], Json] = visible


ASSIGNEE: Mapping[str, Reference] = {"assignee_id": Reference("user", "assignee", person)}


def _no_defaults(_organisation: Organisation) -> Json:
    return {}


@dataclass(frozen=True, slots=True)
class Tasks:
    """One kind of task; `title` is the property that says what is to be done.

    A PUT leaves what it does not mention as it is, null unsets, and what only answers have may be sent back. A deleted
    task is gone for every request.
    """

    kind: str
    title: str
    creating: Mapping[str, Shape]
    replacing: Mapping[str, Shape]
    references: Mapping[str, Reference] = field(default_factory=lambda: ASSIGNEE)
    filters: Mapping[str, Parameter] = field(default_factory=dict)
    defaults: Callable[[Organisation], Json] = _no_defaults

    def resource(self) -> Resource:
        """Make the resource."""
        items = f"{self.kind}s"
        path, one = f"/v3/{items}", f"/v3/{items}/<id>"
        view = ("actions.view",)
        answered = _ANSWERED | {reference.shown for reference in self.references.values()}
        routes = (
            Route("GET", path, self._list, view, {**_FILTERS, **self.filters}),
            Route("POST", path, self._create, (f"{items}.create",), body=Object(self.creating)),
            Route("GET", one, self._show, view),
            Route("PUT", one, self._replace, (f"{items}.update",), body=Object(self.replacing, ignored=answered)),
            Route("DELETE", one, self._delete, (f"{items}.destroy",)),
        )
        return Resource(self.kind, routes)

    def _list(self, call: Call) -> Answer:
        one = in_query(call).id if "incident_id" in call.query else None
        found, meta = list_records(call, self.kind, one, *self._conditions(call))
        return Answer(200, {f"{self.kind}s": [self._shown(call, task) for task in found], "pagination_meta": meta})

    def _conditions(self, call: Call) -> list[Condition]:
        asked = call.query
        within = one_of("its.mode", [asked["incident_mode"]] if "incident_mode" in asked else DEFAULT_MODES)
        of_mode = f"EXISTS (SELECT 1 FROM incident AS its WHERE its.id = incident AND {within.sql})"  # noqa: S608 - a constant
        conditions = [_NOT_DELETED, Condition(of_mode, within.values)]
        for name in ("created_at", "updated_at"):
            by = by_date(name, f"json_extract(body, '$._{name}')")
            conditions += [by(call.organisation, *operation) for operation in asked.get(name, {}).items()]
        for name in self.filters.keys() & asked.keys():
            conditions.append(Condition(f"json_extract(body, '$.{name}') = ?", (asked[name],)))
        return conditions

    def _create(self, call: Call) -> Answer:
        incident = in_body(call)
        self._check(call)
        told = {**self.defaults(call.organisation), **self._told(call, self.creating)}
        fixed = {"status": "outstanding", "creator": call.actor, "created_at": moments.written(call.now)}
        begun = {"id": call.new_id(), "_created_at": moments.microseconds(call.now)}
        task = self._keep(call, told | fixed | begun)
        self._note(call, incident, task, "created", {})
        return Answer(201, {self.kind: self._shown(call, task)})

    def _show(self, call: Call) -> Answer:
        task, _ = self._find(call)
        return Answer(200, {self.kind: self._shown(call, task)})

    def _replace(self, call: Call) -> Answer:
        task, incident = self._find(call)
        if call.body["status"] == "deleted":
            raise invalid("status", f"a {self._name()} is deleted by DELETE")
        self._check(call)
        given = self._told(call, self.replacing)
        return Answer(200, {self.kind: self._shown(call, self._change(call, incident, task, given))})

    def _delete(self, call: Call) -> Answer:
        task, incident = self._find(call)
        self._change(call, incident, task, {"status": "deleted"})
        return Answer(204)

    def _find(self, call: Call) -> tuple[Json, Incident]:
        task, incident = find_record(call, self.kind)
        if task["status"] == "deleted":
            raise not_found(f"{self._name()} {task['id']!r}")
        return task, incident

    def _told(self, call: Call, names: Collection[str]) -> Json:
        kept = form(call.behaviour)
        forms = {"title": kept.title, "description": kept.prose}
        told = {name: value for name, value in call.body.items() if name in names}
        told |= {name: forms[name](told[name]) for name in forms.keys() & told.keys()}
        if not told[self.title]:
            raise invalid(self.title, "must not be blank", "is_required")
        return told

    def _check(self, call: Call) -> None:
        for name, reference in self.references.items():
            if call.body.get(name) is not None:
                found = call.organisation.refer(reference.kind, call.body[name], name)
                if not found.get("is_active", True):
                    raise invalid(name, f"{found['name']} is not active", "not_found")

    def _change(self, call: Call, incident: Incident, task: Json, given: Json) -> Json:
        changed = {name: value for name, value in {**task, **given}.items() if value is not None}
        if changed == task:
            return task
        if changed["status"] == "completed":
            changed.setdefault("completed_at", moments.written(call.now))
        else:
            changed.pop("completed_at", None)
        kept = self._keep(call, changed)
        self._note(call, incident, kept, "updated", self._differences(call.organisation, task, kept))
        return kept

    def _keep(self, call: Call, task: Json) -> Json:
        updated = {"updated_at": moments.written(call.now), "_updated_at": moments.microseconds(call.now)}
        kept = task | updated
        # Tasks are listed in the order of their IDs.
        call.store.record(self.kind, kept["incident_id"], kept["id"], kept)
        return kept

    def _note(self, call: Call, incident: Incident, task: Json, happened: str, told: Json) -> None:
        title = f"{self._name().capitalize()} {happened}: {task[self.title]}"
        write(call, incident, [Entry(f"{self.kind}_{happened}", title, {f"{self.kind}_id": task["id"], **told})])
        touch(call, incident)

    def _differences(self, organisation: Organisation, old: Json, new: Json) -> Json:
        told: Json = {}
        for name in ("status", "title"):
            if old.get(name) != new.get(name):
                told |= {f"previous_{name}": old[name], f"new_{name}": new[name]}
        if old.get("assignee_id") != new.get("assignee_id"):
            for word, task in (("previous", old), ("new", new)):
                user = task.get("assignee_id")
                told[f"{word}_assignee"] = person(organisation.get("user", user)) if user else None
        return told

    def _shown(self, call: Call, task: Json) -> Json:
        shown = {name: value for name, value in visible(task).items() if name not in self.references and value != ""}
        for name, reference in self.references.items():
            if name in task:
                shown[reference.shown] = reference.show(call.organisation.get(reference.kind, task[name]))
        return shown

    def _name(self) -> str:
        return self.kind.replace("_", "-")
