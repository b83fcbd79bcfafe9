"""Needs as rows and as what is read of them: written whole, read many at once."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from app.core.bulk import insert_many
from app.core.clock import now
from app.core.db import ReadSession, WriteSession
from app.core.errors import SEE_ERRORS, FieldFault, InvalidContent, Message, NotFound
from app.core.i18n import LANGUAGES, N_
from app.core.text import sort_key
from app.enterprises import service as enterprises
from app.journal import service as journal
from app.needs import queries
from app.needs.rules import due_on, pressing, rank_of, reach_of, slug_of
from app.needs.schemas import NeedCreate, NeedRead, NeedSummary
from app.needs.tables import Need, NeedTerm
from app.needs.vocabulary import CATEGORY_LIST, RECORD_TYPE, SUPPORT_AREA_LISTS, Status, TermKind
from app.organizations import service as organizations
from app.reference import service as reference

# The fields of a need that are rows of their own.
FIELDS_OF = {
    TermKind.CATEGORY: "categories",
    TermKind.SUPPORT_AREA: "support_areas",
    TermKind.SIDE: "sides",
    TermKind.AREA: "areas",
}


def write(session: WriteSession, row: Need, data: NeedCreate, before: dict[str, Any] | None) -> NeedRead:
    """Write what `data` says of a need into its row and its terms, tell the journal, and return it as it is read.

    Raises:
        InvalidContent: nobody is named as its holder, or no organisation or enterprise has the holder's id.
    """
    for name, value in {**own_values(data, row.status), **_holder(session, data)}.items():
        setattr(row, name, value)
    row.area_code = row.area_code or next(iter(data.areas), None)
    row.due_on = due_day(row)
    row.updated_at = now()
    session.add(row)
    session.flush()
    session.connection().execute(delete(NeedTerm).where(col(NeedTerm.need_id) == row.id))
    insert_many(session, NeedTerm, terms_of(row.id, data))
    queries.SEARCH.put(session, row.id, searchable(data, row.holder_name))
    return journalled(session, row, before)


def new_row(record_id: str, home: str, owner_id: str | None, data: NeedCreate, **own: Any) -> Need:
    """Return the row of a need that is not there yet; `write` fills in what its contents decide."""
    values = {**own_values(data, own["status"]), "holder_name": data.holder_name or "", **own}
    return Need(id=record_id, home=home, owner_id=owner_id, slug=slug_of(data.title, record_id), **values)


def due_day(row: Need) -> date | None:
    """Return the day by which a need is to be confirmed; None for one that nobody has been shown."""
    return due_on(row.assured_on, row.published_at.date(), row.review_months) if row.published_at else None


def journalled(session: WriteSession, row: Need, before: dict[str, Any] | None) -> NeedRead:
    """Tell the journal what a need says now, and return it."""
    session.flush()
    read = read_one(session, row)
    journal.record(session, journal.changed(RECORD_TYPE, read.id, read.home, read.rev, payload(read), before))
    return read


def payload(read: NeedRead) -> dict[str, Any]:
    """Return what a need says, as JSON can say it."""
    return read.model_dump(mode="json")


def read_one(session: ReadSession | WriteSession, row: Need) -> NeedRead:
    """Return one need, whole."""
    return read_all(session, [row])[0]


def read_all(session: ReadSession | WriteSession, rows: Sequence[Need]) -> list[NeedRead]:
    """Return these needs, whole, in two queries."""
    terms = _terms(session, [row.id for row in rows])
    return [NeedRead.model_validate(_members(row, NeedRead, terms[row.id])) for row in rows]


def summaries(session: ReadSession, rows: Sequence[Need]) -> list[NeedSummary]:
    """Return these needs as rows of a list."""
    terms = _terms(session, [row.id for row in rows])
    return [NeedSummary.model_validate(_members(row, NeedSummary, terms[row.id])) for row in rows]


def _members(row: Need, schema: type[NeedSummary], terms: dict[TermKind, list[str]]) -> dict[str, Any]:
    found = {name: getattr(row, name) for name in schema.model_fields if name not in FIELDS_OF.values()}
    return found | {name: terms[kind] for kind, name in FIELDS_OF.items()}


def _terms(session: ReadSession | WriteSession, need_ids: list[str]) -> dict[str, dict[TermKind, list[str]]]:
    found: dict[str, dict[TermKind, list[str]]] = {one: defaultdict(list) for one in need_ids}
    for need_id, kind, code in session.execute(queries.terms(need_ids)):
        found[need_id][TermKind(kind)].append(code)
    return found


def own_values(data: NeedCreate, status: Status) -> dict[str, Any]:
    """Return the values of a need's own columns in a state of its life, with what is reckoned from them."""
    reach = reach_of(data.areas)
    return {
        **data.model_dump(exclude=set(FIELDS_OF.values())),
        "title_sort": sort_key(data.title)[:300],
        "pressing": pressing(data.urgency),
        "reach": reach,
        "rank": rank_of(status, reach),
        "category_count": len(data.categories),
        "side_count": len(data.sides),
    }


def _holder(session: WriteSession, data: NeedCreate) -> dict[str, Any]:
    """Return who has the need, and where that is: as its own record says, or by name.

    What is private, or hidden, is nobody's holder: its name is not for everybody.
    """
    name, area = data.holder_name, data.area_code
    if data.holder_id is not None:
        try:
            organization = organizations.find(session, data.holder_id)
        except NotFound as fault:
            raise _refused("/holder_id", Message(N_("there is no organisation with this id"))) from fault
        name, area = organization.name, area or organization.area_code
    if data.enterprise_id is not None:
        try:
            enterprise = enterprises.find(session, data.enterprise_id)
        except NotFound as fault:
            raise _refused("/enterprise_id", Message(N_("there is no enterprise with this id"))) from fault
        name, area = enterprise.name, area or enterprise.area_code
    if not name:
        told = Message(N_("name who has the need, or send the id of its record"))
        raise _refused("/holder_name", told)
    return {"holder_name": name, "area_code": area}


def _refused(pointer: str, told: Message) -> InvalidContent:
    return InvalidContent(Message(SEE_ERRORS), [FieldFault(pointer, told)])


def terms_of(need_id: str, data: NeedCreate) -> list[dict[str, Any]]:
    """Return the rows of what a need says several of."""
    return [
        {"need_id": need_id, "kind": kind, "code": str(code)}
        for kind, name in FIELDS_OF.items()
        for code in getattr(data, name)
    ]


def searchable(data: NeedCreate, holder_name: str) -> list[str]:
    """Return the texts that a need is found by: its words, its holder and its codes' words in every language."""
    codes = [(CATEGORY_LIST, code) for code in data.categories]
    codes += [
        (name, code) for code in data.support_areas for name in SUPPORT_AREA_LISTS if reference.has_code(name, code)
    ]
    labels = [reference.label(name, code, language) for name, code in codes for language in LANGUAGES]
    places = [reference.area_label(code, "sv") for code in data.areas]
    return [data.title, data.description, holder_name, *labels, *places]
