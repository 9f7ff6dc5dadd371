"""Incident attachments: what stands in other systems and belongs to an incident.

Every integration counts as installed, so whatever is named there exists; its title and link are made up here.
"""

from typing import Any
from urllib.parse import quote

from reconciler.sandbox import moments
from reconciler.sandbox.body import Object, Text
from reconciler.sandbox.errors import invalid
from reconciler.sandbox.incidents.activity import Entry, write
from reconciler.sandbox.incidents.conditions import Condition
from reconciler.sandbox.incidents.incident import in_body, in_query, touch
from reconciler.sandbox.incidents.records import all_records, find_record
from reconciler.sandbox.incidents.values import is_url
from reconciler.sandbox.organisation import DASHBOARD_URL
from reconciler.sandbox.query import Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route

Json = dict[str, Any]

KIND = "incident_attachment"
PATH = "/v1/incident_attachments"
LINK = "arbitrary_url"
TYPES = (
    *("pager_duty_incident", "opsgenie_alert", "datadog_monitor_alert", "jsm_alert"),
    *("github_pull_request", "gitlab_merge_request", "sentry_issue", "jira_issue", "pylon_issue"),
    *("atlassian_statuspage_incident", "statuspage_incident"),
    *("zendesk_ticket", "salesforce_case", "google_calendar_event", "outlook_calendar_event", "slack_file"),
    *(LINK, "scrubbed"),
)
_RESOURCE = Object(
    {
        "resource_type": Text(required=True, one_of=TYPES),
        "external_id": Text(shortest=1),
        "url": Text(shortest=1),
        "title": Text(),
        "emoji": Text(),
    },
    required=True,
)


def _list(call: Call) -> Answer:
    asked = call.query
    if "incident_id" not in asked:
        for name in ("external_id", "resource_type"):
            if name not in asked:
                raise invalid(name, "give incident_id, or both external_id and resource_type", "is_required")
    one = in_query(call).id if "incident_id" in asked else None
    wanted = [
        Condition(f"json_extract(body, '$.resource.{name}') = ?", (asked[name],))
        for name in ("external_id", "resource_type")
        if name in asked
    ]
    return Answer(200, {"incident_attachments": all_records(call, KIND, one, *wanted)})


def _create(call: Call) -> Answer:
    incident = in_body(call)
    resource = _resource(call.body["resource"])
    for other in all_records(call, KIND, incident.id):
        if _identity(other["resource"]) == _identity(resource):
            raise invalid("resource", f"{resource['title']} is attached already", "not_unique")
    attachment = {"id": call.new_id(), "incident_id": incident.id, "resource": resource}
    call.store.record(KIND, incident.id, moments.sortable(call.now), attachment)
    write(call, incident, [Entry("incident_attachment_added", f"{resource['title']} attached")])
    touch(call, incident)
    return Answer(201, {"incident_attachment": attachment})


def _delete(call: Call) -> Answer:
    attachment, incident = find_record(call, KIND)
    call.store.unrecord(KIND, attachment["id"])
    write(call, incident, [Entry("incident_attachment_removed", f"{attachment['resource']['title']} unattached")])
    touch(call, incident)
    return Answer(204)


def _identity(resource: Json) -> tuple[str, str]:
    return resource["resource_type"], resource["external_id"]


def _resource(asked: Json) -> Json:
    _check(asked)
    kind, url = asked["resource_type"], asked.get("url")
    external: str = asked.get("external_id") or asked["url"]
    link = url or f"{DASHBOARD_URL}/attachments/{kind}/{quote(external, safe='')}"
    return {"resource_type": kind, "external_id": external, "permalink": link, "title": asked.get("title") or external}


def _check(asked: Json) -> None:
    if ("external_id" in asked) == ("url" in asked):
        raise invalid("resource", "has either an external_id or a url, and not both")
    if asked["resource_type"] == LINK:
        if "url" not in asked:
            raise invalid("resource.url", "a link of no other system is attached by its url", "is_required")
    else:
        for name in asked.keys() & {"title", "emoji"}:
            raise invalid(f"resource.{name}", f"only {LINK} has a {name} of its own")
    if "url" in asked and not is_url(asked["url"]):
        raise invalid("resource.url", f"{asked['url']!r} is not a link")


_PARAMETERS = {"incident_id": Word(), "external_id": Word(), "resource_type": Word(one_of=TYPES)}
RESOURCE = Resource(
    KIND,
    (
        Route("GET", PATH, _list, ("attachments.view",), _PARAMETERS),
        Route(
            "POST",
            PATH,
            _create,
            ("attachments.create",),
            body=Object({"incident_id": Text(required=True), "resource": _RESOURCE}),
        ),
        Route("DELETE", f"{PATH}/<id>", _delete, ("attachments.destroy",)),
    ),
)
