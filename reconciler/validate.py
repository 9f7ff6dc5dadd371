"""Stage 2: Manifests x the schemas of their kinds -> Problems, each at its place and in words that help. Pure.

jsonschema says what is wrong; here it is told at the line where it stands, with the next thing to type. It takes
longer to import than a small workspace takes to read, so it is imported when there is something to check.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.errors import Problem
from reconciler.explain import Broken, explained
from reconciler.kinds import KINDS
from reconciler.kinds.schema import METADATA
from reconciler.kinds.types import instant
from reconciler.secrecy import discreet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

    from reconciler.documents import Document
    from reconciler.explain import Fault, Place
    from reconciler.model import Manifest, Source


def problems(manifests: Iterable[Manifest], found: Iterable[Problem] = ()) -> list[Problem]:
    """Return everything that is wrong with the manifests as far as can be known without the account.

    `found` is what reading them has told already: it is part of the answer, and whatever the schema has against a value
    at the same place is left out as its consequence. What the schema lets pass is put to the kind's own `check`.
    """
    told = list(found)
    places = {problem.source for problem in told}
    for manifest in manifests:
        against = [problem for problem in _against_schema(manifest) if problem.source not in places]
        told.extend(
            discreet.told(against or [*_of_metadata(manifest), *KINDS[manifest.key.kind].check(manifest)], manifest)
        )
    return sorted(set(told), key=lambda problem: (problem.source, problem.message))


def _of_metadata(manifest: Manifest) -> Iterator[Problem]:
    """Yield what is wrong with who a manifest says that it is."""
    yield from _of_generation(manifest)
    metadata, at = manifest.metadata, manifest.document.at
    if "id" in metadata and not KINDS[manifest.key.kind].natural_key:
        yield from _of_reference(metadata["id"], at("metadata", "id"))
    for index, other in enumerate(metadata.get("not", ())):
        place = at("metadata", "not", index)
        if not KINDS[manifest.key.kind].natural_key:
            yield from _of_reference(other, place)
        if "id" in metadata and other.upper() == metadata["id"].upper():
            yield Problem(place, f"`{other}` is what `id:` says that this is", "take one of the two out")


def _of_reference(text: str, at: Source) -> Iterator[Problem]:
    """Yield that a reference is not written as the account writes it: nothing would be found by it."""
    if _REFERENCE.fullmatch(text) and text != text.upper():
        yield Problem(at, f"`{text}` is no reference: they are written in capitals", f"write {text.upper()}")


_REFERENCE = re.compile(r"[A-Za-z]+-[0-9]+")


def _of_generation(manifest: Manifest) -> Iterator[Problem]:
    """Yield that a generation is a number with zeros before it: "01" would be another incident than "1"."""
    generation = str(manifest.metadata.get("generation", "1"))
    if generation.isdecimal() and generation != str(int(generation)):
        at = manifest.document.at("metadata", "generation")
        told = f'`generation: "{generation}"` has zeros before it, and would be another one than "{int(generation)}"'
        yield Problem(at, told, f'write "{int(generation)}"')


def of_document(document: Document, schema: Mapping[str, Any]) -> list[Problem]:
    """Return what a schema has against a whole document: the workspace, a game day."""
    return [
        Problem(_place(document, fault.path, of_key=fault.of_key), fault.message, fault.hint)
        for fault in faults(document.value, schema)
    ]


def faults(value: Any, schema: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what a schema has against a value, each with its path and not yet at its place."""
    return explained(map(_broken, _validator(schema).iter_errors(value)))


def _against_schema(manifest: Manifest) -> Iterator[Problem]:
    """Yield what the schema of its kind has against a manifest."""
    instance = {"metadata": manifest.metadata, "spec": manifest.spec}
    for fault in explained(map(_broken, _of_kind(manifest.key.kind).iter_errors(instance))):
        yield Problem(_place_in(manifest, fault.path, of_key=fault.of_key), fault.message, fault.hint)


def _place_in(manifest: Manifest, path: Place, *, of_key: bool) -> Source:
    """Return the place of a value, or of its key: in the manifest, or in the defaults that it comes from."""
    written = manifest.document.value["spec"]
    if manifest.defaults is not None and len(path) > 1 and path[0] == "spec" and path[1] not in written:
        return _place(manifest.defaults, ("spec", "defaults", manifest.key.kind, *path[1:]), of_key=of_key)
    return _place(manifest.document, path, of_key=of_key)


def _place(document: Document, path: Place, *, of_key: bool) -> Source:
    """Return the place of a value of a document, or of its key."""
    return document.key_at(*path) if of_key else document.at(*path)


@cache
def _of_kind(kind: str) -> Validator:
    """Return the validator of a kind's metadata and spec; making one takes as long as fifty checks."""
    return _validator({"properties": {"metadata": METADATA, "spec": KINDS[kind].schema()}})


def _validator(schema: Mapping[str, Any]) -> Validator:
    """Return a validator of draft 2020-12 that knows times, and that takes `$` for the end of a text."""
    make, formats = _checker()
    validator: Validator = make(schema, format_checker=formats)
    return validator


@cache
def _checker() -> tuple[Any, Any]:
    """Return what makes validators, and the formats that they know."""
    from jsonschema import Draft202012Validator, FormatChecker, exceptions  # noqa: PLC0415  (see the module's docstring)
    from jsonschema.validators import extend  # noqa: PLC0415

    formats = FormatChecker(formats=())
    formats.checks("date-time", raises=ValueError)(_is_moment)

    def pattern(_validator: Validator, expected: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not _pattern(expected).search(instance):
            yield exceptions.ValidationError(f"{instance!r} does not match {expected!r}")

    return extend(Draft202012Validator, {"pattern": pattern}), formats  # type: ignore[no-untyped-call]


def _broken(error: ValidationError) -> Broken:
    """Return what jsonschema found as our own noun; nothing behind this door knows the library."""
    branches: dict[Any, list[Broken]] = {}
    for cause in error.context or ():
        branches.setdefault(cause.relative_schema_path[0], []).append(_broken(cause))
    return Broken(
        str(error.validator),
        error.validator_value,
        error.instance,
        error.schema if isinstance(error.schema, dict) else {},
        tuple(error.absolute_path),
        error.message,
        tuple(map(tuple, branches.values())),
    )


@cache
def _pattern(expected: str) -> re.Pattern[str]:
    """Return a pattern as JSON Schema means it (ECMA 262): Python's `$` would let a line end pass behind a name."""
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", expected))


def _is_moment(value: object) -> bool:
    """Tell whether a text is a moment with its zone; raises `ValueError` where it is none."""
    return not isinstance(value, str) or bool(instant(value))
