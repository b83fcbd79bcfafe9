"""Where support is missing: the map against the searches it stands for, needs and offers matched, misses kept."""

import csv
import io
import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import now, today
from app.core.db import Database
from app.gaps import service
from app.gaps.demand import demand
from app.gaps.misses import Misses
from app.gaps.rules import at_least, judged
from app.gaps.schemas import GapCell, GapFilters, GapMap
from app.gaps.vocabulary import Evidence, GapState, MapForm, RowSort
from app.needs import service as needs
from app.needs.service import Said
from app.needs.vocabulary import Status as NeedStatus
from app.reference import service as reference
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferFilters
from app.support_offers.vocabulary import LackCode, ReasonCode, Side, Status, Unstated
from tests.factories import need, support_offer

AREAS = [["SE-2580"], ["SE-25"], ["SE"], ["SE-25", "SE"], ["SE-2281", "SE-2280"], ["NO-50"], ["NO"], []]
CATEGORIES = ["advice", "training", "board", "mentoring"]


@pytest.fixture
def filled(database: Database) -> Database:
    """Write sixty offers and sixty needs of every sort, some without a need or an area."""
    draw = random.Random(3)
    with database.writes() as session:
        for number in range(60):
            codes, areas = draw.sample(CATEGORIES, draw.choice([0, 1, 1, 2])), draw.choice(AREAS)
            ways, sides = draw.choice([[], ["remote"]]), draw.choice([[], ["public"], ["enterprise", "public"]])
            offer = support_offer(name=f"Insats {number}", needs=codes, service_areas=areas, delivery=ways, sides=sides)
            status = draw.choice([Status.PUBLISHED, Status.PUBLISHED, Status.DRAFT])
            support_offers.register(session, offer, home="here", status=status)
            codes, areas = draw.sample(CATEGORIES, draw.choice([0, 1, 1, 2])), draw.choice(AREAS)
            wanted = need(title=f"Behov {number}", categories=codes, areas=areas)
            needs.register(session, wanted, home="here", status=draw.choice([NeedStatus.PUBLISHED, NeedStatus.DRAFT]))
    return database


def test_each_cell_is_what_the_search_finds_and_nothing_disappears(filled: Database):
    with filled.reads() as session:
        for asked in (GapFilters(), GapFilters(area="SE-25"), GapFilters(side=Side.PUBLIC, area="NO")):
            found = service.gap_map(session, asked)
            sides = [asked.side] if asked.side else []
            everything = support_offers.counted(session, SupportOfferFilters(side=sides)).total
            assert found.offers == everything
            for row in found.rows[:4]:
                for cell in row.cells:
                    where: dict[str, Any] = {"area": [row.area]} if row.area else {"unstated": [Unstated.AREA]}
                    what: dict[str, Any] = {"need": [cell.need]} if cell.need else {}
                    filters = SupportOfferFilters(**where, **what, side=sides)
                    total = support_offers.search(session, filters)[1]
                    if cell.need:
                        assert (cell.offers, cell.here + cell.wider) == (total, total), (row.area, cell)
                    else:
                        assert cell.offers <= total == row.offers
            # Offers that state no area, and those of the two countries, are all the offers there are.
            if asked == GapFilters():
                whole = [row for row in found.rows if row.is_whole or row.area is None]
                assert sum(row.offers for row in whole) == found.offers
                assert sum(row.needs for row in whole) == found.needs
                unstated = next(row for row in found.rows if row.area is None)
                assert unstated.offers > 0 < unstated.needs
                assert any(cell.need is None and cell.offers for cell in unstated.cells)
        again = service.gap_map(session, GapFilters())
        assert service.gap_map(session, GapFilters()) is again


def test_rows_are_sorted_and_files_hold_the_same(filled: Database):
    with filled.reads() as session:
        for sort in RowSort:
            rows = service.gap_map(session, GapFilters(area="SE", sort=sort)).rows
            assert (rows[0].area, rows[-1].area) == ("SE", None)
        found = service.gap_map(session, GapFilters(area="SE", sort=RowSort.GAPS))
    inner = [row.gaps for row in found.rows[1:-1]]
    assert inner == sorted(inner, reverse=True)
    written = service.as_file(found, MapForm.CSV, "sv").decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(written), delimiter=";"))
    cells = [cell for row in found.rows for cell in row.cells]
    assert [int(line["Insatser som ges där"]) for line in lines] == [cell.offers for cell in cells]
    assert {line["Läge"] for line in lines} <= {"", "lucka", "tunt", "täckt"}
    assert service.as_file(found, MapForm.XLSX, "nb").startswith(b"PK")


def test_needs_find_offers_with_reasons_and_offers_the_needs_they_meet(database: Database):
    with database.writes() as session:
        offers = {
            "länet": support_offer(needs=["board", "advice"], sides=["public"]),
            "landet": support_offer(needs=["board"], service_areas=["SE"], sides=["enterprise"]),
            "annat": support_offer(needs=["advice"]),
            "borta": support_offer(needs=["asf_school"], service_areas=["SE-22"]),
            "tyst": support_offer(needs=[]),
        }
        ids = {
            name: support_offers.register(session, data, home="here", status=Status.PUBLISHED).id
            for name, data in offers.items()
        }
        wanted = {
            "styrelse": need(categories=["board"], areas=["SE-2580"], sides=["enterprise"]),
            "skola": need(categories=["asf_school"], areas=["SE-25"]),
            "annat": need(categories=[], areas=["SE-25"]),
        }
        asked = {
            name: needs.register(session, data, home="here", status=NeedStatus.PUBLISHED).id
            for name, data in wanted.items()
        }
    names = {one: name for name, one in ids.items()}
    with database.reads() as session:
        answers = service.offers_for(session, asked["styrelse"], language="sv")
        assert ([names[one.id] for one in answers.items], answers.total) == (["länet", "landet"], 2)
        assert answers.items[0].reasons[0].code is ReasonCode.NEED
        assert LackCode.OTHER_SIDE in {lack.code for lack in answers.items[0].lacks}
        assert ReasonCode.SIDE in {reason.code for reason in answers.items[1].reasons}
        school = service.offers_for(session, asked["skola"], language="nb")
        assert (school.total, [names[one.id] for one in school.nearest]) == (0, ["borta"])
        assert school.nearest[0].distance_km
        assert service.offers_for(session, asked["annat"], language="sv").total == 0

        meets = service.needs_for(session, ids["landet"], language="sv")
        assert [(one.need.id, one.met, one.areas) for one in meets.items] == [
            (asked["styrelse"], ["board"], ["SE-2580"])
        ]
        assert meets.items[0].text == "Efterfrågar styrelsekompetens/mentorer i Luleå"
        for name in ("annat", "borta", "tyst"):
            assert service.needs_for(session, ids[name], language="sv").total == 0
        row = next(row for row in service.gap_map(session, GapFilters(area="SE")).rows if row.area == "SE-25")
        school_cell = _cell(service.gap_map(session, GapFilters(area="SE")), "SE-25", "asf_school")
        assert (school_cell.state, school_cell.needs, school_cell.offers) == (GapState.GAP, 1, 0)
        assert row.gaps >= 1


def test_searches_that_found_nobody_are_kept_without_words_and_told_in_round_numbers(database: Database):
    misses = Misses(database)
    with database.reads() as session:
        for words in ("styrelsekompetens i Norrbotten", "Anna Andersson i Norrbotten", "Anna Andersson"):
            asked = support_offers.asked_only_for(SupportOfferFilters(words=words))
            assert asked is not None
            for _ in range(6):
                misses.notice(*asked)
        assert support_offers.asked_only_for(SupportOfferFilters(need=["board"], cost=["free"])) is None
        assert service.gap_map(session, GapFilters(area="SE")).rows[0].cells[4].searches_at_least is None
    for _ in range(4):
        misses.notice(["advice"], ["SE-2580"])
    misses.write()
    misses.write()
    with database.reads() as session:
        found = service.gap_map(session, GapFilters(area="SE"))
        board, unstated = _cell(found, "SE-25", "board"), _cell(found, "SE-25", None)
        assert (board.searches_at_least, unstated.searches_at_least) == (5, 5)
        assert Evidence.SEARCHES in board.rests_on
        assert _cell(found, "SE-25", "advice").searches_at_least is None
    with database.writes() as session:
        old = today() - timedelta(days=800)
        service.keep_searches(session, {(old, "board", "SE-25"): 100})
        service.keep_searches(session, {(old, "board", "SE-25"): 1})
        assert service.forget_searches(session, now()) == 1


def test_what_cannot_be_written_now_waits(database: Database, monkeypatch: pytest.MonkeyPatch):
    from sqlalchemy.exc import OperationalError

    misses = Misses(database)
    for _ in range(5):
        misses.notice(["board"], ["SE-25"])
    with monkeypatch.context() as patch:
        patch.setattr(service, "keep_searches", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, Exception())))
        misses.write()
    misses.write()
    with database.reads() as session:
        assert _cell(service.gap_map(session, GapFilters(area="SE")), "SE-25", "board").searches_at_least == 5


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_no_sum_of_round_numbers_tells_of_one_search(one: int, other: int):
    assert at_least(one) is None or 5 <= (at_least(one) or 0) <= one
    if one < 5:
        assert at_least(one) is None
    if one <= other:
        assert (at_least(one) or 0) <= (at_least(other) or 0)


@given(
    st.lists(
        st.tuples(st.sets(st.sampled_from(CATEGORIES)), st.sampled_from(AREAS)).map(
            lambda said: Said(frozenset(said[0]), frozenset(said[1]))
        ),
        max_size=30,
    )
)
def test_every_need_stands_in_its_own_areas_and_once_in_each(stated: list[Said]):
    areas = ["SE", *(one.code for one in reference.counties_of("SE")), "NO", ""]
    found = demand(stated, areas)
    for area in areas:
        here = [one for one in stated if _lies(one, area)]
        assert found[area].needs == len(here)
        for code in CATEGORIES:
            wider = [one for one in stated if code in one.categories and one not in here and _holds(one, area)]
            assert found[area].here[code] == sum(code in one.categories for one in here)
            assert found[area].wider[code] == len(wider)
    assert sum(found[area].needs for area in ("SE", "NO", "")) >= len(stated)


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 9), st.integers(0, 60))
def test_a_gap_is_where_nobody_offers_it_and_nowhere_else(here: int, wider: int, remote: int, wanted: int):
    state, rests_on = judged(here=here, wider=wider, remote=remote, needs=wanted, needing=None, searches=None)
    assert (state is GapState.GAP) == (here + wider == 0) == (Evidence.NO_SUPPLY in rests_on)
    assert (state is GapState.MET) == (here > 0 and wanted < 3 * (here + wider))
    assert (Evidence.AT_A_DISTANCE in rests_on) == (remote > 0)


def _lies(one: Said, area: str) -> bool:
    if not area:
        return not one.areas
    return any(reference.covers(area, code) for code in one.areas)


def _holds(one: Said, area: str) -> bool:
    return bool(area) and any(reference.covers(code, area) for code in one.areas)


def _cell(found: GapMap, area: str, need_code: str | None) -> GapCell:
    row = next(row for row in found.rows if row.area == area)
    return next(cell for cell in row.cells if cell.need == need_code)
