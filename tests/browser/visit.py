"""A browser and a sandbox in; pages that are watched for anything that pages must not do out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

PHONE: Final = (360, 740)
DESK: Final = (1280, 800)
REFRESH: Final = 2_000  # milliseconds between two looks of a page at the sandbox


class Visit:
    """One window on one sandbox, with a clock that moves when it is told to."""

    def __init__(self, browser: Browser, url: str, size: tuple[int, int] = DESK, **options: Any) -> None:
        width, height = size
        self.url = url
        self.complaints: list[str] = []
        self.requested: list[str] = []
        self.looks = 0
        self._context = browser.new_context(viewport={"width": width, "height": height}, **options)
        self._context.expose_function("canary", lambda: self.complaints.append("a text was run"))
        self.page: Page = self._context.new_page()
        self.page.on("request", self._note)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"dialog: {dialog.message}"))
        if options.get("java_script_enabled", True):
            self.page.clock.install()

    def go(self, path: str) -> Page:
        """Open a page, and wait until it is all there."""
        self.page.goto(self.url + path)
        return self.page

    def refresh(self) -> None:
        """Let the time pass after which a page looks again, and wait until it has."""
        with self.looking():
            self.page.clock.run_for(REFRESH)

    def looking(self) -> AbstractContextManager[Any]:
        """Wait at the end of the block until the page has looked again."""
        return self.page.expect_event("requestfinished", lambda request: request.resource_type == "xhr")

    def leave(self) -> None:
        """Close the window."""
        self._context.close()

    @property
    def strangers(self) -> list[str]:
        """The addresses other than the sandbox's that were asked for something."""
        return [url for url in self.requested if not url.startswith(f"{self.url}/")]

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser notes it when a page is answered with a 404, as the page of an unknown incident is.
        if "status of 404" not in message.text or "/incidents/" not in message.location["url"]:
            self.complaints.append(f"console: {message.text}")

    def _note(self, request: Request) -> None:
        self.requested.append(request.url)
        self.looks += request.resource_type == "xhr"


@contextmanager
def saved_pages(browser: Browser, folder: Path) -> Iterator[Callable[..., Page]]:
    """Give what saves a page's text as a file and opens it; none complains, or asks for anything but itself."""
    visits: list[Visit] = []

    def open_page(text: str, size: tuple[int, int] = DESK, **options: object) -> Page:
        file = folder / f"page-{len(visits)}.html"
        file.write_text(text, encoding="utf-8")
        visits.append(Visit(browser, file.as_uri(), size, **options))
        return visits[-1].go("")

    yield open_page
    for visit in visits:
        visit.leave()
        assert visit.complaints == []
        assert visit.requested == [visit.url]
