"""Custom fields: what an organisation records of each incident (`/v2/custom_fields`), with their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Problem
from reconciler.kinds.naming import Lookup, Name
from reconciler.kinds.spec import ChildKind, Field, Kind, When
from reconciler.kinds.types import Choice, Number, Text
from reconciler.model import Child, Leaf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model import Manifest

SELECTS = ("single_select", "multi_select")
MAX_OPTION_LENGTH = 255

OPTION = ChildKind(
    noun="option",
    listed="options",
    path="/v1/custom_field_options",
    item="custom_field_option",
    items="custom_field_options",
    parent="custom_field_id",
    fields={
        "value": Field(Text(), "What people choose."),
        "sort_key": Field(Number(), "Its place; the lowest comes first."),
    },
    keyed=False,
    edit="PUT",
    natural_key=("value",),
    ordered_by="sort_key",
)


def options(manifest: Manifest, lookup: Lookup) -> Iterator[Child]:
    """Yield the options in their order; which sort key each gets depends on those that are there."""
    del lookup
    for index, value in enumerate(manifest.spec.get("options", ())):
        yield Child(manifest.key.of("option", value), {("value",): Leaf.plain(value)}, manifest.at("options", index))


def check(manifest: Manifest) -> Iterable[Problem]:
    """Yield what is wrong with the options: only selects without a catalog type have any."""
    spec = manifest.spec
    if "options" not in spec:
        return
    if spec.get("type") not in SELECTS:
        yield Problem(
            manifest.at("options"),
            f"a {spec.get('type')} field has no options",
            "write `type: single_select` or `type: multi_select`, or leave `options` out",
        )
    if "catalog_type" in spec:
        yield Problem(
            manifest.at("options"),
            "the options of a field with a catalog type are the entries of that type",
            "leave `options` or `catalog_type` out",
        )


KIND = Kind(
    name="CustomField",
    noun="custom field",
    plural="custom fields",
    path="/v2/custom_fields",
    item="custom_field",
    items="custom_fields",
    description="A custom field that incidents carry.",
    fields={
        "name": Field(Text(max_length=50, min_length=1), "What people call it.", required=True),
        "description": Field(Text(), "What to put into it.", required=True),
        "type": Field(
            Choice((*SELECTS, "text", "link", "numeric")),
            "What it holds.",
            required=True,
            when=When.CREATE,
            wire="field_type",
            live="field_type",
        ),
        "catalog_type": Field(
            Name("CatalogType", "catalog type"),
            "The catalog type whose entries are its options.",
            when=When.CREATE,
            wire="catalog_type_id",
            live="catalog_type_id",
        ),
    },
    server_fields=frozenset({"id", "created_at", "updated_at", "field_type", "catalog_type_id"}),
    children=(OPTION,),
    extra_schema={
        "options": {
            "type": "array",
            "description": "What people choose from, in this order. Options that are not listed are left alone.",
            "items": {
                "type": "string",
                "description": "One option; no white space around it, no tab or line break.",
                "minLength": 1,
                "maxLength": MAX_OPTION_LENGTH,
                "pattern": r"^\S([^\t\n\r]*\S)?$",
            },
            "uniqueItems": True,
        }
    },
    check=check,
    desire_children=options,
    example={
        "name": "Blast radius",
        "description": "Who feels it",
        "type": "single_select",
        "options": ["One customer", "One region", "Everyone"],
    },
)
