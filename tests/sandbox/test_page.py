import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from reconciler.sandbox import ConnectionDropped, Faults
from reconciler.sandbox.page import instants
from reconciler.sandbox.page.badges import CATEGORIES, LEVELS, severity
from reconciler.sandbox.page.board import CARDS
from reconciler.sandbox.page.requests import ROWS
from reconciler.sandbox.page.text import harmless, web_address
from reconciler.sandbox.page.timeline import EVENTS
from reconciler.sandbox.resources.incident_statuses import CATEGORIES as KNOWN_CATEGORIES

from .conftest import Api, Maker
from .markup import Markup

Json = dict[str, Any]
Browse = Callable[..., Markup]

ROOT = Path(__file__).parents[2]
PAGES = ("/", "/incidents/1", "/requests", "/incidents/77", "/?status=01SANDB0XSTATVS00000000002")
HOSTILE = "<x-canary onload=a()>&lt;\"'{{7*7}}"  # short enough for every name
BREAKOUT = "</title></script><script>alert(1)</script>-->"


@pytest.fixture
def browser(api: Api) -> Iterator[httpx.Client]:
    """A client without a key, as a browser is."""
    with httpx.Client(transport=httpx.WSGITransport(app=api.app), base_url="http://127.0.0.1:8484") as client:
        yield client


@pytest.fixture
def browse(browser: httpx.Client) -> Browse:
    """Get a page that is to be there, and read it."""

    def get(path: str) -> Markup:
        response = browser.get(path)
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        return Markup(response.text)

    return get


def _incident(api: Api) -> Json:
    """Declare an incident with something of everything, all of it hostile, and configure hostile names around it."""
    severity_body = {"name": f"severity {HOSTILE}", "description": HOSTILE, "rank": 9}
    severity_id = api.post("/v1/severities", json=severity_body).json()["severity"]["id"]
    status_body = {"name": f"status {HOSTILE}", "description": HOSTILE, "category": "live", "rank": 9}
    status_id = api.post("/v1/incident_statuses", json=status_body).json()["incident_status"]["id"]
    role_body = {"name": f"role {HOSTILE}", "description": HOSTILE, "instructions": "", "shortform": "x"}
    role_id = api.post("/v2/incident_roles", json=role_body).json()["incident_role"]["id"]
    field_body = {"name": f"field {HOSTILE}", "description": HOSTILE, "field_type": "single_select"}
    field_id = api.post("/v2/custom_fields", json=field_body).json()["custom_field"]["id"]
    option_body = {"custom_field_id": field_id, "value": f"option {HOSTILE}"}
    option_id = api.post("/v1/custom_field_options", json=option_body).json()["custom_field_option"]["id"]
    incident = api.declare(
        name=f"name {HOSTILE} {BREAKOUT}",
        summary=f"summary {HOSTILE}",
        severity_id=severity_id,
        incident_status_id=status_id,
        slack_channel_name_override=HOSTILE,
        incident_role_assignments=[{"incident_role_id": role_id, "assignee": {"email": "alice@example.com"}}],
        custom_field_entries=[
            {"custom_field_id": field_id, "values": [{"value_option_id": option_id}]},
            {"custom_field_id": api.field("Root cause"), "values": [{"value_text": f"text {HOSTILE}"}]},
        ],
    )
    api.updated(incident, message=f"update {HOSTILE}")
    api.edit(incident, name=f"renamed {HOSTILE} {BREAKOUT}")
    _note(api, incident, "2026-11-20T09:05:00Z", title=f"item {HOSTILE}", description=f"details {HOSTILE}")
    api.post("/v3/actions", json={"incident_id": incident["id"], "description": f"action {HOSTILE}"})
    follow_up = {"incident_id": incident["id"], "title": f"follow-up {HOSTILE}", "description": f"reason {HOSTILE}"}
    api.post("/v3/follow_ups", json=follow_up)
    api.get(f"/v2/path {HOSTILE}", params={"query": HOSTILE})
    api.declared(idempotency_key=f"key {HOSTILE}")
    return incident


def _note(api: Api, incident: Json, when: str, **told: str) -> Json:
    body = {"incident_id": incident["id"], "timestamp": when, "idempotency_key": f"{when} {told}", **told}
    item: Json = api.post("/v2/incident_timeline_items", json=body).json()["incident_timeline_item"]
    return item


def _many(api: Api, count: int) -> None:
    """Declare copies of the one incident that there is, quicker than the API would."""
    with api.app.store.writing() as transaction:
        sql = """INSERT INTO incident
            SELECT each.value, 'copy' || each.value, created, updated, activity, status, severity, incident.type, mode,
            visibility, body FROM incident, json_each(?) AS each WHERE number = 1"""
        transaction.write(sql, (json.dumps(list(range(2, count + 1))),))


def test_the_board_shows_what_tells_incidents_apart(api: Api, browse: Browse) -> None:
    """Reference, name, severity, lead, and badges for what is private, not for real, or of a special type."""
    lead = {"incident_role_id": api.role("Incident Lead"), "assignee": {"email": "alice@example.com"}}
    api.declare(name="Checkout is slow", incident_role_assignments=[lead])
    api.declare(name="A drill", mode="test", severity_id=api.severity("Critical"))
    security = api.id_of("/v1/incident_types", "Security")
    api.declare(name="A leak", visibility="private", incident_type_id=security)

    text = browse("/").text

    assert "INC-1 now Checkout is slow Minor Lead: Alice Archer" in text
    assert "INC-2 now A drill Critical No lead Test" in text
    assert "INC-3 now A leak Minor No lead Private Security" in text


def test_columns_follow_the_life_of_an_incident(api: Api, browse: Browse) -> None:
    """By category, then by rank; the newest incident first; empty columns only where incidents begin."""
    ids = {name: api.status(name) for name in ("Investigating", "Fixing", "Monitoring", "Closed", "Reviewing")}
    for name in ("Closed", "Reviewing", "Investigating", "Investigating"):
        api.declare(incident_status_id=ids[name])

    page = browse("/")

    columns = [one for one in page.ids("status-") if not one.endswith("-name")]
    assert columns == [ids[name] for name in ("Investigating", "Fixing", "Monitoring", "Reviewing", "Closed")]
    assert page.ids("incident-") == ["4", "3", "2", "1"]
    assert "Active 2 Paused 0 Post-incident 1 Closed 1" in page.text


def test_every_category_has_its_place() -> None:
    """The pages name the same categories as the API, in the same order."""
    assert tuple(CATEGORIES) == KNOWN_CATEGORIES


def test_a_column_is_capped_and_nothing_is_out_of_reach(api: Api, browse: Browse) -> None:
    """The newest are shown, the rest is counted, and can be paged through."""
    incident = api.declare()
    _many(api, 2 * CARDS + 1)
    shelf = f"/?status={incident['incident_status']['id']}"

    page = browse("/")

    assert page.ids("incident-") == [str(number) for number in range(2 * CARDS + 1, CARDS + 1, -1)]
    assert f"and {CARDS + 1} more" in page.text
    assert {"href": shelf} in page.all("a")
    assert browse(shelf).ids("incident-") == page.ids("incident-")
    assert browse(f"{shelf}&before={CARDS + 2}").ids("incident-")[-1] == "2"
    assert browse(f"{shelf}&before=2").ids("incident-") == ["1"]


def test_ten_thousand_incidents_do_not_make_the_board_longer(api: Api, browse: Browse) -> None:
    """What is not shown is counted in the database, and never loaded."""
    api.declare()
    _many(api, 10_000)

    page = browse("/")

    assert len(page.ids("incident-")) == CARDS
    assert "Incidents 10,000" in page.text
    assert f"and {10_000 - CARDS:,} more" in page.text


def test_an_empty_board_says_what_to_type(browse: Browse) -> None:
    """The commands name the address at which the page was asked for."""
    text = browse("/").text

    assert "No incidents yet" in text
    assert "export INCIDENT_API_KEY=sandbox" in text
    assert "reconciler apply examples/quickstart --base-url http://127.0.0.1:8484" in text


def test_a_strange_host_is_not_repeated(browser: httpx.Client) -> None:
    """What somebody is to type comes from nobody else."""
    html = browser.get("/", headers={"Host": "example.com; rm -rf ~"}).text

    assert "rm -rf" not in html


def test_what_was_deleted_is_still_shown(api: Api, browse: Browse) -> None:
    """An incident keeps the name of a status that is no longer configured."""
    body = {"name": "Mitigated", "description": "", "category": "live"}
    status = api.post("/v1/incident_statuses", json=body).json()["incident_status"]["id"]
    incident = api.declare(incident_status_id=status)
    with api.app.store.writing() as transaction:
        transaction.unconfigure(status)

    assert incident["reference"] in browse("/").text
    assert "Mitigated" in browse("/").text
    assert "Mitigated" in browse("/incidents/1").text


def test_severities_are_told_apart_by_rank(api: Api) -> None:
    """The mildest has one bar, the worst all of them, whatever the numbers are."""
    with api.app.store.reading() as transaction:
        organisation = transaction.organisation

    levels = [severity(organisation, body).level for body in organisation.all("severity")]

    assert (levels[0], levels[-1]) == (1, LEVELS)
    assert levels == sorted(set(levels))


def test_an_incident_shows_all_that_is_known(api: Api, browse: Browse) -> None:
    """Roles, fields, timestamps, links, tasks; what is not set is said to be so."""
    incident = api.as_person("bob@example.com").declare(
        summary="Since 14:02.",
        custom_field_entries=[
            {"custom_field_id": api.field("Customers affected"), "values": [{"value_numeric": "340"}]},
            {"custom_field_id": api.field("Runbook"), "values": [{"value_link": "https://example.com/runbook"}]},
        ],
    )
    api.edit(incident, call_url="https://meet.example.com/x")
    action = {"incident_id": incident["id"], "description": "Tell support"}
    api.post("/v3/actions", json={**action, "assignee_id": incident["creator"]["user"]["id"]})
    deleted = api.post("/v3/actions", json={**action, "description": "Nonsense"}).json()["action"]["id"]
    api.delete(f"/v3/actions/{deleted}")
    api.post("/v3/follow_ups", json={"incident_id": incident["id"], "title": "Test it", "description": "Or else"})

    page = browse("/incidents/1")

    for told in (
        "INC-1 Checkout is slow",
        "Since 14:02.",
        "Reporter Bob Baker Nobody: Incident Lead , Communications Lead",
        "Customers affected 340",
        "Not reached: Declined at , Resolved at , Closed at",
        "Actions 1 Tell support Outstanding · Bob Baker",
        "Follow-ups 1 Test it Or else Outstanding · Medium",
        f"/v2/incidents/{incident['id']}",
    ):
        assert told in page.text
    links = [link for link in page.all("a") if not link["href"].startswith(("/", "#"))]
    assert [link["href"] for link in links] == ["https://example.com/runbook", "https://meet.example.com/x"]
    assert all(link["rel"] == "noreferrer noopener" for link in links)


def test_what_happened_is_on_one_axis_of_time(api: Api, browse: Browse) -> None:
    """Newest first; an update stands for the entries that the log has of it; an item stands where it happened."""
    incident = api.declare()
    api.updated(incident, message="We know why.", to_incident_status_id=api.status("Fixing"))
    api.edit(incident, name="Checkout is down")
    item = _note(api, incident, "2020-01-01T10:00:00Z", title="A deploy")
    api.patch(f"/v2/incident_timeline_items/{item['id']}", json={"title": "A bad deploy"})

    page = browse("/incidents/1")

    told = ("Renamed to Checkout is down", "We know why.", "Declared as Investigating", "1 Jan 2020", "A bad deploy")
    places = [page.text.index(one, page.text.index("Timeline")) for one in told]
    assert places == sorted(places)
    assert "Investigating (Active) → Fixing (Active) Update by API key sandbox" in page.text
    assert "noted by API key sandbox , edited" in page.text
    assert len(page.ids("event-")) == 4


def test_a_change_of_a_field_says_from_what_to_what(api: Api, browse: Browse) -> None:
    """Where the log knows it, the page does."""
    incident, field = api.declare(), api.field("Customers affected")
    for number in ("120", "340"):
        entry = {"custom_field_id": field, "values": [{"value_numeric": number}]}
        api.edit(incident, custom_field_entries=[entry])

    assert "Customers affected changed 120 → 340" in browse("/incidents/1").text
    assert "Customers affected changed nothing → 120" in browse("/incidents/1").text


def test_a_long_timeline_is_capped(api: Api, browse: Browse) -> None:
    """The newest events are shown, and the rest is counted."""
    incident = api.declare()
    for second in range(EVENTS + 4):
        _note(api, incident, f"2020-01-01T10:{second // 60:02d}:{second % 60:02d}Z", title=f"Event {second}")

    page = browse("/incidents/1")

    assert len(page.ids("event-")) == EVENTS
    assert f"Event {EVENTS + 3}" in page.text
    assert "and 5 older" in page.text


@pytest.mark.parametrize(
    "path", ["/incidents/2", "/incidents/x", "/incidents/0", f"/incidents/{'9' * 30}", "/?status=x"]
)
def test_what_is_not_there_is_told_as_a_page(browser: httpx.Client, path: str) -> None:
    """A 404 that people can read, and go on from."""
    response = browser.get(path)

    assert response.status_code == 404
    assert "All incidents" in Markup(response.text).text


def test_requests_are_shown_newest_first(api: Api, browse: Browse) -> None:
    """With what each did, and errors and changes set apart."""
    api.declare(idempotency_key="first-of-all")
    api.get("/v2/incidents", params={"page_size": 7})
    api.get("/v2/incidents/unknown")

    page = browse("/requests")

    assert page.ids("request-") == ["3", "2", "1"]
    assert "GET /v2/incidents ?page_size=7 200 \u2013 sandbox" in page.text
    assert "POST /v2/incidents 200 changed sandbox first-of-all" in page.text
    rows = [row.get("class") for row in page.all("tr") if "id" in row]
    assert rows == ["error", "", " changed"]


def test_a_request_of_another_day_says_of_which(api: Api, browse: Browse) -> None:
    """Those of today need no date."""
    api.get("/v2/incidents")
    with api.app.store.writing() as transaction:
        transaction.write("UPDATE request SET time = ? WHERE number = ?", ("2020-02-03T04:05:06.789Z", 1))
    api.get("/v2/incidents")

    text = browse("/requests").text

    assert "3 Feb 2020 04:05:06 .789 GET" in text
    assert text.count("2020") == 1


def test_requests_can_be_filtered_and_paged(api: Api, browse: Browse) -> None:
    """Writes only, errors only, and older ones, so that none is out of reach."""
    api.declare()
    for _ in range(ROWS):
        api.get("/v2/incidents")
    api.get("/v2/incidents/unknown")

    assert browse("/requests?show=writes").ids("request-") == ["1"]
    assert browse("/requests?show=errors").ids("request-") == [str(ROWS + 2)]
    assert len(browse("/requests").ids("request-")) == ROWS
    assert {"rel": "next", "href": "/requests?before=3"} in browse("/requests").all("a")
    assert browse("/requests?before=3").ids("request-") == ["2", "1"]
    assert browse("/requests?before=x&show=x").ids("request-") == browse("/requests").ids("request-")


def test_looking_is_not_logged(api: Api, browser: httpx.Client) -> None:
    """Pages are no traffic of the API, and ask for no key."""
    api.declare()
    before = api.app.requests()

    for path in (*PAGES, "/_sandbox/assets/page.css", "/favicon.ico"):
        browser.get(path)

    assert api.app.requests() == before


@pytest.mark.parametrize("path", ["/", "/incidents/1", "/requests", "/requests?show=errors"])
def test_no_text_becomes_markup(api: Api, browser: httpx.Client, path: str) -> None:
    """Whatever a text says, wherever it stands, a page has the elements that its template has."""
    _incident(api)

    html = browser.get(path).text

    page = Markup(html)
    assert html.count("x-canary") > 0
    assert {element.tag for element in page.elements}.isdisjoint({"x-canary"})
    assert not [element for element in page.elements if any(name.startswith("on") for name in element.attributes)]
    assert len(page.all("script")) == 1
    assert "{{7*7}}" in html
    assert html.count("<title>") == html.count("</title>") == 1


def test_every_text_of_an_incident_is_shown_as_it_is(api: Api, browse: Browse) -> None:
    """None is lost, and none is taken for anything but a text."""
    _incident(api)

    text = browse("/incidents/1").text

    for what in (
        "severity",
        "status",
        "role",
        "field",
        "option",
        "text",
        "renamed",
        "summary",
        "update",
        "item",
        "details",
    ):
        assert f"{what} {HOSTILE}" in text, what
    for what in ("action", "follow-up", "reason"):
        assert f"{what} {HOSTILE}" in text, what
    assert f"path {HOSTILE}" in browse("/requests?show=errors").text
    assert f"key {HOSTILE}" in browse("/requests?show=writes").text


@pytest.mark.parametrize("path", ["/", "/incidents/1"])
def test_control_characters_are_named(api: Api, browser: httpx.Client, path: str) -> None:
    """What would steer a terminal, turn a line around, or break the encoding is shown, not done."""
    api.declare(name="a\x1b[31m\u202eb\x85c\u2066", summary="\x07")

    response = browser.get(path)

    assert "a[U+001B][31m[U+202E]b[U+0085]c[U+2066]" in response.content.decode()
    assert all(sign in "\n\t" or sign.isprintable() or sign == "\xa0" for sign in response.text)


def test_honest_texts_stay_as_they_are() -> None:
    """Arabic, emoji and lines are no attack."""
    text = "\u062e\u0637\u0623\u200f \u0641\u064a\n\u05ea\u05e7 \U0001f469\u200d\U0001f692\t\u00e9"

    assert harmless(text) == text
    assert harmless(7) == 7


def test_half_a_character_is_named() -> None:
    """What UTF-8 cannot write would leave no page at all."""
    assert harmless("a\ud800b").encode() == b"a[U+D800]b"


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.com",
        "data:text/html,<script>alert(1)</script>",
        "\x01https://example.com",
        "https://example.com/\u202egpj",
        "https://example.com/ x",
        'https://example.com/"onclick=alert(1)',
        "//example.com",
        "ftp://example.com",
        "",
    ],
)
def test_only_plain_web_addresses_become_links(text: str) -> None:
    """Anything that a browser could run or misread stays a text."""
    assert web_address(text) is None


def test_a_field_that_holds_something_else_is_no_link(api: Api, browse: Browse) -> None:
    """A text field may hold anything; a link leads only where it says."""
    entry = {"custom_field_id": api.field("Root cause"), "values": [{"value_text": "javascript:alert(1)"}]}
    api.declare(custom_field_entries=[entry])

    page = browse("/incidents/1")

    assert "javascript:alert(1)" in page.text
    assert not [link for link in page.all("a") if "javascript" in link["href"]]


@pytest.mark.parametrize("path", [*PAGES, "/_sandbox/assets/page.js", "/_sandbox/assets/unknown", "/favicon.ico"])
def test_nothing_from_elsewhere_is_allowed_in(api: Api, browser: httpx.Client, path: str) -> None:
    """The policy forbids everything, and lets in the sandbox's own style sheet, script, icon and answers."""
    api.declare()

    headers = browser.get(path).headers

    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    own = ("style-src", "script-src", "img-src", "connect-src")
    assert policy == {
        "default-src": "'none'",
        **dict.fromkeys(own, "'self'"),
        **dict.fromkeys(("base-uri", "form-action", "frame-ancestors", "trusted-types"), "'none'"),
        "require-trusted-types-for": "'script'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_nothing_that_is_not_allowed(api: Api, browser: httpx.Client, path: str) -> None:
    """No inline style or script, no asset from elsewhere; every asset is there."""
    api.declare()

    page = Markup(browser.get(path).text)

    assert not [element for element in page.elements if "style" in element.attributes or element.tag == "style"]
    assets = [one["src"] for one in page.all("script")] + [one["href"] for one in page.all("link")]
    assert len(assets) == 3
    assert [browser.get(asset).status_code for asset in assets] == [200, 200, 200]
    assert not page.all("img")


def test_a_page_refreshes_without_scripts(browse: Browse) -> None:
    """The browser is told to ask again, where no script does."""
    assert {"http-equiv": "refresh", "content": "5"} in browse("/").all("meta")


@pytest.mark.parametrize("path", PAGES)
def test_head_is_get_without_a_body(api: Api, browser: httpx.Client, path: str) -> None:
    """The same status and the same headers."""
    api.declare()
    got = browser.get(path)

    head = browser.head(path)

    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers == got.headers


@pytest.mark.parametrize("path", ["/", "/incidents/1", "/requests", "/_sandbox/assets/page.css", "/favicon.ico"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_pages_are_only_looked_at(browser: httpx.Client, method: str, path: str) -> None:
    """Every other method is refused, with those that there are."""
    response = browser.request(method, path)

    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [("page.css", "text/css"), ("page.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
def test_assets_are_sent_once(browser: httpx.Client, name: str, content_type: str) -> None:
    """With their type, and with a tag by which they are not sent again."""
    first = browser.get(f"/_sandbox/assets/{name}")
    again = browser.get(f"/_sandbox/assets/{name}", headers={"If-None-Match": first.headers["ETag"]})

    assert (first.status_code, again.status_code) == (200, 304)
    assert first.headers["Content-Type"].startswith(content_type)


@pytest.mark.parametrize("name", ["unknown.css", "%2e%2e", "..%2fpage.py", "assets.py", "page.css%00"])
def test_only_assets_are_served(browser: httpx.Client, name: str) -> None:
    """No other file can be asked for."""
    assert browser.get(f"/_sandbox/assets/{name}").status_code == 404


def test_a_page_that_has_not_changed_is_not_sent_again(api: Api, browser: httpx.Client) -> None:
    """What refreshes a page every two seconds costs little where nothing happens."""
    api.declare()
    tag = browser.get("/requests").headers["ETag"]

    assert browser.get("/requests", headers={"If-None-Match": tag}).status_code == 304
    api.declare()
    assert browser.get("/requests", headers={"If-None-Match": tag}).status_code == 200


def test_everything_else_is_left_to_the_api(api: Api) -> None:
    """A path that no page has is answered as the API answers it."""
    for path in ("/requests/", "/incidents", "/incidents/1/2", "/v2/incidents/nope", "/index.html"):
        assert api.get(path).headers["Content-Type"] == "application/json"


def test_whoever_looks_at_no_page_does_not_wait_for_one() -> None:
    """A sandbox within the same process loads no templates."""
    script = """
import sys, httpx
from reconciler.sandbox import create_app
client = httpx.Client(transport=httpx.WSGITransport(app=create_app()), base_url="http://sandbox")
client.get("/v2/incidents")
print("jinja2" in sys.modules)
client.get("/")
print("jinja2" in sys.modules)
"""

    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ended.stdout == "False\nTrue\n"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-5, "now"), (59, "now"), (60, "1 min"), (7_199, "1 h"), (86_400 * 3, "3 d"), (86_400 * 800, "2 y")],
)
def test_an_age_is_told_in_its_largest_unit(seconds: int, told: str) -> None:
    """What is to come is now: clocks differ."""
    assert instants.age(seconds) == told


def test_a_dropped_connection_stands_out(make_api: Maker) -> None:
    """It was asked and got no answer: an error, told in a word, also among the errors alone."""
    api = make_api(faults=Faults.parse(["drop-after:1:POST"]))
    with pytest.raises(ConnectionDropped):
        api.declared()

    for path in ("/requests", "/requests?show=errors"):
        (row,) = re.findall(r'<tr role="row" id="request-1"[^>]*>.*?</tr>', api.get(path).text, re.DOTALL)
        assert 'class="error changed"' in row
        assert "<span>dropped</span>" in row


def test_data_that_is_gone_is_told_on_the_page(make_api: Maker, tmp_path: Path) -> None:
    """With the reason, and without a trace of the program."""
    api = make_api(data=tmp_path / "data.db")
    for file in tmp_path.iterdir():
        file.unlink()

    gone = api.get("/")

    assert (gone.status_code, "deleted or replaced" in gone.text) == (500, True)
