"""Records of the registry, read as the profiles that matching knows. Many at once, a handful of queries a thousand."""

from collections.abc import Iterator, Sequence
from typing import Any

from app.core.db import ReadSession, WriteSession
from app.enterprises.tables import (
    EnterpriseArea,
    EnterpriseCriterion,
    EnterpriseEligibility,
    EnterpriseIndustry,
    Offering,
    OfferingCpv,
    OfferingSector,
)
from app.matching import profile, queries

_BATCH = 1_000


def profiles(session: ReadSession | WriteSession, enterprise_ids: Sequence[str]) -> Iterator[profile.Profile]:
    """Yield the profile of each enterprise that exists."""
    for first in range(0, len(enterprise_ids), _BATCH):
        yield from _batch(session, list(enterprise_ids[first : first + _BATCH]))


def every_profile(session: ReadSession | WriteSession) -> Iterator[profile.Profile]:
    """Yield the profile of every enterprise in the registry, in order of id."""
    yield from profiles(session, list(session.execute(queries.every_enterprise()).scalars()))


def _batch(session: ReadSession | WriteSession, ids: list[str]) -> Iterator[profile.Profile]:
    codes = _grouped(session, OfferingCpv, ids, key="offering_id")
    sectors = _grouped(session, OfferingSector, ids, key="offering_id")
    offerings = _grouped(session, Offering, ids)
    areas = _grouped(session, EnterpriseArea, ids)
    industries = _grouped(session, EnterpriseIndustry, ids)
    criteria = _grouped(session, EnterpriseCriterion, ids)
    eligibility = _grouped(session, EnterpriseEligibility, ids)
    for row in session.execute(queries.enterprises(ids)):
        yield profile.Profile(
            enterprise_id=row.id,
            name=row.name,
            country=row.country,
            municipality=row.municipality,
            lifecycle=str(row.lifecycle),
            kind=str(row.kind),
            offerings=tuple(
                _offering(one, codes.get(one.id, []), sectors.get(one.id, []))
                for one in sorted(offerings.get(row.id, []), key=lambda one: one.position)
            ),
            service_areas=tuple(sorted(one.area for one in areas.get(row.id, []))),
            industry_codes=tuple(sorted(one.code for one in industries.get(row.id, []))),
            eligibility={str(one.reservation): _statement(one) for one in eligibility.get(row.id, [])},
            turnover_band=str(row.turnover) if row.turnover else None,
            employees_band=str(row.employees) if row.employees else None,
            criteria={one.criterion: str(one.state) for one in criteria.get(row.id, [])},
            confirmed=_is_confirmed(row),
        )


def _offering(row: Any, codes: list[Any], sectors: list[Any]) -> profile.Offering:
    return profile.Offering(
        id=row.id,
        title=row.title,
        description=row.description,
        cpv=tuple(code.code for code in sorted(codes, key=lambda code: code.position)),
        sectors=tuple(sorted(sector.sector for sector in sectors)),
        kind=str(row.kind),
        places_free=row.places_free,
    )


def _statement(row: Any) -> profile.Statement:
    return profile.Statement(str(row.state), row.on, row.valid_until)


def _is_confirmed(row: Any) -> bool:
    """An enterprise taken from a report, and never confirmed by itself, says so wherever it is shown."""
    return row.confirmed_on is not None or row.source_year is None


def _grouped(
    session: ReadSession | WriteSession, table: Any, ids: list[str], key: str = "enterprise_id"
) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in session.execute(queries.children(table, ids)):
        found.setdefault(getattr(row, key), []).append(row)
    return found
