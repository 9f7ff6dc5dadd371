"""What people see: the pages of a served sandbox in a real browser."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.visit import DESK, PHONE, Visit
from tests.ports import held_port
from tests.processes import RECONCILER, ROOT, environment, serving

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.browser.conftest import Api, Open

PAGES = ("/", "/incidents/1", "/requests", "/incidents/77")
CANARY = """"'--></title></style></script><script>canary()</script>
<img src=x onerror=canary()><img src=//elsewhere.example/pixel><svg onload=canary()>
<a href=javascript:canary()>here</a><meta http-equiv=refresh content='0;url=https://elsewhere.example/'>
{{constructor.constructor('canary()')()}}""".replace("\n", " ")
TOP = "element => element.getBoundingClientRect().top"
WIDTH = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
SHORT = "<img src=x onerror=canary()>"
LONG = "W" * 300 + " \u05ea\u05e7\u05dc\u05d4 \u202e\u0628\u0637\u064a\u0621 https://example.com/" + "path/" * 60


def _fill(api: Api, text: str, short: str) -> None:
    """Put a text into every place that takes one, in an incident and around it."""
    severity = api.send_json("POST", "/v1/severities", name=short, description=text, rank=9)
    role = api.send_json("POST", "/v2/incident_roles", name=text, description=text, instructions=text, shortform="x")
    field = api.send_json("POST", "/v2/custom_fields", name=short, description=text, field_type="single_select")
    option = api.send_json("POST", "/v1/custom_field_options", custom_field_id=field["id"], value=text)
    status = api.send_json("POST", "/v1/incident_statuses", name=text, description=text, category="live", rank=9)
    known = api.ids("/v2/custom_fields")
    values = {field["id"]: {"value_option_id": option["id"]}, known["Root cause"]: {"value_text": text}}
    incident = api.declare(
        name=text,
        summary=text,
        severity_id=severity["id"],
        incident_status_id=status["id"],
        slack_channel_name_override=text,
        incident_role_assignments=[{"incident_role_id": role["id"], "assignee": {"email": "alice@example.com"}}],
        custom_field_entries=[{"custom_field_id": key, "values": [value]} for key, value in values.items()],
    )
    api.once(
        incident, "/v2/incident_updates", message=text, to_incident_status_id=api.ids("/v1/incident_statuses")["Fixing"]
    )
    timeline = {"timestamp": "2026-11-20T09:05:00Z", "title": text, "description": text}
    api.once(incident, "/v2/incident_timeline_items", **timeline)
    api.within(incident, "/v3/actions", description=text)
    api.within(incident, "/v3/follow_ups", title=text, description=text)
    api.declare(name=text, idempotency_key=text)
    api.get(f"/v2/{text}", params={"query": text})


def test_what_the_empty_board_says_to_type_fills_it(look: Open, tmp_path: Path) -> None:
    """The commands work as they stand, and the page follows by itself, without loading anew."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    visit = look()
    page = visit.go("/")
    page.evaluate("window.isTheSame = true")
    export, apply = page.locator("pre").inner_text().splitlines()
    name, _, value = shlex.split(export)[1].partition("=")

    command = [*RECONCILER, *shlex.split(apply)[1:], "--auto-approve"]
    subprocess.run(command, cwd=tmp_path, env={**environment(), name: value}, check=True, capture_output=True)
    visit.refresh()

    card = page.locator("#incident-1")
    expect(card).to_contain_text("INC-1")
    expect(card).to_contain_text("Checkout latency above SLO")
    expect(card).to_contain_text("Minor")
    expect(card).to_contain_text("Alice Archer")
    expect(card).to_contain_text("Test")
    expect(page.get_by_role("region", name="Monitoring")).to_contain_text("INC-1")
    assert page.evaluate("window.isTheSame")


def test_a_refresh_takes_nothing_from_the_reader(api: Api, look: Open) -> None:
    """Focus, selection, the target of the address and what is in view stay, though new cards come in above."""
    for _ in range(30):
        api.declare()
    visit = look()
    page = visit.go("/#incident-5")
    page.locator("#incident-6 a").focus()
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#incident-7 .reference'))")
    before = page.locator("#incident-6").evaluate(TOP)

    api.declare(name="A new one")
    visit.refresh()

    expect(page.locator("#incident-31")).to_contain_text("A new one")
    assert page.evaluate("document.activeElement.closest('li').id") == "incident-6"
    assert page.evaluate("getSelection().toString()") == "INC-7"
    assert page.evaluate("document.querySelector(':target').id") == "incident-5"
    assert page.locator("#incident-6").evaluate(TOP) == pytest.approx(before, abs=1)


def test_focus_follows_an_incident_into_another_column(api: Api, look: Open) -> None:
    """What moves is moved, not made anew."""
    incident = api.declare()
    visit = look()
    page = visit.go("/")
    page.locator("#incident-1 a").focus()

    api.once(incident, "/v2/incident_updates", to_incident_status_id=api.ids("/v1/incident_statuses")["Fixing"])
    visit.refresh()

    expect(page.get_by_role("region", name="Fixing")).to_contain_text("INC-1")
    expect(page.locator("#incident-1 a")).to_be_focused()


def test_an_incident_and_the_requests_follow_by_themselves(api: Api, look: Open) -> None:
    """A page that is open shows what comes, newest first."""
    incident = api.declare()
    one, log = look(), look()
    one.go("/incidents/1")
    log.go("/requests?show=writes")

    api.once(incident, "/v2/incident_updates", message="We know why.")
    one.refresh()
    log.refresh()

    expect(one.page.locator(".event").first).to_contain_text("We know why.")
    expect(log.page.locator("tbody tr").first).to_contain_text("/v2/incident_updates")
    expect(log.page.locator("tbody tr")).to_have_count(2)


def test_an_incident_that_is_not_there_yet_appears(api: Api, look: Open) -> None:
    """The page that said so shows it, once it is declared."""
    visit = look()
    page = visit.go("/incidents/1")
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no INC-1")

    api.declare()
    visit.refresh()

    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout is slow")


def test_a_hidden_page_asks_for_nothing(look: Open) -> None:
    """It waits while nobody looks, and looks at once when somebody does again."""
    visit = look()
    page = visit.go("/")
    page.evaluate("Object.defineProperty(document, 'hidden', {get: () => window.isHidden, configurable: true})")
    page.evaluate("window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    page.clock.run_for(60_000)
    assert visit.looks == 0

    with visit.looking():
        page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")

    assert visit.looks == 1


def test_refreshing_can_be_paused_with_the_keyboard(look: Open) -> None:
    """Who reads a moving page can stop it."""
    visit = look()
    page = visit.go("/requests")
    button = page.get_by_role("button", name="Pause")
    button.press("Enter")
    page.clock.run_for(60_000)
    assert visit.looks == 0
    expect(page.get_by_role("status")).to_have_text("Paused")

    with visit.looking():
        button.press("Enter")

    expect(page.get_by_role("status")).to_have_text("Live")


def test_a_sandbox_that_is_gone_is_told_and_found_again(browser: Browser, tmp_path: Path) -> None:
    """The page stays, says what is wrong, and goes on by itself when the sandbox is back."""
    with held_port() as port:
        with serving(tmp_path, "--port", str(port)) as url:
            visit = Visit(browser, url)
            page = visit.go("/")
        state = page.get_by_role("status")

        with page.expect_event("requestfailed"):
            page.clock.run_for(2_000)
        expect(state).to_have_text("The sandbox does not answer. Trying again…")
        expect(page.get_by_role("heading", level=1)).to_have_text("No incidents yet")

        with serving(tmp_path, "--port", str(port)):
            visit.refresh()
            expect(state).to_have_text("Live")
        visit.leave()


@pytest.mark.parametrize("is_there_first", [True, False], ids=["loaded", "refreshed"])
def test_no_text_is_ever_run(api: Api, look: Open, is_there_first: bool) -> None:
    """Not in any field, not on any page, neither as it loads nor as it refreshes; and nobody else is asked."""
    if is_there_first:
        _fill(api, CANARY, SHORT)
    visits = {path: look() for path in PAGES}
    for path, visit in visits.items():
        visit.go(path)
    if not is_there_first:
        _fill(api, CANARY, SHORT)
        for visit in visits.values():
            visit.refresh()

    for path, visit in visits.items():
        main = visit.page.locator("main")
        expect(main).to_contain_text("INC-77" if path.endswith("77") else "canary()")
        expect(main.locator("img, script, meta, [onload], [onerror], [href^=javascript]")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_no_page_is_wider_than_its_window(api: Api, look: Open, size: tuple[int, int]) -> None:
    """Nobody has to scroll sideways to read, however long the words are."""
    _fill(api, LONG, LONG[:50])
    visit = look(size=size)

    widths = {path: visit.go(path).evaluate(WIDTH) for path in PAGES}

    assert widths == dict.fromkeys(PAGES, size[0])


def test_pages_can_be_read_without_scripts(api: Api, look: Open) -> None:
    """All of it is there, the browser asks again by itself, and nothing is offered that needs a script."""
    visit = look(java_script_enabled=False)
    page = visit.go("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("No incidents yet")
    expect(page.get_by_role("button")).to_have_count(0)

    api.declare()

    expect(page.locator("#incident-1")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Checkout is slow").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Checkout is slow")


# Returns each text whose contrast with what is behind it is below what WCAG 2 asks for at level AA.
FAINT = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const channel = (value) => value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(one).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const isText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!isText || !element.checkVisibility()) continue;
    const [text, ground] = [parse(getComputedStyle(element).color), behind(element)].map(luminance);
    const contrast = (Math.max(text, ground) + 0.05) / (Math.min(text, ground) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${element.className} ${element.textContent.trim()}`);
  }
  return faint;
}"""


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(246, 246, 248)"), ("dark", "rgb(17, 18, 23)")])
def test_every_text_stands_out(api: Api, look: Open, tmp_path: Path, scheme: str, ground: str) -> None:
    """Light and dark, at level AA; a screenshot of each page is left for people to look at."""
    _declare_each_severity(api)
    visit = look(color_scheme=scheme, reduced_motion="reduce")

    for number, path in enumerate(PAGES):
        page = visit.go(path)
        screenshot = tmp_path / f"{scheme}-{number}.png"
        page.screenshot(path=screenshot, full_page=True)

        assert screenshot.read_bytes().startswith(b"\x89PNG")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        assert page.evaluate(FAINT) == []


def _declare_each_severity(api: Api) -> None:
    for rank in (10, 20):
        api.send_json("POST", "/v1/severities", name=f"Worse {rank}", description="", rank=rank)
    statuses = api.ids("/v1/incident_statuses")
    for severity in api.ids("/v1/severities").values():
        incident = api.declare(severity_id=severity, mode="test", visibility="private", summary="What is known.")
        api.once(incident, "/v2/incident_updates", message="Told.", to_incident_status_id=statuses["Reviewing"])
    first = {"id": incident["id"]}
    api.once(first, "/v2/incident_timeline_items", timestamp="2026-11-20T09:05:00Z", title="Noted")
    api.within(first, "/v3/actions", description="To do")
    api.get("/v2/incidents/unknown")


def test_a_page_can_be_used_with_the_keyboard(api: Api, look: Open) -> None:
    """The first stop skips the navigation; each stop can be seen; a card is opened by Enter."""
    api.declare()
    visit = look()
    page = visit.go("/")

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    link = page.get_by_role("link", name="Checkout is slow")
    while not page.evaluate("document.activeElement.closest('.card')"):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    expect(link).to_be_focused()
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{visit.url}/incidents/1")


def test_pages_have_landmarks_and_headings(api: Api, look: Open) -> None:
    """Who listens to a page finds the way: one banner, one main, one level-1 heading, named regions for columns."""
    api.declare()
    visit = look()

    for path in PAGES[:3]:
        page = visit.go(path)
        for role in ("banner", "main", "contentinfo"):
            expect(page.get_by_role(role)).to_have_count(1)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_role("navigation", name="Pages")).to_have_count(1)
    page = visit.go("/")
    expect(page.get_by_role("region", name="Investigating (Active) 1")).to_have_count(1)
