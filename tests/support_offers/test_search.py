"""Support offers looked for, on both databases: words, filters alone and together, places, pages and counts."""

from typing import Any

import pytest

from app.core.db import Database
from app.core.errors import BadRequest
from app.support_offers import service
from app.support_offers.schemas import SupportOfferChoices, SupportOfferFilters
from app.support_offers.vocabulary import Sort, Status
from tests.factories import support_offer

OFFERS: dict[str, dict[str, Any]] = {
    "luleå": {"service_areas": ["SE-2580"], "needs": ["advice", "training"], "cost": "free"},
    "norrbotten": {"needs": ["supervisor_training"], "offer_type": "supervisor_training", "stages": ["start"]},
    "sverige": {"service_areas": ["SE"], "needs": ["advice"], "delivery": ["hybrid"], "capacity": "full"},
    "skåne": {"service_areas": ["SE-12"], "sides": ["public", "enterprise"], "structure_type": "combined"},
    "överallt": {"service_areas": [], "needs": ["training", "advice", "board"], "target_groups": ["youth"]},
    "öppet": {"needs": [], "sides": [], "cost": "paid"},
}


@pytest.fixture
def ids(database: Database) -> dict[str, str]:
    """Write the offers; return their names by id."""
    found = {}
    with database.writes() as session:
        for name, said in OFFERS.items():
            data = support_offer(name=f"Exempel {name}", **said)
            found[service.register(session, data, home="here", status=Status.PUBLISHED).id] = name
        hidden = support_offer(name="Utkast")
        service.register(session, hidden, home="here", status=Status.DRAFT)
        ended = support_offer(name="Exempel slut", ends_on="2020-01-01")
        service.register(session, ended, home="here", status=Status.PUBLISHED)
        service.register(session, support_offer(name="Exempel förr"), home="here", status=Status.ARCHIVED)
    return found


ASKED: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set(OFFERS)),
    ({"need": ["advice"]}, {"luleå", "sverige", "skåne", "överallt"}),
    ({"need": ["advice", "supervisor_training"]}, {"luleå", "sverige", "skåne", "överallt", "norrbotten"}),
    ({"need": ["advice", "training"], "need_match": "all"}, {"luleå", "överallt"}),
    ({"need": ["board", "advice", "training"], "need_match": "all"}, {"överallt"}),
    ({"need": ["advice"], "offer_type": ["supervisor_training"]}, set()),
    # Two filters of unequal size.
    ({"need": ["advice", "training", "board"], "side": ["public"]}, {"skåne"}),
    ({"area": ["SE-2580"]}, {"luleå", "norrbotten", "sverige", "öppet"}),
    ({"area": ["SE-25"]}, {"luleå", "norrbotten", "sverige", "öppet"}),
    ({"area": ["SE-1280"]}, {"skåne", "sverige"}),
    ({"area": ["SE"]}, set(OFFERS) - {"överallt"}),
    ({"area": ["NO"]}, set()),
    ({"area": ["SE-2580", "SE-12"]}, set(OFFERS) - {"överallt"}),
    ({"remote": True}, {"sverige"}),
    ({"cost": ["free", "paid"]}, {"luleå", "öppet"}),
    ({"capacity": ["full"]}, {"sverige"}),
    ({"stage": ["start"]}, {"norrbotten"}),
    ({"target_group": ["youth"]}, {"överallt"}),
    ({"structure_type": ["combined"]}, {"skåne"}),
    ({"unstated": ["need"]}, {"öppet"}),
    ({"unstated": ["area"]}, {"överallt"}),
    ({"unstated": ["need", "area"]}, {"öppet", "överallt"}),
    ({"words": "handledarutbildning"}, {"norrbotten"}),
    ({"words": "veilederopplæring"}, {"norrbotten"}),
    ({"words": "rådgivning i Norrbotten", "need": ["advice"]}, {"luleå", "sverige"}),
    ({"words": "Handledarutbildning i Norrbotten"}, {"norrbotten"}),
    ({"words": "handledarutbildning i Trøndelag"}, set()),
    ({"words": "styrelsekompetens i Norrbotten"}, set()),
    ({"words": "…"}, set()),
]


def test_each_search_finds_what_it_should_and_counts_it(database: Database, ids: dict[str, str]):
    with database.reads() as session:
        for asked, wanted in ASKED:
            found, total, following = service.search(session, SupportOfferFilters(**asked))
            assert ({ids[one.id] for one in found}, total, following) == (wanted, len(wanted), None), asked
            counts = service.counted(session, SupportOfferChoices(**asked))
            assert counts.total == len(wanted), asked


def test_the_narrow_comes_before_the_wide_and_what_can_be_had_first(database: Database, ids: dict[str, str]):
    with database.reads() as session:
        asked = SupportOfferFilters(area=["SE-2580"], status=[Status.ARCHIVED, Status.PUBLISHED])
        found = service.search(session, asked)[0]
    assert [ids.get(one.id, "förr") for one in found] == ["luleå", "norrbotten", "öppet", "sverige", "förr"]


@pytest.mark.parametrize("sort", Sort)
def test_pages_follow_each_other_whatever_is_written_meanwhile(database: Database, ids: dict[str, str], sort: Sort):
    seen: list[str] = []
    after = None
    while True:
        with database.reads() as session:
            page = SupportOfferFilters(limit=2, sort=sort, after=after)
            found, _, after = service.search(session, page)
        seen += [one.id for one in found]
        if after is None:
            break
        # Somebody writes what would come before: nothing is told twice for it.
        with database.writes() as session:
            early = support_offer(name="AA", service_areas=["SE-2580"])
            service.register(session, early, home="here", status=Status.PUBLISHED)
    assert len(seen) == len(set(seen))
    assert set(ids) <= set(seen)


def test_a_wrong_page_and_a_visitors_drafts_are_refused(database: Database, ids: dict[str, str]):
    with database.reads() as session:
        following = service.search(session, SupportOfferFilters(limit=2))[2]
        for asked in (
            {"after": following, "sort": Sort.NAME},
            {"after": "nonsense"},
            {"after": "W10"},
            {"status": [Status.DRAFT]},
        ):
            with pytest.raises(BadRequest):
                service.search(session, SupportOfferFilters(**asked))
    assert ids


def test_each_count_is_what_choosing_it_finds(database: Database, ids: dict[str, str]):
    with database.reads() as session:
        for asked in ({}, {"need": ["advice"]}, {"area": ["SE-25"], "cost": ["free"]}):
            counts = service.counted(session, SupportOfferChoices(**asked))
            for group in counts.groups:
                for facet in group.facets:
                    chosen: Any = True if group.name == "remote" else [facet.code]
                    if group.name == "area":
                        # A county's number says what is given just there: it also finds what the country has.
                        continue
                    narrowed = SupportOfferFilters(**{**asked, group.name: chosen})
                    assert service.search(session, narrowed)[1] == facet.count, (asked, group.name, facet)
            # Asked again, before anybody has written: the very same.
            assert service.counted(session, SupportOfferChoices(**asked)) is counts
    with database.writes() as session:
        service.register(session, support_offer(), home="here", status=Status.PUBLISHED)
    with database.reads() as session:
        assert service.counted(session, SupportOfferChoices()).total == len(ids) + 1
