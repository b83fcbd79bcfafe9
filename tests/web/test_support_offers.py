"""The pages of the support offers: found by need and place, what is known of one, and drafts for nobody else."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from app.core.db import Database
from app.demo import service as demo
from app.demo.vocabulary import support_offer_id
from tests.databases import copied_database, filled_template


def _filled(kind: str) -> str:
    def fill(url: str) -> None:
        database = Database(url)
        with database.writes() as session:
            demo.load(session, home="local", today=date(2026, 11, 21))
        database.close()

    return filled_template(kind, "support-pages", fill)[0]


@pytest.fixture
def database_url(database_kind: str, tmp_path: Path) -> Iterator[str]:
    """Give the URL of a database of the test's own that holds the demo."""
    with copied_database(database_kind, _filled(database_kind), tmp_path) as url:
        yield url


def test_offers_are_found_by_need_and_place_and_told_whole(app_client: httpx.Client):
    page = app_client.get("/sv/support-offers", params={"words": "rådgivning i Norrbotten"}).text
    assert page.index("Avsatt tjänst på kommun") < page.index("Information om sociala företag")
    # What was there before is told below what there is.
    training = app_client.get("/sv/support-offers", params={"words": "handledarutbildning i Norrbotten"}).text
    assert training.index("Exempel: handledarutbildning") < training.index("Har erbjudits tidigare")
    assert "Erbjuds inte längre" in training
    nobody = app_client.get("/nb/support-offers", params={"words": "handledarutbildning i Trøndelag"}).text
    assert "Så vidt vi vet, tilbyr ingen dette der" in nobody
    assert "Samme støtte hvor som helst" in nobody
    both = app_client.get("/en/support-offers?need=advice&need=training&need_match=all&side=enterprise").text
    assert "Regional stödstruktur / hub" in both
    assert "Timbanken" not in both
    for language in ("sv", "nb", "en"):
        for key in ("O024", "O003", "exempel-radgivning"):
            assert app_client.get(f"/{language}/support-offers/{support_offer_id(key)}").status_code == 200, key
    ended = app_client.get(f"/sv/support-offers/{support_offer_id('O024')}").text
    assert "Det var avslutat när källan skrevs." in ended
    assert "Uppgift från 2021, inte bekräftad sedan dess" in ended


def test_pages_of_the_list_follow_each_other(app_client: httpx.Client):
    first = app_client.get("/sv/support-offers?limit=5")
    assert 'rel="next"' in first.text
    address = app_client.get("/api/v1/support-offers?limit=5").json()
    after = app_client.get("/sv/support-offers", params={"limit": 5, "after": address["next"]}).text
    assert "Till första sidan" in after
    for one in address["items"]:
        assert f"/sv/support-offers/{one['id']}" in first.text
        assert f"/sv/support-offers/{one['id']}" not in after


def test_drafts_are_nobodys_business_and_wrong_filters_are_told(app_client: httpx.Client, database: Database):
    assert app_client.get(f"/sv/support-offers/{support_offer_id('O040')}").status_code == 404
    assert app_client.get("/sv/support-offers?need=x").status_code == 422
    assert "Rådgivningstjänst för företagande" not in app_client.get("/sv/support-offers?status=draft&limit=100").text
