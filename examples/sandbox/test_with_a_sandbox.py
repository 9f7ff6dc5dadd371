"""Tests of a program of yours against an incident.io account of their own: `pytest examples/sandbox`.

`incident_sandbox` comes with the package, as a pytest plugin; there is nothing to import.
"""

import httpx
import pytest

MINOR = "01SANDB0XSEVER1TY000000001"  # the same in every new sandbox


def declare(url, key, name):
    """Stand in for the program that is under test: it declares an incident, and asks again where no answer comes."""
    body = {"idempotency_key": name, "visibility": "public", "name": name, "severity_id": MINOR}
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(3):
        try:
            answer = httpx.post(f"{url}/v2/incidents", json=body, headers=headers, trust_env=False)
        except httpx.TransportError:
            continue
        if answer.is_success:
            return answer.json()["incident"]
    raise RuntimeError("no answer")


def test_an_incident_is_declared(incident_sandbox):
    """The account is new for each test, and keeps a log of what it was asked."""
    incident = declare(incident_sandbox.url, incident_sandbox.key, "checkout is slow")

    assert incident["reference"] == "INC-1"
    assert [request["path"] for request in incident_sandbox.writes] == ["/v2/incidents"]


@pytest.mark.incident_sandbox(faults=["drop-after:1:POST", "503-before:2:POST"])
def test_a_lost_answer_makes_no_second_incident(incident_sandbox):
    """The first answer is lost after the incident was made; the second request finds the service away."""
    declare(incident_sandbox.url, incident_sandbox.key, "checkout is slow")

    assert len(incident_sandbox.writes) == 1
