"""Custom fields: what an organisation wants to know of an incident beyond what every incident has."""

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.body import Items, Object, Shape, Text
from reconciler.sandbox.collection import DATES, Collection, Lookup, any_incident, same_name
from reconciler.sandbox.errors import Problem
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.resource import Call

Json = dict[str, Any]

KIND = "custom_field"
FIELD_TYPES = ("single_select", "multi_select", "text", "link", "numeric")
SELECTS = ("single_select", "multi_select")
_FILTER = {"catalog_attribute_id": Text(required=True), "custom_field_id": Text(required=True)}
_FIXED: dict[str, Shape] = {"catalog_attribute_id": Text(required=True), "values": Items(Text(), required=True)}
OF_CATALOG: dict[str, Shape] = {
    "filter_by": Object(_FILTER),
    "fixed_filter": Object(_FIXED),
    "group_by_catalog_attribute_id": Text(),
    "helptext_catalog_attribute_id": Text(),
}
REPLACING: dict[str, Shape] = {
    "name": Text(required=True, shortest=1, longest=50),
    "description": Text(required=True),
} | OF_CATALOG


def _check(body: Json, organisation: Organisation) -> Iterator[Problem]:
    yield from same_name(KIND, body, organisation)
    catalog_type = organisation.find("catalog_type", body.get("catalog_type_id"))
    if "catalog_type_id" not in body:
        yield from _without_catalog(body)
    elif body["field_type"] not in SELECTS:
        yield Problem("invalid_value", "only a select field takes its values from the catalog", "catalog_type_id")
    elif catalog_type is None:
        yield Problem("not_found", f"no catalog type with the ID {body['catalog_type_id']!r}", "catalog_type_id")
    else:
        yield from _attributes(body, catalog_type)
    by = body.get("filter_by")
    if by and not organisation.find(KIND, by["custom_field_id"]):
        field = "filter_by.custom_field_id"
        yield Problem("not_found", f"no custom field with the ID {by['custom_field_id']!r}", field)


def _without_catalog(body: Json) -> Iterator[Problem]:
    for name in OF_CATALOG:
        if name in body:
            yield Problem("invalid_value", f"{name} is for fields with a catalog_type_id", name)


def _attributes(body: Json, catalog_type: Json) -> Iterator[Problem]:
    known = {attribute["id"] for attribute in catalog_type["schema"]["attributes"]}
    for name in OF_CATALOG.keys() & body.keys():
        inner = f"{name}.catalog_attribute_id" if isinstance(body[name], dict) else name
        attribute = body[name]["catalog_attribute_id"] if isinstance(body[name], dict) else body[name]
        if attribute not in known:
            yield Problem("not_found", f"{catalog_type['name']} has no attribute {attribute!r}", inner)


def _in_use(call: Call, field: Json) -> str | None:
    if any_incident(call, "field", field["id"]):
        return f"there are incidents in which {field['name']} is set"
    for other in call.organisation.all(KIND):
        if other.get("filter_by", {}).get("custom_field_id") == field["id"]:
            return f"{other['name']} is filtered by {field['name']}"
    return None


def _field(number: int, field_type: str, name: str, description: str, **more: str) -> Json:
    told = {"name": name, "description": description, "field_type": field_type}
    return {"id": seed_id("field", number), **told, **more, **DATES}


RESOURCE = Collection(
    Lookup(
        KIND,
        "/v2/custom_fields",
        items="custom_fields",
        item="custom_field",
        view=("custom_fields.view",),
        seed=(
            _field(
                1,
                "multi_select",
                "Affected services",
                "What does not work as it should.",
                catalog_type_id=seed_id("catalogtype", 1),
            ),
            _field(2, "single_select", "Detection method", "How it was noticed."),
            _field(3, "numeric", "Customers affected", "How many customers noticed."),
            _field(4, "text", "Root cause", "What it came from."),
            _field(5, "link", "Runbook", "What to do about it."),
        ),
    ),
    creating=REPLACING | {"field_type": Text(required=True, one_of=FIELD_TYPES), "catalog_type_id": Text()},
    replacing=REPLACING,
    edit=("organisation_settings.update",),
    deleted=204,
    answered=frozenset({"id", "created_at", "updated_at", "field_type", "catalog_type_id"}),
    wiped=frozenset(OF_CATALOG),
    check=_check,
    in_use=_in_use,
).resource()
