"""The support offers of the reports: all of them, with no word left without a meaning, and found as people ask."""

from datetime import date

import pytest

from app.core.db import Database
from app.demo import service as demo
from app.demo import support_offers as offers
from app.demo.vocabulary import is_example, support_offer_id
from app.gaps import service as gaps
from app.gaps.schemas import GapFilters
from app.gaps.vocabulary import GapState
from app.support_offers import service
from app.support_offers.schemas import SupportOfferFilters
from app.support_offers.vocabulary import Status
from tests.engines import mostly_sqlite

TODAY = date(2026, 11, 21)
NAMED = offers.named_offers()


def test_every_row_of_the_source_is_an_offer_and_every_meaning_is_used():
    assert list(NAMED) == [f"O{number:03}" for number in range(1, 59)]
    words, rows = offers._read("support_offer_words"), offers._read("support_offers")
    for field in ("offer_kind", "country", "provider_type", "status_at_source", "target", "provider"):
        said = {row.get(field, "") for row in rows.values()}
        assert set(words[field]) <= said, field
        assert said <= set(words[field]) | (said if field == "provider" else set()), field
    assert {row.get("price", "") for row in rows.values()} == set(words["price"])
    assert {row["area"] for row in rows.values()} == {area.split(", ")[0] for area in words["area"]}
    states = {status: sum(one.status is status for one in NAMED.values()) for status in Status}
    assert states == {
        Status.PUBLISHED: 46,
        Status.ARCHIVED: 8,
        Status.DRAFT: 4,
        Status.IN_REVIEW: 0,
        Status.SUSPENDED: 0,
    }
    assert all(one.note for one in NAMED.values() if one.status is not Status.PUBLISHED)


def test_a_word_without_a_meaning_is_a_fault():
    row = offers._read("support_offers")["O001"]
    for field in ("offer_kind", "area", "target", "status_at_source", "provider_type"):
        with pytest.raises(KeyError):
            offers._named("O999", {**row, field: "något nytt"})


@mostly_sqlite
def test_what_people_ask_for_is_found_in_order(database: Database):
    with database.writes() as session:
        assert demo.load(session, home="here", today=TODAY).support_offers == len(offers.named_offers()) + len(
            offers.example_offers()
        )

    def found(words: str, *statuses: Status) -> list[str]:
        with database.reads() as session:
            asked = SupportOfferFilters(words=words, status=list(statuses))
            return [one.id for one in service.search(session, asked)[0]]

    advice = found("rådgivning i Norrbotten")
    assert advice[:1] == [support_offer_id("O002")]
    assert support_offer_id("O028") in advice
    training = found("handledarutbildning i Norrbotten", Status.PUBLISHED, Status.ARCHIVED)
    assert training == [support_offer_id("exempel-handledare"), support_offer_id("O024")]
    assert found("styrelsekompetens i Norrbotten") == found("handledarutbildning i Trøndelag") == []
    with database.reads() as session:
        linked = service.find(session, support_offer_id("O003"))
        assert (linked.provider_id, linked.status_at_source, linked.source_year) == (None, "existing", 2021)
        assert service.find(session, support_offer_id("O037")).provider_name == "Östersunds kommun"
        assert is_example(service.find(session, support_offer_id("exempel-radgivning")).source)


def test_the_reports_searches_are_ranked_or_count_as_gaps(with_demo: Database):
    with with_demo.reads() as session:
        advice = service.search(session, SupportOfferFilters(words="rådgivning i Norrbotten"), language="sv")[0]
        assert all(one.reasons for one in advice)
        assert advice[0].reasons[0].text == "Hjälper med rådgivning"
        training = service.search(session, SupportOfferFilters(words="handledarutbildning i Norrbotten"))[0]
        assert training[0].id == support_offer_id("exempel-handledare")
        cells = {(row.area, cell.need): cell for row in gaps.gap_map(session, GapFilters()).rows for cell in row.cells}
        for words, area, need in (
            ("styrelsekompetens i Norrbotten", "SE-25", "board"),
            ("handledarutbildning i Trøndelag", "NO-50", "supervisor_training"),
        ):
            asked = SupportOfferFilters(words=words)
            assert service.search(session, asked)[1] == 0
            near = service.nearest(session, asked, language="nb")
            assert near[0].nearest_area
            assert near[0].distance_km
            assert (cells[area, need].state, cells[area, need].offers) == (GapState.GAP, 0)
