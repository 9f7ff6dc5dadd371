# ruff: noqa: PTH110, PTH111, PTH112, PTH113, PTH118, PTH120
# Paths stay the texts that people typed.
"""`reconciler.yaml`, flags and environment -> Workspace. Reads files, writes none."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler import documents, environment, validate
from reconciler.errors import Invalid, KeyProblem, Misused, Problem
from reconciler.guards import Allowance
from reconciler.kinds import KINDS
from reconciler.kinds.schema import of_workspace
from reconciler.kinds.schema.workspace import EVERY_KIND
from reconciler.kinds.spec import Drift
from reconciler.loopback import leads_to_this_machine
from reconciler.manifest import WORKSPACE_FILE
from reconciler.model import Source
from reconciler.paths import STATE_FILE, beside, is_inside, shown
from reconciler.secrecy import KEY_VARIABLES, SHORTEST_KEY
from reconciler.state.address import Address, is_remote
from reconciler.variables import mentioned

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.documents import Document

BASE_URL = "https://api.incident.io"
BASE_URL_VARIABLE = "INCIDENT_IO_BASE_URL"
SANDBOX_URL, SANDBOX_KEY = "http://localhost", "sandbox"
"""What the sandbox in this very process answers to."""
UNNAMED = "default"
"""The name of a workspace without a file; good enough where nobody else is."""
FOLDER = ".reconciler"
MISSPELT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How an address begins, and no path that anybody would write."""
RUNS_FOLDER = "gamedays"
"""Where the runs of game days lie, beside the state."""
LEASE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything that a run is told from outside, checked; holds no key, and shows none."""

    root: Path
    """An absolute folder: includes lead nowhere outside, and `.reconciler` lies here."""
    file: str
    """`reconciler.yaml` as messages show it; empty where there is none."""
    name: str
    namespace: str
    """What identities are derived from: the name, unless the file keeps an older one."""
    manifests: tuple[str, ...]
    """Files and folders to read, as messages show them."""
    is_whole: bool
    """Whether these are all manifests of the workspace, so that what is not among them has gone."""
    base_url: str
    is_sandbox: bool
    """Whether the account is the sandbox in this very process."""
    environ: Mapping[str, str] = field(repr=False)
    organisation: str = ""
    key_file: str = ""
    """An absolute path, or empty."""
    state_file: Path | None = None
    """Where the file says that state lies; what counts is `state`."""
    state_address: Address | None = None
    """Where the file says that state lies, if in a bucket; what counts is `remote_state`."""
    lease_seconds: float = LEASE_SECONDS
    """How long the lock on a remote state outlasts a holder who went silent."""
    identity_field: str = ""
    identity_at: Source | None = None
    """Where `identity_field` stands."""
    adopts: bool = True
    defaults: Document | None = None
    """The workspace's document, where it has `spec.defaults`."""
    policies: Mapping[str, Any] = field(default_factory=dict)
    """`spec.drift` as written; what counts is `drift`."""
    on_drift: Drift | None = None
    """What this run was told to do with whatever was changed outside."""
    run: str = ""
    """The run of a game day that this is for, which has a state of its own; empty for everything else."""
    allow: Allowance = field(default_factory=Allowance)
    """What one run may do."""
    gameday_modes: frozenset[str] = frozenset()
    """Modes, besides `test`, that a game day may declare incidents in."""

    @property
    def is_practice(self) -> bool:
        """Tell whether the account is a sandbox, or something else on this machine."""
        return self.is_sandbox or leads_to_this_machine(self.base_url)

    @property
    def remote_state(self) -> Address | None:
        """Return where in a bucket the state lies; each account has its own; the sandbox in this process none."""
        if self.state_address is None or self.is_sandbox:
            return None
        found = self.state_address.beside(f"sandbox-{self._host}") if self.is_practice else self.state_address
        return found.beside(f"gameday-{self.run}") if self.run else found

    @property
    def _host(self) -> str:
        return re.sub(r"[^A-Za-z0-9.]+", "-", urlsplit(self.base_url).netloc)

    @property
    def state(self) -> Path:
        """Return the state's file; each sandbox has one of its own, apart from the real account's.

        What belongs to a remote state and lies on this machine lies beside that file.
        """
        if remote := self.remote_state:
            return self.root / FOLDER / re.sub(r"[^A-Za-z0-9.]+", "-", str(remote)) / "state.json"
        found = self.local_state
        return beside(found, RUNS_FOLDER) / self.run / STATE_FILE if self.run else found

    @property
    def local_state(self) -> Path:
        """Return where the state lies, or lay, if it is a file."""
        practice = self.root / FOLDER / "sandbox"
        if self.is_sandbox:
            return practice / "state.json"
        if self.is_practice:
            return practice / self._host / "state.json"
        return self.state_file or self.root / FOLDER / "state.json"

    @property
    def sandbox_data(self) -> Path:
        """Return the file in which the sandbox of this workspace keeps its data."""
        return self.root / FOLDER / "sandbox" / "data.db"

    def drift(self, kind: str, field_name: str) -> Drift:
        """Return what happens to a field that was changed outside: as the run, the workspace, or its kind says."""
        if self.on_drift:
            return self.on_drift
        stated = self.policies.get(kind)
        by_field = stated if isinstance(stated, dict) else {EVERY_KIND: stated}
        policy = by_field.get(field_name) or by_field.get(EVERY_KIND) or self.policies.get(EVERY_KIND)
        if policy:
            return Drift(policy)
        row = KINDS[kind].fields.get(field_name)
        return row.drift if row else Drift.OVERWRITE

    def require_name(self) -> None:
        """Raise `Misused` where a real account would be reached without a name of our own.

        Two teams without names would share every key, and each would adopt what the other declared.
        """
        if not (self.file or self.is_practice):
            raise Misused(
                f"a real account needs a workspace with a name, and there is no {WORKSPACE_FILE}",
                "`reconciler init` writes one; `--sandbox` tries this without an account",
            )

    def key(self) -> str:
        """Return the API key; raises `KeyProblem` where there is none, or where its file cannot be read."""
        if self.is_sandbox:
            return SANDBOX_KEY
        for name in KEY_VARIABLES:
            if found := self.environ.get(name, "").strip():
                return found
        if not self.key_file:
            hint = f"set {KEY_VARIABLES[0]} to a key of the organisation (Settings, API keys)"
            raise KeyProblem("there is no API key", hint)
        return self._key_of_file()

    def _key_of_file(self) -> str:
        """Return what the key file holds."""
        hint = f"write the key into it, or set {KEY_VARIABLES[0]}"
        try:
            key = Path(self.key_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            told = (getattr(error, "strerror", None) or "it is not text").lower()
            raise KeyProblem(f"the key file {self.key_file} cannot be read: {told}", hint) from None
        if not key:
            raise KeyProblem(f"the key file {self.key_file} is empty", hint)
        return key

    def keys(self) -> frozenset[str]:
        """Return every API key that is within reach, whether or not it is the one that is used."""
        found = {self.environ.get(name, "").strip() for name in KEY_VARIABLES}
        with suppress(KeyProblem):
            found |= {self._key_of_file()} if self.key_file else set()
        return frozenset(key for key in found if len(key) >= SHORTEST_KEY)

    def key_warning(self) -> str:
        """Return a warning where others on this machine can read the key file, else nothing."""
        try:
            mode = Path(self.key_file).stat().st_mode if self.key_file else 0
        except OSError:
            return ""
        shared = stat.S_ISREG(mode) and mode & (stat.S_IRGRP | stat.S_IROTH)
        return f"others can read the key file: chmod 600 {self.key_file}" if shared else ""


def load(
    paths: Sequence[str] = (),
    *,
    workspace: str = "",
    base_url: str = "",
    sandbox: bool = False,
    on_drift: str = "",
    environ: Mapping[str, str] | None = None,
) -> Workspace:
    """Return the workspace that paths belong to: `--workspace FILE`, else the `reconciler.yaml` above them.

    Flags go before the environment (this process's unless another is handed in), and that before the file. Raises
    `Invalid` with every problem of the file, and `Misused` where flags or paths contradict each other.
    """
    environ = environment.variables() if environ is None else environ
    if sandbox and base_url:
        raise Misused("--sandbox and --base-url exclude each other", "leave one of them out")
    file = _given(workspace) if workspace else _found(paths)
    root = _root(file, paths)
    spec, document = _read(file, root) if file else ({}, None)
    address = base_url or environ.get(BASE_URL_VARIABLE, "") or spec.get("api", {}).get("base_url", "") or BASE_URL
    name = document.value["metadata"]["name"] if document else UNNAMED
    own = tuple(shown(os.path.normpath(os.path.join(root, path))) for path in spec.get("manifests", (".",)))
    asked = {os.path.realpath(path) for path in paths}
    state = spec.get("state", "")
    return Workspace(
        root=Path(root),
        file=file,
        name=name,
        namespace=spec.get("namespace", name),
        manifests=tuple(paths) or own,
        is_whole=not paths or asked in ({root}, {os.path.realpath(path) for path in own}),
        base_url=SANDBOX_URL if sandbox else address.strip(),
        is_sandbox=sandbox,
        environ=environ,
        organisation=spec.get("organisation", "").rstrip("/"),
        key_file=_file(spec.get("api", {}).get("key_file", ""), root, environ),
        state_file=Path(_file(state, root, environ)) if state and not is_remote(state) else None,
        state_address=Address.parse(state) if is_remote(state) else None,
        lease_seconds=float(spec.get("state_lease_seconds", LEASE_SECONDS)),
        identity_field=spec.get("identity_field", ""),
        identity_at=document.at("spec", "identity_field") if "identity_field" in spec and document else None,
        adopts=spec.get("adopt", "matching") == "matching",
        defaults=document if "defaults" in spec else None,
        policies=spec.get("drift", {}),
        on_drift=Drift(on_drift) if on_drift else None,
        allow=Allowance.of(spec.get("limits", {}), spec.get("allow", {})),
        gameday_modes=frozenset(spec.get("gamedays", {}).get("modes", ())),
    )


def _given(path: str) -> str:
    """Return the file that `--workspace` names."""
    if not os.path.isfile(path):
        raise Misused(f"--workspace {path}: no such file", f"name a {WORKSPACE_FILE}")
    return path


def _found(paths: Sequence[str]) -> str:
    """Return the workspace file above the paths, as messages show it, or nothing; all must have the same."""
    first, *others = paths or (os.curdir,)
    file = file_above(first)
    for other in others:
        if file_above(other) != file:
            raise Misused(f"{first} and {other} belong to different workspaces", "name one of them at a time")
    return file


def file_above(path: str) -> str:
    """Return the nearest workspace file in or above a folder, or a file's folder."""
    folder = os.path.realpath(path)
    for candidate in (folder, *map(str, Path(folder).parents)):
        file = os.path.join(candidate, WORKSPACE_FILE)
        if os.path.isfile(file):
            return shown(file)
    return ""


def _root(file: str, paths: Sequence[str]) -> str:
    """Return the folder of the workspace file, else that of the first path, else the current one."""
    if file:
        return os.path.dirname(os.path.realpath(file))
    path = os.path.realpath(paths[0] if paths else os.curdir)
    return path if os.path.isdir(path) else os.path.dirname(path)


def _read(file: str, root: str) -> tuple[Mapping[str, Any], Document]:
    """Return the `spec` of a workspace file and its document; raises `Invalid` with all that is wrong."""
    found, problems = documents.parse(documents.contents(file, file), file)
    if len(found) != 1 and not problems:
        told = f"a workspace is one document, and here {f'are {len(found)}' if found else 'is none'}"
        raise Invalid([Problem(Source(file), told, "`reconciler init` writes one")])
    places = {problem.source for problem in problems}
    for document in found:
        against = validate.of_document(document, of_workspace())
        problems += [problem for problem in against if problem.source not in places]
        problems += [] if against else _beyond_schema(document, root)
    if problems:
        raise Invalid(problems)
    return found[0].value["spec"], found[0]


def _beyond_schema(document: Document, root: str) -> Iterator[Problem]:
    """Yield what is wrong with a workspace that its schema cannot say."""
    spec = document.value["spec"]
    for index, path in enumerate(spec.get("manifests", ())):
        place, real = document.at("spec", "manifests", index), os.path.realpath(os.path.join(root, path))
        if not is_inside(real, root):
            yield Problem(place, f"`{path}` leads out of the workspace")
        elif not os.path.exists(real):
            yield Problem(place, f"there is no file or folder `{path}` beside this file")
    if is_remote(spec.get("state", "")) or MISSPELT.match(spec.get("state", "")):
        try:
            Address.parse(spec["state"])
        except ValueError as error:
            hint = f"write s3://BUCKET/NAME.json, gs://… or az://…, or a path such as {FOLDER}/state.json"
            yield Problem(document.at("spec", "state"), str(error), hint)
    for path in mentioned(document.value):
        if path[:2] != ("spec", "defaults"):
            told = "a workspace takes nothing from the environment but in its `defaults`"
            yield Problem(document.at(*path), told, "write the value out")


def _file(path: str, root: str, environ: Mapping[str, str]) -> str:
    """Return the absolute path of a file that it names; `~` is the home folder, anything else starts at the root."""
    if path == "~" or path.startswith("~/"):
        path = environ.get("HOME", os.path.expanduser("~")) + path[1:]
    return os.path.join(root, path) if path else ""
