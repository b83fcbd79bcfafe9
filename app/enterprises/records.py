"""An enterprise as rows of the tables and back again: the one place that knows how, for one record or ten thousand."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Table, delete, select
from sqlmodel import SQLModel

from app.core.bulk import insert_many
from app.core.clock import now
from app.core.columns import new_id, part_id
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message
from app.core.i18n import N_
from app.core.text import sort_key
from app.enterprises.rules import is_municipality_of
from app.enterprises.schemas import (
    CertificateRead,
    CriterionRead,
    EligibilityRead,
    EnterpriseCreate,
    EnterpriseRead,
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
from app.reference import service as reference

Values = dict[str, Any]
Rows = dict[type[SQLModel], list[Values]]
# In the order in which they may be written; forgotten in the opposite one.
CHILDREN: tuple[type[SQLModel], ...] = (
    Offering,
    OfferingCpv,
    OfferingSector,
    EnterpriseAlias,
    EnterpriseCriterion,
    EnterpriseCertificate,
    EnterpriseEligibility,
    EnterpriseArea,
    EnterpriseTargetGroup,
    EnterpriseIndustry,
    EnterpriseLanguage,
)
_BATCH = 5_000
# What a record says of itself, column by column; the rest is in the child rows.
_OWN = (
    "name",
    "organisation_number",
    "country",
    "kind",
    "lifecycle",
    "legal_form",
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
)
_own_of = attrgetter(*_OWN)
# What an offering says several of.
_OF_OFFERING = {"cpv", "sectors"}
_CRITERIA = ("asf_criterion", "social_enterprise_criterion")


def require_sound(data: EnterpriseCreate) -> None:
    """Refuse codes that are in no list, a seat in another country, and the same thing said twice of one enterprise.

    Raises:
        InvalidContent: with a fault for each field that is wrong.
    """
    if faults := [*_faults_of_codes(data), *_faults_of_repetition(data)]:
        raise InvalidContent(Message(SEE_ERRORS), faults)


def _faults_of_codes(data: EnterpriseCreate) -> Iterable[FieldFault]:
    seat = data.area_code
    if seat is not None and not is_municipality_of(seat, data.country):
        told = Message(N_("give a municipality of the country {country}"), country=data.country)
        yield FieldFault("/area_code", told)
    for pointer, lists, codes in _codes(data):
        for place in reference.unknown_codes(lists, codes):
            told = Message(N_("{code} is not in the list {lists}"), code=codes[place], lists=" / ".join(lists))
            yield FieldFault(pointer.format(place), told)


def _codes(data: EnterpriseCreate) -> Iterable[tuple[str, Sequence[str], Sequence[str]]]:
    """Give the codes of a record with the pointer to each (`{}` is its place) and the lists that they may be from."""
    if data.legal_form is not None:
        yield "/legal_form", (f"legal_form_{data.country.lower()}",), [data.legal_form]
    yield "/target_groups/{}", ("target_group",), data.target_groups
    yield "/criteria/{}/criterion", _CRITERIA, [one.criterion for one in data.criteria]
    for i, offering in enumerate(data.offerings):
        yield f"/offerings/{i}/sectors/{{}}", ("sector",), offering.sectors


def _faults_of_repetition(data: EnterpriseCreate) -> Iterable[FieldFault]:
    told_once: list[tuple[str, str, Sequence[str]]] = [
        ("criteria", "criterion", [item.criterion for item in data.criteria]),
        ("certificates", "name", [item.name for item in data.certificates]),
        ("eligibility", "reservation", [item.reservation for item in data.eligibility]),
    ]
    for field, part, said in told_once:
        if len(set(said)) == len(said):
            continue
        for i, value in enumerate(said):
            if value in said[:i]:
                yield FieldFault(f"/{field}/{i}/{part}", Message(N_("{value} is given twice"), value=value))


def own_values(data: EnterpriseCreate, at: datetime | None = None) -> Values:
    """Return the columns of the enterprise's own row as it is written `at`, or now; id, home and rev are not there."""
    return {
        **dict(zip(_OWN, _own_of(data), strict=True)),
        "municipality": data.area_code,
        "name_sort": sort_key(data.name)[:300],
        "website": str(data.website) if data.website else None,
        "updated_at": at or now(),
    }


def new_values(data: EnterpriseCreate, home: str, owner_id: str | None) -> Values:
    """Return the row of an enterprise that is not here yet."""
    fixed = {"id": new_id(), "home": home, "rev": 1, "owner_id": owner_id, "hidden_at": None}
    own = own_values(data)
    return {**fixed, **own, "created_at": own["updated_at"]}


def child_rows(enterprise_id: str, data: EnterpriseCreate) -> Rows:
    """Return the child rows of an enterprise, table by table."""
    of = {"enterprise_id": enterprise_id}

    def each(column: str, values: Sequence[str]) -> list[Values]:
        return [{**of, column: value} for value in dict.fromkeys(values)] if values else []

    rows: Rows = {
        EnterpriseAlias: each("name", data.aliases),
        EnterpriseCriterion: [{**of, **vars(item)} for item in data.criteria],
        EnterpriseCertificate: [{**of, **vars(item)} for item in data.certificates],
        EnterpriseEligibility: [{**of, **vars(item)} for item in data.eligibility],
        EnterpriseArea: each("area", data.service_areas),
        EnterpriseTargetGroup: each("target_group", data.target_groups),
        EnterpriseIndustry: each("code", data.industry_codes),
        EnterpriseLanguage: each("language", data.languages),
        Offering: [],
        OfferingCpv: [],
        OfferingSector: [],
    }
    for position, offering in enumerate(data.offerings):
        _add_offering(rows, enterprise_id, position, offering)
    return rows


def _add_offering(rows: Rows, enterprise_id: str, position: int, data: OfferingIn) -> None:
    of = {"offering_id": part_id(), "enterprise_id": enterprise_id}
    own = {name: value for name, value in vars(data).items() if name not in _OF_OFFERING}
    rows[Offering].append({"id": of["offering_id"], "enterprise_id": enterprise_id, "position": position, **own})
    rows[OfferingCpv] += [{**of, "code": code, "position": i} for i, code in enumerate(dict.fromkeys(data.cpv))]
    rows[OfferingSector] += [{**of, "sector": sector} for sector in dict.fromkeys(data.sectors)]


def searchable(data: EnterpriseCreate) -> list[str]:
    """Return the texts an enterprise is found by: its names, place, words, and its codes' words in every language."""
    found = [data.name, *data.aliases, data.place or "", data.summary]
    if data.area_code:
        found.append(reference.area_label(data.area_code, "sv"))
    for offering in data.offerings:
        found += [offering.title, offering.description]
        codes = offering.cpv or [hit.code for hit in reference.search_cpv(offering.title, offering.language, 1)]
        found += [reference.cpv_words(code) for code in codes]
        found += [
            reference.label("sector", sector, language) for sector in offering.sectors for language in ("sv", "nb")
        ]
    return found


def write_rows(session: WriteSession, rows: Mapping[type[SQLModel], Sequence[Values]]) -> None:
    """Insert rows, many at once, parents before children."""
    every: tuple[type[SQLModel], ...] = (Enterprise, *CHILDREN)
    for table in every:
        insert_many(session, table, rows.get(table, []))


def forget_children(session: WriteSession, enterprise_ids: Sequence[str]) -> None:
    """Delete the child rows of enterprises."""
    for table in reversed(CHILDREN):
        for first in range(0, len(enterprise_ids), _BATCH):
            of = table_of(table).c.enterprise_id.in_(enterprise_ids[first : first + _BATCH])
            session.connection().execute(delete(table_of(table)).where(of))


def read_many(session: ReadSession | WriteSession, enterprise_ids: Sequence[str]) -> list[EnterpriseRead]:
    """Return these enterprises, whole, in the order of their ids here; one that is gone is left out.

    A dozen SELECTs, however many they are: ask for some hundreds at a time.
    """
    own = {row["id"]: dict(row) for row in _rows_of(session, Enterprise, "id", enterprise_ids)}
    children: dict[str, Rows] = {enterprise_id: {table: [] for table in CHILDREN} for enterprise_id in own}
    for table in CHILDREN:
        for row in _rows_of(session, table, "enterprise_id", list(own)):
            children[row["enterprise_id"]][table].append(dict(row))
    return [assembled(own[one], children[one]) for one in enterprise_ids if one in own]


def _rows_of(session: ReadSession | WriteSession, table: type[SQLModel], key: str, ids: Sequence[str]) -> Iterable[Any]:
    found = table_of(table)
    return session.connection().execute(select(found).where(found.c[key].in_(ids))).mappings()


def assembled(own: Mapping[str, Any], rows: Rows) -> EnterpriseRead:
    """Return an enterprise from its own row and its child rows, in an order that depends on what they say alone."""
    hidden = {"municipality", "name_sort", "created_at"}

    def each(table: type[SQLModel], column: str) -> list[str]:
        return sorted(row[column] for row in rows.get(table, []))

    return EnterpriseRead(
        **{name: value for name, value in own.items() if name not in hidden},
        area_code=own["municipality"],
        aliases=each(EnterpriseAlias, "name"),
        offerings=_offerings(rows),
        criteria=[
            CriterionRead.model_validate(row)
            for row in sorted(rows.get(EnterpriseCriterion, []), key=lambda row: str(row["criterion"]))
        ],
        certificates=[
            CertificateRead.model_validate(row)
            for row in sorted(rows.get(EnterpriseCertificate, []), key=lambda row: str(row["name"]))
        ],
        eligibility=[
            EligibilityRead.model_validate(row)
            for row in sorted(rows.get(EnterpriseEligibility, []), key=lambda row: str(row["reservation"]))
        ],
        service_areas=each(EnterpriseArea, "area"),
        target_groups=each(EnterpriseTargetGroup, "target_group"),
        industry_codes=each(EnterpriseIndustry, "code"),
        languages=each(EnterpriseLanguage, "language"),
    )


def payload(read: EnterpriseRead) -> dict[str, Any]:
    """Return what the record says, as the journal compares it: an offering's id is new with each version."""
    return read.model_dump(mode="json", exclude={"offerings": {"__all__": {"id"}}})


def as_sent(existing: EnterpriseRead) -> dict[str, Any]:
    """Return a record in the shape in which it would be sent."""
    sent = existing.model_dump(include=set(EnterpriseCreate.model_fields))
    return {**sent, "offerings": [{k: v for k, v in one.items() if k != "id"} for one in sent["offerings"]]}


def _offerings(rows: Rows) -> list[OfferingRead]:
    codes: dict[str, list[str]] = {}
    for row in sorted(rows.get(OfferingCpv, []), key=lambda row: int(row["position"])):
        codes.setdefault(row["offering_id"], []).append(row["code"])
    sectors: dict[str, list[str]] = {}
    for row in rows.get(OfferingSector, []):
        sectors.setdefault(row["offering_id"], []).append(row["sector"])
    return [
        OfferingRead(
            **{name: value for name, value in row.items() if name not in {"enterprise_id", "position"}},
            cpv=codes.get(row["id"], []),
            sectors=sorted(sectors.get(row["id"], [])),
        )
        for row in sorted(rows.get(Offering, []), key=lambda row: int(row["position"]))
    ]


def table_of(model: type[SQLModel]) -> Table:
    """Return SQLAlchemy's table of a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel does not declare what SQLAlchemy adds
    return table
