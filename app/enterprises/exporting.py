"""The registry written out: as CSV that a spreadsheet program opens and an import reads again, or a JSON record a line.

Records are read some hundreds at a time, each part in a transaction of its own, so that neither memory nor a reader who
takes his time holds anything up. Which records there are, and their order, is of the moment when the export began.
"""

import csv
import io
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from anyio import CapacityLimiter, to_thread

from app.core.db import Database, ReadSession
from app.core.text import neutral
from app.enterprises import queries, records
from app.enterprises.schemas import EligibilityRead, EnterpriseExport, EnterpriseRead, EnterpriseSummary, OfferingRead
from app.enterprises.vocabulary import EligibilityState, ExportForm
from app.reference import service as reference

TYPES: Final = {ExportForm.CSV: "text/csv", ExportForm.NDJSON: "application/x-ndjson"}
EXAMPLES: Final = {
    ExportForm.CSV: "id;name;country\r\n5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10;Exempel Städkompaniet;SE\r\n",
    ExportForm.NDJSON: '{"id":"5b0c1a6e-3f0e-4d0a-9d5e-2f6f0f6f7a10","name":"Exempel Städkompaniet","country":"SE"}\n',
}
# Excel reads a CSV file as UTF-8 only when it begins with this mark, and parts it at ; in Sweden and Norway.
_BOM: Final = "\ufeff"
_DELIMITER: Final = ";"
_BATCH = 200
# One export is made at a time, part by part; others take turns.
_threads = CapacityLimiter(1)

_Column = Callable[[EnterpriseRead], object]
_COLUMNS: Mapping[str, _Column] = {
    "id": lambda one: one.id,
    "name": lambda one: one.name,
    "aliases": lambda one: _joined(one.aliases),
    "organisation_number": lambda one: one.organisation_number,
    "country": lambda one: one.country,
    "kind": lambda one: one.kind,
    "lifecycle": lambda one: one.lifecycle,
    "legal_form": lambda one: one.legal_form,
    "area_code": lambda one: one.area_code,
    "municipality_name": lambda one: reference.area_label(one.area_code, "sv") if one.area_code else "",
    "place": lambda one: one.place,
    "founded_year": lambda one: one.founded_year,
    "public_ownership": lambda one: one.public_ownership,
    "summary": lambda one: one.summary,
    "language": lambda one: one.language,
    "offerings": lambda one: _joined(map(_offering, one.offerings)),
    "cpv": lambda one: _joined(dict.fromkeys(code for offering in one.offerings for code in offering.cpv)),
    "sectors": lambda one: _joined(dict.fromkeys(sector for offering in one.offerings for sector in offering.sectors)),
    "places_free": lambda one: _places_free(one.offerings),
    "service_areas": lambda one: _joined(one.service_areas),
    "target_groups": lambda one: _joined(one.target_groups),
    "reserved": lambda one: _joined(map(_statement, one.eligibility)),
    "reserved_on": lambda one: _only({statement.on for statement in one.eligibility}),
    "employees": lambda one: one.employees,
    "turnover": lambda one: one.turnover,
    "industry_codes": lambda one: _joined(one.industry_codes),
    "languages": lambda one: _joined(one.languages),
    "website": lambda one: one.website,
    "contact_function": lambda one: one.contact_function,
    "contact_email": lambda one: one.contact_email,
    "source": lambda one: one.source,
    "source_year": lambda one: one.source_year,
    "confirmed_on": lambda one: one.confirmed_on,
    "updated_at": lambda one: one.updated_at.isoformat(),
    "home": lambda one: one.home,
}


def export(database: Database, filters: EnterpriseExport) -> Iterator[bytes]:
    """Yield what the filters find, in their order, in parts of some hundreds of records; never nothing."""
    as_csv = filters.format is ExportForm.CSV
    with database.reads() as session:
        ids = list(session.execute(queries.ids(session, filters)).scalars())
    yield _BOM.encode() + _as_csv([list(_COLUMNS)]) if as_csv else b""
    for first in range(0, len(ids), _BATCH):
        with database.reads() as session:
            found = records.read_many(session, ids[first : first + _BATCH])
        yield _as_csv([_cells(one) for one in found]) if as_csv else _as_ndjson(found)


async def streamed(database: Database, filters: EnterpriseExport) -> AsyncGenerator[bytes, None]:
    """Yield the parts of an export, each made in a thread of its own pool, so that short questions do not wait."""
    parts = export(database, filters)
    while (part := await to_thread.run_sync(next, parts, None, limiter=_threads)) is not None:
        yield part


def overdue(session: ReadSession, today: date) -> Iterator[EnterpriseSummary]:
    """Yield the enterprises that nobody has confirmed for a year, those that have waited longest first."""
    for row in session.connection().execute(queries.overdue(today)).mappings():
        yield EnterpriseSummary.model_validate(dict(row))


def _as_ndjson(found: Iterable[EnterpriseRead]) -> bytes:
    return b"".join(one.model_dump_json().encode() + b"\n" for one in found)


def _as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    written = io.StringIO()
    csv.writer(written, delimiter=_DELIMITER).writerows(rows)
    return written.getvalue().encode()


def _cells(one: EnterpriseRead) -> list[str]:
    return [neutral("" if (value := of(one)) is None else str(value)) for of in _COLUMNS.values()]


def _joined(parts: Iterable[str]) -> str:
    return "; ".join(parts)


def _offering(one: OfferingRead) -> str:
    """Return an offering as an import reads it: "Lokalvård [90910000 cleaning]"."""
    codes = " ".join([*one.cpv, *one.sectors])
    # What parts a list of offerings cannot stand in one of them.
    title = one.title.replace(";", ",").replace("|", ",").replace("\n", " ")
    return f"{title} [{codes}]" if codes else title


def _places_free(offerings: Sequence[OfferingRead]) -> int | None:
    known = [one.places_free for one in offerings if one.places_free is not None]
    return sum(known) if known else None


def _only(days: set[date | None]) -> date | None:
    """Return the day on which everything was said; None when it was several."""
    return next(iter(days)) if len(days) == 1 else None


def _statement(one: EligibilityRead) -> str:
    """Return what is said of the right to take part, with how it is known: only a declaration counts as its code."""
    if one.state == EligibilityState.DECLARED:
        return one.reservation.value
    return f"{one.reservation.value} ({one.state.value})"
