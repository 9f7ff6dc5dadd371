"""Plans made by hand, one of each thing that a plan can hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from reconciler.diff import telling
from reconciler.model import (
    Adopt,
    Cause,
    Create,
    Drifted,
    Edit,
    Fate,
    FieldChange,
    Key,
    Leaf,
    Leaves,
    Live,
    Mover,
    Notice,
    Observation,
    Plan,
    Post,
    Ref,
    Refusal,
    Request,
    Source,
    Topic,
    Why,
)

CHECKOUT = Key("Incident", "checkout-latency-2026-11")
SEARCH = Key("Incident", "search-errors")
LOGIN = Key("Incident", "login-slow")
SEVERITY = Key("Severity", "catastrophic")
PAYMENTS = Key("Incident", "payments")
OLD = Key("Incident", "old-outage")
UPDATES, ITEMS = "/v2/incident_updates", "/v2/incident_timeline_items"


def leaf(value: Any, text: Any = None, label: str = "") -> Leaf:
    """Return a leaf; it reads as it is sent unless said."""
    return Leaf(value, value if text is None else text, label)


def created() -> Create:
    """Return a new incident."""
    return Create(
        key=CHECKOUT,
        source=Source("incidents/checkout.yaml", 3),
        name="Checkout latency above SLO",
        request=Request(
            "POST",
            "/v2/incidents",
            {
                "idempotency_key": "checkout-latency-2026-11.1-0123",
                "name": "Checkout latency above SLO",
                "severity_id": Ref(SEVERITY),
                "summary": "p99 above 2 s\nin eu-west-1",
                "custom_field_entries": [{"custom_field_id": "01F", "values": [{"value_text": "a bad deploy"}]}],
            },
        ),
        sent={
            ("name",): leaf("Checkout latency above SLO"),
            ("summary",): leaf("p99 above 2 s\nin eu-west-1"),
            ("status",): leaf("01S", "Investigating"),
            ("severity",): leaf(Ref(SEVERITY), "Catastrophic"),
            ("custom_fields", "01F"): leaf([{"value_text": "a bad deploy"}], "a bad deploy", "Root cause"),
        },
        idempotency_key="checkout-latency-2026-11.1-0123",
    )


def timeline_item() -> Create:
    """Return an item of its timeline."""
    return Create(
        key=CHECKOUT.of("timeline", "deploy"),
        source=Source("incidents/checkout.yaml", 30),
        name="Deploy 4821 to eu-west-1",
        request=Request("POST", ITEMS, {"incident_id": Ref(CHECKOUT), "title": "Deploy 4821 to eu-west-1"}),
        sent={("at",): leaf("2026-11-20T09:05:00Z"), ("title",): leaf("Deploy 4821 to eu-west-1")},
    )


def update(name: str, message: str, **moves: str) -> Post:
    """Return an update of the new incident."""
    moved: Leaves = {(field,): leaf(f"01{text}", text) for field, text in moves.items()}
    return Post(
        key=CHECKOUT.of("update", name),
        source=Source("incidents/checkout.yaml", 20),
        request=Request("POST", UPDATES, {"incident_id": Ref(CHECKOUT), "message": message}),
        sent={("message",): leaf(message), **moved},
        idempotency_key=f"{name}.1-0123",
    )


def closing() -> Edit:
    """Return the edit that ends the new incident."""
    return Edit(
        key=CHECKOUT,
        source=Source("incidents/checkout.yaml", 3),
        request=Request(
            "POST",
            f"/v2/incidents/{{{CHECKOUT}#id}}/actions/edit",
            {"incident": {"call_url": "https://meet.example.com/abc"}},
        ),
        sent={
            ("call_url",): leaf("https://meet.example.com/abc"),
            ("roles", "01R"): leaf("01U", "Alice", "Incident Lead"),
        },
        fields=(),
    )


def edited(*fields: FieldChange, key: Key = SEARCH) -> Edit:
    """Return an edit of an incident that exists."""
    return Edit(
        key=key,
        source=Source("incidents/search.yaml", 1),
        request=Request("POST", "/v2/incidents/01L/actions/edit", {"incident": {"summary": "Error rate 9 %"}}),
        sent={},
        fields=fields,
        live=Live("01L", {}, {}, "INC-142"),
    )


def adopted() -> Adopt:
    """Return an incident that is found and taken over."""
    return Adopt(
        LOGIN, Source("incidents/login.yaml", 1), Live("01A", {}, {}, "INC-99"), "its name, mode and visibility"
    )


BOB = Mover("Bob", "user", datetime(2026, 11, 20, 14, 2, tzinfo=UTC))


def moved(key: Key, **different: Any) -> Drifted:
    """Return a status that Bob changed; names change a part of it."""
    whole = Drifted(
        key=key,
        source=Source("incidents/search.yaml", 5, 3),
        path=("status",),
        name="status",
        field="status",
        left="Fixing",
        live="Monitoring",
        desired="Fixing",
        cause=Cause.DRIFT,
        fate=Fate.KEPT,
        mover=BOB,
    )
    return replace(whole, **different)


def told(topic: Topic, one: Drifted) -> Notice:
    """Return what a plan says of it."""
    return Notice(topic, one.key, telling.notice(topic, one), moved=one)


def plan(**different: Any) -> Plan:
    """Return a plan with one of each, or with other parts."""
    fields = (
        FieldChange("summary", "Error rate 2 %\nin all regions", "Error rate 9 %\nin all regions", Cause.MANIFEST),
        FieldChange(
            "custom_fields.Affected services",
            ["Checkout", "Search"],
            ["Checkout", "Payments"],
            Cause.DRIFT,
            ("Payments",),
            ("Search",),
        ),
        FieldChange("call_url", None, "https://meet.example.com/abc", Cause.UNRECORDED),
    )
    seen = Observation("01O", "found", {}, {})
    whole = Plan(
        workspace="acme",
        organisation="https://app.incident.io/acme",
        files=3,
        resources=16,
        changes=(
            created(),
            timeline_item(),
            update("first-notice", "We see elevated latency and are looking into it."),
            update("cause-found", "A bad deploy; rolling back.\nMore soon.", status="Fixing", severity="Minor"),
            closing(),
            edited(*fields),
            adopted(),
        ),
        refusals=(
            Refusal(
                Why.IMPOSSIBLE,
                PAYMENTS,
                Source("incidents/payments.yaml", 7, 3),
                "its type is Default and cannot change after creation; the manifest says Security",
                "write `type: Default`",
            ),
        ),
        notices=(
            told(Topic.KEPT, moved(SEARCH, live="Monitoring", desired="Fixing")),
            replace(
                told(Topic.FINISHED, moved(OLD, live="Closed", desired="Investigating", is_finished=True)),
                hint="write `status: Closed`, or raise `metadata.generation`",
            ),
        ),
        unchanged=tuple(Key("Incident", f"calm-{number}") for number in range(12)),
        who_will_notice=(
            "1 incident is announced in Slack (standard mode): checkout-latency-2026-11",
            "2 updates are posted; posted updates cannot be edited",
            "3 active workflows run on standard incidents",
        ),
        live={SEARCH: Live("01L", {}, {}, "INC-142"), LOGIN: Live("01A", {}, {}, "INC-99")},
        observed={LOGIN.of("update", "first"): seen, LOGIN.of("update", "second"): seen},
    )
    return replace(whole, **different)


def empty() -> Plan:
    """Return a plan with nothing to do."""
    return plan(changes=(), refusals=(), notices=(), who_will_notice=(), observed={})
