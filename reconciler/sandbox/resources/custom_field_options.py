"""Custom field options: the values to choose from in a select field that takes none from the catalog."""

from collections.abc import Iterator
from typing import Any

from reconciler.sandbox.body import Integer, Text
from reconciler.sandbox.collection import Collection, Lookup, any_incident, page, same_name
from reconciler.sandbox.errors import Problem, invalid, not_found
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import Organisation
from reconciler.sandbox.query import Word
from reconciler.sandbox.resource import Answer, Call, Route, paged

Json = dict[str, Any]

KIND = "custom_field_option"
PATH = "/v1/custom_field_options"
VIEW = ("custom_fields.view",)
VALUE = Text(required=True, shortest=1)


def _list(call: Call) -> Answer:
    field = call.query.get("custom_field_id")
    if not field:
        raise invalid("custom_field_id", "custom_field_id is required", "is_required")
    if not call.organisation.find("custom_field", field):
        raise not_found(f"custom field {field!r}")
    options = [option for option in call.organisation.all(KIND) if option["custom_field_id"] == field]
    shown, meta = page(options, call)
    return Answer(200, {"custom_field_options": shown, "pagination_meta": meta})


def _check(body: Json, organisation: Organisation) -> Iterator[Problem]:
    value = body["value"]
    if value != value.strip() or any(sign in value for sign in "\t\r\n"):
        message = "must not start or end with whitespace, nor contain tabs or newlines"
        yield Problem("invalid_value", message, "value")
    field = organisation.find("custom_field", body["custom_field_id"])
    if field is None:
        missing = f"no custom field with the ID {body['custom_field_id']!r}"
        yield Problem("not_found", missing, "custom_field_id")
    elif field["field_type"] not in ("single_select", "multi_select") or "catalog_type_id" in field:
        yield Problem("invalid_value", f"{field['name']} is not a field with options", "custom_field_id")
    yield from same_name(KIND, body, organisation, "value", "custom_field_id")


def _in_use(call: Call, option: Json) -> str | None:
    if any_incident(call, "field", option["custom_field_id"], option["id"]):
        return f"there are incidents in which {option['value']} is chosen"
    return None


def _option(number: int, value: str) -> Json:
    told = {"custom_field_id": seed_id("field", 2), "value": value, "sort_key": 10 * number}
    return {"id": seed_id("option", number), **told}


RESOURCE = Collection(
    Lookup(
        KIND,
        PATH,
        items="custom_field_options",
        item="custom_field_option",
        view=VIEW,
        seed=(_option(1, "Alert"), _option(2, "Customer report"), _option(3, "Employee")),
    ),
    creating={"custom_field_id": Text(required=True), "value": VALUE, "sort_key": Integer()},
    replacing={"value": VALUE, "sort_key": Integer(required=True)},
    edit=("organisation_settings.update",),
    deleted=204,
    answered=frozenset({"id", "custom_field_id"}),
    is_dated=False,
    defaults=lambda _body, _organisation: {"sort_key": 1000},
    check=_check,
    in_use=_in_use,
    listing=Route("GET", PATH, _list, VIEW, {**paged(), "custom_field_id": Word()}),
).resource()
