"""The gap map's page and files, what meets a need on its page, and what an offer meets on its own."""

import httpx
import pytest

from app.core.db import Database
from app.needs import service as needs
from app.needs.vocabulary import Status as NeedStatus
from app.support_offers import service as support_offers
from app.support_offers.vocabulary import Status
from tests.factories import need, support_offer


@pytest.fixture
def records(database: Database) -> dict[str, str]:
    """Write an offer with a need that it meets, and a need that nobody meets where it is."""
    with database.writes() as session:
        offer = support_offer(name="Exempelråd", needs=["advice"], service_areas=["SE-25"])
        school = support_offer(name="Exempelskolan", needs=["asf_school"], service_areas=["SE-22"])
        met, unmet = need(title="Råd"), need(title="En skola", categories=["asf_school"])
        register = support_offers.register
        return {
            "offer": register(session, offer, home="here", status=Status.PUBLISHED).id,
            "school": register(session, school, home="here", status=Status.PUBLISHED).id,
            "met": needs.register(session, met, home="here", status=NeedStatus.PUBLISHED).id,
            "unmet": needs.register(session, unmet, home="here", status=NeedStatus.PUBLISHED).id,
        }


def test_the_map_is_a_table_a_picture_and_two_files(app_client: httpx.Client, records: dict[str, str]):
    page = app_client.get("/sv/gap-map?area=SE&sort=-gaps").text
    assert page.count("<tr>") == 24
    assert 'href="/sv/gap-map?area=SE-25&amp;sort=-gaps"' in page
    assert "ASF-skola/utbildning i Norrbottens län" in page
    assert "Behov inte angivet" in page
    assert "Område inte angivet" in page
    assert "<circle" in page
    table = app_client.get("/sv/gap-map.csv?area=SE-25")
    assert table.headers["content-type"].startswith("text/csv")
    assert "Norrbottens län;SE-25;Rådgivning;advice;täckt" in table.text
    assert app_client.get("/nb/gap-map.xlsx").content.startswith(b"PK")
    assert app_client.get("/sv/gap-map?area=XX").status_code == 422
    assert app_client.get("/sv/gap-map.pdf").status_code == 404
    same = app_client.get("/api/v1/gap-map?area=SE-25").json()
    assert same["rows"][0]["cells"][0]["state"] == "met"
    assert app_client.get("/api/v1/gap-map/export?format=xlsx").content.startswith(b"PK")


def test_pages_of_needs_and_offers_show_each_other(app_client: httpx.Client, records: dict[str, str]):
    met = app_client.get(f"/sv/needs/{records['met']}").text
    assert f"/sv/support-offers/{records['offer']}" in met
    assert "Hjälper med rådgivning" in met
    unmet = app_client.get(f"/nb/needs/{records['unmet']}").text
    assert "Det regnes som et hull" in unmet
    assert f"/nb/support-offers/{records['school']}" in unmet
    assert "km unna" in unmet
    offer = app_client.get(f"/en/support-offers/{records['offer']}").text
    assert f"/en/needs/{records['met']}" in offer
    assert "Asks for advice in Norrbotten" in offer
    answers = app_client.get(f"/api/v1/needs/{records['unmet']}/offers", headers={"Accept-Language": "sv"}).json()
    assert answers["nearest"][0]["id"] == records["school"]
    assert app_client.get(f"/api/v1/support-offers/{records['offer']}/needs").json()["total"] == 1
    for path in ("needs/x/offers", "support-offers/x/needs"):
        assert app_client.get(f"/api/v1/{path}").status_code == 404


def test_searches_say_why_and_what_comes_closest_and_are_noticed(app_client: httpx.Client, records: dict[str, str]):
    ranked = app_client.get("/sv/support-offers", params={"words": "rådgivning i Norrbotten"}).text
    assert "Ges i hela Norrbottens län" in ranked
    nobody = app_client.get("/sv/support-offers", params={"words": "ASF-skola i Norrbotten"}).text
    assert "Det räknas som en lucka" in nobody
    assert "Exempelskolan" in nobody
    asked = {"need": "asf_school", "area": "SE-25"}
    for _ in range(60):
        answer = app_client.get("/api/v1/support-offers", params=asked).json()
    assert (answer["total"], answer["nearest"][0]["id"]) == (0, records["school"])
    cells = app_client.get("/api/v1/gap-map?area=SE-25").json()["rows"][0]["cells"]
    school = next(cell for cell in cells if cell["need"] == "asf_school")
    assert (school["state"], school["searches_at_least"]) == ("gap", 50)
    assert "searches" in school["rests_on"]
