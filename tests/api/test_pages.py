from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from httpx import Request, Response

from reconciler.api import Client, Page
from reconciler.errors import Misused, Unavailable

if TYPE_CHECKING:
    from respx import MockRouter


def shelf(request: Request) -> Response:
    """Answer with five incidents, two a page."""
    start = int(request.url.params.get("after", 0))
    size = int(request.url.params.get("page_size", 2))
    meta: dict[str, Any] = {"page_size": size, "total_record_count": 5}
    if start + size < 5:
        meta["after"] = str(start + size)
    ids = range(start, min(start + size, 5))
    return Response(200, json={"incidents": [{"id": i} for i in ids], "pagination_meta": meta})


def test_pages_follow_the_cursor(api: MockRouter, client: Client) -> None:
    """Each page says where the next begins; the last one does not."""
    route = api.get("/v2/incidents").mock(side_effect=shelf)

    pages = list(client.pages("/v2/incidents", "incidents", {"mode[one_of]": ["test", "standard"]}, page_size=2))

    assert pages == [
        Page([{"id": 0}, {"id": 1}], "2", 5),
        Page([{"id": 2}, {"id": 3}], "4", 5),
        Page([{"id": 4}], "", 5),
    ]
    assert [call.request.url.params.multi_items() for call in route.calls] == [
        [("mode[one_of]", "test"), ("mode[one_of]", "standard"), ("page_size", "2")],
        [("mode[one_of]", "test"), ("mode[one_of]", "standard"), ("page_size", "2"), ("after", "2")],
        [("mode[one_of]", "test"), ("mode[one_of]", "standard"), ("page_size", "2"), ("after", "4")],
    ]


def test_a_page_is_read_when_it_is_asked_for(api: MockRouter, client: Client) -> None:
    """A caller who has seen enough costs no further request."""
    api.get("/v2/incidents").mock(side_effect=shelf)

    pages = client.pages("/v2/incidents", "incidents", page_size=2)

    assert client.request_count == 0
    next(pages)
    assert client.request_count == 1


def test_a_list_is_all_of_its_pages(api: MockRouter, client: Client) -> None:
    """`list` leaves nothing out."""
    api.get("/v2/incidents").mock(side_effect=shelf)

    assert [item["id"] for item in client.list("/v2/incidents", "incidents", page_size=2)] == [0, 1, 2, 3, 4]


def test_an_unpaginated_list_is_asked_for_plainly(api: MockRouter, client: Client) -> None:
    """Lists that come in one page get no page size, which they might refuse."""
    route = api.get("/v1/severities").respond(200, json={"severities": [{"id": "01", "rank": 1}]})

    assert client.list("/v1/severities", "severities") == [{"id": "01", "rank": 1}]
    assert route.calls.last.request.url.query == b""


def test_a_list_that_says_it_goes_on_is_followed_anyway(api: MockRouter, client: Client) -> None:
    """Should an unpaginated list become a paginated one, none of it is lost."""
    api.get("/v2/incidents").mock(side_effect=shelf)

    assert len(client.list("/v2/incidents", "incidents")) == 5


def test_the_query_of_a_path_is_kept(api: MockRouter, client: Client) -> None:
    """A path typed with its query goes on with it from page to page."""
    route = api.get("/v2/incidents").mock(side_effect=shelf)

    client.list("/v2/incidents?sort_by=created_at_oldest_first", "incidents", page_size=3)

    assert [call.request.url.params["sort_by"] for call in route.calls] == ["created_at_oldest_first"] * 2


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"]])
def test_a_cursor_that_comes_twice_ends_the_list_with_an_error(
    api: MockRouter, client: Client, cursors: list[str]
) -> None:
    """A server that goes round in circles is told, neither followed for ever nor taken for complete."""
    answers = [Response(200, json={"xs": [{}], "pagination_meta": {"after": cursor}}) for cursor in cursors]
    api.get("/v2/xs").side_effect = answers

    with pytest.raises(Unavailable, match="the cursor `a` came twice"):
        client.list("/v2/xs", "xs", page_size=1)

    assert client.request_count == len(cursors)


@pytest.mark.parametrize("body", [{}, {"xs": "none"}, {"xs": {"id": 1}}, {"xs": ["a"]}, {"ys": []}])
def test_an_answer_without_the_list_is_not_an_empty_list(api: MockRouter, client: Client, body: dict[str, Any]) -> None:
    """What is no list must not look like an account without incidents, which would be declared again."""
    api.get("/v2/xs").respond(200, json=body)

    with pytest.raises(Unavailable, match="the answer holds no list `xs`"):
        client.list("/v2/xs", "xs")


@pytest.mark.parametrize("meta", [None, {}, [], {"after": None}, {"after": ""}, {"total_record_count": "many"}])
def test_a_page_without_a_cursor_is_the_last(api: MockRouter, client: Client, meta: Any) -> None:
    """Whatever stands in place of a cursor, only a cursor is followed."""
    api.get("/v2/xs").respond(200, json={"xs": [{"id": 1}], "pagination_meta": meta})

    assert list(client.pages("/v2/xs", "xs")) == [Page([{"id": 1}], "", None)]


def test_a_null_list_is_empty(api: MockRouter, client: Client) -> None:
    """An empty array may come as null."""
    api.get("/v2/xs").respond(200, json={"xs": None})

    assert client.list("/v2/xs", "xs") == []


@pytest.mark.parametrize(
    "path", ["v2/incidents", "https://evil.example/v2", "//evil.example/v2", "/v2/a b", "/v2/\n", "/v2/\udc80", ""]
)
def test_a_path_cannot_lead_to_another_host(api: MockRouter, client: Client, path: str) -> None:
    """What is no path is refused before anything, above all the key, is sent."""
    with pytest.raises(Misused, match="is not a path of the API"):
        client.get(path)

    assert api.calls.call_count == 0
