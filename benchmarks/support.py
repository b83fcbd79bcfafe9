"""How fast: the search for support, and the gap map, over a hundred thousand offers and ten thousand needs.

The demo's offers and needs are written through the rooms' front doors, then multiplied: each copy says the same in
another municipality or county, so that words, needs and areas come as often as they do in the sources. Beside them a
baseline in the same run: the same need and area as a plain yes/no filter in SQL, unranked and uncounted.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Table, inspect, select
from sqlmodel import SQLModel, col

from app.core.bulk import insert_many
from app.core.clock import today
from app.core.columns import stable_id
from app.core.db import Database, ReadSession, WriteSession
from app.core.search import SearchIndex
from app.demo import service as demo
from app.demo.support_offers import example_offers
from app.gaps import service as gaps
from app.gaps.schemas import GapFilters
from app.needs.tables import Need, NeedTerm
from app.reference import service as reference
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferFilters
from app.support_offers.tables import SupportOffer, SupportOfferTerm
from app.support_offers.vocabulary import NEED_LIST, Side, Status, TermKind
from benchmarks.timing import Timing, migrated, time_job

OFFERS, NEEDS = 100_000, 10_000
QUESTIONS = 200
LANDS = ("SE", "NO")
# How often a job is timed that follows a change.
_SLOW = 40
_BATCH = 2_000
Row = dict[str, Any]


def run(kinds: Sequence[str], offers: int = OFFERS, needs: int = NEEDS) -> list[Timing]:
    """Measure every job on every database."""
    found: list[Timing] = []
    for kind in kinds:
        with migrated(kind) as database:
            fill(database, offers, needs)
            found += _of_searches(database, kind, offers)
            found += _of_gaps(database, kind, offers)
            database.close()
    return found


def fill(database: Database, offers: int, needs: int, seed: int = 1) -> None:
    """Load the demo into an empty, migrated database, and multiply its published offers and needs to so many."""
    draw = random.Random(seed)
    with database.writes() as session:
        demo.load(session, home="bench", today=today())
        _multiply(session, SupportOffer, SupportOfferTerm, offers, draw)
        _multiply(session, Need, NeedTerm, needs, draw)
        # As the database does by itself, some minutes after a bulk load.
        session.connection().exec_driver_sql("ANALYZE")


def questions(number: int = QUESTIONS, seed: int = 3) -> list[SupportOfferFilters]:
    """Return different searches as people make them: a need in a place, words in a place, and filters beside them."""
    draw = random.Random(seed)
    codes = [entry.code for entry in reference.code_list(NEED_LIST)]
    places = [area for land in LANDS for area in reference.municipalities_of(land)]
    counties = [area for land in LANDS for area in reference.counties_of(land)]
    words = ["rådgivning", "coach", "utbildning", "finansiering", "nätverk", "upphandling"]
    kinds: list[Callable[[], dict[str, Any]]] = [
        lambda: {"need": [draw.choice(codes)], "area": [draw.choice(places).code]},
        lambda: {"need": [draw.choice(codes)], "area": [draw.choice(counties).code]},
        lambda: {"words": f"{draw.choice(words)} i {draw.choice(counties).name}"},
        lambda: {"need": draw.sample(codes, 2), "need_match": "all", "area": [draw.choice(places).code]},
        lambda: {"area": [draw.choice(places).code], "cost": ["free"], "stage": ["start"]},
    ]
    return [SupportOfferFilters.model_validate(kinds[turn % len(kinds)]()) for turn in range(number)]


def _of_searches(database: Database, kind: str, size: int) -> list[Timing]:
    """Measure what somebody who looks for support asks."""

    def page(session: ReadSession, filters: SupportOfferFilters) -> object:
        return support_offers.search(session, filters)

    def counts(session: ReadSession, filters: SupportOfferFilters) -> object:
        return support_offers.counted(session, filters)

    def both(session: ReadSession, filters: SupportOfferFilters) -> object:
        return page(session, filters), counts(session, filters)

    def filtered(session: ReadSession, filters: SupportOfferFilters) -> object:
        meant = support_offers.understood(filters)
        term, found = SupportOfferTerm, select(col(SupportOffer.id))
        for said, codes in ((TermKind.NEED, meant.need), (TermKind.AREA, meant.area)):
            having = select(col(term.offer_id)).where(col(term.kind) == said, col(term.code).in_(codes))
            found = found.where(col(SupportOffer.id).in_(having)) if codes else found
        return session.connection().execute(found.limit(100)).all()

    jobs: dict[str, tuple[Callable[[ReadSession, SupportOfferFilters], object], int]] = {
        "support: a page and its counts": (both, 3),
        "support: a page of 20, ranked": (page, 4),
        "support: the counts alone": (counts, 5),
        "baseline: yes/no filter": (filtered, 3),
    }
    first = time_job(database.reads, kind, size, "support: the first page of a process", page, questions(1))
    # Each job has searches of its own: what was counted before is not counted again.
    after = questions(_SLOW, seed=6)
    return [
        first,
        *(time_job(database.reads, kind, size, name, job, questions(seed=seed)) for name, (job, seed) in jobs.items()),
        time_job(database.reads, kind, size, "support: both, after a change", both, after, _writer(database)),
    ]


def _of_gaps(database: Database, kind: str, size: int) -> list[Timing]:
    """Measure the gap map, nothing of it known from before: each county by itself, and the whole after each change."""

    def drawn(session: ReadSession, filters: GapFilters) -> object:
        return gaps.gap_map(session, filters).model_dump_json()

    counties = [area.code for land in LANDS for area in reference.counties_of(land)]
    parts = [GapFilters(area=area, side=side) for side in (None, *Side) for area in counties]
    whole = [GapFilters()] * _SLOW
    return [
        time_job(database.reads, kind, size, "gap map: a county", drawn, parts),
        time_job(database.reads, kind, size, "gap map: whole, after a change", drawn, whole, _writer(database)),
        time_job(database.reads, kind, size, "gap map: whole, as nobody has written", drawn, whole),
    ]


def _writer(database: Database) -> Callable[[], object]:
    """Return what publishes one more offer: whatever is kept in memory has to follow."""
    data = next(iter(example_offers().values()))

    def write() -> None:
        with database.writes() as session:
            support_offers.register(session, data, home="bench", status=Status.PUBLISHED)

    return write


def _multiply(
    session: WriteSession, record: type[SQLModel], term: type[SQLModel], wanted: int, draw: random.Random
) -> None:
    """Copy the published records of a table until there are `wanted`, each copy in other areas of the same size."""
    table, terms = _table(record), _table(term)
    owner = next(iter(terms.foreign_keys)).parent.name
    search, ask = SearchIndex(str(table.name)), session.connection().execute
    models = [dict(row) for row in ask(select(table).where(table.c.status == "published")).mappings()]
    ids = [model["id"] for model in models]
    said: dict[str, list[Row]] = {one: [] for one in ids}
    for row in ask(select(terms).where(terms.c[owner].in_(ids))).mappings():
        said[row[owner]].append(dict(row))
    words = dict(ask(select(search.table.c.id, search.table.c.words).where(search.table.c.id.in_(ids))).tuples().all())
    for first in range(len(models), wanted, _BATCH):
        copies, own_terms, own_words = [], {}, {}
        for number in range(first, min(first + _BATCH, wanted)):
            model = models[number % len(models)]
            own_id = stable_id("bench-support", f"{table.name}:{number}")
            copies.append({**model, "id": own_id, "slug": own_id})
            for one in said[model["id"]]:
                moved = {**one, owner: own_id, "code": _elsewhere(one, draw)}
                own_terms[own_id, moved["kind"], moved["code"]] = moved
            own_words[own_id] = words[model["id"]]
        insert_many(session, record, copies)
        insert_many(session, term, list(own_terms.values()))
        search.put_all(session, own_words)


def _elsewhere(said: Row, draw: random.Random) -> str:
    """Return another area of the same size and country; what is no area, or a whole country, stays."""
    code = str(said["code"])
    if said["kind"] != "area" or "-" not in code:
        return code
    land = code[:2]
    same = reference.municipalities_of(land) if len(code) > len("SE-25") else reference.counties_of(land)
    return draw.choice(same).code


def _table(model: type[SQLModel]) -> Table:
    found = inspect(model).local_table
    assert isinstance(found, Table)
    return found
