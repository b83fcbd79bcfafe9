"""What an addition is said to give is what it gives: the record is changed so, and everything counted again."""

from typing import Any

import pytest

from app.core.clock import today
from app.core.db import Database
from app.enterprises import service as enterprises
from app.matching import service
from app.matching.additions import Field, additions
from app.matching.profile import Statement
from app.matching.schemas import Completeness
from app.matching.vocabulary import MET_SCORE
from app.opportunities import service as opportunities
from app.wiring import wire
from tests import factories
from tests.matching.examples import profile

SURE = {"eligible", "declared"}
BARE: dict[str, Any] = {
    "offerings": [factories.offering(title="Lokalvård", cpv=[], sectors=[])],
    "eligibility": [],
    "service_areas": [],
}


def lot(cpv: str, title: str = "Städning", **more: Any) -> dict[str, Any]:
    """Return a lot of some kind of cleaning, as it is sent."""
    return {"title": title, "cpv_main": cpv, "area_codes": ["SE-2281"], **more}


@pytest.fixture
def market(database: Database) -> Database:
    """Give a database with a few open opportunities, most of them of cleaning, and a cleaner who says little."""
    wire()
    value = {"amount": "20000000", "currency": "SEK"}
    lots = [
        lot("90911200"),
        lot("90911200", "Städtjänster", estimated_value=value),
        lot("90911300", "Fönsterputs"),
        lot("90911200", reserved_participation=["res-ws"]),
        lot("90910000", reserved_participation=["se-ideburen"]),
        lot("45000000", "Bygge av bro"),
    ]
    with database.writes() as session:
        for number, one in enumerate(lots):
            data = factories.opportunity(title=one["title"], description="", lots=[one])
            opportunities.publish(session, data, home="test", record_id=f"opportunity-{number}")
        enterprises.register(session, factories.enterprise(**BARE), home="test", record_id="cleaner")
    return database


def counted(database: Database) -> tuple[set[str], dict[str, int]]:
    """Return what the cleaner meets, and its points for everything that it matches."""
    with database.reads() as session:
        items = service.for_enterprise(session, "cleaner", limit=100).items
    met = {item.opportunity.id for item in items if item.score >= MET_SCORE and item.eligibility in SURE}
    return met, {item.opportunity.id: item.score for item in items}


def asked(database: Database, language: str = "en") -> Completeness:
    """Return what the cleaner could add."""
    with database.reads() as session:
        return service.completeness(session, "cleaner", language=language)


def test_every_addition_gives_what_it_said(market: Database):
    changes = {
        "cpv": lambda value: {"offerings": [factories.offering(title="Lokalvård", cpv=[value], sectors=[])]},
        "eligibility": lambda value: {
            "eligibility": [{"reservation": value, "state": "declared", "on": str(today())}],
        },
        "service_areas": lambda value: {"service_areas": [value]},
        "size": lambda _: {"turnover": "50-", "employees": "250-"},
    }
    found = asked(market)
    met, points = counted(market)
    assert (found.matches, found.meets) == (len(points), len(met))
    tried = set()
    for effect in found.effects:
        if effect.field in changes:
            record = BARE | changes[effect.field](effect.value)
            with market.writes() as session:
                enterprises.register(session, factories.enterprise(**record), home="test", record_id="cleaner")
            now_met, now_points = counted(market)
            rises = [now_points[one] - points.get(one, now_points[one]) for one in now_points.keys() - (now_met - met)]
            said = (effect.gain.opportunities, effect.gain.raised, effect.gain.points)
            assert said == (len(now_met) - len(met), sum(rise > 0 for rise in rises), sum(rises)), effect
            tried.add(effect.field)
    assert tried == changes.keys()


def test_the_best_comes_first_and_says_what_it_gives(market: Database):
    found = asked(market)
    gains = [(effect.gain.opportunities, effect.gain.points) for effect in found.effects]
    assert gains == sorted(gains, reverse=True)
    assert found.effects[-1].field == "confirmation"
    code = next(effect for effect in found.effects if effect.field == "cpv")
    assert code.pointer == "/offerings/0/cpv/-"
    assert code.text == f"Add the CPV code {code.value} {code.label}"
    assert "45000000" not in {effect.value for effect in found.effects}, "it does not build bridges"
    assert all(effect.gain.text and effect.text for effect in found.effects)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("sv", "Ange vilka områden ni verkar i, till exempel Västernorrlands län"),
        ("nb", "Oppgi hvilke områder dere dekker, for eksempel Västernorrland"),
        ("en", "State the areas you serve, for instance Västernorrland"),
    ],
)
def test_it_is_told_in_the_readers_language(market: Database, language: str, text: str):
    told = {effect.field: effect.text for effect in asked(market, language).effects}
    assert told["service_areas"].startswith(text)


def test_a_stated_no_stands_and_what_is_said_is_not_asked_for():
    said = profile(
        title="Städning",
        cpv=("90910000",),
        eligibility={"res-ws": Statement("denied"), "res-pub-ser": Statement("verified")},
        service_areas=("SE",),
        municipality="SE-2281",
        turnover_band="0-1",
        industry_codes=("81210",),
        criteria={"reinvest": "declared"},
    )
    found = [(one.field, one.value) for one in additions(said, {"90910000": 3, "90911200": 1, "33000000": 9}, today())]
    assert found == [(Field.CPV, "90911200"), (Field.ELIGIBILITY, "se-ideburen")]


def test_a_declaration_grown_old_is_asked_for_again():
    said = profile(eligibility={"res-ws": Statement("declared", today().replace(year=2020))})
    assert (Field.ELIGIBILITY_AGAIN, "res-ws") in [(one.field, one.value) for one in additions(said, {}, today())]
