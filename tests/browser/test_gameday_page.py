"""What people see who open the report of a game day: on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from reconciler.gameday import report
from reconciler.render.gameday import html
from tests.browser.test_pages import CANARY, FAINT, LONG, WIDTH
from tests.browser.visit import DESK, saved_pages
from tests.gameday import stories
from tests.render import hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from reconciler.gameday.story import Story

    Show = Callable[..., Page]

PHONE = (390, 844)
TABLET = (760, 1024)
COVERED = """() => {
  const covered = [];
  for (const track of document.querySelectorAll(".track")) {
    const texts = [...track.querySelectorAll("text.label")].filter((one) => one.checkVisibility());
    const boxes = texts.map((one) => [one.textContent, one.getBoundingClientRect()]);
    for (const [name, a] of boxes) {
      if (a.left < 0 || a.right > innerWidth) covered.push(`${name} is off the page`);
      for (const [other, b] of boxes) {
        const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 3 || b.bottom <= a.top + 3;
        if (a !== b && !apart) covered.push(`${name} and ${other}`);
      }
    }
  }
  return covered;
}"""
"""Labels of the picture that cover each other, or are off the page."""


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Show reports in windows that have nothing to complain of when the test ends, and asked nobody for anything."""
    with saved_pages(browser, tmp_path) as open_page:

        def begin(story: Story, size: tuple[int, int] = DESK, earlier: Story | None = None, **options: object) -> Page:
            return open_page(html.page(report.of(story, earlier)), size, **options)

        yield begin


@pytest.mark.parametrize("text", [CANARY, LONG, *hostile.PIECES[-30:]])
def test_no_text_of_a_run_is_ever_run_or_followed(show: Show, text: str) -> None:
    """Whatever people, the account or the file say."""
    page = show(stories.hostile(text))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("a, img, script, iframe, form, foreignObject, image, use, animate").count() == 0


@pytest.mark.parametrize("size", [(320, 640), PHONE, TABLET, DESK])
@pytest.mark.parametrize("story", [*stories.ALL, "long"])
def test_no_report_is_wider_than_its_window(show: Show, size: tuple[int, int], story: str) -> None:
    """From 320 pixels upwards nothing hides at the side."""
    page = show(stories.hostile(LONG) if story == "long" else stories.ALL[story](), size)

    assert page.evaluate(WIDTH) <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("story", ["good", "aborted", "resumed", "storm"])
def test_every_text_of_a_report_stands_out(show: Show, tmp_path: Path, story: str, scheme: str) -> None:
    """Light and dark, at level AA; a screenshot of each is left for people to look at."""
    earlier = stories.good(slower=60, run="earlier") if story == "good" else None
    page = show(stories.ALL[story](), earlier=earlier, color_scheme=scheme)

    page.screenshot(path=tmp_path / f"{story}-{scheme}.png", full_page=True)
    assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("size", [PHONE, TABLET, (900, 800), DESK])
@pytest.mark.parametrize("story", ["good", "aborted", "resumed", "storm", "missed"])
def test_no_label_of_the_picture_covers_another(show: Show, size: tuple[int, int], story: str) -> None:
    """However wide the window is."""
    assert show(stories.ALL[story](), size).evaluate(COVERED) == []


def test_a_bar_stands_where_its_window_is(show: Show) -> None:
    """Below the axis, in the same place as its time there, and as long as its window."""
    page = show(stories.good())
    bar = page.locator(".lane rect.window.failed").bounding_box()
    grid = page.locator(".lane .track").first.bounding_box()
    assert bar
    assert grid

    assert (bar["x"] - grid["x"]) / grid["width"] == pytest.approx(600 / 1802, abs=0.01)
    assert bar["width"] / grid["width"] == pytest.approx(600 / 1802, abs=0.01)


def test_the_axis_stays_in_sight(show: Show) -> None:
    """In the storm of thirty incidents one knows at any of them when it was."""
    page = show(stories.storm())
    page.mouse.wheel(0, 1_200)
    page.wait_for_function("scrollY > 600")

    axis = page.locator(".axis").first.bounding_box()
    assert axis
    assert axis["y"] == pytest.approx(0, abs=1)


def test_a_report_can_be_read_without_scripts_and_on_paper(show: Show) -> None:
    """Everything is there; the table that is folded is printed all the same."""
    page = show(stories.large(20, 200, 100), java_script_enabled=False)
    row = page.locator(".rows tbody tr").first

    expect(row).to_be_hidden()
    page.emulate_media(media="print")
    expect(row).to_be_visible()


def test_the_table_can_be_unfolded_with_the_keyboard(show: Show) -> None:
    """It is a stop of its own, and Enter folds it."""
    page = show(stories.missed())
    row = page.locator(".rows tbody tr").first
    expect(row).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(row).to_be_hidden()


def test_whoever_hears_a_page_hears_every_verdict(show: Show) -> None:
    """The picture is hidden from them; its words and the table are not."""
    tree = show(stories.resumed()).locator("body").aria_snapshot()

    assert tree.count("not observed") >= 4
    assert "within 15m Affected services filled" in tree
    assert 'columnheader "What came of it"' in tree


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_a_large_run_can_still_be_read(show: Show, size: tuple[int, int]) -> None:
    """500 steps, 50 incidents, 2,000 things that people did: a lane for each incident, the table folded."""
    page = show(stories.large(), size)

    assert page.locator(".lane").count() == 51
    assert page.evaluate(WIDTH) <= size[0]
    expect(page.locator(".rows tbody tr").first).to_be_hidden()
