"""The actors of the reports: every row of the source is an organisation, and every word of a row has a meaning.

The tables here say what each word means. A word that is not in them, or a meaning that no row has, fails the test.
"""

import csv
import os
from pathlib import Path

import pytest

from app.core.db import Database
from app.demo import organizations as actors
from app.demo import service as demo
from app.organizations import service
from app.organizations.schemas import OrganizationFilters
from app.reference import service as reference

NAMED = demo.named_organizations()
KINDS = {
    "municipality": "municipality",
    "region/county": "region",
    "inter-municipal": "region",
    "coordination_association": "coordination_association",
    "state authority": "state_authority",
    "state/municipal authority": "state_authority",
    "ministry": "state_authority",
    "state company": "public_company",
    "development company": "public_company",
    "municipal development company": "public_company",
    # Several services of many municipalities, named together.
    "municipal services": "other",
    "interest organisation": "interest_organisation",
    "adviser": "adviser",
    "support company": "adviser",
    "trainer": "adviser",
    "incubator": "incubator",
    "business promoter": "business_office",
    "business office": "business_office",
    "association": "association",
    "church/customer": "church",
    "school": "school",
    "network": "network",
    "research": "research",
    "research network": "research",
    "funder": "funder",
    "international": "international",
    "cooperative": "cooperative",
    "large cooperative (example)": "cooperative",
}
PARTS = {
    "buyer": "buyer",
    "support": "support_provider",
    "authority": "authority",
    "funder": "funder",
    "partner": "partner",
    # Named as well-known cooperatives: they do nothing in the field.
    "example": None,
}
IS_BUYER = {"yes": True, "yes (rehabilitation services)": True, "no": False}
# The county or country; whoever has a municipality of its own is found in it.
AREAS = {
    "national": None,
    "": "",
    "Trøndelag": "NO-50",
    "Vestfold": "NO-39",
    "Oppdal/Rennebu": "NO-50",
    "Rissa": "NO-5054",
    "Norrbotten": "SE-25",
    "Västernorrland": "SE-22",
    "Jämtland": "SE-23",
    "Dalarna": "SE-20",
    "Halland": "SE-13",
    "Västmanland": "SE-19",
    "Örebro": "SE-18",
    "Gävleborg": "SE-21",
    "Örnsköldsvik": "SE-2284",
    "Ludvika": "SE-2085",
    "Kramfors": "SE-2282",
}


def rows() -> dict[str, dict[str, str]]:
    """Return the source's rows by their number."""
    file = Path(os.environ.get("SAMNOD_DATA_DIR", "../shared/data")) / "sources" / "actors.csv"
    if not file.is_file():
        pytest.skip("the folder of source data (SAMNOD_DATA_DIR) is absent")
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}


def test_every_row_is_an_organisation_and_every_word_has_a_meaning():
    told = rows()
    assert len(told) == 104
    assert list(NAMED) == list(told)
    assert {row["actor_type"] for row in told.values()} == set(KINDS)
    assert {role for row in told.values() for role in row["roles"].split(";")} == set(PARTS)
    assert {row["public_buyer_candidate"] for row in told.values()} == set(IS_BUYER)
    assert {row["area"] for row in told.values()} == set(AREAS)
    for key, row in told.items():
        one = NAMED[key]
        assert (one.name, one.country, one.source) == (row["name"], row["country"], row["source"]), key
        assert one.kind == KINDS[row["actor_type"]], key
        parts = {part for role in row["roles"].split(";") if (part := PARTS[role])}
        parts |= {"buyer"} if IS_BUYER[row["public_buyer_candidate"]] else set()
        assert set(one.parts) == parts, key
        stated = AREAS[row["area"]]
        if row["actor_type"] == "municipality":
            place = reference.area_label(one.area_code or "", "sv")
            assert place.split()[0].rstrip("s") in row["name"], key
            assert stated in {one.area_code, *reference.ancestors(one.area_code or "")}, key
        else:
            assert one.area_code == (row["country"] if stated is None else stated or None), key
        # What a report remarks of a named organisation in passing is not for its page.
        assert one.summary == "", key


def test_the_directory_of_the_demo_finds_them_all(database: Database):
    with database.writes() as session:
        assert actors.load(session, NAMED, home="here") == 104
    with database.reads() as session:
        assert service.search(session, OrganizationFilters(), None)[1] == 104
        buyers = OrganizationFilters.model_validate({"part": ["buyer"], "located_in": ["SE-25"]})
        found, _ = service.search(session, buyers, None)
    assert {"Luleå kommun", "Region Norrbotten", "Arbetsförmedlingen"} <= {one.name for one in found}
