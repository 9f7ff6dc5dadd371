"""What names mean: among the objects of the account and the manifests that declare some. Pure; collects problems."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from reconciler import alike, kinds
from reconciler.errors import Problem
from reconciler.kinds.naming import Found
from reconciler.model import Desired, Ref
from reconciler.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.kinds.naming import Listing
    from reconciler.model import Create, Key, Live, Source

Listed = dict[tuple[str, str], list[dict[str, Any]]]
"""Objects as the API lists them, by listing and scope (the custom field of options; empty where there is none)."""

MANY = 12
"""More names than this are not told in a hint."""


class Names:
    """A lookup; names are compared by their titles (`alike`).

    `declared` grows as kinds are resolved, those that others name first.
    """

    def __init__(self, listed: Listed) -> None:
        self._listed = listed
        self._index: dict[tuple[str, str], dict[str, list[Found]]] = {}
        self._declared: dict[tuple[str, str | Ref], dict[str, Found]] = defaultdict(dict)
        self._titles: dict[str, str] = {}
        """What manifests call the objects that they are, by ID: not always what they are called yet."""
        self._renamed: set[str] = set()
        """Those of them (IDs) that this plan gives the name that their manifests say."""
        self._called: dict[str, str] = {}
        self.problems: list[Problem] = []

    def declare(
        self, desired: Desired, identifier: str | None, options: Mapping[Key, Live], *, renames: bool = False
    ) -> None:
        """Let a manifest's resource be named; `identifier` is its ID, None where it does not exist yet.

        So may its options be, by what they are to be called: those that are there are `options`, whatever people call
        them by now. `renames` says that this plan gives it the manifest's name: what it is called yet means nothing
        from then on.
        """
        owner: str | Ref = identifier or Ref(desired.key)
        kind = kinds.KINDS[desired.key.kind]
        if identifier:
            self._titles[identifier] = alike.title(desired.name)
        if identifier and renames:
            self._renamed.add(identifier)
        facts = {
            (row.live or name): desired.leaves[(name,)].value
            for name, row in kind.fields.items()
            if (name,) in desired.leaves
        }
        self._declared[kind.name, ""][alike.title(desired.name)] = Found(owner, desired.name, facts)
        for child in desired.children:
            if child.key.child[0] == "option":
                text = child.leaves[("value",)].value
                known = options[child.key].id if child.key in options else Ref(child.key)
                self._declared["CustomFieldOption", owner][alike.title(text)] = Found(known, text)

    def find(self, listing: str, name: Any, at: Source, scope: str | Ref = "") -> Found | None:
        """Return what a name means; reports it and returns None where it means nothing, or several things."""
        table = kinds.listing(listing)
        index = self._indexed(listing, str(scope))
        if isinstance(name, dict):
            found = index.get(f"id:{name['id']}", [])
            if not found:
                self.report(at, f"`{name['id']}` is not the ID of a {table.noun} of this organisation")
            return found[0] if found else None
        title = alike.title(name)
        declared = self._declared[listing, scope].get(title)
        live = [one for one in index.get(title, []) if not self._is_left(one, title, to_another=declared is not None)]
        if declared and (not live or not isinstance(declared.value, Ref)):
            return declared
        if not live and listing == "User":
            live = index.get(f"id:{name}", [])
        if len(live) == 1:
            return live[0]
        if not live and (next_name := self.next_name(listing, name)):
            told = f"`{name}` is the {table.noun} that this plan renames to `{next_name}`"
            self.report(at, told, f"write `{next_name}`")
            return None
        self._report_name(table, str(name), live, at, self._known(listing, scope))
        return None

    def next_name(self, listing: str, name: str) -> str:
        """Return what this plan renames the object to that has a name yet; empty where it has it afterwards as well."""
        title, declared = alike.title(name), self._declared[listing, ""]
        left = (one for one in self._indexed(listing, "").get(title, ()) if self._is_left(one, title))
        return next((declared[self._titles[str(one.value)]].text for one in left), "")

    def _is_left(self, one: Found, title: str, *, to_another: bool = False) -> bool:
        """Return whether an object gives up a name: to another one that claims it, or as this plan renames it."""
        is_left = to_another or one.value in self._renamed
        return is_left and self._titles.get(str(one.value), title) != title

    def declared(self, listing: str, name: str) -> Found | None:
        """Return what a manifest declares by this name, whatever it is called in the account; None for nothing."""
        return self._declared[listing, ""].get(alike.title(name))

    def report(self, at: Source, message: str, hint: str = "") -> None:
        """Add a problem at its place."""
        self.problems.append(Problem(at, message, hint))

    def called(self, value: Any) -> Any:
        """Return what people call a value in its canonical form: an ID, the values of a custom field, a text."""
        match value:
            case [one]:
                return self.called(one)
            case list():
                return sorted(map(self.called, value), key=str)
            case dict() if len(value) == 1:
                return self.called(next(iter(value.values())))
            case str():
                self._called = self._called or self._by_id()
                return self._called.get(value, value)
        return value

    def _by_id(self) -> dict[str, str]:
        return {
            one["id"]: str(one.get(kinds.listing(listing).name, one["id"]))
            for (listing, _), objects in self._listed.items()
            for one in objects
        }

    def facts(self, listing: str) -> Mapping[str | Ref, Found]:
        """Return everything that a listing and the manifests have, by ID or `Ref`."""
        live = {found.value: found for every in self._indexed(listing, "").values() for found in every}
        declared = {found.value: found for found in self._declared[listing, ""].values()}
        return {**live, **{value: found for value, found in declared.items() if value not in live}}

    def _indexed(self, listing: str, scope: str) -> dict[str, list[Found]]:
        """Return the objects of a listing by each of their names, and by `id:…`."""
        if (listing, scope) not in self._index:
            table = kinds.listing(listing)
            index: dict[str, list[Found]] = defaultdict(list)
            for one in self._listed.get((listing, scope), ()):
                found = Found(one["id"], str(one.get(table.name, one["id"])), one)
                for name in {f"id:{one['id']}", *map(alike.title, _names(table, one))}:
                    index[name].append(found)
            self._index[listing, scope] = index
        return self._index[listing, scope]

    def _known(self, listing: str, scope: str | Ref) -> list[str]:
        table = kinds.listing(listing)
        live = [
            str(one[table.named_by[0]])
            for one in self._listed.get((listing, str(scope)), ())
            if one.get(table.named_by[0]) and one["id"] not in self._renamed
        ]
        return list(dict.fromkeys([*live, *self._declared[listing, scope]]))

    def _report_name(self, table: Listing, name: str, live: list[Found], at: Source, known: list[str]) -> None:
        if live:
            candidates = " or ".join(f"`{{id: {found.value}}}` ({found.text})" for found in live)
            self.report(at, f"`{name}` is the name of {len(live)} {table.plural}", f"write {candidates}")
            return
        suggestion = did_you_mean(name, known)
        article = "an" if table.noun[0] in "aeio" else "a"
        self.report(at, f"`{name}` is not {article} {table.noun} of this organisation{suggestion}", _hint(table, known))


def _names(table: Listing, one: Mapping[str, Any]) -> Iterable[str]:
    for property_name in table.named_by:
        value = one.get(property_name)
        if isinstance(value, list):
            yield from map(str, value)
        elif value:
            yield str(value)


def _hint(table: Listing, known: list[str]) -> str:
    if not known:
        return f"this organisation has no {table.plural} that this key can see"
    if len(known) > MANY:
        return ""
    return f"this organisation has {', '.join(known)}"


def called(listed: Listed, unfinished: Iterable[Create]) -> dict[str, str]:
    """Return what people call the IDs that an earlier run sent: of its requests nothing but IDs is known."""
    wanted = {
        text for create in unfinished for text in _texts([*create.sent, *(leaf.value for leaf in create.sent.values())])
    }
    return {
        raw["id"]: str(raw.get("name") or raw.get("value") or raw["id"])
        for objects in (listed.values() if wanted else ())
        for raw in objects
        if raw.get("id") in wanted
    }


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case dict():
            yield from _texts(list(value.values()))
