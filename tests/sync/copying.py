"""Two nodes in one process: what node "a" says of its records is written as copies into another database."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import inspect, text

from app.core.db import Database, ReadSession
from app.core.i18n import texts
from app.core.preconditions import Precondition
from app.core.schema import SchemaIn
from app.enterprises import service as enterprises
from app.enterprises.schemas import EnterpriseFilters
from app.enterprises.spreadsheet import Row, Table
from app.inventories import service as inventories
from app.inventories.schemas import InventoryCreate, InventoryFilters
from app.inventories.vocabulary import Verb
from app.journal import copies
from app.journal.schemas import NodeRead
from app.journal.vocabulary import Copy
from app.needs import service as needs
from app.needs.schemas import NeedFilters, NeedPatch
from app.needs.vocabulary import Status as NeedStatus
from app.opportunities import service as opportunities
from app.opportunities.schemas import OpportunityFilters
from app.organizations import service as organizations
from app.organizations.schemas import OrganizationCreate, OrganizationFilters
from app.support_offers import service as support_offers
from app.support_offers.schemas import SupportOfferFilters, SupportOfferPatch
from app.support_offers.vocabulary import Status as OfferStatus
from app.sync import queries
from app.sync.envelopes import of_row
from app.sync.kinds import KINDS
from app.sync.vocabulary import Envelope
from app.wiring import wire
from tests.databases import migrated_database
from tests.factories import enterprise, need, opportunity, support_offer
from tests.inventories import ground

HOME = NodeRead(id="a", name="Exempelnoden", url="https://a.example.invalid")
# What each node decides for itself, or a reader is not told.
_OF_THE_NODE = {"home", "owner_id", "updated_at"}
# What SQLite keeps of a search table.
_INSIDE_SEARCH = ("_data", "_idx", "_content", "_docsize", "_config")


class Sort(NamedTuple):
    """One kind of record: written at home, read by everybody, and found by the word `Exempel`."""

    write: Callable[..., str]
    change: Callable[[Database, str], Any]
    read: Callable[[ReadSession, str], Any]
    search: Callable[[ReadSession], list[str]]


@contextmanager
def node(folder: Path) -> Iterator[Database]:
    """Give the database of another node, which is at home in a file."""
    wire()
    (folder / "a").mkdir()
    with migrated_database("sqlite", folder / "a") as url:
        database = Database(url)
        yield database
        database.close()


def said_by(at_home: Database) -> list[Envelope]:
    """Return what a node says of all its records, in the order of its numbers."""
    with at_home.reads() as session:
        return [of_row(row) for row in session.execute(queries.changes(HOME.id, 0, 10_000)).scalars()]


def carried(at_home: Database, here: Database) -> list[Envelope]:
    """Let `here` write copies of all that the node says, kind by kind, and return what it said."""
    told = said_by(at_home)
    for record_type in KINDS:
        of_kind = [one for one in told if one.type == record_type]
        write(here, record_type, [copy_of(one) for one in of_kind if one.payload])
        forget(here, record_type, [one.id for one in of_kind if not one.payload])
    return told


def copy_of(envelope: Envelope, **other: Any) -> Copy:
    """Return an envelope as rooms are given it; `other` fields stand in its payload too."""
    payload = json.loads(envelope.payload) | other
    return Copy(envelope.id, envelope.home, envelope.rev, datetime.fromisoformat(envelope.time), payload)


def write(here: Database, record_type: str, found: Sequence[Copy]) -> None:
    """Write copies of one kind in a transaction of their own."""
    with here.writes() as session:
        copies.know(session, HOME)
        copies.copying(session)
        if found:
            KINDS[record_type].REPLICAS.project(session, found)


def forget(here: Database, record_type: str, record_ids: Sequence[str]) -> None:
    """Take copies of one kind away in a transaction of its own."""
    with here.writes() as session:
        copies.copying(session)
        KINDS[record_type].REPLICAS.forget(session, HOME.id, record_ids)


def shown(database: Database, record_type: str, record_id: str) -> Any:
    """Return what everybody may read of a record, without what each node decides for itself."""
    with database.reads() as session:
        said = SORTS[record_type].read(session, record_id).model_dump(mode="json", exclude=_OF_THE_NODE)
    for part in (*said.get("offerings", []), *said.get("lots", [])):
        part.pop("id")
    for name in _OF_THE_NODE & said.get("inventory", {}).keys():
        said["inventory"].pop(name)
    return said


def _organization(database: Database, record_id: str | None = None, **said: Any) -> str:
    fixed = {"name": "Exempelkommun", "country": "SE", "kind": "municipality", "parts": ["buyer"], "source": "exempel"}
    data = OrganizationCreate.model_validate(fixed | {"organisation_number": "5560360793", **said})
    with database.writes() as session:
        return organizations.register(session, data, home=HOME.id, record_id=record_id, owner_id="org-owner").id


def _enterprise(database: Database, record_id: str | None = None, **said: Any) -> str:
    fixed: dict[str, Any] = {
        "aliases": ["Exempelstädarna"],
        "organisation_number": "5560360793",
        "criteria": [{"criterion": "work_integration", "state": "verified", "on": "2026-01-02"}],
        "certificates": [{"name": "Exempelmärkt", "valid_from": "2026-01-01"}],
        "contact_function": "Kundtjänst",
        "contact_email": "info@example.invalid",
        "website": "https://example.invalid",
        "industry_codes": ["81210"],
        "languages": ["sv"],
        "confirmed_on": "2026-11-01",
    }
    with database.writes() as session:
        data = enterprise(**fixed | said)
        return enterprises.register(session, data, home=HOME.id, record_id=record_id, owner_id="org-owner").id


def _support_offer(database: Database, **said: Any) -> str:
    data = support_offer(price={"amount": "1200.50", "currency": "SEK"}, **said)
    with database.writes() as session:
        own = {"home": HOME.id, "owner_id": "org-owner", "status": OfferStatus.PUBLISHED, "note": "Öppet"}
        return support_offers.register(session, data, **own).id


def _need(database: Database, **said: Any) -> str:
    with database.writes() as session:
        own = {"home": HOME.id, "owner_id": "org-owner", "status": NeedStatus.PUBLISHED}
        return needs.register(session, need(title="Exempel på behov", **said), **own).id


def _opportunity(database: Database, record_id: str | None = None, **said: Any) -> str:
    notice = {"source": "ted", "notice_id": "n-1", "version": "01", "procedure_id": "p-1"}
    own = {"title": "Exempel på städning", "notice": notice}
    data = opportunity(**own | {"other_buyers": ["Grannkommunen"], "objectives": ["acc-all"]} | said)
    with database.writes() as session:
        return opportunities.publish(session, data, home=HOME.id, record_id=record_id, owner_id="org-owner").id


def _inventory(database: Database, **said: Any) -> str:
    with database.writes() as session:
        plan = ground.plan(**{"name": "Exempel på inventering", "area_code": "SE", **said})
        one = inventories.create(session, InventoryCreate.model_validate(plan), home=HOME.id, by=ground.ADMIN)
        rows: list[tuple[int, Row]] = [(n, ("SE-22" if n < 14 else "SE-23", 3, "På plats")) for n in range(2, 22)]
        answers = Table("", "", 1, ["area", "advice", "q1"], rows)
        inventories.bring_in(session, one.id, answers, dry_run=False, by=ground.ADMIN, say=texts("sv"))
    return one.id


def _changed(database: Database, room: Any, record_id: str, patch: SchemaIn) -> None:
    with database.writes() as session:
        room.change(session, record_id, patch, match=Precondition(None))


def rows_of(database: Database, without: tuple[str, ...] = ()) -> dict[str, int]:
    """Return how many rows each table has, but those whose name begins like one of `without`."""
    kept = [name for name in inspect(database.write_engine).get_table_names() if not name.endswith(_INSIDE_SEARCH)]
    with database.reads() as session:
        names = [name for name in kept if not name.startswith(without)]
        return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}


SORTS: dict[str, Sort] = {
    "organization": Sort(
        _organization,
        lambda database, one: _organization(database, one, parts=["buyer", "support_provider"], summary="Köper mer."),
        organizations.find,
        lambda session: [
            one.id for one in organizations.search(session, OrganizationFilters(words="Exempel"), None)[0]
        ],
    ),
    "enterprise": Sort(
        _enterprise,
        lambda database, one: _enterprise(database, one, aliases=[], summary="Städar mer."),
        enterprises.find,
        lambda session: [one.id for one in enterprises.search(session, EnterpriseFilters(words="Exempel"))[0]],
    ),
    "support_offer": Sort(
        _support_offer,
        lambda database, one: _changed(database, support_offers, one, SupportOfferPatch(needs=["training", "advice"])),
        support_offers.find,
        lambda session: [one.id for one in support_offers.search(session, SupportOfferFilters(words="Exempel"))[0]],
    ),
    "need": Sort(
        _need,
        lambda database, one: _changed(database, needs, one, NeedPatch(urgency=3, sides=[])),
        needs.find,
        lambda session: [one.id for one in needs.search(session, NeedFilters(words="Exempel"))[0]],
    ),
    "opportunity": Sort(
        _opportunity,
        lambda database, one: _opportunity(database, one, other_buyers=[], objectives=[]),
        opportunities.find,
        lambda session: [one.id for one in opportunities.search(session, OpportunityFilters(words="Exempel"))[0]],
    ),
    "needs_inventory": Sort(
        _inventory,
        lambda database, one: ground.step(database, one, Verb.ARCHIVE),
        inventories.results,
        lambda session: [one.id for one in inventories.search(session, InventoryFilters())[0]],
    ),
}
