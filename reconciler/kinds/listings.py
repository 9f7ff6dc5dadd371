"""What manifests may name and this program only reads: types, timestamps, users, options, the catalog."""

from reconciler.kinds.naming import Listing

LISTINGS = {
    "IncidentType": Listing("/v1/incident_types", "incident_types", noun="incident type", plural="incident types"),
    "IncidentTimestamp": Listing(
        "/v2/incident_timestamps", "incident_timestamps", noun="timestamp", plural="timestamps"
    ),
    "User": Listing(
        "/v2/users",
        "users",
        named_by=("email", "slack_user_id"),
        page_size=10_000,
        noun="user",
        plural="users",
    ),
    "CustomFieldOption": Listing(
        "/v1/custom_field_options",
        "custom_field_options",
        named_by=("value",),
        page_size=250,
        scope="custom_field_id",
        noun="option",
        plural="options",
        name="value",
    ),
    "CatalogType": Listing(
        "/v3/catalog_types",
        "catalog_types",
        named_by=("name", "type_name"),
        noun="catalog type",
        plural="catalog types",
    ),
    "CatalogEntry": Listing(
        "/v3/catalog_entries",
        "catalog_entries",
        named_by=("name", "external_id", "aliases"),
        page_size=250,
        scope="catalog_type_id",
        noun="catalog entry",
        plural="catalog entries",
    ),
}
