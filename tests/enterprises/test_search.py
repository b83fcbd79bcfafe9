"""The registry's filters, order, pages and counts: the same on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from app.core.clock import add_months, today
from app.core.db import Database
from app.enterprises import service
from app.enterprises.rules import oldest_statement, statement_counts
from app.enterprises.schemas import EnterpriseFilters
from app.reference import service as reference
from tests.factories import enterprise, offering

NONE: dict[str, Any] = {"offerings": [], "eligibility": [], "service_areas": [], "target_groups": []}
# Each by its name; what is not said is the factory's cleaner in Sundsvall.
REGISTRY: dict[str, dict[str, Any]] = {
    "Ankan": {"aliases": ["Städankan"]},
    "Zebra Vask": {
        "country": "NO",
        "area_code": "NO-5001",
        "place": "Trondheim",
        "language": "nb",
        "offerings": [offering(title="Renhold", language="nb", sectors=["cleaning"])],
        "service_areas": ["NO-50"],
        "eligibility": [{"reservation": "res-ws", "state": "verified"}],
    },
    "Åkeriet": {
        "area_code": "SE-2260",
        "place": "Ånge",
        "offerings": [offering(title="Flytt", cpv=["98392000"], sectors=["moving"])],
        "service_areas": ["SE-22"],
        "eligibility": [{"reservation": "res-ws", "state": "denied"}],
    },
    "Äpplet": {
        "kind": "association",
        "offerings": [offering(title="Catering", cpv=["55520000"], sectors=["catering", "cafe"])],
        "service_areas": ["SE"],
        "target_groups": ["rehabilitation"],
        "eligibility": [
            {"reservation": "res-pub-ser", "state": "declared"},
            {"reservation": "res-ws", "state": "expired"},
        ],
    },
    "Östkusten": {
        "kind": "network",
        "area_code": None,
        "place": None,
        **NONE,
        "summary": "Nätverk för golvvård",
    },
    "Øyas": {"country": "NO", "area_code": "NO-5001", "place": "Trondheim", **NONE, "kind": "project"},
    "abborren": {
        **NONE,
        "offerings": [offering(title="Lokalvård", cpv=[], sectors=[])],
        "area_code": "SE-0180",
        "place": None,
    },
}


EVERYBODY = ["abborren", "Ankan", "Zebra Vask", "Åkeriet", "Äpplet", "Östkusten", "Øyas"]


@pytest.fixture
def registry(database: Database) -> Database:
    """Give a database with everybody in it."""
    with database.writes() as session:
        for name, said in REGISTRY.items():
            service.register(session, enterprise(**{"name": name, "summary": ""} | said), home="here")
    return database


def names(database: Database, **filters: Any) -> list[str]:
    """Return the names that the filters find, in order."""
    with database.reads() as session:
        found, total = service.search(session, EnterpriseFilters.model_validate(filters))
    assert total == len(found) or filters.keys() & {"page", "limit"}
    return [one.name for one in found]


CASES: list[tuple[dict[str, Any], list[str]]] = [
    ({}, EVERYBODY),
    # Words: either language finds the other's; every word counts, the beginning of one is enough.
    ({"words": "renhold"}, ["abborren", "Ankan", "Zebra Vask"]),
    ({"words": "lokalvård"}, ["abborren", "Ankan", "Zebra Vask"]),
    ({"words": "cleaning"}, ["abborren", "Ankan", "Zebra Vask"]),
    ({"words": "RENGJØRING"}, ["abborren", "Ankan", "Zebra Vask"]),
    ({"words": "rengjoring"}, ["abborren", "Ankan", "Zebra Vask"]),
    ({"words": "golvvård"}, ["abborren", "Ankan", "Zebra Vask", "Östkusten"]),
    ({"words": "ankan"}, ["Ankan"]),
    ({"words": "städank"}, ["Ankan"]),
    ({"words": "renhold trondheim"}, ["Zebra Vask"]),
    ({"words": "sundsvall"}, ["Ankan", "Äpplet"]),
    ({"words": "ånge"}, ["Åkeriet"]),
    ({"words": "øyas"}, ["Øyas"]),
    ({"words": "finnsinte"}, []),
    ({"words": "!? –"}, []),
    ({"words": "'; DROP TABLE enterprise; --"}, []),
    ({"words": '"renhold" OR * NEAR(a b) -x ^y :*'}, []),
    ({"words": " ".join("abcdefghijklmnopqrstuvwxyz" * 5)}, []),
    # CPV: a broader code finds its narrower; several are OR.
    ({"cpv": ["90000000"]}, ["Ankan", "Zebra Vask"]),
    ({"cpv": ["90910000"]}, ["Ankan", "Zebra Vask"]),
    ({"cpv": ["90911200"]}, []),
    ({"cpv": ["55000000", "98392000"]}, ["Åkeriet", "Äpplet"]),
    # Area served: what is declared, above it and below it.
    ({"area": ["SE-2281"]}, ["Ankan", "Åkeriet", "Äpplet"]),
    ({"area": ["SE-22"]}, ["Ankan", "Åkeriet", "Äpplet"]),
    ({"area": ["SE-2260"]}, ["Åkeriet", "Äpplet"]),
    ({"area": ["SE-0180"]}, ["Äpplet"]),
    ({"area": ["SE"]}, ["Ankan", "Åkeriet", "Äpplet"]),
    ({"area": ["NO-5001"]}, ["Zebra Vask"]),
    ({"area": ["NO"]}, ["Zebra Vask"]),
    ({"area": ["NO-5001", "SE-0180"]}, ["Zebra Vask", "Äpplet"]),
    ({"area": ["SE321"]}, ["Ankan", "Åkeriet", "Äpplet"]),
    # The seat.
    ({"located_in": ["SE-2281"]}, ["Ankan", "Äpplet"]),
    ({"located_in": ["SE-22"]}, ["Ankan", "Åkeriet", "Äpplet"]),
    ({"located_in": ["NO"]}, ["Zebra Vask", "Øyas"]),
    ({"located_in": ["SE"]}, ["abborren", "Ankan", "Åkeriet", "Äpplet", "Östkusten"]),
    ({"located_in": ["SE-0180", "NO-50"]}, ["abborren", "Zebra Vask", "Øyas"]),
    # The right to take part: by their word or verified, neither denied nor expired.
    ({"reserved": ["res-ws"]}, ["Ankan", "Zebra Vask"]),
    ({"reserved": ["res-pub-ser"]}, ["Äpplet"]),
    ({"reserved": ["res-ws", "res-pub-ser"]}, ["Ankan", "Zebra Vask", "Äpplet"]),
    ({"reserved": ["se-ideburen"]}, []),
    ({"sector": ["cleaning"]}, ["Ankan", "Zebra Vask"]),
    ({"sector": ["cafe", "moving"]}, ["Åkeriet", "Äpplet"]),
    ({"target_group": ["rehabilitation"]}, ["Äpplet"]),
    ({"kind": ["network", "project"]}, ["Östkusten", "Øyas"]),
    # AND between them.
    ({"sector": ["cleaning"], "located_in": ["NO"]}, ["Zebra Vask"]),
    ({"words": "renhold", "reserved": ["res-ws"], "area": ["SE-22"]}, ["Ankan"]),
    ({"words": "renhold", "cpv": ["55000000"]}, []),
    # Order and pages.
    ({"sort": "-name"}, EVERYBODY[::-1]),
    ({"limit": 2}, EVERYBODY[:2]),
    ({"limit": 2, "page": 2}, EVERYBODY[2:4]),
    ({"limit": 2, "page": 4}, EVERYBODY[6:]),
    ({"limit": 2, "page": 5}, []),
]


# One registry and every question: a database a question would take minutes.
def test_the_filters_find_the_same_on_both_databases(registry: Database):
    wrong = {str(filters): found for filters, expected in CASES if (found := names(registry, **filters)) != expected}
    assert wrong == {}


def test_the_order_by_change_is_broken_by_id(registry: Database):
    with registry.reads() as session:
        found, _ = service.search(session, EnterpriseFilters(sort="updated_at"))
        back, _ = service.search(session, EnterpriseFilters(sort="-updated_at"))
    assert [one.id for one in found] == [one.id for one in sorted(found, key=lambda one: (one.updated_at, one.id))]
    assert [one.updated_at for one in back] == sorted((one.updated_at for one in found), reverse=True)


def test_a_page_has_everything_a_list_shows(registry: Database):
    with registry.reads() as session:
        found, total = service.search(session, EnterpriseFilters(words="zebra"))
    assert total == 1
    one = found[0]
    assert (one.country, one.area_code, one.place, one.language) == ("NO", "NO-5001", "Trondheim", "nb")


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"located_in": ["SE-22"]},
        {"located_in": ["SE-2281"]},
        {"sector": ["cleaning"]},
        {"words": "renhold"},
        {"kind": ["network"], "located_in": ["SE"]},
        {"reserved": ["res-ws"], "sector": ["cleaning"]},
    ],
    ids=str,
)
def test_facets_count_what_choosing_them_would_find(registry: Database, filters: dict[str, Any]):
    with registry.reads() as session:
        groups = service.facets(session, EnterpriseFilters.model_validate(filters))
    assert [group.name for group in groups] == ["located_in", "sector", "reserved", "kind", "overdue"]
    for group in groups:
        for facet in group.facets:
            choice = facet.code if group.name == "overdue" else [facet.code]
            assert facet.count == len(names(registry, **filters | {group.name: choice})), (group.name, facet)
            assert facet.chosen == (facet.code in filters.get(group.name, []))


def test_what_waits_to_be_confirmed_is_found(database: Database):
    today_ = today()
    days = {"Ny": today_, "Snart": add_months(today_, -12), "Gammal": add_months(today_, -12) - timedelta(days=1)}
    with database.writes() as session:
        for name, day in [*days.items(), ("Aldrig", None)]:
            service.register(session, enterprise(name=name, confirmed_on=day), home="local")
    assert names(database, overdue=True) == ["Aldrig", "Gammal"]
    assert names(database, confirmed_before=today_.isoformat()) == ["Aldrig", "Gammal", "Snart"]
    assert names(database, overdue=False) == ["Aldrig", "Gammal", "Ny", "Snart"]
    with database.reads() as session:
        counted = service.counted(session, EnterpriseFilters(words="gammal"))
    assert counted.total == 1
    assert [(one.code, one.count) for group in counted.groups if group.name == "overdue" for one in group.facets] == [
        ("true", 1)
    ]


@pytest.mark.parametrize(
    "filters",
    [
        {"cpv": ["1"]},
        {"area": ["XX"]},
        {"area": ["FI"]},
        {"located_in": ["SE-9999"]},
        {"reserved": ["x"]},
        {"kind": ["x"]},
        {"sort": "x"},
        {"words": "a\x00"},
        {"nothing": "x"},
        {"sector": ["x"]},
        {"target_group": ["x"]},
    ],
    ids=str,
)
def test_what_nobody_can_look_for_is_refused(filters: dict[str, Any]):
    with pytest.raises(ValidationError):
        EnterpriseFilters.model_validate(filters)


def test_only_statements_that_count_today_are_found_and_counted(database: Database):
    day, one = today(), timedelta(days=1)
    dates = [None, oldest_statement(day) - one, oldest_statement(day), day, day + one]
    ends = [None, day - one, day]
    said = {
        f"{state} {on} {until}": (state, on, until)
        for state in ("declared", "verified", "expired", "denied")
        for on in dates
        for until in ends
    }
    with database.writes() as session:
        for name, (state, on, until) in said.items():
            statement = {"reservation": "res-ws", "state": state, "on": _iso(on), "valid_until": _iso(until)}
            service.register(session, enterprise(name=name, eligibility=[statement]), home="here")
    expected = {name for name, statement in said.items() if statement_counts(*statement, today=day)}
    assert len(expected) == 12
    assert set(names(database, reserved=["res-ws"], limit=100)) == expected
    with database.reads() as session:
        counts = {group.name: group.facets for group in service.facets(session, EnterpriseFilters())}
    assert [(facet.code, facet.count) for facet in counts["reserved"]] == [("res-ws", 12)]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def test_every_sector_and_target_group_can_be_looked_for():
    for name, field in (("sector", "sector"), ("target_group", "target_group")):
        for code in reference.codes(name):
            EnterpriseFilters.model_validate({field: [code.code]})
