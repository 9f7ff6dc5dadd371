from __future__ import annotations

import pytest

from reconciler.render import as_json, markdown, page, text
from tests.render import plans


@pytest.mark.parametrize(
    ("field", "line", "told"),
    [
        (
            "Reconciler key",
            "Identity: field Reconciler key; found again whatever is renamed or forgotten",
            {"by": "field", "field": "Reconciler key"},
        ),
        ("", "Identity: key and name; found again while one of them is known", {"by": "key and name", "field": None}),
    ],
)
def test_a_plan_tells_by_what_incidents_are_found_again(field: str, line: str, told: dict[str, str | None]) -> None:
    """In each form: which promise holds where the state is lost."""
    plan = plans.plan(identity_field=field)

    assert "".join(span.text for span in text.page(plan, page.PIPE)[1].spans) == line
    assert line in markdown.comment(plan)
    assert as_json.plan(plan)["identity"] == told


def test_a_field_that_is_not_there_yet_finds_nothing() -> None:
    """Until it is, the key and the name do."""
    plan = plans.plan(identity_field="Reconciler key", awaits_field=True)

    line = "Identity: key and name, until field Reconciler key is there; found again while one of them is known"
    assert line in markdown.comment(plan)
    assert as_json.plan(plan)["identity"] == {"by": "key and name", "field": "Reconciler key"}


def test_a_plan_without_incidents_tells_nothing_of_it() -> None:
    """Configuration is found by its names."""
    plan = plans.plan(identity_field=None)

    assert "Identity" not in markdown.comment(plan)
    assert as_json.plan(plan)["identity"] is None


def test_a_field_cannot_forge_a_line() -> None:
    """Its name is shown harmlessly."""
    plan = plans.plan(identity_field="x\n## forged \x1b[31m")

    assert "\x1b" not in markdown.comment(plan)
    assert "\n## forged" not in markdown.comment(plan)
