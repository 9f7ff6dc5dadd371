"""Whatever stands in an account, a manifest or a file's name is shown as text, and does nothing."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

from hypothesis import example, given, settings
from markdown_it import MarkdownIt

from reconciler.errors import Problem
from reconciler.model import Source
from reconciler.render import html, markdown, page, progress, text
from reconciler.render.log import Log
from reconciler.render.page import Layout
from reconciler.render.words import visible
from tests.render import hostile, plans
from tests.render.hostile import TEXTS
from tests.sandbox.markup import Markup

TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "p", "ul"),
    *("li", "span", "div", "details", "summary"),
}
ATTRIBUTES = {"lang", "charset", "http-equiv", "content", "name", "class", "open"}
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
INVISIBLE = re.compile("[\u200b\u200e\u200f\u2060\ufeff\u3164\U000e0000-\U000e007f]")


def unseen(told: str) -> set[str]:
    """Return the characters of a text that a terminal would not show but obey."""
    steering = {one for one in told if one != "\n" and unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}}
    return steering | {one for one in told if unicodedata.bidirectional(one) in TURNS} | set(INVISIBLE.findall(told))


@given(TEXTS)
def test_text_moves_no_cursor_and_forges_no_colour(told: str) -> None:
    """Plans, progress, summaries, problems and logs hold no control character but the end of a line."""
    plan, outcomes = hostile.plan(told), hostile.outcomes(told)
    shown = [
        page.plain(text.page(plan), page.PIPE),
        page.plain(text.page(plan, Layout(80, fits=True)), Layout(80, fits=True)),
        page.plain(map(progress.of, outcomes), page.PIPE),
        page.plain(progress.summary(outcomes), page.PIPE),
        Log(is_detailed=True, shows_private=True).text(hostile.exchange(told)),
        visible(str(Problem(Source(told), told, told))),
    ]

    assert [found for each in shown if (found := unseen(each))] == []


@given(TEXTS)
def test_a_log_line_is_one_line(told: str) -> None:
    """Nobody writes a request into a log that was not sent."""
    assert "\n" not in Log(is_detailed=False, shows_private=True).text(hostile.exchange(told))


def inline(tokens: list[Any]) -> list[Any]:
    """Return tokens with those within them."""
    return [each for token in tokens for each in (token, *inline(token.children or []))]


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = re.compile(r"</?details>|</?summary>|</?code>|&\w+;|&#\d+;")


@settings(deadline=None)
@example("1. x")
@example("2) x")
@given(TEXTS)
def test_markdown_links_nothing_mentions_nobody_and_holds_no_foreign_html(told: str) -> None:
    """Read by a parser of Markdown: no link, no image, no HTML but ours, and the blocks that there are anyway.

    Nor is there an address or a name outside of code that GitHub or GitLab would make a link of.
    """
    tokens = inline(PARSER.parse(markdown.comment(hostile.plan(told))))
    plain = inline(PARSER.parse(markdown.comment(hostile.plan("plain"))))

    assert not {token.type for token in tokens} & {"link_open", "image", "s_open", "em_open", "hr", "code_inline"}
    assert kinds(tokens) == kinds(plain)
    for token in tokens:
        if token.type in {"html_block", "html_inline"}:
            outside = re.sub(r"<code>.*?</code>", "", token.content)
            assert not re.search(r"[<>@#]", OURS.sub("", outside)), outside
            assert "<" not in OURS.sub("", token.content)
        if token.type == "text":
            assert not re.search(r"(?<!\w)[@#!~%$]\w|https?://|\bwww\.", token.content), token.content


def kinds(tokens: list[Any]) -> dict[str, int]:
    """Return how many blocks of each kind there are."""
    blocks = [token.type for token in tokens if token.block and token.type.endswith(("_open", "_block", "fence"))]
    return {kind: blocks.count(kind) for kind in sorted(set(blocks))}


@given(TEXTS)
def test_html_holds_our_tags_and_nothing_else(told: str) -> None:
    """Read by a parser of HTML: as many of each element as with harmless texts, with our attributes, and no address."""
    found, calm = Markup(html.plan(hostile.plan(told))), Markup(html.plan(hostile.plan("calm")))

    assert {element.tag for element in found.elements} <= TAGS
    assert {name for element in found.elements for name in element.attributes} <= ATTRIBUTES
    of_kind = ("html", "details", "section", "h1", "h2", "style", "meta", "main", "footer")
    assert {tag: len(found.all(tag)) for tag in of_kind} == {tag: len(calm.all(tag)) for tag in of_kind}
    assert found.all("meta") == calm.all("meta")


def test_a_page_says_first_who_will_notice() -> None:
    """Before any change, and after the counts."""
    told = Markup(html.plan(plans.plan())).text

    order = [
        "Plan for acme",
        "1 to create",
        "Who will notice",
        "3 active workflows",
        "Changes",
        "Refused",
        "Good to know",
    ]
    assert sorted(order, key=told.index) == order
    assert "We see elevated latency and are looking into it." in told


def test_a_page_with_nothing_to_do_says_so() -> None:
    """Nobody notices nothing."""
    told = Markup(html.plan(plans.empty()))

    assert "Plan: nothing to do, 12 unchanged." in told.text
    assert "Who will notice" not in told.text
    assert told.all("details") == []


def test_a_page_allows_no_script_and_loads_nothing() -> None:
    """Its own policy forbids both; the one style sheet is allowed by its digest."""
    found = Markup(html.plan(plans.plan()))

    (policy,) = [meta["content"] for meta in found.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert re.fullmatch(r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'", policy)
    assert "url(" not in html.styles("sheet.css")
    assert found.all("script") == found.all("link") == found.all("img") == []


def test_every_fact_of_a_json_log_stays_text() -> None:
    """JSON escapes what steers by itself."""
    told = "\x1b[31m\u202e\n"

    facts = Log(is_detailed=True, shows_private=True).facts(hostile.exchange(told))

    assert json.loads(json.dumps(facts)) == facts
    assert unseen(json.dumps(facts)) == set()
