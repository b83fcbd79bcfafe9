"""The demo split between nodes: each record has one home, and together they have the whole of it."""

from datetime import date

import pytest

from app.core.db import Database
from app.demo import service as demo
from app.demo.shares import Share

TODAY = date(2026, 11, 21)
COUNTIES = ("SE-22", "SE-23", "NO-50")


def test_a_record_belongs_to_its_county_or_to_the_first_node_of_its_country():
    shares = {county: Share(county, COUNTIES) for county in COUNTIES}

    def home_of(country: str | None, *areas: str | None) -> list[str]:
        return [county for county, share in shares.items() if share.holds(country, areas)]

    assert home_of("SE", "SE-2309") == ["SE-23"]
    assert home_of("SE", "SE-25") == ["SE-22"]
    assert home_of("NO", None) == ["NO-50"]
    assert home_of("NO", "NO-39", "NO-50") == ["NO-50"]
    assert home_of("SE", None, "SE-23", "SE-22") == ["SE-23"]
    assert home_of("EU", None) == home_of(None) == ["SE-22"]


@pytest.mark.deep
def test_three_nodes_have_the_whole_demo_between_them(database: Database):
    # One database takes all three shares, which it could not if a record were in two of them.
    reports = []
    for county in COUNTIES:
        with database.writes() as session:
            reports.append(demo.load(session, home=county, today=TODAY, share=Share(county, COUNTIES)))
    assert [report.already_there for report in reports] == [0, 0, 0]
    with database.writes() as session:
        whole = demo.load(session, home="whole", today=TODAY)
    assert sum(whole[:-1]) == 0
    assert whole.already_there == sum(sum(report[:-1]) for report in reports)
    assert all(report.enterprises > 10 and report.opportunities > 4 and report.needs > 0 for report in reports)
