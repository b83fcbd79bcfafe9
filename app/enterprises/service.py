"""The registry's front door: register an enterprise, find one, search."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from app.core.clock import now
from app.core.columns import new_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, Conflict, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import N_
from app.core.text import sort_key
from app.enterprises import queries
from app.enterprises.rules import (
    COUNTING_STATES,
    STATEMENT_MONTHS,
    check_organisation_number,
    is_municipality_of,
    statement_counts,
)
from app.enterprises.schemas import (
    CertificateRead,
    CriterionRead,
    EligibilityRead,
    EnterpriseCreate,
    EnterpriseFilters,
    EnterpriseRead,
    EnterpriseSummary,
    Facet,
    FacetGroup,
    OfferingIn,
    OfferingRead,
)
from app.enterprises.tables import (
    Enterprise,
    EnterpriseAlias,
    EnterpriseArea,
    EnterpriseCertificate,
    EnterpriseCriterion,
    EnterpriseEligibility,
    EnterpriseIndustry,
    EnterpriseLanguage,
    EnterpriseTargetGroup,
    Offering,
    OfferingCpv,
    OfferingSector,
)
from app.journal import service as journal
from app.reference import service as reference

__all__ = [
    "COUNTING_STATES",
    "STATEMENT_MONTHS",
    "check_organisation_number",
    "exists",
    "facets",
    "find",
    "register",
    "search",
    "statement_counts",
]

RECORD_TYPE = "enterprise"
_CHILDREN: tuple[type[SQLModel], ...] = (
    OfferingCpv,
    OfferingSector,
    Offering,
    EnterpriseAlias,
    EnterpriseCriterion,
    EnterpriseCertificate,
    EnterpriseEligibility,
    EnterpriseArea,
    EnterpriseTargetGroup,
    EnterpriseIndustry,
    EnterpriseLanguage,
)


def register(
    session: WriteSession, data: EnterpriseCreate, *, home: str, record_id: str | None = None
) -> EnterpriseRead:
    """Write an enterprise and return it; with the `record_id` of one that exists, replace what it says.

    Raises:
        InvalidContent: a code is not in its vocabulary, the seat is not in the country, or something is said twice; the
            faults name the fields.
        Conflict: another enterprise of the same node has the organisation number.
    """
    _check(data)
    # Locked, so that two changes of one record follow each other and each has its own `rev`.
    existing = session.get(Enterprise, record_id, with_for_update=True) if record_id else None
    if existing is None:
        enterprise = _new(record_id or new_id(), home, data)
    else:
        enterprise = existing
        _forget_children(session, enterprise.id)
        enterprise.rev += 1
    _describe(enterprise, data)
    _require_own_number(session, enterprise)
    session.add(enterprise)
    _flush(session)
    session.add_all(_children(enterprise.id, data))
    session.flush()
    queries.SEARCH.put(session, enterprise.id, _searchable(data))
    read = _read(session, enterprise)
    payload = read.model_dump(mode="json", exclude={"rev", "updated_at"})
    journal.record(session, journal.changed(RECORD_TYPE, enterprise.id, enterprise.home, enterprise.rev, payload))
    return read


def find(session: ReadSession | WriteSession, enterprise_id: str) -> EnterpriseRead:
    """Return one enterprise, whole.

    Raises:
        NotFound: there is none with this id.
    """
    enterprise = session.get(Enterprise, enterprise_id)
    if enterprise is None:
        raise NotFound(Message(N_("There is no enterprise with this id.")))
    return _read(session, enterprise)


def exists(session: ReadSession | WriteSession, enterprise_id: str) -> bool:
    """Tell whether there is an enterprise with this id."""
    return session.get(Enterprise, enterprise_id) is not None


def search(session: ReadSession, filters: EnterpriseFilters) -> tuple[list[EnterpriseSummary], int]:
    """Return one page of the registry and how many the filters find in all."""
    rows = session.connection().execute(queries.summaries(session, filters)).mappings()
    found = [EnterpriseSummary(area_code=row["municipality"], **_without(dict(row), "municipality")) for row in rows]
    total = session.connection().execute(queries.count(session, filters)).scalar_one()
    return found, total


def facets(session: ReadSession, filters: EnterpriseFilters) -> list[FacetGroup]:
    """Return how many enterprises each further choice would leave, group by group."""
    connection = session.connection()

    def group(name: str, counts: Select[str, int], chosen: Sequence[str]) -> FacetGroup:
        found = {str(code): number for code, number in connection.execute(counts)}
        # A place may be chosen more or less finely than by county.
        for code in [code for code in chosen if name == "located_in" and code not in found]:
            narrowed = filters.model_copy(update={"located_in": [code]})
            found[code] = connection.execute(queries.count(session, narrowed)).scalar_one()
        codes = sorted({*found, *chosen}, key=lambda code: (-found.get(code, 0), code))
        return FacetGroup(
            name=name,
            facets=[Facet(code=code, count=found.get(code, 0), chosen=code in chosen) for code in codes],
        )

    return [
        group("located_in", queries.county_counts(session, filters), filters.located_in),
        group("sector", queries.sector_counts(session, filters), filters.sector),
        group("reserved", queries.reserved_counts(session, filters), filters.reserved),
        group("kind", queries.kind_counts(session, filters), filters.kind),
    ]


def _check(data: EnterpriseCreate) -> None:
    """Refuse codes that are in no list, and the same thing said twice of one enterprise."""
    faults: list[FieldFault] = []

    def known(pointer: str, lists: list[str], code: str | None) -> None:
        if code is not None and not any(reference.has_code(name, code) for name in lists):
            told = Message(N_("{code} is not in the list {lists}"), code=code, lists=" / ".join(lists))
            faults.append(FieldFault(pointer, told))

    def once(pointer: str, field: str, said: Sequence[str]) -> None:
        faults.extend(
            FieldFault(f"{pointer}/{i}/{field}", Message(N_("{value} is given twice"), value=value))
            for i, value in enumerate(said)
            if value in said[:i]
        )

    if data.municipality is not None and not is_municipality_of(data.municipality, data.country):
        told = Message(N_("give a municipality of the country {country}"), country=data.country)
        faults.append(FieldFault("/municipality", told))
    known("/legal_form", [f"legal_form_{data.country.lower()}"], data.legal_form)
    for i, group in enumerate(data.target_groups):
        known(f"/target_groups/{i}", ["target_group"], group)
    for i, criterion in enumerate(data.criteria):
        known(f"/criteria/{i}/criterion", ["asf_criterion", "social_enterprise_criterion"], criterion.criterion)
    for i, offering in enumerate(data.offerings):
        for j, sector in enumerate(offering.sectors):
            known(f"/offerings/{i}/sectors/{j}", ["sector"], sector)
    once("/criteria", "criterion", [item.criterion for item in data.criteria])
    once("/certificates", "name", [item.name for item in data.certificates])
    once("/eligibility", "reservation", [item.reservation for item in data.eligibility])
    if faults:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def _require_own_number(session: WriteSession, enterprise: Enterprise) -> None:
    """Refuse an organisation number that another enterprise of the same node has."""
    if enterprise.organisation_number is None:
        return
    with session.no_autoflush:
        taken = session.execute(queries.other_with_number(enterprise)).scalar()
    if taken is not None:
        raise _taken()


def _flush(session: WriteSession) -> None:
    try:
        session.flush()
    except IntegrityError as fault:
        # Somebody else wrote the same number or id a moment ago.
        raise _taken() from fault


def _taken() -> Conflict:
    told = Message(N_("Another enterprise has this organisation number or id."))
    return Conflict(told, [FieldFault("/organisation_number", told)])


def _new(record_id: str, home: str, data: EnterpriseCreate) -> Enterprise:
    return Enterprise(
        id=record_id,
        home=home,
        source=data.source,
        name=data.name,
        name_sort="",
        country=data.country,
        kind=data.kind,
        lifecycle=data.lifecycle,
        public_ownership=data.public_ownership,
        language=data.language,
    )


def _describe(enterprise: Enterprise, data: EnterpriseCreate) -> None:
    for name in [
        "name",
        "organisation_number",
        "country",
        "kind",
        "lifecycle",
        "legal_form",
        "municipality",
        "place",
        "founded_year",
        "public_ownership",
        "summary",
        "language",
        "employees",
        "turnover",
        "contact_function",
        "contact_email",
        "source",
        "source_year",
        "confirmed_on",
    ]:
        setattr(enterprise, name, getattr(data, name))
    enterprise.name_sort = sort_key(data.name)[:300]
    enterprise.website = str(data.website) if data.website else None
    enterprise.updated_at = now()


def _forget_children(session: WriteSession, enterprise_id: str) -> None:
    for table in _CHILDREN:
        session.connection().execute(delete(table).where(table.__table__.c.enterprise_id == enterprise_id))  # type: ignore[attr-defined]
    session.expire_all()


def _children(enterprise_id: str, data: EnterpriseCreate) -> list[SQLModel]:
    of: dict[str, Any] = {"enterprise_id": enterprise_id}
    rows: list[SQLModel] = [EnterpriseAlias(name=name, **of) for name in _unique(data.aliases)]
    rows += [EnterpriseCriterion(**of, **item.model_dump()) for item in data.criteria]
    rows += [EnterpriseCertificate(**of, **item.model_dump()) for item in data.certificates]
    rows += [EnterpriseEligibility(**of, **item.model_dump()) for item in data.eligibility]
    rows += [EnterpriseArea(area=area, **of) for area in _unique(data.service_areas)]
    rows += [EnterpriseTargetGroup(target_group=group, **of) for group in _unique(data.target_groups)]
    rows += [EnterpriseIndustry(code=code, **of) for code in _unique(data.industry_codes)]
    rows += [EnterpriseLanguage(language=language, **of) for language in _unique(data.languages)]
    for position, offering in enumerate(data.offerings):
        rows += _offering_rows(enterprise_id, position, offering)
    return rows


def _offering_rows(enterprise_id: str, position: int, data: OfferingIn) -> list[SQLModel]:
    offering_id = new_id()
    own = data.model_dump(exclude={"cpv", "sectors"})
    of = {"offering_id": offering_id, "enterprise_id": enterprise_id}
    return [
        Offering(id=offering_id, enterprise_id=enterprise_id, position=position, **own),
        *(OfferingCpv(code=code, position=i, **of) for i, code in enumerate(_unique(data.cpv))),
        *(OfferingSector(sector=sector, **of) for sector in _unique(data.sectors)),
    ]


def _searchable(data: EnterpriseCreate) -> list[str]:
    """Return the texts an enterprise is found by: its names, place, words, and its codes' words in every language."""
    found = [data.name, *data.aliases, data.place or "", data.summary]
    if data.municipality:
        found.append(reference.area_label(data.municipality, "sv"))
    for offering in data.offerings:
        found += [offering.title, offering.description]
        codes = offering.cpv or [hit.code for hit in reference.search_cpv(offering.title, offering.language, 1)]
        found += [reference.cpv_words(code) for code in codes]
        found += [
            reference.label("sector", sector, language) for sector in offering.sectors for language in ("sv", "nb")
        ]
    return found


def _read(session: ReadSession | WriteSession, enterprise: Enterprise) -> EnterpriseRead:
    own = {
        name: getattr(enterprise, name) for name in Enterprise.model_fields if name not in {"name_sort", "municipality"}
    }
    return EnterpriseRead(
        **_without(own, "created_at"),
        area_code=enterprise.municipality,
        aliases=_values(session, EnterpriseAlias, "name", enterprise.id),
        offerings=_offerings(session, enterprise.id),
        criteria=[CriterionRead.model_validate(row) for row in _rows(session, EnterpriseCriterion, enterprise.id)],
        certificates=[CertificateRead.model_validate(r) for r in _rows(session, EnterpriseCertificate, enterprise.id)],
        eligibility=[EligibilityRead.model_validate(r) for r in _rows(session, EnterpriseEligibility, enterprise.id)],
        service_areas=_values(session, EnterpriseArea, "area", enterprise.id),
        target_groups=_values(session, EnterpriseTargetGroup, "target_group", enterprise.id),
        industry_codes=_values(session, EnterpriseIndustry, "code", enterprise.id),
        languages=_values(session, EnterpriseLanguage, "language", enterprise.id),
    )


def _offerings(session: ReadSession | WriteSession, enterprise_id: str) -> list[OfferingRead]:
    ordered = select(Offering).where(col(Offering.enterprise_id) == enterprise_id).order_by(col(Offering.position))
    offerings = session.execute(ordered).scalars().all()
    codes: dict[str, list[str]] = {}
    for row in sorted(_rows(session, OfferingCpv, enterprise_id), key=lambda row: row.position):
        codes.setdefault(row.offering_id, []).append(row.code)
    sectors: dict[str, list[str]] = {}
    for row in _rows(session, OfferingSector, enterprise_id):
        sectors.setdefault(row.offering_id, []).append(row.sector)
    return [
        OfferingRead(
            **_without(offering.model_dump(), "enterprise_id", "position"),
            cpv=codes.get(offering.id, []),
            sectors=sorted(sectors.get(offering.id, [])),
        )
        for offering in offerings
    ]


def _rows(session: ReadSession | WriteSession, table: Any, enterprise_id: str) -> list[Any]:
    return list(session.execute(select(table).where(table.enterprise_id == enterprise_id)).scalars())


def _values(session: ReadSession | WriteSession, table: Any, column: str, enterprise_id: str) -> list[str]:
    return sorted(getattr(row, column) for row in _rows(session, table, enterprise_id))


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))


def _without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
