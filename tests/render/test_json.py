from __future__ import annotations

import json

from reconciler.model import Done, Failed, Skipped, Unknown
from reconciler.render import as_json
from tests.render import plans
from tests.render.snapshots import snapshot


def test_a_plan_as_json_has_the_shape_that_programs_rely_on() -> None:
    """Every change with its place, its fields and its requests; what does not exist yet stands as a `$ref`."""
    told = as_json.written(as_json.plan(plans.plan())) + "\n"

    assert told == snapshot("plan.json", told)


def test_what_does_not_exist_yet_stands_as_a_ref() -> None:
    """Before apply nobody knows its ID."""
    told = as_json.plan(plans.plan())

    assert told["changes"][0]["requests"][0]["body"]["severity_id"] == {"$ref": "Severity/catastrophic#id"}


def test_each_action_has_one_outcome() -> None:
    """Done, failed, skipped and unknown all have the same fields, and are counted."""
    first, second = plans.created(), plans.update("first", "hello")
    told = as_json.outcomes(
        [
            Done(first, "01A", "INC-7", "https://app.incident.io/acme/incidents/7", "req-1"),
            Failed(second, "422 message: too long (invalid)", "shorten it", "req-2"),
            Skipped(second, "create Incident/x was not done"),
            Unknown(second, "no answer", "run the same command again"),
        ]
    )

    assert told["summary"] == {"done": 1, "failed": 1, "skipped": 1, "unknown": 1, "refused": 0}
    assert len({tuple(one) for one in told["outcomes"]}) == 1
    assert told["outcomes"][0] == {
        "key": "Incident/checkout-latency-2026-11",
        "action": "create",
        "result": "done",
        "id": "01A",
        "reference": "INC-7",
        "link": "https://app.incident.io/acme/incidents/7",
        "request_id": "req-1",
        "message": "",
        "hint": "",
    }


def test_a_create_that_was_answered_with_an_older_incident_is_told_as_adopted() -> None:
    """Told as it is: nothing new was made."""
    told = as_json.outcomes([Done(plans.created(), "01A", adopted=True)])

    assert told["outcomes"][0]["action"] == "adopt"


def test_json_is_json_whatever_the_texts_hold() -> None:
    """A lone surrogate or a control character is no reason to fail."""
    told = as_json.written(as_json.plan(plans.plan(who_will_notice=("\ud800\x00\x1b",))))

    assert json.loads(told)["who_will_notice"] == ["\ud800\x00\x1b"]
