"""Whatever people, an account or a file say: a report shows it as text, and it does nothing."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

from hypothesis import example, given, settings
from hypothesis import strategies as some

from reconciler.gameday import report
from reconciler.render import gameday
from reconciler.render.gameday import html, markdown, text
from reconciler.render.markdown import MOST_BYTES
from reconciler.render.page import PIPE, Layout, plain
from tests.gameday import stories
from tests.render.hostile import PIECES, TEXTS
from tests.render.test_hostile import OURS, PARSER, inline, kinds, unseen
from tests.sandbox.markup import Markup

NARROW = Layout(80, fits=True)
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "h1", "h2", "h3", "p"),
    *("ul", "li", "span", "bdi", "div", "details", "summary", "table", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "rect", "line", "text", "path", "circle"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "open", "scope", "data-name", "aria-hidden"),
    *("aria-label", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "rx", "r", "cx", "cy", "d", "dx"),
    *("text-anchor", "overflow"),
}


@settings(deadline=None)
@given(TEXTS)
def test_no_report_moves_a_cursor_or_forges_a_colour(told: str) -> None:
    """Text, JSON, Markdown, HTML and JUnit hold no character that is obeyed but not seen."""
    found = report.of(stories.hostile(told))
    texts = [
        plain(text.page(found), PIPE),
        plain(text.page(found, NARROW), NARROW),
        plain(text.summary(found), NARROW),
        *(gameday.written(found, form) for form in gameday.FORMS),
    ]

    assert [steering for each in texts if (steering := unseen(each))] == []


@settings(deadline=None)
@given(TEXTS)
def test_a_line_of_a_report_is_one_line(told: str) -> None:
    """Nobody writes a row into a timeline that did not happen."""
    hostile, plain_one = (report.of(stories.hostile(each)) for each in (told, "plain"))

    # A name that leaves no room for the times beside it stands on a line of its own.
    more = len(plain(text.page(hostile), PIPE).splitlines()) - len(plain(text.page(plain_one), PIPE).splitlines())
    assert more in {0, 1}


@settings(deadline=None)
@given(TEXTS)
def test_a_page_holds_our_tags_and_no_others(told: str) -> None:
    """As many of each as with harmless texts, with our attributes, and no address but the organisation's own."""
    found, calm = (Markup(html.page(report.of(stories.hostile(each)))) for each in (told, "calm"))

    others = [element for element in found.elements if element.tag != "a"]
    assert {element.tag for element in others} <= TAGS
    assert {name for element in others for name in element.attributes} <= ATTRIBUTES
    assert all(link["href"].startswith("https://") and told.startswith("https://") for link in found.all("a"))
    of_kind = ("html", "section", "h1", "h2", "h3", "style", "meta", "main", "footer", "tr", "td", "svg", "circle")
    assert {tag: len(found.all(tag)) for tag in of_kind} == {tag: len(calm.all(tag)) for tag in of_kind}
    assert found.all("meta") == calm.all("meta")


@settings(deadline=None)
@example("1. x")
@given(TEXTS)
def test_a_comment_links_nothing_mentions_nobody_and_holds_no_foreign_html(told: str) -> None:
    """Read by a parser of Markdown: no link, no image, no HTML but ours, and the blocks that there are anyway."""
    tokens = inline(PARSER.parse(markdown.comment(report.of(stories.hostile(told)))))
    calm = inline(PARSER.parse(markdown.comment(report.of(stories.hostile("calm")))))

    assert not {token.type for token in tokens} & {"link_open", "image", "s_open", "em_open", "hr", "code_inline"}
    assert kinds(tokens) == kinds(calm)
    for token in tokens:
        if token.type in {"html_block", "html_inline"}:
            assert "<" not in OURS.sub("", token.content).replace("<br>", "")
        if token.type == "text":
            assert not re.search(r"(?<!\w)[@#!~%$]\w|https?://|\bwww\.", token.content), token.content


@settings(deadline=None)
@given(TEXTS)
def test_every_suite_can_be_read_back(told: str) -> None:
    """XML has no place for control characters, surrogates and what is no character at all."""
    root = ET.fromstring(gameday.written(report.of(stories.hostile(told)), "junit"))

    assert [case[0].tag if len(case) else "passed" for case in root.iter("testcase")] == [
        "passed",
        "failure",
        "error",
        "error",
        "error",
    ]


def test_what_is_no_character_is_left_out_of_a_suite() -> None:
    """Parsers refuse a document with one."""
    told = gameday.written(report.of(stories.hostile("a\ufffe\uffff\U0001ffffb\x00\x0b")), "junit")

    assert ET.fromstring(told).find(".//property").attrib["value"] == r"ab\x00\x0b"  # type: ignore[union-attr]


@settings(deadline=None)
@given(TEXTS)
def test_json_stays_json(told: str) -> None:
    """Texts are there as they are."""
    assert json.loads(gameday.written(report.of(stories.hostile(told)), "json"))["title"] == told


@settings(max_examples=8, deadline=None)
@given(some.sampled_from(["x" * 70_000, "@\U0001f525\u200b" * 20_000, "`" * 9_000, "\\" * 30_000, "火" * 40_000]))
def test_even_endless_texts_make_a_comment_that_can_be_posted(told: str) -> None:
    """They are cut."""
    assert len(markdown.comment(report.of(stories.hostile(told))).encode()) <= MOST_BYTES


def test_the_texts_tried_hold_what_is_worst() -> None:
    """The list is not empty by accident."""
    assert "<script>alert(1)</script>" in PIECES
