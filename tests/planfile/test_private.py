"""Texts of private incidents: a plan file holds none, and apply sends the ones that match their digests."""

from __future__ import annotations

import re

import pytest

from tests.planfile.desk import Desk, incident, typed

SECRETS = ("Title of one", "Seen in the vault", "By whom nobody", "Older words", "vault.example")
SPEC = {
    "visibility": "private",
    "summary": "Seen in the vault",
    "updates": "[{id: first, message: By whom nobody knows.}]",
    "call_url": "https://vault.example.com/",
}


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """Save a plan that declares a private incident."""
    desk.declare(incident("one", **SPEC))
    desk.plan()
    return desk


def test_no_text_of_a_private_incident_is_in_the_file(planned: Desk) -> None:
    """Neither what is declared nor what stands in the account; its name is the repository's own."""
    first = planned.file.read_text()
    assert planned.carry_out().code == 0
    planned.declare(incident("one", **SPEC | {"summary": "Older words"}))
    planned.plan()
    planned.edit(planned.incident("Title of one")["id"], summary="By whom nobody")
    second = planned.file.read_text()
    planned.plan()

    for text in (first, second, planned.file.read_text()):
        assert [secret for secret in SECRETS if secret in text] == []


def test_what_is_applied_is_what_the_manifest_says(planned: Desk) -> None:
    """The texts come from the manifest, once their digests are those of the file."""
    ended = planned.carry_out()

    assert ended.code == 0, ended.stdout
    assert planned.incident("Title of one")["summary"] == "Seen in the vault"
    assert planned.updates(planned.incident("Title of one")["id"]) == ["By whom nobody knows."]
    assert [secret for secret in SECRETS if secret in ended.stdout + ended.stderr] == []


def test_a_text_that_is_not_that_of_its_digest_is_not_sent(planned: Desk) -> None:
    """Whatever else the file says of it."""
    content = planned.content
    request = content["saved"]["plan"]["changes"][0]["request"]
    assert "(private, " in request["body"]["summary"]
    request["body"]["summary"] = request["body"]["name"]
    planned.forge(content)
    ended = planned.carry_out()

    assert ended.code == 4
    assert "! Incident/one" in ended.stdout
    assert "what is to be sent is no longer what was shown" in ended.stdout
    assert planned.writes() == []


def test_what_changed_in_a_private_incident_is_told_without_its_texts(planned: Desk) -> None:
    """By name alone: a job's log is read by more people than the incident."""
    planned.carry_out()
    planned.declare(incident("one", **SPEC | {"summary": "Older words"}))
    planned.plan()
    planned.edit(planned.incident("Title of one")["id"], summary="By whom nobody")
    ended = planned.carry_out()

    assert ended.code == 4
    assert "    changed since: summary\n" in ended.stdout
    assert [secret for secret in SECRETS if secret in ended.stdout + ended.stderr] == []


def test_digests_of_two_plans_cannot_be_compared(planned: Desk) -> None:
    """Each plan has a salt of its own; within one, equal texts have equal digests."""
    first = planned.content["saved"]["plan"]["changes"][0]
    planned.plan()
    second = planned.content["saved"]["plan"]["changes"][0]

    assert re.fullmatch(r"\(private, hmac [0-9a-f]{32}\)", first["name"])
    assert first["name"] == first["request"]["body"]["name"] != second["name"]


def test_texts_are_in_the_file_where_that_is_asked_for(desk: Desk) -> None:
    """--show-private puts them there; showing them again takes the flag again."""
    desk.declare(incident("one", **SPEC))
    desk.plan("--show-private")
    hidden = typed(desk.folder, "plan", "show", "plan.json").stdout
    shown = typed(desk.folder, "plan", "show", "plan.json", "--show-private").stdout

    assert "Seen in the vault" in desk.file.read_text()
    assert "Seen in the vault" in shown
    assert [secret for secret in SECRETS if secret in hidden] == []
    assert desk.carry_out().code == 0
