"""Which of the manifests a run is about: `--select` and `--exclude`, and what the selected ones need. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler import alike
from reconciler.desired import referred
from reconciler.errors import Misused
from reconciler.kinds import KINDS
from reconciler.nearest import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from reconciler.model import Manifest


def choose(
    manifests: Sequence[Manifest], select: Sequence[str] = (), exclude: Sequence[str] = (), identity_field: str = ""
) -> tuple[list[Manifest], frozenset[str]]:
    """Return the manifests that are chosen, and the keys of those that come along as others need them.

    A term is `kind=Incident`, `label=team:payments`, `label=team` or `name=checkout-*`; several terms of one sort
    are alternatives, different sorts must all hold.

    The field that carries incidents' keys comes along with them; what is excluded does not, whoever needs it. Raises
    `Misused` for any other term, and where terms take no manifest at all.
    """
    _require_some(manifests, select, exclude)
    wanted = _terms(select)
    unwanted = [term for terms in _terms(exclude) for term in terms]
    left = [one for one in manifests if not any(term(one) for term in unwanted)]
    chosen = [one for one in left if all(any(term(one) for term in terms) for terms in wanted)]
    if manifests and not chosen:
        told = " ".join([*(f"--select {term}" for term in select), *(f"--exclude {term}" for term in exclude)])
        raise Misused(f"no manifest is left by `{told}`", _way_on(manifests, wanted))
    if len(chosen) == len(manifests):
        return list(manifests), frozenset()
    names = {mention for one in chosen for mention in referred(one)}
    if any(KINDS[one.key.kind].keyed for one in chosen):
        names.add(("CustomField", alike.title(identity_field)))
    needed = [one for one in left if (one.key.kind, alike.title(one.spec.get("name"))) in names]
    brought = [one for one in needed if one not in chosen]
    keys = {one.key for one in (*chosen, *brought)}
    return [one for one in manifests if one.key in keys], frozenset(str(one.key) for one in brought)


def _way_on(manifests: Sequence[Manifest], wanted: list[list[Callable[[Manifest], bool]]]) -> str:
    """Return what to do where nothing is left: whether the one sort of terms takes nothing, or the other all."""
    if any(all(any(term(one) for term in terms) for terms in wanted) for one in manifests):
        return "take an `--exclude` out: together they take all that is left"
    return "take a `--select` out: terms of different sorts must all hold"


def _require_some(manifests: Sequence[Manifest], select: Sequence[str], exclude: Sequence[str]) -> None:
    """Raise `Misused` for terms of which each takes no manifest: a misspelt one must not look like nothing to do."""
    empty = [
        f"--{flag} {term}"
        for flag, terms in (("select", select), ("exclude", exclude))
        for term in terms
        if not any(takes(one) for ((takes,),) in [_terms([term])] for one in manifests)
    ]
    if empty:
        meant = did_you_mean(empty[0].split(" ", 1)[1], {f"name={one.key.name}" for one in manifests})
        raise Misused(f"no manifest is taken by `{'`, `'.join(empty)}`{meant}", "write one that a manifest has")


def _terms(terms: Iterable[str]) -> list[list[Callable[[Manifest], bool]]]:
    by_sort: dict[str, list[Callable[[Manifest], bool]]] = {}
    for term in terms:
        sort, _, value = term.partition("=")
        by_sort.setdefault(sort, []).append(_term(term, sort, value))
    return list(by_sort.values())


def _term(term: str, sort: str, value: str) -> Callable[[Manifest], bool]:
    match sort:
        case "kind" if value and value.casefold() not in {name.casefold() for name in KINDS}:
            raise Misused(
                f"`{term}`: there is no kind `{value}`{did_you_mean(value, KINDS)}", f"kinds are {listed(KINDS)}"
            )
        case "kind" if value:
            return lambda one: one.key.kind.casefold() == value.casefold()
        case "name" if value:
            return lambda one: fnmatchcase(one.key.name, value)
        case "label" if value:
            label, _, wanted = value.replace("=", ":", 1).partition(":")
            return lambda one: (
                label in one.metadata.get("labels", {})
                and (not wanted or fnmatchcase(str(one.metadata["labels"][label]), wanted))
            )
        case _:
            raise Misused(
                f"`{term}` is no term to select with",
                "write kind=Incident, label=team:payments or name=checkout-*",
            )
