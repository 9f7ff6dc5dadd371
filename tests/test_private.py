from __future__ import annotations

import re

from reconciler.model import Cause, FieldChange, Plan
from reconciler.render import as_json, markdown, page, text
from reconciler.secrecy.private import digest, veiled
from tests.render import plans

SECRETS = (
    "latency",
    "p99",
    "eu-west-1",
    "Deploy 4821",
    "bad deploy",
    "Error rate",
    "Search",
    "Payments",
    "meet.example",
    "Alice",
)


def private() -> Plan:
    """Return a plan of private incidents."""
    return plans.plan(
        private=frozenset({plans.CHECKOUT, plans.SEARCH}),
        who_will_notice=(),
        refusals=(),
        notices=(),
    )


def test_no_text_of_a_private_incident_leaves_the_terminal() -> None:
    """Neither text nor JSON nor Markdown holds a word of it; keys and places are the repository's own."""
    plan = veiled(private())
    told = [
        page.plain(text.page(plan), page.PIPE),
        as_json.written(as_json.plan(plan)),
        markdown.comment(plan),
    ]

    names = (plans.CHECKOUT.name, "search")
    for one in told:
        rest = one
        for name in names:
            rest = rest.replace(name, "")
        assert [secret for secret in SECRETS if secret in rest] == []


def test_how_a_private_incident_stands_is_told() -> None:
    """Statuses and severities are the organisation's words, and what a reviewer needs."""
    told = page.plain(text.page(veiled(private())), page.PIPE)

    assert "    created        Investigating, Catastrophic\n" in told


def test_a_digest_tells_texts_apart_and_the_same_text_again() -> None:
    """A reviewer sees that a text changes, and where it stands again."""
    same, other = digest("a"), digest("b")

    assert same == digest("a") != other
    assert re.fullmatch(r"\(private, hmac [0-9a-f]{8}…\)", same)


def test_what_is_not_private_stays_as_it_is() -> None:
    """Only the incidents that are named are veiled."""
    change = plans.edited(FieldChange("summary", "before", "after", Cause.MANIFEST))
    plan = plans.plan(changes=(change, plans.created()), private=frozenset({plans.CHECKOUT}))

    assert veiled(plan).changes[0] == change
