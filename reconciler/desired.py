"""Stage 3: Manifests → what should be, names resolved; and before that, what the manifests contradict. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler import alike, kinds
from reconciler.errors import Problem
from reconciler.identity import DEFAULT_GENERATION, markers
from reconciler.kinds.incident import ends_with
from reconciler.model import Desired, Key, Leaves, Manifest, Ref

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from reconciler.kinds.spec import Kind
    from reconciler.model import Source
    from reconciler.names import Names


def contradictions(manifests: Sequence[Manifest], identity_field: str = "") -> Iterator[Problem]:
    """Yield where manifests contradict each other: two of one identity, or two that one live object would be.

    Incidents have no natural key, but two that look the same could not be told apart once state is lost. None states
    the `identity_field` itself.
    """
    for manifest in manifests if identity_field else ():
        for name in manifest.spec.get("custom_fields", ()):
            if alike.title(name) == alike.title(identity_field):
                yield markers.carries_key(manifest, name)
    yield from _twice(manifests, lambda one: one.key, lambda one: f"`{one.key}` is declared twice")
    yield from _twice(
        manifests,
        _looks,
        lambda one: f"another {kinds.KINDS[one.key.kind].noun} is called `{one.spec['name']}`",
    )
    for kind in kinds.KINDS.values():
        for name, row in kind.fields.items():
            if row.distinct:
                yield from _same_place(manifests, kind.name, name, row.distinct)
    yield from _renames(manifests)
    yield from _twice(
        (one for one in manifests if one.metadata.get("id")),
        lambda one: (one.key.kind, one.metadata["id"]),
        lambda one: f"`{one.metadata['id']}` is claimed twice",
    )


def _same_place(manifests: Iterable[Manifest], kind: str, name: str, within: str) -> Iterator[Problem]:
    """Yield where two want one place, such as a rank within a category, of which each has only one holder."""
    yield from _twice(
        (one for one in manifests if one.key.kind == kind and name in one.spec and within in one.spec),
        lambda one: (one.spec[within], one.spec[name]),
        lambda one: (
            f"{name} {one.spec[name]} is taken by another {kinds.KINDS[kind].noun} of {within} {one.spec[within]}"
        ),
        lambda one: one.at(name),
    )


def _renames(manifests: Sequence[Manifest]) -> Iterator[Problem]:
    """Yield where `metadata.was` names what is declared still, or what another manifest says that it was."""
    declared = {one.key: one for one in manifests}
    every = [was for one in manifests for was in _names_before(one)]
    for was in every:
        still = declared.get(was.key)
        # A name that it had before others may be its own again.
        if still and not (still is was.manifest and was.is_one_of_several):
            is_other = still is not was.manifest
            told = f"`{still.key}` is declared still, at {still.source}" if is_other else "that is its own name"
            hint = "take `was:` out"
            if is_other:
                # Without it, what was renamed would be declared again, and its incident given to the other one.
                who = was.manifest.key
                hint = f"if {who} was it, give the other one another `metadata.name`; if it never was, {hint}"
            yield Problem(was.source, told, hint)
    yield from _twice(
        every,
        lambda was: was.key,
        lambda was: f"another {kinds.KINDS[was.key.kind].noun} was `{was.key.name}` as well",
    )


@dataclass(frozen=True, slots=True)
class _Before:
    """A name that a manifest says that it had, with its place."""

    manifest: Manifest
    key: Key
    source: Source
    is_one_of_several: bool


def _names_before(manifest: Manifest) -> Iterator[_Before]:
    told = manifest.metadata.get("was", ())
    names = [told] if isinstance(told, str) else told
    for number, name in enumerate(names):
        at = () if isinstance(told, str) else (number,)
        source = manifest.document.at("metadata", "was", *at)
        yield _Before(manifest, Key(manifest.key.kind, name), source, len(names) > 1)


def _looks(manifest: Manifest) -> Hashable:
    spec = manifest.spec
    name = alike.title(spec["name"])
    if kinds.KINDS[manifest.key.kind].natural_key:
        return manifest.key.kind, name
    # A raised generation declares anew what is finished, so its name may well be the old one's.
    look = spec.get("mode", "standard"), spec.get("visibility", "public")
    return manifest.key.kind, name, *look, manifest.metadata.get("id", "")


One = TypeVar("One", Manifest, _Before)


def _twice(
    every: Iterable[One],
    same: Callable[[One], Hashable],
    told: Callable[[One], str],
    at: Callable[[One], Source] = lambda one: one.source,
) -> Iterator[Problem]:
    first: dict[Hashable, One] = {}
    for one in every:
        other = first.setdefault(same(one), one)
        if other is not one:
            yield Problem(at(one), f"{told(one)}, first at {at(other)}", "change one of them, or take it out")


def generation(manifest: Manifest) -> str:
    """Return which declaration of the same name this is."""
    return str(manifest.metadata.get("generation", DEFAULT_GENERATION))


def resolve(manifest: Manifest, names: Names) -> Desired:
    """Return what a manifest asks for; names that mean nothing are reported to `names`."""
    kind = kinds.KINDS[manifest.key.kind]
    spec = _complete(kind, manifest)
    leaves = kind.desire(spec, lambda *path: manifest.at(*map(_plain, path)), names)
    return Desired(
        key=manifest.key,
        name=str(spec["name"]),
        leaves=leaves,
        manifest=manifest,
        children=tuple(kind.desire_children(manifest, names)),
        creation=_creation(kind, manifest, names),
    )


def _plain(part: str | int | Ref) -> str | int:
    return str(part) if isinstance(part, Ref) else part


def _complete(kind: Kind, manifest: Manifest) -> dict[str, Any]:
    """Return the spec with the status and severity that its updates end with, where it leaves them out."""
    spec = dict(manifest.spec)
    for name in ("status", "severity"):
        if name in kind.fields and (value := ends_with(spec, name)) is not None:
            spec[name] = value
    return spec


def _creation(kind: Kind, manifest: Manifest, names: Names) -> Leaves:
    """Return what `declare_as` asks for."""
    stated = manifest.spec.get("declare_as", {})
    return kind.desire(stated, lambda *path: manifest.at("declare_as", *map(_plain, path)), names)


def referred(manifest: Manifest) -> set[tuple[str, str]]:
    """Return the kinds and titles that a manifest mentions, so that a selection can bring along what declares them."""
    kind = kinds.KINDS[manifest.key.kind]
    parts = [manifest.spec, manifest.spec.get("declare_as", {}), *manifest.spec.get("updates", ())]
    return {
        (listing, alike.title(name))
        for part in parts
        for field, row in kind.fields.items()
        if field in part
        for listing in row.type.listings()
        for name in _mentioned(part[field])
    }


def _mentioned(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [str(name) for name in value]
    return [value] if isinstance(value, str) else []
