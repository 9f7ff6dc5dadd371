"""What a server that rewrites makes of things, once and for all."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.sandbox import Behaviour
from reconciler.sandbox.layout import WIDTH
from reconciler.sandbox.rewriting import AS_SENT, REWRITTEN, form

from .conftest import problems

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Api, Maker

SIGNS = st.sampled_from(
    [
        *"aAéZ-+*#>|<=_`~.):/ \t\n\r\u00a0\u0301\u2028",
        "    ",
        "\n\n",
        "1.",
        "```",
        "---",
        ":fire:",
        "word " * 8,
        "e\u0301",
    ]
)
BULLETS = {"-", "+", "*"}
TEXTS = st.text() | st.lists(SIGNS, max_size=40).map("".join)
LINKS = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "HTTPS"]),
    st.sampled_from(["Example.COM", "me@Example.com:8443", "[2001:DB8::1]", "İ\u0323.example", "K.example"]),
    st.sampled_from(["", "/", "/A/b/", "//"]),
    st.sampled_from(["", "?", "?q=É", "#", "?q#Top"]),
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(str) | st.integers(-(10**20), 10**20).map(str)
MOMENTS = st.datetimes().map(lambda moment: moment.isoformat() + "+01:00").filter(lambda text: text > "0002")
ANY = settings(deadline=None, max_examples=300)


def assert_stays(keep: Callable[[str], str], value: str) -> None:
    """Assert that what was kept is kept as it is."""
    kept = keep(value)
    assert keep(kept) == kept


@ANY
@given(TEXTS)
def test_a_text_that_was_kept_stays(text: str) -> None:
    """Rewriting what was rewritten changes nothing, whatever the text is used for."""
    for keep in (REWRITTEN.exact, REWRITTEN.name, REWRITTEN.title, REWRITTEN.prose):
        assert_stays(keep, text)


@ANY
@given(LINKS)
def test_a_link_that_was_kept_stays(text: str) -> None:
    """An address is normal after one pass."""
    assert_stays(REWRITTEN.link, text)


@ANY
@given(NUMBERS)
def test_a_number_that_was_kept_stays(text: str) -> None:
    """And it is the number that it was, as far as a float can tell."""
    assert_stays(REWRITTEN.number, text)
    assert float(REWRITTEN.number(text)) == float(text)


@ANY
@given(MOMENTS)
def test_a_moment_that_was_kept_stays(text: str) -> None:
    """Its second does not move, however often it is written."""
    assert_stays(REWRITTEN.moment, text)


@ANY
@given(st.sets(st.text()))
def test_a_set_keeps_its_members(values: set[str]) -> None:
    """Only their order is the server's, and it is the same for any order that was sent."""
    kept = REWRITTEN.choices(values)

    assert set(kept) == values
    assert REWRITTEN.choices(reversed(kept)) == kept


@ANY
@given(TEXTS)
def test_no_word_is_lost(text: str) -> None:
    """Prose is laid out anew; its words are those that were sent, in their order, but for bullets and emoji."""
    text = unicodedata.normalize("NFC", text).replace(":fire:", "🔥")

    kept = REWRITTEN.prose(text)

    assert [word for word in kept.split() if word not in BULLETS] == [
        word for word in text.split() if word not in BULLETS
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("  p99 is up. \r\n\r\n\r\nWe look\r\ninto\tit.  ", "p99 is up.\n\nWe look into it."),
        ("- one\n+ two\n* three", "* one\n* two\n* three"),
        ("- one\n  goes on\n  - within", "* one goes on\n  * within"),
        ("# Title\nText\n1. first\n2. second", "# Title\nText\n1. first\n2. second"),
        ("```\nif a:\n\tb\n```\nc\nd", "```\nif a:\n    b\n```\nc d"),
        ("Cafe\u0301 is on :fire:", "Café is on 🔥"),
        ("   ", ""),
        ("five\n- 3\nis two", "five\n* 3 is two"),
    ],
    ids=range(8),
)
def test_prose_is_laid_out_anew(sent: str, kept: str) -> None:
    """Outer blanks, line ends, tabs, bullets, blank lines and composed signs are the server's."""
    assert REWRITTEN.prose(sent) == kept


def test_paragraphs_are_wrapped() -> None:
    """To the server's width, behind the bullet where they are items; no line begins with what would be a bullet."""
    words = "seven words - or eight - make one line " * 5

    lines = REWRITTEN.prose(f"{words}\n\n- {words}").split("\n")

    assert max(len(line.removesuffix(" -")) for line in lines) <= WIDTH
    blank = lines.index("")
    assert blank > 1
    assert all(not line.startswith("- ") for line in lines)
    assert lines[blank + 1].startswith("* seven")
    assert all(line.startswith("  ") for line in lines[blank + 2 :])


@pytest.mark.parametrize(
    ("keep", "sent", "kept"),
    [
        (REWRITTEN.title, " Checkout\n  is\tslow ", "Checkout is slow"),
        (REWRITTEN.name, " Blast  radius\n", "Blast  radius"),
        (REWRITTEN.exact, " e\u0301 ", " é "),
        (REWRITTEN.link, "HTTPS://Meet.Example.COM", "https://meet.example.com/"),
        (REWRITTEN.link, "https://Example.com/A?b=C", "https://example.com/A?b=C"),
        (REWRITTEN.link, "", ""),
        (REWRITTEN.number, "120", "120.0"),
        (REWRITTEN.number, "1e3", "1000.0"),
        (REWRITTEN.number, "", ""),
        (REWRITTEN.moment, "2026-11-20T10:12:00.7+01:00", "2026-11-20T09:12:00.000000Z"),
    ],
    ids=range(10),
)
def test_what_becomes_of_other_values(keep: Callable[[str], str], sent: str, kept: str) -> None:
    """Titles, names, links, numbers and moments each have a form of their own."""
    assert keep(sent) == kept


@ANY
@given(TEXTS)
def test_nothing_is_rewritten_unless_asked(text: str) -> None:
    """The sandbox keeps what it is sent, as it is."""
    as_sent: Any = form(Behaviour())

    assert as_sent is AS_SENT
    assert {keep(text) for keep in (as_sent.exact, as_sent.name, as_sent.title, as_sent.prose, as_sent.link)} == {text}


@pytest.fixture
def rewriter(make_api: Maker) -> Api:
    """Return a client of a sandbox that rewrites what it is sent."""
    return make_api(behaviour=Behaviour(rewrites=True))


SENT = "- p99 is up\t\r\n\r\n\r\n- Cafe\u0301 too "
KEPT = "* p99 is up\n\n* Café too"


def test_an_incident_is_kept_in_the_form_of_the_server(rewriter: Api) -> None:
    """Name, summary, the values of every type of custom field, and timestamps, at creation and by an edit."""
    names = ["Checkout", "Payments", "Search"]
    entries = {entry["name"]: entry["id"] for entry in services(rewriter)}
    reported = rewriter.id_of("/v2/incident_timestamps", "Reported at")
    sent: dict[str, Any] = {
        "name": " Checkout\tis slow",
        "summary": SENT,
        "custom_field_entries": [
            {"custom_field_id": rewriter.field(field), "values": values}
            for field, values in (
                ("Root cause", [{"value_text": SENT}]),
                ("Runbook", [{"value_link": "https://Example.com"}]),
                ("Customers affected", [{"value_numeric": "120"}]),
                ("Affected services", [{"value_catalog_entry_id": entries[name]} for name in names]),
            )
        ],
        "incident_timestamp_values": [{"incident_timestamp_id": reported, "value": "2026-11-20T09:12:00.5Z"}],
    }

    declared = rewriter.declare(**sent)
    edited = rewriter.edit(rewriter.declare(), **sent)

    for incident in (declared, edited):
        assert (incident["name"], incident["summary"]) == ("Checkout is slow", KEPT)
        fields = {entry["custom_field"]["name"]: entry["values"] for entry in incident["custom_field_entries"]}
        assert fields["Root cause"] == [{"value_text": KEPT}]
        assert fields["Runbook"] == [{"value_link": "https://example.com/"}]
        assert fields["Customers affected"] == [{"value_numeric": "120.0"}]
        chosen = [value["value_catalog_entry"]["id"] for value in fields["Affected services"]]
        assert chosen == REWRITTEN.choices(entries[name] for name in names)
        assert incident["incident_timestamp_values"][0]["value"] == {"value": "2026-11-20T09:12:00.000000Z"}


def services(api: Api) -> list[dict[str, Any]]:
    """List the entries of the catalog type Service."""
    params = {"catalog_type_id": api.id_of("/v3/catalog_types", "Service"), "page_size": "25"}
    listed: list[dict[str, Any]] = api.get("/v3/catalog_entries", params=params).json()["catalog_entries"]
    return listed


def test_what_means_the_same_to_the_server_changes_nothing(rewriter: Api) -> None:
    """A text that is kept as the one that is there is no edit: no time moves and no log grows."""
    incident = rewriter.declare(summary=SENT)
    before = rewriter.edit(incident, call_url="https://Meet.example.com")

    after = rewriter.edit(incident, summary=KEPT, name=f" {incident['name']}", call_url="https://meet.example.com/")

    assert after["updated_at"] == before["updated_at"]
    assert after["last_activity_at"] == before["last_activity_at"]
    assert not rewriter.app.requests()[-1]["changed"]


def test_updates_and_timeline_items_are_kept_in_the_form_of_the_server(rewriter: Api) -> None:
    """Messages, titles, descriptions and moments."""
    incident = rewriter.declare()
    body = {"incident_id": incident["id"], "idempotency_key": "one", "title": " Deploy\n4821 ", "description": SENT}

    update = rewriter.updated(incident, message=SENT).json()["incident_update"]
    item = rewriter.post("/v2/incident_timeline_items", json=body | {"timestamp": "2026-11-20T10:05:00.25+01:00"})

    assert update["message"] == KEPT
    kept = item.json()["incident_timeline_item"]
    assert (kept["title"], kept["description"]) == ("Deploy 4821", KEPT)
    assert kept["timestamp"] == "2026-11-20T09:05:00.000000Z"


def test_an_item_edited_to_what_it_is_stays(rewriter: Api) -> None:
    """Nothing is noted where nothing changes."""
    body = {"incident_id": rewriter.declare()["id"], "idempotency_key": "one", "title": "Deploy", "description": SENT}
    item = rewriter.post("/v2/incident_timeline_items", json=body | {"timestamp": "2026-11-20T09:05:00Z"}).json()

    path = f"/v2/incident_timeline_items/{item['incident_timeline_item']['id']}"
    edited = rewriter.patch(path, json={"description": SENT, "title": "Deploy "})

    assert edited.json() == item
    assert not rewriter.app.requests()[-1]["changed"]


def test_configuration_is_kept_in_the_form_of_the_server(rewriter: Api) -> None:
    """Names are trimmed and stay findable; descriptions and instructions are laid out anew."""
    role = {"name": " Scribe ", "shortform": "scribe\n", "description": SENT, "instructions": SENT}

    kept = rewriter.post("/v2/incident_roles", json=role).json()["incident_role"]

    assert {name: kept[name] for name in role} == {
        "name": "Scribe",
        "shortform": "scribe",
        "description": KEPT,
        "instructions": KEPT,
    }
    assert rewriter.put(f"/v2/incident_roles/{kept['id']}", json=role).json()["incident_role"] == kept


def test_a_name_that_is_trimmed_to_a_taken_one_is_taken(rewriter: Api) -> None:
    """Names are unique as they are kept."""
    response = rewriter.post("/v1/severities", json={"name": "Major\n", "description": ""})

    assert (response.status_code, problems(response)) == (422, [("not_unique", "name")])


def test_a_name_of_which_nothing_is_left_is_refused(rewriter: Api) -> None:
    """Blank is empty to a server that trims."""
    incident = rewriter.declare()
    at = {"incident_id": incident["id"], "idempotency_key": "one", "timestamp": "2026-11-20T09:05:00Z"}

    for response, field in (
        (rewriter.post("/v1/severities", json={"name": " ", "description": ""}), "name"),
        (rewriter.edited(incident, name=" \n"), "name"),
        (rewriter.post("/v2/incident_timeline_items", json=at | {"title": "\t"}), "title"),
        (rewriter.updated(incident, message=" \n "), "message"),
    ):
        assert (response.status_code, problems(response)) == (422, [("is_required", field)])


def test_an_option_is_refused_for_its_blanks_all_the_same(rewriter: Api) -> None:
    """The document says that options must not have any around them."""
    body = {"custom_field_id": rewriter.field("Detection method"), "value": " Luck"}

    response = rewriter.post("/v1/custom_field_options", json=body)

    assert (response.status_code, problems(response)) == (422, [("invalid_value", "value")])
