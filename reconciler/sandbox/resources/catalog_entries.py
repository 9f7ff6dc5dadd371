"""Catalog entries: the things of a catalog type, found by ID, external ID or alias; read only."""

from typing import Any

from reconciler.sandbox.collection import DATES, find, page
from reconciler.sandbox.errors import invalid, not_found
from reconciler.sandbox.ids import seed_id
from reconciler.sandbox.organisation import visible
from reconciler.sandbox.query import Flag, Word
from reconciler.sandbox.resource import Answer, Call, Resource, Route, paged

Json = dict[str, Any]

KIND = "catalog_entry"
PATH = "/v3/catalog_entries"
VIEW = ("catalog_entries.view",)


def _list(call: Call) -> Answer:
    for name in ("catalog_type_id", "page_size"):
        if name not in call.query:
            raise invalid(name, f"{name} is required", "is_required")
    catalog_type = call.organisation.find("catalog_type", call.query["catalog_type_id"])
    if catalog_type is None:
        raise not_found(f"catalog type {call.query['catalog_type_id']!r}")
    identifier = call.query.get("identifier")
    entries = [
        entry
        for entry in call.organisation.all(KIND)
        if entry["catalog_type_id"] == catalog_type["id"]
        and (identifier is None or _is_called(entry, identifier, catalog_type))
    ]
    shown, meta = page(entries, call)
    meta["total_record_count"] = len(entries)
    return Answer(200, {"catalog_type": catalog_type, "catalog_entries": shown, "pagination_meta": meta})


def _is_called(entry: Json, identifier: str, catalog_type: Json) -> bool:
    names = {entry["id"], entry["external_id"], *entry["aliases"]}
    return identifier in names or (catalog_type["use_name_as_identifier"] and identifier == entry["name"])


def _show(call: Call) -> Answer:
    entry = find(call, KIND)
    catalog_type = call.organisation.get("catalog_type", entry["catalog_type_id"])
    return Answer(200, {"catalog_type": catalog_type, "catalog_entry": visible(entry)})


def _entry(number: int, name: str, description: str, *aliases: str) -> Json:
    return {
        "id": seed_id("entry", number),
        "catalog_type_id": seed_id("catalogtype", 1),
        "name": name,
        "external_id": f"service-{name.lower()}",
        "aliases": list(aliases),
        "rank": 0,
        "attribute_values": {
            seed_id("attribute", 1): {"value": {"label": description, "literal": description}},
        },
        **DATES,
    }


RESOURCE = Resource(
    KIND,
    (
        Route(
            "GET",
            PATH,
            _list,
            VIEW,
            {**paged(), "catalog_type_id": Word(), "identifier": Word()},
        ),
        Route("GET", f"{PATH}/<id>", _show, VIEW, {"expand": Flag()}),
    ),
    seed=(
        _entry(1, "Checkout", "Where customers pay.", "checkout", "cart"),
        _entry(2, "Payments", "Where the money moves.", "payments", "billing"),
        _entry(3, "Search", "Where customers find things.", "search"),
        _entry(4, "Accounts", "Where customers sign in.", "accounts", "login"),
        _entry(5, "Web", "What customers see.", "web", "frontend"),
    ),
)
