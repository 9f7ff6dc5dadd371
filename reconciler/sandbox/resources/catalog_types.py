"""Catalog types: what the catalog holds; read only."""

from reconciler.sandbox.collection import DATES, Lookup
from reconciler.sandbox.ids import seed_id

RESOURCE = Lookup(
    "catalog_type",
    "/v3/catalog_types",
    items="catalog_types",
    item="catalog_type",
    view=("catalog_types.view",),
    seed=(
        {
            "id": seed_id("catalogtype", 1),
            "name": "Service",
            "description": "What customers use.",
            "type_name": 'Custom["Service"]',
            "engine_resource_type": 'CatalogEntry["Service"]',
            "annotations": {},
            "categories": ["service"],
            "color": "blue",
            "icon": "server",
            "is_editable": True,
            "ranked": False,
            "use_name_as_identifier": False,
            "schema": {
                "version": 1,
                "attributes": [
                    {
                        "id": seed_id("attribute", 1),
                        "name": "Description",
                        "type": "Text",
                        "array": False,
                        "mode": "api",
                    }
                ],
            },
            **DATES,
        },
    ),
).resource()
