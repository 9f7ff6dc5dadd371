"""Manifests against the schemas of their kinds: every problem at its place, in words that say what to type."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as some

from reconciler import documents, validate
from reconciler.errors import Problem
from reconciler.kinds import KINDS
from reconciler.model import Key, Manifest, Source

if TYPE_CHECKING:
    from reconciler.documents import Document


def manifest(
    spec: str, *, kind: str = "Incident", metadata: str = "{name: a}", defaults: Document | None = None
) -> Manifest:
    """Return a manifest whose spec begins in line 3 at column 3."""
    lines = "".join(f"  {line}\n" for line in spec.splitlines())
    (document,) = documents.load(f"metadata: {metadata}\nspec:\n{lines}", "a.yaml")
    stated = defaults.value["spec"]["defaults"][kind] if defaults else {}
    spec_with_defaults = {**stated, **document.value["spec"]}
    return Manifest(Key(kind, "a"), document.value["metadata"], spec_with_defaults, document, defaults)


def told(*manifests: Manifest) -> list[str]:
    """Return the problems as a person reads them."""
    return [str(problem) for problem in validate.problems(manifests)]


INCIDENT_FIELDS = "name, summary, status, severity, type, mode, visibility, call_url"


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (
            "name: x\nsummary: 12",
            'a.yaml:4:12: `summary` must be a text, not the number 12\nhint: put it in quotes: "12"',
        ),
        (
            "name: true",
            'a.yaml:3:9: `name` must be a text, not `true`\nhint: put it in quotes: "true"',
        ),
        (
            "name: x\nnotify_channel: yes",
            "a.yaml:4:19: `notify_channel` must be `true` or `false`, not the text `yes`\nhint: write `true`",
        ),
        (
            "name: x\nignore_changes: summary",
            "a.yaml:4:19: `ignore_changes` must be a list, not the text `summary`\nhint: write `[summary]`",
        ),
        (
            "name: x\nroles: {Incident Lead: [alice]}",
            "a.yaml:4:26: `Incident Lead` must be a text or a mapping, not a list",
        ),
        (
            "name: x\ncall_url:",
            "a.yaml:4:12: `call_url` cannot be empty or `null`\nhint: write a text, or leave it out",
        ),
        (
            "name: x\nmode: tst",
            (
                "a.yaml:4:9: `tst` is not a value of `mode`; did you mean `test`?\n"
                "hint: the values are standard, test, retrospective, tutorial"
            ),
        ),
        (
            "name: x\non_remove: keep",
            "a.yaml:4:14: `keep` is not a value of `on_remove`\nhint: the values are abandon, close",
        ),
        ("summary: x", "a.yaml:3:3: `name` is missing in `spec`\nhint: add `name:` (the title that people see)"),
        ("name: ''", "a.yaml:3:9: `name` is empty\nhint: write a text, or leave the field out"),
        (
            "name: x\nseverity: {name: Major, id: x}",
            "a.yaml:4:14: `name` is not a field of `severity`\nhint: the fields are id",
        ),
        (
            "name: x\nupdates: [{id: a}]",
            "a.yaml:4:13: one of `message`, `status`, `severity` is needed here\nhint: add `message:`",
        ),
        (
            'name: x\nupdates: [{id: "a\\n", message: x}]',
            (
                "a.yaml:4:18: `a\\n` cannot be an ID\n"
                "hint: 1 to 63 of a-z, 0-9, - and ., beginning and ending with a letter or a digit"
            ),
        ),
        (
            "name: x\ntimeline: [{id: a, title: x, at: 2026-11-20 09:12}]",
            (
                "a.yaml:4:36: the time `2026-11-20 09:12` has no zone\n"
                "hint: write 2026-11-20T09:12Z for UTC, or an offset such as +01:00"
            ),
        ),
        (
            "name: x\ntimestamps: {Reported at: yesterday}",
            "a.yaml:4:29: `yesterday` is not a time\nhint: write it like 2026-11-20T09:12:00Z",
        ),
        (
            "name: x\ntimestamps: {Reported at: 2026-02-30T09:12:00Z}",
            "a.yaml:4:29: `2026-02-30T09:12:00Z` is not a time\nhint: write it like 2026-11-20T09:12:00Z",
        ),
        (
            "name: x\nignore_changes: [summary, roles, summary]",
            "a.yaml:4:36: `summary` stands twice in `ignore_changes`\nhint: keep one of the two",
        ),
        (
            "name: x\nignore_changes: [1]",
            'a.yaml:4:20: an item of `ignore_changes` must be a text, not the number 1\nhint: put it in quotes: "1"',
        ),
        (
            "name: x\ncustom_fields: {a: {x: y, id: z}}",
            "a.yaml:4:23: `x` is not a field of `a`\nhint: the fields are id",
        ),
    ],
)
def test_each_mistake_is_told_in_words_that_help(spec: str, problem: str) -> None:
    """The place is that of the value, the reason is one clause, the hint is what to type."""
    assert told(manifest(spec)) == [problem]


def test_an_unknown_field_is_told_at_its_key() -> None:
    """The name that was probably meant is in the message, the others are in the hint."""
    (problem,) = told(manifest("name: x\nseverty: Major"))

    assert problem == (
        "a.yaml:4:3: `severty` is not a field of `spec`; did you mean `severity`?\n"
        f"hint: the fields are {INCIDENT_FIELDS}, slack_channel_name, slack_team_id, custom_fields, roles and 9 more"
    )


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        (
            "{name: a, generation: 2}",
            'a.yaml:1:33: `generation` must be a text, not the number 2\nhint: put it in quotes: "2"',
        ),
        (
            "{name: a, lables: {}}",
            (
                "a.yaml:1:21: `lables` is not a field of `metadata`; did you mean `labels`?\n"
                "hint: the fields are name, generation, was, labels, protect, id, not"
            ),
        ),
        (
            "{name: a, labels: {version: 1.5}}",
            'a.yaml:1:39: `version` must be a text, not the number 1.5\nhint: put it in quotes: "1.5"',
        ),
        (
            "{name: a, id: inc-3}",
            "a.yaml:1:25: `inc-3` is no reference: they are written in capitals\nhint: write INC-3",
        ),
        (
            "{name: a, not: [INC-1, Inc-3]}",
            "a.yaml:1:34: `Inc-3` is no reference: they are written in capitals\nhint: write INC-3",
        ),
        (
            "{name: a, id: INC-3, not: [INC-1, INC-3]}",
            "a.yaml:1:45: `INC-3` is what `id:` says that this is\nhint: take one of the two out",
        ),
    ],
)
def test_metadata_is_checked_as_well(metadata: str, problem: str) -> None:
    """Labels and generations that YAML takes for numbers are told how to become text."""
    assert told(manifest("name: x", metadata=metadata)) == [problem]


def test_numbers_and_lengths_have_limits() -> None:
    """Custom fields and severities say which limit is broken, and by how much."""
    field = manifest(f'name: {"x" * 51}\ndescription: x\ntype: single_select\noptions: ["a\\n"]', kind="CustomField")
    severity = manifest('name: x\ndescription: x\nrank: "3"', kind="Severity")

    assert told(field, severity) == [
        "a.yaml:3:9: `name` has 51 characters, at most 50 are allowed",
        "a.yaml:5:9: `rank` must be a whole number, not the text `3`\nhint: write it without quotes: 3",
        (
            "a.yaml:6:13: `a\\n` cannot be an item of `options`\n"
            "hint: One option; no white space around it, no tab or line break."
        ),
    ]


@pytest.mark.parametrize(
    ("schema", "text", "problem"),
    [
        ({"const": "a"}, "b", "the document must be `a`, not `b`"),
        ({"minimum": 1}, "0", "the document cannot be less than 1: `0`"),
        ({"maximum": 1}, "2", "the document cannot be more than 1: `2`"),
        ({"exclusiveMinimum": 1}, "1", "the document cannot be as low as 1: `1`"),
        ({"minItems": 2}, "[a]", "the document needs at least 2 entries, and has 1"),
        ({"maxProperties": 1}, "{a: b, c: d}", "the document takes at most 1 entry, and has 2"),
        ({"minLength": 3}, "ab", "the document has 2 characters, at least 3 are needed"),
        ({"multipleOf": 2}, "3", "the document is not as its schema says: 3 is not a multiple of 2"),
        ({"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 5}]}, "3", "cannot be less than 5: `3`"),
        ({"anyOf": [{"enum": ["a"]}, {"type": "array"}]}, "{}", "must be a text or a list, not a mapping"),
        ({"anyOf": [{"enum": ["abc"]}, {"type": "array"}]}, "abd", "did you mean `abc`?"),
        (
            {"anyOf": [{"required": ["x", "y"]}, {"required": ["z"], "properties": {"a": {"type": "string"}}}]},
            "{z: 1, a: 1}",
            "`a` must be a text, not the number 1",
        ),
        ({"anyOf": [{"anyOf": [{"type": "string"}]}, {"type": "null"}]}, "1", "must be a text, not the number 1"),
    ],
)
def test_every_keyword_has_its_words(schema: dict[str, Any], text: str, problem: str) -> None:
    """Schemas of tables to come are told as well, and nothing leaks what the validator calls things."""
    (document,) = documents.load(text, "a.yaml")
    (found,) = validate.of_document(document, schema)

    assert problem in found.message


@pytest.mark.parametrize(
    ("schema", "text", "hint"),
    [
        ({"minItems": 3}, "[a]", "add 2"),
        ({"minItems": 1}, "[]", "write one, or leave the field out"),
        ({"maxItems": 2}, "[a, b, c]", "take 1 out"),
        ({"maxProperties": 0}, "{a: b}", "leave it empty"),
    ],
)
def test_a_list_of_a_wrong_length_is_told_with_what_to_do(schema: dict[str, Any], text: str, hint: str) -> None:
    """How many are too few or too many is counted already."""
    (document,) = documents.load(text, "a.yaml")
    (found,) = validate.of_document(document, schema)

    assert found.hint == hint


def test_a_value_from_the_workspace_is_told_there() -> None:
    """A wrong default is one problem, at its line of the workspace, however many manifests it reaches."""
    (workspace,) = documents.load("spec:\n  defaults:\n    Incident: {mode: tst, colour: red}\n", "reconciler.yaml")
    found = told(manifest("name: x", defaults=workspace), manifest("name: y", defaults=workspace))

    assert [line.split(" is not")[0] for line in found] == [
        "reconciler.yaml:3:22: `tst`",
        "reconciler.yaml:3:27: `colour`",
    ]


def test_what_reading_has_told_is_not_told_again() -> None:
    """The consequence of a problem, at the same place, is left out; others are added in order."""
    already = Problem(Source("a.yaml", 4, 9), "the environment has no `MODE`")
    found = validate.problems([manifest("name: 1\nmode: ${env:MODE}")], [already])

    assert [str(problem.source) for problem in found] == ["a.yaml:3:9", "a.yaml:4:9"]
    assert found[1] == already


def test_a_kind_s_own_check_runs_on_what_its_schema_lets_pass() -> None:
    """A contradiction is told where the schema has nothing to say, and only there."""
    contradiction = "status: Fixing\nupdates: [{id: a, message: x, status: Closed}]"

    assert told(manifest(f"name: x\n{contradiction}"))[0].startswith("a.yaml:4:11: status `Fixing` is not what")
    assert told(manifest(f"name: 1\n{contradiction}"))[0].startswith("a.yaml:3:9: `name` must be a text")


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_every_kind_is_valid(kind: str) -> None:
    """The table's own example passes its schema and its check."""
    example = manifest(yaml.safe_dump(dict(KINDS[kind].example)), kind=kind)

    assert told(example) == []


@settings(deadline=None)
@given(
    some.dictionaries(
        some.sampled_from(["name", *KINDS["Incident"].schema()["properties"]]),
        some.recursive(
            some.none() | some.booleans() | some.integers() | some.text() | some.sampled_from(["Fixing", "test"]),
            lambda inner: (
                some.lists(inner, max_size=3)
                | some.dictionaries(some.sampled_from(["id", "message", "status", "at", "x"]), inner, max_size=3)
            ),
            max_leaves=8,
        ),
    )
)
def test_no_spec_whatsoever_gives_anything_but_problems(spec: dict[str, Any]) -> None:
    """Whatever is written, the answer is problems with words in them, never an exception."""
    (document,) = documents.load(yaml.safe_dump({"metadata": {"name": "a"}, "spec": spec}), "a.yaml")
    found = validate.problems([Manifest(Key("Incident", "a"), document.value["metadata"], spec, document)])

    assert all(problem.message and problem.source.file == "a.yaml" for problem in found)


def test_what_needs_no_checking_does_not_wait_for_the_library() -> None:
    """Importing the stage costs what its own lines cost."""
    script = "import sys; from reconciler import manifest, validate; print('jsonschema' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert run.stdout == "False\n"
