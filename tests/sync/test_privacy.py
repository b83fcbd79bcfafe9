"""What is private never leaves the node: a canary sits in every column that is not published, and nothing served sings.

Every table is walked. Each gets a row of its own, made of canaries in every column and of a private state where the
table has one: a draft, a hidden record, a private organisation. And in the rows of published records, every column that
is not on the list below is a canary. So a new table or column is private, and tried, until somebody lists it here.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Enum,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    TypeDecorator,
    func,
    select,
    text,
    update,
)
from sqlalchemy.types import TypeEngine
from sqlmodel import SQLModel

import app.tables
from app.core.db import Database
from app.journal import service as journal
from app.main import create_app
from app.settings import Settings
from app.sync import envelopes, identity, peers
from app.sync.canonical import canonical, hash_of
from app.sync.kinds import KINDS
from app.sync.tables import SyncPeer, SyncSelf
from app.sync.vocabulary import Envelope
from app.wiring import wire
from tests.client import client_of
from tests.engines import mostly_sqlite
from tests.keys import SECRET
from tests.sync.copying import HOME, SORTS
from tests.sync.peering import NONCE, SECRET_OF_SODRA, SODRA, introduction_of

assert app.tables
# What everybody may know of a published record, by its table: all that a room's `replicas` lets out comes from these.
_SHARED = {"home", "rev", "source", "source_year"}
_CONTACT = {"contact_function", "contact_email", "website"}
PUBLISHED: dict[str, set[str]] = {
    "organization": _SHARED | _CONTACT | {"name", "organisation_number", "country", "area_code", "summary", "language"},
    "enterprise": _SHARED
    | _CONTACT
    | {"name", "organisation_number", "country", "legal_form", "municipality", "place", "founded_year", "summary"}
    | {"language"},
    "support_offer": _SHARED
    | _CONTACT
    | {"slug", "licence", "status_note", "status_at_source", "name", "summary", "description", "language", "country"}
    | {"area_code", "provider_id", "provider_name", "offer_type", "structure_type", "eligibility", "how_to_apply"}
    | {"price_minor", "currency", "funding_source", "amount", "places_left", "waiting_days", "review_months"},
    "need": _SHARED
    | {"slug", "licence", "status_note", "title", "description", "language", "holder_id", "enterprise_id"}
    | {"holder_name", "country", "area_code", "urgency", "source_section", "review_months"},
    "needs_inventory": {"home", "rev", "name", "summary", "language", "area_code", "own_questions", "results"},
    "opportunity": (_SHARED | _CONTACT - {"website"})
    | {"title", "description", "language", "country", "buyer_name", "buyer_number", "buyer_area", "legal_basis"}
    | {"procedure_type", "official_url", "ended_reason", "notice_source", "notice_id", "notice_version"}
    | {"notice_subtype", "notice_number", "procedure_id"},
    "offering": {"title", "description", "language", "places_free"},
    "lot": {
        "number",
        "title",
        "description",
        "cpv_main",
        "value_minor",
        "currency",
        "duration_months",
        "places_wanted",
    },
    "opportunity_award": {"lot_number", "winner_name", "winner_country", "winner_source", "value_minor", "currency"}
    | {"tender_count", "reason"},
    "opportunity_buyer": {"name"},
}
# Places in lists: they say nothing, and lists are read by them.
PLACES = {"position", "name_sort", "title_sort", "rank", "reach", "pressing", "need_count", "category_count"}
PLACES |= {"side_count"}
# The states in which a record is nobody's business but its own node's.
PRIVATE_STATES: dict[tuple[str, str], str] = {
    ("organization", "visibility"): "private",
    ("opportunity", "status"): "draft",
    ("support_offer", "status"): "draft",
    ("need", "status"): "draft",
    ("needs_inventory", "status"): "draft",
}
# Codes of closed lists, which a record with another word in them cannot be read by.
CODES: dict[str, Any] = {
    "home": HOME.id,
    "country": "SE",
    "language": "sv",
    "own_questions": [],
    "results": None,
    "currency": "SEK",
}
# One row each, without which nothing is written: numbers, a hash, and what keys are made of, which is looked for apart.
MACHINERY = {"audit_head", "journal_counter", "sync_self"}
# What is held of a third node: no peer is to hear of it from this one.
OF_A_THIRD = {"sync_record", "sync_bucket"}
ANCIENT = datetime(1987, 6, 5, 4, 3, 2, tzinfo=UTC)


class Canaries:
    """Values that are like no other, and which column each of them sits in."""

    def __init__(self, *, is_sqlite: bool) -> None:
        self.is_sqlite = is_sqlite
        self.places: dict[str, str] = {}

    def of(self, column: Column[Any]) -> Any:
        """Return a canary that the column can hold."""
        number = len(self.places)
        kind = kind_of(column)
        if isinstance(kind, Enum):
            return kind.enums[0]
        if isinstance(kind, Boolean):
            return False
        if isinstance(kind, DateTime):
            return self._in(column, "1987-06-05", ANCIENT)
        if isinstance(kind, Date):
            return self._in(column, "1987-06-05", ANCIENT.date())
        bird = f"kanarie{number}x"
        if isinstance(kind, JSON):
            return self._in(column, bird, [bird])
        if isinstance(kind, LargeBinary):
            return self._in(column, bird, bird.encode())
        if isinstance(kind, String):
            # PostgreSQL counts letters. A column that is too short for a bird has one on SQLite.
            is_cage = self.is_sqlite or kind.length is None or kind.length >= len(bird)
            return self._in(column, bird, bird) if is_cage else bird[: kind.length]
        value = 731_000_000 + number
        return self._in(column, str(value), value)

    def _in(self, column: Column[Any], seen: str, kept: Any) -> Any:
        self.places.setdefault(seen, f"{column.table}.{column.name}")
        return kept

    def heard_in(self, body: bytes) -> list[str]:
        """Return the columns whose canaries sing in `body`."""
        return [place for value, place in self.places.items() if value.encode() in body]


def kind_of(column: Column[Any]) -> TypeEngine[Any]:
    """Return what a column is made of: most of them wear a type of our libraries' over it."""
    return column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type


def tables() -> Iterator[Table]:
    yield from (table for table in SQLModel.metadata.sorted_tables if table.name not in MACHINERY)


def cages() -> Iterator[str]:
    """Yield the columns that hold words or numbers, and so a canary each."""
    for table in tables():
        for column in table.columns:
            is_bound = column.foreign_keys or column.name in CODES or (table.name, column.name) in PRIVATE_STATES
            is_word = isinstance(kind_of(column), String | JSON | LargeBinary | Numeric | Integer)
            if is_word and not isinstance(kind_of(column), Enum) and not is_bound:
                yield f"{table.name}.{column.name}"


def give_each_table_a_row(database: Database, canaries: Canaries) -> None:
    """Write a row made of canaries into every table; what refers to another row refers to that table's."""
    keys: dict[tuple[str, str], Any] = {}
    with unbound(database) as connection:
        for table in tables():
            row = {column.name: _value(table, column, canaries, keys) for column in table.columns}
            keys |= {(table.name, name): value for name, value in row.items()}
            connection.execute(table.insert().values(row))
        connection.commit()


@contextmanager
def unbound(database: Database) -> Iterator[Connection]:
    """Give a connection on which foreign keys bind nothing."""
    with database.write_engine.connect() as connection:
        # SQLite changes that between transactions only.
        directly = connection.connection.driver_connection.execute
        directly("PRAGMA foreign_keys=OFF" if database.is_sqlite else "SET session_replication_role = replica")
        yield connection
        connection.rollback()
        directly("PRAGMA foreign_keys=ON" if database.is_sqlite else "RESET session_replication_role")


def _value(table: Table, column: Column[Any], canaries: Canaries, keys: Mapping[tuple[str, str], Any]) -> Any:
    if (state := PRIVATE_STATES.get((table.name, column.name))) is not None:
        return state
    for foreign in column.foreign_keys:
        return keys[foreign.column.table.name, foreign.column.name]
    if column.name == "home" and table.name in OF_A_THIRD:
        return "mitt"
    if column.name in CODES and (table.name in PUBLISHED or column.name in {"home", "country"}):
        return CODES[column.name]
    return canaries.of(column)


def change_what_is_private_of_published_records(database: Database, canaries: Canaries) -> None:
    """Put canaries into every column of the published records that nobody else may know."""
    with database.writes() as session:
        for table in tables():
            if table.name not in PUBLISHED:
                continue
            for column in table.columns:
                kind = kind_of(column)
                is_word = isinstance(kind, String | JSON | Numeric | Integer) and not isinstance(kind, Enum)
                if column.primary_key or column.foreign_keys or not is_word:
                    continue
                if column.name not in PUBLISHED[table.name] | PLACES:
                    session.connection().execute(update(table).values({column.name: canaries.of(column)}))


@pytest.fixture
def canaries(database: Database) -> Canaries:
    """Fill the node with published records and canaries, and let it say again what of them it says."""
    wire()
    found = Canaries(is_sqlite=database.is_sqlite)
    for sort in SORTS.values():
        sort.write(database)
    change_what_is_private_of_published_records(database, found)
    give_each_table_a_row(database, found)
    with database.writes() as session:
        for change in list(envelopes.unsaid(session, HOME.id)):
            journal.restate(session, change)
    return found


@pytest.fixture
def node(settings: Settings, canaries: Canaries, database: Database) -> Iterator[httpx.Client]:
    """Give node `a`, which sodra may ask."""
    assert canaries.places
    with database.writes() as session:
        peers.add(session, introduction_of(SODRA, SECRET_OF_SODRA, to=HOME.id), own_id=HOME.id)
        theirs = canonical({"name": "Sodras egen"})
        own = Envelope("sodra", "need", "theirs", 7, 1, "PUT", "need/1.0", hash_of(theirs), "2026", theirs)
        envelopes.store(session, [own, own._replace(id="gone", method="DELETE", payload="", hash=hash_of(""))], {})
    told = {"node": HOME.id, "node_name": HOME.name, "base_url": HOME.url}
    with client_of(create_app(settings.model_copy(update=told))) as client:
        yield client


def everything_served(node: httpx.Client, database: Database) -> bytes:
    """Return all that node `a` answers: whatever a peer or a stranger can ask, and every refusal."""
    token = identity.token_for(SECRET_OF_SODRA, HOME.id, identity.FIRST_SEED)
    known = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
    with database.reads() as session:
        asked = {kind.RECORD_TYPE: list(kind.REPLICAS.own_ids(session, HOME.id)) for kind in KINDS.values()}
    heard: list[bytes] = []

    def hear(answer: httpx.Response, *statuses: int) -> httpx.Response:
        assert answer.status_code in (statuses or (200,)), (answer.url, answer.text)
        heard.append(answer.content + str(dict(answer.headers)).encode())
        return answer

    def ask(path: str, **parameters: Any) -> httpx.Response:
        return node.get(f"/sync/v1/{path}", params={"nonce": NONCE, **parameters}, headers=known)

    hear(node.get("/.well-known/samnod-node"))
    after, has_more = 0, True
    while has_more:
        last = json.loads(hear(ask("changes", after=after, limit=3)).content.splitlines()[-1])
        after, has_more = last["next"], last["has_more"]
    hear(ask("changes", after=after + 1), 409)
    hear(ask("changes", run="another"), 409)
    hear(ask("held"))
    digest = hear(ask("digest")).json()
    for kind in [*KINDS, "person", "contact", "enterprise_response"]:
        for number in digest["buckets"].get(kind, {"00": None}):
            hear(ask(f"buckets/{kind}/{number}"))
        wanted = {"type": kind, "ids": [*asked.get(kind, []), *asked["need"]], "nonce": NONCE}
        hear(node.post("/sync/v1/records", json=wanted, headers=known))
    told = {"run": "r", "cursor": after, "generation": 0, "verdict": "verified", "nonce": NONCE}
    hear(node.put("/sync/v1/ack", json=told, headers=known))
    hear(node.get("/sync/v1/digest", params={"nonce": NONCE}), 401)
    hear(ask("changes", limit=0), 400)
    hear(node.post("/sync/v1/records", json={"type": 1}, headers=known), 422)
    for form in ("json", "ndjson"):
        cursor: dict[str, str] = {}
        for _ in range(100):
            answer = hear(node.get("/api/v1/changes", params={"limit": 3, "format": form, **cursor}))
            following = httpx.URL(answer.links["next"]["url"]).params["cursor"]
            if cursor == {"cursor": following}:
                break
            cursor = {"cursor": following}
    hear(node.get("/api/v1/changes", params={"cursor": "99999.0.0"}), 410)
    return b"\n".join(heard)


@mostly_sqlite
def test_no_canary_sings(node: httpx.Client, canaries: Canaries, database: Database):
    body = everything_served(node, database)
    with database.reads() as session:
        counts = {
            table.name: session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables()
        }
    assert [name for name, count in counts.items() if not count] == []
    assert len(canaries.places) > 400
    assert [place for place in cages() if database.is_sqlite and place not in canaries.places.values()] == []
    assert canaries.heard_in(body) == []
    # Nothing was silent because nothing was said: each type of record is there, with what it may say.
    for words in ("Exempelkommun", "Exempelstädarna", "Exempel på behov", "Exempel på städning", "Sodras egen"):
        assert words.encode() in body, words
    assert {name for name in KINDS if f'"type":"{name}"'.encode() in body} == set(KINDS)
    # What somebody answered in a round that is closed and published.
    assert b"Hemligt" not in body


@pytest.mark.deep
@mostly_sqlite
@pytest.mark.parametrize(("table", "column"), [("organization", "summary"), ("need", "title")])
def test_a_canary_in_what_is_published_is_heard(node: httpx.Client, database: Database, table: str, column: str):
    with database.writes() as session:
        session.execute(text(f'UPDATE "{table}" SET "{column}" = :value'), {"value": "kanariefågel"})
        for change in list(envelopes.unsaid(session, HOME.id)):
            journal.restate(session, change)
    assert "kanariefågel".encode() in everything_served(node, database)


def test_the_lists_name_what_is_there():
    known = {table.name: {column.name for column in table.columns} for table in SQLModel.metadata.sorted_tables}
    for table, columns in PUBLISHED.items():
        assert columns <= known[table], columns - known[table]
    assert set(known) >= MACHINERY | OF_A_THIRD
    assert set.union(*known.values()) >= PLACES


def numbers_in(value: Any) -> Iterator[int]:
    """Yield every number in a value."""
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from numbers_in(inner)


@mostly_sqlite
def test_neither_personal_numbers_nor_small_counts_nor_secrets_are_served(node: httpx.Client, database: Database):
    number = "8112289874"
    with database.writes() as session:
        session.execute(
            text("UPDATE enterprise SET organisation_number = :n WHERE name LIKE 'Exempel%'"), {"n": number}
        )
        session.execute(
            text("UPDATE organization SET organisation_number = :n WHERE name LIKE 'Exempel%'"), {"n": number}
        )
        session.execute(text("UPDATE opportunity SET buyer_number = :n"), {"n": number})
        for change in list(envelopes.unsaid(session, HOME.id)):
            journal.restate(session, change)
    body = everything_served(node, database).decode()
    assert number not in body
    assert "Exempelstädarna" in body
    with database.reads() as session:
        kept = session.get_one(SyncPeer, SODRA.id)
        seeds = session.execute(select(SyncSelf)).scalar_one().key_seeds
    token = identity.token_for(SECRET_OF_SODRA, HOME.id, identity.FIRST_SEED)
    for secret in (SECRET, token, *kept.token_hashes, *seeds):
        assert secret not in body
    changes = node.get("/api/v1/changes", params={"type": "needs_inventory"}).json()["items"]
    counts = [count for one in changes for count in numbers_in(one["data"]["results"])]
    assert max(counts) >= 12
    assert [count for count in counts if 0 < count < 5] == []
