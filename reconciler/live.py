"""Stage 4: the API → what is there. Lists wherever a list will do, side by side; GETs only, nothing decided."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler import alike, kinds
from reconciler.errors import Forbidden, Missing
from reconciler.identity import Objects
from reconciler.kinds.incident import KIND as INCIDENT
from reconciler.kinds.incident import MODES, TIMELINE, UPDATE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from reconciler.api import Client
    from reconciler.kinds.spec import ChildKind
    from reconciler.model import Key, Manifest
    from reconciler.names import Listed
    from reconciler.wanting import Wanted

Entry = dict[str, Any]
Name = TypeVar("Name")
Answer = TypeVar("Answer")

SIDE_BY_SIDE = 10
"""Reads at a time."""

# Test and tutorial incidents are left out of a list unless their modes are asked for by name; without this,
# every one of them would look deleted.
EVERY_MODE = {"mode[one_of]": list(MODES)}


@dataclass(frozen=True, slots=True)
class Identity:
    """What the API tells of the key: its name, its roles, and the dashboard that it belongs to."""

    name: str = ""
    dashboard_url: str = ""
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Account:
    """Configuration and incidents, as far as the manifests need them."""

    identity: Identity
    listed: Listed
    incidents: Objects


@dataclass(frozen=True, slots=True)
class Details:
    """What lists do not carry: by incident, updates and timeline items, oldest first; workflows of the account.

    `workflows` is None where the key may not see them.
    """

    updates: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    timeline: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    workflows: Sequence[Mapping[str, Any]] | None = ()


def read_account(
    client: Client,
    manifests: Sequence[Manifest],
    known_ids: Mapping[Key, Collection[str]],
    *,
    search: bool,
    besides: Iterable[str] = (),
) -> Account:
    """Read what the manifests name and the incidents that they may be.

    `known_ids` are the IDs and references that a manifest or state tells; with `search` all
    incidents are read, since one of those without an ID may be any of them. `besides` are listings that are
    wanted whatever the manifests say. Raises `ApiError`.
    """
    identity = read_identity(client)
    listed = _configuration(client, manifests, known_ids, besides)
    wanted = {name for key, names in known_ids.items() if key.kind == INCIDENT.name for name in names}
    incidents = _incidents(client, wanted, search=search)
    return Account(identity, listed, incidents)


def read_identity(client: Client) -> Identity:
    """Read whose key this is: the cheapest way to test one. Raises `Unauthorised` for a wrong one."""
    answer = client.get("/v1/identity").body.get("identity", {})
    return Identity(answer.get("name", ""), answer.get("dashboard_url", ""), frozenset(answer.get("roles", ())))


def _configuration(
    client: Client, manifests: Sequence[Manifest], known_ids: Mapping[Key, Collection[str]], besides: Iterable[str]
) -> Listed:
    declared = {one.key.kind for one in manifests}
    wanted = {name for name in declared if kinds.KINDS[name].natural_key} | set(besides)
    for manifest in manifests:
        fields = kinds.KINDS[manifest.key.kind].fields
        wanted.update(name for stated in manifest.spec if stated in fields for name in fields[stated].type.listings())
        parts = (table for table in kinds.KINDS[manifest.key.kind].children if table.listed in manifest.spec)
        wanted.update(name for table in parts for row in table.fields.values() for name in row.type.listings())
    if INCIDENT.name in declared:
        wanted |= {"IncidentStatus", "Severity", "IncidentType"}
    listed: Listed = {
        (name, ""): objects for name, objects in _read(lambda name: read_listing(client, name), sorted(wanted))
    }
    scopes = sorted(_scopes(manifests, known_ids, listed))
    return listed | dict(_read(lambda scope: read_listing(client, *scope), scopes))


def _scopes(
    manifests: Sequence[Manifest], known_ids: Mapping[Key, Collection[str]], listed: Listed
) -> set[tuple[str, str]]:
    """Return the lists of options and catalog entries that the custom fields in use call for.

    A field may be used under the name that its manifest gives it, which may not be its live one yet.
    """
    named = {alike.title(name) for one in manifests for name in one.spec.get("custom_fields", ())}
    declared = [
        one
        for one in manifests
        if one.key.kind == "CustomField" and ("options" in one.spec or alike.title(one.spec["name"]) in named)
    ]
    used = named | {alike.title(one.spec["name"]) for one in declared}
    used |= {name for one in declared for name in known_ids.get(one.key, ())}
    types = (one.spec.get("catalog_type") for one in declared)
    stated = {alike.title(name) for name in types if isinstance(name, str)}
    scopes = {
        ("CatalogEntry", one["id"])
        for one in listed.get(("CatalogType", ""), ())
        if stated & {alike.title(one["name"]), one.get("type_name")}
    }
    for one in listed.get(("CustomField", ""), ()):
        if not used & {alike.title(one["name"]), one["id"]} or "select" not in one["field_type"]:
            continue
        catalog_type = one.get("catalog_type_id")
        scopes.add(("CatalogEntry", catalog_type) if catalog_type else ("CustomFieldOption", one["id"]))
    return scopes


def read_listing(client: Client, name: str, scope: str = "") -> list[dict[str, Any]]:
    """Read what a listing has; within `scope` where it is bound to one. Raises `ApiError`."""
    table = kinds.listing(name)
    params = {table.scope: scope} if scope else None
    return client.list(table.path, table.items, params, page_size=table.page_size or None)


def _incidents(client: Client, wanted: set[str], *, search: bool) -> Objects:
    """Read the incidents page by page or one by one, whichever is fewer requests; stop when all are seen."""
    if not wanted and not search:
        return Objects.of(())
    read: list[dict[str, Any]] = []
    missing = set(wanted)
    if search or len(wanted) > 1:
        size = INCIDENT.page_size
        for page in client.pages(INCIDENT.path, INCIDENT.items, EVERY_MODE, page_size=size):
            read += page.items
            missing -= {name for one in page.items for name in (one["id"], one.get("reference", ""))}
            pages_left = math.ceil(max((page.total or 0) - len(read), 0) / size)
            if not search and (not missing or len(missing) <= pages_left):
                break
    shown = _read(lambda name: read_incident(client, name), sorted(missing))
    gone = [name for name, one in shown if one is None]
    return Objects.of([*read, *(one for _, one in shown if one is not None)], gone)


def read_incident(client: Client, name: str) -> dict[str, Any] | None:
    """Read one incident by ID, or by the number of its reference; None where the key does not see it."""
    prefix, _, number = name.rpartition("-")
    shown_by = number if prefix and number.isdecimal() else name
    try:
        answer: dict[str, Any] = client.get(f"{INCIDENT.path}/{shown_by}").body[INCIDENT.item]
    except (Missing, Forbidden):
        return None
    return answer


def read_details(client: Client, wanted: Wanted) -> Details:
    """Read the updates and timeline items of some incidents, and the account's workflows if they are wanted."""
    return Details(
        dict(_read(lambda one: read_updates(client, one), sorted(wanted.updates_of))),
        dict(_read(lambda one: _children(client, TIMELINE, one), sorted(wanted.timeline_of))),
        _workflows(client) if wanted.workflows else (),
    )


def read_updates(client: Client, incident: str) -> list[dict[str, Any]]:
    """Read an incident's updates, oldest first."""
    return _children(client, UPDATE, incident)


def read_activity(client: Client, incidents: Collection[str], *, most: int | None = None) -> dict[str, list[Entry]]:
    """Read the activity logs of these incidents (IDs), oldest first, with `most` so many requests.

    Left out are those that this key may not see, and those whose end was not reached.
    """
    names = list(dict.fromkeys(incidents))[:most]
    logs = {name: _Log(client, name) for name in names}
    _read(lambda name: logs[name].read(), names)
    left = math.inf if most is None else most - len(names)
    for log in logs.values():
        while log.goes_on and left > 0:
            log.read()
            left -= 1
    return {name: log.entries for name, log in logs.items() if log.is_whole}


class _Log:
    """One incident's activity log, read page by page."""

    def __init__(self, client: Client, incident: str) -> None:
        params = {"incident_id": incident}
        self._pages = client.pages("/v2/incident_activity_log_entries", "incident_activity_log_entries", params)
        self.entries: list[Entry] = []
        self.goes_on, self.is_whole = True, False

    def read(self) -> None:
        """Read one page more."""
        try:
            page = next(self._pages)
        except (Forbidden, Missing):
            self.goes_on = False
            return
        self.entries += page.items
        self.goes_on = bool(page.after)
        self.is_whole = not page.after


def _children(client: Client, table: ChildKind, incident: str) -> list[dict[str, Any]]:
    found = client.list(table.path, table.items, {table.parent: incident}, page_size=250)
    return sorted(found, key=lambda one: (one["created_at"], one["id"]))


def _workflows(client: Client) -> list[dict[str, Any]] | None:
    try:
        return client.list("/v2/workflows", "workflows")
    except (Forbidden, Missing):
        return None


def _read(work: Callable[[Name], Answer], names: Sequence[Name]) -> list[tuple[Name, Answer]]:
    if len(names) < 2:  # noqa: PLR2004  (one thread too many for one request)
        return [(name, work(name)) for name in names]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return list(zip(names, pool.map(work, names), strict=True))
