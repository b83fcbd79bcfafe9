"""What answers a question best comes first and says why; where nobody answers it, the nearest are told."""

import random
from hashlib import blake2b
from typing import Any

import pytest

from app.accounts.vocabulary import Caller, Role, Scope
from app.core.clock import today
from app.core.db import Database
from app.core.errors import BadRequest
from app.core.preconditions import Precondition
from app.support_offers import service
from app.support_offers.distances import kilometres
from app.support_offers.index import current
from app.support_offers.ranking import needs_meant, places_of
from app.support_offers.rules import merit_of
from app.support_offers.schemas import SupportOfferFilters, SupportOfferFound, SupportOfferPatch
from app.support_offers.vocabulary import Capacity, Cost, LackCode, NeedMatch, ReasonCode, Sort, Status, Verb
from tests.factories import support_offer

NEEDS = ["advice", "training", "board", "mentoring"]
AREAS = [["SE-2580"], ["SE-25"], ["SE"], ["SE-25", "SE"], ["SE-2281"], ["NO-50"], ["SE-2580", "SE-2281"], []]
QUESTIONS: list[dict[str, Any]] = [
    {"need": ["advice"]},
    {"need": ["advice", "training", "board"]},
    {"need": ["advice", "training"], "need_match": "all"},
    {"need": ["advice"], "area": ["SE-25"]},
    {"need": ["board", "mentoring"], "area": ["SE-2580"], "cost": ["free", "unknown"]},
    {"area": ["SE"]},
    {"area": ["SE-2580", "NO-50"]},
    {"words": "rådgivning i Norrbotten"},
    {"words": "rådgivning"},
    {"words": "exempel", "stage": ["start"]},
    {"words": "utbildning i Luleå", "remote": True},
    {"need": ["advice"], "status": ["published", "archived"]},
    {"need": ["advice"], "unstated": ["area"]},
    {"need": ["asf_school"], "area": ["NO"]},
]


@pytest.fixture
def many(database: Database) -> Database:
    """Write a hundred and twenty offers of every sort."""
    draw = random.Random(7)
    with database.writes() as session:
        for number in range(120):
            data = support_offer(
                name=f"Exempel {number}",
                summary="",
                needs=draw.sample(NEEDS, draw.choice([0, 1, 1, 2, 3])),
                service_areas=draw.choice(AREAS),
                offer_type=draw.choice(["advisory", "training", "network"]),
                cost=draw.choice(list(Cost)),
                capacity=draw.choice(list(Capacity)),
                stages=draw.choice([[], ["start"]]),
                delivery=draw.choice([[], ["remote"], ["on_site"]]),
            )
            status = draw.choice([Status.PUBLISHED, Status.PUBLISHED, Status.PUBLISHED, Status.ARCHIVED])
            service.register(session, data, home="here", status=status)
    return database


def test_the_best_first_finds_what_every_order_finds_each_offer_once_and_in_the_order_of_its_reasons(many: Database):
    _compare(many)
    # What is in memory follows what is written: new, changed, suspended, hidden and gone.
    with many.reads() as session:
        ids = [one.id for one in _all_pages(session, {"area": ["SE"]})]
    with many.writes() as session:
        service.register(session, support_offer(needs=["board"]), home="here", status=Status.PUBLISHED)
        service.step(session, ids[0], Verb.SUSPEND)
        service.step(session, ids[1], Verb.ARCHIVE)
        wanted = SupportOfferPatch(needs=["board"], service_areas=["SE-2580"], ends_on=today())
        service.change(session, ids[2], wanted, match=Precondition(None))
        service.step(session, ids[3], Verb.ARCHIVE)
        service.remove(session, ids[3], match=Precondition(None))
        service.hide(session, ids[4], by=Caller("a", "b", Role.ADMIN, frozenset(Scope), reason="Ett skäl."))
    _compare(many)


def _compare(database: Database) -> None:
    with database.reads() as session:
        for asked in QUESTIONS:
            by_name = SupportOfferFilters.model_validate({**asked, "sort": "name", "limit": 100})
            # The database finds and counts these, the index those.
            everything, total, _ = service.search(session, by_name)
            rows = _all_pages(session, asked)
            assert sorted(one.id for one in rows) == sorted(one.id for one in everything), asked
            assert len(rows) == total == service.counted(session, by_name).total, asked
            keys = [_key(asked, one) for one in rows]
            assert keys == sorted(keys), asked


def test_reasons_say_what_is_true_of_the_offer(many: Database):
    with many.reads() as session:
        for asked in QUESTIONS[3:8]:
            for one in _all_pages(session, asked):
                said = {reason.code: reason for reason in one.reasons}
                lacks = {lack.code for lack in one.lacks}
                if ReasonCode.NEED in said:
                    assert set(said[ReasonCode.NEED].values) <= set(one.needs)
                for code in (ReasonCode.IN_MUNICIPALITY, ReasonCode.IN_COUNTY, ReasonCode.IN_COUNTRY):
                    assert code not in said or set(said[code].values) <= set(one.service_areas)
                assert (LackCode.AREA_NOT_STATED in lacks) == (not one.service_areas)
                assert (ReasonCode.FREE in said, ReasonCode.PAID in said) == (one.cost == "free", one.cost == "paid")
                assert all(reason.text and "{" not in reason.text for reason in [*one.reasons, *one.lacks])


def test_what_is_asked_for_is_ranked_with_reasons_in_words(database: Database):
    offers: dict[str, dict[str, Any]] = {
        "länet": {"needs": ["supervisor_training"], "service_areas": ["SE-25"], "cost": "free", "capacity": "open"},
        "landet": {"needs": ["supervisor_training"], "service_areas": ["SE"], "places_left": 3, "capacity": "limited"},
        "luleå": {"needs": ["supervisor_training", "advice"], "service_areas": ["SE-2580"]},
        "ordet": {"needs": [], "service_areas": ["SE-25"], "summary": "Inte handledarutbildning, men nästan."},
        "sundsvall": {"needs": ["board"], "service_areas": ["SE-2281"]},
        "malmö": {"needs": ["board"], "service_areas": ["SE-1280"]},
        "fjärran": {"needs": ["board"], "service_areas": ["SE-12"], "delivery": ["hybrid"]},
        "någonstans": {"needs": ["board"], "service_areas": []},
    }
    names = {}
    with database.writes() as session:
        for name, said in offers.items():
            data = support_offer(**{"name": name, "summary": "", "offer_type": "training", **said})
            names[service.register(session, data, home="here", status=Status.PUBLISHED).id] = name
    with database.reads() as session:
        asked = SupportOfferFilters(words="handledarutbildning i Norrbotten")
        rows, total, _ = service.search(session, asked, language="sv")
        assert ([names[one.id] for one in rows], total) == (["länet", "luleå", "landet", "ordet"], 4)
        texts = [[reason.text for reason in one.reasons] for one in rows]
        assert texts[0][:2] == ["Hjälper med handledarutbildning", "Ges i hela Norrbottens län"]
        assert texts[1][1] == "Ges i en del av området: Luleå"
        assert texts[2][1:4] == ["Ges i hela landet: Sverige", "Nämner ”handledarutbildning”", "3 lediga platser"]
        assert [lack.code for lack in rows[3].lacks][:1] == [LackCode.NEED_NOT_STATED]

        nobody = SupportOfferFilters(words="styrelsekompetens i Norrbotten")
        assert service.search(session, nobody)[1] == 0
        near = service.nearest(session, nobody, language="nb")
        assert [names[one.id] for one in near] == ["fjärran", "sundsvall", "malmö", "någonstans"]
        assert near[1].distance_km == kilometres("SE-25", "SE-2281")
        assert (near[3].nearest_area, near[3].distance_km) == (None, None)
        assert service.nearest(session, SupportOfferFilters(need=["board"])) == []


def test_words_that_are_needs_are_understood_in_three_languages():
    assert needs_meant("rådgivning") == ("advice",)
    assert needs_meant("Veilederopplæring") == needs_meant("supervisor training") == ("supervisor_training",)
    assert needs_meant("styrelsekompetens") == ("board",)
    assert needs_meant("nätverk mellan företag") == ("network_peers",)
    assert set(needs_meant("nätverk")) == {"network_peers", "network_others"}
    assert needs_meant("Anna Andersson") == needs_meant("…") == ()


def test_places_are_parted_from_the_best_to_the_widest():
    for area in ("SE-2580", "SE-25", "SE", "NO-50"):
        tiers = places_of((area,))
        assert tiers[0] == {area}
        assert sum(map(len, tiers)) == len(frozenset().union(*tiers))
    assert places_of(("SE-2580",))[1:] == ({"SE-25"}, {"SE"})
    assert "SE-2580" in places_of(("SE-25",))[1]
    assert places_of(()) == ()


def test_unknown_stands_between_good_and_bad():
    order = [merit_of(room, Cost.UNKNOWN, None) for room in (Capacity.OPEN, Capacity.UNKNOWN, Capacity.FULL)]
    assert order == sorted(set(order))
    order = [merit_of(Capacity.OPEN, cost, None) for cost in (Cost.FREE, Cost.UNKNOWN, Cost.PAID)]
    assert order == sorted(set(order))


def test_a_page_of_another_order_is_refused(many: Database):
    with many.reads() as session:
        following = service.search(session, SupportOfferFilters(limit=2))[2]
        with pytest.raises(BadRequest):
            service.search(session, SupportOfferFilters(limit=2, need=["advice"], after=following))
        assert service.order_of(SupportOfferFilters()) is Sort.NEAREST
        assert service.order_of(SupportOfferFilters(words="i Norrbotten")) is Sort.BEST


def _all_pages(session: Any, asked: dict[str, Any]) -> list[SupportOfferFound]:
    rows, after = [], None
    while True:
        filters = SupportOfferFilters.model_validate({**asked, "sort": "best", "limit": 7, "after": after})
        page, _, after = service.search(session, filters)
        rows += page
        if after is None:
            return rows


def _key(asked: dict[str, Any], one: SupportOfferFound) -> tuple[Any, ...]:
    """Say by hand where an offer stands: its state, needs, area, merit and id."""
    meant = service.understood(SupportOfferFilters.model_validate(asked))
    wanted = meant.need or list(needs_meant(meant.words))
    met = len(set(wanted) & set(one.needs))
    needs = 0 if meant.need_match is NeedMatch.ALL else 0 if met == len(wanted) else 1 if met > 1 else 2 if met else 3
    if not meant.need:
        needs = 0 if met or not wanted else 1
    place = next(
        (number for number, tier in enumerate(places_of(tuple(meant.area))) if tier & set(one.service_areas)), 0
    )
    return one.status == Status.ARCHIVED, needs, place, merit_of(one.capacity, one.cost, one.assured_on), _tie(one.id)


def _tie(offer_id: str) -> int:
    return int.from_bytes(blake2b(offer_id.encode(), digest_size=6).digest())


def test_who_sees_less_of_the_database_is_answered_by_what_is_known_already(database: Database):
    with database.writes() as session:
        service.register(session, support_offer(), home="here", status=Status.PUBLISHED)
    with database.reads() as old:
        assert service.search(old, SupportOfferFilters(need=["advice"]))[1] == 1
        with database.writes() as session:
            service.register(session, support_offer(), home="here", status=Status.PUBLISHED)
        with database.reads() as new:
            assert service.search(new, SupportOfferFilters(need=["advice"]))[1] == 2
            known = current(new)
        assert (current(old).number, current(old).words) == (known.number, {})
        # A row that it does not see yet is left out, and nothing fails.
        assert len(service.search(old, SupportOfferFilters(need=["advice"], area=["SE-25"]))[0]) == 1
