"""A request of a browser in, a page that shows the sandbox to people out; it needs no key, and is not logged."""

from reconciler.sandbox.page.page import Page

__all__ = ["Page"]
