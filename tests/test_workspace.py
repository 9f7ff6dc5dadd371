"""`reconciler.yaml`, flags and environment become one checked workspace that shows no key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import workspace
from reconciler.errors import Invalid, KeyProblem, Misused
from reconciler.kinds.spec import Drift

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str, str], Path]

MINIMAL = "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: acme}\nspec:\n"
LOOPBACK = "http://127.0.0.1:8484"


def load(*paths: str, environ: dict[str, str] | None = None, **flags: Any) -> workspace.Workspace:
    """Load a workspace with an environment of our own."""
    return workspace.load(paths, environ=environ or {}, **flags)


def refused(**flags: Any) -> str:
    """Return what a person reads of a workspace file that is wrong."""
    with pytest.raises(Invalid) as refusal:
        load(**flags)
    return str(refusal.value)


def test_the_workspace_is_found_above_the_path(write: Write, tmp_path: Path) -> None:
    """Its folder is the root, and its name the namespace."""
    write("reconciler.yaml", MINIMAL + "  adopt: never\n")
    write("incidents/deep/a.yaml", "")
    found = load("incidents/deep/a.yaml")

    assert (found.root, found.file) == (tmp_path.resolve(), "reconciler.yaml")
    assert (found.name, found.namespace, found.adopts) == ("acme", "acme", False)
    assert (found.manifests, found.is_whole) == (("incidents/deep/a.yaml",), False)


def test_the_workspace_is_found_above_the_current_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without paths it is the one that a person stands in, and all its manifests are meant."""
    write("reconciler.yaml", MINIMAL + "  manifests: [incidents]\n")
    write("incidents/a.yaml", "")
    monkeypatch.chdir(tmp_path / "incidents")
    found = load()

    assert found.root == tmp_path.resolve()
    assert [Path(path).resolve() for path in found.manifests] == [(tmp_path / "incidents").resolve()]
    assert found.is_whole


def test_a_flag_names_another_workspace(write: Write, tmp_path: Path) -> None:
    """`--workspace` goes before what lies above the path."""
    write("reconciler.yaml", MINIMAL + "  {}\n")
    write("other/reconciler.yaml", MINIMAL.replace("acme", "other") + "  {}\n")

    assert load(workspace="other/reconciler.yaml").root == (tmp_path / "other").resolve()
    with pytest.raises(Misused) as refusal:
        load(workspace="nowhere.yaml")
    assert str(refusal.value) == "--workspace nowhere.yaml: no such file"


def test_the_workspace_s_own_paths_are_the_whole(write: Write) -> None:
    """A path that names all there is leaves nothing out, so that what is gone can be told."""
    write("reconciler.yaml", MINIMAL + "  manifests: [a, b]\n")
    write("a/x.yaml", "")
    write("b/x.yaml", "")

    assert load().manifests == ("a", "b")
    assert load(".").is_whole
    assert load("b", "a").is_whole
    assert not load("a").is_whole


def test_paths_of_two_workspaces_are_refused(write: Write) -> None:
    """One run has one account, one state and one name."""
    write("a/reconciler.yaml", MINIMAL + "  {}\n")
    write("b/reconciler.yaml", MINIMAL + "  {}\n")

    with pytest.raises(Misused) as refusal:
        load("a", "b")

    assert str(refusal.value) == "a and b belong to different workspaces"


def test_without_a_file_the_root_is_the_path_s_folder(write: Write, tmp_path: Path) -> None:
    """A folder, a file's folder, or the current one."""
    write("a/x.yaml", "")

    assert load("a").root == load("a/x.yaml").root == (tmp_path / "a").resolve()
    assert load().root == tmp_path.resolve()
    assert (load().file, load().name, load().namespace) == ("", "default", "default")


def test_a_real_account_needs_a_name(write: Write) -> None:
    """Without a workspace only sandboxes and this machine are reached: two teams would share every key."""
    write("x.yaml", "")

    for practice in (load(sandbox=True), load(base_url=LOOPBACK), load(base_url="http://localhost:1")):
        practice.require_name()
    with pytest.raises(Misused) as refusal:
        load().require_name()
    assert str(refusal.value) == "a real account needs a workspace with a name, and there is no reconciler.yaml"
    assert refusal.value.hint == "`reconciler init` writes one; `--sandbox` tries this without an account"


def test_a_named_workspace_reaches_a_real_account(write: Write) -> None:
    """A file with a name is all it takes."""
    write("reconciler.yaml", MINIMAL + "  {}\n")

    load().require_name()


def test_an_address_that_only_looks_local_is_a_real_account(write: Write) -> None:
    """Names that begin like this machine are not it."""
    write("x.yaml", "")

    for address in ("http://localhost.example.com", "http://127.0.0.1.example.com", "https://[::2]", "https://a@b:x"):
        assert not load(base_url=address).is_practice
    assert load(base_url="http://[::1]:8484").is_practice


def test_flags_go_before_the_environment_and_that_before_the_file(write: Write) -> None:
    """The base URL has four sources, in this order."""
    write("reconciler.yaml", MINIMAL + "  api: {base_url: https://file.example.com}\n")
    variable = {"INCIDENT_IO_BASE_URL": "https://variable.example.com"}

    assert load(base_url=LOOPBACK, environ=variable).base_url == LOOPBACK
    assert load(environ=variable).base_url == "https://variable.example.com"
    assert load(environ={"INCIDENT_IO_BASE_URL": ""}).base_url == "https://file.example.com"
    write("reconciler.yaml", MINIMAL + "  {}\n")
    assert load().base_url == "https://api.incident.io"


def test_sandbox_and_base_url_exclude_each_other(write: Write) -> None:
    """The one is in this process, the other is not; a variable of the environment gives way."""
    write("x.yaml", "")

    with pytest.raises(Misused) as refusal:
        load(sandbox=True, base_url=LOOPBACK)

    assert str(refusal.value) == "--sandbox and --base-url exclude each other"
    assert load(sandbox=True, environ={"INCIDENT_IO_BASE_URL": LOOPBACK}).base_url == "http://localhost"


def test_each_account_has_a_state_of_its_own(write: Write, tmp_path: Path) -> None:
    """What was tried in a sandbox is never mistaken for the organisation's."""
    write("reconciler.yaml", MINIMAL + "  state: state/acme.json\n")
    root = tmp_path.resolve()

    assert load().state == root / "state/acme.json"
    assert load(sandbox=True).state == root / ".reconciler/sandbox/state.json"
    assert load(sandbox=True).sandbox_data == root / ".reconciler/sandbox/data.db"
    assert load(base_url=LOOPBACK).state == root / ".reconciler/sandbox/127.0.0.1-8484/state.json"
    write("reconciler.yaml", MINIMAL + "  {}\n")
    assert load().state == root / ".reconciler/state.json"


def test_the_key_comes_from_the_first_variable_that_has_one(write: Write) -> None:
    """Three names are known; an empty one counts as none, as CI leaves them."""
    write("x.yaml", "")
    names = ["INCIDENT_API_KEY", "INCIDENT_IO_API_KEY", "INCIDENTIO_API_KEY"]
    environ = {name: name.lower() for name in names}

    assert load(environ=environ).key() == "incident_api_key"
    assert load(environ={**environ, names[0]: " \n"}).key() == "incident_io_api_key"
    assert load(environ={names[2]: " third\n"}).key() == "third"
    assert load(sandbox=True).key() == "sandbox"


def test_no_key_is_told_with_what_to_do(write: Write) -> None:
    """The hint names the variable and where keys are made."""
    write("x.yaml", "")

    with pytest.raises(KeyProblem) as refusal:
        load().key()

    assert str(refusal.value) == "there is no API key"
    assert refusal.value.hint == "set INCIDENT_API_KEY to a key of the organisation (Settings, API keys)"


def test_the_key_file_is_read_last(write: Write, tmp_path: Path) -> None:
    """It lies in the home folder or beside the workspace, and holds nothing but the key."""
    write("reconciler.yaml", MINIMAL + "  api: {key_file: ~/key}\n")
    write("home/key", "secret\n").chmod(0o600)
    home = {"HOME": str(tmp_path / "home")}

    assert load(environ=home).key() == "secret"
    assert load(environ={**home, "INCIDENTIO_API_KEY": "first"}).key() == "first"
    assert load(environ=home).key_warning() == ""
    write("reconciler.yaml", MINIMAL + "  api: {key_file: home/key}\n")
    assert load().key() == "secret"


def test_a_key_file_that_does_not_help_is_told(write: Write, tmp_path: Path) -> None:
    """Missing, empty, not text, or open to others: each says so, and none shows what it holds."""
    write("reconciler.yaml", MINIMAL + "  api: {key_file: key}\n")
    path = tmp_path.resolve() / "key"

    with pytest.raises(KeyProblem, match=f"^the key file {path} cannot be read: no such file or directory$"):
        load().key()
    write("key", " \n")
    with pytest.raises(KeyProblem, match=f"^the key file {path} is empty$"):
        load().key()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyProblem, match=f"^the key file {path} cannot be read: it is not text$"):
        load().key()
    path.chmod(0o644)
    assert load().key_warning() == f"others can read the key file: chmod 600 {path}"


def test_nothing_shows_the_key(write: Write) -> None:
    """A workspace can be printed and logged."""
    write("x.yaml", "")

    assert "hush" not in repr(load(environ={"INCIDENT_API_KEY": "hush"}))


def test_drift_is_decided_by_the_nearest_word(write: Write) -> None:
    """Field, then the kind's rest, then the rest of all, then what the kind itself says."""
    policies = "{Incident: {status: fail, '*': keep}, Severity: fail, '*': overwrite}"
    write("reconciler.yaml", MINIMAL + f"  drift: {policies}\n")
    found = load()

    assert found.drift("Incident", "status") is Drift.FAIL
    assert found.drift("Incident", "name") is Drift.KEEP
    assert found.drift("Severity", "rank") is Drift.FAIL
    assert found.drift("IncidentRole", "name") is Drift.OVERWRITE


def test_without_a_word_drift_is_as_the_kind_says(write: Write) -> None:
    """People steer status, severity and roles; the rest is the manifest's."""
    write("reconciler.yaml", MINIMAL + "  drift: {Incident: {name: fail}}\n")
    found = load()

    assert [found.drift("Incident", name) for name in ("status", "severity", "roles")] == [Drift.KEEP] * 3
    assert found.drift("Incident", "summary") is Drift.OVERWRITE
    assert found.drift("Severity", "name") is Drift.OVERWRITE


def test_what_the_file_says_is_what_the_run_gets(write: Write) -> None:
    """Every field arrives; what is left out is not limited, and nothing is allowed that pages."""
    write(
        "reconciler.yaml",
        MINIMAL
        + "  namespace: old\n  organisation: https://app.incident.io/acme/\n  identity_field: Reconciler key\n"
        + "  limits: {create: 20}\n  allow: {modes: [test], paging: true}\n  defaults: {Incident: {mode: test}}\n",
    )
    found = load()

    assert (found.name, found.namespace, found.organisation) == ("acme", "old", "https://app.incident.io/acme")
    assert (found.identity_field, found.allow.limits["create"], found.allow.modes) == (
        "Reconciler key",
        20,
        frozenset({"test"}),
    )
    assert (found.allow.paging, found.allow.subscribers, found.adopts) == (True, False, True)
    assert found.defaults is not None
    assert found.defaults.at("spec", "defaults", "Incident", "mode").line == 10


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            "  orgnisation: x\n",
            (
                "reconciler.yaml:5:3: `orgnisation` is not a field of `spec`; did you mean `organisation`?\n"
                "hint: the fields are namespace, organisation, manifests, api, state, state_lease_seconds, "
                "identity_field, adopt, defaults, drift, limits, allow and 1 more"
            ),
        ),
        (
            "  organisation: acme\n",
            (
                "reconciler.yaml:5:17: `acme` cannot be `organisation`\n"
                "hint: The dashboard's address, such as https://app.incident.io/acme; any other account is refused."
            ),
        ),
        (
            "  adopt: always\n",
            "reconciler.yaml:5:10: `always` is not a value of `adopt`\nhint: the values are matching, never",
        ),
        (
            "  defaults: {Incident: {visiblity: public}}\n",
            (
                "reconciler.yaml:5:25: `visiblity` is not a field of `Incident`; did you mean `visibility`?\n"
                "hint: the fields are name, summary, status, severity, type, mode, visibility, call_url, "
                "slack_channel_name, slack_team_id, custom_fields, roles and 9 more"
            ),
        ),
        (
            "  drift: {Incident: {status: kep}}\n",
            (
                "reconciler.yaml:5:30: `kep` is not a value of `status`; did you mean `keep`?\n"
                "hint: the values are overwrite, keep, fail"
            ),
        ),
        (
            "  drift: {Incident: kep}\n",
            (
                "reconciler.yaml:5:21: `kep` is not a value of `Incident`; did you mean `keep`?\n"
                "hint: the values are overwrite, keep, fail"
            ),
        ),
        ("  limits: {percent: 130}\n", "reconciler.yaml:5:21: `percent` cannot be more than 100: `130`"),
        (
            "  state: ftp://bucket/acme.json\n",
            (
                "reconciler.yaml:5:10: `ftp://` is no store that state can be kept in\n"
                "hint: write s3://BUCKET/NAME.json, gs://… or az://…, or a path such as .reconciler/state.json"
            ),
        ),
        (
            "  manifests: [nowhere]\n",
            "reconciler.yaml:5:15: there is no file or folder `nowhere` beside this file",
        ),
        ("  manifests: [../..]\n", "reconciler.yaml:5:15: `../..` leads out of the workspace"),
        (
            "  identity_field: ${env:FIELD}\n",
            (
                "reconciler.yaml:5:19: a workspace takes nothing from the environment but in its `defaults`\n"
                "hint: write the value out"
            ),
        ),
        (
            "  {}\nspce: 1\n",
            (
                "reconciler.yaml:6:1: `spce` is not a field of the document; did you mean `spec`?\n"
                "hint: the fields are apiVersion, kind, metadata, spec"
            ),
        ),
    ],
)
def test_a_wrong_field_is_told_at_its_line(write: Write, spec: str, problem: str) -> None:
    """The workspace is checked as strictly as manifests are, and in the same words."""
    write("reconciler.yaml", MINIMAL + spec)

    assert refused() == problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "",
            "reconciler.yaml:1:1: a workspace is one document, and here is none\nhint: `reconciler init` writes one",
        ),
        (
            MINIMAL + "  {}\n---\n" + MINIMAL + "  {}\n",
            "reconciler.yaml:1:1: a workspace is one document, and here are 2\nhint: `reconciler init` writes one",
        ),
        ("- a", "reconciler.yaml:1:1: the document must be a mapping, not a list"),
        (
            MINIMAL.replace("Workspace", "Incident") + "  {}\n",
            "reconciler.yaml:2:7: `kind` must be `Workspace`, not `Incident`",
        ),
        (
            MINIMAL.replace("acme", "Acme Inc") + "  {}\n",
            (
                "reconciler.yaml:3:18: `Acme Inc` cannot be a name\n"
                "hint: 1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit"
            ),
        ),
        ("a: 'b", "reconciler.yaml:1:4: `'` is never closed"),
    ],
)
def test_a_file_that_is_no_workspace_is_told(write: Write, text: str, problem: str) -> None:
    """An empty file, another kind, a name that keys cannot carry, or no YAML at all."""
    write("reconciler.yaml", text)

    assert refused() == problem
