# ruff: noqa: PTH100, PTH112, PTH113, PTH118, PTH119
# Paths stay the texts that people typed, and os is the faster way to ten thousand files.
"""Stage 1: files and folders -> Manifests: envelopes checked, includes, variables and defaults filled in.

Reads files and writes nothing. Everything that is wrong is collected, so that one run tells all of it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler import documents
from reconciler.errors import Invalid, Misused, Problem
from reconciler.includes import Includes
from reconciler.kinds import KINDS
from reconciler.kinds.schema import API_VERSION, NAME, NAMING
from reconciler.kinds.schema.gameday import GAME_DAY
from reconciler.kinds.schema.workspace import WORKSPACE
from reconciler.model import Key, Manifest, Source
from reconciler.nearest import did_you_mean, listed, unknown_field
from reconciler.paths import is_inside, is_yaml, shown
from reconciler.variables import Filling

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.documents import Document

WORKSPACE_FILE = "reconciler.yaml"
ENVELOPE = ("apiVersion", "kind", "metadata", "spec")


@dataclass(frozen=True, slots=True)
class Manifests:
    """What was read: the manifests that are whole enough to go on with, and what is wrong with all others."""

    items: tuple[Manifest, ...]
    problems: tuple[Problem, ...] = ()
    files: int = 0
    """How many files were read."""
    game_days: tuple[Document, ...] = ()
    """What lies among them and declares no resource: nothing of it is checked yet."""

    def __iter__(self) -> Iterator[Manifest]:
        """Yield the manifests by file, then in the order in which they are written."""
        return iter(self.items)

    def __len__(self) -> int:
        """Return how many manifests there are."""
        return len(self.items)


def read(
    paths: Sequence[str],
    root: str,
    environ: Mapping[str, str],
    *,
    defaults: Document | None = None,
    prune: bool = False,
) -> Manifests:
    """Return the manifests of files and folders; without paths, those of the root.

    A folder gives every `*.yaml` and `*.yml` below it, sorted; left out are hidden files and folders,
    `reconciler.yaml`, and folders with a `reconciler.yaml` of their own, which are other workspaces. Each of these
    files must hold manifests, unless another one includes it. `defaults` is the workspace's document:
    `spec.defaults` by kind fills what a manifest's `spec` leaves out. Includes and symbolic links lead nowhere
    outside `root`.

    Raises `Misused` where a path does not exist, and where nothing is found; problems of content are in the answer.
    With `prune` there may be nothing at all, and a file or one of several folders with nothing in it is a problem:
    what it declared would be taken away.
    """
    asked = [os.fspath(path) for path in paths] or [shown(os.path.abspath(root))]
    reading = _Reading(root, environ, defaults)
    files: dict[str, str] = {}
    for path in asked:
        found_in = list(reading.files(path))
        if prune and not found_in and len(asked) > 1:
            reading.report(Source(shown(path)), "there is no manifest in this folder", TRUNCATED)
        for file in found_in:
            files.setdefault(os.path.realpath(file), file)
    if not files and not prune and not all(os.path.basename(path) == WORKSPACE_FILE for path in asked):
        raise Misused(f"no manifests in {listed(asked)}", "`reconciler init` writes a first one")
    read = {path: reading.documents(path) for path in files.values()}
    found = [(path, document) for path, inside in read.items() for document in inside]
    # Everything is read before anything is judged: only then is it known what is included as a part.
    items = [manifest for path, document in found for manifest in reading.manifest(path, document)]
    if prune:
        reading.report_empty(path for path, inside in read.items() if not inside)
    return Manifests(tuple(items), tuple(reading.problems), len(files), tuple(reading.game_days))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder; what cannot even be asked (a link to itself) is told when it is read."""
    try:
        return entry.is_dir()
    except OSError:
        return False


class _Reading:
    """One reading: what was asked for, what was included so far, and what is wrong."""

    def __init__(self, root: str, environ: Mapping[str, str], defaults: Document | None) -> None:
        self.root = os.path.realpath(root)
        self.environ = environ
        self.problems: list[Problem] = []
        self.game_days: list[Document] = []
        self.includes = Includes(self.root)
        self.defaults = defaults
        self.filled_defaults: Mapping[str, Any] = {}
        if defaults is not None:
            filling = Filling(environ, partial(defaults.at, "spec", "defaults"))
            stated = defaults.value["spec"].get("defaults", {})
            self.filled_defaults = {kind: filling.fields(spec, kind) for kind, spec in stated.items()}
            self.problems.extend(filling.problems)

    def files(self, path: str) -> Iterator[str]:
        """Yield the manifest files of a file or a folder, as messages show them, each once."""
        if os.path.isdir(path):
            yield from self.walk(path, {os.path.realpath(path)})
        elif not os.path.isfile(path):
            raise Misused(f"{path}: no such file or folder")
        elif not is_yaml(path):
            raise Misused(f"{path}: manifests are YAML files, `*.yaml` or `*.yml`")
        elif os.path.basename(path) != WORKSPACE_FILE:
            yield shown(path)

    def walk(self, folder: str, seen: set[str]) -> Iterator[str]:
        """Yield the manifest files below a folder; a link that leads out of the root is a problem, not a silence."""
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            told = (error.strerror or "unreadable").lower()
            self.problems.append(Problem(Source(shown(folder)), f"the folder cannot be read: {told}"))
            return
        for entry in entries:
            if entry.name.startswith(".") or entry.name == WORKSPACE_FILE:
                continue
            is_folder = _is_folder(entry)
            if not is_folder and not is_yaml(entry.name):
                continue
            if entry.is_symlink() and not is_inside(os.path.realpath(entry.path), self.root):
                told = "this link leads out of the workspace"
                self.problems.append(Problem(Source(shown(entry.path)), told, "put the file itself here"))
            elif not is_folder:
                yield shown(entry.path)
            elif not os.path.lexists(os.path.join(entry.path, WORKSPACE_FILE)):
                real = os.path.realpath(entry.path)
                if real not in seen:
                    seen.add(real)
                    yield from self.walk(entry.path, seen)

    def documents(self, path: str) -> list[Document]:
        """Return the documents of a file; none where it cannot be read."""
        try:
            text = documents.contents(path, path)
        except Invalid as invalid:
            self.problems.extend(invalid.problems)
            return []
        found, problems = documents.parse(text, path, self.includes.at(path))
        self.problems.extend(problems)
        return found

    def report_empty(self, paths: Iterable[str]) -> None:
        """Report files without a manifest; not those that are wrong in another way, or a part of others."""
        wrong = {problem.source.file for problem in self.problems}
        for path in paths:
            if path not in wrong and os.path.realpath(path) not in self.includes.files:
                self.report(Source(path), "there is no manifest in this file", TRUNCATED)

    def manifest(self, path: str, document: Document) -> Iterator[Manifest]:
        """Yield the manifest that a document is, if its envelope tells who it is; report what is wrong with it.

        A game day is set aside: it is no resource, and what is wrong with it stops nobody who plans the others.
        """
        envelope = document.value
        is_part = os.path.realpath(path) in self.includes.files
        if is_part and not (isinstance(envelope, dict) and envelope.keys() & {"apiVersion", "kind"}):
            return
        if not isinstance(envelope, dict):
            self.report(document.source, "this is no manifest", BEGINNING)
            return
        if envelope.get("kind") == GAME_DAY:
            self.game_days.append(document)
            return
        before = len(self.problems)
        known = self.check_kind(document)
        named = self.check_name(document)
        fit = self.check_spec(document)
        self.problems.extend(_unknown(document))
        if not (known and named and fit):
            assert len(self.problems) > before
            return
        yield self.filled(document)

    def filled(self, document: Document) -> Manifest:
        """Return the manifest with the environment's values and the workspace's defaults in their places."""
        filling = Filling(self.environ, document.at)
        metadata = filling.fields(document.value["metadata"], "metadata")
        spec = filling.fields(document.value["spec"], "spec")
        self.problems.extend(filling.problems)
        key = Key(document.value["kind"], metadata["name"])
        defaults = self.filled_defaults.get(key.kind)
        if not defaults:
            return Manifest(key, metadata, spec, document)
        missing = {name: value for name, value in defaults.items() if name not in spec}
        return Manifest(key, metadata, {**spec, **missing}, document, self.defaults)

    def check_kind(self, document: Document) -> bool:
        """Report an `apiVersion` or a `kind` that is missing or unknown; tell whether the kind is known."""
        version, kind = document.value.get("apiVersion"), document.value.get("kind")
        if "apiVersion" not in document.value:
            self.report(document.source, "`apiVersion` is missing", f"write `apiVersion: {API_VERSION}`")
        elif version != API_VERSION:
            told = f"`{version}` is not an API version that this program knows"
            self.report(document.at("apiVersion"), told, f"write `apiVersion: {API_VERSION}`")
        kinds = [*KINDS, GAME_DAY]
        known = f"the kinds are {listed(kinds)}"
        if "kind" not in document.value:
            self.report(document.source, "`kind` is missing", known)
        elif kind == WORKSPACE:
            told = f"a workspace is declared in `{WORKSPACE_FILE}`, and this is read as a manifest"
            hint = f"call it {WORKSPACE_FILE}; one that `--workspace` names lies outside of what its `manifests:` say"
            self.report(document.at("kind"), told, hint)
        elif not isinstance(kind, str):
            self.report(document.at("kind"), "`kind` must be a text", known)
        elif kind not in KINDS:
            told = f"`{kind}` is not a kind{did_you_mean(kind, kinds)}"
            self.report(document.at("kind"), told, known)
        return isinstance(kind, str) and kind in KINDS

    def check_name(self, document: Document) -> bool:
        """Report a manifest without a usable name; tell whether it has any at all."""
        metadata = document.value.get("metadata")
        if metadata is None:
            self.report(document.at("metadata"), "`metadata` is missing", "write `metadata: {name: …}`")
        elif not isinstance(metadata, dict):
            self.report(document.at("metadata"), "`metadata` must be a mapping", "write `metadata: {name: …}`")
        elif "name" not in metadata:
            self.report(document.at("metadata"), "`metadata.name` is missing", NAMING)
        elif not isinstance(name := metadata["name"], str):
            self.report(document.at("metadata", "name"), f"a name must be text: `{name}` is not", "put it in quotes")
        else:
            if not re.fullmatch(NAME, name) and "${env:" not in name:
                self.report(document.at("metadata", "name"), f"`{name}` cannot be a name", NAMING)
            return True
        return False

    def check_spec(self, document: Document) -> bool:
        """Report a missing `spec`, or one that is no mapping; tell whether it is one."""
        spec = document.value.get("spec")
        if "spec" not in document.value:
            self.report(document.source, "`spec` is missing", "write `spec:` and below it what the resource should be")
        elif not isinstance(spec, dict):
            self.report(document.at("spec"), "`spec` must be a mapping")
        return isinstance(spec, dict)

    def report(self, place: Source, message: str, hint: str = "") -> None:
        """Add a problem."""
        self.problems.append(Problem(place, message, hint))


TRUNCATED = "`--prune` would take away what it declared: is this a whole checkout? if so, take it out"
BEGINNING = f"a manifest begins with `apiVersion: {API_VERSION}` and `kind:`"


def _unknown(document: Document) -> Iterator[Problem]:
    """Yield a problem for each key that no envelope has, at the key."""
    for name in document.value:
        if name not in ENVELOPE:
            yield Problem(document.key_at(name), *unknown_field(name, "a manifest", ENVELOPE))
