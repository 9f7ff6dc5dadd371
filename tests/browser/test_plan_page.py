"""What people see who open `plan --format html`: in a real browser, on a desk, on a phone, in the dark, on paper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from reconciler.model import Key
from reconciler.render import html
from tests.browser.test_pages import CANARY, FAINT, LONG, WIDTH
from tests.browser.visit import DESK, saved_pages
from tests.render import hostile, plans

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from reconciler.model import Plan

    Show = Callable[..., Page]

PHONE = (390, 844)


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Show plans in windows that have nothing to complain of when the test ends, and asked nobody for anything."""
    with saved_pages(browser, tmp_path) as open_page:

        def begin(plan: Plan, size: tuple[int, int] = DESK, **options: object) -> Page:
            return open_page(html.plan(plan), size, **options)

        yield begin


@pytest.mark.parametrize("text", [CANARY, LONG, *hostile.PIECES[-30:]])
def test_no_text_of_a_plan_is_ever_run_or_followed(show: Show, text: str) -> None:
    """Whatever stands in a name, a summary or a file's name."""
    page = show(hostile.plan(text))

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("a, img, script, iframe, form, svg").count() == 0


@pytest.mark.parametrize("size", [PHONE, DESK])
@pytest.mark.parametrize("text", [None, LONG])
def test_no_plan_is_wider_than_its_window(show: Show, size: tuple[int, int], text: str | None) -> None:
    """Long words are broken, so that nothing hides at the side."""
    page = show(plans.plan() if text is None else hostile.plan(text), size)

    assert page.evaluate(WIDTH) <= size[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_a_plan_stands_out(show: Show, scheme: str) -> None:
    """Light and dark, at level AA."""
    page = show(plans.plan(), color_scheme=scheme)

    assert page.evaluate(FAINT) == []


def test_a_plan_can_be_read_without_scripts_and_on_paper(show: Show) -> None:
    """Everything is there; what is folded is printed all the same."""
    edit = plans.edited()
    many = tuple(replace(edit, key=Key("Incident", f"one-{number}")) for number in range(40))
    page = show(plans.plan(changes=(plans.created(), *many)), java_script_enabled=False)
    line = page.get_by_text("Checkout latency above SLO")

    expect(line).to_be_hidden()
    page.emulate_media(media="print")
    expect(line).to_be_visible()


def test_a_plan_can_be_unfolded_with_the_keyboard(show: Show) -> None:
    """Each resource is a stop, and Enter folds it."""
    page = show(plans.plan())
    line = page.get_by_text("Checkout latency above SLO")
    expect(line).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(line).to_be_hidden()
