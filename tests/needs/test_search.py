"""Needs looked for, on both databases: words, filters alone and together, places, pages and counts."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.db import Database
from app.core.errors import BadRequest
from app.core.preconditions import Precondition
from app.needs import service
from app.needs.schemas import NeedChoices, NeedFilters, NeedPatch
from app.needs.vocabulary import CategoryMatch, Side, Sort, Status, Unstated
from app.reference import service as reference
from tests.factories import need

# Categories of unequal size, and needs that leave each thing unsaid.
NEEDS: dict[str, dict[str, Any]] = {
    "luleå": {"areas": ["SE-2580"], "categories": ["advice", "training"], "urgency": 3},
    "norrbotten": {"categories": ["supervisor_training"], "support_areas": ["supervision"], "urgency": 0},
    "sverige": {"areas": ["SE"], "sides": ["enterprise", "public"], "support_areas": ["pub_network", "coordination"]},
    "trøndelag": {"areas": ["NO-50"], "country": "NO", "categories": ["training", "advice", "board"], "language": "nb"},
    "två län": {"areas": ["SE-23", "SE-22"], "categories": ["network_others"], "sides": ["public"], "urgency": 3},
    "någonstans": {"areas": [], "sides": ["labour_market"], "categories": ["other"], "holder_name": "Yllefabriken"},
    "vad som helst": {"categories": [], "support_areas": [], "sides": [], "urgency": 1},
}


def filled(database: Database) -> dict[str, str]:
    """Write the needs; return their names by id."""
    found = {}
    with database.writes() as session:
        for name, said in NEEDS.items():
            data = need(title=f"Exempel {name}", **said)
            found[service.register(session, data, home="here", status=Status.PUBLISHED).id] = name
        for status in set(Status) - {Status.PUBLISHED}:
            service.register(session, need(title=f"Ej synligt {status}"), home="here", status=status)
    return found


ASKED: list[tuple[dict[str, Any], set[str]]] = [
    ({}, set(NEEDS)),
    ({"category": ["advice"]}, {"luleå", "sverige", "trøndelag"}),
    ({"category": ["advice", "supervisor_training"]}, {"luleå", "norrbotten", "sverige", "trøndelag"}),
    ({"category": ["advice", "training"], "category_match": "all"}, {"luleå", "trøndelag"}),
    ({"category": ["board", "advice", "training"], "category_match": "all"}, {"trøndelag"}),
    # Two filters of unequal size.
    ({"category": ["advice", "training", "board"], "side": ["public"]}, {"sverige"}),
    ({"side": ["labour_market"]}, {"någonstans"}),
    ({"support_area": ["supervision", "coordination"]}, {"norrbotten", "sverige"}),
    ({"urgency": [3, 0]}, {"luleå", "norrbotten", "två län"}),
    # Municipality < county < country, both ways.
    ({"area": ["SE-2580"]}, {"luleå", "norrbotten", "sverige", "vad som helst"}),
    ({"area": ["SE-25"]}, {"luleå", "norrbotten", "sverige", "vad som helst"}),
    ({"area": ["SE"]}, set(NEEDS) - {"trøndelag", "någonstans"}),
    ({"area": ["NO-5001"]}, {"trøndelag"}),
    ({"area": ["SE-2281", "NO"]}, {"två län", "sverige", "trøndelag"}),
    ({"unstated": ["area"]}, {"någonstans"}),
    ({"unstated": ["category", "side"]}, {"vad som helst"}),
    ({"unstated": ["urgency"]}, {"sverige", "trøndelag", "någonstans"}),
    ({"words": "yllefabriken"}, {"någonstans"}),
    ({"words": "veilederopplæring"}, {"norrbotten"}),
    ({"words": "rådgivning i Norrbotten"}, {"luleå", "sverige"}),
    ({"words": "styrelsekompetens i Norrbotten"}, set()),
    ({"words": "…"}, set()),
    ({"status": ["met"]}, {"met"}),
]


def test_each_search_finds_what_it_should_and_counts_it(database: Database):
    ids = filled(database)
    with database.reads() as session:
        for asked, wanted in ASKED:
            found, total, following = service.search(session, NeedFilters(**asked))
            names = {ids.get(one.id, one.status.value) for one in found}
            assert (names, total, following) == (wanted, len(wanted), None), asked
            counts = service.counted(session, NeedChoices(**asked))
            assert counts.total == len(wanted), asked
    # Every need, whatever it leaves unsaid, is found by its own words, and what is changed by the new ones alone.
    with database.reads() as session:
        for record_id, name in ids.items():
            asked_words = NeedFilters(words=f"Exempel {name}")
            assert record_id in [one.id for one in service.search(session, asked_words)[0]], name
        # Asked again, before anybody has written: the very same.
        assert service.counted(session, NeedChoices()) is service.counted(session, NeedChoices())
    one = next(iter(ids))
    with database.writes() as session:
        service.change(session, one, NeedPatch(title="Kylväska", areas=[]), match=Precondition(None))
    with database.reads() as session:
        assert [found.id for found in service.search(session, NeedFilters(words="kylväskor"))[0]] == [one]
        assert service.search(session, NeedFilters(words="Exempel luleå"))[1] == 0
        assert service.counted(session, NeedChoices(unstated=[Unstated.AREA])).total == 2


CODES = {name: [one.code for one in reference.code_list(name)] for name in ("need_category",)}
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "category": st.lists(st.sampled_from(CODES["need_category"]), max_size=4, unique=True),
        "category_match": st.sampled_from(CategoryMatch),
        "side": st.lists(st.sampled_from(Side), max_size=3, unique=True),
        "urgency": st.lists(st.integers(0, 3), max_size=3, unique=True),
        "area": st.lists(st.sampled_from(["SE", "SE-25", "SE-2580", "SE-22", "NO-5001"]), max_size=2, unique=True),
        "unstated": st.lists(st.sampled_from(Unstated), max_size=2, unique=True),
        "support_area": st.lists(st.sampled_from(["coaching", "supervision", "pub_network"]), max_size=2, unique=True),
    },
)


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_each_count_is_what_choosing_it_finds_and_pages_hold_each_need_once(database: Database):
    ids = filled(database)

    @settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(asked=CHOICES, sort=st.sampled_from(Sort))
    def check(asked: dict[str, Any], sort: Sort) -> None:
        with database.reads() as session:
            counts = service.counted(session, NeedChoices(**asked))
            for group in counts.groups:
                for facet in group.facets if group.name != "area" else []:
                    chosen: list[Any] = [int(facet.code) if group.name == "urgency" else facet.code]
                    if group.name == "category" and asked.get("category_match") is CategoryMatch.ALL:
                        chosen = list({*asked.get("category", []), *chosen})
                    narrowed = NeedFilters(**{**asked, group.name: chosen})
                    assert service.search(session, narrowed)[1] == facet.count, (asked, group.name, facet)
            seen: list[str] = []
            after: str | None = None
            while True:
                page = NeedFilters(**asked, sort=sort, limit=2, after=after)
                found, total, after = service.search(session, page)
                seen += [one.id for one in found]
                if after is None:
                    break
            assert len(seen) == len(set(seen)) == total == counts.total
            assert set(seen) <= set(ids)

    check()


def test_orders_and_wrong_pages(database: Database):
    ids = filled(database)
    with database.reads() as session:

        def names(sort: Sort, **asked: Any) -> list[str]:
            return [ids[one.id] for one in service.search(session, NeedFilters(sort=sort, **asked))[0]]

        assert names(Sort.NEAREST, area=["SE-2580"]) == ["luleå", "norrbotten", "vad som helst", "sverige"]
        pressing = names(Sort.URGENCY_DESC)
        assert (set(pressing[:2]), pressing[2:4]) == ({"luleå", "två län"}, ["vad som helst", "norrbotten"])
        assert names(Sort.TITLE)[:2] == ["luleå", "norrbotten"]
        following = service.search(session, NeedFilters(limit=2))[2]
        made_up = [
            ["title", 3, "x"],
            ["title", "\x00", "x"],
            ["title", None, "x"],
            ["-urgency", True, ["datetime", "2026-11-22T12:00:00+00:00"], "x"],
            ["-urgency", 10**30, ["datetime", "2026-11-22T12:00:00+00:00"], "x"],
            ["-urgency", 1, ["datetime", "2026-11-22T12:00:00"], "x"],
            ["-urgency", 1, ["date", "2026-11-22"], "x"],
        ]
        forged = [
            {"sort": one[0], "after": base64.urlsafe_b64encode(json.dumps(one).encode()).decode()} for one in made_up
        ]
        plain: list[dict[str, Any]] = [{"after": "nonsense"}, {"status": [Status.DRAFT]}]
        for wrong in ({"after": following, "sort": Sort.TITLE}, *forged, *plain):
            with pytest.raises(BadRequest):
                service.search(session, NeedFilters(**wrong))
