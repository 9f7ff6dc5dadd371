"""Files and folders become manifests; whatever is wrong with an envelope is told at its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler import documents, manifest
from reconciler.errors import Invalid, Misused
from reconciler.model import Key, Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.manifest import Manifests

    Write = Callable[[str, str], Path]

SEVERITY = "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: %s}\nspec: {name: Major, description: Bad}\n"


def read(*paths: str, root: str = ".", **environ: str) -> Manifests:
    """Read manifests with an environment of our own."""
    return manifest.read(paths, root, environ)


def told(found: Manifests) -> str:
    """Return the problems as a person reads them."""
    return str(Invalid(found.problems))


def names(found: Manifests) -> list[str]:
    """Return the names of what was read, in its order."""
    return [one.key.name for one in found]


def incident(spec: str, name: str = "a") -> str:
    """Return an incident with these lines as its spec."""
    lines = "".join(f"  {line}\n" for line in spec.splitlines())
    return f"apiVersion: reconciler/v1\nkind: Incident\nmetadata: {{name: {name}}}\nspec:\n{lines}"


def test_a_folder_gives_all_its_manifests_in_order(write: Write) -> None:
    """Folders are walked by name, files may hold several documents, and places are as people would type them."""
    write("b/two.yml", SEVERITY % "c" + "---\n" + SEVERITY % "d")
    write("a.yaml", SEVERITY % "a")
    write("notes.md", "no manifest")
    found = read()

    assert names(found) == ["a", "c", "d"]
    assert [str(one.source) for one in found] == ["a.yaml:1:1", "b/two.yml:1:1", "b/two.yml:6:1"]
    assert (found.files, found.problems) == (2, ())


def test_hidden_files_and_other_workspaces_are_left_out(write: Write) -> None:
    """State, CI files and the workspace are no manifests, and a folder with a workspace of its own is not ours."""
    write("a.yaml", SEVERITY % "a")
    write("reconciler.yaml", "kind: Workspace")
    for name in (".reconciler/x.yaml", ".github/workflows/x.yaml", ".gitlab-ci.yml", "other/reconciler.yaml"):
        write(name, "no: manifest")
    write("other/x.yaml", SEVERITY % "x")
    found = read()

    assert (names(found), found.problems) == (["a"], ())


def test_a_file_named_twice_is_read_once(write: Write) -> None:
    """Overlapping paths, and links to the same file, do not declare anything twice."""
    path = write("a/a.yaml", SEVERITY % "a")
    (path.parent / "b.yaml").symlink_to(path)

    assert names(read("a", "a/a.yaml", "./a/../a/a.yaml")) == ["a"]


def test_paths_above_the_current_folder_are_shown_as_typed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name a file in the way in which it can be opened from here."""
    path = write("a/a.yaml", SEVERITY % "a")
    write("b/b.yaml", "")
    monkeypatch.chdir(path.parent.parent / "b")

    assert [one.source.file for one in read("../a")] == ["../a/a.yaml"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "nowhere: no such file or folder"),
        ("notes.md", "notes.md: manifests are YAML files, `*.yaml` or `*.yml`"),
        ("empty", "no manifests in empty"),
    ],
)
def test_a_path_without_manifests_is_refused(write: Write, path: str, message: str) -> None:
    """Nothing to do because of a wrong path must not look like success."""
    write("notes.md", "")
    write("empty/notes.md", "")

    with pytest.raises(Misused) as refusal:
        read(path)

    assert str(refusal.value) == message


def test_an_empty_workspace_is_told_how_to_begin(write: Write) -> None:
    """The hint of a folder without manifests is a command that exists."""
    write("README.md", "")

    with pytest.raises(Misused) as refusal:
        read()

    assert (str(refusal.value), refusal.value.hint) == ("no manifests in .", "`reconciler init` writes a first one")


def test_the_workspace_file_named_as_a_path_declares_nothing(write: Write) -> None:
    """Tools that hand over changed files may hand over this one as well."""
    write("reconciler.yaml", "kind: Workspace")

    assert len(read("reconciler.yaml")) == 0


def test_links_out_of_the_root_are_problems(write: Write, tmp_path: Path) -> None:
    """What is not followed is said, since silence would look like a manifest that was taken away."""
    outside = write("outside/x.yaml", SEVERITY % "x")
    write("root/a.yaml", SEVERITY % "a")
    (tmp_path / "root/link").symlink_to(outside.parent)
    (tmp_path / "root/link.yaml").symlink_to(outside)
    found = read(root="root")

    assert names(found) == ["a"]
    assert told(found) == (
        "root/link:1:1: this link leads out of the workspace\nhint: put the file itself here\n"
        "root/link.yaml:1:1: this link leads out of the workspace\nhint: put the file itself here"
    )


def test_links_in_a_circle_end(write: Write, tmp_path: Path) -> None:
    """A folder that holds a link to itself is walked once."""
    write("a/a.yaml", SEVERITY % "a")
    (tmp_path / "a/again").symlink_to(tmp_path / "a")

    assert names(read()) == ["a"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "- a",
            "a.yaml:1:1: this is no manifest\nhint: a manifest begins with `apiVersion: reconciler/v1` and `kind:`",
        ),
        (
            "kind: Severity\nmetadata: {name: a}\nspec: {}",
            "a.yaml:1:1: `apiVersion` is missing\nhint: write `apiVersion: reconciler/v1`",
        ),
        (
            "apiVersion: v1\nkind: Severity\nmetadata: {name: a}\nspec: {}",
            "a.yaml:1:13: `v1` is not an API version that this program knows\nhint: write `apiVersion: reconciler/v1`",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severty\nmetadata: {name: a}\nspec: {}",
            (
                "a.yaml:2:7: `Severty` is not a kind; did you mean `Severity`?\n"
                "hint: the kinds are CustomField, Incident, IncidentRole, IncidentStatus, Severity, GameDay"
            ),
        ),
        (
            "apiVersion: reconciler/v1\nkind: [a]\nmetadata: {name: a}\nspec: {}",
            (
                "a.yaml:2:7: `kind` must be a text\n"
                "hint: the kinds are CustomField, Incident, IncidentRole, IncidentStatus, Severity, GameDay"
            ),
        ),
        (
            "apiVersion: reconciler/v1\nkind: Workspace\nmetadata: {name: a}\nspec: {}",
            (
                "a.yaml:2:7: a workspace is declared in `reconciler.yaml`, and this is read as a manifest\n"
                "hint: call it reconciler.yaml; one that `--workspace` names lies outside of what its `manifests:` say"
            ),
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nspec: {}",
            "a.yaml:1:1: `metadata` is missing\nhint: write `metadata: {name: …}`",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: a\nspec: {}",
            "a.yaml:3:11: `metadata` must be a mapping\nhint: write `metadata: {name: …}`",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {}\nspec: {}",
            (
                "a.yaml:3:11: `metadata.name` is missing\n"
                "hint: 1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit"
            ),
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: 12}\nspec: {}",
            "a.yaml:3:18: a name must be text: `12` is not\nhint: put it in quotes",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: Sev_0}\nspec: {}",
            (
                "a.yaml:3:18: `Sev_0` cannot be a name\n"
                "hint: 1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit"
            ),
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: a}",
            "a.yaml:1:1: `spec` is missing\nhint: write `spec:` and below it what the resource should be",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: a}\nspec:\n",
            "a.yaml:4:6: `spec` must be a mapping",
        ),
        (
            "apiVersion: reconciler/v1\nkind: Severity\nmetadata: {name: a}\nspec: {}\nsepc: {}",
            (
                "a.yaml:5:1: `sepc` is not a field of a manifest; did you mean `spec`?\n"
                "hint: the fields are apiVersion, kind, metadata, spec"
            ),
        ),
    ],
)
def test_a_wrong_envelope_is_told_at_its_place(write: Write, text: str, message: str) -> None:
    """Each way to get the envelope wrong has its line, its reason and what to type."""
    write("a.yaml", text)

    assert told(read()) == message


def test_one_broken_file_does_not_hide_the_others(write: Write) -> None:
    """Syntax errors, envelopes and includes of all files are told in one run, and what is whole is read."""
    write("a.yaml", "a: 'x")
    write("b.yaml", "- b")
    write("c.yaml", SEVERITY % "c")
    write("d.yaml", incident("name: x\nsummary: !include nowhere.md\nroles: ${env:X}", name="D"))
    found = read()

    assert names(found) == ["c", "D"]
    assert [str(problem.source) for problem in sorted(found.problems, key=lambda problem: problem.source)] == [
        "a.yaml:1:4",
        "b.yaml:1:1",
        "d.yaml:3:18",
        "d.yaml:6:12",
        "d.yaml:7:10",
    ]


def test_files_are_included_as_values_or_as_text(write: Write) -> None:
    """A YAML file gives its document, any other its text; both know the file that they come from."""
    write("parts/roles.yaml", "Incident Lead: alice@example.com\n")
    write("parts/notes.md", "# What we know\r\nNot much\n")
    write("a.yaml", incident("name: x\nroles: !include parts/roles.yaml\nsummary: !include parts/notes.md"))
    (found,) = read("a.yaml")

    assert found.spec["roles"] == {"Incident Lead": "alice@example.com"}
    assert found.spec["summary"] == "# What we know\nNot much\n"
    assert found.at("roles", "Incident Lead") == Source("parts/roles.yaml", 1, 16)
    assert found.at("summary") == Source("parts/notes.md", 1, 1)
    assert found.at("name") == Source("a.yaml", 5, 9)


def test_what_is_included_need_not_be_a_manifest(write: Write) -> None:
    """Parts may lie beside the manifests that include them; a whole manifest stays one, whoever includes it."""
    write("a-part.yaml", "Incident Lead: alice@example.com\n")
    write("b.yaml", incident("name: x\nroles: !include a-part.yaml\ncustom_fields: !include c.yaml", name="b"))
    write("c.yaml", SEVERITY % "c")
    found = read()

    assert (names(found), found.problems) == (["b", "c"], ())


def test_includes_are_relative_to_the_file_that_includes(write: Write) -> None:
    """An included file includes its own neighbours."""
    write("parts/one.yaml", "deep: !include more/two.yaml\n")
    write("parts/more/two.yaml", "[!include three.txt]\n")
    write("parts/more/three.txt", "three")
    write("a.yaml", incident("name: x\ncustom_fields: !include parts/one.yaml"))
    (found,) = read("a.yaml")

    assert found.spec["custom_fields"] == {"deep": ["three"]}
    assert found.at("custom_fields", "deep", 0) == Source("parts/more/three.txt", 1, 1)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../../etc/passwd", "`../../etc/passwd` is not included: it leads out of the workspace"),
        ("/etc/passwd", "`/etc/passwd` is not included: paths are relative to the file that includes them"),
        ("link.md", "`link.md` is not included: it leads out of the workspace"),
        ("../root2/x.md", "`../root2/x.md` is not included: it leads out of the workspace"),
        ("rols.yaml", "there is no file `root/rols.yaml`\nhint: did you mean `roles.yaml`?"),
        ("folder", "there is no file `root/folder`"),
        ("a.yaml", "`a.yaml` includes itself"),
        ("two.yaml", "`two.yaml` holds 2 documents, and an include takes exactly one"),
        ("none.yaml", "`none.yaml` holds no documents, and an include takes exactly one"),
    ],
)
def test_an_include_that_cannot_be_is_told_where_it_stands(
    write: Write, tmp_path: Path, path: str, message: str
) -> None:
    """Nothing outside the root is read, whatever the path or the link, and the line of the include is named."""
    (tmp_path / "secret.md").write_text("secret")
    write("root/roles.yaml", "a: b")
    write("root/folder/x.md", "")
    write("root2/x.md", "")
    write("root/two.yaml", "a\n---\nb")
    write("root/none.yaml", "# none")
    (tmp_path / "root/link.md").symlink_to(tmp_path / "secret.md")
    write("root/a.yaml", incident(f"name: x\nroles: !include {path}"))
    found = read("root/a.yaml", root="root")

    assert told(found) == f"root/a.yaml:6:10: {message}"


def test_includes_in_a_circle_end(write: Write) -> None:
    """Two files that include each other are a problem at the include that closes the circle."""
    write("one.yaml", "a: !include two.yaml")
    write("two.yaml", "a: !include one.yaml")
    write("a.yaml", incident("name: x\nroles: !include one.yaml"))

    assert told(read("a.yaml")) == "two.yaml:1:4: `one.yaml` includes itself"


def test_includes_have_a_depth_and_a_number(write: Write) -> None:
    """A chain that goes too deep and a fan that grows too wide are problems, and take no time."""
    write("d12.yaml", "end")
    for depth in range(12):
        write(f"d{depth}.yaml", f"a: !include d{depth + 1}.yaml")
    write("w5.yaml", "end")
    for level in range(5):
        write(f"w{level}.yaml", "".join(f"a{number}: !include w{level + 1}.yaml\n" for number in range(20)))
    write("a.yaml", incident("name: x\nroles: !include d0.yaml\ncustom_fields: !include w0.yaml"))
    found = read("a.yaml")

    assert "d7.yaml:1:4: files include each other more than 8 deep" in told(found)
    assert "more than 10,000 files are included here" in told(found)


def test_variables_stand_in_any_text_of_a_spec(write: Write) -> None:
    """Values, defaults and escapes are put in; what follows in the same text stays."""
    write("a.yaml", incident("name: ${env:TITLE} in ${env:REGION:eu-west-1}${env:NOTHING:}\nsummary: $${env:TITLE}"))
    (found,) = read(TITLE="Slow")

    assert found.spec == {"name": "Slow in eu-west-1", "summary": "${env:TITLE}"}


def test_a_value_of_the_environment_is_not_read_again(write: Write) -> None:
    """What a variable holds is text, whatever it looks like."""
    write("a.yaml", incident("name: ${env:ONE}"))
    (found,) = read(ONE="${env:TWO}", TWO="2")

    assert found.spec == {"name": "${env:TWO}"}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            "name: ${env:NOPE}",
            "a.yaml:5:9: the environment has no `NOPE`\nhint: set it, or write `${env:NOPE:default}`",
        ),
        (
            "name: ${env:PAGER_TOKEN}",
            (
                "a.yaml:5:9: `PAGER_TOKEN` looks like a secret, and this is sent to incident.io\n"
                "hint: leave it out, or give a variable that holds no secret another name"
            ),
        ),
        (
            "roles: {x: '${env:my_password:x}'}",
            (
                "a.yaml:5:14: `my_password` looks like a secret, and this is sent to incident.io\n"
                "hint: leave it out, or give a variable that holds no secret another name"
            ),
        ),
        (
            "name: ${env:1}",
            (
                "a.yaml:5:9: `${env:` does not go on with a name and `}`\n"
                "hint: write `${env:NAME}`, `${env:NAME:default}`, or `$${env:` for the text itself"
            ),
        ),
        (
            "updates:\n  - id: ${env:ID}",
            (
                "a.yaml:6:11: `${env:ID}` stands in an identity\n"
                "hint: an identity must read the same on every machine: write it out"
            ),
        ),
    ],
)
def test_a_variable_that_cannot_be_is_told_at_its_place(write: Write, spec: str, message: str) -> None:
    """Unset, secret, malformed or in an identity: each is a problem at the text that holds it."""
    write("a.yaml", incident(spec))

    assert told(read(ID="1", PAGER_TOKEN="hush", my_password="hush")) == message


def test_the_options_of_a_field_take_nothing_from_the_environment(write: Write) -> None:
    """An option is known by its text, so it must read the same on every machine."""
    write("a.yaml", incident("options: ['${env:X}']").replace("Incident", "CustomField"))

    assert told(read(X="1")).startswith("a.yaml:5:13: `${env:X}` stands in an identity")


def test_metadata_takes_nothing_from_the_environment(write: Write) -> None:
    """A name that differed between machines would declare everything anew."""
    write("a.yaml", incident("name: x", name='"a-${env:X}"'))

    assert "stands in an identity" in told(read(X="1"))
    assert "a.yaml:3:18" in told(read(X="1"))


def test_the_workspace_fills_what_a_manifest_leaves_out(write: Write) -> None:
    """Defaults are whole fields of a kind's spec, and know the line of the workspace that they stand in."""
    (workspace,) = documents.load(
        "spec:\n  defaults:\n    Incident: {mode: test, severity: '${env:SEVERITY}', roles: {a: b}}\n",
        "reconciler.yaml",
    )
    write("a.yaml", incident("name: x\nroles: {c: d}") + "---\n" + SEVERITY % "b")
    first, second = manifest.read((), ".", {"SEVERITY": "Minor"}, defaults=workspace)

    assert first.spec == {"name": "x", "roles": {"c": "d"}, "mode": "test", "severity": "Minor"}
    assert first.at("severity") == Source("reconciler.yaml", 3, 38)
    assert first.at("roles") == Source("a.yaml", 6, 10)
    assert second.defaults is None
    assert second.key == Key("Severity", "b")
