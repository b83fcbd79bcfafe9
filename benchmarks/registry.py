"""A synthetic registry of any size, drawn from real winners: their titles, codes, places, industries and sizes.

An enterprise mixes the offerings of one to three winners of the training period, so that there can be more of them
than there are winners, with word and code frequencies as they are. Half of them state something of `res-ws`.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from app.core.clock import now, today
from app.core.columns import stable_id
from app.core.db import Database
from app.core.text import sort_key, stems
from app.enterprises.queries import SEARCH
from app.enterprises.tables import (
    Enterprise,
    EnterpriseArea,
    EnterpriseEligibility,
    EnterpriseIndustry,
    Offering,
    OfferingCpv,
)
from app.enterprises.vocabulary import (
    EligibilityState,
    EmployeesBand,
    Kind,
    Lifecycle,
    OfferingKind,
    Ownership,
    Reservation,
    TurnoverBand,
)
from app.matching import index, openings
from app.matching.profile import Profile
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityCreate
from app.reference.service import municipalities_of
from benchmarks.awards import Notice

_BATCH = 2_000
_MOST_OFFERINGS = 12
Rows = dict[Any, list[dict[str, Any]]]


def fill(database: Database, size: int, winners: Sequence[Profile], seed: int = 1) -> None:
    """Write `size` enterprises into an empty, migrated database, and build the index."""
    draw = random.Random(seed)
    seats = [area.code for area in municipalities_of("SE")]
    with database.writes() as session:
        for first in range(0, size, _BATCH):
            rows: Rows = {table: [] for table in _TABLES}
            words: list[dict[str, str]] = []
            for number in range(first, min(size, first + _BATCH)):
                _add(rows, words, number, draw, winners, seats)
            for table in _TABLES:
                if rows[table]:
                    session.connection().execute(insert(table), rows[table])
            session.connection().execute(insert(SEARCH.table), words)
        index.rebuild(session)
        # As the database does by itself, some minutes after a bulk load.
        session.connection().exec_driver_sql("ANALYZE")


def enterprise_id(number: int) -> str:
    """Return the id of the enterprise with a number, from zero on."""
    return stable_id("bench", str(number))


def publish(database: Database, notices: Sequence[Notice], number: int, seed: int = 2) -> None:
    """Publish `number` opportunities drawn from real notices, every fifth reserved, and build their index."""
    drawn = random.Random(seed).sample(notices, min(len(notices), number))
    with database.writes() as session:
        for position, notice in enumerate(drawn):
            opportunities.publish(session, _opportunity(notice, position), home="bench")
        openings.rebuild(session)
        session.connection().exec_driver_sql("ANALYZE")


def _opportunity(notice: Notice, position: int) -> OpportunityCreate:
    lot = {
        "title": notice.title[:300] or "inköp",
        "cpv_main": notice.cpv if len(notice.cpv) == 8 else None,
        "area_codes": [notice.area] if notice.area else [],
        "reserved_participation": ["res-ws"] if position % 5 == 0 else [],
    }
    return OpportunityCreate.model_validate(
        {
            "title": notice.title[:300] or "inköp",
            "form": "reserved_goods_services",
            "country": "SE",
            "buyer_name": f"Köpare {position}",
            "deadline_at": now() + timedelta(days=1 + position % 90),
            "lots": [lot],
            "source": "bench",
        }
    )


_TABLES: tuple[Any, ...] = (
    Enterprise,
    Offering,
    OfferingCpv,
    EnterpriseArea,
    EnterpriseIndustry,
    EnterpriseEligibility,
)


def _add(
    rows: Rows,
    words: list[dict[str, str]],
    number: int,
    draw: random.Random,
    winners: Sequence[Profile],
    seats: list[str],
) -> None:
    own_id = enterprise_id(number)
    models = draw.sample(winners, draw.choice((1, 1, 2, 3)))
    offerings = [offering for model in models for offering in model.offerings][:_MOST_OFFERINGS]
    areas = sorted({area for model in models for area in model.service_areas})[:8]
    name = f"{models[0].name} {number}"[:300]
    rows[Enterprise].append(
        {
            "id": own_id,
            "home": "bench",
            "rev": 1,
            "source": "bench",
            "created_at": now(),
            "updated_at": now(),
            "name": name,
            "name_sort": sort_key(name)[:300],
            "country": "SE",
            "kind": Kind.ENTERPRISE,
            "lifecycle": Lifecycle.ACTIVE if draw.random() < 0.9 else Lifecycle.CLOSED,
            "municipality": next((area for area in areas if len(area) == 7), draw.choice(seats)),
            "public_ownership": Ownership.UNKNOWN,
            "summary": "",
            "language": "sv",
            "employees": draw.choice(list(EmployeesBand)),
            "turnover": draw.choice(list(TurnoverBand)),
        }
    )
    rows[EnterpriseArea] += [{"enterprise_id": own_id, "area": area} for area in areas]
    industries = sorted({code.split(" ")[0] for model in models for code in model.industry_codes})
    rows[EnterpriseIndustry] += [{"enterprise_id": own_id, "code": code[:5]} for code in industries]
    rows[EnterpriseEligibility] += _statements(own_id, draw)
    for position, offering in enumerate(offerings):
        offering_id = stable_id("bench-offering", f"{number}:{position}")
        rows[Offering].append(
            {
                "id": offering_id,
                "enterprise_id": own_id,
                "position": position,
                "title": offering.title[:300],
                "description": "",
                "kind": OfferingKind.SERVICE,
                "language": "sv",
                "cpv_is_guess": False,
            }
        )
        rows[OfferingCpv] += [
            {"offering_id": offering_id, "enterprise_id": own_id, "code": code, "position": i}
            for i, code in enumerate(offering.cpv)
            if len(code) == 8
        ]
    texts = [name, *(offering.title for offering in offerings)]
    words.append({"id": own_id, "words": " ".join(stem for text in texts for stem in stems(text))})


def _statements(own_id: str, draw: random.Random) -> Iterator[dict[str, Any]]:
    if draw.random() < 0.5:
        yield {
            "enterprise_id": own_id,
            "reservation": Reservation.RES_WS,
            "state": draw.choice(list(EligibilityState)),
            "on": today() - timedelta(days=draw.randrange(1200)),
        }
