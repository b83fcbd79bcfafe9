"""The filters, order and pages of the list of opportunities: the same on both databases."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.core.db import Database
from app.opportunities import service
from app.opportunities.schemas import OpportunityFilters
from tests.factories import lot, opportunity

# Each by its title; what is not said is the factory's cleaning in Sundsvall, in lots of one.
LISTED: dict[str, dict[str, Any]] = {
    "Andra dialogen": {
        "form": "early_dialogue",
        "lots": [],
        "deadline_at": None,
        "published_at": "2026-03-01T00:00:00Z",
        "description": "Om odling",
    },
    "Renhold av skoler": {
        "country": "NO",
        "language": "nb",
        "buyer_area": "NO-5001",
        "deadline_at": "2199-02-01T00:00:00Z",
        "published_at": "2026-01-01T00:00:00Z",
        "lots": [lot(title="Renhold", area_codes=["NO-50"], reserved_participation=["res-ws"])],
    },
    "Ängsvård": {
        "deadline_at": "2199-01-15T00:00:00Z",
        "published_at": "2026-02-01T00:00:00Z",
        "lots": [
            lot(title="Slåtter", cpv_main="77310000", area_codes=["SE-22"], reserved_participation=["se-ideburen"]),
            lot(title="Fika", cpv_main=None, cpv_additional=["55520000"], area_codes=["SE-2380"]),
        ],
    },
    "Öppen städning": {
        "form": "social_requirements",
        "deadline_at": "2199-03-01T00:00:00Z",
        "published_at": "2026-04-01T00:00:00Z",
        "lots": [lot(area_codes=[], foreign_areas=["FI1D8"])],
    },
    "Avslutad städning": {"status": "closed", "deadline_at": "2020-01-01T00:00:00Z"},
    "Utkast till städning": {"status": "draft"},
}


@pytest.fixture
def listed(database: Database) -> Database:
    """Give a database with everything in it."""
    with database.writes() as session:
        for title, said in LISTED.items():
            service.publish(session, opportunity(**{"title": title, "description": ""} | said), home="here")
    return database


def titles(database: Database, **filters: Any) -> list[str]:
    """Return the titles that the filters find, in order."""
    with database.reads() as session:
        found, total = service.search(session, OpportunityFilters.model_validate(filters))
    assert total == len(found) or filters.keys() & {"page", "limit"}
    return [one.title for one in found]


A, R, Ä, Ö, CLOSED = "Andra dialogen", "Renhold av skoler", "Ängsvård", "Öppen städning", "Avslutad städning"
CASES: list[tuple[dict[str, Any], list[str]]] = [
    # By deadline, those without one last.
    ({}, [Ä, R, Ö, A]),
    ({"words": "renhold"}, [R, Ö]),
    ({"words": "städning"}, [R, Ö]),
    ({"words": "cleaning"}, [R, Ö]),
    ({"words": "slåtter"}, [Ä]),
    ({"words": "odling"}, [A]),
    ({"words": "exempelstad"}, [Ä, R, Ö, A]),
    ({"words": "utkast"}, []),
    ({"cpv": ["90000000"]}, [R, Ö]),
    ({"cpv": ["55500000"]}, [Ä]),
    ({"cpv": ["77000000", "90910000"]}, [Ä, R, Ö]),
    ({"cpv": ["33000000"]}, []),
    # Where it is performed, above and below; the buyer's area stands in where no place is stated.
    ({"area": ["SE-2281"]}, [Ä, A]),
    ({"area": ["SE-22"]}, [Ä, A]),
    ({"area": ["SE-2380"]}, [Ä]),
    ({"area": ["SE"]}, [Ä, A]),
    ({"area": ["NO-5001"]}, [R]),
    ({"area": ["NO", "SE-2380"]}, [Ä, R]),
    ({"reserved": ["res-ws"]}, [R]),
    ({"reserved": ["res-ws", "se-ideburen"]}, [Ä, R]),
    ({"form": ["early_dialogue", "social_requirements"]}, [Ö, A]),
    ({"status": ["closed"]}, [CLOSED]),
    ({"status": ["closed", "published"]}, [CLOSED, Ä, R, Ö, A]),
    ({"status": ["awarded"]}, []),
    ({"words": "renhold", "reserved": ["res-ws"], "area": ["NO"]}, [R]),
    ({"sort": "-deadline"}, [Ö, R, Ä, A]),
    ({"sort": "published_at"}, [R, Ä, A, Ö]),
    ({"sort": "-published_at"}, [Ö, A, Ä, R]),
    ({"sort": "title"}, [A, R, Ä, Ö]),
    ({"limit": 3}, [Ä, R, Ö]),
    ({"limit": 3, "page": 2}, [A]),
    ({"limit": 3, "page": 3}, []),
]


def test_the_filters_find_the_same_on_both_databases(listed: Database):
    wrong = {str(filters): found for filters, expected in CASES if (found := titles(listed, **filters)) != expected}
    assert wrong == {}


def test_a_row_says_how_many_lots_and_which_reservations(listed: Database):
    with listed.reads() as session:
        found, _ = service.search(session, OpportunityFilters(sort="title"))
    assert [(one.lot_count, one.reserved_participation) for one in found] == [
        (0, []),
        (1, ["res-ws"]),
        (2, ["se-ideburen"]),
        (1, []),
    ]


@pytest.mark.parametrize(
    "filters",
    [{"cpv": ["1"]}, {"area": ["XX"]}, {"reserved": ["x"]}, {"form": ["x"]}, {"status": ["draft"]}, {"sort": "x"}],
    ids=str,
)
def test_what_nobody_can_look_for_is_refused(filters: dict[str, Any]):
    with pytest.raises(ValidationError):
        OpportunityFilters.model_validate(filters)
