import json
from collections.abc import Iterator
from dataclasses import replace
from operator import ge, le
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler.sandbox import Behaviour, create_app, moments
from reconciler.sandbox.incidents import incident as kept
from reconciler.sandbox.incidents.declare import MODES
from reconciler.sandbox.incidents.incident import Incident
from reconciler.sandbox.incidents.render import incident_answer
from reconciler.sandbox.keys import Keys
from reconciler.sandbox.query import read_query
from reconciler.sandbox.resource import Call
from reconciler.sandbox.resources import incidents
from reconciler.sandbox.store import Store, Transaction

from .plain_filters import ORGANISATION, Operation, Question, is_seen

Json = dict[str, Any]

(LISTING, *_) = incidents.RESOURCE.routes
DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
TEXTS = ("", "x", "120", "-1e3", "nan", "inf", "a b", "x" * 65, "x" * 66)
NUMBERS = ("0.5", "1", "1.25", "1.5", "-3", "1e2")


def _ids(kind: str) -> list[str]:
    return [one["id"] for one in ORGANISATION.all(kind)]


FIELDS = {field["name"]: field["id"] for field in ORGANISATION.fields}
USERS = _ids("user")[:3]
VALUES = {
    FIELDS["Affected services"]: _ids("catalog_entry"),
    FIELDS["Detection method"]: _ids("custom_field_option"),
    FIELDS["Customers affected"]: NUMBERS,
    FIELDS["Root cause"]: TEXTS[1:],
    FIELDS["Runbook"]: ("https://example.com/a", "https://example.com/b"),
}

_creators = st.sampled_from([{"api_key": {"id": "K", "name": "sandbox"}}, {"user": {"id": USERS[0]}}])
_moments = (
    st.sampled_from(DAYS)
    .map(lambda day: moments.microseconds(moments.parse_day(day)))
    .flatmap(lambda midnight: st.integers(-1, 1).map(lambda off: midnight + off))
)


@st.composite
def _kept(draw: st.DrawFn) -> Incident:
    fields = {field: draw(st.lists(st.sampled_from(some), max_size=2, unique=True)) for field, some in VALUES.items()}
    body = {
        "name": "x",
        "slack_team_id": "T",
        "creator": draw(_creators),
        "roles": draw(st.dictionaries(st.sampled_from(_ids("incident_role")), st.sampled_from(USERS))),
        "fields": {field: values for field, values in fields.items() if values},
        "timestamps": {},
        "members": draw(
            st.dictionaries(st.sampled_from(USERS), st.booleans().map(lambda granted: {"is_granted": granted}))
        ),
    }
    return Incident(
        number=draw(st.integers(1, 6)),
        id="",
        created=draw(_moments),
        updated=draw(_moments),
        activity=0,
        status=draw(st.sampled_from(_ids("incident_status"))),
        severity=draw(st.none() | st.sampled_from(_ids("severity"))),
        type=draw(st.sampled_from(_ids("incident_type"))),
        mode=draw(st.sampled_from(MODES)),
        visibility=draw(st.sampled_from(["public", "private"])),
        body=body,
    )


def _operations(name: str, operators: dict[str, Any]) -> st.SearchStrategy[Operation]:
    return st.sampled_from(list(operators)).flatmap(
        lambda operator: st.tuples(st.just(name), st.just(operator), operators[operator])
    )


def _some(values: Any) -> Any:
    return st.lists(st.sampled_from([*values, "01NOTHERE"]), min_size=1, max_size=3)


def _one(*values: str) -> Any:
    return st.sampled_from(values).map(lambda value: [value])


_TRUTH = _one("true", "false")
_DATES = {
    "gte": _one(*DAYS),
    "lte": _one(*DAYS),
    "date_range": st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(lambda days: ["~".join(days)]),
}
_operation_lists = st.lists(
    st.one_of(
        _operations("status", dict.fromkeys(("one_of", "not_in"), _some(_ids("incident_status")))),
        _operations("status_category", dict.fromkeys(("one_of", "not_in"), _one("live", "learning", "closed"))),
        _operations("severity", dict.fromkeys(("one_of", "not_in"), _some(_ids("severity")))),
        _operations("severity", dict.fromkeys(("gte", "lte"), _one(*_ids("severity")))),
        _operations("incident_type", dict.fromkeys(("one_of", "not_in"), _some(_ids("incident_type")))),
        _operations("created_at", _DATES),
        _operations("updated_at", _DATES),
        *(
            _operations(f"incident_role[{role}]", {"one_of": _some(USERS), "is_blank": _TRUTH, "is_set": _TRUTH})
            for role in _ids("incident_role")
        ),
        *(
            _operations(
                f"custom_field[{field}]",
                {"one_of": _some(values), "not_in": _some(values), "is_blank": _TRUTH, "is_set": _TRUTH},
            )
            for field, values in VALUES.items()
        ),
        _operations(f"custom_field[{FIELDS['Customers affected']}]", dict.fromkeys(("gte", "lte"), _one(*NUMBERS))),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda operation: operation[:2],
)


_questions = st.builds(
    Question,
    operations=_operation_lists,
    modes=st.just(list(MODES)) | st.lists(st.sampled_from(MODES), max_size=3, unique=True),
    filter_mode=st.sampled_from(["", "all", "any"]),
    is_oldest_first=st.booleans(),
    user=st.none() | st.sampled_from(USERS),
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Return the store of a sandbox that each example begins with nothing in."""
    app = create_app()
    yield app.store
    app.close()


def _plain(number: int, mode: str = "standard", fields: Json | None = None) -> Incident:
    """Make an incident that differs from others in little."""
    status, incident_type = _ids("incident_status")[0], _ids("incident_type")[0]
    told = {"name": "x", "slack_team_id": "T", "creator": {}, "roles": {}, "fields": fields or {}, "timestamps": {}}
    columns = (number, f"I{number}", number, number, number, status, None, incident_type, mode, "public")
    return Incident(*columns, told)


def _save(store: Store, edits: list[Incident]) -> dict[int, Incident]:
    """Make incidents of these edits, each of which creates one or replaces one as a whole."""
    by_number: dict[int, Incident] = {}
    store.reset()
    with store.writing() as transaction:
        for edit in edits:
            number = min(edit.number, len(by_number) + 1)
            by_number[number] = replace(edit, number=number, id=f"I{number}")
            kept.save(transaction, by_number[number])
    return by_number


def _listed(transaction: Transaction, token: str, user: str | None, query: list[tuple[str, list[str]]]) -> Json:
    key = Keys().find(f"Bearer {token}")
    assert key
    person = {"id": user} if user else None
    read = read_query(query, LISTING.query)
    call = Call(key, person, Behaviour(), {}, read, {}, transaction, moments.now())
    body = LISTING.handler(call).body
    return dict(json.loads(body)) if isinstance(body, str) else {}


def _walked(transaction: Transaction, token: str, question: Question) -> tuple[list[str], set[int]]:
    """Follow the pages to the end; return the references, and each total that was told."""
    seen: list[str] = []
    totals: set[int] = set()
    after: list[tuple[str, list[str]]] = []
    while True:
        page = _listed(transaction, token, question.user, [*question.query(), ("page_size", ["2"]), *after])
        seen += [shown["reference"] for shown in page["incidents"]]
        totals.add(page["pagination_meta"]["total_record_count"])
        if "after" not in page["pagination_meta"]:
            return seen, totals
        after = [("after", [page["pagination_meta"]["after"]])]


@settings(max_examples=200, deadline=None, database=None, phases=[Phase.generate, Phase.shrink])
@given(edits=st.lists(_kept(), min_size=4, max_size=12), questions=st.lists(_questions, min_size=4, max_size=4))
def test_a_list_holds_what_fulfils_its_filters(store: Store, edits: list[Incident], questions: list[Question]) -> None:
    """In the order asked for, on some page once, and counted; whatever the incidents were before."""
    by_number = _save(store, edits)
    with store.reading() as transaction:
        now = moments.microseconds(moments.now())
        shown = {number: incident_answer(one, ORGANISATION, now) for number, one in by_number.items()}
        for question in questions:
            numbers = sorted(by_number, reverse=not question.is_oldest_first)
            wanted = [number for number in numbers if question.takes(shown[number])]
            seen = [number for number in wanted if is_seen(by_number[number], question.user or "")]

            by_all, by_viewer = (_walked(transaction, key, question) for key in ("sandbox", "sandbox-viewer"))

            assert by_all == ([f"INC-{number}" for number in wanted], {len(wanted)})
            assert by_viewer == ([f"INC-{number}" for number in seen], {len(seen)})


@settings(max_examples=100, deadline=None, database=None)
@given(
    numbers=st.lists(st.integers(-50, 50).map(lambda quarters: quarters / 4), min_size=1, max_size=6),
    bound=st.integers(-50, 50).map(lambda quarters: quarters / 4),
    operator=st.sampled_from(["gte", "lte"]),
)
def test_numbers_are_compared_as_numbers(store: Store, numbers: list[float], bound: float, operator: str) -> None:
    """However they are written: not as texts, and not as whole ones."""
    field = FIELDS["Customers affected"]
    _save(store, [_plain(number, fields={field: [str(value)]}) for number, value in enumerate(numbers, start=1)])
    question = Question([(f"custom_field[{field}]", operator, [f"{bound:+.3e}"])], [], "", True, None)

    with store.reading() as transaction:
        listed, _ = _walked(transaction, "sandbox", question)

    is_within = ge if operator == "gte" else le
    assert listed == [f"INC-{number}" for number, value in enumerate(numbers, start=1) if is_within(value, bound)]


@settings(max_examples=50, deadline=None, database=None)
@given(edits=st.lists(_kept(), min_size=1, max_size=12))
def test_the_index_is_what_the_incidents_make_it(store: Store, edits: list[Incident]) -> None:
    """After any edits it is the same as one that is filled anew: nothing is left behind, nothing is missing."""
    _save(store, edits)
    with store.writing() as transaction:
        by_edits = [transaction.query(f"SELECT * FROM {table}") for table in ("posting", "amount")]
        for table in ("posting", "amount"):
            transaction.write(f"DELETE FROM {table}")

        kept.fill_index(transaction)

        assert by_edits == [transaction.query(f"SELECT * FROM {table}") for table in ("posting", "amount")]


@pytest.mark.parametrize("is_oldest_first", [False, True])
def test_sets_go_beyond_one_chunk(store: Store, is_oldest_first: bool) -> None:
    """Three thousand incidents, every second past the two thousandth in test mode, in pages from any place on."""
    store.reset()
    with store.writing() as transaction:
        for number in range(1, 3001):
            kept.save(transaction, _plain(number, mode="test" if number > 2000 and number % 2 else "standard"))
    question = Question([], ["test"], "", is_oldest_first, None)
    query = [*question.query(), ("page_size", ["250"]), ("after", ["I2700"])]

    with store.reading() as transaction:
        page = _listed(transaction, "sandbox", None, query)

    numbers = range(2701, 3001, 2) if is_oldest_first else range(2699, 2200, -2)
    assert [shown["reference"] for shown in page["incidents"]] == [f"INC-{number}" for number in numbers]
    assert page["pagination_meta"]["total_record_count"] == 500
