"""The gate: who may take part, by which rule, on which day."""

from datetime import date, timedelta

import pytest

from app.core.clock import add_months
from app.matching.eligibility import eligibility, rule_for, warnings
from app.matching.profile import Statement
from app.matching.terms import document
from app.matching.vocabulary import EligibilityState
from tests.matching.examples import TODAY, lot, profile

RESERVED = ("res-ws",)


@pytest.mark.parametrize(
    ("changes", "reserved", "state", "rule"),
    [
        ({}, (), "eligible", "open"),
        ({}, ("none",), "eligible", "open"),
        ({}, RESERVED, "unknown", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("verified", date(2026, 2, 1))}}, RESERVED, "eligible", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("verified")}}, RESERVED, "eligible", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("verified", date(2020, 2, 1))}}, RESERVED, "unknown", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("declared", date(2026, 2, 1))}}, RESERVED, "declared", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("expired", date(2026, 2, 1))}}, RESERVED, "unknown", "SE-LOU-4-18"),
        ({"eligibility": {"res-ws": Statement("denied", date(2010, 2, 1))}}, RESERVED, "ineligible", "SE-LOU-4-18"),
        ({"eligibility": {"se-ideburen": Statement("verified", TODAY)}}, RESERVED, "unknown", "SE-LOU-4-18"),
        (
            {"eligibility": {"res-ws": Statement("verified", TODAY, until=TODAY - timedelta(days=1))}},
            RESERVED,
            "unknown",
            "SE-LOU-4-18",
        ),
        ({"eligibility": {"res-ws": Statement("verified", until=TODAY)}}, RESERVED, "eligible", "SE-LOU-4-18"),
        (
            {"eligibility": {"res-ws": Statement("verified", TODAY + timedelta(days=1))}},
            RESERVED,
            "unknown",
            "SE-LOU-4-18",
        ),
        (
            {"eligibility": {"se-ideburen": Statement("verified", TODAY)}},
            ("res-ws", "se-ideburen"),
            "eligible",
            "SE-LOU-19-25A",
        ),
        ({"lifecycle": "pilot"}, (), "eligible", "open"),
        ({"lifecycle": "unknown"}, (), "unknown", "lifecycle"),
        ({"lifecycle": "planned"}, (), "ineligible", "lifecycle"),
        ({"lifecycle": "paused"}, (), "ineligible", "lifecycle"),
        ({"lifecycle": "closed"}, (), "ineligible", "lifecycle"),
        ({"kind": "network"}, (), "ineligible", "kind"),
        ({"kind": "association"}, (), "eligible", "open"),
        (
            {"lifecycle": "unknown", "eligibility": {"res-ws": Statement("verified", TODAY)}},
            RESERVED,
            "unknown",
            "lifecycle",
        ),
        (
            {"lifecycle": "unknown", "eligibility": {"res-ws": Statement("denied", TODAY)}},
            RESERVED,
            "ineligible",
            "SE-LOU-4-18",
        ),
    ],
)
def test_who_may_take_part(changes: dict[str, object], reserved: tuple[str, ...], state: str, rule: str) -> None:
    found = eligibility(lot(reserved_participation=reserved), document(profile(**changes)), TODAY)  # type: ignore[arg-type]  # a table of keyword arguments
    assert (found.state, found.rule) == (EligibilityState(state), rule)


def test_an_imported_flag_that_stands_alone_gates_nothing() -> None:
    found = eligibility(lot(reserved_participation=RESERVED, reservation_gates=False), document(profile()), TODAY)
    assert found.state is EligibilityState.ELIGIBLE


@pytest.mark.parametrize(
    ("code", "country", "day", "rule"),
    [
        ("res-ws", "SE", TODAY, "SE-LOU-4-18"),
        ("res-ws", "NO", TODAY, "NO-FOA-16-9"),
        ("res-ws", "FI", TODAY, "EU-2014-24-20"),
        ("res-ws", "SE", date(2016, 6, 1), "EU-2014-24-20"),
        ("res-pub-ser", "SE", TODAY, "SE-LOU-19-25"),
        ("no-ideell", "SE", TODAY, None),
        ("other", "SE", TODAY, None),
    ],
)
def test_the_rule_follows_country_and_day(code: str, country: str, day: date, rule: str | None) -> None:
    found = rule_for(code, country, day)
    assert (found.rule if found else None) == rule


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"reserved_participation": ("res-pub-ser",), "cpv_main": "90910000"}, ["code_not_listed"]),
        ({"reserved_participation": ("res-pub-ser",), "cpv_main": "85312510", "duration_months": 36}, []),
        ({"reserved_participation": ("res-pub-ser",), "duration_months": 48}, ["duration_too_long"]),
        ({"reserved_participation": ("no-ideell",)}, ["no_rule"]),
        ({"reserved_participation": ("res-ws", "none"), "duration_months": 60}, []),
    ],
)
def test_a_reservation_that_does_not_fit_is_warned_of(changes: dict[str, object], codes: list[str]) -> None:
    assert [warning.code for warning in warnings(lot(**changes), TODAY)] == codes


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [(date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2024, 2, 29), 24, date(2026, 2, 28)), (TODAY, 0, TODAY)],
)
def test_months_end_with_the_month(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later
